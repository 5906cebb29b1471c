//! Runs every check over the tree; as a test of this package, so that `cargo test` covers it.
//! A check that cannot run is a fault like any other, and the rest still run.

use std::path::Path;

use crate::faults::Faults;
use crate::{circles, docs, functions, graph, manifests, names, text, tree, width};

/// Everything that is wrong with the tree under `root`; empty when it is tidy.
pub(crate) fn faults_of(root: &Path) -> Faults {
    let mut faults = Faults::default();
    let files = tree::read(root, &mut faults);
    if let Some(members) = graph::check(root, &mut faults) {
        manifests::check(&files, &mut faults);
        docs::check(&files, &members, &mut faults);
    }
    text::check(&files, &mut faults);
    functions::check(&files, &mut faults);
    width::check(&files, &mut faults);
    circles::check(&files, &mut faults);
    names::check(&files, &mut faults);
    faults
}

#[cfg(test)]
mod tests {
    use super::faults_of;

    #[test]
    fn the_tree_is_tidy() {
        let faults = faults_of(&crate::root());
        assert!(
            faults.lines().is_empty(),
            "to mend:\n{}",
            faults.lines().join("\n")
        );
    }
}
