//! Whom to trust.

use std::io;
use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};

/// TLS that trusts what this system trusts, or the file that the variable `SSL_CERT_FILE` names.
pub(super) fn config() -> io::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    // Certificates that cannot be used are left out: every list has some.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err(io::Error::other(
            "no trusted certificates on this system: install ca-certificates or set SSL_CERT_FILE",
        ));
    }
    let config = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
