//! Puts the resources into the finished executables, then seals them.
