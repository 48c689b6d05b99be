//! A machine of the model, and bundles on it.

use crate::support::{Job, Outcome, PowerShell, link_or_copy_tree};
use cargo_winsvc::config::types::About;
use cargo_winsvc::formats::{ServiceJson, sums, to_json};
use cargo_winsvc::model::{BundlePath, Sha256};
use cargo_winsvc::render::{RenderInput, bundle_texts};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const MODEL: &str = include_str!("../powershell/model.ps1");

/// A program that does well; `crash` and `ill` are the others that the model knows.
pub const WELL: &str = "well";

/// What a machine is like: files and registry, services, access lists, processes, by name.
pub type Photo = BTreeMap<String, String>;

/// A machine.
pub struct World {
    folder: tempfile::TempDir,
}

/// How a run is disturbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    FailBefore,
    FailAfter,
    Power,
    KillBefore,
    KillAfter,
}

/// A service as service.json has it; `more` replaces fields.
pub fn service(name: &str, more: &Value) -> Value {
    let mut service = json!({
        "name": name, "exe": "agent.exe", "displayName": format!("{name} of Acme"), "description": "Does things.",
        "start": "auto", "account": {"kind": "virtual"}, "args": ["--port", "${PORT}"], "env": {"MODE": "calm", "PORT": "${PORT}"},
        "dependencies": [], "errorControl": "normal",
        "failure": {"actions": [{"kind": "restart", "delayMs": 5000}], "resetSeconds": 86400, "onErrorExit": true},
        "stopTimeoutMs": 30000, "sidType": "unrestricted", "requiredPrivileges": ["SeChangeNotifyPrivilege"],
        "eventLog": {"source": name, "log": "Application", "messages": []},
        "health": {"http": "http://127.0.0.1:${PORT}/", "command": [], "timeoutMs": 30000, "stableMs": 10000},
        "triggers": [], "firewall": [], "urlAcl": [], "certificates": [],
    });
    for (key, value) in more.as_object().unwrap() {
        service[key] = value.clone();
    }
    service
}

/// service.json of these services.
pub fn bundle(version: &str, services: &[Value]) -> Value {
    json!({
        "schemaVersion": 1, "id": "acme", "name": "acme", "version": version, "target": "x86_64-pc-windows-gnu", "minWindows": "10.0.14393",
        "install": {"dir": r"%ProgramFiles%\Acme\acme", "dataDir": r"%ProgramData%\Acme\acme", "startAfterInstall": true, "keep": 1, "addRemovePrograms": true, "rollbackSafe": true, "hooks": {}},
        "parameters": [{"name": "PORT", "type": "port", "default": "8080", "secret": false}],
        "services": services, "configFiles": [],
    })
}

impl World {
    pub fn new() -> Self {
        let world = World { folder: tempfile::tempdir().unwrap() };
        for dir in ["C/Program Files/Other", "C/ProgramData/Other", "C/Windows"] {
            fs::create_dir_all(world.folder.path().join(dir)).unwrap();
        }
        fs::write(
            world.folder.path().join("machine.json"),
            r#"{"registry":{"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion":{
                "CurrentMajorVersionNumber":{"kind":"DWord","value":10},"CurrentMinorVersionNumber":{"kind":"DWord","value":0},
                "CurrentVersion":{"kind":"String","value":"6.3"},"CurrentBuildNumber":{"kind":"String","value":"17763"}
            }},"access":{},"processes":{},"next":100,"told":{}}"#,
        )
        .unwrap();
        world
    }

    /// Another machine that is as this one.
    pub fn copy(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        link_or_copy_tree(self.folder.path(), folder.path(), &|_| false);
        World { folder }
    }

    /// The file or folder of a Windows path.
    pub fn path(&self, windows: &str) -> PathBuf {
        self.folder.path().join("C").join(windows.strip_prefix(r"C:\").unwrap().replace('\\', "/"))
    }

    /// Unpacks a bundle to `C:\NAME`, its scripts with the model in place of their hands.
    pub fn unpack(&self, name: &str, service: &Value, program: &str) {
        self.unpack_changed(name, service, program, &|script| script);
    }

    /// The same, with these files besides.
    pub fn unpack_with(&self, name: &str, service: &Value, program: &str, more: &[(&str, &str)]) {
        self.lay(name, service, program, more, &|script| script);
    }

    /// The same, with each script changed.
    pub fn unpack_changed(&self, name: &str, service: &Value, program: &str, change: &dyn Fn(String) -> String) {
        self.lay(name, service, program, &[], change);
    }

    fn lay(
        &self,
        name: &str,
        service: &Value,
        program: &str,
        more: &[(&str, &str)],
        change: &dyn Fn(String) -> String,
    ) {
        let service: ServiceJson = serde_json::from_value(service.clone()).unwrap();
        let mut files = ["agent.exe", "service.json", "sub/notes.txt", "winsvc-manifest.json"]
            .map(|f| BundlePath::new(f).unwrap())
            .to_vec();
        files.extend(more.iter().map(|(path, _)| BundlePath::new(*path).unwrap()));
        let json = to_json(&service);
        let input =
            RenderInput { service, about: About::default(), archive: "acme".into(), files, templates: Vec::new() };
        let dir = self.path(&format!(r"C:\{name}"));
        let mut all: Vec<(String, Vec<u8>)> = vec![
            ("agent.exe".into(), program.into()),
            ("service.json".into(), json.into()),
            ("sub/notes.txt".into(), "notes".into()),
            ("winsvc-manifest.json".into(), "{}".into()),
        ];
        all.extend(more.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())));
        for file in bundle_texts(&input).unwrap().files {
            let bytes = match file.path.as_str().ends_with(".ps1") {
                true => change(with_model(&String::from_utf8(file.bytes).unwrap())).into_bytes(),
                false => file.bytes,
            };
            all.push((file.path.to_string(), bytes));
        }
        all.sort();
        let _ = fs::remove_dir_all(&dir);
        for (path, bytes) in &all {
            let path = dir.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        fs::write(
            dir.join("SHA256SUMS"),
            sums::write(all.iter().map(|(path, bytes)| (path.as_str(), Sha256::of(bytes)))),
        )
        .unwrap();
    }

    /// A job that runs `C:\NAME\SCRIPT`.
    pub fn script(&self, path: &str) -> Job {
        Job::script(self.path(path)).env("MODEL", self.folder.path().to_str().unwrap())
    }

    /// The script of the version that is installed.
    pub fn installed(&self, name: &str) -> Job {
        let state = fs::read_to_string(self.path(r"C:\Program Files\Acme\acme\state.json")).unwrap();
        let state: Value = serde_json::from_str(&state).unwrap();
        let folder = state["current"]["folder"].as_str().unwrap().strip_prefix('=').unwrap();
        self.script(&format!(r"{folder}\{name}"))
    }

    /// How many changes were made so far.
    pub fn steps(&self) -> usize {
        fs::read_to_string(self.folder.path().join("steps.log")).unwrap_or_default().lines().count()
    }

    /// What the changes were, for messages.
    pub fn step(&self, number: usize) -> String {
        let log = fs::read_to_string(self.folder.path().join("steps.log")).unwrap();
        log.lines().rfind(|line| line.starts_with(&format!("{number} "))).unwrap_or("none").to_owned()
    }

    /// The number of the last change that was of this kind.
    pub fn number(&self, what: &str) -> usize {
        let log = fs::read_to_string(self.folder.path().join("steps.log")).unwrap();
        let line = log.lines().rfind(|line| line.contains(what)).unwrap_or_else(|| panic!("no {what} in\n{log}"));
        line.split_once(' ').unwrap().0.parse().unwrap()
    }

    pub fn machine(&self) -> Value {
        serde_json::from_str(&fs::read_to_string(self.folder.path().join("machine.json")).unwrap()).unwrap()
    }

    pub fn change(&self, change: impl FnOnce(&mut Value)) {
        let mut machine = self.machine();
        change(&mut machine);
        fs::write(self.folder.path().join("machine.json"), machine.to_string()).unwrap();
    }

    /// A value of a service's registry key.
    pub fn value(&self, service: &str, name: &str) -> Value {
        self.machine()["registry"][format!(r"SYSTEM\CurrentControlSet\Services\{service}")][name]["value"].clone()
    }

    pub fn runs(&self, service: &str) -> bool {
        self.machine()["processes"].as_object().unwrap().values().any(|p| p["service"] == service)
    }

    /// All that an administrator could see, but for process numbers, and but for the unpacked bundles.
    pub fn photo(&self) -> Photo {
        let mut photo = Photo::new();
        for top in ["C/Program Files", "C/ProgramData"] {
            for entry in walkdir::WalkDir::new(self.folder.path().join(top)).min_depth(1) {
                let entry = entry.unwrap();
                let name = entry.path().strip_prefix(self.folder.path()).unwrap().display().to_string();
                let what = match entry.file_type() {
                    kind if kind.is_dir() => "folder".into(),
                    kind if kind.is_symlink() => "link".into(),
                    _ => contents(entry.path()),
                };
                photo.insert(name, what);
            }
        }
        let machine = self.machine();
        for part in ["registry", "access"] {
            for (name, value) in machine[part].as_object().unwrap() {
                photo.insert(format!("{part} {name}"), ordered(value));
            }
        }
        for process in machine["processes"].as_object().unwrap().values() {
            photo.insert(format!("process {}", process["service"]), process["image"].to_string());
        }
        for (name, value) in machine["told"].as_object().unwrap().iter().filter(|(name, _)| !name.starts_with("exit:"))
        {
            photo.insert(format!("told {name}"), value.to_string());
        }
        photo
    }
}

/// A value with the keys of its tables in order.
fn ordered(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let sorted: BTreeMap<_, _> = map.iter().map(|(k, v)| (k, ordered(v))).collect();
            format!("{sorted:?}")
        }
        // A list of one is a list.
        Value::Array(items) => format!("{items:?}"),
        other => other.to_string(),
    }
}

/// The text of a file; of state.json what does not change from run to run.
fn contents(path: &Path) -> String {
    let text = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
    if path.ends_with("state.json") {
        let mut state: Value = serde_json::from_str(&text).unwrap();
        state["transaction"] = Value::Null;
        return serde_json::to_string_pretty(&state).unwrap();
    }
    Sha256::of(text.as_bytes()).to_string()
}

/// A script with the model in the place of its hands, in the form in which it was.
fn with_model(script: &str) -> String {
    let (before, rest) = script.split_once("#region hands\r\n").unwrap();
    let (_, after) = rest.split_once("#endregion hands\r\n").unwrap();
    format!("{before}{}{after}", MODEL.replace('\n', "\r\n"))
}

/// Disturbs a job at its change of that number.
pub fn disturbed(job: Job, at: usize, how: How) -> Job {
    let how = match how {
        How::FailBefore => "fail before",
        How::FailAfter => "fail after",
        How::Power => "power",
        How::KillBefore => "kill before",
        How::KillAfter => "kill after",
    };
    job.env("MODEL_AT", &at.to_string()).env("MODEL_HOW", how)
}

/// What differs between two photos.
pub fn differences(before: &Photo, after: &Photo) -> Vec<String> {
    let mut all = Vec::new();
    for name in before.keys().chain(after.keys()) {
        let (old, new) = (before.get(name), after.get(name));
        let line = match (old, new) {
            (Some(old), Some(new)) if old.contains('\n') => {
                let lines = new.lines().filter(|l| !old.contains(l)).chain(old.lines().filter(|l| !new.contains(l)));
                format!("{name}: {}", lines.map(str::trim).collect::<Vec<_>>().join(" | "))
            }
            _ => format!("{name}: {} -> {}", old.map_or("absent", |t| t), new.map_or("absent", |t| t)),
        };
        if old != new && !all.contains(&line) {
            all.push(line);
        }
    }
    all
}

/// Runs a job that has to end with a code, and gives back what it said.
#[track_caller]
pub fn ends(shell: &mut PowerShell<'_>, job: &Job, code: i32) -> Outcome {
    let outcome = shell.run(job);
    assert_eq!(outcome.exit, code, "{outcome:#?}");
    outcome
}

/// The same, with the result that its object tells.
#[track_caller]
pub fn results(shell: &mut PowerShell<'_>, job: &Job, result: &str) -> Outcome {
    let outcome = ends(shell, job, 0);
    assert_eq!(outcome.output.len(), 1, "{outcome:#?}");
    assert_eq!(outcome.output[0]["Result"], result, "{outcome:#?}");
    outcome
}
