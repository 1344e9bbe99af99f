//! Visitors: entrance, action, view. A file per step.
