//! Templates to scripts and texts. Touches no files.
