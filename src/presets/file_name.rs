//! File names that every system takes.
//!
//! In: a preset's name. Out: a file's name without its extension. Windows forbids most, so its rules hold everywhere: a
//! folder that is copied to another computer arrives complete.

/// The longest name in bytes. Chosen: file systems take 255, and a number, an extension and the marks of a temporary
/// file have to fit.
const MAX_BYTES: usize = 120;

/// Names of devices on Windows, whatever their extension.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// A good file name for a preset of this name.
pub(super) fn file_stem(name: &str) -> String {
    let is_bad = |letter: char| letter.is_control() || "<>:\"/\\|?*".contains(letter);
    let good: String = name.chars().map(|letter| if is_bad(letter) { '_' } else { letter }).collect();
    let good = good.trim_matches(|end: char| end == '.' || end.is_whitespace());
    let end = (0..=good.len().min(MAX_BYTES)).rev().find(|at| good.is_char_boundary(*at)).unwrap_or(0);
    let good = good[..end].trim_end_matches(|end: char| end == '.' || end.is_whitespace());
    match good {
        "" => "preset".to_owned(),
        _ if is_device(good) => format!("{good}_"),
        _ => good.to_owned(),
    }
}

fn is_device(stem: &str) -> bool {
    let first = stem.split('.').next().unwrap_or(stem).trim_end().to_lowercase();
    let port = first.strip_prefix("com").or_else(|| first.strip_prefix("lpt"));
    let is_port = port.is_some_and(|number| number.chars().count() == 1 && "0123456789¹²³".contains(number));
    is_port || DEVICES.contains(&first.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_name_stays() {
        for name in ["Lead", "Strophe, leise (2)", "Ölçü", "コーラス", "Consort", "com10", "a.b"] {
            assert_eq!(file_stem(name), name);
        }
    }

    #[test]
    fn a_bad_name_becomes_a_good_one() {
        let cases = [
            ("../../etc/passwd", "_.._etc_passwd"),
            ("a/b\\c:d*e?\"<f>|", "a_b_c_d_e___f__"),
            ("line\nbreak\0", "line_break_"),
            ("  dots... ", "dots"),
            (".hidden", "hidden"),
            ("CON", "CON_"),
            ("nul.old", "nul.old_"),
            ("Lpt1", "Lpt1_"),
            ("com¹", "com¹_"),
            ("...", "preset"),
            ("", "preset"),
        ];
        for (name, stem) in cases {
            assert_eq!(file_stem(name), stem, "{name:?}");
        }
        let long = file_stem(&"ö".repeat(500));
        assert!(long.len() <= MAX_BYTES && long.chars().all(|letter| letter == 'ö'), "{long}");
    }
}
