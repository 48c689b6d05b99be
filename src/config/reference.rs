//! The reference of docs/configuration.md, made from the key table.

use super::keys::ROOT;
use super::table::{Choice, Key, Level, Scope, Status, Ty};
use super::text::Form;
use std::fmt::Write;

/// Every key with its type, default, example and meaning, as Markdown. docs/configuration.md holds it word for word.
pub fn reference() -> String {
    let mut out = Reference { text: String::new(), later: Vec::new() };
    out.table("[package.metadata.winsvc]", ROOT);
    if !out.later.is_empty() {
        out.line("### Not supported yet");
        out.line("");
        out.line("These values belong to the design; until something honours them they are refused:");
        out.line("");
        let later = std::mem::take(&mut out.later);
        later.iter().for_each(|line| out.line(line));
        out.line("");
    }
    out.text
}

struct Reference {
    text: String,
    later: Vec<String>,
}

impl Reference {
    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// A section for a table, then one for each table in it.
    fn table(&mut self, header: &str, keys: &'static [Key]) {
        self.line(&format!("### `{header}`"));
        self.line("");
        for key in keys {
            let path = format!("{}.{}", header.trim_matches(['[', ']']), key.name);
            self.key(key);
            self.pending(&path, &key.ty);
        }
        for key in keys {
            self.inner(header.trim_matches(['[', ']']), key);
        }
    }

    fn key(&mut self, key: &Key) {
        let mut facts = kind(&key.ty);
        match key.required {
            true => facts.push_str("; required"),
            false if !key.default.is_empty() => {
                let _ = write!(facts, "; default: {}", key.default);
            }
            false => {}
        }
        match key.scope {
            Scope::Everywhere => {}
            Scope::NotInTarget => facts.push_str("; not below `target`"),
            Scope::TopOnly => facts.push_str("; not below `target` and `variants`"),
        }
        self.line(&format!("- **`{}`** ({facts})", key.name));
        self.line("");
        self.line(&format!("  {}", key.doc));
        let mut choices = Vec::new();
        choices_of(&key.ty, &mut choices);
        if !choices.is_empty() {
            self.line("");
            for choice in choices.iter().filter(|c| c.status == Status::Now) {
                self.line(&format!("  - `\"{}\"`: {}", choice.name, choice.doc));
            }
        }
        if !key.example.is_empty() {
            self.line("");
            self.line("  ```toml");
            self.line(&format!("  {} = {}", key.name, key.example));
            self.line("  ```");
        }
        self.line("");
    }

    fn pending(&mut self, path: &str, ty: &Ty) {
        let mut choices = Vec::new();
        choices_of(ty, &mut choices);
        for choice in choices.iter().filter(|c| c.status == Status::NotYet) {
            let path = path.trim_start_matches("package.metadata.winsvc.");
            self.later.push(format!("- `{path} = \"{}\"`: {}", choice.name, choice.doc));
        }
    }

    fn inner(&mut self, parent: &str, key: &'static Key) {
        let path = format!("{parent}.{}", key.name);
        match tables_in(&key.ty) {
            Some((keys, Nested::Plain)) => self.table(&format!("[{path}]"), keys),
            Some((keys, Nested::Named(name))) => self.table(&format!("[{path}.{name}]"), keys),
            Some((keys, Nested::Listed)) => self.table(&format!("[[{path}]]"), keys),
            None => {}
        }
    }
}

enum Nested {
    Plain,
    Named(&'static str),
    Listed,
}

fn tables_in(ty: &'static Ty) -> Option<(&'static [Key], Nested)> {
    match ty {
        Ty::Table(keys) => Some((keys, Nested::Plain)),
        Ty::Map { key, value: Ty::Table(keys), .. } => Some((keys, Nested::Named(key))),
        Ty::List(item) => tables_in(item).map(|(keys, _)| (keys, Nested::Listed)),
        Ty::AnyOf(types) => types.iter().find_map(tables_in),
        _ => None,
    }
}

fn choices_of(ty: &'_ Ty, out: &mut Vec<&'static Choice>) {
    match ty {
        Ty::Choice(choices) => out.extend(choices.iter()),
        Ty::AnyOf(types) => types.iter().for_each(|ty| choices_of(ty, out)),
        Ty::List(item) => choices_of(item, out),
        _ => {}
    }
}

/// The type, for people.
fn kind(ty: &Ty) -> String {
    match ty {
        Ty::Bool => "boolean".into(),
        Ty::Only(value) => format!("`{value}`"),
        Ty::Integer(i64::MIN, _) => "integer".into(),
        Ty::Integer(min, max) => format!("integer from {min} to {max}"),
        Ty::Text(form) => match form {
            Form::Duration => "duration: a number and `ms`, `s`, `m`, `h` or `d`".into(),
            Form::WindowsVersion => "Windows version".into(),
            Form::FileVersion => "file version".into(),
            Form::FailureAction => "action".into(),
            _ => "string".into(),
        },
        Ty::Choice(_) => "one of the words below".into(),
        Ty::List(item) => match item {
            Ty::AnyOf(_) => format!("list, each entry {}", kind(item)),
            Ty::Choice(_) => "list of the words below".into(),
            _ => format!("list of {}s", kind(item)),
        },
        Ty::Table(_) | Ty::Overlay(Level::Root) => "table".into(),
        Ty::Overlay(_) => "table of the keys above".into(),
        Ty::Map { key, value, .. } => format!("table: {key} = {}", kind(value)),
        Ty::PerTarget => "table: TRIPLE = table of the keys above".into(),
        Ty::AnyOf(types) => types.iter().map(kind).collect::<Vec<_>>().join(" or "),
    }
}
