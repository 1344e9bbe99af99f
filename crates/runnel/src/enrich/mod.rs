//! Turns an address and headers into facts: place, network, device, language, bot.
