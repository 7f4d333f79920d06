use bdk_wallet::error::{BuildFeeBumpError, CreateTxError};
use lightning::bitcoin::{Amount, BlockHash, FeeRate, Txid};
use std::fmt;

/// Why the on-chain wallet could not do what it was asked. Nothing has changed in the wallet when one of these comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WalletError {
    /// The seed is neither 32 nor 64 bytes long.
    SeedLength {
        /// Its length.
        bytes: usize,
    },
    /// BIP 32 calls this seed invalid.
    KeyDerivation,
    /// The stored wallet cannot be read, or belongs to another seed or network.
    Stored {
        /// What is wrong, for the log.
        reason: String,
    },
    /// The block is not the child of the wallet's tip.
    NotConnected {
        /// The wallet's tip.
        tip_height: u32,
        /// The wallet's tip.
        tip_hash: BlockHash,
    },
    /// A block that contradicts the network's genesis block.
    Genesis,
    /// Not enough coins that may be spent now; coins in use by a channel that is being opened, the reserve, and coins
    /// from others that are not confirmed do not count.
    InsufficientFunds {
        /// What would be needed, fee and reserve included.
        needed: Amount,
        /// What there is.
        available: Amount,
    },
    /// The amount is too small for an output that nodes relay, or more bitcoin than there are.
    AmountOutOfBounds {
        /// The amount.
        amount: Amount,
    },
    /// Nodes relay nothing below 250 satoshis per 1,000 weight units; a replacement must raise the rate by as much.
    FeeRateTooLow {
        /// The least that would do.
        required: FeeRate,
    },
    /// More than 25,000 satoshis per virtual byte: surely a mistake.
    FeeRateTooHigh,
    /// A channel's funding must be a segwit output script.
    NotSegwit,
    /// The wallet knows no such transaction, or it has been replaced.
    UnknownTransaction {
        /// Which.
        txid: Txid,
    },
    /// Already in the chain.
    AlreadyConfirmed {
        /// Which.
        txid: Txid,
    },
    /// It opens a channel, claims a channel's output, or was made by somebody else: a replacement would have another id
    /// and lose the channel, or cannot be signed.
    NotReplaceable {
        /// Which.
        txid: Txid,
    },
    /// A bug: BDK refused a transaction for a reason that our inputs rule out.
    Build {
        /// What it said, for the log.
        reason: String,
    },
    /// The wallet could not sign all of its inputs.
    Sign {
        /// What is wrong, for the log.
        reason: String,
    },
}

impl fmt::Display for WalletError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SeedLength { bytes } => write!(f, "the seed must be 64 or 32 bytes long, not {bytes}"),
            Self::KeyDerivation => f.write_str("no keys can be derived from this seed"),
            Self::Stored { reason } => write!(f, "the stored wallet cannot be read: {reason}"),
            Self::NotConnected { tip_height, tip_hash } => {
                write!(f, "the block is not the child of the tip, {tip_hash} at {tip_height}")
            }
            Self::Genesis => f.write_str("the block contradicts the network's genesis block"),
            Self::InsufficientFunds { needed, available } => {
                write!(f, "{} sat are needed, {} sat may be spent", needed.to_sat(), available.to_sat())
            }
            Self::AmountOutOfBounds { amount } => write!(f, "{} sat cannot be sent", amount.to_sat()),
            Self::FeeRateTooLow { required } => {
                write!(f, "the fee rate must be at least {} sat per 1,000 weight units", required.to_sat_per_kwu())
            }
            Self::FeeRateTooHigh => f.write_str("the fee rate is absurdly high"),
            Self::NotSegwit => f.write_str("a channel's funding must be a segwit output"),
            Self::UnknownTransaction { txid } => write!(f, "the wallet has no transaction {txid}"),
            Self::AlreadyConfirmed { txid } => write!(f, "{txid} is already confirmed"),
            Self::NotReplaceable { txid } => write!(f, "{txid} must not or cannot be replaced"),
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
