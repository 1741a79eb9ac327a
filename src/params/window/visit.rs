//! Every parameter in turn with the framework's own type, for whoever sets one by its id.

use nice_plug::prelude::{BoolParam, FloatParam, IntParam, Param};

use crate::params::Hosted;

/// A parameter whose plain value is a number as the list has it.
pub trait Settable: Param {
    /// The number of a plain value.
    fn number(plain: Self::Plain) -> f32;

    /// The plain value of a number.
    fn plain_of(number: f32) -> Self::Plain;
}

impl Settable for FloatParam {
    fn number(plain: f32) -> f32 {
        plain
    }

    fn plain_of(number: f32) -> f32 {
        number
    }
}

impl Settable for IntParam {
    fn number(plain: i32) -> f32 {
        plain as f32
    }

    fn plain_of(number: f32) -> i32 {
        number.round() as i32
    }
}

impl Settable for BoolParam {
    fn number(is_on: bool) -> f32 {
        f32::from(u8::from(is_on))
    }

    fn plain_of(number: f32) -> bool {
        number >= 0.5
    }
}

/// Something that is shown every parameter.
pub trait Visitor {
    /// Looks at one.
    fn visit<P: Settable>(&mut self, param: &Hosted<P>);
}
