//! The tests' own Windows machine: its stand-ins refuse what Windows refuses, and its bookkeeping sees each change.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A test may fail.

mod support;

use std::fs;
use std::time::Duration;
use support::{Machine, Value, difference, free_port, get, wait_for};

const SC: &str = r"C:\windows\system32\sc.exe";
const ICACLS: &str = r"C:\windows\system32\icacls.exe";
const CERTUTIL: &str = r"C:\windows\system32\certutil.exe";
const CURL: &str = r"C:\windows\system32\curl.exe";
const SERVICE: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\Probe";

#[test]
fn the_machine_is_strict_and_watched() {
    let machine = Machine::boot();
    let before = machine.state();
    assert_eq!(difference(&before, &machine.state()), Vec::<String>::new(), "nothing happened in between");

    // Exit codes beyond eight bits arrive whole, through cmd.exe too.
    assert_eq!(machine.run(SC, &["query", "Probe"]).code, 1060);
    assert_eq!(machine.cmd(&format!("\"{SC}\" query Probe")).code, 1060);
    assert_eq!(machine.cmd("exit /b 70000").code, 70000);

    // Microsoft's grammar.
    let exe = r"C:\windows\system32\harness.exe hold";
    for wrong in [
        &["create", "Probe", "start=auto"][..],
        &["create", "Probe", "start=", "auto"],
        &["create", "Probe", "binPath=", exe, "start="],
        &["create", "Probe", "binPath=", exe, "start=", "later"],
        &["create", "Probe", "binPath=", exe, "binPath=", exe],
        &["frobnicate", "Probe"],
    ] {
        assert_eq!(machine.run(SC, wrong).code, 1639, "{wrong:?}");
    }
    let with_account = |account| machine.run(SC, &["create", "Probe", "binPath=", exe, "obj=", account]).code;
    assert_eq!(with_account(r"NT SERVICE\Other"), 1057);
    assert_eq!(machine.service_state("Probe"), None);
    assert_eq!(with_account(r"NT SERVICE\Probe"), 0);
    assert_eq!(machine.service_state("Probe"), Some(1));
    assert_eq!(with_account(r"NT SERVICE\Probe"), 1073);
    let sc = |args: &[&str]| machine.run(SC, args).code;
    let description = "»\"%PATH%\" & <日本> 🦀\r\nsecond line";
    assert_eq!(sc(&["description", "Probe", description]), 0);
    assert_eq!(machine.value(SERVICE, "Description"), Some(Value::Text(description.into())));
    assert_eq!(sc(&["failure", "Probe", "reset=", "60"]), 1639);
    assert_eq!(sc(&["failure", "Probe", "reset=", "60", "actions=", "restart/5000//0"]), 0);
    assert_eq!(sc(&["failureflag", "Probe", "1"]), 0);
    assert_eq!(sc(&["privs", "Probe", "SeFlyPrivilege"]), 1313);
    assert_eq!(sc(&["privs", "Probe", "SeChangeNotifyPrivilege/SeImpersonatePrivilege"]), 0);
    assert_eq!(sc(&["sdset", "Probe", "D:(A;;nonsense"]), 1336);
    assert_eq!(sc(&["sidtype", "Probe", "sometimes"]), 1639);
    let value = |name| machine.value(SERVICE, name).unwrap();
    let actions = "3c0000000000000000000000020000001400000001000000881300000000000000000000";
    assert_eq!(value("FailureActions"), Value::Other(actions.into()));
    assert_eq!(value("FailureActionsOnNonCrashFailures"), Value::Number(1));
    let privileges = ["SeChangeNotifyPrivilege", "SeImpersonatePrivilege"].map(String::from);
    assert_eq!(value("RequiredPrivileges"), Value::List(privileges.into()));
    // Known from every Windows.
    let sid = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";
    assert!(machine.run(SC, &["showsid", "TrustedInstaller"]).success().output.contains(sid));

    // A test can order a failure, and nothing happens then.
    machine.order_failure("sc sidtype", 5);
    assert_eq!(sc(&["sidtype", "Probe", "restricted"]), 5);
    assert_eq!(machine.value(SERVICE, "ServiceSidType"), None);
    machine.forget_failures();
    assert_eq!(sc(&["sidtype", "Probe", "restricted"]), 0);
    assert_eq!(value("ServiceSidType"), Value::Number(3));

    fs::create_dir(machine.path(r"C:\Program Files\Probe")).unwrap();
    let left: Vec<String> = difference(&before, &machine.state());
    assert!(left.iter().any(|l| l == "+ file Program Files/Probe = folder"), "{left:#?}");
    assert!(left.iter().any(|l| l.starts_with("+ registry HKLM") && l.contains(r"Services\Probe ")), "{left:#?}");
    assert_eq!(sc(&["delete", "Probe"]), 0);
    fs::remove_dir(machine.path(r"C:\Program Files\Probe")).unwrap();
    assert_eq!(difference(&before, &machine.state()), Vec::<String>::new(), "all is gone");

    let calls = machine.calls();
    assert_eq!((calls[0].tool.as_str(), calls[0].code), ("sc", 1060));
    assert_eq!(calls[0].args, ["query", "Probe"]);

    others(&machine);
}

/// icacls, certutil, curl.
fn others(machine: &Machine) {
    let icacls = |args: &[&str]| machine.run(ICACLS, args).code;
    assert_eq!(icacls(&[r"C:\nowhere", "/grant", "*S-1-5-18:F"]), 2);
    assert_eq!(icacls(&[r"C:\test", "/grant", "SYSTEM:F"]), 1332, "names differ between languages");
    assert_eq!(icacls(&[r"C:\test", "/grant", "*S-1-5-18:(OI)(XX)F"]), 87);
    assert_eq!(icacls(&[r"C:\test", "/grant", "/Q"]), 87);
    assert_eq!(icacls(&["C:\\test\"", "/grant", "*S-1-5-18:F"]), 123, "a backslash before the closing quote");
    assert_eq!(icacls(&[r"C:\test", "/inheritance:r", "/grant:r", "*S-1-5-18:(OI)(CI)F", "/Q"]), 0);
    let acl = || machine.acl(r"C:\test").unwrap();
    assert_eq!(acl(), "D:P(A;OICI;FA;;;S-1-5-18)");
    assert_eq!(icacls(&[r"C:\test", "/save", r"C:\test\acl", "/Q"]), 0);
    assert_eq!(icacls(&[r"C:\test", "/grant", "*S-1-5-19:M", "/Q"]), 0);
    assert_eq!(acl(), "D:P(A;OICI;FA;;;S-1-5-18)(A;;0x1301bf;;;S-1-5-19)");
    assert_eq!(icacls(&[r"C:\", "/restore", r"C:\test\acl", "/Q"]), 0);
    assert_eq!(acl(), "D:P(A;OICI;FA;;;S-1-5-18)");

    fs::write(machine.path(r"C:\test\abc"), "abc").unwrap();
    fs::write(machine.path(r"C:\test\empty"), "").unwrap();
    let hash = machine.run(CERTUTIL, &["-hashfile", r"C:\test\abc", "SHA256"]).success().output;
    assert!(hash.contains("\nba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n"), "{hash}");
    assert_eq!(machine.run(CERTUTIL, &["-hashfile", r"C:\test\none", "SHA256"]).code, 0x8007_0002);
    assert_eq!(machine.run(CERTUTIL, &["-hashfile", r"C:\test\empty", "SHA256"]).code, 0x8007_03EE);

    let port = free_port();
    let url = format!("http://127.0.0.1:{port}/healthz");
    let ask = |url: &str| {
        let flags =
            ["-q", "-g", "-s", "-f", "-o", "NUL", "--noproxy", "*", "--max-time", "5", "-w", "%{http_code}", url];
        let ended = machine.run(CURL, &flags);
        (ended.code, ended.output)
    };
    assert_eq!(ask(&url), (7, "000".into()), "nobody listens");
    assert_eq!(machine.run(CURL, &["-s", &url]).code, 2, "the user's .curlrc could turn everything round");
    let server = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    std::thread::spawn(move || {
        for (stream, status) in server.incoming().zip(["200 OK", "302 Found", "503 Busy", "200 OK"]) {
            use std::io::{Read, Write};
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
        }
    });
    assert_eq!(ask(&url), (0, "200".into()));
    assert_eq!(ask(&url), (0, "302".into()));
    assert_eq!(ask(&url), (22, "503".into()));
    wait_for("the Linux side reaches it too", Duration::from_secs(5), || {
        get(port, "/").is_some_and(|a| a.status == 200)
    });
}
