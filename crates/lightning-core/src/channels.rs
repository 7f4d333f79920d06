//! Commands for channels: open, accept, reject, close, configure, list.
use crate::convert::{channel_hex, channel_id, core_error, ldk_error, public_key, Outcome};
use crate::holds::HoldReason;
use crate::node::Node;
use crate::translate;
use lightning::bitcoin::secp256k1::PublicKey;
use lightning::chain::channelmonitor::Balance;
use lightning::ln::channel_state::ChannelDetails;
use lightning::sign::EntropySource;
use lightning::util::config::ChannelConfigUpdate;
use lightning_core_api::{
    AcceptChannel, Balances, CloseChannel, CommandResult, CoreError, ErrorCode, ForceCloseChannel, Hex32, Msat,
    OpenChannel, PublicKeyHex, RejectChannel, Sat, SetForwardingTerms, UserChannelId,
};
use std::collections::BTreeMap;

impl Node {
    /// The key of a peer; fails unless its handshake is complete.
    pub(crate) fn connected_peer(&self, peer: &PublicKeyHex) -> Result<PublicKey, CoreError> {
        let key = public_key(peer)?;
        if self.peers.peer_by_node_id(&key).is_some() {
            Ok(key)
        } else {
            Err(core_error(ErrorCode::PeerNotConnected, "the peer is not connected"))
        }
    }

    /// The host's id for a channel, or a random one.
    pub(crate) fn user_channel_id(&self, given: Option<UserChannelId>) -> u128 {
        given.map_or_else(
            || {
                let random = self.env.get_secure_random_bytes();
                random[..16].iter().fold(0, |number, byte| number << 8 | u128::from(*byte))
            },
            |given| given.0,
        )
    }

    fn find_channel(&self, id: &Hex32, peer: &PublicKeyHex) -> Result<ChannelDetails, CoreError> {
        let peer = public_key(peer)?;
        let found = self.manager.list_channels_with_counterparty(&peer).into_iter();
        let mut found = found.filter(|channel| channel_hex(&channel.channel_id) == *id);
        found.next().ok_or_else(|| core_error(ErrorCode::NotFound, "no channel with this id and peer"))
    }

    pub(crate) fn open_channel(&mut self, command: OpenChannel) -> Outcome {
        let peer = self.connected_peer(&command.peer)?;
        let capacity = command.capacity_sat.0;
        if command.push_msat.0 > capacity.saturating_mul(1000) {
            return Err(core_error(ErrorCode::BadAmount, "pushMsat exceeds capacitySat"));
        }
        if command.withhold_funding && !command.zero_conf {
            return Err(core_error(ErrorCode::BadInput, "withholdFunding needs zeroConf"));
        }
        let fee_rate = command.fee_rate_sat_per_kwu;
        // the new channel needs its own share of the reserve
        self.wallet.check_affordable(capacity, fee_rate, self.reserve_for(self.channel_count() + 1))?;
        let user_channel_id = self.user_channel_id(command.user_channel_id);
        let mut config = self.manager.get_current_config();
        config.channel_handshake_config.announce_for_forwarding = command.announced;
        config.channel_handshake_config.negotiate_scid_privacy = !command.announced;
        config.channel_handshake_limits.trust_own_funding_0conf = command.zero_conf;
        let temporary = self
            .manager
            .create_channel(peer, capacity, command.push_msat.0, user_channel_id, None, Some(config))
            .map_err(ldk_error)?;
        if let Some(fee_rate) = fee_rate {
            self.funding_fee_rates.insert(temporary, fee_rate);
        }
        if command.withhold_funding {
            self.withheld_fundings.insert(temporary);
        }
        Ok(CommandResult::ChannelOpening {
            temporary_channel_id: channel_hex(&temporary),
            user_channel_id: UserChannelId(user_channel_id),
        })
    }

    pub(crate) fn accept_channel(&mut self, command: AcceptChannel) -> Outcome {
        let (peer, id) = (public_key(&command.peer)?, channel_id(&command.temporary_channel_id));
        let user_channel_id = self.user_channel_id(command.user_channel_id);
        let accepted = if command.zero_conf {
            self.manager.accept_inbound_channel_from_trusted_peer_0conf(&id, &peer, user_channel_id, None)
        } else {
            self.manager.accept_inbound_channel(&id, &peer, user_channel_id, None)
        };
        accepted.map_err(ldk_error)?;
        Ok(CommandResult::ChannelOpening {
            temporary_channel_id: command.temporary_channel_id,
            user_channel_id: UserChannelId(user_channel_id),
        })
    }

    pub(crate) fn reject_channel(&mut self, command: RejectChannel) -> Outcome {
        let (peer, id) = (public_key(&command.peer)?, channel_id(&command.temporary_channel_id));
        let reason = command.reason.unwrap_or_else(|| "not accepted".into());
        self.manager.force_close_broadcasting_latest_txn(&id, &peer, reason).map_err(ldk_error)?;
        Ok(CommandResult::Done)
    }

    pub(crate) fn close_channel(&mut self, command: CloseChannel) -> Outcome {
        let channel = self.find_channel(&command.channel_id, &command.peer)?;
        let peer = channel.counterparty.node_id;
        self.manager
            .close_channel_with_feerate_and_script(&channel.channel_id, &peer, command.fee_rate_sat_per_kwu, None)
            .map_err(ldk_error)?;
        Ok(CommandResult::Done)
    }

    pub(crate) fn force_close_channel(&mut self, command: ForceCloseChannel) -> Outcome {
        let id = channel_id(&command.channel_id);
        if self.env.held(&id) == Some(HoldReason::Unverified) {
            self.env.release_hold(&id);
            // LDK may have closed the channel meanwhile, because a payment in it expired
            if self.find_channel(&command.channel_id, &command.peer).is_err() {
                if let Ok(monitor) = self.chain_monitor.get_monitor(id) {
                    monitor.broadcast_latest_holder_commitment_txn(&self.env, &self.env, &self.env);
                    return Ok(CommandResult::Done);
                }
            }
        }
        let channel = self.find_channel(&command.channel_id, &command.peer)?;
        let reason = command.reason.unwrap_or_else(|| "closed by the operator".into());
        let peer = channel.counterparty.node_id;
        self.manager.force_close_broadcasting_latest_txn(&channel.channel_id, &peer, reason).map_err(ldk_error)?;
        Ok(CommandResult::Done)
    }

    pub(crate) fn set_forwarding_terms(&mut self, command: SetForwardingTerms) -> Outcome {
        let channel = self.find_channel(&command.channel_id, &command.peer)?;
        let update = ChannelConfigUpdate {
            forwarding_fee_base_msat: Some(command.terms.fee_base_msat),
            forwarding_fee_proportional_millionths: Some(command.terms.fee_proportional_millionths),
            cltv_expiry_delta: Some(command.terms.cltv_expiry_delta),
            ..ChannelConfigUpdate::default()
        };
        let peer = channel.counterparty.node_id;
        self.manager.update_partial_channel_config(&peer, &[channel.channel_id], &update).map_err(ldk_error)?;
        Ok(CommandResult::Done)
    }

    pub(crate) fn list_channels(&self) -> Outcome {
        let tip = self.manager.current_best_block().height;
        let withheld: BTreeMap<_, _> =
            self.withheld_fundings().into_iter().map(|(txid, height, _)| (txid, height)).collect();
        let channels = self.manager.list_channels();
        let channels = channels.iter().map(|details| {
            let mut channel = translate::channel(details);
            if let Some(height) = details.funding_txo.and_then(|funding| withheld.get(&funding.txid)) {
                channel.confirmations = Some(tip.saturating_add(1).saturating_sub(*height));
            }
            channel
        });
        let channels = channels.collect();
        Ok(CommandResult::Channels { channels })
    }

    /// The balances that LDK can still claim on chain, without those of channels that have no funding.
    fn claimable(&self) -> Vec<Balance> {
        let monitors = self.chain_monitor.list_monitors().into_iter();
        let monitors = monitors.filter(|channel| !self.env.held(channel).is_some_and(HoldReason::is_without_funding));
        let balances =
            monitors.filter_map(|channel| Some(self.chain_monitor.get_monitor(channel).ok()?.get_claimable_balances()));
        balances.flatten().collect()
    }

    pub(crate) fn balances(&self) -> Outcome {
        let channels = self.manager.list_channels();
        let usable = || channels.iter().filter(|channel| channel.is_usable);
        Ok(CommandResult::Balances(Balances {
            on_chain: self.wallet.balance(self.reserve()),
            sendable_msat: Msat(usable().map(|channel| channel.next_outbound_htlc_limit_msat).sum()),
            receivable_msat: Msat(usable().map(|channel| channel.inbound_capacity_msat).sum()),
            channels_msat: Msat(channels.iter().map(translate::local_balance_msat).sum()),
            claimable: self.claimable().iter().map(translate::balance).collect(),
            sweeping_sat: Sat(self.sweeping()),
        }))
    }
}
