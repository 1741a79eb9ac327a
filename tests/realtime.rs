//! The audio thread never allocates: every call of the engine runs under an allocator that aborts when asked.

mod common;

use assert_no_alloc::{AllocDisabler, assert_no_alloc};
use common::phrases;
use con_anima::dsp::noise::Performance;
use con_anima::engine::{Engine, SongPosition};
use con_anima::settings::{Mode, Settings};

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

#[test]
fn ten_seconds_of_everything_allocate_nothing() {
    for (rate_hz, block) in [(48_000.0, 64), (44_100.0, 333), (96_000.0, 1), (8_000.0, 8192)] {
        let mut left = phrases(220.0, rate_hz, 10.0);
        let mut right = phrases(331.0, rate_hz, 10.0);
        let mut engine = Engine::new(rate_hz, 2, Mode::Studio).unwrap();
        let mut n_hops = 0;
        // What happens every so many seconds, whatever the block size.
        let every = |k: usize, seconds: f64| ((k + 1) * block) % ((seconds * rate_hz) as usize) < block;
        assert_no_alloc(|| {
            for (k, (left, right)) in left.chunks_mut(block).zip(right.chunks_mut(block)).enumerate() {
                let position = match every(k, 0.3) {
                    true => SongPosition::At((k * 1717) as i64 - 20_000),
                    false => SongPosition::FreeRunning,
                };
                if every(k, 2.5) {
                    engine.set_mode(Mode::ALL[k % 3]);
                }
                if every(k, 3.9) {
                    engine.reset();
                }
                left[0] = if k % 7 == 0 { f32::NAN } else { left[0] };
                engine.process(&mut [left, right], &automated(k), position, &mut |_| n_hops += 1);
            }
        });
        assert!(n_hops > 0);
    }
}

fn automated(k: usize) -> Settings {
    Settings {
        amount: (k % 30) as f32 / 20.0,
        drift_cents: (k % 50) as f32,
        tremble_cents: (k % 21) as f32,
        jitter_percent: (k % 4) as f32,
        shimmer_db: (k % 3) as f32,
        performance: Performance { seed: (k / 40) as u32, take: 1 + (k / 90 % 99) as u32 },
        output_db: (k % 12) as f32,
        is_bypassed: k % 97 > 80,
    }
}
