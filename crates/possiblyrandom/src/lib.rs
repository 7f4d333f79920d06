//! Replaces the `possiblyrandom` crate, which LDK without std uses only for the keys of its hash maps (SipHash;
//! `lightning::util::hash_tables`). The host provides the keys: fresh at each start, so that an attacker cannot provoke
//! collisions, and fixed in a simulation, so that a run can be replayed byte for byte.
#![no_std]
#![forbid(unsafe_code)]
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

static FIRST: AtomicU64 = AtomicU64::new(0);
static SECOND: AtomicU64 = AtomicU64::new(0);

/// Sets the keys of all hash maps created from now on.
pub fn set_hash_key(first: u64, second: u64) {
    FIRST.store(first, Relaxed);
    SECOND.store(second, Relaxed);
}

/// Fills `dest` with the keys, repeated. Has the signature of the original crate's function.
pub fn getpossiblyrandom(dest: &mut [u8]) {
    for (chunk, source) in dest.chunks_mut(8).zip([&FIRST, &SECOND].into_iter().cycle()) {
        let bytes = source.load(Relaxed).to_le_bytes();
        chunk.copy_from_slice(&bytes[..chunk.len()]);
    }
}
