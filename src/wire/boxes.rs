//! The boxes of CurveZMQ: what is sealed by one key pair for another, and only opened with them (RFC 26).
//!
//! These are the boxes of NaCl: X25519 makes a key that both sides know, XSalsa20 and Poly1305 encrypt and
//! authenticate. The rest of the engine knows the primitives only through this file.
#![forbid(unsafe_code)]

use super::WireError;
use poly1305::Poly1305;
use poly1305::universal_hash::{KeyInit, UniversalHash};
use salsa20::cipher::{KeyIvInit, StreamCipher, consts::U10};
use salsa20::{Salsa20, hsalsa};
use subtle::ConstantTimeEq;
use x25519_dalek::StaticSecret;
use zeroize::Zeroizing;

/// The length of a key, public or secret.
pub(crate) const KEY_BYTES: usize = 32;
/// What a box adds to what is in it.
pub(super) const MAC_BYTES: usize = 16;
const NONCE_BYTES: usize = 24;
/// What of a nonce goes into the key of a box; the rest is the nonce of its Salsa20.
const NONCE_START_BYTES: usize = 16;

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
    x25519_dalek::PublicKey::from(&StaticSecret::from(*secret)).to_bytes()
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

/// The key that HSalsa20 makes of a key and the start of a nonce.
fn derived(key: &[u8; KEY_BYTES], start: &[u8; NONCE_START_BYTES]) -> Zeroizing<[u8; KEY_BYTES]> {
    // The result is wiped, too, where it was before it is returned.
    let result = Zeroizing::new(hsalsa::<U10>(key.into(), start.into()));
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    key.copy_from_slice(&result);
    key
}

/// The code that proves who made `sealed`, by the key of this one box.
fn mac(mut hash: Poly1305, sealed: &[u8]) -> Mac {
    // Whole blocks are taken several at a time. Only the last is padded, in a way of its own.
    let (blocks, rest) = poly1305::Block::slice_as_chunks(sealed);
    hash.update(blocks);
    hash.compute_unpadded(rest).into()
}

/// What seals and opens the boxes between two key pairs: made once, as it takes far longer than a box.
pub(super) struct Shared(Zeroizing<[u8; KEY_BYTES]>);

impl Shared {
    /// The key that one side makes of its secret key and the other's public key.
    ///
    /// # Errors
    /// [`WireError::KeyExchange`] for a public key with which all secret keys make the same.
    pub(super) fn new(theirs: &PublicKey, ours: &SecretKey) -> Result<Shared, WireError> {
        let secret = StaticSecret::from(**ours).diffie_hellman(&(*theirs).into());
        if !secret.was_contributory() {
            return Err(WireError::KeyExchange);
        }
        Ok(Shared(derived(secret.as_bytes(), &[0; NONCE_START_BYTES])))
    }

    /// A key that only this side has, for what it gives out and takes back.
    pub(super) fn own(key: [u8; KEY_BYTES]) -> Shared {
        Shared(Zeroizing::new(key))
    }

    /// The key itself, to be kept elsewhere.
    pub(super) fn copy(&self) -> Shared {
        Shared(self.0.clone())
    }

    /// What encrypts and what authenticates the box with this nonce: both are wiped when they are dropped.
    fn primitives(&self, nonce: &Nonce) -> (Salsa20, Poly1305) {
        let (start, rest) = nonce.split_first_chunk::<NONCE_START_BYTES>().expect("a nonce is longer");
        let rest: &[u8; NONCE_BYTES - NONCE_START_BYTES] =
            rest.try_into().expect("this is the rest of a nonce");
        let mut cipher = Salsa20::new((&*derived(&self.0, start)).into(), rest.into());
        let mut hash_key = Zeroizing::new(poly1305::Key::default());
        cipher.apply_keystream(&mut hash_key);
        (cipher, Poly1305::new(&hash_key))
    }

    /// Appends a box that holds what `content` appends.
    pub(super) fn seal(&self, nonce: &Nonce, out: &mut Vec<u8>, content: impl FnOnce(&mut Vec<u8>)) {
        let start = out.len();
        out.extend([0; MAC_BYTES]);
        content(out);
        let sealed = out.get_mut(start..).and_then(|sealed| sealed.split_first_chunk_mut::<MAC_BYTES>());
        let (place, content) = sealed.expect("the place for the code was just appended");
        let (mut cipher, hash) = self.primitives(nonce);
        cipher.apply_keystream(content);
        *place = mac(hash, content);
    }

    /// Opens a box where it is: its content, behind [`MAC_BYTES`]. `None`: this key did not seal it so.
    pub(super) fn open_in_place<'a>(&self, nonce: &Nonce, sealed: &'a mut [u8]) -> Option<&'a [u8]> {
        let (code, content) = sealed.split_first_chunk_mut::<MAC_BYTES>()?;
        let (mut cipher, hash) = self.primitives(nonce);
        if !is_same(&mac(hash, content), code) {
            return None;
        }
        cipher.apply_keystream(content);
        Some(content)
    }

    /// Opens a box into `content`, which has the right length. False: this key did not seal it so.
    pub(super) fn open_into(&self, nonce: &Nonce, sealed: &[u8], content: &mut [u8]) -> bool {
        let Some((code, sealed)) = sealed.split_first_chunk::<MAC_BYTES>() else { return false };
        let (mut cipher, hash) = self.primitives(nonce);
        is_same(&mac(hash, sealed), code) && cipher.try_apply_keystream_b2b(sealed, content).is_ok()
    }

    /// Opens a box into memory that is wiped after use.
    pub(super) fn open(&self, nonce: &Nonce, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut content = Zeroizing::new(vec![0; sealed.len().checked_sub(MAC_BYTES)?]);
        self.open_into(nonce, sealed, &mut content).then_some(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::tests::bytes;

    const ALICE: &str = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
    const BOB: &str = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f";

    fn key(hex: &str) -> [u8; KEY_BYTES] {
        bytes(hex).try_into().unwrap()
    }

    /// The example of the NaCl library's documentation.
    #[test]
    fn a_box_is_that_of_nacl() {
        let secret = Zeroizing::new(key(ALICE));
        let public = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";
        assert_eq!(public_key(&secret), key(public));
        let shared = Shared::new(&key(BOB), &secret).unwrap();
        assert_eq!(*shared.0, key("1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389"));

        let nonce = nonce(&[], &bytes("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37"));
        let content = bytes(concat!(
            "be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c6129",
            "6cdc3c01233561f41db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde",
            "048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f937763848645e0705",
        ));
        let sealed = bytes(concat!(
            "f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186a",
            "c0dfc17c98dce87b4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae",
            "90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b37973f622a43d14a6599b1f654cb45a74",
            "e355a5",
        ));
        let mut out = b"before".to_vec();
        shared.seal(&nonce, &mut out, |out| out.extend(&content));
        assert_eq!(out.strip_prefix(b"before"), Some(&sealed[..]));
        assert_eq!(shared.open(&nonce, &sealed).map(|opened| opened.to_vec()), Some(content.clone()));
        let mut place = sealed.clone();
        assert_eq!(shared.open_in_place(&nonce, &mut place), Some(&content[..]));
    }

    #[test]
    fn what_was_altered_is_not_opened() {
        let (public, _) = key_pair().unwrap();
        let (_, secret) = key_pair().unwrap();
        let shared = Shared::new(&public, &secret).unwrap();
        let nonce = nonce(b"a prefix", &[7; 16]);
        for len in [0, 1, 31, 32, 33, 64, 1000, 5000] {
            let mut sealed = Vec::new();
            shared.seal(&nonce, &mut sealed, |out| out.extend(vec![9; len]));
            for at in (0..sealed.len()).step_by(1 + len / 20) {
                let mut altered = sealed.clone();
                altered[at] ^= 1 << (at % 8);
                assert!(shared.open(&nonce, &altered).is_none(), "byte {at} of {len}");
                assert!(shared.open_in_place(&nonce, &mut altered).is_none(), "byte {at} of {len}");
            }
            assert!(shared.open(&nonce, &sealed[1..]).is_none());
            let other = super::nonce(b"a prefix", &[8; 16]);
            assert!(shared.open(&other, &sealed).is_none());
            assert!(Shared::own([1; 32]).open(&nonce, &sealed).is_none());
            assert_eq!(shared.open(&nonce, &sealed).unwrap().to_vec(), vec![9; len]);
        }
        assert!(shared.open(&nonce, b"").is_none() && shared.open(&nonce, &[0; 15]).is_none());
    }

    #[test]
    fn keys_of_no_use_are_refused() {
        let (_, secret) = key_pair().unwrap();
        let mut one = [0; KEY_BYTES];
        for public in [one, {
            one[0] = 1;
            one
        }] {
            assert_eq!(Shared::new(&public, &secret).err(), Some(WireError::KeyExchange));
        }
    }

    #[test]
    fn both_sides_make_the_same_key_and_no_two_pairs_are_alike() {
        let ((a, a_secret), (b, b_secret)) = (key_pair().unwrap(), key_pair().unwrap());
        assert_eq!(*Shared::new(&b, &a_secret).unwrap().0, *Shared::new(&a, &b_secret).unwrap().0);
        assert!(a != b && !is_same(&a, &b) && is_same(&a, &a) && !is_same(&a, &a[1..]));
    }
}
