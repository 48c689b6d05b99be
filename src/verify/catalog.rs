//! Every finding that `verify` knows. Ids are stable: one that is no longer used is not given out again.
//!
//! docs/findings.md is made from this table, and a test compares them.

use crate::error::{Problem, Problems};
use crate::model::Severity::{self, Error, Warning};

/// One kind of finding.
#[derive(Debug, PartialEq, Eq)]
pub struct Known {
    /// `WS` and three digits.
    pub id: &'static str,
    /// Warnings can be allowed by id, errors can't.
    pub severity: Severity,
    /// What is found.
    pub title: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// What mends it.
    pub fix: &'static str,
}

const AGAIN: &str = "download it again, or package again: `cargo winsvc package`";
const NOT_OURS: &str = "package again with `cargo winsvc package`, and ship its zip unchanged";

macro_rules! catalog {
    ($($(#[$doc:meta])* $name:ident = $id:literal $severity:ident, $title:literal, $why:literal, $fix:expr;)*) => {
        $(
            #[doc = $title]
            pub(super) const $name: &Known =
                &Known { id: $id, severity: $severity, title: $title, why: $why, fix: $fix };
        )*
        /// The table, sorted by id.
        pub const ALL: &[&Known] = &[$($name),*];
    };
}

catalog! {
    ARCHIVE_UNREADABLE = "WS001" Error, "The archive's directory cannot be read",
        "A cut-off or damaged download; no tool can unpack it reliably.", AGAIN;
    ARCHIVE_EXTRA_BYTES = "WS002" Error, "The archive holds bytes that belong to no file",
        "Data in front of, between or behind the files goes unseen by everyone who checks them, and readers differ on what it means.", NOT_OURS;
    ARCHIVE_HEADERS = "WS003" Error, "A file's two headers disagree",
        "One program would unpack something else than another one checks.", NOT_OURS;
    ARCHIVE_FEATURE = "WS004" Error, "The archive uses a feature of zip that bundles never use",
        "Encryption, data descriptors, extra fields, zip64 and other compressions are read in different ways, or not at all, on Windows.", NOT_OURS;
    ARCHIVE_NAME = "WS005" Error, "A file name is not safe on Windows",
        "Names with `..`, a drive, a backslash, a device name or a trailing dot leave the folder or mean something else there.", NOT_OURS;
    ARCHIVE_COLLISION = "WS006" Error, "Two names are one file on Windows",
        "The one unpacked later replaces the other, whichever was checked.", "rename one of them with `dest` in `assets`";
    ARCHIVE_FILE_TYPE = "WS007" Error, "An entry is not a regular file",
        "Symbolic links and special files lead out of the folder.", NOT_OURS;
    ARCHIVE_OVERLAP = "WS008" Error, "Files share bytes of the archive, or lie outside of it",
        "That is how decompression bombs and contradicting readings are built.", NOT_OURS;
    ARCHIVE_BOMB = "WS009" Error, "The archive unpacks to far more than its size",
        "It would fill the disk of the machine that unpacks it.", "leave out of `assets` what is nearly empty data, and create it on the machine";
    ARCHIVE_DATA = "WS010" Error, "A file's data is damaged",
        "It does not unpack to the size and checksum in its header.", AGAIN;
    ARCHIVE_TOP = "WS011" Error, "The archive has not exactly one folder at its top",
        "Unpacked, it would scatter its files over the folder it is in.", NOT_OURS;
    ARCHIVE_TIME = "WS012" Error, "A file's time is not the one that the manifest names",
        "Bundles are reproducible: a different time means that the archive was changed or repacked.", NOT_OURS;

    SUMS_UNREADABLE = "WS101" Error, "SHA256SUMS is missing or malformed",
        "Installers check every file by it before they change anything.", NOT_OURS;
    SUMS_INCOMPLETE = "WS102" Error, "SHA256SUMS and the files do not match one to one",
        "A file that is not listed is installed unchecked; one that is missing stops the installation.", NOT_OURS;
    SUMS_MISMATCH = "WS103" Error, "A file's hash is not the one in SHA256SUMS",
        "The file or the list was changed after packaging.", AGAIN;
    BESIDE_MISMATCH = "WS104" Error, "The checksum file beside the archive does not match it",
        "The archive or the checksum file was changed or belongs to another version.", AGAIN;
    BESIDE_MISSING = "WS105" Warning, "No checksum file is beside the archive",
        "Whoever downloads the archive cannot tell whether it is whole.", "publish the `.sha256` file with the archive";
    MANIFEST_UNREADABLE = "WS110" Error, "winsvc-manifest.json is missing, malformed or of an unknown version",
        "Without it nobody can tell what was built from what.", "verify with the version of cargo-winsvc that made the bundle, or package again";
    MANIFEST_FILES = "WS111" Error, "winsvc-manifest.json and the files disagree",
        "The manifest is the record of what was shipped; it must be exact.", NOT_OURS;
    SERVICE_UNREADABLE = "WS112" Error, "service.json is malformed or of an unknown version",
        "Fleet tools and status.ps1 read the desired state from it.", "verify with the version of cargo-winsvc that made the bundle, or package again";
    SERVICE_MISMATCH = "WS113" Error, "service.json and winsvc-manifest.json disagree",
        "Name, version and target must be the same wherever they are read.", NOT_OURS;
    EXE_MISSING = "WS114" Error, "An executable is missing",
        "The service could not start.", "package again; check `bin` of the service";
    SCRIPT_MISSING = "WS115" Error, "A script or README.txt is missing",
        "The administrator has only the zip.", "package again; a template in `templates` must not be removed, only replaced";

    EXE_UNREADABLE = "WS201" Error, "An executable is no readable PE image",
        "Windows could not load it.", "package again; if it stays, the linker made it so";
    EXE_MACHINE = "WS202" Error, "An executable is for another processor than its target",
        "Windows would refuse it: \"not a valid Win32 application\".", "build for the target that the bundle names: `--target`";
    EXE_LAYOUT = "WS203" Error, "An executable breaks a rule of the Windows loader",
        "Windows would refuse to load it, or load it wrongly.", "package again; if it stays, report it with the linker's name and version";
    EXE_CHECKSUM = "WS204" Error, "An executable's CheckSum is wrong",
        "Drivers of security products and loaders of protected processes refuse it; it shows that bytes were changed after packaging.", NOT_OURS;
    EXE_NO_VERSION = "WS205" Warning, "An executable has no version information",
        "Explorer, inventories and crash reports show no version, and an upgrade cannot be told from a downgrade.", "remove `resource = false`";
    EXE_VERSION = "WS206" Warning, "An executable's file version is not the package's version",
        "Inventories would report another version than the bundle's name.", "remove `resource.version`, or the version resource in the crate's build script, or set `resource.override = true`";
    EXE_ASLR = "WS207" Warning, "An executable is not fully randomised in memory (ASLR)",
        "Exploits can count on addresses. DYNAMIC_BASE is wanted, and HIGH_ENTROPY_VA too on 64-bit.", "remove `--no-dynamicbase`, `--disable-dynamicbase` or `/DYNAMICBASE:NO` from the linker arguments";
    EXE_DEP = "WS208" Warning, "An executable allows its data to be run as code (no NX_COMPAT)",
        "Data execution prevention is switched off for it on 32-bit Windows.", "remove `--disable-nxcompat` or `/NXCOMPAT:NO` from the linker arguments";
    EXE_RUNTIME = "WS209" Error, "An executable needs a compiler's run-time DLL that is not in the bundle",
        "No Windows has it: the service would not start.", "keep `crt-static = true`, link the library statically, or add the DLL to `assets`";
    EXE_DISPATCHER = "WS210" Warning, "A service's executable never calls StartServiceCtrlDispatcher",
        "The Service Control Manager ends such a process after 30 seconds with error 1053, unless it finds the function at run time.", "make it a service with the `windows-service` crate, or set `services = false` for a plain zip";
    EXE_SUBSYSTEM = "WS211" Error, "An executable is neither a console nor a GUI program",
        "Windows runs no other kind as a service.", "remove `/SUBSYSTEM` or `--subsystem` from the linker arguments";
    PRIVATE_PATH = "WS212" Warning, "A path of the build machine is in the bundle",
        "It tells user names and folders to everyone, and makes the build differ from machine to machine. Objects that a crate brings along hold the paths of whoever compiled them.", "add `--remap-path-prefix` for it to the rustflags, or `-ffile-prefix-map` for C code; in a PDB, build with back end `xwin`";

    SCRIPT_ENCODING = "WS301" Error, "A script has the wrong encoding",
        "Windows PowerShell 5.1 reads a script without byte-order mark in the ANSI code page; cmd takes a mark for a command.", "save .ps1 as UTF-8 with BOM, .cmd as UTF-8 without, or leave that to a template";
    SCRIPT_LINES = "WS302" Error, "A script has lines that do not end in CR LF",
        "cmd loses its place in labels and blocks, and Notepad of older systems shows one line.", "save it with CR LF line ends, or leave that to a template";
    ASSET_ENCODING = "WS303" Warning, "A script of the project's own may be misread",
        "As WS301 and WS302, but for a file that is packed as it is.", "save .ps1 as UTF-8 with BOM, .cmd without and with CR LF line ends";

    SYMBOLS_MISSING = "WS401" Error, "The symbols archive lacks a debug file that the manifest names",
        "Stacks of a crash could not be read.", AGAIN;
    SYMBOLS_MISMATCH = "WS402" Error, "A debug file does not belong to its executable",
        "Debuggers would refuse it, or show wrong lines.", "ship the two archives of one run";
    DEBUG_LINK = "WS403" Error, "An executable's debug link or debug id is not the manifest's",
        "Its debug file could not be found.", NOT_OURS;

    OUTPUT_OPEN = "WS501" Error, "A run was interrupted while it published to this folder",
        "Part of the new result is not in its place yet.", "run `cargo winsvc package` again: it finishes what was begun";
    OUTPUT_LEFT = "WS502" Warning, "A dead run left a staging folder behind",
        "It only takes space.", "run `cargo winsvc package` again, or remove the folder";
    OUTPUT_MANIFEST = "WS503" Error, "The folder's winsvc-manifest.json is malformed or of an unknown version",
        "Nobody can tell what should be in the folder.", "verify with the version of cargo-winsvc that wrote it, or package again into an empty folder";
    OUTPUT_FILE = "WS504" Error, "A file of the folder is missing or is not the one that was published",
        "The manifest names its size and hash.", "package again, or take the file from where the folder was copied from";
    OUTPUT_SUMS = "WS505" Error, "The folder's SHA256SUMS is not exact",
        "Whoever checks a download by it would be misled.", "package again";
    OUTPUT_UNLISTED = "WS506" Warning, "An archive in the folder is in no list",
        "It was not published by the runs that the folder's manifest tells of, and would be uploaded with the rest.", "remove it, or package again";
    OUTPUT_BUILD = "WS507" Error, "The folder's manifest tells of another build than the archive does",
        "The two must be the same text.", "package again";
}

/// The entry of an id.
pub fn find(id: &str) -> Option<&'static Known> {
    ALL.iter().copied().find(|known| known.id == id)
}

/// Checks what the user wants to allow.
///
/// # Errors
/// Every id that is unknown, or is an error: what is not fit to ship can't be allowed, or `verify` would prove nothing.
pub fn check_allow(ids: &[String]) -> Result<(), Problems> {
    let mut problems = Vec::new();
    for id in ids {
        match find(id) {
            Some(known) if known.severity == Warning => {}
            Some(known) => problems.push(
                Problem::usage("allow-error", format!("`{id}` can't be allowed: it is an error ({})", known.title))
                    .fix(known.fix),
            ),
            None => {
                let upper = id.to_uppercase();
                let near = ALL.iter().min_by_key(|k| strsim::levenshtein(k.id, &upper));
                let mut problem = Problem::usage("allow-unknown", format!("there is no finding `{id}`"));
                if let Some(near) = near.filter(|k| strsim::levenshtein(k.id, &upper) <= 1) {
                    problem = problem.fix(format!("--allow {} ({})", near.id, near.title));
                }
                problems.push(problem.fix("docs/findings.md lists them all"));
            }
        }
    }
    Problems::check(problems)
}

/// The table as the part of docs/findings.md between its markers.
pub fn markdown() -> String {
    let mut text = String::new();
    for known in ALL {
        let severity = match known.severity {
            Error => "error",
            Warning => "warning",
        };
        text.push_str(&format!(
            "### {} ({severity}): {}\n\n{}\n\nFix: {}.\n\n",
            known.id, known.title, known.why, known.fix
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_sorted_and_well_formed() {
        assert!(ALL.windows(2).all(|w| w[0].id < w[1].id));
        for known in ALL {
            let digits = known.id.strip_prefix("WS").expect("prefix");
            assert!(digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit()), "{}", known.id);
            assert!(
                known.why.ends_with('.') && !known.title.ends_with('.') && !known.fix.ends_with('.'),
                "{}",
                known.id
            );
        }
    }

    #[test]
    fn the_documentation_is_in_step() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/findings.md");
        let text = std::fs::read_to_string(&path).expect("docs/findings.md");
        let (head, rest) = text.split_once("<!-- table -->\n\n").expect("start of the table");
        let (table, tail) = rest.split_once("<!-- end -->").expect("end of the table");
        if table != markdown() {
            if std::env::var_os("UPDATE_DOCS").is_some() {
                std::fs::write(&path, format!("{head}<!-- table -->\n\n{}<!-- end -->{tail}", markdown()))
                    .expect("written");
            } else {
                panic!("docs/findings.md differs from the catalogue; UPDATE_DOCS=1 cargo test writes it anew");
            }
        }
    }

    #[test]
    fn only_known_warnings_are_allowed() {
        let ids = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        assert_eq!(check_allow(&ids(&["WS105", "WS210"])), Ok(()));
        let problems = check_allow(&ids(&["WS103", "ws210", "nonsense"])).expect_err("refused");
        assert_eq!(
            problems.0.iter().map(|p| p.id).collect::<Vec<_>>(),
            ["allow-error", "allow-unknown", "allow-unknown"]
        );
        assert!(problems.0[1].fixes[0].contains("WS210"), "{problems:?}");
        assert_eq!(problems.0[2].fixes.len(), 1);
    }
}
