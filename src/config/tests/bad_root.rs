//! Bad configurations: the root table, assets and resources. Each with every problem in the order of the file: id, what, where, and what mends it.

pub(super) const CASES: &[(&str, &[&str])] = &[
    (r#"idd = "a""#, &[r#"unknown-key: unknown key `idd` @ agent/Cargo.toml:4:1  idd | did you mean `id`?"#]),
    (
        r#"colour = 1
"#,
        &[
            r#"unknown-key: unknown key `colour` @ agent/Cargo.toml:4:1  colour | the keys here are `id`, `required-version`, `targets`, `profile`, `backend`, `crt-static`, `msvc`, `debug-info`, `assets`, `archive-name`, `compression`, `symbols`, `templates`, `min-windows`, `resource`, `services`, `parameters`, `install`, `target` and `variants`"#,
        ],
    ),
    (
        r#"id = 5
symbols = true
crt-static = "yes"
assets = "x"
services = true
resource = 1.5"#,
        &[
            r#"wrong-value: `id`: expected a string, found the number 5 @ agent/Cargo.toml:4:1  id | such as id = "acme-agent""#,
            r#"wrong-value: `symbols`: expected `archive` or `none`, found `true` @ agent/Cargo.toml:5:1  symbols | such as symbols = "none""#,
            r#"wrong-value: `crt-static`: expected true or false, found "yes" @ agent/Cargo.toml:6:1  crt-static | such as crt-static = false"#,
            r#"wrong-value: `assets`: expected a list, each entry a string or a table, found "x" @ agent/Cargo.toml:7:1  assets | such as assets = ["$auto", "conf/*.toml", { source = "docs/guide.pdf", dest = "doc/" }]"#,
            r#"wrong-value: `services`: expected `false` or a table, found `true` @ agent/Cargo.toml:8:1  services | such as services = false"#,
            r#"wrong-value: `resource`: expected `false` or a table, found the number 1.5 @ agent/Cargo.toml:9:1  resource | such as resource = false"#,
        ],
    ),
    (
        r#"backend = "msvc"
symbols = "bundle"
debug-info = "ful"
compression = "max""#,
        &[
            r#"wrong-value: `backend`: unknown value "msvc" @ agent/Cargo.toml:4:1  backend | one of `auto`, `mingw`, `xwin`, `zig` or `native`"#,
            r#"not-supported-yet: `symbols = "bundle"` (inside the bundle) is not supported yet @ agent/Cargo.toml:5:1  symbols | one of `archive` or `none`"#,
            r#"wrong-value: `debug-info`: unknown value "ful" @ agent/Cargo.toml:6:1  debug-info | debug-info = "full""#,
            r#"wrong-value: `compression`: unknown value "max" @ agent/Cargo.toml:7:1  compression | one of `default` or `best`"#,
        ],
    ),
    (
        r#"assets = [1, { source = "a", config = 1 }, { dest = "b" }]"#,
        &[
            r#"wrong-value: `assets[0]`: expected a string or a table, found the number 1 @ agent/Cargo.toml:4:11  assets[0] | such as assets = ["$auto", "conf/*.toml", { source = "docs/guide.pdf", dest = "doc/" }]"#,
            r#"wrong-value: `assets[1].config`: expected true or false, found the number 1 @ agent/Cargo.toml:4:30  assets[1].config | such as config = true"#,
            r#"missing-key: `assets[2]` has no `source` @ agent/Cargo.toml:4:44  assets[2] | source = "conf/*.toml""#,
        ],
    ),
    (
        r#"[package.metadata.winsvc.target.x86_64-pc-windows-gnu]
profile = "x"
id = "y"
targets = []
[package.metadata.winsvc.target.x86_64-unknown-linux-gnu]
[package.metadata.winsvc.variants."a b"]
[package.metadata.winsvc.variants.c]
target = {}"#,
        &[
            r#"misplaced-key: `profile` can't stand in `target.x86_64-pc-windows-gnu`: it does not vary with it @ agent/Cargo.toml:5:1  target.x86_64-pc-windows-gnu.profile | move `profile` up to the winsvc table"#,
            r#"misplaced-key: `targets` can't stand in `target.x86_64-pc-windows-gnu`: it does not vary with it @ agent/Cargo.toml:7:1  target.x86_64-pc-windows-gnu.targets | move `targets` up to the winsvc table"#,
            r#"unknown-target: `x86_64-unknown-linux-gnu` is not a Windows target @ agent/Cargo.toml:8:33  target.x86_64-unknown-linux-gnu | x86_64-pc-windows-gnu"#,
            r#"wrong-name: `a b` is no variant name: letters, digits, `_` and `-`, at most 64 @ agent/Cargo.toml:9:35  variants."a b" | rename it"#,
            r#"misplaced-key: `target` can't stand in `variants.c`: it does not vary with it @ agent/Cargo.toml:11:1  variants.c.target | move `target` up to the winsvc table"#,
        ],
    ),
    (
        r#"id = "a\u0000b"
"#,
        &[
            r#"wrong-value: `id`: "a\u0000b" holds a NUL character, which no Windows string can @ agent/Cargo.toml:4:1  id | such as id = "acme-agent""#,
        ],
    ),
    (
        r#"[package.metadata.winsvc.services.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx]"#,
        &[
            r#"service-name: `services."xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…"`: a service name has at most 256 characters, this has 293 @ agent/Cargo.toml:4:35  services.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx | [package.metadata.winsvc.services.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-]"#,
        ],
    ),
    (
        r#"id = "a/b""#,
        &[
            r#"wrong-value: `id` holds '/'; letters, digits, spaces, `.`, `_` and `-` are safe in folder names and registry keys @ agent/Cargo.toml:4:1  id | such as id = "acme-agent""#,
        ],
    ),
    (
        r#"required-version = ">=9""#,
        &[
            r#"required-version: this is cargo-winsvc 0.1.0, and the project requires >=9 @ agent/Cargo.toml:4:1  required-version | cargo install cargo-winsvc --version '>=9'"#,
        ],
    ),
    (
        r#"required-version = "new""#,
        &[
            r#"wrong-value: `required-version`: `new` is no version requirement: unexpected character 'n' while parsing major version number @ agent/Cargo.toml:4:1  required-version | required-version = "0.1.0""#,
        ],
    ),
    (
        r#"targets = []"#,
        &[r#"wrong-value: `targets` is empty @ agent/Cargo.toml:4:1  targets | targets = ["x86_64-pc-windows-gnu"]"#],
    ),
    (
        r#"targets = ["x86_64-pc-windows-gnu", "x86_64-unknown-linux-gnu", "x86_64-pc-windows-gun", "sparc"]"#,
        &[
            r#"unknown-target: `targets[1]`: `x86_64-unknown-linux-gnu` is not a Windows target @ agent/Cargo.toml:4:37  targets[1] | "x86_64-pc-windows-gnu""#,
            r#"unknown-target: `targets[2]`: `x86_64-pc-windows-gun` is not a Windows target that cargo-winsvc knows @ agent/Cargo.toml:4:65  targets[2] | "x86_64-pc-windows-gnu""#,
            r#"unknown-target: `targets[3]`: `sparc` is not a Windows target @ agent/Cargo.toml:4:90  targets[3] | the targets are `x86_64-pc-windows-gnu`, `x86_64-pc-windows-msvc`, `aarch64-pc-windows-msvc`, `i686-pc-windows-msvc`, `i686-pc-windows-gnu`, `x86_64-pc-windows-gnullvm`, `aarch64-pc-windows-gnullvm`, `x86_64-win7-windows-gnu` and `x86_64-win7-windows-msvc`"#,
        ],
    ),
    (
        r#"profile = "a b""#,
        &[
            r#"wrong-value: `profile`: `a b` is no profile name: letters, digits, `-` and `_` @ agent/Cargo.toml:4:1  profile | profile = "release""#,
        ],
    ),
    (
        r#"archive-name = "{{ host }}""#,
        &[
            r#"wrong-value: `archive-name` holds `{{ host }}`; the placeholders here are `{{ name }}`, `{{ version }}`, `{{ target }}` and `{{ id }}` @ agent/Cargo.toml:4:1  archive-name | such as archive-name = "{{ id }}-{{ version }}-{{ target }}""#,
        ],
    ),
    (
        r#"archive-name = "a/b""#,
        &[
            r#"wrong-value: `archive-name` gives `a/b`: a name can't hold `/` @ agent/Cargo.toml:4:1  archive-name | such as archive-name = "{{ id }}-{{ version }}-{{ target }}""#,
        ],
    ),
    (
        r#"archive-name = "CON""#,
        &[
            r#"wrong-value: `archive-name` gives no file name: `CON`: `CON` is a device name on Windows @ agent/Cargo.toml:4:1  archive-name | such as archive-name = "{{ id }}-{{ version }}-{{ target }}""#,
        ],
    ),
    (
        r#"archive-name = "a?""#,
        &[
            r#"wrong-value: `archive-name` gives no file name: `a?`: Windows allows no '?' in file names @ agent/Cargo.toml:4:1  archive-name | such as archive-name = "{{ id }}-{{ version }}-{{ target }}""#,
        ],
    ),
    (
        r#"min-windows = "6.1.7601""#,
        &[
            r#"wrong-value: `min-windows = "6.1.7601"` is below 10.0.14393 (Windows 10 1607, Server 2016), the lowest that Rust programs for x86_64-pc-windows-gnu run on @ agent/Cargo.toml:4:1  min-windows | min-windows = "10.0.14393""#,
        ],
    ),
    (
        r#"min-windows = "11""#,
        &[
            r#"wrong-value: `min-windows`: "11" is no Windows version: `major.minor.build`, such as "10.0.17763" @ agent/Cargo.toml:4:1  min-windows | such as min-windows = "10.0.17763""#,
        ],
    ),
    (
        r#"assets = ["", "/etc/passwd", "C:/x", "a\\b", "$all", "a[", { source = "a", dest = "../b" }, { source = "a", dest = "CON.txt" }]"#,
        &[
            r#"wrong-value: `assets[0]` is empty @ agent/Cargo.toml:4:11  assets[0] | such as assets = ["$auto", "conf/*.toml", { source = "docs/guide.pdf", dest = "doc/" }]"#,
            r#"wrong-value: `assets[1]` is absolute: assets are named relative to Cargo.toml and lie in the project @ agent/Cargo.toml:4:15  assets[1] | such as assets = ["$auto", "conf/*.toml", { source = "docs/guide.pdf", dest = "doc/" }]"#,
            r#"wrong-value: `assets[2]` is absolute: assets are named relative to Cargo.toml and lie in the project @ agent/Cargo.toml:4:30  assets[2] | such as assets = ["$auto", "conf/*.toml", { source = "docs/guide.pdf", dest = "doc/" }]"#,
            r#"wrong-value: `assets[3]` holds a `\`: write paths with `/` @ agent/Cargo.toml:4:38  assets[3] | such as assets = ["$auto", "conf/*.toml", { source = "docs/guide.pdf", dest = "doc/" }]"#,
            r#"wrong-value: `assets[4]` is `$all`; the only name of that kind is `$auto` @ agent/Cargo.toml:4:46  assets[4] | such as assets = ["$auto", "conf/*.toml", { source = "docs/guide.pdf", dest = "doc/" }]"#,
            r#"wrong-value: `assets[5]` is no glob: unclosed character class; missing ']' @ agent/Cargo.toml:4:54  assets[5] | such as assets = ["$auto", "conf/*.toml", { source = "docs/guide.pdf", dest = "doc/" }]"#,
            r#"wrong-value: `assets[6].dest` is no path in a bundle: `../b`: `..` is not allowed @ agent/Cargo.toml:4:76  assets[6].dest | such as dest = "conf/""#,
            r#"wrong-value: `assets[7].dest` is no path in a bundle: `CON.txt`: `CON.txt` is a device name on Windows @ agent/Cargo.toml:4:109  assets[7].dest | such as dest = "conf/""#,
        ],
    ),
    (
        r#"resource = { version = "70000.0", icon = 1, manifest = true, override = "x" }"#,
        &[
            r#"wrong-value: `resource.version` is no file version: `70000` in `70000.0` is not a number from 0 to 65535 @ agent/Cargo.toml:4:14  resource.version | such as version = "2.4.0.17""#,
            r#"wrong-value: `resource.icon`: expected a string, found the number 1 @ agent/Cargo.toml:4:35  resource.icon | such as icon = "assets/agent.ico""#,
            r#"wrong-value: `resource.manifest`: expected `false` or a string, found `true` @ agent/Cargo.toml:4:45  resource.manifest | such as manifest = "assets/agent.manifest""#,
            r#"wrong-value: `resource.override`: expected true or false, found "x" @ agent/Cargo.toml:4:62  resource.override | such as override = true"#,
        ],
    ),
    (
        r#"resource.version = "v1""#,
        &[
            r#"wrong-value: `resource.version`: "v1" is no file version: one to four numbers up to 65535, such as "1.2.3.4" @ agent/Cargo.toml:4:10  resource.version | such as version = "2.4.0.17""#,
        ],
    ),
];
