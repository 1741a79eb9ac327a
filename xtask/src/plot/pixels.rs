//! A picture in pixels, for what shows no SVG.
//!
//! In: an SVG that was drawn here. Out: a PNG of twice its size. Letters are those of a font that is part of the
//! program, so that the same bounce gives the same picture everywhere; only what it lacks, as a recording's Japanese
//! name, is taken from the system's fonts.

use std::sync::{Arc, LazyLock};

use anyhow::Context;
use epaint_default_fonts::UBUNTU_LIGHT;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Tree};

use super::svg;

/// Pixels of the PNG for one of the SVG. Chosen: sharp in print and on screens of high resolution; larger takes more
/// memory than the recording.
const SCALE: f32 = 2.0;

/// The font's name in itself.
const FONT: &str = "Ubuntu";

/// All fonts, which are looked for once: a system may have thousands, and a folder as many recordings.
static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_font_data(UBUNTU_LIGHT.to_vec());
    fonts.load_system_fonts();
    Arc::new(fonts)
});

/// Draws an SVG.
pub(crate) fn png(picture: &str) -> anyhow::Result<Vec<u8>> {
    // The font has no sharp sign.
    let picture = picture.replace(svg::FONTS, FONT).replace('♯', "#");
    let options = Options { font_family: FONT.to_owned(), fontdb: Arc::clone(&FONTS), ..Options::default() };
    let tree = Tree::from_str(&picture, &options).context("the picture cannot be drawn")?;
    let size = tree.size().to_int_size().scale_by(SCALE).context("the picture has no size")?;
    let mut pixels = Pixmap::new(size.width(), size.height()).context("the picture is too large for a PNG")?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    pixels.encode_png().context("the picture cannot be written as a PNG")
}

#[cfg(test)]
mod tests {
    use super::super::svg::Svg;
    use super::*;

    #[test]
    fn lines_and_letters_are_drawn_at_twice_the_size() {
        let drawn = |text: &str| {
            let mut svg = Svg::new(60.0, 40.0);
            svg.rectangle((0.0, 0.0), (60.0, 40.0), 0.0, "#ffffff", "#ffffff");
            svg.line((30.0, 0.0), (30.0, 40.0), "#ff0000", 4.0);
            svg.text((4.0, 30.0), "start", 20.0, "#000000", text);
            Pixmap::decode_png(&png(&svg.finish()).expect("a picture")).expect("a PNG")
        };
        let (with, without) = (drawn("F♯"), drawn(""));
        assert_eq!((with.width(), with.height()), (120, 80));
        let colour = |x: u32, y: u32| with.pixel(x, y).map(|pixel| (pixel.red(), pixel.green(), pixel.blue()));
        assert_eq!((colour(60, 10), colour(20, 10)), (Some((255, 0, 0)), Some((255, 255, 255))));
        let changed = with.pixels().iter().zip(without.pixels()).filter(|(with, without)| with != without).count();
        assert!((100..2000).contains(&changed), "{changed} pixels of two letters");
    }
}
