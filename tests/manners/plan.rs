//! What is said before, and what is written without a build.

use crate::support::{MAIN, Sandbox, difference, finish, hello_toml, path_of_only, target_tmp};
use crate::{HELLO, json, names};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

/// A project with a bit of everything.
pub(crate) fn project() -> Sandbox {
    let config = "[package.metadata.winsvc]\n\
                  assets = [\"$auto\", { source = \"conf/*.toml\", dest = \"conf/\" }]\n\
                  templates = \"winsvc\"\n\
                  [package.metadata.winsvc.services.Agent]\n\
                  start = \"auto\"\n\
                  args = [\"--port\", \"${PORT}\"]\n\
                  crash-dumps = true\n\
                  firewall = [\"tcp/${PORT}\"]\n\
                  url-acl = [\"http://+:${PORT}/\"]\n\
                  health.command = [\"hello.exe\", \"ping\"]\n\
                  [package.metadata.winsvc.install]\n\
                  hooks = { pre-stop = [\"hello.exe\", \"drain\"] }\n\
                  [package.metadata.winsvc.parameters.PORT]\n\
                  default = \"8080\"\n\
                  type = \"port\"\n";
    Sandbox::new(&[
        ("Cargo.toml", &hello_toml(config)),
        ("src/main.rs", MAIN),
        ("README.md", "# hello"),
        ("conf/a.toml", "a = 1"),
        ("winsvc/notes.txt", "Version {{ version }}"),
    ])
}

fn texts(list: &Value) -> BTreeSet<String> {
    list.as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_owned()).collect()
}

#[test]
fn plan_and_dry_run_say_the_same_and_write_nothing() {
    let sandbox = project();
    let before = sandbox.photo();
    let plan = sandbox.run(&["plan"]).success();
    let dry = sandbox.run(&["package", "--dry-run"]).success();
    assert_eq!(plan.stdout, dry.stdout);
    let json = sandbox.run(&["plan", "--json"]).success();
    assert_eq!(difference(&before, &sandbox.photo()), Vec::<String>::new());
    for piece in [
        "run      ",
        "--bin hello",
        "write    ",
        HELLO,
        "service  Agent",
        "asks     PORT = 8080",
        "[Cargo.toml:10",
        "[default]",
    ] {
        assert!(plan.stdout.contains(piece), "{piece}\n{}", plan.stdout);
    }
    assert_eq!(plan.stderr, "");
    assert!(serde_json::from_str::<Value>(&json.stdout).unwrap()["targets"].is_array());
}

#[test]
fn every_value_in_effect_is_shown() {
    let sandbox = project();
    let config = "[package.metadata.winsvc]\nrequired-version = \">=0.1\"\ntemplates = \"winsvc\"\n\
                  resource.copyright = \"me\"\n\
                  [package.metadata.winsvc.services.Agent]\nerror-control = \"severe\"\n\
                  failure.reset = \"1h\"\nhealth.timeout = \"1m\"\n";
    sandbox.write("Cargo.toml", hello_toml(config));
    let plan = sandbox.run(&["plan"]).success().stdout;
    let words: Vec<Vec<&str>> = plan.lines().map(|line| line.split_whitespace().collect()).collect();
    for line in [
        "required-version >=0.1 [Cargo.toml:7",
        "hello/templates winsvc [Cargo.toml:8",
        "hello/resource.copyright me [Cargo.toml:9",
        "hello/resource.product-name hello [package.name",
        "hello/resource.manifest built in [default]",
        "hello/services.Agent.bin hello [",
        "hello/services.Agent.error-control severe [Cargo.toml:11",
        "hello/services.Agent.failure.reset 1h [Cargo.toml:12",
        "hello/services.Agent.failure.on-error-exit true [default]",
        "hello/services.Agent.health.timeout 1m [Cargo.toml:13",
        "hello/services.Agent.event-log Agent in Application [default]",
        "hello/services.Agent.required-privileges all of the account's [default]",
        "hello/services.Agent.security-descriptor that of Windows [default]",
    ] {
        assert!(words.iter().any(|words| words.join(" ").starts_with(line)), "{line}\n{plan}");
    }
    assert!(
        plan.contains(&format!("file     notes.txt  (from {})", sandbox.project().join("winsvc/notes.txt").display()))
    );
}

#[test]
fn the_plan_comes_true() {
    let sandbox = project();
    let plan: Value = serde_json::from_str(&sandbox.run(&["plan", "--json"]).success().stdout).unwrap();
    sandbox.run(&["package"]).success();
    let bundle = &plan["targets"][0]["bundles"][0];
    let output = sandbox.output();
    assert_eq!(plan["output"], output.to_str().unwrap());
    let written: BTreeSet<String> =
        fs::read_dir(&output).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(texts(&bundle["writes"]), written);
    let planned: Vec<&str> = bundle["files"].as_array().unwrap().iter().map(|f| f["path"].as_str().unwrap()).collect();
    let mut packed = names(&output.join(HELLO));
    packed.retain(|name| !name.is_empty());
    assert_eq!(planned, packed);
    assert_eq!(bundle["services"], json(&output.join(HELLO), "service.json")["services"]);
    // The commands, too: what ran last is what was said.
    let command = texts(&plan["targets"][0]["run"][0]["argv"]);
    let flags = json(&output.join(HELLO), "winsvc-manifest.json")["flags"].clone();
    assert!(command.contains("--bin") && texts(&flags).contains("--bin"), "{flags}");
}

#[test]
fn what_the_machine_is_given_is_said() {
    let sandbox = project();
    let ran = sandbox.run(&["plan"]).success();
    for line in [
        "file     conf/a.toml  (from ",
        r"service  Agent  auto  as NT SERVICE\Agent",
        r"on host  + mini crash dumps of hello.exe in %ProgramData%\hello\dumps",
        "on host  + firewall rule Agent tcp PORT: tcp/${PORT} from anywhere on domain, private",
        "on host  + URL reservation http://+:${PORT}/",
        "on host  + entry in the list of installed programs",
    ] {
        assert!(ran.stdout.contains(line), "{line}\n{}", ran.stdout);
    }
    for (key, value) in [
        ("services.Agent.crash-dumps", "mini, 10 kept  [Cargo.toml:"),
        ("services.Agent.firewall", "tcp/${PORT} from anywhere on domain, private  [Cargo.toml:"),
        ("services.Agent.url-acl", "http://+:${PORT}/  [Cargo.toml:"),
        ("services.Agent.health", "hello.exe ping  [Cargo.toml:"),
        ("install.keep", "1  [default]"),
        ("install.add-remove-programs", "true  [default]"),
        ("install.rollback-safe", "true  [default]"),
        ("install.hooks.pre-stop", "hello.exe drain  [Cargo.toml:"),
    ] {
        let line =
            ran.stdout.lines().find(|l| l.starts_with(&format!("hello/{key} "))).unwrap_or_else(|| panic!("{key}"));
        assert!(line.trim_start_matches(&format!("hello/{key}")).trim_start().starts_with(value), "{line}");
    }
}

#[test]
fn the_commands_of_the_plan_can_be_run() {
    let sandbox = project().env("RUSTFLAGS", "--cfg one");
    let plan = sandbox.run(&["plan"]).success().stdout;
    let line = plan.lines().find_map(|l| l.strip_prefix("run ")).unwrap().trim();
    let ran = finish(sandbox.any("bash").args(["-c", line]));
    assert_eq!(ran.code, Some(0), "{line}\n{}", ran.stderr);
    // It built exactly that: cargo has nothing left to do.
    let ran = sandbox.run(&["package", "-v"]).success();
    assert!(!ran.stderr.contains("Compiling"), "{line}\n{}", ran.stderr);
    assert!(ran.stderr.contains(&format!("Running `{line}`")), "{line}\n{}", ran.stderr);
}

#[test]
fn what_no_script_would_honour_is_refused() {
    let more = "[package.metadata.winsvc]\nservices = false\nassets = [{ source = \"conf/*.toml\", config = true }]\n\
                [package.metadata.winsvc.parameters.TOKEN]\n\
                secret = true\n";
    let sandbox = Sandbox::new(&[("Cargo.toml", &hello_toml(more)), ("src/main.rs", MAIN), ("conf/a.toml", "a = 1")]);
    let says = [
        "error[not-supported-yet]: `parameters.TOKEN.secret` is not supported yet in a bundle without services",
        "--> Cargo.toml:10:",
        "`assets[0].config`",
        "error: 2 problems; nothing was written\n",
    ];
    sandbox.refused(&["package"], 2, &says);
    // With a service all of it is honoured.
    let manifest = hello_toml(&more.replace("services = false\n", ""));
    let sandbox = Sandbox::new(&[("Cargo.toml", &manifest), ("src/main.rs", MAIN), ("conf/a.toml", "a = 1")]);
    sandbox.run(&["generate", "scripts", "--output", "out"]).success();
    let text = |name: &str| std::fs::read_to_string(sandbox.project().join("out").join(name)).unwrap();
    assert!(text("install.ps1").contains("[securestring]$TOKEN,"));
    assert!(text("install.cmd").contains("parameter TOKEN is a secret"));
    let readme = text("README.txt");
    for line in
        ["TOKEN (secret), which must be given", "install.ps1 -TOKEN (Read-Host -AsSecureString)", "    a.toml\r\n"]
    {
        assert!(readme.contains(line), "{line}: {readme}");
    }
}

#[test]
fn formats_are_as_their_schemas_say() {
    let sandbox = project();
    let schema = |of: &str| {
        let text = sandbox.run(&["generate", "schema", "--of", of]).success().stdout;
        jsonschema::draft202012::new(&serde_json::from_str(&text).unwrap()).unwrap()
    };
    let valid = |of: &str, value: &Value| {
        let wrong: Vec<String> =
            schema(of).iter_errors(value).map(|e| format!("{} at {}", e, e.instance_path())).collect();
        assert_eq!(wrong, Vec::<String>::new(), "{of}\n{value:#}");
        // A schema that takes everything would prove nothing.
        assert!(!schema(of).is_valid(&Value::from(1)), "{of}");
    };
    let plan: Value = serde_json::from_str(&sandbox.run(&["plan", "--json"]).success().stdout).unwrap();
    valid("plan", &plan);
    sandbox.run(&["package"]).success();
    let zip = sandbox.output().join(HELLO);
    valid("service", &json(&zip, "service.json"));
    valid("manifest", &json(&zip, "winsvc-manifest.json"));
    let list: Value =
        serde_json::from_slice(&fs::read(sandbox.output().join("winsvc-manifest.json")).unwrap()).unwrap();
    valid("output", &list);
    let config = serde_json::json!({ "id": "x", "services": { "Agent": { "start": "auto" } } });
    valid("config", &config);
}

#[test]
fn generate_needs_no_toolchain() {
    // Neither a compiler nor cross tools.
    let path = path_of_only("path-with-cargo-only", &["cargo", "rustup", "sh"]);
    let sandbox = project().env("PATH", path);
    assert_eq!(sandbox.run(&["package"]).code, Some(3), "the toolchain is missing");
    let before = sandbox.photo();
    let manifest = sandbox.run(&["generate", "manifest"]).success();
    assert_eq!(serde_json::from_str::<Value>(&manifest.stdout).unwrap()["services"][0]["name"], "Agent");
    assert_eq!(difference(&before, &sandbox.photo()), Vec::<String>::new());

    let ran = sandbox.run(&["generate", "scripts", "-o", "../scripts"]).success();
    let mut written: Vec<_> =
        fs::read_dir(sandbox.path("scripts")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    written.sort();
    let all = [
        "README.txt",
        "install.cmd",
        "install.ps1",
        "notes.txt",
        "rollback.ps1",
        "status.ps1",
        "uninstall.cmd",
        "uninstall.ps1",
    ];
    assert_eq!(written, all);
    assert_eq!(fs::read_to_string(sandbox.path("scripts/notes.txt")).unwrap().trim_end(), "Version 1.2.3");
    assert_eq!(ran.paths().len(), all.len());
    assert!(!sandbox.project().join("target").exists(), "cargo was not asked to build");
    let ran = sandbox.run(&["generate", "scripts"]).success();
    assert!(
        ran.paths().iter().all(|p| p.starts_with(sandbox.output().join("scripts")) && p.is_file()),
        "{}",
        ran.stdout
    );

    let ran = sandbox.run(&["generate", "manifest", "-o", "../m"]).success();
    assert_eq!(ran.paths(), [sandbox.project().join("../m/service.json")]);
    assert_eq!(fs::read_to_string(sandbox.path("m/service.json")).unwrap(), manifest.stdout);
}

#[test]
fn generated_scripts_are_those_of_the_bundle() {
    let sandbox = project();
    sandbox.run(&["package"]).success();
    for path in sandbox.run(&["generate", "scripts"]).success().paths() {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(fs::read(&path).unwrap() == crate::read(&sandbox.output().join(HELLO), name), "{name}");
    }
}

#[test]
fn schemas_need_no_project() {
    let sandbox = Sandbox::new(&[]).env("PATH", target_tmp("empty-path"));
    for of in ["config", "service", "manifest", "output", "plan"] {
        let ran = finish(&mut sandbox.command(&["generate", "schema", "--of", of])).success();
        let schema: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert!(jsonschema::draft202012::meta::is_valid(&schema), "{of}");
        assert_eq!(ran.stderr, "");
    }
}
