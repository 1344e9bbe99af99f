//! Funnels: is the graph valid, compile it to a plan, decide a route.
