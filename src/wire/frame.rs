//! Frame headers of the two framings, ZMTP 1.0's and that of 2.0 and later: read and written.
#![forbid(unsafe_code)]

use super::{Version, WireError};
use crate::message::{INLINE_MAX, WORD};

/// More parts of the message follow; the same bit in both framings.
pub(super) const FLAG_MORE: u8 = 0b001;
/// The length has eight bytes; 2.0 and later.
const FLAG_LONG: u8 = 0b010;
/// The frame is a command; 3.0 and later.
pub(super) const FLAG_COMMAND: u8 = 0b100;

/// The first byte of a 1.0 frame whose length has eight bytes.
const V1_LONG: u8 = 0xff;
/// The greatest length, which counts the flags, that a short 1.0 frame has.
const V1_SHORT_MAX: u8 = V1_LONG - 1;

/// The longest header: a long one of 1.0.
pub(super) const HEADER_BYTES_MAX: usize = 10;

/// The longest body that any framing can announce.
pub(super) const BODY_BYTES_MAX: u64 = i64::MAX as u64;

/// Commands of these lengths are understood with an eight-byte length that is not flagged as such:
/// libzmq 4.3 sends SUBSCRIBE and CANCEL so when only the command's name takes them over 255 bytes. Since
/// no command is empty, a short length of zero, which is what such a long one begins with, tells.
const MISFLAGGED_BODY_BYTES: std::ops::RangeInclusive<u64> = 256..=265;

/// What a frame's header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// The header's own length.
    pub(super) bytes: usize,
    /// The length of the body that follows; at most [`BODY_BYTES_MAX`].
    pub(super) body_bytes: u64,
    pub(super) more: bool,
    pub(super) command: bool,
}

/// A whole message frame.
pub(super) struct Whole<'a> {
    pub(super) body: &'a [u8],
    /// The body and what follows it, if that is enough for a copy of fixed size.
    pub(super) inline: Option<&'a [u8; INLINE_MAX]>,
    pub(super) more: bool,
    /// What follows the frame.
    pub(super) rest: &'a [u8],
}

impl<'a> Whole<'a> {
    /// The frame whose body of `len` bytes `tail` begins with.
    #[inline(always)]
    fn of(flags: u8, len: usize, tail: &'a [u8]) -> Option<Whole<'a>> {
        let (body, rest) = tail.split_at_checked(len)?;
        Some(Whole { body, inline: tail.first_chunk(), more: flags & FLAG_MORE != 0, rest })
    }
}

/// A whole short frame with a message of one part.
pub(super) struct Short<'a> {
    /// Two bytes, the body, and what follows, as far as a message that is inline has room.
    first: &'a [u8; 2 + INLINE_MAX],
    pub(super) body: &'a [u8],
    /// What follows the frame.
    pub(super) rest: &'a [u8],
}

impl<'a> Short<'a> {
    /// The first word: two bytes and the first ones of the body, and of what follows.
    #[inline(always)]
    pub(super) fn word(&self) -> &'a [u8; WORD] {
        self.first.first_chunk().expect("it is longer than a word")
    }

    /// The body, and what follows, as far as a message that is inline has room.
    #[inline(always)]
    pub(super) fn inline(&self) -> &'a [u8; INLINE_MAX] {
        self.first.last_chunk().expect("it has room for the longest")
    }
}

/// How frames are delimited. A type each, so that the decoder's loop is compiled for each.
pub(super) trait Framing {
    /// The message frame that `bytes` begin with, if they hold all of one: the hot path, which leaves
    /// everything unusual to [`parse`].
    fn whole(bytes: &[u8]) -> Option<Whole<'_>>;

    /// The length of the body, if these two bytes begin a short frame with a message of one part.
    fn short_len(header: [u8; 2]) -> Option<usize>;

    /// The message frame that `bytes` begin with, if it is short, of one part, and not among the last bytes: the hottest
    /// path, which leaves everything else to [`Framing::whole`].
    #[inline(always)]
    fn short(bytes: &[u8]) -> Option<Short<'_>> {
        let first = bytes.first_chunk()?;
        let len = Self::short_len([first[0], first[1]])?;
        let (body, rest) = bytes[2..].split_at_checked(len)?;
        Some(Short { first, body, rest })
    }
}

/// The framing of ZMTP 1.0: a length that counts the flags, the flags, the body.
pub(super) struct V1;

/// The framing of ZMTP 2.0 and later: flags, a length, the body.
pub(super) struct V2;

impl Framing for V1 {
    #[inline(always)]
    fn whole(bytes: &[u8]) -> Option<Whole<'_>> {
        match bytes {
            [length @ 1..=V1_SHORT_MAX, flags, tail @ ..] => {
                Whole::of(*flags, usize::from(*length) - 1, tail)
            }
            [V1_LONG, tail @ ..] => {
                let (length, tail) = tail.split_first_chunk::<8>()?;
                let (flags, tail) = tail.split_first()?;
                let len = usize::try_from(u64::from_be_bytes(*length)).ok()?.checked_sub(1)?;
                Whole::of(*flags, len, tail)
            }
            _ => None,
        }
    }

    #[inline(always)]
    fn short_len([length, flags]: [u8; 2]) -> Option<usize> {
        (flags & FLAG_MORE == 0 && length <= V1_SHORT_MAX).then(|| usize::from(length).checked_sub(1))?
    }
}

impl Framing for V2 {
    #[inline(always)]
    fn whole(bytes: &[u8]) -> Option<Whole<'_>> {
        match bytes {
            [flags @ 0..=FLAG_MORE, length, tail @ ..] => Whole::of(*flags, usize::from(*length), tail),
            [flags @ FLAG_LONG..FLAG_COMMAND, tail @ ..] => {
                let (length, tail) = tail.split_first_chunk::<8>()?;
                Whole::of(*flags, usize::try_from(u64::from_be_bytes(*length)).ok()?, tail)
            }
            _ => None,
        }
    }

    #[inline(always)]
    fn short_len([flags, length]: [u8; 2]) -> Option<usize> {
        (flags == 0).then_some(usize::from(length))
    }
}

/// The header that `bytes` begin with; `None` if they do not hold all of it yet.
pub(super) fn parse(version: Version, bytes: &[u8]) -> Result<Option<Header>, WireError> {
    match version {
        Version::Raw => Ok(None),
        Version::V1_0 => parse_v1(bytes),
        Version::V2_0 => parse_v2(bytes, FLAG_MORE | FLAG_LONG),
        Version::V3_0 | Version::V3_1 => parse_v2(bytes, FLAG_MORE | FLAG_LONG | FLAG_COMMAND),
    }
}

fn parse_v1(bytes: &[u8]) -> Result<Option<Header>, WireError> {
    let (length, after) = match bytes {
        [V1_LONG, tail @ ..] => match tail.split_first_chunk::<8>() {
            Some((length, after)) => (u64::from_be_bytes(*length), after),
            None => return Ok(None),
        },
        [length, after @ ..] => (u64::from(*length), after),
        [] => return Ok(None),
    };
    let body_bytes = length.checked_sub(1).ok_or(WireError::EmptyFrame)?;
    check_announced(body_bytes)?;
    Ok(after.split_first().map(|(flags, after)| Header {
        bytes: bytes.len() - after.len(),
        body_bytes,
        // The other bits are undefined, and old programs do set them.
        more: flags & FLAG_MORE != 0,
        command: false,
    }))
}

fn parse_v2(bytes: &[u8], flags_known: u8) -> Result<Option<Header>, WireError> {
    let Some((&flags, tail)) = bytes.split_first() else { return Ok(None) };
    let (more, command) = (flags & FLAG_MORE != 0, flags & FLAG_COMMAND != 0);
    if flags & !flags_known != 0 || more && command {
        return Err(WireError::BadFlags(flags));
    }
    let long = flags & FLAG_LONG != 0 || command && tail.first() == Some(&0);
    let (body_bytes, after) = if long {
        match tail.split_first_chunk::<8>() {
            Some((length, after)) => (u64::from_be_bytes(*length), after),
            None => return Ok(None),
        }
    } else {
        match tail.split_first() {
            Some((length, after)) => (u64::from(*length), after),
            None => return Ok(None),
        }
    };
    check_announced(body_bytes)?;
    if long && flags & FLAG_LONG == 0 && !MISFLAGGED_BODY_BYTES.contains(&body_bytes) {
        return Err(WireError::MalformedCommand("it has no name"));
    }
    Ok(Some(Header { bytes: bytes.len() - after.len(), body_bytes, more, command }))
}

fn check_announced(body_bytes: u64) -> Result<(), WireError> {
    if body_bytes > BODY_BYTES_MAX {
        return Err(WireError::MessageTooLong { bytes: body_bytes, bytes_max: BODY_BYTES_MAX });
    }
    Ok(())
}

/// The bodies that are too long for a short header have this many bytes, or more.
pub(super) fn long_bytes_min(version: Version) -> usize {
    if version == Version::V1_0 { usize::from(V1_SHORT_MAX) } else { 1 + usize::from(u8::MAX) }
}

/// The two bytes of a short message frame's header; the body is shorter than [`long_bytes_min`].
#[inline(always)]
pub(super) fn short_header(version: Version, body_bytes: u8, more: bool) -> [u8; 2] {
    if version == Version::V1_0 {
        [body_bytes.wrapping_add(1), u8::from(more)]
    } else {
        [u8::from(more), body_bytes]
    }
}

/// Appends the header of a frame with these flags: [`FLAG_MORE`] or [`FLAG_COMMAND`] or neither.
pub(super) fn put(out: &mut Vec<u8>, version: Version, body_bytes: usize, flags: u8) {
    debug_assert!(version >= Version::V3_0 || flags & FLAG_COMMAND == 0, "{version:?} has no commands");
    if body_bytes < long_bytes_min(version) {
        let [first, second] = short_header(version, body_bytes as u8, flags & FLAG_MORE != 0);
        out.extend([first | flags & FLAG_COMMAND, second]);
    } else if version == Version::V1_0 {
        out.push(V1_LONG);
        out.extend((body_bytes as u64 + 1).to_be_bytes());
        out.push(flags);
    } else {
        out.push(flags | FLAG_LONG);
        out.extend((body_bytes as u64).to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Version::*;

    fn header(version: Version, bytes: &[u8]) -> Result<Option<Header>, WireError> {
        parse(version, bytes)
    }

    #[test]
    fn headers_are_the_bytes_of_the_specifications() {
        let put = |version, body, flags| {
            let mut out = Vec::new();
            put(&mut out, version, body, flags);
            out
        };
        assert_eq!(put(V1_0, 0, 0), [1, 0]);
        assert_eq!(put(V1_0, 253, FLAG_MORE), [254, 1]);
        assert_eq!(put(V1_0, 254, 0), [0xff, 0, 0, 0, 0, 0, 0, 0, 255, 0]);
        assert_eq!(put(V1_0, 0x1234, FLAG_MORE), [0xff, 0, 0, 0, 0, 0, 0, 0x12, 0x35, 1]);
        for version in [V2_0, V3_0, V3_1] {
            assert_eq!(put(version, 0, 0), [0, 0]);
            assert_eq!(put(version, 255, FLAG_MORE), [1, 255]);
            assert_eq!(put(version, 256, 0), [2, 0, 0, 0, 0, 0, 0, 1, 0]);
            assert_eq!(put(version, 256, FLAG_MORE), [3, 0, 0, 0, 0, 0, 0, 1, 0]);
        }
        assert_eq!(put(V3_1, 5, FLAG_COMMAND), [4, 5]);
        assert_eq!(put(V3_1, 256, FLAG_COMMAND), [6, 0, 0, 0, 0, 0, 0, 1, 0]);
    }

    #[test]
    fn headers_read_back_and_are_incomplete_until_whole() {
        for version in [V1_0, V2_0, V3_0, V3_1] {
            for body in [0, 1, 252, 253, 254, 255, 256, 65_536, BODY_BYTES_MAX as usize] {
                for flags in [0, FLAG_MORE, FLAG_COMMAND] {
                    if flags == FLAG_COMMAND && (version < V3_0 || body == 0) {
                        continue;
                    }
                    let mut bytes = Vec::new();
                    put(&mut bytes, version, body, flags);
                    assert!(bytes.len() <= HEADER_BYTES_MAX);
                    for cut in 0..bytes.len() {
                        assert_eq!(header(version, &bytes[..cut]), Ok(None), "{version:?} {bytes:?} {cut}");
                    }
                    let expected = Header {
                        bytes: bytes.len(),
                        body_bytes: body as u64,
                        more: flags == FLAG_MORE,
                        command: flags == FLAG_COMMAND,
                    };
                    assert_eq!(header(version, &bytes), Ok(Some(expected)));
                }
            }
        }
    }

    #[test]
    fn flags_that_a_version_does_not_know_are_refused() {
        for flags in 0..=255u8 {
            let frame = [flags, 0, 0, 0, 0, 0, 0, 0, 0];
            let refused = Err(WireError::BadFlags(flags));
            assert_eq!(header(V2_0, &frame) == refused, flags > 3, "{flags:#x} in 2.0");
            for version in [V3_0, V3_1] {
                assert_eq!(header(version, &frame) == refused, flags > 7 || flags & 5 == 5, "{flags:#x}");
            }
            let read = header(V1_0, &[1, flags]).unwrap().unwrap();
            assert_eq!((read.more, read.command), (flags & 1 == 1, false));
        }
    }

    #[test]
    fn a_long_command_that_is_flagged_short_is_understood() {
        for body_bytes in [256, 265] {
            let mut frame = vec![FLAG_COMMAND];
            frame.extend(u64::to_be_bytes(body_bytes));
            assert_eq!(header(V3_1, &frame[..8]), Ok(None));
            assert_eq!(
                header(V3_1, &frame),
                Ok(Some(Header { bytes: 9, body_bytes, more: false, command: true }))
            );
        }
        for body_bytes in [0, 255, 266] {
            let mut frame = vec![FLAG_COMMAND];
            frame.extend(u64::to_be_bytes(body_bytes));
            assert_eq!(header(V3_1, &frame), Err(WireError::MalformedCommand("it has no name")));
        }
    }

    #[test]
    fn impossible_lengths_are_refused() {
        let too_long = |bytes| Err(WireError::MessageTooLong { bytes, bytes_max: BODY_BYTES_MAX });
        assert_eq!(header(V1_0, &[0]), Err(WireError::EmptyFrame));
        assert_eq!(header(V1_0, &[0xff, 0, 0, 0, 0, 0, 0, 0, 0]), Err(WireError::EmptyFrame));
        assert_eq!(header(V1_0, &[0xff; 9]), too_long(u64::MAX - 1));
        assert_eq!(header(V2_0, &[2, 0x80, 0, 0, 0, 0, 0, 0, 0]), too_long(1 << 63));
        assert_eq!(header(V3_1, &[6, 255, 255, 255, 255, 255, 255, 255, 255]), too_long(u64::MAX));
    }

    #[test]
    fn whole_frames_are_found_only_when_whole() {
        for version in [V1_0, V2_0] {
            let whole = if version == V1_0 { V1::whole } else { V2::whole };
            for (len, more) in [(0, true), (2, false), (29, true), (253, false), (254, true), (1000, false)] {
                let mut bytes = Vec::new();
                put(&mut bytes, version, len, u8::from(more));
                bytes.extend((0..len).map(|i| i as u8));
                for cut in 0..bytes.len() {
                    assert!(whole(&bytes[..cut]).is_none(), "{version:?}: {len} bytes cut at {cut}");
                }
                bytes.push(9);
                let frame = whole(&bytes).unwrap();
                let body = bytes.len() - 1 - len;
                assert_eq!(
                    (frame.body, frame.more, frame.rest),
                    (&bytes[body..body + len], more, &[9u8][..])
                );
                assert_eq!(frame.inline.map(|bytes| &bytes[..]), bytes.get(body..body + INLINE_MAX));
            }
        }
        for bytes in [[0; 20], [0xff; 20]] {
            assert!(V1::whole(&bytes).is_none(), "{bytes:?}");
        }
        for flags in 2..=255 {
            let bytes = [flags, 255, 255, 255, 255, 255, 255, 255, 255, 0];
            assert!(V2::whole(&bytes).is_none(), "{bytes:?}");
        }
    }
}
