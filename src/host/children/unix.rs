//! Unix: process groups.

use super::End;
use rustix::process::{Pid, Signal, kill_process_group};
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};

/// A child and what it has started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::host) struct Group(Pid);

impl Group {
    /// Starts a child in a group of its own.
    pub(in crate::host) fn spawn(command: &mut Command) -> io::Result<(Child, Self)> {
        let child = command.process_group(0).spawn()?;
        let group = Group(Pid::from_child(&child));
        Ok((child, group))
    }

    /// Ends it. It may have ended in the meantime.
    pub(in crate::host) fn end(self, how: End) {
        let signal = match how {
            End::Interrupt => Signal::INT,
            End::Terminate => Signal::TERM,
            End::Kill => Signal::KILL,
        };
        let _ = kill_process_group(self.0, signal);
    }
}

/// Takes over SIGINT, SIGTERM and SIGHUP.
pub(in crate::host) fn on_signal(act: impl Fn(End) + Send + 'static) -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        for signal in signals.forever() {
            act(if signal == SIGINT { End::Interrupt } else { End::Terminate });
        }
    })?;
    Ok(())
}
