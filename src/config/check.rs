//! The structural check: keys, types and forms of one layer, judged by the key table. What fails is reported and left out
//! of the copy that goes on, so that everything else is judged in the same run.

use super::key_path::{KeyPath, toml_string};
use super::keys::ROOT;
use super::nearest::nearest;
use super::table::{Choice, Key, Level, Status, Ty};
use super::text::Form;
use crate::error::Problem;
use crate::model::target;
use serde_json::{Map, Value};

/// Something wrong at a key path.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// Where, from the `winsvc` table on.
    pub path: KeyPath,
    /// What; its place is filled in later.
    pub problem: Problem,
}

/// Judges the value of a whole `winsvc` table; gives back what is fit to be read.
pub(crate) fn check(value: &Value, faults: &mut Vec<Fault>) -> Map<String, Value> {
    let mut check = Check { faults };
    match check.value(value, &Ty::Overlay(Level::Root), &KeyPath::default(), None) {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

/// Whether a value is one of a type.
#[cfg(test)]
pub(crate) fn fits(value: &Value, ty: &Ty) -> bool {
    let mut faults = Vec::new();
    Check { faults: &mut faults }.value(value, ty, &KeyPath::default(), None);
    faults.is_empty()
}

struct Check<'a> {
    faults: &'a mut Vec<Fault>,
}

impl Check<'_> {
    fn fault(&mut self, path: &KeyPath, problem: Problem) {
        self.faults.push(Fault { path: path.clone(), problem });
    }

    /// `key` is the nearest entry of the key table, for examples.
    fn value(&mut self, value: &Value, ty: &Ty, path: &KeyPath, key: Option<&Key>) -> Option<Value> {
        if !ty.takes(value) {
            self.wrong_type(value, ty, path, key);
            return None;
        }
        match ty {
            Ty::Bool => Some(value.clone()),
            Ty::Only(only) => {
                if value.as_bool() == Some(*only) {
                    return Some(value.clone());
                }
                self.wrong_type(value, ty, path, key);
                None
            }
            Ty::Integer(min, max) => self.integer(value, *min, *max, path, key),
            Ty::Text(form) => match form.check(value.as_str().unwrap_or_default()) {
                Ok(()) => Some(value.clone()),
                Err(why) => {
                    self.fault(path, example(wrong_value(path, &format!("{} {why}", describe(value))), key));
                    None
                }
            },
            Ty::Choice(choices) => self.choice(value, choices, path),
            Ty::List(item) => {
                let items = value.as_array().into_iter().flatten().enumerate();
                // What is refused leaves a hole, so that the others keep their index.
                Some(items.map(|(i, v)| self.value(v, item, &path.index(i), key).unwrap_or(Value::Null)).collect())
            }
            Ty::Table(keys) => Some(self.table(value, keys.iter().collect(), path, Level::Root)),
            Ty::Overlay(level) => Some(self.table(value, ROOT.iter().collect(), path, *level)),
            Ty::PerTarget => Some(self.per_target(value, path)),
            Ty::Map { form, value: entry, .. } => {
                let mut out = Map::new();
                for (name, inner) in value.as_object().into_iter().flatten() {
                    let path = path.key(name);
                    if let Err(why) = form.check(name) {
                        let problem = Problem::usage("wrong-name", format!("`{}` {why}", printable(name)));
                        self.fault(&path, problem.fix(rename(*form, name)));
                    } else if let Some(inner) = self.value(inner, entry, &path, key) {
                        out.insert(name.clone(), inner);
                    }
                }
                Some(Value::Object(out))
            }
            Ty::AnyOf(types) => match types.iter().find(|ty| ty.takes(value))? {
                Ty::Only(only) if value.as_bool() != Some(*only) => {
                    self.wrong_type(value, ty, path, key);
                    None
                }
                Ty::Integer(..) if whole(value).is_none() => {
                    self.wrong_type(value, ty, path, key);
                    None
                }
                ty => self.value(value, ty, path, key),
            },
        }
    }

    fn wrong_type(&mut self, value: &Value, ty: &Ty, path: &KeyPath, key: Option<&Key>) {
        let what = format!("expected {}, found {}", ty.expected(), describe(value));
        self.fault(path, example(wrong_value(path, &what), key));
    }

    fn integer(&mut self, value: &Value, min: i64, max: i64, path: &KeyPath, key: Option<&Key>) -> Option<Value> {
        match whole(value) {
            Some(n) if (min..=max).contains(&n) => Some(n.into()),
            Some(_) => {
                self.fault(path, example(wrong_value(path, &format!("{value} is not from {min} to {max}")), key));
                None
            }
            None => {
                self.wrong_type(value, &Ty::Integer(min, max), path, key);
                None
            }
        }
    }

    fn choice(&mut self, value: &Value, choices: &[Choice], path: &KeyPath) -> Option<Value> {
        let word = value.as_str().unwrap_or_default();
        let usable = || choices.iter().filter(|c| c.status == Status::Now).map(|c| c.name);
        match choices.iter().find(|c| c.name == word) {
            Some(Choice { status: Status::Now, .. }) => return Some(value.clone()),
            Some(choice) => {
                let what = format!("`{path} = {}` ({}) is not supported yet", describe(value), choice.doc);
                let names: Vec<&str> = usable().collect();
                self.fault(path, Problem::usage("not-supported-yet", what).fix(one_of(&names)));
            }
            None => {
                let names: Vec<&str> = usable().collect();
                let problem = wrong_value(path, &format!("unknown value {}", describe(value)));
                self.fault(
                    path,
                    match nearest(word, names.iter().copied()) {
                        Some(name) => problem.fix(assignment(path, name)),
                        None => problem.fix(one_of(&names)),
                    },
                );
            }
        }
        None
    }

    fn table(&mut self, value: &Value, keys: Vec<&Key>, path: &KeyPath, level: Level) -> Value {
        let mut out = Map::new();
        let entries = value.as_object();
        for (name, inner) in entries.into_iter().flatten() {
            let at = path.key(name);
            let Some(key) = keys.iter().find(|k| k.name == name) else {
                self.unknown_key(name, &keys, &at, level);
                continue;
            };
            if !level.allows(key.scope) {
                let what = format!("`{name}` can't stand in `{path}`: it does not vary with it");
                self.fault(
                    &at,
                    Problem::usage("misplaced-key", what).fix(format!("move `{name}` up to the winsvc table")),
                );
            } else if let Some(inner) = self.value(inner, &key.ty, &at, Some(key)) {
                out.insert(name.clone(), inner);
            }
        }
        let given = |key: &Key| entries.is_some_and(|e| e.contains_key(key.name));
        let mut whole = true;
        for key in keys {
            if !key.required {
                continue;
            }
            if !given(key) {
                let problem = Problem::usage("missing-key", format!("`{path}` has no `{}`", key.name));
                self.fault(path, problem.fix(format!("{} = {}", key.name, key.example)));
            }
            whole &= out.contains_key(key.name);
        }
        // A table without a part that it has to have can't be read.
        if whole { Value::Object(out) } else { Value::Null }
    }

    fn unknown_key(&mut self, name: &str, keys: &[&Key], at: &KeyPath, level: Level) {
        let known = keys.iter().filter(|k| level.allows(k.scope)).map(|k| k.name);
        let known: Vec<&str> = known.collect();
        let problem = Problem::usage("unknown-key", format!("unknown key `{at}`"));
        self.fault(
            at,
            match nearest(name, known.iter().copied()) {
                Some(near) => problem.fix(format!("did you mean `{near}`?")),
                None => problem.fix(format!("the keys here are {}", super::nearest::list(&known, "and"))),
            },
        );
    }

    fn per_target(&mut self, value: &Value, path: &KeyPath) -> Value {
        let mut out = Map::new();
        for (triple, inner) in value.as_object().into_iter().flatten() {
            let at = path.key(triple);
            if let Err(why) = triple.parse::<crate::model::Target>() {
                let problem = Problem::usage("unknown-target", format!("`{}` is {why}", printable(triple)));
                self.fault(&at, near_target(problem, triple, str::to_owned));
            } else if let Some(inner) = self.value(inner, &Ty::Overlay(Level::Target), &at, None) {
                out.insert(triple.clone(), inner);
            }
        }
        Value::Object(out)
    }
}

/// Adds the nearest Windows triple, or all of them, as a fix.
pub(crate) fn near_target(problem: Problem, triple: &str, fix: impl Fn(&str) -> String) -> Problem {
    let arch = triple.split('-').next().unwrap_or_default();
    let same_arch = || target::KNOWN.iter().copied().find(|known| known.split('-').next() == Some(arch));
    match nearest(triple, target::KNOWN.iter().copied()).or_else(same_arch) {
        Some(near) => problem.fix(fix(near)),
        None => problem.fix(format!("the targets are {}", super::nearest::list(target::KNOWN, "and"))),
    }
}

fn wrong_value(path: &KeyPath, what: &str) -> Problem {
    let what = if path.0.is_empty() { what.to_owned() } else { format!("`{path}`: {what}") };
    Problem::usage("wrong-value", what)
}

/// A whole number, also when it is written as `1.0`: JSON does not tell them apart.
fn whole(value: &Value) -> Option<i64> {
    let exact = |f: &f64| f.fract() == 0.0 && f.abs() < 2f64.powi(53);
    #[allow(clippy::cast_possible_truncation)] // Whole and below 2^53.
    value.as_i64().or_else(|| value.as_f64().filter(exact).map(|f| f as i64))
}

/// Adds the key table's example, when there is one.
pub(crate) fn example(problem: Problem, key: Option<&Key>) -> Problem {
    match key.filter(|k| !k.example.is_empty()) {
        Some(key) => problem.fix(format!("such as {} = {}", key.name, key.example)),
        None => problem,
    }
}

/// The name that was probably meant, where it is a matter of case.
fn rename(form: Form, name: &str) -> String {
    let upper = name.to_ascii_uppercase().replace('-', "_");
    match form {
        Form::ParameterName if form.check(&upper).is_ok() => format!("rename it to {upper}"),
        _ => "rename it".into(),
    }
}

fn one_of(names: &[&str]) -> String {
    format!("one of {}", super::nearest::list(names, "or"))
}

/// `key = "value"`, for the last key of the path; the bare value inside a list.
fn assignment(path: &KeyPath, value: &str) -> String {
    match path.0.last() {
        Some(super::key_path::Step::Key(key)) => format!("{} = {}", super::key_path::quoted(key), toml_string(value)),
        _ => toml_string(value),
    }
}

/// A value for messages: its type, and itself where it is short.
pub(crate) fn describe(value: &Value) -> String {
    match value {
        Value::Null => "nothing".into(),
        Value::Bool(b) => format!("`{b}`"),
        Value::Number(n) if n.is_f64() => format!("the number {n}"),
        Value::Number(n) => format!("the number {n}"),
        Value::String(s) => toml_string(&super::text::shorten(s, 60)),
        Value::Array(_) => "a list".into(),
        Value::Object(_) => "a table".into(),
    }
}

/// A name for messages: short, and on one line.
pub(crate) fn printable(text: &str) -> String {
    let short = super::text::shorten(text, 60);
    short.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}
