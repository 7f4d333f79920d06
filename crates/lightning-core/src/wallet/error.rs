//! Errors of the on-chain wallet.
use bdk_wallet::error::{BuildFeeBumpError, CreateTxError};
use lightning::bitcoin::{Amount, BlockHash, FeeRate, Txid};
use std::fmt;

/// An error of the on-chain wallet. The operation has changed nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WalletError {
    /// The seed is neither 32 nor 64 bytes long.
    SeedLength {
        /// Its length.
        bytes: usize,
    },
    /// No valid key can be derived from this seed (BIP 32).
    KeyDerivation,
    /// The stored wallet is damaged, or belongs to another seed or network.
    Stored {
        /// The reason, for the log.
        reason: String,
    },
    /// The block is not the child of the wallet's tip.
    NotConnected {
        /// The height of the wallet's tip.
        tip_height: u32,
        /// The hash of the wallet's tip.
        tip_hash: BlockHash,
    },
    /// The block conflicts with the network's genesis block.
    Genesis,
    /// Not enough spendable coins. The reserve, coins used by a channel that is being opened, and unconfirmed coins
    /// from others are not spendable.
    InsufficientFunds {
        /// The required amount, including fee and reserve.
        needed: Amount,
        /// The available amount.
        available: Amount,
    },
    /// The amount is below the dust limit, or above 21 million bitcoin.
    AmountOutOfBounds {
        /// The amount.
        amount: Amount,
    },
    /// The fee rate is below the relay minimum of 250 satoshis per 1,000 weight units, or a replacement does not raise
    /// the rate by at least that much.
    FeeRateTooLow {
        /// The minimum fee rate.
        required: FeeRate,
    },
    /// The fee rate is above 25,000 satoshis per virtual byte.
    FeeRateTooHigh,
    /// The transaction would cost more than the caller allows.
    FeeAboveLimit {
        /// The fee.
        fee: Amount,
        /// The limit.
        limit: Amount,
    },
    /// The funding output script is not a segwit script.
    NotSegwit,
    /// The wallet has no such transaction, or it has been replaced.
    UnknownTransaction {
        /// The transaction.
        txid: Txid,
    },
    /// The transaction is already confirmed.
    AlreadyConfirmed {
        /// The transaction.
        txid: Txid,
    },
    /// The transaction funds a channel, claims a channel's output, or is not ours. A replacement would lose the
    /// channel, or cannot be signed.
    NotReplaceable {
        /// The transaction.
        txid: Txid,
    },
    /// BDK could not build the transaction. This is a bug: the inputs have been validated.
    Build {
        /// BDK's message, for the log.
        reason: String,
    },
    /// The wallet could not sign all inputs.
    Sign {
        /// The reason, for the log.
        reason: String,
    },
}

impl fmt::Display for WalletError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SeedLength { bytes } => write!(f, "seed must be 64 or 32 bytes, not {bytes}"),
            Self::KeyDerivation => f.write_str("no valid key can be derived from this seed"),
            Self::Stored { reason } => write!(f, "the stored wallet cannot be loaded: {reason}"),
            Self::NotConnected { tip_height, tip_hash } => {
                write!(f, "the block is not the child of the tip {tip_hash} at height {tip_height}")
            }
            Self::Genesis => f.write_str("the block conflicts with the network's genesis block"),
            Self::InsufficientFunds { needed, available } => {
                write!(f, "{} sat are needed, but only {} sat are spendable", needed.to_sat(), available.to_sat())
            }
            Self::AmountOutOfBounds { amount } => {
                write!(f, "{} sat is below the dust limit or above 21 million bitcoin", amount.to_sat())
            }
            Self::FeeRateTooLow { required } => {
                write!(f, "the fee rate must be at least {} sat per 1,000 weight units", required.to_sat_per_kwu())
            }
            Self::FeeRateTooHigh => f.write_str("the fee rate must be at most 25,000 sat per virtual byte"),
            Self::FeeAboveLimit { fee, limit } => {
                write!(f, "the fee would be {} sat, and at most {} sat are allowed", fee.to_sat(), limit.to_sat())
            }
            Self::NotSegwit => f.write_str("the funding output must be a segwit output"),
            Self::UnknownTransaction { txid } => write!(f, "the wallet has no transaction {txid}"),
            Self::AlreadyConfirmed { txid } => write!(f, "{txid} is already confirmed"),
            Self::NotReplaceable { txid } => {
                write!(f, "{txid} cannot be replaced: it funds or closes a channel, or is not ours")
            }
            Self::Build { reason } => write!(f, "the transaction could not be built: {reason}"),
            Self::Sign { reason } => write!(f, "the transaction could not be signed: {reason}"),
        }
    }
}

impl std::error::Error for WalletError {}

impl From<CreateTxError> for WalletError {
    fn from(error: CreateTxError) -> Self {
        match error {
            CreateTxError::CoinSelection(funds) => {
                Self::InsufficientFunds { needed: funds.needed, available: funds.available }
            }
            CreateTxError::FeeRateTooLow { required } => Self::FeeRateTooLow { required },
            other => Self::Build { reason: other.to_string() },
        }
    }
}

impl From<BuildFeeBumpError> for WalletError {
    fn from(error: BuildFeeBumpError) -> Self {
        match error {
            BuildFeeBumpError::TransactionNotFound(txid) => Self::UnknownTransaction { txid },
            BuildFeeBumpError::TransactionConfirmed(txid) => Self::AlreadyConfirmed { txid },
            BuildFeeBumpError::IrreplaceableTransaction(txid) => Self::NotReplaceable { txid },
            other => Self::Build { reason: other.to_string() },
        }
    }
}
