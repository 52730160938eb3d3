//! What the tests share: the command as a child process, and the peers that talk through it.
#![forbid(unsafe_code)]
#![allow(dead_code)] // each test file uses its own part

use oxmq::{ContextHandle, Error, Message, Options, SocketHandle, SocketType};
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long anything may take before the test gives up on it.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// A free port on loopback.
pub const ANY_PORT: &str = "tcp://127.0.0.1:*";

/// Runs the command to its end.
pub fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_zmq_deviced")).args(arguments).output().expect("the command starts")
}

/// A running zmq_deviced, killed if a test fails before it has ended.
pub struct Daemon {
    child: Child,
    /// The line that it printed at its start.
    pub announcement: String,
    /// The endpoints of its frontend and backend, resolved, in the order of the command line.
    pub frontend: Vec<String>,
    pub backend: Vec<String>,
}

impl Daemon {
    /// Starts the command and waits for its announcement.
    pub fn start(arguments: &[&str]) -> Daemon {
        let mut child = Command::new(env!("CARGO_BIN_EXE_zmq_deviced"))
            .arg("--verbose")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        let mut announcement = String::new();
        let stdout = child.stdout.take().expect("standard output is piped");
        BufReader::new(stdout).read_line(&mut announcement).expect("standard output is text");
        let Some((front, back)) = announcement.trim_end().split_once("; backend ") else {
            let mut complaint = String::new();
            let _ = child.stderr.take().map(|mut stderr| stderr.read_to_string(&mut complaint));
            let _ = child.wait();
            panic!("{arguments:?} announced '{announcement}' and complained '{complaint}'");
        };
        let front = front.split_once(": frontend ").map_or("", |(_, endpoints)| endpoints);
        let (frontend, backend) = (endpoints(front), endpoints(back));
        Daemon { child, announcement, frontend, backend }
    }

    /// Sends it a signal ("INT", say) by way of the shell.
    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        let status = Command::new("sh").args(["-c", &kill]).status().expect("the shell starts");
        assert!(status.success(), "'{kill}' failed");
    }

    /// Waits until it has ended by itself.
    pub fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.child.try_wait().expect("the child can be waited for") {
                Some(status) => return status,
                None => assert!(Instant::now() < deadline, "zmq_deviced does not end"),
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Stops it by a signal and checks that it ends well.
    pub fn stop(mut self) {
        self.signal("TERM");
        let status = self.wait();
        assert_eq!(status.code(), Some(0), "{status}");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The endpoints in "bound to A, connected to B".
fn endpoints(text: &str) -> Vec<String> {
    text.split(", ")
        .filter_map(|part| part.split_once(" to "))
        .map(|(_, endpoint)| endpoint.to_owned())
        .collect()
}

/// A context whose sockets are the peers of a device; all of it ends with the test.
pub struct Peers {
    context: ContextHandle,
    sockets: Vec<SocketHandle>,
}

impl Peers {
    pub fn new() -> Peers {
        Peers { context: ContextHandle::new_context(1).expect("a context"), sockets: Vec::new() }
    }

    /// A socket that gives up after [`PATIENCE`], on its own endpoint.
    pub fn bound(&mut self, kind: SocketType) -> (SocketHandle, String) {
        let socket = self.socket(kind);
        socket.bind(ANY_PORT).expect("a free port");
        (socket, socket.last_endpoint().expect("the endpoint"))
    }

    /// The same, connected to an endpoint.
    pub fn connected(&mut self, kind: SocketType, endpoint: &str) -> SocketHandle {
        let socket = self.socket(kind);
        socket.connect(endpoint).expect("connecting is always possible");
        socket
    }

    pub fn socket(&mut self, kind: SocketType) -> SocketHandle {
        let options = Options {
            send_timeout: Some(PATIENCE),
            recv_timeout: Some(PATIENCE),
            linger: Some(Duration::ZERO),
            ..Options::default()
        };
        let socket = self.context.socket(kind, options).expect("a socket");
        self.sockets.push(socket);
        socket
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        for socket in self.sockets.drain(..) {
            let _ = socket.close();
        }
        let _ = self.context.terminate();
    }
}

/// Sends a message of these parts.
pub fn send(socket: SocketHandle, parts: &[&[u8]]) {
    for (index, part) in parts.iter().enumerate() {
        let mut message = Message::copy_from(part).expect("memory for a message");
        message.set_more(index + 1 < parts.len());
        socket.send(&mut message, true).expect("a peer takes the message");
    }
}

/// Receives a message, all its parts.
pub fn recv(socket: SocketHandle) -> Vec<Vec<u8>> {
    recv_waiting(socket, true).expect("a message comes")
}

/// Receives a message if one is there.
pub fn try_recv(socket: SocketHandle) -> Option<Vec<Vec<u8>>> {
    match recv_waiting(socket, false) {
        Ok(parts) => Some(parts),
        Err(Error::WouldBlock) => None,
        Err(error) => panic!("receiving failed: {error}"),
    }
}

fn recv_waiting(socket: SocketHandle, wait: bool) -> oxmq::Result<Vec<Vec<u8>>> {
    let mut parts = Vec::new();
    loop {
        let part = socket.recv(wait || !parts.is_empty())?;
        parts.push(part.as_bytes().to_vec());
        if !part.more() {
            return Ok(parts);
        }
    }
}

/// A directory of the test's own, removed with it.
pub struct TempDir(PathBuf);

impl TempDir {
    pub fn new() -> TempDir {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("zmq_deviced-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).expect("a directory for the test");
        TempDir(path)
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The ipc endpoint of this name in the directory.
    pub fn ipc(&self, name: &str) -> String {
        format!("ipc://{}", self.join(name).display())
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
