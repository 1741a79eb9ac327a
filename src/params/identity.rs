//! The singer of one instance of the plugin, which a session keeps among the parameters.
//!
//! In: chance, once, when an instance is made; or what a session holds. Out: the seed that Own stands for.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU32, Ordering};

use super::persisted::persisted;

/// The largest seed. Source: the parameter's range.
const MAX_SEED: u32 = 9999;

/// The seed behind Own. It is drawn once, so that two instances do not sing alike, and only a session changes it.
#[derive(Debug)]
pub struct Identity(AtomicU32);

impl Default for Identity {
    fn default() -> Self {
        // The system's randomness, which the standard library gives to its hash maps.
        let chance = RandomState::new().build_hasher().finish();
        Self(AtomicU32::new(1 + (chance % u64::from(MAX_SEED)) as u32))
    }
}

impl Identity {
    /// The seed that Own stands for. Realtime-safe.
    pub fn seed(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    /// Takes the seed of a session, if it is one.
    fn take(&self, seed: u32) {
        if seed <= MAX_SEED {
            self.0.store(seed, Ordering::Relaxed);
        }
    }
}

persisted!(Identity as u32: seed, take);

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use nice_plug::params::persist::PersistentField;

    use super::*;

    #[test]
    fn instances_differ_and_a_session_gives_back_its_own() {
        let drawn: Vec<u32> = (0..100).map(|_| Identity::default().seed()).collect();
        assert!(drawn.iter().all(|seed| (1..=MAX_SEED).contains(seed)));
        assert!(drawn.iter().collect::<HashSet<_>>().len() > 90, "{drawn:?}");
        let (saved, loaded) = (Identity::default(), Identity::default());
        loaded.set(saved.map(|seed| *seed));
        assert_eq!(loaded.seed(), saved.seed());
        loaded.set(10_000);
        assert_eq!(loaded.seed(), saved.seed());
    }
}
