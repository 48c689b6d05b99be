//! A good bundle, made by the product's writer around an executable of the mingw compiler, and the means to take it apart.

use cargo_winsvc::bundle::{Packer, write_bundle, write_symbols};
use cargo_winsvc::config::Compression;
use cargo_winsvc::event::Silent;
use cargo_winsvc::formats::manifest::DebugInfoFile;
use cargo_winsvc::formats::{BuildManifest, ManifestFile, ServiceJson, manifest, service_json, sums, to_json};
use cargo_winsvc::host::ScriptedHost;
use cargo_winsvc::layout::{Entry, FileTree, Source};
use cargo_winsvc::model::{BundlePath, Sha256};
use cargo_winsvc::pe;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

pub(crate) const NAME: &str = "agent-1.2.3-x86_64-pc-windows-gnu";
pub(crate) const EPOCH: u64 = 1_700_000_001;
const TARGET: &str = "x86_64-pc-windows-gnu";

const SOURCE: &str = r#"
#include <windows.h>
const char note[] = "a text of work/acme/agent: 0123456789012345678901234567890123456789";
static void WINAPI run(DWORD argc, LPWSTR *argv) { (void)argc; (void)argv; }
int main(void) {
    SERVICE_TABLE_ENTRYW table[] = {{L"Agent", run}, {0, 0}};
    OutputDebugStringA(note);
    return !StartServiceCtrlDispatcherW(table);
}
"#;
const RESOURCES: &str = r#"
1 VERSIONINFO FILEVERSION 1,2,3,0 PRODUCTVERSION 1,2,3,0
{ BLOCK "StringFileInfo" { BLOCK "040904b0" { VALUE "ProductVersion", "1.2.3" } } }
"#;

/// An executable and its debug file.
pub(crate) struct Program {
    pub(crate) exe: Vec<u8>,
    pub(crate) debug: Vec<u8>,
}

pub(crate) fn program() -> &'static Program {
    static PROGRAM: OnceLock<Program> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let dir = tempfile::tempdir().expect("dir");
        let run = |tool: &str, args: &[&str]| {
            let tool = format!("x86_64-w64-mingw32-{tool}");
            let status = Command::new(&tool).args(args).current_dir(dir.path()).status();
            assert!(status.unwrap_or_else(|e| panic!("{tool} cannot be started: {e}")).success(), "{tool} {args:?}");
        };
        fs::write(dir.path().join("a.c"), SOURCE).expect("source");
        fs::write(dir.path().join("a.rc"), RESOURCES).expect("source");
        run("windres", &["a.rc", "rc.o"]);
        run(
            "gcc",
            &[
                "-g",
                "-O1",
                "-fdebug-prefix-map=.=src",
                "a.c",
                "rc.o",
                "-o",
                "agent.exe",
                "-ladvapi32",
                "-Wl,--no-insert-timestamp",
            ],
        );
        run("objcopy", &["--only-keep-debug", "agent.exe", "agent.exe.debug"]);
        run("strip", &["agent.exe"]);
        run("objcopy", &["--add-gnu-debuglink=agent.exe.debug", "agent.exe"]);
        let exe = sealed(fs::read(dir.path().join("agent.exe")).expect("exe"));
        Program { exe, debug: fs::read(dir.path().join("agent.exe.debug")).expect("debug file") }
    })
}

/// Offset of the optional header.
pub(crate) fn optional_header(exe: &[u8]) -> usize {
    u32::from_le_bytes(exe[0x3c..0x40].try_into().expect("four")) as usize + 24
}

/// The executable with a right CheckSum.
pub(crate) fn sealed(mut exe: Vec<u8>) -> Vec<u8> {
    let field = optional_header(&exe) + 64;
    let sum = pe::checksum(&exe, field);
    exe[field..field + 4].copy_from_slice(&sum.to_le_bytes());
    exe
}

/// The executable with a text replaced by another one of the same length.
pub(crate) fn patched(old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut exe = program().exe.clone();
    assert_eq!(old.len(), new.len());
    let at = exe.windows(old.len()).position(|w| w == old).expect("text in the executable");
    exe[at..at + new.len()].copy_from_slice(new);
    sealed(exe)
}

/// The executable with other DllCharacteristics.
pub(crate) fn without_flags(flags: u16) -> Vec<u8> {
    let mut exe = program().exe.clone();
    let field = optional_header(&exe) + 70;
    let value = u16::from_le_bytes([exe[field], exe[field + 1]]) & !flags;
    exe[field..field + 2].copy_from_slice(&value.to_le_bytes());
    sealed(exe)
}

fn entry(path: &str, bytes: impl Into<Vec<u8>>) -> Entry {
    Entry { path: BundlePath::new(path).expect("path"), source: Source::Bytes(bytes.into()), from: "test".into() }
}

pub(crate) fn service_json() -> ServiceJson {
    serde_json::from_value(serde_json::json!({
        "schemaVersion": service_json::VERSION, "id": "agent", "name": "agent", "version": "1.2.3", "target": TARGET,
        "minWindows": "10.0.14393",
        "install": {
            "dir": "%ProgramFiles%\\agent", "dataDir": "%ProgramData%\\agent", "startAfterInstall": true, "keep": 1,
            "addRemovePrograms": true, "rollbackSafe": true, "hooks": {},
        },
        "parameters": [],
        "services": [{
            "name": "Agent", "exe": "agent.exe", "displayName": "Agent", "description": "", "start": "auto",
            "account": { "kind": "virtual" }, "args": [], "env": {}, "dependencies": [], "errorControl": "normal",
            "failure": { "actions": [], "resetSeconds": 1, "onErrorExit": true }, "stopTimeoutMs": 1, "sidType": "unrestricted",
            "requiredPrivileges": [], "triggers": [], "firewall": [], "urlAcl": [], "certificates": [],
            "health": { "command": [], "timeoutMs": 1, "stableMs": 1 },
        }],
        "configFiles": [],
    }))
    .expect("service.json")
}

pub(crate) fn build_manifest() -> BuildManifest {
    let debug = DebugInfoFile {
        file: "agent.exe.debug".into(),
        sha256: Sha256::of(&program().debug),
        debuglink_crc32: Some(format!("{:08x}", crc32fast::hash(&program().debug))),
        debug_id: None,
    };
    BuildManifest {
        file_version: None,
        schema_version: manifest::VERSION,
        generator: "0.1.0".into(),
        name: "agent".into(),
        version: "1.2.3".into(),
        target: TARGET.into(),
        variant: None,
        profile: "release".into(),
        source: None,
        epoch: EPOCH,
        epoch_origin: "commit".into(),
        tools: Vec::new(),
        flags: Vec::new(),
        overridden_templates: Vec::new(),
        executables: vec![BundlePath::new("agent.exe").expect("path")],
        files: Vec::new(),
        debug: [("agent.exe".to_owned(), debug)].into(),
    }
}

pub(crate) fn packer(host: &ScriptedHost) -> Packer<'_> {
    Packer { host, sink: &Silent, top: NAME, epoch: EPOCH, compression: Compression::Default, threads: None }
}

/// Writes the good bundle and its symbols archive into a folder.
pub(crate) fn write_good(dir: &Path) -> (cargo_winsvc::bundle::ZipInfo, cargo_winsvc::bundle::ZipInfo, BuildManifest) {
    let host = ScriptedHost::new("/");
    let ps1 = "\u{feff}# a script\r\nexit 0\r\n";
    let files = vec![
        entry("README.txt", "Read me.\r\n"),
        entry("agent.exe", program().exe.clone()),
        entry("conf/app.toml", "port = 1\n"),
        entry("install.cmd", "@echo off\r\nrem a script\r\n"),
        entry("install.ps1", ps1),
        entry("service.json", to_json(&service_json())),
        entry("rollback.ps1", ps1),
        entry("status.ps1", ps1),
        entry("uninstall.cmd", "@echo off\r\n"),
        entry("uninstall.ps1", ps1),
    ];
    let mut manifest = build_manifest();
    let tree = FileTree::build(files).expect("tree");
    let info = write_bundle(&packer(&host), &tree, &mut manifest, &dir.join(format!("{NAME}.zip"))).expect("packs");
    let debug = FileTree::build(vec![entry("agent.exe.debug", program().debug.clone())]).expect("tree");
    let more = write_symbols(&packer(&host), &debug, &dir.join(format!("{NAME}-symbols.zip"))).expect("packs");
    (info, more, manifest)
}

/// An entry taken apart, every field as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Raw {
    pub(crate) name: Vec<u8>,
    pub(crate) made_by: u16,
    pub(crate) needed: u16,
    pub(crate) flags: u16,
    pub(crate) method: u16,
    pub(crate) time: u16,
    pub(crate) date: u16,
    pub(crate) crc32: u32,
    pub(crate) packed: u32,
    pub(crate) size: u32,
    pub(crate) external: u32,
    pub(crate) extra: Vec<u8>,
    pub(crate) data: Vec<u8>,
}

impl Raw {
    /// A stored file like the others.
    pub(crate) fn stored(path: &str, content: &[u8], like: &Raw) -> Raw {
        let size = u32::try_from(content.len()).expect("small");
        Raw {
            name: format!("{NAME}/{path}").into_bytes(),
            method: 0,
            crc32: crc32fast::hash(content),
            packed: size,
            size,
            data: content.into(),
            ..like.clone()
        }
    }

    pub(crate) fn content(&self) -> Vec<u8> {
        if self.method == 0 {
            return self.data.clone();
        }
        let mut out = vec![0; self.size as usize];
        libdeflater::Decompressor::new().deflate_decompress(&self.data, &mut out).expect("inflates");
        out
    }

    fn header(&self, central: bool) -> Vec<u8> {
        let mut h = if central { b"PK\x01\x02".to_vec() } else { b"PK\x03\x04".to_vec() };
        if central {
            h.extend(self.made_by.to_le_bytes());
        }
        for field in [self.needed, self.flags, self.method, self.time, self.date] {
            h.extend(field.to_le_bytes());
        }
        for field in [self.crc32, self.packed, self.size] {
            h.extend(field.to_le_bytes());
        }
        h.extend((self.name.len() as u16).to_le_bytes());
        h.extend((self.extra.len() as u16).to_le_bytes());
        h
    }
}

fn u16_at(b: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([b[at], b[at + 1]])
}

pub(crate) fn u32_at(b: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(b[at..at + 4].try_into().expect("four"))
}

/// Takes an archive apart; it must be a good one.
pub(crate) fn parse(zip: &[u8]) -> Vec<Raw> {
    let end = zip.len() - 22;
    let mut at = u32_at(zip, end + 16) as usize;
    let mut raws = Vec::new();
    while at < end {
        let (length, offset) = (u16_at(zip, at + 28) as usize, u32_at(zip, at + 42) as usize);
        let start = offset + 30 + length;
        let packed = u32_at(zip, at + 20);
        raws.push(Raw {
            name: zip[at + 46..at + 46 + length].into(),
            made_by: u16_at(zip, at + 4),
            needed: u16_at(zip, at + 6),
            flags: u16_at(zip, at + 8),
            method: u16_at(zip, at + 10),
            time: u16_at(zip, at + 12),
            date: u16_at(zip, at + 14),
            crc32: u32_at(zip, at + 16),
            packed,
            size: u32_at(zip, at + 24),
            external: u32_at(zip, at + 38),
            extra: Vec::new(),
            data: zip[start..start + packed as usize].into(),
        });
        at += 46 + length;
    }
    raws
}

/// Puts an archive together again.
pub(crate) fn build(raws: &[Raw]) -> Vec<u8> {
    let (mut out, mut central) = (Vec::new(), Vec::new());
    for raw in raws {
        central.extend(raw.header(true));
        central.extend([0; 6]);
        central.extend(raw.external.to_le_bytes());
        central.extend((out.len() as u32).to_le_bytes());
        central.extend(&raw.name);
        central.extend(&raw.extra);
        out.extend(raw.header(false));
        out.extend(&raw.name);
        out.extend(&raw.extra);
        out.extend(&raw.data);
    }
    let start = out.len() as u32;
    out.extend(&central);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend((raws.len() as u16).to_le_bytes());
    out.extend((raws.len() as u16).to_le_bytes());
    out.extend((central.len() as u32).to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}

pub(crate) fn index(raws: &[Raw], path: &str) -> usize {
    let name = format!("{NAME}/{path}").into_bytes();
    raws.iter().position(|r| r.name == name).unwrap_or_else(|| panic!("{path} is in the archive"))
}

/// Replaces a file's content, or adds the file.
pub(crate) fn set(raws: &mut Vec<Raw>, path: &str, content: &[u8]) {
    let name = format!("{NAME}/{path}").into_bytes();
    let new = Raw::stored(path, content, &raws[0]);
    match raws.iter().position(|r| r.name == name) {
        Some(i) => raws[i] = new,
        None => raws.insert(0, new),
    }
}

/// Changes the text of a file.
pub(crate) fn edit(raws: &mut Vec<Raw>, path: &str, change: impl FnOnce(String) -> String) {
    let text = String::from_utf8(raws[index(raws, path)].content()).expect("text");
    let changed = change(text.clone());
    assert_ne!(text, changed, "the corruption corrupts");
    set(raws, path, changed.as_bytes());
}

/// Makes manifest and SHA256SUMS true of the files again, so that only the corruption itself can be found.
pub(crate) fn relist(raws: &mut Vec<Raw>) {
    let own = [manifest::FILE_NAME, sums::FILE_NAME];
    let prefix = format!("{NAME}/");
    let list = |raws: &[Raw], but: &[&str]| {
        let mut files: Vec<ManifestFile> = raws
            .iter()
            .filter_map(|raw| {
                let path = std::str::from_utf8(&raw.name).ok()?.strip_prefix(&prefix)?;
                if but.contains(&path) {
                    return None;
                }
                let content = raw.content();
                let path = BundlePath::new(path).ok()?;
                Some(ManifestFile { path, size: content.len() as u64, sha256: Sha256::of(&content) })
            })
            .collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files
    };
    let files = list(raws, &own);
    let text = String::from_utf8(raws[index(raws, manifest::FILE_NAME)].content()).expect("text");
    if let Ok(mut parsed) = serde_json::from_str::<BuildManifest>(&text) {
        parsed.files = files;
        set(raws, manifest::FILE_NAME, to_json(&parsed).as_bytes());
    }
    let lines = list(raws, &own[1..]);
    set(raws, sums::FILE_NAME, sums::write(lines.iter().map(|f| (f.path.as_str(), f.sha256))).as_bytes());
}
