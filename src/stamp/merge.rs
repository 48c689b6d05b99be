//! Ours and what the executable already has.

use super::Resources;
use crate::error::Problem;
use crate::pe::{Icon, Key, LANGUAGE, Name, Resource, ResourceTree, VersionInfo, group_members, kind};
use std::collections::BTreeSet;

/// Adds `ours` and the icon to `tree`. A resource of the same type and name is a clash in whatever language it is: Windows
/// might pick either, so that all languages stay or all go.
pub(super) fn merge(
    mut tree: ResourceTree,
    ours: &ResourceTree,
    resources: &Resources,
    notes: &mut Vec<String>,
) -> Result<ResourceTree, Problem> {
    for (key, resource) in ours {
        let same = |k: &Key| k.kind == key.kind && k.name == key.name;
        let theirs: Vec<Key> = tree.keys().filter(|k| same(k)).cloned().collect();
        if theirs.iter().any(|k| tree.get(k) != Some(resource)) {
            let what = describe(key, theirs.first().and_then(|k| tree.get(k)));
            if !resources.override_existing {
                notes.push(kept(key, &what, resources));
                continue;
            }
            notes.push(format!("replaced {what}"));
        }
        tree.retain(|k, _| !same(k));
        tree.insert(key.clone(), resource.clone());
    }
    if let Some(icon) = &resources.icon {
        merge_icon(&mut tree, icon, resources.override_existing, notes)?;
    }
    Ok(tree)
}

fn describe(key: &Key, theirs: Option<&Resource>) -> String {
    if key.is_kind(kind::VERSION) {
        let version = theirs.and_then(|r| VersionInfo::parse(&r.data)).map(|info| format!(" ({})", info.file_version));
        return format!("the crate's own VERSIONINFO{}", version.unwrap_or_default());
    }
    if key.is_kind(kind::MANIFEST) {
        return "the crate's own application manifest".into();
    }
    "the crate's own message table".into()
}

fn kept(key: &Key, what: &str, resources: &Resources) -> String {
    let declared = resources.messages.as_ref().map_or(0, Vec::len);
    if key.is_kind(kind::MESSAGE_TABLE) && declared > 0 {
        return format!("kept {what}: the {declared} declared event messages are not in it");
    }
    format!("kept {what}")
}

/// Windows shows the first icon group: named ones first, then the lowest number. Any group of theirs is a clash therefore,
/// and ours takes the first one's place when it replaces it.
fn merge_icon(
    tree: &mut ResourceTree,
    icon: &Icon,
    override_existing: bool,
    notes: &mut Vec<String>,
) -> Result<(), Problem> {
    let first = tree.keys().find(|key| key.is_kind(kind::GROUP_ICON)).map(|key| key.name.clone());
    if let Some(name) = &first {
        if is_this(tree, name, icon) {
            return Ok(());
        }
        if !override_existing {
            notes.push(format!("kept the crate's own icon ({name})"));
            return Ok(());
        }
        notes.push(format!("replaced the crate's own icon ({name})"));
        remove_group(tree, name);
    }
    // All groups share the ids of their images.
    let used: BTreeSet<u16> =
        tree.keys().filter(|key| key.is_kind(kind::ICON)).filter_map(|key| id(&key.name)).collect();
    let ids: Vec<u16> = (1..=u16::MAX).filter(|id| !used.contains(id)).take(icon.images.len()).collect();
    if ids.len() < icon.images.len() {
        return Err(Problem::new("too-many-icons", "the executable has no free number left for the icon's images"));
    }
    for (image, id) in icon.images.iter().zip(&ids) {
        tree.insert(Key::new(kind::ICON, *id, LANGUAGE), Resource { code_page: 0, data: image.bits.clone() });
    }
    let key = Key { kind: Name::Id(kind::GROUP_ICON), name: first.unwrap_or(Name::Id(1)), language: LANGUAGE };
    tree.insert(key, Resource { code_page: 0, data: icon.group(&ids) });
    Ok(())
}

fn id(name: &Name) -> Option<u16> {
    match name {
        Name::Id(id) => Some(*id),
        Name::Text(_) => None,
    }
}

fn is_group(key: &Key, name: &Name) -> bool {
    key.is_kind(kind::GROUP_ICON) && key.name == *name
}

/// Whether the group is this very icon, in one language.
fn is_this(tree: &ResourceTree, name: &Name, icon: &Icon) -> bool {
    let mut groups = tree.iter().filter(|(key, _)| is_group(key, name));
    let (Some((key, group)), None) = (groups.next(), groups.next()) else { return false };
    let ids: Vec<u16> = group_members(&group.data).collect();
    let bits = |id: u16| tree.get(&Key::new(kind::ICON, id, key.language)).map(|r| &r.data);
    group.data == icon.group(&ids) && icon.images.iter().zip(&ids).all(|(image, id)| bits(*id) == Some(&image.bits))
}

/// Removes a group and the images that no other group uses.
fn remove_group(tree: &mut ResourceTree, name: &Name) {
    let members = |tree: &ResourceTree, of: &dyn Fn(&Key) -> bool| -> BTreeSet<u16> {
        let groups = tree.iter().filter(|(key, _)| key.is_kind(kind::GROUP_ICON) && of(key));
        groups.flat_map(|(_, group)| group_members(&group.data)).collect()
    };
    let removed = members(tree, &|key| key.name == *name);
    let others = members(tree, &|key| key.name != *name);
    tree.retain(|key, _| {
        let orphan =
            key.is_kind(kind::ICON) && id(&key.name).is_some_and(|id| removed.contains(&id) && !others.contains(&id));
        !orphan && !is_group(key, name)
    });
}
