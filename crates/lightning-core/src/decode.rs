//! Decodes invoices and offers. Needs no node.
use crate::convert::{core_error, key_hex, network_name, Outcome};
use lightning::bitcoin::constants::ChainHash;
use lightning::bitcoin::hashes::Hash;
use lightning::bitcoin::Network;
use lightning::bolt11_invoice::{Bolt11Invoice, Bolt11InvoiceDescriptionRef};
use lightning::offers::offer::{Amount, Offer};
use lightning_core_api::{
    CommandResult, CoreError, DecodedInvoice, DecodedOffer, ErrorCode, Hex32, HintHop, Msat, ShortChannelId,
};

/// Maximum length of an invoice or offer, in bytes. A QR code holds at most 7,089 characters.
const MAX_LENGTH: usize = 8192;

/// Strips whitespace and the `lightning:` prefix, and lower-cases text that is all upper case.
fn normalise(text: &str) -> Result<String, CoreError> {
    let text = text.trim();
    if text.len() > MAX_LENGTH {
        return Err(core_error(ErrorCode::BadInput, format!("an invoice or offer is at most {MAX_LENGTH} bytes long")));
    }
    let bare = match text.get(..10) {
        Some(scheme) if scheme.eq_ignore_ascii_case("lightning:") => &text[10..],
        _ => text,
    };
    let folded =
        if bare.chars().any(|c| c.is_ascii_lowercase()) { bare.to_string() } else { bare.to_ascii_lowercase() };
    Ok(folded)
}
/// Parses a BOLT 11 invoice and checks its signature.
pub fn parse_invoice(text: &str) -> Result<Bolt11Invoice, CoreError> {
    normalise(text)?.parse().map_err(|error| core_error(ErrorCode::BadInput, format!("not a BOLT 11 invoice: {error}")))
}
/// Parses a BOLT 12 offer.
pub fn parse_offer(text: &str) -> Result<Offer, CoreError> {
    normalise(text)?.parse().map_err(|error| core_error(ErrorCode::BadInput, format!("not a BOLT 12 offer: {error:?}")))
}

/// Decodes a BOLT 11 invoice.
pub fn invoice(text: &str) -> Outcome {
    let invoice = parse_invoice(text)?;
    let (description, description_hash) = match invoice.description() {
        Bolt11InvoiceDescriptionRef::Direct(description) => (Some(description.to_string()), None),
        Bolt11InvoiceDescriptionRef::Hash(hash) => (None, Some(Hex32(hash.0.to_byte_array()))),
    };
    let timestamp = invoice.duration_since_epoch().as_secs();
    let hints = invoice.private_routes().into_iter().map(|route| {
        let hops = route.0.iter().map(|hop| HintHop {
            node_id: key_hex(&hop.src_node_id),
            scid: ShortChannelId(hop.short_channel_id),
            fee_base_msat: hop.fees.base_msat,
            fee_proportional_millionths: hop.fees.proportional_millionths,
            cltv_expiry_delta: hop.cltv_expiry_delta,
        });
        hops.collect()
    });
    Ok(CommandResult::InvoiceDecoded(DecodedInvoice {
        network: network_name(invoice.network()),
        payment_hash: Hex32(invoice.payment_hash().to_byte_array()),
        amount_msat: invoice.amount_milli_satoshis().map(Msat),
        description,
        description_hash,
        payee: key_hex(&invoice.get_payee_pub_key()),
        timestamp_seconds: timestamp,
        expires_at_seconds: timestamp.saturating_add(invoice.expiry_time().as_secs()),
        min_final_cltv_expiry_delta: invoice.min_final_cltv_expiry_delta(),
        hints: hints.collect(),
        fallback_addresses: invoice.fallback_addresses().iter().map(|address| address.to_string()).collect(),
    }))
}

/// Decodes a BOLT 12 offer.
pub fn offer(text: &str) -> Outcome {
    let offer = parse_offer(text)?;
    let known = [Network::Bitcoin, Network::Testnet, Network::Testnet4, Network::Signet, Network::Regtest];
    let chains = offer.chains();
    let networks = known.into_iter().filter(|network| chains.contains(&ChainHash::using_genesis_block(*network)));
    let (amount_msat, currency, currency_amount) = match offer.amount() {
        Some(Amount::Bitcoin { amount_msats }) => (Some(Msat(amount_msats)), None, None),
        Some(Amount::Currency { iso4217_code, amount }) => (None, Some(iso4217_code.to_string()), Some(Msat(amount))),
        None => (None, None, None),
    };
    Ok(CommandResult::OfferDecoded(DecodedOffer {
        offer_id: Hex32(offer.id().0),
        networks: networks.map(network_name).collect(),
        amount_msat,
        currency,
        currency_amount,
        description: offer.description().map(|text| text.to_string()),
        issuer: offer.issuer().map(|text| text.to_string()),
        issuer_signing_key: offer.issuer_signing_pubkey().as_ref().map(key_hex),
        expires_at_seconds: offer.absolute_expiry().map(|time| time.as_secs()),
        paths: u32::try_from(offer.paths().len()).unwrap_or(u32::MAX),
    }))
}

/// Decodes an invoice or an offer, depending on the prefix.
pub fn any(text: &str) -> Outcome {
    if normalise(text)?.starts_with("lno1") {
        offer(text)
    } else {
        invoice(text)
    }
}
