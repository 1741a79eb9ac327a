//! Parameter movements from a table.
//!
//! In: CSV text with the columns `time_s,id,value[,curve]`. Out: the values at any song time. A curve is linear between
//! its points, or keeps a point's value until the next where the fourth column says `hold`; it is constant before its
//! first point and after its last. Parameters without positions between their steps (seed, take and the switches) step.
//! A button is pressed at each of its points, and released by itself.

use anyhow::{Context, bail, ensure};
use con_anima::params::{Parameter, Role, Values, parameter};

/// The parameter that is a button: each `on` is a press.
const BUTTON: &str = "breathe";

/// How long a press lasts unless the table ends it earlier, seconds. Chosen: many hops, and shorter than any breath;
/// shorter might miss a hop, longer merges presses.
const PRESS_S: f64 = 0.05;

/// Makes a number of a parameter's value, by its id and the value's text, where that is a name that only a file knows;
/// other texts stay.
pub(crate) type InNumbers<'a> = dyn Fn(&str, &str) -> String + 'a;

/// The parameters that move, each with its curve.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Automation {
    curves: Vec<Curve>,
}

#[derive(Clone, Debug, PartialEq)]
struct Curve {
    id: &'static str,
    points: Vec<Point>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Point {
    time_s: f64,
    value: f32,
    is_held: bool,
}

impl Automation {
    /// Reads the table. Lines may come in any order; of two points at one time the later line holds from there on.
    pub(crate) fn parse(text: &str, in_numbers: &InNumbers<'_>) -> anyhow::Result<Self> {
        let mut reader = crate::table::reader(text);
        let mut automation = Self::default();
        let mut is_first = true;
        for record in reader.records() {
            let record = record?;
            let is_header = std::mem::take(&mut is_first) && record.get(0) == Some("time_s");
            if !is_header {
                let line = record.position().map_or(0, csv::Position::line);
                automation.push(&record, in_numbers).with_context(|| format!("line {line}"))?;
            }
        }
        automation.checked()
    }

    /// Adds a point that holds until the next of its parameter.
    pub(crate) fn hold(&mut self, time_s: f64, id: &str, value: &str) -> anyhow::Result<()> {
        let (id, value) = checked_value(id, value)?;
        self.add(id, Point { time_s, value, is_held: true });
        Ok(())
    }

    /// All points in order of time; there must be some.
    pub(crate) fn checked(mut self) -> anyhow::Result<Self> {
        ensure!(!self.curves.is_empty(), "there are no points in it");
        for curve in &mut self.curves {
            curve.points.sort_by(|a, b| a.time_s.total_cmp(&b.time_s));
        }
        Ok(self)
    }

    /// The movements of both; a parameter may be moved by one of them.
    pub(crate) fn joined(mut self, other: Self) -> anyhow::Result<Self> {
        let moved = |id| self.curves.iter().any(|curve| curve.id == id);
        if let Some(twice) = other.curves.iter().find(|curve| moved(curve.id)) {
            bail!("'{}' is moved by --automation and by --sections", twice.id);
        }
        self.curves.extend(other.curves);
        Ok(self)
    }

    fn add(&mut self, id: &'static str, point: Point) {
        match self.curves.iter_mut().find(|curve| curve.id == id) {
            Some(curve) => curve.points.push(point),
            None => self.curves.push(Curve { id, points: vec![point] }),
        }
    }

    fn push(&mut self, record: &csv::StringRecord, in_numbers: &InNumbers<'_>) -> anyhow::Result<()> {
        let fields: Vec<&str> = record.iter().collect();
        let (time, id, value, curve) = match fields[..] {
            [time, id, value] => (time, id, value, ""),
            [time, id, value, curve] => (time, id, value, curve),
            _ => bail!("a point is time_s,id,value or time_s,id,value,curve, not {} columns", fields.len()),
        };
        let time_s = time.parse().ok().filter(|time_s: &f64| time_s.is_finite());
        let time_s = time_s.with_context(|| format!("'{time}' is no time in seconds"))?;
        let (id, value) = checked_value(id, &in_numbers(id, value))?;
        let is_held = match curve {
            "" | "linear" => false,
            "hold" => true,
            _ => bail!("the curve must be 'linear' or 'hold', not '{curve}'"),
        };
        self.add(id, Point { time_s, value, is_held });
        Ok(())
    }

    /// Whether it moves the parameter of this id.
    pub(crate) fn moves(&self, id: &str) -> bool {
        self.curves.iter().any(|curve| curve.id == id)
    }

    /// `base` with every automated parameter at its value at this song time.
    pub(crate) fn values_at(&self, time_s: f64, base: &Values) -> Values {
        Values::from_plain(|parameter| {
            let curve = self.curves.iter().find(|curve| curve.id == parameter.id);
            let moved = curve.and_then(|curve| value_at(&curve.points, parameter, time_s));
            moved.or(base.get(parameter.id)).unwrap_or(parameter.default)
        })
    }
}

/// A parameter that can be automated, and its plain value.
fn checked_value(id: &str, value: &str) -> anyhow::Result<(&'static str, f32)> {
    ensure!(id != "mode", "'mode' cannot be automated, because it fixes the latency; choose it with --mode");
    let is_of_a_session = parameter(id).is_some_and(|parameter| parameter.role == Role::Session);
    ensure!(!is_of_a_session, "'{id}' is a switch of the plugin and cannot be automated");
    // A set of values gives the right errors: an unknown id names all ids, a bad value names the range.
    let mut values = Values::default();
    values.set_text(id, value)?;
    let (parameter, value) = parameter(id).zip(values.get(id)).context("unknown id")?;
    Ok((parameter.id, value))
}

fn value_at(points: &[Point], parameter: &Parameter, time_s: f64) -> Option<f32> {
    let n_before = points.partition_point(|point| point.time_s <= time_s);
    if parameter.id == BUTTON {
        let is_pressed = |point: &Point| point.value >= 0.5 && time_s - point.time_s < PRESS_S;
        return Some(f32::from(u8::from(points[..n_before].last().is_some_and(is_pressed))));
    }
    let before = points.get(n_before.saturating_sub(1))?;
    let is_level = n_before == 0 || before.is_held || !parameter.kind.is_continuous();
    match points.get(n_before).filter(|_| !is_level) {
        None => Some(before.value),
        Some(after) => {
            let fraction = (time_s - before.time_s) / (after.time_s - before.time_s);
            let (from, to) = (f64::from(before.value), f64::from(after.value));
            let between = (from + (to - from) * fraction).clamp(from.min(to), from.max(to));
            Some(parameter.rounded(between as f32))
        }
    }
}

/// Every text stays: no file knows names.
#[cfg(test)]
pub(crate) fn as_written(_: &str, text: &str) -> String {
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(table: &str) -> anyhow::Result<Automation> {
        Automation::parse(table, &as_written)
    }

    fn at(table: &str, id: &str, time_s: f64) -> f32 {
        let automation = parse(table).expect("a good table");
        automation.values_at(time_s, &Values::default()).get(id).expect("a known id")
    }

    fn refusal(table: &str) -> String {
        format!("{:#}", parse(table).expect_err("a bad table"))
    }

    #[test]
    fn it_is_level_outside_and_linear_between() {
        let table = "time_s,id,value\n1,drift,10\n3,drift,20\n";
        let expected = [(-5.0, 10.0), (1.0, 10.0), (1.5, 12.5), (2.0, 15.0), (3.0, 20.0), (99.0, 20.0)];
        for (time_s, value) in expected {
            assert!((at(table, "drift", time_s) - value).abs() < 1e-5, "at {time_s} s");
        }
        assert_eq!(at(table, "tremble", 2.0), Values::default().get("tremble").expect("known"));
    }

    #[test]
    fn a_held_point_lasts_until_the_next() {
        let table = "0,drift,10,hold\n2,drift,20\n4,drift,30,linear\n";
        assert_eq!(at(table, "drift", 1.999), 10.0);
        assert_eq!(at(table, "drift", 2.0), 20.0);
        assert_eq!(at(table, "drift", 3.0), 25.0);
    }

    #[test]
    fn seed_take_and_bypass_step() {
        let table = "0,take,1\n0,bypass,off\n0,seed,5\n2,take,9\n2,bypass,on\n2,seed,6\n";
        for (id, early, late) in [("take", 1.0, 9.0), ("bypass", 0.0, 1.0), ("seed", 5.0, 6.0)] {
            assert_eq!((at(table, id, 1.99), at(table, id, 2.0)), (early, late), "{id}");
        }
    }

    #[test]
    fn each_point_of_a_button_is_one_press() {
        let table = "2,breathe,on\n5,breathe,on\n7,breathe,1\n7.02,breathe,off\n";
        let (mut n_presses, mut was_on) = (0, false);
        for k in 0..10_000 {
            let is_on = at(table, "breathe", f64::from(k) / 1000.0) >= 0.5;
            n_presses += usize::from(is_on && !was_on);
            was_on = is_on;
        }
        assert_eq!(n_presses, 3);
        let expected = [(0.0, 0.0), (1.999, 0.0), (2.0, 1.0), (2.049, 1.0), (2.051, 0.0), (7.019, 1.0), (7.021, 0.0)];
        for (time_s, value) in expected {
            assert_eq!(at(table, "breathe", time_s), value, "at {time_s} s");
        }
    }

    #[test]
    fn order_header_comments_quotes_and_line_ends_do_not_matter() {
        let plain = parse("1,drift,10\n2,drift,20\n").expect("good");
        let other = "\u{feff}time_s, id, value, curve\r\n# later first\r\n\"2\",drift,20,\r\n\r\n 1 ,\"drift\", 10\r\n";
        assert_eq!(parse(other).expect("good too"), plain);
    }

    #[test]
    fn at_one_time_the_later_line_holds_from_there_on() {
        let table = "0,drift,10\n2,drift,20\n2,drift,30\n4,drift,30";
        assert_eq!((at(table, "drift", 1.0), at(table, "drift", 2.0)), (15.0, 30.0));
    }

    #[test]
    fn between_points_values_stay_on_the_steps_of_their_parameter() {
        let value = at("0,amount,0\n1,amount,100", "amount", 0.123_456);
        assert_eq!(value, parameter("amount").expect("known").rounded(12.345_6));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let cases = [
            ("0,drift,10\n1,mode,Live", ["line 2", "mode", "--mode"]),
            ("0,drift,51", ["line 1", "drift", "50"]),
            ("0,drift,nan", ["line 1", "drift", "NaN"]),
            ("0,drft,10", ["line 1", "drft", "tremble"]),
            ("zero,drift,10", ["line 1", "zero", "seconds"]),
            ("inf,drift,10", ["line 1", "inf", "seconds"]),
            ("0,drift", ["line 1", "2 columns", "time_s,id,value"]),
            ("0,drift,10,curly", ["line 1", "curly", "hold"]),
            ("0,take,1.5", ["line 1", "take", "1.5"]),
            ("time_s,id,value", ["no points", "", ""]),
            ("", ["no points", "", ""]),
        ];
        for (table, parts) in cases {
            let refusal = refusal(table);
            assert!(parts.iter().all(|part| refusal.contains(part)), "{table:?} gave {refusal:?}");
        }
    }
}
