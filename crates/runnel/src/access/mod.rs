//! How people prove who they are: passwords, second factors, and the brake on guessing.
//! Promise: nothing here touches a database; time is an argument; memory and work are bounded.

mod email;
mod hidden;
mod password;
mod throttle;
mod totp;

pub use email::Email;
pub use hidden::Hidden;
pub use password::{Busy, LEAST_CHARACTERS, MOST_BYTES, Passwords, acceptable};
pub use throttle::{Throttle, Wait};
pub use totp::Totp;

/// What log-in needs in memory, one per program.
#[derive(Default)]
pub struct Access {
    /// Hashes and checks passwords, a few at a time.
    pub passwords: Passwords,
    /// Counts attempts.
    pub throttle: Throttle,
}
