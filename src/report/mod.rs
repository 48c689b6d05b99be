//! How events look: for people on stderr, as JSON lines, results on stdout.
