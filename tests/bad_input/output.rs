//! The output folder can't be used, or other runs use it too.

use crate::support::{Sandbox, check_refusal, difference, finish};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Runs a shell script where it may mount, seen by nobody else and gone with it. `$1` is the mount point, `$2` the product.
fn with_mounts(sandbox: &Sandbox, script: &str, mount_point: &Path) -> Command {
    let mut command = sandbox.any("unshare");
    // Root needs no user namespace, which the kernel refuses inside a chroot.
    if !rustix::process::geteuid().is_root() {
        command.arg("--map-root-user");
    }
    command.args(["--mount", "--propagation", "private", "sh", "-c", script, "sh"]);
    command.arg(mount_point).arg(env!("CARGO_BIN_EXE_cargo-winsvc"));
    command
}

#[test]
fn below_a_file() {
    let sandbox = Sandbox::hello("");
    fs::write(sandbox.path("file"), "").unwrap();
    for output in ["../file", "../file/below"] {
        let says = [
            "error[output-not-a-folder]: cannot write to ",
            "/file: not a directory\n",
            "fix: choose another folder with `--output DIR`\n",
        ];
        for command in ["package", "build", "plan"] {
            sandbox.refused(&[command, "-o", output], 1, &says);
        }
    }
}

#[test]
fn where_nothing_can_be_made() {
    // Not even by root.
    let says = ["error[", "/proc/winsvc-output", "fix: choose another folder with `--output DIR`\n"];
    Sandbox::hello("").refused(&["package", "-o", "/proc/winsvc-output"], 1, &says);
    // That it is there does not help.
    let says = ["error[", "cannot write /proc/.winsvc-lock: ", "fix: choose another folder with `--output DIR`\n"];
    Sandbox::hello("").refused(&["package", "-o", "/proc"], 1, &says);
}

#[test]
fn read_only() {
    let sandbox = Sandbox::hello("");
    let point = sandbox.path("read-only");
    fs::create_dir(&point).unwrap();
    let before = sandbox.photo();
    for below in ["", "/below"] {
        let script = format!(
            "mount -t tmpfs -o ro none \"$1\" || exit 99\n\"$2\" winsvc package -o \"$1{below}\"\ncode=$?\nls -A \"$1\"\nexit $code"
        );
        let ran = finish(&mut with_mounts(&sandbox, &script, &point));
        let says = [
            "error[output-unwritable]: cannot write to ",
            "/read-only: Read-only file system",
            "fix: choose another folder with `--output DIR`\n",
        ];
        check_refusal(&ran, 1, &says);
        assert!(!ran.stderr.contains("chmod"), "that would not help: {}", ran.stderr);
    }
    assert_eq!(difference(&before, &sandbox.photo()), Vec::<String>::new());
}

#[test]
fn a_read_only_target_folder() {
    let sandbox = Sandbox::hello("");
    let point = sandbox.project().join("target");
    fs::create_dir(&point).unwrap();
    let script = "mount -t tmpfs -o ro none \"$1\" || exit 99\n\"$2\" winsvc package";
    let ran = finish(&mut with_mounts(&sandbox, script, &point));
    let says = [
        "error[output-unwritable]: ",
        "fix: choose another folder for everything that is built with `--target-dir DIR`\n",
    ];
    check_refusal(&ran, 1, &says);
    assert!(!ran.stderr.contains("--output"), "{}", ran.stderr);
}

/// The disk becomes full at ever later moments: while the executable is copied, its debug information split off, it is
/// stamped, packed, published.
#[test]
fn a_full_disk() {
    let sandbox = Sandbox::hello("");
    let point = sandbox.path("disk");
    fs::create_dir(&point).unwrap();
    // So that the runs below find everything built.
    sandbox.run(&["package", "--profile", "dev"]).success();
    let before = sandbox.photo_without_cargo();
    let script = "mount -t tmpfs -o size=$SIZE none \"$1\" || exit 99\n\
                  \"$2\" winsvc package --profile dev -o \"$1\"\ncode=$?\nls -A \"$1\" >&2\nexit $code";
    let mut last_words = Vec::new();
    let mut size = 100;
    loop {
        let ran = finish(with_mounts(&sandbox, script, &point).env("SIZE", format!("{size}k")));
        if ran.code == Some(0) {
            break;
        }
        let says = [
            "error[disk-full]: ",
            "No space left on device",
            "fix: free some space there, or choose a folder on another disk with `--output DIR`\n",
        ];
        check_refusal(&ran, 1, &says);
        // `ls` had nothing to add: no staging folder, no lock.
        assert!(ran.stderr.ends_with("`--output DIR`\n"), "{size}: {}", ran.stderr);
        last_words.push(ran.stderr.lines().find(|l| l.starts_with("error")).unwrap().to_owned());
        size += 500;
        assert!(size < 64_000, "it never fits\n{}", ran.stderr);
    }
    assert!(last_words.len() >= 3, "{last_words:#?}");
    assert_eq!(difference(&before, &sandbox.photo_without_cargo()), Vec::<String>::new());
}

#[test]
fn a_folder_that_is_another_programs() {
    let sandbox = Sandbox::hello("");
    let output = sandbox.path("output");
    fs::create_dir(&output).unwrap();
    for (name, text) in [("SHA256SUMS", "0123  something\n"), ("winsvc-manifest.json", "{\"schemaVersion\": 99}")] {
        fs::write(output.join(name), text).unwrap();
        let says = ["error[output-foreign]: ", name, "is there already", "--output DIR"];
        sandbox.refused(&["package", "-o", output.to_str().unwrap()], 1, &says);
        fs::remove_file(output.join(name)).unwrap();
    }
}
