//! Debug information is split so that debuggers find it, with the real binutils and readers that are not ours.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod compile_support;

use cargo_winsvc::config::DebugInfo;
use cargo_winsvc::pe::Image;
use cargo_winsvc::symbols::{Keep, Split, bind, split};
use compile_support::{Job, contains, crate_at, run, tool, write};
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

const MAIN: &str = "#[inline(never)]\nfn crash_here(n: usize) -> usize {\n    assert!(n < 99);\n    n + 1\n}\nfn main() {\n    println!(\"{}\", crash_here(std::env::args().count()));\n}\n";

fn split_job(job: &Job, keep: Keep) -> Split {
    let built = job.run().unwrap();
    let out = built.exes[0].path.parent().unwrap().join("stripped");
    split(&job.host, &tool("objcopy"), &built.exes[0].path, &out, keep).unwrap()
}

/// Address of a function, from the symbol table of the debug file.
fn address(debug: &Path, name: &str) -> String {
    let table = run(tool("nm"), &[debug.as_os_str()], Path::new("/"));
    let line = table.lines().find(|l| l.contains(name)).expect("the function is in the symbol table");
    format!("0x{}", line.split(' ').next().unwrap())
}

#[test]
fn function_and_line_are_found_from_an_address_of_the_stripped_exe() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("ünï cödé dir");
    crate_at(&root, "crashy", MAIN);
    let job = Job::new(&root, &[("crashy", "crashy")]);
    let out = split_job(&job, Keep::Split);
    let debug = out.debug.unwrap();
    assert_eq!(debug.file_name().unwrap(), "crashy.exe.debug");

    // The executable as it is shipped: stamped by others, then bound.
    let mut exe = std::fs::read(&out.exe).unwrap();
    let mut debug_bytes = std::fs::read(&debug).unwrap();
    assert_tied(&exe, &debug_bytes);
    let rsds = exe.windows(4).position(|w| w == b"RSDS").expect("--build-id left a record");
    exe[rsds + 4..rsds + 20].copy_from_slice(&[0xab; 16]);
    let bound = bind(&mut exe, &mut debug_bytes).unwrap();
    assert_eq!(bound.debug_id.as_deref(), Some("ABABABABABABABABABABABABABABABAB1"));
    assert_tied(&exe, &debug_bytes);
    let (mut exe2, mut debug2) = (exe.clone(), debug_bytes.clone());
    assert_eq!(bind(&mut exe2, &mut debug2).unwrap(), bound, "binding again changes nothing");
    assert!(exe2 == exe && debug2 == debug_bytes);
    std::fs::write(&out.exe, &exe).unwrap();
    std::fs::write(&debug, &debug_bytes).unwrap();

    let image = Image::parse(&exe).unwrap();
    assert!(!image.section_names().any(|n| n.starts_with(".debug")), "no DWARF in the executable");
    assert_eq!(run(tool("nm"), &[out.exe.as_os_str()], &root), "", "no symbol table");
    let at = address(&debug, "crash_here");
    // All three start from the stripped executable and follow its debug link.
    let addr2line = run(
        tool("addr2line"),
        &[OsStr::new("-f"), OsStr::new("-C"), OsStr::new("-e"), out.exe.as_os_str(), OsStr::new(&at)],
        &root,
    );
    assert!(addr2line.contains("crash_here") && addr2line.contains("/src/src/main.rs:2"), "{addr2line}");
    if let Ok(gdb) = which::which("gdb") {
        let info = run(
            gdb,
            &[OsStr::new("-batch"), OsStr::new("-ex"), OsStr::new(&format!("info line *{at}")), out.exe.as_os_str()],
            &root,
        );
        assert!(info.contains("Line 2 of \"src/main.rs\"") && info.contains("crash_here"), "{info}");
    }
    if let Some(llvm) = ["llvm-symbolizer", "llvm-symbolizer-19"].iter().find_map(|n| which::which(n).ok()) {
        let mut obj = std::ffi::OsString::from("--obj=");
        obj.push(&out.exe);
        let said = run(llvm, &[&obj, OsStr::new(&at)], &root);
        assert!(said.contains("crash_here") && said.contains("/src/src/main.rs:2"), "{said}");
    }
}

/// Name, checksum, id, time stamp and CheckSum agree.
fn assert_tied(exe: &[u8], debug: &[u8]) {
    let (e, d) = (Image::parse(exe).unwrap(), Image::parse(debug).unwrap());
    assert_eq!(e.debuglink(), Some(("crashy.exe.debug".to_owned(), crc32fast::hash(debug))));
    assert_eq!(e.debug_id(), d.debug_id());
    assert!(e.debug_id().is_some());
    assert_eq!(e.time_date_stamp(), d.time_date_stamp());
    assert_eq!(e.stored_checksum(), e.computed_checksum());
}

#[test]
fn without_symbols_nothing_is_left() {
    let dir = tempfile::tempdir().unwrap();
    crate_at(dir.path(), "crashy", MAIN);
    let job = Job::new(dir.path(), &[("crashy", "crashy")]);
    let dropped = split_job(&job, Keep::Nothing);
    assert_eq!(dropped.debug, None);
    // debug-info = "none": the C run-time's own debug information is in the executable all the same.
    let mut job = Job::new(dir.path(), &[("crashy", "crashy")]);
    job.debug_info = DebugInfo::None;
    let none = split_job(&job, Keep::Nothing);
    assert_eq!(none.debug, None);
    for exe in [&dropped.exe, &none.exe] {
        let bytes = std::fs::read(exe).unwrap();
        let image = Image::parse(&bytes).unwrap();
        assert!(!image.section_names().any(|n| n.starts_with(".debug") || n == ".gnu_debuglink"));
        assert_eq!(run(tool("nm"), &[exe.as_os_str()], dir.path()), "");
        assert_eq!(image.stored_checksum(), image.computed_checksum());
        assert!(!contains(&bytes, "crash_here"));
    }
}

#[test]
fn names_that_spell_out_rustcs_temporary_folder_go() {
    let dir = tempfile::tempdir().unwrap();
    let main = "#[link(name = \"winmm\", kind = \"raw-dylib\")]\nextern \"system\" { fn timeGetTime() -> u32; }\nfn main() { println!(\"{}\", unsafe { timeGetTime() }); }";
    crate_at(dir.path(), "rawdylib", main);
    let job = Job::new(dir.path(), &[("rawdylib", "rawdylib")]);
    let built = job.run().unwrap();
    let before = run(tool("nm"), &[built.exes[0].path.as_os_str()], dir.path());
    let leaking = |table: &str| table.lines().filter(|l| l.contains("winmm_dll_imports_lib")).count();
    assert_eq!(leaking(&before), 2, "rustc's manner has changed: see whether anything still leaks");
    let debug = split_job(&job, Keep::Split).debug.unwrap();
    let after = run(tool("nm"), &[debug.as_os_str()], dir.path());
    assert_eq!(leaking(&after), 0);
    // What is an import's own name stays.
    assert!(after.lines().any(|l| l.contains("__imp_timeGetTime")), "{after}");
}

#[test]
fn a_failing_tool_is_named() {
    let dir = tempfile::tempdir().unwrap();
    crate_at(dir.path(), "crashy", MAIN);
    write(dir.path(), &[("not-an-exe.exe", "text")]);
    let job = Job::new(dir.path(), &[("crashy", "crashy")]);
    let error =
        split(&job.host, &tool("objcopy"), &dir.path().join("not-an-exe.exe"), dir.path(), Keep::Split).unwrap_err();
    assert!(format!("{error:#}").contains("not-an-exe.exe"), "{error:#}");
    let built = job.run().unwrap();
    let error = split(&job.host, Path::new("/bin/false"), &built.exes[0].path, dir.path(), Keep::Split).unwrap_err();
    assert!(error.to_string().contains("/bin/false --only-keep-debug"), "{error}");
    assert!(Command::new("/bin/false").status().is_ok());
}
