//! Everything that will happen, as a serialisable value. No IO.
