//! Whether callers have to say who they are.

use std::net::SocketAddr;

/// What the operator says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// Everybody must say who they are.
    Required,
    /// Nobody must.
    Off,
}

/// A service that anybody could reach would ask nobody who they are.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`authentication = \"off\"` with the public address `{listen}` would let everybody in; take the line out, so that \
     tokens are required (`maple tokens create` makes one), or listen on a loopback address such as 127.0.0.1:8080"
)]
pub struct Unguarded {
    listen: SocketAddr,
}

impl Authentication {
    /// What holds on an address: where nobody says, callers of this machine need no token and all others do.
    ///
    /// # Errors
    ///
    /// When it is to be off where others than this machine can connect.
    pub fn on(listen: SocketAddr, said: Option<Self>) -> Result<Self, Unguarded> {
        match said {
            Some(Self::Off) if is_public(listen) => Err(Unguarded { listen }),
            Some(said) => Ok(said),
            None if is_public(listen) => Ok(Self::Required),
            None => Ok(Self::Off),
        }
    }
}

/// Whether others than this machine can connect to an address.
#[must_use]
pub fn is_public(listen: SocketAddr) -> bool {
    !listen.ip().to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_may_let_everybody_in() {
        use Authentication::{Off, Required};
        for (listen, public) in [
            ("127.0.0.1:8080", false),
            ("127.9.9.9:1", false),
            ("[::1]:8080", false),
            ("[::ffff:127.0.0.1]:8080", false),
            ("0.0.0.0:8080", true),
            ("[::]:8080", true),
            ("10.0.0.1:8080", true),
            ("[::ffff:10.0.0.1]:8080", true),
            ("[fe80::1]:8080", true),
        ] {
            let listen: SocketAddr = listen.parse().unwrap();
            assert_eq!(is_public(listen), public, "{listen}");
            assert_eq!(Authentication::on(listen, None), Ok(if public { Required } else { Off }), "{listen}");
            assert_eq!(Authentication::on(listen, Some(Required)), Ok(Required));
            let off = Authentication::on(listen, Some(Off));
            assert_eq!(off, if public { Err(Unguarded { listen }) } else { Ok(Off) }, "{listen}");
        }
    }
}
