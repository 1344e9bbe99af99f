//! Where a visitor is sent: layered parameters, tokens last (product.md §5).
