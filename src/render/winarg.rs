//! Quoting of arguments as the Microsoft C run-time splits them again.
//!
//! Source: Microsoft, "Parsing C command-line arguments": a backslash is literal unless it stands before a double quote.

/// A piece of a text: literal, or the value of an install parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Literal text.
    Text(String),
    /// `${NAME}`.
    Parameter(String),
    /// The program folder, without a final backslash.
    ProgramFolder,
    /// As many of the parameter's own final backslashes again: what follows it is a quote.
    Tail(String, u32),
}

/// Splits a text at `${NAME}`. A `${` without a name of the given parameters stays literal.
pub(super) fn pieces(text: &str, parameters: &[String]) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut rest = text;
    let mut literal = String::new();
    while let Some(start) = rest.find("${") {
        let (before, from) = rest.split_at(start);
        literal.push_str(before);
        let name = from.get(2..).and_then(|s| s.split_once('}')).map(|(name, _)| name);
        match name.filter(|n| parameters.iter().any(|p| p == n)) {
            Some(name) => {
                flush(&mut literal, &mut out);
                out.push(Piece::Parameter(name.to_owned()));
                rest = from.get(name.len() + 3..).unwrap_or_default();
            }
            None => {
                literal.push_str("${");
                rest = from.get(2..).unwrap_or_default();
            }
        }
    }
    literal.push_str(rest);
    flush(&mut literal, &mut out);
    out
}

fn flush(literal: &mut String, out: &mut Vec<Piece>) {
    if !literal.is_empty() {
        out.push(Piece::Text(std::mem::take(literal)));
    }
}

/// The inside of a double-quoted argument: quotes become `\"`, and backslashes before a quote or before the end are doubled.
/// Parameters hold no quotes; their own final backslashes are doubled where a quote follows.
pub(super) fn inside_quotes(pieces: &[Piece]) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    let mut text = String::new();
    // Backslashes at the end of what was written, and the parameter (with its tails) just before them, if any.
    let mut run = 0usize;
    let mut last: Option<(String, u32)> = None;
    for piece in pieces {
        match piece {
            Piece::Text(t) => {
                for c in t.chars() {
                    if c == '"' {
                        text.push_str(&"\\".repeat(run));
                        double_tail(&mut text, &mut out, &mut last);
                        text.push_str("\\\"");
                        run = 0;
                        last = None;
                    } else {
                        text.push(c);
                        if c == '\\' {
                            run += 1;
                        } else {
                            run = 0;
                            last = None;
                        }
                    }
                }
            }
            Piece::Parameter(name) => {
                flush(&mut text, &mut out);
                out.push(piece.clone());
                run = 0;
                last = Some((name.clone(), 1));
            }
            Piece::Tail(name, n) => {
                flush(&mut text, &mut out);
                out.push(piece.clone());
                last = Some((name.clone(), n + 1));
            }
            Piece::ProgramFolder => {
                flush(&mut text, &mut out);
                out.push(piece.clone());
                run = 0;
                last = None;
            }
        }
    }
    text.push_str(&"\\".repeat(run));
    double_tail(&mut text, &mut out, &mut last);
    flush(&mut text, &mut out);
    out
}

/// Doubles a parameter's own final backslashes, when nothing but backslashes stands between it and the quote. The order of
/// backslashes among themselves does not matter.
fn double_tail(text: &mut String, out: &mut Vec<Piece>, last: &mut Option<(String, u32)>) {
    if let Some((name, times)) = last.take() {
        flush(text, out);
        out.push(Piece::Tail(name, times));
    }
}

/// Parameters that stand right after a backslash or another parameter. Were such a value empty, or nothing but backslashes,
/// the doubling of [`inside_quotes`] would count wrong: the scripts refuse that.
pub(super) fn after_backslash(pieces: &[Piece]) -> Vec<String> {
    let mut out = Vec::new();
    for pair in pieces.windows(2) {
        if let [before, Piece::Parameter(name)] = pair {
            let close = match before {
                Piece::Text(t) => t.ends_with('\\'),
                _ => true,
            };
            if close {
                out.push(name.clone());
            }
        }
    }
    out
}

/// One argument of a command line: in quotes where it needs them.
pub(super) fn argument(pieces: &[Piece]) -> Vec<Piece> {
    let plain = |t: &str| !t.is_empty() && !t.contains([' ', '\t', '\n', '\u{b}', '"']);
    let bare = !pieces.is_empty() && pieces.iter().all(|p| matches!(p, Piece::Text(t) if plain(t)));
    if bare {
        return pieces.to_vec();
    }
    let mut out = vec![Piece::Text("\"".into())];
    out.extend(inside_quotes(pieces));
    out.push(Piece::Text("\"".into()));
    join(out)
}

/// Merges neighbouring texts.
pub(super) fn join(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    for piece in pieces {
        match (out.last_mut(), piece) {
            (Some(Piece::Text(a)), Piece::Text(b)) => a.push_str(&b),
            (_, piece) => out.push(piece),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The C run-time's rules, written down again from Microsoft's description.
    fn split(line: &str) -> Vec<String> {
        let chars: Vec<char> = line.chars().collect();
        let (mut args, mut i) = (Vec::new(), 0);
        while i < chars.len() {
            if chars[i] == ' ' {
                i += 1;
                continue;
            }
            let (mut arg, mut quoted) = (String::new(), false);
            while i < chars.len() && (quoted || chars[i] != ' ') {
                let slashes = chars[i..].iter().take_while(|c| **c == '\\').count();
                i += slashes;
                if chars.get(i) == Some(&'"') {
                    arg.extend(std::iter::repeat_n('\\', slashes / 2));
                    if slashes % 2 == 1 {
                        arg.push('"');
                    } else {
                        quoted = !quoted;
                    }
                    i += 1;
                } else {
                    arg.extend(std::iter::repeat_n('\\', slashes));
                    if let Some(c) = chars.get(i).filter(|c| quoted || **c != ' ') {
                        arg.push(*c);
                        i += 1;
                    }
                }
            }
            args.push(arg);
        }
        args
    }

    fn fill(pieces: &[Piece], value: &str) -> String {
        let tail: String = value.chars().rev().take_while(|c| *c == '\\').collect();
        pieces
            .iter()
            .map(|p| match p {
                Piece::Text(t) => t.clone(),
                Piece::Parameter(_) => value.to_owned(),
                Piece::ProgramFolder => "C:\\P F".to_owned(),
                Piece::Tail(_, n) => tail.repeat(*n as usize),
            })
            .collect()
    }

    proptest! {
        #[test]
        fn two_levels_of_quoting_survive(args in prop::collection::vec(r#"([a \\"]|\$\{P\}){0,12}"#, 1..4), value in r"[a \\]{0,3}a\\{0,3}") {
            let names = vec!["P".to_owned()];
            let mut line = Vec::new();
            for (i, arg) in args.iter().enumerate() {
                if i > 0 { line.push(Piece::Text(" ".into())); }
                line.extend(argument(&pieces(arg, &names)));
            }
            let line = join(line);
            let want: Vec<String> = args.iter().map(|a| a.replace("${P}", &value)).collect();
            prop_assert_eq!(split(&fill(&line, &value)), want.clone());
            // Once more inside quotes, as the one argument `binPath=` of sc.exe.
            let outer = format!("\"{}\"", fill(&inside_quotes(&line), &value));
            let inner = split(&outer);
            prop_assert_eq!(inner.len(), 1);
            prop_assert_eq!(split(&inner[0]), want);
        }
    }

    #[test]
    fn values_that_must_not_be_empty() {
        let names = vec!["A".to_owned(), "B".to_owned()];
        let of = |t: &str| after_backslash(&pieces(t, &names));
        assert_eq!(of("x${A}"), [""; 0]);
        assert_eq!(of("c:\\${A}"), ["A"]);
        assert_eq!(of("${A}${B}"), ["B"]);
    }

    #[test]
    fn unknown_parameters_stay() {
        let names = vec!["A".to_owned()];
        assert_eq!(pieces("${A}${B}$", &names), [Piece::Parameter("A".into()), Piece::Text("${B}$".into())]);
        assert_eq!(pieces("", &names), []);
    }
}
