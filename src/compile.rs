//! Runs cargo once per target, reads its JSON, checks what was promised, copies the results.
