//! `account` of a service.

use super::Cx;
use crate::config::key_path::toml_string;
use crate::config::tree::View;
use crate::error::Problem;
use crate::model::Account;

/// The words for the accounts that every machine has.
const BUILT_IN: [(&str, Account); 4] = [
    ("virtual", Account::Virtual),
    ("local-service", Account::LocalService),
    ("network-service", Account::NetworkService),
    ("local-system", Account::LocalSystem),
];

/// `account`.
pub(super) fn account(cx: &Cx<'_>, view: &View<'_>) -> Account {
    let user = view.at("user");
    let Some(name) = user.text() else {
        let word = view.text().unwrap_or("virtual");
        return BUILT_IN.into_iter().find(|(known, _)| *known == word).map_or(Account::Virtual, |(_, account)| account);
    };
    let managed = view.at("managed").bool();
    if managed == Some(true) {
        cx.ok(&user, check_managed(name));
        return Account::Managed { user: name.to_owned() };
    }
    if let Some(word) = built_in(name) {
        let what = format!("`{}` is {}, which every machine has", user.path, toml_string(name));
        cx.report(&user, Problem::usage("wrong-value", what).fix(format!("account = {}", toml_string(word))));
    } else if name.ends_with('$') && check_managed(name).is_ok() && !cx.is_bad(&view.path.key("managed")) {
        cx.refuse(
            &user,
            format!("is {}: an account whose name ends in `$` is a managed one", toml_string(name)),
            "managed = true",
        );
    } else if let Err(why) = check_user(name) {
        cx.refuse(&user, why, r"user = 'ACME\agent'");
    }
    Account::User { user: name.to_owned() }
}

/// The word for an account that somebody wrote as Windows shows it.
fn built_in(user: &str) -> Option<&'static str> {
    let (domain, name) = user.split_once('\\').unwrap_or(("", user));
    let name = name.to_lowercase().replace(' ', "");
    match domain.to_lowercase().as_str() {
        "nt service" => Some("virtual"),
        "nt authority" | "" | "." => match name.as_str() {
            "localservice" => Some("local-service"),
            "networkservice" => Some("network-service"),
            "system" | "localsystem" => Some("local-system"),
            _ => None,
        },
        _ => None,
    }
}

/// `DOMAIN\name$`. Source: Microsoft, "Group Managed Service Accounts Overview"; the characters are those that
/// sAMAccountName allows.
fn check_managed(user: &str) -> Result<(), String> {
    let good = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || "._-".contains(c));
    let shape = user.split_once('\\').and_then(|(domain, name)| Some((domain, name.strip_suffix('$')?)));
    match shape {
        Some((domain, name)) if good(domain) && good(name) => Ok(()),
        _ => Err(format!(
            "is {}, which is no managed account: `DOMAIN\\name$`, in TOML '…' so that the `\\` stays",
            toml_string(user)
        )),
    }
}

/// `DOMAIN\name` or `.\name`. Source: Microsoft, "CreateServiceW", lpServiceStartName; "SAM-Account-Name attribute" for the
/// characters. Its 20 characters hold for users.
fn check_user(user: &str) -> Result<(), String> {
    let shown = toml_string(&crate::config::text::shorten(user, 60));
    let Some((domain, name)) = user.split_once('\\') else {
        return Err(format!(
            "is {shown}, which is no user: `DOMAIN\\name`, or `.\\name` on the machine itself, in TOML '…' so that the `\\` stays"
        ));
    };
    let in_domain = |c: char| c.is_alphanumeric() || "._-".contains(c);
    if domain != "." && (domain.is_empty() || !domain.chars().all(in_domain)) {
        return Err(format!("is {shown}, whose domain is no name of a domain"));
    }
    let len = name.encode_utf16().count();
    if len == 0 || len > 20 {
        return Err(format!("is {shown}: a user name has 1 to 20 characters, this has {len}"));
    }
    if let Some(c) = name.chars().find(|c| c.is_control() || "\"/\\[]:;|=,+*?<>@%".contains(*c)) {
        return Err(format!("is {shown}: a user name can't hold {c:?}"));
    }
    if name.ends_with(['.', ' ']) || name.starts_with(' ') {
        return Err(format!("is {shown}: a user name can't start or end in a space, nor end in a dot"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn managed_accounts() {
        for good in [r"ACME\agent$", r"acme.local\svc-1$"] {
            assert_eq!(check_managed(good), Ok(()), "{good}");
        }
        for bad in ["", "agent$", r"ACME\agent", r"\agent$", r"A\$", r"A\b\c$", "A\\b\"$", r".\x y$"] {
            assert!(check_managed(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn users() {
        for good in [r"ACME\svc", r".\svc", r"acme.local\svc_1", r"ACME\Jürgen O'Neil", r"A\x$y"] {
            assert_eq!(check_user(good), Ok(()), "{good}");
        }
        for (bad, why) in [
            ("", "is no user"),
            ("svc", "is no user"),
            ("svc@acme.local", "is no user"),
            (r"\svc", "no name of a domain"),
            (r"A B\svc", "no name of a domain"),
            (r"A\", "has 1 to 20 characters, this has 0"),
            (r"A\aaaaaaaaaaaaaaaaaaaaa", "this has 21"),
            (r"A\b\c", "can't hold '\\\\'"),
            (r"A\b%c", "can't hold '%'"),
            (r"A\b@c", "can't hold '@'"),
            ("A\\b\nc", "can't hold '\\n'"),
            (r"A\b.", "end in a dot"),
            (r"A\ b", "start or end in a space"),
        ] {
            assert!(check_user(bad).is_err_and(|e| e.contains(why)), "{bad}: {:?}", check_user(bad));
        }
    }

    #[test]
    fn accounts_that_every_machine_has_are_known_by_their_windows_names() {
        for (user, word) in [
            (r"NT SERVICE\agent", Some("virtual")),
            (r"nt authority\Network Service", Some("network-service")),
            (r"NT AUTHORITY\SYSTEM", Some("local-system")),
            ("LocalSystem", Some("local-system")),
            (r".\LocalService", Some("local-service")),
            (r"ACME\system", None),
            ("svc", None),
        ] {
            assert_eq!(built_in(user), word, "{user}");
        }
    }
}
