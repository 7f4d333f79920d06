//! HTLCs that wait for a channel. Whatever the host does or forgets, none waits longer than the deadline: the payer's
//! money must not hang on our failure to open a channel.
use crate::env::Env;
use crate::wire::{Reader, WireError, Writer};
use lightning::ln::channelmanager::InterceptId;
use lightning::types::payment::PaymentHash;

const PREFIX: &str = "intercept/";

/// An HTLC that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intercept {
    /// LDK's id.
    pub id: InterceptId,
    /// What it asked for.
    pub scid: u64,
    /// The payment.
    pub hash: PaymentHash,
    /// When it is failed back, in seconds since 1970.
    pub deadline: u64,
}
impl Intercept {
    fn key(id: &InterceptId) -> String {
        let mut key = String::from(PREFIX);
        key.push_str(&PaymentHash(id.0).to_string());
        key
    }
    /// Remembers it, in the next commit.
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
    /// Forgets it.
    pub fn done(env: &Env, id: &InterceptId) {
        env.delete(&Intercept::key(id));
    }
    /// Those whose deadline has passed.
    pub fn overdue(env: &Env) -> Vec<Intercept> {
        let all = env.with_prefix(PREFIX).into_iter().filter_map(|(_, value)| Intercept::read(&value).ok());
        all.filter(|intercept| intercept.deadline <= env.now_seconds()).collect()
    }
}
