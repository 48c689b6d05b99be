//! Reads executables and PDBs by LLVM's tools and the crate `object`; nothing here is the product's own.

use object::read::pe::{ImageNtHeaders, ImageOptionalHeader as _, PeFile, PeFile32, PeFile64};
use object::{FileKind, LittleEndian as LE};
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

/// Output of one of Debian's LLVM tools.
#[track_caller]
pub(crate) fn llvm<S: AsRef<OsStr>>(tool: &str, args: &[S]) -> String {
    let output = Command::new(format!("{tool}-19")).args(args).output();
    let output = output.unwrap_or_else(|e| panic!("{tool}-19: {e}; tests/setup.sh installs it"));
    assert!(output.status.success(), "{tool}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What follows `key: ` on its line.
#[track_caller]
pub(crate) fn field<'a>(text: &'a str, key: &str) -> &'a str {
    let value = text.lines().find_map(|l| l.trim().strip_prefix(key)?.strip_prefix(": "));
    value.unwrap_or_else(|| panic!("no {key} in\n{text}"))
}

/// Of an executable's headers what decides where it runs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Headers {
    pub(crate) machine: u16,
    /// 2: with windows, 3: console.
    pub(crate) subsystem: u16,
    /// The oldest Windows that starts it.
    pub(crate) subsystem_version: (u16, u16),
    pub(crate) os_version: (u16, u16),
    /// 0x20 high entropy, 0x40 ASLR, 0x100 DEP.
    pub(crate) dll_characteristics: u16,
}

/// Headers, imported DLLs (lower case, sorted), and the address of the first section.
pub(crate) fn image(exe: &Path) -> (Headers, Vec<String>, u32) {
    let bytes = std::fs::read(exe).unwrap();
    match FileKind::parse(&*bytes).unwrap() {
        FileKind::Pe32 => read(&PeFile32::parse(&*bytes).unwrap()),
        FileKind::Pe64 => read(&PeFile64::parse(&*bytes).unwrap()),
        other => panic!("{}: {other:?}", exe.display()),
    }
}

fn read<P: ImageNtHeaders>(file: &PeFile<'_, P>) -> (Headers, Vec<String>, u32) {
    let optional = file.nt_headers().optional_header();
    let headers = Headers {
        machine: file.nt_headers().file_header().machine.get(LE).0,
        subsystem: optional.subsystem().0,
        subsystem_version: (optional.major_subsystem_version(), optional.minor_subsystem_version()),
        os_version: (optional.major_operating_system_version(), optional.minor_operating_system_version()),
        dll_characteristics: optional.dll_characteristics().0,
    };
    let table = file.import_table().unwrap().unwrap();
    let mut list = table.descriptors().unwrap();
    let mut dlls = Vec::new();
    while let Some(descriptor) = list.next().unwrap() {
        let name = table.name(descriptor.name.get(LE)).unwrap();
        dlls.push(String::from_utf8_lossy(name).to_lowercase());
    }
    dlls.sort();
    let first = file.section_table().iter().next().unwrap().virtual_address.get(LE);
    (headers, dlls, first)
}

/// Names of an import, DLL by DLL.
pub(crate) fn imports(exe: &Path) -> String {
    llvm("llvm-readobj", &[OsStr::new("--coff-imports"), exe.as_os_str()])
}

/// The text around the first find, or `None`.
pub(crate) fn find(bytes: &[u8], needle: &str) -> Option<String> {
    let at = bytes.windows(needle.len()).position(|w| w == needle.as_bytes())?;
    let around = &bytes[at.saturating_sub(100)..bytes.len().min(at + 200)];
    Some(String::from_utf8_lossy(around).into_owned())
}

/// In UTF-16, as resources have their texts.
pub(crate) fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// All resources of a type, one behind the other, taken out by icoutils.
#[track_caller]
pub(crate) fn resource(exe: &Path, kind: u16) -> Vec<u8> {
    let output = Command::new("wrestool").args(["-x", "--raw", &format!("--type={kind}")]).arg(exe).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Whether an executable's version resource holds a key with that value.
#[track_caller]
pub(crate) fn assert_version_string(exe: &Path, key: &str, value: &str) {
    let bytes = resource(exe, 16);
    // Key, its NUL, padding to four bytes, value, NUL.
    let (key, value) = (wide(&format!("{key}\0")), wide(&format!("{value}\0")));
    let holds = bytes.windows(key.len()).enumerate().filter(|(_, w)| *w == key).any(|(at, _)| {
        let rest = &bytes[at + key.len()..];
        [0, 2].iter().any(|pad| rest.get(*pad..).is_some_and(|r| r.starts_with(&value)))
    });
    assert!(holds, "no such version string in {}:\n{}", exe.display(), String::from_utf8_lossy(&bytes));
}
