//! Why the device could not start or go on, told to people: what failed, on which endpoint, why, what to do.
#![forbid(unsafe_code)]

use crate::args::{Attachment, Manner, Side};
use oxmq::Error;
use std::fmt;

/// Something that could not be done.
#[derive(Debug)]
pub struct Failure {
    what: String,
    why: Error,
    advice: Option<&'static str>,
}

impl Failure {
    /// The engine refused something; `what` completes "cannot".
    pub fn new(what: impl Into<String>, why: Error) -> Failure {
        let advice = match why {
            Error::TooManyOpen => Some(RAISE_LIMIT),
            _ => None,
        };
        Failure { what: what.into(), why, advice }
    }

    /// The operating system refused something.
    pub fn system(what: &str, why: std::io::Error) -> Failure {
        Failure::new(what, Error::Os(why.raw_os_error().unwrap_or(libc::EIO)))
    }

    /// The endpoint could not be bound or connected to.
    pub fn of_endpoint(side: Side, attachment: &Attachment, why: Error) -> Failure {
        let manner = match attachment.manner {
            Manner::Bind => "bind",
            Manner::Connect => "connect",
        };
        Failure {
            what: format!("{manner} the {side} to {}", attachment.endpoint),
            why,
            advice: advice(attachment, why),
        }
    }

    /// Whether this is the reason.
    pub fn is(&self, why: Error) -> bool {
        self.why == why
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {}: {}", self.what, self.why)?;
        match self.advice {
            Some(advice) => write!(f, "; {advice}"),
            None => Ok(()),
        }
    }
}

const RAISE_LIMIT: &str = "raise the limit on open files (see 'ulimit -n')";

/// What to do about an endpoint that was refused, where there is something to say.
fn advice(attachment: &Attachment, why: Error) -> Option<&'static str> {
    let ipc = attachment.endpoint.starts_with("ipc://");
    let bind = attachment.manner == Manner::Bind;
    match why {
        Error::AddressInUse if ipc => Some("stop the program that serves there, or choose another path"),
        Error::AddressInUse => {
            Some("stop the program that has this port, or choose another port ('*' finds a free one)")
        }
        Error::AddressNotAvailable if bind => Some(
            "bind to an address of this machine or to '*', or write connect: before an endpoint elsewhere",
        ),
        Error::NoSuchDevice => Some("use an interface or address of this machine, or '*' for all of them"),
        Error::InvalidArgument if ipc => Some("write ipc://PATH, with a path of about 100 bytes at most"),
        Error::InvalidArgument => Some(
            "write tcp://ADDRESS:PORT, where ADDRESS is an IP address or a name that this machine can resolve",
        ),
        Error::UnknownTransport => Some("use tcp:// or ipc://"),
        Error::TooManyOpen => Some(RAISE_LIMIT),
        Error::Os(libc::EACCES | libc::EPERM) if ipc => {
            Some("choose a directory that this user may write to")
        }
        Error::Os(libc::EACCES | libc::EPERM) => {
            Some("choose a port from 1024 up, or run as a user who may take this one")
        }
        Error::Os(libc::ENOENT | libc::ENOTDIR) if ipc => Some("create the directory first"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attachment(manner: Manner, endpoint: &str) -> Attachment {
        Attachment { manner, endpoint: endpoint.into() }
    }

    #[test]
    fn a_failure_names_endpoint_reason_and_remedy() {
        let failure = Failure::of_endpoint(
            Side::Frontend,
            &attachment(Manner::Bind, "tcp://*:5559"),
            Error::AddressInUse,
        );
        let text = failure.to_string();
        assert!(
            text.starts_with("cannot bind the frontend to tcp://*:5559: the endpoint is in use; "),
            "{text}"
        );
        assert!(text.contains("another port"), "{text}");
        assert!(failure.is(Error::AddressInUse) && !failure.is(Error::Terminated));
    }

    #[test]
    fn the_remedy_fits_the_transport() {
        let why = Error::Os(libc::EACCES);
        let ipc = Failure::of_endpoint(Side::Backend, &attachment(Manner::Bind, "ipc:///x"), why).to_string();
        let tcp =
            Failure::of_endpoint(Side::Backend, &attachment(Manner::Bind, "tcp://*:80"), why).to_string();
        assert!(ipc.contains("directory") && tcp.contains("port from 1024"), "{ipc} / {tcp}");
    }
}
