//! The package's own C code, by the crate `cc`.
fn main() {
    println!("cargo:rerun-if-changed=c/part.c");
    // By its whole path, as many crates do it: crate `cc` then makes the folder a part of the object's name.
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("c/part.c");
    cc::Build::new().file(file).warnings_into_errors(true).compile("part");
}
