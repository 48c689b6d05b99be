//! Executables.

use super::catalog as ws;
use super::contents::Contents;
use super::{Book, VerifyOptions, private};
use crate::model::{FileVersion, Target};
use crate::pe::{self, Image};

const DYNAMIC_BASE: u16 = 0x40;
const HIGH_ENTROPY_VA: u16 = 0x20;
const NX_COMPAT: u16 = 0x100;
const GUI: u16 = 2;
const CONSOLE: u16 = 3;
/// Run-time libraries of compilers, which no Windows has.
const RUNTIMES: &[&str] = &["libgcc", "libwinpthread", "libstdc++", "libc++", "libunwind", "libssp", "libgomp"];
/// DLLs through which Windows offers the service functions.
const SERVICE_DLLS: &[&str] = &["advapi32", "sechost", "api-ms-win-service-"];

/// What the manifests say that the executables are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    pub(super) target: Option<&'a Target>,
    /// What the manifest says it carries; `None` when that is no version.
    pub(super) version: Option<FileVersion>,
    /// The executable runs as a service.
    pub(super) service: bool,
}

/// Checks one executable.
pub(super) fn check(
    book: &mut Book,
    path: &str,
    bytes: &[u8],
    expected: Expected<'_>,
    contents: &Contents,
    options: &VerifyOptions,
) {
    let image = match Image::parse(bytes) {
        Ok(image) => image,
        Err(e) => return book.fail(ws::EXE_UNREADABLE, path, e.to_string()),
    };
    book.check(ws::EXE_UNREADABLE, path, Ok(()));
    if let Some(target) = expected.target {
        book.expect(ws::EXE_MACHINE, path, image.machine() == target.arch().machine(), || {
            format!("its machine is {:#06x}, {target} has {:#06x}", image.machine(), target.arch().machine())
        });
    }
    let faults = pe::check_layout(bytes).err().unwrap_or_default();
    book.expect(ws::EXE_LAYOUT, path, faults.is_empty(), || {
        faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    });
    let (stored, computed) = (image.stored_checksum(), image.computed_checksum());
    book.expect(ws::EXE_CHECKSUM, path, stored == computed, || format!("it says {stored:08x}, it is {computed:08x}"));
    check_version(book, path, &image, expected.version);
    check_hardening(book, path, &image);
    check_imports(book, path, &image, expected.service, contents);
    book.expect(ws::EXE_SUBSYSTEM, path, matches!(image.subsystem(), GUI | CONSOLE), || {
        format!("its subsystem is {}", image.subsystem())
    });
    check_private(book, path, bytes, options);
}

fn check_version(book: &mut Book, path: &str, image: &Image<'_>, expected: Option<FileVersion>) {
    let info = image.version_info();
    book.expect(ws::EXE_NO_VERSION, path, info.is_some(), || {
        "it has no version resource, or one that can't be read".into()
    });
    let Some(info) = info else { return };
    // One that does not fit can't be compared; the manifest's check tells when it is none.
    let Some(expected) = expected else { return };
    book.expect(ws::EXE_VERSION, path, info.file_version == expected, || {
        format!("its file version is {}, the manifest says {expected}", info.file_version)
    });
}

fn check_hardening(book: &mut Book, path: &str, image: &Image<'_>) {
    let flags = image.dll_characteristics();
    let wanted = if image.is_pe32_plus() { DYNAMIC_BASE | HIGH_ENTROPY_VA } else { DYNAMIC_BASE };
    book.expect(ws::EXE_ASLR, path, flags & wanted == wanted, || {
        let mut missing = Vec::new();
        if flags & DYNAMIC_BASE == 0 {
            missing.push("DYNAMIC_BASE");
        }
        if wanted & !flags & HIGH_ENTROPY_VA != 0 {
            missing.push("HIGH_ENTROPY_VA");
        }
        format!("it lacks {}", missing.join(" and "))
    });
    book.expect(ws::EXE_DEP, path, flags & NX_COMPAT != 0, || "it lacks NX_COMPAT".into());
}

fn check_imports(book: &mut Book, path: &str, image: &Image<'_>, service: bool, contents: &Contents) {
    let imports = match image.imports() {
        Ok(imports) => imports,
        Err(e) => return book.fail(ws::EXE_UNREADABLE, path, format!("its imports can't be read: {e}")),
    };
    let folder = path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let missing: Vec<&str> = imports
        .iter()
        .map(|import| import.dll.as_str())
        .filter(|dll| RUNTIMES.iter().any(|r| dll.to_ascii_lowercase().starts_with(r)))
        .filter(|dll| !contents.has(&format!("{folder}{dll}")))
        .collect();
    book.expect(ws::EXE_RUNTIME, path, missing.is_empty(), || format!("it imports {}", missing.join(", ")));
    if service {
        let dispatches = imports.iter().any(|import| {
            let dll = import.dll.to_ascii_lowercase();
            SERVICE_DLLS.iter().any(|d| dll.starts_with(d))
                && import
                    .names
                    .iter()
                    .any(|n| matches!(n.as_str(), "StartServiceCtrlDispatcherW" | "StartServiceCtrlDispatcherA"))
        });
        book.expect(ws::EXE_DISPATCHER, path, dispatches, || {
            "it imports neither StartServiceCtrlDispatcherW nor …A".into()
        });
    }
}

/// Looks for paths of the build machine in any file.
pub(super) fn check_private(book: &mut Book, path: &str, bytes: &[u8], options: &VerifyOptions) {
    let (paths, count) = private::find(bytes, &options.private);
    book.expect(ws::PRIVATE_PATH, path, count == 0, || {
        let more = if count > paths.len() { format!(" and more ({count} places)") } else { String::new() };
        format!("it holds `{}`{more}", paths.join("`, `"))
    });
}
