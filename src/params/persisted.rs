//! The framework's interface to a field that a session keeps, for those that are read and written as a whole.
//!
//! In: a type with a method that reads its value and one that keeps another. Out: the interface for it.

/// Lets a session keep `$kept` as a `$value`, read by `$load` and kept by `$store`.
macro_rules! persisted {
    ($kept:ty as $value:ty: $load:ident, $store:ident) => {
        impl nice_plug::params::persist::PersistentField<'_, $value> for $kept {
            fn set(&self, value: $value) {
                self.$store(value);
            }

            fn map<F, R>(&self, f: F) -> R
            where
                F: Fn(&$value) -> R,
            {
                f(&self.$load())
            }
        }
    };
}
pub(super) use persisted;
