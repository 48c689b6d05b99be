//! Counts, in C.

extern "C" {
    fn counter_next() -> std::ffi::c_int;
}

/// One more than before; the first is 1.
pub fn next() -> i32 {
    unsafe { counter_next() }
}
