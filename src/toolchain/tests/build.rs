//! A sysroot is built once, appears whole or not at all, and nothing stays behind.

use super::*;
use crate::event::{Event, Recorder, Silent};
use crate::host::{Cmd, Host, Output};
use crate::toolchain::std_build::{Job, build, cached};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn done() -> Output {
    Output { code: Some(0), ..Output::default() }
}

fn env_of(cmd: &Cmd, key: &str) -> Option<String> {
    let found = cmd.env.iter().rev().find(|(k, _)| k == key)?;
    found.1.as_ref().map(|v| v.to_string_lossy().into_owned())
}

/// Lays what cargo would build where it was told to.
fn play_cargo(cmd: &Cmd) -> Output {
    let out = PathBuf::from(env_of(cmd, "CARGO_TARGET_DIR").unwrap()).join(GNU).join("dist");
    for name in ["libstd-1.rlib", "libstd-1.dll.a", "std-1.dll", "libcore-2.rlib", "liballoc-3.rlib", "libcore-2.rmeta"]
    {
        write(&out.join("deps").join(name), name);
    }
    write(&out.join("libstd.rlib"), "a second name");
    done()
}

/// Lays what rustc would make of the start-up objects.
fn play_objects(cmd: &Cmd) -> Output {
    let at = cmd.args.iter().position(|a| a == "-o").unwrap();
    write(Path::new(&cmd.args[at + 1]), "object");
    done()
}

struct Scene {
    machine: Machine,
    host: ScriptedHost,
    library: PathBuf,
    builds: Arc<AtomicUsize>,
}

fn scene() -> Scene {
    let machine = Machine::new();
    add_sources(&machine.active.sysroot);
    let library = machine.active.sources().unwrap();
    let builds = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&builds);
    let host = machine
        .host()
        .says("cargo fetch", "")
        .on("cargo build", move |cmd| {
            count.fetch_add(1, Ordering::SeqCst);
            std::thread::sleep(std::time::Duration::from_millis(300));
            play_cargo(cmd)
        })
        .on(&format!("{} --target", machine.active.path.display()), play_objects);
    Scene { machine, host, library, builds }
}

impl Scene {
    fn build(&self) -> anyhow::Result<PathBuf> {
        let target = GNU.parse().unwrap();
        let linker = PathBuf::from("/opt/gcc-posix");
        let job = Job {
            compiler: &self.machine.active,
            target: &target,
            library: &self.library,
            linker: Some(&linker),
            msvc: None,
            offline: false,
        };
        build(&self.host, &Silent, &job)
    }

    fn cached(&self) -> Option<PathBuf> {
        cached(&self.host, &self.machine.active, &GNU.parse().unwrap())
    }

    /// What lies beside the sysroots, lock files aside.
    fn left(&self) -> Vec<String> {
        let dir = self.machine.path("home/.cache/cargo-winsvc/sysroots");
        let names = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        names.filter(|n| !n.ends_with(".lock")).collect()
    }
}

#[test]
fn a_sysroot_holds_what_a_program_links_with() {
    let scene = scene();
    assert_eq!(scene.cached(), None);
    let sysroot = scene.build().unwrap();
    let lib = sysroot.join(format!("lib/rustlib/{GNU}/lib"));
    let mut names: Vec<_> = std::fs::read_dir(lib).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    let expected =
        ["liballoc-3.rlib", "libcore-2.rlib", "libstd-1.dll.a", "libstd-1.rlib", "rsbegin.o", "rsend.o", "std-1.dll"];
    assert_eq!(names, expected);
    assert_eq!(scene.cached(), Some(sysroot.clone()));
    assert_eq!(scene.left(), [sysroot.file_name().unwrap().to_str().unwrap()]);
    assert_eq!(scene.build().unwrap(), sysroot);
    assert_eq!(scene.builds.load(Ordering::SeqCst), 1, "built once");

    let commands = scene.host.commands();
    let cargo = commands.iter().find(|c| c.args.first().is_some_and(|a| a == "build")).unwrap();
    let flags = env_of(cargo, "CARGO_ENCODED_RUSTFLAGS").unwrap();
    let source = scene.library.display();
    assert!(flags.contains(&format!("--remap-path-prefix={source}=/rustc/abcdef0123456789-1.95.0/library")), "{flags}");
    assert_eq!(env_of(cargo, "RUSTC"), Some(scene.machine.active.path.display().to_string()));
    assert_eq!(env_of(cargo, "RUSTC_WRAPPER").as_deref(), Some(""));
    assert_eq!(env_of(cargo, "CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER").as_deref(), Some("/opt/gcc-posix"));
    assert!(cargo.args.iter().any(|a| a == "--locked"));
}

#[test]
fn a_compiler_of_another_version_gets_its_own() {
    let scene = scene();
    scene.build().unwrap();
    let newer = Compiler { verbose: verbose("1.95.1"), ..scene.machine.active.clone() };
    assert_eq!(cached(&scene.host, &newer, &GNU.parse().unwrap()), None);
    assert_eq!(cached(&scene.host, &scene.machine.active, &"i686-pc-windows-gnu".parse().unwrap()), None);
    // Without a commit the file itself tells one build of a compiler from the next.
    let own = |text: &str| {
        write(&scene.machine.active.path, text);
        let own = Compiler { commit: None, ..scene.machine.active.clone() };
        let target = GNU.parse().unwrap();
        let job =
            Job { compiler: &own, target: &target, library: &scene.library, linker: None, msvc: None, offline: false };
        build(&scene.host, &Silent, &job).unwrap()
    };
    assert_ne!(own("one"), own("another"));
}

#[test]
fn two_at_once_build_once() {
    let scene = scene();
    let results: Vec<PathBuf> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..3).map(|_| scope.spawn(|| scene.build().unwrap())).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert!(results.iter().all(|r| *r == results[0]));
    assert_eq!(scene.builds.load(Ordering::SeqCst), 1);
    assert_eq!(scene.left().len(), 1);
}

#[test]
fn one_that_waits_says_so_and_can_be_interrupted() {
    let scene = scene();
    let sink = Recorder::default();
    let target = GNU.parse().unwrap();
    let job = Job {
        compiler: &scene.machine.active,
        target: &target,
        library: &scene.library,
        linker: None,
        msvc: None,
        offline: false,
    };
    let error = std::thread::scope(|scope| {
        let first = scope.spawn(|| scene.build());
        while scene.builds.load(Ordering::SeqCst) == 0 {
            std::thread::yield_now();
        }
        let second = scene.machine.host();
        second.interrupt();
        let error = build(&second, &sink, &job).unwrap_err();
        first.join().unwrap().unwrap();
        error
    });
    assert_eq!(crate::error::exit_of(&error), crate::error::Exit::Interrupted);
    let waits = |e: &Event| matches!(e, Event::Status { verb: "Waiting", .. });
    assert!(sink.events().iter().any(waits), "{:?}", sink.events());
}

#[test]
fn a_build_that_fails_or_is_interrupted_leaves_nothing() {
    let mut scene = scene();
    scene.host = scene.host.on("cargo build", |cmd| {
        play_cargo(cmd);
        Output { code: Some(101), ..Output::default() }
    });
    let error = format!("{:#}", scene.build().unwrap_err());
    assert!(error.contains("could not build"), "{error}");
    assert_eq!((scene.left(), scene.cached()), (Vec::new(), None));

    scene.host = scene.host.fails("cargo fetch", 101, "error: failed to get `hashbrown`\n\nCaused by:\n  no network");
    let error = format!("{:#}", scene.build().unwrap_err());
    assert!(error.contains("fetch") && error.contains("no network"), "{error}");
    assert_eq!((scene.left(), scene.cached()), (Vec::new(), None));
    // Once as the user's home says, once as the project says, which may name a mirror.
    let places: Vec<_> = scene.host.commands().into_iter().rev().take(2).map(|c| c.cwd.unwrap()).collect();
    assert_eq!(places[0], scene.host.cwd());
    assert!(places[1].starts_with(scene.machine.path("home/.cache")));
}

#[test]
fn a_build_without_a_library_in_it_is_none() {
    let mut scene = scene();
    scene.host = scene.host.on("cargo build", |_| done());
    std::fs::create_dir_all(scene.machine.path("x")).unwrap();
    assert!(scene.build().is_err());
    assert_eq!((scene.left(), scene.cached()), (Vec::new(), None));
}

#[test]
fn what_a_killed_build_left_is_cleared_and_never_taken() {
    let scene = scene();
    let sysroot = scene.build().unwrap();
    let name = sysroot.file_name().unwrap().to_str().unwrap().to_owned();
    // Killed in the middle: a temporary folder, and (as if the move were no whole one) a place without its stamp.
    std::fs::remove_file(sysroot.join("winsvc-std.json")).unwrap();
    write(&sysroot.with_file_name(format!(".build-{name}-dead/target/x")), "");
    write(&sysroot.with_file_name(".build-other-key-alive/target/x"), "");
    assert_eq!(scene.cached(), None);
    assert_eq!(scene.build().unwrap(), sysroot);
    assert_eq!(scene.cached(), Some(sysroot));
    let mut left = scene.left();
    left.sort();
    assert_eq!(left, [".build-other-key-alive".to_owned(), name]);
}

#[test]
fn a_library_for_msvc_is_linked_as_cargo_xwin_says_and_holds_no_dll() {
    let scene = scene();
    let filled = crate::toolchain::xwin::Filled {
        env: vec![("LIB".into(), "/sdk/lib".into()), ("PATH".into(), "/links".into())],
        rustflags: vec!["-Clinker-flavor=lld-link".into()],
        ..Default::default()
    };
    let target: crate::model::Target = "x86_64-win7-windows-msvc".parse().unwrap();
    let host = scene.host.on("cargo build", move |cmd| {
        let flags = env_of(cmd, "CARGO_ENCODED_RUSTFLAGS").unwrap();
        assert!(flags.contains("-Clinker-flavor=lld-link") && !flags.contains("--no-insert-timestamp"), "{flags}");
        assert_eq!((env_of(cmd, "LIB").as_deref(), env_of(cmd, "PATH").as_deref()), (Some("/sdk/lib"), Some("/links")));
        let out = PathBuf::from(env_of(cmd, "CARGO_TARGET_DIR").unwrap()).join("x86_64-win7-windows-msvc/dist/deps");
        for name in ["libstd-1.rlib", "std-1.dll", "libcore-2.rlib", "liballoc-3.rlib"] {
            write(&out.join(name), name);
        }
        done()
    });
    let job = Job {
        compiler: &scene.machine.active,
        target: &target,
        library: &scene.library,
        linker: None,
        msvc: Some(&filled),
        offline: false,
    };
    let sysroot = build(&host, &Silent, &job).unwrap();
    let lib = sysroot.join("lib/rustlib/x86_64-win7-windows-msvc/lib");
    let mut names: Vec<String> =
        std::fs::read_dir(lib).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["liballoc-3.rlib", "libcore-2.rlib", "libstd-1.rlib"]);
}

#[test]
fn start_up_objects_are_there_before_the_library_is_linked_with_them() {
    let scene = scene();
    let sysroot = scene.build().unwrap();
    let commands = scene.host.commands();
    let at = |wanted: &dyn Fn(&Cmd) -> bool| commands.iter().position(wanted).unwrap();
    let object = at(&|c| c.args.iter().any(|a| a == "--emit=obj"));
    let library = at(&|c| c.args.first().is_some_and(|a| a == "build"));
    assert!(object < library);
    let flags = env_of(&commands[library], "CARGO_ENCODED_RUSTFLAGS").unwrap();
    assert!(flags.split('\x1f').any(|f| f.starts_with("-Lnative=") && f.ends_with("/start-up")), "{flags}");
    let lib = sysroot.join("lib/rustlib").join(GNU).join("lib");
    assert!(lib.join("rsbegin.o").is_file() && lib.join("rsend.o").is_file());
}
