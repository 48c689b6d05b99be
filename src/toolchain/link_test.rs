//! Compiles and links a program of a few lines, as a build would, and looks at what comes out.

use super::{Ready, Want};
use crate::error::Problem;
use crate::host::{Cmd, Host, cargo, check_interrupt};
use crate::pe::Image;
use std::path::Path;
use std::time::Duration;

const PROGRAM: &str = "fn main() {\n    println!(\"{:?}\", std::env::args());\n}\n";
/// Imports as `windows-sys` does. For GNU targets rustc then calls dlltool, which is not there whenever a linker is.
const IMPORTING: &str = r#"#[cfg_attr(not(target_arch = "x86"), link(name = "kernel32", kind = "raw-dylib"))]
#[cfg_attr(target_arch = "x86", link(name = "kernel32", kind = "raw-dylib", import_name_type = "undecorated"))]
extern "system" {
    fn GetTickCount() -> u32;
}
fn main() {
    println!("{:?} {}", std::env::args(), unsafe { GetTickCount() });
}
"#;
const MANIFEST: &str = "[package]\nname = \"link_test\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[workspace]\n";
/// zig compiles mingw-w64's libraries when it first links for a target.
const PATIENCE: Duration = Duration::from_secs(300);

/// Says what was linked, or what is wrong.
///
/// # Errors
/// No temporary folder; interruption.
pub(super) fn run(
    host: &dyn Host,
    want: &Want,
    ready: &Ready,
    rustc: &Path,
) -> anyhow::Result<Result<String, Problem>> {
    let dir = tempfile::tempdir()?;
    std::fs::create_dir(dir.path().join("src"))?;
    // GNU dlltool takes no path with a blank in it; builds have a way around that, on Linux.
    let blank = dir.path().to_string_lossy().contains(char::is_whitespace);
    std::fs::write(dir.path().join("src/main.rs"), if blank { PROGRAM } else { IMPORTING })?;
    std::fs::write(dir.path().join("Cargo.toml"), MANIFEST)?;
    let cmd = command(host, want, ready, dir.path()).env("RUSTC", rustc);
    let output = match host.output(&cmd) {
        Ok(output) => output,
        Err(error) => {
            return Ok(Err(Problem::new(
                "link-test",
                format!("`{}` can't be run: {error}", cmd.program.to_string_lossy()),
            )));
        }
    };
    check_interrupt(host)?;
    let exe = std::fs::read(dir.path().join("target").join(want.target.triple()).join("debug/link_test.exe"))
        .unwrap_or_default();
    let machine = Image::parse(&exe).ok().map(|image| image.machine());
    if output.ok() && machine == Some(want.target.arch().machine()) {
        let by = ready.recipe.backend.as_str();
        return Ok(Ok(format!("a program of {} bytes was linked ({by})", exe.len())));
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let errors: Vec<&str> = said.lines().map(str::trim).filter(|l| l.contains("error")).take(3).collect();
    let why = if errors.is_empty() { output.tail(3).replace('\n', " ") } else { errors.join(" ") };
    let shown = Cmd { env: Vec::new(), ..cmd };
    Ok(Err(Problem::new("link-test", format!("a program of a few lines can't be linked: {why}")).fix(shown.display())))
}

/// Cargo as it would run, in a project of its own.
fn command(host: &dyn Host, want: &Want, ready: &Ready, dir: &Path) -> Cmd {
    let recipe = &ready.recipe;
    let cmd = Cmd::new(cargo(host))
        .arg(&recipe.subcommand)
        .args(["--offline", "--target", want.target.triple(), "--target-dir"])
        .arg(dir.join("target"))
        .arg("--manifest-path")
        .arg(dir.join("Cargo.toml"))
        .cwd(dir)
        .timeout(PATIENCE)
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_BUILD_BUILD_DIR")
        .env("CARGO_ENCODED_RUSTFLAGS", recipe.rustflags.join("\x1f"))
        .envs(&recipe.env);
    let own = want.linker.as_deref().map(Path::new).or(recipe.linker.as_deref());
    match own {
        Some(linker) => cmd.env(format!("CARGO_TARGET_{}_LINKER", want.target.env_name()), linker),
        None => cmd,
    }
}
