//! What the C ABIs have in common, below their entry points.

pub mod lent;
pub mod stopwatch;
