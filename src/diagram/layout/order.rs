//! The order of each column: as few crossings as a few sweeps find.

use super::grid::{Grid, count};
use crate::sort;

/// Sweeps over the columns until they do not get better.
const SWEEPS: usize = 12;
/// Above this many cells neighbours are not tried one by one.
const SMALL: usize = 160;

/// Orders the columns so that arrows cross seldom. Where sweeps end depends on where they begin, so they begin
/// with the given order and with its reverse, from both sides.
pub(super) fn untangle(grid: &mut Grid) {
    let given = grid.columns.clone();
    let reversed: Vec<Vec<usize>> = given.iter().map(|column| column.iter().rev().copied().collect()).collect();
    let mut best = given.clone();
    let mut least = crossings(grid);
    for (start, forwards) in [(&given, true), (&given, false), (&reversed, true), (&reversed, false)] {
        if least == 0 {
            break;
        }
        grid.columns.clone_from(start);
        let found = sweep(grid, forwards);
        if found < least {
            least = found;
            best.clone_from(&grid.columns);
        }
    }
    grid.columns = best;
}

/// Sweeps over the columns, keeps the best order and returns how many crossings it has.
fn sweep(grid: &mut Grid, forwards: bool) -> usize {
    let mut best = grid.columns.clone();
    let mut least = crossings(grid);
    for sweep in 0..SWEEPS {
        if least == 0 {
            break;
        }
        let forwards = (sweep % 2 == 0) == forwards;
        let columns = grid.columns.len();
        for step in 1..columns {
            let column = if forwards { step } else { columns - 1 - step };
            // Cells with equal wishes change places every other time: their old order may be the tangle.
            sort_by_neighbours(grid, column, forwards, sweep % 4 >= 2);
        }
        if grid.cells.len() <= SMALL {
            swap_neighbours(grid);
        }
        let found = crossings(grid);
        if found < least {
            least = found;
            best.clone_from(&grid.columns);
        }
    }
    grid.columns = best;
    least
}

fn rows(grid: &Grid) -> Vec<usize> {
    let mut rows = vec![0; grid.cells.len()];
    for column in &grid.columns {
        for (index, cell) in column.iter().enumerate() {
            rows[*cell] = index;
        }
    }
    rows
}

/// Where in its column a piece ends: the row, and how far down the cell.
fn end(grid: &Grid, rows: &[usize], cell: usize, port: Option<f64>) -> f64 {
    let height = grid.cells[cell].height.max(1.0);
    count(rows[cell]) + port.map_or(0.0, |port| (port / height).clamp(0.0, 0.99) - 0.5)
}

fn sort_by_neighbours(grid: &mut Grid, column: usize, from_left: bool, turn: bool) {
    let rows = rows(grid);
    let weight = |cell: usize| {
        let pieces = if from_left { &grid.cells[cell].left } else { &grid.cells[cell].right };
        if pieces.is_empty() {
            return count(rows[cell]);
        }
        let ends = pieces.iter().map(|piece| {
            let piece = &grid.pieces[*piece];
            if from_left {
                end(grid, &rows, piece.from, piece.from_port)
            } else {
                end(grid, &rows, piece.to, piece.to_port)
            }
        });
        ends.sum::<f64>() / count(pieces.len())
    };
    let mut cells: Vec<(f64, usize)> = grid.columns[column].iter().map(|cell| (weight(*cell), *cell)).collect();
    if turn {
        cells.reverse();
    }
    sort::by(&mut cells, |a, b| a.0.total_cmp(&b.0));
    grid.columns[column] = cells.into_iter().map(|(_, cell)| cell).collect();
}

fn swap_neighbours(grid: &mut Grid) {
    for column in 0..grid.columns.len() {
        for row in 1..grid.columns[column].len() {
            let before = around(grid, column);
            grid.columns[column].swap(row - 1, row);
            if around(grid, column) >= before {
                grid.columns[column].swap(row - 1, row);
            }
        }
    }
}

fn around(grid: &Grid, column: usize) -> usize {
    let rows = rows(grid);
    let left = column.checked_sub(1).map_or(0, |left| between(grid, &rows, left));
    left + between(grid, &rows, column)
}

fn crossings(grid: &Grid) -> usize {
    let rows = rows(grid);
    (0..grid.columns.len()).map(|column| between(grid, &rows, column)).sum()
}

/// Crossings right of a column: pairs of arrows whose ends are in opposite order. Counted by merging, as
/// inversions are.
fn between(grid: &Grid, rows: &[usize], column: usize) -> usize {
    let mut ends: Vec<(f64, f64)> = Vec::new();
    for cell in &grid.columns[column] {
        for piece in &grid.cells[*cell].right {
            let piece = &grid.pieces[*piece];
            ends.push((end(grid, rows, piece.from, piece.from_port), end(grid, rows, piece.to, piece.to_port)));
        }
    }
    sort::by(&mut ends, |a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    inversions(&mut ends.into_iter().map(|(_, to)| to).collect::<Vec<_>>())
}

fn inversions(values: &mut [f64]) -> usize {
    if values.len() < 2 {
        return 0;
    }
    let (left, right) = values.split_at_mut(values.len() / 2);
    let mut found = inversions(left) + inversions(right);
    let mut at = 0;
    for value in right.iter() {
        while at < left.len() && left[at] <= *value {
            at += 1;
        }
        found += left.len() - at;
    }
    values.sort_unstable_by(f64::total_cmp);
    found
}

#[cfg(test)]
mod tests {
    #[test]
    fn inversions_are_counted() {
        assert_eq!(super::inversions(&mut [3.0, 1.0, 2.0]), 2);
        assert_eq!(super::inversions(&mut [1.0, 1.0, 2.0]), 0);
    }
}
