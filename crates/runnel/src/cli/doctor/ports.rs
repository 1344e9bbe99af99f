//! Whether the addresses can be listened on.

use super::Finding;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};

/// Tries to listen on `address`; `runs` says that a server already uses this data folder.
pub(super) fn free(what: &str, option: &str, address: SocketAddr, runs: bool) -> Finding {
    let subject = format!("{what} address");
    match TcpListener::bind(address) {
        Ok(_) => Finding::ok(&subject, format!("{address} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse && runs => {
            Finding::ok(&subject, format!("{address} is in use, as a server runs on this data"))
        }
        Err(error) => {
            let advice = format!("Choose another with {option}, or stop what uses it.");
            Finding::fail(&subject, format!("cannot listen on {address}: {error}"), &advice)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn an_address_in_use_fails_unless_our_server_has_it() {
        let holder = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = holder.local_addr().unwrap();
        assert_eq!(free("API", "--admin", address, false).verdict, Verdict::Fail);
        assert_eq!(free("API", "--admin", address, true).verdict, Verdict::Ok);
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        assert_eq!(free("API", "--admin", any, false).verdict, Verdict::Ok);
        let foreign = SocketAddr::from(([192, 0, 2, 1], 0));
        assert_eq!(free("API", "--admin", foreign, true).verdict, Verdict::Fail);
    }
}
