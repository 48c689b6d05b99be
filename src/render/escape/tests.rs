use super::*;
use proptest::prelude::*;

fn pack(value: &str) -> String {
    let hex: String = value.bytes().map(|b| format!("{b:02x}")).collect();
    format!("{OPEN}{hex}{CLOSE}")
}

fn one(language: Language, before: &str, value: &str, after: &str) -> Result<String, Refused> {
    unpack(language, &format!("{before}{}{after}", pack(value)), false)
}

const HOSTILE: &str = "a'b\"c`d$(e)%PATH%&|<>^!x!()\n]]>-->#>‘’‚‛“”„日😀";

#[test]
fn powershell_by_place() {
    let ps = |before: &str, value: &str| one(Language::PowerShell, before, value, "").expect("literal");
    assert_eq!(ps("$x = ", "it's"), "$x = 'it''s'");
    assert_eq!(ps("$x = 'a ", "it's ’"), "$x = 'a it''s ’’");
    assert_eq!(ps("$x = \"a ", "$(x) ` \" ”"), "$x = \"a `$(x) `` `\" `”");
    assert_eq!(ps("$x = \"$(f '", "it's"), "$x = \"$(f 'it''s");
    assert_eq!(ps("$x = \"$(f (1)) ", "$y"), "$x = \"$(f (1)) `$y");
    assert_eq!(ps("# c ", "a\nb"), "# c a b");
    assert_eq!(ps("<# c\n#", "> #> x"), "<# c\n# > # > x");
    assert_eq!(ps("'it''s' + ", "x"), "'it''s' + 'x'");
    assert_eq!(ps("\"a`\" ", "$x"), "\"a`\" `$x");
    assert_eq!(ps("@'\nx ", "it's"), "@'\nx it's");
    assert_eq!(ps("@'\nx\n'@ ", "it's"), "@'\nx\n'@ 'it''s'");
    assert_eq!(ps("@\"\nx ", "\"@ $x"), "@\"\nx `\"@ `$x");
    assert_eq!(ps("x#y ", "a"), "x#y 'a'");
    assert!(one(Language::PowerShell, "@'\n", "'@; evil", "\n'@").is_err());
    assert!(one(Language::PowerShell, "@'\nx", "\n'@; evil", "\n'@").is_err());
    assert!(one(Language::PowerShell, "x `", "y", "").is_err());
}

#[test]
fn cmd_by_place() {
    let cmd = |before: &str, value: &str| one(Language::Cmd, before, value, "").expect("literal");
    assert_eq!(cmd("set \"A=", "a&b%P%\"c&d\"e&f"), "set \"A=a&b%%P%%\"c^&d\"e&f");
    assert_eq!(cmd("echo ", "a&b\n(c)"), "echo a^&b ^(c^)");
    assert_eq!(cmd("echo \"x\" ", "a&b"), "echo \"x\" a^&b");
    let refused = one(Language::Cmd, "setlocal\n@SETLOCAL EnableExtensions EnableDelayedExpansion\necho ", "x", "");
    assert!(refused.is_err_and(|r| r.line == 3 && r.why.contains("delayed")));
}

#[test]
fn xml_and_json_by_place() {
    let xml = |before: &str, value: &str, after: &str| one(Language::Xml, before, value, after).expect("literal");
    assert_eq!(xml("<a b=\"", "\"<&>'\n", "\"/>"), "<a b=\"&quot;&lt;&amp;&gt;&#39;&#10;\"/>");
    assert_eq!(xml("<![CDATA[", "a]]>b]", "]>]]>"), "<![CDATA[a]]]]><![CDATA[>b]]]><![CDATA[]>]]>");
    assert_eq!(xml("<!-- ", "--> x", " -->"), "<!-- - - > x -->");
    let json = |before: &str, after: &str| one(Language::Json, before, HOSTILE, after).expect("literal");
    for text in [json("[", "]"), json("[\"", "\"]")] {
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(value[0].as_str(), Some(HOSTILE));
    }
}

#[test]
fn line_ends_of_values_are_their_own() {
    let unpacked = unpack(Language::PowerShell, &format!("a\n'{}'\n", pack("x\ny")), true).expect("literal");
    assert_eq!(unpacked, "a\r\n'x\ny'\r\n");
    let unpacked = unpack(Language::Text, &format!("a\n{}\n", pack("x\ny\u{1b}[2J")), true).expect("literal");
    assert_eq!(unpacked, "a\r\nx\r\ny\u{FFFD}[2J\r\n");
}

#[test]
fn a_damaged_parcel_is_refused() {
    assert!(unpack(Language::Text, &format!("{OPEN}6{CLOSE}"), false).is_err());
    assert!(unpack(Language::Text, &format!("{OPEN}GG{CLOSE}"), false).is_err());
}

proptest! {
    #[test]
    fn cmd_lines_keep_their_values(value in "[a\"&|<>^%!() 日]{0,20}") {
        let line = one(Language::Cmd, "set \"A=", &value, "\"").expect("literal");
        // cmd.exe's own reading of a line: percent, then quotes and carets; `set` takes what is between the first quote and
        // the last.
        let line = line.replace("%%", "%");
        let (mut read, mut quoted, mut chars) = (String::new(), false, line.chars());
        while let Some(c) = chars.next() {
            match c {
                '"' => { quoted = !quoted; read.push(c) }
                '^' if !quoted => read.extend(chars.next()),
                '&' | '|' | '<' | '>' if !quoted => prop_assert!(false, "code: {line}"),
                c => read.push(c),
            }
        }
        prop_assert_eq!(read, format!("set \"A={value}\""));
    }
}
