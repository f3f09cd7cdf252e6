//! Where things are on the page. The inside of each workload is laid out first, then the workloads and what is
//! around them; both from left to right, as calls and files go.

mod channel;
mod face;
mod grid;
mod layered;
mod order;
mod picture;
mod place;
mod ranks;

use std::collections::BTreeMap;

use super::model::{Diagram, Edge, Look, NodeIndex};
use super::text::width;
use crate::sort;
use face::{Face, SMALL, even, face, label_text, label_width};
use grid::{Item, LANE, Link};
use layered::Arranged;
pub use picture::{Picture, Placed, Point, Rect, Text, Wire};

const PAD: f64 = 12.0;
/// Around what is inside of a workload.
const INSIDE: f64 = 16.0;
const MARGIN: f64 = 24.0;
const BETWEEN_PARTS: f64 = 28.0;

/// A workload that is laid out inside, or a box without an inside.
struct Part {
    node: NodeIndex,
    face: Face,
    width: f64,
    height: f64,
    /// What is inside: the nodes in the order of the items, and where they are in the part.
    inside: Vec<NodeIndex>,
    arranged: Arranged,
    /// Where the arranged inside begins.
    origin: Point,
    /// For each edge that ends inside: the height at which it passes the part's side, and its way inside.
    doors: BTreeMap<usize, (f64, Vec<Point>)>,
    /// Edges from one box of the inside to another, by their link.
    links: Vec<usize>,
}

/// Finds a place for everything.
#[must_use]
pub fn picture(diagram: &Diagram) -> Picture {
    let tops: Vec<NodeIndex> = (0..diagram.nodes.len()).filter(|node| diagram.nodes[*node].parent.is_none()).collect();
    let mut part_of = vec![0; diagram.nodes.len()];
    let insides = diagram.insides();
    for (part, node) in tops.iter().enumerate() {
        part_of[*node] = part;
        insides[*node].iter().for_each(|child| part_of[*child] = part);
    }
    let between: Vec<usize> = (0..diagram.edges.len())
        .filter(|edge| part_of[diagram.edges[*edge].from] != part_of[diagram.edges[*edge].to])
        .collect();
    let ends = |edge: usize| (part_of[diagram.edges[edge].from], part_of[diagram.edges[edge].to]);
    let arrows: Vec<(usize, usize)> = between.iter().map(|edge| ends(*edge)).collect();
    let turned = ranks::turned(tops.len(), &arrows);
    let arrows: Vec<(usize, usize)> = arrows
        .iter()
        .zip(&turned)
        .map(|((from, to), turned)| if *turned { (*to, *from) } else { (*from, *to) })
        .collect();
    // The doors of a workload are in the order in which its arrows go on outside, which is known only once the
    // outside was laid out; so all is laid out twice.
    let lay_out = |height_of: &dyn Fn(usize, usize) -> f64| {
        let parts: Vec<Part> = tops
            .iter()
            .enumerate()
            .map(|(part, node)| {
                let doors = between.iter().zip(&arrows).filter(|(_, (from, to))| *from == part || *to == part);
                let mut doors: Vec<(usize, bool)> = doors.map(|(edge, (_, to))| (*edge, *to == part)).collect();
                sort::by(&mut doors, |a, b| height_of(a.0, part).total_cmp(&height_of(b.0, part)));
                inside(diagram, *node, &doors, &part_of, part)
            })
            .collect();
        assemble(diagram, &parts, &between, &arrows, &turned)
    };
    let first = lay_out(&|_, _| 0.0);
    let mut middles = vec![0.0; diagram.nodes.len()];
    for placed in &first.boxes {
        middles[placed.node] = placed.rect.y + placed.rect.height / 2.0;
    }
    let second = lay_out(&|edge, part| {
        let Edge { from, to, .. } = &diagram.edges[edge];
        middles[if part_of[*from] == part { *to } else { *from }]
    });
    if crossings(&second) <= crossings(&first) { second } else { first }
}

/// How often arrows cross. Too many to be counted are as bad as none: no reader will see which is better.
fn crossings(picture: &Picture) -> usize {
    const COUNTABLE: usize = 400;
    if picture.wires.len() > COUNTABLE {
        return 0;
    }
    let (mut level, mut upright) = (Vec::new(), Vec::new());
    for (wire, ends) in
        picture.wires.iter().enumerate().flat_map(|(at, wire)| wire.points.windows(2).map(move |ends| (at, ends)))
    {
        let lines = if (ends[0].y - ends[1].y).abs() < 0.01 { &mut level } else { &mut upright };
        lines.push((wire, ends[0], ends[1]));
    }
    let is_between = |at: f64, a: f64, b: f64| a.min(b) < at && at < a.max(b);
    let cross = |(one, a, b): &(usize, Point, Point)| {
        let hit = |(other, c, d): &&(usize, Point, Point)| {
            one != other && is_between(c.x, a.x, b.x) && is_between(a.y, c.y, d.y)
        };
        upright.iter().filter(hit).count()
    };
    level.iter().map(cross).sum()
}

/// Lays out one part. `doors` are the edges that lead in or out, and whether they pass its left side.
fn inside(diagram: &Diagram, node: NodeIndex, doors: &[(usize, bool)], part_of: &[usize], part: usize) -> Part {
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
        let face = self::face(diagram, *child);
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

fn moved(point: Point, by: Point) -> Point {
    Point { x: point.x + by.x, y: point.y + by.y }
}

/// Lays out the parts, each group of connected ones below the other, and puts everything in its final place.
fn assemble(
    diagram: &Diagram,
    parts: &[Part],
    between: &[usize],
    arrows: &[(usize, usize)],
    turned: &[bool],
) -> Picture {
    let mut picture = Picture::default();
    let mut y = MARGIN;
    let all_ranks = ranks::ranks(parts.len(), arrows);
    for group in groups(parts.len(), arrows) {
        let first = group.iter().map(|part| all_ranks[*part]).min().unwrap_or(0);
        let items: Vec<Item> = group
            .iter()
            .map(|part| Item {
                width: parts[*part].width,
                height: parts[*part].height,
                rank: all_ranks[*part] - first,
                stretch: parts[*part].inside.is_empty(),
            })
            .collect();
        let at = |part: usize| group.binary_search(&part).ok();
        let mut edges = Vec::new();
        let mut links = Vec::new();
        for ((edge, (from, to)), turned) in between.iter().zip(arrows).zip(turned) {
            let (Some(from_item), Some(to_item)) = (at(*from), at(*to)) else { continue };
            let port = |part: usize| parts[part].doors.get(edge).map(|(y, _)| *y);
            let label = label_width(&diagram.edges[*edge].label);
            let (from_port, to_port) = (port(*from), port(*to));
            links.push(Link { from: from_item, to: to_item, label, from_port, to_port });
            edges.push((*edge, *from, *to, *turned));
        }
        let arranged = layered::arrange(&items, &links);
        let origin = Point { x: MARGIN, y };
        let mut at_of = BTreeMap::new();
        for (part, place) in group.iter().zip(&arranged.places) {
            let corner = moved(Point { x: place.x, y: place.y }, origin);
            at_of.insert(*part, corner);
            put(diagram, &parts[*part], corner, place, &mut picture);
        }
        for ((index, (edge, from, to, turned)), label) in edges.iter().enumerate().zip(&arranged.labels) {
            let mut points = Vec::new();
            let way = |part: usize| parts[part].doors.get(edge).map(|(_, way)| way.as_slice()).unwrap_or_default();
            let corner = |part: usize| at_of.get(&part).copied().unwrap_or_default();
            points.extend(way(*from).iter().map(|point| moved(*point, corner(*from))));
            points.extend(arranged.paths[index].iter().map(|point| moved(*point, origin)));
            points.extend(way(*to).iter().map(|point| moved(*point, corner(*to))));
            if *turned {
                points.reverse();
            }
            let label = label.map(|at| label_text(&diagram.edges[*edge].label, moved(at, origin)));
            picture.wires.push(Wire { edge: *edge, points: straightened(points), label });
        }
        y += arranged.height + BETWEEN_PARTS;
        picture.size.0 = picture.size.0.max(arranged.width + 2.0 * MARGIN);
    }
    picture.size = (picture.size.0.max(2.0 * MARGIN).ceil(), (y - BETWEEN_PARTS + MARGIN).max(2.0 * MARGIN).ceil());
    picture
}

/// Puts a part and its inside onto the page.
fn put(diagram: &Diagram, part: &Part, corner: Point, place: &Rect, picture: &mut Picture) {
    let rect = Rect { x: corner.x, y: corner.y, width: place.width, height: place.height };
    let free = if part.inside.is_empty() { (rect.height - part.face.height) / 2.0 } else { 10.0 };
    let mut texts = part.face.texts(Point { x: rect.x + PAD, y: rect.y + free - 1.0 });
    if let Some(count) = &diagram.nodes[part.node].count {
        let width = width(count, SMALL, false);
        let at = Point { x: rect.right() - 22.0 - width, y: rect.y + 22.0 };
        texts.push(Text { text: count.clone(), at, width, size: SMALL, bold: false });
    }
    picture.boxes.push(Placed { node: part.node, rect, texts });
    let origin = moved(corner, part.origin);
    for (child, place) in part.inside.iter().zip(&part.arranged.places) {
        let rect = Rect { x: origin.x + place.x, y: origin.y + place.y, ..*place };
        let face = face(diagram, *child);
        let texts = face.texts(Point { x: rect.x + PAD, y: rect.y + (rect.height - face.height) / 2.0 - 1.0 });
        picture.boxes.push(Placed { node: *child, rect, texts });
    }
    for (index, edge) in part.links.iter().enumerate() {
        let points = part.arranged.paths[index].iter().map(|point| moved(*point, origin)).collect();
        let label = part.arranged.labels[index].map(|at| label_text(&diagram.edges[*edge].label, moved(at, origin)));
        picture.wires.push(Wire { edge: *edge, points: straightened(points), label });
    }
}

/// The same way without points that it passes straight.
fn straightened(points: Vec<Point>) -> Vec<Point> {
    let same = |a: f64, b: f64| (a - b).abs() < 0.01;
    let mut kept: Vec<Point> = Vec::new();
    for point in points {
        if kept.last().is_some_and(|last| same(last.x, point.x) && same(last.y, point.y)) {
            continue;
        }
        if let [.., before, last] = kept.as_slice()
            && (same(before.x, last.x) && same(last.x, point.x) || same(before.y, last.y) && same(last.y, point.y))
        {
            kept.pop();
        }
        kept.push(point);
    }
    kept
}

/// Parts that arrows connect, each group in ascending order, groups by their first part.
fn groups(parts: usize, arrows: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let mut neighbours: Vec<Vec<usize>> = vec![Vec::new(); parts];
    for (from, to) in arrows {
        neighbours[*from].push(*to);
        neighbours[*to].push(*from);
    }
    let mut seen = vec![false; parts];
    let mut groups = Vec::new();
    for start in 0..parts {
        if seen[start] {
            continue;
        }
        seen[start] = true;
        let mut group = vec![start];
        let mut at = 0;
        while let Some(&part) = group.get(at) {
            at += 1;
            for next in &neighbours[part] {
                if !seen[*next] {
                    seen[*next] = true;
                    group.push(*next);
                }
            }
        }
        group.sort_unstable();
        groups.push(group);
    }
    groups
}
