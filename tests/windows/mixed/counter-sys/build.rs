//! A library in C that brings its own build, by CMake.
fn main() {
    println!("cargo:rerun-if-changed=c");
    let made = cmake::build("c");
    println!("cargo:rustc-link-search=native={}", made.join("lib").display());
    println!("cargo:rustc-link-lib=static=counter");
}
