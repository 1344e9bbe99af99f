//! What makes an asset of each kind valid (product.md §4, §15).

mod drawn;
mod funnels;
mod pages;
mod small;
mod sources;
