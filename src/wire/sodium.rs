//! Sodium: the functions of libsodium that boxes are made with, for slices and arrays instead of pointers.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::sync::Once;
use zeroize::Zeroizing;

/// The length of a key, public, secret or shared.
pub(crate) const KEY_BYTES: usize = 32;
/// The length of the code that authenticates a box.
pub(super) const MAC_BYTES: usize = 16;
/// The length of a nonce of Salsa20.
pub(super) const STREAM_NONCE_BYTES: usize = 8;
/// What HSalsa20 mixes into a key.
pub(super) const MIXED_BYTES: usize = 16;
/// What Salsa20 makes at a time.
pub(super) const BLOCK_BYTES: usize = 64;

type Key = [u8; KEY_BYTES];

// As sodium.h declares them.
#[link(name = "sodium")]
unsafe extern "C" {
    safe fn sodium_init() -> c_int;
    fn sodium_memcmp(one: *const c_void, other: *const c_void, len: usize) -> c_int;
    fn sodium_memzero(bytes: *mut c_void, len: usize);
    fn crypto_scalarmult_curve25519(result: *mut u8, secret: *const u8, public: *const u8) -> c_int;
    fn crypto_scalarmult_curve25519_base(public: *mut u8, secret: *const u8) -> c_int;
    fn crypto_core_hsalsa20(result: *mut u8, mixed: *const u8, key: *const u8, constant: *const u8) -> c_int;
    fn crypto_stream_salsa20_xor_ic(
        to: *mut u8,
        from: *const u8,
        len: u64,
        nonce: *const u8,
        block: u64,
        key: *const u8,
    ) -> c_int;
    fn crypto_onetimeauth_poly1305(code: *mut u8, bytes: *const u8, len: u64, key: *const u8) -> c_int;
    fn crypto_onetimeauth_poly1305_verify(
        code: *const u8,
        bytes: *const u8,
        len: u64,
        key: *const u8,
    ) -> c_int;
}

/// Has libsodium look what the processor can do. Without it all works, but slowly. Keys are made by functions that call
/// it first, and whatever needs it has a key.
fn init() {
    static ONCE: Once = Once::new();
    // Where the system has no random bytes, libsodium would abort: then without.
    if ONCE.is_completed() || getrandom::fill(&mut [0]).is_err() {
        return;
    }
    ONCE.call_once(|| {
        // It may have been called by others in this process, and fails in no way that matters here.
        sodium_init();
    });
}

/// Whether both are the same, found out in a time that depends on their lengths only.
pub(super) fn is_same(one: &[u8], other: &[u8]) -> bool {
    // SAFETY: both have as many bytes as are compared.
    one.len() == other.len()
        && unsafe { sodium_memcmp(one.as_ptr().cast(), other.as_ptr().cast(), one.len()) } == 0
}

/// Overwrites what is secret, in a way that the compiler does not leave out.
pub(super) fn wipe(bytes: &mut [u8]) {
    // SAFETY: they have that many.
    unsafe { sodium_memzero(bytes.as_mut_ptr().cast(), bytes.len()) };
}

/// X25519: the public key that belongs to a secret one.
pub(super) fn public_key(secret: &Key) -> Key {
    init();
    let mut public = [0; KEY_BYTES];
    // SAFETY: both are as long as they have to be. It cannot fail.
    unsafe { crypto_scalarmult_curve25519_base(public.as_mut_ptr(), secret.as_ptr()) };
    public
}

/// X25519: what both sides make of one's secret and the other's public key. `None` for a public key with which all
/// secret keys make the same.
pub(super) fn shared_secret(secret: &Key, public: &Key) -> Option<Zeroizing<Key>> {
    init();
    let mut shared = Zeroizing::new([0; KEY_BYTES]);
    // SAFETY: all three are as long as they have to be.
    let result =
        unsafe { crypto_scalarmult_curve25519(shared.as_mut_ptr(), secret.as_ptr(), public.as_ptr()) };
    (result == 0).then_some(shared)
}

/// HSalsa20: another key, made of a key and of what is mixed into it.
pub(super) fn hsalsa20(key: &Key, mixed: &[u8; MIXED_BYTES]) -> Zeroizing<Key> {
    init();
    let mut result = Zeroizing::new([0; KEY_BYTES]);
    // SAFETY: all three are as long as they have to be, and no constant stands for the usual one. It cannot fail.
    unsafe { crypto_core_hsalsa20(result.as_mut_ptr(), mixed.as_ptr(), key.as_ptr(), std::ptr::null()) };
    result
}

/// Salsa20: encrypts or decrypts where it is what begins with the stream's block of this number.
pub(super) fn xor(bytes: &mut [u8], nonce: &[u8; STREAM_NONCE_BYTES], block: u64, key: &Key) {
    let place = bytes.as_mut_ptr();
    // SAFETY: key and nonce are as long as they have to be. It reads and writes as many bytes as there are; it may do
    // so at one place. It cannot fail.
    unsafe {
        crypto_stream_salsa20_xor_ic(place, place, bytes.len() as u64, nonce.as_ptr(), block, key.as_ptr())
    };
}

/// As [`xor`], of what is elsewhere: it is appended to `out`, which has room for it.
pub(super) fn xor_onto(
    out: &mut Vec<u8>,
    from: &[u8],
    nonce: &[u8; STREAM_NONCE_BYTES],
    block: u64,
    key: &Key,
) {
    let place = out.spare_capacity_mut();
    assert!(place.len() >= from.len(), "there is no room for {} bytes", from.len());
    // SAFETY: as for `xor`; the two places have room for that many bytes and do not overlap, as one of them belongs to
    // `out` alone. All of these bytes of `out` are then written.
    unsafe {
        crypto_stream_salsa20_xor_ic(
            place.as_mut_ptr().cast(),
            from.as_ptr(),
            from.len() as u64,
            nonce.as_ptr(),
            block,
            key.as_ptr(),
        );
        out.set_len(out.len() + from.len());
    }
}

/// Poly1305: the code that authenticates these bytes, by a key that is used once.
pub(super) fn poly1305(bytes: &[u8], key: &Key) -> [u8; MAC_BYTES] {
    let mut code = [0; MAC_BYTES];
    // SAFETY: code and key are as long as they have to be; it reads as many bytes as there are. It cannot fail.
    unsafe {
        crypto_onetimeauth_poly1305(code.as_mut_ptr(), bytes.as_ptr(), bytes.len() as u64, key.as_ptr())
    };
    code
}

/// Whether this is that code, found out in a time that does not depend on it.
pub(super) fn is_poly1305(code: &[u8; MAC_BYTES], bytes: &[u8], key: &Key) -> bool {
    // SAFETY: as for `poly1305`; the code is only read.
    unsafe {
        crypto_onetimeauth_poly1305_verify(code.as_ptr(), bytes.as_ptr(), bytes.len() as u64, key.as_ptr())
            == 0
    }
}
