//! Reads a finished bundle from disk and trusts nothing above.
