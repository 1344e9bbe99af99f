//! Sessions: a bounded map in memory, written behind with a journal cursor. Derived.
