//! The pages of eight knobs that a CLAP host puts on a controller.

use nice_plug::context::remote_controls::{RemoteControlsContext, RemoteControlsPage, RemoteControlsSection};
use nice_plug::prelude::{FloatParam, Param};

use crate::params::VoiceParams;

/// Tells the host the pages, the most used first.
pub(super) fn tell(params: &VoiceParams, context: &mut impl RemoteControlsContext) {
    let VoiceParams { amount, only_missing, drift, tremble, intonation, scoop, .. } = params;
    let VoiceParams { vibrato, vibrato_rate, vibrato_life, jitter, shimmer, level, .. } = params;
    let VoiceParams { timing, feel, memory, breath, breath_tone, inhale, inhale_every, breath_keep, .. } = params;
    let VoiceParams { seed, take, listen, breathe, output, bypass, scene, .. } = params;
    context.add_section("Con Anima", |section| {
        section.add_page("Humanize", |page| {
            add(page, [amount, only_missing, drift, tremble, intonation, timing, breath, inhale]);
        });
        section.add_page("Pitch", |page| {
            add(page, [drift, tremble, intonation, scoop, vibrato, vibrato_rate, vibrato_life, jitter]);
        });
        section.add_page("Breath", |page| {
            add(page, [breath, breath_tone, inhale, inhale_every, breath_keep]);
            page.add_param(&**breathe);
        });
        section.add_page("Timing and Level", |page| {
            add(page, [timing, feel, memory, level, shimmer, output]);
            page.add_param(&**seed);
            page.add_param(&**take);
        });
        section.add_page("Scene and Listen", |page| {
            page.add_param(&**scene);
            page.add_param(&**listen);
            page.add_param(&**bypass);
        });
    });
}

fn add<const N: usize, P>(page: &mut impl RemoteControlsPage, knobs: [&P; N])
where
    P: std::ops::Deref<Target = FloatParam>,
    FloatParam: Param,
{
    knobs.into_iter().for_each(|knob| page.add_param(&**knob));
}
