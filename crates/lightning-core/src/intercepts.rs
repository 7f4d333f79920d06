//! Intercepted HTLCs that are waiting for a channel. The core fails each back at its deadline, whatever the host does,
//! so that a failure to open a channel does not lock the payer's funds.
use crate::env::Env;
use crate::wire::{Reader, WireError, Writer};
use lightning::ln::channelmanager::InterceptId;
use lightning::types::payment::PaymentHash;

const PREFIX: &str = "intercept/";

/// An intercepted HTLC that is pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intercept {
    /// LDK's intercept id.
    pub id: InterceptId,
    /// The intercept SCID in the onion.
    pub scid: u64,
    /// The payment hash.
    pub hash: PaymentHash,
    /// Time at which it is failed back, in seconds since 1970.
    pub deadline: u64,
}
impl Intercept {
    fn key(id: &InterceptId) -> String {
        let mut key = String::from(PREFIX);
        key.push_str(&PaymentHash(id.0).to_string());
        key
    }
    /// Stores it with the next commit.
    pub fn save(&self, env: &Env) {
        let mut writer = Writer::default();
        writer.raw(&self.id.0);
        writer.u64(self.scid);
        writer.raw(&self.hash.0);
        writer.u64(self.deadline);
        env.set(&Intercept::key(&self.id), writer.0);
    }
    fn read(value: &[u8]) -> Result<Intercept, WireError> {
        let mut reader = Reader(value);
        Ok(Intercept {
            id: InterceptId(reader.array()?),
            scid: reader.u64()?,
            hash: PaymentHash(reader.array()?),
            deadline: reader.u64()?,
        })
    }
    /// Deletes it with the next commit.
    pub fn remove(env: &Env, id: &InterceptId) {
        env.delete(&Intercept::key(id));
    }
    /// True if an HTLC for this intercept SCID may still be pending.
    pub fn is_pending(env: &Env, scid: u64) -> bool {
        let mut all = env.with_prefix(PREFIX).into_iter().filter_map(|(_, value)| Intercept::read(&value).ok());
        all.any(|intercept| intercept.scid == scid)
    }
    /// The intercepted HTLCs whose deadline has passed.
    pub fn overdue(env: &Env) -> Vec<Intercept> {
        let all = env.with_prefix(PREFIX).into_iter().filter_map(|(_, value)| Intercept::read(&value).ok());
        all.filter(|intercept| intercept.deadline <= env.now_seconds()).collect()
    }
}
