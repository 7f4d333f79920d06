//! Channels that their opener no longer knows, before their funding is confirmed.
//!
//! Usually the opener was stopped before it stored the peer's signature, and the funding transaction never existed. But
//! an opener whose state was restored from an older copy has forgotten the channel too, and its funding transaction may
//! confirm later. All of that money is the opener's, and only our commitment transaction can return it. So the monitor
//! stays for as long as BOLT 2 lets the opener take to confirm the funding, and closes the channel if it does.
use crate::env::Env;
use crate::holds::{Hold, HoldReason};
use crate::node::Node;
use lightning::bitcoin::Transaction;
use lightning::ln::types::ChannelId;
use lightning::util::logger::Level;

/// Prefix of the keys under which the height of the decision is stored, followed by the channel id in hex.
const KEY_PREFIX: &str = "unfunded/";
/// Blocks after which a fundee forgets a channel without funding (BOLT 2).
const MAX_WAIT_BLOCKS: u32 = 2_016;
/// Channels that are kept. Opening one costs a peer nothing, so the number must have a bound.
const MAX_KEPT: usize = 64;

fn key(channel: &ChannelId) -> String {
    format!("{KEY_PREFIX}{channel}")
}

/// Holds a channel that its opener does not know. It is forgotten at once if too many are kept already.
pub(crate) fn keep(env: &Env, channel: ChannelId, hold: &Hold, tip: u32) {
    if env.held_for(HoldReason::Unfunded).len() >= MAX_KEPT {
        env.hold(channel, Hold { reason: HoldReason::NeverFunded, ..*hold });
        return;
    }
    env.hold(channel, Hold { reason: HoldReason::Unfunded, ..*hold });
    env.set(&key(&channel), tip.to_le_bytes().to_vec());
}

impl Node {
    /// Allows closing the channels whose funding transactions are among these. LDK then broadcasts our commitment
    /// transaction with its next repetition of pending claims.
    pub(crate) fn release_funded(&self, transactions: &[(usize, &Transaction)]) {
        for (channel, funding) in self.env.held_fundings(HoldReason::Unfunded) {
            if transactions.iter().any(|(_, transaction)| transaction.compute_txid() == funding.txid) {
                let line = format!("channel {channel}, which its opener does not know, is funded: closing it");
                self.env.log_line(Level::Warn, line);
                self.env.release_hold(&channel);
                self.env.delete(&key(&channel));
            }
        }
    }

    /// Forgets channels whose funding has not been confirmed for too long.
    pub(crate) fn forget_unfunded(&self, tip: u32) {
        for (channel, _) in self.env.held_fundings(HoldReason::Unfunded) {
            let stored = self.env.get(&key(&channel)).and_then(|bytes| bytes.try_into().ok());
            let since = stored.map_or(0, u32::from_le_bytes);
            if tip.saturating_sub(since) >= MAX_WAIT_BLOCKS {
                self.env.end_unfunded(&channel);
                self.env.delete(&key(&channel));
            }
        }
    }
}
