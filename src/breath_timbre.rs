//! What breath sounds like: the air in a voice, and an inhalation.
//!
//! In: spectral envelopes of the singer, pitch, how bright the breath is to be. Out: the colour of noise, as power
//! densities by frequency, and how the vocal folds let it through. When there is breath and how much of it is told by
//! [`crate::performance`]; the noise is made by [`crate::render`].

mod aspiration;
mod glottis;
mod inhalation;
mod tilt;

pub use aspiration::AspirationColour;
pub use glottis::{pulse, softness};
pub use inhalation::InhalationColour;
