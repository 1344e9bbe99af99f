//! Open files and connections: systems let a program hold a thousand or so unless it asks for more.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Asks for as many as the system allows, so that slow clients cannot use them up. What cannot be had
/// is only told: the program serves with what it has.
pub fn raise() {
    let now = getrlimit(Resource::Nofile);
    if now.current == now.maximum {
        return;
    }
    let wanted = Rlimit { current: now.maximum, maximum: now.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, wanted) {
        tracing::warn!(%error, most = now.current, "the limit of open files cannot be raised");
    }
}
