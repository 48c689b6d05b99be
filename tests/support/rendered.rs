//! Bundles' texts, rendered in this process: configurations, small, rich and generated, and a parser of PowerShell.

use cargo_winsvc::config::types::About;
use cargo_winsvc::formats::{ServiceJson, service_json};
use cargo_winsvc::model::{
    Account, BundlePath, Certificate, CertificateBy, CrashDumps, ErrorControl, EventLog, Failure, FailureAction,
    FailureKind, FirewallRule, Health, Hooks, Install, NetworkProfile, Parameter, ParameterType, Protocol, ServiceName,
    ServiceSpec, SidType, StartType,
};
use cargo_winsvc::render::{RenderInput, bundle_texts};
use proptest::prelude::*;

/// What ends strings, comments and lines in some language, or starts code there.
pub const HOSTILE: &str = "\"q\" 'a' ‘b’ ‚c‛ “d” „e $(calc) `n ${x} $env:PATH %PATH% & | < > ^ !x! \\ ]]> --> '@ \"@ #> \n\r\n\t日本 😀 \u{202e}\u{2028}{{ name }}{% if %}";

/// A service with everything, and the text wherever one can stand.
pub fn rich(text: &str) -> RenderInput {
    let text = text.to_owned();
    let one_line = text.replace(char::is_control, " ");
    let spec = ServiceSpec {
        name: ServiceName::new("Acme Agent (x64)").unwrap(),
        exe: "agent.exe".into(),
        display_name: one_line.clone(),
        description: text.clone(),
        start: StartType::DelayedAuto,
        account: Account::User { user: format!("ACME\\{one_line}") },
        args: vec![one_line.clone(), "--port=${PORT}".into()],
        env: [("A".to_owned(), one_line.clone()), ("PATH".to_owned(), "x".into()), ("path".to_owned(), "y".into())]
            .into(),
        dependencies: vec!["Tcpip".into(), "+NetworkProvider".into()],
        error_control: ErrorControl::Severe,
        failure: Failure {
            actions: vec![
                FailureAction { kind: FailureKind::Restart, delay_ms: 1000 },
                FailureAction { kind: FailureKind::Run, delay_ms: 0 },
                FailureAction { kind: FailureKind::None, delay_ms: 0 },
            ],
            reset_seconds: 60,
            on_error_exit: true,
            command: Some(one_line.clone()),
        },
        stop_timeout_ms: 30_000,
        sid_type: SidType::Restricted,
        required_privileges: vec!["SeChangeNotifyPrivilege".into()],
        security_descriptor: Some("D:(A;;CC;;;SY)".into()),
        preshutdown_timeout_ms: Some(60_000),
        triggers: vec!["start/networkon".into(), one_line.clone()],
        event_log: Some(EventLog { source: one_line.clone(), log: "Application".into(), messages: vec![] }),
        crash_dumps: Some(CrashDumps::default()),
        firewall: vec![FirewallRule {
            name: one_line.clone(),
            protocol: Protocol::Tcp,
            port: "${PORT}".into(),
            profiles: vec![NetworkProfile::Domain, NetworkProfile::Private],
            remote: vec!["LocalSubnet".into()],
        }],
        url_acl: vec!["http://+:${PORT}/".into()],
        certificates: vec![Certificate { store: "My".into(), by: CertificateBy::Subject(one_line.clone()) }],
        health: Health {
            http: Some("http://127.0.0.1:${PORT}/healthz?a=1&b=[2]".into()),
            tcp: Some("127.0.0.1:${PORT}".into()),
            command: vec!["agent.exe".into(), one_line.clone()],
            ..Health::default()
        },
    };
    let parameter = |name: &str, kind, default: Option<&str>| Parameter {
        name: name.into(),
        kind,
        default: default.map(Into::into),
        description: text.clone(),
        secret: false,
    };
    RenderInput {
        service: ServiceJson {
            schema_version: service_json::VERSION,
            id: "acme".into(),
            name: "acme".into(),
            version: "1.2.3-rc.1".into(),
            target: "x86_64-pc-windows-gnu".into(),
            min_windows: "10.0.14393".into(),
            install: Install {
                hooks: Hooks { pre_stop: vec!["agent.exe".into(), one_line.clone()], ..Hooks::default() },
                ..Install::new(r"%ProgramFiles%\acme", r"%ProgramData%\acme")
            },
            parameters: vec![
                parameter("PORT", ParameterType::Port, Some("8080")),
                parameter("COUNT", ParameterType::Integer, None),
                parameter("FLAG", ParameterType::Boolean, Some("true")),
                parameter("WHERE", ParameterType::Path, None),
                parameter("VERBOSE", ParameterType::String, Some("x")),
            ],
            services: vec![spec],
            config_files: vec![BundlePath::new("conf/it's $(x) & 日本.toml").unwrap()],
        },
        about: About {
            description: text.clone(),
            authors: vec![text.clone()],
            homepage: text.clone(),
            repository: text.clone(),
            license: text,
        },
        archive: "acme-1.2.3".into(),
        files: ["agent.exe", "service.json", "conf/it's $(x) & 日本.toml"].map(|f| BundlePath::new(f).unwrap()).into(),
        templates: vec![],
    }
}

/// A service with nothing but its name.
pub fn small() -> RenderInput {
    let mut input = rich("Watches things");
    let spec = &mut input.service.services[0];
    spec.name = ServiceName::new("Agent").unwrap();
    spec.args.clear();
    spec.env.clear();
    spec.dependencies.clear();
    spec.failure = Failure::default();
    spec.sid_type = SidType::Unrestricted;
    spec.required_privileges.clear();
    spec.security_descriptor = None;
    spec.health = Health::default();
    spec.account = Account::Virtual;
    spec.preshutdown_timeout_ms = None;
    spec.triggers.clear();
    spec.crash_dumps = None;
    spec.firewall.clear();
    spec.url_acl.clear();
    spec.certificates.clear();
    input.service.install.hooks = Hooks::default();
    input.service.config_files.clear();
    input.service.parameters.clear();
    input
}

/// One rendered file.
pub fn script(input: &RenderInput, name: &str) -> String {
    let texts = bundle_texts(input).unwrap();
    let file = texts.files.into_iter().find(|f| f.path.as_str() == name).unwrap();
    String::from_utf8(file.bytes).unwrap()
}

/// The names of the PowerShell scripts.
pub const PS1: [&str; 4] = ["install.ps1", "rollback.ps1", "uninstall.ps1", "status.ps1"];

/// The value in the data block of a PowerShell script.
pub fn data_block(script: &str) -> &str {
    let start = script.find("$Bundle = ").expect("data block") + "$Bundle = ".len();
    let end = script.find("# ---- end of data").expect("end of data");
    &script[start..end]
}

/// What tree-sitter does not understand, with its line.
pub fn errors(parser: &mut tree_sitter::Parser, text: &str) -> Vec<String> {
    fn walk(node: tree_sitter::Node<'_>, text: &str, out: &mut Vec<String>) {
        if node.is_error() || node.is_missing() {
            let line = node.start_position().row + 1;
            out.push(format!("line {line}: {:.80}", &text[node.byte_range()]));
        }
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            walk(child, text, out);
        }
    }
    let text = text.trim_start_matches('\u{FEFF}');
    let tree = parser.parse(text, None).unwrap();
    let mut out = Vec::new();
    walk(tree.root_node(), text, &mut out);
    out
}

/// A parser for PowerShell.
pub fn powershell() -> tree_sitter::Parser {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_powershell::LANGUAGE.into()).unwrap();
    parser
}

/// Any text, mostly hostile.
pub fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::collection::vec(prop::sample::select(HOSTILE.chars().collect::<Vec<_>>()), 0..60)
            .prop_map(String::from_iter),
        any::<String>().prop_map(|s| s.replace('\0', "")),
    ]
}

/// The same parameters of install.ps1, and nothing else of a configuration.
pub fn bare(input: &RenderInput) -> RenderInput {
    let mut plain = small();
    plain.service.parameters.clone_from(&input.service.parameters);
    for parameter in &mut plain.service.parameters {
        parameter.default = None;
        parameter.description = String::new();
    }
    plain
}

fn any_parameters() -> impl Strategy<Value = Vec<Parameter>> {
    use ParameterType::{Boolean, Integer, Path, Port, String as Text};
    let kind = prop::sample::select(vec![Port, Integer, Boolean, Path, Text]);
    // The last names are those of parameters that install.ps1 or every script has already.
    let name = prop_oneof![
        "[A-Z][A-Z0-9_]{0,12}",
        prop::sample::select(vec!["VERBOSE", "WHAT_IF", "INSTALL_DIR", "QUIET", "ERROR_ACTION"]).prop_map(String::from)
    ];
    let one = (name, kind, prop::option::of(any_text()), any_text(), any::<bool>());
    let one = one.prop_map(|(name, kind, default, description, secret)| Parameter {
        name,
        kind,
        default,
        description,
        secret,
    });
    prop::collection::vec(one, 0..5).prop_map(|mut list| {
        let mut seen = std::collections::BTreeSet::new();
        list.retain(|p| seen.insert(p.name.clone()));
        list
    })
}

fn any_service() -> impl Strategy<Value = ServiceSpec> {
    let name: &'static str = "[A-Za-z0-9日é_$@+#()-]([A-Za-z0-9日é ._$@+#()-]{0,40}[A-Za-z0-9é)])?";
    let account = prop_oneof![
        Just(Account::Virtual),
        Just(Account::LocalSystem),
        any_text().prop_map(|user| Account::Managed { user }),
        any_text().prop_map(|user| Account::User { user })
    ];
    let start =
        prop::sample::select(vec![StartType::Auto, StartType::DelayedAuto, StartType::Demand, StartType::Disabled]);
    let lists = (prop::collection::vec(any_text(), 0..4), prop::collection::vec((any_text(), any_text()), 0..4));
    let text = any_text();
    (name, account, start, lists, text, any::<u16>()).prop_map(|(name, account, start, lists, text, parts): (String, _, _, Lists, String, u16)| {
        let mut spec = rich(&text).service.services.remove(0);
        spec.name = ServiceName::new(name).unwrap();
        spec.account = account;
        spec.start = start;
        (spec.args, spec.env) = (lists.0, lists.1.into_iter().collect());
        let bare = small().service.services.remove(0);
        let mut part = 0;
        let mut without = || {
            part += 1;
            parts >> (part - 1) & 1 == 1
        };
        macro_rules! sometimes { ($($field:ident)*) => { $(if without() { spec.$field = bare.$field; })* } }
        sometimes!(description dependencies failure sid_type required_privileges security_descriptor event_log crash_dumps);
        sometimes!(firewall url_acl certificates health triggers preshutdown_timeout_ms);
        spec
    })
}

/// Arguments, and names and values of the environment.
type Lists = (Vec<String>, Vec<(String, String)>);

/// Any configuration: services, parameters and steps of any number, with hostile texts wherever one can stand.
pub fn any_input() -> impl Strategy<Value = RenderInput> {
    let services = prop::collection::vec(any_service(), 1..4);
    let install = (any::<bool>(), 0_u32..4, any::<bool>(), any::<bool>(), any::<bool>());
    (any_text(), services, any_parameters(), install).prop_map(|(text, services, parameters, install)| {
        let mut input = rich(&text);
        input.service.services = services;
        input.service.parameters = parameters;
        let there = &mut input.service.install;
        (there.start_after_install, there.keep, there.add_remove_programs, there.rollback_safe) =
            (install.0, install.1, install.2, install.3);
        if install.4 {
            input.service.config_files.clear();
        }
        input
    })
}

/// All PowerShell scripts of a bundle, rendered once, in the order of [`PS1`].
pub fn scripts(input: &RenderInput) -> [String; 4] {
    let texts = bundle_texts(input).unwrap();
    PS1.map(|name| {
        let file = texts.files.iter().find(|f| f.path.as_str() == name).unwrap();
        String::from_utf8(file.bytes.clone()).unwrap()
    })
}
