//! What the integration tests share: contexts that clean up, short forms of the calls, and patience.
#![allow(dead_code, reason = "each test binary uses a part of it")]

pub mod raw;

use oxmq::{ContextHandle, Error, Message, Options, Result, SocketHandle, SocketType};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// How long anything may take on a machine under load before it counts as never.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Where tests bind.
pub const LOOPBACK: &str = "tcp://127.0.0.1:*";

/// A context that closes its sockets and terminates at the end of its test.
pub struct Context {
    pub handle: ContextHandle,
    sockets: Mutex<Vec<SocketHandle>>,
}

impl Context {
    pub fn new() -> Context {
        Context::with_threads(1)
    }

    pub fn with_threads(io_threads: usize) -> Context {
        let handle = ContextHandle::new_context(io_threads).expect("a context");
        Context { handle, sockets: Mutex::new(Vec::new()) }
    }

    pub fn socket(&self, kind: SocketType) -> SocketHandle {
        self.socket_with(kind, |_| ())
    }

    /// A socket whose calls give up after [`PATIENCE`], unless `change` says otherwise.
    pub fn socket_with(&self, kind: SocketType, change: impl FnOnce(&mut Options)) -> SocketHandle {
        let mut options = Options {
            send_timeout: Some(PATIENCE),
            recv_timeout: Some(PATIENCE),
            // Tests that cut connections would otherwise mostly wait.
            reconnect_interval: Some(Duration::from_millis(10)),
            ..Options::default()
        };
        change(&mut options);
        let socket = self.handle.socket(kind, options).expect("a socket");
        self.sockets.lock().unwrap().push(socket);
        socket
    }

    /// A socket bound to an ephemeral port, and its endpoint.
    pub fn bound(&self, kind: SocketType) -> (SocketHandle, String) {
        let socket = self.socket(kind);
        let endpoint = bind(socket, LOOPBACK);
        (socket, endpoint)
    }

    /// A socket that is connected, or will be.
    pub fn connected(&self, kind: SocketType, endpoint: &str) -> SocketHandle {
        let socket = self.socket(kind);
        socket.connect(endpoint).expect("connect");
        socket
    }

    /// Closes what is still open and terminates, lingering as each socket was told.
    pub fn end(self) {
        self.close_all();
        let handle = self.handle;
        within("terminate", move || handle.terminate()).expect("terminate");
        self.has_ended();
    }

    /// Terminates while threads wait on its sockets, which they close.
    pub fn end_while_waited_on(self) {
        let handle = self.handle;
        within("terminate", move || handle.terminate()).expect("terminate");
        self.has_ended();
    }

    /// Forgets a context that the test itself has terminated.
    pub fn has_ended(self) {
        drop(std::mem::take(&mut *self.sockets.lock().unwrap()));
        std::mem::forget(self);
    }

    /// Closes what is still open.
    pub fn close_all(&self) {
        let sockets = match self.sockets.lock() {
            Ok(mut sockets) => std::mem::take(&mut *sockets),
            Err(_) => return,
        };
        for socket in sockets {
            match socket.close() {
                Ok(()) | Err(Error::NotASocket) => (),
                Err(error) => panic!("close: {error}"),
            }
        }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // A test that failed has said why; what it left open must not hide that.
        if std::thread::panicking() {
            return;
        }
        for socket in self.sockets.lock().unwrap().iter() {
            let _ = socket.set_options(|options| {
                options.linger = Some(Duration::ZERO);
                Ok(())
            });
        }
        self.close_all();
        let handle = self.handle;
        within("terminate", move || handle.terminate()).expect("terminate");
    }
}

/// Binds, and gives the endpoint that was bound.
pub fn bind(socket: SocketHandle, endpoint: &str) -> String {
    socket.bind(endpoint).unwrap_or_else(|error| panic!("bind {endpoint}: {error}"));
    socket.last_endpoint().expect("the endpoint just bound")
}

/// The port of a TCP endpoint.
pub fn port(endpoint: &str) -> u16 {
    let digits = endpoint.rsplit(':').next().expect("an endpoint has a port");
    digits.parse().unwrap_or_else(|_| panic!("{endpoint} has no port"))
}

fn message(bytes: &[u8], more: bool) -> Message {
    let mut part = Message::copy_from(bytes).expect("memory");
    part.set_more(more);
    part
}

/// Sends one part.
pub fn send_part(socket: SocketHandle, bytes: &[u8], more: bool, wait: bool) -> Result<()> {
    socket.send(&mut message(bytes, more), wait)
}

/// Sends a message of one part.
pub fn send(socket: SocketHandle, bytes: impl AsRef<[u8]>) {
    send_part(socket, bytes.as_ref(), false, true).expect("send");
}

/// Sends a message of one part, if that can be done now.
pub fn try_send(socket: SocketHandle, bytes: impl AsRef<[u8]>) -> Result<()> {
    send_part(socket, bytes.as_ref(), false, false)
}

/// Sends a message of several parts.
pub fn send_all<P: AsRef<[u8]>>(socket: SocketHandle, parts: &[P]) {
    for (index, part) in parts.iter().enumerate() {
        send_part(socket, part.as_ref(), index + 1 < parts.len(), true).expect("send");
    }
}

/// Receives one part.
pub fn recv(socket: SocketHandle) -> Vec<u8> {
    socket.recv(true).expect("recv").as_bytes().to_vec()
}

/// Receives one part that is text.
pub fn recv_text(socket: SocketHandle) -> String {
    String::from_utf8(recv(socket)).expect("text")
}

/// Receives one part, if there is one now.
pub fn try_recv(socket: SocketHandle) -> Option<Vec<u8>> {
    match socket.recv(false) {
        Ok(part) => Some(part.as_bytes().to_vec()),
        Err(Error::WouldBlock) => None,
        Err(error) => panic!("recv: {error}"),
    }
}

/// Receives all parts of a message.
pub fn recv_all(socket: SocketHandle) -> Vec<Vec<u8>> {
    let mut parts = Vec::new();
    loop {
        let part = socket.recv(true).expect("recv");
        let more = part.more();
        assert_eq!(socket.more(), Ok(more), "what the part says and what the socket says");
        parts.push(part.as_bytes().to_vec());
        if !more {
            return parts;
        }
    }
}

/// Publishes `topic` until the subscriber gets it: the two have then met, and all that was subscribed to
/// before `topic` is known to the publisher. Nothing is left under way.
pub fn meet(publisher: SocketHandle, subscriber: SocketHandle, topic: &str) {
    let last = format!("{topic}: that was the last");
    eventually("the publisher and the subscriber have met", || {
        send(publisher, topic);
        try_recv(subscriber).is_some_and(|got| got == topic.as_bytes())
    });
    send(publisher, &last);
    while recv_text(subscriber) != last {}
}

/// Waits until `condition` holds.
pub fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "in vain waited until {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Runs something that could hang, on a thread of its own.
pub fn within<T: Send + 'static>(what: &str, run: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, result) = channel();
    std::thread::spawn(move || {
        let _ = done.send(run());
    });
    match result.recv_timeout(PATIENCE) {
        Ok(result) => result,
        Err(error) => panic!("{what} did not finish: {error}"),
    }
}

/// A thread that waits for messages in `wait`, once it sleeps on connections, which it then reads by itself.
pub fn asleep_on_connections<T: Send + 'static>(
    wait: impl FnOnce() -> T + Send + 'static,
) -> std::thread::JoinHandle<T> {
    let (told, thread) = channel();
    let handle = std::thread::spawn(move || {
        told.send(std::fs::read_link("/proc/thread-self").expect("this thread")).expect("told");
        wait()
    });
    let place = Path::new("/proc").join(thread.recv().expect("the thread")).join("syscall");
    let asleep = format!("{} ", libc::SYS_ppoll);
    eventually("the thread sleeps on connections", || {
        std::fs::read_to_string(&place).is_ok_and(|call| call.starts_with(&asleep)) || handle.is_finished()
    });
    handle
}

/// A directory that goes with its test.
pub struct TempDir(PathBuf);

impl TempDir {
    pub fn new() -> TempDir {
        let path = std::env::temp_dir().join(unique("oxmq-test"));
        std::fs::create_dir(&path).expect("a temporary directory");
        TempDir(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// An ipc endpoint in the directory.
    pub fn ipc(&self, name: &str) -> String {
        format!("ipc://{}", self.0.join(name).display())
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A name that no other test, and no other run of this one, uses at the same time.
pub fn unique(name: &str) -> String {
    static SERIAL: AtomicUsize = AtomicUsize::new(0);
    format!("{name}-{}-{}", std::process::id(), SERIAL.fetch_add(1, Ordering::Relaxed))
}

/// A TCP endpoint that nothing else on this machine uses, for what has to know it before it is bound: an
/// address of the loopback network of this process's own, and a port that is given to nobody unasked.
pub fn own_tcp_endpoint() -> String {
    static SERIAL: AtomicUsize = AtomicUsize::new(0);
    let process = std::process::id();
    let (a, b, c) = (1 + (process >> 16) % 250, (process >> 8) % 256, 1 + process % 254);
    format!("tcp://127.{a}.{b}.{c}:{}", 10_000 + SERIAL.fetch_add(1, Ordering::Relaxed))
}

/// Runs a test of this binary again, in a process of its own that `shell` has prepared, and checks that it
/// passes. `Some` in that process.
pub fn rerun(test: &str, shell: &str) -> Option<()> {
    const CHILD: &str = "OXMQ_TEST_CHILD";
    if std::env::var_os(CHILD).is_some() {
        return Some(());
    }
    let program = std::env::current_exe().expect("this program");
    let command = format!("{shell} && exec \"$0\" --exact {test} --nocapture");
    let status = Command::new("sh").arg("-c").arg(command).arg(program).env(CHILD, "1").status();
    let status = status.expect("a shell");
    assert!(status.success(), "after {shell}: {status}");
    None
}

/// Numbers without order, the same in every run.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }
}

/// Memory that this process has in use, in bytes.
pub fn resident_bytes() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").expect("the process's memory");
    let resident = pages.split_whitespace().nth(1).expect("the second number");
    resident.parse::<usize>().expect("a number of pages") * 4096
}
