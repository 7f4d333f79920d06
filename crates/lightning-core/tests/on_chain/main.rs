//! On-chain scenarios: cooperative closes and force-closes, with and without HTLCs in flight, fee bumps, sweeps and
//! reorganisations. Every satoshi is accounted for. Each scenario runs with full blocks, with Esplora, and with
//! restarts of both nodes after blocks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]
mod bitcoind;
mod chain;
mod host;
mod world;

use chain::Chain;
use host::View::{Blocks, Esplora};
use host::FAST;
use lightning::bitcoin::Transaction;
use lightning_core::api::{CommandResult, Event, Hex32};
use serde_json::json;
use world::{Setup, World, A, B, CAPACITY, COINS, PUSHED};

const SETUPS: [Setup; 3] = [
    Setup { views: [Blocks, Blocks], restarts: false, depth: 1 },
    Setup { views: [Esplora, Blocks], restarts: false, depth: 1 },
    Setup { views: [Blocks, Esplora], restarts: true, depth: 1 },
];

/// Enough blocks for all delays: an HTLC's expiry, then our to_self_delay of 144 blocks, then LDK's six confirmations.
const ALL_DELAYS: u32 = 320;
const HTLC: u64 = 50_000;

fn run(scenario: impl Fn(&mut World)) {
    for setup in SETUPS {
        println!("{setup:?}");
        scenario(&mut World::new(setup));
    }
}

type Scenario = fn(&mut World);

/// Runs the scenarios one after the other on a real Bitcoin Core node, which checks every signature and package as the
/// network would.
#[test]
#[ignore = "needs BITCOIND"]
fn bitcoin_core_accepts_every_transaction() {
    let scenarios: [(&str, Scenario); 14] = [
        ("closed cooperatively by A", |world| cooperatively_closed(world, A)),
        ("closed cooperatively by B", |world| cooperatively_closed(world, B)),
        ("force-closed by A", |world| force_closed(world, A)),
        ("force-closed by B", |world| force_closed(world, B)),
        ("A's commitment, HTLC claimed", |world| with_htlc(world, A, true)),
        ("A's commitment, HTLC times out", |world| with_htlc(world, A, false)),
        ("B's commitment, HTLC claimed", |world| with_htlc(world, B, true)),
        ("B's commitment, HTLC times out", |world| with_htlc(world, B, false)),
        ("A's commitment bumped", |world| commitment_bumped(world, A)),
        ("B's commitment bumped", |world| commitment_bumped(world, B)),
        ("HTLC claim bumped", htlc_bumped),
        ("sent and bumped", sent_and_bumped),
        ("revoked commitment", revoked_commitment),
        ("force-closed without coins", without_coins),
    ];
    let mut node = Some(bitcoind::Bitcoind::start());
    for (number, (name, scenario)) in scenarios.into_iter().enumerate() {
        println!("{name}");
        let chain = Chain::on(node.take().expect("a node"));
        let mut world = World::on(chain, SETUPS[0], u8::try_from(number).unwrap());
        scenario(&mut world);
        node = world.chain.into_node();
    }
}

fn close(world: &mut World, by: usize, channel: &str, kind: &str) {
    let peer = world.peer(by);
    world.command(by, json!({ "type": kind, "channelId": channel, "peer": peer }));
}

/// The fee rate of a package, in satoshis per 1,000 weight units.
fn rate(world: &World, package: &[Transaction]) -> u64 {
    let fees: u64 = package.iter().map(|transaction| world.chain.fee(transaction)).sum();
    fees * 1000 / package.iter().map(|transaction| transaction.weight().to_wu()).sum::<u64>()
}

#[test]
fn a_cooperative_close_pays_directly_to_the_wallets() {
    for by in [A, B] {
        run(|world| cooperatively_closed(world, by));
    }
}
fn cooperatively_closed(world: &mut World, by: usize) {
    let (channel, funding) = world.open_and_confirm();
    close(world, by, &channel, "closeChannel");
    assert_eq!(world.chain.mempool.len(), 1, "{:?}", world.chain.refused);
    let closing = world.chain.mempool[0].clone();
    assert_eq!(closing.output.len(), 2);
    world.mine(10);
    // B receives exactly the pushed amount, whoever closed: the opener pays the fee
    assert_eq!(world.confirmed(B), COINS + PUSHED);
    let fees = world.chain.fee(&funding) + world.chain.fee(&closing);
    assert_eq!(world.confirmed(A), COINS - PUSHED - fees);
    world.assert_conserved(0);
}

#[test]
fn a_force_close_is_swept_into_both_wallets() {
    for by in [A, B] {
        run(|world| force_closed(world, by));
    }
}
fn force_closed(world: &mut World, by: usize) {
    let (channel, funding) = world.open_and_confirm();
    close(world, by, &channel, "forceCloseChannel");
    // the commitment, and a child that pays for it
    assert_eq!(world.chain.mempool.len(), 2, "{:?}", world.chain.refused);
    world.mine(ALL_DELAYS);
    world.assert_settled(&funding, PUSHED);
}

#[test]
fn of_two_simultaneous_force_closes_the_unmined_one_costs_nothing() {
    run(|world| {
        let (channel, funding) = world.open_and_confirm();
        world.disconnect();
        close(world, A, &channel, "forceCloseChannel");
        let first = world.chain.mempool.clone();
        // B does not see A's commitment
        world.chain.mempool.clear();
        close(world, B, &channel, "forceCloseChannel");
        assert_eq!((first.len(), world.chain.mempool.len()), (2, 2));
        world.mine(ALL_DELAYS);
        world.assert_settled(&funding, PUSHED);
        let committed = world.commitment(&funding);
        assert_ne!(committed, first[0]);
        // A's fee bump is gone
        assert!(world.chain.find(first[1].compute_txid()).is_none());
    });
}

/// Closes a channel while an HTLC from A to B is in flight. If `claimed`, B has the preimage.
fn close_with_htlc(by: usize, claimed: bool) {
    run(|world| with_htlc(world, by, claimed));
}
fn with_htlc(world: &mut World, by: usize, claimed: bool) {
    let (channel, funding) = world.open_and_confirm();
    let hash = world.hold(HTLC);
    close(world, by, &channel, "forceCloseChannel");
    if claimed {
        world.command(B, json!({ "type": "claimPayment", "paymentHash": hash.to_string() }));
    }
    world.mine(ALL_DELAYS);
    world.assert_settled(&funding, PUSHED + if claimed { HTLC } else { 0 });
    assert_eq!(sent(world), claimed.then_some(hash));
    assert_eq!(failed(world), (!claimed).then_some(hash));
}
fn sent(world: &World) -> Option<Hex32> {
    world.event(A, |event| match event {
        Event::PaymentSent { payment_hash, .. } => Some(*payment_hash),
        _ => None,
    })
}
fn failed(world: &World) -> Option<Hex32> {
    world.event(A, |event| match event {
        Event::PaymentFailed { payment_hash, .. } => *payment_hash,
        _ => None,
    })
}

#[test]
fn an_htlc_in_the_payers_commitment_is_claimed() {
    close_with_htlc(A, true);
}
#[test]
fn an_htlc_in_the_payers_commitment_times_out() {
    close_with_htlc(A, false);
}
#[test]
fn an_htlc_in_the_payees_commitment_is_claimed() {
    close_with_htlc(B, true);
}
#[test]
fn an_htlc_in_the_payees_commitment_times_out() {
    close_with_htlc(B, false);
}

#[test]
fn an_unresolved_htlc_force_closes_the_channel_at_its_timeout() {
    run(|world| {
        let (_, funding) = world.open_and_confirm();
        let hash = world.hold(HTLC);
        world.disconnect();
        world.mine(ALL_DELAYS);
        world.assert_settled(&funding, PUSHED);
        assert_eq!(failed(world), Some(hash));
    });
}

#[test]
fn a_commitment_that_does_not_confirm_is_bumped_when_fees_rise() {
    for by in [A, B] {
        run(|world| commitment_bumped(world, by));
    }
}
fn commitment_bumped(world: &mut World, by: usize) {
    let (channel, funding) = world.open_and_confirm();
    close(world, by, &channel, "forceCloseChannel");
    let slow = world.chain.mempool.clone();
    assert_eq!(slow.len(), 2, "{:?}", world.chain.refused);
    // without HTLCs nothing is urgent: LDK uses the rate for output spending
    let target = |world: &World| u64::from(world.hosts[by].fees[7]);
    assert!(rate(world, &slow) >= target(world) * 99 / 100, "{}", rate(world, &slow));
    // three blocks without them, and a tenfold rise of fee rates
    for _ in 0..3 {
        world.chain.mine_only(vec![]);
        world.follow();
    }
    world.hosts[by].fees = FAST;
    world.tick();
    let fast = world.chain.mempool.clone();
    assert_eq!(fast.len(), 2, "{:?}", world.chain.refused);
    assert_eq!(fast[0], slow[0], "the same commitment");
    assert_ne!(fast[1], slow[1], "another child");
    assert!(rate(world, &fast) >= target(world) * 99 / 100, "{}", rate(world, &fast));
    // the output of the bump is not spendable yet, and the replaced child does not count
    let pending = world.balances(by).on_chain;
    let coins = fast[1].input.len() - 1;
    assert!(coins >= 1 && pending.trusted_pending_sat.0 == 0, "{pending:?}");
    world.mine(ALL_DELAYS);
    world.assert_settled(&funding, PUSHED);
}

#[test]
fn htlc_claims_are_bumped_when_fees_rise() {
    run(htlc_bumped);
}
fn htlc_bumped(world: &mut World) {
    let (channel, funding) = world.open_and_confirm();
    let hash = world.hold(HTLC);
    world.disconnect();
    world.command(B, json!({ "type": "claimPayment", "paymentHash": hash.to_string() }));
    close(world, B, &channel, "forceCloseChannel");
    world.mine(1);
    // B's HTLC-success transaction, with a coin of B's wallet
    let slow = world.chain.mempool.clone();
    assert_eq!(slow.len(), 1, "{:?}", world.chain.refused);
    assert!(slow[0].input.len() >= 2);
    world.chain.mine_only(vec![]);
    world.follow();
    world.hosts[B].fees = FAST;
    world.tick();
    let fast = world.chain.mempool.clone();
    assert_eq!(fast.len(), 1, "{:?}", world.chain.refused);
    assert_ne!(fast, slow);
    assert!(rate(world, &fast) >= u64::from(FAST[1]) * 99 / 100, "{}", rate(world, &fast));
    world.mine(ALL_DELAYS);
    world.assert_settled(&funding, PUSHED + HTLC);
    assert_eq!(sent(world), Some(hash));
}

#[test]
fn a_funding_unconfirmed_by_a_reorganisation_confirms_again() {
    for setup in SETUPS {
        let mut world = World::new(Setup { depth: 3, ..setup });
        let world = &mut world;
        let funding = world.open();
        let change = COINS - CAPACITY - world.chain.fee(&funding);
        world.mine(2);
        assert_eq!(world.confirmed(A), change);
        // two blocks are replaced by three, and the funding is in none of them
        world.chain.disconnect(2);
        let waiting = std::mem::take(&mut world.chain.mempool);
        (0..3).for_each(|_| world.chain.mine_only(vec![]));
        world.follow();
        let unconfirmed = world.balances(A).on_chain;
        assert_eq!(unconfirmed.confirmed_sat.0 + unconfirmed.trusted_pending_sat.0, change, "{unconfirmed:?}");
        assert!(unconfirmed.trusted_pending_sat.0 > 0);
        // the mempool has lost it too: it is broadcast again
        world.tick();
        assert_eq!(world.chain.mempool, waiting);
        world.mine(3);
        let (channel, _) = (world.channels(A)[0].clone(), world.channels(B));
        assert!(channel.usable, "{channel:?}");
        assert_eq!(world.confirmed(A), change);
        close(world, B, &channel.channel_id.to_string(), "closeChannel");
        let closing = world.chain.fee(&world.chain.mempool[0]);
        world.mine(10);
        assert_eq!(world.confirmed(A), change + CAPACITY - PUSHED - closing);
        assert_eq!(world.confirmed(B), COINS + PUSHED);
        world.assert_conserved(0);
    }
}

#[test]
fn a_claim_and_a_sweep_unconfirmed_by_a_reorganisation_are_broadcast_again() {
    run(|world| {
        let (channel, funding) = world.open_and_confirm();
        let hash = world.hold(HTLC);
        close(world, A, &channel, "forceCloseChannel");
        world.command(B, json!({ "type": "claimPayment", "paymentHash": hash.to_string() }));
        world.mine(2);
        // the tip contains B's claim of the HTLC in A's commitment
        assert_eq!(world.chain.tip().txdata.len(), 1, "{:?}", world.chain.refused);
        assert_eq!(sent(world), Some(hash));
        reorganise(world, 1);
        world.mine(10);
        // and the same for the whole close
        reorganise(world, 4);
        world.mine(200);
        // A's sweep of its delayed output, and B's of its immediate one
        reorganise(world, 5);
        world.mine(ALL_DELAYS);
        world.assert_settled(&funding, PUSHED + HTLC);
    });
}

/// Replaces the last blocks by one more empty block than there were, and empties the mempool: the transactions must be
/// broadcast again.
fn reorganise(world: &mut World, blocks: usize) {
    world.chain.disconnect(blocks);
    world.chain.mempool.clear();
    (0..=blocks).for_each(|_| world.chain.mine_only(vec![]));
    world.follow();
    world.tick();
}

#[test]
fn coins_of_a_rejected_channel_can_be_spent_again() {
    run(|world| {
        let peer = world.peer(A);
        let before = world.balances(A).on_chain;
        world.command(
            A,
            json!({
                "type": "openChannel", "peer": peer, "capacitySat": CAPACITY.to_string(), "pushMsat": "0",
                "announced": false, "zeroConf": false,
            }),
        );
        let request = world.event(B, |event| match event {
            Event::OpenChannelRequest { temporary_channel_id, .. } => Some(temporary_channel_id.to_string()),
            _ => None,
        });
        let peer = world.peer(B);
        world.command(B, json!({ "type": "rejectChannel", "temporaryChannelId": request.unwrap(), "peer": peer }));
        assert_eq!(world.balances(A).on_chain, before);
        assert!(world.chain.mempool.is_empty());
    });
}

#[test]
fn sends_on_chain_and_bumps_the_fee() {
    run(sent_and_bumped);
}
fn sent_and_bumped(world: &mut World) {
    let CommandResult::Address { address } = world.command(B, json!({ "type": "newAddress" })) else {
        panic!("no address")
    };
    world.command(
        A,
        json!({ "type": "sendOnChain", "address": address, "amountSat": "250000", "feeRateSatPerKwu": 300 }),
    );
    let slow = world.chain.mempool[0].compute_txid();
    world.command(A, json!({ "type": "bumpFee", "txid": slow.to_string(), "feeRateSatPerKwu": 3000 }));
    assert_eq!(world.chain.mempool.len(), 1, "{:?}", world.chain.refused);
    let fee = world.chain.fee(&world.chain.mempool[0]);
    world.mine(1);
    assert_eq!(world.confirmed(A), COINS - 250_000 - fee);
    assert_eq!(world.confirmed(B), COINS + 250_000);
    let everything = json!({ "type": "sendOnChain", "address": address, "all": true });
    world.command(A, everything.clone());
    world.mine(1);
    assert_eq!(world.confirmed(A), 0);
    world.assert_conserved(0);
    let refused = {
        let chain = &world.chain;
        world.hosts[A].try_command(chain, everything)
    };
    assert_eq!(refused.unwrap_err().code, lightning_core::api::ErrorCode::InsufficientFunds);
}

#[test]
fn a_wallet_without_coins_can_force_close_and_recovers_its_balance() {
    run(without_coins);
}
fn without_coins(world: &mut World) {
    let CommandResult::Address { address } = world.command(A, json!({ "type": "newAddress" })) else {
        panic!("no address")
    };
    world.command(B, json!({ "type": "sendOnChain", "address": address, "all": true }));
    world.mine(1);
    assert_eq!(world.confirmed(B), 0);
    let (channel, funding) = world.open_and_confirm();
    world.disconnect();
    close(world, B, &channel, "forceCloseChannel");
    // the commitment alone, with its own fee
    assert_eq!(world.chain.mempool.len(), 1, "{:?}", world.chain.refused);
    world.mine(ALL_DELAYS);
    assert_eq!(world.commitment(&funding).input[0].previous_output.txid, funding.compute_txid());
    let left = world.anchors_left();
    world.assert_conserved(left);
    let fees = world.own_fees(B);
    assert!(fees > 0);
    assert_eq!(world.confirmed(B), PUSHED - fees);
}

#[test]
fn a_peer_that_broadcasts_a_revoked_commitment_loses_its_channel_balance() {
    run(revoked_commitment);
}
fn revoked_commitment(world: &mut World) {
    let (channel, funding) = world.open_and_confirm();
    // A copies its store, pays, and then restarts from the copy
    let old = world.hosts[A].copy_store();
    let hash = world.hold(HTLC);
    world.command(B, json!({ "type": "claimPayment", "paymentHash": hash.to_string() }));
    assert_eq!(sent(world), Some(hash));
    world.disconnect();
    world.hosts[A].restart_from(old, &world.chain);
    close(world, A, &channel, "forceCloseChannel");
    let published = world.chain.mempool.clone();
    assert_eq!(published.len(), 2, "{:?}", world.chain.refused);
    world.mine(ALL_DELAYS);
    // B takes A's balance of the revoked commitment as a penalty
    assert_eq!(world.commitment(&funding), published[0]);
    world.anchors_left();
    world.assert_payee(CAPACITY - world.chain.fee(&published[0]) - 660);
    let spent = CAPACITY + world.chain.fee(&funding) + world.chain.fee(&published[1]) - 330;
    assert_eq!(world.confirmed(A), COINS - spent);
}
