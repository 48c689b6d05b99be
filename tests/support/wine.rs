//! A Windows machine in Wine 10, with strict stand-ins for the tools that Wine only pretends to have.
//!
//! Wine itself comes from `tests/setup.sh`; WINSVC_TEST_WINE names another program that is called like
//! `tests/setup/run-wine`. With WINSVC_TEST_KEEP set, the machine's folder stays for a look.

use super::files::{link_or_copy_tree, target_tmp};
use super::state::{State, Value, read_registry};
use super::winsvc::cargo_winsvc;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The tools that are stood in for; see tests/windows/standins.
const STANDINS: [&str; 5] = ["sc", "icacls", "certutil", "curl", "fsutil"];
/// Longest that anything may take. An installation that waits for a health check takes half a minute.
const LIMIT: Duration = Duration::from_secs(180);

/// How a program inside ended.
#[derive(Debug)]
pub struct Ended {
    /// Exit code, all 32 bits.
    pub code: u32,
    /// Standard output and error, in the order in which they came, with line ends of Linux.
    pub output: String,
}

impl Ended {
    #[track_caller]
    pub fn success(self) -> Self {
        assert_eq!(self.code, 0, "{}", self.output);
        self
    }
}

/// One call of a stand-in, from its log.
#[derive(Debug, PartialEq, Eq)]
pub struct Call {
    pub tool: String,
    pub args: Vec<String>,
    pub code: u32,
}

/// A machine of its own, switched off and removed with the value.
pub struct Machine {
    folder: Option<tempfile::TempDir>,
    prefix: PathBuf,
    locale: &'static str,
    holder: Option<Child>,
}

impl Machine {
    /// Boots a fresh machine: an English Windows with the code pages 1252 and 437.
    pub fn boot() -> Self {
        Self::boot_in("C.UTF-8")
    }

    /// Boots a fresh machine whose code page is UTF-8, as on a Windows for Hindi. Wine's cmd.exe reads scripts in the code page
    /// of the system, and not, as the real one, in that of the console.
    pub fn boot_with_utf8() -> Self {
        Self::boot_in("hi_IN.UTF-8")
    }

    fn boot_in(locale: &'static str) -> Self {
        let folder = tempfile::Builder::new().prefix("machine-").tempdir_in(target_tmp("machines")).unwrap();
        let prefix = folder.path().join("wine");
        // Wine's programs are large and only ever replaced as a whole.
        let link = |path: &Path| {
            let name = path.extension().and_then(OsStr::to_str).unwrap_or_default();
            ["dll", "exe", "sys", "drv", "ocx", "tlb"].contains(&name)
        };
        link_or_copy_tree(&template(), &prefix, &link);
        let mut machine = Machine { folder: Some(folder), prefix, locale, holder: None };
        for tool in STANDINS.into_iter().chain(["harness"]) {
            let path = machine.path(&format!(r"C:\windows\system32\{tool}.exe"));
            let _ = fs::remove_file(&path);
            fs::copy(standins(), path).unwrap();
        }
        fs::create_dir(machine.path(r"C:\test")).unwrap();
        let mut holder = machine.wine("wine");
        holder.args([r"C:\windows\system32\harness.exe", "hold"]);
        machine.holder = Some(holder.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        // The first command returns when the machine has booted, its automatic services included.
        machine.cmd("ver").success();
        machine
    }

    /// Where a Windows path lies on the Linux side.
    pub fn path(&self, windows: &str) -> PathBuf {
        let below = windows.strip_prefix(r"C:\").expect("a path on drive C:");
        self.prefix.join("drive_c").join(below.replace('\\', "/"))
    }

    /// Has cmd.exe run a line, as it would be typed.
    pub fn cmd(&self, line: &str) -> Ended {
        self.harness(&["cmd", r"C:\test\code", line])
    }

    /// Runs a program with arguments.
    pub fn run(&self, program: &str, args: &[&str]) -> Ended {
        self.harness(&[&["run", r"C:\test\code", program], args].concat())
    }

    /// A program of the machine, to be started and talked to by the caller.
    pub fn command(&self, program: &str) -> Command {
        let mut command = self.wine("wine");
        command.arg(program);
        command
    }

    fn wine(&self, what: &str) -> Command {
        let mut command = wine(&self.prefix, what);
        command.env("WINSVC_TEST_LOCALE", self.locale);
        command
    }

    fn harness(&self, args: &[&str]) -> Ended {
        let code_file = self.path(r"C:\test\code");
        let _ = fs::remove_file(&code_file);
        let output_file = tempfile::NamedTempFile::new().unwrap();
        let mut command = self.wine("wine");
        command.arg(r"C:\windows\system32\harness.exe").args(args).stdin(Stdio::null());
        // A file, not a pipe: a service that inherits it would keep a pipe open. Appending, or the two streams overwrite each other.
        let append = || fs::OpenOptions::new().append(true).open(output_file.path()).unwrap();
        command.stdout(append()).stderr(append());
        let mut child = command.spawn().unwrap();
        let start = Instant::now();
        let output = || without_wines_own(&String::from_utf8_lossy(&fs::read(output_file.path()).unwrap()));
        while child.try_wait().unwrap().is_none() {
            if start.elapsed() > LIMIT {
                let _ = child.kill();
                let _ = child.wait();
                panic!("{args:?} did not end within {LIMIT:?}\n{}", output());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let text = fs::read_to_string(&code_file).unwrap_or_default();
        let Ok(code) = text.parse() else { panic!("{args:?} left no exit code ({text})\n{}", output()) };
        Ended { code, output: output() }
    }

    /// State of a service as the service manager's number (1 stopped, 4 running); `None` when there is no such service.
    pub fn service_state(&self, name: &str) -> Option<u32> {
        let ended = self.run(r"C:\windows\system32\sc.exe", &["query", name]);
        if ended.code == 1060 {
            return None;
        }
        let ended = ended.success();
        let lines: Vec<&str> = ended.output.lines().filter(|l| l.contains(':')).collect();
        lines[2].split(':').nth(1).unwrap().split_whitespace().next().unwrap().parse().ok()
    }

    /// A value of the registry; `None` when it is not there.
    pub fn value(&self, key: &str, name: &str) -> Option<Value> {
        self.list_registry(&[key]);
        let all = read_registry(&self.path(r"C:\test\registry"));
        all.into_iter().find(|(k, n, _)| k == key && n.eq_ignore_ascii_case(name)).and_then(|(_, _, value)| value)
    }

    /// The access list that icacls has given a folder, as SDDL; `None` when it has not been there. A folder that got another name
    /// keeps it: the scripts make NAME~… and call it NAME when it is closed.
    pub fn acl(&self, folder: &str) -> Option<String> {
        let key = r"HKLM\SOFTWARE\standins\acl";
        self.list_registry(&[key]);
        let (folder, mut found) = (folder.to_lowercase(), None);
        for (of, name, value) in read_registry(&self.path(r"C:\test\registry")) {
            let Some(Value::Text(sddl)) = value.filter(|_| of == key) else { continue };
            if name == folder {
                return Some(sddl);
            }
            if name.strip_prefix(&folder).is_some_and(|rest| rest.starts_with('~')) {
                found = Some(sddl);
            }
        }
        found
    }

    fn list_registry(&self, keys: &[&str]) {
        let harness = r"C:\windows\system32\harness.exe";
        self.run(harness, &[&["registry", r"C:\test\registry"], keys].concat()).success();
    }

    /// Has a stand-in fail: `call` is how the call begins (`sc sidtype`), with `*` for anything between.
    pub fn order_failure(&self, call: &str, code: u32) {
        let code = code.to_string();
        self.run("reg", &["add", r"HKLM\Software\standins\fail", "/v", call, "/t", "REG_DWORD", "/d", &code, "/f"])
            .success();
    }

    /// Takes back all orders to fail.
    pub fn forget_failures(&self) {
        self.run("reg", &["delete", r"HKLM\Software\standins\fail", "/f"]);
    }

    /// Tells the stand-ins something: `Language` = `es`, `NotElevated` = `1`.
    pub fn tell(&self, name: &str, value: &str) {
        self.run("reg", &["add", r"HKLM\Software\standins", "/v", name, "/d", value, "/f"]).success();
    }

    /// The calls of stand-ins so far.
    pub fn calls(&self) -> Vec<Call> {
        let log = fs::read_to_string(self.path(r"C:\standins.log")).unwrap_or_default();
        let call = |line: &str| {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            let args = value["args"].as_array().unwrap().iter().map(|a| a.as_str().unwrap().to_owned()).collect();
            let code = u32::try_from(value["code"].as_u64().unwrap()).unwrap();
            Call { tool: value["tool"].as_str().unwrap().to_owned(), args, code }
        };
        log.lines().map(call).collect()
    }

    /// Files and registry, but for Windows' own folder and the tests' own things.
    pub fn state(&self) -> State {
        let mut state = State::default();
        state.add_files(&self.path(r"C:\"));
        self.list_registry(&[r"HKLM\SYSTEM", r"HKLM\SOFTWARE", "HKCU"]);
        state.add_registry(&self.path(r"C:\test\registry"));
        state
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.wine("wineserver").arg("-k").status();
        let _ = self.wine("wineserver").arg("-w").status();
        if let Some(mut holder) = self.holder.take() {
            let _ = holder.kill();
            let _ = holder.wait();
        }
        if std::env::var_os("WINSVC_TEST_KEEP").is_some() {
            let kept = self.folder.take().map(tempfile::TempDir::keep);
            eprintln!("kept: {kept:?}");
        }
    }
}

/// What the programs said, with plain line ends. Wine itself now and then complains on standard error when a process ends while
/// one of its threads still talks to wineserver (`wine client error:148: sendmsg: Bad file descriptor`).
fn without_wines_own(output: &str) -> String {
    let lines = output.split_inclusive('\n').filter(|line| !line.starts_with("wine client error:"));
    lines.collect::<String>().replace("\r\n", "\n")
}

/// `wine` or `wineserver` for a machine.
fn wine(prefix: &Path, what: &str) -> Command {
    let program =
        std::env::var_os("WINSVC_TEST_WINE").map_or_else(|| super::repo().join("tests/setup/run-wine"), PathBuf::from);
    let mut command = Command::new(program);
    // Ours before Wine's own.
    let ours: Vec<String> = STANDINS.into_iter().map(|t| format!("{t}.exe")).collect();
    command.arg(what).env("WINEPREFIX", prefix);
    command.env("WINEDLLOVERRIDES", format!("mscoree,mshtml=;{}=n,b", ours.join(",")));
    // Ctrl-C in a terminal ends the tests; Wine is switched off by `drop`, in order.
    command.process_group(0);
    command
}

/// A machine that was set up and switched off, made once: that takes half a minute.
fn template() -> PathBuf {
    let dir = target_tmp("machines");
    let lock = File::create(dir.join("template.lock")).unwrap();
    lock.lock().unwrap();
    let template = dir.join("template");
    if !template.exists() {
        let new = dir.join("template.new");
        let _ = fs::remove_dir_all(&new);
        let booted = wine(&new, "wine").args(["wineboot", "-i"]).output();
        let booted = booted.expect("Wine can be started");
        let said = String::from_utf8_lossy(&booted.stderr);
        assert!(booted.status.success(), "wineboot: {said}\nIs Wine there? tests/setup.sh installs it.");
        assert!(wine(&new, "wineserver").arg("-w").status().unwrap().success());
        assert!(new.join("drive_c/windows/system32/services.exe").exists(), "{said}");
        fs::rename(&new, &template).unwrap();
    }
    template
}

/// The stand-ins' exe, built by the product itself.
fn standins() -> &'static Path {
    static EXE: OnceLock<PathBuf> = OnceLock::new();
    EXE.get_or_init(|| {
        if let Some(exe) = std::env::var_os("WINSVC_TEST_STANDINS") {
            return exe.into();
        }
        let manifest = super::repo().join("tests/windows/standins/Cargo.toml");
        let args = ["build", "--target", super::TARGET, "--locked", "--manifest-path", manifest.to_str().unwrap()];
        let ran = cargo_winsvc(&super::repo(), &args).success();
        let exe = ran.paths().into_iter().find(|p| p.ends_with("standins.exe"));
        exe.unwrap_or_else(|| panic!("no standins.exe among the results\n{}{}", ran.stdout, ran.stderr))
    })
}
