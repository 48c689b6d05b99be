//! One run at a time on an output folder.

use super::io;
use crate::event::Sink;
use crate::host::{Host, check_interrupt};
use same_file::Handle;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

const NAME: &str = ".winsvc-lock";
/// How often the folder may be gone again.
const VANISHED: u32 = 1000;
const POLL: Duration = Duration::from_millis(50);

/// Held by the run that may change the folder. Goes with the process, however that ends; the file and the folders made for
/// it go too when they are empty.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    path: PathBuf,
    /// Folders that were made for it, outermost first.
    made: Vec<PathBuf>,
}

impl Lock {
    /// Waits for its turn, and says so once, naming the process that has it.
    pub(super) fn acquire(host: &dyn Host, sink: &dyn Sink, dir: &Path) -> anyhow::Result<Lock> {
        let mut made: Vec<PathBuf> =
            dir.ancestors().take_while(|a| !a.as_os_str().is_empty() && !a.exists()).map(PathBuf::from).collect();
        made.reverse();
        let undo = Made(made);
        let path = dir.join(NAME);
        let (mut told, mut vanished) = (false, 0);
        loop {
            check_interrupt(host)?;
            fs::create_dir_all(dir).map_err(|e| io::problem("create", dir, &e))?;
            let mut file = match OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path) {
                Ok(file) => file,
                // The run before removed the folder that it had made. Some folders take no file at all and say the same.
                // Windows refuses a file that another run has removed and not closed yet.
                Err(e) if is_gone(e.kind()) && vanished < VANISHED => {
                    vanished += 1;
                    continue;
                }
                Err(e) => return Err(io::problem("write", &path, &e).into()),
            };
            match file.try_lock() {
                Ok(()) if !is_at(&file, &path) => {}
                Ok(()) => {
                    // For the note of a waiting run; nothing depends on it.
                    let _ = file.set_len(0);
                    let _ = write!(file, "{}", std::process::id());
                    return Ok(Lock { file, path, made: undo.keep() });
                }
                Err(TryLockError::WouldBlock) => {
                    if !told {
                        let mut holder = String::new();
                        let _ = file.read_to_string(&mut holder);
                        let holder = if holder.is_empty() { String::new() } else { format!(" (process {holder})") };
                        sink.note(format!("waiting for another run{holder} to publish to {}", dir.display()));
                        told = true;
                    }
                    std::thread::sleep(POLL);
                }
                Err(TryLockError::Error(e)) if e.kind() == ErrorKind::Unsupported => {
                    sink.note(format!(
                        "{} is on a file system without locks: don't run twice on it at the same time",
                        dir.display()
                    ));
                    return Ok(Lock { file, path, made: undo.keep() });
                }
                Err(TryLockError::Error(e)) => return Err(io::problem("lock", &path, &e).into()),
            }
        }
    }
}

/// Whether a file can't be opened because it is being removed.
fn is_gone(why: ErrorKind) -> bool {
    why == ErrorKind::NotFound || cfg!(windows) && why == ErrorKind::PermissionDenied
}

/// Whether the open file is still the one of that path: the run before removes it while others wait for it.
fn is_at(file: &File, path: &Path) -> bool {
    match (file.try_clone().and_then(Handle::from_file), Handle::from_path(path)) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // While it is still held: see `is_at`.
        let _ = fs::remove_file(&self.path);
        drop(Made(std::mem::take(&mut self.made)));
        let _ = self.file.unlock();
    }
}

/// Folders to be removed again when they are empty.
struct Made(Vec<PathBuf>);

impl Made {
    fn keep(mut self) -> Vec<PathBuf> {
        std::mem::take(&mut self.0)
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        for dir in self.0.iter().rev() {
            // Fails when something is in it, which is right.
            if fs::remove_dir(dir).is_err() {
                break;
            }
        }
    }
}
