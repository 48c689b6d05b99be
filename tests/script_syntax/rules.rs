//! The rules, over the tree that tree-sitter makes of a script.

use crate::allowed::{ATTRIBUTES, BLOCKS, COMMANDS, LATER_VARIABLES, REFUSED_MEMBERS, SPLATS};
use std::collections::BTreeMap;
use tree_sitter::{Node, Parser};

/// Parameters that every advanced function and cmdlet has.
const COMMON: &[&str] = &["-ErrorAction", "-WhatIf", "-Confirm", "-Verbose"];

/// A script, and what was found in it.
struct Script<'a> {
    text: &'a str,
    /// Its own functions with their parameters.
    functions: BTreeMap<&'a str, Vec<String>>,
    found: Vec<String>,
}

/// Everything in a script that no script may hold, with its line. `more` are commands that this one may use besides.
pub(crate) fn faults(parser: &mut Parser, text: &str, more: &[(&str, &[&str])]) -> Vec<String> {
    let text = text.trim_start_matches('\u{FEFF}');
    let tree = parser.parse(text, None).unwrap();
    let mut script = Script { text, functions: BTreeMap::new(), found: Vec::new() };
    let nodes = all(tree.root_node());
    script.functions(&nodes);
    for node in &nodes {
        script.look_at(*node, more);
    }
    script.backticks(&nodes);
    script.found
}

/// A node and all below it, by one cursor: a new one for each node costs more than the rules.
fn all(root: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = root.walk();
    let mut nodes = Vec::with_capacity(root.descendant_count());
    loop {
        nodes.push(cursor.node());
        if cursor.goto_first_child() || cursor.goto_next_sibling() {
            continue;
        }
        loop {
            if !cursor.goto_parent() {
                return nodes;
            }
            if cursor.goto_next_sibling() {
                break;
            }
        }
    }
}

fn children(node: Node<'_>) -> Vec<Node<'_>> {
    node.children(&mut node.walk()).collect()
}

/// A list of names holds one, whatever its case: PowerShell does not tell cases apart.
fn lists(list: &[&str], name: &str) -> bool {
    list.iter().any(|n| n.eq_ignore_ascii_case(name))
}

impl<'a> Script<'a> {
    fn text(&self, node: Node<'_>) -> &'a str {
        &self.text[node.byte_range()]
    }

    fn tell(&mut self, node: Node<'_>, what: &str) {
        self.found.push(format!("line {}: {what}: {:.80}", node.start_position().row + 1, self.text(node)));
    }

    /// The functions with their parameters.
    fn functions(&mut self, nodes: &[Node<'_>]) {
        let hidden: Vec<&str> = COMMANDS.iter().map(|(name, _)| *name).collect();
        // Functions that a node stands in, with their ends.
        let mut open: Vec<(usize, &str)> = Vec::new();
        for node in nodes {
            open.retain(|(end, _)| node.start_byte() < *end);
            match node.kind() {
                "function_statement" => {
                    let below = children(*node);
                    let Some(name) = below.iter().find(|n| n.kind() == "function_name") else { continue };
                    let name = self.text(*name);
                    if lists(&hidden, name) {
                        self.tell(*node, "hides a command of Windows");
                    }
                    if self.functions.insert(name, Vec::new()).is_some() {
                        self.tell(*node, "defined twice");
                    }
                    open.push((node.end_byte(), name));
                }
                "script_parameter" => {
                    let variable = children(*node).into_iter().find(|n| n.kind() == "variable");
                    let Some(parameter) = variable.map(|v| self.text(v).replacen('$', "-", 1)) else { continue };
                    for (_, name) in &open {
                        self.functions.entry(name).or_default().push(parameter.clone());
                    }
                }
                _ => {}
            }
        }
    }

    fn look_at(&mut self, node: Node<'_>, more: &[(&str, &[&str])]) {
        if node.is_error() || node.is_missing() {
            return self.tell(node, "not understood");
        }
        let text = self.text(node);
        match node.kind() {
            "command" => self.command(node, more),
            "pipeline_chain_tail" => self.tell(node, "a chain, which 5.1 lacks"),
            "background_operator" => self.tell(node, "a background job, which 5.1 lacks"),
            "parallel_statement" | "sequence_statement" | "inlinescript_statement" => self.tell(node, "a workflow"),
            "block_name" if text.eq_ignore_ascii_case("clean") => self.tell(node, "a block that 5.1 lacks"),
            "variable" | "braced_variable" => {
                let name = text.to_lowercase().replace(['{', '}'], "");
                if name.ends_with('?') && name != "$?" {
                    self.tell(node, "`?.` and `?[]`, which 5.1 lacks");
                } else if LATER_VARIABLES.contains(&name.as_str()) || name.starts_with("$using:") {
                    self.tell(node, "a variable that 5.1 lacks");
                }
            }
            "type_literal" => {
                let lower = text.to_lowercase();
                if lower.contains("scriptblock") || lower.ends_with("powershell]") {
                    self.tell(node, "code made of text");
                }
            }
            "member_name" => match node.named_child(0) {
                Some(name) if name.kind() != "simple_name" => self.tell(node, "a member by a name that is computed"),
                _ if lists(REFUSED_MEMBERS, text) => self.tell(node, "a member that no script may use"),
                _ => {}
            },
            "attribute_name" if !lists(ATTRIBUTES, text) => self.tell(node, "an attribute that is not on the list"),
            "integer_literal" if !is_number(&text.to_lowercase()) => self.tell(node, "a number that 5.1 can't read"),
            "expandable_string_literal" | "expandable_here_string_literal"
                if text.contains("`u{") || text.contains("`e") =>
            {
                self.tell(node, "an escape that 5.1 lacks");
            }
            _ if node.child_count() == 0 && text.contains("??") && !quoted(node) => {
                self.tell(node, "`??`, which 5.1 lacks");
            }
            _ => {}
        }
    }

    /// A command by its name: a function of the script or one on the list, with parameters that it has.
    fn command(&mut self, node: Node<'_>, more: &[(&str, &[&str])]) {
        let below = children(node);
        let Some(name) = node.child_by_field_name("command_name") else { return self.tell(node, "no name") };
        let name = self.text(name);
        if let Some(operator) = below.iter().find(|n| n.kind() == "command_invokation_operator") {
            let of_table = |rest: &str| rest.ends_with("].Get") || rest.ends_with("].Set");
            let block = BLOCKS.contains(&name) || name.strip_prefix("$Kinds[").is_some_and(of_table);
            if self.text(*operator) != "&" || !block {
                self.tell(node, "calls what is not a block of a table");
            }
            return;
        }
        let listed = COMMANDS.iter().chain(more).find(|(known, _)| *known == name);
        let parameters: Vec<String> = match (self.functions.get(name), listed) {
            (Some(own), _) => own.clone(),
            (None, Some((_, parameters))) => parameters.iter().map(|p| (*p).to_owned()).collect(),
            (None, None) => return self.tell(node, "a command that is not on the list"),
        };
        let parameters: Vec<&str> = parameters.iter().map(String::as_str).chain(COMMON.iter().copied()).collect();
        for element in node.child_by_field_name("command_elements").map(children).unwrap_or_default() {
            let text = self.text(element);
            let given = text.trim_end_matches(':');
            if element.kind() == "command_parameter" && !lists(&parameters, given) {
                self.tell(element, "a parameter that is not on the list");
            } else if text.starts_with('@')
                && !text.starts_with(['(', '{'])
                && text[1..].starts_with(char::is_alphabetic)
                && !SPLATS.contains(&(name, text))
            {
                self.tell(element, "parameters out of a table");
            } else if element.kind() == "stop_parsing" {
                self.tell(element, "the rest of a line as it is");
            }
        }
    }

    /// A backtick outside texts and comments joins lines, or hides a name from a reader.
    fn backticks(&mut self, nodes: &[Node<'_>]) {
        let mut inside = vec![false; self.text.len()];
        for node in nodes.iter().filter(|n| quoted(**n)) {
            inside[node.byte_range()].fill(true);
        }
        for (at, _) in self.text.match_indices('`') {
            if !inside[at] {
                let line = self.text[..at].matches('\n').count() + 1;
                self.found.push(format!("line {line}: a backtick outside texts"));
            }
        }
    }
}

/// A text or a comment.
fn quoted(node: Node<'_>) -> bool {
    node.kind() == "comment" || node.kind().contains("string")
}

/// Digits or `0x` with the suffixes of 5.1: <https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_numeric_literals?view=powershell-5.1>.
fn is_number(lower: &str) -> bool {
    let units = ["kb", "mb", "gb", "tb", "pb"];
    let lower = units.iter().find_map(|u| lower.strip_suffix(u)).unwrap_or(lower);
    match lower.strip_prefix("0x") {
        Some(hex) => hex.trim_end_matches('l').chars().all(|c| c.is_ascii_hexdigit()),
        None => lower.trim_end_matches(['l', 'd']).chars().all(|c| c.is_ascii_digit()),
    }
}
