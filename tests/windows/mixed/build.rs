//! The package's own C code, by the crate `cc`.
fn main() {
    println!("cargo:rerun-if-changed=c/part.c");
    cc::Build::new().file("c/part.c").warnings_into_errors(true).compile("part");
}
