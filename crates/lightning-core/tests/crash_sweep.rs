//! A node is killed at each of its exchanges, before, while and after its host stores and sends. Whatever happens, nothing is
//! force-closed, every payment ends, every balance is exact.
//!
//! `cargo test` takes a sample; `CRASH_SWEEP=full` takes every exchange of every node (an hour), `CRASH_SWEEP=W:37:Stored`
//! (node, exchange, phase; `crowd` in front for that story) replays one run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod support;

use support::host::{run_name, Kind, Story, CROWD, L, P, STORY, W};
use support::{Crash, Phase, PHASES};

/// Plays a story, perhaps with a kill; gives how many exchanges each node had.
fn play(name: &str, lag: usize, crash: Option<(usize, usize, Phase)>) -> [usize; 3] {
    let mut story = Story::new();
    let together = name == "crowd";
    story.plan(if together { &CROWD } else { &STORY });
    let before = story.wealth();
    let miners = story.miners();
    story.world.lag = lag;
    let start: Vec<usize> = story.world.homes.iter().map(|home| home.exchanges).collect();
    let mut what = format!("{name}, lag {lag}, nobody killed");
    if let Some((node, exchange, phase)) = crash {
        story.world.crash = Some(Crash { node, exchange: start[node] + exchange, phase });
        what = run_name(name, lag, node, exchange, phase);
    }
    if together {
        story.play_together();
    } else {
        story.play();
    }
    let counts = [W, L, P].map(|home| story.world.homes[home].exchanges - start[home]);
    story.check(&what, before, miners);
    if crash.is_none() {
        for (number, payment) in story.payments.iter().enumerate() {
            let fails = matches!(payment.kind, Kind::HeldOwn(false) | Kind::HeldForeign(false));
            assert_eq!(payment.sent, usize::from(!fails), "payment {number}: {payment:?}");
        }
    }
    counts
}

#[test]
fn the_story_ends_well_when_nobody_is_killed() {
    play("story", 0, None);
    play("crowd", 2, None);
}

#[test]
fn a_node_may_be_killed_at_any_exchange() {
    let wish = std::env::var("CRASH_SWEEP").unwrap_or_default();
    if wish.contains(':') {
        let parts: Vec<&str> = wish.split(':').collect();
        let (name, parts) = if parts[0] == "crowd" { ("crowd", &parts[1..]) } else { ("story", &parts[..]) };
        let node = "WLP".find(parts[0]).expect("W, L or P");
        let phase = PHASES.into_iter().find(|phase| format!("{phase:?}") == parts[2]).expect("a phase");
        play(name, if name == "crowd" { 2 } else { 0 }, Some((node, parts[1].parse().expect("an exchange"), phase)));
        return;
    }
    let full = wish == "full";
    let mut runs = 0;
    for (name, lag) in [("story", 0), ("crowd", 2)] {
        let counts = play(name, lag, None);
        for node in [L, W, P] {
            // a prime stride, another start for each phase: over many versions of the core the sample moves
            let stride = if full { 1 } else { 23 };
            for (offset, phase) in PHASES.into_iter().enumerate() {
                for exchange in (1 + if full { 0 } else { offset * 5 }..=counts[node]).step_by(stride) {
                    play(name, lag, Some((node, exchange, phase)));
                    runs += 1;
                }
            }
        }
    }
    println!("{runs} runs, each with a kill");
}
