//! A position among the scenes in words, as a host and the window show it, and as it is typed.
//!
//! In: a position, or what was typed. Out: the other: `2 Chorus`, `2 → 3, 50 %`, `Off`. What is shown can be typed.

use super::{Between, N_SCENES, Scenes};
use crate::params::Parameter;

/// What may be typed between two scenes.
const ARROWS: [&str; 5] = ["\u{2192}", "\u{203a}", "->", ">", " to "];
/// The words behind a place that holds no scene.
const EMPTY: &str = "(no scene)";

impl Scenes {
    /// A position of the parameter `listed` in words.
    pub fn text(&self, listed: &Parameter, position: f32) -> String {
        let position = listed.rounded(listed.nearest(position));
        let number = listed.text(position);
        let between = Between::at(position, |place| self.get(place).is_some());
        match between {
            _ if position == 0.0 => number,
            _ if between.share > 0.0 => {
                let percent = format!("{:.2}", between.share * 100.0);
                let percent = percent.trim_end_matches('0').trim_end_matches('.').to_owned();
                format!("{} \u{2192} {}, {percent} %", self.place_name(listed, between.from), between.to)
            }
            Between { from: 0, .. } => format!("{number} {EMPTY}"),
            Between { from, .. } if from as f32 == position => self.place_name_long(from),
            Between { from, .. } => format!("{number} as {}", self.place_name_long(from)),
        }
    }

    /// The position that was typed; `None` if it is none.
    pub fn typed(&self, listed: &Parameter, text: &str) -> Option<f32> {
        let plain = text.trim().replace('\u{2212}', "-").to_lowercase();
        let place = |is_meant: &dyn Fn(usize, &str) -> bool| {
            let is_place = |place: &usize| {
                let name = self.get(*place).map(|scene| scene.name.to_lowercase()).filter(|name| !name.is_empty());
                name.is_some_and(|name| is_meant(*place, &name))
            };
            (1..=N_SCENES).find(is_place).map(|place| place as f32)
        };
        // A number is a place, also where a scene is called by another number.
        place(&|place, name| plain == format!("{place} {name}"))
            .or_else(|| typed_number(listed, &plain))
            .or_else(|| place(&|_, name| plain == name))
            .or_else(|| self.typed_mixture(listed, &plain))
    }

    /// `2 → 3, 50 %`; without a percentage half way.
    fn typed_mixture(&self, listed: &Parameter, plain: &str) -> Option<f32> {
        let (from, rest) = ARROWS.iter().find_map(|arrow| plain.split_once(arrow))?;
        let from = self.typed(listed, from.trim())?;
        // Where the name ends and the percentage begins is not told: a name may have spaces, a number a comma.
        let rest = rest.trim();
        let splits = rest.match_indices([',', ' ']).map(|(at, _)| rest.split_at(at));
        splits.chain([(rest, "")]).find_map(|(to, share)| {
            let to = self.typed(listed, to.trim())?;
            let percent = percent(share.trim_start_matches(',').trim_end_matches('%').trim())?;
            Some(listed.rounded(from + (to - from) * percent / 100.0))
        })
    }

    /// A place by its number, 0 by its name.
    fn place_name(&self, listed: &Parameter, place: usize) -> String {
        listed.text(place as f32)
    }

    /// A place by its number and its scene's name.
    fn place_name_long(&self, place: usize) -> String {
        let name = self.get(place).map_or("", |scene| &scene.name);
        format!("{place} {name}").trim_end().to_owned()
    }
}

/// A percentage; half where there is none.
fn percent(text: &str) -> Option<f32> {
    let percent: f32 = if text.is_empty() { 50.0 } else { text.replace(',', ".").parse().ok()? };
    (0.0..=100.0).contains(&percent).then_some(percent)
}

/// A number, alone or with what is shown behind it.
fn typed_number(listed: &Parameter, plain: &str) -> Option<f32> {
    let (number, rest) = plain.split_once(' ').unwrap_or((plain, ""));
    let is_shown = rest.is_empty() || rest == EMPTY || rest.starts_with("as ");
    listed.typed(number).ok().filter(|_| is_shown)
}

#[cfg(test)]
mod tests {
    use super::super::tests::verse_and_chorus;
    use super::*;
    use crate::params::parameter;

    fn scene() -> &'static Parameter {
        parameter("scene").expect("it is listed")
    }

    fn text(scenes: &Scenes, position: f32) -> String {
        scenes.text(scene(), position)
    }

    #[test]
    fn a_position_is_shown_by_number_and_name() {
        let scenes = verse_and_chorus();
        let expected = [
            (0.0, "Off"),
            (1.0, "Off \u{2192} 2, 50 %"),
            (2.0, "2 Verse"),
            (3.5, "2 \u{2192} 5, 50 %"),
            (5.0, "5 Chorus"),
            (7.25, "7.25 as 5 Chorus"),
        ];
        for (position, words) in expected {
            assert_eq!(text(&scenes, position), words);
        }
        assert_eq!(text(&Scenes::default(), 3.0), "3 (no scene)");
    }

    #[test]
    fn what_is_shown_can_be_typed() {
        for scenes in [verse_and_chorus(), Scenes::default()] {
            for hundredths in 0..=800 {
                let position = scene().rounded(hundredths as f32 / 100.0);
                let words = text(&scenes, position);
                assert_eq!(scenes.typed(scene(), &words), Some(position), "{words}");
            }
        }
    }

    #[test]
    fn a_number_is_a_place_whatever_scenes_are_called() {
        let mut scenes = verse_and_chorus();
        scenes.rename(2, "5");
        assert_eq!(scenes.typed(scene(), "5"), Some(5.0));
        scenes.rename(2, "from 1 to 5");
        for position in [2.0, 3.5] {
            assert_eq!(scenes.typed(scene(), &text(&scenes, position)), Some(position));
        }
    }

    #[test]
    fn names_numbers_and_mixtures_may_be_typed_and_nonsense_may_not() {
        let scenes = verse_and_chorus();
        let typed = |words: &str| scenes.typed(scene(), words);
        let expected = [
            ("chorus", 5.0),
            ("2 VERSE", 2.0),
            ("2.5", 2.5),
            ("2,5", 2.5),
            ("off", 0.0),
            ("99", 8.0),
            ("2 -> 5", 3.5),
            ("verse > chorus, 25%", 2.75),
            ("2 to 5 50 %", 3.5),
        ];
        for (words, position) in expected {
            assert_eq!(typed(words), Some(position), "{words}");
        }
        let mut scenes = scenes.clone();
        scenes.rename(5, "Big Chorus");
        for (words, position) in
            [("verse > big chorus, 25 %", 2.75), ("2 to Big Chorus", 3.5), ("2 to 5 12,5 %", 2.375)]
        {
            assert_eq!(scenes.typed(scene(), words), Some(scene().rounded(position)), "{words}");
        }
        for words in ["", "bridge", "2 Chorus", "2 -> bridge", "2 -> 5, 300 %", "5 %"] {
            assert_eq!(typed(words), None, "{words}");
        }
    }
}
