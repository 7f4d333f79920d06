//! Creates invoices and offers.
use crate::convert::{core_error, currency, hash_hex, ldk_error, public_key, Outcome};
use crate::inbound::Inbound;
use crate::node::Node;
use lightning::bitcoin::hashes::{sha256, Hash};
use lightning::bolt11_invoice::{Bolt11Invoice, Bolt11InvoiceDescription, Description, InvoiceBuilder, Sha256};
use lightning::ln::channelmanager::MIN_FINAL_CLTV_EXPIRY_DELTA;
use lightning::sign::{NodeSigner, Recipient};
use lightning::types::payment::PaymentHash;
use lightning::types::routing::{RouteHint, RouteHintHop, RoutingFees};
use lightning_core_api::{
    CommandResult, CoreError, CreateInvoice, CreateOffer, ErrorCode, Hex32, InvoiceCreated, JitHop, Msat,
};
use std::time::Duration;

/// 21 million bitcoin, in millisatoshis.
const MAX_AMOUNT_MSAT: u64 = 21_000_000 * 100_000_000 * 1000;
/// Blocks added to the invoice's final CLTV delta, so that a block found while the payment is on its way does not fail
/// it (LDK's `create_bolt11_invoice` does the same).
const GRACE_BLOCKS: u16 = 3;
/// Maximum final CLTV delta; LDK rejects more than 2016 (`CLTV_FAR_FAR_AWAY`).
const MAX_FINAL_CLTV_DELTA: u16 = 2016 - GRACE_BLOCKS;
/// Maximum number of route hints. More make the invoice long without making it easier to pay.
const MAX_HINTS: usize = 3;

fn check_amount(amount: Option<Msat>) -> Result<Option<u64>, CoreError> {
    match amount {
        Some(Msat(0)) => Err(core_error(ErrorCode::BadAmount, "amountMsat must not be zero")),
        Some(Msat(amount)) if amount > MAX_AMOUNT_MSAT => {
            Err(core_error(ErrorCode::BadAmount, "amountMsat exceeds 21 million bitcoin"))
        }
        amount => Ok(amount.map(|amount| amount.0)),
    }
}

impl Node {
    pub(crate) fn create_invoice(&mut self, command: CreateInvoice) -> Outcome {
        let amount = check_amount(command.amount_msat)?;
        let description = match (command.description, command.description_hash) {
            (Some(text), None) => Bolt11InvoiceDescription::Direct(
                Description::new(text)
                    .map_err(|_| core_error(ErrorCode::BadInput, "description must be at most 639 bytes"))?,
            ),
            (None, Some(hash)) => Bolt11InvoiceDescription::Hash(Sha256(sha256::Hash::from_byte_array(hash.0))),
            _ => return Err(core_error(ErrorCode::BadInput, "set exactly one of description and descriptionHash")),
        };
        if command.expiry_seconds == 0 {
            return Err(core_error(ErrorCode::BadInput, "expirySeconds must be at least 1"));
        }
        let delta = command.min_final_cltv_expiry_delta.unwrap_or(MIN_FINAL_CLTV_EXPIRY_DELTA);
        if !(MIN_FINAL_CLTV_EXPIRY_DELTA..=MAX_FINAL_CLTV_DELTA).contains(&delta) {
            let message =
                format!("minFinalCltvExpiryDelta must be from {MIN_FINAL_CLTV_EXPIRY_DELTA} to {MAX_FINAL_CLTV_DELTA}");
            return Err(core_error(ErrorCode::BadInput, message));
        }
        let delta = delta + GRACE_BLOCKS;
        let hints = self.hints(command.jit.as_ref())?;

        let now = self.env.now_seconds();
        let expires_at = now.saturating_add(command.expiry_seconds.into());
        // LDK counts the expiry from the newest block's time, the invoice from the clock
        let lag = match self.newest_block_time() {
            0 => 0,
            newest => u32::try_from(now.saturating_sub(newest)).unwrap_or(u32::MAX),
        };
        let ldk_expiry_seconds = command.expiry_seconds.saturating_add(lag);
        let unable = |()| core_error(ErrorCode::Refused, "LDK cannot create this payment");
        let (hash, secret, own) = match command.payment_hash {
            Some(hash) => {
                let hash = PaymentHash(hash.0);
                let secret =
                    self.manager.create_inbound_payment_for_hash(hash, amount, ldk_expiry_seconds, Some(delta));
                (hash, secret.map_err(unable)?, false)
            }
            None => {
                let (hash, secret) =
                    self.manager.create_inbound_payment(amount, ldk_expiry_seconds, Some(delta)).map_err(unable)?;
                (hash, secret, true)
            }
        };

        let mut builder = InvoiceBuilder::new(currency(self.config.network))
            .invoice_description(description)
            .duration_since_epoch(self.env.now())
            .payee_pub_key(self.manager.get_our_node_id())
            .payment_hash(sha256::Hash::from_byte_array(hash.0))
            .payment_secret(secret)
            .basic_mpp()
            .min_final_cltv_expiry_delta(delta.into())
            .expiry_time(Duration::from_secs(command.expiry_seconds.into()));
        if let Some(amount) = amount {
            builder = builder.amount_milli_satoshis(amount);
        }
        for hint in hints {
            builder = builder.private_route(hint);
        }
        let raw = builder.build_raw().map_err(ldk_error)?;
        let signature = self.keys.sign_invoice(&raw, Recipient::Node);
        let signed =
            raw.sign(|_| signature).map_err(|()| core_error(ErrorCode::Refused, "failed to sign the invoice"))?;
        let invoice = Bolt11Invoice::from_signed(signed).map_err(ldk_error)?;

        let max_skim_msat = command.jit.map_or(0, |jit| jit.max_opening_fee_msat.0);
        if command.hold || !own || max_skim_msat > 0 {
            let hold = command.hold || !own;
            Inbound { hold, own, held: false, secret: secret.0, max_skim_msat, expires_at, deadline: 0 }
                .save(&self.env, &hash);
        }
        Ok(CommandResult::InvoiceCreated(InvoiceCreated {
            invoice: invoice.to_string(),
            payment_hash: hash_hex(&hash),
            expires_at_seconds: expires_at,
        }))
    }

    /// Route hints for payers who know only the public network: through the LSP's intercept SCID, or through our
    /// private channels if we have no announced one.
    fn hints(&self, jit: Option<&JitHop>) -> Result<Vec<RouteHint>, CoreError> {
        if let Some(jit) = jit {
            return Ok(vec![RouteHint(vec![RouteHintHop {
                src_node_id: public_key(&jit.lsp_node_id)?,
                short_channel_id: jit.scid.0,
                fees: RoutingFees { base_msat: 0, proportional_millionths: 0 },
                cltv_expiry_delta: jit.cltv_expiry_delta,
                htlc_minimum_msat: None,
                htlc_maximum_msat: None,
            }])]);
        }
        let mut channels = self.manager.list_channels();
        if channels.iter().any(|channel| channel.is_announced && channel.is_channel_ready) {
            return Ok(vec![]);
        }
        channels.retain(|channel| channel.is_channel_ready && !channel.is_announced);
        // usable channels first, then by inbound capacity
        channels.sort_by_key(|channel| core::cmp::Reverse((channel.is_usable, channel.inbound_capacity_msat)));
        let hints = channels.into_iter().filter_map(|channel| {
            let terms = channel.counterparty.forwarding_info.as_ref()?;
            Some(RouteHint(vec![RouteHintHop {
                src_node_id: channel.counterparty.node_id,
                short_channel_id: channel.get_inbound_payment_scid()?,
                fees: RoutingFees {
                    base_msat: terms.fee_base_msat,
                    proportional_millionths: terms.fee_proportional_millionths,
                },
                cltv_expiry_delta: terms.cltv_expiry_delta,
                htlc_minimum_msat: channel.inbound_htlc_minimum_msat,
                htlc_maximum_msat: channel.inbound_htlc_maximum_msat,
            }]))
        });
        Ok(hints.take(MAX_HINTS).collect())
    }

    pub(crate) fn create_offer(&mut self, command: CreateOffer) -> Outcome {
        let amount = check_amount(command.amount_msat)?;
        let builder = self.manager.create_offer_builder().map_err(ldk_error)?;
        let mut builder = builder.description(command.description);
        if let Some(amount) = amount {
            builder = builder.amount_msats(amount);
        }
        if let Some(seconds) = command.expires_at_seconds {
            builder = builder.absolute_expiry(Duration::from_secs(seconds));
        }
        let offer = builder.build().map_err(ldk_error)?;
        Ok(CommandResult::OfferCreated { offer: offer.to_string(), offer_id: Hex32(offer.id().0) })
    }
}
