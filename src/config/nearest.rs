//! "Did you mean": the valid name that is nearest to a wrong one.

/// The candidate that a slip of the finger would turn into `name`, if there is one near enough to be worth saying.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = normal(name);
    // A third of the letters may be wrong, and one always.
    let limit = (wanted.chars().count() / 3).clamp(1, 4);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&wanted, &normal(candidate)), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Case, `_` and `-` are not what people get wrong on purpose.
fn normal(name: &str) -> String {
    name.to_lowercase().replace('_', "-")
}

/// `` `a`, `b` and `c` ``.
pub(crate) fn list<S: AsRef<str>>(names: &[S], last: &str) -> String {
    let quoted: Vec<String> = names.iter().map(|n| format!("`{}`", n.as_ref())).collect();
    match quoted.split_last() {
        Some((tail, head)) if !head.is_empty() => format!("{} {last} {tail}", head.join(", ")),
        Some((tail, _)) => tail.clone(),
        None => "none".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        let names = ["display-name", "description", "start", "args", "env"];
        for (slip, meant) in [
            ("strat", Some("start")),
            ("displayname", Some("display-name")),
            ("display_name", Some("display-name")),
            ("ENV", Some("env")),
            ("arg", Some("args")),
            ("firewall", None),
            ("x", None),
        ] {
            assert_eq!(nearest(slip, names), meant, "{slip}");
        }
    }

    #[test]
    fn lists() {
        assert_eq!(list::<&str>(&[], "and"), "none");
        assert_eq!(list(&["a"], "and"), "`a`");
        assert_eq!(list(&["a", "b", "c"], "or"), "`a`, `b` or `c`");
    }
}
