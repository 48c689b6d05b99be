//! Zip, checksums, and the commit of a whole result.
