//! The on-chain wallet: BDK inside the core.
//!
//! No clock, no thread, no I/O, no policy: time, fee rates, reserves and random bytes are passed in, and what has changed
//! comes out as key-values that ride in the core's commit.
mod error;
mod keys;

pub use error::WalletError;
pub use keys::{derive, Descriptors, NodeKeys};
