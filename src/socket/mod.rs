//! x
pub mod kind;
