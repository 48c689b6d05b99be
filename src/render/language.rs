//! Output languages: which one a file is in, and how its bytes are laid out.

/// What a rendered file is written in; its escaping and its line ends follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    /// PowerShell: UTF-8 with byte order mark (5.1 reads a file without one as ANSI), CRLF.
    PowerShell,
    /// Batch files for cmd.exe: CRLF (labels are not found reliably otherwise), no byte order mark (cmd.exe would take it
    /// for a part of the first command).
    Cmd,
    /// XML and HTML.
    Xml,
    /// JSON; TOML and YAML too, whose double-quoted strings take JSON's escapes.
    Json,
    /// Markdown.
    Markdown,
    /// Plain text and everything that has no language here: nothing is escaped. CRLF for `.txt`.
    Text,
}

impl Language {
    /// All of them.
    pub const ALL: [Language; 6] =
        [Language::PowerShell, Language::Cmd, Language::Xml, Language::Json, Language::Markdown, Language::Text];

    /// The language of a file, by the extension of its name (without `.tera`).
    pub fn of(name: &str) -> Self {
        let file = name.rsplit('/').next().unwrap_or(name);
        let extension = file.rsplit_once('.').map_or("", |(_, e)| e).to_ascii_lowercase();
        match extension.as_str() {
            "ps1" | "psm1" | "psd1" => Language::PowerShell,
            "cmd" | "bat" => Language::Cmd,
            "xml" | "config" | "manifest" | "wxs" | "html" | "htm" | "svg" => Language::Xml,
            "json" | "toml" | "yaml" | "yml" => Language::Json,
            "md" => Language::Markdown,
            _ => Language::Text,
        }
    }

    /// Whether the file's own line ends become CRLF.
    pub(super) fn crlf(self, name: &str) -> bool {
        match self {
            Language::PowerShell | Language::Cmd => true,
            Language::Text => name.to_ascii_lowercase().ends_with(".txt"),
            _ => false,
        }
    }

    /// Whether the file starts with a UTF-8 byte order mark.
    pub(super) fn bom(self) -> bool {
        self == Language::PowerShell
    }
}
