//! The example, built for msvc, as a service.

use crate::built::{MSVC, example};
use crate::reader::{assert_version_string, image};
use crate::support::{Machine, free_port, get, link_or_copy_tree};

#[test]
fn installs_runs_and_stops() {
    let top = example()[0].unpacked(MSVC, "");
    let machine = Machine::boot();
    let bundle = format!(r"C:\users\Public\{}", top.file_name().unwrap().to_str().unwrap());
    link_or_copy_tree(&top, &machine.path(&bundle), &|_| false);
    let before = machine.state();
    let port = free_port();
    let said = machine.cmd(&format!("\"{bundle}\\install.cmd\" PORT={port}")).success();
    assert_eq!(machine.service_state("AcmeAgent"), Some(4), "{}", said.output);
    assert_eq!(get(port, "/healthz").unwrap().body, "ok\n");
    let info: serde_json::Value = serde_json::from_str(&get(port, "/info").unwrap().body).unwrap();
    assert_eq!((&info["service"], &info["version"]), (&"AcmeAgent".into(), &"2.4.0".into()), "{info}");
    assert_eq!(info["args"], serde_json::json!(["--port", port.to_string()]));

    machine.cmd(&format!("\"{bundle}\\uninstall.cmd\" /purge")).success();
    assert_eq!(machine.service_state("AcmeAgent"), None);
    assert!(get(port, "/healthz").is_none());
    let left = crate::support::difference(&before, &machine.state());
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn is_stamped_and_needs_no_run_time_to_be_installed() {
    let exe = example()[0].exe(MSVC);
    for (key, value) in [("ProductName", "Acme Agent"), ("CompanyName", "Acme"), ("FileVersion", "2.4.0")] {
        assert_version_string(&exe, key, value);
    }
    let (headers, dlls, _) = image(&exe);
    assert_eq!((headers.machine, headers.subsystem), (0x8664, 3));
    assert_eq!(headers.dll_characteristics & 0x160, 0x160, "high entropy, ASLR, DEP");
    // The stand-in's libvcruntime.lib stands on Windows' own msvcrt.dll; vcruntime140.dll would be the redistributable's.
    assert!(dlls.iter().any(|d| d == "msvcrt.dll") && !dlls.iter().any(|d| d.starts_with("vcruntime")), "{dlls:?}");
    // The message table, the icon, the manifest.
    let resources = crate::reader::llvm("llvm-readobj", &["--coff-resources".as_ref(), exe.as_os_str()]);
    for kind in ["MESSAGETABLE", "GROUP_ICON", "MANIFEST", "VERSION"] {
        assert!(resources.contains(kind), "no {kind}\n{resources}");
    }
}
