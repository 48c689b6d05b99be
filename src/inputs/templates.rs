//! The project's own templates: every file below the folder, by its path there.

use super::{Reader, TemplateSource};
use crate::error::Problem;

const KEY: &str = "templates";

/// Reads them, sorted by name.
pub(super) fn read(reader: &mut Reader<'_>) -> Vec<TemplateSource> {
    let Some(folder) = reader.spec.templates.clone() else { return Vec::new() };
    let shown = folder.display().to_string();
    let full = reader.spec.dir.join(&folder);
    let problem = match dunce::canonicalize(&full) {
        Err(_) if reader.leads_out(&shown) => super::outside(KEY, &shown),
        Err(error) => Problem::usage("file-missing", format!("`{KEY}`: can't find the folder `{shown}`: {error}"))
            .fix(format!("create {} or remove `{KEY}`", full.display())),
        Ok(real) if !real.starts_with(&reader.root) => super::outside(KEY, &shown),
        Ok(real) if !real.is_dir() => {
            Problem::usage("not-a-folder", format!("`{KEY}`: `{shown}` is not a folder")).fix("name the folder")
        }
        Ok(real) => return below(reader, &real, &shown),
    };
    reader.report(KEY, problem);
    Vec::new()
}

fn below(reader: &mut Reader<'_>, folder: &std::path::Path, shown: &str) -> Vec<TemplateSource> {
    let mut templates = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let what = format!("`{KEY}`: can't read `{shown}`: {error}");
                reader.report(KEY, Problem::usage("file-unreadable", what).fix(format!("chmod -R +r {shown}")));
                continue;
            }
        };
        if entry.file_type().is_dir() {
            continue;
        }
        let relative = entry.path().strip_prefix(folder).unwrap_or(entry.path());
        let Some(name) = relative.to_str() else {
            let what = format!("`{KEY}`: the name of `{}` is not UTF-8", relative.display());
            reader.report(KEY, Problem::usage("wrong-file-name", what).fix("rename the file"));
            continue;
        };
        if let Err(why) = crate::model::BundlePath::new(name) {
            let what = format!("`{KEY}`: a template can't have this name: {why}");
            reader.report(KEY, Problem::usage("wrong-file-name", what).fix("rename the file"));
            continue;
        }
        let path = format!("{shown}/{name}");
        let Some(bytes) = reader.bytes(KEY, &path) else { continue };
        match String::from_utf8(bytes) {
            Ok(text) => {
                let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
                templates.push(TemplateSource { name: name.to_owned(), text });
            }
            Err(_) => {
                let what = format!("`{KEY}`: `{path}` is not UTF-8");
                reader.report(KEY, Problem::usage("not-utf8", what).fix(format!("iconv -t UTF-8 {path}")));
            }
        }
    }
    templates.sort_by(|a, b| a.name.cmp(&b.name));
    templates
}
