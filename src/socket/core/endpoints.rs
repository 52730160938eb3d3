//! What a socket is bound and connected to, and how that is made and undone.
#![forbid(unsafe_code)]

use super::Core;
use crate::error::{Error, Result};
use crate::few;
use crate::io::datagrams::Datagrams;
use crate::io::dial;
use crate::io::listener::{self, Stopper};
use crate::io::owner::Home;
use crate::io::session::Session;
use crate::pattern::{PipeId, Told};
use crate::pipe::Pipe;
use crate::socket::kind::SocketType;
use crate::socket::monitor::{Endpoints, MonitorEvent};
use crate::transport::{Endpoint, Target, inproc::Party, ipc, tcp};
use std::sync::Arc;

/// What an endpoint of a socket stands for.
pub(super) enum Attachment {
    Listener(Stopper),
    Name(String),
    Pipe(PipeId),
}

/// What was bound or connected.
pub(super) struct Bond {
    /// The endpoint's full name.
    pub(super) name: String,
    /// What the application called it, when that is not the same.
    alias: Option<String>,
    pub(super) attachment: Attachment,
}

impl Core {
    /// Whether sockets of this type can meet over a transport.
    fn check_transport(&self, endpoint: &Endpoint<'_>, binds: bool) -> Result<()> {
        let fits = match (self.kind, endpoint) {
            (SocketType::Dish | SocketType::Dgram, Endpoint::Udp(_)) => binds,
            (SocketType::Radio, Endpoint::Udp(_)) => !binds,
            (_, Endpoint::Udp(_)) | (SocketType::Dgram, _) => false,
            (SocketType::Stream, Endpoint::Inproc(_)) => false,
            _ => true,
        };
        if fits { Ok(()) } else { Err(Error::IncompatibleTransport) }
    }

    /// Binds to an endpoint.
    pub(crate) fn bind(&mut self, text: &str) -> Result<()> {
        self.catch_up()?;
        let endpoint = Endpoint::parse(text)?;
        self.check_transport(&endpoint, true)?;
        let (name, attachment) = match endpoint {
            Endpoint::Tcp(address) => {
                let listener = listener::listen_tcp(address, &self.owner, &self.options);
                self.listening(text, listener)?
            }
            Endpoint::Ipc(address) => {
                let listener = listener::listen_ipc(address, &self.owner, &self.options);
                self.listening(text, listener)?
            }
            Endpoint::Udp(address) => {
                let (pipe, source, name) = Datagrams::bound(address, &self.owner, &self.options)?;
                let id = self.attach(pipe, Told::All, None).ok_or(Error::TooManyOpen)?;
                source.launch();
                (name, Attachment::Pipe(id))
            }
            Endpoint::Inproc(name) => {
                let party = Party::new(&self.owner, &self.options);
                for mut pipe in self.context.inproc.bind(name, party)? {
                    pipe.set_epitaph(self.epitaph());
                    self.attach(pipe, Told::Nothing, None);
                }
                (text.to_owned(), Attachment::Name(name.to_owned()))
            }
        };
        self.reap();
        self.last_endpoint.clone_from(&name);
        let alias = (name != text).then(|| text.to_owned());
        few::push(&mut self.endpoints, Bond { name, alias, attachment });
        Ok(())
    }

    /// A listener's endpoint and attachment. If there is none, the monitor is told why.
    fn listening(&mut self, text: &str, listener: Result<(Stopper, String)>) -> Result<(String, Attachment)> {
        let (stopper, name) = listener.inspect_err(|error| {
            let failed = MonitorEvent::BindFailed(dial::refusal_code(*error));
            self.owner.monitor.tell(failed, || Endpoints::listening(text));
        })?;
        self.forget_fd();
        Ok((name, Attachment::Listener(stopper)))
    }

    /// The descriptor that the application gave, if it did, is in use.
    fn forget_fd(&mut self) {
        if self.options.use_fd != -1 {
            Arc::make_mut(&mut self.options).use_fd = -1;
        }
    }

    /// Connects to an endpoint.
    pub(crate) fn connect(&mut self, text: &str) -> Result<()> {
        self.catch_up()?;
        if !matches!(Endpoint::parse(text)?, Endpoint::Inproc(_)) && self.is_repeat(text) {
            return Ok(());
        }
        self.connect_pipe(text).map(drop)
    }

    /// Connects to an endpoint; gives the pipe to it.
    pub(super) fn connect_pipe(&mut self, text: &str) -> Result<PipeId> {
        let endpoint = Endpoint::parse(text)?;
        self.check_transport(&endpoint, false)?;
        let (pipe, told, session) = match endpoint {
            Endpoint::Tcp(address) => self.session(Target::Tcp(tcp::path(address)?))?,
            Endpoint::Ipc(address) => self.session(Target::Ipc(ipc::Name::parse(address)?))?,
            Endpoint::Inproc(name) => {
                let party = Party::new(&self.owner, &self.options);
                (self.context.inproc.connect(name, &party)?, Told::Nothing, None)
            }
            Endpoint::Udp(address) => return self.connect_datagrams(address, text),
        };
        let name = &self.options.routing.connect_routing_id;
        if !name.is_empty() {
            self.role.ask().0.name_next(name)?;
            Arc::make_mut(&mut self.options).routing.connect_routing_id.clear();
        }
        let line = session.as_ref().map(|session| session.line().clone());
        let id = self.attach(pipe, told, line).ok_or(Error::TooManyOpen)?;
        if let Some(session) = session {
            self.forget_fd();
            session.launch();
        }
        self.note_connected(text, id);
        Ok(id)
    }

    /// The endpoint has its pipe.
    fn note_connected(&mut self, text: &str, id: PipeId) {
        self.last_endpoint = text.to_owned();
        let attachment = Attachment::Pipe(id);
        few::push(&mut self.endpoints, Bond { name: text.to_owned(), alias: None, attachment });
        self.reap();
    }

    /// Has the messages of a RADIO sent as datagrams, those of all groups.
    fn connect_datagrams(&mut self, address: &str, text: &str) -> Result<PipeId> {
        let (pipe, source) = Datagrams::connected(address, &self.owner, &self.options)?;
        let id = self.attach(pipe, Told::All, None).ok_or(Error::TooManyOpen)?;
        self.role.ask().0.feed_all(id);
        source.launch();
        self.note_connected(text, id);
        Ok(id)
    }

    /// Whether the socket is connected to the endpoint, and is of a type for which once is enough.
    fn is_repeat(&self, text: &str) -> bool {
        use SocketType::{Dealer, Pub, Req, Sub};
        self.options.endpoints.ignores_repeats
            && matches!(self.kind, Dealer | Pub | Req | Sub)
            && self
                .endpoints
                .iter()
                .any(|bond| bond.name == text && matches!(bond.attachment, Attachment::Pipe(_)))
    }

    /// A session that connects to the target, and the socket's end of its pipe.
    fn session(&self, target: Target) -> Result<(Pipe, Told, Option<Session>)> {
        let thread = self.owner.runtime.choose(self.options.affinity).ok_or(Error::NoIoThread)?;
        let home = Home::new(thread);
        let (session, pipe) = Session::connecting(target, &self.owner, &self.options, home)?;
        Ok((pipe, Told::All, Some(session)))
    }

    /// Undoes a bind. Connections that came by it end when what was sent is delivered, as the linger option says.
    pub(crate) fn unbind(&mut self, text: &str) -> Result<()> {
        self.undo(text, |attachment| !matches!(attachment, Attachment::Pipe(_)))
    }

    /// Undoes a connect. What was sent is still delivered, as the linger option says.
    pub(crate) fn disconnect(&mut self, text: &str) -> Result<()> {
        self.undo(text, |attachment| matches!(attachment, Attachment::Pipe(_)))
    }

    /// Undoes all that goes by this name: what is `meant`, or else, for the two calls have always been taken for one
    /// another, what is not. A name of the application's own, in which the system chose something, stands for the
    /// first of its kind.
    fn undo(&mut self, text: &str, meant: impl Fn(&Attachment) -> bool) -> Result<()> {
        self.catch_up()?;
        Endpoint::parse(text)?;
        let named = |bond: &Bond| bond.name == text;
        let found = |bond: &Bond| named(bond) && meant(&bond.attachment);
        if self.endpoints.iter().any(found) {
            self.undo_where(found);
        } else if self.endpoints.iter().any(named) {
            self.undo_where(named);
        } else {
            let is_alias = |bond: &Bond| bond.alias.as_deref() == Some(text);
            let at = self.endpoints.iter().position(is_alias).ok_or(Error::NoSuchEndpoint)?;
            let bond = self.endpoints.remove(at);
            self.end_bond(bond);
        }
        self.reap();
        Ok(())
    }

    fn undo_where(&mut self, gone: impl Fn(&Bond) -> bool) {
        for bond in self.endpoints.extract_if(.., |bond| gone(bond)).collect::<Vec<_>>() {
            self.end_bond(bond);
        }
    }

    fn end_bond(&mut self, bond: Bond) {
        if let Attachment::Listener(stopper) = &bond.attachment {
            stopper.dismiss();
        }
        self.detach_endpoint(&bond.name, bond.attachment);
    }

    pub(super) fn detach_endpoint(&mut self, endpoint: &str, attachment: Attachment) {
        match attachment {
            Attachment::Listener(stopper) => {
                if let Some(event) = stopper.stop() {
                    self.owner.monitor.tell(event, || Endpoints::listening(endpoint));
                }
            }
            Attachment::Name(name) => self.context.inproc.unbind(&name),
            Attachment::Pipe(id) => self.remove_pipe(id),
        }
    }
}
