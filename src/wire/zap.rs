//! ZAP (RFC 27): what a handler of authentication requests is asked, and what its answers mean.
#![forbid(unsafe_code)]

use super::metadata::{self, Properties};
use super::{Local, WireError};

/// Where a handler is bound.
pub(crate) const ENDPOINT: &str = "zeromq.zap.01";

const VERSION: &[u8] = b"1.0";
/// Each request goes its own way, so that all of them have the same.
const REQUEST_ID: &[u8] = b"1";
/// The property in which the user's name is found.
const USER_ID: &str = "User-Id";

/// What the handler answers.
#[derive(Debug)]
pub(crate) enum Answer {
    /// Nobody is bound to [`ENDPOINT`].
    Nobody,
    /// The handler is gone and has not answered.
    Gone,
    /// The frames of its reply.
    Reply(Vec<Vec<u8>>),
}

/// The frames of a request.
pub(super) fn request(
    domain: &[u8],
    address: &str,
    local: &Local,
    mechanism: &str,
    credentials: Vec<Vec<u8>>,
) -> Vec<Vec<u8>> {
    let mut frames: Vec<Vec<u8>> =
        [b"", VERSION, REQUEST_ID, domain, address.as_bytes(), &local.identity, mechanism.as_bytes()]
            .map(<[u8]>::to_vec)
            .into();
    frames.extend(credentials);
    frames
}

/// What a reply says of a peer that is let in: its user's name, and what else the handler knows of it.
///
/// # Errors
/// [`WireError::Denied`], or that the reply is not one.
pub(super) fn judge(reply: &[Vec<u8>]) -> Result<Properties, WireError> {
    let [empty, version, request_id, status, _text, user_id, properties] = reply else {
        return Err(WireError::ZapMalformedReply);
    };
    if !empty.is_empty() {
        return Err(WireError::ZapMalformedReply);
    }
    if version != VERSION {
        return Err(WireError::ZapBadVersion);
    }
    if request_id != REQUEST_ID {
        return Err(WireError::ZapBadRequestId);
    }
    let status = match &status[..] {
        b"200" => 200,
        b"300" => 300,
        b"400" => 400,
        b"500" => 500,
        _ => return Err(WireError::ZapInvalidStatus),
    };
    let mut granted = vec![(USER_ID.to_owned(), user_id.clone())];
    let properties = metadata::parse(properties).map_err(|_| WireError::ZapInvalidMetadata)?;
    granted.extend(properties.into_iter().filter(|(name, _)| !name.eq_ignore_ascii_case(USER_ID)));
    if status == 200 { Ok(granted) } else { Err(WireError::Denied(status)) }
}

/// Puts what the handler says of a peer before what the peer says of itself, and takes the latter out where it is
/// for the handler to say: nobody gives himself a name.
pub(super) fn merge(granted: Option<Properties>, own: Properties) -> Properties {
    let mut all = granted.unwrap_or_default();
    for (name, value) in own {
        if !name.eq_ignore_ascii_case(USER_ID) && metadata::find(&all, &name).is_none() {
            all.push((name, value));
        }
    }
    all
}
