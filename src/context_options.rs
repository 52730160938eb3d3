//! Context options: what a context is told about itself. The ABIs translate numbers and C types to these.
#![forbid(unsafe_code)]

use crate::io::patience;
use std::collections::BTreeSet;
use std::time::Duration;

/// A context's options, with the defaults of libzmq 4.3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextOptions {
    /// How many threads do the sockets' I/O. Counts until the first socket is made, as all that is said of threads.
    pub io_threads: usize,
    /// How many sockets may be open at a time. Counts until the first socket is made, too.
    pub max_sockets: usize,
    /// The I/O threads' priority; `None`: the system's choice.
    pub thread_priority: Option<i32>,
    /// The I/O threads' scheduling policy, by the system's number; `None`: the system's choice.
    pub thread_sched_policy: Option<i32>,
    /// The processors that the I/O threads may run on; none: all.
    pub thread_affinity: BTreeSet<usize>,
    /// What the I/O threads' names start with.
    pub thread_name_prefix: String,
    /// The longest message part, in bytes.
    pub message_bytes_max: usize,
    /// Whether new sockets may use IPv6.
    pub ipv6: bool,
    /// Whether new sockets wait for ever to deliver what they sent.
    pub blocky: bool,
    /// Whether long messages are received in place. Kept for the program that asks: they always are.
    pub zero_copy_recv: bool,
    /// How long a thread that waits may look again before it sleeps, where that has paid lately; at most a
    /// millisecond, and what the environment variable OXMQ_SPIN_US says. `None`: what that says, or 50 µs. Counts for
    /// sockets made afterwards, and for the I/O threads until the first socket is made.
    pub spin: Option<Duration>,
}

impl ContextOptions {
    /// How long a thread does look again: [`ContextOptions::spin`] within its bounds; zero where there is one processor.
    pub fn effective_spin(&self) -> Duration {
        patience::spin_time(self.spin)
    }
}

impl Default for ContextOptions {
    fn default() -> ContextOptions {
        ContextOptions {
            io_threads: 1,
            max_sockets: 1023,
            thread_priority: None,
            thread_sched_policy: None,
            thread_affinity: BTreeSet::new(),
            thread_name_prefix: String::new(),
            message_bytes_max: i32::MAX as usize,
            ipv6: false,
            blocky: true,
            zero_copy_recv: true,
            spin: None,
        }
    }
}
