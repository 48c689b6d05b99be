//! Stand-ins for sc.exe, icacls.exe, certutil.exe, curl.exe and fsutil.exe, and a service; see Cargo.toml.

mod certutil;
mod curl;
mod fsutil;
mod harness;
mod icacls;
mod log;
mod registry;
mod sc;
mod service;
mod wide;

/// What a tool says and how it ends.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Exit code, as Windows sees it.
    pub code: u32,
    /// Standard output; lines end in `\n` here and in CRLF outside.
    pub out: String,
}

impl Outcome {
    pub fn ok(out: impl Into<String>) -> Self {
        Outcome { code: 0, out: out.into() }
    }

    pub fn fail(code: u32, out: impl Into<String>) -> Self {
        Outcome { code, out: out.into() }
    }
}

fn main() {
    let mut args = std::env::args();
    let own = args.next().unwrap_or_default().to_ascii_lowercase();
    let tool = own.rsplit(['\\', '/']).next().unwrap_or_default().trim_end_matches(".exe").to_owned();
    let args: Vec<String> = args.collect();
    if tool == "harness" {
        let outcome = harness::run(&args);
        print!("{}", outcome.out);
        std::process::exit(outcome.code.cast_signed());
    }
    if tool == "agent" {
        std::process::exit(service::run().cast_signed());
    }
    let outcome = ordered_failure(&tool, &args).unwrap_or_else(|| match tool.as_str() {
        "sc" => sc::run(&args),
        "icacls" => icacls::run(&args),
        "certutil" => certutil::run(&args),
        "curl" => curl::run(&args),
        "fsutil" => fsutil::run(&args),
        _ => Outcome::fail(9009, format!("there is no stand-in for {tool}\n")),
    });
    log::call(&tool, &args, outcome.code);
    print!("{}", outcome.out.replace('\n', "\r\n"));
    // Exit codes are 32 bits wide; Rust's type is signed.
    std::process::exit(outcome.code.cast_signed());
}

/// Whether a call begins as an order says.
fn begins(call: &str, order: &str) -> bool {
    let mut parts = order.split('*');
    let Some(mut rest) = parts.next().and_then(|first| call.strip_prefix(first)) else { return false };
    parts.all(|part| match rest.split_once(part) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

/// A test can order a call to fail: a value under `HKLM\Software\standins\fail` whose name begins the call
/// (`sc sidtype`) holds the exit code. `*` in it stands for anything: `icacls C:\\Data*/restore`.
fn ordered_failure(tool: &str, args: &[String]) -> Option<Outcome> {
    let call = format!("{tool} {}", args.join(" ")).to_lowercase();
    let orders = registry::Key::open(registry::OWN, "fail")?;
    orders
        .values()
        .into_iter()
        .find(|(name, _)| begins(&call, &name.to_lowercase()))
        .and_then(|(_, code)| code.as_dword())
        .map(|code| Outcome::fail(code, format!("{tool}: ordered to fail with {code}\n")))
}
