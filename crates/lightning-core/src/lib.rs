//! A Lightning node without sockets, clock, threads or storage, over LDK: bytes in, bytes out. It decides nothing: who may
//! open a channel, what a channel costs, when to pay is the host's business. The boundary is described in this crate's
//! README; the words exchanged as JSON are in `lightning-core-api`.
#![forbid(unsafe_code)]
mod announcements;
mod chain;
mod channels;
mod commands;
mod commit;
mod convert;
mod decode;
mod env;
mod events;
mod inbound;
mod inputs;
mod intercepts;
mod invoices;
mod keys;
mod liquidity;
mod login;
mod lsps;
mod monitors;
mod node;
mod onchain;
mod payments;
mod router;
mod state;
mod translate;
pub mod wallet;
mod watch;
pub mod wire;

pub use lightning_core_api as api;
pub use node::{CreateError, Node};

/// Reads a BOLT 11 invoice or a BOLT 12 offer, without a node: `{"ok":true,"value":CommandResult}` or
/// `{"ok":false,"error":CoreError}`.
pub fn decode(text: &str) -> String {
    match decode::any(text) {
        Ok(value) => serde_json::json!({ "ok": true, "value": value }),
        Err(error) => serde_json::json!({ "ok": false, "error": error }),
    }
    .to_string()
}

/// Which core this is.
pub fn version() -> String {
    serde_json::json!({ "core": env!("CARGO_PKG_VERSION"), "lightning": "0.2.7" }).to_string()
}
