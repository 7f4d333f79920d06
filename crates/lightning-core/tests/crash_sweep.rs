//! Kills a node at each of its exchanges: before, during and after its host stores and sends the batch. In every run no
//! channel is force-closed, every payment ends, and every balance is exact.
//!
//! `cargo test` runs a sample. `CRASH_SWEEP=full` runs every exchange of every node (about an hour).
//! `CRASH_SWEEP=sequential:wallet:37:Stored` (scenario, node, exchange, phase) repeats one run. The scenarios are
//! `sequential` and `concurrent`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod support;

use support::host::{run_name, Kind, Scenario, CONCURRENT, LSP, MERCHANT, NAMES, SEQUENTIAL, WALLET};
use support::{Crash, Phase, PHASES};

/// The scenarios, and how many exchanges the host may leave unstored in them.
const SCENARIOS: [(&str, usize); 2] = [("sequential", 0), ("concurrent", 2)];

/// Runs a scenario, optionally with a kill. Returns the number of exchanges of each node.
fn run(name: &str, lag: usize, crash: Option<(usize, usize, Phase)>) -> [usize; 3] {
    let mut scenario = Scenario::new();
    let concurrent = name == "concurrent";
    scenario.plan(if concurrent { &CONCURRENT } else { &SEQUENTIAL });
    let before = scenario.total_balances();
    let fees_to_miners = scenario.fees_to_miners();
    scenario.world.lag = lag;
    let start: Vec<usize> = scenario.world.nodes.iter().map(|node| node.exchanges).collect();
    let mut run = format!("{name}, lag {lag}, no kill");
    if let Some((node, exchange, phase)) = crash {
        scenario.world.crash = Some(Crash { node, exchange: start[node] + exchange, phase });
        run = run_name(name, lag, node, exchange, phase);
    }
    if concurrent {
        scenario.pay_concurrently();
    } else {
        scenario.pay_sequentially();
    }
    let counts = [WALLET, LSP, MERCHANT].map(|node| scenario.world.nodes[node].exchanges - start[node]);
    scenario.check(&run, before, fees_to_miners);
    if crash.is_none() {
        for (number, payment) in scenario.payments.iter().enumerate() {
            let fails = matches!(payment.kind, Kind::HoldOwnPreimage(false) | Kind::HoldExternalPreimage(false));
            assert_eq!(payment.sent, usize::from(!fails), "payment {number}: {payment:?}");
        }
    }
    counts
}

#[test]
fn all_payments_end_as_planned_without_a_kill() {
    for (name, lag) in SCENARIOS {
        run(name, lag, None);
    }
}

#[test]
fn no_funds_are_lost_when_a_node_is_killed_at_any_exchange() {
    let selection = std::env::var("CRASH_SWEEP").unwrap_or_default();
    if let [scenario, node, exchange, phase] = selection.split(':').collect::<Vec<_>>()[..] {
        let (name, lag) = SCENARIOS.into_iter().find(|(name, _)| *name == scenario).expect("sequential or concurrent");
        let node = NAMES.iter().position(|name| *name == node).expect("wallet, lsp or merchant");
        let exchange = exchange.parse().expect("the number of an exchange");
        let phase = PHASES.into_iter().find(|known| format!("{known:?}") == phase).expect("a phase");
        run(name, lag, Some((node, exchange, phase)));
        return;
    }
    let full = selection == "full";
    let mut runs = 0;
    for (name, lag) in SCENARIOS {
        let counts = run(name, lag, None);
        for node in [LSP, WALLET, MERCHANT] {
            // a prime stride, and another start for each phase, so that the sample varies between versions of the core
            let stride = if full { 1 } else { 23 };
            for (offset, phase) in PHASES.into_iter().enumerate() {
                for exchange in (1 + if full { 0 } else { offset * 5 }..=counts[node]).step_by(stride) {
                    run(name, lag, Some((node, exchange, phase)));
                    runs += 1;
                }
            }
        }
    }
    println!("{runs} runs, each with a kill");
}
