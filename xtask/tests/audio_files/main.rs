//! Files as DAWs write them, from the outside: what is read, what is told, what comes back when it is written again.

mod files;
mod cases;
mod compressed;
mod damage;
mod round_trip;
mod whole;
