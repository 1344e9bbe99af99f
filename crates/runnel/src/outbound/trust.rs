//! Which certificates prove a host's name: Mozilla's list, and the operator's own authorities.

use anyhow::Context;
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

/// TLS that always verifies; an empty `ca_file` adds nobody.
/// # Errors
/// The file with the operator's own authorities cannot be read.
pub(super) fn connector(ca_file: &Path) -> anyhow::Result<TlsConnector> {
    let mut roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
    if !ca_file.as_os_str().is_empty() {
        add(&mut roots, ca_file)
            .with_context(|| format!("outbound_ca_file: {}", ca_file.display()))?;
    }
    let mut tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(tls)))
}

fn add(roots: &mut RootCertStore, ca_file: &Path) -> anyhow::Result<()> {
    let before = roots.len();
    for certificate in CertificateDer::pem_file_iter(ca_file)? {
        roots.add(certificate?)?;
    }
    anyhow::ensure!(roots.len() > before, "there is no certificate in it");
    Ok(())
}
