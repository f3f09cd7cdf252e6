//! A picture with everything in its place.

use super::super::model::NodeIndex;

/// A point of the page, in pixels from the upper left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Down.
    pub y: f64,
}

/// A rectangle of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// Its left edge.
    pub x: f64,
    /// Its upper edge.
    pub y: f64,
    /// To the right.
    pub width: f64,
    /// Down.
    pub height: f64,
}

/// A line of text.
#[derive(Clone, Debug)]
pub struct Text {
    /// What it says.
    pub text: String,
    /// Left end of its base line.
    pub at: Point,
    /// Its width in the measure that the layout reckons with.
    pub width: f64,
    /// The size of its letters, in pixels.
    pub size: f64,
    /// Whether it is the name of a box.
    pub bold: bool,
}

/// A box in its place.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The node.
    pub node: NodeIndex,
    /// Where it is.
    pub rect: Rect,
    /// What is in it.
    pub texts: Vec<Text>,
}

/// An arrow in its place.
#[derive(Clone, Debug)]
pub struct Wire {
    /// The edge's place in [`Diagram::edges`](super::super::model::Diagram::edges).
    pub edge: usize,
    /// Its way, from its beginning to its head.
    pub points: Vec<Point>,
    /// Its label.
    pub label: Option<Text>,
}

/// A picture with everything in its place.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    /// Width and height of the page.
    pub size: (f64, f64),
    /// Boxes, parents before children.
    pub boxes: Vec<Placed>,
    /// Arrows.
    pub wires: Vec<Wire>,
}

impl Rect {
    /// Its right edge.
    #[must_use]
    pub fn right(&self) -> f64 {
        self.x + self.width
    }

    /// Its lower edge.
    #[must_use]
    pub fn bottom(&self) -> f64 {
        self.y + self.height
    }
}

impl Text {
    /// The room that it takes.
    #[must_use]
    pub fn rect(&self) -> Rect {
        Rect { x: self.at.x, y: self.at.y - self.size * 0.8, width: self.width, height: self.size }
    }
}
