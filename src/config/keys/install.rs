//! Keys of install parameters and of the installation.

use super::{LINE, TEXT};
use crate::config::table::{Choice, Key, Ty};

pub(super) const PARAMETER: &[Key] = &[
    Key::new(
        "default",
        Ty::AnyOf(&[TEXT, Ty::Integer(i64::MIN, i64::MAX), Ty::Bool]),
        "Taken when the administrator gives none.",
    )
    .default("none: a value has to be given")
    .example("\"8080\""),
    Key::new("type", Ty::Choice(PARAMETER_TYPES), "What it may hold.").default("`\"string\"`").example("\"port\""),
    Key::new("description", TEXT, "What it is for.").default("none").example("\"Port of the web interface\""),
    Key::new(
        "secret",
        Ty::Bool,
        "It becomes a file that only the services can read, whose path is in their environment variable `<NAME>_FILE`. It stands nowhere else: `${NAME}` is refused, and so is a default.",
    )
    .default("`false`")
    .example("true"),
];

const PARAMETER_TYPES: &[Choice] = &[
    Choice::new("string", "text without control characters, quotes or `%`"),
    Choice::new("integer", "a whole number of 64 bits"),
    Choice::new("port", "1 to 65535"),
    Choice::new("boolean", "`true` or `false`"),
    Choice::new("path", "an absolute Windows path"),
];

pub(super) const INSTALL: &[Key] = &[
    Key::new("dir", TEXT, "Program folder, writable by administrators only. `%VARIABLES%` are expanded on the target machine, `{{ id }}` and `{{ name }}` at build time.")
        .default("`'%ProgramFiles%\\{{ id }}'`")
        .example("'%ProgramFiles%\\Acme\\{{ id }}'"),
    Key::new("data-dir", TEXT, "Folder that the services may write.").default("`'%ProgramData%\\{{ id }}'`").example("'D:\\Acme\\data'"),
    Key::new("start-after-install", Ty::Bool, "Starts the services at the end of the installation and proves their health.").default("`true`").example("false"),
    Key::new("keep", Ty::Integer(0, 20), "How many former versions stay installed beside the current one, to go back to.").default("`1`").example("3"),
    Key::new("add-remove-programs", Ty::Bool, "Makes an entry in the list of installed programs.").default("`true`").example("false"),
    Key::new("rollback-safe", Ty::Bool, "A former version can work with the data that this one has touched. Otherwise a failed upgrade stops and says what to do, instead of going back by itself.").default("`true`").example("false"),
    Key::new("hooks", Ty::Table(HOOKS), "Programs of the bundle that the installation runs: each a file that an asset or a binary brings (`.exe`, `.cmd`, `.bat` or `.ps1`), and its arguments. `${NAME}` in the arguments stands for a parameter. One that ends with another exit code than 0 fails the installation."),
];

const HOOKS: &[Key] = &[
    hook("pre-install", "Runs before anything changes.", "[\"hooks/check.ps1\"]"),
    hook(
        "post-install",
        "Runs when everything is set, before the services start.",
        "[\"acme-agent.exe\", \"migrate\"]",
    ),
    hook("pre-stop", "Runs before running services are stopped.", "[\"acme-agent.exe\", \"drain\"]"),
    hook("post-start", "Runs after the services have started.", "[\"hooks/register.cmd\", \"${PORT}\"]"),
    hook("backup", "Runs before an upgrade, to save the data.", "[\"hooks/backup.ps1\"]"),
];

const fn hook(name: &'static str, doc: &'static str, example: &'static str) -> Key {
    Key::new(name, Ty::List(&LINE), doc).default("none").example(example)
}
