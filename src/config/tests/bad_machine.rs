//! Bad configurations: what a service needs of the machine, secrets and hooks. Each with every problem in the order of the file: id, what, where, and what mends it.

pub(super) const CASES: &[(&str, &[&str])] = &[
    (
        r#"[package.metadata.winsvc.services.A]
account = { user = 'ACME\agent$' }
[package.metadata.winsvc.services.B]
account = { user = 'agent', managed = true }
[package.metadata.winsvc.services.C]
account = { user = 'A\b$', managed = false }
[package.metadata.winsvc.services.D]
account = { user = 'NT AUTHORITY\Local Service' }
[package.metadata.winsvc.services.E]
account = { user = 'agent@acme.local' }
[package.metadata.winsvc.services.F]
account = { managed = true }
[package.metadata.winsvc.services.G]
account = { user = 'A\b', password = "x" }"#,
        &[
            r#"wrong-value: `services.A.account.user` is "ACME\\agent$": an account whose name ends in `$` is a managed one @ agent/Cargo.toml:5:13  services.A.account.user | managed = true"#,
            r#"wrong-value: `services.B.account.user` is "agent", which is no managed account: `DOMAIN\name$`, in TOML '…' so that the `\` stays @ agent/Cargo.toml:7:13  services.B.account.user | such as user = 'ACME\agent$'"#,
            r#"wrong-value: `services.C.account.user` is "A\\b$": an account whose name ends in `$` is a managed one @ agent/Cargo.toml:9:13  services.C.account.user | managed = true"#,
            r#"wrong-value: `services.D.account.user` is "NT AUTHORITY\\Local Service", which every machine has @ agent/Cargo.toml:11:13  services.D.account.user | account = "local-service""#,
            r#"wrong-value: `services.E.account.user` is "agent@acme.local", which is no user: `DOMAIN\name`, or `.\name` on the machine itself, in TOML '…' so that the `\` stays @ agent/Cargo.toml:13:13  services.E.account.user | user = 'ACME\agent'"#,
            r#"missing-key: `services.F.account` has no `user` @ agent/Cargo.toml:15:1  services.F.account | user = 'ACME\agent$'"#,
            r#"unknown-key: unknown key `services.G.account.password` @ agent/Cargo.toml:17:27  services.G.account.password | the keys here are `user` and `managed`"#,
        ],
    ),
    (
        r#"[package.metadata.winsvc.services.A]
preshutdown-timeout = "0s"
triggers = ["start/networkon", "start/network", "start/portopen/8080", "START/NETWORKON", "start/networkon", 5, "start/device/{x}"]
crash-dumps = { type = "midi", count = 0, folder = '${DIR}\x', kind = "mini" }
[package.metadata.winsvc.services.B]
preshutdown-timeout = "60d"
crash-dumps = { folder = 'C:\{{ id }}' }
[package.metadata.winsvc.services.C]
crash-dumps = "mini"
[package.metadata.winsvc.services.D]
crash-dumps = { folder = 'dumps' }"#,
        &[
            r#"wrong-value: `services.A.preshutdown-timeout` is no time at all: nothing could end in it @ agent/Cargo.toml:5:1  services.A.preshutdown-timeout | such as preshutdown-timeout = "1m""#,
            r#"wrong-value: `services.A.triggers[1]` is "start/network": no such trigger can be set @ agent/Cargo.toml:6:32  services.A.triggers[1] | "start/networkon""#,
            r#"wrong-value: `services.A.triggers[2]` is "start/portopen/8080": `start/portopen` takes a port and a protocol @ agent/Cargo.toml:6:49  services.A.triggers[2] | "start/portopen/8080;TCP""#,
            r#"wrong-value: `services.A.triggers[3]` is "START/NETWORKON": no such trigger can be set @ agent/Cargo.toml:6:72  services.A.triggers[3] | "start/networkon""#,
            r#"wrong-value: `services.A.triggers[4]` is `start/networkon`, which is in the list already @ agent/Cargo.toml:6:91  services.A.triggers[4] | remove it"#,
            r#"wrong-value: `services.A.triggers[5]`: expected a string, found the number 5 @ agent/Cargo.toml:6:110  services.A.triggers[5] | such as triggers = ["start/networkon", "stop/networkoff"]"#,
            r#"wrong-value: `services.A.triggers[6]` is "start/device/{x}": "{x}" is no GUID @ agent/Cargo.toml:6:113  services.A.triggers[6] | "start/device/53f56307-b6bf-11d0-94f2-00a0c91efb8b""#,
            r#"wrong-value: `services.A.crash-dumps.type`: unknown value "midi" @ agent/Cargo.toml:7:17  services.A.crash-dumps.type | type = "mini""#,
            r#"wrong-value: `services.A.crash-dumps.count`: 0 is not from 1 to 1000 @ agent/Cargo.toml:7:32  services.A.crash-dumps.count | such as count = 5"#,
            r#"wrong-value: `services.A.crash-dumps.folder` holds a `${PARAMETER}`, which folders can't @ agent/Cargo.toml:7:43  services.A.crash-dumps.folder | such as folder = 'D:\dumps\acme'"#,
            r#"unknown-key: unknown key `services.A.crash-dumps.kind` @ agent/Cargo.toml:7:64  services.A.crash-dumps.kind | the keys here are `type`, `count` and `folder`"#,
            r#"wrong-value: `services.B.preshutdown-timeout` is longer than the 49 days that Windows can count in milliseconds @ agent/Cargo.toml:9:1  services.B.preshutdown-timeout | such as preshutdown-timeout = "1m""#,
            r#"wrong-value: `services.B.crash-dumps.folder` holds a `{{`: there are no placeholders here @ agent/Cargo.toml:10:17  services.B.crash-dumps.folder | such as folder = 'D:\dumps\acme'"#,
            r#"wrong-value: `services.C.crash-dumps`: expected true or false or a table, found "mini" @ agent/Cargo.toml:12:1  services.C.crash-dumps | such as crash-dumps = true"#,
            r#"wrong-value: `services.D.crash-dumps.folder` is not absolute: it has to start with a drive such as `C:\` or a variable such as `%ProgramFiles%\` @ agent/Cargo.toml:14:17  services.D.crash-dumps.folder | such as folder = 'D:\dumps\acme'"#,
        ],
    ),
    (
        r#"[package.metadata.winsvc.services.A]
firewall = ["8080/tcp", "tcp/0", "tcp/80", "tcp/80", "udp/${PROT}", "tcp/${DIR}", "tcp/${KEY}", 80]
[package.metadata.winsvc.services.B]
firewall = [
  { protocol = "tcp" },
  { protocol = "sctp", port = 80 },
  { protocol = "tcp", port = 70000 },
  { protocol = "tcp", port = "80-70", profiles = ["any"] },
  { protocol = "tcp", port = 80, profiles = [], remote = ["any", "10.0.0.0/8", "10.0.0.0/8", "LocalSubnett"] },
  { protocol = "tcp", port = 81, profiles = ["domain", "domain"], name = "all" },
  { protocol = "udp", port = 82, name = "A TCP 80" },
  { protocol = "udp", port = 83, name = "a*" },
]
[package.metadata.winsvc.parameters.PORT]
[package.metadata.winsvc.parameters.DIR]
type = "path"
[package.metadata.winsvc.parameters.KEY]
secret = true"#,
        &[
            r#"wrong-value: `services.A.firewall[0]` is "8080/tcp", which is no protocol and port, such as `tcp/8080` @ agent/Cargo.toml:5:13  services.A.firewall[0] | "tcp/8080""#,
            r#"wrong-value: `services.A.firewall[1]` has the port "0", which is not a number from 1 to 65535, a range such as `8000-8010`, or a parameter @ agent/Cargo.toml:5:25  services.A.firewall[1] | such as firewall = ["tcp/${PORT}", { protocol = "udp", port = "5000-5010", remote = ["LocalSubnet"] }]"#,
            r#"wrong-value: `services.A.firewall[3]` would be a second rule of the name `A tcp 80` @ agent/Cargo.toml:5:44  services.A.firewall[3] | remove it"#,
            r#"undeclared-parameter: `services.A.firewall[4]` uses `${PROT}`, and no parameter of that name is declared @ agent/Cargo.toml:5:54  services.A.firewall[4] | ${PORT} | [package.metadata.winsvc.parameters.PROT]"#,
            r#"wrong-value: `services.A.firewall[5]` takes its port from `${DIR}`, whose type is no number @ agent/Cargo.toml:5:69  services.A.firewall[5] | parameters.DIR.type = "port""#,
            r#"secret-in-text: `services.A.firewall[6]` uses `${KEY}`, which is a secret, and would stand where every user of the machine can read it @ agent/Cargo.toml:5:83  services.A.firewall[6] | remove it: the service reads the file that its environment variable KEY_FILE names"#,
            r#"wrong-value: `services.A.firewall[7]`: expected a string or a table, found the number 80 @ agent/Cargo.toml:5:97  services.A.firewall[7] | such as firewall = ["tcp/${PORT}", { protocol = "udp", port = "5000-5010", remote = ["LocalSubnet"] }]"#,
            r#"wrong-value: `services.B.firewall` and that of service `A` both have a rule of the name `A TCP 80` @ agent/Cargo.toml:7:1  services.B.firewall | name = "…""#,
            r#"missing-key: `services.B.firewall[0]` has no `port` @ agent/Cargo.toml:8:3  services.B.firewall[0] | port = "8080,9000-9010,${PORT}""#,
            r#"wrong-value: `services.B.firewall[1].protocol`: unknown value "sctp" @ agent/Cargo.toml:9:5  services.B.firewall[1].protocol | one of `tcp` or `udp`"#,
            r#"wrong-value: `services.B.firewall[2].port`: 70000 is not from 1 to 65535 @ agent/Cargo.toml:10:23  services.B.firewall[2].port | such as port = "8080,9000-9010,${PORT}""#,
            r#"wrong-value: `services.B.firewall[3].port` has the port "80-70", which is not a number from 1 to 65535, a range such as `8000-8010`, or a parameter @ agent/Cargo.toml:11:23  services.B.firewall[3].port | such as port = "8080,9000-9010,${PORT}""#,
            r#"wrong-value: `services.B.firewall[3].profiles[0]`: unknown value "any" @ agent/Cargo.toml:11:51  services.B.firewall[3].profiles[0] | one of `domain`, `private` or `public`"#,
            r#"wrong-value: `services.B.firewall[4].profiles` is empty: Windows would take that for every network @ agent/Cargo.toml:12:34  services.B.firewall[4].profiles | such as profiles = ["domain"]"#,
            r#"wrong-value: `services.B.firewall[4].remote[0]` is "any", which is anybody @ agent/Cargo.toml:12:59  services.B.firewall[4].remote[0] | remove `remote`"#,
            r#"wrong-value: `services.B.firewall[4].remote[2]` is in the list already @ agent/Cargo.toml:12:80  services.B.firewall[4].remote[2] | remove it"#,
            r#"wrong-value: `services.B.firewall[4].remote[3]` is "LocalSubnett", which is no address, subnet or range @ agent/Cargo.toml:12:94  services.B.firewall[4].remote[3] | "LocalSubnet""#,
            r#"wrong-value: `services.B.firewall[5].profiles[1]` is in the list already @ agent/Cargo.toml:13:56  services.B.firewall[5].profiles[1] | remove it"#,
            r#"wrong-value: `services.B.firewall[5].name` is `all`, by which Windows means every rule @ agent/Cargo.toml:13:67  services.B.firewall[5].name | such as name = "Acme Agent (web)""#,
            r#"wrong-value: `services.B.firewall[7].name` is "a*": the name of a rule can't hold '*': letters, digits, spaces and ._-$@+#() are safe in every tool @ agent/Cargo.toml:15:34  services.B.firewall[7].name | such as name = "Acme Agent (web)""#,
        ],
    ),
    (
        r#"[package.metadata.winsvc.services.A]
url-acl = ["http://+:80/", "HTTP://+:80/", "http://+:80/", "http://+:${DIR}/", "http://+:${PORTT}/", "http://+/x"]
certificates = [
  "aa bb",
  "01 23 45 67 89 ab cd ef 01 23 45 67 89 ab cd ef 01 23 45 67",
  "${CERTT}",
  { store = 'My\x', thumbprint = "${CERT}" },
  { thumbprint = "${CERT}", subject = "CN=a" },
  { store = "My" },
  { subject = "agent" },
  { subject = "CN=a" },
  { subject = "CN=a" },
]
[package.metadata.winsvc.services.B]
url-acl = ["http://+:80/"]
[package.metadata.winsvc.parameters.CERT]
[package.metadata.winsvc.parameters.DIR]
type = "path""#,
        &[
            r#"wrong-value: `services.A.url-acl[1]` has to start with `http://` or `https://`, in small letters @ agent/Cargo.toml:5:28  services.A.url-acl[1] | such as url-acl = ["http://+:${PORT}/agent/"]"#,
            r#"wrong-value: `services.A.url-acl[2]` is in the list already @ agent/Cargo.toml:5:44  services.A.url-acl[2] | remove it"#,
            r#"wrong-value: `services.A.url-acl[3]` takes its port from `${DIR}`, whose type is no number @ agent/Cargo.toml:5:60  services.A.url-acl[3] | parameters.DIR.type = "port""#,
            r#"undeclared-parameter: `services.A.url-acl[4]` uses `${PORTT}`, and no parameter of that name is declared @ agent/Cargo.toml:5:80  services.A.url-acl[4] | [package.metadata.winsvc.parameters.PORTT]"#,
            r#"wrong-value: `services.A.url-acl[5]` has to end in `/`: a reservation holds for everything below it @ agent/Cargo.toml:5:102  services.A.url-acl[5] | such as url-acl = ["http://+:${PORT}/agent/"]"#,
            r#"wrong-value: `services.A.certificates[0]` is "aa bb", which is no thumbprint: 40 hexadecimal digits, or a parameter @ agent/Cargo.toml:7:3  services.A.certificates[0] | "${CERT}""#,
            r#"wrong-value: `services.A.certificates[1]` is "01 23 45 67 89 ab cd ef 01 23 45 67 89 ab cd ef 01 23 45 67", which is no thumbprint: 40 hexadecimal digits, or a parameter @ agent/Cargo.toml:8:3  services.A.certificates[1] | "0123456789ABCDEF0123456789ABCDEF01234567""#,
            r#"undeclared-parameter: `services.A.certificates[2]` uses `${CERTT}`, and no parameter of that name is declared @ agent/Cargo.toml:9:3  services.A.certificates[2] | ${CERT} | [package.metadata.winsvc.parameters.CERTT]"#,
            r#"wrong-value: `services.A.certificates[3].store` is "My\\x", which is no store: a name below `Cert:\LocalMachine`, such as `My` @ agent/Cargo.toml:10:5  services.A.certificates[3].store | such as store = "WebHosting""#,
            r#"wrong-value: `services.A.certificates[4].subject` and `thumbprint` both say which certificate it is @ agent/Cargo.toml:11:29  services.A.certificates[4].subject | remove one of them"#,
            r#"missing-key: `services.A.certificates[5]` has neither `thumbprint` nor `subject` @ agent/Cargo.toml:12:3  services.A.certificates[5] | thumbprint = "${CERT}" | subject = "CN=agent.example.com""#,
            r#"wrong-value: `services.A.certificates[6].subject` is "agent", which is no subject: attributes and values, such as `CN=agent.example.com` @ agent/Cargo.toml:13:5  services.A.certificates[6].subject | such as subject = "CN=agent.example.com""#,
            r#"wrong-value: `services.A.certificates[8]` is in the list already @ agent/Cargo.toml:15:3  services.A.certificates[8] | remove it"#,
            r#"wrong-value: `services.B.url-acl` and that of service `A` both hold http://+:80/, which only one can listen on @ agent/Cargo.toml:18:1  services.B.url-acl | give each a path of its own"#,
        ],
    ),
    (
        r#"[package.metadata.winsvc.services.A]
args = ["${KEY}"]
env = { K = "${KEY}", key_file = "x" }
health = { http = "http://127.0.0.1/${KEY}", command = ["probe", "${KEY}", "${NONE}", "%PATH%"] }
[package.metadata.winsvc.services.B]
health.command = ['C:\a/b.exe']
[package.metadata.winsvc.parameters.KEY]
secret = true
[package.metadata.winsvc.parameters.OTHER]
secret = true
type = "port"
default = 80"#,
        &[
            r#"secret-in-text: `services.A.args[0]` uses `${KEY}`, which is a secret, and would stand where every user of the machine can read it @ agent/Cargo.toml:5:9  services.A.args[0] | remove it: the service reads the file that its environment variable KEY_FILE names"#,
            r#"secret-in-text: `services.A.env.K` uses `${KEY}`, which is a secret, and would stand where every user of the machine can read it @ agent/Cargo.toml:6:9  services.A.env.K | remove it: the service reads the file that its environment variable KEY_FILE names"#,
            r#"wrong-value: `services.A.env.key_file` is the variable that names the file of the secret `KEY` @ agent/Cargo.toml:6:23  services.A.env.key_file | remove it, or rename the parameter"#,
            r#"secret-in-text: `services.A.health.http` uses `${KEY}`, which is a secret, and would stand where every user of the machine can read it @ agent/Cargo.toml:7:12  services.A.health.http | remove it: the service reads the file that its environment variable KEY_FILE names"#,
            r#"wrong-value: `services.A.health.command[0]` is "probe", which can't be run: it ends in `.exe`, `.cmd`, `.bat` or `.ps1` @ agent/Cargo.toml:7:57  services.A.health.command[0] | such as command = ["agent-ctl.exe", "ping", "--port", "${PORT}"]"#,
            r#"secret-in-text: `services.A.health.command[1]` uses `${KEY}`, which is a secret, and would stand where every user of the machine can read it @ agent/Cargo.toml:7:66  services.A.health.command[1] | remove it: the service reads the file that its environment variable KEY_FILE names"#,
            r#"undeclared-parameter: `services.A.health.command[2]` uses `${NONE}`, and no parameter of that name is declared @ agent/Cargo.toml:7:76  services.A.health.command[2] | [package.metadata.winsvc.parameters.NONE]"#,
            r#"wrong-value: `services.A.health.command[3]` holds `%PATH%`, which nothing expands here @ agent/Cargo.toml:7:87  services.A.health.command[3] | use a parameter: "${NAME}""#,
            r#"wrong-value: `services.B.health.command[0]` is "C:\\a/b.exe", and the path of a program can't hold '/' @ agent/Cargo.toml:9:19  services.B.health.command[0] | such as command = ["agent-ctl.exe", "ping", "--port", "${PORT}"]"#,
            r#"wrong-value: `parameters.OTHER.type` is not `string`: a secret is a file, and what it holds is text @ agent/Cargo.toml:14:1  parameters.OTHER.type | type = "string""#,
            r#"wrong-value: `parameters.OTHER.default` can't stand beside `secret`: everybody can read it here @ agent/Cargo.toml:15:1  parameters.OTHER.default | remove `default`"#,
        ],
    ),
    (
        r#"[package.metadata.winsvc.install]
keep = 21
add-remove-programs = 1
rollback-safe = "no"
[package.metadata.winsvc.install.hooks]
pre-install = ["/bin/sh"]
post-install = ["a.sh", "x"]
pre-stop = ["hooks/a.cmd", "100%", 'a"b', "${NONE}"]
post-strat = ["a.exe"]
backup = "a.exe""#,
        &[
            r#"wrong-value: `install.keep`: 21 is not from 0 to 20 @ agent/Cargo.toml:5:1  install.keep | such as keep = 3"#,
            r#"wrong-value: `install.add-remove-programs`: expected true or false, found the number 1 @ agent/Cargo.toml:6:1  install.add-remove-programs | such as add-remove-programs = false"#,
            r#"wrong-value: `install.rollback-safe`: expected true or false, found "no" @ agent/Cargo.toml:7:1  install.rollback-safe | such as rollback-safe = false"#,
            r#"wrong-value: `install.hooks.pre-install[0]` is "/bin/sh", which is absolute: it has to be a file of the bundle, such as `hooks/check.ps1` @ agent/Cargo.toml:9:16  install.hooks.pre-install[0] | such as pre-install = ["hooks/check.ps1"]"#,
            r#"wrong-value: `install.hooks.post-install[0]` is "a.sh", which can't be run: it ends in `.exe`, `.cmd`, `.bat` or `.ps1` @ agent/Cargo.toml:10:17  install.hooks.post-install[0] | such as post-install = ["acme-agent.exe", "migrate"]"#,
            r#"wrong-value: `install.hooks.pre-stop[1]` holds `%`, which cmd.exe would not take literally in an argument of a batch file @ agent/Cargo.toml:11:28  install.hooks.pre-stop[1] | use a .ps1 or an .exe instead"#,
            r#"wrong-value: `install.hooks.pre-stop[2]` holds `"`, which cmd.exe would not take literally in an argument of a batch file @ agent/Cargo.toml:11:36  install.hooks.pre-stop[2] | use a .ps1 or an .exe instead"#,
            r#"undeclared-parameter: `install.hooks.pre-stop[3]` uses `${NONE}`, and no parameter of that name is declared @ agent/Cargo.toml:11:43  install.hooks.pre-stop[3] | [package.metadata.winsvc.parameters.NONE]"#,
            r#"unknown-key: unknown key `install.hooks.post-strat` @ agent/Cargo.toml:12:1  install.hooks.post-strat | did you mean `post-start`?"#,
            r#"wrong-value: `install.hooks.backup`: expected a list of strings, found "a.exe" @ agent/Cargo.toml:13:1  install.hooks.backup | such as backup = ["hooks/backup.ps1"]"#,
        ],
    ),
];
