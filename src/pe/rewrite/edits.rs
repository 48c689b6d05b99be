//! Cuts and insertions in a file, and where its other bytes lie afterwards.

/// Replaces `remove` bytes at `at` (offsets before any edit).
#[derive(Debug)]
struct Edit {
    at: usize,
    remove: usize,
    insert: Vec<u8>,
}

/// Edits that do not overlap, in file order.
#[derive(Debug, Default)]
pub(super) struct Edits(Vec<Edit>);

impl Edits {
    /// Adds an edit. What is inserted at one place comes in the order of the calls, and before what is removed there.
    pub(super) fn replace(&mut self, at: usize, remove: usize, insert: Vec<u8>) {
        let place = self.0.partition_point(|edit| (edit.at, edit.at + edit.remove) <= (at, at + remove));
        self.0.insert(place, Edit { at, remove, insert });
    }

    /// Where the byte that was at `offset` is afterwards. For one that is removed: where its replacement starts, or would.
    pub(super) fn moved(&self, offset: usize) -> usize {
        let mut result = offset;
        for edit in self.0.iter().filter(|edit| edit.at + edit.remove <= offset) {
            // What was removed lies before `offset`, so that this can't go below zero.
            result = result + edit.insert.len() - edit.remove;
        }
        result
    }

    /// Performs them; `None` when they overlap or leave the file.
    pub(super) fn apply(&self, bytes: &mut Vec<u8>) -> Option<()> {
        let mut end = bytes.len();
        for edit in self.0.iter().rev() {
            if edit.at.checked_add(edit.remove)? > end {
                return None;
            }
            end = edit.at;
        }
        let growth: usize = self.0.iter().map(|edit| edit.insert.len().saturating_sub(edit.remove)).sum();
        bytes.reserve(growth);
        // From the end, so that the offsets of the others still hold.
        for edit in self.0.iter().rev() {
            let (tail, new_tail, length) = (edit.at + edit.remove, edit.at + edit.insert.len(), bytes.len());
            bytes.resize(length.max(length + new_tail - tail), 0);
            bytes.copy_within(tail..length, new_tail);
            bytes.truncate(length + new_tail - tail);
            bytes.get_mut(edit.at..new_tail)?.copy_from_slice(&edit.insert);
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_where_they_are_said_to_be() {
        let mut bytes: Vec<u8> = (0..100).collect();
        let mut edits = Edits::default();
        edits.replace(50, 10, vec![200; 3]);
        edits.replace(20, 4, vec![202; 4]);
        edits.replace(20, 0, vec![201; 7]);
        edits.apply(&mut bytes).expect("applies");
        for kept in (0..20).chain(24..50).chain(60..100) {
            assert_eq!(bytes.get(edits.moved(kept)).copied(), Some(kept as u8));
        }
        assert_eq!((bytes.len(), edits.moved(100)), (100, 100));
        assert_eq!(bytes[20..31], [[201; 7].as_slice(), &[202; 4]].concat());
    }

    #[test]
    fn overlaps_and_holes_are_refused() {
        for (a, b) in [((10, 5), (12, 1)), ((0, 1), (99, 2))] {
            let mut edits = Edits::default();
            edits.replace(a.0, a.1, Vec::new());
            edits.replace(b.0, b.1, Vec::new());
            assert_eq!(edits.apply(&mut vec![0; 100]), None);
        }
    }
}
