//! As much of HTTP/1.1 as a health check needs: one GET or HEAD per connection, bounded in size and time.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

/// Longest request head that is read, in bytes.
const MAX_HEAD: usize = 8 * 1024;
/// A request must have arrived, and its answer left, within this time.
const TIMEOUT: Duration = Duration::from_secs(5);

pub struct Response {
    pub content_type: &'static str,
    pub body: String,
}

/// Reads one request and answers with what `route` says of its path; `None` is 404.
pub fn serve(mut stream: TcpStream, route: impl Fn(&str) -> Option<Response>) -> io::Result<()> {
    stream.set_write_timeout(Some(TIMEOUT))?;
    let head = match read_head(&mut stream)? {
        Head::Whole(head) => head,
        Head::Nothing => return Ok(()),
        Head::TooLong => return reply(&mut stream, "431 Request Header Fields Too Large", None, true),
    };
    let line = head.lines().next().unwrap_or_default();
    let mut words = line.split(' ');
    let (method, target, version) = (words.next(), words.next(), words.next());
    let (Some(method), Some(target), Some("HTTP/1.0" | "HTTP/1.1"), None) = (method, target, version, words.next())
    else {
        return reply(&mut stream, "400 Bad Request", None, true);
    };
    if !matches!(method, "GET" | "HEAD") {
        return reply(&mut stream, "405 Method Not Allowed", None, true);
    }
    let path = target.split('?').next().unwrap_or_default();
    match route(path) {
        Some(response) => reply(&mut stream, "200 OK", Some(response), method == "GET"),
        None => reply(&mut stream, "404 Not Found", None, method == "GET"),
    }
}

/// Answers "busy" without reading the request.
pub fn refuse(mut stream: TcpStream) {
    let _ = stream.set_write_timeout(Some(Duration::from_millis(200)));
    let _ = reply(&mut stream, "503 Service Unavailable", None, true);
}

/// The request up to the empty line.
enum Head {
    Whole(String),
    /// Connected and left without a word, as port probes do.
    Nothing,
    TooLong,
}

fn read_head(stream: &mut TcpStream) -> io::Result<Head> {
    let deadline = Instant::now() + TIMEOUT;
    let mut head = Vec::new();
    let mut chunk = [0; 1024];
    while !head.windows(4).any(|w| w == b"\r\n\r\n") {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut chunk)? {
            0 if head.is_empty() => return Ok(Head::Nothing),
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => head.extend_from_slice(&chunk[..n]),
        }
        if head.len() > MAX_HEAD {
            return Ok(Head::TooLong);
        }
    }
    Ok(Head::Whole(String::from_utf8_lossy(&head).into_owned()))
}

fn reply(stream: &mut TcpStream, status: &str, response: Option<Response>, with_body: bool) -> io::Result<()> {
    let response =
        response.unwrap_or_else(|| Response { content_type: "text/plain; charset=utf-8", body: format!("{status}\n") });
    let mut text = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\nCache-Control: no-store\r\n",
        response.content_type,
        response.body.len()
    );
    if status.starts_with("405") {
        text.push_str("Allow: GET, HEAD\r\n");
    }
    text.push_str("\r\n");
    if with_body {
        text.push_str(&response.body);
    }
    stream.write_all(text.as_bytes())?;
    stream.shutdown(Shutdown::Write)
}
