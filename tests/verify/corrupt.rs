//! One good bundle, broken in one way at a time: each way has its findings, and no others.

use crate::fixture::{self, NAME, Raw, edit, index, patched, program, relist, sealed, set, without_flags};
use crate::{check, ids, write_zip};
use std::fs;

/// The parts of a bundle on their way back to disk.
pub(crate) struct Work {
    raws: Vec<Raw>,
    symbols: Option<Vec<Raw>>,
    /// Contents of the checksum file, when it is not to fit.
    beside: Option<String>,
    /// What happens to the finished archive.
    finish: Box<dyn Fn(Vec<u8>) -> Vec<u8>>,
}

pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) expected: &'static [&'static str],
    change: Box<dyn Fn(&mut Work)>,
}

fn case(name: &'static str, expected: &'static [&'static str], change: impl Fn(&mut Work) + 'static) -> Case {
    Case { name, expected, change: Box::new(change) }
}

/// The file replaced, and the lists made true of it.
fn with_file(
    name: &'static str,
    expected: &'static [&'static str],
    path: &'static str,
    content: impl Fn() -> Vec<u8> + 'static,
) -> Case {
    case(name, expected, move |w| {
        set(&mut w.raws, path, &content());
        relist(&mut w.raws);
    })
}

/// The text of a file changed, and the lists made true of it.
fn with_text(
    name: &'static str,
    expected: &'static [&'static str],
    path: &'static str,
    from: &'static str,
    to: &'static str,
) -> Case {
    case(name, expected, move |w| {
        edit(&mut w.raws, path, |text| text.replace(from, to));
        relist(&mut w.raws);
    })
}

/// One field of the executable's entry changed.
fn with_entry(name: &'static str, expected: &'static [&'static str], change: impl Fn(&mut Raw) + 'static) -> Case {
    case(name, expected, move |w| {
        let i = index(&w.raws, "conf/app.toml");
        change(&mut w.raws[i]);
    })
}

/// The finished archive changed.
fn with_bytes(
    name: &'static str,
    expected: &'static [&'static str],
    change: impl Fn(Vec<u8>) -> Vec<u8> + Clone + 'static,
) -> Case {
    case(name, expected, move |w| w.finish = Box::new(change.clone()))
}

/// A file added under a name, as raw bytes, and listed where it can be.
fn with_name(name: &'static str, expected: &'static [&'static str], file: &'static [u8]) -> Case {
    case(name, expected, move |w| {
        let mut raw = Raw::stored("x", b"x", &w.raws[0]);
        raw.name = [NAME.as_bytes(), b"/", file].concat();
        w.raws.insert(0, raw);
        relist(&mut w.raws);
    })
}

/// Offset of the end record, and of the directory.
fn ends(zip: &[u8]) -> (usize, usize) {
    let end = zip.len() - 22;
    (end, fixture::u32_at(zip, end + 16) as usize)
}

fn exe_byte(at: usize, value: &'static [u8]) -> impl Fn() -> Vec<u8> {
    move || {
        let mut exe = program().exe.clone();
        let at = fixture::optional_header(&exe) + at;
        exe[at..at + value.len()].copy_from_slice(value);
        sealed(exe)
    }
}

fn archive_cases() -> Vec<Case> {
    vec![
        with_bytes("cut off", &["WS001", "WS104"], |z| z[..z.len() - 1].into()),
        with_bytes("empty", &["WS001", "WS104"], |_| Vec::new()),
        with_bytes("bytes behind the end", &["WS002", "WS104"], |z| [z, b"x".into()].concat()),
        with_bytes("bytes in front", &["WS001", "WS104"], |z| [b"MZ".to_vec(), z].concat()),
        with_bytes("a comment", &["WS002", "WS004", "WS104"], |mut z| {
            let end = z.len();
            z[end - 2] = 2;
            [z, b"hi".into()].concat()
        }),
        with_bytes("bytes between files and directory", &["WS002", "WS104"], |z| {
            let (end, start) = ends(&z);
            let mut out = [&z[..start], b"hidden", &z[start..]].concat();
            out[end + 6 + 16..end + 6 + 20].copy_from_slice(&(start as u32 + 6).to_le_bytes());
            out
        }),
        with_bytes("bytes behind the directory", &["WS002", "WS104"], |z| {
            let (end, _) = ends(&z);
            [&z[..end], b"hidden", &z[end..]].concat()
        }),
        with_bytes("two disks", &["WS004", "WS104"], |mut z| {
            let (end, _) = ends(&z);
            z[end + 4] = 1;
            z
        }),
        with_bytes("a zip64 locator", &["WS002", "WS004", "WS104"], |z| {
            let (end, _) = ends(&z);
            [&z[..end], b"PK\x06\x07", &[0; 16], &z[end..]].concat()
        }),
        with_bytes("fewer entries than said", &["WS001", "WS104"], |mut z| {
            let (end, _) = ends(&z);
            z[end + 8] += 1;
            z[end + 10] += 1;
            z
        }),
        with_bytes("directory out of the file", &["WS001", "WS104"], |mut z| {
            let (end, _) = ends(&z);
            z[end + 19] = 0x7f;
            z
        }),
        with_bytes("local name differs", &["WS003", "WS104"], |mut z| {
            z[30] ^= 1;
            z
        }),
        with_bytes("local checksum differs", &["WS003", "WS104"], |mut z| {
            z[14] ^= 1;
            z
        }),
        with_bytes("local header gone", &["WS003", "WS104"], |mut z| {
            // All of them: the directory's offsets lead to the middle of headers.
            let (end, mut at) = ends(&z);
            while at < end {
                z[at + 42] ^= 1;
                at += 46 + usize::from(z[at + 28]);
            }
            z
        }),
        with_entry("encrypted", &["WS004"], |r| r.flags |= 1),
        with_entry("data descriptor", &["WS004"], |r| r.flags |= 8),
        with_entry("name not marked as UTF-8", &["WS004"], |r| r.flags = 0),
        with_entry("extra field", &["WS004"], |r| r.extra = vec![0x55, 0x54, 0, 0]),
        with_entry("unknown compression", &["WS004", "WS102", "WS111"], |r| r.method = 93),
        with_entry("made by another system", &["WS004"], |r| r.made_by = 20),
        with_entry("symbolic link", &["WS007"], |r| r.external = 0o120_777 << 16),
        with_entry("hidden file", &["WS007"], |r| r.external |= 2),
        with_name("parent folder", &["WS005"], b"../x"),
        with_name("backslash", &["WS005"], b"..\\x"),
        with_name("drive", &["WS005"], b"c:/x"),
        with_name("device", &["WS005"], b"CON.txt"),
        with_name("trailing dot", &["WS005"], b"x."),
        with_name("folder entry", &["WS005"], b"x/"),
        with_name("not UTF-8", &["WS005"], b"\xff"),
        with_name("no name after the folder", &["WS005"], b""),
        case("absolute", &["WS005"], |w| {
            let mut raw = Raw::stored("x", b"x", &w.raws[0]);
            raw.name = b"/etc/x".to_vec();
            w.raws.insert(0, raw);
        }),
        with_name("case", &["WS006"], b"AGENT.EXE"),
        with_name("accents composed and not", &["WS006"], "CONF/app.toml".as_bytes()),
        with_name("file where a folder is", &["WS006"], b"conf"),
        case("twice", &["WS006"], |w| {
            let again = w.raws[0].clone();
            w.raws.push(again);
        }),
        case(
            "two files share bytes",
            &["WS002", "WS003", "WS008", "WS010", "WS102", "WS104", "WS111", "WS114", "WS403"],
            |w| {
                w.finish = Box::new(|mut z| {
                    // The directory's second entry leads to the first file.
                    let (_, at) = ends(&z);
                    let second = at + 46 + usize::from(z[at + 28]);
                    let first: [u8; 4] = z[at + 42..at + 46].try_into().expect("four");
                    z[second + 42..second + 46].copy_from_slice(&first);
                    z
                });
            },
        ),
        case("a file reaches into the directory", &["WS008", "WS101"], |w| {
            let last = w.raws.len() - 1;
            w.raws[last].packed += 100;
        }),
        case("bomb", &["WS009"], |w| {
            let i = index(&w.raws, "conf/app.toml");
            w.raws[i].size = 3_000_000_000;
        }),
        with_entry("size lies", &["WS010", "WS102", "WS111"], |r| r.size += 1),
        with_entry("checksum lies", &["WS010", "WS102", "WS111"], |r| r.crc32 ^= 1),
        case("compressed data broken", &["WS010", "WS102", "WS111", "WS114", "WS403"], |w| {
            let i = index(&w.raws, "agent.exe");
            let middle = w.raws[i].data.len() / 2;
            w.raws[i].data[middle] ^= 0xff;
        }),
        case("bytes hidden behind compressed data", &["WS010", "WS102", "WS111", "WS114", "WS403"], |w| {
            let i = index(&w.raws, "agent.exe");
            w.raws[i].data.push(0);
            w.raws[i].packed += 1;
        }),
        case("no top folder", &["WS011", "WS102", "WS111"], |w| {
            let i = index(&w.raws, "conf/app.toml");
            w.raws[i].name = b"app.toml".to_vec();
        }),
        case("two top folders", &["WS011", "WS102", "WS111"], |w| {
            let i = index(&w.raws, "conf/app.toml");
            w.raws[i].name = b"other/app.toml".to_vec();
        }),
        with_entry("another time", &["WS012"], |r| r.time ^= 1),
        with_entry("no date", &["WS012"], |r| r.date = 0),
    ]
}

fn list_cases() -> Vec<Case> {
    vec![
        case("no sums", &["WS101"], |w| {
            let i = index(&w.raws, "SHA256SUMS");
            w.raws.remove(i);
        }),
        case("sums with CR LF", &["WS101"], |w| edit(&mut w.raws, "SHA256SUMS", |t| t.replace('\n', "\r\n"))),
        case("a file not in the sums", &["WS102"], |w| {
            edit(&mut w.raws, "SHA256SUMS", |t| t.lines().skip(1).map(|l| format!("{l}\n")).collect());
        }),
        case("a line twice", &["WS102"], |w| {
            edit(&mut w.raws, "SHA256SUMS", |t| format!("{}\n{t}", t.lines().next().expect("line")));
        }),
        case("a file listed that is not there", &["WS102"], |w| {
            edit(&mut w.raws, "SHA256SUMS", |t| format!("{t}{}  nowhere.txt\n", "0".repeat(64)));
        }),
        case("a file changed", &["WS103", "WS111"], |w| set(&mut w.raws, "conf/app.toml", b"port = 2\n")),
        case("a file and its sum changed", &["WS111"], |w| {
            set(&mut w.raws, "conf/app.toml", b"port = 2\n");
            let old = w.raws[index(&w.raws, "winsvc-manifest.json")].clone();
            relist(&mut w.raws);
            let i = index(&w.raws, "winsvc-manifest.json");
            w.raws[i] = old;
            // The sums are of the old manifest again.
            let sum = cargo_winsvc::model::Sha256::of(&w.raws[i].content());
            edit(&mut w.raws, "SHA256SUMS", |t| {
                let line = |l: &str| {
                    if l.ends_with("  winsvc-manifest.json") {
                        format!("{sum}  winsvc-manifest.json\n")
                    } else {
                        format!("{l}\n")
                    }
                };
                t.lines().map(line).collect()
            });
        }),
        case("checksum file of another archive", &["WS104"], |w| {
            w.beside = Some(format!("{}  {NAME}.zip\n", "0".repeat(64)));
        }),
        case("checksum file for another name", &["WS104"], |w| {
            w.beside = Some(format!("{}  other.zip\n", "0".repeat(64)));
        }),
        case("checksum file empty", &["WS104"], |w| w.beside = Some(String::new())),
        case("no checksum file", &["WS105"], |w| w.beside = Some("-".into())),
        case("no manifest", &["WS110"], |w| {
            let i = index(&w.raws, "winsvc-manifest.json");
            w.raws.remove(i);
            let text = "SHA256SUMS";
            edit(&mut w.raws, text, |t| {
                t.lines().filter(|l| !l.ends_with("winsvc-manifest.json")).map(|l| format!("{l}\n")).collect()
            });
        }),
        with_text(
            "manifest of a later version",
            &["WS110"],
            "winsvc-manifest.json",
            "\"schemaVersion\": 1",
            "\"schemaVersion\": 2",
        ),
        with_text(
            "manifest with an unknown key",
            &["WS110"],
            "winsvc-manifest.json",
            "\"schemaVersion\": 1",
            "\"x\": 0, \"schemaVersion\": 1",
        ),
        with_text(
            "unknown target",
            &["WS110", "WS113"],
            "winsvc-manifest.json",
            "pc-windows-gnu\"",
            "pc-windows-new\"",
        ),
        case("a file not in the manifest", &["WS111"], |w| {
            set(&mut w.raws, "extra.txt", b"x");
            let raws = w.raws.clone();
            relist(&mut w.raws);
            let i = index(&w.raws, "winsvc-manifest.json");
            w.raws[i] = raws[index(&raws, "winsvc-manifest.json")].clone();
            let sum = cargo_winsvc::model::Sha256::of(&w.raws[i].content());
            edit(&mut w.raws, "SHA256SUMS", |t| {
                let line = |l: &str| {
                    if l.ends_with("  winsvc-manifest.json") {
                        format!("{sum}  winsvc-manifest.json\n")
                    } else {
                        format!("{l}\n")
                    }
                };
                t.lines().map(line).collect()
            });
        }),
        with_file("service.json is no JSON", &["WS112"], "service.json", || b"{".to_vec()),
        with_text(
            "service.json of a later version",
            &["WS112"],
            "service.json",
            "\"schemaVersion\": 1",
            "\"schemaVersion\": 9",
        ),
        with_text("service.json with another version", &["WS113"], "service.json", "1.2.3", "1.2.4"),
        with_text(
            "service.json with another name",
            &["WS113"],
            "service.json",
            "\"name\": \"agent\"",
            "\"name\": \"other\"",
        ),
        with_text("the service's exe is missing", &["WS114"], "service.json", "agent.exe", "other.exe"),
        case("an exe of the manifest is missing", &["WS114", "WS403"], |w| {
            let i = index(&w.raws, "agent.exe");
            w.raws.remove(i);
            relist(&mut w.raws);
        }),
        case("a script is missing", &["WS115"], |w| {
            let i = index(&w.raws, "uninstall.ps1");
            w.raws.remove(i);
            relist(&mut w.raws);
        }),
    ]
}

fn file_cases() -> Vec<Case> {
    let exe = |name, expected, content: fn() -> Vec<u8>| with_file(name, expected, "agent.exe", content);
    vec![
        exe("no PE", &["WS201"], || b"MZ nothing".to_vec()),
        with_file("another machine", &["WS202", "WS203"], "agent.exe", || {
            let mut exe = program().exe.clone();
            let at = fixture::optional_header(&exe) - 20;
            exe[at..at + 2].copy_from_slice(&[0x4c, 0x01]);
            sealed(exe)
        }),
        with_file("size of image wrong", &["WS203"], "agent.exe", exe_byte(56, &[0x00, 0x10, 0x00, 0x10])),
        exe("checksum wrong", &["WS204"], || {
            let mut exe = program().exe.clone();
            let at = fixture::optional_header(&exe) + 64;
            exe[at] ^= 1;
            exe
        }),
        // Directory 2 is the resources'.
        with_file("no version", &["WS205"], "agent.exe", exe_byte(112 + 16, &[0; 8])),
        exe("another version", &["WS206"], || patched(&[2, 0, 1, 0, 0, 0, 3, 0], &[2, 0, 1, 0, 0, 0, 4, 0])),
        exe("no ASLR", &["WS207"], || without_flags(0x40)),
        exe("no high-entropy ASLR", &["WS207"], || without_flags(0x20)),
        exe("no DEP", &["WS208"], || without_flags(0x100)),
        exe("a run-time DLL", &["WS209", "WS210"], || patched(b"ADVAPI32.dll", b"libgcc_s.dll")),
        exe("no dispatcher", &["WS210"], || patched(b"StartServiceCtrlDispatcherW", b"StartServiceCtrlDispatcherX")),
        with_file("a driver", &["WS211"], "agent.exe", exe_byte(68, &[1, 0])),
        exe("a home folder", &["WS212"], || {
            patched(b"0123456789012345678901234567890", b"/home/ann/src/secret/main.rs\0\0\0")
        }),
        with_text(
            "a home folder in the manifest",
            &["WS212"],
            "winsvc-manifest.json",
            "\"release\"",
            "\"/home/ann/x\"",
        ),
        with_file("ps1 without mark", &["WS301"], "install.ps1", || b"exit\r\n".to_vec()),
        with_file("ps1 in another encoding", &["WS301"], "install.ps1", || b"\xef\xbb\xbf\xff\r\n".to_vec()),
        with_file("cmd with mark", &["WS301"], "install.cmd", || b"\xef\xbb\xbf@echo off\r\n".to_vec()),
        with_file("ps1 with LF", &["WS302"], "status.ps1", || b"\xef\xbb\xbfa\r\nb\n".to_vec()),
        with_file("cmd with LF", &["WS302"], "uninstall.cmd", || b"@echo off\n".to_vec()),
        with_file("cmd with CR", &["WS302"], "uninstall.cmd", || b"@echo off\r\r\n".to_vec()),
        with_file("own ps1 without mark", &["WS303"], "tools/x.ps1", || "'é'\r\n".into()),
        with_file("own bat with LF", &["WS303"], "x.BAT", || b"a\n".to_vec()),
    ]
}

fn symbol_cases() -> Vec<Case> {
    vec![
        case("debug file missing", &["WS401"], |w| {
            let symbols = w.symbols.as_mut().expect("symbols");
            let i = index(symbols, "agent.exe.debug");
            symbols[i].name.extend(b"2");
            let raw = Raw::stored("SHA256SUMS", &sums(symbols), &symbols[i]);
            let last = index(symbols, "SHA256SUMS");
            symbols[last] = raw;
        }),
        case("debug file of another build", &["WS402"], |w| {
            let symbols = w.symbols.as_mut().expect("symbols");
            set(symbols, "agent.exe.debug", b"another");
            let raw = Raw::stored("SHA256SUMS", &sums(symbols), &symbols[0]);
            let last = index(symbols, "SHA256SUMS");
            symbols[last] = raw;
        }),
        with_file("debug link to another file", &["WS403"], "agent.exe", || {
            patched(b"agent.exe.debug", b"other.exe.debug")
        }),
        with_text(
            "debug id that the exe has not",
            &["WS403"],
            "winsvc-manifest.json",
            "\"debuglinkCrc32\"",
            "\"debugId\": \"00\", \"debuglinkCrc32\"",
        ),
        case("symbols archive damaged", &["WS104", "WS003"], |w| {
            let symbols = w.symbols.as_mut().expect("symbols");
            symbols[0].extra = vec![1]; // Marks it for `run` below.
        }),
        case("symbols of another time", &["WS012"], |w| w.symbols.as_mut().expect("symbols")[0].time ^= 1),
    ]
}

fn sums(raws: &[Raw]) -> Vec<u8> {
    let line = |r: &Raw| {
        let name = String::from_utf8(r.name.clone()).expect("name");
        let path = name.trim_start_matches(&format!("{NAME}/")).to_owned();
        (path != "SHA256SUMS").then(|| format!("{}  {path}\n", cargo_winsvc::model::Sha256::of(&r.content())))
    };
    raws.iter().filter_map(line).collect::<String>().into_bytes()
}

pub(crate) fn cases() -> Vec<Case> {
    [archive_cases(), list_cases(), file_cases(), symbol_cases()].into_iter().flatten().collect()
}

#[test]
fn taken_apart_and_put_together_it_is_the_same() {
    let dir = tempfile::tempdir().expect("dir");
    fixture::write_good(dir.path());
    let zip = fs::read(dir.path().join(format!("{NAME}.zip"))).expect("zip");
    let mut raws = fixture::parse(&zip);
    assert!(fixture::build(&raws) == zip);
    relist(&mut raws);
    write_zip(dir.path(), &format!("{NAME}.zip"), &fixture::build(&raws));
    assert_eq!(check(&dir.path().join(format!("{NAME}.zip"))).findings, []);
}

#[test]
fn every_corruption_has_its_findings_and_no_others() {
    let good = tempfile::tempdir().expect("dir");
    fixture::write_good(good.path());
    let read = |name: &str| fixture::parse(&fs::read(good.path().join(name)).expect("zip"));
    let (raws, symbols) = (read(&format!("{NAME}.zip")), read(&format!("{NAME}-symbols.zip")));
    let mut wrong = Vec::new();
    let all = cases();
    for case in &all {
        let dir = tempfile::tempdir().expect("dir");
        let mut work =
            Work { raws: raws.clone(), symbols: Some(symbols.clone()), beside: None, finish: Box::new(|z| z) };
        (case.change)(&mut work);
        let zip = format!("{NAME}.zip");
        write_zip(dir.path(), &zip, &fixture::build(&work.raws));
        let built = fs::read(dir.path().join(&zip)).expect("zip");
        // Without a new checksum file: a change to the finished archive shows there too.
        fs::write(dir.path().join(&zip), (work.finish)(built)).expect("zip");
        match work.beside.as_deref() {
            None => {}
            Some("-") => fs::remove_file(dir.path().join(format!("{zip}.sha256"))).expect("removed"),
            Some(text) => fs::write(dir.path().join(format!("{zip}.sha256")), text).expect("checksum"),
        }
        if let Some(mut symbols) = work.symbols {
            let damaged = std::mem::take(&mut symbols[0].extra) == [1];
            let mut bytes = fixture::build(&symbols);
            write_zip(dir.path(), &format!("{NAME}-symbols.zip"), &bytes);
            if damaged {
                bytes[31] ^= 1;
                fs::write(dir.path().join(format!("{NAME}-symbols.zip")), bytes).expect("zip");
            }
        }
        let verdict = check(&dir.path().join(&zip));
        let expected = case.expected.iter().copied().collect();
        if ids(&verdict) != expected {
            let found: Vec<String> =
                verdict.findings.iter().map(|f| format!("{} {}: {}", f.id, f.subject, f.message)).collect();
            wrong.push(format!("{}: expected {:?}, found\n    {}", case.name, case.expected, found.join("\n    ")));
        }
        assert!(verdict.findings.iter().all(|f| !f.message.is_empty() && !f.subject.is_empty() && !f.fix.is_empty()));
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), all.len(), wrong.join("\n"));
    assert!(all.len() >= 90, "{}", all.len());
}
