//! A channel whose opener was killed before it stored the peer's signature is never funded. The peer forgets it: it does
//! not broadcast, does not show it as closing, and stores nothing of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod support;

use lightning_core::api::{ClosureKind, Command, CommandResult, Event, Msat, OpenChannel, Sat, UserChannelId};
use support::host::{Scenario, LSP, MERCHANT, WALLET};
use support::{Crash, Phase, PHASES};

/// The LSP opens a second channel with the wallet, and is killed in the given exchange of the opening.
fn open_with_kill(exchange: usize, phase: Phase) -> Scenario {
    let mut scenario = Scenario::new();
    let at = scenario.world.nodes[LSP].exchanges + exchange;
    scenario.world.nodes[WALLET].all_events.clear();
    scenario.world.nodes[WALLET].transactions.clear();
    scenario.world.crash = Some(Crash { node: LSP, exchange: at, phase });
    let open = OpenChannel {
        peer: scenario.world.nodes[WALLET].id,
        capacity_sat: Sat(1_000_000),
        push_msat: Msat(0),
        announced: false,
        zero_conf: true,
        user_channel_id: Some(UserChannelId(77)),
        fee_rate_sat_per_kwu: None,
        withhold_funding: false,
    };
    scenario.world.send(LSP, &Command::OpenChannel(open));
    scenario.handle_events();
    scenario.world.crash = None;
    scenario
}

#[test]
fn a_channel_that_was_never_funded_is_forgotten_by_both_sides() {
    let mut forgotten = 0;
    let mut waited = false;
    for phase in PHASES {
        for exchange in 1..12 {
            let run = format!("{exchange}:{phase:?}");
            let mut scenario = open_with_kill(exchange, phase);
            let lsp = scenario.channels(LSP);
            let wallet = scenario.channels(WALLET);
            let of_wallet = |peer| lsp.iter().filter(|channel| channel.peer == peer).count();
            assert_eq!(wallet.len(), of_wallet(scenario.world.nodes[WALLET].id), "{run}: {wallet:?} {lsp:?}");
            assert!(wallet.iter().all(|channel| channel.usable), "{run}: {wallet:?}");
            for event in &scenario.world.nodes[WALLET].all_events {
                if let Event::ChannelClosed { kind, reason, .. } = event {
                    forgotten += 1;
                    assert_eq!(*kind, ClosureKind::NeverOpened, "{run}: {reason}");
                }
            }
            assert!(scenario.world.nodes[WALLET].transactions.is_empty(), "{run}");
            // nothing is left, also after blocks, ticks and a restart
            for restart in [false, true] {
                if restart {
                    scenario.world.restart(WALLET);
                    scenario.world.run();
                    scenario.world.connect(WALLET, LSP);
                    scenario.world.run();
                }
                scenario.world.mine(2);
                scenario.world.tick(7);
                let CommandResult::Balances(balances) = scenario.world.call_ok(WALLET, Command::Balances) else {
                    panic!("balances")
                };
                assert_eq!(balances.claimable.len(), wallet.len(), "{run}: {:?}", balances.claimable);
                // the opener may have lost its state, and the funding may still confirm
                let waiting = scenario.world.nodes[WALLET].store.keys_with("unfunded/");
                assert_eq!(scenario.world.nodes[WALLET].store.monitors(), wallet.len() + waiting, "{run}");
                assert!(scenario.world.nodes[WALLET].transactions.is_empty(), "{run}");
                assert!(scenario.channels(WALLET).iter().all(|channel| channel.usable), "{run}");
            }
            if !waited && scenario.world.nodes[WALLET].store.keys_with("unfunded/") > 0 {
                waited = true;
                scenario.world.mine(2_016);
                assert_eq!(scenario.world.nodes[WALLET].store.keys_with("unfunded/"), 0, "{run}");
                assert_eq!(scenario.world.nodes[WALLET].store.monitors(), wallet.len(), "{run}");
                assert!(scenario.world.nodes[WALLET].transactions.is_empty(), "{run}");
                continue;
            }
            // and the peers can open another channel
            scenario.world.call_ok(
                LSP,
                Command::OpenChannel(OpenChannel {
                    peer: scenario.world.nodes[WALLET].id,
                    capacity_sat: Sat(1_000_000),
                    push_msat: Msat(0),
                    announced: false,
                    zero_conf: true,
                    user_channel_id: Some(UserChannelId(78)),
                    fee_rate_sat_per_kwu: None,
                    withhold_funding: false,
                }),
            );
            scenario.handle_events();
            let usable = scenario.channels(WALLET).iter().filter(|channel| channel.usable).count();
            assert_eq!(usable, wallet.len() + 1, "{run}");
            assert_eq!(scenario.channels(MERCHANT).len(), 1, "{run}");
        }
    }
    assert!(waited, "no channel was kept for two weeks");
    assert!(forgotten > 0, "no kill hit the window in which only the wallet knows the channel");
}

/// LDK's LSPS2 service can ask for two channels with one user channel id, when it was stopped while it opened the first.
#[test]
fn withheld_fundings_of_channels_with_the_same_user_id_are_both_kept() {
    let mut scenario = Scenario::new();
    for _ in 0..2 {
        let open = OpenChannel {
            peer: scenario.world.nodes[WALLET].id,
            capacity_sat: Sat(1_000_000),
            push_msat: Msat(0),
            announced: false,
            zero_conf: true,
            user_channel_id: Some(UserChannelId(77)),
            fee_rate_sat_per_kwu: None,
            withhold_funding: true,
        };
        scenario.world.send(LSP, &Command::OpenChannel(open));
        scenario.handle_events();
    }
    let channels = scenario.channels(WALLET);
    assert!(channels.len() >= 2 && channels.iter().all(|channel| channel.usable), "{channels:?}");
    assert_eq!(scenario.world.nodes[LSP].store.keys_with("held-funding/"), 2);
    // and after a restart
    scenario.world.restart(LSP);
    scenario.world.run();
    assert_eq!(scenario.world.nodes[LSP].store.keys_with("held-funding/"), 2);
}
