//! Files that the configuration names.

use crate::support::{Sandbox, hello_toml};

/// A project with that configuration and empty files.
fn with(config: &str, files: &[&str]) -> Sandbox {
    let sandbox = Sandbox::hello(&format!("[package.metadata.winsvc]\n{config}\n"));
    for file in files {
        sandbox.write(file, "");
    }
    sandbox
}

#[test]
fn an_icon_that_is_a_png() {
    let sandbox = with("resource.icon = \"art/agent.ico\"", &[]);
    sandbox.write("art/agent.ico", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    let says = [
        "error[wrong-icon]: `resource.icon`: `art/agent.ico` is a PNG image, not an .ico file\n",
        "--> Cargo.toml:7:",
        "fix: magick art/agent.ico ",
    ];
    sandbox.refused(&["package"], 2, &says);
}

#[test]
fn an_icon_that_is_not_there_and_a_manifest_that_is_none() {
    let sandbox = with("resource = { icon = \"no.ico\", manifest = \"app.manifest\" }", &["app.manifest"]);
    let says = [
        "error[file-missing]: `resource.icon`: can't find `no.ico`",
        "error[wrong-manifest]: `resource.manifest`: `app.manifest` is empty",
        "fix: remove `resource.manifest`",
        "--> Cargo.toml:7:",
        "error: 2 problems; nothing was written\n",
    ];
    sandbox.refused(&["package"], 2, &says);
}

#[test]
fn a_wrong_key_and_a_missing_file_in_one_breath() {
    let sandbox = with("resource = { icon = \"no.ico\", copyrigth = \"me\" }\nstart-up = 1", &[]);
    let says = ["copyrigth", "start-up", "can't find `no.ico`", "error: 3 problems; nothing was written\n"];
    sandbox.refused(&["package"], 2, &says);
}

#[test]
fn shape_meaning_services_files_and_templates_in_one_breath() {
    let sandbox = with(
        "start-up = 1\nmin-windows = \"6.0.0\"\nresource.icon = \"no.ico\"\ntemplates = \"winsvc\"\n\
         [package.metadata.winsvc.services.Agent]\nbin = \"agnet\"\nargs = [\"%x%\", \"${NO}\"]\n\
         [package.metadata.winsvc.services.\"a/b\"]\nbin = \"hello\"\nenv.A = \"%B%\"",
        &[],
    );
    sandbox.write("winsvc/a.txt", "{% if version %}");
    sandbox.write("winsvc/b.toml", "a = {{ version }}\n{% include \"partials/none\" %}");
    let says = [
        "error[unknown-key]: unknown key `start-up`",
        "error[wrong-value]: `min-windows",
        "error[unknown-binary]: `services.Agent.bin`",
        "error[percent-in-args]: `services.Agent.args[0]`",
        "error[undeclared-parameter]: `services.Agent.args[1]`",
        "error[service-name]: `services.\"a/b\"`",
        "error[percent-in-env]: ",
        "error[file-missing]: `resource.icon`",
        "error[template-syntax]: template `a.txt`",
        "  --> winsvc/a.txt:1",
        "error: 9 problems; nothing was written\n",
    ];
    sandbox.refused(&["package"], 2, &says);
}

#[test]
fn templates_that_do_not_know_each_other_and_values_that_are_not_there() {
    let sandbox = with("templates = \"winsvc\"\nassets = [{ source = \"c.txt\", template = true }]", &[]);
    sandbox.write("c.txt", "{{ nothing }}");
    sandbox.write("winsvc/partials/one.txt", "{% include \"partials/two.txt\" %}");
    sandbox.write("winsvc/partials/two.txt", "good");
    sandbox.write("winsvc/a.txt.tera", "{% include \"partials/one.txt\" %}");
    sandbox.write("winsvc/b.txt", "{% include \"partials/none.txt\" %}");
    let ran = sandbox.refused(&["package"], 2, &["template `b.txt`", "partials/none.txt", "--> winsvc/b.txt"]);
    assert!(!ran.stderr.contains("(Text)") && !ran.stderr.contains("a.txt"), "{}", ran.stderr);
    sandbox.write("winsvc/b.txt", "good\n{{ verison }}");
    sandbox.write("winsvc/a.txt.tera", "{{ about.x.y }}");
    let says =
        ["--> c.txt:1", "--> winsvc/a.txt.tera:1", "--> winsvc/b.txt:2", "error: 3 problems; nothing was written\n"];
    // Before the tools are looked for.
    let path = crate::support::path_of_only("path-with-cargo-only", &["cargo", "rustup", "sh"]);
    let sandbox = sandbox.env("PATH", path);
    sandbox.refused(&["package"], 2, &says);
    sandbox.refused(&["generate", "scripts"], 2, &says);
}

#[test]
fn assets_that_differ_in_case() {
    let sandbox = with("assets = [\"conf/*\", \"more/*\"]", &["conf/agent.conf", "more/Agent.CONF"]);
    let says = [
        "error[asset-conflict]: `Agent.CONF`",
        "more/Agent.CONF",
        "conf/agent.conf",
        "differ only in case, and are one file on Windows\n",
        "--> Cargo.toml:7:11",
        "fix: give one of them another `dest`",
    ];
    sandbox.refused(&["package"], 2, &says);
}

#[test]
fn assets_where_an_installation_writes() {
    let assets = r#"["install.acl", { source = "a.txt", dest = "Install.State/a.txt" }]"#;
    let files = ["install.acl", "a.txt"];
    let says = [
        "error[asset-conflict]: `install.acl`, from `",
        "an installation writes `install.acl` into the program folder itself\n",
        "error[asset-conflict]: `Install.State/a.txt`, from `",
        "an installation writes `install.state` into",
        "fix: give it another `dest`",
        "error: 2 problems; nothing was written\n",
    ];
    with(&format!("assets = {assets}"), &files).refused(&["package"], 2, &says);
}

#[test]
fn an_asset_that_is_a_device() {
    let sandbox = with("assets = [\"$auto\", \"docs/*\"]", &["docs/CON.txt", "README.md"]);
    let says = [
        "error[asset-name]: `assets[1]`: `docs/CON.txt`",
        "`CON.txt` is a device name on Windows\n",
        "--> Cargo.toml:7:20",
        "dest = ",
    ];
    sandbox.refused(&["package"], 2, &says);
}

#[test]
fn assets_outside_of_the_project() {
    let sandbox = with("assets = [\"../secret.txt\", \"link\"]", &[]);
    std::fs::write(sandbox.path("secret.txt"), "secret").unwrap();
    std::os::unix::fs::symlink("../secret.txt", sandbox.project().join("link")).unwrap();
    let says = [
        "error[outside-project]: `assets[0]`: `../secret.txt` lies outside the workspace\n  --> Cargo.toml:7:11",
        "error[outside-project]: `assets[1]`: `link` lies outside the workspace\n  --> Cargo.toml:7:28",
        "fix: copy it into the project",
    ];
    sandbox.refused(&["package"], 2, &says);
    sandbox.write("Cargo.toml", hello_toml("[package.metadata.winsvc]\nassets = [\"/etc/hostname\"]\n"));
    sandbox.refused(&["package"], 2, &["`assets[0]` is absolute", "--> Cargo.toml:7:11", "fix: such as assets = "]);
}

#[test]
fn what_is_not_there_outside_of_the_project_need_not_be_made() {
    let sandbox =
        with("assets = [\"../no.txt\", \"../no/*.txt\"]\nresource.icon = \"../no.ico\"\ntemplates = \"../no\"", &[]);
    let ran = sandbox.refused(&["package"], 2, &["error: 4 problems; nothing was written\n"]);
    assert_eq!(ran.stderr.matches("error[outside-project]").count(), 4, "{}", ran.stderr);
    assert!(!ran.stderr.contains("create "), "{}", ran.stderr);
}

#[test]
fn an_asset_that_matches_nothing() {
    let says = ["error[asset-missing]: `assets[0]`: `conf/*.toml` matches no file", "--> Cargo.toml:7:11", "fix: "];
    with("assets = [\"conf/*.toml\"]", &[]).refused(&["package"], 2, &says);
}

#[test]
fn a_template_with_a_syntax_error() {
    let sandbox = with("templates = \"winsvc\"", &[]);
    sandbox.write("winsvc/notes.txt", "Version {{ version }}\n{% if version %}\nno end\n");
    let says = ["notes.txt", "fix: "];
    sandbox.refused(&["package"], 2, &says);
    sandbox.refused(&["generate", "scripts"], 2, &says);
    sandbox.write("winsvc/notes.txt", "Version {{ verison }}\n");
    sandbox.refused(&["package"], 2, &["notes.txt", "verison"]);
}

#[test]
fn templates_that_are_not_there() {
    let says =
        ["error[file-missing]: `templates`: can't find the folder `winsvc`", "--> Cargo.toml:7:1", "fix: create "];
    with("templates = \"winsvc\"", &[]).refused(&["package"], 2, &says);
}
