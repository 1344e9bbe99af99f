//! Texts with tokens: `{hit}`, `{c1}`, `{data-x}` (product.md §5).
