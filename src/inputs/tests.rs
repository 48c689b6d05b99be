//! Real folders, and what is read from them.

use super::*;
use crate::config::{About, Compression, ResourceSpec, SymbolsMode};
use crate::model::{FileVersion, Hooks, Install, Parameter, ParameterType};

/// A project at `<tmp>/w/p` in a workspace at `<tmp>/w`, with files.
struct Project {
    tmp: tempfile::TempDir,
    spec: BundleSpec,
}

impl Project {
    fn new(files: &[&str]) -> Self {
        let tmp = tempfile::tempdir().expect("a folder");
        let root = tmp.path().join("w");
        std::fs::create_dir_all(root.join("p")).expect("a folder");
        let spec = BundleSpec {
            package: "p".into(),
            id: "p".into(),
            version: semver::Version::new(1, 0, 0),
            dir: root.join("p"),
            root,
            archive_name: "p".into(),
            bins: vec![crate::config::BinRef { package: "p".into(), bin: "agent".into() }],
            assets: Vec::new(),
            compression: Compression::Default,
            symbols: SymbolsMode::Archive,
            templates: None,
            min_windows: String::new(),
            resource: None,
            services: Vec::new(),
            parameters: Vec::new(),
            install: Install::new("", ""),
            about: About::default(),
        };
        let project = Project { tmp, spec };
        for file in files {
            project.write(file, b"text");
        }
        project
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.spec.dir.join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, bytes).expect("written");
    }

    fn assets(mut self, assets: &[(&str, Option<&str>)]) -> Self {
        let glob = |(i, (source, dest)): (usize, &(&str, Option<&str>))| match *source {
            "$auto" => Asset::Auto,
            source => Asset::Glob {
                source: source.into(),
                dest: dest.map(str::to_owned),
                template: false,
                config: false,
                key: format!("assets[{i}]"),
            },
        };
        self.spec.assets = assets.iter().enumerate().map(glob).collect();
        self
    }

    fn resource(mut self, icon: Option<&str>, manifest: ManifestChoice) -> Self {
        self.spec.resource = Some(ResourceSpec {
            override_existing: false,
            version: FileVersion::default(),
            prerelease: false,
            strings: Vec::new(),
            icon: icon.map(str::to_owned),
            manifest,
            messages: Vec::new(),
        });
        self
    }

    /// `dest < source`, relative to the workspace.
    fn packed(&self) -> Vec<String> {
        let root = self.spec.root.canonicalize().expect("there");
        let inputs = read(&self.spec, &[]).unwrap_or_else(|p| panic!("{p:#?}"));
        let source = |file: &AssetFile| crate::host::shorten(&file.source, &root);
        inputs.assets.iter().map(|file| format!("{} < {}", file.dest, source(file))).collect()
    }

    /// `id: what`, with this machine's folder left out.
    fn problems(&self) -> Vec<String> {
        let tmp = self.tmp.path().canonicalize().expect("there").display().to_string();
        let problems = read(&self.spec, &[]).expect_err("problems");
        assert!(problems.iter().all(|p| p.place.is_some() && !p.fixes.is_empty()), "{problems:#?}");
        problems.iter().map(|p| format!("{}: {}", p.id, p.what.replace(&tmp, "…"))).collect()
    }
}

#[test]
fn globs_keep_the_path_below_their_fixed_part() {
    let files = ["conf/a.toml", "conf/sub/b.toml", "conf/c.txt", "x.md", "target/CACHEDIR.TAG", "target/y.md"];
    for (assets, packed) in [
        (vec![("conf/*.toml", None)], vec!["a.toml < p/conf/a.toml"]),
        (vec![("conf/**/*.toml", None)], vec!["a.toml < p/conf/a.toml", "sub/b.toml < p/conf/sub/b.toml"]),
        (vec![("conf/**/*.toml", Some("c"))], vec!["c/a.toml < p/conf/a.toml", "c/sub/b.toml < p/conf/sub/b.toml"]),
        (vec![("conf/*.toml", Some("c"))], vec!["c < p/conf/a.toml"]),
        (vec![("conf/*.toml", Some("c/"))], vec!["c/a.toml < p/conf/a.toml"]),
        (vec![("conf/c.txt", None)], vec!["c.txt < p/conf/c.txt"]),
        (vec![("conf/c.txt", Some("d/e.txt"))], vec!["d/e.txt < p/conf/c.txt"]),
        (vec![("**/*.md", None)], vec!["x.md < p/x.md"]),
        (vec![("x.md", None), ("*.md", None)], vec!["x.md < p/x.md"]),
        (vec![("conf/{a,c}.*", None)], vec!["a.toml < p/conf/a.toml", "c.txt < p/conf/c.txt"]),
        (vec![], vec![]),
    ] {
        assert_eq!(Project::new(&files).assets(&assets).packed(), packed, "{assets:?}");
    }
}

#[test]
fn globs_pass_over_results() {
    let files = ["a.txt", "build/b.txt", "out/c.txt", "out/deep/d.txt"];
    let packed = |glob: &str| {
        let project = Project::new(&files).assets(&[(glob, None)]);
        let results = [project.spec.dir.join("build"), project.spec.dir.join("out"), project.spec.dir.clone()];
        let inputs = read(&project.spec, &results).expect("good");
        inputs.assets.iter().map(|file| file.dest.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(packed("**/*.txt"), ["a.txt"]);
    assert_eq!(packed("out/**"), ["c.txt", "deep/d.txt"], "asked for by name");
}

#[test]
fn auto_takes_the_usual_files() {
    let files =
        ["README.md", "LICENSE-MIT", "license.txt", "CHANGELOG.md", "licenses.rs", "main.rs", "README/x", "Readme.txt"];
    assert_eq!(
        Project::new(&files).assets(&[("$auto", None)]).packed(),
        [
            "CHANGELOG.md < p/CHANGELOG.md",
            "LICENSE-MIT < p/LICENSE-MIT",
            "README.md < p/README.md",
            "license.txt < p/license.txt",
            "p-Readme.txt < p/Readme.txt"
        ]
    );
    let inherited = Project::new(&["README.md", "../LICENSE", "../README.md"]).assets(&[("$auto", None)]);
    assert_eq!(inherited.packed(), ["LICENSE < LICENSE", "README.md < p/README.md"]);
    assert_eq!(Project::new(&[]).assets(&[("$auto", None)]).packed(), Vec::<String>::new());
}

#[test]
fn bad_assets_are_named_all_at_once() {
    let project =
        Project::new(&["CON.txt", "conf/Aux", "a.txt", "b/A.TXT", "../../secret", "../shared/s.txt", "agent.exe"]);
    #[cfg(unix)]
    {
        let link = |to: &str, at: &str| std::os::unix::fs::symlink(to, project.spec.dir.join(at)).expect("a link");
        link("../../secret", "linked");
        link("a.txt", "inner");
        link("../..", "up");
        link("nowhere", "broken");
    }
    let project = project.assets(&[
        ("CON.txt", None),
        ("conf/*", None),
        ("a.txt", None),
        ("b/*", None),
        ("../../secret", None),
        ("../shared/*.txt", None),
        ("none/*.txt", None),
        ("missing.txt", None),
        ("conf", None),
        ("linked", None),
        ("link*", None),
        ("inner", None),
        ("up/**", None),
        ("brok*", None),
        ("agent.exe", None),
        ("../../*", None),
        ("a.txt", Some("sha256sums")),
    ]);
    assert_eq!(
        project.problems(),
        [
            "asset-name: `assets[0]`: `p/CON.txt` can't be in a bundle: `CON.txt`: `CON.txt` is a device name on Windows",
            "asset-name: `assets[1]`: `p/conf/Aux` can't be in a bundle: `Aux`: `Aux` is a device name on Windows",
            "outside-project: `assets[4]`: `../../secret` lies outside the workspace",
            "asset-missing: `assets[6]`: `none/*.txt` matches no file below …/w/p",
            "asset-missing: `assets[7]`: `missing.txt` matches no file below …/w/p",
            "not-a-file: `assets[8]`: `conf` is a folder",
            "outside-project: `assets[9]`: `linked` lies outside the workspace",
            "outside-project: `assets[10]`: `…/w/p/linked` lies outside the workspace",
            "outside-project: `assets[12]`: `up/**` lies outside the workspace",
            "file-missing: `assets[13]`: `…/w/p/broken`: No such file or directory (os error 2)",
            "outside-project: `assets[15]`: `../../*` lies outside the workspace",
            "asset-conflict: `A.TXT` (`…/w/p/b/A.TXT`, from `assets[3]`) and `a.txt` (`…/w/p/a.txt`, from `assets[2]`) differ only in case, and are one file on Windows",
            "asset-conflict: two files land on `agent.exe` in the bundle: the executable and `…/w/p/agent.exe`, from `assets[14]`",
            "asset-conflict: `SHA256SUMS` (cargo-winsvc's own) and `sha256sums` (`…/w/p/a.txt`, from `assets[16]`) differ only in case, and are one file on Windows",
        ]
    );
}

#[test]
fn icon_and_manifest() {
    let project = Project::new(&[]).resource(Some("a.png"), ManifestChoice::File("m.xml".into()));
    assert_eq!(
        project.problems(),
        [
            "file-missing: `resource.icon`: can't find `a.png`: No such file or directory (os error 2)",
            "file-missing: `resource.manifest`: can't find `m.xml`: No such file or directory (os error 2)",
        ]
    );
    project.write("a.png", b"\x89PNG\r\n\x1a\n....");
    for (manifest, why) in [
        (&b""[..], "is empty"),
        (b"MZ", "is not XML: it does not start with `<`"),
        (b"<html/>", "has no <assembly> element"),
        (b"\xff\xfe<\0", "is not UTF-8"),
    ] {
        project.write("m.xml", manifest);
        assert_eq!(
            project.problems(),
            [
                "wrong-icon: `resource.icon`: `a.png` is a PNG image, not an .ico file".to_owned(),
                format!("wrong-manifest: `resource.manifest`: `m.xml` {why}, so it is no application manifest"),
            ]
        );
    }
    project.write("m.xml", b"\xef\xbb\xbf <?xml version=\"1.0\"?><assembly/>");
    let icon =
        [&[0, 0, 1, 0, 1, 0, 1, 1, 0, 0, 1, 0, 32, 0, 8, 0, 0, 0, 22, 0, 0, 0][..], b"\x89PNG\r\n\x1a\n"].concat();
    project.write("a.png", &icon);
    let inputs = read(&project.spec, &[]).expect("good");
    assert_eq!((inputs.icon, inputs.manifest.map(|m| m.len())), (Some(icon), Some(36)));
}

#[test]
fn templates_are_named_by_their_path() {
    let mut project = Project::new(&["t/readme.md", "t/sub/x.ps1"]);
    project.write("t/install.ps1", "\u{feff}Ü".as_bytes());
    project.spec.templates = Some("t".into());
    let inputs = read(&project.spec, &[]).expect("good");
    let names: Vec<(&str, &str)> = inputs.templates.iter().map(|t| (t.name.as_str(), t.text.as_str())).collect();
    assert_eq!(names, [("install.ps1", "Ü"), ("readme.md", "text"), ("sub/x.ps1", "text")]);

    project.write("t/bad.txt", b"\xff");
    project.write("t/NUL.txt", b"");
    assert_eq!(
        project.problems(),
        [
            "wrong-file-name: `templates`: a template can't have this name: `NUL.txt`: `NUL.txt` is a device name on Windows",
            "not-utf8: `templates`: `t/bad.txt` is not UTF-8"
        ]
    );
    for (folder, message) in [
        ("none", "file-missing: `templates`: can't find the folder `none`: No such file or directory (os error 2)"),
        ("t/readme.md", "not-a-folder: `templates`: `t/readme.md` is not a folder"),
        ("../..", "outside-project: `templates`: `../..` lies outside the workspace"),
    ] {
        project.spec.templates = Some(folder.into());
        assert_eq!(project.problems(), [message]);
    }
}

#[test]
fn files_that_administrators_edit_are_known_whichever_entry_says_so() {
    let mut project = Project::new(&["a.toml", "b.toml"]).assets(&[("*.toml", None), ("b.toml", None)]);
    if let Asset::Glob { config, .. } = &mut project.spec.assets[1] {
        *config = true;
    }
    let inputs = read(&project.spec, &[]).expect("inputs");
    let files: Vec<(&str, bool)> = inputs.assets.iter().map(|a| (a.dest.as_str(), a.config)).collect();
    assert_eq!(files, [("a.toml", false), ("b.toml", true)]);
}

#[test]
fn config_files_leave_room_for_what_an_installation_puts_beside_them() {
    let names = ["a.toml", "A.toml.NEW", "a.toml.old2", "a.toml.older", "secrets/b.toml", "c.new"];
    let mut project = Project::new(&names).assets(&[("*.*", None), ("secrets/*", Some("Secrets/"))]);
    for asset in &mut project.spec.assets {
        if let Asset::Glob { config, .. } = asset {
            *config = true;
        }
    }
    let beside = [
        "asset-conflict: the config file `A.toml.NEW`, from `assets[0]`, has the name that one beside `a.toml` gets",
        "asset-conflict: the config file `a.toml.old2`, from `assets[0]`, has the name that one beside `a.toml` gets",
    ];
    assert_eq!(project.problems(), beside);
    project.spec.parameters = vec![Parameter {
        name: "TOKEN".into(),
        kind: ParameterType::String,
        default: None,
        description: String::new(),
        secret: true,
    }];
    let closed = "asset-conflict: the config file `Secrets/b.toml`, from `assets[1]`, would lie in the folder `secrets`, which is closed";
    assert_eq!(project.problems(), [beside[0], beside[1], closed]);
}

#[test]
fn programs_of_the_bundle_have_to_be_in_it() {
    let mut project =
        Project::new(&["hooks/check.ps1", "t/made.cmd.tera"]).assets(&[("hooks/check.ps1", Some("hooks/check.ps1"))]);
    project.spec.templates = Some("t".into());
    let command = |program: &str| vec![program.to_owned(), "missing.exe".to_owned()];
    project.spec.install.hooks = Hooks {
        pre_install: command("hooks/CHECK.ps1"),
        pre_stop: command("agent.exe"),
        post_start: command("made.cmd"),
        ..Hooks::default()
    };
    assert!(read(&project.spec, &[]).is_ok());
    project.spec.install.hooks.backup = command("hooks/chek.ps1");
    project.spec.install.hooks.post_install = command("other.exe");
    let problems = read(&project.spec, &[]).expect_err("two programs are missing");
    let lines = crate::config::testing::lines(&problems);
    assert_eq!(
        lines,
        [
            "program-missing: `install.hooks.backup[0]`: no file of the bundle is `hooks/chek.ps1` @ Cargo.toml  install.hooks.backup[0] | \"hooks/check.ps1\" | assets = [\"$auto\", { source = \"…\", dest = \"hooks/chek.ps1\" }]",
            "program-missing: `install.hooks.post-install[0]`: no file of the bundle is `other.exe` @ Cargo.toml  install.hooks.post-install[0] | assets = [\"$auto\", { source = \"…\", dest = \"other.exe\" }]",
        ]
    );
    // A file that an asset fails to bring is one problem.
    project.spec.install.hooks.post_install.clear();
    let problems = read(&project.assets(&[("hooks/chek.ps1", None)]).spec, &[]).expect_err("a file is missing");
    assert_eq!(problems.iter().map(|p| p.id).collect::<Vec<_>>(), ["asset-missing"]);
}
