//! What is known of the host around an instance: its name, and what follows from it.
//!
//! In: the name, which each format tells in its own way; the latency that the plugin works with. Out: whose clock the
//! host sends, and the latency for a host that asks. Shared by all parts of an instance; no part of its state.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use parking_lot::Mutex;

use super::Clock;

/// Hosts that send the playhead's position and automation, by how their names begin, in lower case. Source: measured in
/// Ardour 7.3 (`cargo xtask test --daw`); Mixbus and LiveTrax are built on Ardour.
const PLAYHEAD_HOSTS: [&str; 3] = ["ardour", "mixbus", "livetrax"];

/// The host around one instance.
#[derive(Clone, Debug, Default)]
pub struct Daw(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    name: Mutex<String>,
    sends_playhead: AtomicBool,
    latency_samples: AtomicU32,
}

impl Daw {
    /// Takes in the host's name.
    pub fn tell_name(&self, name: &str) {
        let begins = name.to_lowercase();
        let sends_playhead = PLAYHEAD_HOSTS.iter().any(|host| begins.starts_with(host));
        self.0.sends_playhead.store(sends_playhead, Ordering::Relaxed);
        name.clone_into(&mut self.0.name.lock());
    }

    /// The host's name; empty where it tells none.
    pub fn name(&self) -> String {
        self.0.name.lock().clone()
    }

    /// Whose clock this host sends, as far as its name tells. Realtime-safe.
    pub fn clock(&self) -> Clock {
        if self.0.sends_playhead.load(Ordering::Relaxed) { Clock::Playhead } else { Clock::Audio }
    }

    /// Takes in the latency that the plugin works with from now on, samples. Realtime-safe.
    pub fn tell_latency(&self, samples: u32) {
        self.0.latency_samples.store(samples, Ordering::SeqCst);
    }

    /// The latency that the plugin works with, samples; 0 before audio was set up. Realtime-safe.
    pub fn latency_samples(&self) -> u32 {
        self.0.latency_samples.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ardour_and_its_kin_send_the_playheads_clock() {
        let daw = Daw::default();
        assert_eq!((daw.clock(), daw.name()), (Clock::Audio, String::new()));
        for (name, clock) in [
            ("Ardour", Clock::Playhead),
            ("ardour 8.2", Clock::Playhead),
            ("Mixbus32C", Clock::Playhead),
            ("REAPER", Clock::Audio),
            ("Bitwig Studio", Clock::Audio),
        ] {
            daw.tell_name(name);
            assert_eq!((daw.clock(), daw.name().as_str()), (clock, name));
        }
    }
}
