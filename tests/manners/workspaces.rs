//! Several packages, several services, inheritance, variants.

use crate::support::{MAIN, Sandbox, hello_toml};
use crate::{builds, json, logging_cargo, names};
use std::fs;

/// The members `agent` and `broker`, with something at the end of each Cargo.toml.
fn workspace(root: &str, agent: &str, broker: &str) -> Sandbox {
    let member = |name: &str, more: &str| hello_toml(more).replace("hello", name);
    Sandbox::new(&[
        ("Cargo.toml", &format!("[workspace]\nmembers = [\"agent\", \"broker\"]\nresolver = \"2\"\n\n{root}")),
        ("agent/Cargo.toml", &member("agent", agent)),
        ("agent/src/main.rs", MAIN),
        ("broker/Cargo.toml", &member("broker", broker)),
        ("broker/src/main.rs", MAIN),
    ])
}

#[test]
fn the_whole_workspace_by_one_cargo() {
    let sandbox = workspace("", "", "");
    let (cargo, log) = logging_cargo(&sandbox);
    let sandbox = sandbox.env("CARGO", cargo);
    let ran = sandbox.run(&["package", "--workspace"]).success();
    let [build] = &builds(&log)[..] else { panic!("{}", fs::read_to_string(log).unwrap()) };
    assert!(build.contains("--bin agent") && build.contains("--bin broker"), "{build}");
    let zips = ["agent-1.2.3-x86_64-pc-windows-gnu.zip", "broker-1.2.3-x86_64-pc-windows-gnu.zip"];
    for (zip, exe) in zips.iter().zip(["agent.exe", "broker.exe"]) {
        let zip = sandbox.output().join(zip);
        assert!(ran.paths().contains(&zip), "{}", ran.stdout);
        let exes: Vec<_> = names(&zip).into_iter().filter(|n| n.ends_with(".exe")).collect();
        assert_eq!(exes, [exe]);
    }
    // One package again: the other's result stays.
    sandbox.run(&["package", "-p", "agent"]).success();
    assert!(zips.iter().all(|zip| sandbox.output().join(zip).is_file()));
    sandbox.run(&["verify", sandbox.output().to_str().unwrap()]).success();
    let ran = sandbox.run(&["package", "--workspace", "--exclude", "broker", "-o", "../other"]).success();
    assert!(!ran.stdout.contains("broker") && ran.stdout.contains("agent"), "{}", ran.stdout);
}

#[test]
fn two_services_of_two_packages_in_one_bundle() {
    let services = "[package.metadata.winsvc.services.Agent]\n\n\
                    [package.metadata.winsvc.services.Broker]\npackage = \"broker\"\nbin = \"broker\"\ndependencies = [\"Agent\"]\n";
    let sandbox = workspace("", services, "");
    let (cargo, log) = logging_cargo(&sandbox);
    let sandbox = sandbox.env("CARGO", cargo);
    sandbox.run(&["package", "-p", "agent"]).success();
    assert_eq!(builds(&log).len(), 1);
    let zip = sandbox.output().join("agent-1.2.3-x86_64-pc-windows-gnu.zip");
    let names = names(&zip);
    assert!(["agent.exe", "broker.exe", "install.ps1"].iter().all(|n| names.iter().any(|x| x == n)), "{names:?}");
    let service = json(&zip, "service.json");
    let services: Vec<_> = service["services"].as_array().unwrap().iter().map(|s| (&s["name"], &s["exe"])).collect();
    assert_eq!(
        services,
        [(&"Agent".into(), &"agent.exe".into()), (&"Broker".into(), &"broker.exe".into())],
        "{service:#}"
    );
    sandbox.run(&["verify", zip.to_str().unwrap()]).success();
}

#[test]
fn what_the_workspace_says_holds_for_its_packages() {
    let root = "[workspace.metadata.winsvc]\ncompression = \"best\"\nresource.company-name = \"Everybody's\"\n";
    let agent = "[package.metadata.winsvc]\nresource.company-name = \"Agent's own\"\n";
    let sandbox = workspace(root, agent, "");
    let plan = sandbox.run(&["plan", "--workspace"]).success().stdout;
    let origin = |key: &str| plan.lines().find(|l| l.starts_with(key)).unwrap_or_else(|| panic!("{key}\n{plan}"));
    assert!(origin("agent/compression").contains("best  [Cargo.toml:6"), "{plan}");
    assert!(origin("broker/compression").contains("best  [Cargo.toml:6"), "{plan}");
    let ran = sandbox.run(&["build", "--workspace", "--profile", "dev"]).success();
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let holds = |exe: &str, text: &str| {
        let path = ran.paths().into_iter().find(|p| p.ends_with(exe)).unwrap();
        let (bytes, text) = (fs::read(path).unwrap(), utf16(text));
        bytes.windows(text.len()).any(|w| w == text)
    };
    assert!(holds("agent.exe", "Agent's own") && !holds("agent.exe", "Everybody's"));
    assert!(holds("broker.exe", "Everybody's"));
}

#[test]
fn a_variant_stands_beside_the_plain_one() {
    let config = "[package.metadata.winsvc.variants.pro]\nid = \"hello-pro\"\n\
                  [package.metadata.winsvc.variants.pro.services.HelloPro]\n";
    let sandbox = Sandbox::hello(config);
    sandbox.run(&["package"]).success();
    let ran = sandbox.run(&["package", "--variant", "pro"]).success();
    let pro = sandbox.output().join("hello-pro-1.2.3-x86_64-pc-windows-gnu.zip");
    assert_eq!(ran.paths()[0], pro);
    assert!(sandbox.output().join(crate::HELLO).is_file(), "the plain one stays");
    assert_eq!(json(&pro, "winsvc-manifest.json")["variant"], "pro");
    assert_eq!(json(&pro, "service.json")["id"], "hello-pro");
    assert_eq!(json(&pro, "service.json")["services"][0]["name"], "HelloPro");
    sandbox.run(&["verify", sandbox.output().to_str().unwrap()]).success();
}

#[test]
fn the_package_that_one_stands_in() {
    let sandbox = workspace("", "", "");
    let mut command = sandbox.command(&["plan"]);
    let plan = crate::support::finish(command.current_dir(sandbox.project().join("broker/src"))).success().stdout;
    assert!(plan.contains("package  broker 1.2.3\n") && !plan.contains("package  agent"), "{plan}");
}
