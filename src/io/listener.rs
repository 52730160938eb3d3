//! A listener: accepts connections and gives each a session.
#![forbid(unsafe_code)]

use super::fd::Fd;
use super::owner::{Alive, Guests, Home, Owner};
use super::session::Session;
use super::{Cause, Next, Scratch, Source, admission, dial, report, sys};
use crate::error::{Error, Result};
use crate::socket::monitor::{Endpoints, MonitorEvent};
use crate::socket::options::Options;
use crate::trace;
use crate::transport::{ipc, tcp};
use parking_lot::Mutex;
use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Connections accepted before other sources have their turn.
const ACCEPTS_A_TURN: usize = 64;
/// How long to pause when the system has no descriptor or memory for another connection.
const PAUSE: Duration = Duration::from_millis(100);

/// The part of a listener that its socket holds, to end it: the endpoint is free again at once.
#[derive(Clone)]
pub(crate) struct Stopper {
    fd: Arc<Mutex<Option<Fd>>>,
    /// The path to remove, with the device and inode by which it is known to be ours still.
    path: Option<(PathBuf, u64, u64)>,
    home: Home,
    guests: Arc<Guests>,
}

/// See the module's documentation.
pub(crate) struct Listener {
    fd: Arc<Mutex<Option<Fd>>>,
    raw_fd: RawFd,
    /// The endpoint that it is bound to.
    name: String,
    is_tcp: bool,
    owner: Arc<Owner>,
    options: Arc<Options>,
    guests: Arc<Guests>,
    /// The listener keeps its context alive.
    _alive: Alive,
}

impl Stopper {
    /// Ends the listener. Gives what a monitor is to be told of it.
    pub(crate) fn stop(&self) -> Option<MonitorEvent> {
        let fd = self.fd.lock().take().map(|fd| fd.as_raw_fd());
        let removed = match (&self.path, fd) {
            (Some((path, device, inode)), Some(_)) => match std::fs::symlink_metadata(path) {
                Ok(found) if (found.dev(), found.ino()) == (*device, *inode) => std::fs::remove_file(path),
                // It is not ours any more.
                _ => Ok(()),
            },
            _ => Ok(()),
        };
        self.home.drive(Cause::Stop);
        let fd = fd?;
        Some(match removed {
            Ok(()) => MonitorEvent::Closed(fd),
            Err(error) => MonitorEvent::CloseFailed(error.raw_os_error().unwrap_or(libc::EIO)),
        })
    }

    /// Ends the connections that the listener has accepted, in order.
    pub(crate) fn dismiss(&self) {
        self.guests.dismiss();
    }
}

/// There is a thread for a listener: asked before anything is opened that would be left behind.
fn check_thread(owner: &Owner, options: &Options) -> Result<()> {
    owner.runtime.choose(options.affinity).map(drop).ok_or(Error::NoIoThread)
}

/// Listens on a TCP address. Gives the part that stops it, its key and thread, and the endpoint with the
/// port that was chosen.
///
/// # Errors
/// As [`tcp::local`] and [`dial::listen_tcp`].
pub(crate) fn listen_tcp(
    address: &str,
    owner: &Arc<Owner>,
    options: &Arc<Options>,
) -> Result<(Stopper, String)> {
    let address = tcp::local(address, options)?;
    check_thread(owner, options)?;
    let fd = match dial::given_listener(false, options)? {
        Some(fd) => fd,
        None => dial::listen_tcp(&address, options)?,
    };
    let bound = sys::local_address(fd.as_fd()).map_err(dial::refusal)?.to_inet().unwrap_or(address);
    let name = format!("tcp://{bound}");
    Ok((start(fd, &name, None, owner, options)?, name))
}

/// Listens on a local name (`*`: one of our choice). As [`listen_tcp`].
///
/// # Errors
/// As [`ipc::Name::parse`] and [`dial::listen_ipc`].
pub(crate) fn listen_ipc(
    name: &str,
    owner: &Arc<Owner>,
    options: &Arc<Options>,
) -> Result<(Stopper, String)> {
    let name = if name == "*" { ipc::Name::temporary() } else { ipc::Name::parse(name)? };
    check_thread(owner, options)?;
    if let Some(fd) = dial::given_listener(true, options)? {
        let bound = sys::local_address(fd.as_fd()).map_err(dial::refusal)?.to_unix();
        let name = bound.map_or(name, ipc::Name::from);
        // The path is the application's.
        let name = format!("ipc://{name}");
        return Ok((start(fd, &name, None, owner, options)?, name));
    }
    let fd = dial::listen_ipc(&name, options)?;
    let path = name.absolute_path().and_then(|path| {
        let found = std::fs::symlink_metadata(&path).ok()?;
        Some((path, found.dev(), found.ino()))
    });
    let name = format!("ipc://{name}");
    Ok((start(fd, &name, path, owner, options)?, name))
}

fn start(
    fd: Fd,
    name: &str,
    path: Option<(PathBuf, u64, u64)>,
    owner: &Arc<Owner>,
    options: &Arc<Options>,
) -> Result<Stopper> {
    let thread = owner.runtime.choose(options.affinity).ok_or(Error::NoIoThread)?;
    let raw_fd = fd.as_raw_fd();
    let fd = Arc::new(Mutex::new(Some(fd)));
    let guests = Arc::new(Guests::new());
    let listener = Listener {
        fd: fd.clone(),
        raw_fd,
        name: name.to_owned(),
        is_tcp: name.starts_with("tcp:"),
        owner: owner.clone(),
        options: options.clone(),
        guests: guests.clone(),
        _alive: owner.runtime.alive(),
    };
    let home = Home::new(thread);
    owner.monitor.tell(MonitorEvent::Listening(raw_fd), || Endpoints::listening(name));
    thread.adopt(home.key, Arc::new(Mutex::new(listener)));
    Ok(Stopper { fd, path, home, guests })
}

impl Listener {
    /// Accepts one connection. `Ok(false)`: there is none now.
    fn accept(&self) -> io::Result<bool> {
        let fd = match &*self.fd.lock() {
            Some(fd) => match sys::accept(fd.as_fd()) {
                Ok(fd) => fd,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            },
            None => return Ok(false),
        };
        let admitted = if self.is_tcp {
            dial::tune_tcp(fd.as_fd(), &self.options);
            admission::tcp(&fd, &self.options)
        } else {
            dial::tune_buffers(fd.as_fd(), &self.options);
            admission::ipc(&fd, &self.options)
        };
        if !admitted {
            trace::say(format_args!("{}: a peer was refused by the filters", self.owner.kind.wire_name()));
            return Ok(true);
        }
        if let Some(thread) = self.owner.runtime.choose(self.options.affinity) {
            let home = Home::new(thread);
            if self.owner.greeting_begins(&home) && self.guests.enter(&home) {
                let accepted = MonitorEvent::Accepted(fd.as_raw_fd());
                self.owner.monitor.tell(accepted, || report::endpoints(Some(fd.as_fd()), None));
                Session::accepted(fd, &self.owner, &self.options, self.guests.clone(), home).launch();
            }
        }
        Ok(true)
    }
}

impl Source for Listener {
    fn drive(&mut self, cause: Cause, _scratch: &mut Scratch, now: Instant) -> Next {
        if matches!(cause, Cause::Stop) || self.fd.lock().is_none() {
            return Next { done: true, ..Next::default() };
        }
        for _ in 0..ACCEPTS_A_TURN {
            let error = match self.accept() {
                Ok(true) => continue,
                Ok(false) => return Next::default(),
                Err(error) => error,
            };
            let failed = MonitorEvent::AcceptFailed(error.raw_os_error().unwrap_or(libc::EIO));
            self.owner.monitor.tell(failed, || Endpoints::listening(&self.name));
            // The peer gave up before we came to it; or there are no descriptors, no buffers, no memory, or accept
            // passes a network error on: then the connection waits in the backlog, and so do we.
            if error.kind() != io::ErrorKind::ConnectionAborted {
                let kind = self.owner.kind.wire_name();
                trace::say(format_args!("{kind}: cannot accept a connection now, trying again: {error}"));
                return Next { deadline: Some(now + PAUSE), ..Next::default() };
            }
        }
        Next { again: true, ..Next::default() }
    }

    fn watch(&self, watch: &mut dyn FnMut(RawFd, u64, bool)) {
        // Held meanwhile, the lock keeps the stopper from closing the descriptor: its number would be
        // another one's.
        let fd = self.fd.lock();
        if fd.is_some() {
            watch(self.raw_fd, 0, false);
        }
    }
}
