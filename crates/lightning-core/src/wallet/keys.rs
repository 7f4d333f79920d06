//! Derives LDK's seed and the on-chain wallet's keys from the node's seed.
//!
//! ```text
//! 12 words --BIP 39--> 64-byte seed --BIP 32--> master key
//!   m/84'/coin'/0'              BIP 84: the on-chain wallet (P2WPKH), external chain /0/*, change /1/*
//!   m/83696968'/128169'/32'/coin'   BIP 85, application HEX, 32 bytes: the seed of LDK's KeysManager
//! ```
//! `coin` is 0 on mainnet and 1 on all other networks (SLIP 44), so that mainnet and test networks share no key.
//!
//! **Why BIP 84** and not BIP 86: every wallet can restore it from the mnemonic, every exchange can pay to its
//! addresses, its signatures (RFC 6979, low R) need no randomness, and LDK estimates this script's weight when it
//! bumps anchors. Taproot inputs would save 10 virtual bytes each.
//!
//! **Why BIP 85** for LDK: its keys need a hardened path of their own, so that a leaked LDK key reveals nothing about
//! the wallet, and the wallet's extended public key reveals nothing about LDK's keys. BIP 85 is a published standard
//! with test vectors, so the node key can be derived from the mnemonic without this software.
use super::WalletError;
use lightning::bitcoin::bip32::{ChildNumber, DerivationPath, Xpriv};
use lightning::bitcoin::hashes::{sha512, Hash, HashEngine, Hmac, HmacEngine};
use lightning::bitcoin::secp256k1::{All, Secp256k1};
use lightning::bitcoin::Network;
use zeroize::Zeroizing;

const BIP84_PURPOSE: u32 = 84;
const BIP85_PURPOSE: u32 = 83_696_968;
const BIP85_APPLICATION_HEX: u32 = 128_169;

/// The keys derived from the seed. Wiped on drop.
pub struct NodeKeys {
    /// The seed for LDK's `KeysManager::new`.
    pub ldk_seed: Zeroizing<[u8; 32]>,
    /// The descriptors for [`super::OnChainWallet`].
    pub descriptors: Descriptors,
}

/// The on-chain wallet's two output descriptors, with private keys. Wiped on drop. Must not be logged.
pub struct Descriptors {
    pub(super) external: Zeroizing<String>,
    pub(super) internal: Zeroizing<String>,
    pub(super) network: Network,
}

/// Derives the node's keys. `seed` is the 64-byte BIP 39 seed, or 32 random bytes for a node without a mnemonic; both
/// are used as a BIP 32 seed. The caller wipes its own copy.
///
/// Errors: [`WalletError::SeedLength`] for any other length; [`WalletError::KeyDerivation`] for seeds that BIP 32
/// defines as invalid (fewer than one in 2^127).
pub fn derive(seed: &[u8], network: Network) -> Result<NodeKeys, WalletError> {
    if seed.len() != 64 && seed.len() != 32 {
        return Err(WalletError::SeedLength { bytes: seed.len() });
    }
    let secp = Secp256k1::new();
    let coin = if network == Network::Bitcoin { 0 } else { 1 };
    let mut master = Xpriv::new_master(network, seed).map_err(|_| WalletError::KeyDerivation)?;
    let ldk_seed = bip85_hex32(&secp, &master, coin)?;
    let fingerprint = master.fingerprint(&secp);
    let mut account =
        master.derive_priv(&secp, &hardened(&[BIP84_PURPOSE, coin, 0])?).map_err(|_| WalletError::KeyDerivation)?;
    let key = Zeroizing::new(account.to_string());
    let descriptor = |chain: u8| {
        Zeroizing::new(format!("wpkh([{fingerprint}/{BIP84_PURPOSE}'/{coin}'/0']{}/{chain}/*)", key.as_str()))
    };
    let descriptors = Descriptors { external: descriptor(0), internal: descriptor(1), network };
    master.private_key.non_secure_erase();
    account.private_key.non_secure_erase();
    Ok(NodeKeys { ldk_seed, descriptors })
}

/// BIP 85, application HEX: the first 32 bytes of HMAC-SHA512("bip-entropy-from-k", the key at
/// m/83696968'/128169'/32'/index').
fn bip85_hex32(secp: &Secp256k1<All>, master: &Xpriv, index: u32) -> Result<Zeroizing<[u8; 32]>, WalletError> {
    let entropy = bip85_entropy(secp, master, &[BIP85_APPLICATION_HEX, 32, index])?;
    let mut seed = Zeroizing::new([0; 32]);
    seed.copy_from_slice(&entropy[..32]);
    Ok(seed)
}

fn bip85_entropy(secp: &Secp256k1<All>, master: &Xpriv, path: &[u32]) -> Result<Zeroizing<[u8; 64]>, WalletError> {
    let path: Vec<u32> = [&[BIP85_PURPOSE], path].concat();
    let mut child = master.derive_priv(secp, &hardened(&path)?).map_err(|_| WalletError::KeyDerivation)?;
    let secret = Zeroizing::new(child.private_key.secret_bytes());
    child.private_key.non_secure_erase();
    let mut engine: HmacEngine<sha512::Hash> = HmacEngine::new(b"bip-entropy-from-k");
    engine.input(secret.as_ref());
    Ok(Zeroizing::new(Hmac::<sha512::Hash>::from_engine(engine).to_byte_array()))
}

fn hardened(path: &[u32]) -> Result<DerivationPath, WalletError> {
    path.iter().map(|index| ChildNumber::from_hardened_idx(*index).map_err(|_| WalletError::KeyDerivation)).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use lightning::bitcoin::hex::{DisplayHex, FromHex};

    /// BIP 39 seed of "abandon abandon … about" with an empty passphrase (the vectors' own passphrase is TREZOR).
    const ABANDON: &str = "5eb00bbddcf069084889a8ab9155568165f5c453ccb85e70811aaed6f6da5fc19a5ac40b389cd370d086206dec8aa6c43daea6690f20ad3d8d48b2d2ce9e38e4";

    #[test]
    fn addresses_match_the_test_vectors_of_bip_84() {
        let keys = derive(&Vec::<u8>::from_hex(ABANDON).unwrap(), Network::Bitcoin).unwrap();
        let wallet =
            bdk_wallet::Wallet::create(keys.descriptors.external.to_string(), keys.descriptors.internal.to_string())
                .network(Network::Bitcoin)
                .create_wallet_no_persist()
                .unwrap();
        let address = |keychain, index| wallet.peek_address(keychain, index).address.to_string();
        use bdk_wallet::KeychainKind::{External, Internal};
        assert_eq!(address(External, 0), "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu");
        assert_eq!(address(External, 1), "bc1qnjg0jd8228aq7egyzacy8cys3knf9xvrerkf9g");
        assert_eq!(address(Internal, 0), "bc1q8c6fshw2dlwun7ekn9qwf37cu2rn755upcp6el");
    }

    #[test]
    fn entropy_matches_the_test_vectors_of_bip_85() {
        let master: Xpriv = "xprv9s21ZrQH143K2LBWUUQRFXhucrQqBpKdRRxNVq2zBqsx8HVqFk2uYo8kmbaLLHRdqtQpUm98uKfu3vca1LqdGhUtyoFnCNkfmXRyPXLjbKb".parse().unwrap();
        let entropy = bip85_entropy(&Secp256k1::new(), &master, &[BIP85_APPLICATION_HEX, 64, 0]).unwrap();
        assert_eq!(
            entropy.to_lower_hex_string(),
            "492db4698cf3b73a5a24998aa3e9d7fa96275d85724a91e71aa2d645442f878555d078fd1f1f67e368976f04137b1f7a0d19232136ca50c44614af72b5582a5c"
        );
    }

    #[test]
    fn mainnet_and_test_networks_share_no_key() {
        let seed = [7; 64];
        let main = derive(&seed, Network::Bitcoin).unwrap();
        let test = derive(&seed, Network::Regtest).unwrap();
        assert_ne!(main.ldk_seed, test.ldk_seed);
        assert_ne!(main.descriptors.external, test.descriptors.external);
        assert_ne!(main.ldk_seed[..], derive(&[7; 32], Network::Bitcoin).unwrap().ldk_seed[..]);
    }

    #[test]
    fn refuses_a_seed_of_any_other_length() {
        for length in [0, 16, 31, 33, 63, 65] {
            assert!(
                matches!(derive(&vec![1; length], Network::Regtest), Err(WalletError::SeedLength { bytes }) if bytes == length)
            );
        }
    }
}
