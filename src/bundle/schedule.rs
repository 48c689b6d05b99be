//! Work on many items by several threads, results taken in order, memory bounded.
//!
//! The dearest item of a sliding window starts first, so that no thread is left with it at the end. The window's items may
//! weigh [`WINDOW`] together besides the heaviest one: that bounds what is held in memory, and a single item heavier than the
//! window does not stop the others. The next result to be taken is always in the window, so there is no dead end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Bytes of input that may be in work, or finished and waiting for their turn.
const WINDOW: u64 = 256 << 20;

struct State<R> {
    /// Index of the first item that is not in the window yet.
    next: usize,
    /// In the window, not begun: weight and index.
    ready: BTreeSet<(u64, usize)>,
    /// In the window in any state: weight and index.
    inside: BTreeSet<(u64, usize)>,
    weight: u64,
    done: BTreeMap<usize, R>,
    stop: bool,
}

struct Shared<'a, R> {
    weights: &'a [u64],
    window: u64,
    state: Mutex<State<R>>,
    changed: Condvar,
}

impl<R> Shared<'_, R> {
    fn lock(&self) -> MutexGuard<'_, State<R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'g>(&self, guard: MutexGuard<'g, State<R>>) -> MutexGuard<'g, State<R>> {
        self.changed.wait(guard).unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves as many items into the window as fit.
    fn admit(&self, state: &mut State<R>) {
        while let Some(&weight) = self.weights.get(state.next) {
            let heaviest = state.inside.last().map_or(0, |(w, _)| *w).max(weight);
            if !state.inside.is_empty() && state.weight + weight - heaviest > self.window {
                break;
            }
            state.inside.insert((weight, state.next));
            state.ready.insert((weight, state.next));
            state.weight += weight;
            state.next += 1;
        }
    }

    fn stop(&self) {
        self.lock().stop = true;
        self.changed.notify_all();
    }
}

/// Ends the others when its thread ends, in whatever way.
struct StopOnDrop<'a, 'b, R> {
    shared: &'a Shared<'b, R>,
    only_in_panic: bool,
}

impl<R> Drop for StopOnDrop<'_, '_, R> {
    fn drop(&mut self) {
        if !self.only_in_panic || std::thread::panicking() {
            self.shared.stop();
        }
    }
}

/// Runs `work` on every index and hands the results to `take` in the order of the indices. Each thread has a tool of its own
/// from `tool`. Ends early at the first error of `take`.
pub(super) fn run<T, R: Send>(
    weights: &[u64],
    threads: usize,
    tool: impl Fn() -> T + Sync,
    work: impl Fn(&mut T, usize) -> R + Sync,
    take: impl FnMut(usize, R) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    run_within(WINDOW, weights, threads, tool, work, take)
}

fn run_within<T, R: Send>(
    window: u64,
    weights: &[u64],
    threads: usize,
    tool: impl Fn() -> T + Sync,
    work: impl Fn(&mut T, usize) -> R + Sync,
    mut take: impl FnMut(usize, R) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let state = State {
        next: 0,
        ready: BTreeSet::new(),
        inside: BTreeSet::new(),
        weight: 0,
        done: BTreeMap::new(),
        stop: false,
    };
    let shared = Shared { weights, window, state: Mutex::new(state), changed: Condvar::new() };
    shared.admit(&mut shared.lock());
    let worker = || {
        let _guard = StopOnDrop { shared: &shared, only_in_panic: true };
        let mut tool = tool();
        loop {
            let mut state = shared.lock();
            let index = loop {
                if state.stop {
                    return;
                }
                if let Some((_, index)) = state.ready.pop_last() {
                    break index;
                }
                if state.next == shared.weights.len() {
                    return;
                }
                state = shared.wait(state);
            };
            drop(state);
            let result = work(&mut tool, index);
            shared.lock().done.insert(index, result);
            shared.changed.notify_all();
        }
    };
    std::thread::scope(|scope| {
        let _guard = StopOnDrop { shared: &shared, only_in_panic: false };
        for _ in 0..threads.clamp(1, weights.len().max(1)) {
            scope.spawn(worker);
        }
        for (index, weight) in weights.iter().enumerate() {
            let mut state = shared.lock();
            let result = loop {
                if let Some(result) = state.done.remove(&index) {
                    break result;
                }
                if state.stop {
                    anyhow::bail!("a worker thread ended before its work was done");
                }
                state = shared.wait(state);
            };
            drop(state);
            take(index, result)?;
            let mut state = shared.lock();
            state.inside.remove(&(*weight, index));
            state.weight -= weight;
            shared.admit(&mut state);
            drop(state);
            shared.changed.notify_all();
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn in_order_for_any_number_of_threads_and_within_the_window() {
        let weights: Vec<u64> =
            (0..500).map(|i| (i * 7919) % 100).chain([5_000]).chain((0..100).map(|i| i % 7)).collect();
        for threads in [1, 2, 3, 16] {
            let held = AtomicU64::new(0);
            let most = AtomicU64::new(0);
            let mut taken = Vec::new();
            run_within(
                300,
                &weights,
                threads,
                || (),
                |(), i| {
                    let now = held.fetch_add(weights[i], Ordering::SeqCst) + weights[i];
                    most.fetch_max(now, Ordering::SeqCst);
                    i
                },
                |i, r| {
                    held.fetch_sub(weights[i], Ordering::SeqCst);
                    taken.push(r);
                    Ok(())
                },
            )
            .expect("runs");
            assert_eq!(taken, (0..weights.len()).collect::<Vec<_>>());
            assert!(most.into_inner() <= 5_300, "memory is bounded");
        }
    }

    #[test]
    fn one_thread_begins_with_the_dearest_of_the_window() {
        let order = Mutex::new(Vec::new());
        run(&[1, 9, 5], 1, || (), |(), i| order.lock().expect("lock").push(i), |_, ()| Ok(())).expect("runs");
        assert_eq!(order.into_inner().expect("lock"), [1, 2, 0]);
    }

    #[test]
    fn errors_and_nothing_to_do_end_it() {
        run(&[], 4, || (), |(), _| (), |_, ()| Ok(())).expect("nothing to do");
        let error = run(&[1; 1000], 4, || (), |(), i| i, |i, _| if i == 3 { anyhow::bail!("third") } else { Ok(()) });
        assert_eq!(error.expect_err("fails").to_string(), "third");
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_panic_in_a_worker_is_no_dead_end() {
        let _ = run(&[1; 10], 2, || (), |(), i| assert_ne!(i, 5, "expected by the test"), |_, ()| Ok(()));
    }
}
