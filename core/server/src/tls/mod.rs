//! TLS, both ways: whom this service trusts, and how it proves who it is.

mod client;
mod server;

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

pub use client::{ClientTlsFault, client_tls, share_tls_provider};
pub use server::{CHAIN_COUNT_MAX, TLS_POLL_SECONDS, Tls, TlsFault};

/// Bytes of a file with certificates or a key.
pub const PEM_BYTES_MAX: usize = 1 << 20;

/// Reads a file that may have at most so many bytes.
pub(crate) fn read_bounded(path: &Path, max: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(max as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > max {
        let said = format!("it has more than {max} bytes; write less into it");
        return Err(io::Error::new(io::ErrorKind::InvalidData, said));
    }
    Ok(bytes)
}
