//! The layers of the configuration and the one tree that they merge into: each value with the layer it came from.

use super::key_path::KeyPath;
use serde_json::{Map, Value};

/// A value of the merged configuration.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Index of the layer that gave it; for a table, of the last one that touched it.
    pub layer: usize,
    /// What it is.
    pub kind: Kind,
}

/// What a [`Node`] holds.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// Boolean, number or text.
    Scalar(Value),
    /// A list, all of it from one layer: entries with their index, without those that could not be read.
    List(Vec<(usize, Node)>),
    /// A table, in the order of the first layer that names a key.
    Table(Vec<(String, Node)>),
}

impl Node {
    /// An empty table.
    pub(crate) fn empty() -> Self {
        Node { layer: 0, kind: Kind::Table(Vec::new()) }
    }

    fn new(value: &Value, layer: usize) -> Option<Self> {
        let kind = match value {
            // The structural check puts null where something could not be read.
            Value::Null => return None,
            Value::Array(items) => {
                Kind::List(items.iter().enumerate().filter_map(|(i, v)| Some((i, Node::new(v, layer)?))).collect())
            }
            Value::Object(map) => {
                Kind::Table(map.iter().filter_map(|(k, v)| Some((k.clone(), Node::new(v, layer)?))).collect())
            }
            scalar => Kind::Scalar(scalar.clone()),
        };
        Some(Node { layer, kind })
    }

    /// Merges a layer in: tables by key, everything else replaces.
    pub(crate) fn merge(&mut self, over: &Map<String, Value>, layer: usize) {
        for (key, value) in over {
            self.layer = layer;
            let Kind::Table(entries) = &mut self.kind else { return };
            match (entries.iter_mut().find(|(k, _)| k == key), value) {
                (Some((_, node)), Value::Object(inner)) if matches!(node.kind, Kind::Table(_)) => {
                    node.merge(inner, layer);
                }
                (Some((_, node)), value) => {
                    if let Some(new) = Node::new(value, layer) {
                        *node = new;
                    }
                }
                (None, value) => entries.extend(Node::new(value, layer).map(|node| (key.clone(), node))),
            }
        }
    }

    /// The entry of a table.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        match &self.kind {
            Kind::Table(entries) => entries.iter().find(|(k, _)| k == key).map(|(_, node)| node),
            _ => None,
        }
    }
}

/// A value that may be missing, and where it stands or would stand.
#[derive(Clone, Debug)]
pub(crate) struct View<'a> {
    /// The value.
    pub node: Option<&'a Node>,
    /// Its path.
    pub path: KeyPath,
}

impl<'a> View<'a> {
    /// The whole configuration.
    pub(crate) fn root(node: &'a Node) -> Self {
        View { node: Some(node), path: KeyPath::default() }
    }

    /// The value of a key.
    pub(crate) fn at(&self, key: &str) -> View<'a> {
        View { node: self.node.and_then(|n| n.get(key)), path: self.path.key(key) }
    }

    /// Whether it is given.
    pub(crate) fn is_set(&self) -> bool {
        self.node.is_some()
    }

    fn scalar(&self) -> Option<&'a Value> {
        match &self.node?.kind {
            Kind::Scalar(value) => Some(value),
            _ => None,
        }
    }

    /// A text.
    pub(crate) fn text(&self) -> Option<&'a str> {
        self.scalar()?.as_str()
    }

    /// A boolean.
    pub(crate) fn bool(&self) -> Option<bool> {
        self.scalar()?.as_bool()
    }

    /// A whole number.
    pub(crate) fn integer(&self) -> Option<i64> {
        self.scalar()?.as_i64()
    }

    /// A scalar as text: `8080`, `true`, or the text itself.
    pub(crate) fn as_text(&self) -> Option<String> {
        let value = self.scalar()?;
        Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    }

    /// The entries of a list; none when it is missing.
    pub(crate) fn items(&self) -> Vec<View<'a>> {
        match self.node.map(|n| &n.kind) {
            Some(Kind::List(items)) => {
                items.iter().map(|(i, n)| View { node: Some(n), path: self.path.index(*i) }).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The texts of a list.
    pub(crate) fn texts(&self) -> Option<Vec<String>> {
        match &self.node?.kind {
            Kind::List(_) => Some(self.items().iter().filter_map(|v| v.text().map(str::to_owned)).collect()),
            _ => None,
        }
    }

    /// Name and value of each entry of a table; none when it is missing.
    pub(crate) fn entries(&self) -> Vec<(&'a str, View<'a>)> {
        match self.node.map(|n| &n.kind) {
            Some(Kind::Table(entries)) => entries
                .iter()
                .map(|(name, node)| (name.as_str(), View { node: Some(node), path: self.path.key(name) }))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Whether it is a table.
    pub(crate) fn is_table(&self) -> bool {
        matches!(self.node.map(|n| &n.kind), Some(Kind::Table(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn merge(layers: &[Value]) -> Node {
        let mut tree = Node::empty();
        for (i, layer) in layers.iter().enumerate() {
            tree.merge(layer.as_object().expect("object"), i);
        }
        tree
    }

    #[test]
    fn tables_merge_and_all_else_replaces() {
        let tree = merge(&[
            json!({ "id": "a", "assets": ["x", "y"], "services": { "S": { "start": "auto", "args": ["1"] } }, "resource": false }),
            json!({ "assets": ["z"], "services": { "S": { "args": [] }, "T": {} }, "resource": { "icon": "i" } }),
        ]);
        let root = View::root(&tree);
        let layer = |view: &View<'_>| view.node.map(|n| n.layer);
        assert_eq!((root.at("id").text(), layer(&root.at("id"))), (Some("a"), Some(0)));
        assert_eq!((root.at("assets").texts(), layer(&root.at("assets"))), (Some(vec!["z".into()]), Some(1)));
        let service = root.at("services").at("S");
        assert_eq!((service.at("start").text(), layer(&service.at("start"))), (Some("auto"), Some(0)));
        assert_eq!((service.at("args").texts(), layer(&service.at("args"))), (Some(vec![]), Some(1)));
        let names: Vec<&str> = root.at("services").entries().into_iter().map(|(n, _)| n).collect();
        assert_eq!(names, ["S", "T"]);
        assert_eq!(root.at("resource").at("icon").text(), Some("i"));
        assert_eq!(root.at("resource").at("icon").path.to_string(), "resource.icon");
    }
}
