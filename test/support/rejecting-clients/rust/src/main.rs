//! A TLS handshake by rustls with argument 2 (host:port) through the proxy on port argument 1; argument 3 is the protocol
//! version. Trusts no root at all.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let (proxy, target, version) = (&arguments[1], &arguments[2], &arguments[3]);
    let versions = if version == "TLSv1.2" { &[&rustls::version::TLS12][..] } else { &[&rustls::version::TLS13][..] };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let mut tcp = TcpStream::connect(format!("127.0.0.1:{proxy}")).unwrap();
    write!(tcp, "CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n").unwrap();
    let mut answer = [0u8; 512];
    let _ = tcp.read(&mut answer).unwrap();
    let host = target.split(':').next().unwrap().to_string();
    let mut session = rustls::ClientConnection::new(Arc::new(config), host.try_into().unwrap()).unwrap();
    let mut stream = rustls::Stream::new(&mut session, &mut tcp);
    if stream.write_all(b"GET / HTTP/1.0\r\n\r\n").is_err() {
        std::process::exit(1);
    }
}
