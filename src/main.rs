//! `cargo winsvc`: see the library.

fn main() -> std::process::ExitCode {
    cargo_winsvc::main()
}
