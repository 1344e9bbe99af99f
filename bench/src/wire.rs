//! The least of HTTP/1.1 that a load generator needs: where an answer ends, and what it says.

use anyhow::{Context, bail};
use memchr::memmem;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

/// Room for one answer.
pub const MOST_ANSWER_BYTES: usize = 64 * 1024;

/// A whole answer.
pub struct Answer<'a> {
    /// The status code.
    pub status: u16,
    head: &'a [u8],
    /// The body.
    pub body: &'a [u8],
}

/// Reads `bytes` as an answer; nothing while some of it is missing.
/// # Errors
/// It is no HTTP/1.1.
pub fn answer(bytes: &[u8]) -> anyhow::Result<Option<Answer<'_>>> {
    let Some(end) = memmem::find(bytes, b"\r\n\r\n") else { return Ok(None) };
    let (head, body) = (&bytes[..end], &bytes[end + 4..]);
    let status = head.get(9..12).and_then(|code| std::str::from_utf8(code).ok());
    let status = status.and_then(|code| code.parse().ok()).context("no status line")?;
    let length = header(head, b"content-length: ").map_or(Ok(0), str::parse::<usize>)?;
    Ok((body.len() >= length).then(|| Answer { status, head, body: &body[..length] }))
}

fn header<'a>(head: &'a [u8], name: &[u8]) -> Option<&'a str> {
    let rest = &head[memmem::find(head, name)? + name.len()..];
    let end = memchr::memchr(b'\r', rest).unwrap_or(rest.len());
    std::str::from_utf8(&rest[..end]).ok()
}

impl Answer<'_> {
    /// Where it sends the visitor.
    pub fn location(&self) -> Option<&str> {
        header(self.head, b"location: ")
    }
}

/// Sends `request` on a connection that stays open, and hands its answer to `read`.
/// # Errors
/// The server breaks off or speaks no HTTP/1.1.
pub fn exchange<R>(
    stream: &mut TcpStream,
    request: &[u8],
    buffer: &mut [u8],
    read: impl FnOnce(&Answer) -> R,
) -> anyhow::Result<R> {
    stream.write_all(request)?;
    let mut filled = 0;
    loop {
        match stream.read(&mut buffer[filled..])? {
            0 => bail!("the server broke off"),
            count => filled += count,
        }
        if let Some(answer) = answer(&buffer[..filled])? {
            return Ok(read(&answer));
        }
    }
}

/// One request on a connection of its own; gives status and body.
/// # Errors
/// Those of [`exchange`].
pub fn once(to: SocketAddr, request: &[u8]) -> anyhow::Result<(u16, String)> {
    let mut stream = TcpStream::connect(to)?;
    stream.write_all(request)?;
    let mut all = Vec::new();
    stream.read_to_end(&mut all)?;
    let answer = answer(&all)?.context("half an answer")?;
    Ok((answer.status, String::from_utf8_lossy(answer.body).into_owned()))
}
