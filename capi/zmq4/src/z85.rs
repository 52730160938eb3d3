//! Z85: 4 bytes as 5 printable characters (RFC 32); and keys of CURVE in it.

use crate::errno::{BAD_ADDRESS, outcome};
use oxmq::Error;
use std::ffi::{CStr, c_char};
use std::ptr;

/// The characters, by their value.
const ALPHABET: &[u8; 85] =
    b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

/// What is not a character of Z85, in [`VALUES`].
const NONE: u8 = 255;

/// The value of each character.
const VALUES: [u8; 256] = {
    let mut values = [NONE; 256];
    let mut value = 0;
    while value < ALPHABET.len() {
        values[ALPHABET[value] as usize] = value as u8;
        value += 1;
    }
    values
};

/// How many characters `size` bytes become: 5 for each 4. `None`: they do not come in fours, or are too many.
fn encoded_size(size: usize) -> Option<usize> {
    if size.is_multiple_of(4) { (size / 4).checked_mul(5) } else { None }
}

/// The characters for 4 bytes.
fn encode_block(block: [u8; 4]) -> [u8; 5] {
    let mut rest = u32::from_be_bytes(block) as usize;
    let mut characters = [0; 5];
    for character in characters.iter_mut().rev() {
        *character = ALPHABET[rest % 85];
        rest /= 85;
    }
    characters
}

/// The bytes for 5 characters; `None`: they stand for none.
fn decode_block(block: [u8; 5]) -> Option<[u8; 4]> {
    let mut number = 0u64;
    for character in block {
        let value = VALUES[usize::from(character)];
        if value == NONE {
            return None;
        }
        number = number * 85 + u64::from(value);
    }
    u32::try_from(number).ok().map(u32::to_be_bytes)
}

/// The text for the bytes; `None`: their number is not divisible by 4.
pub(crate) fn encode(bytes: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(encoded_size(bytes.len())?);
    for block in bytes.as_chunks().0 {
        text.extend(encode_block(*block).map(char::from));
    }
    Some(text)
}

/// The bytes for a text; `None`: it is not in Z85.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let (blocks, rest) = text.as_chunks();
    if !rest.is_empty() {
        return None;
    }
    let mut bytes = Vec::with_capacity(blocks.len() * 4);
    for block in blocks {
        bytes.extend(decode_block(*block)?);
    }
    Some(bytes)
}

/// Writes the size bytes at data as printable characters to dest, which has room for 5 for each 4 bytes, and a NUL.
///
/// Returns dest; or NULL and errno.
///
/// # Errors
/// EINVAL: size is not divisible by 4.
/// EFAULT: dest is NULL, or data is with a size that is not 0.
///
/// # Safety
/// dest is NULL or points to room for what is written; data is NULL or points to size bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_z85_encode(dest: *mut c_char, data: *const u8, size: usize) -> *mut c_char {
    let write = || {
        let room = encoded_size(size).ok_or(Error::InvalidArgument)?;
        // SAFETY: the caller's promise.
        let data = unsafe { crate::message::bytes(data.cast(), size) }?;
        if dest.is_null() {
            return Err(BAD_ADDRESS);
        }
        for (place, block) in data.as_chunks().0.iter().enumerate() {
            // SAFETY: the caller's promise; there are `room` characters and a NUL in all.
            unsafe { dest.add(place * 5).cast::<[u8; 5]>().write(encode_block(*block)) };
        }
        // SAFETY: as above.
        unsafe { dest.add(room).write(0) };
        Ok(dest)
    };
    outcome(write(), ptr::null_mut())
}

/// Writes the bytes that string stands for to dest, which has room for 4 for each 5 characters.
///
/// Returns dest; or NULL and errno, and then may have written some.
///
/// # Errors
/// EINVAL: string is empty, its length is not divisible by 5, or it stands for no bytes.
/// EFAULT: dest or string is NULL.
///
/// # Safety
/// string is NULL or ends with a NUL; dest is NULL or points to room for what is written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_z85_decode(dest: *mut u8, string: *const c_char) -> *mut u8 {
    let write = || {
        if dest.is_null() || string.is_null() {
            return Err(BAD_ADDRESS);
        }
        // SAFETY: the caller's promise.
        let (blocks, rest) = unsafe { CStr::from_ptr(string) }.to_bytes().as_chunks();
        if blocks.is_empty() || !rest.is_empty() {
            return Err(Error::InvalidArgument);
        }
        for (place, block) in blocks.iter().enumerate() {
            let bytes = decode_block(*block).ok_or(Error::InvalidArgument)?;
            // SAFETY: the caller's promise: there is room for 4 bytes for each block.
            unsafe { dest.add(place * 4).cast::<[u8; 4]>().write(bytes) };
        }
        Ok(dest)
    };
    outcome(write(), ptr::null_mut())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification() {
        let bytes = [0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b];
        assert_eq!(encode(&bytes).as_deref(), Some("HelloWorld"));
        assert_eq!(decode(b"HelloWorld").as_deref(), Some(&bytes[..]));
    }

    #[test]
    fn what_is_encoded_is_decoded_and_nothing_else_is() {
        for number in [0, 1, 84, 85, 0xff, 0x8000_0000, u32::MAX - 1, u32::MAX] {
            let block = number.to_be_bytes();
            assert_eq!(decode_block(encode_block(block)), Some(block));
        }
        assert_eq!(encode(&[1, 2, 3]), None);
        assert_eq!(encode(&[]).as_deref(), Some(""));
        let bad: [&[u8]; 7] = [b"Hell", b"HelloHell", b"Hel o", b"Hel\"o", b"Hel\x80o", b"%nSc1", b"#####"];
        for text in bad {
            assert_eq!(decode(text), None, "{text:?}");
        }
        assert_eq!(decode(b"%nSc0"), Some(vec![255; 4]));
    }

    #[test]
    fn the_functions_for_c_check_what_they_are_given() {
        let mut text = [b'#' as c_char; 16];
        let mut bytes = [7; 8];
        // SAFETY: there is room for what is written.
        unsafe {
            assert_eq!(zmq_z85_encode(text.as_mut_ptr(), bytes.as_ptr(), 8), text.as_mut_ptr());
            assert_eq!((text[10], text[11]), (0, b'#' as c_char));
            bytes.fill(0);
            assert_eq!(zmq_z85_decode(bytes.as_mut_ptr(), text.as_ptr()), bytes.as_mut_ptr());
            assert_eq!(bytes, [7; 8]);
            assert!(zmq_z85_encode(text.as_mut_ptr(), bytes.as_ptr(), 7).is_null());
            assert!(zmq_z85_encode(ptr::null_mut(), bytes.as_ptr(), 8).is_null());
            assert!(zmq_z85_encode(text.as_mut_ptr(), ptr::null(), 8).is_null());
            assert!(zmq_z85_decode(bytes.as_mut_ptr(), c"".as_ptr()).is_null());
            assert!(zmq_z85_decode(bytes.as_mut_ptr(), ptr::null()).is_null());
            assert!(zmq_z85_decode(ptr::null_mut(), c"HelloWorld".as_ptr()).is_null());
        }
    }
}
