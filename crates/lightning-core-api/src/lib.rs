//! The words that the core and its host exchange as JSON: configuration, commands, their results, events.
//!
//! One place for both languages: `scripts/core/generate-types.mjs` writes TypeScript's types from these. Amounts,
//! short channel ids and user channel ids are decimal strings (JavaScript's numbers end at 2^53), hashes and keys are
//! lower-case hex, transaction and block ids are in the order in which people see them. Nothing here knows LDK.
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
