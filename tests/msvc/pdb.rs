//! The PDB, or the debug file, belongs to the executable, tells functions and lines, and holds no path of the machine that built it.

use crate::built::{Built, MSVC, every, example, only, with_c};
use crate::reader::{field, find, image, llvm};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// Executable and PDB, or debug file, side by side, as a debugger's user would lay them.
fn side_by_side(built: &Built, target: &str) -> (PathBuf, PathBuf) {
    let extension = if target.ends_with("msvc") { "pdb" } else { "debug" };
    let (exe, debug) = (built.exe(target), only(&built.unpacked(target, "-symbols"), extension));
    let beside = debug.with_file_name(exe.file_name().unwrap());
    fs::copy(&exe, &beside).unwrap();
    (beside, debug)
}

fn paths<'a>(option: &'a [&'a str], file: &'a Path) -> Vec<&'a OsStr> {
    option.iter().map(OsStr::new).chain([file.as_os_str()]).collect()
}

#[test]
fn guid_age_and_name_are_those_of_the_executable() {
    let (exe, pdb) = side_by_side(&example()[0], MSVC);
    let said = llvm("llvm-readobj", &paths(&["--coff-debug-directory"], &exe));
    let summary = llvm("llvm-pdbutil", &paths(&["dump", "--summary"], &pdb));
    assert_eq!(field(&said, "PDBGUID"), field(&summary, "GUID"));
    assert_eq!((field(&said, "PDBAge"), field(&summary, "Age")), ("1", "1"));
    // The name that debuggers look for, without any folder.
    assert_eq!(field(&said, "PDBFileName"), "acme_agent.pdb");
    assert_eq!(pdb.file_name().unwrap(), "acme_agent.pdb");

    let manifest = example()[0].unpacked(MSVC, "").join("winsvc-manifest.json");
    let manifest: serde_json::Value = serde_json::from_slice(&fs::read(manifest).unwrap()).unwrap();
    let debug = &manifest["debug"]["acme-agent.exe"];
    let id = field(&said, "PDBGUID").replace(['{', '}', '-'], "") + "1";
    assert_eq!((debug["file"].as_str(), debug["debugId"].as_str()), (Some("acme_agent.pdb"), Some(&*id)), "{manifest}");
}

/// Functions of a PDB whose name begins so, each with its address in the image.
fn functions(pdb: &Path, exe: &Path, begins: &str) -> BTreeMap<String, u32> {
    let text = llvm("llvm-pdbutil", &paths(&["dump", "--symbols"], pdb));
    let (_, _, first_section) = image(exe);
    let mut found = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(name) = line.split_once("PROC32 ").and_then(|(_, l)| l.split('`').nth(1)) else { continue };
        if !name.starts_with(begins) {
            continue;
        }
        // `parent = 0, end = 680, addr = 0001:0928, code size = 901`
        let next = lines.next().unwrap();
        let offset = next.split_once("addr = 0001:").map(|(_, l)| l.split(',').next().unwrap().parse::<u32>().unwrap());
        found.insert(name.to_owned(), first_section + offset.unwrap_or_else(|| panic!("{name}: {next}")));
    }
    found
}

/// The address in the image of a function that a debug file of the GNU targets tells of.
fn function_in_dwarf(debug: &Path, name: &str) -> u32 {
    let hex = |text: &str| u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap();
    let said = llvm("llvm-dwarfdump", &paths(&["--name", name], debug));
    let low = said.lines().find_map(|l| l.trim().strip_prefix("DW_AT_low_pc\t(")?.strip_suffix(')'));
    let low = low.unwrap_or_else(|| panic!("no {name} in {}\n{said}", debug.display()));
    let headers = llvm("llvm-readobj", &paths(&["--file-headers"], debug));
    u32::try_from(hex(low) - hex(field(&headers, "ImageBase"))).unwrap()
}

/// The place in the source of an address: `/folder/file.rs:12`.
fn place(exe: &Path, address: u32) -> String {
    let address = format!("{address:#x}");
    let args = ["--relative-address", "--inlining=false", "--functions=none", &address];
    let mut args: Vec<&OsStr> = args.iter().map(OsStr::new).collect();
    args.extend([OsStr::new("--obj"), exe.as_os_str()]);
    let said = llvm("llvm-symbolizer", &args);
    let line = said.lines().next().unwrap().replace('\\', "/");
    line.rsplit_once(':').unwrap().0.to_owned()
}

/// The lines of a function in a source: from the one that names it to the brace that closes it.
fn lines_of(source: &Path, begin: &str) -> Option<RangeInclusive<usize>> {
    let text = fs::read_to_string(source).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let first = lines.iter().position(|l| l.contains(begin))?;
    let indent = lines[first].len() - lines[first].trim_start().len();
    let close = format!("{}}}", " ".repeat(indent));
    let last = first + lines[first..].iter().position(|l| *l == close).unwrap();
    Some(first + 1..=last + 1)
}

/// Asserts that an address lies in a source's lines.
#[track_caller]
fn assert_place(exe: &Path, address: u32, file: &str, lines: &RangeInclusive<usize>, name: &str) {
    let place = place(exe, address);
    let (found, line) = place.rsplit_once(':').unwrap();
    let line: usize = line.parse().unwrap();
    assert!(found == file && lines.contains(&line), "{name} is at {place}, not in {file}:{lines:?}");
}

#[test]
fn the_examples_functions_are_found_at_their_lines() {
    let (exe, pdb) = side_by_side(&example()[0], MSVC);
    let mut right = Vec::new();
    for (name, address) in functions(&pdb, &exe, "acme_agent::") {
        // `acme_agent::log::Log::line`: module, then type or none, then function. Closures and instances have more in their names.
        let words: Vec<&str> = name.split("::").collect();
        let source = example()[0].dir.join(format!("src/{}.rs", words[1]));
        if !source.is_file() || name.contains(['<', '{', ' ']) {
            continue;
        }
        let Some(lines) = lines_of(&source, &format!("fn {}(", words.last().unwrap())) else { continue };
        assert_place(&exe, address, &format!("/src/src/{}.rs", words[1]), &lines, &name);
        right.push(name);
    }
    // Those that nothing inlines.
    for name in ["acme_agent::log::Log::line", "acme_agent::agent::Options::parse", "acme_agent::agent::Agent::start"] {
        assert!(right.iter().any(|n| n == name), "{name} is not among {right:?}");
    }
}

#[test]
fn code_in_c_is_found_too() {
    for (target, built) in with_c() {
        let (exe, debug) = side_by_side(built, target);
        let lines = lines_of(&built.dir.join("c/part.c"), "int part_report(").unwrap();
        let address = if target.ends_with("msvc") {
            let all = functions(&debug, &exe, "part_");
            *all.get("part_report").unwrap_or_else(|| panic!("{target}: {all:?}"))
        } else {
            function_in_dwarf(&debug, "part_report")
        };
        assert_place(&exe, address, "/src/c/part.c", &lines, target);
    }
}

/// Folders of this machine, none of which may stand in a result.
fn machine_paths(built: &Built) -> Vec<String> {
    let home = std::env::var("HOME").unwrap();
    let cargo_home = std::env::var("CARGO_HOME").unwrap_or_else(|_| format!("{home}/.cargo"));
    let rustup_home = std::env::var("RUSTUP_HOME").unwrap_or_else(|_| format!("{home}/.rustup"));
    let temp = std::env::temp_dir().to_str().unwrap().to_owned() + "/";
    let standin = crate::support::xwin_cache().to_str().unwrap().to_owned();
    let dir = built.dir.to_str().unwrap().to_owned();
    let mut all =
        vec![dir, cargo_home, rustup_home, temp, standin, "another folder below".into(), "/usr/lib/llvm".into()];
    // A home of `/` is no needle.
    all.extend(Some(home).filter(|h| h.len() > 4));
    all
}

#[test]
fn no_path_of_the_machine_is_inside() {
    for (both, targets) in every() {
        for (built, target) in both.iter().flat_map(|built| targets.iter().map(move |target| (built, *target))) {
            let (exe, debug) = side_by_side(built, target);
            let mut texts = vec![("executable", fs::read(&exe).unwrap()), ("debug file", fs::read(&debug).unwrap())];
            if target.ends_with("msvc") {
                // What a PDB's blocks tear apart is whole in the listing.
                let options = ["dump", "--modules", "--files", "--ids", "--string-table"];
                texts.push(("PDB's listing", llvm("llvm-pdbutil", &paths(&options, &debug)).into_bytes()));
            }
            for needle in machine_paths(built) {
                for (what, text) in &texts {
                    assert_eq!(find(text, &needle), None, "{needle} in the {what} for {target}");
                }
            }
            // rustc links from a folder with a random name.
            let listed = String::from_utf8_lossy(&texts.last().unwrap().1);
            let is_random = |w: &&str| w.len() == 11 && w.starts_with("rustc") && w.chars().all(char::is_alphanumeric);
            let random = listed.split(['/', '\\']).find(is_random);
            assert_eq!(random, None, "for {target}");
        }
    }
}
