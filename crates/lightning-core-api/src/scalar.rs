//! 64-bit and 128-bit integers as decimal strings, and byte arrays as hex.
use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

macro_rules! decimal {
    ($(#[$doc:meta])* $name:ident, $inner:ty) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(type = "string"))]
        pub struct $name(pub $inner);
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                match text.parse() {
                    Ok(number) if digits => Ok($name(number)),
                    _ => Err(D::Error::invalid_value(Unexpected::Str(&text), &"a whole number as a decimal string")),
                }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result { self.0.fmt(formatter) }
        }
    };
}
decimal!(
    /// An amount in millisatoshis, as a decimal string.
    Msat, u64
);
decimal!(
    /// An amount in satoshis, as a decimal string.
    Sat, u64
);
decimal!(
    /// A short channel id (BOLT 7), SCID alias or intercept SCID, as a decimal string.
    ShortChannelId, u64
);
decimal!(
    /// The host's id for a channel (128 bits), chosen when the channel is opened or accepted, as a decimal string.
    UserChannelId, u128
);

fn to_hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            text.push(char::from_digit(nibble.into(), 16).unwrap_or('0'));
        }
    }
    text
}
fn from_hex(text: &str) -> Option<Vec<u8>> {
    if text.len() % 2 != 0 || !text.is_ascii() {
        return None;
    }
    let digits: Option<Vec<u8>> = text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    Some(digits?.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

macro_rules! hexadecimal {
    ($(#[$doc:meta])* $name:ident, $size:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(type = "string"))]
        pub struct $name(pub [u8; $size]);
        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result { formatter.write_str(&to_hex(&self.0)) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result { formatter.write_str(&to_hex(&self.0)) }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                // do not quote the text in the error: it may be a preimage
                let text = String::deserialize(deserializer)?;
                from_hex(&text).and_then(|bytes| bytes.try_into().ok()).map($name)
                    .ok_or_else(|| D::Error::custom(concat!("expected ", stringify!($size), " bytes as hex")))
            }
        }
    };
}
hexadecimal!(
    /// 32 bytes as lower-case hex: payment hashes, payment ids, channel ids, intercept ids.
    Hex32, 32
);
hexadecimal!(
    /// A compressed public key (33 bytes) as lower-case hex: node ids.
    PublicKeyHex, 33
);

/// A serialised transaction as lower-case hex.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(type = "string"))]
pub struct TransactionHex(
    /// The bytes, as Bitcoin Core serialises them.
    pub Vec<u8>,
);
impl fmt::Debug for TransactionHex {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(&to_hex(&self.0))
    }
}
impl Serialize for TransactionHex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&to_hex(&self.0))
    }
}
impl<'de> Deserialize<'de> for TransactionHex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        from_hex(&text).map(TransactionHex).ok_or_else(|| D::Error::custom("expected a transaction as hex"))
    }
}

/// A transaction or block id as lower-case hex in display order (reversed bytes).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(type = "string"))]
pub struct IdHex(
    /// The bytes in internal (wire) order; the text form is reversed.
    pub [u8; 32],
);
impl fmt::Display for IdHex {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let mut bytes = self.0;
        bytes.reverse();
        formatter.write_str(&to_hex(&bytes))
    }
}
impl fmt::Debug for IdHex {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
impl Serialize for IdHex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for IdHex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Hex32(mut bytes) = Hex32::deserialize(deserializer)?;
        bytes.reverse();
        Ok(IdHex(bytes))
    }
}

/// A transaction output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OutputId {
    /// The transaction.
    pub txid: IdHex,
    /// The index of the output.
    pub index: u32,
}

/// A block of the best chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BlockId {
    /// The block's height.
    pub height: u32,
    /// The block's hash.
    pub hash: IdHex,
}
