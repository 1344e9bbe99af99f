//! Runs the built program under load and prints a Markdown table: figure, target, verdict.
//! Promise: each ratio is of one run, same generator, same requests, the bare server beside it.
//!
//! `BENCH_PROGRAM` names the program, `BENCH_PARTS` some of the parts (all by default),
//! `BENCH_SECONDS` the length of one measurement (4), `BENCH_DATA` a folder on the disk to measure,
//! `BENCH_RIVAL` another build of the program that takes the bare server's place at full load.

mod bare;
mod cpu;
mod pace;
mod parts;
mod product;
mod requests;
mod rush;
mod settings;
mod table;
mod visitors;
mod wire;

use settings::Settings;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let outcome = match std::env::args().nth(1).as_deref() {
        Some("bare") => bare::serve(),
        _ => Settings::read().and_then(|settings| parts::run(&settings)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
