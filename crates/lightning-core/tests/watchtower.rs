//! Justice transactions for a watchtower: there are valid ones for every commitment transaction that a peer has revoked,
//! also when the node is killed at any moment, and for no other.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod support;

use lightning::bitcoin::consensus::deserialize;
use lightning::bitcoin::ecdsa::Signature;
use lightning::bitcoin::hashes::Hash;
use lightning::bitcoin::secp256k1::{Message, PublicKey, Secp256k1};
use lightning::bitcoin::sighash::{EcdsaSighashType, SighashCache};
use lightning::bitcoin::{Amount, OutPoint, ScriptBuf, Transaction, Txid};
use lightning_core::api::{Command, Event, ForceCloseChannel, JusticeTerms};
use std::collections::{BTreeMap, BTreeSet};
use support::host::{Kind, Scenario, LSP, MERCHANT, WALLET};
use support::{Crash, PHASES};

const PAYMENTS: [(usize, usize, Kind); 4] = [
    (WALLET, MERCHANT, Kind::Plain),
    (MERCHANT, WALLET, Kind::Plain),
    (WALLET, MERCHANT, Kind::HoldExternalPreimage(false)),
    (MERCHANT, WALLET, Kind::Plain),
];
const FEE_RATES: [u32; 3] = [500, 5_000, 50_000];

fn scenario() -> Scenario {
    Scenario::with_wallet(|config| {
        config.to_self_delay = Some(2_016);
        config.justice = Some(JusticeTerms { fee_rates_sat_per_kwu: FEE_RATES.to_vec(), max_fee_millionths: 200_000 });
    })
}

/// The justice transactions that the wallet has reported, by the revoked commitment transaction. Fails if one was
/// reported twice.
fn reported(scenario: &Scenario) -> BTreeMap<Txid, Vec<Transaction>> {
    let mut all = BTreeMap::new();
    for event in &scenario.world.nodes[WALLET].all_events {
        if let Event::CommitmentRevoked { commitment_txid, transactions, .. } = event {
            let parsed = transactions.iter().map(|one| deserialize(&one.0).unwrap()).collect();
            let before = all.insert(Txid::from_byte_array(commitment_txid.0), parsed);
            assert!(before.is_none(), "{commitment_txid} was reported twice");
        }
    }
    all
}

/// The commitment transaction that the LSP broadcasts from each copy of its state, with the one from its newest state
/// last.
fn commitments(scenario: &mut Scenario) -> Vec<Transaction> {
    let channel = scenario.channels(WALLET)[0].clone();
    let funding = channel.funding.unwrap();
    let funding = OutPoint { txid: Txid::from_byte_array(funding.txid.0), vout: funding.index };
    let peer = scenario.world.nodes[WALLET].id;
    let mut seen = BTreeSet::new();
    let mut all = vec![];
    for copy in core::mem::take(&mut scenario.world.copies) {
        scenario.world.nodes[LSP].store = copy;
        scenario.world.nodes[LSP].transactions.clear();
        scenario.world.restart(LSP);
        let command = ForceCloseChannel { channel_id: channel.channel_id, peer, reason: None };
        scenario.world.call_ok(LSP, Command::ForceCloseChannel(command));
        let mut found = scenario.world.nodes[LSP].transactions.iter();
        let found = found.rfind(|one| one.input[0].previous_output == funding).unwrap().clone();
        if seen.insert(found.compute_txid()) {
            all.push(found);
        }
    }
    all
}

/// The largest output that pays to a script hash and is spent by this transaction's witness script.
fn check(commitment: &Transaction, transactions: &[Transaction]) {
    let secp = Secp256k1::verification_only();
    assert_eq!(transactions.len(), FEE_RATES.len());
    let mut last_fee = 0;
    for (transaction, rate) in transactions.iter().zip(FEE_RATES) {
        let [input] = &transaction.input[..] else { panic!("inputs") };
        let [output] = &transaction.output[..] else { panic!("outputs") };
        assert_eq!(input.previous_output.txid, commitment.compute_txid());
        assert!(input.sequence.is_rbf());
        let spent = &commitment.output[input.previous_output.vout as usize];
        let script = ScriptBuf::from_bytes(input.witness.last().unwrap().to_vec());
        assert_eq!(spent.script_pubkey, script.to_p2wsh());
        let signature = Signature::from_slice(input.witness.nth(0).unwrap()).unwrap();
        assert_eq!(input.witness.nth(1).unwrap(), [1]);
        let hash = SighashCache::new(transaction)
            .p2wsh_signature_hash(0, &script, spent.value, EcdsaSighashType::All)
            .unwrap();
        // BOLT 3: OP_IF <revocation key>
        let key = PublicKey::from_slice(&script.as_bytes()[2..35]).unwrap();
        secp.verify_ecdsa(&Message::from_digest(hash.to_byte_array()), &signature.signature, &key).unwrap();
        assert!(output.script_pubkey.is_p2wpkh());
        let fee = (spent.value - output.value).to_sat();
        let weight = transaction.weight().to_wu();
        let wanted = weight * u64::from(rate) / 1_000;
        assert!((wanted..=wanted + wanted / 20 + 1).contains(&fee), "{fee} for {weight} at {rate}");
        assert!(fee > last_fee && output.value > Amount::ZERO);
        last_fee = fee;
    }
}

#[test]
fn every_revoked_commitment_has_valid_justice_transactions_and_no_other_has_one() {
    let mut scenario = scenario();
    scenario.world.copied = Some(LSP);
    scenario.plan(&PAYMENTS);
    scenario.pay_sequentially();
    let reported = reported(&scenario);
    let mut commitments = commitments(&mut scenario);
    let newest = commitments.pop().unwrap();
    assert!(commitments.len() > PAYMENTS.len(), "{}", commitments.len());
    assert!(!reported.contains_key(&newest.compute_txid()), "the newest one is not revoked");
    for commitment in &commitments {
        check(commitment, &reported[&commitment.compute_txid()]);
    }
}

#[test]
fn none_is_missing_and_none_comes_twice_when_the_wallet_is_killed() {
    let exchanges = {
        let mut scenario = scenario();
        let before = scenario.world.nodes[WALLET].exchanges;
        scenario.plan(&PAYMENTS);
        scenario.pay_sequentially();
        scenario.world.nodes[WALLET].exchanges - before
    };
    for (offset, phase) in PHASES.into_iter().enumerate() {
        for exchange in (1 + offset * 3..=exchanges).step_by(11) {
            let mut scenario = scenario();
            scenario.plan(&PAYMENTS);
            scenario.world.copied = Some(LSP);
            let before = scenario.world.nodes[WALLET].exchanges;
            scenario.world.crash = Some(Crash { node: WALLET, exchange: before + exchange, phase });
            scenario.pay_sequentially();
            let reported = reported(&scenario);
            let mut commitments = commitments(&mut scenario);
            commitments.pop();
            for commitment in &commitments {
                let txid = commitment.compute_txid();
                let found = reported.get(&txid).unwrap_or_else(|| panic!("{exchange}, {phase:?}: none for {txid}"));
                check(commitment, found);
            }
        }
    }
}

#[test]
fn a_node_without_a_watchtower_stores_and_reports_nothing() {
    let mut scenario = Scenario::new();
    scenario.plan(&PAYMENTS);
    scenario.pay_sequentially();
    assert!(reported(&scenario).is_empty());
    assert_eq!(scenario.world.nodes[WALLET].store.keys_with("justice/"), 0);
}

#[test]
fn what_is_stored_does_not_grow_and_ends_with_the_channel() {
    let mut scenario = scenario();
    scenario.plan(&PAYMENTS);
    scenario.pay_sequentially();
    assert_eq!(scenario.world.nodes[WALLET].store.keys_with("justice/"), 1);
    let (channel_id, peer) = (scenario.channels(WALLET)[0].channel_id, scenario.world.nodes[LSP].id);
    let command = ForceCloseChannel { channel_id, peer, reason: None };
    scenario.world.call_ok(WALLET, Command::ForceCloseChannel(command));
    assert_eq!(scenario.world.nodes[WALLET].store.keys_with("justice/"), 0);
}
