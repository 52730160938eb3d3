//! Fuzzes the decoder: what comes after the handshake, in every version of ZMTP.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| oxmq::fuzzing::traffic(data));
