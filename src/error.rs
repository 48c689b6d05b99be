//! What can go wrong, said so that a person can mend it.
//!
//! Every error that reaches the user is a [`Problem`]: a stable id, what is wrong (naming the subject: a path, key or
//! command), the place it stands, and a fix that can be typed. Causes below it travel in [`anyhow::Error`]'s chain.

use std::fmt;

/// How the process ends. The numbers are documented in the README and are part of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Exit {
    /// 1: an operation failed (input/output, a tool).
    #[default]
    Failure,
    /// 2: the command line or the configuration is wrong.
    Usage,
    /// 3: a tool, a linker or a standard library is missing.
    ToolMissing,
    /// 4: cargo could not build the crate.
    Build,
    /// 5: verification found an error.
    Verify,
    /// 130: interrupted by Ctrl-C or a termination signal.
    Interrupted,
}

impl Exit {
    /// The process exit code.
    pub fn code(self) -> u8 {
        match self {
            Exit::Failure => 1,
            Exit::Usage => 2,
            Exit::ToolMissing => 3,
            Exit::Build => 4,
            Exit::Verify => 5,
            Exit::Interrupted => 130,
        }
    }
}

/// Where in a file something stands; lines and columns count from 1.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Place {
    /// The file, as the user would name it (relative to the working directory where that is shorter).
    pub file: String,
    /// Line, when known.
    pub line: Option<usize>,
    /// Column, when known.
    pub column: Option<usize>,
    /// Dotted key path inside the file, such as `services.Agent.start`.
    pub key: Option<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
            if let Some(column) = self.column {
                write!(f, ":{column}")?;
            }
        }
        if let Some(key) = &self.key {
            write!(f, "  {key}")?;
        }
        Ok(())
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Stable id, kebab-case, such as `unknown-key`.
    pub id: &'static str,
    /// What is wrong, naming the subject; one sentence without a full stop.
    pub what: String,
    /// Where it stands.
    pub place: Option<Place>,
    /// What mends it: a command, a key, a value. One line each.
    pub fixes: Vec<String>,
    /// The exit code it leads to.
    pub exit: Exit,
}

impl Problem {
    /// A problem that ends in [`Exit::Failure`]; refine it with the builder methods.
    pub fn new(id: &'static str, what: impl Into<String>) -> Self {
        Problem { id, what: what.into(), place: None, fixes: Vec::new(), exit: Exit::Failure }
    }

    /// A mistake on the command line or in the configuration.
    pub fn usage(id: &'static str, what: impl Into<String>) -> Self {
        Problem::new(id, what).exit(Exit::Usage)
    }

    /// Adds something that mends it.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fixes.push(fix.into());
        self
    }

    /// Says where it stands.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// Sets the exit code.
    #[must_use]
    pub fn exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Problem {}

/// Several problems found at once, in the order in which a reader of the input meets them. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// `Ok` when the list is empty.
    pub fn check(list: Vec<Problem>) -> Result<(), Problems> {
        if list.is_empty() { Ok(()) } else { Err(Problems(list)) }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// The exit code of any error: that of the first problem in its chain, else [`Exit::Failure`].
pub fn exit_of(error: &anyhow::Error) -> Exit {
    if let Some(problem) = error.downcast_ref::<Problem>() {
        return problem.exit;
    }
    if let Some(problems) = error.downcast_ref::<Problems>() {
        return problems.0.first().map_or(Exit::Failure, |p| p.exit);
    }
    Exit::Failure
}
