//! The on-chain wallet: BDK inside the core.
//!
//! No clock, no thread, no I/O, no policy: time, fee rates, reserves and random bytes are passed in, and what has changed
//! comes out as key-values that ride in the core's commit.
//!
//! Rules:
//! - Coins that a channel's funding uses are not spent a second time, also after a restart, until the funding is broadcast
//!   ([`OnChainWallet::broadcast`]) or given up ([`OnChainWallet::release_funding`]).
//! - Unconfirmed coins are spent only when they come out of transactions that only we have funded.
//! - Same seed, same inputs, same random bytes: same transactions, byte for byte.
mod build;
mod chain;
mod codec;
mod coins;
mod error;
mod history;
mod keys;
mod ldk;
mod random;
mod store;
#[cfg(test)]
mod tests;

pub use bdk_wallet::chain::BlockId;
pub use build::{SendAmount, SignedTransaction};
pub use coins::OnChainBalance;
pub use error::WalletError;
pub use history::WalletTransaction;
pub use keys::{derive, Descriptors, NodeKeys};
pub use ldk::ChannelKeys;
pub use store::KEY_PREFIX;

use bdk_wallet::KeychainKind;
use lightning::bitcoin::{Address, Txid};
use std::cell::RefCell;
use std::collections::BTreeSet;
use store::State;

/// An on-chain wallet of P2WPKH outputs (BIP 84). One thread; it calls nobody back, so that its methods may be called from
/// inside LDK's callbacks.
pub struct OnChainWallet {
    state: RefCell<State>,
}

impl OnChainWallet {
    /// A new wallet. `birthday` is the block to begin at: what lies before it is not looked at.
    pub fn create(descriptors: Descriptors, birthday: BlockId) -> Result<OnChainWallet, WalletError> {
        let state = State::create(descriptors)?;
        let wallet = OnChainWallet { state: RefCell::new(state) };
        wallet.disconnect_to(birthday.height, birthday.hash, 0)?;
        Ok(wallet)
    }

    /// A wallet out of the key-values that [`OnChainWallet::take_changes`] gave, all that were not deleted since. Keys that
    /// do not begin with [`KEY_PREFIX`] are passed over. Call [`OnChainWallet::keep_fundings`] next.
    ///
    /// Errors: [`WalletError::Stored`] when they are damaged, or belong to another seed or network.
    pub fn load<'a>(
        descriptors: Descriptors, entries: impl Iterator<Item = (&'a str, &'a [u8])>,
    ) -> Result<OnChainWallet, WalletError> {
        Ok(OnChainWallet { state: RefCell::new(State::load(descriptors, entries)?) })
    }

    /// What has changed since the last call: keys with their new values, or without when they are to be deleted. They must
    /// be stored in one transaction with everything else that the core commits.
    pub fn take_changes(&self) -> Vec<(String, Option<Vec<u8>>)> {
        self.state.borrow_mut().take_changes()
    }

    /// After loading: gives back the coins of fundings that no channel waits for. A channel that LDK had not written down
    /// when the core stopped is gone, and LDK does not report it.
    pub fn keep_fundings(&self, channels: &BTreeSet<Txid>) {
        for txid in self.fundings() {
            if !channels.contains(&txid) {
                self.release_funding(txid);
            }
        }
    }

    /// An address that has never been given out.
    pub fn fresh_address(&self) -> Address {
        let mut state = self.state.borrow_mut();
        let address = state.wallet.reveal_next_address(KeychainKind::External).address;
        state.collect();
        address
    }

    /// The first address given out that nothing has paid, or a fresh one.
    pub fn unused_address(&self) -> Address {
        let mut state = self.state.borrow_mut();
        let address = state.wallet.next_unused_address(KeychainKind::External).address;
        state.collect();
        address
    }
}
