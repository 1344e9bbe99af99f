//! Whom a conversion credits: the visit path backwards (product.md §6.8).
