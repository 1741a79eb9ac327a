//! The parameters as a host sees them, made from the one list in [`PARAMETERS`](super::PARAMETERS).

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use nice_plug::prelude::*;

use super::{Kind, Parameter, Role, SceneBank, VoiceParams, parameter, session};

/// Makes everything that has one part for each parameter: the list, the host's parameters and the values by name. The
/// name in front of an entry is the one in the code; the id is the frozen one, which the framework asks for as a
/// literal.
macro_rules! parameters {
    ($($field:ident {
        id: $id:tt, name: $name:expr, min: $min:expr, max: $max:expr, default: $default:expr,
        hint: $hint:tt,
        unit: $unit:tt, group: $group:tt, step: $step:expr, role: $role:ident, kind: $kind:ident $($detail:tt)?
    })*) => {
        /// All parameters, in the order in which hosts list them.
        pub const PARAMETERS: [Parameter; [$($id),*].len()] = [$(Parameter {
            id: $id,
            name: $name,
            min: $min,
            max: $max,
            default: $default,
            unit: $unit,
            group: $group,
            step: $step,
            role: Role::$role,
            kind: Kind::$kind $($detail)?,
            hint: $hint,
        }),*];

        /// The host's parameters. No smoothing here: the engine moves its values itself, the same way in every host and
        /// offline.
        #[derive(Params)]
        pub struct VoiceParams {
            /// The editor's size, kept in the session.
            #[cfg(feature = "editor")]
            #[persist = "editor-size"]
            pub editor_size: EditorSize,
            /// The learned song, kept in the session.
            #[persist = "song"]
            pub song: Song,
            /// The seed of this instance's own singer, kept in the session.
            #[persist = "identity"]
            pub identity: Identity,
            /// The scenes, kept in the session.
            #[persist = "scenes"]
            pub scenes: SceneBank,
            /// The host around this instance.
            pub daw: Daw,
            /// The sounds that are compared, and the preset that is loaded, kept in the session.
            #[cfg(feature = "editor")]
            #[persist = "slots"]
            pub slots: Slots,
            $(
                #[doc = $hint]
                #[id = $id]
                pub $field: Hosted<host::$kind>,
            )*
        }

        impl Default for VoiceParams {
            fn default() -> Self {
                let [$($field),*] = &PARAMETERS;
                let mut params = Self {
                    #[cfg(feature = "editor")]
                    editor_size: EditorSize::default(),
                    song: Song::default(),
                    identity: Identity::default(),
                    scenes: SceneBank::default(),
                    daw: Daw::default(),
                    #[cfg(feature = "editor")]
                    slots: Slots::default(),
                    $($field: Hosted::new($field)),*
                };
                // Only this one's words depend on the instance.
                params.scene = Hosted::of_scenes(params.scene.listed, &params.scenes);
                params
            }
        }

        impl VoiceParams {
            /// The plain values of this moment. Realtime-safe.
            pub fn values(&self) -> Values {
                Values([$(self.$field.plain()),*])
            }

            /// What the engine is asked to do at this moment with these scenes, at no known tempo. Realtime-safe.
            pub fn settings(&self, scenes: &SceneValues) -> Settings {
                let values = scenes.resolved(&self.values());
                let mut settings = values.settings();
                settings.performance.seed = values.shared_seed().unwrap_or_else(|| self.identity.seed());
                settings
            }

            /// Shows every parameter to a visitor, in the order of the list.
            #[cfg(feature = "editor")]
            pub fn visit(&self, visitor: &mut impl Visitor) {
                $(visitor.visit(&self.$field);)*
            }
        }

        /// A plain value inside its range for each parameter, by name.
        struct Named {
            $($field: f32),*
        }

        impl Values {
            fn named(&self) -> Named {
                let [$($field),*] = std::array::from_fn(|index| PARAMETERS[index].nearest(self.0[index]));
                Named { $($field),* }
            }
        }
    };
}
pub(super) use parameters;

/// The framework's type for each [`Kind`].
pub(super) type Continuous = FloatParam;
pub(super) type Position = FloatParam;
pub(super) type Whole = IntParam;
pub(super) type Switch = BoolParam;
pub(super) type Choice = IntParam;

/// One of the host's parameters with its entry in the list.
pub struct Hosted<P> {
    /// The entry that it is made from.
    pub listed: &'static Parameter,
    param: P,
}

impl<P> Hosted<P> {
    pub(super) fn new(listed: &'static Parameter) -> Self
    where
        P: OfHost,
    {
        Self { listed, param: P::made_from(listed) }
    }
}

impl Hosted<FloatParam> {
    /// The position among these scenes, which the host shows and reads by their names.
    pub(super) fn of_scenes(listed: &'static Parameter, scenes: &SceneBank) -> Self {
        let (shown, read) = (scenes.clone(), scenes.clone());
        let param = FloatParam::made_from(listed)
            .with_value_to_string(Arc::new(move |value| shown.load().text(listed, value)))
            .with_string_to_value(Arc::new(move |text| read.load().typed(listed, text)));
        Self { listed, param }
    }
}

impl<P> Deref for Hosted<P> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.param
    }
}

/// One of the framework's types of parameters.
pub(super) trait OfHost {
    /// A new one at its default.
    fn made_from(listed: &'static Parameter) -> Self;

    /// The plain value of this moment.
    fn plain(&self) -> f32;
}

impl OfHost for FloatParam {
    fn made_from(listed: &'static Parameter) -> Self {
        let Parameter { min, max, .. } = *listed;
        let range = match listed.kind {
            Kind::Continuous { skew } if skew != 1.0 => FloatRange::Skewed { min, max, factor: skew },
            _ => FloatRange::Linear { min, max },
        };
        let param = Self::new(listed.name, listed.rounded(listed.default), range)
            .with_step_size(listed.step)
            .with_unit(listed.unit)
            .with_value_to_string(Arc::new(|value| listed.text(value)))
            .with_string_to_value(Arc::new(|text| listed.typed(text).ok()));
        if listed.role == Role::Session { param.non_automatable() } else { param }
    }

    fn plain(&self) -> f32 {
        self.value()
    }
}

impl OfHost for IntParam {
    fn made_from(listed: &'static Parameter) -> Self {
        let range = IntRange::Linear { min: listed.min as i32, max: listed.max as i32 };
        let param = Self::new(listed.name, listed.default as i32, range)
            .with_value_to_string(Arc::new(|value| listed.text(value as f32)))
            .with_string_to_value(Arc::new(|text| listed.typed(text).ok().map(|value| value as i32)));
        if listed.role == Role::Session { param.non_automatable() } else { param }
    }

    fn plain(&self) -> f32 {
        self.value() as f32
    }
}

impl OfHost for BoolParam {
    fn made_from(listed: &'static Parameter) -> Self {
        let param = Self::new(listed.name, listed.default >= 0.5)
            .with_value_to_string(Arc::new(|is_on| listed.text(f32::from(u8::from(is_on)))))
            .with_string_to_value(Arc::new(|text| listed.typed(text).ok().map(|value| value >= 0.5)));
        match listed.role {
            Role::Session => param.non_automatable(),
            Role::Bypass => param.make_bypass(),
            Role::Automated | Role::Stepped | Role::Latency => param,
        }
    }

    fn plain(&self) -> f32 {
        f32::from(u8::from(self.value()))
    }
}

/// The parameters as the framework is given them: in groups, and sealed in the session.
#[derive(Default)]
pub struct HostParams(pub Arc<VoiceParams>);

// SAFETY: the pointers are those of the parameters inside, which are kept alive by the same `Arc`.
#[allow(unsafe_code, reason = "the framework's trait is unsafe; the derived implementation is called")]
unsafe impl Params for HostParams {
    fn param_map(&self) -> Vec<(String, ParamPtr, String)> {
        let mut map = self.0.param_map();
        for (id, _, group) in &mut map {
            *group = parameter(id).map_or("", |listed| listed.group).to_owned();
        }
        map
    }

    fn serialize_fields(&self) -> BTreeMap<String, String> {
        let mut fields = self.0.serialize_fields();
        session::seal(&mut fields, &self.0.values());
        fields
    }

    fn deserialize_fields(&self, fields: &BTreeMap<String, String>) {
        let problem = fields.get(session::PROBLEM).cloned();
        if problem.is_none() {
            self.0.deserialize_fields(fields);
        }
        self.0.song.set_refused(problem);
    }
}
