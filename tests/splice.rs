//! What the read pointer's steps cost: pitch, purity, place, and that none falls where it must not.

mod common;

use common::options;
use common::vowel::{Vowel, deviations, pitch_error_cents, sinad_db};
use con_anima::engine::HopTrace;
use con_anima::offline::{Rendered, warp};
use con_anima::render::StepKind;
use con_anima::settings::Mode;

const RATE_HZ: f64 = 48_000.0;

fn warped(samples: &[f32], mode: Mode, cents: f32, shift_ms: f32) -> Rendered {
    let n = samples.len();
    let curves = (vec![cents; n], vec![shift_ms; n]);
    warp(&[samples.to_vec()], &options(RATE_HZ, mode), &curves.0, &curves.1, |_| ()).expect("valid options")
}

fn n_steps(hops: &[HopTrace], kind: StepKind) -> usize {
    hops.iter().filter(|hop| hop.step.is_some_and(|step| step.kind == kind)).count()
}

#[test]
fn a_constant_pitch_offset_runs_for_ever_and_leaves_vowels_pure() {
    let slope = (20.0_f64 / 1200.0).exp2() - 1.0;
    for (f0_hz, limit_db) in [
        (70.0, 90.0),
        (110.0, 95.0),
        (147.0, 95.0),
        (196.0, 95.0),
        (220.0, 95.0),
        (262.0, 95.0),
        (330.0, 95.0),
        (440.0, 95.0),
        (600.0, 90.0),
        (700.0, 90.0),
        (800.0, 90.0),
    ] {
        let vowel = Vowel::new(f0_hz, RATE_HZ);
        let rendered = warped(&vowel.samples(480_000), Mode::Studio, 20.0, 0.0);
        let found = deviations(&rendered.channels[0], &vowel, |n| slope * n as f64, 24_000..470_000, (1920, 480));
        let ((sinad, median), (rms, most)) = (sinad_db(&found), pitch_error_cents(&found));
        let worst = found.iter().map(|deviation| deviation.sinad_db).fold(f64::INFINITY, f64::min);
        let undone = rendered.hops.iter().map(|hop| hop.undone_ms.abs()).fold(0.0, f32::max);
        let refused = rendered.hops.iter().filter(|hop| hop.is_step_refused).count();
        println!(
            "{f0_hz} Hz: SINAD {sinad:.1} dB, median {median:.1}, worst {worst:.1}; pitch {rms:.4} c rms, {most:.3} at most; \
             {} steps, {refused} refused, at most {undone:.2} ms",
            n_steps(&rendered.hops, StepKind::Periods)
        );
    }
}
