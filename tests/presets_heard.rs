//! Each factory preset does what its name says, measured in what the demo singer becomes.
//!
//! Timing, movement and breath are as the engine's own trace has them; pitch and colour are those of the sound.
#![allow(clippy::print_stdout, reason = "what is measured, for whoever looks at a failure")]

mod common;
#[path = "common/sung.rs"]
mod sung;

use con_anima::demo::Take;
use con_anima::offline::Rendered;
use con_anima::presets;
use con_anima::settings::{Listen, Mode, Settings};
use sung::{
    band, centres_cents, correlation, inhaled, jitter_percent, level_changes_db, level_db, mean, movement_cents,
    planned_ms, rendered, rms, sd, sound, vowel,
};

/// Where the demo song holds a long note, seconds.
const HELD_S: std::ops::Range<f64> = 2.0..4.0;

fn settings(name: &str) -> Settings {
    presets::factory(name).unwrap_or_else(|error| panic!("{error}")).settings()
}

/// The demo song as a preset sings it.
struct Heard {
    name: &'static str,
    take: Take,
    made: Rendered,
}

impl Heard {
    fn of(name: &'static str) -> Self {
        Self::of_song(name, sung::song())
    }

    fn of_song(name: &'static str, take: Take) -> Self {
        let made = rendered(&take.samples, Mode::Phrase, settings(name));
        let heard = Self { name, take, made };
        let (late, spread) = (heard.late_ms(), heard.spread_ms());
        let (moved, breath) = (heard.moved_cents(), heard.hnr_db());
        println!("{name}: {late:.1} ms late ± {spread:.1}, pitch moved by {moved:.1} cents, breath at {breath:.1} dB");
        println!("{name}: {} inhalations at {:.1?} dB", inhaled(&heard.made).len(), heard.inhalations_db());
        heard
    }

    fn late_ms(&self) -> f64 {
        mean(&planned_ms(&self.made))
    }

    fn spread_ms(&self) -> f64 {
        sd(&planned_ms(&self.made))
    }

    /// The pitch that is added while the voice sounds, cents.
    fn movement(&self) -> Vec<f64> {
        let sounding = self.made.hops.iter().filter(|hop| hop.frame.f0_hz > 0.0);
        sounding.map(|hop| f64::from(hop.pitch_cents)).collect()
    }

    fn moved_cents(&self) -> f64 {
        rms(&self.movement())
    }

    /// The voice above the breath that is added to it, dB.
    fn hnr_db(&self) -> f64 {
        let levels = self.made.hops.iter().filter(|hop| hop.frame.f0_hz > 0.0).filter_map(|hop| {
            let above_db = hop.frame.level_db - hop.aspiration_db?;
            Some(f64::from(above_db))
        });
        let levels: Vec<f64> = levels.collect();
        if levels.is_empty() { f64::INFINITY } else { mean(&levels) }
    }

    /// The added inhalations against a phrase, dB.
    fn inhalations_db(&self) -> Vec<f64> {
        let phrase_db = level_db(&self.take.samples, &(1.0..4.0));
        inhaled(&self.made).iter().map(|one| f64::from(one.level_db) - phrase_db).collect()
    }

    /// How far the notes' centres lie off their pitch, cents sd.
    fn centres_cents(&self) -> f64 {
        let spread = sd(&centres_cents(&self.take, &self.made.channels[0]));
        println!("{}: centres {spread:.1} cents apart", self.name);
        spread
    }

    fn levels_db(&self) -> f64 {
        sd(&level_changes_db(&self.take, &self.made.channels[0]))
    }
}

/// How late the notes are to be sung, ms: of so many singers, because a song is short beside the memory of its timing.
fn many_ms(name: &str) -> Vec<f64> {
    let samples = sung::song().samples;
    let of_seed = |seed| {
        let mut values = presets::factory(name).unwrap_or_else(|error| panic!("{error}"));
        values.set("seed", f64::from(seed)).unwrap_or_else(|error| panic!("{error}"));
        planned_ms(&rendered(&samples, Mode::Phrase, values.settings()))
    };
    let all_ms: Vec<f64> = (1..=6).flat_map(of_seed).collect();
    println!("{name}: six singers {:.1} ms late ± {:.1}", mean(&all_ms), sd(&all_ms));
    all_ms
}

#[test]
fn the_beat_is_where_the_name_says() {
    let [lead_ms, behind_ms, pushing_ms, rap_ms] =
        ["natural-lead", "behind-the-beat", "pushing", "rap-pocket"].map(many_ms);
    assert!((mean(&behind_ms) - 20.0).abs() < 3.0 && (mean(&pushing_ms) + 14.0).abs() < 3.0);
    assert!((mean(&lead_ms) - 2.0).abs() < 3.0 && (mean(&rap_ms) - 10.0).abs() < 4.0);
    let share =
        |late_ms: &[f64], is_so: fn(&&f64) -> bool| late_ms.iter().filter(is_so).count() as f64 / late_ms.len() as f64;
    assert!(share(&behind_ms, |ms| **ms > 0.0) > 0.9 && share(&pushing_ms, |ms| **ms < 0.0) > 0.85);
    assert!(sd(&rap_ms) > 1.3 * sd(&lead_ms), "loose");
    let [lead, rap] = ["natural-lead", "rap-pocket"].map(Heard::of);
    assert!(rap.moved_cents() < 0.75 * lead.moved_cents() && rap.centres_cents() < 0.75 * lead.centres_cents());
}

#[test]
fn breath_is_as_much_as_the_name_says() {
    let [lead, verse, chorus, whisper] = ["natural-lead", "breathy-verse", "big-chorus", "whisper-asmr"].map(Heard::of);
    assert!(verse.hnr_db() < lead.hnr_db() - 6.0 && whisper.hnr_db() < verse.hnr_db() - 4.0);
    assert!(chorus.hnr_db() > lead.hnr_db() + 4.0, "a chorus is sung out");
    let mean_db = |heard: &Heard| mean(&heard.inhalations_db());
    assert!(mean_db(&verse) > mean_db(&lead) + 2.0 && mean_db(&whisper) > mean_db(&verse) + 3.0);
    assert!(mean_db(&chorus) > mean_db(&lead) + 3.0);
    assert!(whisper.inhalations_db().len() >= 3, "in every rest");
    assert!(whisper.moved_cents() < 0.35 * lead.moved_cents() && whisper.centres_cents() < 8.0);
}

#[test]
fn a_chorus_swings_and_a_synthetic_voice_comes_to_life() {
    let voice = vowel();
    let [lead, chorus, warm] =
        ["natural-lead", "big-chorus", "synth-voice-warm-up"].map(|name| sound(&voice, settings(name)));
    let swing = [&lead, &chorus].map(|samples| movement_cents(samples, 4.5..7.5));
    let rough = [&lead, &warm].map(|samples| jitter_percent(samples, &sung::HELD_S));
    println!("4.5 to 7.5 Hz: {swing:.1?} cents; jitter {rough:.3?} %");
    assert!(swing[1] > 1.4 * swing[0], "{swing:?}");
    assert!(rough[1] > 1.3 * rough[0], "{rough:?}");
    let [lead, warm] = ["natural-lead", "synth-voice-warm-up"].map(Heard::of);
    assert!(warm.hnr_db() < lead.hnr_db() - 3.0);
}

#[test]
fn a_repair_changes_what_is_broken_and_little_else() {
    let [lead, stem, tuned] = ["natural-lead", "ai-stem-repair", "hard-tune-loosen"].map(Heard::of);
    assert!(stem.spread_ms() < 0.5 * lead.spread_ms() && stem.late_ms().abs() < 2.5);
    assert!(stem.centres_cents() < 0.75 * lead.centres_cents(), "notes stay where they are");
    let brightness_db = |name| {
        let breath = sound(&lead.take.samples, Settings { listen: Listen::Breath, ..settings(name) });
        let octave = |centre_hz: f64| level_db(&band(&breath, centre_hz / 1.414..centre_hz * 1.414), &HELD_S);
        octave(8000.0) - octave(1000.0)
    };
    let [usual, dark] = ["natural-lead", "ai-stem-repair"].map(brightness_db);
    println!("brightness of breath {usual:.1} and {dark:.1} dB");
    assert!(dark < usual - 3.0);
    assert!(tuned.centres_cents() > 1.15 * lead.centres_cents() && tuned.moved_cents() > 1.1 * lead.moved_cents());
    assert!(tuned.spread_ms() < 3.0 && tuned.hnr_db().is_infinite() && tuned.inhalations_db().is_empty());
}

#[test]
fn doubles_are_two_and_a_stack_is_safe() {
    let [left, right, choir, safe] = ["double-l", "double-r", "choir-member", "safe-for-stacks"].map(Heard::of);
    let [one, other] = [&left, &right].map(Heard::movement);
    let alike = correlation(&one, &other);
    let apart: Vec<f64> = planned_ms(&left.made).iter().zip(planned_ms(&right.made)).map(|(l, r)| l - r).collect();
    println!("doubles: {alike:.2} alike, {:.1} ms apart", rms(&apart));
    assert!(alike.abs() < 0.4 && (10.0..40.0).contains(&rms(&apart)), "{alike} {apart:?}");
    for double in [&left, &right] {
        assert!(double.inhalations_db().is_empty(), "a double does not breathe");
    }
    assert!(choir.spread_ms() > 1.2 * left.spread_ms() && choir.spread_ms() < 40.0);
    assert!((14.0..30.0).contains(&choir.centres_cents()), "people in unison are 16 to 30 cents apart");
    assert!(safe.spread_ms() < 4.5 && safe.late_ms().abs() < 2.5 && safe.centres_cents() < 8.0);
    assert!(safe.moved_cents() < 0.5 * left.moved_cents());
    assert!(safe.hnr_db().is_infinite() && safe.inhalations_db().is_empty());
}

#[test]
fn characters_are_beyond_people() {
    let [lead, nervous, extreme] = ["natural-lead", "nervous", "extreme"].map(Heard::of);
    assert!(nervous.moved_cents() > 1.25 * lead.moved_cents() && nervous.spread_ms() > 1.5 * lead.spread_ms());
    assert!(mean(&many_ms("nervous")) < -2.0 && nervous.levels_db() > 1.5 * lead.levels_db());
    let voice = vowel();
    let [steady, shaking] =
        ["natural-lead", "nervous"].map(|name| movement_cents(&sound(&voice, settings(name)), 7.0..30.0));
    println!("above 7 Hz: {steady:.1} and {shaking:.1} cents");
    assert!(shaking > 1.4 * steady);
    assert!(extreme.moved_cents() > 1.3 * nervous.moved_cents() && extreme.spread_ms() > 1.2 * nervous.spread_ms());
    assert!(extreme.hnr_db() < nervous.hnr_db() && extreme.levels_db() > nervous.levels_db());
}

/// Source: docs/voice.md, the ranges of people. A preset may do less than people do; more only where its name says so.
#[test]
fn all_others_stay_within_what_people_do() {
    let song = sung::short_song();
    for name in presets::FACTORY.map(|preset| preset.name) {
        if ["nervous", "extreme"].contains(&name) {
            continue;
        }
        let heard = Heard::of_song(name, song.clone());
        assert!(heard.spread_ms() < 40.0 && heard.late_ms().abs() < 25.0, "{name}");
        assert!(heard.moved_cents() < 40.0 && heard.hnr_db() > 12.0, "{name}");
        let breaths_db = heard.inhalations_db();
        assert!(breaths_db.iter().all(|db| (-52.0..-18.0).contains(db)), "{name}: {breaths_db:?}");
    }
}
