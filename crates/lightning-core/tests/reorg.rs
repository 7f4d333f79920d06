//! Reorganisations that remove the funding transaction of a zero-conf channel do not close the channel.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod support;

use lightning_core::api::{Command, Msat, OpenChannel, Sat, UserChannelId};
use support::host::{Kind, Scenario, LSP, MERCHANT, WALLET};

/// The LSP opens another zero-conf channel with the wallet. Its funding transaction is in the mempool.
fn open() -> Scenario {
    let mut scenario = Scenario::new();
    let peer = scenario.world.nodes[WALLET].id;
    scenario.world.call_ok(
        LSP,
        Command::OpenChannel(OpenChannel {
            peer,
            capacity_sat: Sat(5_000_000),
            push_msat: Msat(2_000_000_000),
            announced: false,
            zero_conf: true,
            user_channel_id: Some(UserChannelId(3)),
            fee_rate_sat_per_kwu: None,
            withhold_funding: false,
        }),
    );
    scenario.handle_events();
    assert_eq!(scenario.world.mempool.len(), 1, "the funding transaction");
    scenario
}
fn check(scenario: &mut Scenario, run: &str) {
    scenario.handle_events();
    scenario.world.tick(7);
    scenario.handle_events();
    assert!(scenario.closed.is_empty(), "{run}: {:?}", scenario.closed);
    for (node, count) in [(WALLET, 2), (LSP, 3), (MERCHANT, 1)] {
        let channels = scenario.channels(node);
        assert_eq!(channels.iter().filter(|channel| channel.usable).count(), count, "{run}: {node}: {channels:?}");
        assert!(scenario.world.nodes[node].rejected.is_empty(), "{run}");
    }
}
fn pay(scenario: &mut Scenario, run: &str) {
    scenario.plan(&[(WALLET, MERCHANT, Kind::Plain), (MERCHANT, WALLET, Kind::Plain)]);
    scenario.pay_sequentially();
    assert!(scenario.payments.iter().all(|payment| payment.sent == 1), "{run}: {:?}", scenario.payments);
}

#[test]
fn a_replaced_block_does_not_close_a_zero_conf_channel() {
    for depth in 1..=5 {
        for restart in [None, Some(WALLET), Some(LSP)] {
            let run = format!("{depth} blocks, restart of {restart:?}");
            let mut scenario = open();
            let funding = scenario.world.mempool.clone();
            scenario.world.mine(depth);
            check(&mut scenario, &run);
            scenario.world.disconnect_blocks(depth);
            check(&mut scenario, &run);
            if let Some(node) = restart {
                scenario.world.restart(node);
                scenario.world.run();
                scenario.world.connect(WALLET, LSP);
                if node == LSP {
                    scenario.world.connect(LSP, MERCHANT);
                }
                scenario.world.run();
            }
            // the new branch contains the funding transaction in another block
            scenario.world.time += 1;
            scenario.world.mine(2);
            check(&mut scenario, &run);
            scenario.world.mempool = funding;
            scenario.world.mine(1);
            check(&mut scenario, &run);
            scenario.world.mine(12);
            check(&mut scenario, &run);
            let channels = scenario.channels(LSP);
            let channel = channels.iter().find(|channel| channel.user_channel_id == UserChannelId(3)).unwrap();
            assert!(channel.confirmations.is_some_and(|count| count >= 6), "{run}: {channel:?}");
            pay(&mut scenario, &run);
        }
    }
}

#[test]
fn a_reorganisation_below_a_deep_funding_closes_the_channel_without_loss() {
    let mut scenario = open();
    let before = scenario.total_balances();
    let funding = scenario.world.mempool.clone();
    scenario.world.mine(8);
    check(&mut scenario, "before");
    scenario.world.disconnect_blocks(8);
    scenario.handle_events();
    scenario.world.time += 1;
    scenario.world.mempool.splice(0..0, funding);
    for _ in 0..30 {
        scenario.world.mine(6);
        scenario.world.tick(7);
        scenario.handle_events();
    }
    let after = scenario.total_balances();
    for node in [WALLET, LSP, MERCHANT] {
        let lost = before[node].saturating_sub(after[node]);
        assert!(lost < 20_000_000, "{node}: {} of {}", after[node], before[node]);
    }
}
