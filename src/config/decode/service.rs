//! One service.

use super::refs::{check_parameters, variable_in};
use super::services::Picked;
use super::{Cx, account, firewall, health, machine, resource, service_parts as parts, triggers, url_acl};
use crate::config::text::{milliseconds, shorten};
use crate::config::tree::View;
use crate::error::Problem;
use crate::model::{ErrorControl, Parameter, ServiceSpec, SidType, StartType};
use std::collections::BTreeMap;

/// Longest display name (CreateServiceW).
const MAX_DISPLAY_NAME: usize = 256;

/// Decodes it.
pub(super) fn service(cx: &Cx<'_>, picked: &Picked<'_>, parameters: &[Parameter]) -> ServiceSpec {
    let view = &picked.view;
    let stop = view.at("stop-timeout");
    let start = [
        ("delayed-auto", StartType::DelayedAuto),
        ("auto", StartType::Auto),
        ("demand", StartType::Demand),
        ("disabled", StartType::Disabled),
    ];
    let error_control = [
        ("ignore", ErrorControl::Ignore),
        ("normal", ErrorControl::Normal),
        ("severe", ErrorControl::Severe),
        ("critical", ErrorControl::Critical),
    ];
    let sid_type =
        [("none", SidType::None), ("unrestricted", SidType::Unrestricted), ("restricted", SidType::Restricted)];
    ServiceSpec {
        name: picked.name.clone(),
        exe: picked.bin.exe(),
        display_name: display_name(cx, picked),
        description: description(cx, view),
        start: cx.choice(&view.at("start"), &start, StartType::default()),
        account: account::account(cx, &view.at("account")),
        args: args(cx, &view.at("args"), parameters),
        env: env(cx, &view.at("env"), parameters),
        dependencies: parts::dependencies(cx, picked),
        error_control: cx.choice(&view.at("error-control"), &error_control, ErrorControl::default()),
        failure: parts::failure(cx, &view.at("failure")),
        stop_timeout_ms: stop.text().and_then(|text| cx.ok(&stop, milliseconds(text))).unwrap_or(30_000),
        sid_type: cx.choice(&view.at("sid-type"), &sid_type, SidType::default()),
        required_privileges: parts::privileges(cx, &view.at("required-privileges")),
        security_descriptor: parts::security_descriptor(cx, &view.at("security-descriptor")),
        preshutdown_timeout_ms: machine::preshutdown_timeout(cx, &view.at("preshutdown-timeout")),
        triggers: triggers::triggers(cx, &view.at("triggers")),
        event_log: parts::event_log(cx, picked),
        crash_dumps: machine::crash_dumps(cx, &view.at("crash-dumps")),
        firewall: firewall::firewall(cx, picked, parameters),
        url_acl: url_acl::url_acl(cx, &view.at("url-acl"), parameters),
        certificates: machine::certificates(cx, &view.at("certificates"), parameters),
        health: health::health(cx, view, parameters),
    }
}

fn display_name(cx: &Cx<'_>, picked: &Picked<'_>) -> String {
    let view = picked.view.at("display-name");
    if let Some(text) = view.text() {
        let len = text.encode_utf16().count();
        if len > MAX_DISPLAY_NAME {
            cx.wrong(&view, format!("is {len} characters long; Windows takes {MAX_DISPLAY_NAME}"));
        }
        if text.trim().is_empty() {
            cx.wrong(&view, "is empty");
        }
        return text.to_owned();
    }
    // Display names have to differ, so that several services can't share the product's.
    if !picked.alone {
        cx.derived(&view.path, "service name");
        return picked.name.as_str().to_owned();
    }
    cx.derived(&view.path, "resource.product-name");
    shorten(&resource::product_name(cx), MAX_DISPLAY_NAME)
}

fn description(cx: &Cx<'_>, view: &View<'_>) -> String {
    let at = view.at("description");
    match (at.text(), cx.package.description.as_deref()) {
        (Some(text), _) => text.to_owned(),
        (None, Some(text)) => {
            cx.derived(&at.path, "package.description");
            text.to_owned()
        }
        (None, None) => String::new(),
    }
}

fn args(cx: &Cx<'_>, view: &View<'_>, parameters: &[Parameter]) -> Vec<String> {
    for arg in view.items() {
        let text = arg.text().unwrap_or_default();
        check_parameters(cx, &arg, text, parameters);
        if text.contains('%') {
            let what = format!(
                "`{}` holds `%`: Windows stores the command line as REG_EXPAND_SZ and would expand it as a variable",
                arg.path
            );
            let problem = Problem::usage("percent-in-args", what);
            cx.report(&arg, problem.fix("use a parameter: \"${NAME}\", or an environment variable of the service"));
        }
    }
    view.texts().unwrap_or_default()
}

fn env(cx: &Cx<'_>, view: &View<'_>, parameters: &[Parameter]) -> BTreeMap<String, String> {
    let mut env = BTreeMap::new();
    let mut seen = BTreeMap::new();
    for (name, value) in view.entries() {
        let text = value.text().unwrap_or_default();
        check_parameters(cx, &value, text, parameters);
        if let Some(variable) = variable_in(text) {
            let what = format!(
                "`{}` holds `%{variable}%`, which Windows does not expand in a service's environment",
                value.path
            );
            cx.report(&value, Problem::usage("percent-in-env", what).fix("use a parameter: \"${NAME}\""));
        }
        if let Some(other) = seen.insert(name.to_lowercase(), name) {
            cx.refuse(
                &value,
                format!("and `{other}` differ only in case, and are one variable to Windows"),
                "remove one of them",
            );
        }
        let secret = |p: &&Parameter| p.secret && name.eq_ignore_ascii_case(&format!("{}_FILE", p.name));
        if let Some(secret) = parameters.iter().find(secret) {
            let why = format!("is the variable that names the file of the secret `{}`", secret.name);
            cx.refuse(&value, why, "remove it, or rename the parameter");
        }
        env.insert(name.to_owned(), text.to_owned());
    }
    env
}
