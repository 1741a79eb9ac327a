//! Whether a recording was humanized before, just as it is asked for now.
//!
//! In: what is asked, the recording, the output that is there. Out: yes or no. An output says in its metadata of which
//! recording it is (a checksum of its file), by which version and with which settings; a learned score follows from
//! these.

use super::asked::Asked;
use super::input::Input;
use super::job::{EDIT, SOURCE_COMMENT, Storing};
use super::outputs::Destinations;
use super::summary::input_word;
use crate::audio_file::{Faults, Source};
use crate::wav_write;

/// The word that tells a score that was learned from the recording itself.
const LEARNED_WORD: &str = "score=";

/// Whether the sound that is there is what would be written now.
pub(super) fn is_sung(
    asked: &Asked,
    input: &Input,
    destinations: &Destinations,
    storing: &Storing,
) -> anyhow::Result<bool> {
    if !destinations.after.path().is_file() {
        return Ok(false);
    }
    // What is no sound file at all was certainly not written by a bounce.
    let Ok(output) = Source::open(destinations.after.path(), Faults::Refuse) else { return Ok(false) };
    let metadata = &output.shape().metadata;
    if metadata.software() != Some(&wav_write::software()) {
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
    let Some((comment, _)) = comment.split_once(&format!("; {EDIT}")) else { return false };
    let (comment, _) = comment.split_once(&format!("; {SOURCE_COMMENT}")).unwrap_or((comment, ""));
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
        let is_same =
            |words: &str, learns| is_same(&format!("{words}; {SOURCE_COMMENT}take 3; {EDIT}"), &wanted, learns);
        assert!(is_same("amount=100 input=ab", false) && !is_same("amount=100 input=ab", true));
        assert!(is_same("amount=100 input=ab score=12", true));
        for other in ["amount=10 input=ab score=12", "amount=100 input=abc score=12", "amount=100 input=ab take=2", ""]
        {
            assert!(!is_same(other, true) && !is_same(other, false), "{other}");
        }
    }
}
