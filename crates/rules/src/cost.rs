//! What a visit costs (product.md §9).
