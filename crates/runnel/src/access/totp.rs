//! Time-based one-time codes (RFC 6238: SHA-1, 6 digits, 30 s, one step either way).
//! Promise: a code is accepted once; the step that it belongs to says so.

use totp_rs::{Builder, Secret};

const SECRET_BYTES: usize = 20;
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A person's second factor.
#[derive(Clone, PartialEq, Eq)]
pub struct Totp([u8; SECRET_BYTES]);

impl Totp {
    /// A new one from 256 random bits, of which it uses 160.
    pub fn new(random: [u8; 32]) -> Self {
        let mut secret = [0; SECRET_BYTES];
        secret.copy_from_slice(&random[..SECRET_BYTES]);
        Self(secret)
    }

    /// As it is stored.
    pub fn to_hex(&self) -> String {
        hex::encode(self.0)
    }

    /// From what was stored; none if that is damaged.
    pub fn from_hex(stored: &str) -> Option<Self> {
        Some(Self(hex::decode(stored).ok()?.try_into().ok()?))
    }

    /// The secret in base32 (RFC 4648, without padding), as people type it into their app.
    pub fn to_base32(&self) -> String {
        // 20 bytes are exactly four groups of five bytes, eight letters each.
        let group = |bytes: &[u8]| {
            let bits = bytes.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
            (0..8).rev().map(move |n| BASE32[(bits >> (5 * n) & 31) as usize] as char)
        };
        self.0.chunks(5).flat_map(group).collect()
    }

    /// The address that a QR code holds, for `account`.
    pub fn to_url(&self, account: &str) -> String {
        let account: String = form_urlencoded::byte_serialize(account.as_bytes()).collect();
        let secret = self.to_base32();
        format!(
            "otpauth://totp/Runnel:{account}?secret={secret}&issuer=Runnel&algorithm=SHA1&digits=6&period=30"
        )
    }

    /// The step that `code` belongs to at `now_ms` (Unix milliseconds), if it is right and its step
    /// is later than `used_step`, the newest one used before.
    pub fn check(&self, code: &str, used_step: u64, now_ms: u64) -> Option<u64> {
        let totp = Builder::new().with_secret(Secret::new_stack(self.0)).build().ok()?;
        let plain: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        if plain.len() != 6 || !plain.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        totp.check(&plain, now_ms / 1000).filter(|step| *step > used_step)
    }

    /// The code for `now_ms` (Unix milliseconds), as the person's app shows it.
    pub fn code(&self, now_ms: u64) -> Option<String> {
        let totp = Builder::new().with_secret(Secret::new_stack(self.0)).build().ok()?;
        Some(totp.generate(now_ms / 1000).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B: the secret of its SHA-1 rows.
    fn rfc() -> Totp {
        Totp(*b"12345678901234567890")
    }

    #[test]
    fn codes_are_those_of_the_rfc() {
        // The appendix prints eight digits; six-digit codes are their last six.
        for (seconds, eight) in
            [(59, "94287082"), (1_111_111_109, "07081804"), (2_000_000_000, "69279037")]
        {
            assert_eq!(rfc().code(seconds * 1000).as_deref(), Some(&eight[2..]));
        }
    }

    #[test]
    fn a_code_works_one_step_early_or_late_and_only_once() {
        assert_eq!(rfc().check("287 082", 0, 59_000), Some(1));
        assert_eq!(rfc().check("287082", 0, 89_000), Some(1));
        assert_eq!(rfc().check("287082", 0, 120_000), None);
        assert_eq!(rfc().check("287082", 1, 59_000), None);
        for wrong in ["", "287083", "2870820", "abcdef", "２８７０８２"] {
            assert_eq!(rfc().check(wrong, 0, 59_000), None, "{wrong}");
        }
    }

    #[test]
    fn the_secret_reads_the_same_in_base32_and_hex() {
        assert_eq!(rfc().to_base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert!(Totp::from_hex(&rfc().to_hex()) == Some(rfc()));
        assert!(
            rfc()
                .to_url("ann@example.com")
                .starts_with("otpauth://totp/Runnel:ann%40example.com?secret=GEZ")
        );
    }
}
