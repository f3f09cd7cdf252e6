//! The columns of boxes that arrows run between, as the steps of the layout see and change them.

/// The least distance between two arrows that run side by side: a label fits between.
pub(super) const LANE: f64 = 22.0;

/// A box to be placed.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub width: f64,
    pub height: f64,
    /// Its column, from the left.
    pub rank: usize,
    /// Whether it may grow to the width of its column.
    pub stretch: bool,
}

/// An arrow to be drawn, from a lower rank to a higher.
#[derive(Clone, Debug)]
pub(super) struct Link {
    /// The index of the item that it leaves.
    pub from: usize,
    /// The index of the item that it leads to.
    pub to: usize,
    /// The width of its label, 0 without one.
    pub label: f64,
    /// How far below the box's upper edge it must leave; free if none.
    pub from_port: Option<f64>,
    /// The same for where it arrives.
    pub to_port: Option<f64>,
}

/// A box, or the place where a long arrow passes a column.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub width: f64,
    pub height: f64,
    /// The item; none where an arrow passes.
    pub item: Option<usize>,
    /// Whether arrows must leave or arrive at given places.
    pub is_fixed: bool,
    /// Pieces of arrows that arrive.
    pub left: Vec<usize>,
    /// Pieces of arrows that leave.
    pub right: Vec<usize>,
}

/// A piece of an arrow, between two neighbouring columns.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// The index of the whole arrow.
    pub link: usize,
    /// The index of the cell that it leaves.
    pub from: usize,
    /// The index of the cell in the next column.
    pub to: usize,
    /// Fixed or found distances below the cells' upper edges.
    pub from_port: Option<f64>,
    pub to_port: Option<f64>,
}

/// Cells in columns.
#[derive(Debug)]
pub(super) struct Grid {
    pub cells: Vec<Cell>,
    pub pieces: Vec<Piece>,
    /// Indices of cells, from top to bottom, by column.
    pub columns: Vec<Vec<usize>>,
}

/// Boxes in the columns of their ranks; an arrow over several columns passes a cell in each.
pub(super) fn grid(items: &[Item], links: &[Link]) -> Grid {
    let columns = items.iter().map(|item| item.rank + 1).max().unwrap_or(0);
    let mut grid = Grid { cells: Vec::new(), pieces: Vec::new(), columns: vec![Vec::new(); columns] };
    for (index, item) in items.iter().enumerate() {
        let (width, height) = (item.width, item.height);
        let is_fixed = links
            .iter()
            .any(|link| link.from == index && link.from_port.is_some() || link.to == index && link.to_port.is_some());
        grid.cells.push(Cell { width, height, item: Some(index), is_fixed, left: Vec::new(), right: Vec::new() });
        grid.columns[item.rank].push(index);
    }
    for (index, link) in links.iter().enumerate() {
        let mut from = link.from;
        for rank in items[link.from].rank + 1..=items[link.to].rank {
            let is_last = rank == items[link.to].rank;
            let to = if is_last {
                link.to
            } else {
                let (left, right) = (Vec::new(), Vec::new());
                grid.cells.push(Cell { width: 0.0, height: LANE, item: None, is_fixed: true, left, right });
                grid.columns[rank].push(grid.cells.len() - 1);
                grid.cells.len() - 1
            };
            let middle = |cell: &Cell| cell.item.is_none().then_some(LANE / 2.0);
            let from_port = if from == link.from { link.from_port } else { middle(&grid.cells[from]) };
            let to_port = if is_last { link.to_port } else { middle(&grid.cells[to]) };
            let piece = grid.pieces.len();
            grid.pieces.push(Piece { link: index, from, to, from_port, to_port });
            grid.cells[from].right.push(piece);
            grid.cells[to].left.push(piece);
            from = to;
        }
    }
    grid
}

/// A number of things as a coordinate.
#[allow(clippy::cast_precision_loss, reason = "a page holds fewer than 2^52 boxes")]
pub(super) fn count(number: usize) -> f64 {
    number as f64
}
