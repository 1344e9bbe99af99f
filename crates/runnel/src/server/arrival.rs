//! A request with the address it came from.
//! Promise: what is frequent is handed on so, since an extension of the request costs three allocations;
//! whoever gets a request from a router finds the peer among its extensions.

use axum::body::Body;
use axum::extract::FromRequest;
use http::Request;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};

/// The address that a connection came from.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// A request and whom it came from.
pub struct Arrival {
    /// Whom it came from.
    pub peer: Peer,
    /// The request.
    pub request: Request<Body>,
}

impl Arrival {
    /// The request for a router, which hands on nothing but requests.
    pub fn routed(mut self) -> Request<Body> {
        self.request.extensions_mut().insert(self.peer);
        self.request
    }
}

impl<S: Sync> FromRequest<S> for Arrival {
    type Rejection = Infallible;

    async fn from_request(request: Request<Body>, _: &S) -> Result<Self, Infallible> {
        let nobody = Peer(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0));
        let peer = request.extensions().get().copied().unwrap_or(nobody);
        Ok(Self { peer, request })
    }
}
