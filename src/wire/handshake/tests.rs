//! Handshakes against hand-made peers of every version, in every split, and against each other.

use super::*;
use Version::*;

fn local(kind: SocketType, identity: &[u8]) -> Local {
    Local { kind, identity: identity.to_vec(), metadata: Vec::new() }
}

/// A peer as it is on the wire.
struct Case {
    name: &'static str,
    local: Local,
    input: Vec<u8>,
    /// All that is to be sent to it.
    output: Vec<u8>,
    peer: PeerInfo,
}

fn greeting_v3(minor: u8, mechanism: &[u8], server: u8) -> Vec<u8> {
    let mut greeting = b"\xff\0\0\0\0\0\0\0\x01\x7f\x03".to_vec();
    greeting.push(minor);
    greeting.extend(mechanism);
    greeting.resize(12 + 20, 0);
    greeting.push(server);
    greeting.resize(64, 0);
    greeting
}

fn ready(properties: &[u8]) -> Vec<u8> {
    [&[4, 6 + properties.len() as u8][..], b"\x05READY", properties].concat()
}

const ROUTER: &[u8] = b"\x0bSocket-Type\0\0\0\x06ROUTER";
const PUSH: &[u8] = b"\x0bSocket-Type\0\0\0\x04PUSH";

fn anonymous(version: Version, kind: Option<SocketType>) -> PeerInfo {
    PeerInfo { version, kind, identity: vec![], properties: vec![] }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut case = |name, local, input: &[&[u8]], output: &[&[u8]], peer| {
        cases.push(Case { name, local, input: input.concat(), output: output.concat(), peer });
    };
    let signature = &b"\xff\0\0\0\0\0\0\0\x01\x7f"[..];
    let pull = local(SocketType::Pull, b"");
    let named = |version, kind| PeerInfo { identity: b"ab".to_vec(), ..anonymous(version, kind) };
    let me = local(SocketType::Router, b"me!");
    let signed_me = &b"\xff\0\0\0\0\0\0\0\x04\x7f"[..];

    case("1.0, anonymous", pull.clone(), &[b"\x01\0"], &[signature], anonymous(V1_0, None));
    case("1.0, flags set", pull.clone(), &[b"\x01\x7e"], &[signature], anonymous(V1_0, None));
    case("1.0, named", me.clone(), &[b"\x03\0ab"], &[signed_me, b"me!"], named(V1_0, None));
    let long = b"\xff\0\0\0\0\0\0\0\x03\0ab";
    case("1.0, long form", me.clone(), &[long], &[signed_me, b"me!"], named(V1_0, None));
    let longest = PeerInfo { identity: vec![b'x'; 255], ..anonymous(V1_0, None) };
    let input = [&b"\xff\0\0\0\0\0\0\x01\0\0"[..], &[b'x'; 255]];
    case("1.0, longest identity", pull.clone(), &input, &[signature], longest);

    let rep = Some(SocketType::Dealer);
    for (revision, version, ours) in [(0, V1_0, b"\x04\0me!"), (1, V2_0, b"\0\x03me!")] {
        let theirs: &[u8] = if revision == 0 { b"\x03\0ab" } else { b"\0\x02ab" };
        let input = [signature, &[revision, 5], theirs];
        case("2.0, named", me.clone(), &input, &[signed_me, b"\x03\x06", ours], named(version, rep));
    }
    let input = [signature, b"\x01\x08\0\0"];
    let push = Some(SocketType::Push);
    case("2.0, anonymous", pull.clone(), &input, &[signature, b"\x03\x07\0\0"], anonymous(V2_0, push));
    let xpub = local(SocketType::Xpub, b"");
    let input = [signature, b"\x01\x0a\0\0"];
    let xsub = Some(SocketType::Xsub);
    case("2.0, XSUB", xpub, &input, &[signature, b"\x03\x01\0\0"], anonymous(V2_0, xsub));

    let ours = greeting_v3(1, b"NULL", 0);
    for (minor, version) in [(0, V3_0), (1, V3_1), (9, V3_1)] {
        let peer = PeerInfo {
            properties: vec![("Socket-Type".into(), b"PUSH".to_vec())],
            ..anonymous(version, Some(SocketType::Push))
        };
        let pull_ready = ready(b"\x0bSocket-Type\0\0\0\x04PULL");
        let input = [&greeting_v3(minor, b"NULL", 0)[..], &ready(PUSH)];
        case("3.x", pull.clone(), &input, &[&ours, &pull_ready], peer);
    }
    let mut later = greeting_v3(0, b"NULL", 1);
    later[10] = 4;
    let nobody = anonymous(V3_1, None);
    let input = [&later[..], &ready(b"")];
    case(
        "4.0, server, says nothing",
        pull,
        &input,
        &[&ours, &ready(b"\x0bSocket-Type\0\0\0\x04PULL")],
        nobody,
    );

    let dealer = local(SocketType::Dealer, b"me!");
    let mut signed = greeting_v3(1, b"NULL", 0);
    signed[8] = 4;
    let output = [&signed[..], &ready(b"\x0bSocket-Type\0\0\0\x06DEALER\x08Identity\0\0\0\x03me!")];
    let properties = [ROUTER, b"\x08identity\0\0\0\x02ab\x03X-a\0\0\0\0"].concat();
    // The length in eight bytes, which nobody needs.
    let long =
        [&[6, 0, 0, 0, 0, 0, 0, 0, 6 + properties.len() as u8][..], b"\x05READY", &properties].concat();
    let peer = PeerInfo {
        properties: vec![
            ("Socket-Type".into(), b"ROUTER".to_vec()),
            ("identity".into(), b"ab".to_vec()),
            ("X-a".into(), vec![]),
        ],
        ..named(V3_1, Some(SocketType::Router))
    };
    case("3.1, named", dealer, &[&greeting_v3(1, b"NULL", 0), &long], &output, peer);
    cases
}

/// Hands `pieces` to a handshake after its first, empty call. Gives what it sent, how many bytes it used
/// and how it ended.
fn run<'a>(
    local: &Local,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> (Vec<u8>, usize, Result<Option<PeerInfo>, WireError>) {
    let mut handshake = Handshake::insecure(local.clone());
    let mut output = Vec::new();
    assert_eq!(handshake.advance(b"", &mut output), Ok((0, None)));
    assert_eq!(output.len(), 10, "the peer waits for the signature");
    let mut used = 0;
    for piece in pieces {
        match handshake.advance(piece, &mut output) {
            Ok((count, None)) => {
                assert_eq!(count, piece.len(), "all of a part of a handshake is used");
                used += count;
            }
            Ok((count, peer)) => return (output, used + count, Ok(peer)),
            Err(error) => return (output, used, Err(error)),
        }
    }
    (output, used, Ok(None))
}

#[test]
fn every_peer_is_met_in_every_split() {
    for case in cases() {
        let expected = (case.output, case.input.len(), Ok(Some(case.peer)));
        let with_traffic = [&case.input[..], b"\0\x05hello"].concat();
        let (front, back) = (with_traffic.len(), case.input.len());
        for at in 0..=front {
            let (first, second) = with_traffic.split_at(at);
            assert_eq!(run(&case.local, [first, second].into_iter()), expected, "{} at {at}", case.name);
        }
        assert_eq!(run(&case.local, with_traffic.chunks(1)), expected, "{} by bytes", case.name);
        for cut in 0..back {
            let (_, used, end) = run(&case.local, std::iter::once(&case.input[..cut]));
            assert_eq!((used, end), (cut, Ok(None)), "{} cut at {cut}", case.name);
        }
    }
}

#[test]
fn the_first_call_may_have_input() {
    for case in cases() {
        let mut output = Vec::new();
        let end = Handshake::insecure(case.local).advance(&case.input, &mut output);
        assert_eq!(end, Ok((case.input.len(), Some(case.peer))), "{}", case.name);
        assert_eq!(output, case.output, "{}", case.name);
    }
}

/// What a peer of one version sends, and how many bytes it waits to have received before each part.
fn cautious(version: Version, kind: SocketType, identity: &[u8]) -> Vec<(usize, Vec<u8>)> {
    let signature = b"\xff\0\0\0\0\0\0\0\x01\x7f".to_vec();
    let name = kind.wire_name().as_bytes();
    let count = identity.len() as u8;
    match version {
        Raw => vec![],
        V1_0 => vec![(0, [&[count + 1, 0], identity].concat())],
        V2_0 => vec![(0, signature), (10, vec![1, kind as u8]), (12, [&[0, count], identity].concat())],
        V3_0 | V3_1 => {
            let greeting = greeting_v3(u8::from(version == V3_1), b"NULL", 0);
            let value = [&b"\x0bSocket-Type\0\0\0"[..], &[name.len() as u8], name].concat();
            let named = [&value[..], b"\x08Identity\0\0\0", &[count], identity].concat();
            let (start, end) = greeting.split_at(11);
            vec![
                (0, start[..10].to_vec()),
                (10, start[10..].to_vec()),
                (11, end.to_vec()),
                (64, ready(&named)),
            ]
        }
    }
}

#[test]
fn nobody_waits_for_ever() {
    for version in [V1_0, V2_0, V3_0, V3_1] {
        for ours in SocketType::ALL {
            for peer in SocketType::ALL.into_iter().filter(|&peer| ours.accepts(peer)) {
                let mut handshake = Handshake::insecure(local(ours, b"me"));
                let mut output = Vec::new();
                assert_eq!(handshake.advance(b"", &mut output), Ok((0, None)));
                let mut end = None;
                for (received, part) in cautious(version, peer, b"you") {
                    assert!(output.len() >= received, "{version:?}: the peer waits for {received} bytes");
                    assert_eq!(end, None);
                    let (used, info) = handshake.advance(&part, &mut output).unwrap();
                    assert_eq!(used, part.len());
                    end = info;
                }
                let info = end.expect("the peer has sent all it has to say");
                assert_eq!((info.version, &info.identity[..]), (version, &b"you"[..]));
                assert_eq!(info.kind, (version > V1_0).then_some(peer));
                if version == V1_0 {
                    let header = frame::parse(V1_0, &output).unwrap().unwrap();
                    assert_eq!(&output[header.bytes..], b"me", "a 1.0 peer sees an identity frame");
                    assert_eq!(header.body_bytes, 2);
                }
            }
        }
    }
}

#[test]
fn with_a_peer_without_zmtp_there_is_nothing_to_say() {
    let mut output = Vec::new();
    let mut handshake = Handshake::raw(local(SocketType::Stream, b"me"));
    assert_eq!(handshake.advance(b"", &mut output), Ok((0, Some(PeerInfo::raw()))));
    assert!(output.is_empty());
}

#[test]
fn two_of_ours_meet() {
    for first in SocketType::ALL {
        for second in SocketType::ALL {
            for chunk in [1, 7, 1000] {
                let mut sides = [(first, &b"one"[..]), (second, b"")]
                    .map(|(kind, identity)| (Handshake::insecure(local(kind, identity)), Vec::new(), None));
                for (handshake, output, _) in &mut sides {
                    handshake.advance(b"", output).unwrap();
                }
                while sides.iter().any(|(_, output, _)| !output.is_empty()) {
                    for from in 0..2 {
                        let count = chunk.min(sides[from].1.len());
                        let bytes: Vec<u8> = sides[from].1.drain(..count).collect();
                        let (handshake, output, end) = &mut sides[1 - from];
                        if end.is_none() {
                            *end = handshake.advance(&bytes, output).map(|(_, peer)| peer).transpose();
                        }
                    }
                }
                let [one, two] = sides.map(|(_, _, end)| end.expect("both sides come to an end"));
                if first.accepts(second) {
                    let (one, two) = (one.unwrap(), two.unwrap());
                    assert_eq!((one.version, two.version), (V3_1, V3_1));
                    assert_eq!((one.kind, two.kind), (Some(second), Some(first)));
                    assert_eq!((&one.identity[..], &two.identity[..]), (&b""[..], &b"one"[..]));
                } else {
                    let error = |ours, peer| Err(WireError::IncompatibleSocketTypes { ours, peer });
                    assert_eq!((one, two), (error(first, second), error(second, first)));
                }
            }
        }
    }
}

/// How a PULL socket's handshake ends with this peer, and what it sent after its READY.
fn refusal(input: &[&[u8]]) -> (WireError, Vec<u8>) {
    let input = input.concat();
    let me = local(SocketType::Pull, b"");
    let (output, _, end) = run(&me, std::iter::once(&input[..]));
    let error = end.expect_err("the peer is refused");
    let by_bytes = run(&me, input.chunks(1));
    assert_eq!((by_bytes.0, by_bytes.2), (output.clone(), Err(error.clone())), "whatever the split");
    (error, output.get(64 + 28..).unwrap_or_default().to_vec())
}

#[test]
fn unsuitable_peers_are_refused() {
    let signature = b"\xff\0\0\0\0\0\0\0\x01\x7f";
    let greeting = |minor| greeting_v3(minor, b"NULL", 0);
    let incompatible = |peer| WireError::IncompatibleSocketTypes { ours: SocketType::Pull, peer };
    assert_eq!(refusal(&[signature, b"\x01\x07"]).0, incompatible(SocketType::Pull));
    assert_eq!(refusal(&[signature, b"\x00\x01"]).0, incompatible(SocketType::Pub));
    assert_eq!(refusal(&[signature, b"\x01\x15"]).0, WireError::UnknownSocketType("21".into()));

    let router = [(0, &b""[..]), (1, b"\x04\x1f\x05ERROR\x18incompatible-socket-type")];
    for (minor, sent) in router {
        let refused = (incompatible(SocketType::Router), sent.to_vec());
        assert_eq!(refusal(&[&greeting(minor), &ready(ROUTER)]), refused);
    }
    let pigeon = ready(b"\x0bSocket-Type\0\0\0\x06PIGEON");
    let unknown = WireError::UnknownSocketType("PIGEON".into());
    assert_eq!(refusal(&[&greeting(0), &pigeon]), (unknown.clone(), vec![]));
    assert_eq!(
        refusal(&[&greeting(1), &pigeon]),
        (unknown, b"\x04\x1a\x05ERROR\x13unknown-socket-type"[..].to_vec())
    );

    for (mechanism, name) in
        [(&b"PLAIN"[..], "PLAIN"), (b"", ""), (b"NUL", "NUL"), (b"NULLS\xff", "NULLS\\xff")]
    {
        let refused = WireError::MechanismMismatch(name.into());
        assert_eq!(refusal(&[&greeting_v3(1, mechanism, 0)]).0, refused);
    }
    let dirty = WireError::MechanismMismatch("NULL".into());
    assert_eq!(refusal(&[&greeting_v3(1, b"NULL\0x", 0)]).0, dirty);

    let error = |reason: &[u8]| {
        [&[4, 7 + reason.len() as u8][..], b"\x05ERROR", &[reason.len() as u8], reason].concat()
    };
    assert_eq!(refusal(&[&greeting(1), &error(b"go away\n")]).0, WireError::Refused("go away\\n".into()));
    assert_eq!(refusal(&[&greeting(0), &error(b"")]).0, WireError::Refused(String::new()));
}

#[test]
fn malformed_handshakes_are_refused() {
    let signature = b"\xff\0\0\0\0\0\0\0\x01\x7f";
    let greeting = greeting_v3(1, b"NULL", 0);
    let after = |frame: &[u8]| refusal(&[&greeting, frame]).0;

    assert_eq!(refusal(&[b"\0"]).0, WireError::EmptyFrame);
    assert_eq!(refusal(&[b"\x02\0\0"]).0, WireError::BadIdentity);
    assert_eq!(refusal(&[b"\xff\0\0\0\0\0\0\0\0\0"]).0, WireError::EmptyFrame);
    assert_eq!(refusal(&[b"\xff\0\0\0\0\0\0\x01\x01\0"]).0, WireError::BadIdentity);
    assert!(matches!(refusal(&[b"\xff\xff\0\0\0\0\0\0\0\0"]).0, WireError::MessageTooLong { .. }));
    assert_eq!(refusal(&[signature, b"\x01\x08\0\x02\0a"]).0, WireError::BadIdentity);
    assert_eq!(refusal(&[signature, b"\x01\x08\x02\0\0\0\0\0\0\x01\0"]).0, WireError::BadIdentity);
    assert_eq!(refusal(&[signature, b"\x01\x08\x04\0"]).0, WireError::BadFlags(4));

    assert_eq!(after(b"\0\x05hello"), WireError::MessageInHandshake);
    assert_eq!(after(b"\x0c\x05hello"), WireError::BadFlags(12));
    assert_eq!(after(b"\x04\x06\x05HELLO"), WireError::UnexpectedCommand("HELLO".into()));
    assert_eq!(after(b"\x04\x06\x05ready"), WireError::UnexpectedCommand("ready".into()));
    assert!(matches!(after(b"\x04\x04\x05REA"), WireError::MalformedCommand(_)));
    assert!(matches!(after(b"\x04\x01\0"), WireError::MalformedCommand(_)));
    assert_eq!(after(b"\x04\x07\x05ERROR\x01"), WireError::MalformedError);
    assert!(matches!(after(&ready(b"\x01")), WireError::MalformedMetadata(_)));
    let twice = ready(&[PUSH, PUSH].concat());
    assert!(matches!(after(&twice), WireError::MalformedMetadata(_)));
    let zero = ready(b"\x08Identity\0\0\0\x02\0a");
    assert_eq!(
        refusal(&[&greeting, &zero]),
        (WireError::BadIdentity, b"\x04\x13\x05ERROR\x0cbad-identity".to_vec())
    );
    let long = [&b"\x05READY\x08Identity\0\0\x01\0"[..], &[b'i'; 256]].concat();
    let long = [&[6, 0, 0, 0, 0, 0, 0][..], &(long.len() as u16).to_be_bytes(), &long].concat();
    assert_eq!(after(&long), WireError::BadIdentity);
}

#[test]
fn a_command_in_a_handshake_is_bounded() {
    let ready_of = |bytes: usize| {
        let value = bytes - 6 - 4 - 4;
        let mut frame = greeting_v3(1, b"NULL", 0);
        frame.push(6);
        frame.extend((bytes as u64).to_be_bytes());
        frame.extend(b"\x05READY\x03X-a");
        frame.extend((value as u32).to_be_bytes());
        frame.resize(64 + 9 + bytes, b'v');
        frame
    };
    let me = local(SocketType::Pull, b"");
    let bytes_max = COMMAND_BYTES_MAX as usize;
    let longest = ready_of(bytes_max);
    let (_, used, end) = run(&me, longest.chunks(1000));
    assert_eq!(used, longest.len());
    assert_eq!(end.unwrap().unwrap().properties[0].1.len(), bytes_max - 14);
    let too_long = ready_of(bytes_max + 1);
    let (_, _, end) = run(&me, std::iter::once(&too_long[..64 + 9]));
    let error = WireError::CommandTooLong { bytes: COMMAND_BYTES_MAX + 1, bytes_max: COMMAND_BYTES_MAX };
    assert_eq!(end, Err(error), "as soon as it is announced");
}

#[test]
fn a_named_socket_of_any_type_says_its_name() {
    let mut output = Vec::new();
    let greeting = greeting_v3(1, b"NULL", 0);
    Handshake::insecure(local(SocketType::Sub, b"durable")).advance(&greeting, &mut output).unwrap();
    assert_eq!(output[64..], ready(b"\x0bSocket-Type\0\0\0\x03SUB\x08Identity\0\0\0\x07durable"));
    output.clear();
    Handshake::insecure(local(SocketType::Req, b"")).advance(&greeting, &mut output).unwrap();
    assert_eq!(output[64..], ready(b"\x0bSocket-Type\0\0\0\x03REQ\x08Identity\0\0\0\0"));
}
