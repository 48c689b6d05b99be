//! Whole bundles, and what goes wrong with a project's templates.

use super::*;
use crate::formats::service_json;
use crate::model::{Account, EventLog, Failure, Health, Install, Parameter, ParameterType, ServiceName, ServiceSpec};

pub(super) fn input() -> RenderInput {
    let name = ServiceName::new("Agent").expect("name");
    RenderInput {
        service: ServiceJson {
            schema_version: service_json::VERSION,
            id: "agent".into(),
            name: "agent".into(),
            version: "1.2.3".into(),
            target: "x86_64-pc-windows-gnu".into(),
            min_windows: "10.0.14393".into(),
            install: Install::new(r"%ProgramFiles%\agent", r"%ProgramData%\agent"),
            parameters: vec![Parameter {
                name: "PORT".into(),
                kind: ParameterType::Port,
                default: Some("8080".into()),
                description: "Port to listen on".into(),
                secret: false,
            }],
            services: vec![ServiceSpec {
                name,
                exe: "agent.exe".into(),
                display_name: "Agent".into(),
                description: "Watches".into(),
                start: Default::default(),
                account: Account::Virtual,
                args: vec!["--port".into(), "${PORT}".into()],
                env: [("RUST_LOG".to_owned(), "info".to_owned())].into(),
                dependencies: vec![],
                error_control: Default::default(),
                failure: Failure::default(),
                stop_timeout_ms: 30_000,
                sid_type: Default::default(),
                required_privileges: vec![],
                security_descriptor: None,
                preshutdown_timeout_ms: None,
                triggers: vec![],
                event_log: Some(EventLog { source: "Agent".into(), log: "Application".into(), messages: vec![] }),
                crash_dumps: None,
                firewall: vec![],
                url_acl: vec![],
                certificates: vec![],
                health: Health { http: Some("http://127.0.0.1:${PORT}/healthz".into()), ..Health::default() },
            }],
            config_files: vec![],
        },
        about: Default::default(),
        archive: "agent-1.2.3-x86_64-pc-windows-gnu".into(),
        files: ["agent.exe", "service.json"].map(|f| BundlePath::new(f).expect("path")).into(),
        templates: vec![],
    }
}

fn with(templates: &[(&str, &str)]) -> Result<BundleTexts, Problems> {
    let mut input = input();
    input.templates = templates.iter().map(|(n, t)| UserTemplate { name: (*n).into(), text: (*t).into() }).collect();
    bundle_texts(&input)
}

fn text<'a>(texts: &'a BundleTexts, name: &str) -> &'a str {
    let file = texts.files.iter().find(|f| f.path.as_str() == name).expect("file");
    std::str::from_utf8(&file.bytes).expect("UTF-8")
}

#[test]
fn all_scripts_are_there_with_their_line_ends() {
    let texts = with(&[]).expect("renders");
    let names: Vec<&str> = texts.files.iter().map(|f| f.path.as_str()).collect();
    assert_eq!(names, SCRIPTS);
    for name in SCRIPTS {
        let text = text(&texts, name);
        assert_eq!(text.starts_with('\u{FEFF}'), name.ends_with(".ps1"), "{name}");
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "{name}");
        assert!(!text.contains("\r\r") && !text.contains("{{") && !text.contains("{%"), "{name}");
    }
}

#[test]
fn each_label_is_there_once() {
    let mut input = input();
    input.service.services[0].display_name = "日本".into();
    let texts = bundle_texts(&input).expect("renders");
    for name in ["install.cmd", "uninstall.cmd"] {
        let text = text(&texts, name);
        let mut labels: Vec<&str> = text.lines().filter(|l| l.starts_with(':')).collect();
        assert!(labels.contains(&":data") && labels.contains(&":stop_service"), "{name}");
        let all = labels.len();
        labels.sort_unstable();
        labels.dedup();
        assert_eq!(labels.len(), all, "{name}: {labels:?}");
        for word in text.lines().filter(|l| !l.starts_with("rem ")).flat_map(str::split_whitespace) {
            // `call :error`, `goto :end`; those with a ! are put together at run time.
            let label = word.starts_with(':').then_some(word).filter(|w| w.len() > 1 && !w.contains('!'));
            assert!(label.is_none_or(|l| labels.contains(&l)), "{name}: {word}");
        }
    }
}

#[test]
fn a_default_never_holds_the_separator_of_the_environment() {
    let mut input = input();
    input.service.services[0].env = [("A".to_owned(), "${PORT}".to_owned()), ("B".to_owned(), "~".to_owned())].into();
    for (default, separator) in [("8080", "|"), ("a|b", ";"), ("|;#", "*")] {
        input.service.parameters[0].kind = ParameterType::String;
        input.service.parameters[0].default = Some(default.into());
        let texts = bundle_texts(&input).expect("renders");
        let install = text(&texts, "install.cmd");
        assert!(install.contains(&format!("set \"S.1.ENVSEP={separator}\"\r\n")), "{default}");
        assert!(install.contains("set \"P.1.CANNOT=\"\r\n"), "{default}");
    }
    for (default, why) in
        [("50%", "percent"), ("a\"b", "quote"), ("a\nb", "line break"), ("\\\\", "nothing but backslashes")]
    {
        input.service.parameters[0].default = Some(default.into());
        let texts = bundle_texts(&input).expect("renders");
        let install = text(&texts, "install.cmd");
        let line = install.lines().find(|l| l.contains("P.1.CANNOT=")).expect("said");
        assert!(line.contains(why), "{line}");
    }
}

#[test]
fn no_service_no_scripts() {
    let mut input = input();
    input.service.services.clear();
    let texts = bundle_texts(&input).expect("renders");
    assert_eq!(texts.files.len(), 1);
    assert!(text(&texts, "README.txt").contains("agent.exe"));
}

#[test]
fn a_project_overrides_and_adds() {
    let texts = with(&[
        ("status.ps1", "Write-Output {{ name }}\n"),
        ("conf/agent.toml.tera", "name = \"{{ services[0].displayName }}\"\n"),
        ("partials/mine.ps1", "x"),
    ])
    .expect("renders");
    assert_eq!(texts.overridden, ["status.ps1"]);
    assert_eq!(text(&texts, "status.ps1"), "\u{FEFF}Write-Output 'agent'\r\n");
    assert_eq!(text(&texts, "conf/agent.toml"), "name = \"Agent\"\n");
    assert!(
        text(&texts, "install.cmd").contains(r#"="conf\agent.toml""#)
            || text(&texts, "install.cmd").contains(r"=conf\agent.toml")
    );
    assert!(!texts.files.iter().any(|f| f.path.as_str().starts_with("partials")));
}

#[test]
fn every_mistake_at_once_with_line_and_cause() {
    let problems = with(&[("a.ps1", "line\n{% if %}\n"), ("b.txt", "x {{ name \n"), ("c.txt", "\u{FDD0}")])
        .expect_err("three mistakes")
        .0;
    let said: Vec<String> =
        problems.iter().map(|p| format!("{} {}", p.place.as_ref().expect("place"), p.what)).collect();
    assert_eq!(problems.len(), 3, "{said:?}");
    assert!(said[0].starts_with("a.ps1:2"), "{said:?}");
    assert!(said[1].starts_with("b.txt:"), "{said:?}");
    assert!(said[2].contains("noncharacter"), "{said:?}");
    let problems =
        with(&[("a.txt", "1\n2\n{{ nmae }}"), ("b.txt", "{{ name | nofilter }}")]).expect_err("unknown names").0;
    assert!(!problems.is_empty());
    let problems = with(&[("a.txt", "1\n2\n{{ nmae }}")]).expect_err("unknown name").0;
    let first = &problems[0];
    assert_eq!(first.place.as_ref().and_then(|p| p.line), Some(3), "{first:?}");
    assert!(first.what.contains("a.txt") && first.what.contains("nmae"), "{}", first.what);
}

#[test]
fn a_template_may_not_land_on_another_file() {
    let problems = with(&[("AGENT.exe.tera", "x")]).expect_err("collision").0;
    assert!(problems[0].what.contains("`agent.exe`"), "{}", problems[0].what);
    let problems = with(&[("con.txt", "x")]).expect_err("device").0;
    assert!(problems[0].what.contains("device"), "{}", problems[0].what);
    for name in ["install.state", "Install.ACL/a.txt.tera"] {
        let problems = with(&[(name, "x")]).expect_err("written").0;
        assert!(problems[0].what.contains("an installation writes `install."), "{}", problems[0].what);
    }
}

#[test]
fn an_asset_is_escaped_by_its_extension() {
    let mut input = input();
    input.about.description = "a <b> \"c\" $(d)".into();
    let context = asset_context(&input);
    let of = |name: &str, text: &str| {
        String::from_utf8(render_asset(name, text, &context).expect("renders")).expect("UTF-8")
    };
    assert_eq!(of("a.xml", "<x y='{{ about.description }}'/>"), "<x y='a &lt;b&gt; &quot;c&quot; $(d)'/>");
    assert_eq!(of("a.json", "[{{ about.description }}, {{ parameters | json }}]").matches("\\\"c\\\"").count(), 1);
    assert_eq!(of("a.md", "{{ about.description }}"), r#"a \<b\> \"c\" \$\(d\)"#);
    assert_eq!(of("a.ps1", "\"{{ about.description }}\""), "\u{FEFF}\"a <b> `\"c`\" `$(d)\"");
    let refused = render_asset("a.ps1", "`{{ name }}", &context).expect_err("backtick");
    assert!(refused.what.contains("backtick"), "{}", refused.what);
}
