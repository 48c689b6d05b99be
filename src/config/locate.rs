//! Lines and columns of keys in a Cargo.toml. The file is parsed when the first line is asked for and not before.

use super::key_path::{KeyPath, Step};
use std::cell::OnceCell;
use toml_edit::{Document, Item, TableLike, Value};

/// A Cargo.toml in which keys can be looked up.
#[derive(Debug)]
pub(crate) struct Locator<'a> {
    text: &'a str,
    parsed: OnceCell<Option<Document<&'a str>>>,
}

impl<'a> Locator<'a> {
    /// A locator for this text; nothing is parsed yet.
    pub(crate) fn new(text: &'a str) -> Self {
        Locator { text, parsed: OnceCell::new() }
    }

    /// Line and column, from 1, of the key at the end of a path from the root of the file, or of the deepest part of the
    /// path that is there. Columns count characters.
    pub(crate) fn find(&self, path: &KeyPath) -> Option<(usize, usize)> {
        let document = self.parsed.get_or_init(|| Document::parse(self.text).ok()).as_ref()?;
        let mut at = None;
        let mut here = Here::Table(document.as_table());
        for step in &path.0 {
            let Some((offset, next)) = here.step(step) else { break };
            at = offset.or(at);
            let Some(next) = next else { break };
            here = next;
        }
        at.map(|offset| self.line_and_column(offset))
    }

    fn line_and_column(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

enum Here<'d> {
    Table(&'d dyn TableLike),
    Item(&'d Item),
    Value(&'d Value),
}

impl<'d> Here<'d> {
    /// Offset of the step's key or entry, and what is there.
    fn step(&self, step: &Step) -> Option<(Option<usize>, Option<Here<'d>>)> {
        match step {
            Step::Key(key) => {
                let table: &'d dyn TableLike = match self {
                    Here::Table(table) => *table,
                    Here::Item(item) => item.as_table_like()?,
                    Here::Value(value) => value.as_inline_table()?,
                };
                let (key, item) = table.get_key_value(key)?;
                Some((key.span().map(|s| s.start), Some(Here::Item(item))))
            }
            Step::Index(index) => {
                let array = match self {
                    Here::Item(item) => {
                        if let Some(tables) = item.as_array_of_tables() {
                            let table = tables.get(*index)?;
                            return Some((table.span().map(|s| s.start), Some(Here::Table(table))));
                        }
                        item.as_array()?
                    }
                    Here::Value(value) => value.as_array()?,
                    Here::Table(_) => return None,
                };
                let value = array.get(*index)?;
                Some((value.span().map(|s| s.start), Some(Here::Value(value))))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"[package]
name = "a"
version.workspace = true

[package.metadata.winsvc]
id = "é"   # a comment
assets = ["$auto",
  { source = "é", dest = "x" }]

[package.metadata.winsvc.services.Agent]
failure.actions = ["restart/5s", "boom"]
env = { "A B" = "1", C = "2" }

[[package.metadata.winsvc.services.Agent.event-log.messages]]
id = 1
[[package.metadata.winsvc.services.Agent.event-log.messages]]
id = 2
"#;

    #[test]
    fn keys_of_every_kind_of_table() {
        let locator = Locator::new(TEXT);
        let base = KeyPath::of(["package", "metadata", "winsvc"]);
        let agent = base.key("services").key("Agent");
        for (path, place) in [
            (KeyPath::of(["package", "name"]), Some((2, 1))),
            (KeyPath::of(["package", "version"]), Some((3, 1))),
            (base.key("id"), Some((6, 1))),
            (base.key("assets"), Some((7, 1))),
            (base.key("assets").index(0), Some((7, 11))),
            (base.key("assets").index(1).key("dest"), Some((8, 19))),
            (agent.clone(), Some((10, 35))),
            (agent.key("failure").key("actions").index(1), Some((11, 34))),
            (agent.key("env").key("C"), Some((12, 22))),
            (agent.key("event-log").key("messages").index(1).key("id"), Some((17, 1))),
            (agent.key("missing"), Some((10, 35))),
            (KeyPath::of(["nothing"]), None),
        ] {
            assert_eq!(locator.find(&path), place, "{path}");
        }
        assert_eq!(Locator::new("not = = toml").find(&base), None);
    }
}
