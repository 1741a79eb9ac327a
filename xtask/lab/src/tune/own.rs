//! The statistics of recordings as `cargo xtask measure` computes them, where the reference program is not there.
//!
//! In: files. Out: their statistics by name: the same ones under the same names, from the engine's own analysis. A few
//! are missing, as `am_slow_db` is.

use std::path::PathBuf;

use anyhow::Context;
use xtask::{audio_file, measure};

use super::parallel;
use super::reference::Statistics;

/// So much of a recording is measured, seconds. Source: docs/voice.md, "Human ranges".
const MEASURED_S: f64 = 16.0;

/// Measures files, in their order; `progress` is called with the number done.
pub(super) fn statistics(
    files: &[PathBuf],
    n_jobs: usize,
    progress: impl Fn(usize) + Sync,
) -> anyhow::Result<Vec<Statistics>> {
    let mut measured = Vec::new();
    // Files are decoded one by one: what a decoder prints when it panics is kept back for the whole program.
    for files in files.chunks(n_jobs.max(1)) {
        let recordings: Vec<_> = files.iter().map(|file| audio_file::read(file)).collect::<anyhow::Result<_>>()?;
        let n_before = measured.len();
        let measure = |recording: &_| measure::statistics(recording, MEASURED_S);
        let values = parallel::map(&recordings, n_jobs, measure, |n_done| progress(n_before + n_done));
        for (file, values) in files.iter().zip(values) {
            measured.push(Statistics::of(&values.with_context(|| format!("cannot measure '{}'", file.display()))?));
        }
    }
    Ok(measured)
}
