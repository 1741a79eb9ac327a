//! Every parameter does what its name says, to the sound, with everything else at its default, and nothing else does.
//!
//! Each has a test of its own, by its id; a parameter without one fails. What is measured is the sound of sung
//! material, or what the engine reports about it: nothing here knows how the inside is built.
#![allow(clippy::print_stdout, reason = "what is measured, for whoever looks at a failure")]

mod common;
#[path = "effects/breath.rs"]
mod breath;
#[path = "effects/pitch.rs"]
mod pitch;
#[path = "common/sung.rs"]
mod sung;
#[path = "effects/timing.rs"]
mod timing;
#[path = "effects/voice.rs"]
mod voice;
#[path = "effects/whole.rs"]
mod whole;

/// A test for each parameter, and the list of them.
macro_rules! effects {
    ($($id:ident: $test:path,)*) => {
        $(#[test]
        fn $id() {
            $test();
        })*

        const TESTED: &[&str] = &[$(stringify!($id)),*];
    };
}

effects! {
    amount: whole::amount_scales_everything,
    only_missing: whole::only_missing_spares_a_take_that_lives,
    drift: pitch::drift_is_slow_movement,
    tremble: pitch::tremble_is_fast_movement,
    intonation: pitch::intonation_spreads_the_notes_centres,
    scoop: pitch::scoops_begin_below,
    vibrato: pitch::vibrato_swings_as_far_as_asked,
    vibrato_rate: pitch::vibrato_swings_as_fast_as_asked,
    vibrato_life: pitch::vibrato_is_uneven_added_or_the_takes_own,
    jitter: voice::jitter_is_unequal_periods,
    timing: timing::timing_spreads_the_onsets,
    feel: timing::feel_moves_the_onsets,
    memory: timing::memory_ties_notes_to_those_before,
    breath: breath::breath_is_in_the_voice,
    breath_tone: breath::breath_tone_tilts_what_is_added,
    inhale: breath::inhale_is_the_level_of_inhalations,
    inhale_every: breath::inhale_chance_is_how_many_rests_have_one,
    breathe: breath::breathe_places_one_for_each_press,
    breath_keep: breath::own_breaths_alone_change_by_their_gain,
    shimmer: voice::shimmer_is_unequal_levels,
    level: voice::notes_have_levels_within_limits,
    listen: whole::what_is_listened_to_adds_up,
    seed: whole::a_seed_is_another_singer_in_everything,
    take: whole::a_take_is_another_performance_in_everything,
    mode: timing::modes_reach_as_far_as_they_look_ahead,
    output: whole::output_is_a_gain_after_everything,
    bypass: whole::bypass_passes_the_input_on,
    learn: whole::a_song_is_learned_and_then_sung_alike_in_all_modes,
    clock: whole::a_playheads_settings_hold_for_what_is_given_out,
    scene: whole::scenes_sound_as_their_knobs_would_and_between_two_lies_a_mixture,
}

#[test]
fn every_parameter_has_a_test() {
    let listed = con_anima::params::PARAMETERS.map(|parameter| parameter.id);
    assert_eq!(listed, TESTED);
}
