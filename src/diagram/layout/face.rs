//! What is written on boxes and arrows, broken into lines and measured.

use super::super::model::{Diagram, Look, NodeIndex};
use super::super::text::{width, wrap};
use super::picture::{Point, Text};

const NAME: f64 = 13.0;
pub(super) const SMALL: f64 = 11.0;
const NAME_LINE: f64 = 17.0;
const SMALL_LINE: f64 = 15.0;
/// Text wider than this is broken into lines.
const WIDEST: f64 = 210.0;
/// The upper round of a drum.
const LID: f64 = 8.0;
/// Labels wider than this are shortened; the whole is in the arrow's title.
const WIDEST_LABEL: f64 = 150.0;

/// Name and lines of a box, broken where they are too wide.
pub(super) struct Face {
    pub(super) lines: Vec<(String, bool)>,
    pub(super) width: f64,
    pub(super) height: f64,
    /// Room above the text.
    lid: f64,
}

pub(super) fn face(diagram: &Diagram, node: NodeIndex) -> Face {
    let node = &diagram.nodes[node];
    let mut lines: Vec<(String, bool)> =
        wrap(&node.name, NAME, true, WIDEST).into_iter().map(|line| (line, true)).collect();
    for line in &node.lines {
        lines.extend(wrap(line, SMALL, false, WIDEST).into_iter().map(|line| (line, false)));
    }
    let widest = lines.iter().map(|(line, bold)| width(line, size(*bold), *bold)).fold(0.0, f64::max);
    let height: f64 = lines.iter().map(|(_, bold)| if *bold { NAME_LINE } else { SMALL_LINE }).sum();
    let lid = if node.look == Look::Storage { LID } else { 0.0 };
    // Even heights have whole middles, and arrows between whole numbers run straight.
    Face { lines, width: widest.ceil(), height: even(height + lid), lid }
}

/// The next even number.
pub(super) fn even(number: f64) -> f64 {
    (number * 0.5).ceil() * 2.0
}

fn size(bold: bool) -> f64 {
    if bold { NAME } else { SMALL }
}

impl Face {
    pub(super) fn texts(&self, at: Point) -> Vec<Text> {
        let mut y = at.y + self.lid;
        let mut texts = Vec::new();
        for (line, bold) in &self.lines {
            y += if *bold { NAME_LINE } else { SMALL_LINE };
            let (size, bold) = (size(*bold), *bold);
            let baseline = Point { x: at.x, y: y - 4.0 };
            texts.push(Text { text: line.clone(), at: baseline, width: width(line, size, bold), size, bold });
        }
        texts
    }
}

/// The label as it is drawn.
pub(super) fn short_label(label: &str) -> String {
    if width(label, SMALL, false) <= WIDEST_LABEL {
        return label.to_owned();
    }
    let mut end: Vec<char> = label.chars().collect();
    while !end.is_empty() && width(&end.iter().collect::<String>(), SMALL, false) > WIDEST_LABEL - 12.0 {
        end.remove(end.len() / 2);
    }
    let (first, second) = end.split_at(end.len() / 2);
    first.iter().chain(&['…']).chain(second).collect()
}

pub(super) fn label_width(label: &str) -> f64 {
    if label.is_empty() { 0.0 } else { width(&short_label(label), SMALL, false) + 6.0 }
}

pub(super) fn label_text(label: &str, middle: Point) -> Text {
    let text = short_label(label);
    let width = width(&text, SMALL, false);
    let at = Point { x: middle.x - width / 2.0, y: middle.y - 5.0 };
    Text { text, at, width, size: SMALL, bold: false }
}
