//! Prints what the C code says and what depends on the run-time: threads, thread-locals, panics, division of 64-bit numbers;
//! and on functions that Windows 7 lacks: time, random numbers.

use std::collections::hash_map::RandomState;
use std::ffi::{c_char, c_double, c_int, CStr};
use std::hash::BuildHasher;
use std::hint::black_box;
use std::time::{Duration, SystemTime};

extern "C" {
    fn part_report(out: *mut c_char, size: usize, n: c_double) -> c_int;
    fn part_process() -> u32;
    fn part_register() -> c_int;
    fn part_file() -> *const c_char;
}

struct Last;

impl Drop for Last {
    fn drop(&mut self) {
        println!("thread-local gone");
    }
}

thread_local!(static LAST: Last = const { Last });

fn report() -> String {
    let mut text = [0u8; 64];
    unsafe {
        part_report(text.as_mut_ptr().cast(), text.len(), 2.0);
    }
    CStr::from_bytes_until_nul(&text).expect("a NUL").to_string_lossy().into_owned()
}

#[inline(never)]
fn fails(n: usize) -> usize {
    assert!(n > 1000, "too small");
    n
}

fn main() {
    println!("c: {}", report());
    println!("same process: {}", unsafe { part_process() } == std::process::id());
    println!("c file: {}", unsafe { CStr::from_ptr(part_file()) }.to_string_lossy());
    println!("counted: {} {}", counter_sys::next(), counter_sys::next());
    let (n, d) = (black_box(-9_000_000_000_000_000_001_i64), black_box(7_000_000_001_i64));
    println!("signed: {} {} {}", n / d, n % d, (n / d).wrapping_mul(d));
    let (n, d) = (black_box(u64::MAX - 5), black_box(10_000_000_019_u64));
    println!("unsigned: {} {} {}", n / d, n % d, (n / d).wrapping_mul(d));
    // Since 1970; in 2020 it were 50 years.
    let age = SystemTime::UNIX_EPOCH.elapsed().expect("a clock that is right");
    println!("clock: {}", age > Duration::from_secs(50 * 365 * 86400));
    // Each thread begins with keys of its own.
    let hashed = || RandomState::new().hash_one(1);
    let other = std::thread::spawn(hashed).join().expect("no panic");
    println!("chance: {}", hashed() != other);
    std::panic::set_hook(Box::new(|_| ()));
    println!("caught: {}", std::panic::catch_unwind(|| fails(black_box(1))).is_err());
    std::thread::spawn(|| LAST.with(|_| ())).join().expect("no panic");
    assert_eq!(unsafe { part_register() }, 0);
}
