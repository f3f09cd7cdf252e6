//! How high each cell is: as many arrows straight as the order allows.

use super::grid::{Cell, Grid};
use crate::sort;

const ROUNDS: usize = 12;
/// Room between two boxes of a column, and around an arrow that passes.
const GAP: f64 = 20.0;
const GAP_OF_PASSING: f64 = 6.0;

/// The upper edge of each cell, the topmost at 0.
pub(super) fn tops(grid: &Grid) -> Vec<f64> {
    let mut tops = vec![0.0; grid.cells.len()];
    for column in &grid.columns {
        let mut y = 0.0;
        for (index, cell) in column.iter().enumerate() {
            if index > 0 {
                y += gap(&grid.cells[column[index - 1]], &grid.cells[*cell]);
            }
            tops[*cell] = y;
            y += grid.cells[*cell].height;
        }
    }
    let columns = grid.columns.len();
    for round in 0..ROUNDS {
        let both = round + 4 >= ROUNDS;
        for column in 0..columns {
            settle(grid, &mut tops, column, true, both);
        }
        for column in (0..columns).rev() {
            settle(grid, &mut tops, column, both, true);
        }
    }
    let top = grid.columns.iter().flatten().map(|cell| tops[*cell]).fold(f64::INFINITY, f64::min);
    for one in &mut tops {
        *one = (*one - top).round();
    }
    tops
}

fn gap(above: &Cell, below: &Cell) -> f64 {
    // The lanes of arrows hold their own room, and so do the doors of a workload, which have no width.
    let is_lane = |cell: &Cell| cell.item.is_none() || cell.width == 0.0;
    match (is_lane(above), is_lane(below)) {
        (true, true) => 0.0,
        (false, false) => GAP,
        _ => GAP_OF_PASSING,
    }
}

/// Wishes of cells that are as close as they may, and move as one.
struct Block {
    cells: usize,
    wishes: Vec<(f64, f64)>,
    at: f64,
}

/// Moves the cells of one column to where their arrows run straight, keeping order and distance: the median of
/// what each wishes, and where two would overlap, the median of what both do (pool adjacent violators).
fn settle(grid: &Grid, tops: &mut [f64], column: usize, left: bool, right: bool) {
    let cells = &grid.columns[column];
    let mut blocks: Vec<Block> = Vec::new();
    let mut offsets = Vec::new();
    let mut offset = 0.0;
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            let above = &grid.cells[cells[index - 1]];
            offset += above.height + gap(above, &grid.cells[*cell]);
        }
        offsets.push(offset);
        let mut wishes: Vec<(f64, f64)> = Vec::new();
        let one = &grid.cells[*cell];
        let arriving = one.left.iter().filter(|_| left).map(|piece| {
            let piece = &grid.pieces[*piece];
            let wish = tops[piece.from] + piece.from_port.unwrap_or(0.0) - piece.to_port.unwrap_or(0.0);
            // Between one wish from each side the left one wins, so that an arrow bends once and not twice.
            (wish, weight(grid, piece.from, piece.to) * 1.05)
        });
        let leaving = one.right.iter().filter(|_| right).map(|piece| {
            let piece = &grid.pieces[*piece];
            let wish = tops[piece.to] + piece.to_port.unwrap_or(0.0) - piece.from_port.unwrap_or(0.0);
            (wish, weight(grid, piece.from, piece.to))
        });
        wishes.extend(arriving.chain(leaving).map(|(wish, weight)| (wish - offset, weight)));
        if wishes.is_empty() {
            wishes.push((tops[*cell] - offset, 0.01));
        }
        let at = median(&mut wishes);
        blocks.push(Block { cells: 1, wishes, at });
        while let [.., above, below] = blocks.as_slice()
            && above.at > below.at
        {
            let Some(mut below) = blocks.pop() else { break };
            let Some(above) = blocks.last_mut() else { break };
            above.cells += below.cells;
            above.wishes.append(&mut below.wishes);
            above.at = median(&mut above.wishes);
        }
    }
    let mut cell = 0;
    for block in blocks {
        for _ in 0..block.cells {
            tops[cells[cell]] = block.at + offsets[cell];
            cell += 1;
        }
    }
}

/// Arrows that pass many columns should bend least.
fn weight(grid: &Grid, from: usize, to: usize) -> f64 {
    match (grid.cells[from].item, grid.cells[to].item) {
        (None, None) => 8.0,
        (Some(_), Some(_)) => 1.0,
        _ => 2.0,
    }
}

/// The weighted median; the middle of the two, where two are.
fn median(wishes: &mut [(f64, f64)]) -> f64 {
    sort::by(wishes, |a, b| a.0.total_cmp(&b.0));
    let half = wishes.iter().map(|(_, weight)| weight).sum::<f64>() / 2.0;
    let mut sum = 0.0;
    for (index, (wish, weight)) in wishes.iter().enumerate() {
        sum += weight;
        if (sum - half).abs() < 1e-9 {
            return wishes.get(index + 1).map_or(*wish, |(next, _)| (wish + next) / 2.0);
        }
        if sum > half {
            return *wish;
        }
    }
    0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert!((median(&mut [(4.0, 1.0), (0.0, 1.0)]) - 2.0).abs() < 1e-9);
        assert!((median(&mut [(4.0, 2.0), (0.0, 1.0)]) - 4.0).abs() < 1e-9);
    }
}
