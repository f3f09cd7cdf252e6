//! The parts on the page, and the arrows between them.

use std::collections::BTreeMap;

use super::super::model::Diagram;
use super::super::text::width;
use super::face::{SMALL, face, label_text, label_width};
use super::grid::{Item, Link};
use super::part::{PAD, Part, moved};
use super::picture::{Picture, Placed, Point, Rect, Text, Wire};
use super::{layered, ranks};

const MARGIN: f64 = 24.0;
const BETWEEN_PARTS: f64 = 28.0;

/// Lays out the parts, each group of connected ones below the other, and puts everything in its final place.
pub(super) fn assemble(
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
