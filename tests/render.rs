//! The rendered scripts, read back: PowerShell by a parser and a reader of literals, over generated services.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A test that cannot go on has failed.

mod support;

use cargo_winsvc::model::{Account, ServiceName, StartType};
use cargo_winsvc::render::{RenderInput, bundle_texts};
use proptest::prelude::*;
use serde_json::Value;
use std::path::PathBuf;
use support::rendered::{HOSTILE, PS1, any_text, data_block, errors, powershell, rich, script, small};
use support::{Job, PowerShell};

/// Reads the PowerShell literals that the data block may hold, and nothing else.
struct Reader<'a>(&'a str);

impl Reader<'_> {
    fn space(&mut self) {
        self.0 = self.0.trim_start_matches([' ', '\r', '\n', ',']);
    }

    fn eat(&mut self, token: &str) -> bool {
        self.space();
        match self.0.strip_prefix(token) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn until(&mut self, stop: impl Fn(char) -> bool) -> String {
        let at = self.0.find(stop).unwrap_or(self.0.len());
        let (word, rest) = self.0.split_at(at);
        self.0 = rest;
        word.to_owned()
    }

    /// One operand of a sum.
    fn part(&mut self) -> String {
        if self.eat("[char]") {
            let number = self.until(|c| !c.is_ascii_digit());
            return char::from_u32(number.parse().unwrap()).unwrap().into();
        }
        assert!(self.eat("'"), "a literal: {:.40}", self.0);
        let quote = |c: char| "'\u{2018}\u{2019}\u{201A}\u{201B}".contains(c);
        let mut out = String::new();
        loop {
            out += &self.until(quote);
            let mut chars = self.0.chars();
            let first = chars.next().expect("the literal ends");
            self.0 = chars.as_str();
            match self.0.chars().next().filter(|c| quote(*c)) {
                Some(second) => {
                    assert_eq!(first, second, "which of the two PowerShell keeps is not for us to try");
                    out.push(first);
                    self.0 = &self.0[second.len_utf8()..];
                }
                None => return out,
            }
        }
    }

    fn string(&mut self) -> String {
        if !self.eat("(") {
            return self.part();
        }
        let mut out = self.part();
        while self.eat("+") {
            out += &self.part();
        }
        assert!(self.eat(")"));
        out
    }

    fn value(&mut self) -> Value {
        for (token, value) in [("$true", Value::Bool(true)), ("$false", Value::Bool(false)), ("$null", Value::Null)] {
            if self.eat(token) {
                return value;
            }
        }
        if self.eat("@(") {
            let mut list = Vec::new();
            while !self.eat(")") {
                list.push(self.value());
            }
            return list.into();
        }
        if self.eat("[ordered]@{") {
            let mut map = serde_json::Map::new();
            while !self.eat("}") {
                self.space();
                let key = if self.0.starts_with(['\'', '(']) { self.string() } else { self.until(|c| c == ' ') };
                assert!(self.eat("="));
                let value = self.value();
                assert!(!map.keys().any(|k| k.eq_ignore_ascii_case(&key)), "{key} twice");
                map.insert(key, value);
            }
            return map.into();
        }
        self.space();
        if self.0.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
            return serde_json::from_str(&self.until(|c| !(c.is_ascii_digit() || c == '-'))).unwrap();
        }
        self.string().into()
    }
}

/// What the scripts must say: service.json, with lists where PowerShell's tables could not hold it.
fn expected(input: &RenderInput, read: &Value) -> Value {
    let mut want = serde_json::to_value(&input.service).unwrap();
    for (service, spec) in want["services"].as_array_mut().unwrap().iter_mut().zip(&input.service.services) {
        service["env"] = spec.env.iter().map(|(n, v)| serde_json::json!({"name": n, "value": v})).collect();
    }
    for (parameter, read) in
        want["parameters"].as_array_mut().unwrap().iter_mut().zip(read["parameters"].as_array().unwrap())
    {
        parameter["variable"] = read["variable"].clone();
    }
    want["files"] = read["files"].clone();
    want
}

/// Everything that must hold for any configuration.
fn check(input: &RenderInput) {
    let mut parser = powershell();
    let plain = bundle_texts(&small()).unwrap();
    let code = |text: &str| {
        let (before, after) = text.split_once("# ---- data").unwrap();
        let (_, after) = after.split_once("# ---- end of data").unwrap();
        // Script parameters are names and types.
        let help = before.split("param(").next().unwrap().to_owned();
        help + after
    };
    for name in PS1 {
        let text = script(input, name);
        assert_eq!(errors(&mut parser, &text), Vec::<String>::new(), "{name}");
        let read = Reader(data_block(&text)).value();
        assert_eq!(read, expected(input, &read), "{name}");
        let same = plain.files.iter().find(|f| f.path.as_str() == name).unwrap();
        assert_eq!(code(&text), code(std::str::from_utf8(&same.bytes).unwrap()), "{name}: code depends on values");
    }
    for name in ["install.cmd", "uninstall.cmd"] {
        let text = script(input, name);
        let plain = plain.files.iter().find(|f| f.path.as_str() == name).unwrap();
        assert!(!text.contains('\u{1a}'), "{name}");
        let code = |text: &str| {
            let (_, after) = text.split_once("rem ---- end of data").unwrap();
            let (code, rest) = after.split_once("\r\n:put_together\r\n").unwrap();
            // The sums are names of variables.
            let (sums, common) = rest.split_once("exit /b 0").unwrap();
            for line in sums.lines().filter(|l| l.starts_with("set ")) {
                let good = |c: char| c.is_ascii_alphanumeric() || "!._ =\"".contains(c);
                assert!(line.chars().all(good), "{line}");
            }
            code.to_owned() + common
        };
        assert_eq!(code(&text), code(std::str::from_utf8(&plain.bytes).unwrap()), "{name}: code depends on values");
    }
}

/// Texts as files, for PowerShell to read as it reads scripts: by their byte-order mark.
fn files(texts: &[String]) -> (tempfile::TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let write = |(i, text): (usize, &String)| {
        let path = folder.path().join(format!("{i}.ps1"));
        std::fs::write(&path, text).unwrap();
        path
    };
    let paths = texts.iter().enumerate().map(write).collect();
    (folder, paths)
}

/// What PowerShell itself makes of the scripts: no error, help for each parameter, and the data as it was.
fn check_by_powershell(shell: &mut PowerShell<'_>, input: &RenderInput) {
    let texts = PS1.map(|name| script(input, name));
    let (_folder, paths) = files(&texts);
    for ((name, text), parsed) in PS1.iter().zip(&texts).zip(shell.parse(&paths)) {
        assert_eq!(parsed.errors, [], "{name}");
        assert!(parsed.help["synopsis"].as_str().is_some_and(|s| !s.is_empty()), "{name}: {}", parsed.help);
        assert!(parsed.help["outputs"].as_str().is_some_and(|s| s.contains("exit code")), "{name}: {}", parsed.help);
        for parameter in &parsed.parameters {
            let help = &parsed.help["parameters"][parameter.to_uppercase()];
            assert!(help.is_string() || name == &"install.ps1", "{name}: no help for -{parameter}");
        }
        assert_eq!(data_block(text), data_block(&texts[0]), "{name}");
    }
    let block = format!("$Bundle = {}\n$Bundle", data_block(&texts[0]));
    let read = shell.run(&Job::text(&block).depth(20)).success();
    assert_eq!(read.errors, []);
    assert_eq!(read.output, [expected(input, &read.output[0])]);
}

#[test]
fn powershell_reads_every_script() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    for text in [HOSTILE, "", "#>", "\u{FEFF}", "'@\n\"@\n", "\u{2018}\u{201B}'\u{201A}''\u{2019}", "`\r`\n", "-->#><#"]
    {
        check_by_powershell(&mut shell, &rich(text));
    }
    check_by_powershell(&mut shell, &small());
}

/// A script that is broken anywhere: PowerShell's parser notices each time. Tree-sitter misses some and cries no wolf, so what it
/// says without an engine is worth something.
#[test]
fn parsers_notice_what_is_broken() {
    let Some(mut shell) = PowerShell::on_linux() else { return };
    let good = script(&small(), "install.ps1");
    let after = good.find("# ---- end of data").unwrap();
    // What stands inside a text or a comment may go.
    let tree = powershell().parse(&good, None).unwrap();
    let mut nodes = vec![tree.root_node()];
    let mut quoted = Vec::new();
    while let Some(node) = nodes.pop() {
        if node.kind() == "comment" || node.kind().contains("string") {
            quoted.push(node.byte_range());
        }
        nodes.extend(node.children(&mut node.walk()));
    }
    let mut broken = Vec::new();
    for token in ["{", "}", "(", ")", "'", "\"", "catch "] {
        let places = good[after..].match_indices(token).map(|(at, _)| after + at);
        let is_code = |at: &usize| !quoted.iter().any(|range| range.start < *at && at + 1 < range.end);
        let places: Vec<usize> = places.filter(is_code).collect();
        for at in places.iter().step_by(places.len().div_ceil(6)) {
            broken.push((*at, format!("{}{}", &good[..*at], &good[at + token.len()..])));
        }
    }
    let (_folder, paths) = files(&broken.iter().map(|(_, text)| text.clone()).collect::<Vec<_>>());
    let (mut missed, mut accepted) = (0, Vec::new());
    for ((at, text), parsed) in broken.iter().zip(shell.parse(&paths)) {
        // Now and then another quote, further down, makes a script of it again.
        if parsed.errors.is_empty() {
            accepted.push(good[*at..].lines().next().unwrap_or_default());
        } else {
            missed += usize::from(errors(&mut powershell(), text).is_empty());
        }
    }
    assert!(accepted.len() * 10 < broken.len(), "without what stands here it is a script: {accepted:#?}");
    assert!(broken.len() > 30 && missed * 4 < broken.len(), "tree-sitter misses {missed} of {}", broken.len());
}

#[test]
fn hostile_texts_are_data_in_every_script() {
    check(&rich(HOSTILE));
    check(&rich(&"x\"'’`$".repeat(200)));
    check(&rich(""));
}

#[test]
fn readme_says_everything_literally() {
    let hostile = HOSTILE.replace("\r\n", "\n");
    let text = script(&rich(&hostile), "README.txt");
    assert!(text.replace("\r\n", "\n").contains(&hostile), "{text}");
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    for word in [
        "Unblock-File",
        "Get-FileHash",
        "certutil",
        "ExecutionPolicy",
        "install.cmd",
        "SHA256SUMS",
        "PORT (port), 8080",
    ] {
        assert!(text.contains(word), "{word}");
    }
}

#[test]
fn readme_tells_what_this_very_bundle_does() {
    let readme = |input: &RenderInput| script(input, "README.txt").replace("\r\n", "\n");
    let mut input = small();
    let text = readme(&input);
    assert!(text.contains("The services are started, and have to prove"), "{text}");
    assert!(text.contains("in an elevated command prompt:\n    install.cmd\n"), "{text}");
    let mut other = input.service.services[0].clone();
    other.name = ServiceName::new("Other").unwrap();
    other.start = StartType::Disabled;
    input.service.services.push(other);
    let text = readme(&input);
    assert!(text.contains("The services that are not disabled are started"), "{text}");
    input.service.services.remove(0);
    let text = readme(&input);
    assert!(text.contains("Nothing is started") && !text.contains("are started"), "{text}");
    input.service.install.start_after_install = false;
    assert!(readme(&input).contains("The services are not started."));

    // What install.cmd refuses is not recommended.
    input.service.services[0].account = Account::Managed { user: r"ACME\agent$".into() };
    input.service.parameters = rich("x").service.parameters;
    let text = readme(&input);
    assert!(
        text.contains("can't install this bundle:\n    service Other runs as the managed account ACME\\agent$"),
        "{text}"
    );
    assert!(text.contains("uninstall.cmd\n") && !text.contains("\n    install.cmd"), "{text}");

    // Without services there is nothing to install, but still something to check.
    input.service.services.clear();
    let text = readme(&input);
    assert!(text.contains("certutil -hashfile \"acme-1.2.3.zip\" SHA256\n"), "{text}");
    assert!(!text.contains("install"), "{text}");
}

#[test]
fn the_parser_notices_what_is_broken() {
    let good = script(&small(), "install.ps1");
    for broken in
        [good.replacen("function Test-Host {", "function Test-Host ", 1), good.replacen("$Bundle = ", "$Bundle = '", 1)]
    {
        assert_ne!(broken, good);
        assert!(!errors(&mut powershell(), &broken).is_empty());
    }
}

#[test]
fn snapshots() {
    for (name, input) in [("small", small()), ("rich", rich("A \"rich\" one: it's 100 % & more"))] {
        for file in bundle_texts(&input).unwrap().files {
            let text = String::from_utf8(file.bytes).unwrap().replace("\r\n", "\n");
            let part = match file.path.as_str() {
                // Not a new snapshot for each version.
                "README.txt" => {
                    text.replace(concat!("cargo-winsvc ", env!("CARGO_PKG_VERSION")), "cargo-winsvc VERSION")
                }
                // Code is the same everywhere; what differs is the data.
                ps1 if ps1.ends_with(".ps1") => data_block(&text).to_owned(),
                _ => {
                    let from = text.find("rem ---- data").unwrap();
                    let until = text.find("rem ---- end of data").unwrap();
                    let sums = text.find("\n:put_together\n").unwrap();
                    let end = sums + text[sums..].find("exit /b 0").unwrap();
                    format!("{}…\n{}", &text[from..until], &text[sums..end])
                }
            };
            insta::assert_snapshot!(format!("{name}_{}", file.path.as_str().replace('.', "_")), part);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]
    #[test]
    fn any_text_is_data(text in any_text(), name in "[A-Za-z0-9日é_$@+#()-]([A-Za-z0-9日é ._$@+#()-]{0,40}[A-Za-z0-9é)])?", parameter in "[A-Z][A-Z0-9_]{0,10}") {
        let mut input = rich(&text);
        input.service.services[0].name = ServiceName::new(name).unwrap();
        if !["PORT", "COUNT", "FLAG", "WHERE", "VERBOSE"].contains(&parameter.as_str()) {
            input.service.parameters[1].name = parameter;
        }
        check(&input);
    }

}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, ..ProptestConfig::default() })]
    #[test]
    fn any_text_is_data_for_powershell(text in any_text()) {
        if let Some(mut shell) = PowerShell::on_linux() {
            check_by_powershell(&mut shell, &rich(&text));
        }
    }
}
