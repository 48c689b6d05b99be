//! The log: a file in the data folder, or standard error in the console.

use std::fs::File;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

/// A file beyond this size becomes `agent.log.1` at the next start.
#[cfg(any(windows, test))]
const MAX_SIZE: u64 = 1024 * 1024;

#[derive(Clone)]
pub struct Log(Option<Arc<Mutex<File>>>);

impl Log {
    pub fn to_stderr() -> Self {
        Log(None)
    }

    /// Appends to `agent.log` in a folder, which is created when it is missing.
    #[cfg(any(windows, test))]
    pub fn in_dir(dir: &std::path::Path) -> io::Result<Self> {
        std::fs::create_dir_all(dir)?;
        let path = dir.join("agent.log");
        if std::fs::metadata(&path).is_ok_and(|m| m.len() > MAX_SIZE) {
            std::fs::rename(&path, dir.join("agent.log.1"))?;
        }
        let file = File::options().create(true).append(true).open(path)?;
        Ok(Log(Some(Arc::new(Mutex::new(file)))))
    }

    /// Writes a line with the time before it. A full disk must not stop the service, so failures are passed over.
    pub fn line(&self, text: &str) {
        let line = format!("{} {}\n", timestamp(SystemTime::now()), text.replace(['\r', '\n'], " "));
        let _ = match &self.0 {
            Some(file) => file.lock().unwrap_or_else(|e| e.into_inner()).write_all(line.as_bytes()),
            None => io::stderr().write_all(line.as_bytes()),
        };
    }
}

/// `2026-01-31T12:00:00Z`.
fn timestamp(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let (mut days, clock) = (seconds / 86_400, seconds % 86_400);
    let leap = |year: u64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let mut month = 1;
    for length in [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
    format!("{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z", days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_long_file_is_put_aside() {
        let dir = std::env::temp_dir().join(format!("acme-agent-log-{}", std::process::id()));
        let size = || std::fs::metadata(dir.join("agent.log")).unwrap().len();
        Log::in_dir(&dir).unwrap().line("a\r\nb");
        assert!(std::fs::read_to_string(dir.join("agent.log")).unwrap().ends_with("Z a  b\n"));
        std::fs::write(dir.join("agent.log"), vec![b'x'; MAX_SIZE as usize + 1]).unwrap();
        Log::in_dir(&dir).unwrap();
        assert_eq!(size(), 0);
        assert!(dir.join("agent.log.1").exists());
        std::fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn dates() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(timestamp(UNIX_EPOCH + Duration::from_secs(seconds)), text);
        }
    }
}
