//! Layout: the areas of the panel's parts.
//!
//! In: the window's rectangle and the [`Scale`]. Out: a rectangle for each part. All single knobs are on one grid of
//! ten columns and two rows, so that they line up in either direction; the stage takes any height that is left.

use egui::{Rect, vec2};

use super::theme::Scale;

/// Between two parts, design points. Chosen: larger separates parts more and leaves them less room.
const GAP: f32 = 10.0;
/// Between the parts and the window's edge, design points. Chosen: larger leaves the parts less room.
const MARGIN: f32 = 18.0;
/// From a group's edge to its knobs, design points. Chosen: larger leaves the knobs less room.
const INSET: f32 = 8.0;
/// Both rows of groups and the gap between them, design points. Chosen: larger gives the knobs more room and the stage
/// less.
const BAND: f32 = 270.0;
/// Knobs in the grid, from left to right. Source: computed from the groups of the upper row.
const N_COLUMNS: usize = 10;
/// Number of knobs in each group of the upper row; a group of the lower row ends where one of these does. Source:
/// definition.
const N_IN_GROUP: [usize; 3] = [4, 3, 3];
/// Width of the groups' columns, on average 1. Chosen: values in cents, in the first group, are the longest texts.
const WIDTH_IN_GROUP: [f32; 3] = [1.05, 0.967, 0.967];

/// The areas of the parts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Areas {
    pub(super) header: Rect,
    /// The row below the header.
    pub(super) tools: Rect,
    /// The row of scenes below the tools.
    pub(super) scenes: Rect,
    pub(super) stage: Rect,
    pub(super) humanize: Rect,
    pub(super) pitch: Rect,
    pub(super) vibrato: Rect,
    pub(super) voice: Rect,
    pub(super) breath: Rect,
    pub(super) timing: Rect,
    pub(super) performance: Rect,
    pub(super) output: Rect,
    /// The knobs' columns, each as high as both rows.
    pub(super) columns: [Rect; N_COLUMNS],
}

impl Areas {
    /// The parts of a panel that fills `window`.
    pub(super) fn of(window: Rect, scale: Scale) -> Self {
        let gap = scale.points(GAP);
        let inner = window.shrink2(vec2(scale.points(MARGIN), 0.0));
        let header = inner.with_max_y(inner.top() + scale.points(50.0));
        let tools = inner.with_min_y(header.bottom()).with_max_y(header.bottom() + scale.points(36.0));
        let bottom = inner.bottom() - scale.points(MARGIN);
        let band = inner.with_max_y(bottom).with_min_y(bottom - scale.points(BAND));
        let scenes = inner.with_min_y(tools.bottom()).with_max_y(tools.bottom() + scale.points(40.0));
        let stage = inner.with_min_y(scenes.bottom()).with_max_y(band.top() - gap);

        // The spare width of a wide window is shared by all three.
        let spare = (band.width() - scale.points(1140.0)).max(0.0);
        let humanize = band.with_max_x(band.left() + scale.points(150.0) + 0.15 * spare);
        let right = band.with_min_x(band.right() - scale.points(170.0) - 0.15 * spare);
        let (performance, output) = in_rows(right, gap);
        let grid = band.with_min_x(humanize.right() + gap).with_max_x(right.left() - gap);
        let (upper, lower) = in_rows(grid, gap);
        let (groups, columns) = grid_of(grid, scale);
        let [pitch, vibrato, voice] = groups.map(|group| Rect::from_x_y_ranges(group.x_range(), upper.y_range()));
        let breath = lower.with_max_x(vibrato.right());
        let timing = lower.with_min_x(voice.left());
        Self {
            header,
            tools,
            scenes,
            stage,
            humanize,
            pitch,
            vibrato,
            voice,
            breath,
            timing,
            performance,
            output,
            columns,
        }
    }
}

/// The upper and the lower row of `rect`.
fn in_rows(rect: Rect, gap: f32) -> (Rect, Rect) {
    let height = (rect.height() - gap) / 2.0;
    (rect.with_max_y(rect.top() + height), rect.with_min_y(rect.bottom() - height))
}

/// The groups of the upper row and the columns of all knobs, all as high as `grid`.
fn grid_of(grid: Rect, scale: Scale) -> ([Rect; N_IN_GROUP.len()], [Rect; N_COLUMNS]) {
    let (gap, inset) = (scale.points(GAP), scale.points(INSET));
    let n_groups = N_IN_GROUP.len() as f32;
    let mean_width = (grid.width() - gap * (n_groups - 1.0) - 2.0 * inset * n_groups) / N_COLUMNS as f32;
    let mut columns = [grid; N_COLUMNS];
    let (mut rest, mut left) = (columns.iter_mut(), grid.left());
    let groups = std::array::from_fn(|group| {
        let (n_columns, width) = (N_IN_GROUP[group], WIDTH_IN_GROUP[group] * mean_width);
        let group = grid.with_min_x(left).with_max_x(left + n_columns as f32 * width + 2.0 * inset);
        for (index, column) in rest.by_ref().take(n_columns).enumerate() {
            let column_left = left + inset + index as f32 * width;
            *column = grid.with_min_x(column_left).with_max_x(column_left + width);
        }
        left = group.right() + gap;
        group
    });
    (groups, columns)
}

#[cfg(test)]
mod tests {
    use egui::pos2;

    use super::*;
    use crate::editor::theme;

    #[test]
    fn parts_neither_overlap_nor_leave_the_window() {
        for size in [theme::MIN_SIZE, theme::DESIGN_SIZE, vec2(1400.0, 900.0), vec2(3000.0, 620.0), vec2(880.0, 2000.0)]
        {
            let window = Rect::from_min_size(pos2(0.0, 0.0), size);
            let areas = Areas::of(window, Scale::fitting(size));
            let Areas { humanize, pitch, vibrato, voice, breath, timing, performance, output, .. } = areas;
            let groups = [humanize, pitch, vibrato, voice, breath, timing, performance, output];
            let parts = [vec![areas.header, areas.tools, areas.scenes, areas.stage], groups.to_vec()].concat();
            for (index, part) in parts.iter().enumerate() {
                assert!(window.contains_rect(*part) && part.is_positive(), "{size:?}: {part:?}");
                assert!(parts[index + 1..].iter().all(|other| !other.intersect(*part).is_positive()), "{size:?}");
            }
            assert!(areas.stage.height() > 0.3 * size.y, "{size:?}: {:?}", areas.stage);
        }
    }

    #[test]
    fn columns_stay_inside_the_groups_of_both_rows() {
        let window = Rect::from_min_size(pos2(0.0, 0.0), theme::DESIGN_SIZE);
        let areas = Areas::of(window, Scale::fitting(theme::DESIGN_SIZE));
        let Areas { pitch, vibrato, voice, breath, timing, columns, .. } = areas;
        let upper = [[pitch; 4].to_vec(), [vibrato; 3].to_vec(), [voice; 3].to_vec()].concat();
        let lower = [[breath; 7].to_vec(), [timing; 3].to_vec()].concat();
        for (index, column) in columns.iter().enumerate() {
            for group in [upper[index], lower[index]] {
                assert!(group.x_range().contains(column.left()) && group.x_range().contains(column.right()), "{index}");
            }
            assert!(column.width() > 68.0, "{column:?}");
        }
    }
}
