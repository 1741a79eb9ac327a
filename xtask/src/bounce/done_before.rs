//! Whether a recording was humanized before, just as it is asked for now.
//!
//! In: what is asked, the recording, the output that is there. Out: yes or no. An output says in its metadata of which
//! recording it is (a checksum of its file), by which version and with which settings; a learned score follows from
//! these.

use super::asked::Asked;
use super::input::Input;
use super::job::{Storing, software};
use super::outputs::Destinations;
use super::summary::input_word;
use crate::audio_file::source::{Faults, Source};

/// The word that tells a score that was learned from the recording itself.
const LEARNED_WORD: &str = "score=";

/// Whether every output is there, and that of the sound is what would be written now.
pub(super) fn is_done(
    asked: &Asked,
    input: &Input,
    destinations: &Destinations,
    storing: &Storing,
) -> anyhow::Result<bool> {
    if !destinations.paths().all(|path| path.is_file()) {
        return Ok(false);
    }
    // What is no sound file at all was certainly not written by a bounce.
    let Ok(output) = Source::open(destinations.after.path(), Faults::Refuse) else { return Ok(false) };
    let metadata = &output.shape().metadata;
    if metadata.software() != Some(&software()) {
        return Ok(false);
    }
    let depth = match storing.depth {
        Some(depth) => depth,
        None => input.open(storing.faults)?.shape().depth,
    };
    let checksum = input.checksum()?;
    let wanted: Vec<String> = asked.words().into_iter().chain(checksum.iter().map(|sum| input_word(sum))).collect();
    Ok(output.shape().depth == depth && is_same(metadata.comment().unwrap_or_default(), &wanted, asked.learns))
}

fn is_same(comment: &str, wanted: &[String], learns: bool) -> bool {
    let wanted = wanted.join(" ");
    match comment.strip_prefix(wanted.as_str()) {
        Some("") => !learns,
        Some(rest) => learns && rest.trim_start().starts_with(LEARNED_WORD),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_score_that_was_learned_may_be_unknown() {
        let wanted = ["amount=100".to_owned(), "input=ab".to_owned()];
        assert!(is_same("amount=100 input=ab", &wanted, false) && !is_same("amount=100 input=ab", &wanted, true));
        assert!(is_same("amount=100 input=ab score=12", &wanted, true));
        for other in ["amount=10 input=ab score=12", "amount=100 input=abc score=12", "amount=100 input=ab take=2", ""]
        {
            assert!(!is_same(other, &wanted, true) && !is_same(other, &wanted, false), "{other}");
        }
    }
}
