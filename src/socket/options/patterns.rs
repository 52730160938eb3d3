//! Options of single patterns: what some socket types do differently when they are asked to.
#![forbid(unsafe_code)]

/// What a ROUTER does differently, and PEER, SERVER and STREAM where the names fit.
#[derive(Debug, Clone, Default)]
pub struct Routing {
    /// ZMQ_ROUTER_MANDATORY: a message to nobody is refused, as [`Unroutable`](crate::Error::Unroutable), not dropped; and one to a peer without room waits.
    pub mandatory: bool,
    /// ZMQ_ROUTER_HANDOVER: a peer takes a routing id over from one that is connected, whose connection ends.
    pub handover: bool,
    /// ZMQ_ROUTER_RAW: peers speak no ZMTP.
    pub raw: bool,
    /// ZMQ_PROBE_ROUTER: greet each new peer with an empty message. REQ, DEALER and ROUTER.
    pub probe: bool,
    /// ZMQ_ROUTER_NOTIFY: an empty message from each peer that connects.
    pub notify_connect: bool,
    /// ZMQ_ROUTER_NOTIFY: an empty message from each peer that disconnects.
    pub notify_disconnect: bool,
    /// ZMQ_CONNECT_ROUTING_ID: the name of the next peer that this side connects to; used once.
    pub connect_routing_id: Vec<u8>,
    /// ZMQ_STREAM_NOTIFY: an empty message when a peer of a STREAM comes or goes.
    pub stream_notify: bool,
}

/// What a REQ does differently.
#[derive(Debug, Clone, Default)]
pub struct Requests {
    /// ZMQ_REQ_CORRELATE: each request begins with a number, and only replies that have it are taken.
    pub correlate: bool,
    /// ZMQ_REQ_RELAXED: a request may be sent before the reply to the last.
    pub relaxed: bool,
}

/// What publishers and subscribers do differently.
#[derive(Debug, Clone, Default)]
pub struct Publishing {
    /// ZMQ_XPUB_VERBOSE: every subscription is passed to the application, not only new ones.
    pub verbose: bool,
    /// ZMQ_XPUB_VERBOSER: every cancellation too.
    pub verboser: bool,
    /// ZMQ_XPUB_MANUAL: the application subscribes its peers itself.
    pub manual: bool,
    /// ZMQ_XPUB_MANUAL_LAST_VALUE: as manual, and what is sent after a subscription goes to that peer only.
    pub manual_last_value: bool,
    /// ZMQ_XPUB_NODROP: a message waits for room rather than be dropped for a subscriber.
    pub no_drop: bool,
    /// ZMQ_XPUB_WELCOME_MSG: what each new subscriber is sent first.
    pub welcome: Vec<u8>,
    /// ZMQ_INVERT_MATCHING: messages go to those who have not subscribed to them. PUB, XPUB and SUB.
    pub invert_matching: bool,
    /// ZMQ_ONLY_FIRST_SUBSCRIBE: of a message's parts, only the first can be a subscription. XPUB and XSUB.
    pub only_first_subscribe: bool,
    /// ZMQ_XSUB_VERBOSE_UNSUBSCRIBE: every cancellation is passed upstream, also when others are left.
    pub verbose_unsubscribe: bool,
    /// Whether every subscription is told to the publishers, also one that was made before, so that XPUBs that are verbose hear of it: 4.x does so.
    pub repeats_subscriptions: bool,
    /// Whether it is an error to take back a subscription that was not made, as in 2.x.
    pub strict_cancel: bool,
    /// Whether an XSUB drops what it has not subscribed to, as in 2.x and 3.x of the original; in 4.x it passes on what comes.
    pub xsub_filters: bool,
}
