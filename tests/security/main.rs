//! Security: PLAIN, CURVE and ZAP over real connections, between two of ours and against peers made by hand.
#![forbid(unsafe_code)]

#[path = "../common/mod.rs"]
mod common;

mod claimed;
mod handler;
mod tampering;
mod zap;

use common::{Context, PATIENCE};
use oxmq::socket::options::{CURVE_KEY_BYTES, Mechanism, Options, Security};
use oxmq::{SocketHandle, SocketType};

/// A public key and its secret one.
pub type Keys = ([u8; CURVE_KEY_BYTES], [u8; CURVE_KEY_BYTES]);

/// What secures a socket.
#[derive(Clone)]
pub enum Side {
    /// With a domain, or an empty one.
    Null(&'static str),
    /// Asks for a name.
    PlainServer,
    /// Gives the name "user", and a password.
    PlainClient(&'static str),
    /// Has these keys.
    CurveServer(Keys),
    /// Has these keys, and knows the server by the other.
    CurveClient(Keys, [u8; CURVE_KEY_BYTES]),
}

impl Side {
    /// The same as options.
    pub fn security(&self) -> Security {
        let empty = [0; CURVE_KEY_BYTES];
        let mechanism = match self {
            Side::Null(_) => Mechanism::Null,
            Side::PlainServer => Mechanism::Plain { as_server: true, username: vec![], password: vec![] },
            Side::PlainClient(password) => {
                let (username, password) = (b"user".to_vec(), password.as_bytes().to_vec());
                Mechanism::Plain { as_server: false, username, password }
            }
            Side::CurveServer((_, secret_key)) => Mechanism::Curve {
                as_server: true,
                public_key: empty,
                secret_key: *secret_key,
                server_key: empty,
            },
            Side::CurveClient((public_key, secret_key), server_key) => Mechanism::Curve {
                as_server: false,
                public_key: *public_key,
                secret_key: *secret_key,
                server_key: *server_key,
            },
        };
        let zap_domain = match self {
            Side::Null(domain) => domain.as_bytes().to_vec(),
            _ => Vec::new(),
        };
        Security { mechanism, zap_domain, ..Security::default() }
    }

    /// A socket that is secured so.
    pub fn socket(&self, context: &Context, kind: SocketType) -> SocketHandle {
        self.socket_with(context, kind, |_| ())
    }

    /// As [`Side::socket`], with other options changed.
    pub fn socket_with(
        &self,
        context: &Context,
        kind: SocketType,
        change: impl FnOnce(&mut Options),
    ) -> SocketHandle {
        context.socket_with(kind, |options| {
            options.security = self.security().into();
            options.handshake_timeout = Some(PATIENCE);
            change(options);
        })
    }
}

/// New keys.
pub fn keys() -> Keys {
    oxmq::curve::keypair().expect("random numbers")
}

/// A server and a client of each mechanism that proves something, whose client ZAP handlers know by the last frame
/// of their requests.
pub fn pairs() -> Vec<(Side, Side, Vec<u8>)> {
    let (server, client) = (keys(), keys());
    vec![
        (Side::PlainServer, Side::PlainClient("secret"), b"secret".to_vec()),
        (Side::CurveServer(server), Side::CurveClient(client, server.0), client.0.to_vec()),
        (Side::Null("global"), Side::Null(""), b"NULL".to_vec()),
    ]
}
