//! The built command line, from the outside: arguments in, files and text and exit status out.

mod studio;
mod bounce;
mod events;
mod evaluate;
mod tune;
mod exactness;
mod refusals;
mod measure;
mod warp;
