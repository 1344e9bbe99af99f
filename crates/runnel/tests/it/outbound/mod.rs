//! The door to the outside: which addresses are dialled, what answers may do, whom TLS believes.

mod addresses;
mod answers;
mod lying;
pub mod name_server;
mod receiver;
mod tls;

use http::{HeaderMap, Method};
use runnel::config::Config;
use runnel::outbound::{Allowed, Answer, Call, Failed, Outbound};
use std::net::SocketAddr;
use std::time::Duration;

/// Long enough for anything that ends by itself.
const PATIENT: Duration = Duration::from_secs(60);

fn allow(networks: &[&str]) -> Vec<Allowed> {
    networks.iter().map(|network| network.to_string().try_into().unwrap()).collect()
}

/// A door that lets through `networks` and asks `names`.
fn door(networks: &[&str], names: &[SocketAddr]) -> Outbound {
    let (outbound_allow, outbound_dns) = (allow(networks), names.to_vec());
    Outbound::new(&Config { outbound_allow, outbound_dns, ..Config::default() }).unwrap()
}

fn call(url: &str) -> Call {
    Call {
        method: Method::GET,
        url: url.parse().unwrap(),
        headers: HeaderMap::new(),
        body: Default::default(),
        timeout: PATIENT,
        answer_bytes_max: 1024,
    }
}

async fn get(door: &Outbound, url: &str) -> Result<Answer, Failed> {
    door.call(call(url)).await
}
