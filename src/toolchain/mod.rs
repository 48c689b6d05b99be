//! What is installed, what is missing, and how a target is built with it.
