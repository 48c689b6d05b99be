//! `package`, composed from the stages. The file to read first.
