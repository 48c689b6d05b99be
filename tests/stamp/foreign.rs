//! Results read by LLVM's, binutils' and icoutils' tools: nothing but the resources has changed, and these are right.

use crate::fixtures::Lab;
use crate::images::{self, Fixture, Lines};
use crate::sample;
use cargo_winsvc::pe::{self, Image, Name, ResourceTree, kind};
use cargo_winsvc::stamp::{self, Resources};
use object::{Object, ObjectSection};

/// A folder with `in.exe`, `out.exe`, and what belongs beside them.
fn lab(fixture: &Fixture, resources: &Resources) -> Lab {
    let lab = Lab::new();
    lab.write("in.exe", &fixture.exe);
    lab.write("out.exe", stamp::run(fixture.exe.clone(), resources).expect("stamps").bytes);
    if let Lines::Beside(name, bytes) = &fixture.lines {
        lab.write(name, bytes);
    }
    lab
}

fn tree(lab: &Lab) -> ResourceTree {
    Image::parse(&lab.read("out.exe")).expect("parses").resources().expect("a tree")
}

#[test]
fn tables_of_the_program_are_the_same() {
    const VIEWS: [&str; 6] = [
        "--coff-imports",
        "--coff-exports",
        "--unwind",
        "--coff-basereloc",
        "--coff-tls-directory",
        "--coff-load-config",
    ];
    for fixture in images::ALL.iter() {
        let lab = lab(fixture, &sample::resources());
        let read = |file: &str| {
            let text = lab.run("llvm-readobj-19", &[&VIEWS[..], &[file]].concat());
            assert!(text.contains("Import {"), "{}: {text}", fixture.name);
            text.lines().filter(|line| !line.starts_with("File:")).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(read("out.exe"), read("in.exe"), "{}", fixture.name);
        lab.run("llvm-objdump-19", &["-p", "out.exe"]);
    }
}

/// Sections keep place and content, apart from `.rsrc`, and from the place of base relocations and debug information.
#[test]
fn sections_are_the_same() {
    let moves = |name: &str| name == ".reloc" || name.starts_with(".debug") || name.starts_with(".gnu_debug");
    for fixture in images::ALL.iter() {
        for override_existing in [false, true] {
            let out = stamp::run(fixture.exe.clone(), &Resources { override_existing, ..sample::resources() })
                .expect("stamps")
                .bytes;
            let read = |bytes: &[u8]| -> Vec<(String, u64, Vec<u8>)> {
                let bytes = without_identity(bytes);
                let file = object::File::parse(bytes.as_slice()).expect("object reads it");
                let section = |s: object::Section<'_, '_>| {
                    let name = s.name().expect("a name").to_owned();
                    let address = if moves(&name) { 0 } else { s.address() };
                    (name, address, s.data().expect("data").to_vec())
                };
                file.sections().map(section).filter(|s| !s.0.starts_with(".rsrc")).collect()
            };
            assert!(read(&out) == read(&fixture.exe), "{}", fixture.name);
        }
    }
}

/// With time stamps, file offsets and build ids of the debug directory as zeros: these are to change.
fn without_identity(exe: &[u8]) -> Vec<u8> {
    let fields = pe::SealFields::of(&Image::parse(exe).expect("parses")).expect("fields");
    let mut out = exe.to_vec();
    for at in fields.time_stamps.iter().skip(1) {
        out[*at..*at + 4].fill(0);
        out[*at + 20..*at + 24].fill(0);
    }
    for at in &fields.build_ids {
        out[*at..*at + 16].fill(0);
    }
    out
}

#[test]
fn what_lies_behind_the_image_is_the_same() {
    for fixture in images::ALL.iter().filter(|f| f.name.ends_with("+overlay")) {
        let out = stamp::run(fixture.exe.clone(), &sample::resources()).expect("stamps").bytes;
        assert!(out.ends_with(&[b'o'; 3001]) && out[out.len() - 3002] != b'o', "{}", fixture.name);
    }
}

#[test]
fn symbols_and_lines_are_the_same() {
    let mut with_lines = 0;
    for fixture in images::ALL.iter() {
        let lab = lab(fixture, &sample::resources());
        let binutils = if fixture.arch == "i686" { "i686-w64-mingw32" } else { "x86_64-w64-mingw32" };
        if fixture.gnu {
            let symbols = |file: &str| {
                let text = lab.run(&format!("{binutils}-nm"), &[file]);
                // The section symbols of what has moved.
                let moved = |line: &str| line.contains(" N ") || line.contains(".rsrc");
                text.lines().filter(|line| !moved(line)).map(str::to_owned).collect::<Vec<_>>()
            };
            assert_eq!(symbols("out.exe"), symbols("in.exe"), "{}", fixture.name);
        }
        if matches!(fixture.lines, Lines::None) {
            continue;
        }
        with_lines += 1;
        let address = marker(&lab);
        let symbolize = |file: &str| lab.run("llvm-symbolizer-19", &[&format!("--obj={file}"), &address]);
        let before = symbolize("in.exe");
        assert!(
            before.contains("marker") && (before.contains("probe.c:17") || before.contains("tiny.c:14")),
            "{}: {before}",
            fixture.name
        );
        assert_eq!(symbolize("out.exe"), before, "{}", fixture.name);
        if fixture.gnu {
            let line = |file: &str| lab.run(&format!("{binutils}-addr2line"), &["-f", "-e", file, &address]);
            let before = line("in.exe");
            assert!(before.contains("probe.c:17"), "{}: {before}", fixture.name);
            assert_eq!(line("out.exe"), before, "{}", fixture.name);
        }
    }
    assert!(with_lines >= 12, "{with_lines}");
}

/// Address of the function `marker`, as LLVM finds it in the export table.
fn marker(lab: &Lab) -> String {
    let base = Image::parse(&lab.read("in.exe")).expect("parses").image_base();
    let exports = lab.run("llvm-readobj-19", &["--coff-exports", "in.exe"]);
    let mut lines = exports.lines().map(str::trim).skip_while(|line| *line != "Name: marker");
    let rva = lines.find_map(|line| line.strip_prefix("RVA: 0x")).expect("an export");
    format!("{:#x}", base + u64::from_str_radix(rva, 16).expect("a number"))
}

#[test]
fn icoutils_and_llvm_see_every_resource() {
    for fixture in images::ALL.iter() {
        for override_existing in [false, true] {
            let lab = lab(fixture, &Resources { override_existing, ..sample::resources() });
            let tree = tree(&lab);
            let name = |name: &Name| match name {
                Name::Id(id) => id.to_string(),
                Name::Text(text) => format!("'{}'", String::from_utf16_lossy(text)),
            };
            let expected: Vec<String> = tree
                .keys()
                .map(|k| format!("--type={} --name={} --language={}", name(&k.kind), name(&k.name), k.language))
                .collect();
            let listed = lab.run("wrestool", &["-l", "out.exe"]);
            let listed: Vec<&str> = listed.lines().map(|line| line.split(" [").next().unwrap_or(line)).collect();
            assert_eq!(listed, expected, "{}", fixture.name);
            let llvm = lab.run("llvm-readobj-19", &["--coff-resources", "out.exe"]);
            let sizes: Vec<usize> = llvm
                .lines()
                .filter_map(|line| line.trim().strip_prefix("DataSize: "))
                .map(|size| size.parse().expect("a number"))
                .collect();
            let expected: Vec<usize> = tree.values().map(|resource| resource.data.len()).collect();
            assert_eq!(sizes, expected, "{}", fixture.name);
        }
    }
}

#[test]
fn icoutils_extract_our_icon_and_manifest() {
    for name in ["gnu-x86_64-linked", "gnu-i686-linked", "lld-x86_64-pdb", "msvc-aarch64-pdb"] {
        let lab = lab(images::named(name), &sample::resources());
        lab.run("wrestool", &["-x", "-t14", "-o", "icon.ico", "out.exe"]);
        let icon = pe::Icon::parse(&lab.read("icon.ico")).expect("an icon");
        assert_eq!(Some(icon), sample::resources().icon, "{name}");
        lab.run("wrestool", &["-x", "--raw", "-t24", "-o", "manifest", "out.exe"]);
        assert_eq!(lab.read("manifest"), pe::DEFAULT_MANIFEST.as_bytes(), "{name}");
    }
}

/// windres writes all resources as a script: hostile version strings and each of the half a million event ids.
#[test]
fn windres_reads_version_strings_and_messages() {
    let resources = sample::hostile();
    let lab = lab(images::named("gnu-x86_64-linked"), &resources);
    lab.run("x86_64-w64-mingw32-windres", &["-i", "out.exe", "-O", "rc", "-o", "out.rc"]);
    let script = String::from_utf8(lab.read("out.rc")).expect("text");
    for line in
        ["FILEVERSION 1, 2, 3, 0", "PRODUCTVERSION 1, 2, 3, 0", "FILEFLAGS 0x2", "VALUE \"Translation\", 0x409, 1200"]
    {
        assert!(script.contains(line), "{line}");
    }
    let value = |key: &str| {
        let start = format!("VALUE \"{key}\", ");
        let line =
            script.lines().find_map(|line| line.trim().strip_prefix(&start)).unwrap_or_else(|| panic!("no {key}"));
        unescape(line.trim_start_matches('L'))
    };
    for (key, text) in &resources.strings {
        assert_eq!(value(key), *text, "{key}");
    }
    assert_eq!(value("InternalName"), sample::HOSTILE);
    assert_eq!(value("OriginalFilename"), "acme-agent.exe");

    let mut ids = 0;
    let mut lines = script.lines().map(str::trim);
    while let Some(line) = lines.next() {
        let Some(id) = line.strip_prefix("MessageId = 0x") else { continue };
        let id = u32::from_str_radix(id, 16).expect("a number");
        ids += 1;
        let expected = match (id >> 30, id & 0xffff) {
            (0 | 1, 1000) => "Started %1.",
            (0 | 1, 1001) => "100%% done: %%PATH%%\\r\\nnext",
            (0 | 3, 1002) => "Failed: %1%!",
            _ => "%1",
        };
        assert_eq!(lines.next().map(|text| text.trim_end_matches("\\000")), Some(expected), "{id:#x}");
    }
    assert_eq!(ids, 8 * 65536);
}

/// The text of a string literal as windres writes it.
fn unescape(literal: &str) -> String {
    let inner = literal.strip_prefix('"').and_then(|l| l.strip_suffix('"')).expect("a literal").replace("\"\"", "\"");
    let mut units: Vec<u16> = Vec::new();
    let mut rest = inner.as_str();
    while let Some(c) = rest.chars().next() {
        let escaped = rest.strip_prefix('\\');
        if let Some(hex) = escaped.and_then(|e| e.strip_prefix('x')) {
            units.push(u16::from_str_radix(&hex[..4], 16).expect("four digits"));
            rest = &hex[4..];
        } else if let Some(escaped) = escaped {
            units.push(if escaped.starts_with('n') { 10 } else { u16::from(escaped.as_bytes()[0]) });
            rest = &escaped[1..];
        } else {
            units.extend(c.encode_utf16(&mut [0; 2]).iter());
            rest = &rest[c.len_utf8()..];
        }
    }
    String::from_utf16(&units).expect("UTF-16")
}

#[test]
fn our_reader_agrees_with_llvm_on_imports_and_headers() {
    for fixture in images::ALL.iter() {
        let lab = Lab::new();
        lab.write("in.exe", &fixture.exe);
        let image = Image::parse(&fixture.exe).expect("parses");
        let mut ours: Vec<String> = Vec::new();
        for import in image.imports().expect("imports") {
            ours.push(format!("{}{}", if import.delayed { "delayed " } else { "" }, import.dll));
            ours.extend(import.names);
        }
        let text = lab.run("llvm-readobj-19", &["--coff-imports", "in.exe"]);
        let mut theirs: Vec<String> = Vec::new();
        let mut delayed = "";
        for line in text.lines().map(str::trim) {
            match line.split_once(' ') {
                Some(("DelayImport", _)) => delayed = "delayed ",
                Some(("Name:", dll)) => theirs.push(format!("{delayed}{dll}")),
                Some(("Symbol:", symbol)) => theirs.push(symbol.split(" (").next().unwrap_or(symbol).to_owned()),
                _ => {}
            }
        }
        assert_eq!(ours, theirs, "{}", fixture.name);
        assert_eq!(delayed.is_empty(), !fixture.name.starts_with("msvc"), "{}", fixture.name);
        assert!(image.version_info().is_some() == fixture.own, "{}", fixture.name);
        assert_eq!(image.resources().expect("tree").keys().any(|k| k.is_kind(kind::VERSION)), fixture.own);
    }
}
