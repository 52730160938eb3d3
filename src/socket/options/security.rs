//! Security options: which mechanism a socket's connections use, and its secrets.
#![forbid(unsafe_code)]

use zeroize::Zeroize;

/// The length of a CURVE key in bytes.
pub const CURVE_KEY_BYTES: usize = 32;

/// What proves to a peer who this side is, and the reverse. Secrets are wiped from memory when they are no
/// longer used.
#[derive(Clone, Default)]
pub enum Mechanism {
    /// Nothing does (RFC 23).
    #[default]
    Null,
    /// A name and a password, in the clear (RFC 24). A server has its handler of ZAP look at them.
    Plain {
        /// Whether this side asks for the name, whichever side connects.
        as_server: bool,
        /// The name that a client gives, of at most 255 bytes.
        username: Vec<u8>,
        /// The password that a client gives, of at most 255 bytes.
        password: Vec<u8>,
    },
    /// Keys of elliptic curves, and everything encrypted (RFC 25, 26).
    #[cfg(feature = "curve")]
    Curve {
        /// Whether this side is the server, whichever side connects.
        as_server: bool,
        /// This side's public key. A server needs none: it follows from the secret one.
        public_key: [u8; CURVE_KEY_BYTES],
        /// This side's secret key.
        secret_key: [u8; CURVE_KEY_BYTES],
        /// The public key of the server, which a client knows beforehand.
        server_key: [u8; CURVE_KEY_BYTES],
    },
}

impl Drop for Mechanism {
    fn drop(&mut self) {
        match self {
            Mechanism::Null => {}
            Mechanism::Plain { password, .. } => password.zeroize(),
            #[cfg(feature = "curve")]
            Mechanism::Curve { secret_key, .. } => secret_key.zeroize(),
        }
    }
}

/// Who may connect, and how that is proved.
#[derive(Clone, Default)]
pub struct Security {
    /// What the socket's connections use.
    pub mechanism: Mechanism,
    /// The domain that the handler of ZAP is asked with, of at most 255 bytes (RFC 27).
    pub zap_domain: Vec<u8>,
    /// Whether peers are refused where nobody handles ZAP requests. With an empty domain, a server of CURVE then asks
    /// nobody, and encrypts only. (A server of PLAIN always asks, and refuses peers where nobody answers; a side of
    /// NULL asks if it has a domain.)
    pub zap_enforce_domain: bool,
}

impl Security {
    /// Whether anything proves, or decides, who may connect.
    pub(crate) fn is_asked_for(&self) -> bool {
        !matches!(self.mechanism, Mechanism::Null) || !self.zap_domain.is_empty()
    }
}

impl std::fmt::Debug for Security {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mechanism = match self.mechanism {
            Mechanism::Null => "NULL",
            Mechanism::Plain { .. } => "PLAIN",
            #[cfg(feature = "curve")]
            Mechanism::Curve { .. } => "CURVE",
        };
        // No secrets where logs may show them.
        f.debug_struct("Security").field("mechanism", &mechanism).finish_non_exhaustive()
    }
}
