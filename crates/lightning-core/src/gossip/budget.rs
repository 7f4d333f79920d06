//! A budget that refills with time (token bucket).

/// How much a budget holds, and how fast it refills.
#[derive(Clone, Copy)]
pub(super) struct Terms {
    pub(super) burst: u32,
    pub(super) per_minute: u32,
}

pub(super) struct Budget {
    left: u32,
    /// Time of the last refill, in seconds since 1970.
    refilled: u64,
}
impl Budget {
    pub(super) fn full(terms: Terms, now: u64) -> Budget {
        Budget { left: terms.burst, refilled: now }
    }
    /// Takes one. False if nothing is left.
    pub(super) fn take(&mut self, terms: Terms, now: u64) -> bool {
        let minutes = now.saturating_sub(self.refilled) / 60;
        if minutes > 0 {
            let refill = minutes.saturating_mul(terms.per_minute.into());
            self.left = u32::try_from(refill.saturating_add(self.left.into())).unwrap_or(u32::MAX).min(terms.burst);
            self.refilled += minutes * 60;
        }
        self.left = self.left.min(terms.burst);
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        true
    }
}
