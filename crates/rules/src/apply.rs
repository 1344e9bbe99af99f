//! What a call does to a conversion: the state machine of product.md §6.4 and §6.5.
