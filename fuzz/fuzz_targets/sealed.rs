//! Fuzzes what is inside the messages of a connection encrypted by CURVE.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| oxmq::fuzzing::sealed(data));
