//! `key= value`: the key ends in `=` and the value is an argument of its own.

use super::{Failed, usage};

/// Pairs of key (in lower case, with its `=`) and value.
pub fn pairs(args: &[String]) -> Result<Vec<(String, &str)>, Failed> {
    let mut out = Vec::new();
    let mut args = args.iter();
    while let Some(key) = args.next() {
        if !key.ends_with('=') {
            return Err(usage(format!("{key}: an option ends in = and its value follows after a space")));
        }
        let value = args.next().ok_or_else(|| usage(format!("{key} has no value")))?;
        out.push((key.to_ascii_lowercase(), value.as_str()));
    }
    Ok(out)
}

/// What `create` and `config` can set.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Settings {
    pub bin_path: Option<String>,
    /// SERVICE_AUTO_START and so on.
    pub start: Option<u32>,
    pub delayed: bool,
    pub error: Option<u32>,
    pub account: Option<String>,
    pub display_name: Option<String>,
    /// Services, and groups with a leading `+`. An empty list clears.
    pub depend: Option<Vec<String>>,
}

impl Settings {
    pub fn parse(args: &[String]) -> Result<Self, Failed> {
        let mut settings = Settings::default();
        let mut seen = Vec::new();
        for (key, value) in pairs(args)? {
            if seen.contains(&key) {
                return Err(usage(format!("{key} twice")));
            }
            let word = value.to_ascii_lowercase();
            let wrong = || usage(format!("{key} {value}"));
            match key.as_str() {
                "binpath=" => settings.bin_path = Some(value.to_owned()),
                "displayname=" => settings.display_name = Some(value.to_owned()),
                "obj=" => settings.account = Some(value.to_owned()),
                // The others are for drivers and shared processes.
                "type=" if word == "own" => {}
                "start=" => {
                    settings.delayed = word == "delayed-auto";
                    settings.start = Some(match word.as_str() {
                        "auto" | "delayed-auto" => 2,
                        "demand" => 3,
                        "disabled" => 4,
                        _ => return Err(wrong()),
                    });
                }
                "error=" => {
                    settings.error = Some(match word.as_str() {
                        "ignore" => 0,
                        "normal" => 1,
                        "severe" => 2,
                        "critical" => 3,
                        _ => return Err(wrong()),
                    });
                }
                "depend=" => {
                    settings.depend = Some(value.split('/').filter(|d| !d.is_empty()).map(String::from).collect());
                }
                _ => return Err(wrong()),
            }
            seen.push(key);
        }
        Ok(settings)
    }
}
