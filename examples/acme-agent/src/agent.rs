//! The agent itself: options, the web server's life, what it answers.

use crate::http::{self, Response};
use crate::log::Log;
use std::fmt::Write as _;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Connections served at a time; further ones are answered with 503.
const MAX_CONNECTIONS: usize = 32;
/// How long a stop waits for requests that are being answered.
const DRAIN: Duration = Duration::from_secs(5);

/// What can be chosen when it is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    pub port: u16,
    pub data_dir: PathBuf,
}

impl Options {
    /// Reads options; of one that is given twice, the last wins.
    pub fn parse(args: &[String]) -> Result<Self, String> {
        let mut options = Options { port: 8686, data_dir: default_data_dir() };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
            match arg.as_str() {
                "--port" => {
                    let text = value()?;
                    options.port = text.parse().map_err(|_| format!("--port {text}: not a TCP port"))?;
                }
                "--data-dir" => options.data_dir = value()?.into(),
                _ => return Err(format!("unknown option {arg}")),
            }
        }
        Ok(options)
    }
}

fn default_data_dir() -> PathBuf {
    if let Some(dir) = std::env::var_os("ACME_DATA_DIR") {
        return dir.into();
    }
    std::env::var_os("ProgramData").map_or_else(std::env::temp_dir, PathBuf::from).join("acme-agent")
}

/// How it was started, for `/info`.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// Name of the service; none in the console.
    pub service: Option<String>,
    /// Arguments handed over by whoever started the service (`sc.exe start NAME a b`).
    pub arguments: Vec<String>,
}

impl Start {
    pub fn console() -> Self {
        Start::default()
    }
}

/// The running agent.
pub struct Agent {
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
    connections: Arc<AtomicUsize>,
    acceptor: JoinHandle<()>,
}

impl Agent {
    /// Starts to answer. Once this returns, the port is open.
    pub fn start(options: &Options, start: Start, log: &Log) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))?;
        let address = listener.local_addr()?;
        let stopping = Arc::new(AtomicBool::new(false));
        let connections = Arc::new(AtomicUsize::new(0));
        let info: Arc<str> = info(options, &start).into();
        let acceptor = {
            let (stopping, connections, log) = (stopping.clone(), connections.clone(), log.clone());
            thread::Builder::new()
                .name("accept".into())
                .spawn(move || accept(&listener, &stopping, &connections, &info, &log))?
        };
        Ok(Agent { address, stopping, connections, acceptor })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no new requests, lets those under way end, and returns.
    pub fn stop(self, log: &Log) {
        self.stopping.store(true, Ordering::SeqCst);
        // The acceptor waits for a connection: give it one.
        if TcpStream::connect_timeout(&self.address, Duration::from_secs(1)).is_ok() {
            let _ = self.acceptor.join();
        }
        let deadline = Instant::now() + DRAIN;
        while self.connections.load(Ordering::SeqCst) > 0 && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(10));
        }
        log.line("stopped");
    }
}

/// Counts a connection for as long as it lives, whatever becomes of its thread.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn accept(listener: &TcpListener, stopping: &AtomicBool, connections: &Arc<AtomicUsize>, info: &Arc<str>, log: &Log) {
    loop {
        let stream = match listener.accept() {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Such as too many open files: it passes, but must not become a busy loop.
                log.line(&format!("accept: {error}"));
                thread::sleep(Duration::from_millis(100));
                continue;
            }
        };
        if stopping.load(Ordering::SeqCst) {
            return;
        }
        let busy = connections.fetch_add(1, Ordering::SeqCst) >= MAX_CONNECTIONS;
        let counted = Counted(connections.clone());
        if busy {
            http::refuse(stream);
            continue;
        }
        let (info, request_log) = (info.clone(), log.clone());
        let spawned = thread::Builder::new().name("request".into()).spawn(move || {
            let _counted = counted;
            if let Err(error) = http::serve(stream, |path| answer(path, &info)) {
                request_log.line(&format!("request: {error}"));
            }
        });
        if let Err(error) = spawned {
            log.line(&format!("no thread for a request: {error}"));
        }
    }
}

fn answer(path: &str, info: &str) -> Option<Response> {
    match path {
        "/healthz" => Some(Response { content_type: "text/plain; charset=utf-8", body: "ok\n".into() }),
        "/info" => Some(Response { content_type: "application/json", body: info.into() }),
        _ => None,
    }
}

/// What `/info` says: fixed from the start on. Of the environment only our own variables, which hold no secret.
fn info(options: &Options, start: &Start) -> String {
    let mut environment: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(k, v)| Some((k.into_string().ok()?, v.to_string_lossy().into_owned())))
        .filter(|(k, _)| k.starts_with("ACME_"))
        .collect();
    environment.sort();
    let list = |items: &[String]| items.iter().map(|i| json(i)).collect::<Vec<_>>().join(", ");
    let args: Vec<String> = std::env::args_os().skip(1).map(|a| a.to_string_lossy().into_owned()).collect();
    let exe = std::env::current_exe().map(|p| p.display().to_string()).unwrap_or_default();
    let environment: Vec<String> = environment.iter().map(|(k, v)| format!("{}: {}", json(k), json(v))).collect();
    let service = start.service.as_deref().map_or_else(|| "null".into(), json);
    [
        "{".to_owned(),
        format!("  \"version\": {},", json(VERSION)),
        format!("  \"service\": {service},"),
        format!("  \"processId\": {},", std::process::id()),
        format!("  \"exe\": {},", json(&exe)),
        format!("  \"args\": [{}],", list(&args)),
        format!("  \"startArguments\": [{}],", list(&start.arguments)),
        format!("  \"environment\": {{{}}},", environment.join(", ")),
        format!("  \"dataDir\": {}", json(&options.data_dir.display().to_string())),
        "}\n".to_owned(),
    ]
    .join("\n")
}

/// A JSON string.
fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => {
                // Control characters lie below U+00A0: four digits are enough.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(String::from).collect()
    }

    #[test]
    fn options_are_strict() {
        assert_eq!(Options::parse(&words("--port 1 --port 2")).unwrap().port, 2);
        assert_eq!(Options::parse(&words("--data-dir x")).unwrap().data_dir, PathBuf::from("x"));
        for bad in ["--port", "--port x", "--port 65536", "stray", "--Port 1"] {
            assert!(Options::parse(&words(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn json_escapes() {
        assert_eq!(json("a\"b\\c\n\u{7f}é"), r#""a\"b\\c\u000a\u007fé""#);
    }

    fn ask(address: SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn answers_and_stops() {
        let log = Log::to_stderr();
        let options = Options { port: 0, data_dir: "nowhere".into() };
        let start = Start { service: Some("S".into()), arguments: vec!["a \"b\"".into()] };
        let agent = Agent::start(&options, start, &log).unwrap();
        let at = agent.address();
        let ok = ask(at, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
        assert!(ok.starts_with("HTTP/1.1 200 OK\r\n") && ok.ends_with("\r\n\r\nok\n"), "{ok}");
        assert!(ask(at, "HEAD /healthz HTTP/1.1\r\n\r\n").ends_with("\r\n\r\n"));
        assert!(ask(at, "GET /info?x=1 HTTP/1.0\r\n\r\n").contains(r#""startArguments": ["a \"b\""]"#));
        assert!(ask(at, "GET /nothing HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404 "));
        assert!(ask(at, "POST /healthz HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 405 "));
        assert!(ask(at, "nonsense\r\n\r\n").starts_with("HTTP/1.1 400 "));
        agent.stop(&log);
        assert!(TcpStream::connect(at).is_err());
    }

    #[test]
    fn a_taken_port_is_an_error() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let options = Options { port: taken.local_addr().unwrap().port(), data_dir: "nowhere".into() };
        assert!(Agent::start(&options, Start::console(), &Log::to_stderr()).is_err());
    }
}
