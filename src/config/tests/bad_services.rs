//! Bad configurations: services, parameters and folders. Each with every problem in the order of the file: id, what, where, and what mends it.

pub(super) const CASES: &[(&str, &[&str])] = &[
    (
        r#"[package.metadata.winsvc.services."a/b"]"#,
        &[
            r#"service-name: `services."a/b"`: a service name can't hold `/` @ agent/Cargo.toml:4:35  services."a/b" | [package.metadata.winsvc.services.a-b]"#,
        ],
    ),
    (
        r#"[package.metadata.winsvc.services.A]
bin = "agnet"
package = "agnt"
[package.metadata.winsvc.services.B]
bin = "agnet"
"#,
        &[
            r#"unknown-package: `services.A.package`: no package `agnt` in the workspace @ agent/Cargo.toml:6:1  services.A.package | package = "agent""#,
            r#"unknown-binary: `services.B.bin`: package `agent` has no binary `agnet` @ agent/Cargo.toml:8:1  services.B.bin | bin = "agent""#,
        ],
    ),
    (
        r#"[package.metadata.winsvc.services.A]
[package.metadata.winsvc.services.a]"#,
        &[
            r#"same-service-name: services `A` and `a` differ only in case, and are one to Windows @ agent/Cargo.toml:5:35  services.a | rename one of them"#,
        ],
    ),
    (
        r#"[package.metadata.winsvc.services.A]
display-name = "X"
[package.metadata.winsvc.services.B]
display-name = "x"
[package.metadata.winsvc.services.C]
display-name = "a""#,
        &[
            r#"same-service-name: services `A` and `B` have the same display name `x`, which Windows refuses @ agent/Cargo.toml:7:1  services.B.display-name | services.B.display-name = "B""#,
            r#"same-service-name: the display name of service `C` is the name of service `A`, which Windows refuses @ agent/Cargo.toml:9:1  services.C.display-name | services.C.display-name = "…""#,
        ],
    ),
    (
        r#"[package.metadata.winsvc.services.A]
display-name = " "
start = "boot"
account = "system"
error-control = "severee"
sid-type = "x"
stop-timeout = "30""#,
        &[
            r#"wrong-value: `services.A.display-name` is empty @ agent/Cargo.toml:5:1  services.A.display-name | such as display-name = "Acme Agent""#,
            r#"wrong-value: `services.A.start`: unknown value "boot" @ agent/Cargo.toml:6:1  services.A.start | one of `delayed-auto`, `auto`, `demand` or `disabled`"#,
            r#"wrong-value: `services.A.account`: unknown value "system" @ agent/Cargo.toml:7:1  services.A.account | one of `virtual`, `local-service`, `network-service` or `local-system`"#,
            r#"wrong-value: `services.A.error-control`: unknown value "severee" @ agent/Cargo.toml:8:1  services.A.error-control | error-control = "severe""#,
            r#"wrong-value: `services.A.sid-type`: unknown value "x" @ agent/Cargo.toml:9:1  services.A.sid-type | one of `unrestricted`, `restricted` or `none`"#,
            r#"wrong-value: `services.A.stop-timeout`: "30" is no duration: a whole number and ms, s, m, h or d, such as "30s" @ agent/Cargo.toml:10:1  services.A.stop-timeout | such as stop-timeout = "2m""#,
        ],
    ),
    (
        r#"[package.metadata.winsvc.services.A]
args = ["%PATH%", "a\nb", "${PROT}", "${", "100%", 5]
env = { "A=B" = "1", C = "%ProgramData%\\x", c = "50%", D = 8, E = "${NONE}" }
[package.metadata.winsvc.parameters.PORT]"#,
        &[
            r#"percent-in-args: `services.A.args[0]` holds `%`: Windows stores the command line as REG_EXPAND_SZ and would expand it as a variable @ agent/Cargo.toml:5:9  services.A.args[0] | use a parameter: "${NAME}", or an environment variable of the service"#,
            r#"wrong-value: `services.A.args[1]`: "a\nb" holds a line break @ agent/Cargo.toml:5:19  services.A.args[1] | such as args = ["--port", "${PORT}"]"#,
            r#"undeclared-parameter: `services.A.args[2]` uses `${PROT}`, and no parameter of that name is declared @ agent/Cargo.toml:5:27  services.A.args[2] | ${PORT} | [package.metadata.winsvc.parameters.PROT]"#,
            r#"wrong-value: `services.A.args[3]` opens a parameter with `${` and does not close it with `}` @ agent/Cargo.toml:5:38  services.A.args[3] | such as args = ["--port", "${PORT}"]"#,
            r#"percent-in-args: `services.A.args[4]` holds `%`: Windows stores the command line as REG_EXPAND_SZ and would expand it as a variable @ agent/Cargo.toml:5:44  services.A.args[4] | use a parameter: "${NAME}", or an environment variable of the service"#,
            r#"wrong-value: `services.A.args[5]`: expected a string, found the number 5 @ agent/Cargo.toml:5:52  services.A.args[5] | such as args = ["--port", "${PORT}"]"#,
            r#"wrong-name: `A=B` is no name of an environment variable: letters, digits and `_.()-`, not starting with a digit @ agent/Cargo.toml:6:9  services.A.env."A=B" | rename it"#,
            r#"percent-in-env: `services.A.env.C` holds `%ProgramData%`, which Windows does not expand in a service's environment @ agent/Cargo.toml:6:22  services.A.env.C | use a parameter: "${NAME}""#,
            r#"wrong-value: `services.A.env.c` and `C` differ only in case, and are one variable to Windows @ agent/Cargo.toml:6:46  services.A.env.c | remove one of them"#,
            r#"wrong-value: `services.A.env.D`: expected a string, found the number 8 @ agent/Cargo.toml:6:57  services.A.env.D | such as env = { RUST_LOG = "info" }"#,
            r#"undeclared-parameter: `services.A.env.E` uses `${NONE}`, and no parameter of that name is declared @ agent/Cargo.toml:6:64  services.A.env.E | [package.metadata.winsvc.parameters.NONE]"#,
        ],
    ),
    (
        r#"[package.metadata.winsvc.services.A]
dependencies = ["a", "x/y", "Tcpip", "tcpip", "+Group"]
required-privileges = ["SeShutdown", "Debug", "SeChangeNotifyPrivilege", "SeChangeNotifyPrivilege", "x"]
security-descriptor = "(A;;GA;;;SY)""#,
        &[
            r#"wrong-value: `services.A.dependencies[0]` is `a`: a service can't depend on itself @ agent/Cargo.toml:5:17  services.A.dependencies[0] | remove it"#,
            r#"wrong-value: `services.A.dependencies[1]` is "x/y": a service name can't hold `/` @ agent/Cargo.toml:5:22  services.A.dependencies[1] | such as dependencies = ["Tcpip", "+NetworkProvider"]"#,
            r#"wrong-value: `services.A.dependencies[3]` is `tcpip`, which is in the list already @ agent/Cargo.toml:5:38  services.A.dependencies[3] | remove it"#,
            r#"unknown-privilege: `services.A.required-privileges[0]`: unknown privilege "SeShutdown" @ agent/Cargo.toml:6:24  services.A.required-privileges[0] | "SeShutdownPrivilege""#,
            r#"unknown-privilege: `services.A.required-privileges[1]`: unknown privilege "Debug" @ agent/Cargo.toml:6:38  services.A.required-privileges[1] | "SeDebugPrivilege""#,
            r#"wrong-value: `services.A.required-privileges[3]` is `SeChangeNotifyPrivilege`, which is in the list already @ agent/Cargo.toml:6:74  services.A.required-privileges[3] | remove it"#,
            r#"unknown-privilege: `services.A.required-privileges[4]`: unknown privilege "x" @ agent/Cargo.toml:6:101  services.A.required-privileges[4] | "SeChangeNotifyPrivilege" and the like: see Microsoft's "Privilege Constants""#,
            r#"wrong-value: `services.A.security-descriptor` is no security descriptor: SDDL starts with D:, O:, G: or S: @ agent/Cargo.toml:7:1  services.A.security-descriptor | such as security-descriptor = "D:(A;;CCLCSWRPWPDTLOCRRC;;;SY)(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;BA)(A;;LCRP;;;IU)""#,
        ],
    ),
    (
        r#"[package.metadata.winsvc.services.A]
dependencies = ["B"]
[package.metadata.winsvc.services.B]
dependencies = ["a"]"#,
        &[
            r#"wrong-value: services `A` and `B` depend on one another in a circle @ agent/Cargo.toml:5:1  services.A.dependencies | remove one of the dependencies"#,
        ],
    ),
    (
        r#"[package.metadata.winsvc.services.A]
failure = { actions = ["restart", "run/1m", "restart/90d"], reset = "1500ms", on-error-exit = 1 }
[package.metadata.winsvc.services.B]
failure.command = "x""#,
        &[
            r#"missing-key: `services.A.failure` has a `run` action and no command to run @ agent/Cargo.toml:5:13  services.A.failure.actions | services.A.failure.command = '…'"#,
            r#"wrong-value: `services.A.failure.actions[0]`: "restart" is no action: restart, run or reboot with a delay, such as "restart/5s", or "none" @ agent/Cargo.toml:5:24  services.A.failure.actions[0] | such as actions = ["restart/10s", "none"]"#,
            r#"wrong-value: `services.A.failure.actions[2]` is longer than the 49 days that Windows can count in milliseconds @ agent/Cargo.toml:5:45  services.A.failure.actions[2] | such as actions = ["restart/10s", "none"]"#,
            r#"wrong-value: `services.A.failure.reset` is not in whole seconds, which Windows counts here @ agent/Cargo.toml:5:61  services.A.failure.reset | such as reset = "1h""#,
            r#"wrong-value: `services.A.failure.on-error-exit`: expected true or false, found the number 1 @ agent/Cargo.toml:5:79  services.A.failure.on-error-exit | such as on-error-exit = false"#,
            r#"wrong-value: `services.B.failure.command` is never run: no action is `run` @ agent/Cargo.toml:7:9  services.B.failure.command | services.B.failure.actions = ["run/1m"]"#,
        ],
    ),
    (
        r#"[package.metadata.winsvc.services.A.event-log]
source = "a\\b"
log = "Security"
messages = [{ id = 1, text = "a" }, { id = 1, text = "b" }, { id = 70000, text = "c" }, { id = 2, text = " " }, { text = "d" }, { id = 3, text = "e", severity = "fatal" }]
[package.metadata.winsvc.services.B.event-log]
messages = [{ id = 1, text = "x" }]"#,
        &[
            r#"wrong-value: `services.A.event-log.source` is "a\\b": it can't hold `\` @ agent/Cargo.toml:5:1  services.A.event-log.source | such as source = "AcmeAgent""#,
            r#"wrong-value: `services.A.event-log.log` is `Security`, which only Windows itself may write @ agent/Cargo.toml:6:1  services.A.event-log.log | such as log = "Application""#,
            r#"same-event-id: `services.A.event-log.messages[1].id`: service `A` has two messages with the id 1 @ agent/Cargo.toml:7:39  services.A.event-log.messages[1].id | give each message an id of its own"#,
            r#"wrong-value: `services.A.event-log.messages[2].id`: 70000 is not from 0 to 65535 @ agent/Cargo.toml:7:63  services.A.event-log.messages[2].id | such as id = 100"#,
            r#"wrong-value: `services.A.event-log.messages[3].text` is empty @ agent/Cargo.toml:7:99  services.A.event-log.messages[3].text | such as text = "Can't open %1.""#,
            r#"missing-key: `services.A.event-log.messages[4]` has no `id` @ agent/Cargo.toml:7:113  services.A.event-log.messages[4] | id = 100"#,
            r#"wrong-value: `services.A.event-log.messages[5].severity`: unknown value "fatal" @ agent/Cargo.toml:7:151  services.A.event-log.messages[5].severity | one of `success`, `information`, `warning` or `error`"#,
            r#"same-event-id: `services.B.event-log.messages[0].id`: services `A` and `B` have different messages with the id 1 @ agent/Cargo.toml:9:15  services.B.event-log.messages[0].id | give each message an id of its own"#,
        ],
    ),
    (
        r#"[package.metadata.winsvc.services.A.health]
http = "http://example.com/"
tcp = "localhost"
timeout = "0s"
stable = "1y"
[package.metadata.winsvc.services.B.health]
http = "http://127.0.0.1:${PORTT}/"
[package.metadata.winsvc.parameters.PORT]
"#,
        &[
            r#"wrong-value: `services.A.health.http` names another host: only 127.0.0.1, localhost and [::1] are the machine that the service runs on @ agent/Cargo.toml:5:1  services.A.health.http | such as http = "http://127.0.0.1:${PORT}/healthz""#,
            r#"wrong-value: `services.A.health.tcp` has to be `127.0.0.1:PORT`, `localhost:PORT` or `[::1]:PORT` @ agent/Cargo.toml:6:1  services.A.health.tcp | such as tcp = "127.0.0.1:${PORT}""#,
            r#"wrong-value: `services.A.health.timeout` is no time at all: nothing could prove itself healthy @ agent/Cargo.toml:7:1  services.A.health.timeout | such as timeout = "1m""#,
            r#"wrong-value: `services.A.health.stable`: "1y" is no duration: a whole number and ms, s, m, h or d, such as "30s" @ agent/Cargo.toml:8:1  services.A.health.stable | such as stable = "3s""#,
            r#"undeclared-parameter: `services.B.health.http` uses `${PORTT}`, and no parameter of that name is declared @ agent/Cargo.toml:10:1  services.B.health.http | ${PORT} | [package.metadata.winsvc.parameters.PORTT]"#,
        ],
    ),
    (
        r#"[package.metadata.winsvc.parameters.port]
[package.metadata.winsvc.parameters.HOST]
[package.metadata.winsvc.parameters.A]
type = "port"
default = 70000
[package.metadata.winsvc.parameters.B]
type = "int"
[package.metadata.winsvc.parameters.C]
default = 'a"b'
[package.metadata.winsvc.parameters.D]
type = "boolean"
default = "yes"
[package.metadata.winsvc.parameters.E]
default = 1.5
"#,
        &[
            r#"wrong-name: `port` is no parameter name: upper-case letters, digits and `_`, starting with a letter, at most 64 @ agent/Cargo.toml:4:37  parameters.port | rename it to PORT"#,
            r#"reserved-name: `parameters.HOST`: PowerShell, cmd or the scripts already mean something else by `HOST` @ agent/Cargo.toml:5:37  parameters.HOST | [package.metadata.winsvc.parameters.APP_HOST]"#,
            r#"wrong-value: `parameters.A.default` is "70000", which is not a number from 1 to 65535 (its type is `port`) @ agent/Cargo.toml:8:1  parameters.A.default | such as default = "8080""#,
            r#"wrong-value: `parameters.B.type`: unknown value "int" @ agent/Cargo.toml:10:1  parameters.B.type | one of `string`, `integer`, `port`, `boolean` or `path`"#,
            r#"wrong-value: `parameters.C.default` holds `"`: values are inserted into command lines, where quotes and `%` change the meaning @ agent/Cargo.toml:12:1  parameters.C.default | such as default = "8080""#,
            r#"wrong-value: `parameters.D.default` is "yes", which is not true or false (its type is `boolean`) @ agent/Cargo.toml:15:1  parameters.D.default | such as default = "8080""#,
            r#"wrong-value: `parameters.E.default`: expected a string, a whole number or true or false, found the number 1.5 @ agent/Cargo.toml:17:1  parameters.E.default | such as default = "8080""#,
        ],
    ),
    (
        r#"install = { dir = 'Acme', data-dir = '%APPDATA%\x' }"#,
        &[
            r#"wrong-value: `install.dir` is not absolute: it has to start with a drive such as `C:\` or a variable such as `%ProgramFiles%\` @ agent/Cargo.toml:4:13  install.dir | such as dir = '%ProgramFiles%\Acme\{{ id }}'"#,
            r#"wrong-value: `install.data-dir` starts with `%APPDATA%`, which is not a folder of the machine: `%ProgramFiles%`, `%ProgramFiles(x86)%`, `%ProgramW6432%`, `%CommonProgramFiles%`, `%ProgramData%`, `%ALLUSERSPROFILE%`, `%SystemDrive%`, `%SystemRoot%` or `%windir%` @ agent/Cargo.toml:4:27  install.data-dir | such as data-dir = 'D:\Acme\data'"#,
        ],
    ),
    (
        r#"install = { dir = '%ProgramFiles%\{{ id }}', data-dir = '%programfiles%\AGENT\data' }"#,
        &[
            r#"wrong-value: `install.dir` (%ProgramFiles%\agent) and `install.data-dir` (%programfiles%\AGENT\data) lie in one another: what only administrators may write and what the service may write need folders of their own @ agent/Cargo.toml:4:46  install.data-dir | install.data-dir = '%ProgramData%\{{ id }}'"#,
        ],
    ),
    (
        r#"install = { dir = 'C:\{{ version }}' }"#,
        &[
            r#"wrong-value: `install.dir` holds `{{ version }}`; the placeholders here are `{{ id }}` and `{{ name }}` @ agent/Cargo.toml:4:13  install.dir | such as dir = '%ProgramFiles%\Acme\{{ id }}'"#,
        ],
    ),
];
