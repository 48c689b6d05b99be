//! Schema and decoder agree, and every key of the table is decoded.

use super::{bad_machine, bad_root, bad_services};
use crate::cli::BuildArgs;
use crate::config::check::{check, fits};
use crate::config::keys::ROOT;
use crate::config::table::{Key, Level, Scope, Ty};
use crate::config::testing::{package, table, workspace};
use crate::config::text::Form;
use crate::config::{json_schema, resolve};
use crate::model::target;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn full() -> Value {
    table(include_str!("full.toml"))
}

/// What the structural check says, and what the schema says.
fn verdicts(schema: &jsonschema::Validator, document: &Value) -> (bool, bool) {
    let mut faults = Vec::new();
    check(document, &mut faults);
    (faults.is_empty(), schema.is_valid(document))
}

fn schema() -> jsonschema::Validator {
    jsonschema::draft202012::new(&json_schema()).expect("a good schema")
}

#[test]
fn the_schema_is_one() {
    assert!(jsonschema::draft202012::meta::is_valid(&json_schema()));
    assert_eq!(json_schema()["$schema"], "https://json-schema.org/draft/2020-12/schema");
}

#[test]
fn every_property_is_documented() {
    fn walk(schema: &Value, path: &str) {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}.{name}");
            let is_triple = target::KNOWN.contains(&name.as_str());
            assert!(is_triple || property["description"].as_str().is_some_and(|d| d.len() > 10), "{path}");
            walk(property, &path);
            for alternative in property["anyOf"].as_array().into_iter().flatten() {
                walk(alternative, &path);
            }
        }
        for key in ["additionalProperties", "items"] {
            if schema[key].is_object() {
                walk(&schema[key], &format!("{path}.*"));
            }
        }
    }
    walk(&json_schema(), "");
}

#[test]
fn both_judge_a_corpus_alike() {
    let schema = schema();
    let mut good = vec![full(), json!({})];
    for text in [
        "services = false",
        "resource = false",
        "services.A.event-log = true",
        "services.A.account = \"virtual\"",
        "resource.manifest = false",
        "parameters.A.default = true",
        "parameters.A.default = -5",
        "services.\"日本 x\" = {}",
        "target.x86_64-pc-windows-msvc.services.A.start = \"auto\"",
        "variants.pro = { profile = \"x\", targets = [], install.start-after-install = false }",
        "services.A.event-log.messages = [{ id = 65535, text = \"\" }]",
        "services.A.triggers = []",
        "services.A.account = { user = 'A\\b$' }",
        "services.A.account = { user = 'A\\b', managed = false }",
        "services.A.crash-dumps = false",
        "services.A.firewall = [\"\", { protocol = \"udp\", port = 65535 }, { protocol = \"tcp\", port = \"\" }]",
        "services.A.certificates = [\"x\", {}]",
        "install = { keep = 0, hooks = {} }",
        "services.A.failure.actions = [\"none\", \"none/5s\", \"reboot/1m\"]",
    ] {
        good.push(table(text));
    }
    for document in good {
        assert_eq!(verdicts(&schema, &document), (true, true), "{document}");
    }
    let mut bad = vec![json!([]), json!(null), json!("x"), json!({ "id": null })];
    for text in [
        "idd = 1",
        "id = 1",
        "services = true",
        "services.A = 1",
        "services.A.strat = \"auto\"",
        "services.A.triggers = 1",
        "services.A.triggers = [\"a\\n\"]",
        "services.A.account = { managed = true }",
        "services.A.crash-dumps = \"mini\"",
        "services.A.crash-dumps = { count = 0 }",
        "services.A.firewall = \"tcp/80\"",
        "services.A.firewall = [{ protocol = \"tcp\" }]",
        "services.A.firewall = [{ protocol = \"tcp\", port = 0 }]",
        "services.A.firewall = [{ protocol = \"tcp\", port = 80, profiles = [\"any\"] }]",
        "services.A.certificates = [1]",
        "services.A.health.command = \"x\"",
        "services.A.event-log.messages = [{ id = 65536, text = \"\" }]",
        "services.A.event-log.messages = [{ id = 1.5, text = \"\" }]",
        "services.A.stop-timeout = \"5 s\"",
        "services.A.env.\"A=B\" = \"\"",
        "services.\"a\\u0000b\" = {}",
        "parameters.a = {}",
        "backend = \"gcc\"",
        "msvc = { sdk = \"10.0.26100\" }",
        "msvc.sdk-version = \"latest\"",
        "target.x86_64-unknown-linux-gnu = {}",
        "target.x86_64-pc-windows-gnu.profile = \"x\"",
        "variants.x.variants = {}",
        "variants.\"\" = {}",
        "assets = [{ dest = \"x\" }]",
        "install.keep = 21",
        "install.hooks = { pre-instal = [] }",
        "install.hooks.backup = \"x\"",
    ] {
        bad.push(table(text));
    }
    for document in bad {
        assert_eq!(verdicts(&schema, &document), (false, false), "{document}");
    }
    for (text, _) in bad_root::CASES.iter().chain(bad_services::CASES).chain(bad_machine::CASES) {
        let document = table(&text.replace("[package.metadata.winsvc.", "["));
        let (ours, schemas) = verdicts(&schema, &document);
        assert_eq!(ours, schemas, "{text}");
    }
}

/// Every key of a table that stands at these places, as pointers into the full document.
fn keys_of(keys: &[Key], at: &[String], full: &Value, out: &mut Vec<String>) {
    for key in keys {
        // Keys that exclude one another stand in different entries of a list.
        let pointer = at.iter().map(|at| format!("{at}/{}", key.name)).find(|p| full.pointer(p).is_some());
        let pointer = pointer.unwrap_or_else(|| panic!("full.toml has no {at:?}/{}", key.name));
        inside(&key.ty, &pointer, full, out);
        out.push(pointer);
    }
}

fn inside(ty: &Ty, at: &str, full: &Value, out: &mut Vec<String>) {
    match ty {
        Ty::Table(keys) => keys_of(keys, &[at.to_owned()], full, out),
        Ty::Map { value, .. } => {
            let entries = full.pointer(at).and_then(Value::as_object).expect("a table");
            let places: Vec<String> = entries.keys().map(|name| format!("{at}/{name}")).collect();
            match value {
                Ty::Table(keys) => keys_of(keys, &places, full, out),
                _ => inside(value, places.first().expect("an entry"), full, out),
            }
        }
        Ty::List(item) => {
            let items = full.pointer(at).and_then(Value::as_array).expect("a list");
            let places = (0..items.len()).map(|i| format!("{at}/{i}"));
            let tables: Vec<String> = places.filter(|p| full.pointer(p).is_some_and(Value::is_object)).collect();
            match item {
                Ty::Table(keys) => keys_of(keys, &tables, full, out),
                Ty::AnyOf(types) => {
                    let keys = types.iter().find_map(|ty| if let Ty::Table(keys) = ty { Some(keys) } else { None });
                    keys_of(keys.expect("a table"), &tables, full, out);
                }
                _ => {}
            }
        }
        Ty::AnyOf(types) => {
            let value = full.pointer(at).expect("there");
            types.iter().filter(|ty| ty.takes(value)).for_each(|ty| inside(ty, at, full, out));
        }
        _ => {}
    }
}

/// Without the value at a pointer.
fn without(document: &Value, pointer: &str) -> Value {
    let mut document = document.clone();
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    document.pointer_mut(parent).and_then(Value::as_object_mut).expect("a table").shift_remove(key);
    document
}

#[test]
fn every_key_of_the_table_changes_something() {
    let full = full();
    let mut pointers = Vec::new();
    keys_of(ROOT, &[String::new()], &full, &mut pointers);
    assert!(pointers.len() >= 97, "{}", pointers.len());
    let outcome = |document: &Value| {
        let mut agent = package("agent", &["agent", "zeta"]);
        agent.metadata = Some(document.clone());
        agent.default_run = Some("zeta".into());
        let ws = workspace(vec![agent, package("other", &["helper", "second"])]);
        let run = |variant: Option<&str>| {
            let args = BuildArgs {
                packages: vec!["agent".into()],
                variant: variant.map(str::to_owned),
                ..BuildArgs::default()
            };
            // Origins would tell them apart by themselves.
            resolve(&args, &ws).map(|mut config| {
                config.origins.clear();
                config
            })
        };
        format!("{:?} {:?}", run(None), run(Some("lite")))
    };
    let whole = outcome(&full);
    assert!(!whole.contains("Err("), "{whole}");
    for pointer in pointers {
        // It only decides whether there is a problem.
        if pointer == "/required-version" {
            let mut other = full.clone();
            other["required-version"] = json!(">=99");
            assert!(outcome(&other).contains("the project requires >=99"));
            continue;
        }
        assert_ne!(outcome(&without(&full, &pointer)), whole, "{pointer} is not decoded");
    }
}

#[test]
fn every_example_is_one() {
    fn walk(keys: &'static [Key]) -> usize {
        let mut examples = 0;
        for key in keys {
            if !key.example.is_empty() {
                let value = &table(&format!("x = {}", key.example))["x"];
                assert!(fits(value, &key.ty), "{} = {}", key.name, key.example);
                examples += 1;
            }
            examples += inner(&key.ty);
        }
        examples
    }
    fn inner(ty: &'static Ty) -> usize {
        match ty {
            Ty::Table(keys) => walk(keys),
            Ty::Map { value, .. } | Ty::List(value) => inner(value),
            Ty::AnyOf(types) => types.iter().map(inner).sum(),
            _ => 0,
        }
    }
    assert!(walk(ROOT) > 55);
}

/// Values of a type, now and then something else.
fn values(ty: &'static Ty) -> BoxedStrategy<Value> {
    let good: BoxedStrategy<Value> = match ty {
        Ty::Bool => any::<bool>().prop_map(Value::from).boxed(),
        Ty::Only(value) => Just(json!(value)).boxed(),
        Ty::Integer(min, max) => (*min..=*max).prop_map(Value::from).boxed(),
        Ty::Text(form) => text(*form).prop_map(Value::from).boxed(),
        Ty::Choice(choices) => {
            // Also those that are not supported yet.
            proptest::sample::select(choices.iter().map(|c| json!(c.name)).collect::<Vec<_>>()).boxed()
        }
        Ty::List(item) => proptest::collection::vec(values(item), 0..4).prop_map(Value::from).boxed(),
        Ty::Table(keys) => tables(keys.iter().collect()),
        Ty::Overlay(level) => tables(ROOT.iter().filter(|k| level.allows(k.scope)).collect()),
        Ty::Map { form, value, .. } => {
            let entries = proptest::collection::vec((text(*form), values(value)), 0..3);
            entries.prop_map(|entries| entries.into_iter().collect::<Map<_, _>>().into()).boxed()
        }
        Ty::PerTarget => {
            let triples =
                proptest::sample::select(vec![target::KNOWN[0], target::KNOWN[4], "x86_64-unknown-linux-gnu"]);
            let entries = proptest::collection::vec((triples, values(&Ty::Overlay(Level::Target))), 0..2);
            entries.prop_map(|e| e.into_iter().map(|(k, v)| (k.to_owned(), v)).collect::<Map<_, _>>().into()).boxed()
        }
        Ty::AnyOf(types) => proptest::strategy::Union::new(types.iter().map(values)).boxed(),
    };
    prop_oneof![40 => good, 1 => junk()].boxed()
}

/// Some of the keys; all that are required most of the time; now and then one that is not known.
fn tables(keys: Vec<&'static Key>) -> BoxedStrategy<Value> {
    let mut entries: Vec<BoxedStrategy<Option<(String, Value)>>> = Vec::new();
    for key in keys {
        let often = match key.required {
            true => 0.98,
            // Overlays nest the whole table: keep them rare.
            false if key.scope == Scope::TopOnly => 0.05,
            false => 0.35,
        };
        let value = values(&key.ty).prop_map(|v| (key.name.to_owned(), v));
        entries.push(proptest::option::weighted(often, value).boxed());
    }
    entries.push(proptest::option::weighted(0.01, ("[a-z-]{1,8}", junk())).boxed());
    entries.prop_map(|entries| entries.into_iter().flatten().collect::<Map<_, _>>().into()).boxed()
}

fn junk() -> BoxedStrategy<Value> {
    let scalars = [json!(null), json!(true), json!(false), json!(0), json!(-1), json!(1.0), json!(2.5), json!(1e300)];
    prop_oneof![
        proptest::sample::select(scalars.to_vec()),
        ".{0,6}".prop_map(Value::from),
        Just(json!("\0")),
        Just(json!([])),
        Just(json!({})),
        Just(json!([{}])),
        Just(json!({ "x": 1 })),
    ]
    .boxed()
}

/// Texts of a form, and texts that are nearly of it.
fn text(form: Form) -> BoxedStrategy<String> {
    let good = match form {
        Form::Text => "(.|\n|[\u{80}-\u{9f}]){0,6}",
        Form::Line => "[^\\x00-\\x1f\\x7f-\\x9f]{0,6}",
        Form::Duration => "[0-9]{1,9}(ms|s|m|h|d)",
        Form::FailureAction => "(restart|run|reboot|none)/[0-9]{1,9}(ms|s|m|h|d)|none",
        Form::ParameterName => "[A-Z][A-Z0-9_]{0,5}",
        Form::EnvName => "[A-Za-z_][A-Za-z0-9_.()-]{0,5}",
        Form::VariantName => "[A-Za-z0-9][A-Za-z0-9_-]{0,5}",
        Form::WindowsVersion => "[0-9]{1,9}\\.[0-9]{1,9}\\.[0-9]{1,9}",
        Form::FileVersion => "[0-9]{1,5}(\\.[0-9]{1,5}){0,3}",
    };
    let near = "[0-9]{0,10}[ .]?(ms|s|w)?|restart/?[0-9]{0,3}|none/|[A-Za-z0-9_=. -]{0,70}|[0-9.]{0,14}|a\\x00|a\n";
    prop_oneof![40 => good, 1 => near].boxed()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]
    #[test]
    fn both_judge_generated_documents_alike(document in values(&Ty::Overlay(Level::Root))) {
        let schema = schema_once();
        let (ours, schemas) = verdicts(schema, &document);
        prop_assert_eq!(ours, schemas);
    }

    #[test]
    fn both_judge_mutations_of_the_full_document_alike(at in any::<proptest::sample::Index>(), junk in junk(), rename in any::<bool>()) {
        let mut document = full();
        let mut pointers = Vec::new();
        pointers_of(&document, String::new(), &mut pointers);
        let pointer = &pointers[at.index(pointers.len())];
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        match document.pointer_mut(parent).expect("there") {
            Value::Object(map) if rename => {
                let value = map.shift_remove(key).expect("there");
                map.insert(format!("{key}x"), value);
            }
            Value::Object(map) => drop(map.insert(key.to_owned(), junk)),
            Value::Array(list) => list[key.parse::<usize>().expect("an index")] = junk,
            _ => unreachable!(),
        }
        let (ours, schemas) = verdicts(schema_once(), &document);
        prop_assert_eq!(ours, schemas, "{}", pointer);
    }
}

fn schema_once() -> &'static jsonschema::Validator {
    static SCHEMA: std::sync::OnceLock<jsonschema::Validator> = std::sync::OnceLock::new();
    SCHEMA.get_or_init(schema)
}

fn pointers_of(value: &Value, at: String, out: &mut Vec<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(k, v)| pointers_of(v, format!("{at}/{k}"), out)),
        Value::Array(list) => list.iter().enumerate().for_each(|(i, v)| pointers_of(v, format!("{at}/{i}"), out)),
        _ => {}
    }
    if !at.is_empty() {
        out.push(at);
    }
}
