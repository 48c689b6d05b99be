//! The toolchain stage on the real machine.

use cargo_winsvc::config::BackendChoice;
use cargo_winsvc::event::Recorder;
use cargo_winsvc::host::RealHost;
use cargo_winsvc::toolchain::{Options, Want, prepare};

#[test]
fn a_recipe_for_this_machine_names_tools_that_exist() {
    let host = RealHost::new().unwrap();
    let want = Want::new("x86_64-pc-windows-gnu".parse().unwrap(), BackendChoice::Auto);
    let ready = prepare(&host, &Recorder::default(), &[want], Options::default()).unwrap();
    assert_eq!(ready.len(), 1);
    let recipe = &ready[0].recipe;
    println!("{}", serde_json::to_string_pretty(recipe).unwrap());
    assert!(recipe.tools.objcopy.is_file() && recipe.tools.strip.is_file());
    assert!(recipe.versions.iter().any(|v| v.name == "rustc"));
}
