//! `icacls PATH …`: the calls that our scripts make. What was granted is kept per folder under
//! `HKLM\Software\standins\acl`, as SDDL, so that a test can read it back.

use crate::Outcome;
use crate::registry::{Key, OWN};
use std::path::{Path, PathBuf};

const FILE_NOT_FOUND: u32 = 2;
const INVALID_PARAMETER: u32 = 87;
const INVALID_NAME: u32 = 123;
const NONE_MAPPED: u32 = 1332;

/// What a folder has that nobody touched: inherited from above.
const UNTOUCHED: &str = "D:AI";

pub fn run(args: &[String]) -> Outcome {
    match act(args) {
        Ok(()) => Outcome::ok("Successfully processed 1 files; Failed processing 0 files\n"),
        Err((code, why)) => {
            Outcome::fail(code, format!("{why}\nSuccessfully processed 0 files; Failed processing 1 files\n"))
        }
    }
}

type Refused = (u32, String);

fn act(args: &[String]) -> Result<(), Refused> {
    let (path, options) = args.split_first().ok_or((INVALID_PARAMETER, "Invalid parameter \"\"".to_owned()))?;
    if path.chars().any(|c| matches!(c, '"' | '<' | '>' | '|' | '*' | '?')) {
        return Err((
            INVALID_NAME,
            format!("{path}: The filename, directory name, or volume label syntax is incorrect."),
        ));
    }
    if !Path::new(path).is_absolute() {
        return Err((INVALID_PARAMETER, format!("{path}: this stand-in takes absolute paths only")));
    }
    if !Path::new(path).exists() {
        return Err((FILE_NOT_FOUND, format!("{path}: The system cannot find the file specified.")));
    }
    let invalid = |word: &str| (INVALID_PARAMETER, format!("Invalid parameter \"{word}\""));
    let mut sddl = kept(Path::new(path));
    let mut changed = false;
    let mut words = options.iter().peekable();
    while let Some(word) = words.next() {
        match word.to_ascii_lowercase().as_str() {
            "/q" => {}
            // Explicit entries go, inheritance comes back; it takes no other change beside it.
            "/reset" if options.iter().all(|o| ["/reset", "/q"].contains(&o.to_ascii_lowercase().as_str())) => {
                sddl = UNTOUCHED.into();
                changed = true;
            }
            "/inheritance:r" => {
                // Protected, and without what came from above.
                sddl = format!("D:P{}", explicit(&sddl));
                changed = true;
            }
            grant @ ("/grant" | "/grant:r") => {
                let mut any = false;
                while let Some(spec) = words.next_if(|w| !w.starts_with('/')) {
                    let (sid, ace) = parse_grant(spec)?;
                    if grant == "/grant:r" {
                        sddl = without(&sddl, &sid);
                    }
                    sddl.push_str(&ace);
                    any = true;
                }
                if !any {
                    return Err(invalid(word));
                }
                changed = true;
            }
            "/save" => {
                let file = words.next().ok_or_else(|| invalid(word))?;
                let name = Path::new(path).file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
                let text: Vec<u8> = format!("{name}\r\n{sddl}\r\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
                std::fs::write(file, text).map_err(|e| (5, format!("{file}: {e}")))?;
            }
            "/restore" => {
                let file = words.next().ok_or_else(|| invalid(word))?;
                restore(Path::new(path), file)?;
            }
            _ => return Err(invalid(word)),
        }
    }
    if options.is_empty() {
        return Err(invalid("")); // showing is not among what the scripts use
    }
    if changed { keep(Path::new(path), &sddl) } else { Ok(()) }
}

/// `*SID:(OI)(CI)RX` to its SID and the ACE in SDDL.
fn parse_grant(spec: &str) -> Result<(String, String), Refused> {
    let invalid = || (INVALID_PARAMETER, format!("Invalid parameter \"{spec}\""));
    let (who, what) = spec.split_once(':').ok_or_else(invalid)?;
    // A name would be right only in the language of one Windows.
    let sid = who
        .strip_prefix('*')
        .ok_or_else(|| (NONE_MAPPED, format!("{who}: No mapping between account names and security IDs was done.")))?;
    let numbers: Vec<&str> = sid.split('-').collect();
    let well_formed = numbers.len() >= 4
        && numbers[0] == "S"
        && numbers[1] == "1"
        && numbers[2..].iter().all(|n| n.parse::<u64>().is_ok())
        && numbers.len() <= 18;
    if !well_formed {
        return Err((1337, format!("{who}: The security ID structure is invalid.")));
    }
    let mut flags = String::new();
    let mut rest = what;
    while let Some(inner) = rest.strip_prefix('(') {
        let (flag, after) = inner.split_once(')').ok_or_else(invalid)?;
        if !matches!(flag, "OI" | "CI" | "IO" | "NP") {
            return Err(invalid());
        }
        flags.push_str(flag);
        rest = after;
    }
    let rights = match rest {
        "F" => "FA",
        "M" => "0x1301bf",
        "RX" => "0x1200a9",
        "R" => "FR",
        "W" => "0x100116",
        _ => return Err(invalid()),
    };
    Ok((sid.to_owned(), format!("(A;{flags};{rights};;;{sid})")))
}

/// The entries of an SDDL that were not inherited.
fn explicit(sddl: &str) -> String {
    entries(sddl).filter(|e| !e.contains("ID;")).collect()
}

/// An SDDL without the grants for a SID.
fn without(sddl: &str, sid: &str) -> String {
    let head = sddl.split('(').next().unwrap_or_default();
    let rest: String = entries(sddl).filter(|e| !e.ends_with(&format!(";{sid})"))).collect();
    format!("{head}{rest}")
}

fn entries(sddl: &str) -> impl Iterator<Item = String> + '_ {
    sddl.split('(').skip(1).map(|e| format!("({e}"))
}

/// Takes back what `/save` wrote: pairs of lines, name below `parent` and SDDL.
fn restore(parent: &Path, file: &str) -> Result<(), Refused> {
    let bytes = std::fs::read(file).map_err(|e| (FILE_NOT_FOUND, format!("{file}: {e}")))?;
    let units: Vec<u16> = bytes.chunks_exact(2).map(|c| u16::from_le_bytes([c[0], c[1]])).collect();
    let text = String::from_utf16(&units).map_err(|e| (13, format!("{file}: {e}")))?;
    let lines: Vec<&str> = text.split_terminator("\r\n").collect();
    for pair in lines.chunks(2) {
        let [name, sddl] = pair else { return Err((13, format!("{file}: The data is invalid."))) };
        let target = parent.join(name);
        if !target.exists() {
            return Err((FILE_NOT_FOUND, format!("{}: The system cannot find the file specified.", target.display())));
        }
        keep(&target, sddl)?;
    }
    Ok(())
}

fn name_of(path: &Path) -> String {
    let path: PathBuf = path.components().collect();
    path.to_string_lossy().to_lowercase()
}

fn kept(path: &Path) -> String {
    let Some(key) = Key::open(OWN, "acl") else { return UNTOUCHED.into() };
    let name = name_of(path);
    // A folder keeps its list when it gets another name: the scripts make NAME~… and call it NAME when it is closed.
    let former = || {
        let begin = format!("{name}~");
        let all = key.values().into_iter();
        all.filter(|(other, _)| other.starts_with(&begin) && !Path::new(other).exists()).map(|(_, value)| value).last()
    };
    key.get(&name).or_else(former).and_then(|v| v.as_text()).unwrap_or_else(|| UNTOUCHED.into())
}

fn keep(path: &Path, sddl: &str) -> Result<(), Refused> {
    let failed = |code| (code, format!("{}: error {code}", path.display()));
    Key::create(OWN, "acl").and_then(|k| k.set_text(&name_of(path), sddl)).map_err(failed)
}
