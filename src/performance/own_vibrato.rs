//! The vibrato that a take has, made irregular: a singer's is never a machine's.
//!
//! In: the take's own pitch around the place that is heard, how its vibrato has been, the settings. Out: a displacement
//! of the read pointer. Where the pitch swings by `A·sin φ`, it shall swing by `A·(1 + d)·sin(φ + θ)`, with a depth `d`
//! and a phase `θ` that wander. What that takes is computed from the swing itself, a quarter of a cycle later and
//! earlier; summed up it is bounded, as it is a swing, too. A vibrato that is regular can be foretold: where the mode
//! does not know half a cycle ahead, what was seen a little earlier is turned on. One that is not lacks nothing.
//! Sources: docs/voice.md; Prame, "Measurements of the vibrato rate of ten singers", JASA 96, 1994.

use std::f64::consts::{PI, TAU};

use super::Moment;
use super::vibrato::{DEPTH_LIFE, LATTICE_SLOPE_RMS, RATE_LIFE_HZ};
use crate::analysis::take::{Vibrato, whole_variation};
use crate::dsp::lattice::{self, Lattice};
use crate::dsp::motion::{Motion, Span};
use crate::dsp::noise::Stream;
use crate::dsp::units::CENT;
use crate::plan::lack;
use crate::score::{Lookahead, PitchLine, Turn};
use crate::settings::Settings;

/// How fast depth and phase wander, numbers per second. Chosen: for the same change of rate the phase of a slower one
/// strays further, up to a third of a cycle at 2, and the more of the take's own swing has to be cancelled.
const DEPTH_RATE_HZ: f64 = 3.0;
const PHASE_RATE_HZ: f64 = 4.0;
/// The swing is taken up in so long, seconds. Chosen: a cycle; in less the way to the wandered phase is heard as
/// another rate.
const RISE_S: f64 = 0.2;
/// It is let go in so long where a note ends, seconds: Phrase sees as much ahead. Measured: `tests/own_vibrato.rs`, a
/// vibrato of 25 cents is then bent by 18 at most, what remains behind a step in the other modes by 12.
const FALL_S: f64 = 0.08;
/// What is lacking changes by all of it in so long, seconds. Chosen: three cycles; faster, and the depth is seen to
/// follow the statistics.
const SHARE_S: f64 = 0.5;
/// The head of a note belongs to its scoop, seconds. Source: docs/voice.md, scoops settle within 60 ms.
const HEAD_S: f64 = 0.06;
/// Its last moment belongs to what follows, seconds. Chosen: half a portamento's steepest part.
const TAIL_S: f64 = 0.01;
/// What a vibrato with the irregularity asked for reads in the take's statistics, as parts of it. Measured: takes of 14
/// s with machines' vibrato made irregular, 8 seeds, rates of 5.5 and 6.2 Hz; the statistics see means over 50 ms and
/// whole cycles.
const RATE_READ: f64 = 0.86;
const DEPTH_READ: f64 = 0.82;
/// Fewer seconds of cycles tell nothing. Chosen: two cycles.
const LEAST_SEEN_S: f32 = 0.3;
/// What swings further than the take's vibrato by this factor is a glide. Chosen: a living vibrato's deepest cycle is
/// half as deep again as its mean.
const MOST_EXTENT: f64 = 1.6;
/// The shallowest that a swing becomes, as a part. Chosen: it never turns over.
const LEAST_DEPTH: f64 = 0.1;
/// Pitch is decided four hops at a time, and looked at two hops early. Source: computed.
const SPARE_HOPS: f64 = 6.0;
/// The pointer is no further ahead of where timing puts it than this, seconds, except briefly. Chosen: drift at its
/// default and half a period; more, and the modes of short look-ahead look further back.
const STRAYING_S: f64 = 0.006;
/// After a step of the read pointer its new place is gone to by this part of a hop per hop. Chosen: it bends the
/// swing's rate by so much.
const MOST_SLEW: f64 = 0.05;

/// A vibrato under way.
#[derive(Clone, Copy, Debug)]
struct Swing {
    /// Hops of a cycle.
    cycle_hops: f64,
    /// How far it may swing, cents.
    most_cents: f64,
    /// It is looked at so many hops before the place that is heard.
    lag_hops: f64,
    /// What was seen last.
    turn: Turn,
    /// How many hops before the place that is heard that was.
    age_hops: f64,
    /// The note in which it was seen.
    note: i64,
    /// How far it is taken up, `0..=1`.
    rise: f64,
    is_ending: bool,
    /// How irregular it is made, as the settings' life.
    life: Life,
}

/// How irregular rate and depth are made: 1 as added vibrato at full life.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Life {
    rate: f64,
    depth: f64,
}

impl Life {
    /// What a vibrato lacks of what is asked for; where that cannot be told, nothing.
    fn lacking(vibrato: &Vibrato, settings: &Settings) -> Self {
        let Settings { amount, vibrato_life, only_missing, .. } = *settings;
        let part = |read: f32, seen_s: f32, full: f64| {
            let present = whole_variation(read, seen_s);
            let lacking = if seen_s < LEAST_SEEN_S { 0.0 } else { lack(present, full as f32 * vibrato_life) };
            f64::from(amount * vibrato_life * (1.0 - only_missing * (1.0 - lacking)))
        };
        let full_rate = RATE_READ * RATE_LIFE_HZ / f64::from(vibrato.rate_hz);
        Self {
            rate: part(vibrato.rate_variation, vibrato.cycles_s, full_rate),
            depth: part(vibrato.extent_variation, vibrato.settled_s, DEPTH_READ * DEPTH_LIFE),
        }
    }

    fn towards(self, other: Self, most: f64) -> Self {
        let step = |from: f64, to: f64| to.clamp(from - most, from + most);
        Self { rate: step(self.rate, other.rate), depth: step(self.depth, other.depth) }
    }
}

/// Makes the take's own vibrato irregular.
#[derive(Clone, Debug)]
pub(super) struct OwnVibrato {
    sample_rate_hz: f64,
    hop_samples: i64,
    line: PitchLine,
    depth_life: Lattice,
    phase_life: Lattice,
    swing: Option<Swing>,
    /// How much later in the song than the output the input is heard, hops.
    lead_hops: f64,
    /// Displacement at the beginnings of four hops, samples: the one before, this, and the next two.
    curve: [f64; 4],
}

impl OwnVibrato {
    pub(super) fn new(sample_rate_hz: f64, hop_samples: usize) -> Self {
        let hop_samples = hop_samples as i64;
        Self {
            sample_rate_hz,
            hop_samples,
            line: PitchLine::new(sample_rate_hz, hop_samples),
            // Those of added vibrato are 0 and 1.
            depth_life: Lattice::new(Stream::VibratoLife, 2, DEPTH_RATE_HZ),
            phase_life: Lattice::new(Stream::VibratoLife, 3, PHASE_RATE_HZ),
            swing: None,
            lead_hops: 0.0,
            curve: [0.0; 4],
        }
    }

    /// Forgets the take: the song jumps.
    pub(super) fn reset(&mut self) {
        self.line.reset();
        (self.swing, self.curve) = (None, [0.0; 4]);
    }

    /// The movement over the hop that holds `moment`, in a note that is sung so much later than in the input; once for
    /// each hop. Realtime-safe.
    pub(super) fn at(
        &mut self,
        moment: &Moment,
        late_samples: i64,
        settings: &Settings,
        ahead: &Lookahead<'_>,
    ) -> Span<Motion> {
        let number = moment.position_samples.div_euclid(self.hop_samples);
        let first_whole = -(-moment.position_samples).div_euclid(self.hop_samples);
        self.line.read(moment.index - moment.position_samples, first_whole, ahead);
        let moved_hops = self.follow(moment.pointer_samples / self.hop_samples as f64);
        let [_, a, b, c] = self.curve;
        let next = number + 2;
        self.swing = match self.swing {
            None => self.take_up(next, late_samples, settings),
            Some(swing) => self.go_on(swing, next, moved_hops, settings),
        };
        let d = self.swing.map_or(0.0, |swing| self.displacement_samples(&swing, next, settings));
        let [before, start, end, behind] = [a, b, c, d];
        self.curve = [before, start, end, behind];
        // Central differences: with them the path has no corners, and its slope is that of the displacement.
        let per_two_hops = 0.5 / self.hop_samples as f64;
        Span {
            start: Motion { displacement_samples: start, slope: (end - before) * per_two_hops },
            end: Motion { displacement_samples: end, slope: (behind - start) * per_two_hops },
        }
    }

    /// Follows the read pointer. Returns how far the place that is heard moves on, hops.
    fn follow(&mut self, lead_hops: f64) -> f64 {
        let most = if self.swing.is_some() { MOST_SLEW } else { f64::INFINITY };
        let moved_hops = (lead_hops - self.lead_hops).clamp(-most, most);
        // Exactly there, once it is: what was before is forgotten.
        self.lead_hops = if moved_hops.abs() < most { lead_hops } else { self.lead_hops + moved_hops };
        1.0 + moved_hops
    }

    fn hops(&self, seconds: f64) -> f64 {
        seconds * self.sample_rate_hz / self.hop_samples as f64
    }

    /// Begins where a note with a vibrato known to lack irregularity is long enough.
    fn take_up(&self, number: i64, late_samples: i64, settings: &Settings) -> Option<Swing> {
        if settings.amount <= 0.0 || settings.vibrato_life <= 0.0 {
            return None;
        }
        let vibrato = self.line.vibrato()?;
        let cycle_hops = self.hops(1.0 / f64::from(vibrato.rate_hz));
        // Where the pointer is planned to be, so that it does not matter how it got there.
        let lead_hops = self.hops(STRAYING_S) - late_samples as f64 / self.hop_samples as f64;
        let needed_hops = lead_hops + 0.5 * cycle_hops + self.hops(TAIL_S) + SPARE_HOPS;
        let lag_hops = (needed_hops - (self.line.end() - number) as f64).max(0.0);
        let swing = Swing {
            cycle_hops,
            most_cents: MOST_EXTENT * f64::from(vibrato.extent_cents),
            lag_hops,
            turn: Turn::default(),
            age_hops: lag_hops,
            note: 0,
            rise: 0.0,
            is_ending: false,
            life: Life::lacking(&vibrato, settings),
        };
        let (turn, note) = self.look(&swing, number)?;
        let is_worth_it = swing.life.rate > 0.0 || swing.life.depth > 0.0;
        (is_worth_it && self.is_held(note, number)).then_some(Swing { turn, note, ..swing })
    }

    /// The same a hop later; `None` once it has ended.
    fn go_on(&self, swing: Swing, number: i64, moved_hops: f64, settings: &Settings) -> Option<Swing> {
        let seen = self.look(&swing, number).filter(|(_, note)| *note == swing.note && !swing.is_ending);
        let (turn, age_hops) =
            seen.map_or((swing.turn, swing.age_hops + moved_hops), |(turn, _)| (turn, swing.lag_hops));
        let is_asked = settings.amount > 0.0 && settings.vibrato_life > 0.0;
        // Not to know for a moment is no end.
        let is_fresh = age_hops < swing.lag_hops + 0.5 * swing.cycle_hops;
        let is_ending = swing.is_ending || !is_asked || !is_fresh || !self.is_held(swing.note, number);
        let step = if is_ending { -1.0 / self.hops(FALL_S) } else { 1.0 / self.hops(RISE_S) };
        let rise = (swing.rise + step).min(1.0);
        let lacking = self.line.vibrato().filter(|_| !is_ending).map(|vibrato| Life::lacking(&vibrato, settings));
        let life = lacking.map_or(swing.life, |life| swing.life.towards(life, 1.0 / self.hops(SHARE_S)));
        (rise > 0.0).then_some(Swing { turn, age_hops, rise, is_ending, life, ..swing })
    }

    /// Whether a note is held long enough for the swing to be let go in it, as far as that is known.
    fn is_held(&self, note: i64, number: i64) -> bool {
        let until = number + (self.lead_hops + self.hops(FALL_S)) as i64;
        self.line.note_at(until.min(self.line.end() - 1)) == Some(note)
    }

    /// The swing around the place that is looked at, and the note that holds all of it; `None` if none does.
    fn look(&self, swing: &Swing, number: i64) -> Option<(Turn, i64)> {
        let half = 0.5 * swing.cycle_hops;
        let centre = self.lead_hops - swing.lag_hops;
        let origin = number + centre.floor() as i64;
        let centre = centre - centre.floor();
        let at = |offset_hops: f64| origin + (centre + offset_hops).floor() as i64;
        let note = self.line.note_at(at(-half - self.hops(HEAD_S)))?;
        if self.line.note_at(at(half + self.hops(TAIL_S))) != Some(note) {
            return None;
        }
        Some((Turn::around(&self.line, origin, centre, half)?, note))
    }

    /// What is displaced at the beginning of a hop, samples.
    fn displacement_samples(&mut self, swing: &Swing, number: i64, settings: &Settings) -> f64 {
        let position = number * self.hop_samples;
        let (who, rate_hz) = (settings.performance, self.sample_rate_hz);
        let depth = self.depth_life.at(who, position, rate_hz).value;
        let phase = self.phase_life.at(who, position, rate_hz).value;
        let deeper = (1.0 + DEPTH_LIFE / lattice::RMS * swing.life.depth * depth).max(LEAST_DEPTH);
        let (sin, cos) = (swing.life.rate * phase * TURN_OF_CURVE).sin_cos();
        let Turn { swing: here, ahead } = swing.turn.turned(TAU * swing.age_hops / swing.cycle_hops);
        let extent_cents = here.hypot(ahead) * TAU / swing.cycle_hops;
        let kept = if extent_cents > swing.most_cents { swing.most_cents / extent_cents } else { 1.0 };
        let taken_up = 0.5 - 0.5 * (PI * swing.rise).cos();
        let cents_hops = taken_up * kept * ((deeper * cos - 1.0) * here + deeper * sin * ahead);
        CENT * cents_hops * self.hop_samples as f64
    }
}

/// How far the phase turns with the curve's value, radians, at full irregularity: its rate is then off by
/// [`RATE_LIFE_HZ`], rms. Source: computed from the curve's slope.
const TURN_OF_CURVE: f64 = TAU * RATE_LIFE_HZ / (LATTICE_SLOPE_RMS * PHASE_RATE_HZ);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::line::{HOP_SAMPLES, heard};

    const RATE_HZ: f64 = 48_000.0;
    const CYCLE_HOPS: f64 = 140.0;

    #[test]
    fn a_swing_is_seen_with_its_quadrature_and_nothing_of_what_is_slower() {
        let mut own = OwnVibrato::new(RATE_HZ, HOP_SAMPLES as usize);
        let phase = |hop: f64| TAU * hop / CYCLE_HOPS;
        // The pitch of a hop is that in its middle.
        let cents = |hop: i64| 9000.0 + 0.02 * hop as f64 + 25.0 * phase(hop as f64 + 0.5).sin();
        own.line = heard(0, &(0..800).map(|hop| Some(cents(hop))).collect::<Vec<_>>());
        let swing = Swing {
            cycle_hops: CYCLE_HOPS,
            most_cents: 100.0,
            lag_hops: 0.0,
            turn: Turn::default(),
            age_hops: 0.0,
            note: 0,
            rise: 1.0,
            is_ending: false,
            life: Life::default(),
        };
        let sum = 25.0 * CYCLE_HOPS / TAU;
        for number in 300..500 {
            let (turn, note) = own.look(&swing, number).expect("a note");
            let (sin, cos) = phase(number as f64).sin_cos();
            // A pitch that rises evenly by 15 cents/s shifts the one, and does not move it.
            let shift = -0.02 * CYCLE_HOPS.powi(2) / 16.0;
            assert!((turn.swing - shift + sum * cos).abs() < 0.01 * sum, "{turn:?} at {number}");
            assert!((turn.ahead - sum * sin).abs() < 0.01 * sum, "{turn:?} at {number}");
            // What was seen a while ago tells what is now.
            let late = own.look(&Swing { lag_hops: 50.5, ..swing }, number).expect("a note").0;
            let foretold = late.turned(TAU * 50.5 / CYCLE_HOPS);
            assert!((foretold.swing - turn.swing).hypot(foretold.ahead - turn.ahead) < 0.1 * sum);
            assert_eq!(note, 0);
        }
        assert!(own.look(&swing, 100).is_none() && own.look(&swing, 740).is_none(), "not all of it is in the note");
        // What is not seen for a moment goes on as it was, for half a cycle.
        let settings = Settings { amount: 1.0, vibrato_life: 1.0, ..Settings::NEUTRAL };
        let unseen = (500..740).find(|number| own.look(&swing, *number).is_none()).expect("the note ends");
        let mut going = swing;
        for number in unseen - 5..unseen + CYCLE_HOPS as i64 / 2 - 5 {
            going = own.go_on(going, number, 1.0, &settings).expect("it goes on");
            assert!(!going.is_ending, "at {number}, unseen from {unseen} on");
        }
        for number in unseen + CYCLE_HOPS as i64 / 2 - 5..unseen + CYCLE_HOPS as i64 / 2 + 5 {
            going = own.go_on(going, number, 1.0, &settings).expect("it goes on");
        }
        assert!(going.is_ending);
    }

    #[test]
    fn the_rate_is_off_by_as_much_as_is_said() {
        let mut own = OwnVibrato::new(RATE_HZ, HOP_SAMPLES as usize);
        let performance = crate::dsp::noise::Performance { seed: 1, take: 1 };
        let n_points = 4000;
        let mut sum = 0.0;
        for k in 0..n_points {
            let slope_per_s = own.phase_life.at(performance, 4801 * k, RATE_HZ).slope_per_s;
            sum += (TURN_OF_CURVE * slope_per_s / TAU).powi(2);
        }
        let off_hz = (sum / n_points as f64).sqrt();
        assert!((off_hz / RATE_LIFE_HZ - 1.0).abs() < 0.1, "{off_hz} Hz for {RATE_LIFE_HZ}");
    }

    #[test]
    fn what_a_vibrato_has_of_its_own_is_not_added_again() {
        let settings = Settings { amount: 1.0, vibrato_life: 0.5, only_missing: 1.0, ..Settings::NEUTRAL };
        let machine = Vibrato { rate_hz: 5.5, extent_cents: 25.0, cycles_s: 2.0, settled_s: 1.5, ..Vibrato::default() };
        let singer = Vibrato { rate_variation: 0.06, extent_variation: 0.2, ..machine };
        assert_eq!(Life::lacking(&machine, &settings), Life { rate: 0.5, depth: 0.5 });
        assert_eq!(Life::lacking(&singer, &settings), Life::default());
        let everything = Settings { only_missing: 0.0, ..settings };
        assert_eq!(Life::lacking(&singer, &everything), Life { rate: 0.5, depth: 0.5 });
        let brief = Vibrato { cycles_s: 0.4, settled_s: 0.1, ..machine };
        assert_eq!(Life::lacking(&brief, &settings), Life { rate: 0.5, depth: 0.0 }, "in doubt nothing");
    }
}
