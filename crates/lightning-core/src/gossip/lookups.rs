//! Looks up the funding outputs of announced channels at the host. Nobody can then fill our graph with channels that do
//! not exist (BOLT 7: "MUST ignore the message if the output does not exist").
use crate::env::Env;
use crate::node::{GossipSync, Graph};
use lightning::bitcoin::constants::ChainHash;
use lightning::bitcoin::TxOut;
use lightning::ln::chan_utils::make_funding_redeemscript;
use lightning::ln::msgs::UnsignedChannelAnnouncement;
use lightning::routing::utxo::{UtxoFuture, UtxoLookup, UtxoLookupError, UtxoResult};
use lightning::util::logger::Level;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Look-ups at the host at a time. A look-up reads a whole block.
const MAX_IN_FLIGHT: usize = 8;
/// Announcements that wait for a look-up. Each takes about a kilobyte, with its updates.
const MAX_WAITING: usize = 60_000;
/// The part of these that may be announcements by peers without a public channel with us.
const MAX_WAITING_OF_STRANGERS: usize = 1_000;
/// Different announcements of one channel that wait at the same time. At most one of them is valid.
const MAX_PER_CHANNEL: usize = 4;
/// Channels that were looked up in vain and are not looked up again for now.
const MAX_REFUSED: usize = 10_000;
/// Channels of the graph that are looked up again each minute, to remove those that have been spent.
const RECHECKS_PER_MINUTE: usize = 120;

/// The host's answer to a look-up.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// The output exists and is unspent.
    Unspent(TxOut),
    /// The best chain has no such output, or it is spent.
    Missing,
    /// The host cannot tell, for example because the block is pruned.
    Unavailable,
}

#[derive(Default)]
struct Waiting {
    announcements: Vec<UtxoFuture>,
    /// Those by peers without a public channel with us.
    by_strangers: usize,
    /// True if the channel is in the graph and looked up again.
    recheck: bool,
    /// True once the host has been asked.
    in_flight: bool,
}

#[derive(Default)]
struct State {
    waiting: BTreeMap<u64, Waiting>,
    /// Channels to look up, in three queues: announced by partners, announced by strangers, and rechecks.
    queues: [VecDeque<u64>; 3],
    in_flight: usize,
    announcements: usize,
    by_strangers: usize,
    refused: BTreeSet<u64>,
    /// Channels of the graph that are still to be looked up again in this round.
    rechecks: Vec<u64>,
    /// The output of the channel that LDK handles now, if it needs no look-up.
    known: Option<TxOut>,
    /// True if the announcement that LDK handles now is by a partner.
    by_partner: bool,
}

/// See the module documentation.
pub(crate) struct Lookups {
    enabled: bool,
    state: RefCell<State>,
}

impl Lookups {
    /// `enabled`: `Config::utxo_lookup`.
    pub(crate) fn new(enabled: bool) -> Lookups {
        Lookups { enabled, state: RefCell::default() }
    }
    pub(super) fn is_enabled(&self) -> bool {
        self.enabled
    }
    pub(super) fn is_refused(&self, scid: u64) -> bool {
        self.state.borrow().refused.contains(&scid)
    }
    /// Whether one more announcement may wait.
    pub(super) fn has_room(&self, scid: u64, by_partner: bool) -> bool {
        let state = self.state.borrow();
        state.announcements < MAX_WAITING
            && (by_partner || state.by_strangers < MAX_WAITING_OF_STRANGERS)
            && state.waiting.get(&scid).is_none_or(|one| one.announcements.len() < MAX_PER_CHANNEL)
    }
    pub(super) fn set_priority(&self, by_partner: bool) {
        self.state.borrow_mut().by_partner = by_partner;
    }
    pub(super) fn set_known(&self, output: Option<TxOut>) {
        self.state.borrow_mut().known = output;
    }
    /// A reorganisation can bring back an output that was not there.
    pub(crate) fn forget_refused(&self) {
        self.state.borrow_mut().refused.clear();
    }

    /// The channels that the host has to look up now.
    pub(crate) fn take_requests(&self) -> Vec<u64> {
        let mut state = self.state.borrow_mut();
        let State { waiting, queues, in_flight, .. } = &mut *state;
        let mut requests = vec![];
        while *in_flight < MAX_IN_FLIGHT {
            let Some(scid) = queues.iter_mut().find_map(VecDeque::pop_front) else { break };
            // a channel can be in more than one queue
            if let Some(one) = waiting.get_mut(&scid).filter(|one| !one.in_flight) {
                one.in_flight = true;
                *in_flight += 1;
                requests.push(scid);
            }
        }
        requests
    }

    /// Applies the host's answer. Returns true if a channel was announced that exists.
    pub(super) fn answer(&self, scid: u64, answer: Answer, graph: &Graph, ldk: &Arc<GossipSync>, env: &Env) -> bool {
        let waiting = {
            let mut state = self.state.borrow_mut();
            if !state.waiting.get(&scid).is_some_and(|one| one.in_flight) {
                return false;
            }
            let Some(waiting) = state.waiting.remove(&scid) else { return false };
            state.in_flight -= 1;
            state.announcements -= waiting.announcements.len();
            state.by_strangers -= waiting.by_strangers;
            if matches!(answer, Answer::Missing) {
                if state.refused.len() >= MAX_REFUSED {
                    state.refused.clear();
                }
                state.refused.insert(scid);
            }
            waiting
        };
        if waiting.recheck && is_gone(&answer, scid, graph) {
            env.log_line(Level::Debug, format!("removing channel {scid} from the graph: its funding output is spent"));
            graph.channel_failed_permanent(scid);
        }
        let result = match answer {
            Answer::Unspent(output) => Ok(output),
            Answer::Missing | Answer::Unavailable => Err(UtxoLookupError::UnknownTx),
        };
        let is_new = result.is_ok() && !waiting.announcements.is_empty();
        for future in waiting.announcements {
            future.resolve(graph, ldk.clone(), result.clone());
        }
        is_new
    }

    /// Queues channels of the graph to be looked up again. `open`: our own open channels, which need none.
    pub(super) fn recheck(&self, graph: &Graph, open: &BTreeSet<u64>) {
        if !self.enabled {
            return;
        }
        let mut state = self.state.borrow_mut();
        if state.rechecks.is_empty() {
            let graph = graph.read_only();
            let others = graph.channels().unordered_iter().filter(|(scid, _)| !open.contains(scid));
            let mut all: Vec<_> = others.map(|(scid, one)| (one.capacity_sats.is_some(), *scid)).collect();
            // taken from the end: first those that have never been looked up
            all.sort_unstable_by(|one, other| other.cmp(one));
            state.rechecks = all.into_iter().map(|(_, scid)| scid).collect();
        }
        // the last minute's are still waiting: the host is slow
        if !state.queues[2].is_empty() {
            return;
        }
        let from = state.rechecks.len().saturating_sub(RECHECKS_PER_MINUTE);
        for scid in state.rechecks.split_off(from).into_iter().rev() {
            state.waiting.entry(scid).or_default().recheck = true;
            state.queues[2].push_back(scid);
        }
    }
}

/// True if a channel of the graph has to be removed.
fn is_gone(answer: &Answer, scid: u64, graph: &Graph) -> bool {
    match answer {
        Answer::Missing => true,
        Answer::Unavailable => false,
        Answer::Unspent(output) => {
            let graph = graph.read_only();
            let message = graph.channel(scid).and_then(|channel| channel.announcement_message.as_ref());
            message.is_some_and(|message| !pays_to(output, &message.contents))
        }
    }
}

/// Whether an output is the funding output of this channel.
fn pays_to(output: &TxOut, channel: &UnsignedChannelAnnouncement) -> bool {
    let keys = (channel.bitcoin_key_1.as_pubkey(), channel.bitcoin_key_2.as_pubkey());
    let (Ok(first), Ok(second)) = keys else { return false };
    output.script_pubkey == make_funding_redeemscript(&first, &second).to_p2wsh()
}

impl UtxoLookup for Lookups {
    /// Called by LDK once the signatures of an announcement are verified.
    fn get_utxo(&self, _: &ChainHash, scid: u64) -> UtxoResult {
        let mut state = self.state.borrow_mut();
        if let Some(output) = state.known.take() {
            return UtxoResult::Sync(Ok(output));
        }
        let by_partner = state.by_partner;
        let future = UtxoFuture::new();
        let waiting = state.waiting.entry(scid).or_default();
        waiting.announcements.push(future.clone());
        waiting.by_strangers += usize::from(!by_partner);
        let in_flight = waiting.in_flight;
        state.announcements += 1;
        state.by_strangers += usize::from(!by_partner);
        if !in_flight {
            state.queues[usize::from(!by_partner)].push_back(scid);
        }
        UtxoResult::Async(future)
    }
}
