//! A name server that lies: whatever it says, nothing connects to an address that is not let through.
//! 127.0.0.1 stands for a private network, 127.0.0.2 (listed) for a public one; both listen on one port.

use super::name_server::{NameServer, Said};
use super::receiver::Receiver;
use super::{call, door, get};
use runnel::outbound::{Failed, Outbound};
use std::net::IpAddr;

struct Scene {
    private: Receiver,
    public: Receiver,
    names: NameServer,
    door: Outbound,
}

impl Scene {
    async fn new(script: impl Fn(&str, usize) -> Vec<Said> + Send + Sync + 'static) -> Self {
        let (private, public) = loop {
            let private = Receiver::polite("127.0.0.1:0").await;
            let same = format!("127.0.0.2:{}", private.address.port());
            // Somebody else may listen there: then another port is tried.
            if std::net::TcpListener::bind(&same).is_ok() {
                break (private, Receiver::polite(&same).await);
            }
        };
        let names = NameServer::start(script).await;
        let door = door(&["127.0.0.2"], &[names.address]);
        Self { private, public, names, door }
    }

    fn url(&self, host: &str) -> String {
        format!("http://{host}:{}/", self.private.address.port())
    }

    async fn is_refused(&self, host: &str) {
        let failed = get(&self.door, &self.url(host)).await.unwrap_err();
        assert!(matches!(failed, Failed::Address { .. }), "{host}: {failed}");
        assert_eq!(self.private.accepted(), 0, "{host} reached a private address");
    }
}

fn at(address: &str) -> Said {
    Said::At(address.parse::<IpAddr>().unwrap())
}

#[tokio::test]
async fn a_name_at_a_private_address_is_refused_with_a_reason() {
    let scene = Scene::new(|_, _| vec![at("127.0.0.1")]).await;
    let failed = get(&scene.door, &scene.url("hooks.test")).await.unwrap_err();
    assert_eq!(
        failed.to_string(),
        "hooks.test is at 127.0.0.1, which is not called: this machine (127.0.0.0/8). If it is \
         your own, list its network under outbound_allow"
    );
    assert_eq!(scene.private.accepted(), 0);
}

#[tokio::test]
async fn a_name_that_moves_to_a_private_address_is_refused_from_then_on() {
    let script =
        |_: &str, before: usize| vec![if before == 0 { at("127.0.0.2") } else { at("127.0.0.1") }];
    let scene = Scene::new(script).await;
    let answer = get(&scene.door, &scene.url("rebind.test")).await.unwrap();
    assert_eq!(answer.status, 200);
    for _ in 0..5 {
        scene.is_refused("rebind.test").await;
    }
    assert_eq!(scene.public.accepted(), 1);
}

#[tokio::test]
async fn a_private_address_among_public_ones_is_passed_over() {
    let script = |_: &str, _| vec![at("127.0.0.1"), at("127.0.0.2"), at("::1"), at("10.0.0.1")];
    let scene = Scene::new(script).await;
    for _ in 0..5 {
        assert_eq!(get(&scene.door, &scene.url("mixed.test")).await.unwrap().status, 200);
    }
    assert_eq!((scene.private.accepted(), scene.public.accepted()), (0, 5));
}

#[tokio::test]
async fn chains_of_names_lead_nowhere_private() {
    let script = |name: &str, _| match name {
        "whole.test" => vec![Said::Is("a.test"), Said::Is("b.test"), at("127.0.0.1")],
        "parts.test" => vec![Said::Is("c.test")],
        "c.test" => vec![Said::Is("d.test")],
        "d.test" => vec![at("127.0.0.1")],
        "own.test" => vec![Said::Is("localhost"), at("127.0.0.1")],
        _ => vec![Said::Nothing],
    };
    let scene = Scene::new(script).await;
    for host in ["whole.test", "parts.test"] {
        scene.is_refused(host).await;
    }
    assert!(get(&scene.door, &scene.url("own.test")).await.is_err());
    assert_eq!(scene.private.accepted(), 0);
}

#[tokio::test]
async fn a_chain_without_end_ends() {
    let script = |name: &str, _| match name {
        "x.test" => vec![Said::Is("y.test")],
        _ => vec![Said::Is("x.test")],
    };
    let scene = Scene::new(script).await;
    let failed = get(&scene.door, &scene.url("x.test")).await.unwrap_err();
    assert!(matches!(failed, Failed::Resolve { .. }), "{failed}");
}

#[tokio::test]
async fn private_addresses_in_ipv6_clothes_are_refused() {
    for address in ["::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::7f00:1"] {
        Scene::new(move |_, _| vec![at(address)]).await.is_refused("six.test").await;
    }
}

#[tokio::test]
async fn addresses_in_urls_are_judged_whatever_their_spelling() {
    let scene = Scene::new(|_, _| vec![Said::Nothing]).await;
    for host in ["127.0.0.1", "0x7f.1", "2130706433", "0177.0.0.1", "127.1", "127.0.0.1.", "[::1]"]
    {
        scene.is_refused(host).await;
    }
    for host in ["[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "①27.0.0.1"] {
        scene.is_refused(host).await;
    }
    assert_eq!(get(&scene.door, &scene.url("127.0.0.2")).await.unwrap().status, 200);
}

#[tokio::test]
async fn this_machines_own_name_is_refused() {
    let scene = Scene::new(|_, _| vec![at("127.0.0.1")]).await;
    for host in ["localhost", "LOCALHOST.", "x.localhost"] {
        assert!(get(&scene.door, &scene.url(host)).await.is_err(), "{host}");
        assert_eq!(scene.private.accepted(), 0);
    }
}

#[tokio::test]
async fn a_name_that_is_not_there_and_a_silent_name_server_are_told_apart_from_refusals() {
    let scene = Scene::new(|_, _| vec![Said::Nothing]).await;
    let failed = get(&scene.door, &scene.url("gone.test")).await.unwrap_err();
    assert_eq!(failed.to_string(), "the name gone.test leads nowhere: no such name");
    // Bound, but nobody answers.
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let door = door(&[], &[silent.local_addr().unwrap()]);
    let failed = get(&door, "http://slow.test/").await.unwrap_err();
    assert!(matches!(failed, Failed::Resolve { .. }), "{failed}");
    drop(scene.names);
}

/// A connection that is kept was dialled to a judged address; it is not asked for again.
#[tokio::test]
async fn connections_are_kept_and_used_again() {
    let receiver = Receiver::at("127.0.0.2:0", |mut stream| async move {
        use tokio::io::AsyncWriteExt;
        loop {
            if super::receiver::read_head(&mut stream).await.is_empty() {
                return;
            }
            let text = b"HTTP/1.1 204 No Content\r\n\r\n";
            if stream.write_all(text).await.is_err() {
                return;
            }
        }
    })
    .await;
    let names = NameServer::always("127.0.0.2").await;
    let door = door(&["127.0.0.2"], &[names.address]);
    let url = format!("http://kept.test:{}/", receiver.address.port());
    for _ in 0..10 {
        assert_eq!(door.call(call(&url)).await.unwrap().status, 204);
    }
    assert_eq!(receiver.accepted(), 1);
}
