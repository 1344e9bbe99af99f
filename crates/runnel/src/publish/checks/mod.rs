//! What makes an asset of each kind valid (product.md §4, §15).

mod drawn;
mod funnels;
mod integrations;
mod pages;
mod postbacks;
mod small;
mod sources;
mod webhooks;
