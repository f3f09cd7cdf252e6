//! Where things are on the page. The inside of each workload is laid out first, then the workloads and what is
//! around them; both from left to right, as calls and files go.

mod channel;
mod face;
mod grid;
mod layered;
mod order;
mod page;
mod part;
mod picture;
mod place;
mod ranks;

use super::model::{Diagram, Edge, NodeIndex};
use crate::sort;
use page::assemble;
use part::{Part, inside};
pub use picture::{Picture, Placed, Point, Rect, Text, Wire};

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
