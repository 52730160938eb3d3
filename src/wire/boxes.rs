//! The boxes of CurveZMQ: what is sealed by one key pair for another, and only opened with them (RFC 26).
//!
//! These are the boxes of NaCl: X25519 makes a key that both sides know, XSalsa20 and Poly1305 encrypt and
//! authenticate. The rest of the engine knows the primitives only through this file.
//!
//! libsodium has whole boxes, too; made here of its parts, those of short messages take half as long. XSalsa20 is Salsa20
//! with a key that HSalsa20 makes of the start of the nonce, which all messages of a connection have in common. And
//! libsodium makes four or eight blocks of the stream in the time that two take one by one: so a little more of the
//! stream is made than is used, beginning with the key for Poly1305.
#![forbid(unsafe_code)]

use super::WireError;
use super::sodium::{self, BLOCK_BYTES, MIXED_BYTES, STREAM_NONCE_BYTES};
use zeroize::Zeroizing;

pub(crate) use super::sodium::KEY_BYTES;
/// What a box adds to what is in it.
pub(super) use super::sodium::MAC_BYTES;

/// How much of the stream is made at once, and a block more costs as much as all of it would.
const BATCH_BYTES: usize = 8 * BLOCK_BYTES;
/// How much of it else takes hardly longer than two blocks.
const HALF_BATCH_BYTES: usize = 4 * BLOCK_BYTES;
/// What a box has encrypted within the first batch: before it, the stream is the key for Poly1305.
const FIRST_BYTES: usize = BATCH_BYTES - KEY_BYTES;
/// The block of the stream for what comes behind that.
const SECOND_BATCH: u64 = (BATCH_BYTES / BLOCK_BYTES) as u64;

/// A key that everybody may know.
pub(crate) type PublicKey = [u8; KEY_BYTES];
/// A key that is wiped when it is no longer used.
pub(crate) type SecretKey = Zeroizing<[u8; KEY_BYTES]>;
/// The end of a nonce, in which the boxes of one [`BoxKey`] differ.
pub(super) type NonceEnd = [u8; STREAM_NONCE_BYTES];
type Nonce = [u8; MIXED_BYTES + STREAM_NONCE_BYTES];

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
    sodium::public_key(secret)
}

/// Whether two keys are the same, found out in a time that does not depend on them.
pub(super) fn is_same(one: &[u8], other: &[u8]) -> bool {
    sodium::is_same(one, other)
}

/// A nonce: what has to be another one in every box that is sealed with one key.
///
/// # Panics
/// When the two parts are not of 24 bytes together.
pub(super) fn nonce(prefix: &[u8], rest: &[u8]) -> Nonce {
    let mut nonce = [0; MIXED_BYTES + STREAM_NONCE_BYTES];
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
        let secret = sodium::shared_secret(ours, theirs).ok_or(WireError::KeyExchange)?;
        Ok(Shared(sodium::hsalsa20(&secret, &[0; MIXED_BYTES])))
    }

    /// A key that only this side has, for what it gives out and takes back.
    pub(super) fn own(key: [u8; KEY_BYTES]) -> Shared {
        Shared(Zeroizing::new(key))
    }

    /// What seals and opens the boxes whose nonces begin so.
    pub(super) fn starting(&self, start: &[u8; MIXED_BYTES]) -> BoxKey {
        BoxKey(sodium::hsalsa20(&self.0, start))
    }

    fn split(&self, nonce: &Nonce) -> (BoxKey, NonceEnd) {
        let (start, end) = nonce.split_first_chunk().expect("a nonce is longer");
        (self.starting(start), end.try_into().expect("this is the rest of a nonce"))
    }

    /// Appends a box that holds `parts`; see [`BoxKey::seal`].
    pub(super) fn seal(&self, nonce: &Nonce, out: &mut Vec<u8>, parts: &[&[u8]]) {
        let (key, end) = self.split(nonce);
        let (body, start) = parts.split_last().expect("a box holds something");
        key.seal(&end, out, start, body);
    }

    /// Opens a box into memory that is wiped after use.
    pub(super) fn open(&self, nonce: &Nonce, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (key, end) = self.split(nonce);
        let mut content = Zeroizing::new(Vec::with_capacity(sealed.len()));
        key.open_onto(&end, sealed, &mut content).then_some(content)
    }
}

/// What seals and opens the boxes between two key pairs whose nonces begin alike.
pub(super) struct BoxKey(Zeroizing<[u8; KEY_BYTES]>);

/// Memory on the stack that is wiped after use: the key for Poly1305, what begins a box, and what is made beyond it.
pub(super) struct Scratch<const BYTES: usize>([u8; BYTES]);

impl<const BYTES: usize> Scratch<BYTES> {
    pub(super) const fn new() -> Scratch<BYTES> {
        const { assert!(BYTES > 0 && BYTES.is_multiple_of(BATCH_BYTES)) };
        Scratch([0; BYTES])
    }

    /// How long a box can be that is opened in it.
    pub(super) const fn room() -> usize {
        MAC_BYTES + BYTES - KEY_BYTES
    }

    fn split(&mut self) -> (&mut [u8; KEY_BYTES], &mut [u8]) {
        self.0.split_first_chunk_mut().expect("it is of some batches")
    }
}

impl<const BYTES: usize> Drop for Scratch<BYTES> {
    fn drop(&mut self) {
        sodium::wipe(&mut self.0);
    }
}

/// Of how many bytes the stream is best made where so many are needed.
const fn rounded(len: usize) -> usize {
    let rest = len % BATCH_BYTES;
    len - rest
        + if rest <= BLOCK_BYTES {
            rest
        } else if rest <= HALF_BATCH_BYTES {
            HALF_BATCH_BYTES
        } else {
            BATCH_BYTES
        }
}

/// How many of so many bytes are best encrypted where they are; the rest has to be elsewhere, where there is room for more.
const fn unrounded(len: usize) -> usize {
    let rest = len % BATCH_BYTES;
    if rest <= BLOCK_BYTES { len } else { len - rest }
}

impl BoxKey {
    /// Appends a box that holds `start` and `body`.
    ///
    /// # Panics
    /// When `start` is of several hundred bytes.
    pub(super) fn seal(&self, end: &NonceEnd, out: &mut Vec<u8>, start: &[&[u8]], body: &[u8]) {
        let mut scratch = Scratch::<BATCH_BYTES>::new();
        let mut len = 0;
        let mut put = |part: &[u8]| {
            let place = scratch.0.get_mut(KEY_BYTES + len..).and_then(|free| free.get_mut(..part.len()));
            place.expect("what begins a box is short").copy_from_slice(part);
            len += part.len();
        };
        start.iter().for_each(|part| put(part));
        // The rest of the body is encrypted on its way to where it goes.
        let free = FIRST_BYTES - start.iter().map(|part| part.len()).sum::<usize>();
        let (body, rest) = body.split_at(body.len().min(free));
        put(body);

        let stream = scratch.0.get_mut(..rounded(KEY_BYTES + len)).expect("no more was put there");
        sodium::xor(stream, end, 0, &self.0);
        let (key, first) = scratch.split();
        let first = first.get(..len).expect("so much was put there");
        out.reserve(MAC_BYTES + len + rest.len());
        let place = out.len();
        if rest.is_empty() {
            out.extend_from_slice(&sodium::poly1305(first, key));
            out.extend_from_slice(first);
            return;
        }
        out.extend_from_slice(&[0; MAC_BYTES]);
        out.extend_from_slice(first);
        self.xor_rest_onto(end, out, rest);
        let sealed = out.get_mut(place..).and_then(|sealed| sealed.split_first_chunk_mut());
        let (code, content) = sealed.expect("the place for the code was just appended");
        *code = sodium::poly1305(content, key);
    }

    /// Opens a box, of at most [`Scratch::room`], there. `None`: this key did not seal it so.
    pub(super) fn open<'a, const BYTES: usize>(
        &self,
        end: &NonceEnd,
        sealed: &[u8],
        scratch: &'a mut Scratch<BYTES>,
    ) -> Option<&'a [u8]> {
        let (code, content) = sealed.split_first_chunk::<MAC_BYTES>()?;
        let stream = scratch.0.get_mut(..rounded(KEY_BYTES + content.len()))?;
        stream.get_mut(KEY_BYTES..)?.get_mut(..content.len())?.copy_from_slice(content);
        sodium::xor(stream, end, 0, &self.0);
        let (key, opened) = scratch.split();
        if !sodium::is_poly1305(code, content, key) {
            return None;
        }
        opened.get(..content.len())
    }

    /// Opens a box where it is: its content, behind [`MAC_BYTES`]. `None`: this key did not seal it so.
    pub(super) fn open_in_place<'a>(&self, end: &NonceEnd, sealed: &'a mut [u8]) -> Option<&'a [u8]> {
        let (code, content) = sealed.split_first_chunk_mut::<MAC_BYTES>()?;
        let mut scratch = Scratch::new();
        let len = self.begin(end, content, &mut scratch);
        let (key, opened) = scratch.split();
        if !sodium::is_poly1305(code, content, key) {
            return None;
        }
        let (first, rest) = content.split_at_mut(len);
        first.copy_from_slice(opened.get(..len)?);
        let (whole, tail) = rest.split_at_mut(unrounded(rest.len()));
        sodium::xor(whole, end, SECOND_BATCH, &self.0);
        if !tail.is_empty() {
            tail.copy_from_slice(self.tail(end, whole.len(), tail, &mut scratch));
        }
        Some(content)
    }

    /// Appends what is in a box to `out`, which has room for it. False: this key did not seal it so, and `out` is as it
    /// was.
    pub(super) fn open_onto(&self, end: &NonceEnd, sealed: &[u8], out: &mut Vec<u8>) -> bool {
        let Some((code, content)) = sealed.split_first_chunk::<MAC_BYTES>() else { return false };
        let mut scratch = Scratch::new();
        let len = self.begin(end, content, &mut scratch);
        let (key, opened) = scratch.split();
        if !sodium::is_poly1305(code, content, key) {
            return false;
        }
        out.extend_from_slice(opened.split_at(len).0);
        self.xor_rest_onto(end, out, content.split_at(len).1);
        true
    }

    /// Makes, in `scratch`, the key for Poly1305, and behind it decrypts what begins the content of a box: so many bytes.
    fn begin(&self, end: &NonceEnd, content: &[u8], scratch: &mut Scratch<BATCH_BYTES>) -> usize {
        let len = content.len().min(FIRST_BYTES);
        let (_, first) = scratch.split();
        first.split_at_mut(len).0.copy_from_slice(content.split_at(len).0);
        sodium::xor(scratch.0.split_at_mut(rounded(KEY_BYTES + len)).0, end, 0, &self.0);
        len
    }

    /// Appends what is behind the first batch of the content, encrypted or decrypted.
    fn xor_rest_onto(&self, end: &NonceEnd, out: &mut Vec<u8>, rest: &[u8]) {
        let (whole, tail) = rest.split_at(unrounded(rest.len()));
        sodium::xor_onto(out, whole, end, SECOND_BATCH, &self.0);
        if !tail.is_empty() {
            out.extend_from_slice(self.tail(end, whole.len(), tail, &mut Scratch::new()));
        }
    }

    /// Encrypts or decrypts, in `scratch`, the less than a batch that comes so far behind the first.
    fn tail<'a>(
        &self,
        end: &NonceEnd,
        before: usize,
        tail: &[u8],
        scratch: &'a mut Scratch<BATCH_BYTES>,
    ) -> &'a [u8] {
        scratch.0.split_at_mut(tail.len()).0.copy_from_slice(tail);
        let block = SECOND_BATCH + (before / BLOCK_BYTES) as u64;
        sodium::xor(scratch.0.split_at_mut(rounded(tail.len())).0, end, block, &self.0);
        scratch.0.split_at(tail.len()).0
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
        shared.seal(&nonce, &mut out, &[&content]);
        assert_eq!(out.strip_prefix(b"before"), Some(&sealed[..]));
        assert_eq!(shared.open(&nonce, &sealed).map(|opened| opened.to_vec()), Some(content.clone()));
        let (key, end) = shared.split(&nonce);
        let mut place = sealed.clone();
        assert_eq!(key.open_in_place(&end, &mut place), Some(&content[..]));
        assert_eq!(key.open(&end, &sealed, &mut Scratch::<BATCH_BYTES>::new()), Some(&content[..]));
    }

    /// What NaCl makes of `content`, in one piece.
    fn plainly_sealed(key: &BoxKey, end: &NonceEnd, content: &[u8]) -> Vec<u8> {
        let mut padded = [&[0; KEY_BYTES], content].concat();
        sodium::xor(&mut padded, end, 0, &key.0);
        let (one_time, sealed) = padded.split_first_chunk().unwrap();
        [&sodium::poly1305(sealed, one_time)[..], sealed].concat()
    }

    #[test]
    fn boxes_of_all_lengths_are_the_same_in_one_piece_and_in_several() {
        const ROOMY: usize = 3 * BATCH_BYTES;
        let (key, end) = Shared::own([3; KEY_BYTES]).split(&nonce(b"a prefix", &[7; 16]));
        for len in (0..ROOMY + 2).chain([5000, 8191, 8192, 10_000, 70_000]) {
            let content: Vec<u8> = (0..len).map(|at| (at * 7 + at / 256) as u8).collect();
            let expected = plainly_sealed(&key, &end, &content);
            for cut in [0, 1, 40, FIRST_BYTES] {
                let (start, body) = content.split_at(cut.min(len));
                let mut sealed = b"before".to_vec();
                key.seal(&end, &mut sealed, &[start], body);
                assert_eq!(sealed.strip_prefix(b"before"), Some(&expected[..]), "{len}, {cut}");
            }
            let mut opened = Vec::with_capacity(len);
            assert!(key.open_onto(&end, &expected, &mut opened) && opened == content, "{len}");
            let mut place = expected.clone();
            assert_eq!(key.open_in_place(&end, &mut place), Some(&content[..]), "{len}");
            let fits = expected.len() <= Scratch::<ROOMY>::room();
            let mut scratch = Scratch::<ROOMY>::new();
            assert_eq!(key.open(&end, &expected, &mut scratch), fits.then_some(&content[..]), "{len}");
        }
    }

    #[test]
    fn what_was_altered_is_not_opened() {
        let (public, _) = key_pair().unwrap();
        let (_, secret) = key_pair().unwrap();
        let shared = Shared::new(&public, &secret).unwrap();
        let nonce = nonce(b"a prefix", &[7; 16]);
        let (key, end) = shared.split(&nonce);
        for len in [0, 1, 31, 32, 33, 64, 480, 481, 600, 1000, 5000] {
            let mut sealed = Vec::new();
            shared.seal(&nonce, &mut sealed, &[&vec![9; len]]);
            for at in (0..sealed.len()).step_by(1 + len / 20) {
                let mut altered = sealed.clone();
                altered[at] ^= 1 << (at % 8);
                assert!(shared.open(&nonce, &altered).is_none(), "byte {at} of {len}");
                let mut scratch = Scratch::<{ 3 * BATCH_BYTES }>::new();
                assert!(key.open(&end, &altered, &mut scratch).is_none(), "byte {at} of {len}");
                assert!(key.open_in_place(&end, &mut altered).is_none(), "byte {at} of {len}");
            }
            assert!(shared.open(&nonce, &sealed[1..]).is_none());
            let other = super::nonce(b"a prefix", &[8; 16]);
            assert!(shared.open(&other, &sealed).is_none());
            assert!(Shared::own([1; 32]).open(&nonce, &sealed).is_none());
            assert_eq!(shared.open(&nonce, &sealed).unwrap().to_vec(), vec![9; len]);
        }
        assert!(shared.open(&nonce, b"").is_none() && shared.open(&nonce, &[0; 15]).is_none());
        assert!(key.open_in_place(&end, &mut [0; 15]).is_none());
        assert!(key.open(&end, &[0; 15], &mut Scratch::<BATCH_BYTES>::new()).is_none());
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
