//! A minimal intercepting proxy on hudsucker, as a peer of the benchmarks: every CONNECT is intercepted, nothing is changed.
//!
//! argv: CA certificate, CA key, PEM roots trusted of origins. Prints its port on standard output. With the feature `http2` it speaks
//! HTTP/2 on both sides, where they want to.

use hudsucker::{
    Proxy,
    certificate_authority::RcgenAuthority,
    rcgen::{Issuer, KeyPair},
    rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs},
};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use std::{error::Error, fs, sync::Arc};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, certificate, key, trusted] = arguments.as_slice() else {
        return Err("arguments: CA certificate, CA key, roots".into());
    };
    let issuer = Issuer::from_ca_cert_pem(&fs::read_to_string(certificate)?, KeyPair::from_pem(&fs::read_to_string(key)?)?)?;
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_file_iter(trusted)? {
        roots.add(root?)?;
    }
    let tls = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1();
    #[cfg(feature = "http2")]
    let connector = connector.enable_http2();
    let connector = connector.build();

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    Proxy::builder()
        .with_listener(listener)
        .with_ca(RcgenAuthority::new(issuer, 1_000, aws_lc_rs::default_provider()))
        .with_http_connector(connector)
        .build()?
        .start()
        .await?;
    Ok(())
}
