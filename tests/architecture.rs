//! Holds the shape of the house: which module may know which, and where the outside world may be touched.
//! docs/architecture.md says why.

#![allow(clippy::expect_used, clippy::panic)] // A test may fail.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Who may import whom. An edge that is not here is a decision to make, not a line to add in passing; one that is here and no
/// longer used is taken out.
const ALLOWED: &[(&str, &[&str])] = &[
    // Leaves: vocabulary, contracts, images, the seam, the talk.
    ("error", &[]),
    ("model", &[]),
    ("cli", &[]),
    ("pe", &["model"]),
    ("event", &["model"]),
    ("formats", &["model"]),
    ("platform", &[]),
    ("files", &["platform"]),
    ("host", &["error", "platform"]),
    // Stages. None imports another; `config` (its types) is the value that most of them take, `layout` what `bundle` packs.
    ("workspace", &["cli", "error", "host", "model"]),
    ("config", &["cli", "error", "model", "workspace"]),
    ("inputs", &["config", "error", "formats", "host", "model"]),
    ("toolchain", &["config", "error", "event", "files", "formats", "host", "model", "pe", "platform"]),
    ("plan", &["config", "formats", "host", "inputs", "model", "workspace"]),
    // What rustc calls: of the stages, only who writes its script knows it.
    ("linker", &["error", "host", "platform"]),
    ("compile", &["cli", "config", "error", "event", "files", "host", "linker", "model", "platform", "workspace"]),
    ("symbols", &["error", "host", "pe"]),
    ("stamp", &["config", "error", "model", "pe", "platform"]),
    ("render", &["config", "error", "formats", "model"]),
    ("layout", &["error", "formats", "model"]),
    ("bundle", &["config", "error", "event", "formats", "host", "layout", "model", "platform"]),
    ("verify", &["error", "formats", "model", "pe", "platform"]),
    // The composers.
    ("report", &["cli", "error", "event", "model"]),
    (
        "pipeline",
        &[
            "bundle",
            "cli",
            "compile",
            "config",
            "error",
            "event",
            "files",
            "formats",
            "host",
            "inputs",
            "layout",
            "model",
            "plan",
            "platform",
            "render",
            "stamp",
            "symbols",
            "toolchain",
            "verify",
            "workspace",
        ],
    ),
    (
        "commands",
        &[
            "bundle",
            "cli",
            "config",
            "error",
            "event",
            "files",
            "formats",
            "host",
            "model",
            "pipeline",
            "plan",
            "report",
            "toolchain",
            "verify",
            "workspace",
        ],
    ),
];

/// Where the outside world is touched, and by whom alone.
const SEAMS: &[(&str, &[&str])] = &[
    ("Command::new(", &["host/real.rs", "host/children/windows.rs"]),
    ("std::env::", &["host/real.rs", "lib.rs"]),
    ("SystemTime::now(", &["host/mod.rs"]),
    ("println!(", &[]),
    ("eprintln!(", &[]),
    ("print!(", &[]),
    ("io::stdout(", &["report/human.rs", "report/json.rs"]),
    ("io::stderr(", &["host/real.rs"]),
    ("std::process::exit", &[]),
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every source file: its path below src/, and its text without comments and without its tests.
fn files() -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut folders = vec![source()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("readable") {
            let path = entry.expect("entry").path();
            let name = path.strip_prefix(source()).expect("below src").to_str().expect("utf-8").replace('\\', "/");
            let is_test = name.ends_with("tests.rs") || name.ends_with("scripted.rs") || name.contains("/tests/");
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".rs") && !is_test {
                all.push((name, code(&std::fs::read_to_string(&path).expect("utf-8"))));
            }
        }
    }
    all.sort();
    all
}

fn code(text: &str) -> String {
    let body = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    without_strings(&body.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n"))
}

/// Empties string literals: a program that is written to a file is no code of ours.
fn without_strings(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    let mut last = [' '; 2];
    while let Some(c) = chars.next() {
        out.push(c);
        // Not the character literals '"' and '\"'.
        if c == '"' && last[1] != '\'' && last != ['\'', '\\'] {
            let mut escaped = false;
            for c in chars.by_ref() {
                match c {
                    '"' if !escaped => break,
                    '\\' => escaped = !escaped,
                    _ => escaped = false,
                }
            }
            out.push('"');
        }
        last = [last[1], c];
    }
    out
}

/// The top-level module of a file: `pe/tree.rs` and `pe.rs` are both `pe`.
fn module(file: &str) -> &str {
    file.split('/').next().unwrap_or_default().trim_end_matches(".rs")
}

/// All `crate::X` in a text, `use crate::{a, b}` included.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &code[at + 7..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut word = String::new();
            let mut first = true;
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => first = true,
                    ':' if depth == 0 && first => {
                        found.insert(std::mem::take(&mut word));
                        first = false;
                    }
                    c if depth == 0 && first && !c.is_whitespace() => word.push(c),
                    _ => {}
                }
            }
        } else {
            found.insert(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    found
}

fn edges() -> BTreeMap<String, BTreeSet<String>> {
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (file, code) in files() {
        let from = module(&file);
        if from == "main" || from == "lib" {
            continue;
        }
        let to = edges.entry(from.to_owned()).or_default();
        to.extend(
            imports(&code)
                .into_iter()
                .filter(|m| m != from && source().join(format!("{m}.rs")).exists() | source().join(m).is_dir()),
        );
    }
    edges
}

#[test]
fn modules_know_only_whom_they_may() {
    let allowed: BTreeMap<_, BTreeSet<_>> =
        ALLOWED.iter().map(|(from, to)| (*from, to.iter().copied().collect())).collect();
    let mut wrong = Vec::new();
    for (from, to) in edges() {
        let Some(may) = allowed.get(from.as_str()) else {
            wrong.push(format!("`{from}` is not in the table"));
            continue;
        };
        wrong.extend(to.iter().filter(|t| !may.contains(t.as_str())).map(|t| format!("`{from}` imports `{t}`")));
        wrong.extend(
            may.iter().filter(|t| !to.contains(**t)).map(|t| format!("`{from}` -> `{t}` is allowed but not used")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn there_are_no_cycles() {
    let edges = edges();
    let mut left: BTreeSet<&String> = edges.keys().collect();
    while !left.is_empty() {
        let free: Vec<_> = left.iter().copied().filter(|m| edges[*m].iter().all(|t| !left.contains(t))).collect();
        assert!(!free.is_empty(), "a cycle among {left:?}");
        left.retain(|m| !free.contains(m));
    }
}

#[test]
fn the_outside_world_is_touched_at_the_seams_only() {
    let mut wrong = Vec::new();
    for (file, code) in files() {
        for (what, may) in SEAMS {
            let hits = code.match_indices(what).filter(|(at, _)| {
                // `print!(` must not match inside `println!(` or `eprint!(`.
                !code[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
            });
            if hits.count() > 0 && !may.contains(&file.as_str()) {
                wrong.push(format!("{file}: {what}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_are_small() {
    let long: Vec<_> = files().into_iter().map(|(f, c)| (c.lines().count(), f)).filter(|(n, _)| *n > 450).collect();
    assert!(long.is_empty(), "over 450 lines of code: {long:?}");
}

#[test]
fn the_import_reader_reads() {
    let text = "use crate::{error::Problem, model::{Sha256, hash::X}};\nuse crate::host;\nfn f() { crate::pe::x() } $crate::no";
    let found: Vec<_> = imports(text).into_iter().collect();
    assert_eq!(found, ["error", "host", "model", "pe"]);
}
