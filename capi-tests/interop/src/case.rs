//! Which two libraries meet, over which transport, and which of them binds.

use crate::peer::Peer;
use crate::program::{Library, Programs};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How the two ends are connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// TCP over IPv4.
    Tcp,
    /// TCP over IPv6.
    Tcp6,
    /// A Unix socket with a path.
    Ipc,
    /// A Unix socket with an abstract name.
    IpcAbstract,
}

/// One meeting of two peers. "Left" and "right" are as the test's name has them: PUSH and PULL, say.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// The left peer's library.
    pub left: Library,
    /// The right peer's library.
    pub right: Library,
    /// Whether the left peer binds; else the right one does.
    pub left_binds: bool,
    /// How they are connected.
    pub transport: Transport,
}

/// An endpoint to bind to, and the file that must be gone in the end.
pub struct Place {
    /// What to bind to.
    pub endpoint: String,
    file: Option<PathBuf>,
}

/// The meetings to test on a transport: each library with each, and each end binding. None where the
/// machine has no such transport.
pub fn pairings(transport: Transport) -> Vec<Case> {
    if transport == Transport::Tcp6 && std::net::TcpListener::bind("[::1]:0").is_err() {
        println!("this machine has no IPv6 loopback: nothing to test");
        return Vec::new();
    }
    use Library::{Ours, OursFour, Theirs};
    let mut meetings = vec![
        (Ours, Ours),
        (Ours, Theirs),
        (Theirs, Ours),
        (OursFour, OursFour),
        (OursFour, Theirs),
        (Theirs, OursFour),
        (OursFour, Ours),
        (Ours, OursFour),
    ];
    if transport == Transport::Tcp {
        // The original with itself shows that the test asks for what is right.
        meetings.insert(0, (Theirs, Theirs));
    }
    both_ways(&meetings, transport)
}

/// The same for libraries that have security: those of the 4.x ABI.
pub fn secure_pairings(transport: Transport) -> Vec<Case> {
    use Library::{OursFour, Theirs};
    both_ways(&[(Theirs, Theirs), (OursFour, OursFour), (OursFour, Theirs), (Theirs, OursFour)], transport)
}

fn both_ways(meetings: &[(Library, Library)], transport: Transport) -> Vec<Case> {
    let both_ways =
        |&(left, right)| [true, false].map(|left_binds| Case { left, right, left_binds, transport });
    meetings.iter().flat_map(both_ways).collect()
}

impl Transport {
    /// A new place to bind to.
    pub fn place(self) -> Place {
        static SERIAL: AtomicUsize = AtomicUsize::new(0);
        let unique =
            || format!("oxmq-interop-{}-{}", std::process::id(), SERIAL.fetch_add(1, Ordering::Relaxed));
        let plain = |endpoint: String| Place { endpoint, file: None };
        match self {
            Transport::Tcp => plain("tcp://127.0.0.1:*".into()),
            Transport::Tcp6 => plain("tcp://[::1]:*".into()),
            Transport::IpcAbstract => plain(format!("ipc://@{}", unique())),
            Transport::Ipc => {
                // Not in the target directory: a Unix socket's path is at most 107 bytes long.
                let file = std::env::temp_dir().join(unique());
                Place { endpoint: format!("ipc://{}", file.display()), file: Some(file) }
            }
        }
    }
}

impl Place {
    /// Checks that nothing is left of it, once whoever bound it has ended.
    ///
    /// # Panics
    /// When its file is still there.
    pub fn assert_gone(&self) {
        if let Some(file) = &self.file {
            assert!(!file.exists(), "{} was left behind", file.display());
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(file) = &self.file {
            let _ = std::fs::remove_file(file);
        }
    }
}

impl Case {
    /// Runs `script` on two connected peers: socket 0 of each has the kind given, and had the commands
    /// done on it before it was bound or connected.
    ///
    /// # Panics
    /// When anything is not as it should be; the case is printed first.
    pub fn run(
        self,
        programs: &Programs,
        left: (&str, &[String]),
        right: (&str, &[String]),
        script: impl Fn(&mut Peer, &mut Peer),
    ) {
        println!("{self:?}");
        let mut left_peer = Peer::start(programs, self.left, left.0);
        let mut right_peer = Peer::start(programs, self.right, right.0);
        left_peer.open(left.0, left.1);
        right_peer.open(right.0, right.1);
        let place = self.transport.place();
        let (binder, connecter) = if self.left_binds {
            (&mut left_peer, &mut right_peer)
        } else {
            (&mut right_peer, &mut left_peer)
        };
        let endpoint = binder.run(&format!("bind 0 {}", place.endpoint));
        connecter.run(&format!("connect 0 {endpoint}"));
        script(&mut left_peer, &mut right_peer);
        left_peer.quit();
        right_peer.quit();
        let binder = if self.left_binds { self.left } else { self.right };
        // The original leaves its file behind.
        if binder.is_ours() {
            place.assert_gone();
        }
    }
}
