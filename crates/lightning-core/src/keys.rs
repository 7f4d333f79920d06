//! Uses of the node key outside LDK.
use lightning::bitcoin::hashes::{sha256, Hash, HashEngine, Hmac, HmacEngine};
use lightning::bitcoin::secp256k1::{Message, Secp256k1};
use lightning::sign::KeysManager;

/// Derives a secret for one purpose: HMAC-SHA256 under the node key, so that it does not reveal the node key.
pub fn derived_secret(keys: &KeysManager, purpose: &[u8]) -> [u8; 32] {
    let mut engine = HmacEngine::<sha256::Hash>::new(&keys.get_node_secret_key().secret_bytes());
    engine.input(b"satsconnect/");
    engine.input(purpose);
    Hmac::from_engine(engine).to_byte_array()
}

/// Signs SHA-256 of `text` with the node key (ES256K, RFC 8812). Returns r and s, 32 bytes each, with low s.
pub fn sign_es256k(keys: &KeysManager, text: &[u8]) -> [u8; 64] {
    let digest = Message::from_digest(sha256::Hash::hash(text).to_byte_array());
    Secp256k1::signing_only().sign_ecdsa(&digest, &keys.get_node_secret_key()).serialize_compact()
}
