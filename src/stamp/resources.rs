//! What is to be stamped, from the configuration and the files it names.

use super::{bad_messages, bad_version_info, version_info};
use crate::config::types::{BinRef, BundleSpec, ManifestChoice, ResourceSpec};
use crate::error::Problem;
use crate::model::{EventMessage, FileVersion};
use crate::pe::{DEFAULT_MANIFEST, Icon, message_table};

/// What goes into one executable.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Resources {
    /// FILEVERSION and PRODUCTVERSION.
    pub version: FileVersion,
    /// VS_FF_PRERELEASE.
    pub prerelease: bool,
    /// StringFileInfo texts in alphabetical order of their keys; empty ones are left out.
    pub strings: Vec<(String, String)>,
    /// The icon.
    pub icon: Option<Icon>,
    /// The application manifest.
    pub manifest: Option<Vec<u8>>,
    /// Event messages; `None` for no message table at all, an empty list for one with the fallback only.
    pub messages: Option<Vec<EventMessage>>,
    /// Ours win over what the executable already has.
    pub override_existing: bool,
    /// The executable's name without `.exe`.
    pub internal_name: String,
    /// The executable's file name.
    pub original_filename: String,
}

impl Resources {
    /// For one executable of a bundle; `None` when resources are disabled. `icon` and `manifest` are the bytes of the files
    /// that the configuration names. Needs no executable, so that mistakes are known before cargo runs.
    ///
    /// # Errors
    /// All problems at once: `bad-icon`, `bad-manifest`, `version-strings`, `event-messages`.
    pub fn of(
        bundle: &BundleSpec,
        exe: &BinRef,
        icon: Option<&[u8]>,
        manifest: Option<&[u8]>,
    ) -> Result<Option<Self>, Vec<Problem>> {
        let Some(spec) = &bundle.resource else { return Ok(None) };
        let has_events = bundle.services.iter().any(|service| service.event_log.is_some());
        Resources::from_spec(spec, has_events, exe, icon, manifest).map(Some)
    }

    /// As [`Self::of`], from the part of the configuration that matters. `has_events`: a service has an event source.
    ///
    /// # Errors
    /// As there.
    pub fn from_spec(
        spec: &ResourceSpec,
        has_events: bool,
        exe: &BinRef,
        icon: Option<&[u8]>,
        manifest: Option<&[u8]>,
    ) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let icon = match icon.map(Icon::parse).transpose() {
            Ok(icon) => icon,
            Err(error) => {
                let path = spec.icon.as_deref().unwrap_or("the icon");
                problems.push(Problem::usage("bad-icon", format!("{path} can't be the icon: {error}")).fix(
                    "make an .ico with several sizes: magick IMAGE -define icon:auto-resize=256,64,48,32,16 app.ico",
                ));
                None
            }
        };
        let manifest = match &spec.manifest {
            ManifestChoice::Default => Some(DEFAULT_MANIFEST.as_bytes().to_vec()),
            ManifestChoice::Off => None,
            ManifestChoice::File(path) => {
                let bytes = manifest.unwrap_or_default();
                if !is_manifest(bytes) {
                    problems.push(
                        Problem::usage("bad-manifest", format!("{path} is no application manifest: it has no <assembly> element, and Windows would not start the program"))
                            .fix("remove resource.manifest to get a sound default"),
                    );
                }
                Some(bytes.to_vec())
            }
        };
        let resources = Resources {
            version: spec.version,
            prerelease: spec.prerelease,
            strings: spec.strings.clone(),
            icon,
            manifest,
            messages: (has_events || !spec.messages.is_empty()).then(|| spec.messages.clone()),
            override_existing: spec.override_existing,
            internal_name: exe.bin.clone(),
            original_filename: exe.exe(),
        };
        problems.extend(resources.check());
        if problems.is_empty() { Ok(resources) } else { Err(problems) }
    }

    /// What can't be made of it: texts that are too long together, or messages that contradict each other.
    pub fn check(&self) -> Vec<Problem> {
        let version = version_info(self).build().map_err(|what| bad_version_info(&what));
        let messages = message_table(self.messages.as_deref().unwrap_or_default()).map_err(|what| bad_messages(&what));
        version.err().into_iter().chain(messages.err()).collect()
    }
}

/// Windows refuses to start a program whose manifest it cannot read; this much can be seen in UTF-8 and UTF-16.
fn is_manifest(bytes: &[u8]) -> bool {
    let ascii: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
    ascii.windows(9).any(|part| part == b"<assembly" || part == b":assembly")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EventSeverity;

    fn spec() -> ResourceSpec {
        ResourceSpec {
            override_existing: false,
            version: FileVersion([1, 2, 3, 0]),
            prerelease: false,
            strings: vec![("ProductName".into(), "Agent".into())],
            icon: Some("app.ico".into()),
            manifest: ManifestChoice::Default,
            messages: Vec::new(),
        }
    }

    fn exe() -> BinRef {
        BinRef { package: "agent".into(), bin: "acme-agent".into() }
    }

    #[test]
    fn a_message_table_only_where_there_are_events() {
        let of = |has_events| Resources::from_spec(&spec(), has_events, &exe(), None, None).expect("sound");
        assert_eq!((of(false).messages, of(true).messages), (None, Some(Vec::new())));
        let resources = of(true);
        assert_eq!(
            (resources.internal_name.as_str(), resources.original_filename.as_str()),
            ("acme-agent", "acme-agent.exe")
        );
        assert_eq!(resources.manifest.as_deref(), Some(DEFAULT_MANIFEST.as_bytes()));
        let keys: Vec<String> = version_info(&resources).strings.into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["InternalName", "OriginalFilename", "ProductName"]);
    }

    #[test]
    fn all_problems_come_at_once() {
        let message = |text: &str| EventMessage { id: 7, severity: EventSeverity::Error, text: text.into() };
        let bad = ResourceSpec {
            strings: vec![("Comments".into(), "x".repeat(40_000))],
            manifest: ManifestChoice::File("app.manifest".into()),
            messages: vec![message("a"), message("b")],
            ..spec()
        };
        let png = b"\x89PNG\r\n\x1a\n";
        let problems = Resources::from_spec(&bad, true, &exe(), Some(png), Some(b"hello")).expect_err("four problems");
        let ids: Vec<&str> = problems.iter().map(|problem| problem.id).collect();
        assert_eq!(ids, ["bad-icon", "bad-manifest", "version-strings", "event-messages"]);
        assert_eq!(problems[0].what, "app.ico can't be the icon: it is a PNG image, not an .ico file");
        assert!(problems.iter().all(|problem| !problem.fixes.is_empty()));
    }

    #[test]
    fn truncated_icons_say_what_is_missing() {
        let entry = [16, 16, 0, 0, 1, 0, 32, 0, 40, 0, 0, 0, 22, 0, 0, 0];
        let file = [&[0, 0, 1, 0, 1, 0][..], &entry, &[40, 0, 0, 0], &[0; 36]].concat();
        assert!(Icon::parse(&file).is_ok());
        for length in 0..file.len() {
            assert!(Icon::parse(&file[..length]).is_err(), "{length}");
        }
        let error = |bytes: &[u8]| Icon::parse(bytes).expect_err("refused").to_string();
        assert_eq!(error(&file[..40]), "it is truncated: image 1 lies outside the file");
        assert_eq!(error(&file[..10]), "it is truncated: its directory of images is incomplete");
        assert_eq!(error(&[0, 0, 1, 0, 0, 0]), "it holds no image");
    }
}
