//! Randomness. The core's generator is the only source.
use lightning::bitcoin::secp256k1::rand::{Error, RngCore};
use lightning::sign::EntropySource;

/// The random number generator for BDK's coin selection and shuffling. With the same entropy and inputs, a run can be
/// replayed.
pub(super) struct HostRandom<'a>(pub(super) &'a dyn EntropySource);

impl RngCore for HostRandom<'_> {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill_bytes(&mut bytes);
        u32::from_le_bytes(bytes)
    }
    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill_bytes(&mut bytes);
        u64::from_le_bytes(bytes)
    }
    fn fill_bytes(&mut self, dest: &mut [u8]) {
        for chunk in dest.chunks_mut(32) {
            chunk.copy_from_slice(&self.0.get_secure_random_bytes()[..chunk.len()]);
        }
    }
    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}

/// BDK's std feature links `getrandom`, which has no source on bare WebAssembly. Nothing that we call uses it. If that
/// changes, `rand` panics on this error and the instance ends, which is better than a weak secret.
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
mod no_entropy {
    fn unsupported(_: &mut [u8]) -> Result<(), getrandom::Error> {
        Err(getrandom::Error::UNSUPPORTED)
    }
    getrandom::register_custom_getrandom!(unsupported);
}
