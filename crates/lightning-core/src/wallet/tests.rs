//! Tests of the wallet on a simulated chain. Every satoshi is accounted for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use bdk_wallet::chain::BlockId;
use lightning::bitcoin::absolute::LockTime;
use lightning::bitcoin::block::{Header, Version};
use lightning::bitcoin::hashes::Hash;
use lightning::bitcoin::transaction::Version as TransactionVersion;
use lightning::bitcoin::{
    Amount, BlockHash, CompactTarget, FeeRate, Network, OutPoint, Psbt, ScriptBuf, Sequence, Transaction, TxIn,
    TxMerkleNode, TxOut, Witness,
};
use lightning::events::bump_transaction::sync::WalletSourceSync;
use lightning::sign::{EntropySource, RandomBytes};
use std::collections::BTreeMap;

const START: u32 = 5_000;
const NOW: u64 = 1_800_000_000;
const RATE: FeeRate = FeeRate::from_sat_per_kwu(1_000);

fn sat(amount: u64) -> Amount {
    Amount::from_sat(amount)
}
fn seed(byte: u8) -> Descriptors {
    derive(&[byte; 64], Network::Regtest).unwrap().descriptors
}
fn entropy() -> RandomBytes {
    RandomBytes::new([3; 32])
}

/// A wallet, a chain of blocks, and the store for the wallet's changes.
struct World {
    wallet: OnChainWallet,
    headers: Vec<Header>,
    store: BTreeMap<String, Vec<u8>>,
    salt: u32,
    entropy: RandomBytes,
}

impl World {
    fn new() -> World {
        let header = header(BlockHash::all_zeros(), 0);
        let birthday = BlockId { height: START, hash: header.block_hash() };
        let wallet = OnChainWallet::create(seed(1), birthday).unwrap();
        World { wallet, headers: vec![header], store: BTreeMap::new(), salt: 1, entropy: entropy() }
    }
    fn funded(coins: &[u64]) -> World {
        let mut world = World::new();
        for coin in coins {
            let payment = world.payment(*coin);
            world.mine(&[payment]);
        }
        world
    }
    fn height(&self) -> u32 {
        START + u32::try_from(self.headers.len()).unwrap() - 1
    }
    fn next_header(&mut self) -> Header {
        self.salt += 1;
        header(self.headers.last().unwrap().block_hash(), self.salt)
    }
    fn mine(&mut self, transactions: &[Transaction]) {
        let header = self.next_header();
        self.headers.push(header);
        let indexed: Vec<(usize, &Transaction)> = transactions.iter().enumerate().collect();
        self.wallet.connect_block(&header, self.height(), &indexed).unwrap();
    }
    fn mine_empty(&mut self, count: u32) {
        (0..count).for_each(|_| self.mine(&[]));
    }
    fn disconnect(&mut self, blocks: usize) {
        self.headers.truncate(self.headers.len() - blocks);
        let hash = self.headers.last().unwrap().block_hash();
        self.wallet.disconnect_to(self.height(), hash, NOW).unwrap();
    }
    /// A payment from others to the wallet's next unused address.
    fn payment(&mut self, amount: u64) -> Transaction {
        self.salt += 1;
        payment_to(self.wallet.unused_address().script_pubkey(), amount, self.salt)
    }
    fn commit(&mut self) {
        for (key, value) in self.wallet.take_changes() {
            assert!(key.starts_with(KEY_PREFIX));
            match value {
                Some(value) => drop(self.store.insert(key, value)),
                None => assert!(self.store.remove(&key).is_some(), "{key} was never written"),
            }
        }
    }
    fn reload(&mut self) {
        self.commit();
        self.wallet = self.stored().unwrap();
    }
    fn stored(&self) -> Result<OnChainWallet, WalletError> {
        OnChainWallet::load(seed(1), self.store.iter().map(|(key, value)| (key.as_str(), value.as_slice())))
    }
    fn balance(&self) -> OnChainBalance {
        self.wallet.balance(Amount::ZERO)
    }
    fn send(&self, amount: u64, rate: FeeRate) -> Result<SignedTransaction, WalletError> {
        self.wallet.send(
            other_party(),
            SendAmount::Exactly(sat(amount)),
            rate,
            Amount::ZERO,
            Amount::MAX_MONEY,
            NOW,
            &self.entropy,
        )
    }
    fn fund(&self, amount: u64) -> Result<SignedTransaction, WalletError> {
        self.wallet.fund_channel(channel(), sat(amount), RATE, Amount::ZERO, &self.entropy)
    }
}

fn header(parent: BlockHash, salt: u32) -> Header {
    Header {
        version: Version::TWO,
        prev_blockhash: parent,
        merkle_root: TxMerkleNode::all_zeros(),
        time: 1_700_000_000 + salt,
        bits: CompactTarget::from_consensus(0x207f_ffff),
        nonce: salt,
    }
}
fn other_party() -> ScriptBuf {
    ScriptBuf::new_p2wpkh(&lightning::bitcoin::WPubkeyHash::from_byte_array([9; 20]))
}
fn channel() -> ScriptBuf {
    ScriptBuf::new_p2wsh(&lightning::bitcoin::WScriptHash::from_byte_array([8; 32]))
}
fn transaction(inputs: &[OutPoint], outputs: Vec<TxOut>) -> Transaction {
    let input = |outpoint: &OutPoint| TxIn {
        previous_output: *outpoint,
        script_sig: ScriptBuf::new(),
        sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
        witness: Witness::from_slice(&[[1; 71].as_slice(), &[2; 33]]),
    };
    Transaction {
        version: TransactionVersion::TWO,
        lock_time: LockTime::ZERO,
        input: inputs.iter().map(input).collect(),
        output: outputs,
    }
}
fn foreign_outpoint(salt: u32) -> OutPoint {
    OutPoint { txid: Txid::from_byte_array([u8::try_from(salt % 256).unwrap(); 32]), vout: salt }
}
fn payment_to(script_pubkey: ScriptBuf, amount: u64, salt: u32) -> Transaction {
    transaction(&[foreign_outpoint(salt)], vec![TxOut { value: sat(amount), script_pubkey }])
}
fn coinbase(script_pubkey: ScriptBuf, amount: u64) -> Transaction {
    let mut coinbase = transaction(&[OutPoint::null()], vec![TxOut { value: sat(amount), script_pubkey }]);
    coinbase.input[0].script_sig = ScriptBuf::from_bytes(vec![1, 2, 3]);
    coinbase
}
/// Asserts that a signed transaction pays at least this fee rate, and not much more.
fn assert_rate(signed: &SignedTransaction, rate: FeeRate) {
    let exact = rate.fee_wu(signed.transaction.weight()).unwrap();
    assert!(signed.fee >= exact, "{} < {exact}", signed.fee);
    // signatures are estimated up to one byte longer than they are with low R
    let slack =
        rate.fee_wu(lightning::bitcoin::Weight::from_wu(4 * signed.transaction.input.len() as u64 + 4)).unwrap();
    assert!(signed.fee <= exact + slack, "{} > {exact} + {slack}", signed.fee);
}

#[test]
fn a_payment_is_untrusted_then_confirmed_also_after_a_restart() {
    let mut world = World::new();
    let payment = world.payment(100_000);
    assert!(world.wallet.saw_unconfirmed(&[&payment], NOW));
    assert_eq!(world.balance(), OnChainBalance { untrusted_pending: sat(100_000), ..Default::default() });
    assert!(matches!(world.send(10_000, RATE), Err(WalletError::InsufficientFunds { available: Amount::ZERO, .. })));
    world.mine(&[payment]);
    let confirmed = OnChainBalance { confirmed: sat(100_000), spendable: sat(100_000), ..Default::default() };
    assert_eq!(world.balance(), confirmed);
    world.reload();
    assert_eq!(world.balance(), confirmed);
    assert_eq!(world.wallet.tip().height, world.height());
}

#[test]
fn ignores_transactions_of_others() {
    let mut world = World::new();
    let other = payment_to(other_party(), 5_000, 77);
    assert!(!world.wallet.saw_unconfirmed(&[&other], NOW));
    world.mine(&[other]);
    assert_eq!(world.balance(), OnChainBalance::default());
    assert!(world.wallet.transactions().is_empty());
}

#[test]
fn coinbase_outputs_mature_after_a_hundred_blocks() {
    let mut world = World::new();
    let reward = coinbase(world.wallet.fresh_address().script_pubkey(), 5_000_000_000);
    world.mine(&[reward]);
    world.mine_empty(98);
    assert_eq!(world.balance(), OnChainBalance { immature: sat(5_000_000_000), ..Default::default() });
    assert!(world.wallet.list_confirmed_utxos().unwrap().is_empty());
    assert!(world.send(1_000, RATE).is_err());
    world.mine_empty(1);
    assert_eq!(world.balance().spendable, sat(5_000_000_000));
    assert!(world.send(1_000, RATE).is_ok());
}

#[test]
fn fresh_addresses_differ_and_unused_addresses_are_reused() {
    let mut world = World::new();
    let first = world.wallet.unused_address();
    assert_eq!(world.wallet.unused_address(), first);
    let second = world.wallet.fresh_address();
    assert_ne!(first, second);
    world.reload();
    assert_eq!(world.wallet.unused_address(), first);
    assert_ne!(world.wallet.fresh_address(), second);
    assert!(first.to_string().starts_with("bcrt1q"));
}

#[test]
fn finds_a_transaction_and_its_spend_in_the_same_block() {
    let mut world = World::new();
    let payment = world.payment(50_000);
    let spends = transaction(
        &[OutPoint { txid: payment.compute_txid(), vout: 0 }],
        vec![TxOut { value: sat(49_000), script_pubkey: other_party() }],
    );
    world.mine(&[payment, spends]);
    assert_eq!(world.balance(), OnChainBalance::default());
    let history = world.wallet.transactions();
    assert_eq!(history.len(), 2);
    let spent = history.iter().find(|transaction| transaction.sent > Amount::ZERO).unwrap();
    assert_eq!((spent.sent, spent.fee), (sat(50_000), Some(sat(1_000))));
}

#[test]
fn connects_only_a_child_of_the_tip() {
    let mut world = World::funded(&[10_000]);
    let tip = world.wallet.tip();
    let orphan = header(BlockHash::all_zeros(), 4_000);
    let refused = world.wallet.connect_block(&orphan, world.height() + 1, &[]);
    assert_eq!(refused, Err(WalletError::NotConnected { tip_height: tip.height, tip_hash: tip.hash }));
    let next = world.next_header();
    assert!(world.wallet.connect_block(&next, world.height() + 2, &[]).is_err());
    assert_eq!(world.wallet.tip(), tip);
}

#[test]
fn a_reorganised_payment_is_unconfirmed_until_it_confirms_again() {
    let mut world = World::funded(&[70_000]);
    let payment = world.payment(30_000);
    world.mine(std::slice::from_ref(&payment));
    world.mine_empty(2);
    assert_eq!(world.balance().confirmed, sat(100_000));
    world.disconnect(3);
    assert_eq!(world.balance().confirmed, sat(70_000));
    assert_eq!(world.balance().untrusted_pending, sat(30_000));
    world.reload();
    assert_eq!(world.balance().untrusted_pending, sat(30_000));
    world.mine_empty(1);
    world.mine(&[payment]);
    assert_eq!(
        world.balance(),
        OnChainBalance { confirmed: sat(100_000), spendable: sat(100_000), ..Default::default() }
    );
    world.reload();
    assert_eq!(world.balance().confirmed, sat(100_000));
}

#[test]
fn a_payment_replaced_in_a_reorganisation_does_not_count() {
    let mut world = World::new();
    let script = world.wallet.fresh_address().script_pubkey();
    let first = payment_to(script.clone(), 30_000, 50);
    let second = payment_to(script, 20_000, 50);
    world.mine(&[first]);
    world.disconnect(1);
    world.mine(&[second]);
    assert_eq!(
        world.balance(),
        OnChainBalance { confirmed: sat(20_000), spendable: sat(20_000), ..Default::default() }
    );
    // and replaced by a transaction that does not pay the wallet
    world.disconnect(1);
    world.mine(&[payment_to(other_party(), 1_000, 50)]);
    assert_eq!(world.balance(), OnChainBalance::default());
}

#[test]
fn a_coinbase_output_is_gone_with_its_block() {
    let mut world = World::new();
    let reward = coinbase(world.wallet.fresh_address().script_pubkey(), 5_000);
    world.mine(&[reward]);
    world.disconnect(1);
    assert_eq!(world.balance(), OnChainBalance::default());
}

#[test]
fn sending_pays_the_rate_and_returns_the_change() {
    let mut world = World::funded(&[60_000, 50_000]);
    let signed = world.send(80_000, RATE).unwrap();
    assert_rate(&signed, RATE);
    assert_eq!(signed.transaction.input.len(), 2);
    assert!(signed
        .transaction
        .output
        .iter()
        .any(|output| output.script_pubkey == other_party() && output.value == sat(80_000)));
    let change = sat(110_000) - sat(80_000) - signed.fee;
    assert_eq!(world.balance(), OnChainBalance { trusted_pending: change, spendable: change, ..Default::default() });
    world.mine(std::slice::from_ref(&signed.transaction));
    assert_eq!(world.balance(), OnChainBalance { confirmed: change, spendable: change, ..Default::default() });
    let history = world.wallet.transactions();
    assert_eq!(history[0].txid, signed.transaction.compute_txid());
    assert_eq!(history[0].fee, Some(signed.fee));
    assert_eq!(history[0].sent - history[0].received, sat(80_000) + signed.fee);
    assert_eq!(history[0].height, Some(world.height()));
}

#[test]
fn signatures_are_valid_for_the_spent_scripts() {
    let world = World::funded(&[60_000, 50_000]);
    let signed = world.send(80_000, RATE).unwrap();
    use lightning::bitcoin::sighash::{EcdsaSighashType, SighashCache};
    let secp = lightning::bitcoin::secp256k1::Secp256k1::verification_only();
    for (index, input) in signed.transaction.input.iter().enumerate() {
        let state = world.wallet.state.borrow();
        let spent = state.wallet.tx_graph().get_txout(input.previous_output).unwrap().clone();
        let hash = SighashCache::new(&signed.transaction)
            .p2wpkh_signature_hash(index, &spent.script_pubkey, spent.value, EcdsaSighashType::All)
            .unwrap();
        let signature = lightning::bitcoin::ecdsa::Signature::from_slice(&input.witness[0]).unwrap();
        let key = lightning::bitcoin::PublicKey::from_slice(&input.witness[1]).unwrap();
        assert_eq!(ScriptBuf::new_p2wpkh(&key.wpubkey_hash().unwrap()), spent.script_pubkey);
        let message = lightning::bitcoin::secp256k1::Message::from_digest(hash.to_byte_array());
        secp.verify_ecdsa(&message, &signature.signature, &key.inner).unwrap();
    }
}

#[test]
fn unconfirmed_change_is_spent_only_after_confirmed_coins() {
    let world = World::funded(&[100_000, 20_000]);
    let first = world.send(50_000, RATE).unwrap();
    let second = world.send(10_000, RATE).unwrap();
    assert!(second
        .transaction
        .input
        .iter()
        .all(|input| input.previous_output.txid != first.transaction.compute_txid()));
    let third = world.send(30_000, RATE).unwrap();
    assert!(third.transaction.input.iter().any(|input| input.previous_output.txid == first.transaction.compute_txid()));
    let left = sat(30_000) - first.fee - second.fee - third.fee;
    assert_eq!(world.balance().trusted_pending, left);
    // parents before children
    let again: Vec<Txid> = world.wallet.rebroadcast().iter().map(Transaction::compute_txid).collect();
    let place =
        |signed: &SignedTransaction| again.iter().position(|txid| *txid == signed.transaction.compute_txid()).unwrap();
    assert!(place(&first) < place(&third) && again.len() == 3);
}

#[test]
fn an_unconfirmed_payment_from_others_to_a_change_address_is_untrusted() {
    let mut world = World::funded(&[100_000]);
    let signed = world.send(50_000, RATE).unwrap();
    let change = signed.transaction.output.iter().find(|output| output.script_pubkey != other_party()).unwrap().clone();
    world.mine(&[signed.transaction]);
    world.wallet.saw_unconfirmed(&[&payment_to(change.script_pubkey, 7_000, 99)], NOW);
    assert_eq!(world.balance().untrusted_pending, sat(7_000));
    assert_eq!(world.balance().spendable, change.value);
}

#[test]
fn limits_chains_of_unconfirmed_change() {
    let world = World::funded(&[10_000_000]);
    let mut built = 0;
    let refused = loop {
        match world.send(10_000, RATE) {
            Ok(_) => built += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(built, 21);
    assert!(matches!(refused, WalletError::InsufficientFunds { .. }), "{refused}");
}

#[test]
fn the_reserve_stays_in_the_wallet() {
    let world = World::funded(&[60_000, 50_000]);
    let send = |amount, reserve| {
        world.wallet.send(other_party(), amount, RATE, sat(reserve), Amount::MAX_MONEY, NOW, &world.entropy)
    };
    assert_eq!(world.wallet.balance(sat(25_000)).spendable, sat(85_000));
    assert_eq!(world.wallet.balance(sat(25_000)).reserved, sat(25_000));
    let refused = send(SendAmount::Exactly(sat(100_000)), 10_000);
    assert!(
        matches!(refused, Err(WalletError::InsufficientFunds { available, needed }) if available == sat(110_000) && needed > sat(110_000))
    );
    // the failed attempt has changed nothing
    assert_eq!(world.balance().spendable, sat(110_000));
    let all = send(SendAmount::All, 25_000).unwrap();
    let arrived: Amount =
        all.transaction.output.iter().filter(|o| o.script_pubkey == other_party()).map(|o| o.value).sum();
    assert_eq!(arrived, sat(110_000 - 25_000) - all.fee);
    assert_eq!(world.balance().trusted_pending, sat(25_000));
    assert_rate(&all, RATE);
}

#[test]
fn sending_all_leaves_only_uneconomic_coins() {
    let world = World::funded(&[60_000, 50_000, 200]);
    let all = world
        .wallet
        .send(other_party(), SendAmount::All, RATE, Amount::ZERO, Amount::MAX_MONEY, NOW, &world.entropy)
        .unwrap();
    assert_eq!(all.transaction.output.len(), 1);
    assert_eq!(all.transaction.output[0].value, sat(110_000) - all.fee);
    assert_eq!(world.balance().confirmed, sat(200));
    assert_rate(&all, RATE);
    let empty =
        world.wallet.send(other_party(), SendAmount::All, RATE, Amount::ZERO, Amount::MAX_MONEY, NOW, &world.entropy);
    assert!(matches!(empty, Err(WalletError::InsufficientFunds { .. })));
}

#[test]
fn refuses_amounts_and_fee_rates_out_of_bounds() {
    let world = World::funded(&[100_000]);
    for amount in [0, 100, 21_000_000 * 100_000_000 + 1, u64::MAX] {
        assert_eq!(world.send(amount, RATE).unwrap_err(), WalletError::AmountOutOfBounds { amount: sat(amount) });
    }
    assert!(matches!(world.send(1_000, FeeRate::from_sat_per_kwu(249)), Err(WalletError::FeeRateTooLow { .. })));
    assert_eq!(world.send(1_000, FeeRate::from_sat_per_kwu(7_000_000)).unwrap_err(), WalletError::FeeRateTooHigh);
    assert!(matches!(
        world.send(1_000, FeeRate::from_sat_per_kwu(6_000_000)),
        Err(WalletError::InsufficientFunds { .. })
    ));
    let legacy = ScriptBuf::new_p2pkh(&lightning::bitcoin::PubkeyHash::from_byte_array([4; 20]));
    let refused = world.wallet.fund_channel(legacy, sat(10_000), RATE, Amount::ZERO, &world.entropy);
    assert_eq!(refused.unwrap_err(), WalletError::NotSegwit);
    let reserve =
        world.wallet.send(other_party(), SendAmount::All, RATE, Amount::MAX, Amount::MAX_MONEY, NOW, &world.entropy);
    assert!(reserve.is_err());
    assert_eq!(world.balance().spendable, sat(100_000));
}

#[test]
fn two_fundings_never_spend_the_same_coin() {
    let mut world = World::funded(&[60_000, 50_000]);
    let first = world.fund(40_000).unwrap();
    assert!(first.transaction.input.iter().all(|input| !input.witness.is_empty()));
    assert!(!first.transaction.is_explicitly_rbf());
    assert_rate(&first, RATE);
    let second = world.fund(40_000).unwrap();
    let used = |signed: &SignedTransaction| signed.transaction.input[0].previous_output;
    assert_ne!(used(&first), used(&second));
    assert!(matches!(world.fund(10_000), Err(WalletError::InsufficientFunds { .. })));
    assert!(world.wallet.list_confirmed_utxos().unwrap().is_empty());
    assert_eq!(world.balance().in_use, sat(110_000));
    assert_eq!(world.balance().confirmed, sat(110_000));
    // also after a restart
    world.reload();
    assert!(matches!(world.fund(10_000), Err(WalletError::InsufficientFunds { available: Amount::ZERO, .. })));
    // the first channel fails, and its coin is released
    world.wallet.release_funding(first.transaction.compute_txid());
    assert_eq!(world.balance().in_use, sat(110_000) - world.balance().spendable);
    assert_eq!(used(&world.fund(10_000).unwrap()), used(&first));
}

#[test]
fn a_broadcast_funding_counts_as_spent() {
    let mut world = World::funded(&[60_000]);
    let funding = world.fund(40_000).unwrap();
    world.wallet.broadcast(std::slice::from_ref(&funding.transaction), NOW);
    let change = sat(20_000) - funding.fee;
    let pending = OnChainBalance { trusted_pending: change, spendable: change, ..Default::default() };
    assert_eq!(world.balance(), pending);
    assert!(world.wallet.fundings().is_empty());
    world.reload();
    assert_eq!(world.balance(), pending);
    world.wallet.release_fundings_except(&BTreeSet::new());
    assert_eq!(world.balance(), pending);
    world.mine(&[funding.transaction]);
    assert_eq!(world.balance().confirmed, change);
}

#[test]
fn after_a_restart_only_fundings_of_existing_channels_keep_their_coins() {
    let mut world = World::funded(&[60_000, 50_000]);
    let kept = world.fund(40_000).unwrap().transaction.compute_txid();
    let lost = world.fund(40_000).unwrap();
    world.reload();
    world.wallet.release_fundings_except(&BTreeSet::from([kept]));
    assert_eq!(world.wallet.fundings(), vec![kept]);
    assert_eq!(used_value(&world, &lost.transaction), world.balance().spendable);
    world.reload();
    assert_eq!(world.wallet.fundings(), vec![kept]);
}
fn used_value(world: &World, transaction: &Transaction) -> Amount {
    world.wallet.state.borrow().wallet.sent_and_received(transaction).0
}

#[test]
fn a_replacement_pays_a_higher_fee_and_the_recipient_receives_the_same_amount() {
    let mut world = World::funded(&[60_000]);
    let slow = world.send(30_000, FeeRate::from_sat_per_kwu(300)).unwrap();
    let bump = |txid, rate| {
        world.wallet.bump_fee(
            txid,
            FeeRate::from_sat_per_kwu(rate),
            Amount::ZERO,
            Amount::MAX_MONEY,
            NOW,
            &world.entropy,
        )
    };
    let txid = slow.transaction.compute_txid();
    assert!(matches!(bump(txid, 400), Err(WalletError::FeeRateTooLow { .. })));
    let fast = bump(txid, 2_000).unwrap();
    assert_rate(&fast, FeeRate::from_sat_per_kwu(2_000));
    assert_eq!(fast.transaction.input[0].previous_output, slow.transaction.input[0].previous_output);
    assert!(fast
        .transaction
        .output
        .iter()
        .any(|output| output.value == sat(30_000) && output.script_pubkey == other_party()));
    assert_eq!(world.balance().trusted_pending, sat(30_000) - fast.fee);
    // only the replacement counts, although both were seen in the same second
    let history = world.wallet.transactions();
    assert!(history.iter().any(|t| t.txid == fast.transaction.compute_txid()));
    assert!(!history.iter().any(|t| t.txid == txid));
    assert_eq!(bump(txid, 9_000).unwrap_err(), WalletError::UnknownTransaction { txid });
    // unless the original confirms
    world.mine(std::slice::from_ref(&slow.transaction));
    assert_eq!(world.balance().confirmed, sat(30_000) - slow.fee);
    let again = world.wallet.bump_fee(
        txid,
        FeeRate::from_sat_per_kwu(9_000),
        Amount::ZERO,
        Amount::MAX_MONEY,
        NOW,
        &world.entropy,
    );
    assert_eq!(again.unwrap_err(), WalletError::AlreadyConfirmed { txid });
}

#[test]
fn replacing_a_send_of_everything_takes_the_fee_from_the_recipient() {
    let world = World::funded(&[60_000, 40_000]);
    let slow = world
        .wallet
        .send(other_party(), SendAmount::All, RATE, Amount::ZERO, Amount::MAX_MONEY, NOW, &world.entropy)
        .unwrap();
    let rate = FeeRate::from_sat_per_kwu(5_000);
    let fast = world
        .wallet
        .bump_fee(slow.transaction.compute_txid(), rate, Amount::ZERO, Amount::MAX_MONEY, NOW, &world.entropy)
        .unwrap();
    assert_rate(&fast, rate);
    assert_eq!(fast.transaction.output.len(), 1);
    assert_eq!(fast.transaction.output[0].value, sat(100_000) - fast.fee);
    assert_eq!(world.balance(), OnChainBalance::default());
}

#[test]
fn a_funding_is_bumped_by_a_child_and_never_replaced() {
    let world = World::funded(&[100_000]);
    let funding = world
        .wallet
        .fund_channel(channel(), sat(40_000), FeeRate::from_sat_per_kwu(300), Amount::ZERO, &world.entropy)
        .unwrap();
    let txid = funding.transaction.compute_txid();
    let rate = FeeRate::from_sat_per_kwu(3_000);
    let bump = || world.wallet.bump_fee(txid, rate, Amount::ZERO, Amount::MAX_MONEY, NOW, &world.entropy);
    assert_eq!(bump().unwrap_err(), WalletError::UnknownTransaction { txid });
    world.wallet.broadcast(std::slice::from_ref(&funding.transaction), NOW);
    let child = bump().unwrap();
    assert!(child.transaction.input.iter().all(|input| input.previous_output.txid == txid));
    let package = funding.transaction.weight() + child.transaction.weight();
    let fees = funding.fee + child.fee;
    assert!(fees >= rate.fee_wu(package).unwrap() && fees <= rate.fee_wu(package).unwrap() + sat(15));
    assert_eq!(world.balance().trusted_pending, sat(60_000) - fees);
    // the child signals replaceability and can be replaced
    let higher_fee = world.wallet.bump_fee(
        child.transaction.compute_txid(),
        FeeRate::from_sat_per_kwu(20_000),
        Amount::ZERO,
        Amount::MAX_MONEY,
        NOW,
        &world.entropy,
    );
    assert_eq!(higher_fee.unwrap().transaction.input[0].previous_output, child.transaction.input[0].previous_output);
}

#[test]
fn refuses_to_bump_transactions_of_others() {
    let mut world = World::new();
    let payment = world.payment(50_000);
    world.wallet.saw_unconfirmed(&[&payment], NOW);
    let txid = payment.compute_txid();
    let refused = world.wallet.bump_fee(txid, RATE, Amount::ZERO, Amount::MAX_MONEY, NOW, &world.entropy);
    assert_eq!(refused.unwrap_err(), WalletError::NotReplaceable { txid });
}

#[test]
fn refuses_to_bump_a_transaction_whose_change_funds_a_channel() {
    let world = World::funded(&[100_000]);
    let first = world.send(30_000, FeeRate::from_sat_per_kwu(300)).unwrap();
    let funding = world.fund(20_000).unwrap();
    let txid = first.transaction.compute_txid();
    assert_eq!(funding.transaction.input[0].previous_output.txid, txid);
    // its change is used by the funding, so it can be neither replaced nor bumped by a child
    let refused = world.wallet.bump_fee(
        txid,
        FeeRate::from_sat_per_kwu(5_000),
        Amount::ZERO,
        Amount::MAX_MONEY,
        NOW,
        &world.entropy,
    );
    assert_eq!(refused.unwrap_err(), WalletError::NotReplaceable { txid });
}

#[test]
fn eviction_releases_a_transactions_coins_until_it_is_seen_again() {
    let mut world = World::funded(&[60_000]);
    let signed = world.send(30_000, RATE).unwrap();
    let txid = signed.transaction.compute_txid();
    world.wallet.evicted(txid, NOW);
    assert_eq!(world.balance().confirmed, sat(60_000));
    world.reload();
    assert_eq!(world.balance().confirmed, sat(60_000));
    assert!(world.wallet.rebroadcast().is_empty());
    world.wallet.broadcast(std::slice::from_ref(&signed.transaction), NOW);
    assert_eq!(world.balance().trusted_pending, sat(30_000) - signed.fee);
    world.wallet.evicted(txid, NOW);
    world.mine(&[signed.transaction]);
    assert_eq!(world.balance().confirmed, sat(30_000) - signed.fee);
}

/// Our commitment transaction with an anchor at output 0, and a child that spends the anchor and a coin of the wallet.
/// Returns both and the value of the coin.
fn anchored(world: &World, funding: OutPoint) -> (Transaction, Transaction, Amount) {
    let commitment = transaction(
        &[funding],
        vec![
            TxOut { value: sat(330), script_pubkey: channel() },
            TxOut { value: sat(9_000), script_pubkey: channel() },
        ],
    );
    let coin = world.wallet.list_confirmed_utxos().unwrap().remove(0);
    let change = world.wallet.get_change_script().unwrap();
    let fee = sat(2_000);
    let child = transaction(
        &[OutPoint { txid: commitment.compute_txid(), vout: 0 }, coin.outpoint],
        vec![TxOut { value: coin.output.value + sat(330) - fee, script_pubkey: change }],
    );
    (commitment, child, coin.output.value)
}

#[test]
fn a_bumps_coin_is_spent_and_released_if_the_peers_commitment_confirms_instead() {
    let mut world = World::funded(&[60_000]);
    let funding = foreign_outpoint(200);
    let (commitment, child, coin) = anchored(&world, funding);
    world.wallet.broadcast(&[commitment.clone(), child.clone()], NOW);
    let change = child.output[0].value;
    // its change is not spent before it confirms: another bump would replace it
    assert_eq!(world.balance(), OnChainBalance { untrusted_pending: change, ..Default::default() });
    assert!(world.wallet.list_confirmed_utxos().unwrap().is_empty());
    world.reload();
    let theirs = transaction(&[funding], vec![TxOut { value: sat(8_888), script_pubkey: channel() }]);
    world.mine(&[theirs]);
    assert_eq!(world.balance(), OnChainBalance { confirmed: coin, spendable: coin, ..Default::default() });
    // a reorganisation brings our commitment back
    world.disconnect(1);
    world.wallet.broadcast(&[commitment.clone(), child.clone()], NOW + 60);
    assert_eq!(world.balance().untrusted_pending, change);
    world.mine(&[commitment, child.clone()]);
    assert_eq!(world.balance().confirmed, change);
    let entry = world.wallet.transactions().into_iter().find(|t| t.txid == child.compute_txid()).unwrap();
    assert_eq!((entry.sent, entry.received, entry.fee), (coin, change, Some(sat(2_000))));
    // the commitment itself is not a transaction of the wallet
    assert_eq!(world.wallet.transactions().len(), 2);
}

#[test]
fn a_child_with_a_higher_fee_replaces_the_earlier_one() {
    let world = World::funded(&[60_000]);
    let (commitment, child, _) = anchored(&world, foreign_outpoint(200));
    world.wallet.broadcast(&[commitment.clone(), child.clone()], NOW);
    let mut higher_fee = child.clone();
    higher_fee.output[0].value -= sat(5_000);
    world.wallet.broadcast(&[commitment, higher_fee.clone()], NOW);
    assert_eq!(world.balance().untrusted_pending, higher_fee.output[0].value);
}

#[test]
fn signs_only_own_inputs_and_only_with_the_correct_amount() {
    let world = World::funded(&[60_000]);
    let (_, mut unsigned, value) = anchored(&world, foreign_outpoint(200));
    unsigned.input.iter_mut().for_each(|input| input.witness = Witness::new());
    let coin = world.wallet.list_confirmed_utxos().unwrap().remove(0);
    let mut psbt = Psbt::from_unsigned_tx(unsigned).unwrap();
    psbt.inputs[0].witness_utxo = Some(TxOut { value: sat(330), script_pubkey: channel() });
    psbt.inputs[1].witness_utxo = Some(coin.output.clone());
    let signed = world.wallet.sign_psbt(psbt.clone()).unwrap();
    assert!(signed.input[0].witness.is_empty());
    assert_eq!(signed.input[1].witness.len(), 2);
    psbt.inputs[1].witness_utxo = Some(TxOut { value: value - sat(1), ..coin.output });
    assert!(world.wallet.sign_psbt(psbt).is_err());
}

#[test]
fn payouts_share_a_script_until_one_arrives_and_are_spendable_once_confirmed() {
    let mut world = World::new();
    let script = world.wallet.payout_script();
    assert_eq!(world.wallet.payout_script(), script);
    let closing = payment_to(script.clone(), 12_345, 60);
    world.wallet.saw_unconfirmed(&[&closing], NOW);
    assert_eq!(world.balance().untrusted_pending, sat(12_345));
    assert_ne!(world.wallet.payout_script(), script);
    world.mine(&[closing]);
    assert_eq!(world.balance().spendable, sat(12_345));
}

#[test]
fn changes_are_compacted_and_load_the_same_wallet() {
    let mut world = World::funded(&[60_000]);
    world.commit();
    assert_eq!(world.wallet.take_changes(), vec![]);
    for round in 0..2_500 {
        if round % 100 == 0 {
            let payment = world.payment(10_000 + round);
            world.mine(&[payment]);
        } else {
            world.mine_empty(1);
        }
        world.commit();
        assert!(world.store.len() <= 1_002, "{}", world.store.len());
    }
    let (balance, transactions, tip) = (world.balance(), world.wallet.transactions(), world.wallet.tip());
    assert_eq!(transactions.len(), 26);
    let blocks = world.wallet.state.borrow().wallet.checkpoints().count();
    assert!(blocks < 1_700, "{blocks}");
    world.reload();
    assert_eq!((world.balance(), world.wallet.transactions(), world.wallet.tip()), (balance, transactions, tip));
    // a deep reorganisation
    world.disconnect(10);
    world.mine_empty(11);
    assert_eq!(world.wallet.tip().height, world.height());
}

#[test]
fn refuses_a_damaged_store_and_a_store_of_another_seed() {
    let mut world = World::funded(&[60_000]);
    world.commit();
    let entries = world.store.clone();
    let load = |descriptors, entries: &BTreeMap<String, Vec<u8>>| {
        OnChainWallet::load(descriptors, entries.iter().map(|(key, value)| (key.as_str(), value.as_slice())))
    };
    let refused = |loaded: Result<OnChainWallet, WalletError>| match loaded {
        Err(WalletError::Stored { reason }) => reason,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("loaded"),
    };
    assert!(refused(load(seed(2), &entries)).contains("another seed"));
    assert!(refused(load(derive(&[1; 64], Network::Signet).unwrap().descriptors, &entries)).contains("another seed"));
    assert!(refused(load(seed(1), &BTreeMap::new())).contains("no snapshot"));
    let snapshot = entries["wallet/snapshot"].clone();
    for length in 0..snapshot.len() {
        let cut = BTreeMap::from([("wallet/snapshot".to_string(), snapshot[..length].to_vec())]);
        assert!(load(seed(1), &cut).is_err(), "cut at {length}");
    }
    let long = BTreeMap::from([("wallet/snapshot".to_string(), [snapshot.clone(), vec![0]].concat())]);
    assert!(refused(load(seed(1), &long)).contains("trailing bytes"));
    let future = BTreeMap::from([("wallet/snapshot".to_string(), [vec![2], snapshot[1..].to_vec()].concat())]);
    assert!(refused(load(seed(1), &future)).contains("version"));
}

#[test]
fn stores_no_secrets() {
    let mut world = World::funded(&[60_000]);
    world.fund(20_000).unwrap();
    world.commit();
    let text: String = world.store.values().map(|value| String::from_utf8_lossy(value).into_owned()).collect();
    assert!(text.contains("tpub"));
    assert!(!text.contains("tprv") && !text.contains("xprv"));
}

#[test]
fn the_same_entropy_gives_the_same_transactions() {
    let run = || {
        let world = World::funded(&[60_000, 50_000, 40_000, 30_000, 20_000, 10_000]);
        let first = world.fund(70_000).unwrap();
        (first, world.send(45_000, RATE).unwrap(), world.wallet.take_changes())
    };
    assert_eq!(run(), run());
    // different entropy eventually gives a different order of outputs
    let order = |byte: u8| {
        let world = World::funded(&[60_000]);
        let entropy = RandomBytes::new([byte; 32]);
        let signed = world
            .wallet
            .send(other_party(), SendAmount::Exactly(sat(20_000)), RATE, Amount::ZERO, Amount::MAX_MONEY, NOW, &entropy)
            .unwrap();
        signed.transaction.output[0].script_pubkey == other_party()
    };
    let orders: BTreeSet<bool> = (0..20).map(order).collect();
    assert_eq!(orders.len(), 2);
    assert_ne!(entropy().get_secure_random_bytes(), [0; 32]);
}

mod partial {
    //! The partial view (Esplora): only relevant transactions, and skipped blocks.
    use super::*;

    fn confirm(world: &mut World, header: &Header, height: u32, transactions: &[&Transaction]) {
        let indexed: Vec<(usize, &Transaction)> = transactions.iter().map(|transaction| (1, *transaction)).collect();
        world.wallet.transactions_confirmed(header, &indexed, height, NOW).unwrap();
    }
    fn confirmed(world: &World) -> u64 {
        world.balance().confirmed.to_sat()
    }

    #[test]
    fn transactions_and_tips_may_skip_blocks() {
        let mut world = World::new();
        let (first, second) =
            (world.payment(10_000), payment_to(world.wallet.fresh_address().script_pubkey(), 7_000, 3));
        let tip = header(BlockHash::all_zeros(), 900);
        confirm(&mut world, &header(BlockHash::all_zeros(), 901), START + 10, &[&first]);
        confirm(&mut world, &header(BlockHash::all_zeros(), 902), START + 20, &[&second]);
        world.wallet.set_tip(&tip, START + 30, NOW).unwrap();
        assert_eq!(confirmed(&world), 17_000);
        assert_eq!(world.wallet.tip(), BlockId { height: START + 30, hash: tip.block_hash() });
        world.reload();
        assert_eq!(confirmed(&world), 17_000);
        let relevant = world.wallet.relevant_transactions();
        assert_eq!(
            relevant.iter().map(|(txid, height, _)| (*txid, *height)).collect::<Vec<_>>(),
            vec![(first.compute_txid(), START + 10), (second.compute_txid(), START + 20)]
        );
        // a transaction that is found later, below the tip
        let third = payment_to(world.wallet.fresh_address().script_pubkey(), 500, 4);
        confirm(&mut world, &header(BlockHash::all_zeros(), 903), START + 15, &[&third]);
        assert_eq!(confirmed(&world), 17_500);
        assert_eq!(world.wallet.tip().height, START + 30);
    }

    #[test]
    fn reorganisations_are_reported_per_transaction() {
        let mut world = World::new();
        let (first, second) =
            (world.payment(10_000), payment_to(world.wallet.fresh_address().script_pubkey(), 7_000, 3));
        confirm(&mut world, &header(BlockHash::all_zeros(), 901), START + 10, &[&first]);
        confirm(&mut world, &header(BlockHash::all_zeros(), 902), START + 20, &[&second]);
        world.wallet.set_tip(&header(BlockHash::all_zeros(), 900), START + 30, NOW).unwrap();
        world.wallet.transaction_unconfirmed(&second.compute_txid(), NOW).unwrap();
        assert_eq!(confirmed(&world), 10_000);
        assert_eq!(world.balance().untrusted_pending, sat(7_000));
        // it confirms in another block at the same height, and below
        confirm(&mut world, &header(BlockHash::all_zeros(), 912), START + 19, &[&second]);
        world.wallet.set_tip(&header(BlockHash::all_zeros(), 910), START + 31, NOW).unwrap();
        assert_eq!(confirmed(&world), 17_000);
        world.wallet.transaction_unconfirmed(&first.compute_txid(), NOW).unwrap();
        confirm(&mut world, &header(BlockHash::all_zeros(), 911), START + 10, &[&first]);
        assert_eq!(confirmed(&world), 17_000);
        world.reload();
        assert_eq!(confirmed(&world), 17_000);
        // an unknown transaction is ignored
        world.wallet.transaction_unconfirmed(&Txid::all_zeros(), NOW).unwrap();
    }

    #[test]
    fn a_lower_tip_or_one_with_another_parent_removes_blocks() {
        let mut world = World::new();
        let first = world.payment(10_000);
        let block = header(BlockHash::all_zeros(), 901);
        confirm(&mut world, &block, START + 10, &[&first]);
        world.wallet.set_tip(&header(block.block_hash(), 902), START + 11, NOW).unwrap();
        assert_eq!(confirmed(&world), 10_000);
        // the child of another block at that height
        world.wallet.set_tip(&header(BlockHash::all_zeros(), 903), START + 11, NOW).unwrap();
        assert_eq!((confirmed(&world), world.balance().untrusted_pending), (0, sat(10_000)));
        confirm(&mut world, &block, START + 10, &[&first]);
        assert_eq!(confirmed(&world), 10_000);
        world.wallet.set_tip(&header(BlockHash::all_zeros(), 904), START + 5, NOW).unwrap();
        assert_eq!(world.wallet.tip().height, START + 5);
        assert_eq!(confirmed(&world), 0);
        let genesis = world.wallet.set_tip(&header(BlockHash::all_zeros(), 905), 0, NOW);
        assert_eq!(genesis, Err(WalletError::Genesis));
    }

    #[test]
    fn scripts_to_watch_include_a_look_ahead() {
        let world = World::new();
        let all = world.wallet.scripts();
        assert_eq!(all.len(), 50);
        assert!(world.wallet.take_new_scripts().is_empty());
        let address = world.wallet.fresh_address().script_pubkey();
        assert!(all.contains(&address));
        let new = world.wallet.take_new_scripts();
        assert_eq!(new.len(), 1);
        assert!(!all.contains(&new[0]));
        assert_eq!(world.wallet.scripts().len(), 51);
    }

    #[test]
    fn accepts_transactions_from_before_the_birthday() {
        let mut world = World::new();
        let old = world.payment(4_000);
        world.wallet.set_tip(&header(BlockHash::all_zeros(), 900), START + 30, NOW).unwrap();
        confirm(&mut world, &header(BlockHash::all_zeros(), 901), START - 900, &[&old]);
        assert_eq!(confirmed(&world), 4_000);
        assert_eq!(world.wallet.tip().height, START + 30);
        world.reload();
        assert_eq!(confirmed(&world), 4_000);
    }

    #[test]
    fn a_restored_wallet_finds_coins_beyond_its_known_addresses() {
        let old = World::new();
        let scripts: Vec<ScriptBuf> = (0..40).map(|_| old.wallet.fresh_address().script_pubkey()).collect();
        let mut restored = World::new();
        // both in one block: the first extends the look-ahead to the second
        let (near, far) = (payment_to(scripts[20].clone(), 1_000, 1), payment_to(scripts[39].clone(), 2_000, 2));
        confirm(&mut restored, &header(BlockHash::all_zeros(), 901), START + 10, &[&near, &far]);
        assert_eq!(confirmed(&restored), 3_000);
        assert!(!scripts.contains(&restored.wallet.fresh_address().script_pubkey()));
    }
}
