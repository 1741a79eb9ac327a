//! Con Anima: breath, micro-pitch drift and a timing of their own for quantized or synthetic vocals.
//!
//! The flow: a host block enters [`engine::Engine`]; [`analysis`] turns samples into one `Frame` per hop, [`score`]
//! writes down what is sung where, [`plan`] decides what is to be done with it, [`performance`] makes one
//! [`gesture::Gesture`] per hop of that, [`render`] turns samples and gestures into samples. [`plugin`] lets a host
//! drive the engine, [`offline`] a program. README.md has the code map and the invariants.

pub mod settings;
pub mod dsp;
pub mod analysis;
pub mod score;
pub mod plan;
pub mod gesture;
pub mod breath_timbre;
pub mod performance;
pub mod render;
pub mod engine;
pub mod learner;
pub mod params;
pub mod presets;
pub mod offline;
pub mod demo;
pub mod monitor;
pub mod plugin;
#[cfg(feature = "editor")]
pub mod editor;
