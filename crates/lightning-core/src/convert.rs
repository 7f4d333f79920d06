//! Conversions between LDK's types and those of `lightning-core-api`.
use lightning::bitcoin::hashes::Hash;
use lightning::bitcoin::secp256k1::PublicKey;
use lightning::bitcoin::{BlockHash, Network, Txid};
use lightning::bolt11_invoice::Currency;
use lightning::chain::BestBlock;
use lightning::ln::types::ChannelId;
use lightning::types::payment::PaymentHash;
use lightning_core_api::{
    BlockId, CommandResult, CoreError, ErrorCode, Hex32, IdHex, Msat, NetworkName, OutputId, PublicKeyHex,
};

/// The result of a command.
pub type Outcome = Result<CommandResult, CoreError>;

/// An error for the host.
pub fn core_error(code: ErrorCode, message: impl Into<String>) -> CoreError {
    CoreError { code, message: message.into() }
}
/// An LDK error, as `refused` with LDK's message.
pub fn ldk_error(error: impl core::fmt::Debug) -> CoreError {
    core_error(ErrorCode::Refused, format!("{error:?}"))
}
/// Parses a public key.
pub fn public_key(key: &PublicKeyHex) -> Result<PublicKey, CoreError> {
    PublicKey::from_slice(&key.0).map_err(|_| core_error(ErrorCode::BadInput, "not a valid public key"))
}
/// A public key as hex.
pub fn key_hex(key: &PublicKey) -> PublicKeyHex {
    PublicKeyHex(key.serialize())
}
/// A payment hash as hex.
pub fn hash_hex(hash: &PaymentHash) -> Hex32 {
    Hex32(hash.0)
}
/// A channel id as hex.
pub fn channel_hex(channel: &ChannelId) -> Hex32 {
    Hex32(channel.0)
}
/// A channel id from hex.
pub fn channel_id(hex: &Hex32) -> ChannelId {
    ChannelId(hex.0)
}
/// A transaction id as hex.
pub fn txid_hex(txid: &Txid) -> IdHex {
    IdHex(txid.to_byte_array())
}
/// A transaction output.
pub fn output_id(txid: &Txid, index: u32) -> OutputId {
    OutputId { txid: txid_hex(txid), index }
}
/// A block as LDK's type.
pub fn best_block(block: &BlockId) -> BestBlock {
    BestBlock::new(BlockHash::from_byte_array(block.hash.0), block.height)
}
/// A block as the API's type.
pub fn block_id(block: &BestBlock) -> BlockId {
    BlockId { height: block.height, hash: IdHex(block.block_hash.to_byte_array()) }
}
/// An optional amount in millisatoshis.
pub fn msat(amount: Option<u64>) -> Option<Msat> {
    amount.map(Msat)
}
/// A network as LDK's type.
pub fn network(name: NetworkName) -> Network {
    match name {
        NetworkName::Bitcoin => Network::Bitcoin,
        NetworkName::Testnet => Network::Testnet,
        NetworkName::Testnet4 => Network::Testnet4,
        NetworkName::Signet => Network::Signet,
        NetworkName::Regtest => Network::Regtest,
    }
}
/// A network as the API's type.
pub fn network_name(network: Network) -> NetworkName {
    match network {
        Network::Bitcoin => NetworkName::Bitcoin,
        Network::Testnet => NetworkName::Testnet,
        Network::Testnet4 => NetworkName::Testnet4,
        Network::Signet => NetworkName::Signet,
        Network::Regtest => NetworkName::Regtest,
    }
}
/// The BOLT 11 currency prefix of a network. Both testnets share one.
pub fn currency(name: NetworkName) -> Currency {
    match name {
        NetworkName::Bitcoin => Currency::Bitcoin,
        NetworkName::Testnet | NetworkName::Testnet4 => Currency::BitcoinTestnet,
        NetworkName::Signet => Currency::Signet,
        NetworkName::Regtest => Currency::Regtest,
    }
}
