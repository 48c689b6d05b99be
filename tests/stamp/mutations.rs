//! Damaged inputs: each is refused or stamped soundly, and none makes the program panic.

use crate::images;
use crate::sample;
use cargo_winsvc::pe::{self, Icon, Image};
use cargo_winsvc::stamp::{self, Resources};
use rayon::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Inputs of each fixture; reproducible, as each has its number as the seed.
const EACH: u64 = 13_000;

/// Small files with all that can be damaged: own resources, relocations, debug directory, symbols, full headers.
const FIXTURES: [&str; 8] = [
    "msvc-x86_64-pdb",
    "msvc-x86_64-own-pdb",
    "msvc-x86_64-own-dwarf",
    "msvc-x86_64-pdb+full-headers",
    "msvc-aarch64-dwarf",
    "gnu-i686-tiny-symbols",
    "gnu-i686-tiny-own",
    "gnu-x86_64-tiny-symbols",
];

/// splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// File ranges worth damaging: headers, `.rsrc`, `.reloc`, the debug directory and its records.
fn zones(exe: &[u8]) -> Vec<(usize, usize)> {
    let image = Image::parse(exe).expect("parses");
    let long = |at: usize| u32::from_le_bytes(exe[at..at + 4].try_into().expect("four")) as usize;
    let nt = long(0x3c);
    let table = nt + 24 + usize::from(u16::from_le_bytes([exe[nt + 20], exe[nt + 21]]));
    let mut zones = vec![(nt, table - nt), (table, 40 * image.sections().len())];
    for section in image.sections().iter().filter(|s| s.name == ".rsrc" || s.name == ".reloc") {
        // The directories of a resource section come first: its data is of no interest.
        zones.push((section.raw_offset as usize, section.raw_size.min(section.virtual_size).min(0x400) as usize));
    }
    let fields = pe::SealFields::of(&image).expect("fields");
    zones.extend(fields.time_stamps.iter().skip(1).map(|at| (at - 4, 28)));
    zones.push((0, 0x40));
    zones
}

/// One damaged copy.
fn damage(exe: &[u8], zones: &[(usize, usize)], seed: u64) -> Vec<u8> {
    const EDGES: [u64; 12] = [0, 1, 2, 7, 0x7f, 0x80, 0xff, 0x1000, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_ffff];
    let mut random = Random(seed);
    let mut out = exe.to_vec();
    if random.below(8) == 0 {
        out.truncate(if random.below(2) == 0 { random.below(0x800) } else { random.below(exe.len()) });
        return out;
    }
    for _ in 0..=random.below(3) {
        let (start, length) = zones[random.below(zones.len())];
        let at = start + random.below(length);
        match random.below(4) {
            0 => out[at] = random.next() as u8,
            1 => out[at] ^= 1 << random.below(8),
            // A whole field: small, huge, or a little off.
            2 => {
                let field = at & !3;
                let value = EDGES[random.below(EDGES.len())] as u32;
                out[field..field + 4].copy_from_slice(&value.to_le_bytes());
            }
            _ => {
                let field = at & !3;
                let value = u32::from_le_bytes(out[field..field + 4].try_into().expect("four"));
                let value = value.wrapping_add([1, 0x200, 0x1000, u32::MAX, 0u32.wrapping_sub(0x200)][random.below(5)]);
                out[field..field + 4].copy_from_slice(&value.to_le_bytes());
            }
        }
    }
    out
}

#[test]
fn a_hundred_thousand_damaged_inputs() {
    // Small ones, as time goes by the byte; the message table, of one size and tested elsewhere, now and then.
    let small = Resources {
        messages: None,
        icon: Icon::parse(&sample::small_icon()).ok(),
        manifest: Some(b"<assembly/>".to_vec()),
        ..sample::resources()
    };
    let variants: Vec<Resources> = (0..16)
        .map(|i| Resources { override_existing: i % 2 == 1, messages: (i == 0).then(Vec::new), ..small.clone() })
        .collect();
    let (accepted, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::panic::set_hook(Box::new(|_| {}));
    let faults: Vec<String> = FIXTURES
        .par_iter()
        .flat_map(|name| {
            let exe = &images::named(name).exe;
            let zones = zones(exe);
            (0..EACH).into_par_iter().filter_map(move |seed| Some((name, exe, damage(exe, &zones, seed), seed)))
        })
        .filter_map(|(name, _, input, seed)| {
            let resources = &variants[(seed % 16) as usize];
            let checked = catch_unwind(AssertUnwindSafe(|| {
                // What `verify` asks of a file that it does not trust.
                if let Ok(image) = Image::parse(&input) {
                    let _ = (image.imports(), image.version_info(), image.debug_id(), image.debuglink());
                }
                match stamp::run(input, resources) {
                    Err(problem) => {
                        refused.fetch_add(1, Ordering::Relaxed);
                        problem.what.contains("internal").then_some(problem.what)
                    }
                    Ok(stamped) => {
                        accepted.fetch_add(1, Ordering::Relaxed);
                        broken(&stamped.bytes, resources)
                    }
                }
            }));
            match checked {
                Err(_) => Some(format!("{name}, seed {seed}: panic")),
                Ok(fault) => fault.map(|fault| format!("{name}, seed {seed}: {fault}")),
            }
        })
        .collect();
    let _ = std::panic::take_hook();
    let (accepted, refused) = (accepted.into_inner(), refused.into_inner());
    assert!(
        faults.is_empty(),
        "{} of {}:\n{}",
        faults.len(),
        accepted + refused,
        faults[..faults.len().min(10)].join("\n")
    );
    assert!(accepted + refused >= 100_000);
    assert!(accepted > 10_000 && refused > 10_000, "{accepted} stamped, {refused} refused");
}

/// What is wrong with a result, if anything.
fn broken(bytes: &[u8], resources: &Resources) -> Option<String> {
    if let Err(faults) = pe::check_layout(bytes) {
        return Some(format!("{faults:?}"));
    }
    let image = match Image::parse(bytes) {
        Ok(image) => image,
        Err(error) => return Some(error.to_string()),
    };
    if image.stored_checksum() != image.computed_checksum() {
        return Some("CheckSum".into());
    }
    let Ok(tree) = image.resources() else { return Some("resources".into()) };
    for kind in [pe::kind::VERSION, pe::kind::MANIFEST, pe::kind::GROUP_ICON] {
        if !tree.keys().any(|key| key.is_kind(kind)) {
            return Some(format!("no resource of type {kind}"));
        }
    }
    if resources.override_existing && image.version_info().map(|v| v.file_version) != Some(resources.version) {
        return Some("not our version".into());
    }
    None
}
