//! Which column each box is in.

/// Which arrows must be turned round so that none lead in a circle. Boxes that nothing points at come first, then
/// the order in which they were made decides.
#[must_use]
pub(super) fn turned(boxes: usize, arrows: &[(usize, usize)]) -> Vec<bool> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut outgoing: Vec<Vec<usize>> = vec![Vec::new(); boxes];
    let mut is_pointed_at = vec![false; boxes];
    for (arrow, (from, to)) in arrows.iter().enumerate() {
        outgoing[*from].push(arrow);
        is_pointed_at[*to] = true;
    }
    let mut turned = vec![false; arrows.len()];
    let mut state = vec![State::New; boxes];
    let starts = (0..boxes).filter(|one| !is_pointed_at[*one]).chain((0..boxes).filter(|one| is_pointed_at[*one]));
    for start in starts {
        if state[start] != State::New {
            continue;
        }
        state[start] = State::Open;
        let mut path = vec![(start, 0)];
        while let Some((at, next)) = path.last_mut() {
            let Some(arrow) = outgoing[*at].get(*next) else {
                state[*at] = State::Done;
                path.pop();
                continue;
            };
            *next += 1;
            let to = arrows[*arrow].1;
            match state[to] {
                State::Open => turned[*arrow] = true,
                State::New => {
                    state[to] = State::Open;
                    path.push((to, 0));
                }
                State::Done => {}
            }
        }
    }
    turned
}

/// The column of each box: right of all that point at it, and then as close as it can be to what it points at.
/// The arrows lead in no circle.
#[must_use]
pub(super) fn ranks(boxes: usize, arrows: &[(usize, usize)]) -> Vec<usize> {
    let mut outgoing: Vec<Vec<usize>> = vec![Vec::new(); boxes];
    let mut waiting = vec![0_usize; boxes];
    for (from, to) in arrows {
        outgoing[*from].push(*to);
        waiting[*to] += 1;
    }
    let incoming = waiting.clone();
    let mut ranks = vec![0; boxes];
    let mut order: Vec<usize> = (0..boxes).filter(|one| waiting[*one] == 0).collect();
    let mut at = 0;
    while let Some(&from) = order.get(at) {
        at += 1;
        for to in &outgoing[from] {
            ranks[*to] = ranks[*to].max(ranks[from] + 1);
            waiting[*to] -= 1;
            if waiting[*to] == 0 {
                order.push(*to);
            }
        }
    }
    for from in order.into_iter().rev() {
        let nearest = outgoing[from].iter().map(|to| ranks[*to]).min();
        if let Some(nearest) = nearest.filter(|_| outgoing[from].len() > incoming[from]) {
            ranks[from] = ranks[from].max(nearest - 1);
        }
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_opened_where_it_began() {
        assert_eq!(turned(3, &[(0, 1), (1, 2), (2, 0)]), [false, false, true]);
        assert_eq!(turned(3, &[(1, 0), (0, 2)]), [false, false]);
    }

    #[test]
    fn boxes_stand_close_to_what_they_point_at() {
        assert_eq!(ranks(4, &[(0, 1), (1, 2), (3, 2)]), [0, 1, 2, 1]);
    }
}
