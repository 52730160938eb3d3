//! What the documentation promises of sockets: endpoints, queues, patterns, waiting, endings.
#![forbid(unsafe_code)]

#[path = "../common/mod.rs"]
mod common;

mod choices;
mod claimed;
mod contexts;
mod datagrams;
mod direct;
mod durable;
mod endpoints;
mod free;
mod groups;
mod high_water;
mod linger;
mod many;
mod metadata;
mod monitor;
mod multipart;
mod network;
mod numbered;
mod passing;
mod polling;
mod proxies;
mod publishing;
mod reconnecting;
mod requests;
mod routing;
mod socks;
mod stream;
mod swap;
mod termination;
mod threads;
mod timeouts;

use common::{Context, LOOPBACK, TempDir, bind, unique};
use oxmq::SocketHandle;

/// A way for two sockets to meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transport {
    Tcp,
    Ipc,
    Abstract,
    Inproc,
}

const TRANSPORTS: [Transport; 4] = [Transport::Tcp, Transport::Ipc, Transport::Abstract, Transport::Inproc];

/// Two contexts, or one for both where that is needed, and an endpoint that is not bound yet.
struct Place {
    server: Context,
    client: Option<Context>,
    endpoint: String,
    _directory: TempDir,
}

impl Transport {
    /// A place whose endpoint leaves the choice of a port to the system.
    fn place(self) -> Place {
        let mut place = self.fixed_place();
        if self == Transport::Tcp {
            place.endpoint = LOOPBACK.into();
        }
        place
    }

    /// A place whose endpoint can be connected to before it is bound.
    fn fixed_place(self) -> Place {
        let directory = TempDir::new();
        let endpoint = match self {
            Transport::Tcp => common::own_tcp_endpoint(),
            Transport::Ipc => directory.ipc("endpoint"),
            Transport::Abstract => format!("ipc://@{}", unique("oxmq")),
            Transport::Inproc => "inproc://endpoint".into(),
        };
        let client = (self != Transport::Inproc).then(Context::new);
        Place { server: Context::new(), client, endpoint, _directory: directory }
    }
}

impl Place {
    fn client(&self) -> &Context {
        self.client.as_ref().unwrap_or(&self.server)
    }

    /// Binds one socket and connects the other.
    fn join(&self, server: SocketHandle, client: SocketHandle) -> String {
        let endpoint = bind(server, &self.endpoint);
        client.connect(&endpoint).expect("connect");
        endpoint
    }
}

/// Runs a test over each transport.
fn over_each(test: impl Fn(Transport)) {
    for transport in TRANSPORTS {
        println!("{transport:?}");
        test(transport);
    }
}
