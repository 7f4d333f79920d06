//! Handles LDK's events: acts on those that need no decision, and reports the others to the host.
use crate::convert::{channel_hex, hash_hex, key_hex, msat, output_id};
use crate::guard::{Compared, Finding};
use crate::holds::{Hold, HoldReason};
use crate::inbound::Inbound;
use crate::inputs::connection_number;
use crate::intercepts::Intercept;
use crate::liquidity::Grant;
use crate::node::Node;
use crate::translate;
use crate::wire::output;
use lightning::events::{
    Event as LdkEvent, EventsProvider, HTLCHandlingFailureType, PathFailure, PaymentPurpose, ReplayEvent,
};
use lightning::ln::channel_state::ChannelDetails;
use lightning::ln::channelmanager::InterceptId;
use lightning::routing::scoring::ScoreUpdate;
use lightning::types::payment::{PaymentHash, PaymentPreimage};
use lightning::util::logger::Level;
use lightning_core_api::{
    ClosureKind, Event, FallenBehind, Hex32, Msat, PaymentKind, Sat, ShortChannelId, UserChannelId,
};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Default time after which a pending intercepted HTLC is failed back. Long enough to open a channel, short enough for
/// payers to wait.
const INTERCEPT_DEADLINE_SECONDS: u32 = 120;
/// Maximum rounds of event handling per exchange, so that an exchange ends even if LDK always has more to do. The host
/// calls again.
const MAX_ROUNDS: usize = 100;

impl Node {
    /// Handles events until there are none.
    pub(crate) fn process_events(&mut self) {
        self.expire_intercepts();
        let queue = RefCell::new(vec![]);
        let handler = |event: LdkEvent| -> Result<(), ReplayEvent> {
            queue.borrow_mut().push(event);
            Ok(())
        };
        for _ in 0..MAX_ROUNDS {
            // stays true while an outbound payment can be retried, so it must not keep this loop running
            if self.manager.needs_pending_htlc_processing() {
                self.manager.process_pending_htlc_forwards();
            }
            self.peers.process_events();
            for peer in self.channel_messages.take_reconnects() {
                self.peers.disconnect_by_node_id(peer);
            }
            self.act_on_findings();
            self.manager.process_pending_events(&handler);
            self.chain_monitor.process_pending_events(&handler);
            self.onion_messenger.process_pending_events(&handler);
            let events = core::mem::take(&mut *queue.borrow_mut());
            let liquidity = self.liquidity.take_events();
            if events.is_empty() && liquidity.is_empty() {
                break;
            }
            for event in events {
                self.on_event(event);
            }
            for event in liquidity {
                self.on_liquidity_event(event);
            }
        }
        self.peers.process_events();
        self.report_peers();
    }

    /// Reports an event to the host.
    pub(crate) fn emit(&mut self, event: &Event) {
        // serialising our own types cannot fail
        let json = serde_json::to_vec(event).unwrap_or_default();
        self.out.frame(output::EVENT, |out| out.raw(&json));
    }

    /// Reports which peers have connected and disconnected.
    fn report_peers(&mut self) {
        if !self.liquidity.take_peers_changed() {
            return;
        }
        let now: BTreeMap<_, _> = self
            .peers
            .list_peers()
            .into_iter()
            .map(|peer| (peer.counterparty_node_id, connection_number(&peer.socket_address)))
            .collect();
        let before = core::mem::replace(&mut self.connected, now.clone());
        for (peer, connection) in &before {
            if now.get(peer) != Some(connection) {
                self.buy_requests.retain(|(client, _), _| client != peer);
                self.emit(&Event::PeerDisconnected { peer: key_hex(peer) });
            }
        }
        for (peer, connection) in &now {
            if before.get(peer) != Some(connection) {
                self.emit(&Event::PeerConnected { peer: key_hex(peer), connection: *connection });
            }
        }
    }

    /// Closes the channels that cannot continue. LDK tells their peers with an `error` message, and answers their
    /// later `channel_reestablish` messages in a way that makes them close.
    fn act_on_findings(&mut self) {
        for finding in self.guard.take_findings() {
            let (channel, reason) = match finding {
                Finding::NeverFunded(channel) => (channel, "the channel was never funded"),
                Finding::OurStateIsOlder(compared) => (
                    self.report_fallen_behind(FallenBehind::Own, compared),
                    "our state is older than yours: please close the channel with your newest commitment transaction",
                ),
                Finding::PeerStateIsOlder(compared) => (
                    self.report_fallen_behind(FallenBehind::Peer, compared),
                    "your state is older than ours: the channel is closed with our newest commitment transaction",
                ),
            };
            let (id, peer) = (channel.channel_id, channel.counterparty.node_id);
            // fails if the channel has closed since
            if self.manager.force_close_broadcasting_latest_txn(&id, &peer, reason.into()).is_err() {
                self.env.log_line(Level::Warn, format!("channel {id} has closed already"));
            }
        }
    }

    fn report_fallen_behind(&mut self, side: FallenBehind, compared: Compared) -> Box<ChannelDetails> {
        let Compared { channel, own, expected } = compared;
        self.emit(&Event::ChannelFellBehind {
            channel_id: channel_hex(&channel.channel_id),
            user_channel_id: UserChannelId(channel.user_channel_id),
            peer: key_hex(&channel.counterparty.node_id),
            side,
            own_commitment: own,
            expected_commitment: expected,
        });
        channel
    }

    fn on_event(&mut self, event: LdkEvent) {
        self.notify_lsps2(&event);
        match event {
            LdkEvent::PaymentClaimable {
                payment_hash,
                amount_msat,
                counterparty_skimmed_fee_msat,
                purpose,
                claim_deadline,
                receiving_channel_ids,
                ..
            } => {
                let claimable = Claimable {
                    hash: payment_hash,
                    amount_msat,
                    skimmed_msat: counterparty_skimmed_fee_msat,
                    deadline: claim_deadline,
                    channels: receiving_channel_ids.iter().map(|(channel, _)| channel_hex(channel)).collect(),
                };
                self.on_claimable(claimable, &purpose);
            }
            LdkEvent::PaymentClaimed { payment_hash, amount_msat, purpose, htlcs, .. } => {
                Inbound::set_ended(&self.env, &payment_hash);
                let skimmed = htlcs.iter().map(|htlc| htlc.counterparty_skimmed_fee_msat).sum();
                let payment_hash = hash_hex(&payment_hash);
                let kind = translate::payment_kind(&purpose);
                self.emit(&Event::PaymentClaimed {
                    payment_hash,
                    amount_msat: Msat(amount_msat),
                    skimmed_fee_msat: Msat(skimmed),
                    kind,
                });
            }
            LdkEvent::PaymentPathSuccessful { path, .. } => {
                // our own payment may have gone over a channel whose funding is withheld
                if let Some(hop) = path.hops.first() {
                    self.release_held_fundings(&hop.pubkey, None);
                }
                self.scorer.borrow_mut().payment_path_successful(&path, self.env.now());
            }
            LdkEvent::PaymentPathFailed { path, short_channel_id, failure, .. } => {
                if let (Some(scid), PathFailure::OnPath { .. }) = (short_channel_id, failure) {
                    self.scorer.borrow_mut().payment_path_failed(&path, scid, self.env.now());
                }
            }
            LdkEvent::HTLCHandlingFailed { prev_channel_id, failure_type, failure_reason } => {
                let payment_hash = match &failure_type {
                    HTLCHandlingFailureType::Receive { payment_hash } => {
                        let height = self.manager.current_best_block().height;
                        if Inbound::is_kept(&self.env, payment_hash, height) {
                            // a second payment to the hash of one that we hold: the first is untouched
                            None
                        } else {
                            Inbound::set_ended(&self.env, payment_hash);
                            Some(hash_hex(payment_hash))
                        }
                    }
                    _ => None,
                };
                self.emit(&Event::HtlcFailed {
                    from_channel_id: channel_hex(&prev_channel_id),
                    payment_hash,
                    kind: format!("{failure_type:?}"),
                    reason: failure_reason.map_or_else(|| "unknown".into(), |reason| format!("{reason:?}")),
                });
            }
            LdkEvent::HTLCIntercepted {
                intercept_id,
                requested_next_hop_scid,
                payment_hash,
                inbound_amount_msat,
                expected_outbound_amount_msat,
            } => self.on_intercepted(
                intercept_id,
                requested_next_hop_scid,
                payment_hash,
                inbound_amount_msat,
                expected_outbound_amount_msat,
            ),
            LdkEvent::FundingGenerationReady {
                temporary_channel_id,
                counterparty_node_id,
                channel_value_satoshis,
                output_script,
                user_channel_id,
            } => self.fund(
                temporary_channel_id,
                counterparty_node_id,
                channel_value_satoshis,
                output_script,
                user_channel_id,
            ),
            LdkEvent::DiscardFunding { funding_info, .. } => self.wallet.discard_funding(&funding_info),
            LdkEvent::BumpTransaction(event) => self.bump(&event),
            LdkEvent::SpendableOutputs { outputs, channel_id } => self.track_outputs(outputs, channel_id),
            LdkEvent::ChannelReady { channel_id, user_channel_id, counterparty_node_id, .. } => {
                Grant::channel_opened(&self.env, user_channel_id);
                self.emit(&Event::ChannelReady {
                    channel_id: channel_hex(&channel_id),
                    user_channel_id: UserChannelId(user_channel_id),
                    peer: key_hex(&counterparty_node_id),
                });
            }
            LdkEvent::ChannelPending {
                channel_id,
                former_temporary_channel_id,
                user_channel_id,
                counterparty_node_id,
                funding_txo,
                ..
            } => self.emit(&Event::ChannelPending {
                channel_id: channel_hex(&channel_id),
                temporary_channel_id: former_temporary_channel_id.as_ref().map(channel_hex),
                user_channel_id: UserChannelId(user_channel_id),
                peer: key_hex(&counterparty_node_id),
                funding: output_id(&funding_txo.txid, funding_txo.vout),
            }),
            LdkEvent::ChannelClosed {
                channel_id,
                user_channel_id,
                reason,
                counterparty_node_id,
                channel_capacity_sats,
                channel_funding_txo,
                last_local_balance_msat,
                ..
            } => {
                self.funding_fee_rates.remove(&channel_id);
                self.withheld_fundings.remove(&channel_id);
                let was_withheld = channel_funding_txo.is_some_and(|funding| self.drop_held_funding(&funding.txid));
                if let Some(peer) = &counterparty_node_id {
                    // if the channel was opened for an LSPS2 payment, fail that payment back
                    self.fail_lsps2_htlcs(peer, user_channel_id);
                }
                Grant::channel_closed(&self.env, user_channel_id);
                // the peer revokes no further commitment transaction
                self.monitors.forget_unrevoked(&channel_id);
                self.emit(&Event::ChannelClosed {
                    channel_id: channel_hex(&channel_id),
                    user_channel_id: UserChannelId(user_channel_id),
                    peer: counterparty_node_id.as_ref().map(key_hex),
                    kind: match self.env.held(&channel_id) {
                        Some(HoldReason::NeverFunded | HoldReason::Unfunded) => ClosureKind::NeverOpened,
                        Some(HoldReason::Behind | HoldReason::Recovery) => ClosureKind::OutdatedState,
                        _ => translate::closure_kind(&reason),
                    },
                    reason: reason.to_string(),
                    capacity_sat: channel_capacity_sats.map(Sat),
                    local_balance_msat: msat(last_local_balance_msat),
                });
                if let (true, Some(funding)) = (was_withheld, channel_funding_txo) {
                    let funding = funding.into_bitcoin_outpoint();
                    // an older state may still withhold what a newer one has broadcast
                    let is_known = self.wallet.bdk.transactions().iter().any(|known| known.txid == funding.txid);
                    if !is_known && self.is_untouched(&channel_id, channel_capacity_sats) {
                        self.env.hold(channel_id, Hold { reason: HoldReason::NeverFunded, funding });
                    }
                }
            }
            other => {
                if let LdkEvent::PaymentForwarded { next_node_id: Some(peer), next_channel_id, .. } = &other {
                    self.release_held_fundings(peer, *next_channel_id);
                }
                match translate::plain(&other) {
                    Some(event) => self.emit(&event),
                    None => self.env.log_line(Level::Debug, format!("event not reported: {}", translate::name(&other))),
                }
            }
        }
    }

    fn on_claimable(&mut self, claimable: Claimable, purpose: &PaymentPurpose) {
        let Claimable { hash, amount_msat, skimmed_msat, deadline, channels } = claimable;
        let preimage: Option<PaymentPreimage> = purpose.preimage();
        let kind = translate::payment_kind(purpose);
        let inbound = Inbound::find(&self.env, &hash);
        let allowed = inbound.map_or(0, |inbound| inbound.max_skim_msat);
        if skimmed_msat > allowed {
            self.manager.fail_htlc_backwards(&hash);
            self.emit(&Event::PaymentRefused {
                payment_hash: hash_hex(&hash),
                amount_msat: Msat(amount_msat),
                skimmed_fee_msat: Msat(skimmed_msat),
            });
            return;
        }
        let hold = inbound.is_some_and(|inbound| inbound.hold);
        match preimage {
            // keysend needs no invoice; accept it
            Some(preimage) if !hold || kind == PaymentKind::Spontaneous => self.manager.claim_funds(preimage),
            _ => {
                Inbound::set_held(&self.env, &hash, deadline);
                self.emit(&Event::PaymentClaimable {
                    payment_hash: hash_hex(&hash),
                    amount_msat: Msat(amount_msat),
                    skimmed_fee_msat: Msat(skimmed_msat),
                    claim_deadline_height: deadline,
                    kind,
                    own_preimage: preimage.is_some(),
                    channel_ids: channels,
                });
            }
        }
    }

    fn on_intercepted(
        &mut self, intercept_id: InterceptId, scid: u64, payment_hash: PaymentHash, inbound: u64, expected: u64,
    ) {
        let seconds = self.config.intercept_deadline_seconds.unwrap_or(INTERCEPT_DEADLINE_SECONDS);
        let deadline = self.env.now_seconds().saturating_add(seconds.into());
        Intercept { id: intercept_id, scid, hash: payment_hash, deadline }.save(&self.env);
        let grant = Grant::find(&self.env, scid);
        // bLIP 52: the terms apply only to a first payment that arrives before `valid_until`
        if grant.as_ref().is_some_and(|grant| grant.valid_until < self.env.now_seconds()) {
            self.fail_intercept(&Intercept { id: intercept_id, scid, hash: payment_hash, deadline });
        } else if grant.is_some() {
            self.intercepted_for_lsps2(scid, intercept_id, expected, payment_hash);
        } else {
            self.emit(&Event::HtlcIntercepted {
                intercept_id: Hex32(intercept_id.0),
                scid: ShortChannelId(scid),
                payment_hash: hash_hex(&payment_hash),
                inbound_amount_msat: Msat(inbound),
                expected_outbound_amount_msat: Msat(expected),
            });
        }
    }

    /// Fails back intercepted HTLCs whose deadline has passed.
    fn expire_intercepts(&mut self) {
        for intercept in Intercept::overdue(&self.env) {
            self.fail_intercept(&intercept);
        }
    }

    fn fail_intercept(&mut self, intercept: &Intercept) {
        Intercept::remove(&self.env, &intercept.id);
        // fails if the HTLC has been forwarded or failed since
        let was_pending = self.manager.fail_intercepted_htlc(intercept.id).is_ok();
        if was_pending {
            if let Some(grant) = Grant::find(&self.env, intercept.scid) {
                self.fail_lsps2_htlcs(&grant.client, grant.user_channel_id);
            }
            self.emit(&Event::InterceptExpired {
                intercept_id: Hex32(intercept.id.0),
                scid: ShortChannelId(intercept.scid),
                payment_hash: hash_hex(&intercept.hash),
            });
        }
    }
}

/// LDK's `PaymentClaimable`, as far as we use it.
struct Claimable {
    hash: PaymentHash,
    amount_msat: u64,
    skimmed_msat: u64,
    deadline: Option<u32>,
    channels: Vec<Hex32>,
}
