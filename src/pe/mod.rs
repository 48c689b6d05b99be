//! PE images.
