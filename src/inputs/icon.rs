//! Whether a file is an icon: the ICO container, entry by entry.
//!
//! Source: Microsoft, "Icons" (ICONDIR, ICONDIRENTRY); images are PNG files or BITMAPINFOHEADER bitmaps.

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Checks the bytes of an .ico file.
///
/// # Errors
/// What is wrong, to follow the file's name, and what mends it.
pub(super) fn check(bytes: &[u8], path: &str) -> Result<(), (String, String)> {
    let convert = || {
        let ico = std::path::Path::new(path).with_extension("ico").display().to_string();
        let ico = if ico == path { format!("{path}.ico") } else { ico };
        format!(
            "magick {path} -define icon:auto-resize=256,64,48,32,16 {ico}   (ImageMagick), then resource.icon = \"{ico}\""
        )
    };
    for (magic, name) in [
        (PNG, "a PNG image"),
        (b"\xff\xd8\xff", "a JPEG image"),
        (b"GIF8", "a GIF image"),
        (b"BM", "a BMP image"),
        (b"<svg", "an SVG image"),
        (b"<?xml", "an XML file"),
        (b"RIFF", "a WebP image or another RIFF file"),
        (b"icns", "a macOS icon"),
    ] {
        if bytes.starts_with(magic) {
            return Err((format!("is {name}, not an .ico file"), convert()));
        }
    }
    structure(bytes).map_err(|why| (format!("is not a good .ico file: {why}"), convert()))
}

fn structure(bytes: &[u8]) -> Result<(), String> {
    let u16_at = |at: usize| bytes.get(at..at + 2).and_then(|b| b.try_into().ok()).map(u16::from_le_bytes);
    let u32_at = |at: usize| bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes);
    let (Some(reserved), Some(kind), Some(count)) = (u16_at(0), u16_at(2), u16_at(4)) else {
        return Err("it is cut off".into());
    };
    match (reserved, kind, count) {
        (0, 2, _) => return Err("it is a cursor".into()),
        (0, 1, 0) => return Err("it holds no image".into()),
        (0, 1, _) => {}
        _ => return Err("it does not start with an icon header".into()),
    }
    if bytes.len() < 6 + usize::from(count) * 16 {
        return Err(format!("its list of {count} images is cut off"));
    }
    for index in 0..count {
        let entry = 6 + usize::from(index) * 16;
        let (size, offset) = (u32_at(entry + 8).unwrap_or_default(), u32_at(entry + 12).unwrap_or_default());
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let end = start.saturating_add(usize::try_from(size).unwrap_or(usize::MAX));
        let image = bytes.get(start..end).filter(|image| !image.is_empty());
        let Some(image) = image else {
            return Err(format!("image {} of {count} lies outside the file", index + 1));
        };
        let bitmap = image.len() >= 40 && image.starts_with(&40u32.to_le_bytes());
        if !bitmap && !image.starts_with(PNG) {
            return Err(format!("image {} of {count} is neither a bitmap nor a PNG", index + 1));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An icon of these images.
    fn icon(images: &[&[u8]]) -> Vec<u8> {
        let mut out = vec![0, 0, 1, 0];
        out.extend(u16::try_from(images.len()).expect("few").to_le_bytes());
        let mut offset = 6 + 16 * images.len();
        for image in images {
            out.extend([16, 16, 0, 0, 1, 0, 32, 0]);
            out.extend(u32::try_from(image.len()).expect("small").to_le_bytes());
            out.extend(u32::try_from(offset).expect("small").to_le_bytes());
            offset += image.len();
        }
        images.iter().for_each(|image| out.extend_from_slice(image));
        out
    }

    #[test]
    fn icons_pass_and_others_are_named() {
        let bitmap = [&40u32.to_le_bytes()[..], &[0; 60]].concat();
        let png = [PNG, &[0; 20]].concat();
        assert_eq!(check(&icon(&[&bitmap, &png]), "a.ico"), Ok(()));
        let cut = icon(&[&bitmap, &png]);
        for (bytes, why) in [
            (png.clone(), "is a PNG image, not an .ico file"),
            (b"\xff\xd8\xff\xe0".to_vec(), "is a JPEG image"),
            (b"<svg/>".to_vec(), "is an SVG image"),
            (vec![], "cut off"),
            (vec![0, 0, 2, 0, 1, 0], "cursor"),
            (icon(&[]), "no image"),
            (b"hello world".to_vec(), "icon header"),
            (cut[..cut.len() - 1].to_vec(), "image 2 of 2 lies outside"),
            (cut[..30].to_vec(), "list of 2 images"),
            (icon(&[b"text"]), "image 1 of 1 is neither"),
            (icon(&[&bitmap, b""]), "image 2 of 2 lies outside"),
        ] {
            let (message, fix) = check(&bytes, "art/a.png").expect_err(why);
            assert!(message.contains(why), "{message}");
            assert!(fix.contains("magick art/a.png") && fix.contains("art/a.ico"), "{fix}");
        }
    }
}
