//! Every IPv4 address → is it public? Asked of the program and of a second implementation, which must
//! agree on all 2^32.

use proof::addresses::private_by_bits;
use runnel::outbound::forbidden;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;

const ALL: u64 = 1 << 32;

fn main() -> anyhow::Result<()> {
    let began = Instant::now();
    let threads = std::thread::available_parallelism()?.get() as u64;
    let part = ALL.div_ceil(threads);
    let parts = (0..threads).map(|n| n * part..ALL.min((n + 1) * part));
    let workers: Vec<_> = parts.map(|part| std::thread::spawn(move || compare(part))).collect();
    let mut refused = 0;
    for worker in workers {
        refused += worker.join().map_err(|_| anyhow::anyhow!("a comparison broke off"))??;
    }
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{ALL} addresses, {refused} refused, no difference; {seconds:.0} s, {threads} threads"
    );
    Ok(())
}

/// How many of `addresses` both refuse.
/// # Errors
/// They differ on one.
fn compare(addresses: std::ops::Range<u64>) -> anyhow::Result<u64> {
    let mut refused = 0;
    for address in addresses {
        let address = address as u32;
        let ip = Ipv4Addr::from(address);
        let private = forbidden(IpAddr::from(ip)).is_some();
        anyhow::ensure!(private == private_by_bits(address), "they differ on {ip}");
        refused += u64::from(private);
    }
    Ok(refused)
}
