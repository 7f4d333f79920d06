//! Between LDK's types and the boundary's.
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

/// How a command ends.
pub type Outcome = Result<CommandResult, CoreError>;

/// A refusal.
pub fn refuse(code: ErrorCode, message: impl Into<String>) -> CoreError {
    CoreError { code, message: message.into() }
}
/// A refusal by LDK, in its words.
pub fn refused(error: impl core::fmt::Debug) -> CoreError {
    refuse(ErrorCode::Refused, format!("{error:?}"))
}
/// The peer or node of that key.
pub fn public_key(key: &PublicKeyHex) -> Result<PublicKey, CoreError> {
    PublicKey::from_slice(&key.0).map_err(|_| refuse(ErrorCode::BadInput, "not a public key"))
}
/// To hex.
pub fn key_hex(key: &PublicKey) -> PublicKeyHex {
    PublicKeyHex(key.serialize())
}
/// To hex.
pub fn hash_hex(hash: &PaymentHash) -> Hex32 {
    Hex32(hash.0)
}
/// To hex.
pub fn channel_hex(channel: &ChannelId) -> Hex32 {
    Hex32(channel.0)
}
/// From hex.
pub fn channel_id(hex: &Hex32) -> ChannelId {
    ChannelId(hex.0)
}
/// To hex.
pub fn txid_hex(txid: &Txid) -> IdHex {
    IdHex(txid.to_byte_array())
}
/// A transaction's output.
pub fn output_id(txid: &Txid, index: u32) -> OutputId {
    OutputId { txid: txid_hex(txid), index }
}
/// A block, LDK's way.
pub fn best_block(block: &BlockId) -> BestBlock {
    BestBlock::new(BlockHash::from_byte_array(block.hash.0), block.height)
}
/// A block, the boundary's way.
pub fn block_id(block: &BestBlock) -> BlockId {
    BlockId { height: block.height, hash: IdHex(block.block_hash.to_byte_array()) }
}
/// Millisatoshis that may be unknown.
pub fn msat(amount: Option<u64>) -> Option<Msat> {
    amount.map(Msat)
}
/// The network, LDK's way.
pub fn network(name: NetworkName) -> Network {
    match name {
        NetworkName::Bitcoin => Network::Bitcoin,
        NetworkName::Testnet => Network::Testnet,
        NetworkName::Testnet4 => Network::Testnet4,
        NetworkName::Signet => Network::Signet,
        NetworkName::Regtest => Network::Regtest,
    }
}
/// The network, the boundary's way.
pub fn network_name(network: Network) -> NetworkName {
    match network {
        Network::Bitcoin => NetworkName::Bitcoin,
        Network::Testnet => NetworkName::Testnet,
        Network::Testnet4 => NetworkName::Testnet4,
        Network::Signet => NetworkName::Signet,
        Network::Regtest => NetworkName::Regtest,
    }
}
/// The prefix of BOLT 11 invoices on a network; both testnets share one.
pub fn currency(name: NetworkName) -> Currency {
    match name {
        NetworkName::Bitcoin => Currency::Bitcoin,
        NetworkName::Testnet | NetworkName::Testnet4 => Currency::BitcoinTestnet,
        NetworkName::Signet => Currency::Signet,
        NetworkName::Regtest => Currency::Regtest,
    }
}
