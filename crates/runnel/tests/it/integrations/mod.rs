//! Ad platforms: what is sent, held against requests written by hand from each platform's
//! documentation, and what their answers mean.

mod batches;
mod golden;
mod privacy;
mod road;
mod sample;
mod street;
mod tokens;
mod verdicts;
