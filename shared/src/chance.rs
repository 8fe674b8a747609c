//! Chance, for waits: what waits for the same must not wake at the same moment.

use std::hash::{BuildHasher, Hasher, RandomState};

/// A number from 0 to 1 that nobody foresees.
pub fn chance() -> f64 {
    // Each new hasher of the standard library has a new key.
    let bits = u32::try_from(RandomState::new().build_hasher().finish() >> 32).unwrap_or(0);
    f64::from(bits) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_number_from_0_to_1_and_not_always_the_same() {
        let first = chance();
        assert!((0..100).all(|_| (0.0..=1.0).contains(&chance())));
        assert!((0..100).any(|_| chance() != first));
    }
}
