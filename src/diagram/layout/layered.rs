//! Boxes in columns, arrows in the channels between them: the method of Sugiyama, Tagawa and Toda ("Methods for
//! visual understanding of hierarchical system structures", 1981). Arrows run at right angles.

use super::channel::{self, Segment};
use super::grid::{Cell, Grid, Item, LANE, Link, Piece, count, grid};
use super::order;
use super::place;
use super::{Point, Rect};
use crate::sort;

/// Where everything is.
#[derive(Debug, Default)]
pub(super) struct Arranged {
    /// For each item its place.
    pub places: Vec<Rect>,
    /// For each link its way, from box to box.
    pub paths: Vec<Vec<Point>>,
    /// For each link with a label the middle of the label's lower edge.
    pub labels: Vec<Option<Point>>,
    pub width: f64,
    pub height: f64,
}

/// Places boxes and arrows.
pub(super) fn arrange(items: &[Item], links: &[Link]) -> Arranged {
    let mut grid = grid(items, links);
    order::untangle(&mut grid);
    give_ports(&mut grid);
    let tops = place::tops(&grid);
    straighten(&mut grid, &tops);
    draw(&grid, items, links, &tops)
}

/// Spreads the arrows of each box over its sides, in the order of their other ends, and lets boxes grow that
/// have more arrows than room.
fn give_ports(grid: &mut Grid) {
    let mut row = vec![0; grid.cells.len()];
    for column in &grid.columns {
        for (index, cell) in column.iter().enumerate() {
            row[*cell] = index;
        }
    }
    for cell in 0..grid.cells.len() {
        let (mut left, mut right) = (grid.cells[cell].left.clone(), grid.cells[cell].right.clone());
        left.retain(|piece| grid.pieces[*piece].to_port.is_none());
        right.retain(|piece| grid.pieces[*piece].from_port.is_none());
        let key = |other: usize, port: Option<f64>, link: usize| (row[other], port.unwrap_or(0.0), link);
        let pieces = &grid.pieces;
        let by = |a: (usize, f64, usize), b: (usize, f64, usize)| {
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2))
        };
        sort::by(&mut left, |a, b| {
            let of = |piece: &Piece| key(piece.from, fixed(grid, piece.from, piece.from_port), piece.link);
            by(of(&pieces[*a]), of(&pieces[*b]))
        });
        sort::by(&mut right, |a, b| {
            let of = |piece: &Piece| key(piece.to, fixed(grid, piece.to, piece.to_port), piece.link);
            by(of(&pieces[*a]), of(&pieces[*b]))
        });
        let most = left.len().max(right.len());
        let room = count(most) * LANE;
        grid.cells[cell].height = grid.cells[cell].height.max(room);
        let middle = grid.cells[cell].height / 2.0;
        for (index, piece) in left.iter().enumerate() {
            grid.pieces[*piece].to_port = Some(middle + (count(index) - (count(left.len()) - 1.0) / 2.0) * LANE);
        }
        for (index, piece) in right.iter().enumerate() {
            grid.pieces[*piece].from_port = Some(middle + (count(index) - (count(right.len()) - 1.0) / 2.0) * LANE);
        }
    }
}

/// An arrow that bends by a little looks like a mistake: where a box has but one arrow on that side, it leaves or
/// arrives a little off the middle instead.
fn straighten(grid: &mut Grid, tops: &[f64]) {
    const LITTLE: f64 = 10.0;
    for index in 0..grid.pieces.len() {
        let piece = &grid.pieces[index];
        let (from, to) = (piece.from, piece.to);
        let (Some(from_port), Some(to_port)) = (piece.from_port, piece.to_port) else { continue };
        let off = (tops[from] + from_port) - (tops[to] + to_port);
        let bends = off.abs() > 0.01 && off.abs() <= LITTLE;
        let may_move = |cell: &Cell, alone: bool| {
            cell.item.is_some() && cell.width > 0.0 && alone && cell.height > 4.0 * LITTLE && !cell.is_fixed
        };
        if bends && may_move(&grid.cells[to], grid.cells[to].left.len() == 1) {
            grid.pieces[index].to_port = Some(to_port + off);
        } else if bends && may_move(&grid.cells[from], grid.cells[from].right.len() == 1) {
            grid.pieces[index].from_port = Some(from_port - off);
        }
    }
}

/// A port that was given from outside; those that this module finds say nothing about order.
fn fixed(grid: &Grid, cell: usize, port: Option<f64>) -> Option<f64> {
    port.filter(|_| grid.cells[cell].item.is_some())
}

fn draw(grid: &Grid, items: &[Item], links: &[Link], tops: &[f64]) -> Arranged {
    let mut arranged = Arranged {
        places: vec![Rect::default(); items.len()],
        paths: vec![Vec::new(); links.len()],
        labels: vec![None; links.len()],
        width: 0.0,
        height: 0.0,
    };
    let mut x = 0.0;
    // Where each cell begins and ends; arrows that pass a column pass all of it.
    let mut sides = vec![(0.0, 0.0); grid.cells.len()];
    for (rank, column) in grid.columns.iter().enumerate() {
        let width = column.iter().map(|cell| grid.cells[*cell].width).fold(0.0, f64::max);
        let stretched = column.iter().filter(|cell| grid.cells[**cell].item.is_some_and(|item| items[item].stretch));
        let stretched = stretched.map(|cell| grid.cells[*cell].width).fold(0.0, f64::max);
        for cell in column {
            let own = match grid.cells[*cell].item {
                None => width,
                Some(item) if items[item].stretch => stretched,
                Some(_) => grid.cells[*cell].width,
            };
            sides[*cell] = (x, x + own);
            if let Some(item) = grid.cells[*cell].item {
                let height = grid.cells[*cell].height;
                arranged.places[item] = Rect { x, y: tops[*cell], width: own, height };
                arranged.height = arranged.height.max(tops[*cell] + height);
            } else {
                arranged.height = arranged.height.max(tops[*cell] + LANE);
            }
        }
        x += width;
        if rank + 1 == grid.columns.len() {
            break;
        }
        let in_channel: Vec<&Piece> =
            column.iter().flat_map(|cell| &grid.cells[*cell].right).map(|p| &grid.pieces[*p]).collect();
        let segments: Vec<Segment> = in_channel
            .iter()
            .map(|piece| Segment {
                from: tops[piece.from] + piece.from_port.unwrap_or(0.0),
                to: tops[piece.to] + piece.to_port.unwrap_or(0.0),
                label: if piece.to == links[piece.link].to { links[piece.link].label } else { 0.0 },
            })
            .collect();
        let channel = channel::tracks(&segments);
        for ((piece, segment), track) in in_channel.iter().zip(&segments).zip(&channel.tracks) {
            let path = &mut arranged.paths[piece.link];
            let at = |x, y| Point { x, y };
            path.push(at(sides[piece.from].1, segment.from));
            if let Some(track) = track {
                path.push(at(x + track, segment.from));
                path.push(at(x + track, segment.to));
            }
            path.push(at(x + channel.width, segment.to));
            if segment.label > 0.0 {
                arranged.labels[piece.link] = Some(at(x + channel.label_middle, segment.to));
            }
        }
        x += channel.width;
    }
    arranged.width = x;
    arranged
}
