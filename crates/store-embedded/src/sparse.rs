//! Sparse indexes of segments: where every 64th frame begins.
//! Invariant: each pair is the position and the offset of the beginning of a frame.
//! Lives in memory only; built from frame headers.

use std::collections::VecDeque;
use std::sync::Arc;

/// One pair is kept for this many frames.
const FRAMES_PER_PAIR: u64 = 64;

/// Indexes of older segments kept; each is at most a few tens of kilobytes.
const CACHED_SEGMENTS_MAX: usize = 32;

/// Positions and offsets of every 64th frame of one segment.
#[derive(Debug, Default, Clone)]
pub(crate) struct SparseIndex {
    pairs: Vec<(u64, u64)>,
    frames: u64,
}

impl SparseIndex {
    /// Takes note of the next frame of the segment.
    pub(crate) fn note(&mut self, position: u64, offset: u64) {
        if self.frames.is_multiple_of(FRAMES_PER_PAIR) {
            self.pairs.push((position, offset));
        }
        self.frames += 1;
    }

    /// Position and offset of the last noted frame that begins at or before `position`.
    pub(crate) fn at_or_before(&self, position: u64) -> Option<(u64, u64)> {
        let after = self.pairs.partition_point(|(first, _)| *first <= position);
        self.pairs.get(after.checked_sub(1)?).copied()
    }
}

/// The most recently used indexes of older segments.
#[derive(Debug, Default)]
pub(crate) struct SparseCache {
    /// Least recently used first.
    segments: VecDeque<(u64, Arc<SparseIndex>)>,
}

impl SparseCache {
    pub(crate) fn get(&mut self, segment: u64) -> Option<Arc<SparseIndex>> {
        let at = self
            .segments
            .iter()
            .position(|(first, _)| *first == segment)?;
        let item = self.segments.remove(at)?;
        let index = Arc::clone(&item.1);
        self.segments.push_back(item);
        Some(index)
    }

    pub(crate) fn insert(&mut self, segment: u64, index: Arc<SparseIndex>) {
        self.segments.retain(|(first, _)| *first != segment);
        if self.segments.len() >= CACHED_SEGMENTS_MAX {
            self.segments.pop_front();
        }
        self.segments.push_back((segment, index));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_pair_before_a_position_is_found() {
        let mut index = SparseIndex::default();
        assert_eq!(index.at_or_before(0), None);
        for frame in 0..200u64 {
            index.note(10 + frame * 3, 32 + frame * 100);
        }
        assert_eq!(index.pairs.len(), 4);
        assert_eq!(index.at_or_before(9), None);
        for frame in 0..200u64 {
            let pair = frame / FRAMES_PER_PAIR * FRAMES_PER_PAIR;
            let expected = Some((10 + pair * 3, 32 + pair * 100));
            assert_eq!(index.at_or_before(10 + frame * 3), expected);
            assert_eq!(index.at_or_before(12 + frame * 3), expected);
        }
    }

    #[test]
    fn the_cache_forgets_the_least_recently_used() {
        let mut cache = SparseCache::default();
        let most = CACHED_SEGMENTS_MAX as u64;
        for segment in 0..most {
            cache.insert(segment, Arc::default());
        }
        assert!(cache.get(0).is_some());
        cache.insert(most, Arc::default());
        assert!(cache.get(1).is_none());
        assert!(cache.get(0).is_some() && cache.get(most).is_some());
        assert_eq!(cache.segments.len(), CACHED_SEGMENTS_MAX);
    }
}
