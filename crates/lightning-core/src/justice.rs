//! Justice transactions for a watchtower: for each commitment transaction that a peer has revoked, signed transactions
//! that take its `to_local` output to the on-chain wallet.
//!
//! LDK's monitors do not keep what is needed to build them later. When a peer gets a new commitment transaction, its
//! `to_local` output is therefore stored with the core's state, in the same commit as the monitor's update. Once the
//! peer has revoked it, the transactions are signed and reported as [`Event::CommitmentRevoked`], and the stored record
//! is deleted, again in one commit. A channel has one or two records at a time.
use crate::convert::{channel_hex, txid_hex};
use crate::env::Env;
use crate::wallet::OnChainWallet;
use lightning::bitcoin::absolute::LockTime;
use lightning::bitcoin::hashes::Hash;
use lightning::bitcoin::transaction::Version;
use lightning::bitcoin::{
    consensus::serialize, Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness,
};
use lightning::chain::channelmonitor::{ChannelMonitor, ChannelMonitorUpdate};
use lightning::ln::chan_utils::CommitmentTransaction;
use lightning::ln::types::ChannelId;
use lightning::sign::InMemorySigner;
use lightning::util::logger::Level;
use lightning_core_api::{Event, JusticeTerms, Sat, TransactionHex};
use std::cell::RefCell;
use std::sync::Arc;

const KEY_PREFIX: &str = "justice/";

/// Weight that the witness of a revoked `to_local` output adds to an unsigned transaction: marker, flag, the number of
/// items, a signature of at most 73 bytes, the branch, and a script of at most 80 bytes (BOLT 3).
const WITNESS_WEIGHT: u64 = 2 + 1 + (1 + 73) + (1 + 1) + (1 + 80);

const MILLION: u64 = 1_000_000;

/// The `to_local` output of a commitment transaction that the peer has not revoked yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Record {
    /// Number of the commitment transaction in the revocation tree, which counts down (BOLT 3).
    number: u64,
    output: OutPoint,
    value_sat: u64,
}

const RECORD_LENGTH: usize = 8 + 32 + 4 + 8;

impl Record {
    /// `None` if the transaction has no `to_local` output: the peer's balance was below the dust limit.
    fn of(commitment: &CommitmentTransaction) -> Option<Record> {
        let trusted = commitment.trust();
        let index = trusted.revokeable_output_index()?;
        let output = OutPoint { txid: trusted.txid(), vout: u32::try_from(index).ok()? };
        let value_sat = trusted.built_transaction().transaction.output.get(index)?.value.to_sat();
        Some(Record { number: commitment.commitment_number(), output, value_sat })
    }
    fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.number.to_le_bytes());
        bytes.extend_from_slice(&self.output.txid.to_byte_array());
        bytes.extend_from_slice(&self.output.vout.to_le_bytes());
        bytes.extend_from_slice(&self.value_sat.to_le_bytes());
    }
    fn decode(bytes: &[u8]) -> Option<Record> {
        let (number, rest) = bytes.split_at_checked(8)?;
        let (txid, rest) = rest.split_at_checked(32)?;
        let (vout, value) = rest.split_at_checked(4)?;
        Some(Record {
            number: u64::from_le_bytes(number.try_into().ok()?),
            output: OutPoint {
                txid: Txid::from_byte_array(txid.try_into().ok()?),
                vout: u32::from_le_bytes(vout.try_into().ok()?),
            },
            value_sat: u64::from_le_bytes(value.try_into().ok()?),
        })
    }
}

/// See the module documentation.
pub struct Justice {
    terms: JusticeTerms,
    env: Arc<Env>,
    wallet: Arc<OnChainWallet>,
    events: RefCell<Vec<Event>>,
}
impl Justice {
    /// Signs by these terms, to addresses of this wallet.
    pub fn new(terms: JusticeTerms, env: Arc<Env>, wallet: Arc<OnChainWallet>) -> Justice {
        Justice { terms, env, wallet, events: RefCell::default() }
    }

    /// The events since the last call.
    pub fn take_events(&self) -> Vec<Event> {
        core::mem::take(&mut *self.events.borrow_mut())
    }

    /// Stores the peer's first commitment transaction. Called within LDK's `persist_new_channel`.
    pub fn on_new_channel(&self, monitor: &ChannelMonitor<InMemorySigner>) {
        let records = monitor.initial_counterparty_commitment_tx().iter().filter_map(Record::of).collect();
        self.write(&monitor.channel_id(), records);
    }

    /// Stores the peer's new commitment transactions, and signs for the ones that the peer has revoked. Called within
    /// LDK's `update_persisted_channel`, when the monitor has applied the update.
    pub fn on_update(&self, monitor: &ChannelMonitor<InMemorySigner>, update: &ChannelMonitorUpdate) {
        let channel = monitor.channel_id();
        let mut records = self.read(&channel);
        let commitments = monitor.counterparty_commitment_txs_from_update(update);
        records.extend(commitments.iter().filter_map(Record::of));
        let mut last_revoked = None;
        records.retain(|record| match self.sign(monitor, record) {
            Ok(transactions) => {
                last_revoked = Some(record.number);
                if !transactions.is_empty() {
                    self.events.borrow_mut().push(Event::CommitmentRevoked {
                        channel_id: channel_hex(&channel),
                        commitment_txid: txid_hex(&record.output.txid),
                        value_sat: Sat(record.value_sat),
                        transactions: transactions.iter().map(|one| TransactionHex(serialize(one))).collect(),
                    });
                }
                false
            }
            Err(()) => true,
        });
        if let Some(last) = last_revoked {
            // an older one that cannot be signed belongs to a funding output that was replaced
            records.retain(|record| record.number < last);
        }
        self.write(&channel, records);
    }

    /// Deletes what is stored for a channel.
    pub fn forget(&self, channel: &ChannelId) {
        self.env.delete(&key(channel));
    }

    fn read(&self, channel: &ChannelId) -> Vec<Record> {
        let stored = self.env.get(&key(channel)).unwrap_or_default();
        stored.chunks_exact(RECORD_LENGTH).filter_map(Record::decode).collect()
    }

    fn write(&self, channel: &ChannelId, records: Vec<Record>) {
        if records.is_empty() {
            self.forget(channel);
            return;
        }
        let mut bytes = vec![];
        for record in &records {
            record.encode(&mut bytes);
        }
        self.env.set(&key(channel), bytes);
    }

    /// The signed transactions, with ascending fees. None if the output is not worth its fee. Fails if the peer has not
    /// revoked the commitment transaction.
    fn sign(&self, monitor: &ChannelMonitor<InMemorySigner>, record: &Record) -> Result<Vec<Transaction>, ()> {
        // signing is cheap compared to asking for an address, so find out first whether the secret is known
        let probe = unsigned(record, ScriptBuf::new(), record.value_sat);
        monitor.sign_to_local_justice_tx(probe, 0, record.value_sat, record.number)?;
        let script = self.wallet.payout_script();
        let dust_sat = script.minimal_non_dust().to_sat();
        let weight = unsigned(record, script.clone(), record.value_sat).weight().to_wu() + WITNESS_WEIGHT;
        let mut signed = vec![];
        for fee_sat in fees(&self.terms, weight, record.value_sat) {
            let Some(paid_sat) = record.value_sat.checked_sub(fee_sat).filter(|paid| *paid >= dust_sat) else { break };
            let transaction = unsigned(record, script.clone(), paid_sat);
            signed.push(monitor.sign_to_local_justice_tx(transaction, 0, record.value_sat, record.number)?);
        }
        if signed.is_empty() {
            let line = format!("no justice transaction for an output of {} sat: below its fee", record.value_sat);
            self.env.log_line(Level::Debug, line);
        }
        Ok(signed)
    }
}

/// The fees of the transactions, ascending. The last one is the largest that the terms allow, if a fee rate asks for
/// more. Empty if they do not allow the first fee rate.
fn fees(terms: &JusticeTerms, weight: u64, value_sat: u64) -> Vec<u64> {
    let share = value_sat.saturating_mul(terms.max_fee_millionths.into()) / MILLION;
    let mut fees = vec![];
    for rate in &terms.fee_rates_sat_per_kwu {
        let fee = weight.saturating_mul((*rate).into()).div_ceil(1_000);
        if fee > share && fees.is_empty() {
            break;
        }
        fees.push(fee.min(share));
        if fee >= share {
            break;
        }
    }
    fees.dedup();
    fees
}

fn unsigned(record: &Record, script_pubkey: ScriptBuf, value_sat: u64) -> Transaction {
    Transaction {
        version: Version::TWO,
        lock_time: LockTime::ZERO,
        input: vec![TxIn {
            previous_output: record.output,
            script_sig: ScriptBuf::new(),
            sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
            witness: Witness::new(),
        }],
        output: vec![TxOut { value: Amount::from_sat(value_sat), script_pubkey }],
    }
}

fn key(channel: &ChannelId) -> String {
    format!("{KEY_PREFIX}{}", channel_hex(channel))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_record_survives_its_encoding() {
        let output = OutPoint { txid: Txid::from_byte_array([7; 32]), vout: 3 };
        let record = Record { number: (1 << 48) - 5, output, value_sat: 123_456 };
        let mut bytes = vec![];
        record.encode(&mut bytes);
        assert_eq!(bytes.len(), RECORD_LENGTH);
        assert_eq!(Record::decode(&bytes), Some(record));
        assert_eq!(Record::decode(&bytes[1..]), None);
    }

    #[test]
    fn fees_stop_at_the_largest_share_of_the_output() {
        let terms =
            JusticeTerms { fee_rates_sat_per_kwu: vec![500, 2_500, 12_500, 50_000], max_fee_millionths: 200_000 };
        assert_eq!(fees(&terms, 480, 10_000_000), [240, 1_200, 6_000, 24_000]);
        assert_eq!(fees(&terms, 480, 20_000), [240, 1_200, 4_000]);
        assert_eq!(fees(&terms, 480, 6_000), [240, 1_200]);
        assert_eq!(fees(&terms, 480, 1_199), Vec::<u64>::new());
    }
}
