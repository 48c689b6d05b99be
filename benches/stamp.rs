//! Stamping a 100 MB executable against a plain copy of it, in the same run: `cargo bench --bench stamp`.
//!
//! Needs x86_64-w64-mingw32-gcc. The target is five times a copy. Two copies are measured: the kernel's own, which never
//! touches user memory, and one through memory (read, write), which is what any program that looks at the bytes starts from.

#![allow(clippy::expect_used, clippy::print_stdout, clippy::panic, reason = "a benchmark")]

use cargo_winsvc::model::{EventMessage, EventSeverity, FileVersion};
use cargo_winsvc::pe::DEFAULT_MANIFEST;
use cargo_winsvc::stamp::{self, Resources};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const SIZE: usize = 100_000_000;
const ROUNDS: usize = 7;
const TARGET: f64 = 5.0;

fn main() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let exe = build(dir.path());
    let resources = Resources {
        version: FileVersion([1, 2, 3, 4]),
        strings: vec![("ProductName".into(), "Benchmark".into())],
        manifest: Some(DEFAULT_MANIFEST.into()),
        messages: Some(vec![EventMessage { id: 1, severity: EventSeverity::Error, text: "Failed: %1".into() }]),
        ..Resources::default()
    };
    let copy = dir.path().join("copy.exe");
    let stamped = dir.path().join("stamped.exe");
    let [mut copying, mut through, mut stamping] = [Duration::MAX; 3];
    for _ in 0..ROUNDS {
        copying = copying.min(timed(&copy, || {
            std::fs::copy(&exe, &copy).expect("copied");
        }));
        through = through.min(timed(&copy, || {
            std::fs::write(&copy, std::fs::read(&exe).expect("read")).expect("written");
        }));
        stamping = stamping.min(timed(&stamped, || {
            let bytes = stamp::read(&exe).expect("read");
            let result = stamp::run(bytes, &resources).unwrap_or_else(|problem| panic!("{problem}"));
            std::fs::write(&stamped, result.bytes).expect("written");
        }));
    }
    println!("stamp {:.1} ms (best of {ROUNDS})", millis(stamping));
    for (name, copy) in [("copy by the kernel", copying), ("copy through memory", through)] {
        let ratio = stamping.as_secs_f64() / copy.as_secs_f64();
        let verdict = if ratio <= TARGET { "met" } else { "missed" };
        println!("{name} {:.1} ms: ratio {ratio:.2}, target {TARGET} {verdict}", millis(copy));
    }
}

/// The time that something takes; its output is removed before, so that both write a new file.
fn timed(output: &Path, work: impl FnOnce()) -> Duration {
    let _ = std::fs::remove_file(output);
    let start = Instant::now();
    work();
    start.elapsed()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// A program with 100 MB of data that no file system and no checksum can skip over.
fn build(dir: &Path) -> std::path::PathBuf {
    let mut state = 1u64;
    let mut data = Vec::with_capacity(SIZE + 8);
    while data.len() < SIZE {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        data.extend((state ^ (state >> 29)).to_le_bytes());
    }
    std::fs::write(dir.join("data.bin"), data).expect("written");
    let source =
        "__asm__(\".section .rdata,\\\"dr\\\"\\n.incbin \\\"data.bin\\\"\\n.text\");\nint main(void) { return 0; }\n";
    std::fs::write(dir.join("big.c"), source).expect("written");
    let gcc = Command::new("x86_64-w64-mingw32-gcc").args(["-s", "-o", "big.exe", "big.c"]).current_dir(dir).status();
    assert!(gcc.expect("x86_64-w64-mingw32-gcc").success());
    dir.join("big.exe")
}
