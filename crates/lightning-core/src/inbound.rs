//! What the core remembers of an invoice that is not claimed at sight: a held one, or one from which an LSP may skim. The
//! preimage of our own is not stored: LDK derives it again from the hash and the payment secret.
use crate::env::Env;
use crate::wire::{Reader, WireError, Writer};
use lightning::types::payment::PaymentHash;

const PREFIX: &str = "invoice/";
/// How long a payment that was never seen is remembered after its invoice's end: its HTLC may still be on its way.
const GRACE_SECONDS: u64 = 14 * 86_400;

/// See above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inbound {
    /// True: wait for `claimPayment`.
    pub hold: bool,
    /// True: we know the preimage.
    pub own: bool,
    /// True: the payment is here, neither claimed nor failed.
    pub held: bool,
    /// LDK's payment secret.
    pub secret: [u8; 32],
    /// The most that an LSP may skim.
    pub max_skim_msat: u64,
    /// The invoice's end, in seconds since 1970.
    pub expires_at: u64,
}
impl Inbound {
    fn key(hash: &PaymentHash) -> String {
        format!("{PREFIX}{hash}")
    }
    /// Remembers it, in the next commit.
    pub fn save(&self, env: &Env, hash: &PaymentHash) {
        let mut writer = Writer::default();
        writer.u8(u8::from(self.hold) | u8::from(self.own) << 1 | u8::from(self.held) << 2);
        writer.raw(&self.secret);
        writer.u64(self.max_skim_msat);
        writer.u64(self.expires_at);
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
        })
    }
    /// What is remembered of that payment.
    pub fn find(env: &Env, hash: &PaymentHash) -> Option<Inbound> {
        Inbound::read(&env.get(&Inbound::key(hash))?).ok()
    }
    /// Notes that the payment came, or is no longer here.
    pub fn set_held(env: &Env, hash: &PaymentHash, held: bool) {
        if let Some(mut inbound) = Inbound::find(env, hash) {
            inbound.held = held;
            inbound.save(env, hash);
        }
    }
    /// Forgets what can no longer come.
    pub fn prune(env: &Env) {
        for (key, value) in env.with_prefix(PREFIX) {
            let over = Inbound::read(&value).is_ok_and(|inbound| {
                !inbound.held && inbound.expires_at.saturating_add(GRACE_SECONDS) < env.now_seconds()
            });
            if over {
                env.delete(&key);
            }
        }
    }
}
