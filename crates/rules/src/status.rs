//! What a status word in a postback means.
