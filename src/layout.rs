//! One sorted, conflict-checked tree of everything that goes into a bundle.
