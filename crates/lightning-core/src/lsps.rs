//! LSPS2 (bLIP 52), client and service: channels that are opened by, and paid from, a first payment.
use crate::convert::{core_error, key_hex, ldk_error, public_key, Outcome};
use crate::intercepts::Intercept;
use crate::liquidity::{Grant, INVALID_PARAMETERS};
use crate::node::Node;
use lightning::bitcoin::secp256k1::PublicKey;
use lightning::events::Event as LdkEvent;
use lightning::ln::channelmanager::InterceptId;
use lightning::types::payment::PaymentHash;
use lightning::util::logger::Level;
use lightning_core_api::{
    CommandResult, CoreError, ErrorCode, Event, Lsps2Buy, Lsps2FeeParameters, Lsps2Grant, Lsps2MenuEntry,
    Lsps2OfferMenu, Lsps2OpenFailed, Lsps2RejectBuy, Lsps2RejectToken, Lsps2RequestMenu, Lsps2WithdrawGrant, Msat,
    ShortChannelId, UserChannelId,
};
use lightning_liquidity::events::LiquidityEvent;
use lightning_liquidity::lsps0::ser::{LSPSDateTime, LSPSRequestId};
use lightning_liquidity::lsps2::event::{LSPS2ClientEvent, LSPS2ServiceEvent};
use lightning_liquidity::lsps2::msgs::{LSPS2OpeningFeeParams, LSPS2RawOpeningFeeParams};
use std::time::Duration;

fn no_client() -> CoreError {
    core_error(ErrorCode::NotConfigured, "this node is not an LSPS2 client")
}
fn no_service() -> CoreError {
    core_error(ErrorCode::NotConfigured, "this node is not an LSPS2 service: set lspService")
}

fn from_ldk(parameters: &LSPS2OpeningFeeParams) -> Lsps2FeeParameters {
    Lsps2FeeParameters {
        min_fee_msat: Msat(parameters.min_fee_msat),
        proportional: parameters.proportional,
        valid_until: parameters.valid_until.to_rfc3339(),
        min_lifetime: parameters.min_lifetime,
        max_client_to_self_delay: parameters.max_client_to_self_delay,
        min_payment_size_msat: Msat(parameters.min_payment_size_msat),
        max_payment_size_msat: Msat(parameters.max_payment_size_msat),
        promise: parameters.promise.clone(),
    }
}
fn to_ldk(parameters: Lsps2FeeParameters) -> Result<LSPS2OpeningFeeParams, CoreError> {
    let valid_until = parameters
        .valid_until
        .parse()
        .map_err(|()| core_error(ErrorCode::BadInput, "validUntil is not an ISO 8601 date"))?;
    Ok(LSPS2OpeningFeeParams {
        min_fee_msat: parameters.min_fee_msat.0,
        proportional: parameters.proportional,
        valid_until,
        min_lifetime: parameters.min_lifetime,
        max_client_to_self_delay: parameters.max_client_to_self_delay,
        min_payment_size_msat: parameters.min_payment_size_msat.0,
        max_payment_size_msat: parameters.max_payment_size_msat.0,
        promise: parameters.promise,
    })
}
fn menu_entry(entry: Lsps2MenuEntry) -> LSPS2RawOpeningFeeParams {
    let valid_until = Duration::from_secs(entry.valid_until_seconds);
    LSPS2RawOpeningFeeParams {
        min_fee_msat: entry.min_fee_msat.0,
        proportional: entry.proportional,
        valid_until: LSPSDateTime::new_from_duration_since_epoch(valid_until),
        min_lifetime: entry.min_lifetime,
        max_client_to_self_delay: entry.max_client_to_self_delay,
        min_payment_size_msat: entry.min_payment_size_msat.0,
        max_payment_size_msat: entry.max_payment_size_msat.0,
    }
}
/// Seconds since 1970. `LSPSDateTime` exposes only the difference between two dates.
fn seconds(time: &LSPSDateTime) -> u64 {
    time.duration_since(&LSPSDateTime::new_from_duration_since_epoch(Duration::ZERO)).as_secs()
}
/// The last second of the year 9999, the maximum that `LSPSDateTime` can represent.
const MAX_SECONDS: u64 = 253_402_300_799;

impl Node {
    pub(crate) fn lsps2_request_menu(&mut self, command: Lsps2RequestMenu) -> Outcome {
        let lsp = self.connected_peer(&command.lsp)?;
        let client = self.liquidity.manager.lsps2_client_handler().ok_or_else(no_client)?;
        let request_id = client.request_opening_params(lsp, command.token).0;
        Ok(CommandResult::Lsps2Request { request_id })
    }

    pub(crate) fn lsps2_buy(&mut self, command: Lsps2Buy) -> Outcome {
        let lsp = self.connected_peer(&command.lsp)?;
        let parameters = to_ldk(command.parameters)?;
        if seconds(&parameters.valid_until) <= self.env.now_seconds() {
            return Err(core_error(ErrorCode::Expired, "the fee parameters have expired"));
        }
        let client = self.liquidity.manager.lsps2_client_handler().ok_or_else(no_client)?;
        let amount = command.payment_size_msat.map(|amount| amount.0);
        let request_id = client.select_opening_params(lsp, amount, parameters).map_err(ldk_error)?.0;
        Ok(CommandResult::Lsps2Request { request_id })
    }

    pub(crate) fn lsps2_offer_menu(&mut self, command: Lsps2OfferMenu) -> Outcome {
        if command.menu.iter().any(|entry| entry.valid_until_seconds > MAX_SECONDS) {
            return Err(core_error(ErrorCode::BadInput, "validUntilSeconds must not be after the year 9999"));
        }
        let service = self.liquidity.manager.lsps2_service_handler().ok_or_else(no_service)?;
        let client = public_key(&command.client)?;
        self.liquidity.answered(client, &command.request_id);
        let request = LSPSRequestId(command.request_id);
        let menu = command.menu.into_iter().map(menu_entry).collect();
        service.opening_fee_params_generated(&client, request, menu).map_err(ldk_error)?;
        Ok(CommandResult::Done)
    }

    pub(crate) fn lsps2_reject_token(&mut self, command: Lsps2RejectToken) -> Outcome {
        let service = self.liquidity.manager.lsps2_service_handler().ok_or_else(no_service)?;
        let client = public_key(&command.client)?;
        self.liquidity.answered(client, &command.request_id);
        service.invalid_token_provided(&client, LSPSRequestId(command.request_id)).map_err(ldk_error)?;
        Ok(CommandResult::Done)
    }

    pub(crate) fn lsps2_reject_buy(&mut self, command: Lsps2RejectBuy) -> Outcome {
        let client = public_key(&command.client)?;
        if self.buy_requests.remove(&(client, command.request_id.clone())).is_none() {
            return Err(core_error(ErrorCode::NotFound, "no buy request with this id is pending"));
        }
        self.liquidity.reject(client, &command.request_id, command.code, &command.message);
        Ok(CommandResult::Done)
    }

    pub(crate) fn lsps2_grant(&mut self, command: Lsps2Grant) -> Outcome {
        let client = public_key(&command.client)?;
        let Some(valid_until) = self.buy_requests.get(&(client, command.request_id.clone())).copied() else {
            return Err(core_error(ErrorCode::NotFound, "no buy request with this id is pending"));
        };
        let scid = self.manager.get_intercept_scid();
        let user_channel_id = self.user_channel_id(command.user_channel_id);
        let service = self.liquidity.manager.lsps2_service_handler().ok_or_else(no_service)?;
        let key = (client, command.request_id.clone());
        let request = LSPSRequestId(command.request_id);
        let delta = command.cltv_expiry_delta.into();
        service
            .invoice_parameters_generated(&client, request, scid, delta, command.client_trusts_lsp, user_channel_id)
            .map_err(ldk_error)?;
        self.liquidity.answered(client, &key.1);
        self.buy_requests.remove(&key);
        Grant { valid_until, user_channel_id, client }.save(&self.env, scid);
        Ok(CommandResult::Lsps2Granted { scid: ShortChannelId(scid), user_channel_id: UserChannelId(user_channel_id) })
    }

    pub(crate) fn lsps2_open_failed(&mut self, command: Lsps2OpenFailed) -> Outcome {
        let client = public_key(&command.client)?;
        if self.fail_lsps2_htlcs(&client, command.user_channel_id.0) {
            Ok(CommandResult::Done)
        } else {
            Err(core_error(ErrorCode::NotFound, "no payment is waiting for this channel"))
        }
    }

    pub(crate) fn lsps2_withdraw_grant(&mut self, command: Lsps2WithdrawGrant) -> Outcome {
        let client = public_key(&command.client)?;
        let found = Grant::all(&self.env)
            .into_iter()
            .find(|(_, grant)| grant.client == client && grant.user_channel_id == command.user_channel_id.0);
        match found {
            Some((scid, grant)) if grant.valid_until != u64::MAX && !Intercept::is_pending(&self.env, scid) => {
                self.withdraw(scid, &grant);
                Ok(CommandResult::Done)
            }
            _ => Err(core_error(ErrorCode::NotFound, "no unused grant with this id")),
        }
    }

    /// Withdraws the grants whose terms have expired without a payment. LDK without std has no clock, keeps them for
    /// ever, and refuses a client that has ten.
    pub(crate) fn withdraw_expired_grants(&mut self) {
        let now = self.env.now_seconds();
        for (scid, grant) in Grant::all(&self.env) {
            // an HTLC that arrived in time may still be waiting for its channel
            if grant.valid_until < now && !Intercept::is_pending(&self.env, scid) {
                self.withdraw(scid, &grant);
            }
        }
    }

    fn withdraw(&mut self, scid: u64, grant: &Grant) {
        if let Some(service) = self.liquidity.manager.lsps2_service_handler() {
            // fails if LDK has dropped the grant by itself
            let _ = service.channel_open_abandoned(&grant.client, grant.user_channel_id);
        }
        Grant::forget(&self.env, scid);
    }

    /// Fails back the HTLCs that are waiting for a channel. Returns true if there were any.
    pub(crate) fn fail_lsps2_htlcs(&mut self, client: &PublicKey, user_channel_id: u128) -> bool {
        let Some(service) = self.liquidity.manager.lsps2_service_handler() else { return false };
        // the first allows another attempt with the same SCID; the second is for MPP parts that never added up
        service.channel_open_failed(client, user_channel_id).is_ok()
            || service.channel_open_abandoned(client, user_channel_id).is_ok()
    }

    pub(crate) fn intercepted_for_lsps2(&mut self, scid: u64, id: InterceptId, expected: u64, hash: PaymentHash) {
        let Some(service) = self.liquidity.manager.lsps2_service_handler() else { return };
        if let Err(error) = service.htlc_intercepted(scid, id, expected, hash) {
            self.env.log_line(Level::Info, format!("LSPS2 rejected an HTLC: {error:?}"));
        }
    }

    /// Passes events on to LDK's LSPS2 service, which tracks its channels and HTLCs through them.
    pub(crate) fn notify_lsps2(&mut self, event: &LdkEvent) {
        let Some(service) = self.liquidity.manager.lsps2_service_handler() else { return };
        let result = match event {
            LdkEvent::ChannelReady { channel_id, user_channel_id, counterparty_node_id, .. } => {
                // fails for channels that were not opened for LSPS2, and where the payment did not wait for the channel
                if service.channel_ready(*user_channel_id, channel_id, counterparty_node_id).is_err() {
                    // LDK would count the latter as a grant that is never used
                    let _ = service.channel_open_abandoned(counterparty_node_id, *user_channel_id);
                }
                Ok(())
            }
            LdkEvent::HTLCHandlingFailed { failure_type, .. } => service.htlc_handling_failed(failure_type.clone()),
            LdkEvent::PaymentForwarded { next_channel_id: Some(channel), skimmed_fee_msat, .. } => {
                service.payment_forwarded(*channel, skimmed_fee_msat.unwrap_or(0))
            }
            LdkEvent::FundingTxBroadcastSafe { user_channel_id, counterparty_node_id, .. } => {
                service.set_funding_tx_broadcast_safe(*user_channel_id, counterparty_node_id)
            }
            _ => Ok(()),
        };
        if let Err(error) = result {
            self.env.log_line(Level::Info, format!("LSPS2: {error:?}"));
        }
    }

    pub(crate) fn on_liquidity_event(&mut self, event: LiquidityEvent) {
        let event = match event {
            LiquidityEvent::LSPS2Client(LSPS2ClientEvent::OpeningParametersReady {
                request_id,
                counterparty_node_id,
                opening_fee_params_menu,
            }) => Event::Lsps2MenuReceived {
                lsp: key_hex(&counterparty_node_id),
                request_id: request_id.0,
                menu: opening_fee_params_menu.iter().map(from_ldk).collect(),
            },
            LiquidityEvent::LSPS2Client(LSPS2ClientEvent::InvoiceParametersReady {
                request_id,
                counterparty_node_id,
                intercept_scid,
                cltv_expiry_delta,
                payment_size_msat,
            }) => Event::Lsps2InvoiceParameters {
                lsp: key_hex(&counterparty_node_id),
                request_id: request_id.0,
                scid: ShortChannelId(intercept_scid),
                cltv_expiry_delta,
                payment_size_msat: payment_size_msat.map(Msat),
            },
            LiquidityEvent::LSPS2Client(
                LSPS2ClientEvent::GetInfoFailed { request_id, counterparty_node_id, error }
                | LSPS2ClientEvent::BuyRequestFailed { request_id, counterparty_node_id, error },
            ) => Event::Lsps2RequestFailed {
                lsp: key_hex(&counterparty_node_id),
                request_id: request_id.0,
                code: error.code,
                message: error.message,
            },
            LiquidityEvent::LSPS2Service(LSPS2ServiceEvent::GetInfo { request_id, counterparty_node_id, token }) => {
                Event::Lsps2MenuRequested { client: key_hex(&counterparty_node_id), request_id: request_id.0, token }
            }
            LiquidityEvent::LSPS2Service(LSPS2ServiceEvent::BuyRequest {
                request_id,
                counterparty_node_id,
                opening_fee_params,
                payment_size_msat,
            }) => {
                let valid_until = seconds(&opening_fee_params.valid_until);
                // LDK without std has no clock and does not check this
                if valid_until <= self.env.now_seconds() {
                    let message = "valid_until has passed";
                    self.liquidity.reject(counterparty_node_id, &request_id.0, INVALID_PARAMETERS, message);
                    return;
                }
                self.buy_requests.insert((counterparty_node_id, request_id.0.clone()), valid_until);
                Event::Lsps2BuyRequested {
                    client: key_hex(&counterparty_node_id),
                    request_id: request_id.0,
                    parameters: from_ldk(&opening_fee_params),
                    payment_size_msat: payment_size_msat.map(Msat),
                }
            }
            LiquidityEvent::LSPS2Service(LSPS2ServiceEvent::OpenChannel {
                their_network_key,
                amt_to_forward_msat,
                opening_fee_msat,
                user_channel_id,
                intercept_scid,
            }) => Event::Lsps2OpenChannel {
                client: key_hex(&their_network_key),
                amount_to_forward_msat: Msat(amt_to_forward_msat),
                opening_fee_msat: Msat(opening_fee_msat),
                user_channel_id: UserChannelId(user_channel_id),
                scid: ShortChannelId(intercept_scid),
            },
            other => {
                self.env.log_line(Level::Debug, format!("event not reported: {other:?}"));
                return;
            }
        };
        self.emit(&event);
    }
}
