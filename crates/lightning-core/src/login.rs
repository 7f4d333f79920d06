//! Login tokens for the operator's API: a JWS (RFC 7515) signed with ES256K (RFC 8812) under the node key. The core
//! writes the header itself, so that this command can sign nothing but login tokens.
use crate::convert::{core_error, key_hex, Outcome};
use crate::keys::sign_es256k;
use crate::node::Node;
use lightning_core_api::{CommandResult, ErrorCode, SignLogin};

/// Maximum size of the payload, in bytes.
const MAX_PAYLOAD: usize = 4096;

/// Base64url without padding (RFC 4648 §5).
fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for digit in 0..=chunk.len() {
            text.push(char::from(ALPHABET[(group >> (18 - 6 * digit) & 63) as usize]));
        }
    }
    text
}

impl Node {
    pub(crate) fn sign_login(&self, command: &SignLogin) -> Outcome {
        let payload = command.payload_json.as_bytes();
        if payload.len() > MAX_PAYLOAD {
            return Err(core_error(ErrorCode::BadInput, "payloadJson must be at most 4,096 bytes"));
        }
        if serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(payload).is_err() {
            return Err(core_error(ErrorCode::BadInput, "payloadJson must be a JSON object"));
        }
        let kid = key_hex(&self.manager.get_our_node_id());
        let header = format!(r#"{{"alg":"ES256K","typ":"satsconnect-login+jwt","kid":"{kid}"}}"#);
        let signed = format!("{}.{}", base64url(header.as_bytes()), base64url(payload));
        let signature = base64url(&sign_es256k(&self.keys, signed.as_bytes()));
        Ok(CommandResult::LoginSigned { jws: format!("{signed}.{signature}") })
    }
}

#[cfg(test)]
mod tests {
    use super::base64url;

    #[test]
    fn base64url_matches_the_test_vectors_of_rfc_4648() {
        let vectors =
            [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("foobar", "Zm9vYmFy")];
        for (plain, encoded) in vectors {
            assert_eq!(base64url(plain.as_bytes()), encoded);
        }
        assert_eq!(base64url(&[0xfb, 0xff]), "-_8");
    }
}
