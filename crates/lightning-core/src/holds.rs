//! Channels whose funding output this node must not spend, because its own commitment transaction may be revoked.
//!
//! A hold is stored with the next commit, before anything of the same exchange leaves, and is loaded before LDK can
//! broadcast anything. It covers every transaction that spends the funding output: LDK's commitment, its anchor child in
//! the same package, and repetitions after a restart. It does not cover claims from the peer's commitment transaction.
use lightning::bitcoin::hashes::Hash;
use lightning::bitcoin::{OutPoint, Transaction, Txid};
use lightning::ln::types::ChannelId;
use std::collections::BTreeMap;

/// Prefix of the keys under which holds are stored, followed by the channel id in hex.
pub const KEY_PREFIX: &str = "hold/";

/// Why a channel's funding output must not be spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldReason {
    /// The peer has proven that our commitment transaction is revoked. Never released.
    Behind,
    /// The funding transaction does not exist, and nobody can broadcast it. The monitor is deleted.
    NeverFunded,
    /// The state was restored from a copy, and the peer has not confirmed yet that it is the newest.
    Unverified,
    /// The node runs in recovery mode: its whole state may be older than that of its peers. Never released.
    Recovery,
    /// The peer, who funds the channel, does not know it, and the funding transaction is not confirmed. Released if it
    /// confirms: then the peer has lost its state, and only our commitment transaction returns its money.
    Unfunded,
}
impl HoldReason {
    fn code(self) -> u8 {
        match self {
            HoldReason::Behind => 1,
            HoldReason::NeverFunded => 2,
            HoldReason::Unverified => 3,
            HoldReason::Recovery => 4,
            HoldReason::Unfunded => 5,
        }
    }
    fn from_code(code: u8) -> Option<HoldReason> {
        [
            HoldReason::Behind,
            HoldReason::NeverFunded,
            HoldReason::Unverified,
            HoldReason::Recovery,
            HoldReason::Unfunded,
        ]
        .into_iter()
        .find(|reason| reason.code() == code)
    }
    /// True if there is no funding output to spend, as far as this node knows.
    pub fn is_without_funding(self) -> bool {
        matches!(self, HoldReason::NeverFunded | HoldReason::Unfunded)
    }
}

/// A channel whose funding output must not be spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The reason.
    pub reason: HoldReason,
    /// The channel's funding output.
    pub funding: OutPoint,
}
impl Hold {
    /// The stored form: the reason, the funding transaction's id, and the index of the output.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![self.reason.code()];
        bytes.extend_from_slice(&self.funding.txid.to_byte_array());
        bytes.extend_from_slice(&self.funding.vout.to_le_bytes());
        bytes
    }
    /// Parses the stored form.
    pub fn decode(bytes: &[u8]) -> Option<Hold> {
        let (code, rest) = bytes.split_first()?;
        let (txid, vout) = rest.split_at_checked(32)?;
        let txid = Txid::from_byte_array(txid.try_into().ok()?);
        let vout = u32::from_le_bytes(vout.try_into().ok()?);
        Some(Hold { reason: HoldReason::from_code(*code)?, funding: OutPoint { txid, vout } })
    }
}

/// The key under which the hold of a channel is stored.
pub fn key(channel: &ChannelId) -> String {
    use core::fmt::Write;
    channel.0.iter().fold(KEY_PREFIX.to_string(), |mut key, byte| {
        // writing to a String cannot fail
        let _ = write!(key, "{byte:02x}");
        key
    })
}

/// The channel of a key.
pub fn channel(key: &str) -> Option<ChannelId> {
    let hex = key.strip_prefix(KEY_PREFIX)?;
    let mut id = [0; 32];
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    for (byte, at) in id.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&hex[at..at + 2], 16).ok()?;
    }
    Some(ChannelId(id))
}

/// Why the transaction must not be broadcast: the reason of the held channel whose funding output it spends.
pub fn held_spend(holds: &BTreeMap<ChannelId, Hold>, transaction: &Transaction) -> Option<HoldReason> {
    let mut spent = transaction.input.iter().map(|input| input.previous_output);
    spent.find_map(|output| holds.values().find(|hold| hold.funding == output)).map(|hold| hold.reason)
}
