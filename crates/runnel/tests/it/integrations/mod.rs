//! Ad platforms: what is sent, held against requests written by hand from each platform's
//! documentation, and what their answers mean.

mod golden;
mod privacy;
mod road;
mod sample;
mod verdicts;
