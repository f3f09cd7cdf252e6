//! The room between two columns: which arrow turns where, and where labels are.

/// An arrow that crosses the channel from left to right.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    /// Its height on the left.
    pub from: f64,
    /// Its height on the right.
    pub to: f64,
    /// The width of its label, 0 without one.
    pub label: f64,
}

/// A channel that was laid out.
#[derive(Debug)]
pub(super) struct Channel {
    /// For each segment how far from the channel's left side it turns; none if it runs straight.
    pub tracks: Vec<Option<f64>>,
    /// The space that tracks and labels take, in pixels.
    pub width: f64,
    /// The middle of the labels, from the channel's left side.
    pub label_middle: f64,
}

const BEFORE: f64 = 16.0;
const BETWEEN: f64 = 12.0;
const AFTER: f64 = 20.0;
/// Arrows closer than this would look like one.
const NEAR: f64 = 8.0;
/// With more turns than this in one channel no order makes it readable, and finding one takes long.
const MOST_TURNS: usize = 250;

/// Gives each segment that turns a track of its own where it would touch another. Labels are behind all tracks,
/// where nothing runs but level lines.
pub(super) fn tracks(segments: &[Segment]) -> Channel {
    let turning: Vec<usize> = (0..segments.len()).filter(|one| !is_level(&segments[*one])).collect();
    let order = sorted(segments, &turning);
    let mut track_of: Vec<Option<usize>> = vec![None; segments.len()];
    let mut used = 0;
    for (at, one) in order.iter().enumerate() {
        let touching = order[..at].iter().filter(|other| touch(&segments[*one], &segments[**other]));
        let track = touching.filter_map(|other| track_of[*other]).map(|track| track + 1).max().unwrap_or(0);
        track_of[*one] = Some(track);
        used = used.max(track + 1);
    }
    let room = super::grid::count(used.saturating_sub(1)) * BETWEEN;
    let label = segments.iter().map(|one| one.label).fold(0.0, f64::max);
    let turns = if used == 0 { BEFORE } else { BEFORE + room + 12.0 };
    let labels = if label > 0.0 { label + 4.0 } else { 4.0 };
    Channel {
        tracks: track_of.into_iter().map(|track| Some(BEFORE + super::grid::count(track?) * BETWEEN)).collect(),
        width: turns + labels + AFTER,
        label_middle: turns + labels / 2.0,
    }
}

fn is_level(segment: &Segment) -> bool {
    (segment.from - segment.to).abs() < 0.5
}

/// Whether the vertical parts would touch, or a level part of one runs into a level part of the other.
fn touch(a: &Segment, b: &Segment) -> bool {
    let (a_low, a_high) = (a.from.min(a.to), a.from.max(a.to));
    let (b_low, b_high) = (b.from.min(b.to), b.from.max(b.to));
    a_low < b_high + NEAR && b_low < a_high + NEAR
}

/// From left to right: of arrows that go down the lowest first, of those that go up the highest first, so that
/// they do not cross; and where one leaves at the height at which another arrives, the one that leaves first.
fn sorted(segments: &[Segment], turning: &[usize]) -> Vec<usize> {
    let goes_first = |a: usize, b: usize| {
        let (one, other) = (&segments[a], &segments[b]);
        if (one.from - other.to).abs() < NEAR {
            return true;
        }
        if (other.from - one.to).abs() < NEAR || !touch(one, other) {
            return false;
        }
        let (down, other_down) = (one.to > one.from, other.to > other.from);
        match (down, other_down) {
            (true, true) => one.from > other.from,
            (false, false) => one.from < other.from,
            // They cross in any case, or not at all.
            _ => false,
        }
    };
    let mut left: Vec<usize> = turning.to_vec();
    if left.len() > MOST_TURNS {
        return left;
    }
    let mut order = Vec::new();
    while !left.is_empty() {
        let free = left.iter().position(|one| !left.iter().any(|other| other != one && goes_first(*other, *one)));
        order.push(left.remove(free.unwrap_or(0)));
    }
    order
}
