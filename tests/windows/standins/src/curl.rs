//! `curl.exe` over plain HTTP and, for a bare connection, `telnet://`. Only the flags that our scripts use.

use crate::Outcome;
use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

// Exit codes of curl.
const URL_MALFORMED: u32 = 3;
const BAD_OPTION: u32 = 2;
const UNRESOLVED: u32 = 6;
const NO_CONNECTION: u32 = 7;
const HTTP_ERROR: u32 = 22;
const TIMEOUT: u32 = 28;
const NO_ANSWER: u32 = 52;

#[derive(Default)]
struct Options {
    no_globbing: bool,
    fail: bool,
    output: Option<String>,
    no_proxy: bool,
    max_time: Option<Duration>,
    connect_timeout: Option<Duration>,
    write_out: String,
    url: Option<String>,
}

pub fn run(args: &[String]) -> Outcome {
    let options = match parse(args) {
        Ok(options) => options,
        Err(why) => return Outcome::fail(BAD_OPTION, format!("curl: {why}\n")),
    };
    let mut facts = Facts::default();
    let (code, body) = match fetch(&options, &mut facts) {
        Ok(body) => (0, body),
        Err(code) => (code, String::new()),
    };
    let code = if code == 0 && options.fail && facts.status >= 400 { HTTP_ERROR } else { code };
    let mut out = if options.output.is_none() && code == 0 { body } else { String::new() };
    out += &options
        .write_out
        .replace("%{http_code}", &format!("{:03}", facts.status))
        .replace("%{time_connect}", &format!("{:.6}", facts.connected.as_secs_f64()));
    Outcome::fail(code, out)
}

fn parse(args: &[String]) -> Result<Options, String> {
    let mut options = Options::default();
    let mut words = args.iter();
    // Elsewhere -q is ignored, and a .curlrc of the user could turn everything round.
    if words.next().map(String::as_str) != Some("-q") {
        return Err("-q must come first".into());
    }
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("option {word}: requires parameter"));
        let seconds = |text: &str| {
            text.parse().map(Duration::from_secs).map_err(|_| format!("option {word}: expected a proper number"))
        };
        match word.as_str() {
            "-g" => options.no_globbing = true,
            "-s" => {}
            "-f" => options.fail = true,
            "-o" => options.output = Some(value()?.clone()),
            "--noproxy" => options.no_proxy = value()? == "*",
            "--max-time" => options.max_time = Some(seconds(value()?)?),
            "--connect-timeout" => options.connect_timeout = Some(seconds(value()?)?),
            "-w" => {
                options.write_out.clone_from(value()?);
                let rest = options.write_out.replace("%{http_code}", "").replace("%{time_connect}", "");
                if rest.contains('%') || rest.contains('\\') {
                    return Err(format!("-w {}: this stand-in knows http_code and time_connect", options.write_out));
                }
            }
            word if word.starts_with('-') => return Err(format!("option {word}: this stand-in does not know it")),
            url if options.url.is_none() => options.url = Some(url.to_owned()),
            other => return Err(format!("a second URL: {other}")),
        }
    }
    if options.output.as_ref().is_some_and(|o| !o.eq_ignore_ascii_case("NUL")) {
        return Err("-o: this stand-in writes to NUL only".into());
    }
    if !options.no_proxy {
        return Err("without --noproxy * a proxy would answer for the service".into());
    }
    if options.max_time.is_none() {
        return Err("without --max-time it can hang for ever".into());
    }
    Ok(options)
}

/// What `-w` can ask for.
#[derive(Default)]
struct Facts {
    status: u16,
    connected: Duration,
}

/// The body, or curl's exit code.
fn fetch(options: &Options, facts: &mut Facts) -> Result<String, u32> {
    let start = Instant::now();
    let url = options.url.as_deref().ok_or(BAD_OPTION)?;
    if !options.no_globbing && url.contains(['[', ']', '{', '}']) {
        return Err(URL_MALFORMED);
    }
    let (scheme, rest) = url.split_once("://").ok_or(URL_MALFORMED)?;
    let default_port = match scheme {
        "http" => 80,
        "telnet" => 23,
        _ => return Err(1), // CURLE_UNSUPPORTED_PROTOCOL
    };
    if url.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(URL_MALFORMED);
    }
    let (authority, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    let after_bracket = authority.rfind(']').unwrap_or(0);
    let (host, port) = match authority[after_bracket..].rfind(':') {
        Some(at) => {
            let at = after_bracket + at;
            (&authority[..at], authority[at + 1..].parse().map_err(|_| URL_MALFORMED)?)
        }
        None => (authority, default_port),
    };
    let address = (host.trim_matches(['[', ']']), port).to_socket_addrs().ok().and_then(|mut a| a.next());
    let address = address.ok_or(UNRESOLVED)?;
    let limit = options.max_time.unwrap_or(Duration::from_secs(300));
    let connect_limit = options.connect_timeout.unwrap_or(limit).min(limit);
    let mut stream = TcpStream::connect_timeout(&address, connect_limit).map_err(|e| io_code(&e, NO_CONNECTION))?;
    // curl would print 0.000000 only for a connection that never came about.
    facts.connected = start.elapsed().max(Duration::from_micros(1));
    if scheme == "telnet" {
        return Ok(String::new());
    }
    let left = || limit.checked_sub(start.elapsed()).filter(|d| !d.is_zero()).ok_or(TIMEOUT);
    let path = path.split('#').next().unwrap_or("/");
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: curl/8.0.1\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    );
    stream.set_write_timeout(Some(left()?)).map_err(|_| TIMEOUT)?;
    stream.write_all(request.as_bytes()).map_err(|e| io_code(&e, 55))?;
    let mut answer = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        stream.set_read_timeout(Some(left()?)).map_err(|_| TIMEOUT)?;
        match stream.read(&mut chunk) {
            Ok(0) => break,
            Ok(n) => answer.extend_from_slice(&chunk[..n]),
            Err(e) => return Err(io_code(&e, 56)),
        }
    }
    let answer = String::from_utf8_lossy(&answer).into_owned();
    if answer.is_empty() {
        return Err(NO_ANSWER);
    }
    let status = answer.strip_prefix("HTTP/1.").and_then(|a| a.get(2..5)).and_then(|s| s.parse().ok());
    facts.status = status.ok_or(1_u32)?;
    Ok(answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
}

fn io_code(error: &std::io::Error, otherwise: u32) -> u32 {
    match error.kind() {
        std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock => TIMEOUT,
        _ => otherwise,
    }
}
