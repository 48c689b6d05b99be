//! Services from configuration: what they become.

use super::{one, problems, resolved};
use crate::cli::BuildArgs;
use crate::config::testing::{from_toml, package, workspace};
use crate::model::{Account, EventMessage, EventSeverity, ServiceSpec};

fn services(text: &str) -> Vec<ServiceSpec> {
    resolved(&BuildArgs::default(), &one(text)).units.remove(0).bundles.remove(0).services
}

/// Texts that every later stage has to carry literally.
const HOSTILE: &[&str] = &[
    "\"'‘’‚‛“”`",
    "$(Remove-Item C:\\) ${x} $x",
    "%PATH% %1 %%",
    "& | < > ^ ! ( )",
    "line one\r\nline two\n",
    "]]> <!-- &amp; </assembly>",
    "{{ name }} {% raw %}",
    "日本語 é 😀",
    "-dash /slash @at #hash ;",
    "\u{202e}\u{feff}\u{1}",
];

#[test]
fn hostile_texts_are_carried_literally() {
    let long = "x".repeat(1000);
    for text in HOSTILE.iter().copied().chain([long.as_str()]) {
        let toml = crate::config::key_path::toml_string(text).replace('\r', "\\r");
        // A display name has room for 256.
        let short = if text == long { "\"x\"".to_owned() } else { toml.clone() };
        let manifest = format!(
            "[package]\nname = \"agent\"\nauthors = [{toml}]\ndescription = {toml}\n[package.metadata.winsvc]\nresource = {{ product-name = {toml}, file-description = {toml}, company-name = {toml}, copyright = {toml} }}\nparameters.P.description = {toml}\nservices.A = {{ bin = \"agent\", display-name = {short}, description = {toml}, event-log.messages = [{{ id = 1, text = {toml} }}] }}"
        );
        let bundle = resolved(&BuildArgs::default(), &one(&manifest)).units.remove(0).bundles.remove(0);
        let service = &bundle.services[0];
        assert_eq!(service.description, text);
        assert!(service.display_name == text || text == long);
        assert_eq!(service.event_log.as_ref().map(|l| l.messages[0].text.as_str()), Some(text));
        assert_eq!((bundle.about.description.as_str(), &bundle.about.authors[..]), (text, &[text.to_owned()][..]));
        assert_eq!(bundle.parameters[0].description, text);
        let strings = bundle.resource.expect("a resource").strings;
        for key in ["CompanyName", "FileDescription", "LegalCopyright", "ProductName"] {
            assert!(strings.contains(&(key.to_owned(), text.to_owned())), "{key}");
        }
    }
}

#[test]
fn texts_from_elsewhere_are_shortened_and_own_ones_refused() {
    let long = "x".repeat(1000);
    let text = format!("[package]\nname = \"agent\"\n[package.metadata.winsvc.resource]\nproduct-name = \"{long}\"");
    let name = &services(&text)[0].display_name;
    assert_eq!((name.chars().count(), name.ends_with('…')), (256, true));
    let text = format!("[package.metadata.winsvc.services.agent]\ndisplay-name = \"{}\"", &long[..257]);
    assert_eq!(
        problems(&BuildArgs::default(), &one(&text)),
        [
            "wrong-value: `services.agent.display-name` is 257 characters long; Windows takes 256 @ agent/Cargo.toml:2:1  services.agent.display-name | such as display-name = \"Acme Agent\""
        ]
    );
    let text = format!("[package]\nname = \"agent\"\ndescription = \"{}\"", "d".repeat(5000));
    let resource = resolved(&BuildArgs::default(), &one(&text)).units.remove(0).bundles.remove(0).resource;
    let strings = resource.expect("a resource").strings;
    assert!(strings.iter().any(|(k, v)| k == "FileDescription" && v.chars().count() == 4096 && v.ends_with('…')));
}

#[test]
fn versions_have_to_fit() {
    let text = "[package]\nname = \"agent\"\nversion = \"70000.0.1\"\n";
    assert_eq!(
        problems(&BuildArgs::default(), &one(text)),
        [
            "version-too-big: package version 70000.0.1: major version 70000 does not fit: Windows file versions have four parts of at most 65535 @ agent/Cargo.toml:3:1  package.version | resource.version = \"65535.0.1\""
        ]
    );
    let mended = format!("{text}[package.metadata.winsvc]\nresource.version = \"7.0.0.1\"");
    let resource = resolved(&BuildArgs::default(), &one(&mended)).units.remove(0).bundles.remove(0).resource;
    let resource = resource.expect("a resource");
    assert_eq!(resource.version.to_string(), "7.0.0.1");
    assert!(resource.strings.contains(&("FileVersion".into(), "7.0.0.1".into())));
    assert!(resource.strings.contains(&("ProductVersion".into(), "70000.0.1".into())));
    let off = format!("{text}[package.metadata.winsvc]\nresource = false");
    assert!(resolved(&BuildArgs::default(), &one(&off)).units[0].bundles[0].resource.is_none());
    let pre = one("[package]\nname = \"agent\"\nversion = \"1.2.3-rc.1\"\n");
    assert!(resolved(&BuildArgs::default(), &pre).units[0].bundles[0].resource.as_ref().is_some_and(|r| r.prerelease));
}

#[test]
fn nul_is_refused_everywhere() {
    let text = "[package]\nname = \"agent\"\ndescription = \"a\\u0000b\"\nauthors = [\"\\u0000\"]\n";
    assert_eq!(
        problems(&BuildArgs::default(), &one(text)),
        [
            "wrong-value: `package.description` holds a NUL character, which no Windows string can @ agent/Cargo.toml:3:1  package.description | remove it from `description`",
            "wrong-value: `package.authors` holds a NUL character, which no Windows string can @ agent/Cargo.toml:4:1  package.authors | remove it from `authors`",
        ]
    );
}

#[test]
fn several_services_start_after_what_they_need() {
    let text = r#"
        [package.metadata.winsvc.services.Web]
        bin = "agent"
        dependencies = ["store", "Tcpip"]
        [package.metadata.winsvc.services.Store]
        bin = "agent"
        event-log.messages = [{ id = 1, text = "x" }]
        [package.metadata.winsvc.services.Other]
        package = "tools"
        event-log = { source = "S", messages = [{ id = 1, text = "x" }, { id = 0, text = "y", severity = "error" }] }
    "#;
    let agent = from_toml("agent", &["agent"], text);
    let mut ws = workspace(vec![agent, package("tools", &["other"])]);
    ws.current_package = Some("agent".into());
    let bundle = resolved(&BuildArgs::default(), &ws).units.remove(0).bundles.remove(0);
    let names: Vec<String> =
        bundle.services.iter().map(|s| format!("{} {} {}", s.name, s.exe, s.display_name)).collect();
    assert_eq!(names, ["Store agent.exe Store", "Web agent.exe Web", "Other other.exe Other"]);
    let bins: Vec<String> = bundle.bins.iter().map(|b| format!("{}/{}", b.package, b.bin)).collect();
    assert_eq!(bins, ["agent/agent", "tools/other"]);
    let message = |id, severity, text: &str| EventMessage { id, severity, text: text.into() };
    assert_eq!(
        bundle.resource.expect("a resource").messages,
        [message(0, EventSeverity::Error, "y"), message(1, EventSeverity::Information, "x")]
    );
}

#[test]
fn plain_zip_and_bins() {
    let text = "[package.metadata.winsvc]\nservices = false";
    let ws = workspace(vec![from_toml("agent", &["b", "a"], text)]);
    let bundle = resolved(&BuildArgs::default(), &ws).units.remove(0).bundles.remove(0);
    assert!(bundle.services.is_empty());
    assert_eq!(bundle.bins.iter().map(|b| b.bin.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    let only = BuildArgs { bins: vec!["a".into()], ..BuildArgs::default() };
    assert_eq!(resolved(&only, &ws).units[0].bundles[0].bins.len(), 1);

    let configured =
        workspace(vec![from_toml("agent", &["a", "b"], "[package.metadata.winsvc.services.A]\nbin = \"a\"")]);
    let b = BuildArgs { bins: vec!["b".into()], ..BuildArgs::default() };
    assert_eq!(
        problems(&b, &configured),
        [
            "unknown-binary: `--bin b`: no configured service is made of the binary `b` | [package.metadata.winsvc.services.b]  bin = \"b\""
        ]
    );
    // In a workspace, a package without the binary is left out.
    let both = workspace(vec![package("p", &["a"]), package("q", &["b"])]);
    let args = BuildArgs { bins: vec!["b".into()], workspace: true, ..BuildArgs::default() };
    let config = resolved(&args, &both);
    assert_eq!(config.units[0].bundles.iter().map(|b| b.package.as_str()).collect::<Vec<_>>(), ["q"]);
}

#[test]
fn which_binary_a_service_is() {
    let bin = |bins: &[&str], text: &str| {
        let ws = workspace(vec![from_toml("agent", bins, text)]);
        resolved(&BuildArgs::default(), &ws).units[0].bundles[0].services[0].exe.clone()
    };
    let table = "[package.metadata.winsvc.services.AcmeAgent]";
    assert_eq!(bin(&["x"], table), "x.exe");
    assert_eq!(bin(&["x", "acme-agent"], table), "acme-agent.exe", "the one named like the service");
    assert_eq!(bin(&["x", "y"], &format!("[package]\ndefault-run = \"y\"\n{table}")), "y.exe");
    let ws = workspace(vec![from_toml("agent", &["x", "y"], table)]);
    assert_eq!(
        problems(&BuildArgs::default(), &ws),
        [
            "several-binaries: `services.AcmeAgent` does not say which binary it is: `x` or `y` @ agent/Cargo.toml:1:35  services.AcmeAgent | services.AcmeAgent.bin = \"x\" | services.AcmeAgent.bin = \"y\""
        ]
    );
    let ws = workspace(vec![from_toml("agent", &["x"], &format!("{table}\npackage = \"lib\"")), package("lib", &[])]);
    assert!(
        problems(&BuildArgs::default(), &ws)[0].starts_with("no-binary: `services.AcmeAgent`: package `lib` has no")
    );
}

#[test]
fn accounts_and_parameters() {
    let text = r#"
        [package.metadata.winsvc.services.agent]
        account = "network-service"
        args = ["--port=${PORT}", "a \"quoted\" arg", ""]
        env = { P = "${PATH_A}", Q = "100%" }
        [package.metadata.winsvc.parameters.PORT]
        type = "port"
        default = 8080
        [package.metadata.winsvc.parameters.PATH_A]
        type = "path"
        default = 'C:\data'
        [package.metadata.winsvc.parameters.ASKED]
    "#;
    let bundle = resolved(&BuildArgs::default(), &one(text)).units.remove(0).bundles.remove(0);
    assert_eq!(bundle.services[0].account, Account::NetworkService);
    assert_eq!(bundle.services[0].args, ["--port=${PORT}", "a \"quoted\" arg", ""]);
    let defaults: Vec<(&str, Option<&str>)> =
        bundle.parameters.iter().map(|p| (p.name.as_str(), p.default.as_deref())).collect();
    assert_eq!(defaults, [("ASKED", None), ("PATH_A", Some(r"C:\data")), ("PORT", Some("8080"))]);
}

#[test]
fn what_a_service_needs_of_the_machine() {
    let text = r#"
        [package.metadata.winsvc.services.agent]
        account = { user = '.\svc' }
        preshutdown-timeout = "1m"
        triggers = ["start/portopen/80;udp", "start/device/{53f56307-b6bf-11d0-94f2-00a0c91efb8b}"]
        crash-dumps = true
        firewall = ["tcp/8080", "udp/${PORT}", { protocol = "tcp", port = 80, name = "Web", profiles = ["public", "domain"], remote = ["localsubnet"] }, { protocol = "tcp", port = "90,100-110" }]
        url-acl = ["http://+:${PORT}/"]
        certificates = ["0123456789abcdef0123456789abcdef01234567", "${CERT}", { subject = "CN=${CERT}" }]
        health.command = ['bin\probe.exe', "--port", "${PORT}"]
        [package.metadata.winsvc.parameters.PORT]
        type = "port"
        [package.metadata.winsvc.parameters.CERT]
        [package.metadata.winsvc.parameters.KEY]
        secret = true
        [package.metadata.winsvc.install]
        keep = 0
        rollback-safe = false
        hooks = { pre-stop = ['hooks\drain.ps1', "${PORT}"], backup = [] }
    "#;
    let bundle = resolved(&BuildArgs::default(), &one(text)).units.remove(0).bundles.remove(0);
    let service = serde_json::to_value(&bundle.services[0]).expect("JSON");
    for (key, value) in [
        ("account", serde_json::json!({ "kind": "user", "user": r".\svc" })),
        ("preshutdownTimeoutMs", serde_json::json!(60_000)),
        ("triggers", serde_json::json!(["start/portopen/80;UDP", "start/device/53f56307-b6bf-11d0-94f2-00a0c91efb8b"])),
        ("crashDumps", serde_json::json!({ "type": "mini", "count": 10, "folder": null })),
        (
            "firewall",
            serde_json::json!([
                { "name": "agent tcp 8080", "protocol": "tcp", "port": "8080", "profiles": ["domain", "private"], "remote": [] },
                { "name": "agent udp PORT", "protocol": "udp", "port": "${PORT}", "profiles": ["domain", "private"], "remote": [] },
                { "name": "Web", "protocol": "tcp", "port": "80", "profiles": ["domain", "public"], "remote": ["LocalSubnet"] },
                { "name": "agent tcp 90+100-110", "protocol": "tcp", "port": "90,100-110", "profiles": ["domain", "private"], "remote": [] },
            ]),
        ),
        ("urlAcl", serde_json::json!(["http://+:${PORT}/"])),
        (
            "certificates",
            serde_json::json!([
                { "store": "My", "thumbprint": "0123456789ABCDEF0123456789ABCDEF01234567" },
                { "store": "My", "thumbprint": "${CERT}" },
                { "store": "My", "subject": "CN=${CERT}" },
            ]),
        ),
    ] {
        assert_eq!(service[key], value, "{key}");
    }
    assert_eq!(service["health"]["command"], serde_json::json!(["bin/probe.exe", "--port", "${PORT}"]));
    let install = serde_json::to_value(&bundle.install).expect("JSON");
    let hooks = serde_json::json!({ "preStop": ["hooks/drain.ps1", "${PORT}"] });
    assert_eq!((&install["keep"], &install["rollbackSafe"], &install["hooks"]), (&0.into(), &false.into(), &hooks));
    assert_eq!(install["addRemovePrograms"], true);
    let secrets: Vec<(&str, bool)> = bundle.parameters.iter().map(|p| (p.name.as_str(), p.secret)).collect();
    assert_eq!(secrets, [("CERT", false), ("KEY", true), ("PORT", false)]);
}
