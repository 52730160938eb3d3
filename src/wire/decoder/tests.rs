//! The decoder against hand-made bytes: in every split, with a sink that has no room, and at its limits.

use super::*;
use crate::wire::tests::{Event, Recorder, VERSIONS};
use Version::*;

fn part(body: &[u8], more: bool) -> Event {
    Event::Part { body: body.to_vec(), more }
}

/// Decodes `pieces` one after the other; what came of them, and how it ended.
fn decode<'a>(
    version: Version,
    bytes_max: Option<u64>,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> (Vec<Event>, Result<(), WireError>) {
    let mut decoder = Decoder::new(version, bytes_max);
    let (mut arena, mut sink) = (Arena::new(), Recorder::default());
    for piece in pieces {
        match decoder.decode(piece, &mut arena, &mut sink) {
            Ok(used) => assert_eq!(used, piece.len()),
            Err(error) => return (sink.events, Err(error)),
        }
    }
    (sink.events, Ok(()))
}

fn decode_whole(version: Version, bytes: &[u8]) -> (Vec<Event>, Result<(), WireError>) {
    decode(version, None, std::iter::once(bytes))
}

/// A stream of each version with all that it may hold, and what comes of it.
fn streams() -> Vec<(Version, Vec<u8>, Vec<Event>)> {
    let mut v1 = b"\x01\0\x06\0hello\x02\x01a\x01\x7f\x02\0b".to_vec();
    v1.extend(b"\xff\0\0\0\0\0\0\0\x03\x01cd\xff\0\0\0\0\0\0\x01\x2d\0");
    v1.extend([b'l'; 300]);
    let v1_events = vec![
        part(b"", false),
        part(b"hello", false),
        part(b"a", true),
        part(b"", true),
        part(b"b", false),
        part(b"cd", true),
        part(&[b'l'; 300], false),
    ];
    let mut v2 = b"\0\0\0\x05hello\x01\x01a\x01\0\0\x01b".to_vec();
    v2.extend(b"\x03\0\0\0\0\0\0\0\x02cd\x02\0\0\0\0\0\0\x01\x2c");
    v2.extend([b'l'; 300]);
    let mut v3 = v2.clone();
    v3.extend(b"\x04\x08\x04PING\0\x0ax\x01\x01m\x04\x05\x04PONG\0\x01n");
    v3.extend(
        b"\x04\x0b\x09SUBSCRIBEa\x06\0\0\0\0\0\0\0\x08\x06CANCELa\x04\x05\x04JOIN\x04\x07\x05LEAVEg\x04\x05\x04NOPE\x04\x08\x05ERROR\x01e",
    );
    v3.extend(b"\x04\0\0\0\0\0\0\x01\0\x09SUBSCRIBE");
    v3.extend([b's'; 246]);
    let mut v3_events = v1_events.clone();
    v3_events.extend([
        Event::Ping { ttl_ds: 10, context: b"x".to_vec() },
        part(b"m", true),
        Event::Pong { context: vec![] },
        part(b"n", false),
        Event::Subscribe(b"a".to_vec()),
        Event::Cancel(b"a".to_vec()),
        Event::Join(vec![]),
        Event::Leave(b"g".to_vec()),
        Event::Other,
        Event::Error(b"e".to_vec()),
        Event::Subscribe(vec![b's'; 246]),
    ]);
    vec![
        (V1_0, v1, v1_events.clone()),
        (V2_0, v2, v1_events),
        (V3_0, v3.clone(), v3_events.clone()),
        (V3_1, v3, v3_events),
    ]
}

#[test]
fn hand_made_streams_are_understood_in_every_split() {
    for (version, bytes, events) in streams() {
        let expected = (events, Ok(()));
        for at in 0..=bytes.len() {
            let (first, second) = bytes.split_at(at);
            assert_eq!(decode(version, None, [first, second].into_iter()), expected, "{version:?} at {at}");
        }
        for size in [1, 2, 3, 10] {
            assert_eq!(decode(version, None, bytes.chunks(size)), expected, "{version:?} by {size}");
        }
    }
}

#[test]
fn an_incomplete_frame_is_no_event() {
    for (version, bytes, events) in streams() {
        let mut seen = 0;
        for cut in 0..bytes.len() {
            let (got, end) = decode_whole(version, &bytes[..cut]);
            assert_eq!(end, Ok(()));
            assert!(events.starts_with(&got) && got.len() >= seen && got.len() < events.len());
            seen = got.len();
        }
    }
}

#[test]
fn a_sink_without_room_stops_the_decoder_before_a_message() {
    for (version, bytes, events) in streams() {
        for size in [1, 7, 10_000] {
            let mut decoder = Decoder::new(version, None);
            let (mut arena, mut sink) = (Arena::new(), Recorder::default());
            sink.room = Some(0);
            let mut rest = &bytes[..];
            let mut full = 0;
            while !rest.is_empty() {
                let end = size.min(rest.len());
                // The recorder sees to it that no message comes for which it had no room.
                let used = decoder.decode(&rest[..end], &mut arena, &mut sink).unwrap();
                rest = &rest[used..];
                full += usize::from(sink.room == Some(0));
                sink.room = if sink.room == Some(0) { Some(1) } else { Some(0) };
            }
            assert!(full > 3, "the sink was full now and then");
            sink.room = None;
            // A header that is whole here may wait without any more input.
            decoder.decode(b"", &mut arena, &mut sink).unwrap();
            assert_eq!(sink.events, events, "{version:?} by {size}");
        }
    }
}

#[test]
fn bytes_without_frames_become_messages_as_there_is_room() {
    let bytes: Vec<u8> = (0..20_000u32).map(|i| i as u8).collect();
    let mut decoder = Decoder::new(Raw, None);
    let mut sink = Recorder::default();
    sink.room = Some(2);
    let used = decoder.decode(&bytes, &mut Arena::new(), &mut sink).unwrap();
    assert_eq!(used, 2 * RAW_BYTES_MAX);
    assert_eq!(decoder.decode(&bytes[used..], &mut Arena::new(), &mut sink), Ok(0));
    sink.room = None;
    assert_eq!(decoder.decode(&bytes[used..], &mut Arena::new(), &mut sink), Ok(bytes.len() - used));
    let expected: Vec<Event> = bytes.chunks(RAW_BYTES_MAX).map(|piece| part(piece, false)).collect();
    assert_eq!(sink.events, expected);
}

#[test]
fn a_header_waits_for_room_where_it_is() {
    let mut arena = Arena::new();
    let mut sink = Recorder::default();
    sink.room = Some(0);
    let mut decoder = Decoder::new(V3_1, None);
    // In the input it is left there; one that was begun here is completed here.
    assert_eq!(decoder.decode(b"\0\0", &mut arena, &mut sink), Ok(0));
    assert_eq!(decoder.decode(b"\0", &mut arena, &mut sink), Ok(1));
    assert_eq!(decoder.decode(b"\0\0\x01a", &mut arena, &mut sink), Ok(1));
    assert_eq!(decoder.decode(b"\0\x01a", &mut arena, &mut sink), Ok(0));
    sink.room = Some(1);
    assert_eq!(decoder.decode(b"", &mut arena, &mut sink), Ok(0));
    assert_eq!(sink.events, [part(b"", false)]);
    // A message that has begun needs no room for its further parts, nor does a command.
    sink.room = Some(1);
    assert_eq!(decoder.decode(b"\x01\x01a\0\x01b\x04\x02\x01x\0\0", &mut arena, &mut sink), Ok(10));
    assert_eq!(sink.events[1..], [part(b"a", true), part(b"b", false), Event::Other]);
}

#[test]
fn subscriptions_wait_for_room_like_messages() {
    let mut arena = Arena::new();
    let mut sink = Recorder::default();
    sink.room = Some(0);
    let mut decoder = Decoder::new(V3_1, None);
    let subscribe = b"\x04\x0b\x09SUBSCRIBEa";
    assert_eq!(decoder.decode(subscribe, &mut arena, &mut sink), Ok(0));
    assert_eq!(decoder.decode(&subscribe[..1], &mut arena, &mut sink), Ok(1));
    assert_eq!(decoder.decode(&subscribe[1..], &mut arena, &mut sink), Ok(1));
    assert_eq!(decoder.decode(&subscribe[2..], &mut arena, &mut sink), Ok(0));
    assert_eq!(sink.events, []);
    sink.room = Some(1);
    assert_eq!(decoder.decode(&subscribe[2..], &mut arena, &mut sink), Ok(11));
    assert_eq!(sink.events, [Event::Subscribe(b"a".to_vec())]);
    // Of one that comes in pieces the first is kept, and the rest needs no room.
    assert_eq!(decoder.decode(&subscribe[..5], &mut arena, &mut sink), Ok(5));
    assert_eq!(decoder.decode(&subscribe[5..], &mut arena, &mut sink), Ok(8));
    assert_eq!(sink.events.len(), 2);
}

#[test]
fn a_subscription_within_a_message_is_refused() {
    for command in [&b"\x04\x0b\x09SUBSCRIBEa"[..], b"\x04\x07\x06CANCEL"] {
        let bytes = [b"\x01\x01a", command].concat();
        for size in [1, bytes.len()] {
            let (events, end) = decode(V3_1, None, bytes.chunks(size));
            assert_eq!((events, end), (vec![part(b"a", true)], Err(WireError::SubscriptionInMessage)));
        }
    }
}

#[test]
fn malformed_frames_are_refused() {
    let error = |version, bytes: &[u8]| {
        let whole = decode_whole(version, bytes).1.expect_err("the peer is refused");
        assert_eq!(decode(version, None, bytes.chunks(1)).1, Err(whole.clone()), "whatever the split");
        whole
    };
    assert_eq!(error(V1_0, b"\0"), WireError::EmptyFrame);
    assert_eq!(error(V1_0, b"\x01\0\0"), WireError::EmptyFrame);
    assert_eq!(error(V1_0, b"\xff\0\0\0\0\0\0\0\0"), WireError::EmptyFrame);
    assert!(matches!(error(V1_0, &[0xff; 10]), WireError::MessageTooLong { .. }));
    for (version, flags) in [(V2_0, 4), (V2_0, 8), (V3_0, 8), (V3_1, 0x80), (V3_1, 5), (V3_1, 7)] {
        assert_eq!(error(version, &[0, 0, flags]), WireError::BadFlags(flags), "{version:?}");
    }
    for version in [V2_0, V3_0, V3_1] {
        let too_long = WireError::MessageTooLong { bytes: 1 << 63, bytes_max: i64::MAX as u64 };
        assert_eq!(error(version, b"\x02\x80\0\0\0\0\0\0\0"), too_long);
    }
    for frame in [&b"\x04\0\0\0\0\0\0\0\0"[..], b"\x04\x01\0", b"\x04\x02\x02a", b"\x04\x05\x04PING"] {
        assert!(matches!(error(V3_1, frame), WireError::MalformedCommand(_)), "{frame:?}");
    }
}

#[test]
fn the_length_of_messages_is_limited_where_asked_for() {
    for version in VERSIONS {
        for bytes_max in [0usize, 10, 255, 256, 9000] {
            let frame = |len: usize| {
                let mut bytes = Vec::new();
                frame::put(&mut bytes, version, len, 0);
                bytes.resize(bytes.len() + len, 7);
                bytes
            };
            let limit = Some(bytes_max as u64);
            let longest = frame(bytes_max);
            let expected = (vec![part(&vec![7; bytes_max], false)], Ok(()));
            assert_eq!(decode(version, limit, std::iter::once(&longest[..])), expected);
            let too_long = frame(bytes_max + 1);
            let error =
                WireError::MessageTooLong { bytes: bytes_max as u64 + 1, bytes_max: bytes_max as u64 };
            assert_eq!(decode(version, limit, std::iter::once(&too_long[..])), (vec![], Err(error.clone())));
            let announced = &too_long[..too_long.len() - bytes_max - 1];
            assert_eq!(decode(version, limit, announced.chunks(1)), (vec![], Err(error)), "once announced");
        }
    }
}

/// The frame of a command with so much data.
fn command(name: &str, data_bytes: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    command::put(&mut bytes, name, &vec![b'd'; data_bytes]);
    bytes
}

#[test]
fn the_length_of_commands_is_limited() {
    let bytes_max = COMMAND_BYTES_MAX as usize;
    let error_at = |limit, bytes: &[u8]| {
        let whole = decode(V3_1, limit, std::iter::once(bytes));
        let pieces = decode(V3_1, limit, bytes.chunks(11));
        assert_eq!(whole, pieces);
        whole.1.err()
    };
    assert_eq!(error_at(None, &command("HELLO", bytes_max - 6)), None);
    let too_long = |bytes: usize, bytes_max: usize| {
        Some(WireError::CommandTooLong { bytes: bytes as u64, bytes_max: bytes_max as u64 })
    };
    let hello = command("HELLO", bytes_max - 5);
    assert_eq!(error_at(None, &hello), too_long(bytes_max + 1, bytes_max));
    assert_eq!(error_at(None, &hello[..9 + 10]), too_long(bytes_max + 1, bytes_max), "once it has a name");

    // A subscription is as long as a message may be.
    let mib16 = SUBSCRIPTION_BYTES_MAX as usize;
    assert_eq!(error_at(None, &command("SUBSCRIBE", mib16)), None);
    assert_eq!(error_at(None, &command("SUBSCRIBE", mib16 + 1)), too_long(mib16 + 11, mib16 + 10));
    assert_eq!(error_at(None, &command("CANCEL", mib16 + 1)), too_long(mib16 + 8, mib16 + 7));
    assert_eq!(error_at(Some(1 << 25), &command("CANCEL", mib16 + 1)), None);
    assert_eq!(error_at(Some(70_000), &command("SUBSCRIBE", 70_000)), None);
    assert_eq!(error_at(Some(70_000), &command("SUBSCRIBE", 70_001)), too_long(70_011, 70_010));
    // What is within the common limit of commands passes whatever that of messages.
    assert_eq!(error_at(Some(10), &command("SUBSCRIBE", 1000)), None);
}

#[test]
fn memory_is_taken_as_bytes_come() {
    let mut decoder = Decoder::new(V3_1, None);
    let (mut arena, mut sink) = (Arena::new(), Recorder::default());
    // The longest that can be announced: it is not refused, it just never comes.
    let header = b"\x02\x7f\xff\xff\xff\xff\xff\xff\xff";
    assert_eq!(decoder.decode(header, &mut arena, &mut sink), Ok(9));
    let (body, missing) = decoder.body_window().expect("a large body is under way");
    assert_eq!((body.len(), missing), (0, i64::MAX as usize));
    assert!(body.capacity() <= RESERVED_BYTES_MAX);
    body.resize(RESERVED_BYTES_MAX, 1);
    decoder.body_filled(&mut sink).unwrap();
    let (body, missing) = decoder.body_window().expect("it is still under way");
    assert_eq!(missing, i64::MAX as usize - RESERVED_BYTES_MAX);
    assert!(body.capacity() > RESERVED_BYTES_MAX && body.capacity() <= 2 * RESERVED_BYTES_MAX);
    assert_eq!(sink.events, []);
}

#[test]
fn memory_that_is_refused_is_an_error() {
    let mut bytes = vec![1, 2, 3];
    // No machine has so much.
    assert_eq!(grow(&mut bytes, i64::MAX as usize - 3), Err(WireError::OutOfMemory));
    assert_eq!(grow(&mut bytes, usize::MAX), Err(WireError::OutOfMemory));
    assert_eq!(bytes, [1, 2, 3]);
}

#[test]
fn a_window_is_open_only_within_a_large_body() {
    let mut decoder = Decoder::new(V1_0, None);
    let (mut arena, mut sink) = (Arena::new(), Recorder::default());
    assert!(decoder.body_window().is_none());
    assert_eq!(decoder.body_filled(&mut sink), Ok(()), "there is nothing to go on with");
    // A small body.
    decoder.decode(b"\x0a\0abc", &mut arena, &mut sink).unwrap();
    assert!(decoder.body_window().is_none());
    decoder.decode(b"defghi", &mut arena, &mut sink).unwrap();
    assert_eq!(sink.events.pop(), Some(part(b"abcdefghi", false)));
    // The shortest large one, of which the window takes all.
    let mut header = Vec::new();
    frame::put(&mut header, V1_0, LARGE_BODY_BYTES_MIN, 1);
    decoder.decode(&header, &mut arena, &mut sink).unwrap();
    let (body, missing) = decoder.body_window().expect("a large body is under way");
    assert_eq!(missing, LARGE_BODY_BYTES_MIN);
    assert!(body.capacity() >= missing);
    body.resize(missing, 8);
    decoder.body_filled(&mut sink).unwrap();
    assert_eq!(sink.events.pop(), Some(part(&[8; LARGE_BODY_BYTES_MIN], true)));
    assert!(decoder.body_window().is_none());
    decoder.decode(b"\x01\0", &mut arena, &mut sink).unwrap();
    assert_eq!(sink.events.pop(), Some(part(b"", false)));
}
