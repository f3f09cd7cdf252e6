use super::*;

/// Texts of marks, of parts of them and of letters around them, as a simple generator puts them together.
fn texts() -> impl Iterator<Item = String> {
    let others =
        ["", "é", "→", "a", "Z9", "_", "-", ".", ":", "/", "@", " ", "\n", "\"", "user:", "hunter2x9", "A1b2C3d4"];
    let long = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6";
    let mut state: u64 = 7;
    let mut below = move |most: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % most
    };
    (0..4_000).map(move |_| {
        let mut text = String::new();
        for _ in 0..below(9) {
            let mark = std::str::from_utf8(MARKS.mark(below(COUNT))).unwrap();
            match below(6) {
                0 => text.push_str(mark),
                1 => text.push_str(&mark[..below(mark.len())]),
                2 => text.push_str(&mark[below(mark.len())..]),
                3 => text.extend([mark, long]),
                _ => text.push_str(others[below(others.len())]),
            }
        }
        if below(40) == 0 { text.repeat(30) } else { text }
    })
}

#[test]
fn one_look_finds_what_a_search_for_each_mark_finds() {
    let mut seen = Found::default();
    for text in texts() {
        let marks = MARKS.of(&text);
        for number in 0..COUNT {
            let mark = std::str::from_utf8(MARKS.mark(number)).unwrap();
            assert_eq!(marks.has(number), text.contains(mark), "{mark} in {text}");
        }
        assert_eq!(by_form(&text), by_marks(&text, Found::all(COUNT)), "{text}");
        seen = seen.or(marks);
    }
    assert_eq!(seen, Found::all(COUNT));
}
