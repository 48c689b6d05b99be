//! The key table: every key that `metadata.winsvc` may hold, in the order of the reference.

use super::key_path::{KeyPath, Step};
use super::table::{Choice, Key, Level, Scope, Ty};
use super::text::Form;

const TEXT: Ty = Ty::Text(Form::Text);
const DURATION: Ty = Ty::Text(Form::Duration);

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
    Key::new("parameters", Ty::Map { key: "NAME", form: Form::ParameterName, value: &Ty::Table(PARAMETER) }, "Values asked for at install time, used as `${NAME}` in `args`, `env` and `health`.")
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
    Choice::new("native", "plain cargo with the linker that cargo's own configuration names"),
    Choice::not_yet("xwin", "Microsoft's libraries through xwin"),
    Choice::not_yet("zig", "zig as linker"),
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
    Key::new("source", TEXT, "Glob or file, relative to Cargo.toml, with `/`.").required("").example("\"conf/*.toml\""),
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
    Key::not_yet("config", "Keeps the administrator's edits on upgrade."),
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

/// One service.
pub(crate) const SERVICE: &[Key] = &[
    Key::new("bin", TEXT, "The binary target that is the service.")
        .default("the package's only binary, the one named like the service, or `default-run`")
        .example("\"acme-agent\""),
    Key::new("package", TEXT, "The workspace member that the binary belongs to.").default("the package that is bundled").example("\"acme-helper\""),
    Key::new("display-name", TEXT, "Name that people see, at most 256 characters.")
        .default("the product name; with several services, the service name")
        .example("\"Acme Agent\""),
    Key::new("description", TEXT, "What it does, as services.msc shows it.").default("`package.description`").example("\"Collects telemetry.\""),
    Key::new("start", Ty::Choice(START), "When it starts.").default("`\"delayed-auto\"`").example("\"auto\""),
    Key::new("account", Ty::AnyOf(&[Ty::Choice(ACCOUNTS), Ty::Table(ACCOUNT)]), "As whom it runs. No account with a password can be configured: passwords don't belong into a Cargo.toml.")
        .default("`\"virtual\"`")
        .example("\"local-service\""),
    Key::new("args", Ty::List(&Ty::Text(Form::Line)), "Arguments after the executable. `${NAME}` stands for a parameter; `%` is refused, because Windows would expand it.")
        .default("`[]`")
        .example("[\"--port\", \"${PORT}\"]"),
    Key::new("env", Ty::Map { key: "NAME", form: Form::EnvName, value: &Ty::Text(Form::Line) }, "Environment of the service. Every user of the machine can read it: no secrets. `${NAME}` stands for a parameter.")
        .default("`{}`")
        .example("{ RUST_LOG = \"info\" }"),
    Key::new("dependencies", Ty::List(&TEXT), "Services that have to run first; a leading `+` names a load-order group.").default("`[]`").example("[\"Tcpip\", \"+NetworkProvider\"]"),
    Key::new("error-control", Ty::Choice(ERROR_CONTROL), "What the boot does when it can't start.").default("`\"normal\"`").example("\"ignore\""),
    Key::new("failure", Ty::Table(FAILURE), "What the Service Control Manager does when the process dies."),
    Key::new("stop-timeout", DURATION, "How long the installer waits for a stop.").default("`\"30s\"`").example("\"2m\""),
    Key::new("sid-type", Ty::Choice(SID_TYPES), "Whether its token carries the service's own SID, to which files and keys can be granted.").default("`\"unrestricted\"`").example("\"restricted\""),
    Key::new("required-privileges", Ty::List(&TEXT), "The privileges it keeps; all others of its account are removed.").default("`[]`, all of the account's").example("[\"SeChangeNotifyPrivilege\"]"),
    Key::new("security-descriptor", TEXT, "Who may start, stop and change the service, in SDDL.").default("Windows' own").example("\"D:(A;;CCLCSWRPWPDTLOCRRC;;;SY)(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;BA)(A;;LCRP;;;IU)\""),
    Key::new("event-log", Ty::AnyOf(&[Ty::Bool, Ty::Table(EVENT_LOG)]), "Registers an event source, with the message texts stamped into the executable.").default("`true`").example("false"),
    Key::new("health", Ty::Table(HEALTH), "How the installer proves that the service works. Without a probe, running steadily is the proof."),
    Key::not_yet("preshutdown-timeout", "Time for a graceful end before Windows shuts down."),
    Key::not_yet("triggers", "Events that start or stop it."),
    Key::not_yet("crash-dumps", "Dumps by Windows Error Reporting."),
    Key::not_yet("firewall", "Firewall rules."),
    Key::not_yet("url-acl", "URL reservations of http.sys."),
    Key::not_yet("certificates", "Access to private keys."),
];

const START: &[Choice] = &[
    Choice::new("delayed-auto", "at boot, some two minutes after the others"),
    Choice::new("auto", "at boot"),
    Choice::new("demand", "when asked"),
    Choice::new("disabled", "never"),
];

const ACCOUNTS: &[Choice] = &[
    Choice::new("virtual", "`NT SERVICE\\<name>`, an identity of its own that Windows manages"),
    Choice::new("local-service", "`NT AUTHORITY\\LocalService`"),
    Choice::new("network-service", "`NT AUTHORITY\\NetworkService`"),
    Choice::new("local-system", "`LocalSystem`, which may do everything"),
];

const ACCOUNT: &[Key] = &[
    Key::new("user", TEXT, "A group-managed service account, `DOMAIN\\name$`.").required("").example("'ACME\\agent$'"),
    Key::new("managed", Ty::Only(true), "Windows keeps the password.")
        .required("accounts with a password of their own are not supported yet")
        .example("true"),
];

const ERROR_CONTROL: &[Choice] = &[
    Choice::new("ignore", "start Windows anyway, log nothing"),
    Choice::new("normal", "start Windows anyway, log an event"),
    Choice::new("severe", "restart with the last known good configuration"),
    Choice::new("critical", "as severe, and fail the boot if that does not help"),
];

const FAILURE: &[Key] = &[
    Key::new("actions", Ty::List(&Ty::Text(Form::FailureAction)), "What happens at the first, second and each later failure: `restart`, `run`, `reboot` with a delay, or `none`. The last one repeats for ever.")
        .default("`[\"restart/5s\", \"restart/30s\", \"restart/5m\"]`")
        .example("[\"restart/10s\", \"none\"]"),
    Key::new("reset", DURATION, "After how long without a failure the count starts anew; whole seconds.").default("`\"1d\"`").example("\"1h\""),
    Key::new("on-error-exit", Ty::Bool, "Also acts when the service stops by itself with an error code.").default("`true`").example("false"),
    Key::new("command", Ty::Text(Form::Line), "Command line for `run`.").default("none").example("'C:\\Windows\\System32\\cmd.exe /c echo failed'"),
];

const SID_TYPES: &[Choice] = &[
    Choice::new("unrestricted", "the SID is in the token"),
    Choice::new("restricted", "and the token may write only where the SID may"),
    Choice::new("none", "no SID"),
];

const EVENT_LOG: &[Key] = &[
    Key::new("source", Ty::Text(Form::Line), "Name of the event source.")
        .default("the service name")
        .example("\"AcmeAgent\""),
    Key::new("log", Ty::Text(Form::Line), "Log that it writes to.")
        .default("`\"Application\"`")
        .example("\"Application\""),
    Key::new(
        "messages",
        Ty::List(&Ty::Table(MESSAGE)),
        "Texts by event id; any other id gets a generic text, so that Event Viewer always shows something.",
    )
    .default("`[]`")
    .example("[{ id = 100, severity = \"error\", text = \"Can't open %1.\" }]"),
];

const MESSAGE: &[Key] = &[
    Key::new("id", Ty::Integer(0, 65535), "The event id; unique in the bundle.").required("").example("100"),
    Key::new("severity", Ty::Choice(SEVERITIES), "Its severity.").default("`\"information\"`").example("\"error\""),
    Key::new("text", TEXT, "The text; `%1` to `%99` are the strings of the event.")
        .required("")
        .example("\"Can't open %1.\""),
];

const SEVERITIES: &[Choice] = &[
    Choice::new("success", "no problem"),
    Choice::new("information", "worth knowing"),
    Choice::new("warning", "worth a look"),
    Choice::new("error", "something failed"),
];

const HEALTH: &[Key] = &[
    Key::new(
        "http",
        TEXT,
        "`http://127.0.0.1:PORT/path`, healthy when it answers 2xx. `${NAME}` stands for a parameter.",
    )
    .default("none")
    .example("\"http://127.0.0.1:${PORT}/healthz\""),
    Key::new("tcp", TEXT, "`127.0.0.1:PORT`, healthy when it accepts a connection.")
        .default("none")
        .example("\"127.0.0.1:${PORT}\""),
    Key::new("timeout", DURATION, "How long the probe may take to pass.").default("`\"30s\"`").example("\"1m\""),
    Key::new("stable", DURATION, "How long it has to run with one process id.").default("`\"10s\"`").example("\"3s\""),
    Key::not_yet("command", "A program whose exit code tells."),
];

const PARAMETER: &[Key] = &[
    Key::new(
        "default",
        Ty::AnyOf(&[TEXT, Ty::Integer(i64::MIN, i64::MAX), Ty::Bool]),
        "Taken when the administrator gives none.",
    )
    .default("none: a value has to be given")
    .example("\"8080\""),
    Key::new("type", Ty::Choice(PARAMETER_TYPES), "What it may hold.").default("`\"string\"`").example("\"port\""),
    Key::new("description", TEXT, "What it is for.").default("none").example("\"Port of the web interface\""),
    Key::not_yet("secret", "A value that becomes a file only the service can read."),
];

const PARAMETER_TYPES: &[Choice] = &[
    Choice::new("string", "text without control characters, quotes or `%`"),
    Choice::new("integer", "a whole number of 64 bits"),
    Choice::new("port", "1 to 65535"),
    Choice::new("boolean", "`true` or `false`"),
    Choice::new("path", "an absolute Windows path"),
];

const INSTALL: &[Key] = &[
    Key::new("dir", TEXT, "Program folder, writable by administrators only. `%VARIABLES%` are expanded on the target machine, `{{ id }}` and `{{ name }}` at build time.")
        .default("`'%ProgramFiles%\\{{ id }}'`")
        .example("'%ProgramFiles%\\Acme\\{{ id }}'"),
    Key::new("data-dir", TEXT, "Folder that the services may write.").default("`'%ProgramData%\\{{ id }}'`").example("'D:\\Acme\\data'"),
    Key::new("start-after-install", Ty::Bool, "Starts the services at the end of the installation and proves their health.").default("`true`").example("false"),
    Key::not_yet("keep", "How many former versions stay installed."),
    Key::not_yet("add-remove-programs", "An entry in the list of installed programs."),
    Key::not_yet("rollback-safe", "Whether an automatic rollback is harmless for the data."),
    Key::not_yet("hooks", "The administrator's own steps."),
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
