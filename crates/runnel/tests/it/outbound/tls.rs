//! TLS believes nobody but the public authorities and those that the operator adds.

use super::name_server::NameServer;
use super::{allow, get};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd,
};
use runnel::config::Config;
use runnel::outbound::{Answer, Failed, Outbound};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer};

/// A certificate authority of our own.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: Certificate,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = parameters.self_signed(&key).unwrap();
        Self { issuer: Issuer::new(parameters, key), certificate }
    }

    /// Serves 204 behind a certificate for `name` that ends with the year `until`.
    async fn serve(&self, name: &str, until: i32) -> SocketAddr {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
        parameters.not_after = date_time_ymd(until, 1, 1);
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let settings = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(settings));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let _ = stream.read(&mut [0; 1024]).await;
                let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
            }
        });
        address
    }
}

/// Calls `good.test` at `server` with `authority` added, or none.
async fn ask(server: SocketAddr, authority: Option<&Authority>) -> Result<Answer, Failed> {
    let names = NameServer::always("127.0.0.1").await;
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config {
        outbound_allow: allow(&["127.0.0.1"]),
        outbound_dns: vec![names.address],
        ..Config::default()
    };
    if let Some(authority) = authority {
        config.outbound_ca_file = folder.path().join("ca.pem");
        std::fs::write(&config.outbound_ca_file, authority.certificate.pem()).unwrap();
    }
    let door = Outbound::new(&config).unwrap();
    get(&door, &format!("https://good.test:{}/?token=canary", server.port())).await
}

async fn is_refused(server: SocketAddr, authority: Option<&Authority>, reason: &str) {
    let failed = ask(server, authority).await.unwrap_err();
    assert!(matches!(failed, Failed::Tls { .. }), "{failed}");
    assert!(failed.to_string().contains(reason), "{failed}");
    assert!(!failed.to_string().contains("canary"), "{failed}");
}

#[tokio::test]
async fn an_added_authority_is_believed() {
    let authority = Authority::new();
    let server = authority.serve("good.test", 2090).await;
    assert_eq!(ask(server, Some(&authority)).await.unwrap().status, 204);
}

#[tokio::test]
async fn an_unknown_authority_is_refused() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = authority.serve("good.test", 2090).await;
    is_refused(server, None, "UnknownIssuer").await;
    is_refused(server, Some(&other), "certificate").await;
}

#[tokio::test]
async fn a_wrong_name_is_refused() {
    let authority = Authority::new();
    let server = authority.serve("other.test", 2090).await;
    is_refused(server, Some(&authority), "not valid for name").await;
}

#[tokio::test]
async fn an_expired_certificate_is_refused() {
    let authority = Authority::new();
    let server = authority.serve("good.test", 2020).await;
    is_refused(server, Some(&authority), "expired").await;
}

#[tokio::test]
async fn who_speaks_no_tls_is_refused() {
    let plain = super::receiver::Receiver::polite("127.0.0.1:0").await;
    is_refused(plain.address, None, "good.test").await;
}

#[test]
fn a_missing_or_empty_file_of_authorities_is_said_at_start() {
    let folder = tempfile::tempdir().unwrap();
    let outbound_ca_file = folder.path().join("ca.pem");
    let config = Config { outbound_ca_file: outbound_ca_file.clone(), ..Config::default() };
    for empty in [false, true] {
        if empty {
            std::fs::write(&outbound_ca_file, "").unwrap();
        }
        let error = Outbound::new(&config).err().unwrap();
        assert!(format!("{error:#}").contains("outbound_ca_file"), "{error:#}");
    }
}
