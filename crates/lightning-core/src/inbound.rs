//! Stored data of invoices whose payments the core does not simply claim: hold invoices, and JIT invoices from whose
//! payment an LSP may deduct a fee. Preimages are not stored: LDK derives ours from the hash and the payment secret.
use crate::env::Env;
use crate::wire::{Reader, WireError, Writer};
use lightning::types::payment::PaymentHash;

const PREFIX: &str = "invoice/";
/// How long an unpaid invoice is kept after its expiry: an HTLC may still be on its way.
const GRACE_SECONDS: u64 = 14 * 86_400;

/// See the module documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inbound {
    /// True: hold the payment until `claimPayment` or `failPayment`.
    pub hold: bool,
    /// True: LDK can derive the preimage.
    pub own: bool,
    /// True: the payment has arrived and is neither claimed nor failed.
    pub held: bool,
    /// LDK's payment secret.
    pub secret: [u8; 32],
    /// Maximum fee that an LSP may deduct (`maxOpeningFeeMsat`).
    pub max_skim_msat: u64,
    /// Expiry of the invoice, in seconds since 1970.
    pub expires_at: u64,
    /// The height from which LDK fails a held payment back by itself. 0: not known.
    pub deadline: u32,
}
impl Inbound {
    fn key(hash: &PaymentHash) -> String {
        format!("{PREFIX}{hash}")
    }
    /// Stores it with the next commit.
    pub fn save(&self, env: &Env, hash: &PaymentHash) {
        let mut writer = Writer::default();
        writer.u8(u8::from(self.hold) | u8::from(self.own) << 1 | u8::from(self.held) << 2);
        writer.raw(&self.secret);
        writer.u64(self.max_skim_msat);
        writer.u64(self.expires_at);
        writer.u32(self.deadline);
        env.set(&Inbound::key(hash), writer.0);
    }
    fn read(value: &[u8]) -> Result<Inbound, WireError> {
        let mut reader = Reader(value);
        let flags = reader.u8()?;
        Ok(Inbound {
            hold: flags & 1 != 0,
            own: flags & 2 != 0,
            held: flags & 4 != 0,
            secret: reader.array()?,
            max_skim_msat: reader.u64()?,
            expires_at: reader.u64()?,
            // earlier versions did not store it
            deadline: if reader.is_empty() { 0 } else { reader.u32()? },
        })
    }
    /// The stored data of the invoice with this hash.
    pub fn find(env: &Env, hash: &PaymentHash) -> Option<Inbound> {
        Inbound::read(&env.get(&Inbound::key(hash))?).ok()
    }
    /// Records that the payment has arrived, and from which height LDK fails it back by itself.
    pub fn set_held(env: &Env, hash: &PaymentHash, deadline: Option<u32>) {
        if let Some(mut inbound) = Inbound::find(env, hash) {
            inbound.held = true;
            inbound.deadline = deadline.unwrap_or(0);
            inbound.save(env, hash);
        }
    }
    /// Records that the payment has been claimed or failed.
    pub fn set_ended(env: &Env, hash: &PaymentHash) {
        if let Some(mut inbound) = Inbound::find(env, hash) {
            inbound.held = false;
            inbound.save(env, hash);
        }
    }
    /// True if an HTLC with this hash that was failed back at this height is not the held payment: LDK fails a held payment
    /// back at its deadline only, or when we say so, which ends it here first. Another HTLC is somebody's second payment.
    pub fn is_kept(env: &Env, hash: &PaymentHash, height: u32) -> bool {
        Inbound::find(env, hash).is_some_and(|inbound| inbound.held && height < inbound.deadline)
    }
    /// Deletes invoices that can no longer be paid.
    pub fn prune(env: &Env) {
        for (key, value) in env.with_prefix(PREFIX) {
            let prunable = Inbound::read(&value).is_ok_and(|inbound| {
                !inbound.held && inbound.expires_at.saturating_add(GRACE_SECONDS) < env.now_seconds()
            });
            if prunable {
                env.delete(&key);
            }
        }
    }
}
