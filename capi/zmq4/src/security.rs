//! Security options: which mechanism a socket uses follows from what was set of it last.

use crate::abi::{ZMQ_CURVE, ZMQ_NULL, ZMQ_PLAIN};
use crate::option_values::{NAME_BYTES_MAX, Value, within};
use crate::z85;
use oxmq::socket::options::{CURVE_KEY_BYTES, Mechanism};
use oxmq::{Error, Options, Result};
use std::ffi::c_int;

/// The length of a key as text, without its NUL.
const KEY_CHARACTERS: usize = 40;

/// The mechanism's number.
pub(crate) fn mechanism(options: &Options) -> c_int {
    match options.security.mechanism {
        Mechanism::Null => ZMQ_NULL,
        Mechanism::Plain { .. } => ZMQ_PLAIN,
        Mechanism::Curve { .. } => ZMQ_CURVE,
    }
}

/// Whether the socket was made a server, of whichever mechanism.
fn is_server(options: &Options) -> bool {
    match options.security.mechanism {
        Mechanism::Null => false,
        Mechanism::Plain { as_server, .. } | Mechanism::Curve { as_server, .. } => as_server,
    }
}

/// Has the socket use PLAIN, if it did not, and changes whether it is the server, the name and the password.
fn change_plain(options: &mut Options, change: impl FnOnce(&mut bool, &mut Vec<u8>, &mut Vec<u8>)) {
    if mechanism(options) != ZMQ_PLAIN {
        options.security.mechanism =
            Mechanism::Plain { as_server: is_server(options), username: Vec::new(), password: Vec::new() };
    }
    if let Mechanism::Plain { as_server, username, password } = &mut options.security.mechanism {
        change(as_server, username, password);
    }
}

pub(crate) fn is_plain_server(options: &Options) -> bool {
    mechanism(options) == ZMQ_PLAIN && is_server(options)
}

pub(crate) fn set_plain_server(options: &mut Options, as_server: bool) {
    if as_server {
        change_plain(options, |as_server, _, _| *as_server = true);
    } else {
        options.security.mechanism = Mechanism::Null;
    }
}

pub(crate) fn plain_username(options: &Options) -> &[u8] {
    match &options.security.mechanism {
        Mechanism::Plain { username, .. } => username,
        _ => &[],
    }
}

/// Sets the name; with NULL, the socket uses no mechanism any more.
pub(crate) fn set_plain_username(options: &mut Options, value: Option<&[u8]>) -> Result<()> {
    match value {
        None => options.security.mechanism = Mechanism::Null,
        Some(_) => {
            let given = within(value, 1, NAME_BYTES_MAX)?.to_vec();
            change_plain(options, |_, username, _| *username = given);
        }
    }
    Ok(())
}

pub(crate) fn plain_password(options: &Options) -> &[u8] {
    match &options.security.mechanism {
        Mechanism::Plain { password, .. } => password,
        _ => &[],
    }
}

/// Sets the password; with NULL, the socket uses no mechanism any more.
pub(crate) fn set_plain_password(options: &mut Options, value: Option<&[u8]>) -> Result<()> {
    match value {
        None => options.security.mechanism = Mechanism::Null,
        Some(_) => {
            let given = within(value, 1, NAME_BYTES_MAX)?.to_vec();
            change_plain(options, |_, _, password| *password = given);
        }
    }
    Ok(())
}

pub(crate) fn is_curve_server(options: &Options) -> bool {
    mechanism(options) == ZMQ_CURVE && is_server(options)
}

pub(crate) fn set_curve_server(options: &mut Options, server: bool) {
    if server {
        change_curve(options, |as_server, _| *as_server = true);
    } else {
        options.security.mechanism = Mechanism::Null;
    }
}

/// Has the socket use CURVE, if it did not, and changes whether it is the server, and its keys: public, secret, the
/// server's.
fn change_curve(options: &mut Options, change: impl FnOnce(&mut bool, [&mut [u8; CURVE_KEY_BYTES]; 3])) {
    if mechanism(options) != ZMQ_CURVE {
        let none = [0; CURVE_KEY_BYTES];
        options.security.mechanism = Mechanism::Curve {
            as_server: is_server(options),
            public_key: none,
            secret_key: none,
            server_key: none,
        };
    }
    if let Mechanism::Curve { as_server, public_key, secret_key, server_key } =
        &mut options.security.mechanism
    {
        change(as_server, [public_key, secret_key, server_key]);
    }
}

/// One of the keys of CURVE.
#[derive(Clone, Copy)]
pub(crate) enum CurveKey {
    Public,
    Secret,
    Server,
}

impl CurveKey {
    /// The key: its bytes for room of 32, text for room of 41.
    pub(crate) fn get(self, options: &Options, room: usize) -> Result<Value> {
        let key = match &options.security.mechanism {
            Mechanism::Curve { public_key, secret_key, server_key, .. } => match self {
                CurveKey::Public => public_key,
                CurveKey::Secret => secret_key,
                CurveKey::Server => server_key,
            },
            _ => &[0; CURVE_KEY_BYTES],
        };
        match room {
            CURVE_KEY_BYTES => Ok(Value::Bytes(key.to_vec())),
            room if room == KEY_CHARACTERS + 1 => {
                let text = z85::encode(key).ok_or(Error::InvalidArgument)?;
                Ok(Value::text(text.as_bytes()))
            }
            _ => Err(Error::InvalidArgument),
        }
    }

    /// Sets the key, given as bytes or as text.
    pub(crate) fn set(self, options: &mut Options, value: &[u8]) -> Result<()> {
        let given = match value.len() {
            CURVE_KEY_BYTES => <[u8; CURVE_KEY_BYTES]>::try_from(value).ok(),
            _ => from_text(value),
        };
        let given = given.ok_or(Error::InvalidArgument)?;
        change_curve(options, |as_server, [public_key, secret_key, server_key]| match self {
            CurveKey::Public => *public_key = given,
            CurveKey::Secret => *secret_key = given,
            CurveKey::Server => {
                *server_key = given;
                // Who knows a server's key is a client.
                *as_server = false;
            }
        });
        Ok(())
    }
}

/// A key of 40 characters, with or without a NUL after them.
fn from_text(value: &[u8]) -> Option<[u8; CURVE_KEY_BYTES]> {
    let text = value.strip_suffix(b"\0").unwrap_or(value);
    if text.len() != KEY_CHARACTERS {
        return None;
    }
    z85::decode(text)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mechanism_follows_what_was_set_last() {
        let mut options = Options::for_4x();
        set_plain_username(&mut options, Some(b"name")).unwrap();
        assert_eq!((mechanism(&options), is_plain_server(&options)), (ZMQ_PLAIN, false));
        set_plain_server(&mut options, true);
        assert_eq!((plain_username(&options), is_plain_server(&options)), (&b"name"[..], true));
        CurveKey::Secret.set(&mut options, &[7; 32]).unwrap();
        assert_eq!((mechanism(&options), is_curve_server(&options)), (ZMQ_CURVE, true));
        assert_eq!(plain_username(&options), b"");
        set_plain_password(&mut options, None).unwrap();
        assert_eq!(mechanism(&options), ZMQ_NULL);
    }

    #[test]
    fn a_key_may_be_bytes_or_text() {
        let text = b"JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6";
        let mut options = Options::for_4x();
        CurveKey::Public.set(&mut options, text).unwrap();
        let bytes = CurveKey::Public.get(&options, 32).unwrap();
        CurveKey::Server.set(&mut options, bytes.bytes()).unwrap();
        let back = CurveKey::Server.get(&options, 41).unwrap();
        assert_eq!(back.bytes(), [&text[..], b"\0"].concat());
        assert!(CurveKey::Public.get(&options, 40).is_err());
        for wrong in [&text[1..], b"JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{L\"6", b"", &[b'x'; 41]] {
            assert!(CurveKey::Public.set(&mut options, wrong).is_err());
        }
    }
}
