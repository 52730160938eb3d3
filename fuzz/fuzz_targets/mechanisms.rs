//! Fuzzes the security mechanisms' part of a handshake, and what a handler of ZAP answers.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| oxmq::fuzzing::mechanisms(data));
