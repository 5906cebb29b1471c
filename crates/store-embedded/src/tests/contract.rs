//! The contract suite over folders, with segments of several sizes.

use store::contract::{StoreUnderTest, check};
use store::{Entries, Store};
use tempfile::TempDir;

use super::segments_of;
use crate::{EmbeddedStore, StoreOptions};

struct InFolder {
    folder: TempDir,
    options: StoreOptions,
    store: Option<EmbeddedStore>,
}

impl StoreUnderTest for InFolder {
    fn store(&self) -> &dyn Store {
        self.store.as_ref().unwrap()
    }

    fn reopen(&mut self) {
        self.store = None;
        let (store, opened) = EmbeddedStore::open(self.folder.path(), self.options).unwrap();
        assert_eq!(
            (opened.size, opened.torn_bytes, opened.lost_entries),
            (store.size(), 0, 0)
        );
        self.store = Some(store);
    }
}

#[test]
fn the_contract_holds_with_segments_of_every_size() {
    for segment_bytes in [1, 1000, 100_000, crate::SEGMENT_BYTES] {
        check(&|| {
            let folder = tempfile::tempdir().unwrap();
            drop(EmbeddedStore::create(folder.path()).unwrap());
            let mut subject = InFolder {
                folder,
                options: segments_of(segment_bytes),
                store: None,
            };
            subject.reopen();
            Box::new(subject)
        });
    }
}
