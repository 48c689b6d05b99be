//! UTF-16 and back.

/// With a NUL at the end.
pub fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

/// Strings, each with its NUL, and one more NUL: REG_MULTI_SZ, dependencies.
pub fn multi(items: &[String]) -> Vec<u16> {
    let mut out: Vec<u16> = items.iter().flat_map(|i| wide(i)).collect();
    out.push(0);
    if items.is_empty() {
        out.push(0);
    }
    out
}

/// A string that Windows handed over.
///
/// # Safety
/// `text` is null or points to a string with a NUL at its end.
pub unsafe fn narrow(text: *const u16) -> String {
    if text.is_null() {
        return String::new();
    }
    let mut len = 0;
    // SAFETY: the NUL ends the walk before the string does.
    unsafe {
        while *text.add(len) != 0 {
            len += 1;
        }
        String::from_utf16_lossy(std::slice::from_raw_parts(text, len))
    }
}
