//! Keys of a service.

use super::{LINE, TEXT};
use crate::config::table::{Choice, Key, Ty};
use crate::config::text::Form;

const DURATION: Ty = Ty::Text(Form::Duration);

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
    Key::new("account", Ty::AnyOf(&[Ty::Choice(ACCOUNTS), Ty::Table(ACCOUNT)]), "As whom it runs. Passwords don't belong into a Cargo.toml: install.ps1 takes that of a user as `-Credential`.")
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
    Key::new("preshutdown-timeout", DURATION, "How long Windows waits for it to end before a shutdown goes on, if it accepts SERVICE_CONTROL_PRESHUTDOWN.")
        .default("Windows' own, 10 s since Windows 10 1703")
        .example("\"1m\""),
    Key::new("sid-type", Ty::Choice(SID_TYPES), "Whether its token carries the service's own SID, to which files and keys can be granted.").default("`\"unrestricted\"`").example("\"restricted\""),
    Key::new("required-privileges", Ty::List(&TEXT), "The privileges it keeps; all others of its account are removed.").default("`[]`, all of the account's").example("[\"SeChangeNotifyPrivilege\"]"),
    Key::new("security-descriptor", TEXT, "Who may start, stop and change the service, in SDDL.").default("Windows' own").example("\"D:(A;;CCLCSWRPWPDTLOCRRC;;;SY)(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;BA)(A;;LCRP;;;IU)\""),
    Key::new("triggers", Ty::List(&LINE), "Events that start or stop it, each as `sc.exe triggerinfo` takes it: `start/networkon`, `stop/networkoff`, `start/domainjoin`, `stop/domainleave`, `start/machinepolicy`, `start/userpolicy`, `start/portopen/PORT;TCP` and `stop/portclose/PORT;TCP` (or `UDP`), `start/device/GUID/HARDWARE-ID/…`, `start/custom/GUID/HEX/…` and `stop/custom/GUID/HEX/…`. GUIDs may stand in braces; hardware ids and data may be left out.")
        .default("`[]`")
        .example("[\"start/networkon\", \"stop/networkoff\"]"),
    Key::new("event-log", Ty::AnyOf(&[Ty::Bool, Ty::Table(EVENT_LOG)]), "Registers an event source, with the message texts stamped into the executable.").default("`true`").example("false"),
    Key::new("crash-dumps", Ty::AnyOf(&[Ty::Bool, Ty::Table(CRASH_DUMPS)]), "Has Windows Error Reporting write a dump when the executable crashes. A panic that unwinds is no crash: `panic = \"abort\"` in the profile makes it one.")
        .default("`false`")
        .example("true"),
    Key::new("firewall", Ty::List(&Ty::AnyOf(&[TEXT, Ty::Table(FIREWALL)])), "Firewall rules that let traffic in to the service: `\"tcp/8080\"`, `\"udp/${PORT}\"`, or tables.")
        .default("`[]`")
        .example("[\"tcp/${PORT}\", { protocol = \"udp\", port = \"5000-5010\", remote = [\"LocalSubnet\"] }]"),
    Key::new("url-acl", Ty::List(&LINE), "URL prefixes of http.sys that the service may listen on, as `netsh http add urlacl` takes them: scheme, host (`+` for all), port, and a path that ends in `/`. `${NAME}` stands for a parameter.")
        .default("`[]`")
        .example("[\"http://+:${PORT}/agent/\"]"),
    Key::new("certificates", Ty::List(&Ty::AnyOf(&[TEXT, Ty::Table(CERTIFICATE)])), "Certificates of the machine whose private keys the service may read: thumbprints in the store `My`, or tables. `${NAME}` stands for a parameter.")
        .default("`[]`")
        .example("[\"${CERT}\", { store = \"WebHosting\", subject = \"CN=agent.example.com\" }]"),
    Key::new("health", Ty::Table(HEALTH), "How the installer proves that the service works. Without a probe, running steadily is the proof."),
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
    Key::new("user", TEXT, "A group-managed service account, `DOMAIN\\name$`, or a user, `DOMAIN\\name`; `.\\name` is one of the machine's own.")
        .required()
        .example("'ACME\\agent$'"),
    Key::new("managed", Ty::Bool, "Windows keeps the password: `user` is a group-managed service account.")
        .default("`false`")
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
    Key::new("id", Ty::Integer(0, 65535), "The event id; unique in the bundle.").required().example("100"),
    Key::new("severity", Ty::Choice(SEVERITIES), "Its severity.").default("`\"information\"`").example("\"error\""),
    Key::new("text", TEXT, "The text; `%1` to `%99` are the strings of the event.")
        .required()
        .example("\"Can't open %1.\""),
];

const SEVERITIES: &[Choice] = &[
    Choice::new("success", "no problem"),
    Choice::new("information", "worth knowing"),
    Choice::new("warning", "worth a look"),
    Choice::new("error", "something failed"),
];

const CRASH_DUMPS: &[Key] = &[
    Key::new("type", Ty::Choice(DUMPS), "How much a dump holds.").default("`\"mini\"`").example("\"full\""),
    Key::new("count", Ty::Integer(1, 1000), "How many are kept; a new one replaces the oldest.")
        .default("`10`")
        .example("5"),
    Key::new(
        "folder",
        TEXT,
        "Where they go: an absolute Windows path, which may start with a variable such as `%ProgramData%`.",
    )
    .default("`dumps` below the data folder")
    .example("'D:\\dumps\\acme'"),
];

const DUMPS: &[Choice] = &[
    Choice::new("mini", "threads and their stacks"),
    Choice::new("full", "all memory of the process, secrets included"),
];

const FIREWALL: &[Key] = &[
    Key::new("protocol", Ty::Choice(PROTOCOLS), "Its protocol.").required().example("\"tcp\""),
    Key::new(
        "port",
        Ty::AnyOf(&[TEXT, Ty::Integer(1, 65535)]),
        "Local ports: numbers, ranges and parameters, separated by commas.",
    )
    .required()
    .example("\"8080,9000-9010,${PORT}\""),
    Key::new("name", TEXT, "Name of the rule, unique on the machine.")
        .default("service name, protocol and port")
        .example("\"Acme Agent (web)\""),
    Key::new(
        "profiles",
        Ty::List(&Ty::Choice(PROFILES)),
        "The kinds of network that it holds on.",
    )
    .default("`[\"domain\", \"private\"]`")
    .example("[\"domain\"]"),
    Key::new(
        "remote",
        Ty::List(&TEXT),
        "Who may connect: addresses, `10.0.0.0/8`, `10.0.0.1-10.0.0.9`, or `LocalSubnet`, `DNS`, `DHCP`, `WINS`, `DefaultGateway`, `Internet`, `Intranet`.",
    )
    .default("`[]`, anybody")
    .example("[\"LocalSubnet\"]"),
];

const PROTOCOLS: &[Choice] = &[Choice::new("tcp", "TCP"), Choice::new("udp", "UDP")];

const PROFILES: &[Choice] = &[
    Choice::new("domain", "a network of the machine's own domain"),
    Choice::new("private", "a network that an administrator trusts"),
    Choice::new("public", "any other network"),
];

const CERTIFICATE: &[Key] = &[
    Key::new("store", TEXT, "Store below `Cert:\\LocalMachine`.").default("`\"My\"`").example("\"WebHosting\""),
    Key::new("thumbprint", TEXT, "Its SHA-1 hash, 40 hexadecimal digits, or a parameter.")
        .default("none; this or `subject`")
        .example("\"${CERT}\""),
    Key::new("subject", TEXT, "Its subject; of several, the one that is valid for the longest time.")
        .default("none; this or `thumbprint`")
        .example("\"CN=agent.example.com\""),
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
    Key::new(
        "command",
        Ty::List(&LINE),
        "A program and its arguments, healthy when it ends with exit code 0 before the timeout. The program is a file of the bundle, or an absolute Windows path. `${NAME}` in the arguments stands for a parameter.",
    )
    .default("none")
    .example("[\"agent-ctl.exe\", \"ping\", \"--port\", \"${PORT}\"]"),
];
