//! For people: cargo's manner, right-aligned verbs, colour where it is wanted, progress on terminals only.

use super::{Report, parts};
use crate::cli::{Color, OutputArgs};
use crate::event::{Event, Sink};
use crate::model::{Finding, Severity};
use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

const GOOD: Style = AnsiColor::Green.on_default().bold();
const WARN: Style = AnsiColor::Yellow.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const SOFT: Style = AnsiColor::Cyan.on_default().bold();

/// The person's reporter.
#[derive(Debug)]
pub struct Human {
    verbose: u8,
    quiet: bool,
    terminal: bool,
    bar: Mutex<Option<(&'static str, ProgressBar)>>,
}

impl Human {
    /// A reporter with the user's wishes; `terminal` says whether standard error is one.
    pub fn new(output: &OutputArgs, terminal: bool) -> Self {
        let choice = match output.color.unwrap_or_default() {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
        Human { verbose: output.verbose, quiet: output.quiet, terminal, bar: Mutex::new(None) }
    }

    fn say(&self, text: &str) {
        let write = || {
            let mut err = anstream::stderr().lock();
            let _ = writeln!(err, "{text}");
        };
        match &*self.bar.lock().unwrap_or_else(PoisonError::into_inner) {
            Some((_, bar)) => bar.suspend(write),
            None => write(),
        }
    }

    fn verb(&self, style: Style, verb: &str, text: &str) {
        self.say(&format!("{style}{verb:>12}{style:#} {text}"));
    }

    fn finding(&self, finding: &Finding) {
        let (style, word) = match finding.severity {
            Severity::Warning => (WARN, "warning"),
            Severity::Error => (BAD, "error"),
        };
        let Finding { id, subject, message, fix, .. } = finding;
        let mut text = format!("{style}{word}[{id}]{style:#}: {message}\n  {SOFT}-->{SOFT:#} {subject}");
        if !fix.is_empty() {
            let _ = write!(text, "\n  {SOFT}fix:{SOFT:#} {fix}");
        }
        self.say(&text);
    }

    fn progress(&self, id: &'static str, done: u64, total: u64) {
        if !self.terminal || self.quiet {
            return;
        }
        let mut slot = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        if done >= total {
            if let Some((_, bar)) = slot.take() {
                bar.finish_and_clear();
            }
            return;
        }
        if slot.as_ref().is_none_or(|(current, _)| *current != id) {
            let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
            if let Ok(style) =
                ProgressStyle::with_template("{msg:>12.cyan.bold} [{bar:40}] {bytes}/{total_bytes} {eta}")
            {
                bar.set_style(style.progress_chars("=> "));
            }
            bar.set_message(id);
            bar.enable_steady_tick(Duration::from_millis(250));
            *slot = Some((id, bar));
        }
        if let Some((_, bar)) = &*slot {
            bar.set_length(total);
            bar.set_position(done);
        }
    }
}

impl Sink for Human {
    fn emit(&self, event: Event) {
        match event {
            Event::Status { verb, text } if !self.quiet => self.verb(GOOD, verb, &text),
            Event::Note { text } if !self.quiet => self.verb(SOFT, "Note", &text),
            Event::Finding(finding) if !self.quiet || finding.severity == Severity::Error => self.finding(&finding),
            Event::Progress { id, done, total } => self.progress(id, done, total),
            Event::Running { command, verbose } if !self.quiet && (!verbose || self.verbose > 0) => {
                self.verb(GOOD, "Running", &format!("`{command}`"));
            }
            Event::Artifact { path, .. } => self.print(&path),
            Event::Status { .. } | Event::Note { .. } | Event::Running { .. } | Event::Finding(_) => {}
        }
    }
}

impl Report for Human {
    fn error(&self, error: &anyhow::Error) {
        let (problems, causes) = parts(error);
        for problem in &problems {
            let mut text = format!("{BAD}error[{}]{BAD:#}: {}", problem.id, problem.what);
            if let Some(place) = &problem.place {
                let _ = write!(text, "\n  {SOFT}-->{SOFT:#} {place}");
            }
            for cause in &causes {
                let _ = write!(text, "\n  {SOFT}cause:{SOFT:#} {cause}");
            }
            for fix in &problem.fixes {
                let _ = write!(text, "\n  {SOFT}fix:{SOFT:#} {fix}");
            }
            self.say(&text);
        }
        if problems.len() > 1 {
            self.say(&format!("{BAD}error{BAD:#}: {} problems; nothing was written", problems.len()));
        }
    }

    fn print(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        let end = if text.ends_with('\n') { "" } else { "\n" };
        // A reader that went away (`| head`) is its own business.
        let _ = write!(out, "{text}{end}");
    }
}
