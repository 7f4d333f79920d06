//! Translates LDK's events and details into the API's types.
use crate::convert::{channel_hex, hash_hex, key_hex, msat, output_id};
use lightning::chain::channelmonitor::Balance;
use lightning::events::{ClosureReason, Event as LdkEvent, PaymentFailureReason, PaymentPurpose};
use lightning::ln::channel_state::{ChannelDetails, ChannelShutdownState};
use lightning::ln::channelmanager::RecentPaymentDetails;
use lightning_core_api::{
    Channel, ClaimableBalance, ClosingKind, ClosureKind, Event, Hex32, Msat, PaymentFailure, PaymentKind,
    RecentPayment, RecentPaymentState, Sat, ShortChannelId, UserChannelId,
};

/// The name of an LDK event, without its fields, which may contain secrets.
pub fn name(event: &LdkEvent) -> String {
    let debug = format!("{event:?}");
    debug.split([' ', '(', '{']).next().unwrap_or_default().to_string()
}

/// The kind of an inbound payment.
pub fn payment_kind(purpose: &PaymentPurpose) -> PaymentKind {
    match purpose {
        PaymentPurpose::Bolt11InvoicePayment { .. } => PaymentKind::Bolt11,
        PaymentPurpose::Bolt12OfferPayment { .. } | PaymentPurpose::Bolt12RefundPayment { .. } => PaymentKind::Bolt12,
        PaymentPurpose::SpontaneousPayment(_) => PaymentKind::Spontaneous,
    }
}

/// Why a channel closed.
pub fn closure_kind(reason: &ClosureReason) -> ClosureKind {
    match reason {
        ClosureReason::LegacyCooperativeClosure
        | ClosureReason::CounterpartyInitiatedCooperativeClosure
        | ClosureReason::LocallyInitiatedCooperativeClosure => ClosureKind::Cooperative,
        ClosureReason::HolderForceClosed { broadcasted_latest_txn: Some(false), .. }
        | ClosureReason::FundingTimedOut
        | ClosureReason::DisconnectedPeer
        | ClosureReason::CounterpartyCoopClosedUnfundedChannel
        | ClosureReason::LocallyCoopClosedUnfundedChannel
        | ClosureReason::FundingBatchClosure => ClosureKind::NeverOpened,
        ClosureReason::HolderForceClosed { .. } => ClosureKind::ForcedByUs,
        ClosureReason::CounterpartyForceClosed { .. } => ClosureKind::ForcedByPeer,
        ClosureReason::CommitmentTxConfirmed => ClosureKind::CommitmentConfirmed,
        ClosureReason::OutdatedChannelManager => ClosureKind::OutdatedState,
        ClosureReason::HTLCsTimedOut { .. } => ClosureKind::HtlcsTimedOut,
        ClosureReason::ProcessingError { .. } | ClosureReason::PeerFeerateTooLow { .. } => ClosureKind::ProtocolError,
    }
}

fn payment_failure(reason: Option<PaymentFailureReason>) -> PaymentFailure {
    match reason {
        Some(PaymentFailureReason::RecipientRejected) => PaymentFailure::RecipientRejected,
        Some(PaymentFailureReason::UserAbandoned) => PaymentFailure::Abandoned,
        Some(PaymentFailureReason::RetriesExhausted) => PaymentFailure::RetriesExhausted,
        Some(PaymentFailureReason::PaymentExpired) => PaymentFailure::Expired,
        Some(PaymentFailureReason::RouteNotFound) => PaymentFailure::RouteNotFound,
        Some(
            PaymentFailureReason::InvoiceRequestExpired
            | PaymentFailureReason::InvoiceRequestRejected
            | PaymentFailureReason::BlindedPathCreationFailed
            | PaymentFailureReason::UnknownRequiredFeatures,
        ) => PaymentFailure::InvoiceNotUsable,
        Some(PaymentFailureReason::UnexpectedError) | None => PaymentFailure::Unexpected,
    }
}

/// Events that the core only reports. `None` for all others.
pub fn plain(event: &LdkEvent) -> Option<Event> {
    Some(match event {
        LdkEvent::OpenChannelRequest {
            temporary_channel_id,
            counterparty_node_id,
            funding_satoshis,
            channel_negotiation_type,
            channel_type,
            is_announced,
            ..
        } => Event::OpenChannelRequest {
            temporary_channel_id: channel_hex(temporary_channel_id),
            peer: key_hex(counterparty_node_id),
            capacity_sat: Sat(*funding_satoshis),
            push_msat: Msat(match channel_negotiation_type {
                lightning::events::InboundChannelFunds::PushMsat(push) => *push,
                lightning::events::InboundChannelFunds::DualFunded => 0,
            }),
            announced: *is_announced,
            zero_conf_required: channel_type.requires_zero_conf(),
            anchors: channel_type.supports_anchors_zero_fee_htlc_tx(),
        },
        LdkEvent::PaymentSent { payment_id, payment_preimage, payment_hash, amount_msat, fee_paid_msat, .. } => {
            Event::PaymentSent {
                payment_id: payment_id.map(|id| Hex32(id.0)),
                payment_hash: hash_hex(payment_hash),
                preimage: Hex32(payment_preimage.0),
                amount_msat: msat(*amount_msat),
                fee_msat: msat(*fee_paid_msat),
            }
        }
        LdkEvent::PaymentFailed { payment_id, payment_hash, reason } => Event::PaymentFailed {
            payment_id: Hex32(payment_id.0),
            payment_hash: payment_hash.as_ref().map(hash_hex),
            reason: payment_failure(*reason),
        },
        LdkEvent::PaymentForwarded {
            prev_channel_id,
            next_channel_id,
            prev_node_id,
            next_node_id,
            total_fee_earned_msat,
            skimmed_fee_msat,
            claim_from_onchain_tx,
            outbound_amount_forwarded_msat,
            ..
        } => Event::PaymentForwarded {
            from_channel_id: prev_channel_id.as_ref().map(channel_hex),
            to_channel_id: next_channel_id.as_ref().map(channel_hex),
            from_peer: prev_node_id.as_ref().map(key_hex),
            to_peer: next_node_id.as_ref().map(key_hex),
            fee_msat: msat(*total_fee_earned_msat),
            skimmed_fee_msat: msat(*skimmed_fee_msat),
            amount_msat: msat(*outbound_amount_forwarded_msat),
            on_chain: *claim_from_onchain_tx,
        },
        LdkEvent::ConnectionNeeded { node_id, addresses } => Event::ConnectionNeeded {
            peer: key_hex(node_id),
            addresses: addresses.iter().map(|address| address.to_string()).collect(),
        },
        _ => return None,
    })
}

/// Two anchor outputs of 330 satoshis (BOLT 3), paid by the channel opener.
const ANCHORS_MSAT: u64 = 660_000;

/// Our balance in a channel, including the reserve, excluding HTLCs in flight.
///
/// LDK reports the capacity of each side: its balance less the reserve and, for the opener, the anchors, but not below
/// zero. If our capacity is zero, our balance follows from the peer's capacity.
pub fn local_balance_msat(channel: &ChannelDetails) -> u64 {
    let has_anchors = channel.channel_type.as_ref().is_some_and(|kind| kind.supports_anchors_zero_fee_htlc_tx());
    let deducted = |reserve_sat: u64, opener: bool| {
        reserve_sat.saturating_mul(1000) + if opener && has_anchors { ANCHORS_MSAT } else { 0 }
    };
    if channel.outbound_capacity_msat > 0 {
        let reserve = channel.unspendable_punishment_reserve.unwrap_or(0);
        return channel.outbound_capacity_msat + deducted(reserve, channel.is_outbound);
    }
    let inbound: u64 = channel.pending_inbound_htlcs.iter().map(|htlc| htlc.amount_msat).sum();
    let outbound: u64 = channel.pending_outbound_htlcs.iter().map(|htlc| htlc.amount_msat).sum();
    let reserve = channel.counterparty.unspendable_punishment_reserve;
    let theirs = channel.inbound_capacity_msat + deducted(reserve, !channel.is_outbound);
    let capacity = channel.channel_value_satoshis.saturating_mul(1000);
    capacity.saturating_sub(theirs).saturating_sub(inbound).saturating_sub(outbound)
}

/// A channel.
pub fn channel(channel: &ChannelDetails) -> Channel {
    let pending = channel.pending_inbound_htlcs.len() + channel.pending_outbound_htlcs.len();
    let kind = channel.channel_type.as_ref();
    Channel {
        channel_id: channel_hex(&channel.channel_id),
        user_channel_id: UserChannelId(channel.user_channel_id),
        peer: key_hex(&channel.counterparty.node_id),
        funding: channel.funding_txo.map(|output| output_id(&output.txid, output.index.into())),
        scid: channel.short_channel_id.map(ShortChannelId),
        inbound_scid_alias: channel.inbound_scid_alias.map(ShortChannelId),
        capacity_sat: Sat(channel.channel_value_satoshis),
        balance_msat: Msat(local_balance_msat(channel)),
        outbound_capacity_msat: Msat(channel.outbound_capacity_msat),
        inbound_capacity_msat: Msat(channel.inbound_capacity_msat),
        next_outbound_htlc_limit_msat: Msat(channel.next_outbound_htlc_limit_msat),
        next_outbound_htlc_minimum_msat: Msat(channel.next_outbound_htlc_minimum_msat),
        reserve_sat: channel.unspendable_punishment_reserve.map(Sat),
        outbound: channel.is_outbound,
        announced: channel.is_announced,
        ready: channel.is_channel_ready,
        usable: channel.is_usable,
        anchors: kind.is_some_and(|kind| kind.supports_anchors_zero_fee_htlc_tx()),
        confirmations: channel.confirmations,
        confirmations_required: channel.confirmations_required,
        pending_htlcs: u32::try_from(pending).unwrap_or(u32::MAX),
        pending_inbound_msat: Msat(channel.pending_inbound_htlcs.iter().map(|htlc| htlc.amount_msat).sum()),
        pending_outbound_msat: Msat(channel.pending_outbound_htlcs.iter().map(|htlc| htlc.amount_msat).sum()),
        closing: !matches!(channel.channel_shutdown_state, None | Some(ChannelShutdownState::NotShuttingDown)),
        force_close_delay: channel.force_close_spend_delay,
    }
}

/// A claimable balance.
pub fn balance(balance: &Balance) -> ClaimableBalance {
    let (kind, height, hash) = match balance {
        Balance::ClaimableOnChannelClose { .. } => (ClosingKind::Open, None, None),
        Balance::ClaimableAwaitingConfirmations { confirmation_height, .. } => {
            (ClosingKind::AwaitingConfirmations, Some(*confirmation_height), None)
        }
        Balance::ContentiousClaimable { timeout_height, payment_hash, .. } => {
            (ClosingKind::Contentious, Some(*timeout_height), Some(payment_hash))
        }
        Balance::MaybeTimeoutClaimableHTLC { claimable_height, payment_hash, .. } => {
            (ClosingKind::MaybeTimeout, Some(*claimable_height), Some(payment_hash))
        }
        Balance::MaybePreimageClaimableHTLC { expiry_height, payment_hash, .. } => {
            (ClosingKind::MaybePreimage, Some(*expiry_height), Some(payment_hash))
        }
        Balance::CounterpartyRevokedOutputClaimable { .. } => (ClosingKind::Revoked, None, None),
    };
    let amount_sat = Sat(balance.claimable_amount_satoshis());
    ClaimableBalance { kind, amount_sat, height, payment_hash: hash.map(hash_hex) }
}

/// An outbound payment that LDK remembers.
pub fn recent_payment(payment: &RecentPaymentDetails) -> RecentPayment {
    let (id, hash, state, amount) = match payment {
        RecentPaymentDetails::AwaitingInvoice { payment_id } => {
            (payment_id, None, RecentPaymentState::AwaitingInvoice, None)
        }
        RecentPaymentDetails::Pending { payment_id, payment_hash, total_msat } => {
            (payment_id, Some(*payment_hash), RecentPaymentState::Pending, Some(*total_msat))
        }
        RecentPaymentDetails::Fulfilled { payment_id, payment_hash } => {
            (payment_id, *payment_hash, RecentPaymentState::Fulfilled, None)
        }
        RecentPaymentDetails::Abandoned { payment_id, payment_hash } => {
            (payment_id, Some(*payment_hash), RecentPaymentState::Abandoned, None)
        }
    };
    RecentPayment {
        payment_id: Hex32(id.0),
        payment_hash: hash.as_ref().map(hash_hex),
        state,
        amount_msat: msat(amount),
    }
}
