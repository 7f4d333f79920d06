//! On-chain stories: closes by agreement and by force, with and without HTLCs in flight, bumps, sweeps, reorganisations.
//! Every satoshi is accounted for. Each story is played with whole blocks, by Esplora, and with both nodes loaded anew
//! after blocks.
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
use world::{Staging, World, A, B, CAPACITY, COINS, PUSHED};

const STAGINGS: [Staging; 3] = [
    Staging { views: [Blocks, Blocks], restarts: false, depth: 1 },
    Staging { views: [Esplora, Blocks], restarts: false, depth: 1 },
    Staging { views: [Blocks, Esplora], restarts: true, depth: 1 },
];

/// Enough for every delay: an HTLC's expiry, then 144 blocks to ourselves, then LDK's six confirmations.
const LONG: u32 = 320;
const HTLC: u64 = 50_000;

fn play(story: impl Fn(&mut World)) {
    for staging in STAGINGS {
        println!("{staging:?}");
        story(&mut World::new(staging));
    }
}

type Story = fn(&mut World);

/// The stories that a real Bitcoin Core can play, one after the other on one node: it checks every signature and every
/// package as the network would.
#[test]
#[ignore = "needs BITCOIND"]
fn a_real_node_takes_every_transaction() {
    let stories: [(&str, Story); 14] = [
        ("agreed by A", |world| agreed(world, A)),
        ("agreed by B", |world| agreed(world, B)),
        ("forced by A", |world| forced(world, A)),
        ("forced by B", |world| forced(world, B)),
        ("A's commitment, HTLC claimed", |world| with_htlc(world, A, true)),
        ("A's commitment, HTLC runs out", |world| with_htlc(world, A, false)),
        ("B's commitment, HTLC claimed", |world| with_htlc(world, B, true)),
        ("B's commitment, HTLC runs out", |world| with_htlc(world, B, false)),
        ("A's commitment bumped", |world| commitment_bumped(world, A)),
        ("B's commitment bumped", |world| commitment_bumped(world, B)),
        ("HTLC claim bumped", htlc_bumped),
        ("sent", sent_and_bumped),
        ("cheated", cheated),
        ("without coins", without_coins),
    ];
    let mut node = Some(bitcoind::Bitcoind::start());
    for (number, (name, story)) in stories.into_iter().enumerate() {
        println!("{name}");
        let chain = Chain::on(node.take().expect("a node"));
        let mut world = World::on(chain, STAGINGS[0], u8::try_from(number).unwrap());
        story(&mut world);
        node = world.chain.into_node();
    }
}

fn close(world: &mut World, by: usize, channel: &str, kind: &str) {
    let peer = world.peer(by);
    world.command(by, json!({ "type": kind, "channelId": channel, "peer": peer }));
}

/// The rate that a package pays, in satoshis per 1,000 weight units.
fn rate(world: &World, package: &[Transaction]) -> u64 {
    let fees: u64 = package.iter().map(|transaction| world.chain.fee(transaction)).sum();
    fees * 1000 / package.iter().map(|transaction| transaction.weight().to_wu()).sum::<u64>()
}

#[test]
fn a_close_by_agreement_pays_straight_to_the_wallets() {
    for by in [A, B] {
        play(|world| agreed(world, by));
    }
}
fn agreed(world: &mut World, by: usize) {
    let (channel, funding) = world.open_and_confirm();
    close(world, by, &channel, "closeChannel");
    assert_eq!(world.chain.mempool.len(), 1, "{:?}", world.chain.refused);
    let closing = world.chain.mempool[0].clone();
    assert_eq!(closing.output.len(), 2);
    world.mine(10);
    // B has exactly what it was given, whoever closed: the opener pays
    assert_eq!(world.confirmed(B), COINS + PUSHED);
    let fees = world.chain.fee(&funding) + world.chain.fee(&closing);
    assert_eq!(world.confirmed(A), COINS - PUSHED - fees);
    world.assert_conserved(0);
}

#[test]
fn a_close_by_force_is_swept_into_both_wallets() {
    for by in [A, B] {
        play(|world| forced(world, by));
    }
}
fn forced(world: &mut World, by: usize) {
    let (channel, funding) = world.open_and_confirm();
    close(world, by, &channel, "forceCloseChannel");
    // the commitment, and a child that pays for it
    assert_eq!(world.chain.mempool.len(), 2, "{:?}", world.chain.refused);
    world.mine(LONG);
    world.assert_settled(&funding, PUSHED);
}

#[test]
fn both_closing_by_force_at_once_costs_the_one_that_is_not_mined_nothing() {
    play(|world| {
        let (channel, funding) = world.open_and_confirm();
        world.disconnect();
        close(world, A, &channel, "forceCloseChannel");
        let first = world.chain.mempool.clone();
        // B does not see A's
        world.chain.mempool.clear();
        close(world, B, &channel, "forceCloseChannel");
        assert_eq!((first.len(), world.chain.mempool.len()), (2, 2));
        world.mine(LONG);
        world.assert_settled(&funding, PUSHED);
        let committed = world.commitment(&funding);
        assert_ne!(committed, first[0]);
        // of A's bump nothing is left
        assert!(world.chain.find(first[1].compute_txid()).is_none());
    });
}

/// An HTLC from A to B is in flight when the channel closes; B may know its preimage.
fn close_with_htlc(by: usize, claimed: bool) {
    play(|world| with_htlc(world, by, claimed));
}
fn with_htlc(world: &mut World, by: usize, claimed: bool) {
    let (channel, funding) = world.open_and_confirm();
    let hash = world.hold(HTLC);
    close(world, by, &channel, "forceCloseChannel");
    if claimed {
        world.command(B, json!({ "type": "claimPayment", "paymentHash": hash.to_string() }));
    }
    world.mine(LONG);
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
fn the_payers_commitment_with_an_htlc_that_is_claimed() {
    close_with_htlc(A, true);
}
#[test]
fn the_payers_commitment_with_an_htlc_that_runs_out() {
    close_with_htlc(A, false);
}
#[test]
fn the_payees_commitment_with_an_htlc_that_is_claimed() {
    close_with_htlc(B, true);
}
#[test]
fn the_payees_commitment_with_an_htlc_that_runs_out() {
    close_with_htlc(B, false);
}

#[test]
fn an_htlc_that_nobody_resolves_closes_the_channel_by_itself() {
    play(|world| {
        let (_, funding) = world.open_and_confirm();
        let hash = world.hold(HTLC);
        world.disconnect();
        world.mine(LONG);
        world.assert_settled(&funding, PUSHED);
        assert_eq!(failed(world), Some(hash));
    });
}

#[test]
fn a_commitment_that_does_not_confirm_is_bumped_when_fees_rise() {
    for by in [A, B] {
        play(|world| commitment_bumped(world, by));
    }
}
fn commitment_bumped(world: &mut World, by: usize) {
    let (channel, funding) = world.open_and_confirm();
    close(world, by, &channel, "forceCloseChannel");
    let slow = world.chain.mempool.clone();
    assert_eq!(slow.len(), 2, "{:?}", world.chain.refused);
    // without HTLCs nothing is urgent: the rate for spending outputs
    let target = |world: &World| u64::from(world.hosts[by].fees[7]);
    assert!(rate(world, &slow) >= target(world) * 99 / 100, "{}", rate(world, &slow));
    // blocks without them, and fees tenfold
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
    // what was bumped is not spendable, and the child that was replaced does not count
    let pending = world.balances(by).on_chain;
    let coins = fast[1].input.len() - 1;
    assert!(coins >= 1 && pending.trusted_pending_sat.0 == 0, "{pending:?}");
    world.mine(LONG);
    world.assert_settled(&funding, PUSHED);
}

#[test]
fn htlc_claims_are_bumped_when_fees_rise() {
    play(htlc_bumped);
}
fn htlc_bumped(world: &mut World) {
    let (channel, funding) = world.open_and_confirm();
    let hash = world.hold(HTLC);
    world.disconnect();
    world.command(B, json!({ "type": "claimPayment", "paymentHash": hash.to_string() }));
    close(world, B, &channel, "forceCloseChannel");
    world.mine(1);
    // B's HTLC-success, with a coin of B's
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
    world.mine(LONG);
    world.assert_settled(&funding, PUSHED + HTLC);
    assert_eq!(sent(world), Some(hash));
}

#[test]
fn a_funding_that_a_reorganisation_unconfirms_confirms_again() {
    for staging in STAGINGS {
        let mut world = World::new(Staging { depth: 3, ..staging });
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
        // the mempool has lost it, too: it is announced again
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
fn a_claim_and_a_sweep_that_a_reorganisation_unconfirms_are_made_again() {
    play(|world| {
        let (channel, funding) = world.open_and_confirm();
        let hash = world.hold(HTLC);
        close(world, A, &channel, "forceCloseChannel");
        world.command(B, json!({ "type": "claimPayment", "paymentHash": hash.to_string() }));
        world.mine(2);
        // B's claim of the HTLC out of A's commitment is in the tip
        assert_eq!(world.chain.tip().txdata.len(), 1, "{:?}", world.chain.refused);
        assert_eq!(sent(world), Some(hash));
        reorganise(world, 1);
        world.mine(10);
        // and the same for the whole close
        reorganise(world, 4);
        world.mine(200);
        // A's sweep of what was delayed, and B's of what was not
        reorganise(world, 5);
        world.mine(LONG);
        world.assert_settled(&funding, PUSHED + HTLC);
    });
}

/// Replaces the last blocks by as many and one, empty ones, and loses their transactions: they must be announced again.
fn reorganise(world: &mut World, blocks: usize) {
    world.chain.disconnect(blocks);
    world.chain.mempool.clear();
    (0..=blocks).for_each(|_| world.chain.mine_only(vec![]));
    world.follow();
    world.tick();
}

#[test]
fn a_channel_that_comes_to_nothing_gives_its_coins_back() {
    play(|world| {
        let peer = world.peer(A);
        let before = world.balances(A).on_chain;
        world.command(
            A,
            json!({
                "type": "openChannel", "peer": peer, "capacitySat": CAPACITY.to_string(), "pushMsat": "0",
                "announced": false, "zeroConf": false,
            }),
        );
        let asked = world.event(B, |event| match event {
            Event::OpenChannelRequest { temporary_channel_id, .. } => Some(temporary_channel_id.to_string()),
            _ => None,
        });
        let peer = world.peer(B);
        world.command(B, json!({ "type": "rejectChannel", "temporaryChannelId": asked.unwrap(), "peer": peer }));
        assert_eq!(world.balances(A).on_chain, before);
        assert!(world.chain.mempool.is_empty());
    });
}

#[test]
fn a_send_and_its_bump_arrive() {
    play(sent_and_bumped);
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
fn a_wallet_without_coins_can_close_by_force_and_has_its_money() {
    play(without_coins);
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
    // as it is, by its own fee
    assert_eq!(world.chain.mempool.len(), 1, "{:?}", world.chain.refused);
    world.mine(LONG);
    assert_eq!(world.commitment(&funding).input[0].previous_output.txid, funding.compute_txid());
    let left = world.anchors_left();
    world.assert_conserved(left);
    let fees = world.own_fees(B);
    assert!(fees > 0);
    assert_eq!(world.confirmed(B), PUSHED - fees);
}

#[test]
fn a_peer_that_publishes_an_old_state_loses_everything() {
    play(cheated);
}
fn cheated(world: &mut World) {
    let (channel, funding) = world.open_and_confirm();
    // A keeps a copy of its state, pays, and then lives on in the copy
    let old = world.hosts[A].copy();
    let hash = world.hold(HTLC);
    world.command(B, json!({ "type": "claimPayment", "paymentHash": hash.to_string() }));
    assert_eq!(sent(world), Some(hash));
    world.disconnect();
    world.hosts[A].become_again(old, &world.chain);
    close(world, A, &channel, "forceCloseChannel");
    let published = world.chain.mempool.clone();
    assert_eq!(published.len(), 2, "{:?}", world.chain.refused);
    world.mine(LONG);
    // B takes what is A's in the old state as well
    assert_eq!(world.commitment(&funding), published[0]);
    world.anchors_left();
    world.assert_payee(CAPACITY - world.chain.fee(&published[0]) - 660);
    let spent = CAPACITY + world.chain.fee(&funding) + world.chain.fee(&published[1]) - 330;
    assert_eq!(world.confirmed(A), COINS - spent);
}
