//! The transport of a host, through the built library in a real CLAP host: the plugin is where the host says.

mod common;
#[path = "common/clap_host.rs"]
mod clap_host;

use clap_host::{Hosted, Run, Stretch, Told};
use common::bits;
use con_anima::demo::{demo_song, sing};
use con_anima::offline::{Options, render};
use con_anima::params::Values;
use con_anima::settings::{Mode, Settings, Tempo};

const RATE_HZ: f64 = 48_000.0;
const TEMPO: f64 = 96.0;
/// Where the song is listened to, samples: in a vowel, and on no hop's edge.
const BAR: usize = 369_617;
/// Where the song starts once more it fades in from where it was, samples: 30 ms.
const FADE: usize = 1440;

fn seconds(seconds: f64) -> usize {
    (seconds * RATE_HZ) as usize
}

/// The demo song in two channels, which are not alike.
fn song() -> Vec<Vec<f32>> {
    let voice = sing(&demo_song(), RATE_HZ).samples;
    vec![voice.clone(), voice.iter().map(|sample| 0.7 * sample).collect()]
}

/// What a host does: it plays so many samples from a place of the song on, or stands still in silence.
#[derive(Clone, Copy)]
enum Move {
    Play(usize, usize),
    Stop(usize),
}

/// Hosts the plugin in a mode, in blocks of so many samples; returns what comes out, its latency cut off.
fn host(song: &[Vec<f32>], mode: Mode, block: usize, tempo: Option<f64>, moves: &[Move]) -> Vec<Vec<f32>> {
    let latency = mode.latency_samples(RATE_HZ) as usize;
    let mut input = vec![Vec::new(); 2];
    let mut stretches = Vec::new();
    let mut cursor = 0;
    for at in moves.iter().copied().chain([Move::Stop(latency)]) {
        for (input, song) in input.iter_mut().zip(song) {
            match at {
                Move::Play(from, len) => input.extend(&song[from..from + len]),
                Move::Stop(len) => input.resize(input.len() + len, 0.0),
            }
        }
        stretches.push(match at {
            Move::Play(from, len) => {
                cursor = from as i64;
                Stretch { len, told: Told::Playing(cursor) }
            }
            // Stopped, a host goes back to where it began.
            Move::Stop(len) => Stretch { len, told: Told::Stopped(cursor) },
        });
    }
    let run = Run { sample_rate_hz: RATE_HZ, block, start: None, tempo, first_beat: tempo.map(|_| 0.0) };
    let mut hosted = Hosted::new();
    hosted.set("Mode", Mode::ALL.iter().position(|other| *other == mode).expect("one of them") as f64);
    let mut output = hosted.run_along(&input, &run, &stretches, &[]);
    output.iter_mut().for_each(|channel| drop(channel.drain(..latency)));
    output
}

/// What the bounce makes of the song from the bar on.
fn bounced(song: &[Vec<f32>], mode: Mode, tempo: Tempo, len: usize) -> Vec<Vec<u32>> {
    bounced_from(BAR, song, mode, tempo, len)
}

/// What it makes of the song from a place on.
fn bounced_from(start: usize, song: &[Vec<f32>], mode: Mode, tempo: Tempo, len: usize) -> Vec<Vec<u32>> {
    let input: Vec<Vec<f32>> = song.iter().map(|channel| channel[start..start + len].to_vec()).collect();
    let options = Options { sample_rate_hz: RATE_HZ, mode, start_samples: start as i64, block_samples: 512 };
    let settings = Settings { tempo, ..Values::default().settings() };
    bits(&render(&input, &options, |_| settings, |_| ()).expect("valid options").channels)
}

fn piece(channels: &[Vec<f32>], from: usize, len: usize) -> Vec<Vec<u32>> {
    bits(&channels.iter().map(|channel| channel[from..from + len].to_vec()).collect::<Vec<_>>())
}

fn without_fade(piece: &[Vec<u32>]) -> Vec<&[u32]> {
    piece.iter().map(|channel| &channel[FADE..]).collect()
}

#[test]
fn a_position_that_is_rounded_differently_in_each_block_is_no_jump() {
    let song = song();
    let len = seconds(2.0);
    let off = |block: usize| if block == 0 { 0 } else { (block * 7 % 33) as i64 - 16 };
    let told = |block: usize| Told::Playing((BAR + 480 * block) as i64 + off(block));
    let stretches: Vec<Stretch> = (0..len / 480).map(|block| Stretch { len: 480, told: told(block) }).collect();
    let input: Vec<Vec<f32>> = song.iter().map(|channel| channel[BAR..BAR + len].to_vec()).collect();
    let run = Run { sample_rate_hz: RATE_HZ, block: 480, start: None, tempo: Some(TEMPO), first_beat: Some(0.0) };
    let output = Hosted::new().run_along(&input, &run, &stretches, &[]);
    let latency = Mode::Studio.latency_samples(RATE_HZ) as usize;
    let expected = bounced(&song, Mode::Studio, Tempo::through(TEMPO, 0.0, 0.0).expect("a tempo"), len);
    let expected: Vec<Vec<u32>> = expected.iter().map(|channel| channel[..len - latency].to_vec()).collect();
    assert!(piece(&output, latency, len - latency) == expected);
}

#[test]
fn the_laps_of_a_loop_sound_the_same() {
    let song = song();
    let lap = seconds(4.0);
    for mode in Mode::ALL {
        let output = host(&song, mode, 480, Some(TEMPO), &[Move::Play(BAR, lap); 5]);
        let [third, fourth] = [2, 3].map(|n| piece(&output, n * lap, lap));
        assert!(third == fourth, "{mode:?}");
    }
}

#[test]
fn a_song_that_stood_still_starts_as_the_bounce_does() {
    let song = song();
    let tempo = Tempo::through(TEMPO, 0.0, 0.0).expect("a tempo");
    let len = seconds(3.0);
    for mode in Mode::ALL {
        for (block, beats, told) in [(480, Some(TEMPO), tempo), (4096, None, Tempo::UNKNOWN)] {
            let moves = [Move::Play(BAR, len), Move::Stop(seconds(9.0)), Move::Play(BAR, len)];
            let output = host(&song, mode, block, beats, &moves);
            let expected = bounced(&song, mode, told, len);
            // Behind it comes silence, as behind the end of a bounce.
            assert!(piece(&output, 0, len) == expected, "{mode:?}, {block}: first");
            let again = piece(&output, len + seconds(9.0), len);
            assert!(without_fade(&again) == without_fade(&expected), "{mode:?}, {block}: again");
        }
    }
}

#[test]
fn a_start_where_it_has_run_to_is_a_start() {
    let song = song();
    let (len, rest) = (seconds(3.0), seconds(2.0));
    // Had it gone on by itself it would be there now.
    let before = [Move::Play(BAR - rest - seconds(1.0), seconds(1.0)), Move::Stop(rest)];
    for mode in Mode::ALL {
        let output = host(&song, mode, 480, None, &[&before[..], &[Move::Play(BAR, len)]].concat());
        let found = piece(&output, rest + seconds(1.0), len);
        assert!(without_fade(&found) == without_fade(&bounced(&song, mode, Tempo::UNKNOWN, len)), "{mode:?}");
    }
}

#[test]
fn a_located_song_comes_to_sound_as_the_bounce_does() {
    let song = song();
    // Where the tempo is known, the performance looks at how the notes of two phrases lie on the beats, and the read
    // pointer comes home in the rest behind them: phrases of this song last five seconds.
    let (start, horizon) = (seconds(1.0) + 17, seconds(13.0));
    let len = horizon + seconds(1.0);
    for mode in Mode::ALL {
        let elsewhere = Move::Play(seconds(8.0), seconds(3.3));
        let output = host(&song, mode, 480, Some(TEMPO), &[elsewhere, Move::Play(start, len)]);
        let found = piece(&output, seconds(3.3), len);
        let expected = bounced_from(start, &song, mode, Tempo::through(TEMPO, 0.0, 0.0).expect("a tempo"), len);
        let behind = |piece: &[Vec<u32>]| piece.iter().map(|channel| channel[horizon..].to_vec()).collect();
        let [found, expected]: [Vec<Vec<u32>>; 2] = [behind(&found), behind(&expected)];
        assert!(found == expected, "{mode:?}");
    }
}
