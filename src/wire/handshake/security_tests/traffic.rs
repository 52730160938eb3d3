//! What follows a handshake of CURVE: messages and commands that are encrypted, and everything that is not right.

use super::super::*;
use super::curve::seal;
use super::*;

pub(super) fn written(batch: &Batch) -> Vec<u8> {
    let mut out = [IoSlice::new(&[]); SLICES_MAX];
    let count = batch.slices(&mut out);
    out[..count].iter().flat_map(|slice| slice.iter().copied()).collect()
}

/// What encrypts a client's messages, and what decrypts them.
fn connection(bytes_max: Option<u64>) -> (Encoder, Decoder) {
    let (server, client) = (keys(), keys());
    let mut sides = pair(&curve_server(&server), &curve_client(&client, server.0), reply("200"));
    meet(&mut sides, 1000, |_, _| ());
    let [mut server, mut client] = sides;
    let mut encoder = Encoder::new(Version::V3_1);
    encoder.seal_with(client.handshake.cipher().unwrap().sealer);
    assert!(client.handshake.cipher().is_none(), "given once");
    let opener = server.handshake.cipher().unwrap().opener;
    (encoder, Decoder::opening(Version::V3_1, bytes_max, opener))
}

fn encoded(encoder: &mut Encoder, body: &[u8], more: bool, kind: Kind) -> Vec<u8> {
    let mut batch = Batch::new();
    let mut part = Message::copy_from(body).unwrap().with_kind(kind);
    part.set_more(more);
    encoder.encode(part, &mut batch);
    written(&batch)
}

#[test]
fn encrypted_traffic_arrives_as_it_was_sent() {
    let lengths = [0, 1, 29, 30, 31, 215, 222, 223, 1000, 1024, 1025, 8191, 8192, 70_000, 1_000_000];
    let body = |len: usize| (0..len).map(|at| (at % 251) as u8).collect::<Vec<u8>>();
    for chunk in [1, 13, 4000, 65_536, usize::MAX] {
        let (mut encoder, mut decoder) = connection(None);
        let (mut bytes, mut expected) = (Vec::new(), Vec::new());
        for &len in lengths.iter().filter(|&&len| chunk > 100 || len < 9000) {
            let frame = encoded(&mut encoder, &body(len), true, Kind::Data);
            assert_eq!(frame.len(), len + 33 + if len + 33 < 256 { 2 } else { 9 });
            bytes.extend(frame);
            bytes.extend(encoded(&mut encoder, b"end", false, Kind::Data));
            expected.push(Event::Part { body: body(len), more: true });
            expected.push(Event::Part { body: b"end".to_vec(), more: false });
        }
        let mut batch = Batch::new();
        encoder.ping(258, b"context", &mut batch);
        encoder.pong(b"context", &mut batch);
        bytes.extend(written(&batch));
        bytes.extend(encoded(&mut encoder, b"topic", false, Kind::Subscribe));
        bytes.extend(encoded(&mut encoder, b"topic", false, Kind::Cancel));
        bytes.extend(encoded(&mut encoder, b"me", false, Kind::Identity));
        let context = b"context".to_vec();
        expected.push(Event::Ping { ttl_ds: 258, context: context.clone() });
        expected.push(Event::Pong { context });
        expected.push(Event::Subscribe(b"topic".to_vec()));
        expected.push(Event::Cancel(b"topic".to_vec()));

        let (mut sink, mut arena) = (Recorder::default(), Arena::new());
        for piece in bytes.chunks(chunk.min(bytes.len())) {
            let mut rest = piece;
            while !rest.is_empty() {
                if let Some((body, missing)) = decoder.body_window() {
                    let count = rest.len().min(missing).min(body.capacity() - body.len());
                    body.extend_from_slice(&rest[..count]);
                    decoder.body_filled(&mut sink).unwrap();
                    rest = &rest[count..];
                } else {
                    let used = decoder.decode(rest, &mut arena, &mut sink).unwrap();
                    rest = &rest[used..];
                }
            }
        }
        assert!(sink.events == expected, "in pieces of {chunk}");
    }
}

#[test]
fn subscriptions_to_older_peers_are_messages() {
    let (mut encoder, mut decoder) = connection(None);
    let mut older = Encoder::new(Version::V3_0);
    std::mem::swap(&mut encoder, &mut older);
    // The same keys, for a peer that speaks 3.0.
    let sealer = older.take_sealer();
    encoder.seal_with(sealer);
    let bytes = [
        encoded(&mut encoder, b"topic", false, Kind::Subscribe),
        encoded(&mut encoder, b"topic", false, Kind::Cancel),
    ];
    let mut sink = Recorder::default();
    decoder.decode(&bytes.concat(), &mut Arena::new(), &mut sink).unwrap();
    let part = |body: &[u8]| Event::Part { body: body.to_vec(), more: false };
    assert_eq!(sink.events, [part(b"\x01topic"), part(b"\x00topic")]);
}

#[test]
fn messages_wait_for_room() {
    let (mut encoder, mut decoder) = connection(None);
    let mut bytes = Vec::new();
    for number in 0..10u8 {
        bytes.extend(encoded(&mut encoder, &[number], true, Kind::Data));
        let mut batch = Batch::new();
        encoder.pong(b"", &mut batch);
        bytes.extend(written(&batch));
        bytes.extend(encoded(&mut encoder, &[number; 40], false, Kind::Data));
    }
    let (mut sink, mut arena, mut used) = (Recorder::default(), Arena::new(), 0);
    for number in 0..10 {
        sink.room = Some(1);
        used += decoder.decode(&bytes[used..], &mut arena, &mut sink).unwrap();
        assert_eq!(sink.events.len(), 3 * (number + 1));
    }
    assert_eq!(used, bytes.len());
}

/// What a decoder says to some bytes, given whole or by bytes.
fn refusal(decoder: &mut Decoder, bytes: &[u8], chunk: usize) -> WireError {
    let (mut sink, mut arena) = (Recorder::default(), Arena::new());
    for piece in bytes.chunks(chunk) {
        if let Err(error) = decoder.decode(piece, &mut arena, &mut sink) {
            return error;
        }
    }
    panic!("it was accepted: {:?}", sink.events)
}

#[test]
fn altered_replayed_and_reordered_messages_are_refused() {
    let malformed = WireError::MalformedHandshake("MESSAGE");
    for len in [3, 300, 9000] {
        for chunk in [1, 100_000] {
            let prepared = || {
                let (mut encoder, mut decoder) = connection(None);
                let mut frame = || encoded(&mut encoder, &vec![1; len], false, Kind::Data);
                let frames = [frame(), frame(), frame()];
                let mut sink = Recorder::default();
                decoder.decode(&frames[0], &mut Arena::new(), &mut sink).unwrap();
                assert_eq!(sink.events.len(), 1);
                (decoder, frames)
            };
            let (mut decoder, frames) = prepared();
            assert_eq!(refusal(&mut decoder, &frames[0], chunk), WireError::NonceSequence, "replayed");
            let (mut decoder, frames) = prepared();
            let swapped = [&frames[2][..], &frames[1]].concat();
            assert_eq!(refusal(&mut decoder, &swapped, chunk), WireError::NonceSequence, "reordered");
            let header = if len + 33 < 256 { 2 } else { 9 };
            let body = header..frames[0].len();
            for at in body.step_by(1 + len / 40) {
                let (mut decoder, mut frames) = prepared();
                frames[1][at] ^= 0x10;
                let error = refusal(&mut decoder, &frames[1], chunk);
                let in_name = at < header + 8;
                // A nonce that was made smaller is one that came before; a greater one opens nothing.
                assert!(
                    error == if in_name { malformed.clone() } else { WireError::Cryptographic }
                        || error == WireError::NonceSequence,
                    "byte {at}: {error}"
                );
            }
            // Not encrypted at all, too short, or with a flag of its own.
            for frame in [&b"\0\x05hello"[..], b"\0\x28hello hello hello hello hello hello hello hello"] {
                let (mut decoder, _) = prepared();
                assert_eq!(refusal(&mut decoder, frame, chunk), malformed);
            }
            let (mut decoder, mut frames) = prepared();
            frames[1][0] |= 1;
            assert_eq!(refusal(&mut decoder, &frames[1], chunk), malformed);
        }
    }
}

#[test]
fn a_message_may_come_as_a_command() {
    let (mut encoder, mut decoder) = connection(None);
    let mut frame = encoded(&mut encoder, b"hello", false, Kind::Data);
    frame[0] |= 4;
    let mut sink = Recorder::default();
    decoder.decode(&frame, &mut Arena::new(), &mut sink).unwrap();
    assert_eq!(sink.events, [Event::Part { body: b"hello".to_vec(), more: false }]);
}

#[test]
fn what_is_inside_is_checked_too() {
    let sealed = |flags: u8, body: &[u8]| {
        let shared = Shared::own([7; KEY_BYTES]);
        let cipher = Cipher::new(&shared, crate::wire::cipher::Role::Server, 0, 0);
        let sealed = seal(b"CurveZMQMESSAGEC", &1u64.to_be_bytes(), &shared, &[&[flags][..], body].concat());
        let frame = [&[2, 0, 0, 0, 0, 0, 0, 0, 8 + sealed.len() as u8][..], b"\x07MESSAGE", &sealed].concat();
        (Decoder::opening(Version::V3_1, Some(100), cipher.opener), frame)
    };
    let refused = |flags, body: &[u8]| {
        let (mut decoder, frame) = sealed(flags, body);
        refusal(&mut decoder, &frame, 1000)
    };
    let malformed = WireError::MalformedHandshake("MESSAGE");
    assert_eq!(refused(3, b"\x04PONG"), malformed);
    assert_eq!(refused(4, b"hello"), malformed);
    assert!(matches!(refused(2, b"\x04PING"), WireError::MalformedCommand(_)));
    assert!(matches!(refused(2, b""), WireError::MalformedCommand(_)));
    assert!(matches!(refused(0, &[0; 101]), WireError::MessageTooLong { .. }));
    let (mut decoder, frame) = sealed(0, &[0; 100]);
    decoder.decode(&frame, &mut Arena::new(), &mut Recorder::default()).unwrap();
    let (mut encoder, mut decoder) = connection(None);
    let torn = [
        encoded(&mut encoder, b"one", true, Kind::Data),
        encoded(&mut encoder, b"topic", false, Kind::Subscribe),
    ];
    assert_eq!(refusal(&mut decoder, &torn.concat(), 1000), WireError::SubscriptionInMessage);
}
