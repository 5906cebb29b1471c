//! The contract of projections, held by small histories built straight into a memory store.
//! Invariant: every history is deterministic. Knows nothing of admission.
