//! What the node's key is used for besides LDK.
use lightning::bitcoin::hashes::{sha256, Hash, HashEngine, Hmac, HmacEngine};
use lightning::bitcoin::secp256k1::{Message, Secp256k1};
use lightning::sign::KeysManager;

/// A secret of its own for one purpose, from which the node's secret cannot be had again.
pub fn derived_secret(keys: &KeysManager, purpose: &[u8]) -> [u8; 32] {
    let mut engine = HmacEngine::<sha256::Hash>::new(&keys.get_node_secret_key().secret_bytes());
    engine.input(b"satsconnect/");
    engine.input(purpose);
    Hmac::from_engine(engine).to_byte_array()
}

/// ECDSA over SHA-256 of `text` by the node's key: r and s, 32 bytes each, s in the lower half (RFC 8812, ES256K).
pub fn sign_es256k(keys: &KeysManager, text: &[u8]) -> [u8; 64] {
    let digest = Message::from_digest(sha256::Hash::hash(text).to_byte_array());
    Secp256k1::signing_only().sign_ecdsa(&digest, &keys.get_node_secret_key()).serialize_compact()
}
