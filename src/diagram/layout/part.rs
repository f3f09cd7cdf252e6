//! The inside of a workload, with the doors that arrows pass.

use std::collections::BTreeMap;

use super::super::model::{Diagram, Look, NodeIndex};
use super::super::text::width;
use super::face::{Face, SMALL, even, face, label_width};
use super::grid::{Item, LANE, Link};
use super::layered::{self, Arranged};
use super::picture::Point;
use super::ranks;

/// Around the texts of a box.
pub(super) const PAD: f64 = 12.0;
/// Around what is inside of a workload.
const INSIDE: f64 = 16.0;

/// A workload that is laid out inside, or a box without an inside.
pub(super) struct Part {
    pub(super) node: NodeIndex,
    pub(super) face: Face,
    pub(super) width: f64,
    pub(super) height: f64,
    /// What is inside: the nodes in the order of the items, and where they are in the part.
    pub(super) inside: Vec<NodeIndex>,
    pub(super) arranged: Arranged,
    /// Where the arranged inside begins.
    pub(super) origin: Point,
    /// For each edge that ends inside: the height at which it passes the part's side, and its way inside.
    pub(super) doors: BTreeMap<usize, (f64, Vec<Point>)>,
    /// Edges from one box of the inside to another, by their link.
    pub(super) links: Vec<usize>,
}

/// Lays out one part. `doors` are the edges that lead in or out, and whether they pass its left side.
pub(super) fn inside(
    diagram: &Diagram,
    node: NodeIndex,
    doors: &[(usize, bool)],
    part_of: &[usize],
    part: usize,
) -> Part {
    let mut made = bare(diagram, node);
    if made.inside.is_empty() {
        return made;
    }
    let at = |child: NodeIndex| made.inside.iter().position(|one| *one == child);
    let mut arrows = Vec::new();
    for (index, edge) in diagram.edges.iter().enumerate() {
        if part_of[edge.from] == part
            && let (Some(from), Some(to)) = (at(edge.from), at(edge.to))
        {
            arrows.push((from, to));
            made.links.push(index);
        }
    }
    let turned = ranks::turned(made.inside.len(), &arrows);
    for (arrow, turned) in arrows.iter_mut().zip(&turned) {
        if *turned {
            *arrow = (arrow.1, arrow.0);
        }
    }
    let ranks = inner_ranks(diagram, &made.inside, &arrows);
    let (has_left, has_right) = (doors.iter().any(|(_, left)| *left), doors.iter().any(|(_, left)| !left));
    let (first, left) = if has_left { (1, 0.0) } else { (0, INSIDE) };
    let last = first + ranks.iter().max().map_or(0, |last| last + 1);
    let mut items: Vec<Item> = Vec::new();
    for (child, rank) in made.inside.iter().zip(&ranks) {
        let face = face(diagram, *child);
        let (width, height) = ((face.width + 2.0 * PAD).max(84.0).ceil(), (face.height + 16.0).ceil());
        items.push(Item { width, height, rank: rank + first, stretch: true });
    }
    let mut links: Vec<Link> = arrows
        .iter()
        .zip(&made.links)
        .map(|((from, to), edge)| link(*from, *to, label_width(&diagram.edges[*edge].label)))
        .collect();
    let mut door_links = Vec::new();
    for (edge, is_left) in doors {
        let ends = &diagram.edges[*edge];
        let child = if part_of[ends.from] == part { at(ends.from) } else { at(ends.to) };
        let rank = if *is_left { 0 } else { last };
        items.push(Item { width: 0.0, height: LANE, rank, stretch: false });
        let door = items.len() - 1;
        door_links.push(child.map(|child| {
            links.push(if *is_left { link(door, child, 0.0) } else { link(child, door, 0.0) });
            links.len() - 1
        }));
    }
    made.arranged = layered::arrange(&items, &links);
    for (path, turned) in made.arranged.paths.iter_mut().zip(&turned) {
        if *turned {
            path.reverse();
        }
    }
    let right = if has_right { 0.0 } else { INSIDE };
    made.origin = Point { x: left, y: made.face.height + 22.0 };
    made.width = made.width.max(left + made.arranged.width + right).ceil();
    made.height = even(made.origin.y + made.arranged.height + INSIDE);
    lead_outside(&mut made, doors, &door_links);
    made
}

/// A part without anything inside yet.
fn bare(diagram: &Diagram, node: NodeIndex) -> Part {
    let face = face(diagram, node);
    // few enough: a picture has at most two thousand parts
    let children = (0..diagram.nodes.len()).filter(|child| diagram.nodes[*child].parent == Some(node)).collect();
    let badge = diagram.nodes[node].count.as_ref().map_or(0.0, |count| width(count, SMALL, false) + 36.0);
    Part {
        node,
        width: (face.width + badge + 2.0 * PAD).max(96.0).ceil(),
        height: (face.height + 16.0).ceil(),
        face,
        inside: children,
        arranged: Arranged::default(),
        origin: Point::default(),
        doors: BTreeMap::new(),
        links: Vec::new(),
    }
}

/// The columns of what is inside. What no arrow leads to or from is in the app's.
fn inner_ranks(diagram: &Diagram, inside: &[NodeIndex], arrows: &[(usize, usize)]) -> Vec<usize> {
    let mut ranks = ranks::ranks(inside.len(), arrows);
    let app = inside.iter().position(|child| diagram.nodes[*child].look == Look::App);
    for child in 0..inside.len() {
        if !arrows.iter().any(|(from, to)| *from == child || *to == child) {
            ranks[child] = app.map_or(0, |app| ranks[app]);
        }
    }
    ranks
}

/// Leads the edges through their doors to the part's sides.
fn lead_outside(made: &mut Part, doors: &[(usize, bool)], links: &[Option<usize>]) {
    for (number, ((edge, is_left), link)) in doors.iter().zip(links).enumerate() {
        let place = made.arranged.places[made.inside.len() + number];
        let y = made.origin.y + place.y + place.height / 2.0;
        let side = Point { x: if *is_left { 0.0 } else { made.width }, y };
        let mut way = match link {
            Some(link) => made.arranged.paths[*link].iter().map(|point| moved(*point, made.origin)).collect(),
            None => vec![side],
        };
        // A name wider than all that is inside leaves room between the last column and the side.
        let end = if *is_left { 0 } else { way.len() };
        way.insert(end, side);
        made.doors.insert(*edge, (y, way));
    }
}

fn link(from: usize, to: usize, label: f64) -> Link {
    Link { from, to, label, from_port: None, to_port: None }
}

pub(super) fn moved(point: Point, by: Point) -> Point {
    Point { x: point.x + by.x, y: point.y + by.y }
}
