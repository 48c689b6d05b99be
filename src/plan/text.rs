//! The plan for people.

use crate::formats::plan::{ArtifactRef, BundlePlan, CommandPlan, Plan, TargetPlan};
use crate::host::Cmd;
use std::fmt::Write as _;

/// The plan as text: one labelled line each, values with their origins at the end.
pub fn text(plan: &Plan) -> String {
    let mut out = String::new();
    let commit = match &plan.source {
        Some(s) => format!(
            "commit {}, {}",
            s.commit.get(..12).unwrap_or(&s.commit),
            if s.clean { "clean" } else { "with changes" }
        ),
        None => "no commit".into(),
    };
    line(&mut out, "source", &commit);
    line(&mut out, "time", &format!("{} ({})", plan.epoch, plan.epoch_origin));
    line(&mut out, "output", &plan.output);
    for target in &plan.targets {
        self::target(&mut out, target);
    }
    out.push('\n');
    let width = plan.values.iter().map(|v| v.key.chars().count()).max().unwrap_or_default();
    for value in &plan.values {
        let _ = writeln!(out, "{:width$}  {}  [{}]", value.key, one_line(&value.value), value.origin);
    }
    out
}

fn line(out: &mut String, label: &str, text: &str) {
    let _ = writeln!(out, "{label:<9}{text}");
}

fn target(out: &mut String, target: &TargetPlan) {
    out.push('\n');
    line(out, "target", &format!("{} via {}", target.target, target.backend));
    for note in &target.notes {
        line(out, "note", note);
    }
    for command in &target.run {
        line(out, "run", &shell(command));
    }
    for bundle in &target.bundles {
        self::bundle(out, bundle);
    }
}

fn bundle(out: &mut String, bundle: &BundlePlan) {
    out.push('\n');
    line(out, "package", &format!("{} {}", bundle.package, bundle.version));
    for path in &bundle.writes {
        line(out, "write", path);
    }
    for file in &bundle.files {
        let from = match &file.from {
            ArtifactRef::Built { package, bin } => format!("  (bin {bin} of {package})"),
            ArtifactRef::Asset { source, config: true } => format!("  (from {source}; edits are kept)"),
            ArtifactRef::Asset { source, config: false } | ArtifactRef::Rendered { template: Some(source) } => {
                format!("  (from {source})")
            }
            ArtifactRef::Rendered { template: None } | ArtifactRef::Generated => String::new(),
        };
        line(out, "file", &format!("{}{from}", file.path));
    }
    for service in &bundle.services {
        let what = format!(
            "{}  {}  as {}",
            service.name,
            super::start(service.start),
            service.account.logon_name(&service.name)
        );
        line(out, "service", &what);
    }
    for parameter in &bundle.parameters {
        let default = parameter.default.as_ref().map(|d| format!(" = {d}")).unwrap_or_default();
        let secret = if parameter.secret { " (secret)" } else { "" };
        line(out, "asks", &format!("{}{default}{secret}", parameter.name));
    }
    for what in &bundle.on_host {
        line(out, "on host", &format!("+ {what}"));
    }
}

/// A command as a POSIX shell would take it.
fn shell(command: &CommandPlan) -> String {
    let mut words = command.argv.iter();
    let mut cmd = Cmd::new(words.next().map(String::as_str).unwrap_or_default()).args(words);
    cmd.env = command.env.iter().map(|(key, value)| (key.into(), value.as_ref().map(Into::into))).collect();
    cmd.display()
}

/// Control characters are shown, not obeyed.
fn one_line(text: &str) -> String {
    let mut out: String = text.chars().take(120).map(|c| if c.is_control() { '␣' } else { c }).collect();
    if text.chars().count() > 120 {
        out.push('…');
    }
    out
}
