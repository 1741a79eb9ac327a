//! Latency and the host's clock, in words; a click changes whose clock the host is taken to send.
//!
//! In: a place, the hand, the latest snapshot. Out: the words drawn, one gesture for each click.

use egui::{Align2, CursorIcon, Pos2, Rect, Sense, Ui};
use nice_plug::prelude::Param;

use super::control_id;
use super::hand::Hand;
use super::theme::{self, Scale};
use crate::monitor::Snapshot;
use crate::params::{CLOCK_NAMES, Clock, Daw};

/// Draws the words left of `at`; returns where they are.
pub(super) fn clock(ui: &mut Ui, at: Pos2, hand: &Hand, snapshot: &Snapshot, scale: Scale) -> Rect {
    let params = hand.params;
    let param = &params.clock;
    let chosen = param.unmodulated_plain_value();
    let daw = &params.daw;
    let text = format!("{} \u{b7} {}", latency_text(snapshot), clock_text(chosen, daw, snapshot));
    let color = if snapshot.is_passing { theme::ALERT } else { theme::DIM };
    let drawn = ui.painter().text(at, Align2::RIGHT_CENTER, text, scale.font(13.0), color);
    let response = ui.interact(drawn, control_id(param.listed.id), Sense::click());
    let response = response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(hint(snapshot, chosen, daw));
    if response.clicked() {
        hand.put(param, (chosen + 1) % CLOCK_NAMES.len() as i32);
    }
    drawn
}

/// The delay that is reported to the host.
fn latency_text(snapshot: &Snapshot) -> String {
    if snapshot.is_passing {
        return "passes".to_owned();
    }
    if snapshot.sample_rate_hz <= 0.0 {
        return "latency \u{2013}".to_owned();
    }
    let latency_ms = snapshot.latency_samples as f32 / snapshot.sample_rate_hz * 1000.0;
    format!("latency {latency_ms:.0} ms")
}

/// Whose clock the host sends, and in brackets if that was not chosen.
fn clock_text(chosen: i32, daw: &Daw, snapshot: &Snapshot) -> String {
    match (chosen, daw.clock()) {
        _ if !snapshot.is_position_told => "position unknown".to_owned(),
        (1, _) => "audio clock".to_owned(),
        (2, _) => "playhead clock".to_owned(),
        (_, Clock::Audio) => "(audio clock)".to_owned(),
        (_, Clock::Playhead) => "(playhead clock)".to_owned(),
    }
}

fn hint(snapshot: &Snapshot, chosen: i32, daw: &Daw) -> String {
    if snapshot.is_passing {
        let rate_hz = snapshot.sample_rate_hz;
        return format!(
            "The sound passes as it is: Con Anima works at 8 to 384 kHz, and the host runs at {rate_hz} Hz."
        );
    }
    if !snapshot.is_position_told {
        return "The host does not tell where in the song it is. Each start is sung as a song's beginning, so that the \
                same bar may sound another way next time."
            .to_owned();
    }
    let name = daw.name();
    let host = if name.is_empty() { "This host tells no name." } else { &format!("The host is {name}.") };
    let by = if chosen == 0 { "Chosen by the host's name." } else { "Chosen by hand." };
    format!(
        "Whose song position and automation the host sends: the audio's, or the playhead's, which is the latency \
         behind it. {host} {by} Click to change it."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latency_is_said_in_milliseconds_once_it_is_known() {
        let known = Snapshot { latency_samples: 4320, sample_rate_hz: 48_000.0, ..Snapshot::default() };
        assert_eq!(latency_text(&known), "latency 90 ms");
        assert_eq!(latency_text(&Snapshot::default()), "latency \u{2013}");
        let passing = Snapshot { sample_rate_hz: 768_000.0, is_passing: true, ..Snapshot::default() };
        assert_eq!(latency_text(&passing), "passes");
        assert!(hint(&passing, 0, &Daw::default()).contains("768000 Hz"));
    }

    #[test]
    fn a_host_that_tells_no_position_is_said() {
        let snapshot = Snapshot { is_position_told: false, ..Snapshot::default() };
        assert_eq!(clock_text(0, &Daw::default(), &snapshot), "position unknown");
        assert!(hint(&snapshot, 0, &Daw::default()).contains("does not tell where"));
    }

    #[test]
    fn what_follows_from_the_hosts_name_stands_in_brackets() {
        let daw = Daw::default();
        daw.tell_name("Ardour");
        assert_eq!(
            [0, 1, 2].map(|chosen| clock_text(chosen, &daw, &Snapshot::default())),
            ["(playhead clock)", "audio clock", "playhead clock"]
        );
        assert!(hint(&Snapshot::default(), 0, &daw).contains("The host is Ardour. Chosen by the host's name."));
    }
}
