//! The JSON messages between the core and its host: configuration, commands, command results and events.
//!
//! The TypeScript types are generated from this crate by `scripts/core/generate-types.mjs`. Amounts, short channel ids
//! and user channel ids are decimal strings, because JavaScript numbers are exact only up to 2^53. Hashes and keys are
//! lower-case hex. Transaction and block ids are hex in display order. This crate does not depend on LDK.
#![forbid(unsafe_code)]
mod command;
mod config;
mod event;
mod result;
mod scalar;
pub use command::*;
pub use config::*;
pub use event::*;
pub use result::*;
pub use scalar::*;
#[cfg(feature = "typescript")]
pub mod typescript;
