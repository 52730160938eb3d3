//! The table of socket options: for each its number, the socket types that have it, its C type and range, and the
//! engine's option that it stands for.

use crate::abi::*;
use crate::draft::*;
use crate::option_values::*;
use crate::security::{self, CurveKey};
use oxmq::{Error, Options, Result};
use std::ffi::c_int;

/// An option.
pub(crate) struct Entry {
    number: c_int,
    /// The socket types that have it.
    types: &'static [c_int],
    kind: Kind,
}

/// An option's C type and range, and how it is read, if at all, and written.
enum Kind {
    /// An int from `min` to `max`.
    Int { min: c_int, max: c_int, get: fn(&Options) -> c_int, set: fn(&mut Options, c_int) },
    /// An int that is 0 or not.
    Flag { min: c_int, max: c_int, get: Option<fn(&Options) -> bool>, set: fn(&mut Options, bool) },
    /// An int64_t or uint64_t.
    Long { get: fn(&Options) -> i64, set: fn(&mut Options, i64) },
    /// Bytes; what is set is `None` for NULL.
    Bytes { get: Option<fn(&Options) -> &[u8]>, set: SetBytes },
    /// Bytes that have a NUL after them when they are read.
    Text { get: fn(&Options) -> &[u8], set: SetBytes },
    /// A key of CURVE.
    Key(CurveKey),
}

type SetBytes = fn(&mut Options, Option<&[u8]>) -> Result<()>;

/// The entry of an option for a socket type.
pub(crate) fn find(number: c_int, socket_type: c_int) -> Option<&'static Entry> {
    let entry = TABLE.iter().find(|entry| entry.number == number)?;
    (entry.types.is_empty() || entry.types.contains(&socket_type)).then_some(entry)
}

impl Entry {
    /// Reads the option, for room of so many bytes.
    pub(crate) fn get(&self, options: &Options, room: usize) -> Result<Value> {
        match &self.kind {
            Kind::Int { get, .. } => Ok(Value::Int(get(options).to_ne_bytes())),
            Kind::Flag { get: Some(get), .. } => Ok(Value::Int(c_int::from(get(options)).to_ne_bytes())),
            Kind::Long { get, .. } => Ok(Value::Long(get(options).to_ne_bytes())),
            Kind::Bytes { get: Some(get), .. } => Ok(Value::Bytes(get(options).to_vec())),
            Kind::Text { get, .. } => Ok(Value::text(get(options))),
            Kind::Key(key) => key.get(options, room),
            Kind::Flag { get: None, .. } | Kind::Bytes { get: None, .. } => Err(Error::InvalidArgument),
        }
    }

    /// Writes the option; `None` for NULL.
    pub(crate) fn set(&self, options: &mut Options, value: Option<&[u8]>) -> Result<()> {
        match &self.kind {
            Kind::Int { min, max, set, .. } => set(options, int(value, *min, *max)?),
            Kind::Flag { min, max, set, .. } => set(options, int(value, *min, *max)? != 0),
            Kind::Long { set, .. } => set(options, i64::from_ne_bytes(exact(value)?)),
            Kind::Bytes { set, .. } | Kind::Text { set, .. } => set(options, value)?,
            Kind::Key(key) => key.set(options, value.ok_or(Error::InvalidArgument)?)?,
        }
        Ok(())
    }
}

const ALL: &[c_int] = &[];
/// A REP is a ROUTER below, and takes its options too.
const ROUTERS: &[c_int] = &[ZMQ_ROUTER, ZMQ_REP];
const PUBLISHERS: &[c_int] = &[ZMQ_PUB, ZMQ_XPUB];
const MAX: c_int = c_int::MAX;

const fn number(
    number: c_int,
    min: c_int,
    max: c_int,
    get: fn(&Options) -> c_int,
    set: fn(&mut Options, c_int),
) -> Entry {
    Entry { number, types: ALL, kind: Kind::Int { min, max, get, set } }
}

/// 0 or 1.
const fn flag(number: c_int, get: fn(&Options) -> bool, set: fn(&mut Options, bool)) -> Entry {
    Entry { number, types: ALL, kind: Kind::Flag { min: 0, max: 1, get: Some(get), set } }
}

/// 0, or any other int.
const fn any_flag(number: c_int, get: fn(&Options) -> bool, set: fn(&mut Options, bool)) -> Entry {
    Entry { number, types: ALL, kind: Kind::Flag { min: c_int::MIN, max: MAX, get: Some(get), set } }
}

/// 0, or an int above it, of some types, and never read.
const fn switch(number: c_int, types: &'static [c_int], set: fn(&mut Options, bool)) -> Entry {
    Entry { number, types, kind: Kind::Flag { min: 0, max: MAX, get: None, set } }
}

const fn text(number: c_int, get: fn(&Options) -> &[u8], set: SetBytes) -> Entry {
    Entry { number, types: ALL, kind: Kind::Text { get, set } }
}

/// Bytes that are never read.
const fn written(number: c_int, types: &'static [c_int], set: SetBytes) -> Entry {
    Entry { number, types, kind: Kind::Bytes { get: None, set } }
}

const fn key(number: c_int, key: CurveKey) -> Entry {
    Entry { number, types: ALL, kind: Kind::Key(key) }
}

static TABLE: &[Entry] = &[
    // Queues and waiting.
    number(ZMQ_SNDHWM, 0, MAX, |o| from_size(o.send_hwm), |o, v| o.send_hwm = size(v)),
    number(ZMQ_RCVHWM, 0, MAX, |o| from_size(o.recv_hwm), |o, v| o.recv_hwm = size(v)),
    number(ZMQ_SNDTIMEO, -1, MAX, |o| from_wait(o.send_timeout), |o, v| o.send_timeout = wait(v)),
    number(ZMQ_RCVTIMEO, -1, MAX, |o| from_wait(o.recv_timeout), |o, v| o.recv_timeout = wait(v)),
    number(ZMQ_LINGER, -1, MAX, |o| from_wait(o.linger), |o, v| o.linger = wait(v)),
    flag(ZMQ_CONFLATE, |o| o.conflate, |o, v| o.conflate = v),
    flag(ZMQ_IMMEDIATE, |o| o.immediate, |o, v| o.immediate = v),
    // Connections.
    Entry {
        number: ZMQ_AFFINITY,
        types: ALL,
        kind: Kind::Long { get: |o| o.affinity.cast_signed(), set: |o, v| o.affinity = v.cast_unsigned() },
    },
    Entry {
        number: ZMQ_MAXMSGSIZE,
        types: ALL,
        kind: Kind::Long {
            get: |o| o.message_bytes_max.map_or(-1, |bytes| i64::try_from(bytes).unwrap_or(i64::MAX)),
            set: |o, v| o.message_bytes_max = u64::try_from(v).ok(),
        },
    },
    number(ZMQ_BACKLOG, 0, MAX, |o| o.backlog, |o, v| o.backlog = v),
    number(ZMQ_SNDBUF, -1, MAX, |o| from_buffer(o.send_buffer_bytes), |o, v| o.send_buffer_bytes = buffer(v)),
    number(ZMQ_RCVBUF, -1, MAX, |o| from_buffer(o.recv_buffer_bytes), |o, v| o.recv_buffer_bytes = buffer(v)),
    number(
        ZMQ_RECONNECT_IVL,
        -1,
        MAX,
        |o| from_wait(o.reconnect_interval),
        |o, v| o.reconnect_interval = wait(v),
    ),
    number(
        ZMQ_RECONNECT_IVL_MAX,
        0,
        MAX,
        |o| from_time(o.reconnect_interval_max),
        |o, v| o.reconnect_interval_max = time(v),
    ),
    number(
        ZMQ_RECONNECT_STOP,
        0,
        ZMQ_RECONNECT_STOP_CONN_REFUSED
            | ZMQ_RECONNECT_STOP_HANDSHAKE_FAILED
            | ZMQ_RECONNECT_STOP_AFTER_DISCONNECT,
        |o| from_reconnect_stop(&o.reconnect_stop),
        |o, v| o.reconnect_stop = reconnect_stop(v),
    ),
    number(
        ZMQ_CONNECT_TIMEOUT,
        0,
        MAX,
        |o| from_limit(o.connect_timeout),
        |o, v| o.connect_timeout = limit(v),
    ),
    number(
        ZMQ_HANDSHAKE_IVL,
        0,
        MAX,
        |o| from_limit(o.handshake_timeout),
        |o, v| o.handshake_timeout = limit(v),
    ),
    number(
        ZMQ_HEARTBEAT_IVL,
        0,
        MAX,
        |o| from_time(o.heartbeat.interval),
        |o, v| o.heartbeat.interval = time(v),
    ),
    // The peer is told tenths of a second, in 16 bits.
    number(
        ZMQ_HEARTBEAT_TTL,
        -99,
        6_553_599,
        |o| from_time(o.heartbeat.ttl),
        |o, v| o.heartbeat.ttl = time(v / 100 * 100),
    ),
    number(
        ZMQ_HEARTBEAT_TIMEOUT,
        0,
        MAX,
        |o| from_wait(o.heartbeat.timeout),
        |o, v| o.heartbeat.timeout = wait(v),
    ),
    flag(ZMQ_IPV6, |o| o.ipv6, |o, v| o.ipv6 = v),
    flag(ZMQ_IPV4ONLY, |o| !o.ipv6, |o, v| o.ipv6 = !v),
    number(ZMQ_USE_FD, -1, MAX, |o| o.use_fd, |o, v| o.use_fd = v),
    // TCP and ipc.
    number(
        ZMQ_TCP_KEEPALIVE,
        -1,
        1,
        |o| o.tcp.keepalive.map_or(-1, c_int::from),
        |o, v| o.tcp.keepalive = (v >= 0).then_some(v == 1),
    ),
    number(
        ZMQ_TCP_KEEPALIVE_CNT,
        -1,
        MAX,
        |o| o.tcp.keepalive_count.unwrap_or(-1),
        |o, v| o.tcp.keepalive_count = natural(v),
    ),
    number(
        ZMQ_TCP_KEEPALIVE_IDLE,
        -1,
        MAX,
        |o| o.tcp.keepalive_idle_s.unwrap_or(-1),
        |o, v| o.tcp.keepalive_idle_s = natural(v),
    ),
    number(
        ZMQ_TCP_KEEPALIVE_INTVL,
        -1,
        MAX,
        |o| o.tcp.keepalive_interval_s.unwrap_or(-1),
        |o, v| o.tcp.keepalive_interval_s = natural(v),
    ),
    number(
        ZMQ_TCP_MAXRT,
        0,
        MAX,
        |o| o.tcp.max_retransmit_ms.unwrap_or(0),
        |o, v| o.tcp.max_retransmit_ms = natural(v).filter(|&ms| ms > 0),
    ),
    number(ZMQ_TOS, 0, MAX, |o| o.tcp.type_of_service.unwrap_or(0), |o, v| o.tcp.type_of_service = Some(v)),
    number(ZMQ_PRIORITY, 0, MAX, |o| o.tcp.priority.unwrap_or(0), |o, v| o.tcp.priority = Some(v)),
    any_flag(ZMQ_BUSY_POLL, |o| o.tcp.busy_poll, |o, v| o.tcp.busy_poll = v),
    any_flag(ZMQ_LOOPBACK_FASTPATH, |o| o.tcp.loopback_fastpath, |o, v| o.tcp.loopback_fastpath = v),
    text(
        ZMQ_BINDTODEVICE,
        |o| o.tcp.bind_to_device.as_bytes(),
        |o, v| put(&mut o.tcp.bind_to_device, string(v, DEVICE_BYTES_MAX)),
    ),
    written(ZMQ_TCP_ACCEPT_FILTER, ALL, add_accept_filter),
    written(ZMQ_IPC_FILTER_PID, ALL, |o, v| add_filter(&mut o.ipc_filter.pids, v, i32::from_ne_bytes)),
    written(ZMQ_IPC_FILTER_UID, ALL, |o, v| add_filter(&mut o.ipc_filter.uids, v, u32::from_ne_bytes)),
    written(ZMQ_IPC_FILTER_GID, ALL, |o, v| add_filter(&mut o.ipc_filter.gids, v, u32::from_ne_bytes)),
    text(
        ZMQ_SOCKS_PROXY,
        |o| o.socks.proxy.as_bytes(),
        |o, v| put(&mut o.socks.proxy, string(v, usize::MAX)),
    ),
    text(
        ZMQ_SOCKS_USERNAME,
        |o| o.socks.username.as_bytes(),
        |o, v| put(&mut o.socks.username, string(v.filter(|v| !v.is_empty()), NAME_BYTES_MAX)),
    ),
    text(
        ZMQ_SOCKS_PASSWORD,
        |o| o.socks.password.as_bytes(),
        |o, v| put(&mut o.socks.password, string(v.filter(|v| !v.is_empty()), NAME_BYTES_MAX)),
    ),
    // Security.
    flag(ZMQ_PLAIN_SERVER, security::is_plain_server, security::set_plain_server),
    text(ZMQ_PLAIN_USERNAME, security::plain_username, security::set_plain_username),
    text(ZMQ_PLAIN_PASSWORD, security::plain_password, security::set_plain_password),
    flag(ZMQ_CURVE_SERVER, security::is_curve_server, security::set_curve_server),
    key(ZMQ_CURVE_PUBLICKEY, CurveKey::Public),
    key(ZMQ_CURVE_SECRETKEY, CurveKey::Secret),
    key(ZMQ_CURVE_SERVERKEY, CurveKey::Server),
    text(
        ZMQ_ZAP_DOMAIN,
        |o| &o.security.zap_domain,
        |o, v| put(&mut o.security.zap_domain, within(v, 1, NAME_BYTES_MAX).map(<[u8]>::to_vec)),
    ),
    any_flag(
        ZMQ_ZAP_ENFORCE_DOMAIN,
        |o| o.security.zap_enforce_domain,
        |o, v| o.security.zap_enforce_domain = v,
    ),
    // Names, and messages that go by themselves.
    Entry {
        number: ZMQ_ROUTING_ID,
        types: ALL,
        kind: Kind::Bytes {
            get: Some(|o| &o.identity),
            set: |o, v| put(&mut o.identity, within(v, 1, NAME_BYTES_MAX).map(<[u8]>::to_vec)),
        },
    },
    written(ZMQ_CONNECT_ROUTING_ID, &[ZMQ_ROUTER, ZMQ_REP, ZMQ_STREAM], |o, v| {
        put(&mut o.routing.connect_routing_id, within(v, 1, usize::MAX).map(<[u8]>::to_vec))
    }),
    written(ZMQ_HELLO_MSG, ALL, |o, v| put(&mut o.hello_message, Ok(v.unwrap_or_default().to_vec()))),
    written(ZMQ_DISCONNECT_MSG, ALL, |o, v| {
        put(&mut o.disconnect_message, Ok(v.unwrap_or_default().to_vec()))
    }),
    written(ZMQ_HICCUP_MSG, ALL, |o, v| put(&mut o.hiccup_message, Ok(v.unwrap_or_default().to_vec()))),
    written(ZMQ_METADATA, ALL, add_metadata),
    // Single patterns.
    switch(ZMQ_ROUTER_MANDATORY, ROUTERS, |o, v| o.routing.mandatory = v),
    switch(ZMQ_ROUTER_HANDOVER, ROUTERS, |o, v| o.routing.handover = v),
    switch(ZMQ_ROUTER_RAW, ROUTERS, |o, v| o.routing.raw = v),
    Entry {
        number: ZMQ_ROUTER_NOTIFY,
        types: ROUTERS,
        kind: Kind::Int {
            min: 0,
            max: ZMQ_NOTIFY_CONNECT | ZMQ_NOTIFY_DISCONNECT,
            get: |o| {
                bit(o.routing.notify_connect, ZMQ_NOTIFY_CONNECT)
                    | bit(o.routing.notify_disconnect, ZMQ_NOTIFY_DISCONNECT)
            },
            set: |o, v| {
                o.routing.notify_connect = v & ZMQ_NOTIFY_CONNECT != 0;
                o.routing.notify_disconnect = v & ZMQ_NOTIFY_DISCONNECT != 0;
            },
        },
    },
    switch(ZMQ_PROBE_ROUTER, &[ZMQ_REQ, ZMQ_REP, ZMQ_DEALER, ZMQ_ROUTER], |o, v| o.routing.probe = v),
    Entry {
        number: ZMQ_STREAM_NOTIFY,
        types: &[ZMQ_STREAM],
        kind: Kind::Flag { min: 0, max: 1, get: None, set: |o, v| o.routing.stream_notify = v },
    },
    switch(ZMQ_REQ_CORRELATE, &[ZMQ_REQ], |o, v| o.requests.correlate = v),
    switch(ZMQ_REQ_RELAXED, &[ZMQ_REQ], |o, v| o.requests.relaxed = v),
    // To be verbose is to tell of subscriptions; to be more so, of cancellations too.
    switch(ZMQ_XPUB_VERBOSE, PUBLISHERS, |o, v| (o.publishing.verbose, o.publishing.verboser) = (v, false)),
    switch(ZMQ_XPUB_VERBOSER, PUBLISHERS, |o, v| (o.publishing.verbose, o.publishing.verboser) = (v, v)),
    switch(ZMQ_XPUB_NODROP, PUBLISHERS, |o, v| o.publishing.no_drop = v),
    switch(ZMQ_XPUB_MANUAL, PUBLISHERS, |o, v| o.publishing.manual = v),
    switch(ZMQ_XPUB_MANUAL_LAST_VALUE, PUBLISHERS, |o, v| {
        (o.publishing.manual, o.publishing.manual_last_value) = (v, v);
    }),
    written(ZMQ_XPUB_WELCOME_MSG, PUBLISHERS, |o, v| {
        put(&mut o.publishing.welcome, Ok(v.unwrap_or_default().to_vec()))
    }),
    any_flag(ZMQ_INVERT_MATCHING, |o| o.publishing.invert_matching, |o, v| o.publishing.invert_matching = v),
    switch(ZMQ_ONLY_FIRST_SUBSCRIBE, &[ZMQ_PUB, ZMQ_XPUB, ZMQ_XSUB], |o, v| {
        o.publishing.only_first_subscribe = v;
    }),
    switch(ZMQ_XSUB_VERBOSE_UNSUBSCRIBE, &[ZMQ_XSUB], |o, v| o.publishing.verbose_unsubscribe = v),
    // Multicast, and what is kept for the program that asks.
    number(ZMQ_RATE, 1, MAX, |o| from_long(o.multicast_rate), |o, v| o.multicast_rate = v.into()),
    number(
        ZMQ_RECOVERY_IVL,
        0,
        MAX,
        |o| from_long(o.multicast_recovery_ms),
        |o, v| o.multicast_recovery_ms = v.into(),
    ),
    number(ZMQ_MULTICAST_HOPS, 1, MAX, |o| o.multicast_hops, |o, v| o.multicast_hops = v),
    number(
        ZMQ_MULTICAST_MAXTPDU,
        1,
        MAX,
        |o| o.multicast_packet_bytes_max,
        |o, v| o.multicast_packet_bytes_max = v,
    ),
    any_flag(ZMQ_MULTICAST_LOOP, |o| o.multicast_loop, |o, v| o.multicast_loop = v),
    number(ZMQ_IN_BATCH_SIZE, 1, MAX, |o| o.batch_bytes[0], |o, v| o.batch_bytes[0] = v),
    number(ZMQ_OUT_BATCH_SIZE, 1, MAX, |o| o.batch_bytes[1], |o, v| o.batch_bytes[1] = v),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn get(options: &Options, number: c_int, socket_type: c_int) -> Option<c_int> {
        let value = find(number, socket_type)?.get(options, 4).ok()?;
        Some(c_int::from_ne_bytes(value.bytes().try_into().ok()?))
    }

    fn set(options: &mut Options, number: c_int, socket_type: c_int, value: c_int) -> bool {
        find(number, socket_type).is_some_and(|entry| entry.set(options, Some(&value.to_ne_bytes())).is_ok())
    }

    #[test]
    fn each_option_is_there_once() {
        let mut numbers: Vec<c_int> = TABLE.iter().map(|entry| entry.number).collect();
        numbers.sort_unstable();
        let count = numbers.len();
        numbers.dedup();
        assert_eq!(numbers.len(), count);
    }

    /// The stable options are compared with the original's library; these are not in it.
    #[test]
    fn drafts_that_are_numbers() {
        let any = [c_int::MIN, -1, 0, 1, MAX];
        for (number, socket_type, default, allowed, refused) in [
            (ZMQ_ZAP_ENFORCE_DOMAIN, ZMQ_REP, 0, &any[..], &[][..]),
            (ZMQ_LOOPBACK_FASTPATH, ZMQ_REP, 0, &any, &[]),
            (ZMQ_MULTICAST_LOOP, ZMQ_RADIO, 1, &any, &[]),
            (ZMQ_BUSY_POLL, ZMQ_SUB, 0, &any, &[]),
            (ZMQ_ROUTER_NOTIFY, ZMQ_ROUTER, 0, &[0, 1, 2, 3], &[-1, 4]),
            (ZMQ_RECONNECT_STOP, ZMQ_REQ, 0, &[0, 1, 2, 3, 4, 7], &[-1, 8]),
            (ZMQ_IN_BATCH_SIZE, ZMQ_PULL, 8192, &[1, MAX], &[0, -1]),
            (ZMQ_OUT_BATCH_SIZE, ZMQ_PULL, 8192, &[1, MAX], &[0, -1]),
            (ZMQ_PRIORITY, ZMQ_PUSH, 0, &[0, 6, MAX], &[-1]),
        ] {
            let mut options = Options::for_4x();
            assert_eq!(get(&options, number, socket_type), Some(default), "{number}");
            for &value in allowed {
                assert!(set(&mut options, number, socket_type, value), "{number} to {value}");
                let is_flag = allowed == any;
                let expected = if is_flag { c_int::from(value != 0) } else { value };
                assert_eq!(get(&options, number, socket_type), Some(expected), "{number}");
            }
            for &value in refused {
                assert!(!set(&mut options, number, socket_type, value), "{number} to {value}");
            }
        }
        for (number, socket_type) in
            [(ZMQ_ROUTER_NOTIFY, ZMQ_DEALER), (ZMQ_XSUB_VERBOSE_UNSUBSCRIBE, ZMQ_SUB)]
        {
            assert!(!set(&mut Options::for_4x(), number, socket_type, 1), "{number}");
        }
        for (number, socket_type) in [
            (ZMQ_XPUB_MANUAL_LAST_VALUE, ZMQ_XPUB),
            (ZMQ_ONLY_FIRST_SUBSCRIBE, ZMQ_XSUB),
            (ZMQ_XSUB_VERBOSE_UNSUBSCRIBE, ZMQ_XSUB),
        ] {
            let mut options = Options::for_4x();
            assert!(set(&mut options, number, socket_type, 1) && !set(&mut options, number, socket_type, -1));
            assert_eq!(get(&options, number, socket_type), None, "{number} is never read");
        }
    }

    #[test]
    fn drafts_that_are_bytes() {
        let mut options = Options::for_4x();
        let mut set =
            |number, value: Option<&[u8]>| find(number, ZMQ_ROUTER).unwrap().set(&mut options, value);
        for number in [ZMQ_HELLO_MSG, ZMQ_DISCONNECT_MSG, ZMQ_HICCUP_MSG] {
            assert_eq!(set(number, Some(&[7; 1000])), Ok(()));
            assert_eq!(set(number, None), Ok(()));
            assert_eq!(set(number, Some(b"\0x")), Ok(()));
        }
        for number in [ZMQ_SOCKS_USERNAME, ZMQ_SOCKS_PASSWORD] {
            assert!(set(number, Some(&[b'x'; 256])).is_err());
            assert_eq!(set(number, Some(b"name")), Ok(()));
        }
        assert_eq!(set(ZMQ_SOCKS_PASSWORD, Some(b"")), Ok(()));
        assert_eq!((options.hello_message.as_slice(), options.socks.password.as_str()), (&b"\0x"[..], ""));
        let name = find(ZMQ_SOCKS_USERNAME, ZMQ_ROUTER).unwrap().get(&options, 255).unwrap();
        assert_eq!(name.bytes(), b"name\0");
    }

    #[test]
    fn one_option_follows_from_another() {
        let mut options = Options::for_4x();
        for (number, verbose) in [(ZMQ_XPUB_VERBOSER, (true, true)), (ZMQ_XPUB_VERBOSE, (true, false))] {
            assert!(set(&mut options, number, ZMQ_XPUB, 1));
            assert_eq!((options.publishing.verbose, options.publishing.verboser), verbose);
        }
        assert!(set(&mut options, ZMQ_XPUB_MANUAL_LAST_VALUE, ZMQ_PUB, 1) && options.publishing.manual);
        assert!(set(&mut options, ZMQ_IPV4ONLY, ZMQ_PUB, 0) && options.ipv6);
        assert!(set(&mut options, ZMQ_HEARTBEAT_TTL, ZMQ_PUB, 1234));
        assert_eq!(get(&options, ZMQ_HEARTBEAT_TTL, ZMQ_PUB), Some(1200));
    }
}
