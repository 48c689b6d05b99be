//! install.cmd and uninstall.cmd, run by Wine's cmd.exe: hostile texts come out literally, failures leave the machine as it
//! was, removal takes away what was set up and nothing else. Nothing is built here: the "executable" is a few bytes, and
//! never has to run. tests/e2e_wine.rs runs a real service.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A test that cannot go on has failed.

mod support;

use cargo_winsvc::config::types::About;
use cargo_winsvc::formats::{ServiceJson, service_json, to_json};
use cargo_winsvc::model::{
    Account, BundlePath, EventLog, Failure, Health, Install, Parameter, ParameterType, ServiceName, ServiceSpec,
    Sha256, SidType, StartType,
};
use cargo_winsvc::render::{RenderInput, bundle_texts};
use std::fs;
use std::path::Path;
use support::{Ended, Machine, State, Value, difference};

const SERVICES: &str = r"HKLM\SYSTEM\CurrentControlSet\Services";
const PROGRAM: &str = r"C:\Program Files\Acme\agent";
const DATA: &str = r"C:\ProgramData\Acme\agent";
/// Beyond ASCII: at home where a text is carried as bytes.
const HOSTILE: &str = "\"q\" 'a' `b` $(calc) ${PATH} %PATH% !PATH! & | < > ^ ^^ (x) ]]> -->\n\tsecond \\\" line\\\r\nthird 日本 😀 “” ‘’ é\\";
/// What cmd.exe itself has to carry.
const HOSTILE_ASCII: &str = r#"C:\x\ "q" 'a' `b` $(calc) %PATH% %%i !PATH! & | < > ^ ^^ (x) ]]> "odd & calc \\" \"#;

fn service(name: &str) -> ServiceSpec {
    ServiceSpec {
        name: ServiceName::new(name).unwrap(),
        exe: "agent.exe".into(),
        display_name: format!("{name} display"),
        description: "Plain & simple".into(),
        start: StartType::Demand,
        account: Account::Virtual,
        args: vec![],
        env: [].into(),
        dependencies: vec![],
        error_control: Default::default(),
        failure: Failure::default(),
        stop_timeout_ms: 5_000,
        sid_type: SidType::Unrestricted,
        required_privileges: vec![],
        security_descriptor: None,
        preshutdown_timeout_ms: None,
        triggers: vec![],
        event_log: Some(EventLog { source: name.into(), log: "Application".into(), messages: vec![] }),
        crash_dumps: None,
        firewall: vec![],
        url_acl: vec![],
        certificates: vec![],
        health: Health { stable_ms: 1_000, timeout_ms: 2_000, ..Health::default() },
    }
}

fn bundle(services: Vec<ServiceSpec>, parameters: Vec<Parameter>) -> RenderInput {
    RenderInput {
        service: ServiceJson {
            schema_version: service_json::VERSION,
            id: "agent".into(),
            name: "agent".into(),
            version: "1.2.3".into(),
            target: "x86_64-pc-windows-gnu".into(),
            min_windows: "10.0.14393".into(),
            install: Install {
                start_after_install: false,
                ..Install::new(r"%ProgramFiles%\Acme\agent", r"%ProgramData%\Acme\agent")
            },
            parameters,
            services,
            config_files: vec![],
        },
        about: About::default(),
        archive: "agent-1.2.3".into(),
        files: ["agent.exe", "service.json", "conf/a b/!x! & %PATH% ^(1).txt", "empty.txt"]
            .map(|f| BundlePath::new(f).unwrap())
            .into(),
        templates: vec![],
    }
}

/// Writes a bundle as a user unpacks it.
fn unpack(input: &RenderInput, exe: &[u8], folder: &Path) {
    let mut files: Vec<(String, Vec<u8>)> =
        bundle_texts(input).unwrap().files.into_iter().map(|f| (f.path.as_str().to_owned(), f.bytes)).collect();
    for path in &input.files {
        let bytes = match path.as_str() {
            "agent.exe" => exe.to_vec(),
            "service.json" => to_json(&input.service).into_bytes(),
            "empty.txt" => vec![],
            other => format!("not really {other}").into_bytes(),
        };
        files.push((path.as_str().to_owned(), bytes));
    }
    files.sort();
    let sums: String = files.iter().map(|(name, bytes)| format!("{}  {name}\n", Sha256::of(bytes))).collect();
    files.push(("SHA256SUMS".into(), sums.into_bytes()));
    for (name, bytes) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// A machine with an unpacked bundle.
struct Site {
    machine: Machine,
    folder: &'static str,
    before: State,
    /// What the bundle's executable is made of.
    exe: Vec<u8>,
}

impl Site {
    fn new(input: &RenderInput) -> Self {
        Self::on(Machine::boot(), input)
    }

    fn on(machine: Machine, input: &RenderInput) -> Self {
        // No %: Wine expands it in %~dp0, cmd.exe does not.
        let folder = r"C:\users\Public\My downloads (1) & !more! ^";
        let exe = b"not really agent.exe".to_vec();
        unpack(input, &exe, &machine.path(folder));
        let before = machine.state();
        Site { machine, folder, before, exe }
    }

    fn again(&mut self, input: &RenderInput) {
        let folder = self.machine.path(self.folder);
        fs::remove_dir_all(&folder).unwrap();
        unpack(input, &self.exe, &folder);
        self.before = self.machine.state();
    }

    fn run(&self, script: &str, arguments: &str) -> Ended {
        self.machine.cmd(&format!("\"{}\\{script}\" {arguments}", self.folder))
    }

    #[track_caller]
    fn assert_untouched(&self, said: &Ended) {
        let left = changes(&self.before, &self.machine.state());
        assert!(left.is_empty(), "{left:#?}\n{}", said.output);
    }

    #[track_caller]
    fn refuses(&self, arguments: &str, code: u32, why: &str) {
        let said = self.run("install.cmd", arguments);
        assert_eq!(said.code, code, "{}", said.output);
        assert!(said.output.contains(why), "{why}\n{}", said.output);
        self.assert_untouched(&said);
    }

    fn value(&self, service: &str, name: &str) -> Option<Value> {
        self.machine.value(&format!(r"{SERVICES}\{service}"), name)
    }
}

fn text(value: &str) -> Option<Value> {
    Some(Value::Text(value.into()))
}

/// What differs, but for the service manager's own count of started processes.
fn changes(before: &State, after: &State) -> Vec<String> {
    difference(before, after).into_iter().filter(|c| !c.contains(r"\Control\ServiceCurrent")).collect()
}

/// The C run-time's splitting of a command line.
fn split(line: &str) -> Vec<String> {
    let chars: Vec<char> = line.chars().collect();
    let (mut args, mut i) = (Vec::new(), 0);
    while i < chars.len() {
        if chars[i] == ' ' {
            i += 1;
            continue;
        }
        let (mut arg, mut quoted) = (String::new(), false);
        while i < chars.len() && (quoted || chars[i] != ' ') {
            let slashes = chars[i..].iter().take_while(|c| **c == '\\').count();
            i += slashes;
            if chars.get(i) == Some(&'"') {
                arg.extend(std::iter::repeat_n('\\', slashes / 2));
                if slashes % 2 == 1 {
                    arg.push('"');
                } else {
                    quoted = !quoted;
                }
                i += 1;
            } else {
                arg.extend(std::iter::repeat_n('\\', slashes));
                if let Some(c) = chars.get(i).filter(|c| quoted || **c != ' ') {
                    arg.push(*c);
                    i += 1;
                }
            }
        }
        args.push(arg);
    }
    args
}

#[test]
fn hostile_texts_come_out_literally_and_go_again() {
    let mut agent = service("Acme Agent (x64) #1");
    agent.display_name = HOSTILE_ASCII.chars().take(250).collect();
    agent.description = format!("{HOSTILE}{}", "x".repeat(1000));
    let no_percent = HOSTILE_ASCII.replace('%', "p");
    agent.args = vec![no_percent.clone(), String::new(), "--d=${DIR}".into(), "${DIR}\"${WORD}".into(), "${NO}".into()];
    let env = [("HOSTILE", HOSTILE_ASCII), ("OTHER", r"C:\0x\${WORD}\"), ("SIGNS", "${SIGNS}"), ("EQUAL", "${EQUAL}")];
    agent.env = env.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    agent.failure.command = Some(HOSTILE_ASCII.into());
    agent.event_log =
        Some(EventLog { source: "Acme \"source\" & %x% ^ !y!".into(), log: "Acme Log".into(), messages: vec![] });
    agent.dependencies = vec!["RpcSs".into(), "+NetworkProvider".into()];
    agent.required_privileges = vec!["SeChangeNotifyPrivilege".into()];
    agent.security_descriptor = Some("D:(A;;CCLCSWRPWPDTLOCRRC;;;SY)(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;BA)".into());
    let mut helper = service("helper");
    helper.account = Account::LocalService;
    helper.sid_type = SidType::None;
    helper.start = StartType::Disabled;
    helper.description = "日本".into();
    helper.env = [("WORD".to_owned(), "日本 😀 \"&%PATH%\"".to_owned()), ("X".to_owned(), "1".to_owned())].into();
    helper.event_log = None;
    let parameter = |name: &str, kind, default: Option<&str>| Parameter {
        name: name.into(),
        kind,
        default: default.map(Into::into),
        description: HOSTILE.into(),
        secret: false,
    };
    let parameters = vec![
        parameter("DIR", ParameterType::Path, None),
        parameter("WORD", ParameterType::String, Some("a b & c ^ !d!")),
        // Each of them would separate the values of the environment, were it not here.
        parameter("SIGNS", ParameterType::String, Some("|~;#*^@?<>{}")),
        parameter("EQUAL", ParameterType::String, None),
    ];
    let mut input = bundle(vec![agent.clone(), helper], parameters);
    input.files.extend([" blank first.txt", "=;,.txt"].map(|f| BundlePath::new(f).unwrap()));
    let site = Site::new(&input);
    let machine = &site.machine;
    let said = site.run("install.cmd", r#""DIR=C:\Some & where\!x!\\" "EQUAL===!x!=;==""#);
    let said = said.success();

    let name = "Acme Agent (x64) #1";
    assert_eq!(site.value(name, "DisplayName"), text(&agent.display_name), "{}", said.output);
    assert_eq!(site.value(name, "Description"), text(&agent.description));
    let Some(Value::Text(line)) = site.value(name, "ImagePath") else { panic!("no ImagePath") };
    let word = "a b & c ^ !d!";
    let dir = r"C:\Some & where\!x!\\";
    let want =
        [&format!(r"{PROGRAM}\agent.exe"), &no_percent, "", &format!("--d={dir}"), &format!("{dir}\"{word}"), "${NO}"];
    assert_eq!(split(&line), want, "{line}");
    assert!(line.starts_with(&format!("\"{PROGRAM}\\agent.exe\" ")), "{line}");
    let environment = Value::List(vec![
        "EQUAL===!x!=;==".into(),
        format!("HOSTILE={HOSTILE_ASCII}"),
        format!(r"OTHER=C:\0x\{word}\"),
        "SIGNS=|~;#*^@?<>{}".into(),
    ]);
    assert_eq!(site.value(name, "Environment"), Some(environment));
    assert_eq!(site.value(name, "FailureCommand"), text(HOSTILE_ASCII));
    assert_eq!(site.value(name, "ObjectName"), text(&format!(r"NT SERVICE\{name}")));
    assert_eq!(site.value(name, "RequiredPrivileges"), Some(Value::List(vec!["SeChangeNotifyPrivilege".into()])));
    let source = format!(r#"{SERVICES}\EventLog\Acme Log\Acme "source" & %x% ^ !y!"#);
    let file = Value::Expand(format!(r"{PROGRAM}\agent.exe"));
    assert_eq!(machine.value(&source, "EventMessageFile"), Some(file));
    assert_eq!(machine.value(&source, "TypesSupported"), Some(Value::Number(7)));
    assert_eq!(site.value("helper", "Description"), text("日本"));
    let environment = Value::List(vec!["WORD=日本 😀 \"&%PATH%\"".into(), "X=1".into()]);
    assert_eq!(site.value("helper", "Environment"), Some(environment));
    assert_eq!(site.value("helper", "ObjectName"), text(r"NT AUTHORITY\LocalService"));
    assert_eq!(site.value("helper", "Start"), Some(Value::Number(4)));
    for file in &input.files[2..] {
        let copied = fs::read_to_string(machine.path(PROGRAM).join(file.as_str())).unwrap();
        assert_eq!(copied, if file.as_str() == "empty.txt" { String::new() } else { format!("not really {file}") });
    }
    let acl = machine.acl(DATA).unwrap();
    assert!(acl.contains("(A;OICI;0x1301bf;;;S-1-5-19)") && acl.matches("S-1-5-80-").count() == 1, "{acl}");

    let said = site.run("uninstall.cmd", "").success();
    site.assert_untouched(&said);
    let again = site.run("uninstall.cmd", "").success();
    assert!(again.output.contains("not installed"), "{}", again.output);
    site.assert_untouched(&again);
}

#[test]
fn each_failure_leaves_the_machine_as_it_was() {
    let mut input = bundle(vec![service("one"), service("two")], vec![]);
    input.service.services[1].required_privileges = vec!["SeChangeNotifyPrivilege".into()];
    input.service.services[1].security_descriptor = Some("D:(A;;CCLCSWRPWPDTLOCRRC;;;SY)".into());
    input.service.services[0].description = "日本".into();
    input.service.services[1].env = [("A".to_owned(), "b".to_owned())].into();
    let mut site = Site::new(&input);
    let calls = [
        "sc create two",
        "sc failure two",
        "sc failureflag two",
        "sc sidtype two",
        "sc privs two",
        "sc sdset two",
        "sc showsid two",
        "sc description two",
        r"icacls C:\Program Files\Acme\agent",
        r"icacls C:\ProgramData\Acme\agent /inheritance:r",
        r"icacls C:\ProgramData\Acme\agent /grant *S-1-5-80",
    ];
    for call in calls {
        site.machine.order_failure(call, 1359);
        let said = site.run("install.cmd", "");
        site.machine.forget_failures();
        assert_eq!(said.code, 1603, "{call}\n{}", said.output);
        assert!(said.output.contains("1359") && said.output.contains("as it was before"), "{call}\n{}", said.output);
        site.assert_untouched(&said);
    }
    // The executable is no executable: the start fails, with everything set up.
    input.service.install.start_after_install = true;
    site.again(&input);
    let said = site.run("install.cmd", "");
    assert_eq!(said.code, 1603, "{}", said.output);
    assert!(said.output.contains("sc.exe start failed"), "{}", said.output);
    site.assert_untouched(&said);

    // A service that is gone before it has answered makes `sc stop` fail, and has stopped all the same.
    site.exe = fs::read(site.machine.path(r"C:\windows\system32\harness.exe")).unwrap();
    site.again(&input);
    site.machine.order_failure("sc start two", 1359);
    let said = site.run("install.cmd", "");
    site.machine.forget_failures();
    assert_eq!(said.code, 1603, "{}", said.output);
    site.assert_untouched(&said);
    site.run("install.cmd", "").success();
    assert_eq!(site.machine.service_state("two"), Some(4));
    // Others fail for good, and what was stopped before them runs again.
    site.machine.order_failure("sc stop one", 5);
    let said = site.run("uninstall.cmd", "");
    site.machine.forget_failures();
    assert_eq!(said.code, 1603, "{}", said.output);
    assert!(
        said.output.contains("sc.exe stop failed with code 5") && said.output.contains("sc: ordered"),
        "{}",
        said.output
    );
    assert_eq!((site.machine.service_state("one"), site.machine.service_state("two")), (Some(4), Some(4)));
    let said = site.run("uninstall.cmd", "").success();
    site.assert_untouched(&said);
    let stops = site.machine.calls().into_iter().filter(|c| c.tool == "sc" && c.args[0] == "stop");
    let codes: Vec<u32> = stops.map(|c| c.code).collect();
    assert!(codes.contains(&109), "nothing was shown: {codes:?}");
}

#[test]
fn what_is_wrong_is_refused_before_anything_changes() {
    let parameter = |name: &str, kind| Parameter {
        name: name.into(),
        kind,
        default: None,
        description: String::new(),
        secret: false,
    };
    let mut input = bundle(
        vec![service("one")],
        vec![
            parameter("PORT", ParameterType::Port),
            parameter("N", ParameterType::Integer),
            parameter("B", ParameterType::Boolean),
            Parameter { default: Some("50%".into()), ..parameter("LEVEL", ParameterType::String) },
        ],
    );
    input.service.services[0].env = [("N".to_owned(), "${N}".to_owned())].into();
    let site = Site::new(&input);
    site.refuses("", 87, "parameter PORT must be given");
    site.refuses("PORT=8080 N=1", 87, "parameter B must be given");
    for port in ["0", "65536", "x", "080", "123456", "8 0", "-1"] {
        site.refuses(&format!("\"PORT={port}\" N=1 B=true"), 87, "parameter PORT");
    }
    for number in ["9223372036854775808", "-9223372036854775809", "1.5", "-", "10000000000000000000"] {
        site.refuses(&format!("PORT=1 \"N={number}\" B=true"), 87, "parameter N");
    }
    site.refuses("PORT=1 N=1 B=yes", 87, "parameter B");
    site.refuses("PORT=1 N=1 B=true WHAT=1", 87, "WHAT");
    site.refuses("PORT=1 \"\" N=1 B=true", 87, "is no option");
    site.refuses("PORT=1 \"N\"\" B=true", 87, "holds a quote");
    site.refuses("PORT=1 N=1 B=true", 50, "the default of parameter LEVEL holds a percent sign");
    let good = "PORT=65535 N=-9223372036854775808 B=TRUE \"LEVEL=50\"";
    site.machine.tell("NotElevated", "1");
    let said = site.run("install.cmd", good);
    assert_eq!(said.code, 740, "{}", said.output);
    site.machine.run("reg", &["delete", r"HKLM\Software\standins", "/v", "NotElevated", "/f"]).success();

    let folder = site.machine.path(site.folder);
    let exe = folder.join("agent.exe");
    let was = fs::read(&exe).unwrap();
    fs::write(&exe, "changed").unwrap();
    let said = site.run("install.cmd", good);
    assert_eq!(said.code, 23, "{}", said.output);
    assert!(said.output.contains("agent.exe is not the file"), "{}", said.output);
    fs::remove_file(&exe).unwrap();
    assert_eq!(site.run("install.cmd", good).code, 23);
    fs::write(&exe, was).unwrap();
    let sums = folder.join("SHA256SUMS");
    let was = fs::read_to_string(&sums).unwrap();
    for (line, why) in [
        (format!("{}  ../../evil.exe\n", "0".repeat(64)), "does not know"),
        (was.lines().next().unwrap().to_owned() + "\n", "twice"),
        ("x\" & calc & \"  a\" & calc & \"\n".to_owned(), "does not know"),
    ] {
        fs::write(&sums, format!("{was}{line}")).unwrap();
        let said = site.run("install.cmd", good);
        assert_eq!(said.code, 23, "{line}\n{}", said.output);
        assert!(said.output.contains(why), "{line}\n{}", said.output);
    }
    let without: String = was.lines().skip(1).map(|l| format!("{l}\n")).collect();
    fs::write(&sums, without).unwrap();
    let said = site.run("install.cmd", good);
    assert!(said.code == 23 && said.output.contains("does not list"), "{}", said.output);
    fs::write(&sums, &was).unwrap();

    // Beside the bundle lies what is not its own.
    fs::write(folder.join("version.dll"), "planted").unwrap();
    let said = site.run("install.cmd", good).success();
    assert!(!site.machine.path(PROGRAM).join("version.dll").exists(), "{}", said.output);
    assert_eq!(site.value("one", "Environment"), Some(Value::List(vec!["N=-9223372036854775808".into()])));
    let installed = site.machine.state();
    let said = site.run("install.cmd", good);
    assert_eq!(said.code, 1638, "{}", said.output);
    assert_eq!(changes(&installed, &site.machine.state()), Vec::<String>::new());
}

#[test]
fn removal_keeps_what_is_not_ours() {
    let mut site = Site::new(&bundle(vec![service("one")], vec![]));
    // A folder of the same maker that was there before, and data of an earlier life.
    fs::create_dir_all(site.machine.path(r"C:\Program Files\Acme")).unwrap();
    fs::create_dir_all(site.machine.path(DATA)).unwrap();
    fs::write(site.machine.path(DATA).join("old.db"), "old").unwrap();
    let icacls = r"C:\windows\system32\icacls.exe";
    site.machine.run(icacls, &[DATA, "/grant", "*S-1-5-11:(OI)(CI)F", "/Q"]).success();
    let granted = site.machine.acl(DATA);
    site.before = site.machine.state();
    // Undone and removed, the folder has its permissions again; meanwhile nobody has what was granted before.
    site.machine.order_failure("sc create", 5);
    assert_eq!(site.run("install.cmd", "/quiet").code, 1603);
    site.machine.forget_failures();
    assert_eq!(site.machine.acl(DATA), granted);
    site.run("install.cmd", "/quiet").success();
    let acl = site.machine.acl(DATA).unwrap();
    assert!(acl.starts_with("D:P(") && !acl.contains("S-1-5-11)"), "{acl}");
    // From the installed copy, with a file of the administrator's beside it.
    fs::write(site.machine.path(PROGRAM).join("mine.txt"), "mine").unwrap();
    let said = site.machine.cmd(&format!("\"{PROGRAM}\\uninstall.cmd\"")).success();
    assert_eq!(fs::read_to_string(site.machine.path(PROGRAM).join("mine.txt")).unwrap(), "mine");
    fs::remove_dir_all(site.machine.path(PROGRAM)).unwrap();
    let left = changes(&site.before, &site.machine.state());
    assert_eq!(site.machine.acl(DATA), granted);
    assert!(left.is_empty(), "{left:#?}\n{}", said.output);

    // Without anything of others nothing stays, the script itself included.
    site.run("install.cmd", "").success();
    let said = site.machine.cmd(&format!("\"{PROGRAM}\\uninstall.cmd\" /purge")).success();
    assert!(!site.machine.path(PROGRAM).exists(), "{}", said.output);
    assert!(site.machine.path(r"C:\Program Files\Acme").exists());
    assert!(!site.machine.path(DATA).exists());
    assert_eq!(site.machine.service_state("one"), None);

    // A service of that name that is somebody else's.
    let exe = r"C:\windows\system32\harness.exe";
    site.machine.run(r"C:\windows\system32\sc.exe", &["create", "one", "binPath=", exe]).success();
    let with_other = site.machine.state();
    for (script, why) in [("uninstall.cmd", "not ours"), ("install.cmd", "exists already")] {
        let said = site.run(script, "");
        assert_eq!(said.code, 1638, "{}", said.output);
        assert!(said.output.contains(why), "{}", said.output);
    }
    assert_eq!(changes(&with_other, &site.machine.state()), Vec::<String>::new());
}

#[test]
fn what_cmd_cannot_honour_is_refused_by_name() {
    let mut input = bundle(vec![service("one")], vec![]);
    input.service.services[0].account = Account::Managed { user: r"ACME\agent$".into() };
    input.service.services[0].display_name = "two\nlines".into();
    let mut site = Site::new(&input);
    let said = site.run("install.cmd", "");
    assert_eq!(said.code, 50, "{}", said.output);
    assert!(
        said.output.contains(r"ACME\agent$") && said.output.contains("display name of service one"),
        "{}",
        said.output
    );
    assert!(said.output.contains("install.ps1"), "{}", said.output);
    site.assert_untouched(&said);
    // Wine's cmd.exe can't read UTF-8: names beyond ASCII end it before the data is read.
    let mut agent = service("one");
    agent.display_name = "日本".into();
    site.again(&bundle(vec![agent], vec![]));
    let said = site.run("install.cmd", "");
    assert_eq!(said.code, 50, "{}", said.output);
    assert!(said.output.contains("UTF-8"), "{}", said.output);
    site.assert_untouched(&said);
    // The console gets its own code page back.
    let said = site.machine.cmd(&format!("chcp 1252 & \"{}\\install.cmd\" & chcp", site.folder)).success();
    let pages: Vec<&str> = said.output.lines().filter(|l| l.contains("code page")).collect();
    assert!(pages.len() == 2 && pages.iter().all(|l| l.contains("1252")), "{}", said.output);
}

#[test]
fn names_beyond_ascii_where_cmd_reads_utf_8() {
    let mut agent = service("Dienst é 日");
    agent.exe = "空 é.exe".into();
    agent.env = [("WORD".to_owned(), "${WORD}".to_owned())].into();
    let word = Parameter {
        name: "WORD".into(),
        kind: ParameterType::String,
        default: Some("日本 é".into()),
        description: String::new(),
        secret: false,
    };
    let mut input = bundle(vec![agent], vec![word]);
    input.service.install.dir = r"%ProgramFiles%\Acmé\日 agent".into();
    input.files =
        ["空 é.exe", "service.json", "空 x.txt", "日本/😀/é & !ü!.txt"].map(|f| BundlePath::new(f).unwrap()).into();
    let site = Site::on(Machine::boot_with_utf8(), &input);
    let said = site.run("install.cmd", "").success();
    let program = r"C:\Program Files\Acmé\日 agent";
    for file in input.files.iter().filter(|f| f.as_str() != "service.json") {
        let copied = fs::read_to_string(site.machine.path(program).join(file.as_str()));
        assert_eq!(copied.ok(), Some(format!("not really {file}")), "{file}\n{}", said.output);
    }
    let environment = Value::List(vec!["WORD=日本 é".into()]);
    assert_eq!(site.value("Dienst é 日", "Environment"), Some(environment), "{}", said.output);
    assert_eq!(site.value("Dienst é 日", "ImagePath"), text(&format!("\"{program}\\空 é.exe\"")));
    // A changed file is seen, by its name.
    let said = site.machine.cmd(&format!("\"{program}\\uninstall.cmd\"")).success();
    site.assert_untouched(&said);
    let file = site.machine.path(site.folder).join("空 x.txt");
    fs::write(&file, "changed").unwrap();
    let said = site.run("install.cmd", "");
    assert_eq!(said.code, 23, "{}", said.output);
    assert!(said.output.contains("空 x.txt is not the file"), "{}", said.output);
}
