//! `[package.metadata.winsvc]`.

use crate::support::{Sandbox, hello_toml};

#[test]
fn unknown_keys_and_wrong_values_all_at_once() {
    let sandbox = Sandbox::hello(
        "[package.metadata.winsvc]\n\
         archive-nam = \"x\"\n\
         profil = \"dev\"\n\
         compression = 9\n\
         \n\
         [package.metadata.winsvc.services.Agent]\n\
         strat = \"auto\"\n\
         start = \"sometimes\"\n",
    );
    let says = [
        "error[unknown-key]: unknown key `archive-nam`\n  --> Cargo.toml:7:1  archive-nam\n  fix: did you mean `archive-name`?\n",
        "error[unknown-key]: unknown key `profil`\n  --> Cargo.toml:8:1  profil\n  fix: did you mean `profile`?\n",
        "--> Cargo.toml:9:1  compression\n",
        "error[unknown-key]: unknown key `services.Agent.strat`\n  --> Cargo.toml:12:1",
        "`services.Agent.start`: unknown value \"sometimes\"\n  --> Cargo.toml:13:1",
        "fix: one of `delayed-auto`, `auto`, `demand` or `disabled`\n",
        "error: 5 problems; nothing was written\n",
    ];
    for command in [&["package"][..], &["build"], &["plan"], &["package", "--dry-run"], &["generate", "scripts"]] {
        sandbox.refused(command, 2, &says);
    }
}

#[test]
fn values_that_nothing_honours_yet() {
    let sandbox = Sandbox::hello("[package.metadata.winsvc]\nsymbols = \"bundle\"\n");
    let says = [
        "error[not-supported-yet]: `symbols = \"bundle\"` (inside the bundle) is not supported yet",
        "--> Cargo.toml:7:1",
        "fix: one of `archive` or `none`\n",
    ];
    sandbox.refused(&["package"], 2, &says);
}

#[test]
fn keys_of_the_workspace_are_placed_in_its_file() {
    let sandbox = Sandbox::new(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"a\"]\n\n[workspace.metadata.winsvc]\nprofil = \"dev\"\n"),
        ("a/Cargo.toml", &hello_toml("[package.metadata.winsvc]\nicon = \"x.ico\"\n")),
        ("a/src/main.rs", crate::support::MAIN),
    ]);
    let says = ["--> Cargo.toml:5:1  profil", "--> a/Cargo.toml:7:1  icon", "fix: "];
    sandbox.refused(&["package"], 2, &says);
}

#[test]
fn service_names_that_windows_refuses() {
    let sandbox = Sandbox::hello("[package.metadata.winsvc.services.\"a/b\"]\n");
    let says = [
        "error[service-name]: `services.\"a/b\"`: a service name can't hold `/`\n",
        "--> Cargo.toml:6:35",
        "fix: [package.metadata.winsvc.services.a-b]\n",
    ];
    sandbox.refused(&["package"], 2, &says);

    sandbox.write("Cargo.toml", hello_toml(&format!("[package.metadata.winsvc.services.{}]\n", "a".repeat(300))));
    let says = [
        "error[service-name]: `services.",
        "a service name has at most 256 characters, this has 300\n",
        "--> Cargo.toml:6:35",
        "fix: [package.metadata.winsvc.services.aaa",
    ];
    sandbox.refused(&["package"], 2, &says);
}

#[test]
fn a_version_that_does_not_fit() {
    let sandbox = Sandbox::hello("");
    sandbox.write("Cargo.toml", hello_toml("").replace("1.2.3", "70000.0.0"));
    let says = [
        "error[version-too-big]: package version 70000.0.0: major version 70000 does not fit",
        "at most 65535",
        "--> Cargo.toml:3:1  package.version\n",
        "fix: resource.version = \"",
    ];
    sandbox.refused(&["package"], 2, &says);
}
