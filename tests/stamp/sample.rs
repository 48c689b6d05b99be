//! What the tests stamp.

use cargo_winsvc::model::{EventMessage, EventSeverity, FileVersion};
use cargo_winsvc::pe::{DEFAULT_MANIFEST, Icon};
use cargo_winsvc::stamp::Resources;

/// Everything that could break a writer or a reader.
pub(crate) const HOSTILE: &str =
    "\"double\" 'single' $(whoami) ${x} `tick` %PATH% &|<>^ \\\\ back\\slash\nnewline ]]> 漢字 かな 🦀 end";

/// All kinds of resources, with harmless texts.
pub(crate) fn resources() -> Resources {
    let strings = [
        ("CompanyName", "Acme"),
        ("FileDescription", "Acme Agent"),
        ("FileVersion", "1.2.3-rc.1"),
        ("LegalCopyright", ""),
        ("ProductName", "Acme Agent"),
        ("ProductVersion", "1.2.3-rc.1"),
    ];
    let message = |id, severity, text: &str| EventMessage { id, severity, text: text.into() };
    Resources {
        version: FileVersion([1, 2, 3, 0]),
        prerelease: true,
        strings: strings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        icon: Some(Icon::parse(&icon(0xff33_6699)).expect("an icon")),
        manifest: Some(DEFAULT_MANIFEST.as_bytes().to_vec()),
        messages: Some(vec![
            message(1000, EventSeverity::Information, "Started %1."),
            message(1001, EventSeverity::Information, "100% done: %PATH%\nnext"),
            message(1002, EventSeverity::Error, "Failed: %1!"),
        ]),
        override_existing: false,
        internal_name: "acme-agent".into(),
        original_filename: "acme-agent.exe".into(),
    }
}

/// The same with hostile texts everywhere.
pub(crate) fn hostile() -> Resources {
    let mut resources = resources();
    for (key, value) in &mut resources.strings {
        *value = format!("{key}: {HOSTILE}");
    }
    resources.strings.push(("Comments".into(), "x".repeat(1000)));
    resources.internal_name = HOSTILE.into();
    resources
}

/// An .ico with bitmaps of 16 and 32 pixels and a PNG of 64.
pub(crate) fn icon(colour: u32) -> Vec<u8> {
    let mut images: Vec<(u8, Vec<u8>)> = [16u32, 32].map(|size| (size as u8, bitmap(size, colour))).to_vec();
    images.push((64, png(64, colour)));
    file(images)
}

/// An .ico with two bitmaps of a single pixel.
pub(crate) fn small_icon() -> Vec<u8> {
    file(vec![(1, bitmap(1, 5)), (1, bitmap(1, 6))])
}

fn file(images: Vec<(u8, Vec<u8>)>) -> Vec<u8> {
    let mut file = vec![0, 0, 1, 0, images.len() as u8, 0];
    let mut offset = 6 + 16 * images.len();
    for (size, bits) in &images {
        file.extend([*size, *size, 0, 0, 0, 0, 0, 0]);
        file.extend((bits.len() as u32).to_le_bytes());
        file.extend((offset as u32).to_le_bytes());
        offset += bits.len();
    }
    file.extend(images.into_iter().flat_map(|(_, bits)| bits));
    file
}

/// BITMAPINFOHEADER, 32 bits per pixel, and an empty mask.
fn bitmap(size: u32, colour: u32) -> Vec<u8> {
    let header = [40, size, 2 * size, 1 | 32 << 16, 0, 4 * size * size, 0, 0, 0, 0];
    let mut bytes: Vec<u8> = header.into_iter().flat_map(u32::to_le_bytes).collect();
    bytes.extend((0..size * size).flat_map(|i| (colour ^ i).to_le_bytes()));
    bytes.resize(bytes.len() + (size * size.next_multiple_of(32) / 8) as usize, 0);
    bytes
}

fn png(size: u32, colour: u32) -> Vec<u8> {
    let mut rows = Vec::new();
    for _ in 0..size {
        rows.push(0);
        rows.extend((0..size).flat_map(|i| (colour ^ i).to_be_bytes()));
    }
    let mut packed = vec![0; 2 * rows.len() + 100];
    let level = libdeflater::CompressionLvl::default();
    let length = libdeflater::Compressor::new(level).zlib_compress(&rows, &mut packed).expect("compresses");
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let head = [&size.to_be_bytes()[..], &size.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
    for (kind, data) in [(b"IHDR", head.as_slice()), (b"IDAT", &packed[..length]), (b"IEND", &[])] {
        out.extend((data.len() as u32).to_be_bytes());
        let chunk = [&kind[..], data].concat();
        out.extend(&chunk);
        out.extend(crc32fast::hash(&chunk).to_be_bytes());
    }
    out
}
