//! Values as PowerShell literals: nothing in them is ever expanded, executed or read as code.

use serde_json::Value;

/// The characters that PowerShell takes as a single quote: it reads the typographic ones as the ASCII one.
/// Source: about_Quoting_Rules and the language specification, 2.3.5.2.
pub(super) const SINGLE_QUOTES: [char; 5] = ['\'', '\u{2018}', '\u{2019}', '\u{201A}', '\u{201B}'];
/// The same for double quotes.
pub(super) const DOUBLE_QUOTES: [char; 4] = ['"', '\u{201C}', '\u{201D}', '\u{201E}'];

/// Characters that are written by number: line ends, which editors change; controls, which nobody sees; and those that
/// turn the direction of writing, which hide what a text does.
fn by_number(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// A string literal in single quotes; with [char] numbers joined to it where [`by_number`] asks for them.
pub(super) fn string(text: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut open = false;
    for c in text.chars() {
        if by_number(c) {
            if open {
                end(&mut parts);
            }
            parts.push(format!("[char]{}", u32::from(c)));
            open = false;
        } else {
            if !open {
                parts.push("'".into());
                open = true;
            }
            if let Some(part) = parts.last_mut() {
                part.push(c);
                if SINGLE_QUOTES.contains(&c) {
                    part.push(c);
                }
            }
        }
    }
    if open {
        end(&mut parts);
    }
    match parts.len() {
        0 => "''".into(),
        1 if parts.first().is_some_and(|p| p.starts_with('\'')) => parts.concat(),
        // The first operand decides the type of a sum: it has to be a string.
        _ if parts.first().is_some_and(|p| !p.starts_with('\'')) => format!("('' + {})", parts.join(" + ")),
        _ => format!("({})", parts.join(" + ")),
    }
}

fn end(parts: &mut [String]) {
    if let Some(part) = parts.last_mut() {
        part.push('\'');
    }
}

/// Any value: tables as ordered hashtables, lists as arrays, `$true`, `$false`, `$null`, numbers and strings.
pub(super) fn value(value: &Value) -> String {
    let mut out = String::new();
    write(value, 0, &mut out);
    out
}

fn write(value: &Value, depth: usize, out: &mut String) {
    let pad = "    ".repeat(depth + 1);
    let close = "    ".repeat(depth);
    match value {
        Value::Null => out.push_str("$null"),
        Value::Bool(true) => out.push_str("$true"),
        Value::Bool(false) => out.push_str("$false"),
        Value::Number(n) => out.push_str(&n.to_string()),
        Value::String(s) => out.push_str(&string(s)),
        Value::Array(list) if list.is_empty() => out.push_str("@()"),
        Value::Array(list) => {
            out.push_str("@(\n");
            for (i, item) in list.iter().enumerate() {
                out.push_str(&pad);
                // A lone inner array would be unrolled; the comma keeps it.
                if item.is_array() {
                    out.push(',');
                }
                write(item, depth + 1, out);
                out.push_str(if i + 1 == list.len() { "\n" } else { ",\n" });
            }
            out.push_str(&close);
            out.push(')');
        }
        Value::Object(map) if map.is_empty() => out.push_str("[ordered]@{}"),
        Value::Object(map) => {
            out.push_str("[ordered]@{\n");
            for (key, item) in map {
                out.push_str(&pad);
                let bare = key.starts_with(|c: char| c.is_ascii_alphabetic())
                    && key.chars().all(|c| c.is_ascii_alphanumeric());
                out.push_str(&if bare { key.clone() } else { string(key) });
                out.push_str(" = ");
                write(item, depth + 1, out);
                out.push('\n');
            }
            out.push_str(&close);
            out.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_controls() {
        assert_eq!(string(""), "''");
        assert_eq!(string("it's $(x) `n ‘’‚‛ “"), "'it''s $(x) `n ‘‘’’‚‚‛‛ “'");
        assert_eq!(string("a\nb"), "('a' + [char]10 + 'b')");
        assert_eq!(string("\n"), "('' + [char]10)");
        assert_eq!(string("a\u{202e}"), "('a' + [char]8238)");
    }

    #[test]
    fn structures() {
        let v = serde_json::json!({"a": [1, true, null, [2]], "b c": {}, "d": []});
        let text = value(&v);
        assert_eq!(
            text,
            "[ordered]@{\n    a = @(\n        1,\n        $true,\n        $null,\n        ,@(\n            2\n        )\n    )\n    'b c' = [ordered]@{}\n    d = @()\n}"
        );
    }
}
