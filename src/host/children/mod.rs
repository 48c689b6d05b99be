//! Children with all that they start, and the signals that end them.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(super) use unix::{Group, on_signal};
#[cfg(windows)]
pub(super) use windows::{Group, on_signal};

/// How a group of processes is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The user has pressed Ctrl-C.
    Interrupt,
    /// It is asked to.
    Terminate,
    /// By force.
    Kill,
}
