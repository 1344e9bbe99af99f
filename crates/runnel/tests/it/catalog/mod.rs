//! Configuration through the API: what is saved, refused, kept, and in force.

mod desk;
mod every_kind;
mod in_force;
mod integrations;
mod links;
mod settings;
mod validity;
mod versions;
