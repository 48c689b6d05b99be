//! What the configuration can say and no script would honour: it is refused, rather than accepted and ignored.

use crate::config::{Asset, BundleSpec};
use crate::error::{Place, Problem};

/// A problem for each such value of a bundle, with its key and without its line.
pub(super) fn check(spec: &BundleSpec) -> Vec<Problem> {
    // install.ps1 does all of it; a bundle without services has none.
    if !spec.services.is_empty() {
        return Vec::new();
    }
    let mut keys: Vec<String> = Vec::new();
    keys.extend(spec.parameters.iter().filter(|p| p.secret).map(|p| format!("parameters.{}.secret", p.name)));
    keys.extend(spec.assets.iter().filter_map(|asset| match asset {
        Asset::Glob { config: true, key, .. } => Some(format!("{key}.config")),
        _ => None,
    }));
    keys.into_iter().map(refused).collect()
}

fn refused(key: String) -> Problem {
    let what =
        format!("`{key}` is not supported yet in a bundle without services: it has no script that would honour it");
    let fix = format!("remove `{key}`");
    let place = Place { file: "Cargo.toml".into(), line: None, column: None, key: Some(key) };
    Problem::usage("not-supported-yet", what).fix(fix).at(place)
}
