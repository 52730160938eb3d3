//! The keys of the CURVE mechanism (zmq_curve(7)).
#![forbid(unsafe_code)]

use crate::error::{Error, Result};
use crate::socket::options::CURVE_KEY_BYTES;
use crate::wire::boxes;

/// A new key pair: the public key, then the secret one, which is the caller's to keep secret and to wipe.
///
/// # Errors
/// [`Error::TooManyOpen`] when the system gives no random numbers, which needs a descriptor on some systems.
pub fn keypair() -> Result<([u8; CURVE_KEY_BYTES], [u8; CURVE_KEY_BYTES])> {
    let (public, secret) = boxes::key_pair().map_err(|_| Error::TooManyOpen)?;
    Ok((public, *secret))
}

/// The public key that belongs to a secret one.
pub fn public_key(secret: &[u8; CURVE_KEY_BYTES]) -> [u8; CURVE_KEY_BYTES] {
    boxes::public_key(secret)
}
