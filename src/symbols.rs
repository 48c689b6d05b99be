//! Splits debug information from the executables and names it.
