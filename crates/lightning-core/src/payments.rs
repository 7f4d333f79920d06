//! Outbound payments, and claiming or failing held inbound payments.
use crate::convert::{core_error, currency, hash_hex, ldk_error, network, Outcome};
use crate::decode::{parse_invoice, parse_offer};
use crate::inbound::Inbound;
use crate::node::Node;
use crate::translate;
use lightning::bitcoin::constants::ChainHash;
use lightning::bitcoin::hashes::{sha256, Hash};
use lightning::ln::channelmanager::{
    Bolt11PaymentError, OptionalOfferPaymentParams, PaymentId, Retry, RetryableSendFailure,
};
use lightning::offers::offer::Amount;
use lightning::offers::parse::Bolt12SemanticError;
use lightning::routing::router::{
    find_route, Path, PaymentParameters, RouteParameters, RouteParametersConfig, ScorerAccountingForInFlightHtlcs,
};
use lightning::routing::scoring::ProbabilisticScoringFeeParameters;
use lightning::sign::EntropySource;
use lightning::types::payment::{PaymentHash, PaymentPreimage, PaymentSecret};
use lightning_core_api::{
    AbandonPayment, ClaimPayment, CommandResult, CoreError, ErrorCode, EstimateRoute, FailPayment, Msat, PayInvoice,
    PayOffer,
};
use lightning_invoice::Bolt11Invoice;

/// Default maximum total CLTV delta: a week of blocks (LDK's `DEFAULT_MAX_TOTAL_CLTV_EXPIRY_DELTA`).
const MAX_CLTV_EXPIRY_DELTA: u32 = 1008;
/// Default number of retries.
const RETRIES: u32 = 5;

fn route_limits(max_fee_msat: Msat, max_cltv_expiry_delta: Option<u32>) -> RouteParametersConfig {
    RouteParametersConfig {
        max_total_routing_fee_msat: Some(max_fee_msat.0),
        max_total_cltv_expiry_delta: max_cltv_expiry_delta.unwrap_or(MAX_CLTV_EXPIRY_DELTA),
        ..RouteParametersConfig::default()
    }
}
fn duplicate() -> CoreError {
    core_error(ErrorCode::DuplicatePayment, "a payment with this id is in progress or ended recently")
}

/// The amount that the payee receives: the invoice's, or the given one if the invoice has none.
fn amount_of(invoice: &Bolt11Invoice, given: Option<Msat>) -> Result<u64, CoreError> {
    match (invoice.amount_milli_satoshis(), given) {
        (Some(fixed), None) => Ok(fixed),
        (Some(fixed), Some(Msat(given))) if fixed == given => Ok(fixed),
        (Some(_), Some(_)) => {
            Err(core_error(ErrorCode::BadAmount, "amountMsat differs from the amount of the invoice"))
        }
        (None, Some(Msat(given))) if given > 0 => Ok(given),
        (None, _) => Err(core_error(ErrorCode::BadAmount, "the invoice has no amount: set amountMsat")),
    }
}

impl Node {
    pub(crate) fn pay_invoice(&mut self, command: PayInvoice) -> Outcome {
        let invoice = parse_invoice(&command.invoice)?;
        if invoice.currency() != currency(self.config.network) {
            return Err(core_error(ErrorCode::WrongNetwork, "the invoice is for another network"));
        }
        let id = PaymentId(command.payment_id.0);
        if invoice.would_expire(self.env.now()) {
            // report a payment that is in flight as a duplicate even if its invoice has expired
            let known = self.manager.list_recent_payments();
            let in_flight = known.iter().any(|payment| translate::recent_payment(payment).payment_id.0 == id.0);
            return Err(if in_flight {
                duplicate()
            } else {
                core_error(ErrorCode::Expired, "the invoice has expired")
            });
        }
        let amount = amount_of(&invoice, command.amount_msat)?;
        let open_amount = if invoice.amount_milli_satoshis().is_none() { Some(amount) } else { None };
        let limits = route_limits(command.max_fee_msat, command.max_cltv_expiry_delta);
        let retry = Retry::Attempts(command.retries.unwrap_or(RETRIES));
        match self.manager.pay_for_bolt11_invoice(&invoice, id, open_amount, limits, retry) {
            Ok(()) => {
                let payment_hash = hash_hex(&PaymentHash(invoice.payment_hash().to_byte_array()));
                Ok(CommandResult::PaymentStarted { payment_hash, amount_msat: Msat(amount) })
            }
            Err(Bolt11PaymentError::SendingFailed(RetryableSendFailure::DuplicatePayment)) => Err(duplicate()),
            Err(Bolt11PaymentError::SendingFailed(RetryableSendFailure::RouteNotFound)) => {
                Err(core_error(ErrorCode::RouteNotFound, "no route within the fee and CLTV limits"))
            }
            Err(Bolt11PaymentError::SendingFailed(RetryableSendFailure::PaymentExpired)) => {
                Err(core_error(ErrorCode::Expired, "the invoice has expired"))
            }
            Err(Bolt11PaymentError::InvalidAmount) => Err(core_error(ErrorCode::BadAmount, "LDK rejected the amount")),
            Err(other) => Err(ldk_error(other)),
        }
    }

    pub(crate) fn estimate_route(&self, command: EstimateRoute) -> Outcome {
        let invoice = parse_invoice(&command.invoice)?;
        if invoice.currency() != currency(self.config.network) {
            return Err(core_error(ErrorCode::WrongNetwork, "the invoice is for another network"));
        }
        let wanted = RouteParameters {
            payment_params: PaymentParameters::from_bolt11_invoice(&invoice),
            final_value_msat: amount_of(&invoice, command.amount_msat)?,
            max_total_routing_fee_msat: None,
        };
        let channels = self.manager.list_usable_channels();
        let first_hops: Vec<_> = channels.iter().collect();
        let in_flight = self.manager.compute_inflight_htlcs();
        let scorer = self.scorer.borrow();
        let route = find_route(
            &self.manager.get_our_node_id(),
            &wanted,
            &self.graph,
            Some(&first_hops),
            self.env.clone(),
            &ScorerAccountingForInFlightHtlcs::new(&*scorer, &in_flight),
            &ProbabilisticScoringFeeParameters::default(),
            &self.env.get_secure_random_bytes(),
        )
        .map_err(|_| core_error(ErrorCode::RouteNotFound, "no route found"))?;
        let blocks = |path: &Path| path.hops.iter().map(|hop| hop.cltv_expiry_delta).sum::<u32>();
        Ok(CommandResult::RouteEstimated {
            fee_msat: Msat(route.get_total_fees()),
            cltv_expiry_delta: route.paths.iter().map(blocks).max().unwrap_or(0),
        })
    }

    pub(crate) fn pay_offer(&mut self, command: PayOffer) -> Outcome {
        let offer = parse_offer(&command.offer)?;
        if !offer.supports_chain(ChainHash::using_genesis_block(network(self.config.network))) {
            return Err(core_error(ErrorCode::WrongNetwork, "the offer is for another network"));
        }
        if offer.absolute_expiry().is_some_and(|end| end <= self.env.now()) {
            return Err(core_error(ErrorCode::Expired, "the offer has expired"));
        }
        let given = command.amount_msat.map(|amount| amount.0);
        let amount = match (offer.amount(), given) {
            (Some(Amount::Bitcoin { .. }), None) => None,
            (Some(Amount::Bitcoin { amount_msats }), Some(given)) if given >= amount_msats => Some(given),
            (Some(Amount::Bitcoin { .. }), Some(_)) => {
                return Err(core_error(ErrorCode::BadAmount, "amountMsat is less than the amount of the offer"))
            }
            (Some(Amount::Currency { .. }), _) => {
                return Err(core_error(ErrorCode::BadAmount, "offers with an amount in a currency are not supported"))
            }
            (None, Some(given)) if given > 0 => Some(given),
            (None, _) => return Err(core_error(ErrorCode::BadAmount, "the offer has no amount: set amountMsat")),
        };
        let parameters = OptionalOfferPaymentParams {
            payer_note: command.payer_note,
            route_params_config: route_limits(command.max_fee_msat, command.max_cltv_expiry_delta),
            retry_strategy: Retry::Attempts(command.retries.unwrap_or(RETRIES)),
        };
        match self.manager.pay_for_offer(&offer, amount, PaymentId(command.payment_id.0), parameters) {
            Ok(()) => Ok(CommandResult::Done),
            Err(Bolt12SemanticError::DuplicatePaymentId) => Err(duplicate()),
            Err(Bolt12SemanticError::AlreadyExpired) => Err(core_error(ErrorCode::Expired, "the offer has expired")),
            Err(other) => Err(ldk_error(other)),
        }
    }

    pub(crate) fn claim_payment(&mut self, command: ClaimPayment) -> Outcome {
        let hash = PaymentHash(command.payment_hash.0);
        let not_held = || core_error(ErrorCode::NotFound, "no payment with this hash is held");
        let inbound = Inbound::find(&self.env, &hash).filter(|inbound| inbound.held).ok_or_else(not_held)?;
        let preimage = match command.preimage {
            Some(preimage) => {
                if sha256::Hash::hash(&preimage.0).to_byte_array() != hash.0 {
                    return Err(core_error(ErrorCode::BadInput, "preimage does not match paymentHash"));
                }
                PaymentPreimage(preimage.0)
            }
            None if inbound.own => {
                self.manager.get_payment_preimage(hash, PaymentSecret(inbound.secret)).map_err(ldk_error)?
            }
            None => return Err(core_error(ErrorCode::BadInput, "preimage is required: the core does not have it")),
        };
        self.manager.claim_funds(preimage);
        Ok(CommandResult::Done)
    }

    pub(crate) fn fail_payment(&mut self, command: FailPayment) -> Outcome {
        let hash = PaymentHash(command.payment_hash.0);
        if !Inbound::find(&self.env, &hash).is_some_and(|inbound| inbound.held) {
            return Err(core_error(ErrorCode::NotFound, "no payment with this hash is held"));
        }
        self.manager.fail_htlc_backwards(&hash);
        Inbound::set_ended(&self.env, &hash);
        Ok(CommandResult::Done)
    }

    pub(crate) fn abandon_payment(&mut self, command: AbandonPayment) -> Outcome {
        let id = PaymentId(command.payment_id.0);
        let known = self.manager.list_recent_payments();
        if !known.iter().any(|payment| translate::recent_payment(payment).payment_id.0 == id.0) {
            return Err(core_error(ErrorCode::NotFound, "no payment with this id"));
        }
        self.manager.abandon_payment(id);
        Ok(CommandResult::Done)
    }

    pub(crate) fn list_payments(&self) -> Outcome {
        let payments = self.manager.list_recent_payments().iter().map(translate::recent_payment).collect();
        Ok(CommandResult::Payments { payments })
    }
}
