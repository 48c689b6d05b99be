//! The key table: every key that `metadata.winsvc` may hold, in the order of the reference.

mod install;
mod service;

pub(crate) use service::SERVICE;

use super::key_path::{KeyPath, Step};
use super::table::{Choice, Key, Level, Scope, Ty};
use super::text::Form;
use install::{INSTALL, PARAMETER};

const TEXT: Ty = Ty::Text(Form::Text);
const LINE: Ty = Ty::Text(Form::Line);

/// The root table.
pub(crate) const ROOT: &[Key] = &[
    Key::new("id", Ty::Text(Form::Text), "Stable name of the product. Its folders and its state hang on it, so that it should never change, whatever the package or the display name becomes. Letters, digits, spaces, `.`, `_` and `-`, at most 64.")
        .default("the package name")
        .example("\"acme-agent\""),
    Key::new("required-version", TEXT, "Versions of cargo-winsvc that may package this, as a SemVer requirement.")
        .default("any")
        .example("\">=0.1, <0.3\"")
        .scope(Scope::TopOnly),
    Key::new("targets", Ty::List(&TEXT), "Windows targets, when neither `--target` nor cargo's `build.target` names any.")
        .default("`[\"x86_64-pc-windows-gnu\"]`")
        .example("[\"x86_64-pc-windows-gnu\", \"i686-pc-windows-gnu\"]")
        .scope(Scope::NotInTarget),
    Key::new("profile", TEXT, "Cargo profile to build with. `--profile` and `-r` win.")
        .default("`\"release\"`")
        .example("\"dist\"")
        .scope(Scope::NotInTarget),
    Key::new("backend", Ty::Choice(BACKENDS), "What links the executables. `--backend` wins.").default("`\"auto\"`").example("\"mingw\""),
    Key::new("crt-static", Ty::Bool, "Links the C run-time into the executables, so that nothing has to be installed beside them.")
        .default("`true`")
        .example("false"),
    Key::new("msvc", Ty::Table(MSVC), "Which of Microsoft's files an `-msvc` target is linked with through cargo-xwin. The environment (`XWIN_SDK_VERSION`, `XWIN_CRT_VERSION`) wins."),
    Key::new("debug-info", Ty::Choice(DEBUG_INFO), "How much debug information is built, over what the profile says. The symbols are made of it; the executables ship without it.")
        .default("`\"limited\"`")
        .example("\"full\""),
    Key::new("assets", Ty::List(&Ty::AnyOf(&[TEXT, Ty::Table(ASSET)])), "Further files of the bundle. `\"$auto\"` stands for README, LICENSE, COPYING, NOTICE and CHANGELOG files beside Cargo.toml, the file that `package.license-file` names, and the workspace root's licence when the package has none; any other string is a glob whose files keep their path below its fixed part. Every glob has to match a file, and none may lie outside the workspace.")
        .default("`[\"$auto\"]`")
        .example("[\"$auto\", \"conf/*.toml\", { source = \"docs/guide.pdf\", dest = \"doc/\" }]"),
    Key::new("archive-name", TEXT, "Name of the zip without `.zip`, and of the one folder in it. `{{ name }}`, `{{ version }}`, `{{ target }}` and `{{ id }}` are replaced.")
        .default("`\"{{ name }}-{{ version }}-{{ target }}\"`, with `-<variant>` after the name under `--variant`")
        .example("\"{{ id }}-{{ version }}-{{ target }}\""),
    Key::new("compression", Ty::Choice(COMPRESSION), "How hard the zip is compressed.").default("`\"default\"`").example("\"best\""),
    Key::new("symbols", Ty::Choice(SYMBOLS), "What happens to the debug information.").default("`\"archive\"`").example("\"none\""),
    Key::new("templates", TEXT, "Folder of templates that replace built-in ones of the same name or are rendered in addition, relative to Cargo.toml.")
        .default("none")
        .example("\"winsvc/templates\""),
    Key::new("min-windows", Ty::Text(Form::WindowsVersion), "Lowest Windows that the bundle installs on, as `major.minor.build`. Rust's own floor is 10.0.14393 (Windows 10 1607, Server 2016), and 6.1.7601 for the win7 targets.")
        .default("`\"10.0.14393\"`, or `\"6.1.7601\"` for win7 targets")
        .example("\"10.0.17763\""),
    Key::new("resource", Ty::AnyOf(&[Ty::Only(false), Ty::Table(RESOURCE)]), "Version information, icon, application manifest and event messages that are stamped into each executable. `false` leaves the executables as cargo built them.")
        .default("a version resource made of Cargo.toml's fields")
        .example("false"),
    Key::new("services", Ty::AnyOf(&[Ty::Only(false), SERVICES]), "The services, by name: the key is the name in the Service Control Manager. `false` packs all binaries into a plain zip that installs nothing.")
        .default("one service, named after the only binary")
        .example("false"),
    Key::new("parameters", Ty::Map { key: "NAME", form: Form::ParameterName, value: &Ty::Table(PARAMETER) }, "Values asked for at install time, used as `${NAME}` in `args`, `env`, `health`, `firewall`, `url-acl`, `certificates` and the arguments of hooks.")
        .default("none"),
    Key::new("install", Ty::Table(INSTALL), "Where and how the bundle is installed."),
    Key::new("target", Ty::PerTarget, "Values for one target, over those of the package.").scope(Scope::TopOnly),
    Key::new("variants", Ty::Map { key: "NAME", form: Form::VariantName, value: &Ty::Overlay(Level::Variant) }, "Values for `--variant NAME`, over those of the package and the target.")
        .scope(Scope::TopOnly),
];

const SERVICES: Ty = Ty::Map { key: "NAME", form: Form::Text, value: &Ty::Table(SERVICE) };

const BACKENDS: &[Choice] = &[
    Choice::new("auto", "by target and by what is installed"),
    Choice::new("mingw", "GNU mingw-w64, for `-gnu` targets"),
    Choice::new("xwin", "Microsoft's CRT and SDK through cargo-xwin, for `-msvc` targets"),
    Choice::new("zig", "zig as linker through cargo-zigbuild, for `-gnu` and `-gnullvm` targets"),
    Choice::new("native", "plain cargo: on Windows, or with the linker that cargo's own configuration names"),
];

const MSVC: &[Key] = &[
    Key::new("sdk-version", Ty::Text(Form::FileVersion), "Version of the Windows SDK.")
        .default("`\"10.0.26100\"`")
        .example("\"10.0.22621\""),
    Key::new(
        "crt-version",
        Ty::Text(Form::FileVersion),
        "Version of the C run-time: the number in the names of Microsoft's packages `Microsoft.VC.<number>.CRT…`.",
    )
    .default("`\"14.44.17.14\"`")
    .example("\"14.43.17.13\""),
];

const DEBUG_INFO: &[Choice] = &[
    Choice::new("full", "everything a debugger can use"),
    Choice::new("limited", "functions and lines, no variables"),
    Choice::new("line-tables", "lines only"),
    Choice::new("none", "no symbols"),
    Choice::new("profile", "what the cargo profile says"),
];

const COMPRESSION: &[Choice] =
    &[Choice::new("default", "a good balance"), Choice::new("best", "smaller, and much slower to pack")];

const SYMBOLS: &[Choice] = &[
    Choice::new("archive", "a `-symbols.zip` beside the bundle"),
    Choice::new("none", "it is dropped"),
    Choice::not_yet("bundle", "inside the bundle"),
];

const ASSET: &[Key] = &[
    Key::new("source", TEXT, "Glob or file, relative to Cargo.toml, with `/`.").required().example("\"conf/*.toml\""),
    Key::new(
        "dest",
        TEXT,
        "Where it goes in the bundle: a folder when it ends in `/` or several files match, else the path of the file.",
    )
    .default("the path below the glob's fixed part")
    .example("\"conf/\""),
    Key::new("template", Ty::Bool, "Renders the file as a template, in the language of its extension.")
        .default("`false`")
        .example("true"),
    Key::new(
        "config",
        Ty::Bool,
        "Administrators edit the file. A copy lies in the data folder, at the same path; an upgrade replaces it only where it is as it was shipped, and puts the new one beside an edited one as `.new`.",
    )
    .default("`false`")
    .example("true"),
];

const RESOURCE: &[Key] = &[
    Key::new("version", Ty::Text(Form::FileVersion), "File version: one to four numbers up to 65535.")
        .default("`package.version`, its three numbers and 0")
        .example("\"2.4.0.17\""),
    Key::new("product-name", TEXT, "Name of the product.").default("the package name").example("\"Acme Agent\""),
    Key::new("file-description", TEXT, "What Explorer and Task Manager show.").default("`package.description`, else the product name").example("\"Acme telemetry agent\""),
    Key::new("company-name", TEXT, "Who publishes it.").default("`package.authors` without addresses").example("\"Acme Ltd\""),
    Key::new("copyright", TEXT, "Legal copyright.").default("none").example("\"© 2026 Acme Ltd\""),
    Key::new("icon", TEXT, "An .ico file, relative to Cargo.toml; all its sizes are taken.").default("none").example("\"assets/agent.ico\""),
    Key::new("manifest", Ty::AnyOf(&[Ty::Only(false), TEXT]), "An application manifest (XML), relative to Cargo.toml; `false` stamps none.")
        .default("asInvoker, longPathAware, UTF-8 code page, Windows 7 to 11 as supported")
        .example("\"assets/agent.manifest\""),
    Key::new("override", Ty::Bool, "Replaces resources that the executable already has, such as those of a build script. Otherwise those are kept and reported.")
        .default("`false`")
        .example("true"),
];

/// The key table's entry for a path: the last key on the way that is not the user's own.
pub(crate) fn key_at(path: &KeyPath) -> Option<&'static Key> {
    let mut found: Option<&'static Key> = None;
    let mut keys: Option<&'static [Key]> = Some(ROOT);
    let mut value: Option<&'static Ty> = None;
    for step in &path.0 {
        let Step::Key(name) = step else {
            // An entry of a list: what it is made of comes next.
            if let Some(Ty::List(item)) = value {
                keys = table_in(item);
            }
            continue;
        };
        if let Some(inner) = keys {
            let key = inner.iter().find(|k| k.name == name)?;
            found = Some(key);
            value = Some(&key.ty);
            keys = table_in(&key.ty);
        } else {
            // A name of the user's own.
            let Some(Ty::Map { value: inner, .. }) = value.and_then(map_in) else { break };
            value = Some(inner);
            keys = table_in(inner);
        }
    }
    found
}

fn table_in(ty: &'static Ty) -> Option<&'static [Key]> {
    match ty {
        Ty::Table(keys) => Some(keys),
        Ty::AnyOf(types) => types.iter().find_map(table_in),
        _ => None,
    }
}

fn map_in(ty: &'static Ty) -> Option<&'static Ty> {
    match ty {
        Ty::Map { .. } => Some(ty),
        Ty::AnyOf(types) => types.iter().find_map(map_in),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_their_keys() {
        for (path, name) in [
            ("id", Some("id")),
            ("services.A.start", Some("start")),
            ("services.A.event-log.messages[3].text", Some("text")),
            ("services.A.env.PATH", Some("env")),
            ("services.A.args[1]", Some("args")),
            ("assets[1].dest", Some("dest")),
            ("parameters.PORT.default", Some("default")),
            ("resource.icon", Some("icon")),
            ("services.A", Some("services")),
            ("nothing", None),
        ] {
            assert_eq!(key_at(&KeyPath::parse(path)).map(|k| k.name), name, "{path}");
        }
    }
}
