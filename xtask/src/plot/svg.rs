//! The shapes of a plot as SVG text.
//!
//! In: shapes in pixels. Out: SVG.

use std::fmt::Write;

/// Fonts that are available wherever a README is read.
pub(super) const FONTS: &str =
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', Arial, sans-serif";

/// A picture in progress. Coordinates are pixels from the upper left corner.
pub(super) struct Svg(String);

type Place = (f64, f64);

impl Svg {
    pub(super) fn new(width: f64, height: f64) -> Self {
        Self(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" font-family=\"{FONTS}\" fill=\"none\" stroke-linejoin=\"round\" \
             stroke-linecap=\"round\">\n"
        ))
    }

    pub(super) fn rectangle(&mut self, (x, y): Place, (width, height): Place, radius: f64, fill: &str, stroke: &str) {
        self.push(format_args!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{radius}\" fill=\"{fill}\" \
             stroke=\"{stroke}\"/>"
        ));
    }

    pub(super) fn line(&mut self, (x1, y1): Place, (x2, y2): Place, stroke: &str, width: f64) {
        self.push(format_args!(
            "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"{stroke}\" \
             stroke-width=\"{width}\"/>"
        ));
    }

    /// Text whose `anchor` (start, middle or end) is at a place on its base line. `text` is SVG, see [`escaped`].
    pub(super) fn text(&mut self, (x, y): Place, anchor: &str, size: f64, fill: &str, text: &str) {
        self.push(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" font-size=\"{size}\" \
             fill=\"{fill}\">{text}</text>"
        ));
    }

    /// Text that reads upwards, centred at a place.
    pub(super) fn upright_text(&mut self, (x, y): Place, size: f64, fill: &str, text: &str) {
        self.push(format_args!(
            "<text transform=\"translate({x:.1} {y:.1}) rotate(-90)\" text-anchor=\"middle\" font-size=\"{size}\" \
             fill=\"{fill}\">{text}</text>"
        ));
    }

    /// A dot around a place.
    pub(super) fn dot(&mut self, (x, y): Place, radius: f64, fill: &str) {
        self.push(format_args!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" fill=\"{fill}\"/>"));
    }

    /// A level arrow with its point at the second place.
    pub(super) fn arrow(&mut self, y: f64, (from, to): (f64, f64), stroke: &str) {
        let (length, half_width) = ((to - from).abs().min(6.0), 3.2);
        let neck = to - length.copysign(to - from);
        self.line((from, y), (neck, y), stroke, 1.8);
        let (above, below) = (y - half_width, y + half_width);
        self.push(format_args!("<path d=\"M{neck:.2} {above:.1}V{below:.1}L{to:.2} {y:.1}Z\" fill=\"{stroke}\"/>"));
    }

    /// A line through all points; nothing if there are fewer than two.
    pub(super) fn curve(&mut self, points: &[Place], stroke: &str, width: f64) {
        if points.len() > 1 {
            let path = path(points);
            self.push(format_args!("<path d=\"{path}\" stroke=\"{stroke}\" stroke-width=\"{width}\"/>"));
        }
    }

    /// The area between a curve and a height.
    pub(super) fn area(&mut self, points: &[Place], height: f64, fill: &str, opacity: f64) {
        if let [(first, _), .., (last, _)] = points {
            let path = path(points);
            self.push(format_args!(
                "<path d=\"{path}V{height:.1}H{first:.1}Z\" fill=\"{fill}\" fill-opacity=\"{opacity}\"/>"
            ));
            debug_assert!(first <= last, "a curve runs to the right");
        }
    }

    pub(super) fn finish(mut self) -> String {
        self.0.push_str("</svg>\n");
        self.0
    }

    fn push(&mut self, shape: std::fmt::Arguments) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{shape}");
    }
}

/// Tenths of a pixel horizontally, hundredths vertically, where a cent may be a fraction of a pixel.
fn path(points: &[Place]) -> String {
    let mut path = String::with_capacity(points.len() * 13);
    for (index, (x, y)) in points.iter().enumerate() {
        let command = if index == 0 { 'M' } else { 'L' };
        let _ = write!(path, "{command}{x:.1} {y:.2}");
    }
    path
}

/// Text escaped for SVG. Characters that XML does not allow become spaces.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push(' '),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_name_stays_text() {
        assert_eq!(escaped("a<b>&\"c\"\n"), "a&lt;b&gt;&amp;&quot;c&quot; ");
    }
}
