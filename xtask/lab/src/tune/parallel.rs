//! Parallel work on many items.
//!
//! In: items, a function. Out: its results in order.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The results of `work` for each item, in the order of the items, on `n_threads` threads. `progress` is called with
/// the number done; its calls may overlap.
pub(super) fn map<T: Sync, R: Send>(
    items: &[T],
    n_threads: usize,
    work: impl Fn(&T) -> R + Sync,
    progress: impl Fn(usize) + Sync,
) -> Vec<R> {
    let (next, n_done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let worker = || {
        let mut made = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return made };
            made.push((index, work(item)));
            progress(n_done.fetch_add(1, Ordering::Relaxed) + 1);
        }
    };
    let mut made: Vec<(usize, R)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..n_threads.max(1)).map(|_| scope.spawn(worker)).collect();
        let joined = workers.into_iter().map(|worker| worker.join());
        joined.flat_map(|made| made.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    made.sort_by_key(|(index, _)| *index);
    made.into_iter().map(|(_, made)| made).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_whoever_made_them() {
        let items: Vec<u64> = (0..100).collect();
        let most = AtomicUsize::new(0);
        for n_threads in [0, 1, 3] {
            // The first ones take longest, so that they are not done first.
            let slow_square = |item: &u64| {
                std::thread::sleep(std::time::Duration::from_micros(200 - 2 * item));
                item * item
            };
            let squares = map(&items, n_threads, slow_square, |n_done| {
                most.fetch_max(n_done, Ordering::Relaxed);
            });
            assert!(squares.iter().zip(&items).all(|(square, item)| *square == item * item));
            assert_eq!((squares.len(), most.load(Ordering::Relaxed)), (100, 100));
        }
        assert!(map(&[], 2, |item: &u64| *item, |_| ()).is_empty());
    }
}
