use super::*;

fn strings(list: &[&str]) -> Vec<OsString> {
    list.iter().map(OsString::from).collect()
}

/// Files have a dot in their name, folders begin with `/w`, nothing else is there.
fn kind(path: &Path) -> Kind {
    let text = path.to_string_lossy();
    match (text.contains("missing") || text.ends_with("kernel32.lib"), text.contains('.'), text.starts_with("/w")) {
        (false, true, _) => Kind::File,
        (false, false, true) => Kind::Folder,
        _ => Kind::Nothing,
    }
}

fn as_rustc_calls_it(root: &str, random: &str, hash: &str) -> Vec<OsString> {
    let t = format!("{root}/target/x86_64-pc-windows-msvc/release/deps");
    [
        "/NOLOGO".to_owned(),
        "-flavor".to_owned(),
        format!("{t}/{random}/symbols.o"),
        format!("{t}/my_svc.my_svc.1-cgu.0.rcgu.o"),
        format!("{t}/liblog-{hash}.rlib"),
        format!("/LIBPATH:{t}/{random}/raw-dylibs"),
        "kernel32.lib".to_owned(),
        "/NXCOMPAT".to_owned(),
        format!("/OUT:{t}/my_svc.exe"),
        "/PDBALTPATH:%_PDB%".to_owned(),
        format!("/NATVIS:{root}/etc/core.natvis"),
        "/OPT:REF,NOICF".to_owned(),
    ]
    .map(OsString::from)
    .into()
}

#[test]
fn the_folders_random_names_and_hashes_of_one_build_are_not_in_the_command_line() {
    let lib = OsString::from("/w/crt;/w/sdk um");
    let one = as_rustc_calls_it("/w/a b", "rustcAb3dE9", "0123456789abcdef");
    let one = rewrite(&one, Some(&lib), Path::new("/w"), &|p| {
        if p.ends_with("kernel32.lib") { Kind::Nothing } else { kind(p) }
    });
    let two = as_rustc_calls_it("/w/other", "rustcZZZZZZ", "fedcba9876543210");
    let two = rewrite(&two, Some(&lib), Path::new("/w"), &|p| {
        if p.ends_with("kernel32.lib") { Kind::Nothing } else { kind(p) }
    });
    assert_eq!((&one.args, &one.lib), (&two.args, &two.lib));
    assert_ne!(one.links, two.links);
    assert_eq!(
        one.args,
        strings(&[
            "/NOLOGO",
            "-flavor",
            "f0/symbols.o",
            "f1/my_svc.my_svc.1-cgu.0.rcgu.o",
            "f2/liblog-0000000000000000.rlib",
            "/LIBPATH:d3",
            "kernel32.lib",
            "/NXCOMPAT",
            "/OUT:d4/my_svc.exe",
            "/PDBALTPATH:%_PDB%",
            "/NATVIS:f5/core.natvis",
            "/OPT:REF,NOICF",
            "/pdbsourcepath:/link",
        ])
    );
    assert_eq!(one.lib.as_deref(), Some("d6;d7"));
    assert_eq!(one.links[4].1, Path::new("/w/a b/target/x86_64-pc-windows-msvc/release/deps"));
    assert_eq!(one.links[7].1, Path::new("/w/sdk um"));
}

#[test]
fn what_is_not_there_is_left_to_the_linker_and_one_path_has_one_name() {
    let args = strings(&[
        "/w/missing.lib",
        "/LIBPATH:/w/x",
        "/LIBPATH:/w/x",
        "/natvis:odd.lib",
        "own.lib",
        "/OUT:/missing/x.exe",
    ]);
    let new = rewrite(&args, None, Path::new("/w/cwd"), &kind);
    let expected = [
        "/w/missing.lib",
        "/LIBPATH:d0",
        "/LIBPATH:d0",
        "/natvis:f1/odd.lib",
        "f2/own.lib",
        "/OUT:/missing/x.exe",
        "/pdbsourcepath:/link",
    ];
    assert_eq!(new.args, strings(&expected));
    assert_eq!(new.links[2].1, Path::new("/w/cwd/own.lib"));
    assert_eq!(new.lib, None);
}

#[test]
fn response_files_are_read_as_rustc_writes_them_and_as_we_do() {
    let dir = tempfile::tempdir().unwrap();
    let args = strings(&["/OUT:/w/a b/x.exe", "say \"hi\"", "plain"]);
    let wide: Vec<u8> = response(&args).encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(dir.path().join("wide"), [b"\xff\xfe".as_slice(), &wide].concat()).unwrap();
    std::fs::write(dir.path().join("narrow"), response(&args)).unwrap();
    for file in ["@wide", "@narrow"] {
        let found = expand(&strings(&["first", file]), dir.path()).unwrap();
        assert_eq!(found, [strings(&["first"]), args.clone()].concat(), "{file}");
    }
    assert!(expand(&strings(&["@none"]), dir.path()).is_err());
}

/// An archive with a table of long names and one member.
fn archive_of(names: &str) -> String {
    let member = "code with log-0123456789abcdef in it";
    let header = |name: &str, size: usize| format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, 644);
    format!(
        "!<arch>\n{}1234{}{names}{}{}{member}",
        header("/", 4),
        header("//", names.len()),
        if names.len() % 2 == 1 { "\n" } else { "" },
        header("/0", member.len())
    )
}

#[test]
fn members_names_are_evened_out_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("a"), dir.path().join("b"));
    for (names, expected) in [
        (
            "log-0123456789abcdef.log.1-cgu.0.rcgu.o/\nlog-0123456789abcdefaa.o/\n",
            "log-0000000000000000.log.1-cgu.0.rcgu.o/\nlog-0123456789abcdefaa.o/\n",
        ),
        // As llvm-lib keeps them, and GNU ar when it is told to; crate `cc` has named the objects.
        (
            "/w/out/0123456789abcdef-part.o\0../x/b.obj\0c\0",
            "0000000000000000-part.o\0\0\0\0\0\0\0\0b.obj\0\0\0\0\0\0c\0",
        ),
        ("/w/out/0123456789abcdef-part.o/\nb.o/\n", "0000000000000000-part.o/\n\n\n\n\n\n\n\nb.o/\n"),
    ] {
        std::fs::write(&from, archive_of(names)).unwrap();
        assert!(archive::even_out(&from, &to).unwrap());
        assert_eq!(std::fs::read_to_string(&to).unwrap(), archive_of(expected));
    }
    for same in [archive_of("aa0123456789abcdef-part.o/\nlog.o/\n"), "no archive".to_owned()] {
        std::fs::write(&from, same).unwrap();
        assert!(!archive::even_out(&from, &to).unwrap());
    }
}

#[test]
fn a_library_that_is_looked_for_in_folders_gets_a_name_of_its_own() {
    let is_there = |p: &Path| match p.to_str() {
        Some("/w/one" | "/w/two") => Kind::Folder,
        Some("/w/two/part.lib" | "/w/two/both.lib" | "/w/one/both.lib") => Kind::File,
        _ => Kind::Nothing,
    };
    let args = ["part.lib", "/LIBPATH:/w/one", "/libpath:two", "both.lib", "kernel32.lib", "/WHOLEARCHIVE:part.lib"];
    let new = rewrite(&strings(&args), None, Path::new("/w"), &is_there);
    let expected = [
        "f0/part.lib",
        "/LIBPATH:d1",
        "/libpath:d2",
        "f3/both.lib",
        "kernel32.lib",
        "/WHOLEARCHIVE:f0/part.lib",
        "/pdbsourcepath:/link",
    ];
    assert_eq!(new.args, strings(&expected));
    assert_eq!(
        (new.links[0].1.as_path(), new.links[3].1.as_path()),
        (Path::new("/w/two/part.lib"), Path::new("/w/one/both.lib"))
    );
}

#[test]
fn the_script_survives_any_path() {
    let text = script(Path::new("/a b/it's"), Path::new("/usr/bin/lld-link-19"));
    assert!(text.ends_with("exec '/a b/it'\\''s' __link '/usr/bin/lld-link-19' \"$@\"\n"), "{text}");
    assert!(
        is_ours(&strings(&["cargo-winsvc", "__link", "x"])) && !is_ours(&strings(&["cargo-winsvc", "x", "__link"]))
    );
}
