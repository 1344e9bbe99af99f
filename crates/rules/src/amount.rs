//! What an amount in a postback means: absent, a value, a refund, a deletion, or unreadable.
