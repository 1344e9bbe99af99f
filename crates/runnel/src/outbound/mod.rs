//! The one door to the outside: a call → its answer, or why there is none.
//! Promise: only addresses that the guard lets through are dialled, TLS is verified, no redirect is
//! followed, and size and time of an answer are bounded. Nothing secret is logged.

mod address;
mod answer;
mod dial;
mod failed;
mod names;
mod trust;
mod wire;

use crate::config::Config;
use bytes::Bytes;
use dial::Dialler;
use http::header::{AUTHORIZATION, HeaderValue};
use http::{HeaderMap, Method, Request, StatusCode, Uri};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use url::Url;

pub use address::{Allowed, Guard, forbidden};
pub use failed::Failed;
pub use names::{Addresses, NameServers, Resolve};

/// Idle connections kept to one host and port.
const MOST_IDLE_PER_HOST: usize = 16;
/// Below the patience of common servers (5 s), which close what is idle in the middle of our next call.
const LONGEST_IDLE: Duration = Duration::from_secs(3);
/// Bytes of an answer's head.
const MOST_HEAD_BYTES: usize = 64 * 1024;
/// Calls under way at once; more wait, within their own timeout.
const MOST_CALLS: usize = 2_000;

/// What is to be sent.
#[derive(Clone, Debug)]
pub struct Call {
    /// GET or POST, mostly.
    pub method: Method,
    /// `http` or `https`. A user name in it is sent as basic authorization.
    pub url: Url,
    /// Beside `Host`, which the URL gives, and the length.
    pub headers: HeaderMap,
    /// Empty for none.
    pub body: Bytes,
    /// For everything together: waiting for a place, connecting, sending, reading.
    pub timeout: Duration,
    /// Bytes of the answer's body that are read; the rest is cut off.
    pub answer_bytes_max: usize,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// As sent; a redirect is an answer like any other.
    pub status: StatusCode,
    /// As sent.
    pub headers: HeaderMap,
    /// Up to `answer_bytes_max` bytes.
    pub body: Bytes,
    /// Whether the body went on, broke off, or did not end in time.
    pub cut: bool,
    /// From the call until here.
    pub took: Duration,
}

/// Makes outgoing calls. Clones share their connections; the program has one.
#[derive(Clone)]
pub struct Outbound {
    client: Client<Dialler, Full<Bytes>>,
    places: Arc<Semaphore>,
}

impl Outbound {
    /// As configured: `outbound_allow`, `outbound_dns`, `outbound_ca_file`.
    /// # Errors
    /// The file with the operator's own authorities cannot be read.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        Self::with_names(config, NameServers::new(&config.outbound_dns))
    }

    /// As configured, with another way from names to addresses.
    /// # Errors
    /// The file with the operator's own authorities cannot be read.
    pub fn with_names(config: &Config, names: impl Resolve) -> anyhow::Result<Self> {
        let tls = trust::connector(&config.outbound_ca_file)?;
        let guard = Guard::new(&config.outbound_allow);
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(LONGEST_IDLE)
            .pool_max_idle_per_host(MOST_IDLE_PER_HOST)
            .http1_max_buf_size(MOST_HEAD_BYTES)
            .build(Dialler::new(guard, Box::new(names), tls));
        Ok(Self { client, places: Arc::new(Semaphore::new(MOST_CALLS)) })
    }

    /// Sends `call` and reads the answer.
    /// # Errors
    /// No status came back; the text says what an operator should know.
    pub async fn call(&self, call: Call) -> Result<Answer, Failed> {
        let answered = self.attempt(call).await;
        let outcome = answered.as_ref().map_or_else(Failed::kind, |_| "answered");
        metrics::counter!("runnel_outbound_calls_total", "outcome" => outcome).increment(1);
        answered
    }

    async fn attempt(&self, call: Call) -> Result<Answer, Failed> {
        let (began, most, after) = (Instant::now(), call.answer_bytes_max, call.timeout);
        let deadline = began + after;
        let host = call.url.host_str().unwrap_or_default().to_owned();
        let late = |_| Failed::Timeout { host: host.clone(), after };
        let request = request(call)?;
        let _place = timeout_at(deadline, self.places.acquire()).await.map_err(late)?;
        let response = timeout_at(deadline, self.client.request(request)).await.map_err(late)?;
        let response = response.map_err(|error| Failed::of(&host, &error))?;
        Ok(answer::read(response, most, began, deadline).await)
    }
}

fn request(call: Call) -> Result<Request<Full<Bytes>>, Failed> {
    let refuse = |reason: &str| Failed::Url { reason: reason.into() };
    if !matches!(call.url.scheme(), "http" | "https") {
        return Err(refuse("only http and https are called"));
    }
    let basic = basic(&call.url);
    let mut url = call.url;
    url.set_fragment(None);
    // Neither fails where there is a host, and http and https always have one.
    let _ = url.set_username("").and_then(|()| url.set_password(None));
    let uri: Uri =
        url.as_str().parse().map_err(|_| refuse("it holds characters that HTTP cannot"))?;
    let mut request = Request::new(Full::new(call.body));
    (*request.method_mut(), *request.uri_mut(), *request.headers_mut()) =
        (call.method, uri, call.headers);
    if let Some(basic) = basic {
        request.headers_mut().entry(AUTHORIZATION).or_insert(basic);
    }
    Ok(request)
}

/// The user name and password in a URL, as the header that carries them.
fn basic(url: &Url) -> Option<HeaderValue> {
    use base64::Engine;
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let plain = |text: &str| percent_encoding::percent_decode_str(text).collect::<Vec<u8>>();
    let mut pair = plain(url.username());
    pair.push(b':');
    pair.extend(plain(url.password().unwrap_or_default()));
    let mut value =
        HeaderValue::try_from(format!("Basic {}", base64::prelude::BASE64_STANDARD.encode(pair)))
            .ok()?;
    value.set_sensitive(true);
    Some(value)
}
