//! The plan's promises, and that what the player signs reads back.
