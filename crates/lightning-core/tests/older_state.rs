//! A node that is started from an older copy of its state: it never broadcasts a revoked commitment transaction, its
//! peers close with their newest ones, and every balance arrives on chain.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod support;

use lightning::bitcoin::hashes::Hash;
use lightning::bitcoin::{OutPoint, Txid};
use lightning_core::api::{
    ClosureKind, Command, CommandResult, Event, FallenBehind, ForceCloseChannel, Hex32, OnChainBalance,
};
use support::host::{Kind, Scenario, LSP, MERCHANT, WALLET};
use support::Store;

const PAYMENTS: [(usize, usize, Kind); 4] = [
    (WALLET, MERCHANT, Kind::Plain),
    (MERCHANT, WALLET, Kind::Plain),
    (WALLET, MERCHANT, Kind::Plain),
    (WALLET, MERCHANT, Kind::HoldExternalPreimage(true)),
];

fn on_chain(scenario: &mut Scenario, node: usize) -> OnChainBalance {
    let CommandResult::OnChainBalance(balance) = scenario.world.call_ok(node, Command::OnChainBalance) else {
        panic!()
    };
    balance
}
fn total_sat(scenario: &mut Scenario, node: usize) -> u64 {
    let balance = on_chain(scenario, node);
    balance.confirmed_sat.0 + balance.trusted_pending_sat.0 + balance.untrusted_pending_sat.0
}
fn fundings(scenario: &mut Scenario, node: usize) -> Vec<OutPoint> {
    let channels = scenario.channels(node).into_iter().filter_map(|channel| channel.funding);
    channels.map(|output| OutPoint { txid: Txid::from_byte_array(output.txid.0), vout: output.index }).collect()
}
fn spends(scenario: &Scenario, node: usize, outputs: &[OutPoint]) -> usize {
    let transactions = scenario.world.nodes[node].transactions.iter();
    transactions.filter(|one| one.input.iter().any(|input| outputs.contains(&input.previous_output))).count()
}
fn fell_behind(scenario: &Scenario, node: usize) -> Vec<FallenBehind> {
    let events = scenario.world.nodes[node].all_events.iter();
    events
        .filter_map(|event| if let Event::ChannelFellBehind { side, .. } = event { Some(*side) } else { None })
        .collect()
}
fn reconnect(scenario: &mut Scenario) {
    scenario.world.run();
    scenario.world.connect(WALLET, LSP);
    scenario.world.connect(LSP, MERCHANT);
    scenario.world.run();
    scenario.handle_events();
}
/// Restarts a node from this copy of its state, with all peers connected.
fn restore(scenario: &mut Scenario, node: usize, copy: Store) {
    scenario.world.nodes[node].store = copy;
    scenario.world.nodes[node].transactions.clear();
    scenario.world.restart(node);
    scenario.world.disconnect(LSP);
    reconnect(scenario);
}
/// Mines and ticks until everything is swept.
fn settle(scenario: &mut Scenario) {
    for _ in 0..30 {
        scenario.world.mine(6);
        scenario.world.tick(7);
        scenario.handle_events();
    }
}
/// A network whose payments went on after a copy of the node's state was made.
fn with_copy(node: usize) -> (Scenario, Store) {
    let mut scenario = Scenario::new();
    scenario.plan(&PAYMENTS);
    let copy = scenario.world.nodes[node].store.clone();
    scenario.pay_sequentially();
    (scenario, copy)
}

#[test]
fn a_wallet_with_an_older_state_gets_its_newest_balance_and_broadcasts_nothing_revoked() {
    let (mut scenario, copy) = with_copy(WALLET);
    let newest = scenario.channels(WALLET)[0].balance_msat.0 / 1000;
    let outputs = fundings(&mut scenario, WALLET);
    let merchant = fundings(&mut scenario, MERCHANT);
    restore(&mut scenario, WALLET, copy);
    assert_eq!(fell_behind(&scenario, WALLET), [FallenBehind::Own]);
    assert_eq!(fell_behind(&scenario, LSP), [FallenBehind::Peer]);
    assert!(spends(&scenario, LSP, &outputs) > 0, "the LSP closes the channel");
    // the hold lasts over restarts, ticks and blocks, while the peer's transaction is not confirmed yet
    let commitment = core::mem::take(&mut scenario.world.mempool);
    for _ in 0..2 {
        scenario.world.tick(7);
        scenario.world.mine(3);
        scenario.world.restart(WALLET);
        scenario.world.disconnect(LSP);
        reconnect(&mut scenario);
    }
    assert_eq!(spends(&scenario, WALLET, &outputs), 0);
    scenario.world.mempool = commitment;
    settle(&mut scenario);
    assert_eq!(spends(&scenario, WALLET, &outputs), 0);
    let got = total_sat(&mut scenario, WALLET);
    assert!((newest - 1_000..=newest).contains(&got), "{got} of {newest}");
    // the LSP and its other channel go on
    assert_eq!(fundings(&mut scenario, MERCHANT), merchant);
    assert!(scenario.channels(MERCHANT)[0].usable);
    scenario.plan(&[(LSP, MERCHANT, Kind::Plain)]);
    scenario.pay_sequentially();
    assert_eq!(scenario.payments.last().unwrap().sent, 1);
}

#[test]
fn an_lsp_with_an_older_state_gets_its_newest_balance_and_broadcasts_nothing_revoked() {
    let (mut scenario, copy) = with_copy(LSP);
    let newest: u64 = scenario.channels(LSP).iter().map(|channel| channel.balance_msat.0 / 1000).sum();
    let of_peers = [WALLET, MERCHANT].map(|node| scenario.channels(node)[0].balance_msat.0 / 1000);
    let outputs = fundings(&mut scenario, LSP);
    let before = total_sat(&mut scenario, LSP);
    restore(&mut scenario, LSP, copy);
    assert_eq!(fell_behind(&scenario, LSP), [FallenBehind::Own; 2]);
    settle(&mut scenario);
    assert_eq!(spends(&scenario, LSP, &outputs), 0);
    let got = total_sat(&mut scenario, LSP) - before;
    // the LSP funds both channels, so it pays for their commitment transactions
    assert!((newest - 10_000..=newest).contains(&got), "{got} of {newest}");
    for (node, newest) in [WALLET, MERCHANT].into_iter().zip(of_peers) {
        let got = total_sat(&mut scenario, node);
        assert!((newest - 10_000..=newest).contains(&got), "{node}: {got} of {newest}");
    }
}

#[test]
fn a_restored_wallet_whose_state_is_the_newest_goes_on() {
    let (mut scenario, _) = with_copy(WALLET);
    let copy = scenario.world.nodes[WALLET].store.clone();
    scenario.world.nodes[WALLET].config.restored = Some("1".into());
    restore(&mut scenario, WALLET, copy);
    assert!(fell_behind(&scenario, WALLET).is_empty());
    scenario.plan(&[(WALLET, MERCHANT, Kind::Plain)]);
    scenario.pay_sequentially();
    assert_eq!(scenario.payments.last().unwrap().sent, 1);
    // the peer has confirmed the state, so the wallet can leave
    let (channel, peer) = (scenario.channels(WALLET)[0].channel_id, scenario.world.nodes[LSP].id);
    let outputs = fundings(&mut scenario, WALLET);
    let command = ForceCloseChannel { channel_id: channel, peer, reason: None };
    scenario.world.call_ok(WALLET, Command::ForceCloseChannel(command));
    assert!(spends(&scenario, WALLET, &outputs) > 0);
}

#[test]
fn a_restored_wallet_does_not_broadcast_before_its_peer_has_confirmed_the_state() {
    let mut scenario = Scenario::new();
    // the copy has a pending payment, so LDK would close the channel when it expires
    scenario.plan(&[(WALLET, MERCHANT, Kind::HoldExternalPreimage(true))]);
    let outputs = fundings(&mut scenario, WALLET);
    let command = Command::PayInvoice(lightning_core::api::PayInvoice {
        invoice: scenario.payments[0].invoice.clone(),
        amount_msat: None,
        max_fee_msat: lightning_core::api::Msat(10_000),
        max_cltv_expiry_delta: None,
        payment_id: Hex32(support::hash("held")),
        retries: None,
    });
    scenario.world.call_ok(WALLET, command);
    let copy = scenario.world.nodes[WALLET].store.clone();
    scenario.handle_events();
    for _ in 0..4 {
        scenario.world.tick(6);
    }
    let newest = scenario.channels(WALLET)[0].balance_msat.0 / 1000;
    scenario.world.nodes[WALLET].config.restored = Some("1".into());
    scenario.world.nodes[WALLET].store = copy;
    scenario.world.nodes[WALLET].transactions.clear();
    scenario.world.restart(WALLET);
    scenario.world.run();
    scenario.world.mine(300);
    scenario.world.tick(7);
    assert_eq!(spends(&scenario, WALLET, &outputs), 0, "the payment has expired, and nobody has confirmed the state");
    // the restriction is stored
    scenario.world.nodes[WALLET].config.restored = None;
    scenario.world.restart(WALLET);
    scenario.world.run();
    scenario.world.tick(7);
    assert_eq!(spends(&scenario, WALLET, &outputs), 0);
    scenario.world.disconnect(LSP);
    reconnect(&mut scenario);
    settle(&mut scenario);
    assert_eq!(spends(&scenario, WALLET, &outputs), 0);
    let got = total_sat(&mut scenario, WALLET);
    assert!((newest - 1_000..=newest).contains(&got), "{got} of {newest}");
}

#[test]
fn a_restored_wallet_can_leave_without_its_peer_when_its_holder_says_so() {
    let (mut scenario, _) = with_copy(WALLET);
    let newest = scenario.channels(WALLET)[0].balance_msat.0 / 1000;
    let outputs = fundings(&mut scenario, WALLET);
    let (channel_id, peer) = (scenario.channels(WALLET)[0].channel_id, scenario.world.nodes[LSP].id);
    scenario.world.nodes[WALLET].config.restored = Some("1".into());
    scenario.world.restart(WALLET);
    scenario.world.run();
    let command = ForceCloseChannel { channel_id, peer, reason: None };
    scenario.world.call_ok(WALLET, Command::ForceCloseChannel(command));
    scenario.world.tick(7);
    assert!(spends(&scenario, WALLET, &outputs) > 0);
    settle(&mut scenario);
    let got = total_sat(&mut scenario, WALLET);
    assert!((newest - 2_000..=newest).contains(&got), "{got} of {newest}");
}

#[test]
fn a_node_in_recovery_mode_broadcasts_nothing_of_its_own_and_asks_its_peers_to_close() {
    let (mut scenario, copy) = with_copy(LSP);
    let newest: u64 = scenario.channels(LSP).iter().map(|channel| channel.balance_msat.0 / 1000).sum();
    let outputs = fundings(&mut scenario, LSP);
    let before = total_sat(&mut scenario, LSP);
    scenario.world.nodes[LSP].config.recovery = true;
    scenario.world.nodes[LSP].store = copy;
    scenario.world.nodes[LSP].transactions.clear();
    scenario.world.restart(LSP);
    scenario.world.run();
    assert!(scenario.channels(LSP).is_empty());
    scenario.world.tick(7);
    assert_eq!(spends(&scenario, LSP, &outputs), 0);
    reconnect(&mut scenario);
    for node in [WALLET, MERCHANT] {
        assert!(spends(&scenario, node, &outputs) > 0, "{node} closes its channel");
    }
    settle(&mut scenario);
    assert_eq!(spends(&scenario, LSP, &outputs), 0);
    let got = total_sat(&mut scenario, LSP) - before;
    assert!((newest - 10_000..=newest).contains(&got), "{got} of {newest}");
    // a later start without recovery mode does not broadcast either
    scenario.world.nodes[LSP].config.recovery = false;
    scenario.world.restart(LSP);
    reconnect(&mut scenario);
    settle(&mut scenario);
    assert_eq!(spends(&scenario, LSP, &outputs), 0);
    let kinds = scenario.closed.iter().filter(|(node, ..)| *node == LSP).map(|(_, _, kind, _)| *kind);
    assert_eq!(kinds.collect::<Vec<_>>(), [ClosureKind::OutdatedState; 2]);
}

#[test]
fn a_restored_wallet_does_not_follow_a_peer_that_asks_it_to_close_without_proof() {
    let (mut scenario, copy) = with_copy(WALLET);
    let newest = scenario.channels(WALLET)[0].balance_msat.0 / 1000;
    let outputs = fundings(&mut scenario, WALLET);
    // the LSP closes while the wallet is away, so it can no longer prove its state
    scenario.world.disconnect(WALLET);
    let (channel_id, peer) = (scenario.channels(WALLET)[0].channel_id, scenario.world.nodes[WALLET].id);
    let command = ForceCloseChannel { channel_id, peer, reason: None };
    scenario.world.call_ok(LSP, Command::ForceCloseChannel(command));
    let commitment = core::mem::take(&mut scenario.world.mempool);
    scenario.world.nodes[WALLET].config.restored = Some("1".into());
    restore(&mut scenario, WALLET, copy);
    for _ in 0..2 {
        scenario.world.tick(7);
        scenario.world.mine(20);
        scenario.world.restart(WALLET);
        scenario.world.disconnect(LSP);
        reconnect(&mut scenario);
    }
    assert_eq!(spends(&scenario, WALLET, &outputs), 0);
    scenario.world.mempool = commitment;
    settle(&mut scenario);
    assert_eq!(spends(&scenario, WALLET, &outputs), 0);
    let got = total_sat(&mut scenario, WALLET);
    assert!((newest - 1_000..=newest).contains(&got), "{got} of {newest}");
}
