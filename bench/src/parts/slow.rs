//! Two thousand connections that say little or nothing, beside visitors at a fixed rate.

use super::latency::{RATE, entrances};
use crate::product::Product;
use crate::settings::Settings;
use crate::table::{Table, ms};
use crate::wire;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const SLOW: usize = 2_000;
/// A byte of each head that never ends, so often; not of all at the same moment, as a thousand people
/// would not either.
const BETWEEN_BYTES: Duration = Duration::from_secs(1);
/// Asked when all are there.
const LAST: &[u8] = b"GET /debug/domain-check HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
const TARGET: f64 = 1.20;
/// Each is measured so often, in turns.
const ROUNDS: usize = 2;

/// Measures the latency without and with them.
pub fn measure(settings: &Settings, table: &mut Table) -> anyhow::Result<()> {
    let product = Product::start(settings)?;
    let p99 = || entrances(&product, settings.length).run().map(|latencies| latencies.at(0.99));
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        without.push(p99()?);
        let (stop, to) = (Arc::new(AtomicBool::new(false)), product.track);
        // They stand before it is measured: two thousand that come at once are another question.
        let streams = (0..SLOW).map(|_| connect(to)).collect::<anyhow::Result<_>>()?;
        // Connections are accepted in their order: who is answered came after all of them.
        wire::once(to, LAST)?;
        let stopped = stop.clone();
        let slow = std::thread::spawn(move || trickle(to, streams, &stopped));
        with.push(p99()?);
        stop.store(true, Ordering::Relaxed);
        slow.join().map_err(|_| anyhow::anyhow!("a thread broke"))??;
    }
    let [without, with] = [without, with].map(|all: Vec<Duration>| all.iter().sum::<Duration>());
    let ratio = with.as_secs_f64() / without.as_secs_f64();
    let (without, with) = (ms(without / ROUNDS as u32), ms(with / ROUNDS as u32));
    let figure = format!("{with} instead of {without}: {:+.0} %", (ratio - 1.0) * 100.0);
    let what = format!("entrance p99 at {RATE}/s beside {SLOW} slow connections");
    table.row(&what, figure, "within 20 %", Some(ratio <= TARGET));
    Ok(())
}

fn connect(to: SocketAddr) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect(to)?;
    stream.set_nonblocking(true)?;
    Ok(stream)
}

/// Keeps half of them silent and half sending a byte now and then; what is cut off comes anew.
fn trickle(to: SocketAddr, mut streams: Vec<TcpStream>, stop: &AtomicBool) -> anyhow::Result<()> {
    loop {
        for stream in streams.iter_mut().skip(SLOW / 2) {
            if stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            if stream.write_all(b"G").is_err() {
                *stream = connect(to)?;
            }
            std::thread::sleep(BETWEEN_BYTES / (SLOW / 2) as u32);
        }
    }
}
