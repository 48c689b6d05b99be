//! `cfg(…)` of `[target.'cfg(…)']` tables, against what `rustc --print cfg` says of a target.

use std::collections::BTreeSet;

/// The lines of `rustc --print cfg`: `windows`, `target_env="gnu"`.
#[derive(Clone, Debug, Default)]
pub(super) struct Cfgs(BTreeSet<String>);

impl Cfgs {
    /// Takes rustc's output.
    pub(super) fn parse(text: &str) -> Self {
        Cfgs(text.lines().map(|l| l.trim().to_owned()).filter(|l| !l.is_empty()).collect())
    }

    /// Whether a key such as `cfg(all(windows, target_env = "gnu"))` holds. What can't be read does not hold: cargo, which runs
    /// later, is the one to complain.
    pub(super) fn holds(&self, key: &str) -> bool {
        let Some(text) = key.trim().strip_prefix("cfg(").and_then(|t| t.strip_suffix(')')) else { return false };
        let mut parser = Parser { rest: text, cfgs: self };
        parser.expr().is_some_and(|value| value && parser.rest.trim().is_empty())
    }
}

struct Parser<'a> {
    rest: &'a str,
    cfgs: &'a Cfgs,
}

impl<'a> Parser<'a> {
    fn eat(&mut self, token: char) -> bool {
        let rest = self.rest.trim_start();
        match rest.strip_prefix(token) {
            Some(after) => {
                self.rest = after;
                true
            }
            None => false,
        }
    }

    fn ident(&mut self) -> Option<&'a str> {
        let rest = self.rest.trim_start();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        if end == 0 {
            return None;
        }
        self.rest = &rest[end..];
        Some(&rest[..end])
    }

    fn expr(&mut self) -> Option<bool> {
        let name = self.ident()?;
        if matches!(name, "all" | "any" | "not") && self.eat('(') {
            let mut values = Vec::new();
            while !self.eat(')') {
                values.push(self.expr()?);
                if !self.eat(',') {
                    if self.eat(')') {
                        break;
                    }
                    return None;
                }
            }
            return match name {
                "all" => Some(values.iter().all(|v| *v)),
                "any" => Some(values.iter().any(|v| *v)),
                _ => (values.len() == 1).then(|| !values[0]),
            };
        }
        if self.eat('=') {
            let rest = self.rest.trim_start().strip_prefix('"')?;
            let (value, after) = rest.split_once('"')?;
            self.rest = after;
            return Some(self.cfgs.0.contains(&format!("{name}=\"{value}\"")));
        }
        Some(match name {
            "true" => true,
            // Cargo evaluates these as unset, whatever rustc prints.
            "false" | "test" | "debug_assertions" | "proc_macro" => false,
            _ => self.cfgs.0.contains(name),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evaluates() {
        let cfgs = Cfgs::parse("windows\ntarget_env=\"gnu\"\ntarget_arch=\"x86_64\"\ndebug_assertions\n");
        for yes in [
            "cfg(windows)",
            "cfg(all())",
            "cfg( all ( windows , target_env = \"gnu\" , ) )",
            "cfg(any(unix, target_arch=\"x86_64\"))",
            "cfg(not(unix))",
            "cfg(true)",
        ] {
            assert!(cfgs.holds(yes), "{yes}");
        }
        for no in [
            "cfg(unix)",
            "cfg(any())",
            "cfg(not(windows))",
            "cfg(not(windows, unix))",
            "cfg(target_env=\"msvc\")",
            "cfg(debug_assertions)",
            "cfg(all(windows)",
            "cfg(windows) x",
            "cfg(all(windows unix))",
            "windows",
            "cfg()",
        ] {
            assert!(!cfgs.holds(no), "{no}");
        }
    }
}
