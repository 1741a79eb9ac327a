//! The demo singer: a small source-filter voice that sings as evenly as a machine can.
//!
//! In: a [`Song`] (or one vowel and a pitch curve). Out: a [`Take`]: the samples and the [`Truth`] about them. It
//! serves as the vocal that the project brings along, and as a test signal whose pitch, onsets and formants are known
//! exactly. An LF glottal pulse, summed from its own Fourier series so that nothing aliases, goes through a cascade of
//! formants that moves between phonemes; consonants add noise. Nothing fluctuates, on purpose. Sources: Fant, "The
//! LF-model revisited", STL-QPSR 1995; Klatt, "Software for a cascade/parallel formant synthesizer", JASA 67, 1980;
//! Peterson & Barney, "Control methods used in a study of the vowels", JASA 24, 1952.

mod consonant;
mod glottis;
mod level;
mod performance;
mod phoneme;
mod plan;
mod singer;
mod song;
mod syllable;
mod track;
mod tract;
mod truth;

pub use performance::{Take, sing, sing_vowel};
pub use phoneme::{Consonant, Voice, Vowel, formants_hz};
pub use song::{Note, Song, demo_song};
pub use truth::{Span, SungNote, Truth};
