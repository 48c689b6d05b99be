//! No configuration at all, and what holds then.

use super::{one, problems, resolved};
use crate::cli::BuildArgs;
use crate::config::testing::{from_toml, package, workspace};
use crate::config::{Asset, BackendChoice, BinRef, Compression, DebugInfo, ManifestChoice, Origin, SymbolsMode};
use crate::model::{Account, EventLog, Failure, FileVersion, Health, Hooks, Install, SidType, StartType};

#[test]
fn a_crate_with_one_binary_needs_no_configuration() {
    let text = "[package]\nname = \"agent\"\ndescription = \"Collects.\"\nauthors = [\"Jane <j@x.org>\"]\n";
    let config = resolved(&BuildArgs::default(), &one(text));
    assert_eq!(config.profile, "release");
    let [unit] = config.units.as_slice() else { panic!("one unit") };
    assert_eq!(unit.target.triple(), "x86_64-pc-windows-gnu");
    assert_eq!((unit.backend, unit.crt_static, unit.debug_info), (BackendChoice::Auto, true, DebugInfo::Limited));
    let [bundle] = unit.bundles.as_slice() else { panic!("one bundle") };
    assert_eq!(bundle.archive_name, "agent-1.2.3-x86_64-pc-windows-gnu");
    assert_eq!((bundle.id.as_str(), bundle.package.as_str()), ("agent", "agent"));
    assert_eq!(bundle.bins, [BinRef { package: "agent".into(), bin: "agent".into() }]);
    assert_eq!(bundle.assets, [Asset::Auto]);
    assert_eq!((bundle.compression, bundle.symbols), (Compression::Default, SymbolsMode::Archive));
    assert_eq!((bundle.templates.as_ref(), bundle.min_windows.as_str()), (None, "10.0.14393"));
    assert_eq!(
        bundle.install,
        Install {
            dir: r"%ProgramFiles%\agent".into(),
            data_dir: r"%ProgramData%\agent".into(),
            start_after_install: true,
            keep: 1,
            add_remove_programs: true,
            rollback_safe: true,
            hooks: Hooks::default(),
        }
    );
    let resource = bundle.resource.as_ref().expect("a resource");
    assert_eq!(resource.version, FileVersion([1, 2, 3, 0]));
    assert_eq!((resource.prerelease, resource.override_existing), (false, false));
    assert_eq!((&resource.icon, &resource.manifest), (&None, &ManifestChoice::Default));
    let strings: Vec<(&str, &str)> = resource.strings.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(
        strings,
        [
            ("CompanyName", "Jane"),
            ("FileDescription", "Collects."),
            ("FileVersion", "1.2.3"),
            ("ProductName", "agent"),
            ("ProductVersion", "1.2.3")
        ]
    );
    let [service] = bundle.services.as_slice() else { panic!("one service") };
    assert_eq!((service.name.as_str(), service.exe.as_str()), ("agent", "agent.exe"));
    assert_eq!((service.display_name.as_str(), service.description.as_str()), ("agent", "Collects."));
    assert_eq!((service.start, &service.account), (StartType::DelayedAuto, &Account::Virtual));
    assert_eq!((&service.failure, &service.health), (&Failure::default(), &Health::default()));
    assert_eq!((service.sid_type, service.stop_timeout_ms), (SidType::Unrestricted, 30_000));
    let log = EventLog { source: "agent".into(), log: "Application".into(), messages: vec![] };
    assert_eq!(service.event_log, Some(log));
    for (key, origin) in [
        ("profile", Origin::Default),
        ("targets", Origin::Default),
        ("agent/id", Origin::Cargo { field: "package.name".into() }),
        ("agent/services.agent.bin", Origin::Cargo { field: "bin".into() }),
        ("agent/services.agent.description", Origin::Cargo { field: "package.description".into() }),
        ("agent/services.agent.start", Origin::Default),
        ("agent/services.agent.failure.actions", Origin::Default),
        ("agent/resource.version", Origin::Cargo { field: "package.version".into() }),
        ("agent/resource.company-name", Origin::Cargo { field: "package.authors".into() }),
        ("agent/install.dir", Origin::Default),
    ] {
        assert_eq!(config.origins.get(key), Some(&origin), "{key}");
    }
}

#[test]
fn several_binaries() {
    let ws = workspace(vec![package("p", &["a", "b"])]);
    assert_eq!(
        problems(&BuildArgs::default(), &ws),
        [
            "several-binaries: package `p` has several binaries and none is chosen as the service: `a` and `b` @ p/Cargo.toml  package.name | --bin a | --bin b | [package.metadata.winsvc.services.a]  bin = \"a\""
        ]
    );
    let bin = |names: &[&str]| BuildArgs { bins: names.iter().map(|n| (*n).into()).collect(), ..BuildArgs::default() };
    let names = |args: &BuildArgs, ws| -> Vec<String> {
        resolved(args, ws).units[0].bundles[0]
            .services
            .iter()
            .map(|s| format!("{} {}", s.name, s.display_name))
            .collect()
    };
    assert_eq!(names(&bin(&["b"]), &ws), ["b p"]);
    assert_eq!(names(&bin(&["b", "a"]), &ws), ["a a", "b b"]);
    assert_eq!(
        problems(&bin(&["bb", "zzz"]), &ws),
        [
            "unknown-binary: no binary `bb` in the chosen packages (`--bin bb`) | --bin b",
            "unknown-binary: no binary `zzz` in the chosen packages (`--bin zzz`) | the binaries are `a` and `b`"
        ]
    );
    let run = from_toml("p", &["a", "b"], "[package]\ndefault-run = \"b\"");
    assert_eq!(names(&BuildArgs::default(), &workspace(vec![run])), ["b p"]);
}
