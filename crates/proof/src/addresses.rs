//! Which IPv4 addresses are not public, said a second time: masks and shifts, no list of networks.
//! Promise: written down from IANA's registry and the documents of cloud providers, not from the program.

/// Whether `address` is no public one.
pub fn private_by_bits(address: u32) -> bool {
    let [a, b, c, d] = address.to_be_bytes();
    match a {
        0 | 10 | 127 => true,
        100 => b >> 6 == 1,
        168 => (b, c, d) == (63, 129, 16),
        169 => b == 254,
        172 => b >> 4 == 1,
        192 => b == 168 || (b == 0 && (c == 0 || c == 2)) || (b == 88 && c == 99),
        198 => b >> 1 == 9 || (b == 51 && c == 100),
        203 => b == 0 && c == 113,
        _ => a >> 5 == 7,
    }
}
