//! What the window needs of the parameters, beyond their values: a session keeps its size and the sounds it compares.

mod editor_size;
mod slots;
mod visit;

pub use editor_size::{EditorSize, Extent};
pub use slots::{Compared, Loaded, Slot, Slots};
pub use visit::{Settable, Visitor};
