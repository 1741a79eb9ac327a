//! Statistics of the breath that was added.
//!
//! In: events, and the level of the breath in the voice. Out: how many inhalations were added and how many the take
//! has, how many that is in a minute, and how loud the breath is that was added to the voice.

use serde_json::{Value, json};

use super::events::{BreathKind, Event, only_breaths};

/// Figures of a whole bounce.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Account {
    n_added: usize,
    n_by_hand: usize,
    n_own: usize,
    duration_s: f64,
    aspiration_db: Option<f64>,
}

impl Account {
    /// Of a file's events. `aspiration_db` is the level of the breath in the voice, dBFS rms, if there is any.
    pub(super) fn new(events: &[Event], aspiration_db: Option<f64>, duration_s: f64) -> Self {
        let n_of = |kind: BreathKind| only_breaths(events).filter(|breath| breath.kind == kind).count();
        Self {
            n_added: n_of(BreathKind::Added),
            n_by_hand: n_of(BreathKind::ByHand),
            n_own: n_of(BreathKind::Own),
            duration_s,
            aspiration_db,
        }
    }

    /// Breaths of all kinds in a minute of the file; `None` for a file without length.
    fn per_minute(&self) -> Option<f64> {
        let n_breaths = (self.n_added + self.n_by_hand + self.n_own) as f64;
        (self.duration_s > 0.0).then(|| n_breaths * 60.0 / self.duration_s)
    }

    /// One line for a person.
    pub(super) fn text(&self) -> String {
        let Self { n_added, n_by_hand, n_own, .. } = self;
        let added = match (n_added + n_by_hand, n_by_hand) {
            (1, 0) => "1 inhalation added".to_owned(),
            (n, 0) => format!("{n} inhalations added"),
            (1, _) => "1 inhalation added by hand".to_owned(),
            (n, by_hand) => format!("{n} inhalations added, {by_hand} of them by hand"),
        };
        let per_minute = self.per_minute().map(|per_minute| format!("; {per_minute:.1} in a minute"));
        let voice = match self.aspiration_db {
            Some(level_db) => format!("; in the voice {level_db:.1} dBFS rms").replace('-', "−"),
            None => "; none in the voice".to_owned(),
        };
        format!("breath: {added}, {n_own} of the take's own{}{voice}", per_minute.unwrap_or_default())
    }

    /// The same for a machine.
    pub(super) fn json(&self) -> Value {
        json!({
            "added": self.n_added + self.n_by_hand,
            "by_hand": self.n_by_hand,
            "own": self.n_own,
            "per_minute": self.per_minute(),
            "aspiration_db": self.aspiration_db,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::events::Breath;
    use super::*;

    fn account(kinds: &[BreathKind], aspiration_db: Option<f64>) -> Account {
        let breath =
            |&kind| Event::Breath(Breath { kind, start_s: 0.0, end_s: 0.4, sung_s: 0.0, song_s: 0.0, level_db: -50.0 });
        Account::new(&kinds.iter().map(breath).collect::<Vec<_>>(), aspiration_db, 15.0)
    }

    #[test]
    fn breaths_are_counted_by_kind() {
        let all = account(&[BreathKind::Added, BreathKind::Own, BreathKind::ByHand, BreathKind::Added], Some(-60.0));
        let text = "breath: 3 inhalations added, 1 of them by hand, 1 of the take's own; 16.0 in a minute; \
                    in the voice −60.0 dBFS rms";
        assert_eq!(all.text(), text);
        let json = all.json();
        assert_eq!([&json["added"], &json["by_hand"], &json["own"]], [3, 1, 1]);
        assert_eq!(json["per_minute"], 16.0);
    }

    #[test]
    fn no_breath_is_said_to_be_none() {
        let text = "breath: 0 inhalations added, 0 of the take's own; 0.0 in a minute; none in the voice";
        assert_eq!(account(&[], None).text(), text);
        assert_eq!(account(&[], None).json()["aspiration_db"], Value::Null);
        assert_eq!(account(&[BreathKind::ByHand], None).text().matches("1 inhalation added by hand,").count(), 1);
        assert_eq!(Account::default().json()["per_minute"], Value::Null);
    }
}
