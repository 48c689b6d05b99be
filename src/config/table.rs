//! The vocabulary of the key table: what a key is called, what it may hold, and what it is for.
//!
//! One table (`keys`) drives the decoder's structural check, the JSON schema and the reference in docs/configuration.md,
//! so that they can't disagree.

use super::text::Form;

/// One key of a table.
#[derive(Debug)]
pub(crate) struct Key {
    /// Kebab-case name.
    pub name: &'static str,
    /// What it may hold.
    pub ty: Ty,
    /// What holds without it, as text for people; empty when it has to be given.
    pub default: &'static str,
    /// A value as it stands in TOML.
    pub example: &'static str,
    /// What it is for: one or more sentences.
    pub doc: &'static str,
    /// Where it may stand.
    pub scope: Scope,
    /// Has to be given.
    pub required: bool,
}

impl Key {
    /// An optional key that may stand everywhere.
    pub(crate) const fn new(name: &'static str, ty: Ty, doc: &'static str) -> Self {
        Key { name, ty, default: "", example: "", doc, scope: Scope::Everywhere, required: false }
    }

    pub(crate) const fn default(mut self, default: &'static str) -> Self {
        self.default = default;
        self
    }

    pub(crate) const fn example(mut self, example: &'static str) -> Self {
        self.example = example;
        self
    }

    pub(crate) const fn scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    pub(crate) const fn required(mut self) -> Self {
        self.required = true;
        self
    }
}

/// Whether something honours a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Yes.
    Now,
    /// Part of the design, refused until a stage honours it.
    NotYet,
}

/// Where a key of the root table may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// In the root table, below `target.<triple>` and below `variants.<name>`.
    Everywhere,
    /// Not below `target.<triple>`: it is decided before there is a target.
    NotInTarget,
    /// Only in the root table.
    TopOnly,
}

/// What a value may be. The alternatives of [`Ty::AnyOf`] differ in JSON type, so that a value picks one by its type.
#[derive(Debug)]
pub(crate) enum Ty {
    /// `true` or `false`.
    Bool,
    /// This boolean and not the other.
    Only(bool),
    /// A whole number in this range.
    Integer(i64, i64),
    /// Text of a form.
    Text(Form),
    /// One of some words.
    Choice(&'static [Choice]),
    /// A list.
    List(&'static Ty),
    /// A table with these keys.
    Table(&'static [Key]),
    /// A table with keys of the user's own.
    Map {
        /// What the key stands for in messages and in key paths, such as `NAME`.
        key: &'static str,
        /// Form of the key.
        form: Form,
        /// What each entry holds.
        value: &'static Ty,
    },
    /// The root table again, but for what may not stand here.
    Overlay(Level),
    /// One table per known triple.
    PerTarget,
    /// One of several, of different JSON types.
    AnyOf(&'static [Ty]),
}

/// Which table of root keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// `package.metadata.winsvc` or `workspace.metadata.winsvc`.
    Root,
    /// `target.<triple>`.
    Target,
    /// `variants.<name>`.
    Variant,
}

impl Level {
    /// Whether a root key may stand here.
    pub(crate) fn allows(self, scope: Scope) -> bool {
        match scope {
            Scope::Everywhere => true,
            Scope::NotInTarget => self != Level::Target,
            Scope::TopOnly => self == Level::Root,
        }
    }
}

/// One word of a [`Ty::Choice`].
#[derive(Debug)]
pub(crate) struct Choice {
    /// The word.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// Whether something honours it.
    pub status: Status,
}

impl Choice {
    pub(crate) const fn new(name: &'static str, doc: &'static str) -> Self {
        Choice { name, doc, status: Status::Now }
    }

    pub(crate) const fn not_yet(name: &'static str, doc: &'static str) -> Self {
        Choice { name, doc, status: Status::NotYet }
    }
}

impl Ty {
    /// What is expected, for messages: "a string", "a list of strings".
    pub(crate) fn expected(&self) -> String {
        match self {
            Ty::Bool => "true or false".into(),
            Ty::Only(value) => format!("`{value}`"),
            Ty::Integer(..) => "a whole number".into(),
            Ty::Text(form) => form.expected().into(),
            Ty::Choice(choices) => {
                let names: Vec<&str> =
                    choices.iter().filter(|c| c.status == Status::Now).map(|choice| choice.name).collect();
                super::nearest::list(&names, "or")
            }
            Ty::List(item) => match item {
                Ty::Text(_) => "a list of strings".into(),
                Ty::Table(_) => "a list of tables".into(),
                _ => format!("a list, each entry {}", item.expected()),
            },
            Ty::Table(_) | Ty::Map { .. } | Ty::Overlay(_) | Ty::PerTarget => "a table".into(),
            Ty::AnyOf(types) => {
                let names: Vec<String> = types.iter().map(Ty::expected).collect();
                match names.split_last() {
                    Some((last, head)) if !head.is_empty() => format!("{} or {last}", head.join(", ")),
                    _ => names.concat(),
                }
            }
        }
    }

    /// Whether a value of this JSON type can be meant for it.
    pub(crate) fn takes(&self, value: &serde_json::Value) -> bool {
        match self {
            Ty::Bool | Ty::Only(_) => value.is_boolean(),
            Ty::Integer(..) => value.is_number(),
            Ty::Text(_) | Ty::Choice(_) => value.is_string(),
            Ty::List(_) => value.is_array(),
            Ty::Table(_) | Ty::Map { .. } | Ty::Overlay(_) | Ty::PerTarget => value.is_object(),
            Ty::AnyOf(types) => types.iter().any(|ty| ty.takes(value)),
        }
    }
}
