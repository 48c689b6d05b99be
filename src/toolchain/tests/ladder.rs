//! Which way a standard library is looked for, and in which order: tables.

use super::*;
use crate::toolchain::apt::{AptChoice, choices, parse_policy};
use crate::toolchain::std_source::{Rung, Std, find, other_rungs, own_rungs, remember, suits};

fn apt(rustc: &str, version_text: &str, prebuilt: bool) -> AptChoice {
    AptChoice {
        packages: vec![rustc.to_owned()],
        version: version(version_text),
        prebuilt,
        rustc: Path::new("/usr/bin").join(rustc),
    }
}

#[test]
fn rungs_that_keep_the_compiler() {
    let machine = Machine::new();
    let rustup = Compiler { rustup: true, ..machine.active.clone() };
    assert_eq!(own_rungs(&want(GNU), &rustup, true, false), [Rung::RustupTarget]);
    assert_eq!(own_rungs(&want(GNU), &machine.active, true, false), [], "not rustup's");
    assert_eq!(own_rungs(&want(GNU), &rustup, false, false), [], "rustup is not there");
    assert_eq!(own_rungs(&want(GNU), &rustup, true, true), [], "offline");
    assert_eq!(own_rungs(&want("x86_64-win7-windows-gnu"), &rustup, true, false), [Rung::RustupSources]);
    add_sources(&rustup.sysroot);
    let library = rustup.sysroot.join("lib/rustlib/src/rust/library").canonicalize().unwrap();
    let build = Rung::Build(library);
    assert_eq!(own_rungs(&want(GNU), &rustup, true, false), [Rung::RustupTarget, build.clone()]);
    assert_eq!(own_rungs(&want(GNU), &rustup, true, true)[..], *std::slice::from_ref(&build), "offline, from sources");
    assert_eq!(own_rungs(&want("x86_64-win7-windows-gnu"), &rustup, true, false), [build]);
}

#[test]
fn rungs_that_change_it_prefer_what_is_installed_then_the_newest() {
    let machine = Machine::new();
    let with_std = compiler(machine.dir.path(), "std", "1.85.0");
    add_std(&with_std.sysroot, GNU);
    let with_sources = compiler(machine.dir.path(), "src", "1.90.0");
    add_sources(&with_sources.sysroot);
    let with_nothing = compiler(machine.dir.path(), "none", "1.96.0");
    let old = compiler(machine.dir.path(), "old", "1.63.0");
    add_std(&old.sysroot, GNU);
    let installed = [with_nothing, old, with_sources.clone(), with_std.clone()];
    let packages = [apt("rustc", "1.85.0", false), apt("rustc-web", "1.96.0", false), apt("rustc", "1.85.0", true)];
    let library = with_sources.sources().unwrap();
    let [older, newest, prebuilt] = packages.clone().map(Rung::Install);
    assert_eq!(
        other_rungs(&want(GNU), &machine.active, &installed, &packages),
        [
            Rung::Stand(with_std),
            Rung::StandBuild(with_sources.clone(), library.clone()),
            newest.clone(),
            prebuilt,
            older
        ]
    );
    let needy = Want { rust_version: Some(version("1.88.0")), ..want(GNU) };
    assert_eq!(
        other_rungs(&needy, &machine.active, &installed, &packages),
        [Rung::StandBuild(with_sources, library), newest],
        "rust-version rules the older ones out"
    );
    let newer = Want { rust_version: Some(version("1.97.0")), ..want(GNU) };
    assert_eq!(other_rungs(&newer, &machine.active, &installed, &packages), []);
}

#[test]
fn the_active_compiler_never_stands_in_for_itself_but_its_packages_are_welcome() {
    let machine = Machine::new();
    let active = Compiler { path: "/usr/bin/rustc".into(), release: version("1.63.0"), ..machine.active.clone() };
    let own = apt("rustc", "1.63.0", true);
    let rungs = other_rungs(
        &want(GNU),
        &active,
        std::slice::from_ref(&active),
        &[own.clone(), apt("rustc-web", "1.70.0", true)],
    );
    assert_eq!(rungs, [Rung::Install(own)]);
}

#[test]
fn why_a_compiler_may_not_stand_in() {
    assert!(suits(&want(GNU), &version("1.80.0")).is_ok());
    assert!(suits(&want(GNU), &version("1.79.0")).unwrap_err().contains("1.79.0"));
    let needy = Want { rust_version: Some(version("1.96.0")), ..want(GNU) };
    let why = suits(&needy, &version("1.85.0")).unwrap_err();
    assert!(why.contains("1.85.0") && why.contains("rust-version 1.96.0"), "{why}");
}

#[test]
fn what_is_there_is_found_in_order() {
    let machine = Machine::new();
    let other = compiler(machine.dir.path(), "usr", "1.96.0");
    add_std(&other.sysroot, GNU);
    let host = runs(machine.host(), &other);
    let missing = find(&host, &want(GNU), &machine.active).unwrap_err();
    assert!(missing.what.contains("rustc 1.95.0") && missing.what.contains(GNU), "{missing}");
    assert_eq!(missing.fixes, ["cargo winsvc doctor --target x86_64-pc-windows-gnu --provision"]);
    let rustup = Compiler { rustup: true, ..machine.active.clone() };
    let fixes = find(&host, &want(GNU), &rustup).unwrap_err().fixes;
    assert_eq!(fixes[1], "rustup target add x86_64-pc-windows-gnu");
    // Rust releases no library for this one.
    let fixes = find(&host, &want("x86_64-win7-windows-gnu"), &rustup).unwrap_err().fixes;
    assert_eq!(fixes, ["cargo winsvc doctor --target x86_64-win7-windows-gnu --provision"]);

    remember(&host, &want(GNU), &machine.active, &other).unwrap();
    let stand = Std::Distribution { compiler: other.clone(), sysroot: None };
    assert_eq!(find(&host, &want(GNU), &machine.active), Ok(stand));

    let needy = Want { rust_version: Some(version("1.97.0")), ..want(GNU) };
    let problem = find(&host, &needy, &machine.active).unwrap_err();
    assert!(problem.what.contains("rust-version 1.97.0") && problem.what.contains("1.96.0"), "{problem}");

    // A consent is for one compiler and one target, and not for a compiler that the user names.
    let newer = Compiler { verbose: verbose("1.97.0"), ..machine.active.clone() };
    assert!(find(&host, &want(GNU), &newer).is_err());
    assert!(find(&host, &want("i686-pc-windows-gnu"), &machine.active).is_err());
    assert!(find(&host, &want(GNU), &Compiler { chosen: true, ..machine.active.clone() }).is_err());

    // The other compiler lost its library.
    std::fs::remove_dir_all(other.sysroot.join("lib")).unwrap();
    assert!(find(&host, &want(GNU), &machine.active).is_err());

    add_std(&machine.active.sysroot, GNU);
    assert_eq!(find(&host, &want(GNU), &machine.active), Ok(Std::Bundled));
    // A folder without the libraries is what an interrupted download leaves.
    std::fs::remove_file(machine.active.sysroot.join(format!("lib/rustlib/{GNU}/lib/libcore-0123.rlib"))).unwrap();
    assert!(find(&host, &want(GNU), &machine.active).is_err());
}

/// What `apt-cache policy` says on Debian 12, shortened.
const BOOKWORM: &str = "\
rustc:
  Installed: (none)
  Candidate: 1.63.0+dfsg1-2
  Version table:
     1.63.0+dfsg1-2 500
        500 http://mirror.example/debian bookworm/main amd64 Packages
rust-src:
  Installed: (none)
  Candidate: 1.63.0+dfsg1-2
libstd-rust-dev-windows:
  Installed: (none)
  Candidate: 1.63.0+dfsg1-2
rustc-web:
  Installed: 1.96.0+dfsg1-1~deb12u2
  Candidate: 1.96.0+dfsg1-1~deb12u2
rust-web-src:
  Installed: (none)
  Candidate: 1.96.0+dfsg1-1~deb12u2
rustc-gone:
  Installed: (none)
  Candidate: (none)
";

#[test]
fn what_apt_offers() {
    let target = GNU.parse().unwrap();
    let found = parse_policy(BOOKWORM);
    assert_eq!(found.len(), 5);
    let list = |found| -> Vec<String> {
        let all: Vec<AptChoice> = choices(&target, &found);
        all.iter()
            .map(|c| format!("{} {} {} {}", c.packages.join("+"), c.version, c.prebuilt, c.rustc.display()))
            .collect()
    };
    assert_eq!(
        list(found),
        [
            "rustc+libstd-rust-dev-windows 1.63.0 true /usr/bin/rustc",
            "rustc+rust-src 1.63.0 false /usr/bin/rustc",
            "rustc-web+rust-web-src 1.96.0 false /usr/bin/rustc",
        ]
    );
    let ubuntu = [
        ("rustc-1.89", "1.89.0+dfsg0-0ubuntu1"),
        ("rust-1.89-src", "1.89.0+dfsg0-0ubuntu1"),
        ("libstd-rust-1.89-dev-windows", "1.89.0+dfsg0-0ubuntu2"),
        ("rustc", "1:1.75.0ubuntu1"),
    ];
    let ubuntu = ubuntu.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    assert_eq!(
        list(ubuntu),
        ["rustc-1.89+rust-1.89-src 1.89.0 false /usr/bin/rustc-1.89"],
        "a library of another revision is not of this compiler"
    );
    // Debian 13: the compiler was rebuilt from the same sources.
    let trixie = [
        ("rustc", "1.85.1+dfsg1-1+deb13u1"),
        ("rust-src", "1.85.1+dfsg1-1"),
        ("rustc-web", "1.96.0+dfsg1-1~deb13u1+b1"),
        ("rust-web-src", "1.96.0+dfsg1-1~deb13u1"),
    ];
    let trixie = trixie.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    assert_eq!(list(trixie), ["rustc-web+rust-web-src 1.96.0 false /usr/bin/rustc"]);
    let win7 = "x86_64-win7-windows-gnu".parse().unwrap();
    assert!(choices(&win7, &parse_policy(BOOKWORM)).iter().all(|c| !c.prebuilt));
}
