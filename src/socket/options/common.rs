//! `Common`: options that most sockets have in common. They are kept once, and copied for who changes them.
#![forbid(unsafe_code)]

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// A group of options that is shared until it is changed: read and written as if it were there itself.
#[derive(Debug, Default)]
pub struct Common<T>(Arc<T>);

impl<T> Clone for Common<T> {
    fn clone(&self) -> Common<T> {
        Common(self.0.clone())
    }
}

impl<T> From<T> for Common<T> {
    fn from(group: T) -> Common<T> {
        Common(Arc::new(group))
    }
}

impl<T> Deref for Common<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Clone> DerefMut for Common<T> {
    fn deref_mut(&mut self) -> &mut T {
        Arc::make_mut(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;

    #[test]
    fn what_is_changed_is_changed_for_one_only() {
        let (mut one, two) = (Options::default(), Options::default());
        assert!(Arc::ptr_eq(&one.tcp.0, &two.tcp.0), "the defaults are there once");
        one.tcp.busy_poll = true;
        assert!(one.tcp.busy_poll && !two.tcp.busy_poll && !Options::default().tcp.busy_poll);
        assert!(one.clone().tcp.busy_poll);
    }
}
