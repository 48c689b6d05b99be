//! Windows: trees of processes, and the events of the console.

use super::End;
use std::io;
use std::process::{Child, Command, Stdio};

/// A child and what it has started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::host) struct Group(u32);

impl Group {
    /// Starts a child.
    pub(in crate::host) fn spawn(command: &mut Command) -> io::Result<(Child, Self)> {
        let child = command.spawn()?;
        let group = Group(child.id());
        Ok((child, group))
    }

    /// Ends it. The console has told every process in it of Ctrl-C already, and programs without a window know no polite way.
    pub(in crate::host) fn end(self, how: End) {
        if how == End::Kill {
            let mut taskkill = Command::new("taskkill.exe");
            taskkill.args(["/T", "/F", "/PID", &self.0.to_string()]);
            let _ = taskkill.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        }
    }
}

/// Takes over Ctrl-C, Ctrl-Break, and the end of the console.
pub(in crate::host) fn on_signal(act: impl Fn(End) + Send + 'static) -> io::Result<()> {
    ctrlc::set_handler(move || act(End::Interrupt)).map_err(io::Error::other)
}
