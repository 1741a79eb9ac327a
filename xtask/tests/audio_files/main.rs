//! The reader and the writer of sound files by their public functions, on files as DAWs and encoders leave them: which
//! samples are read, which remarks are made, and which samples and metadata a written file gives back.

mod files;
mod cases;
mod compressed;
mod damage;
mod ogg;
mod round_trip;
mod whole;
