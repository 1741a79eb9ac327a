//! What concerns everything: how much, of whom, and what is heard of it.

use con_anima::dsp::noise::Performance;
use con_anima::engine::{Engine, SongPosition};
use con_anima::offline::{Options, Rendered, learn, render, render_learned};
use con_anima::params::{PARAMETERS, Scenes};
use con_anima::settings::{Listen, Mode, Settings, Tempo};

use crate::pitch::course;
use crate::sung::{
    HELD_S, RATE_HZ, alone, correlation, db, displacement, inhaled, level_db, movement_cents, planned_ms, power,
    rendered, rests_s, rms, samples_of, sd, settings, short_song, song, sound, values, vowel, vowel_of, wander_cents,
};

/// Every depth far up, seed 1.
fn extreme() -> Settings {
    let up = ["drift", "tremble", "intonation", "scoop", "vibrato", "jitter", "timing", "breath", "shimmer", "level"];
    let most = |id: &&str| {
        let parameter = PARAMETERS.iter().find(|parameter| parameter.id == *id).expect("it is listed");
        (parameter.id, f64::from(parameter.max))
    };
    let more = [("feel", 30.0), ("inhale", -20.0), ("inhale_every", 100.0), ("breath_keep", 12.0)];
    settings(&up.iter().map(most).chain(more).collect::<Vec<_>>())
}

pub(crate) fn amount_scales_everything() {
    let song = short_song().samples;
    for mode in Mode::ALL {
        let still = rendered(&song, mode, Settings { amount: 0.0, ..extreme() });
        assert!(still.channels[0].iter().zip(&song).all(|(a, b)| a.to_bits() == b.to_bits()), "{mode:?}");
    }
    let voice = vowel();
    let [half, most] = [50.0, 150.0].map(|amount| sound(&voice, settings(&[("amount", amount), ("breath", 0.0)])));
    let ratio = movement_cents(&most, 0.5..30.0) / movement_cents(&half, 0.5..30.0);
    println!("{ratio:.2} times as much pitch");
    assert!((2.2..3.8).contains(&ratio), "{ratio}");
    let [half, most] = [50.0, 150.0]
        .map(|amount| rendered(&song, Mode::Phrase, alone(&[("amount", amount), ("timing", 6.0), ("inhale", -40.0)])));
    for (half, most) in planned_ms(&half).iter().zip(planned_ms(&most)) {
        assert!((3.0 * half - most).abs() < 1e-3, "{half} {most}");
    }
    let levels = [&half, &most].map(|made| inhaled(made).iter().map(|one| f64::from(one.level_db)).collect::<Vec<_>>());
    assert!(!levels[0].is_empty());
    for (half, most) in levels[0].iter().zip(&levels[1]) {
        assert!((most - half - 9.54).abs() < 0.2, "{half} {most}");
    }
}

pub(crate) fn only_missing_spares_a_take_that_lives() {
    // Pitch that wanders as a singer's.
    let living = vowel_of(wander_cents);
    let moved = |samples: &[f32], only_missing: f64| {
        let changes = [("only_missing", only_missing), ("breath", 0.0), ("timing", 0.0), ("intonation", 0.0)];
        let (made, own) = (displacement(&sound(samples, settings(&changes))), displacement(samples));
        let added: Vec<f64> = made.iter().zip(&own).map(|(made, own)| made - own).collect();
        rms(&crate::common::pitch_cents(&added[samples_of(&HELD_S)], 96, RATE_HZ))
    };
    let [none, half, all] = [100.0, 50.0, 0.0].map(|percent| moved(&living, percent));
    let still = moved(&vowel(), 100.0);
    println!("to the living {none:.1}, {half:.1}, {all:.1} cents, to the still {still:.1}");
    assert!(none < 0.45 * all && half > none && half < all && still > 0.7 * all, "{none} {half} {all} {still}");
    // Notes that already lie off the beat, where the tempo is told, and those of a living singer, where it is not.
    let tempo = Tempo::through(96.0, 0.0, 0.0).expect("a tempo");
    let song = song().samples;
    let singer = alone(&[("drift", 14.0), ("tremble", 9.0), ("timing", 30.0), ("only_missing", 0.0), ("seed", 77.0)]);
    let loose = sound(&song, Settings { tempo, ..singer });
    for tempo in [tempo, Tempo::UNKNOWN] {
        let spread = |samples: &[f32], percent: f64| {
            sd(&planned_ms(&rendered(
                samples,
                Mode::Phrase,
                Settings { tempo, ..settings(&[("only_missing", percent)]) },
            )))
        };
        let (spared, all, tight) = (spread(&loose, 100.0), spread(&loose, 0.0), spread(&song, 100.0));
        println!("{spared:.1} ms of {all:.1} asked for, {tight:.1} on a machine's");
        assert!(spared < 0.5 * all && tight > 0.6 * all && all > 6.0, "{tempo:?}: {spared} {all} {tight}");
    }
}

pub(crate) fn what_is_listened_to_adds_up() {
    let take = song();
    let options = [("inhale_every", 100.0), ("output", -3.0), ("breath", 60.0)];
    let [all, breath, added] =
        [0.0, 1.0, 2.0].map(|listen| sound(&take.samples, settings(&[&options[..], &[("listen", listen)]].concat())));
    let gain = 10_f32.powf(-3.0 / 20.0);
    let worst = all.iter().zip(&added).zip(&take.samples).map(|((all, added), dry)| (all - added - gain * dry).abs());
    assert!(worst.fold(0.0, f32::max) < 1e-6);
    // Breath alone is what is in the rests, and less than all that is added where the voice sounds.
    for rest in rests_s(&take) {
        let inner = rest.start + 0.16..rest.end - 0.1;
        let [all, breath] = [&all, &breath].map(|samples| &samples[samples_of(&inner)]);
        let other: Vec<f32> = all.iter().zip(breath).map(|(all, breath)| all - breath).collect();
        assert!(db(power(breath)) > -80.0 && db(power(&other)) < db(power(breath)) - 30.0, "{inner:?}");
    }
    let held = 2.0..4.0;
    assert!(level_db(&breath, &held) < level_db(&added, &held) - 3.0 && level_db(&breath, &held) > -60.0);
    let nothing = sound(&take.samples, settings(&[("breath", 0.0), ("inhale", -60.0), ("listen", 1.0)]));
    assert!(nothing.iter().all(|sample| *sample == 0.0), "without breath there is none");
}

/// What is asked for alone, and enough of it to be heard.
const ALONE: [(&str, f64); 5] =
    [("drift", 20.0), ("tremble", 12.0), ("vibrato", 60.0), ("jitter", 2.0), ("shimmer", 1.0)];

/// Holds that everything about one performer is other than about another.
fn differ_in_everything(one: Performance, other: Performance) {
    for (id, depth) in ALONE.into_iter().filter(|(id, _)| *id != "shimmer") {
        let [a, b] = [one, other].map(|who| course(id, depth, who));
        let alike = correlation(&a, &b);
        println!("{id}: {alike:.2}");
        assert!(alike < 0.6 && sd(&a) > 1.0, "{id}: {alike}");
    }
    let song = short_song().samples;
    let made = |who: Performance, changes: &[(&str, f64)]| -> Rendered {
        rendered(&song, Mode::Phrase, Settings { performance: who, ..alone(changes) })
    };
    let [a, b] = [one, other].map(|who| planned_ms(&made(who, &[("timing", 20.0)])));
    assert!(correlation(&a, &b) < 0.6, "timing: {}", correlation(&a, &b));
    for (id, depth) in [("intonation", 20.0), ("scoop", 150.0), ("shimmer", 1.0), ("level", 3.0), ("breath", 60.0)] {
        let changes = [(id, depth), ("listen", 2.0)];
        let [a, b] = [one, other].map(|who| made(who, &changes).channels.remove(0));
        let alike = correlation(
            &a.iter().copied().map(f64::from).collect::<Vec<_>>(),
            &b.iter().copied().map(f64::from).collect::<Vec<_>>(),
        );
        println!("{id}: {alike:.2}");
        assert!(alike < 0.8 && power(&a) > 1e-9, "{id}: {alike}");
    }
    let inhaling = [("inhale", -30.0), ("inhale_every", 100.0), ("listen", 1.0)];
    let [a, b] = [one, other].map(|who| made(who, &inhaling));
    assert!(!inhaled(&a).is_empty() && inhaled(&a) != inhaled(&b));
}

pub(crate) fn a_seed_is_another_singer_in_everything() {
    let one = Performance { seed: 1, take: 1 };
    differ_in_everything(one, Performance { seed: 2, take: 1 });
    assert_eq!(settings(&[("seed", 4321.0)]).performance, Performance { seed: 4321, take: 1 });
    // The same again is the same to the bit, and a seed is no knob: it changes neither gain nor place.
    let song = short_song().samples;
    let sung = |seed: f64| sound(&song, settings(&[("seed", seed)]));
    let (first, again, other) = (sung(7.0), sung(7.0), sung(9999.0));
    assert!(first == again && first != other);
    assert!((db(power(&first)) - db(power(&other))).abs() < 0.5, "{} {}", db(power(&first)), db(power(&other)));
}

pub(crate) fn a_take_is_another_performance_in_everything() {
    let one = Performance { seed: 1, take: 1 };
    differ_in_everything(one, Performance { seed: 1, take: 2 });
    assert_eq!(settings(&[("take", 99.0)]).performance, Performance { seed: 1, take: 99 });
}

pub(crate) fn output_is_a_gain_after_everything() {
    let song = short_song().samples;
    for listen in [0.0, 1.0, 2.0] {
        let sung =
            |output: f64| sound(&song, settings(&[("output", output), ("listen", listen), ("inhale_every", 100.0)]));
        let even = sung(0.0);
        for db in [-24.0, 24.0] {
            let gain = 10_f32.powf(db as f32 / 20.0);
            let wrong = sung(db).iter().zip(&even).map(|(found, even)| (found - gain * even).abs()).fold(0.0, f32::max);
            assert!(wrong < 2e-6 * gain.max(1.0), "{listen}, {db} dB: {wrong}");
        }
        assert!(power(&even) > 1e-9);
    }
}

fn furthest(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(one, other)| (one - other).abs()).fold(0.0, f32::max)
}

pub(crate) fn a_song_is_learned_and_then_sung_alike_in_all_modes() {
    // The switch is the plugin's (tests/hosted_parameters.rs): it changes what is known, and nothing by itself.
    assert!(values(&[("learn", 1.0)]).is_learning() && !values(&[]).is_learning());
    assert_eq!(settings(&[("learn", 1.0)]), settings(&[]));
    let song = short_song().samples;
    let options = |mode| Options { sample_rate_hz: RATE_HZ, mode, start_samples: 0, block_samples: 4096 };
    let score = learn(std::slice::from_ref(&song), &options(Mode::Live), |_| ()).expect("valid options");
    let score = std::sync::Arc::new(score);
    let late = |mode| {
        let settings = settings(&[("feel", 25.0)]);
        let made = render_learned(std::slice::from_ref(&song), &options(mode), &score, |_| settings, |_| ());
        let notes = made.expect("valid options").hops.into_iter().filter_map(|hop| hop.note);
        notes.map(|note| note.planned_ms).collect::<Vec<_>>()
    };
    let [live, studio, phrase] = Mode::ALL.map(late);
    assert!(live.len() > 10 && live == studio && studio == phrase, "{live:?} {studio:?} {phrase:?}");
}

pub(crate) fn bypass_passes_the_input_on() {
    let song = short_song().samples;
    for mode in Mode::ALL {
        let passed = rendered(&song, mode, settings(&[("bypass", 1.0), ("output", 12.0), ("level", 6.0)]));
        assert!(passed.channels[0] == song, "{mode:?}: to the bit");
        // Switched on in the middle of a note: no jump, and soon nothing but the input.
        let at = (2.1 * RATE_HZ) as i64;
        let [off, on] = [0.0, 1.0].map(|on| settings(&[("bypass", on), ("output", -12.0)]));
        let options = Options { sample_rate_hz: RATE_HZ, mode, start_samples: 0, block_samples: 4096 };
        let settings_at = |position| if position < at { off } else { on };
        let made = render(std::slice::from_ref(&song), &options, settings_at, |_| ()).expect("valid options").channels;
        let late = at as usize + (0.05 * RATE_HZ) as usize;
        assert!(made[0][late..] == song[late..], "{mode:?}: to the bit");
        assert!(furthest(&made[0][..at as usize], &song[..at as usize]) > 0.05, "{mode:?}");
        let jump = |samples: &[f32]| samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
        let around = at as usize - 480..late;
        assert!(jump(&made[0][around.clone()]) < 1.6 * jump(&song[around]), "{mode:?}: it clicks");
    }
    assert_eq!(settings(&[("listen", 1.0)]).listen, Listen::Breath);
}

pub(crate) fn scenes_sound_as_their_knobs_would_and_between_two_lies_a_mixture() {
    let voice = vowel();
    let still = [("tremble", 0.0), ("intonation", 0.0), ("timing", 0.0), ("breath", 0.0), ("jitter", 0.0)];
    let knobs = |drift: f64| values(&[&still[..], &[("drift", drift)]].concat());
    let mut scenes = Scenes::default();
    for (place, drift) in [(1, 4.0), (2, 24.0)] {
        scenes.capture(place, &knobs(drift));
    }
    // The knobs themselves would be far from either.
    let base = values(&[("drift", 50.0), ("tremble", 20.0), ("output", -6.0)]);
    let at = |position: f64| {
        let mut values = base;
        values.set("scene", position).expect("it lies in its range");
        sound(&voice, Settings { output_db: 0.0, ..scenes.values().resolved(&values).settings() })
    };
    for (position, drift) in [(1.0, 4.0), (1.5, 14.0), (2.0, 24.0), (5.0, 24.0)] {
        assert!(at(position) == sound(&voice, knobs(drift).settings()), "scene {position}");
    }
    let [low, middle, high] = [1.0, 1.5, 2.0].map(|position| movement_cents(&at(position), 0.3..3.5));
    println!("{low:.1}, {middle:.1} and {high:.1} cents");
    assert!(low < 0.6 * middle && middle < 0.8 * high, "{low} {middle} {high}");
}

pub(crate) fn a_playheads_settings_hold_for_what_is_given_out() {
    let song = short_song().samples;
    // Inhalations and the times of notes are planned ahead, from what is known by then.
    let base = values(&[("timing", 0.0), ("inhale", -60.0)]);
    let amounts = |position: i64| if (100_000..170_000).contains(&position) { 0.0 } else { 1.0 };
    let settings_at = |position: i64| Settings { amount: amounts(position), ..base.settings() };
    for mode in Mode::ALL {
        let latency = i64::from(mode.latency_samples(RATE_HZ));
        // Settings that come with the audio, and that come a latency behind it.
        let [audio, playhead] = [0, latency].map(|late_samples| {
            let mut engine = Engine::new(RATE_HZ, 1, mode).expect("a good rate");
            engine.apply_settings_at_output(late_samples > 0);
            let mut output = song.clone();
            for (at, block) in (0..).step_by(32).zip(output.chunks_mut(32)) {
                let settings = settings_at(at - late_samples);
                engine.process(&mut [block], &settings, SongPosition::At(at), &mut |_| ());
            }
            output
        });
        let is_equal = |(one, other): (&f32, &f32)| one.to_bits() == other.to_bits();
        assert!(audio.iter().zip(&playhead).all(is_equal), "{mode:?}");
        assert_ne!(audio, song, "{mode:?}");
    }
}
