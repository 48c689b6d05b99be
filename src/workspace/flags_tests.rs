use super::*;
use crate::host::ScriptedHost;

const T: &str = "x86_64-pc-windows-gnu";

struct Case {
    dir: tempfile::TempDir,
    host: ScriptedHost,
    config: Vec<String>,
}

impl Case {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let cwd = dir.path().join("a/b");
        std::fs::create_dir_all(&cwd).unwrap();
        let host = ScriptedHost::new(cwd)
            .with_env("CARGO_HOME", dir.path().join("home"))
            .says(&format!("rustc --print cfg --target {T}"), "windows\ntarget_env=\"gnu\"\ntarget_os=\"windows\"\n");
        Case { host, dir, config: Vec::new() }
    }

    fn file(self, path: &str, text: &str) -> Self {
        let path = self.dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    fn env(mut self, key: &'static str, value: &str) -> Self {
        self.host = self.host.with_env(key, value);
        self
    }

    fn cli(mut self, value: &str) -> Self {
        self.config.push(value.to_owned());
        self
    }

    fn load(&self) -> CargoConfig {
        CargoConfig::load(&self.host, &self.config).unwrap()
    }

    fn flags(&self) -> String {
        self.load().for_target(&self.host, T).unwrap().rustflags.join(" ")
    }
}

#[test]
fn lists_join_from_home_to_command_line() {
    let case = Case::new()
        .file("home/config.toml", "build.rustflags = 'home'")
        .file("a/.cargo/config.toml", "build.rustflags = ['outer']")
        .file(
            "a/b/.cargo/config.toml",
            "include = ['more.toml', { path = 'none.toml', optional = true }]\nbuild.rustflags = ['in', 'ner']",
        )
        .file("a/b/.cargo/more.toml", "build.rustflags = ['included']")
        .env("CARGO_BUILD_RUSTFLAGS", "env  two")
        .cli("build.rustflags = ['cli']");
    assert_eq!(case.flags(), "home outer included in ner env two cli");
    assert_eq!(case.host.lines().len(), 0, "no compiler is asked without cfg tables");
}

#[test]
fn target_and_cfg_tables_silence_build() {
    let case = Case::new()
        .file(
            "a/.cargo/config.toml",
            "[build]\nrustflags = ['build']\n[target.x86_64-pc-windows-gnu]\nrustflags = 'file'\n[target.'cfg(windows)']\nrustflags = ['win']\n\
             [target.'cfg(unix)']\nrustflags = ['unix']\n[target.'cfg(all())']\nrustflags = ['all']",
        )
        .env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUSTFLAGS", "env")
        .cli("target.x86_64-pc-windows-gnu.rustflags = ['cli']")
        .cli("target.'cfg(target_os=\"windows\")'.rustflags = ['clios']");
    assert_eq!(case.flags(), "file env cli all clios win");
    assert_eq!(case.host.lines().len(), 1);
    let origins = case.load().for_target(&case.host, T).unwrap().origins;
    assert!(origins[0].to_string().contains("target.x86_64-pc-windows-gnu.rustflags in "), "{origins:?}");
    assert!(matches!(&origins[1], Origin::Environment { variable } if variable.ends_with("_RUSTFLAGS")));
}

#[test]
fn an_empty_target_list_does_not_silence_build() {
    let case = Case::new()
        .file("a/.cargo/config.toml", "[build]\nrustflags = ['build']\n[target.x86_64-pc-windows-gnu]\nrustflags = []");
    assert_eq!(case.flags(), "build");
}

#[test]
fn rustflags_silence_all_files_even_when_empty() {
    let file = "build.rustflags = ['build']";
    let with = |key: &'static str, value: &str| Case::new().file("a/.cargo/config.toml", file).env(key, value);
    assert_eq!(with("RUSTFLAGS", " --cfg  x").cli("build.rustflags=['cli']").flags(), "--cfg x");
    assert_eq!(with("RUSTFLAGS", "").flags(), "");
    let both = with("RUSTFLAGS", "lost").env("CARGO_ENCODED_RUSTFLAGS", "--cfg\u{1f}a=\"b c\"");
    assert_eq!(both.load().for_target(&both.host, T).unwrap().rustflags, ["--cfg", "a=\"b c\""]);
}

#[test]
fn linker_by_precedence() {
    let file = "[target.'cfg(windows)']\nlinker = 'by-cfg'\n[target.x86_64-pc-windows-gnu]\nlinker = 'tools/ld'";
    let linker = |case: &Case| case.load().for_target(&case.host, T).unwrap().linker.unwrap();
    let case = Case::new().file("a/.cargo/config.toml", file);
    assert_eq!(linker(&case).value, case.dir.path().join("a/tools/ld"), "relative to the folder of .cargo");
    let case = case.env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER", "env-ld");
    assert_eq!(linker(&case).value, Path::new("env-ld"));
    let case = case.cli("target.x86_64-pc-windows-gnu.linker = 'cli-ld'");
    assert_eq!(linker(&case).value, Path::new("cli-ld"));
    let case = Case::new().file("a/.cargo/config.toml", "[target.'cfg(windows)']\nlinker = 'by-cfg'");
    assert_eq!(linker(&case).value, Path::new("by-cfg"));
    let case = Case::new();
    assert_eq!(case.load().for_target(&case.host, T).unwrap(), TargetFlags::default());
}

#[test]
fn targets_folders_compiler_and_environment() {
    let case = Case::new().file(
        "a/.cargo/config.toml",
        "[build]\ntarget = ['one', 'two']\ntarget-dir = 'out'\nrustc-wrapper = 'sccache'\n[env]\nPLAIN = 'p'\nFORCED = { value = 'f', force = true }\n\
         REL = { value = 'r', relative = true }\n[source.v]\ndirectory = 'vendor'",
    );
    let config = case.load();
    let root = case.dir.path().join("a");
    assert_eq!(config.build_targets(&case.host).unwrap().value, ["one", "two"]);
    assert_eq!(config.target_dir(&case.host).unwrap().value, root.join("out"));
    assert_eq!(config.source_directories(), [root.join("vendor")]);
    assert_eq!(config.rustc(&case.host).wrapper.unwrap().value, Path::new("sccache"));
    let case = case
        .env("CARGO_BUILD_TARGET", "env")
        .env("CARGO_TARGET_DIR", "/elsewhere")
        .env("RUSTC_WRAPPER", "")
        .env("RUSTC", "/opt/rustc")
        .env("PLAIN", "given")
        .env("FORCED", "lost");
    assert_eq!(config.build_targets(&case.host).unwrap().value, ["env"]);
    assert_eq!(config.target_dir(&case.host).unwrap().value, Path::new("/elsewhere"));
    assert_eq!(config.rustc(&case.host).wrapper, None);
    assert_eq!(config.rustc(&case.host).rustc.unwrap().value, Path::new("/opt/rustc"));
    assert_eq!(config.build_env(&case.host, "PLAIN"), Some(("given".into(), false)));
    assert_eq!(config.build_env(&case.host, "FORCED"), Some(("f".into(), true)));
    assert_eq!(config.build_env(&case.host, "REL"), Some((root.join("r").display().to_string(), false)));
    assert_eq!(config.build_env(&case.host, "NONE"), None);
}

#[test]
fn a_config_file_on_the_command_line_and_a_broken_one() {
    let case = Case::new().file("x.toml", "build.rustflags = ['from-file']");
    let path = case.dir.path().join("x.toml").display().to_string();
    assert_eq!(case.cli(&path).flags(), "from-file");
    let case = Case::new().file("a/.cargo/config.toml", "not toml");
    let error = CargoConfig::load(&case.host, &[]).unwrap_err();
    assert_eq!(crate::error::exit_of(&error), crate::error::Exit::Usage);
    assert!(error.to_string().contains("a/.cargo/config.toml"), "{error}");
}

/// Judged by cargo-config2 as well, in all that it knows: it does not read `include` and `--config`, and takes
/// CARGO_BUILD_RUSTFLAGS instead of the files' list where cargo joins the two; nor does it join a text with a list.
#[test]
fn another_reader_of_cargos_configuration_agrees() {
    let linker = "CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER";
    let of_target = "CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUSTFLAGS";
    let files: [&[(&str, &str)]; 5] = [
        &[],
        &[
            ("home/config.toml", "build.rustflags = ['home', 'one']"),
            ("a/.cargo/config.toml", "build.rustflags = ['outer']"),
        ],
        &[(
            "a/b/.cargo/config.toml",
            "[target.x86_64-pc-windows-gnu]\nrustflags = ['-Ca=b c']\nlinker = 'x/ld'\n[build]\nrustflags = 'b'",
        )],
        &[(
            "a/.cargo/config.toml",
            "[target.x86_64-pc-windows-gnu]\nlinker = 'bare-ld'\n[target.i686-pc-windows-gnu]\nrustflags = 'no'",
        )],
        &[
            ("home/config.toml", "target.x86_64-pc-windows-gnu.rustflags = ['a b']"),
            ("a/b/.cargo/config.toml", "target.x86_64-pc-windows-gnu.rustflags = ['c d']"),
        ],
    ];
    let environments: [&[(&'static str, &str)]; 5] = [
        &[],
        &[("RUSTFLAGS", "--cfg env")],
        &[(of_target, "-Cx -Cy")],
        &[("CARGO_ENCODED_RUSTFLAGS", "--cfg\x1fe=\"x y\""), ("RUSTFLAGS", "not this")],
        &[(linker, "env-ld")],
    ];
    for files in files {
        for environment in environments {
            let mut case = Case::new();
            for (path, text) in files {
                case = case.file(path, text);
            }
            for (key, value) in environment {
                case = case.env(key, value);
            }
            let ours = case.load().for_target(&case.host, T).unwrap();
            let options = cargo_config2::ResolveOptions::default()
                .env(environment.iter().copied())
                .cargo_home(case.dir.path().join("home"))
                .host_triple("x86_64-unknown-linux-gnu");
            let theirs = cargo_config2::Config::load_with_options(case.dir.path().join("a/b"), options).unwrap();
            let flags = theirs.rustflags(T).unwrap().map(|f| f.flags).unwrap_or_default();
            assert_eq!(ours.rustflags, flags, "{files:?} {environment:?}");
            assert_eq!(ours.linker.map(|l| l.value), theirs.linker(T).unwrap(), "{files:?} {environment:?}");
        }
    }
}
