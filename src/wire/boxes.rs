//! The boxes of CurveZMQ: what is sealed by one key pair for another, and only opened with them (RFC 26).
//!
//! These are the boxes of NaCl: X25519 makes a key that both sides know, XSalsa20 and Poly1305 encrypt and
//! authenticate. The rest of the engine knows the primitives only through this file.
#![forbid(unsafe_code)]

use super::WireError;
use dryoc::classic::crypto_box;
use dryoc::classic::crypto_core::crypto_scalarmult_base;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// The length of a key, public or secret.
pub(crate) const KEY_BYTES: usize = 32;
/// What a box adds to what is in it.
pub(super) const MAC_BYTES: usize = 16;
const NONCE_BYTES: usize = 24;

/// A key that everybody may know.
pub(crate) type PublicKey = [u8; KEY_BYTES];
/// A key that is wiped when it is no longer used.
pub(crate) type SecretKey = Zeroizing<[u8; KEY_BYTES]>;
type Nonce = [u8; NONCE_BYTES];
type Mac = [u8; MAC_BYTES];

/// Bytes that nobody can guess.
///
/// # Errors
/// [`WireError::NoRandomness`] when the system has none.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], WireError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| WireError::NoRandomness)?;
    Ok(bytes)
}

/// A new key pair.
///
/// # Errors
/// [`WireError::NoRandomness`].
pub(crate) fn key_pair() -> Result<(PublicKey, SecretKey), WireError> {
    let secret = Zeroizing::new(random()?);
    Ok((public_key(&secret), secret))
}

/// The public key that belongs to a secret one.
pub(crate) fn public_key(secret: &[u8; KEY_BYTES]) -> PublicKey {
    let mut public = [0; KEY_BYTES];
    crypto_scalarmult_base(&mut public, secret);
    public
}

/// Whether two keys are the same, found out in a time that does not depend on them.
pub(super) fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

/// A nonce: what has to be another one in every box that is sealed with one key.
///
/// # Panics
/// When the two parts are not of 24 bytes together.
pub(super) fn nonce(prefix: &[u8], rest: &[u8]) -> Nonce {
    let mut nonce = [0; NONCE_BYTES];
    let (start, end) = nonce.split_at_mut(prefix.len());
    start.copy_from_slice(prefix);
    end.copy_from_slice(rest);
    nonce
}

/// What seals and opens the boxes between two key pairs: made once, as it takes far longer than a box.
pub(super) struct Shared(Zeroizing<[u8; KEY_BYTES]>);

impl Shared {
    /// The key that one side makes of its secret key and the other's public key.
    ///
    /// # Errors
    /// [`WireError::KeyExchange`] for a public key with which all secret keys make the same.
    pub(super) fn new(theirs: &PublicKey, ours: &SecretKey) -> Result<Shared, WireError> {
        let mut key = crypto_box::crypto_box_beforenm(theirs, ours).map_err(|_| WireError::KeyExchange)?;
        let shared = Shared(Zeroizing::new(key));
        key.zeroize();
        Ok(shared)
    }

    /// A key that only this side has, for what it gives out and takes back.
    pub(super) fn own(key: [u8; KEY_BYTES]) -> Shared {
        Shared(Zeroizing::new(key))
    }

    /// The key itself, to be kept elsewhere.
    pub(super) fn copy(&self) -> Shared {
        Shared(self.0.clone())
    }

    /// Appends a box that holds what `content` appends.
    pub(super) fn seal(&self, nonce: &Nonce, out: &mut Vec<u8>, content: impl FnOnce(&mut Vec<u8>)) {
        let start = out.len();
        out.extend([0; MAC_BYTES]);
        content(out);
        let sealed = out.get_mut(start..).and_then(|sealed| sealed.split_first_chunk_mut::<MAC_BYTES>());
        let (mac, content) = sealed.expect("the place for the code was just appended");
        crypto_box::crypto_box_detached_afternm_inplace(content, mac, nonce, &self.0);
    }

    /// Opens a box where it is: its content, behind [`MAC_BYTES`]. `None`: this key did not seal it so.
    pub(super) fn open_in_place<'a>(&self, nonce: &Nonce, sealed: &'a mut [u8]) -> Option<&'a [u8]> {
        let (mac, content) = sealed.split_first_chunk_mut::<MAC_BYTES>()?;
        let mac: &Mac = mac;
        crypto_box::crypto_box_open_detached_afternm_inplace(content, mac, nonce, &self.0).ok()?;
        Some(content)
    }

    /// Opens a box into `content`, which has the right length. False: this key did not seal it so.
    pub(super) fn open_into(&self, nonce: &Nonce, sealed: &[u8], content: &mut [u8]) -> bool {
        let Some((mac, sealed)) = sealed.split_first_chunk::<MAC_BYTES>() else { return false };
        crypto_box::crypto_box_open_detached_afternm(content, sealed, mac, nonce, &self.0).is_ok()
    }

    /// Opens a box into memory that is wiped after use.
    pub(super) fn open(&self, nonce: &Nonce, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut content = Zeroizing::new(vec![0; sealed.len().checked_sub(MAC_BYTES)?]);
        self.open_into(nonce, sealed, &mut content).then_some(content)
    }
}
