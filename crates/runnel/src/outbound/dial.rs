//! A URL's host and port → an open connection: resolve, judge, dial the very address that was judged.
//! Promise: no connection without the guard's word; names, connections and TLS have a patience each.

use super::address::Guard;
use super::failed::Failed;
use super::names::Resolve;
use super::wire::Wire;
use http::Uri;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tower::Service;

/// For each of: all names, one address, the TLS handshake.
const PATIENCE: Duration = Duration::from_secs(5);
/// Addresses of one name that are tried.
const MOST_ADDRESSES: usize = 6;

/// Opens connections for the HTTP client.
#[derive(Clone)]
pub(super) struct Dialler(Arc<Parts>);

struct Parts {
    guard: Guard,
    names: Box<dyn Resolve>,
    tls: TlsConnector,
}

impl Dialler {
    pub(super) fn new(guard: Guard, names: Box<dyn Resolve>, tls: TlsConnector) -> Self {
        Self(Arc::new(Parts { guard, names, tls }))
    }
}

impl Service<Uri> for Dialler {
    type Response = Wire;
    type Error = Failed;
    type Future = Pin<Box<dyn Future<Output = Result<Wire, Failed>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let parts = self.0.clone();
        Box::pin(async move { parts.dial(&uri).await })
    }
}

impl Parts {
    async fn dial(&self, uri: &Uri) -> Result<Wire, Failed> {
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let secure = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let addresses = self.addresses(host).await?;
        let stream = self.connect(host, port, &addresses).await?;
        if secure { self.secure(host, stream).await } else { Ok(Wire::new(stream)) }
    }

    /// IPv4 first: where both work it is the one that works more often.
    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, Failed> {
        if let Ok(address) = host.parse() {
            return Ok(vec![address]);
        }
        let failed = |reason: String| Failed::Resolve { host: host.into(), reason };
        let found = tokio::time::timeout(PATIENCE, self.names.addresses(host)).await;
        let mut found = found.map_err(|_| failed("the name servers do not answer".into()))?;
        found.iter_mut().for_each(|found| found.sort_by_key(IpAddr::is_ipv6));
        match found {
            Ok(found) if found.is_empty() => Err(failed("it has no address".into())),
            found => found.map_err(failed),
        }
    }

    /// The first address that may be dialled and accepts. One that may not is passed over, so that
    /// a private address among public ones is never dialled.
    async fn connect(
        &self,
        host: &str,
        port: u16,
        addresses: &[IpAddr],
    ) -> Result<TcpStream, Failed> {
        let (mut refused, mut unreachable) = (None, None);
        for &address in addresses.iter().take(MOST_ADDRESSES) {
            if let Err(range) = self.guard.judge(address) {
                let failed = Failed::Address { host: host.into(), address, range };
                refused.get_or_insert(failed);
                continue;
            }
            match open(SocketAddr::new(address, port)).await {
                Ok(stream) => return Ok(stream),
                Err(reason) => {
                    let host = format!("{host} ({})", SocketAddr::new(address, port));
                    unreachable.get_or_insert(Failed::Connect { host, reason });
                }
            }
        }
        let none = || Failed::Resolve { host: host.into(), reason: "it has no address".into() };
        Err(unreachable.or(refused).unwrap_or_else(none))
    }

    async fn secure(&self, host: &str, stream: TcpStream) -> Result<Wire, Failed> {
        let failed = |reason: String| Failed::Tls { host: host.into(), reason };
        let name =
            ServerName::try_from(host.to_owned()).map_err(|error| failed(error.to_string()))?;
        let secured = tokio::time::timeout(PATIENCE, self.tls.connect(name, stream)).await;
        let secured = secured.map_err(|_| failed("the handshake does not end".into()))?;
        secured.map(Wire::new).map_err(|error| failed(error.to_string()))
    }
}

async fn open(address: SocketAddr) -> Result<TcpStream, String> {
    let connected = tokio::time::timeout(PATIENCE, TcpStream::connect(address)).await;
    let stream = connected.map_err(|_| "nobody answers".to_owned())?;
    let stream = stream.map_err(|error| error.to_string())?;
    // Requests are written whole; waiting for more to send would only delay them.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}
