//! People: how they get in, what they may do, what is remembered of it.

mod audit;
mod keys;
mod login;
mod second_factor;
mod setup;
mod users;
