//! The templates of one bundle, in one Tera instance per language.
//!
//! Tera knows neither where in the output a value lands nor anything of PowerShell. So its escape function only packs each
//! value into a parcel that no text can counterfeit; [`super::escape`] unpacks the parcels afterwards, reading the output
//! as its language does, so that each value is escaped for the very place it stands in.

use super::context::TemplateContext;
use super::escape;
use super::language::Language;
use super::{UserTemplate, ps_literal};
use crate::error::{Place, Problem, Problems};
use std::collections::BTreeMap;
use std::io::Write;
use tera::{ErrorKind, Kwargs, State, Tera, Value};

/// Start and end of a parcel: noncharacters, which no interchanged text holds (Unicode 16, section 23.7).
pub(super) const OPEN: char = '\u{FDD0}';
pub(super) const CLOSE: char = '\u{FDD1}';

/// The product's own templates: name and text.
const BUILT_IN: &[(&str, &str)] = &[
    ("README.txt", include_str!("../../templates/README.txt.tera")),
    ("install.cmd", include_str!("../../templates/install.cmd.tera")),
    ("uninstall.cmd", include_str!("../../templates/uninstall.cmd.tera")),
    ("partials/start.cmd", include_str!("../../templates/partials/start.cmd.tera")),
    ("partials/data.cmd", include_str!("../../templates/partials/data.cmd.tera")),
    ("partials/sums.cmd", include_str!("../../templates/partials/sums.cmd.tera")),
    ("partials/common.cmd", include_str!("../../templates/partials/common.cmd.tera")),
    ("install.ps1", include_str!("../../templates/install.ps1.tera")),
    ("uninstall.ps1", include_str!("../../templates/uninstall.ps1.tera")),
    ("rollback.ps1", include_str!("../../templates/rollback.ps1.tera")),
    ("status.ps1", include_str!("../../templates/status.ps1.tera")),
    ("partials/params.ps1", include_str!("../../templates/partials/params.ps1.tera")),
    ("partials/data.ps1", include_str!("../../templates/partials/data.ps1.tera")),
    ("partials/common.ps1", include_str!("../../templates/partials/common.ps1.tera")),
    ("partials/hands.ps1", include_str!("../../templates/partials/hands.ps1.tera")),
    ("partials/settings.ps1", include_str!("../../templates/partials/settings.ps1.tera")),
    ("partials/access.ps1", include_str!("../../templates/partials/access.ps1.tera")),
    ("partials/triggers.ps1", include_str!("../../templates/partials/triggers.ps1.tera")),
    ("partials/certificates.ps1", include_str!("../../templates/partials/certificates.ps1.tera")),
    ("partials/accounts.ps1", include_str!("../../templates/partials/accounts.ps1.tera")),
    ("partials/config_files.ps1", include_str!("../../templates/partials/config_files.ps1.tera")),
    ("partials/secrets.ps1", include_str!("../../templates/partials/secrets.ps1.tera")),
    ("partials/adopt.ps1", include_str!("../../templates/partials/adopt.ps1.tera")),
    ("partials/origin.ps1", include_str!("../../templates/partials/origin.ps1.tera")),
    ("partials/hands_native.ps1", include_str!("../../templates/partials/hands_native.ps1.tera")),
    ("partials/state.ps1", include_str!("../../templates/partials/state.ps1.tera")),
    ("partials/journal.ps1", include_str!("../../templates/partials/journal.ps1.tera")),
    ("partials/files.ps1", include_str!("../../templates/partials/files.ps1.tera")),
    ("partials/transaction.ps1", include_str!("../../templates/partials/transaction.ps1.tera")),
    ("partials/desired.ps1", include_str!("../../templates/partials/desired.ps1.tera")),
    ("partials/health.ps1", include_str!("../../templates/partials/health.ps1.tera")),
];

/// Templates, ready to render.
pub(super) struct Engine {
    teras: BTreeMap<Language, Tera>,
    overridden: Vec<String>,
}

impl Engine {
    /// The built-in templates, with those of the project over them. Also names the project's additional templates.
    pub(super) fn with_user_templates(user: &[UserTemplate]) -> Result<(Self, Vec<String>), Problems> {
        let mut teras: BTreeMap<Language, Tera> = Language::ALL.into_iter().map(|l| (l, tera(l))).collect();
        let mut texts: BTreeMap<String, &str> =
            BUILT_IN.iter().map(|(name, text)| ((*name).to_owned(), *text)).collect();
        let mut overridden = Vec::new();
        let mut extra = Vec::new();
        let mut problems = Vec::new();
        for template in user {
            let name = plain_name(&template.name).to_owned();
            if let Some(line) = parcel_line(&template.text) {
                problems.push(at(
                    Problem::usage(
                        "template-syntax",
                        format!("template `{name}` holds a noncharacter U+FDD0 or U+FDD1"),
                    ),
                    &name,
                    line,
                ));
                continue;
            }
            // Each on its own first, so that one mistake does not hide the next.
            let mut alone = tera(Language::of(&name));
            if let Err(error) = alone.add_raw_template(&name, &template.text)
                && matches!(error.kind(), ErrorKind::SyntaxError(_))
            {
                problems.push(problem(&name, &error));
                continue;
            }
            if texts.insert(name.clone(), &template.text).is_some() {
                overridden.push(name);
            } else if !name.starts_with("partials/") {
                extra.push(name);
            }
        }
        Problems::check(std::mem::take(&mut problems))?;
        for (language, tera) in &mut teras {
            let own = texts.iter().filter(|(name, _)| Language::of(name) == *language);
            if let Err(error) = tera.add_raw_templates(own.map(|(n, t)| (n.as_str(), *t))) {
                let mut found = culprits(*language, user);
                if found.is_empty() {
                    found.push(problem("", &error));
                }
                problems.extend(found);
            }
        }
        Problems::check(problems)?;
        overridden.sort();
        Ok((Engine { teras, overridden }, extra))
    }

    /// One template that knows no other.
    pub(super) fn render_one(template: &UserTemplate, context: &TemplateContext) -> Result<Vec<u8>, Problem> {
        let name = plain_name(&template.name);
        if let Some(line) = parcel_line(&template.text) {
            let what = format!("template `{name}` holds a noncharacter U+FDD0 or U+FDD1");
            return Err(at(Problem::usage("template-syntax", what), name, line));
        }
        let mut tera = tera(Language::of(name));
        tera.add_raw_template(name, &template.text).map_err(|e| problem(name, &e))?;
        finish(&tera, name, context)
    }

    /// Names of the built-in templates that the project replaced.
    pub(super) fn overridden(&self) -> Vec<String> {
        self.overridden.clone()
    }

    /// Renders one template to final bytes.
    pub(super) fn render(&self, name: &str, context: &TemplateContext) -> Result<Vec<u8>, Problem> {
        match self.teras.get(&Language::of(name)) {
            Some(tera) => finish(tera, name, context),
            None => Err(Problem::new("template-syntax", format!("there is no template `{name}`"))),
        }
    }
}

/// Which of the project's templates can't be taken together with the others, for lack of one that they name, or going in circles:
/// all that the built-in ones can't be extended by, in any order.
fn culprits(language: Language, user: &[UserTemplate]) -> Vec<Problem> {
    let mut good = tera(language);
    let built_in = BUILT_IN.iter().filter(|(name, _)| Language::of(name) == language);
    if good.add_raw_templates(built_in.copied()).is_err() {
        return Vec::new();
    }
    let mut waiting: Vec<&UserTemplate> =
        user.iter().filter(|template| Language::of(plain_name(&template.name)) == language).collect();
    loop {
        let mut problems = Vec::new();
        let before = waiting.len();
        waiting.retain(|template| {
            let (name, mut with) = (plain_name(&template.name), good.clone());
            let added = with.add_raw_template(name, &template.text);
            match &added {
                Ok(()) => good = with,
                Err(error) => problems.push(problem(name, error)),
            }
            added.is_err()
        });
        if waiting.is_empty() || waiting.len() == before {
            return problems;
        }
    }
}

/// `install.ps1.tera` renders to `install.ps1`.
fn plain_name(name: &str) -> &str {
    name.strip_suffix(".tera").unwrap_or(name)
}

fn tera(language: Language) -> Tera {
    let mut tera = Tera::new();
    // Every name ends in nothing: on for all.
    tera.autoescape_on([""]);
    tera.set_escape_fn(pack);
    tera.register_filter("json", |value: Value, _: Kwargs, _: &State| {
        Value::safe_string(&serde_json::to_string(&value).unwrap_or_default())
    });
    // A text for people shows commands to type.
    if matches!(language, Language::PowerShell | Language::Text) {
        tera.register_filter("ps", |value: Value, _: Kwargs, _: &State| {
            Value::safe_string(&ps_literal::value(&serde_json::to_value(&value).unwrap_or_default()))
        });
    }
    tera
}

/// Tera's escape function: hex between two noncharacters.
fn pack(value: &str, out: &mut dyn Write) -> std::io::Result<()> {
    write!(out, "{OPEN}")?;
    for byte in value.bytes() {
        write!(out, "{byte:02x}")?;
    }
    write!(out, "{CLOSE}")
}

fn finish(tera: &Tera, name: &str, context: &TemplateContext) -> Result<Vec<u8>, Problem> {
    let context = tera::Context::from_serialize(context).map_err(|e| problem(name, &e))?;
    let packed = tera.render(name, &context).map_err(|e| problem(name, &e))?;
    let language = Language::of(name);
    let text = escape::unpack(language, &packed, language.crlf(name)).map_err(|refused| {
        let what = format!("template `{name}` puts a value where it can't be kept literal: {}", refused.why);
        Problem::usage("template-place", what)
            .fix(format!("move the value {} (line {} of the rendered file)", refused.instead, refused.line))
            .at(Place { file: name.to_owned(), line: None, column: None, key: None })
    })?;
    let mut bytes = Vec::with_capacity(text.len() + 3);
    if language.bom() {
        bytes.extend_from_slice("\u{FEFF}".as_bytes());
    }
    bytes.extend_from_slice(text.as_bytes());
    Ok(bytes)
}

fn parcel_line(text: &str) -> Option<usize> {
    let at = text.find([OPEN, CLOSE])?;
    Some(text.get(..at)?.matches('\n').count() + 1)
}

fn at(problem: Problem, name: &str, line: usize) -> Problem {
    problem.at(Place { file: name.to_owned(), line: Some(line), column: None, key: None })
}

fn problem(name: &str, error: &tera::Error) -> Problem {
    match error.kind() {
        ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => {
            let id =
                if matches!(error.kind(), ErrorKind::SyntaxError(_)) { "template-syntax" } else { "template-value" };
            let file = if report.filename().is_empty() { name } else { report.filename() };
            let span = report.span();
            Problem::usage(id, format!("template `{file}`: {}", first_lower(report.message())))
                .at(Place {
                    file: file.to_owned(),
                    line: Some(span.start_line),
                    column: Some(span.start_col + 1),
                    key: None,
                })
                .fix("docs/templates.md lists what a template may use")
        }
        _ => {
            let mut what = format!("template `{name}`: {error}");
            let mut source = std::error::Error::source(error);
            while let Some(cause) = source {
                what.push_str(&format!(": {cause}"));
                source = cause.source();
            }
            Problem::usage("template-syntax", what)
                .at(Place { file: name.to_owned(), line: None, column: None, key: None })
                .fix("docs/templates.md lists what a template may use")
        }
    }
}

fn first_lower(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
}
