//! Fuzzes a connection from its first byte: the handshake, then what follows it.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| oxmq::fuzzing::connection(data));
