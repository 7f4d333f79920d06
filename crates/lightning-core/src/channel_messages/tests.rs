//! A cooperative close between peers whose fee estimates differ. The LSP has opened the channel and pays the fee.
#![allow(clippy::unwrap_used, clippy::panic)]
use crate::support::host::{Scenario, LSP, MERCHANT};
use lightning_core_api::{CloseChannel, ClosureKind, Command, CommandResult, Event, Hex32};

/// Sets a node's fee estimates, in satoshis per 1,000 weight units.
fn set_fees(scenario: &mut Scenario, node: usize, urgent: u32, closing_min: u32) {
    scenario.world.frame(node, crate::wire::input::FEES, |out| {
        for rate in [100_000, urgent, 253, 253, 253, urgent, closing_min, urgent] {
            out.u32(rate);
        }
    });
    scenario.world.run();
}

fn reconnect(scenario: &mut Scenario) {
    let CommandResult::Peers { peers } = scenario.world.call_ok(LSP, Command::ListPeers) else { panic!() };
    let merchant = scenario.world.nodes[MERCHANT].id;
    if !peers.iter().any(|peer| peer.node_id == merchant) {
        scenario.world.connect(LSP, MERCHANT);
        scenario.world.run();
    }
}

fn close(scenario: &mut Scenario, by: usize) -> Hex32 {
    let channel = scenario.channels(MERCHANT)[0].channel_id;
    let peer = scenario.world.nodes[if by == LSP { MERCHANT } else { LSP }].id;
    let command = CloseChannel { channel_id: channel, peer, fee_rate_sat_per_kwu: None };
    scenario.world.call_ok(by, Command::CloseChannel(command));
    channel
}

/// Lets minutes pass, in which the LSP reconnects whenever the connection is lost.
fn wait(scenario: &mut Scenario, minutes: usize) {
    for _ in 0..minutes {
        for _ in 0..6 {
            reconnect(scenario);
            scenario.world.tick(2);
        }
        scenario.world.tick(1);
    }
    reconnect(scenario);
}

fn closures(scenario: &mut Scenario) -> Vec<(usize, ClosureKind)> {
    let mut all = vec![];
    for node in [LSP, MERCHANT] {
        while let Some(Event::ChannelClosed { kind, reason, .. }) =
            scenario.world.take_event(node, |event| matches!(event, Event::ChannelClosed { .. }))
        {
            println!("{node}: {reason}");
            all.push((node, kind));
        }
    }
    all
}

fn both_cooperative() -> Vec<(usize, ClosureKind)> {
    vec![(LSP, ClosureKind::Cooperative), (MERCHANT, ClosureKind::Cooperative)]
}

/// The fee of the only transaction in the mempool.
fn closing_fee(scenario: &mut Scenario) -> u64 {
    assert_eq!(scenario.world.mempool.len(), 1);
    let outputs: u64 = scenario.world.mempool[0].output.iter().map(|output| output.value.to_sat()).sum();
    10_000_000 - outputs
}

#[test]
fn a_peer_without_a_fee_range_gets_the_higher_fee_that_it_wants() {
    let mut scenario = Scenario::new();
    // as LND did: it wanted 4,073 sat, and LDK's range ended at 1,182 sat
    scenario.world.nodes[MERCHANT].core.channel_messages.without_fee_range.set(true);
    set_fees(&mut scenario, LSP, 300, 253);
    set_fees(&mut scenario, MERCHANT, 6_060, 6_060);
    close(&mut scenario, LSP);
    wait(&mut scenario, 1);
    assert_eq!(closures(&mut scenario), both_cooperative());
    assert!((3_900..4_300).contains(&closing_fee(&mut scenario)), "{}", closing_fee(&mut scenario));
}

#[test]
fn a_peer_whose_lowest_fee_is_above_our_range_gets_it_after_a_while() {
    let mut scenario = Scenario::new();
    set_fees(&mut scenario, LSP, 300, 253);
    set_fees(&mut scenario, MERCHANT, 6_060, 6_060);
    close(&mut scenario, LSP);
    wait(&mut scenario, 5);
    assert_eq!(closures(&mut scenario), both_cooperative());
    assert!((3_900..5_500).contains(&closing_fee(&mut scenario)), "{}", closing_fee(&mut scenario));
}

#[test]
fn an_agreeing_peer_costs_no_more_than_ldks_own_range() {
    let mut scenario = Scenario::new();
    for node in [LSP, MERCHANT] {
        set_fees(&mut scenario, node, 300, 253);
    }
    close(&mut scenario, MERCHANT);
    wait(&mut scenario, 1);
    assert_eq!(closures(&mut scenario), both_cooperative());
    assert!(closing_fee(&mut scenario) < 1_300, "{}", closing_fee(&mut scenario));
}

#[test]
fn a_peer_that_wants_too_much_never_makes_us_force_close() {
    for legacy in [true, false] {
        let mut scenario = Scenario::new();
        scenario.world.nodes[MERCHANT].core.channel_messages.without_fee_range.set(legacy);
        set_fees(&mut scenario, LSP, 300, 253);
        // 13,000 sat for a closing transaction; the limit is 5,000 sat
        set_fees(&mut scenario, MERCHANT, 20_000, 20_000);
        let channel = close(&mut scenario, LSP);
        wait(&mut scenario, 10);
        assert_eq!(closures(&mut scenario), vec![], "legacy: {legacy}");
        assert!(scenario.channels(LSP).iter().any(|one| one.channel_id == channel && one.closing));
        // the peer's estimate comes down, and the close ends by itself
        set_fees(&mut scenario, MERCHANT, 3_000, 3_000);
        wait(&mut scenario, 5);
        assert_eq!(closures(&mut scenario), both_cooperative(), "legacy: {legacy}");
    }
}
