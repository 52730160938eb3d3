//! Keys of CURVE, as text (zmq_curve(7)).

use crate::errno::{BAD_ADDRESS, status};
use crate::z85;
use oxmq::socket::options::CURVE_KEY_BYTES;
use oxmq::{Error, Result, curve};
use std::ffi::{CStr, c_char, c_int};
use std::ptr;
use zeroize::Zeroizing;

/// Writes a key as text, with a NUL.
///
/// # Safety
/// There is room for 41 characters at `place`.
unsafe fn write(place: *mut c_char, key: &[u8; CURVE_KEY_BYTES]) -> Result<()> {
    let text = Zeroizing::new(z85::encode(key).ok_or(Error::InvalidArgument)?);
    // SAFETY: the caller's promise; a key is 40 characters.
    unsafe {
        ptr::copy_nonoverlapping(text.as_ptr().cast(), place, text.len());
        place.add(text.len()).write(0);
    }
    Ok(())
}

/// Makes a new pair of keys, as text: 40 characters and a NUL each.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// EFAULT: one of the two is NULL.
/// EMFILE: the system gives no random numbers.
///
/// # Safety
/// Both are NULL or point to room for 41 characters.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_curve_keypair(
    z85_public_key: *mut c_char,
    z85_secret_key: *mut c_char,
) -> c_int {
    status(|| {
        if z85_public_key.is_null() || z85_secret_key.is_null() {
            return Err(BAD_ADDRESS);
        }
        let (public, secret) = curve::keypair()?;
        let secret = Zeroizing::new(secret);
        // SAFETY: the caller's promise; they are not NULL.
        unsafe {
            write(z85_public_key, &public)?;
            write(z85_secret_key, &secret)
        }
    })
}

/// Gives the public key that belongs to a secret one, as text.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// EINVAL: z85_secret_key is not a key.
/// EFAULT: one of the two is NULL.
///
/// # Safety
/// z85_public_key is NULL or points to room for 41 characters, z85_secret_key is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_curve_public(
    z85_public_key: *mut c_char,
    z85_secret_key: *const c_char,
) -> c_int {
    status(|| {
        if z85_public_key.is_null() || z85_secret_key.is_null() {
            return Err(BAD_ADDRESS);
        }
        // SAFETY: the caller's promise; it is not NULL.
        let text = unsafe { CStr::from_ptr(z85_secret_key) }.to_bytes();
        let bytes = Zeroizing::new(z85::decode(text).ok_or(Error::InvalidArgument)?);
        let secret = bytes.as_slice().try_into().map_err(|_| Error::InvalidArgument)?;
        // SAFETY: the caller's promise; it is not NULL.
        unsafe { write(z85_public_key, &curve::public_key(secret)) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errno::zmq_errno;

    #[test]
    fn keys_belong_together() {
        let [mut public, mut secret, mut derived] = [[7 as c_char; 42]; 3];
        // SAFETY: there is room for the keys, and they end with a NUL.
        unsafe {
            assert_eq!(zmq_curve_keypair(public.as_mut_ptr(), secret.as_mut_ptr()), 0);
            assert_eq!(zmq_curve_public(derived.as_mut_ptr(), secret.as_ptr()), 0);
        }
        assert_eq!(derived, public);
        assert_ne!(secret, public);
        assert_eq!((public[40], public[41]), (0, 7));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let mut key = [0; 41];
        let bad = [
            c"",
            c"bad",
            c"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8\"yf7",
            c"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7rq:rM",
        ];
        // SAFETY: there is room for a key; what is NULL is refused.
        unsafe {
            for text in bad {
                assert_eq!(zmq_curve_public(key.as_mut_ptr(), text.as_ptr()), -1);
                assert_eq!(zmq_errno(), libc::EINVAL);
            }
            assert_eq!(zmq_curve_public(ptr::null_mut(), bad[0].as_ptr()), -1);
            assert_eq!(zmq_curve_public(key.as_mut_ptr(), ptr::null()), -1);
            assert_eq!(zmq_curve_keypair(ptr::null_mut(), key.as_mut_ptr()), -1);
            assert_eq!(
                (zmq_curve_keypair(key.as_mut_ptr(), ptr::null_mut()), zmq_errno()),
                (-1, libc::EFAULT)
            );
        }
        assert_eq!(key, [0; 41]);
    }
}
