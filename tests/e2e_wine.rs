//! From a crate to a service that runs and goes again, the whole way: package the example, unpack it as a user does, run
//! install.cmd in Wine, ask the service, uninstall, and compare the machine with what it was before.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A test may fail.

mod support;

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;
use support::{Ended, Machine, Project, State, Value, difference, free_port, get, package, unpack, wait_for};

const SERVICE: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\AcmeAgent";
const SOURCE: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\AcmeAgent";
const PROGRAM: &str = r"C:\Program Files\acme-agent";
const DATA: &str = r"C:\ProgramData\acme-agent";
const RUNNING: Option<u32> = Some(4);
const STOPPED: Option<u32> = Some(1);

/// The example's bundle, unpacked; packaged once for all tests.
fn example() -> PathBuf {
    static BUNDLE: OnceLock<(Project, PathBuf)> = OnceLock::new();
    let (_, top) = BUNDLE.get_or_init(|| {
        let project = Project::example();
        // An empty file: certutil can't hash one.
        project.write("config/empty.conf", "");
        project.edit(
            r#"{ source = "config/agent.conf", dest = "config/agent.conf" }"#,
            r#"{ source = "config/*.conf", dest = "config/" }"#,
        );
        let zip = package(&project);
        let top = unpack(&zip, &project.output().join("unpacked"));
        (project, top)
    });
    top.clone()
}

/// A machine with a bundle in a user's downloads, and its state.
struct Site {
    machine: Machine,
    bundle: String,
    before: State,
}

impl Site {
    fn new(top: &Path) -> Self {
        Self::on(Machine::boot(), top)
    }

    fn on(machine: Machine, top: &Path) -> Self {
        let bundle = format!(r"C:\users\Public\My downloads (1)\{}", top.file_name().unwrap().to_str().unwrap());
        support::link_or_copy_tree(top, &machine.path(&bundle), &|_| false);
        let before = machine.state();
        Site { machine, bundle, before }
    }

    fn install(&self, arguments: &str) -> Ended {
        self.machine.cmd(&format!("\"{}\\install.cmd\" {arguments}", self.bundle))
    }

    /// What differs from the machine before.
    fn changes(&self) -> Vec<String> {
        difference(&self.before, &self.machine.state())
    }

    #[track_caller]
    fn assert_untouched(&self, why: &str) {
        assert_eq!(self.changes(), Vec::<String>::new(), "{why}");
    }

    /// No stand-in was ever called against its grammar.
    #[track_caller]
    fn assert_grammar(&self) {
        let refused: Vec<_> =
            self.machine.calls().into_iter().filter(|c| matches!(c.code, 2 | 87 | 123 | 1639)).collect();
        assert!(refused.is_empty(), "{refused:#?}");
    }
}

fn text(value: &str) -> Option<Value> {
    Some(Value::Text(value.into()))
}

#[test]
fn installs_runs_and_leaves_nothing() {
    let site = Site::new(&example());
    let (machine, port) = (&site.machine, free_port());
    // A Windows whose tools speak another language.
    machine.tell("Language", "es");
    let said = site.install(&format!("PORT={port}")).success();

    assert_eq!(machine.service_state("AcmeAgent"), RUNNING, "{}", said.output);
    assert_eq!(get(port, "/healthz").unwrap().body, "ok\n");
    let info: serde_json::Value = serde_json::from_str(&get(port, "/info").unwrap().body).unwrap();
    assert_eq!(info["service"], "AcmeAgent");
    assert_eq!(info["args"], serde_json::json!(["--port", port.to_string()]));
    assert_eq!(info["exe"].as_str().unwrap().to_lowercase(), format!(r"{PROGRAM}\acme-agent.exe").to_lowercase());
    assert_eq!(info["dataDir"], DATA);
    let log = fs::read_to_string(machine.path(&format!(r"{DATA}\agent.log"))).unwrap();
    assert!(log.contains(&format!("answers on 127.0.0.1:{port}")), "{log}");

    // What Wine's service manager does not act on is where Windows reads it.
    let value = |name| machine.value(SERVICE, name);
    assert_eq!(value("Environment"), Some(Value::List(vec!["ACME_MODE=production".into()])));
    // What holds a parameter is quoted, whatever its value: nothing in it can become another argument.
    assert_eq!(value("ImagePath"), text(&format!(r#""{PROGRAM}\acme-agent.exe" --port "{port}""#)));
    assert_eq!(value("DisplayName"), text("Acme Agent"));
    assert_eq!(value("Description"), text("Answers health checks and tells how it was started."));
    assert_eq!(value("ObjectName"), text(r"NT SERVICE\AcmeAgent"));
    assert_eq!((value("Start"), value("ErrorControl")), (Some(Value::Number(2)), Some(Value::Number(1))));
    assert_eq!(value("ServiceSidType"), Some(Value::Number(1)));
    assert_eq!(value("FailureActionsOnNonCrashFailures"), Some(Value::Number(1)));
    let restart = |after: u32| [1_u32, after].map(u32::to_le_bytes).concat();
    let actions =
        [[86_400_u32, 0, 0, 3, 20].map(u32::to_le_bytes).concat(), restart(5_000), restart(30_000), restart(300_000)];
    let hex: String = actions.concat().iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(value("FailureActions"), Some(Value::Other(hex)));
    let message_file = machine.value(SOURCE, "EventMessageFile");
    assert_eq!(message_file, Some(Value::Expand(format!(r"{PROGRAM}\acme-agent.exe"))));

    // Only administrators write the program; the data belongs to the service alone.
    let sid = "S-1-5-80-2833111395-1327536253-2171963692-3020950373-2268094210";
    let program = machine.acl(PROGRAM).unwrap();
    assert!(program.starts_with("D:P(") && !program.contains(sid), "{program}");
    for (who, rights) in [("S-1-5-18", "FA"), ("S-1-5-32-544", "FA"), ("S-1-5-32-545", "0x1200a9")] {
        assert!(program.contains(&format!("(A;OICI;{rights};;;{who})")), "{program}");
    }
    let data = machine.acl(DATA).unwrap();
    assert!(data.starts_with("D:P(") && data.contains(&format!("(A;OICI;0x1301bf;;;{sid})")), "{data}");
    assert!(!data.contains("S-1-5-32-545"), "{data}");

    // Everything of the bundle is there, byte for byte.
    for entry in walkdir::WalkDir::new(example()).into_iter().map(Result::unwrap).filter(|e| e.file_type().is_file()) {
        let name = entry.path().strip_prefix(example()).unwrap().to_owned();
        let installed = machine.path(PROGRAM).join(&name);
        assert_eq!(fs::read(entry.path()).unwrap(), fs::read(&installed).unwrap_or_default(), "{}", name.display());
    }

    // A second installation is an upgrade, and install.cmd says that it can't: nothing changes.
    let installed = machine.state();
    let again = site.install(&format!("PORT={port}"));
    assert_eq!(again.code, 1638, "{}", again.output);
    assert!(again.output.contains("install.ps1"), "{}", again.output);
    assert_eq!(difference(&installed, &machine.state()), Vec::<String>::new());
    assert_eq!(get(port, "/healthz").unwrap().status, 200);

    // Start arguments, and a stop.
    let sc = |args: &[&str]| machine.run(r"C:\windows\system32\sc.exe", args).success();
    sc(&["stop", "AcmeAgent"]);
    let limit = Duration::from_secs(20);
    wait_for("stopped", limit, || machine.service_state("AcmeAgent") == STOPPED);
    assert!(get(port, "/healthz").is_none());
    let other = free_port();
    sc(&["start", "AcmeAgent", "--port", &other.to_string()]);
    wait_for("runs on the other port", limit, || get(other, "/healthz").is_some_and(|a| a.status == 200));

    // Uninstalled from the installed copy while it runs. The data stays until it is purged.
    let removed = machine.cmd(&format!("\"{PROGRAM}\\uninstall.cmd\"")).success();
    assert_eq!(machine.service_state("AcmeAgent"), None, "{}", removed.output);
    assert!(get(other, "/healthz").is_none());
    let left = site.changes();
    let only_data = left.iter().all(|l| l.starts_with("+ file ProgramData/acme-agent"));
    assert!(only_data && left.len() == 2, "{left:#?}");

    // From the unpacked bundle, after another installation, with the data.
    fs::remove_dir_all(machine.path(DATA)).unwrap();
    site.install(&format!("/quiet PORT={port}")).success();
    let removed = machine.cmd(&format!("\"{}\\uninstall.cmd\" /purge", site.bundle)).success();
    site.assert_untouched(&removed.output);
    site.assert_grammar();
}

#[test]
fn an_unhealthy_service_is_rolled_back() {
    // The port is another program's, which even answers "fine": what counts is the service itself.
    let port = free_port();
    let site = Site::new(&example());
    let stranger = TcpListener::bind(("127.0.0.1", port)).unwrap();
    std::thread::spawn(move || {
        use std::io::{Read, Write};
        for mut stream in stranger.incoming().map(Result::unwrap) {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n");
        }
    });
    let failed = site.install(&format!("PORT={port}"));
    assert_eq!(failed.code, 1603, "{}", failed.output);
    assert!(failed.output.contains("10048"), "the code of the taken port is told\n{}", failed.output);
    site.assert_untouched(&failed.output);
    assert_eq!(get(port, "/").unwrap().status, 200, "the stranger was left alone");

    // What was in the data folder before stays as it was.
    let precious = site.machine.path(&format!(r"{DATA}\precious.txt"));
    fs::create_dir_all(precious.parent().unwrap()).unwrap();
    fs::write(&precious, "mine").unwrap();
    let with_data = site.machine.state();
    let failed = site.install(&format!("PORT={port}"));
    assert_eq!(failed.code, 1603, "{}", failed.output);
    // The log that the service wrote before it failed is its own.
    let mut left = difference(&with_data, &site.machine.state());
    left.retain(|l| !l.starts_with("+ file ProgramData/acme-agent/agent.log"));
    assert_eq!(left, Vec::<String>::new(), "{}", failed.output);
    site.assert_grammar();
}

#[test]
fn a_wrong_answer_is_rolled_back() {
    let project = Project::example();
    project.edit(r#"${PORT}/healthz", timeout = "30s""#, r#"${PORT}/nothing-here", timeout = "4s""#);
    let zip = package(&project);
    let site = Site::new(&unpack(&zip, &project.output().join("unpacked")));
    let port = free_port();
    let failed = site.install(&format!("PORT={port}"));
    assert_eq!(failed.code, 1603, "{}", failed.output);
    assert!(failed.output.contains("/nothing-here"), "{}", failed.output);
    assert!(get(port, "/healthz").is_none(), "it runs no more");
    site.assert_untouched(&failed.output);
    site.assert_grammar();
}

#[test]
fn every_step_that_fails_is_undone() {
    let site = Site::new(&example());
    let port = free_port();
    // Calls in the order of the script; the first two come before anything changes.
    for call in [
        "certutil",
        "icacls C:\\windows\\temp",
        "icacls \"C:\\Program Files",
        "sc create",
        "icacls C:\\ProgramData\\acme-agent /grant",
        "sc description",
        "sc failure AcmeAgent",
        "sc failureflag",
        "sc sidtype",
        "sc start",
    ] {
        let call = call.replace('"', "");
        site.machine.order_failure(&call, 5);
        let failed = site.install(&format!("PORT={port}"));
        site.machine.forget_failures();
        assert!(matches!(failed.code, 23 | 1603), "{call}: {}\n{}", failed.code, failed.output);
        site.assert_untouched(&format!("{call}\n{}", failed.output));
        let hit = site.machine.calls().iter().any(|c| c.code == 5);
        assert!(hit, "{call} was never made");
        fs::remove_file(site.machine.path(r"C:\standins.log")).unwrap();
    }
    site.install(&format!("PORT={port}")).success();
}

#[test]
fn refuses_before_anything_changes() {
    let site = Site::new(&example());
    let refused = |arguments: &str, code: u32, word: &str| {
        let ended = site.install(arguments);
        assert_eq!(ended.code, code, "{arguments}: {}", ended.output);
        assert!(ended.output.contains(word), "{arguments}: {word} is not in\n{}", ended.output);
        site.assert_untouched(arguments);
    };
    refused("PORT=99999", 87, "PORT");
    refused("PROT=8080", 87, "PROT");
    refused("/frobnicate", 87, "frobnicate");
    let help = site.install("/?").success();
    assert!(help.output.contains("PORT") && help.output.contains("8686"), "{}", help.output);
    site.assert_untouched("help");

    site.machine.tell("NotElevated", "1");
    refused("", 740, "administrator");
    site.machine.run("reg", &["delete", r"HKLM\Software\standins", "/v", "NotElevated", "/f"]).success();

    // One byte changed, a file missing, a file that nobody listed: the last is not installed, and harms nothing.
    let exe = site.machine.path(&format!(r"{}\acme-agent.exe", site.bundle));
    let good = fs::read(&exe).unwrap();
    let mut bad = good.clone();
    *bad.last_mut().unwrap() ^= 1;
    fs::write(&exe, bad).unwrap();
    let ended = site.install("");
    assert_eq!(ended.code, 23, "{}", ended.output);
    assert!(ended.output.contains("acme-agent.exe"), "{}", ended.output);
    fs::remove_file(&exe).unwrap();
    assert_eq!(site.install("").code, 23);
    fs::write(&exe, good).unwrap();
    site.assert_untouched("damaged bundles");

    // A service of that name which is not ours.
    let sc = |args: &[&str]| site.machine.run(r"C:\windows\system32\sc.exe", args).success();
    sc(&["create", "AcmeAgent", "binPath=", r"C:\other.exe"]);
    let with_other = site.machine.state();
    let ended = site.install("");
    assert_eq!(ended.code, 1638, "{}", ended.output);
    let ended = site.machine.cmd(&format!("\"{}\\uninstall.cmd\"", site.bundle));
    assert_ne!(ended.code, 0, "uninstall.cmd takes away only what is ours\n{}", ended.output);
    assert_eq!(difference(&with_other, &site.machine.state()), Vec::<String>::new());
    sc(&["delete", "AcmeAgent"]);
    site.assert_grammar();
}

/// Quotes of all kinds, substitutions of all shells, what ends comments and strings elsewhere, other scripts.
const HOSTILE: &str = "“”‘’‚‛ \"q\" 'a' `b` $(calc) $HOME !PATH! & | < > ^ ^^ (x) ]]> --> {{ x }} 日本 😀 \\\" end\\";
/// The same where Windows would replace %VARIABLES%, and over several lines.
const HOSTILE_TEXT: &str =
    "“”‘’ \"q\" 'a' `b` $(calc) %PATH% %%i !PATH! & | < > ^ (x) ]]> {{ x }} 日本 😀\n\tsecond line\\";

#[test]
fn hostile_texts_arrive_literally() {
    let project = Project::example();
    let long = "x".repeat(1000);
    // A JSON string is a TOML one, too.
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    let description = r#"description = "Answers health checks and tells how it was started""#;
    project.edit(&format!("{description}\n"), &format!("description = {}\n", quoted(HOSTILE_TEXT)));
    project.edit(r#"authors = ["Acme Operations <ops@acme.example>"]"#, &format!("authors = [{}]", quoted(HOSTILE)));
    project.edit(r#"product-name = "Acme Agent""#, &format!("product-name = {}", quoted(HOSTILE)));
    project.edit(r#"copyright = "Copyright Acme""#, &format!("copyright = {}", quoted(HOSTILE_TEXT)));
    project.edit(r#"display-name = "Acme Agent""#, &format!("display-name = {}", quoted(HOSTILE)));
    project.edit(
        r#"description = "Answers health checks and tells how it was started.""#,
        &format!("description = {}", quoted(&format!("{HOSTILE_TEXT} {long}"))),
    );
    project.edit(
        r#"args = ["--port", "${PORT}"]"#,
        &format!(r#"args = ["--port", "${{PORT}}", "--data-dir", {}]"#, quoted(HOSTILE)),
    );
    project.edit(r#"ACME_MODE = "production""#, &format!("ACME_MODE = {}", quoted(HOSTILE)));
    project.edit(r#"description = "TCP port on"#, r#"description = "%PATH% & \"<|>\" 日本"#);

    let zip = package(&project);
    let site = Site::on(Machine::boot_with_utf8(), &unpack(&zip, &project.output().join("unpacked")));
    let (machine, port) = (&site.machine, free_port());
    let said = site.install(&format!("PORT={port}")).success();
    let info: serde_json::Value = serde_json::from_str(&get(port, "/info").unwrap().body).unwrap();
    assert_eq!(info["args"], serde_json::json!(["--port", port.to_string(), "--data-dir", HOSTILE]), "{}", said.output);
    let value = |name| machine.value(SERVICE, name);
    assert_eq!(value("DisplayName"), text(HOSTILE));
    assert_eq!(value("Description"), text(&format!("{HOSTILE_TEXT} {long}")));
    assert_eq!(value("Environment"), Some(Value::List(vec![format!("ACME_MODE={HOSTILE}")])));

    let removed = machine.cmd(&format!("\"{}\\uninstall.cmd\" /purge", site.bundle)).success();
    site.assert_untouched(&removed.output);
    site.assert_grammar();
}
