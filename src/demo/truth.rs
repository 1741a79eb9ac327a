//! The truth about a take: pitch, onsets, formants, voiced stretches and silences.
//!
//! In: the plan that the singer followed. Out: answers without any measuring. Samples and answers come from the same
//! functions of time, so they always agree.

use super::phoneme::Vowel;
use super::plan::Plan;
use std::sync::Arc;

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// Start, in seconds.
    pub start_s: f64,
    /// End, in seconds.
    pub end_s: f64,
}

impl Span {
    /// Whether it holds `time_s`: the start belongs to it, the end does not.
    pub fn contains(&self, time_s: f64) -> bool {
        (self.start_s..self.end_s).contains(&time_s)
    }

    /// Its length in seconds.
    pub fn duration_s(&self) -> f64 {
        self.end_s - self.start_s
    }
}

/// A note as it was sung.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SungNote {
    /// Where the consonant begins, in seconds; the vowel onset where there is none.
    pub consonant_onset_s: f64,
    /// Where the vowel begins, in seconds.
    pub onset_s: f64,
    /// Where the vowel ends, in seconds: at the next consonant, or in silence.
    pub end_s: f64,
    /// The held pitch, in hertz.
    pub f0_hz: f64,
    /// The vowel.
    pub vowel: Vowel,
    /// Whether the voice continued from the note before.
    pub is_legato: bool,
    /// Where pitch, formants and level are constant; empty on a very short note.
    pub steady: Span,
}

/// The shortest silence that counts as a gap, seconds. Source: Stevens 1998, ch. 7 (longer than any closure of a
/// plosive).
const SHORTEST_GAP_S: f64 = 0.2;

/// A pitch curve: time in seconds to hertz.
pub(super) type PitchCurve = Arc<dyn Fn(f64) -> f64 + Send + Sync>;

/// The requested f0 limited to 20 to 2000 Hz; the lowest for NaN.
pub(super) fn singable_hz(f0_hz: f64) -> f64 {
    if f0_hz.is_nan() { 20.0 } else { f0_hz.clamp(20.0, 2000.0) }
}

/// The truth about a take.
#[derive(Clone)]
pub struct Truth {
    /// The notes, by order of onset.
    pub notes: Vec<SungNote>,
    /// Where the vocal folds vibrate.
    pub voiced: Vec<Span>,
    /// Where anything sounds: voice, breath or noise.
    pub sounding: Vec<Span>,
    /// The silences of 200 ms and more: before, between and after phrases, not the closures of plosives. Resonances
    /// decay in the first 150 ms of one, the rest is zeros.
    pub gaps: Vec<Span>,
    pub(super) plan: Plan,
}

impl Truth {
    /// The truth about a plan.
    pub(super) fn new(plan: Plan, notes: Vec<SungNote>) -> Self {
        let voiced = merged(plan.voicing.active_spans(), plan.duration_s);
        let noise = plan.aspiration.active_spans().into_iter().chain(plan.frication.active_spans());
        let sounding = merged(noise.chain(plan.voicing.active_spans()).collect(), plan.duration_s);
        let gaps = between(&sounding, plan.duration_s);
        Self { notes, voiced, sounding, gaps, plan }
    }

    /// The fundamental frequency at a time, in hertz; none where the folds do not vibrate. It is that of the folds: the
    /// tract delays it by its group delay, about 1 ms, which is noticeable only in a glide.
    pub fn f0_hz(&self, time_s: f64) -> Option<f64> {
        (self.plan.voicing.at(time_s) > 0.0).then(|| self.plan.f0_hz(time_s))
    }

    /// The five moving formants at a time, in hertz. Those above 0.45 of the sample rate are not in the samples.
    pub fn formants_hz(&self, time_s: f64) -> [f64; 5] {
        self.plan.posture_at(time_s).formants_hz
    }
}

/// Sorts, joins adjacent spans, and cuts to the length of the take.
fn merged(mut spans: Vec<(f64, f64)>, duration_s: f64) -> Vec<Span> {
    spans.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut merged: Vec<Span> = Vec::new();
    for (start_s, end_s) in spans.into_iter().map(|(start_s, end_s)| (start_s.max(0.0), end_s.min(duration_s))) {
        match merged.last_mut() {
            _ if end_s <= start_s => {}
            Some(last) if start_s <= last.end_s => last.end_s = last.end_s.max(end_s),
            _ => merged.push(Span { start_s, end_s }),
        }
    }
    merged
}

fn between(sounding: &[Span], duration_s: f64) -> Vec<Span> {
    let starts = std::iter::once(0.0).chain(sounding.iter().map(|span| span.end_s));
    let ends = sounding.iter().map(|span| span.start_s).chain(std::iter::once(duration_s));
    let gaps = starts.zip(ends).map(|(start_s, end_s)| Span { start_s, end_s });
    gaps.filter(|gap| gap.duration_s() >= SHORTEST_GAP_S).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sounds_and_gaps_fill_the_take() {
        let sounding = merged(vec![(2.0, 3.0), (-1.0, 0.5), (2.5, 4.0), (9.0, 12.0)], 10.0);
        let span = |start_s, end_s| Span { start_s, end_s };
        assert_eq!(sounding, [span(0.0, 0.5), span(2.0, 4.0), span(9.0, 10.0)]);
        assert_eq!(between(&sounding, 10.0), [span(0.5, 2.0), span(4.0, 9.0)]);
        assert_eq!(between(&[], 10.0), [span(0.0, 10.0)]);
        assert_eq!(between(&[], 0.0), []);
    }

    #[test]
    fn a_span_holds_its_start_and_not_its_end() {
        let span = Span { start_s: 1.0, end_s: 2.0 };
        assert!(span.contains(1.0) && !span.contains(2.0) && span.duration_s() == 1.0);
    }
}
