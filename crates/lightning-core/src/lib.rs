//! A sans-IO Lightning node on top of LDK. It has no sockets, clock, threads or storage: the host passes bytes in and
//! carries out what comes back. It contains no policy: the host decides who may open a channel, what it costs and when
//! to pay. The README of this crate describes the interface; the JSON messages are in `lightning-core-api`.
#![forbid(unsafe_code)]
#[cfg(test)]
extern crate self as lightning_core;

mod announcements;
mod chain;
mod channel_messages;
mod channels;
mod commands;
mod commit;
mod convert;
mod decode;
mod env;
mod events;
mod flow;
mod fundings;
mod gossip;
mod graph;
mod guard;
mod holds;
mod inbound;
mod inputs;
mod intercepts;
mod invoices;
mod justice;
mod keys;
mod liquidity;
mod login;
mod lost_channels;
mod lsps;
mod monitors;
mod node;
mod onchain;
mod payments;
mod router;
mod state;
#[cfg(test)]
#[path = "../tests/support/mod.rs"]
mod support;
mod translate;
mod unfunded;
pub mod wallet;
mod watch;
pub mod wire;

pub use lightning_core_api as api;
pub use node::{CreateError, Node};

/// Decodes a BOLT 11 invoice or a BOLT 12 offer; needs no node. Returns JSON: `{"ok":true,"value":CommandResult}` or
/// `{"ok":false,"error":CoreError}`.
pub fn decode(text: &str) -> String {
    match decode::any(text) {
        Ok(value) => serde_json::json!({ "ok": true, "value": value }),
        Err(error) => serde_json::json!({ "ok": false, "error": error }),
    }
    .to_string()
}

/// The versions of the core and of LDK, as JSON.
pub fn version() -> String {
    serde_json::json!({ "core": env!("CARGO_PKG_VERSION"), "lightning": "0.2.7" }).to_string()
}
