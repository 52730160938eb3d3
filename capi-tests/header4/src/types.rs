//! What zmq.h of the 4.x ABI declares besides functions, for the comparison with the header.

#[path = "../../../capi/zmq4/src/abi.rs"]
pub mod abi;
#[path = "../../../capi/zmq4/src/draft.rs"]
pub mod draft;
