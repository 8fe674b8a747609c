//! Real servers for tests: private ones, started by `tools/servers.sh` on ports of their own.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "only tests use it: what goes wrong ends them, and they say why"
)]

mod servers;

use std::path::Path;

pub use servers::{Server, Servers, fresh_database, fresh_vhost, messages_in, shared_redis};

/// The folder of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("/"))
}
