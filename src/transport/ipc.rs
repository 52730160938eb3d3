//! Local endpoints: what may stand behind `ipc://` (zmq_ipc(7)).
#![forbid(unsafe_code)]

use crate::error::{Error, Result};
use crate::io::sys::SockAddr;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A local name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Name {
    /// A path in the file system.
    Path(PathBuf),
    /// A name in Linux's abstract namespace, written `@name`.
    Abstract(Vec<u8>),
}

impl Name {
    /// The name in an endpoint.
    ///
    /// # Errors
    /// [`Error::Os`] with ENAMETOOLONG when the system has no room for it, [`Error::InvalidArgument`]
    /// when it is not a name.
    pub(crate) fn parse(text: &str) -> Result<Name> {
        let name = match text.strip_prefix('@') {
            Some(name) => Name::Abstract(name.as_bytes().to_vec()),
            None => Name::Path(PathBuf::from(text)),
        };
        if text.contains('\0') || text == "@" || text == "*" {
            return Err(Error::InvalidArgument);
        }
        name.socket_address().map(|_| name)
    }

    /// A path for a listener that leaves the choice to us.
    pub(crate) fn temporary() -> Name {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Name::Path(std::env::temp_dir().join(format!("oxmq-{}-{number}.ipc", std::process::id())))
    }

    /// As the kernel takes it.
    pub(crate) fn socket_address(&self) -> Result<SockAddr> {
        let address = match self {
            Name::Path(path) => SockAddr::unix(path.as_os_str().as_encoded_bytes(), false),
            Name::Abstract(name) => SockAddr::unix(name, true),
        };
        address.ok_or(Error::Os(libc::ENAMETOOLONG))
    }

    /// The path, if it is one, such that it stays the same when the current directory changes.
    pub(crate) fn absolute_path(&self) -> Option<PathBuf> {
        match self {
            Name::Path(path) => Some(std::path::absolute(path).unwrap_or_else(|_| path.clone())),
            Name::Abstract(_) => None,
        }
    }

    /// The path, if it is one.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Name::Path(path) => Some(path),
            Name::Abstract(_) => None,
        }
    }
}

/// From the bytes of a name, and whether it is one of the abstract namespace.
impl From<(Vec<u8>, bool)> for Name {
    fn from((bytes, is_abstract): (Vec<u8>, bool)) -> Name {
        if is_abstract { Name::Abstract(bytes) } else { Name::Path(OsString::from_vec(bytes).into()) }
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Name::Path(path) => write!(f, "{}", path.display()),
            Name::Abstract(name) => write!(f, "@{}", String::from_utf8_lossy(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_paths() {
        assert_eq!(Name::parse("/tmp/x"), Ok(Name::Path("/tmp/x".into())));
        assert_eq!(Name::parse("@x"), Ok(Name::Abstract(b"x".to_vec())));
        assert_eq!(Name::parse(&"x".repeat(107)).map(|name| name.to_string().len()), Ok(107));
        assert_eq!(Name::parse(&"x".repeat(108)), Err(Error::Os(libc::ENAMETOOLONG)));
        assert_eq!(Name::parse("@"), Err(Error::InvalidArgument));
        assert_eq!(Name::parse("a\0b"), Err(Error::InvalidArgument));
        assert_ne!(Name::temporary(), Name::temporary());
    }
}
