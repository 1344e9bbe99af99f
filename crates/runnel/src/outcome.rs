//! What became of each request and call: exactly one outcome with a reason, counted.
