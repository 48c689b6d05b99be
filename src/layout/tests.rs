use super::*;
use proptest::prelude::*;

fn entry(path: &str, from: &str) -> Entry {
    Entry { path: BundlePath::new(path).expect("path"), source: Source::Bytes(Vec::new()), from: from.into() }
}

fn build(paths: &[&str]) -> Result<Vec<String>, Vec<String>> {
    let entries = paths.iter().enumerate().map(|(i, p)| entry(p, &format!("assets[{i}]"))).collect();
    match FileTree::build(entries) {
        Ok(tree) => Ok(tree.entries().iter().map(|e| e.path.to_string()).collect()),
        Err(problems) => Err(problems.0.iter().map(|p| p.what.clone()).collect()),
    }
}

#[test]
fn sorted_by_bytes() {
    assert_eq!(build(&["b", "a/z", "a-b", "B2", "é"]), Ok(["B2", "a-b", "a/z", "b", "é"].map(String::from).into()));
}

#[test]
fn all_conflicts_are_named_at_once_with_both_sources() {
    let problems =
        build(&["Readme.txt", "README.txt", "a", "a/b", "x/1", "X/2", "same", "same"]).expect_err("conflicts");
    assert_eq!(
        problems,
        [
            "`README.txt` (assets[1]) and `Readme.txt` (assets[0]) are one file on Windows",
            "`a` (assets[2]) is a file, but assets[3] needs a folder `a`",
            "two files are `same` in the bundle: assets[6] and assets[7]",
            "`X` (assets[5]) and `x` (assets[4]) are one folder on Windows",
        ]
    );
}

#[test]
fn a_folder_before_its_file_is_seen_too() {
    // `A/x` sorts before `a`.
    assert_eq!(
        build(&["a", "A/x"]),
        Err(vec!["`a` (assets[0]) is a file, but assets[1] needs a folder `A`".to_owned()])
    );
}

#[test]
fn accents_meet_in_either_spelling() {
    assert!(build(&["caf\u{e9}.txt", "CAFE\u{301}.TXT"]).is_err());
    assert!(build(&["stra\u{df}e", "straBe"]).is_ok());
}

#[test]
fn names_of_the_writer_are_kept() {
    let problems = build(&["sha256sums", "Winsvc-Manifest.json", "sub/SHA256SUMS"]).expect_err("reserved");
    assert_eq!(problems.len(), 2);
    assert!(problems.iter().all(|p| p.contains("cargo-winsvc itself")), "{problems:?}");
}

#[test]
fn found_by_path() {
    let tree = FileTree::build(vec![entry("b", "x"), entry("a/c", "y")]).expect("tree");
    assert_eq!(tree.get("a/c").map(|e| e.from.as_str()), Some("y"));
    assert!(tree.get("A/c").is_none() && tree.get("a").is_none());
}

/// What the tree must be, said another way: compares every pair.
fn conflicts(paths: &[String]) -> bool {
    let parts = |p: &str| p.to_uppercase().split('/').map(String::from).collect::<Vec<_>>();
    for (i, a) in paths.iter().enumerate() {
        for b in &paths[i + 1..] {
            let (ua, ub) = (parts(a), parts(b));
            let common = ua.iter().zip(&ub).take_while(|(x, y)| x == y).count();
            if common == ua.len() || common == ub.len() {
                return true;
            }
            let spelled = |p: &str| p.split('/').take(common).map(String::from).collect::<Vec<_>>();
            if spelled(a) != spelled(b) {
                return true;
            }
        }
    }
    false
}

proptest! {
    #[test]
    fn conflict_free_trees_and_only_those_are_built(paths in prop::collection::vec("[aAbB](/[aAbB]){0,2}", 0..5)) {
        let refs: Vec<&str> = paths.iter().map(String::as_str).collect();
        match build(&refs) {
            Ok(sorted) => {
                prop_assert!(!conflicts(&paths), "{paths:?} were taken");
                prop_assert_eq!(sorted.len(), paths.len());
                prop_assert!(sorted.windows(2).all(|w| w[0].as_bytes() < w[1].as_bytes()));
            }
            Err(problems) => {
                prop_assert!(conflicts(&paths), "{paths:?} were refused: {problems:?}");
                prop_assert!(problems.len() < paths.len() * paths.len());
            }
        }
    }

    #[test]
    fn order_of_entries_does_not_matter(mut paths in prop::collection::vec("[a-f]{1,2}(/[a-f]{1,2}){0,2}", 0..12)) {
        let before = build(&paths.iter().map(String::as_str).collect::<Vec<_>>());
        paths.reverse();
        let after = build(&paths.iter().map(String::as_str).collect::<Vec<_>>());
        prop_assert_eq!(before.is_ok(), after.is_ok());
        if let (Ok(a), Ok(b)) = (before, after) {
            prop_assert_eq!(a, b);
        }
    }
}
