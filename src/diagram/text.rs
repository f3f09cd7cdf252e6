//! How wide text is, and where it may break.

/// Widths of U+0020 to U+007E in thousandths of the size, in Helvetica and the fonts made to its measure
/// (Arial, Liberation Sans).
const REGULAR: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
    260, 334, 584,
];

/// The same in bold.
const BOLD: [u16; 95] = [
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 333, 333, 584, 584, 584, 611, 975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556, 333, 556, 611, 556, 611,
    556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611, 611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389,
    280, 389, 584,
];

/// How wide a text is at a size. Characters outside of the table count as one em, which few are wider than, but
/// for the dash of ranges and Latin letters.
#[must_use]
pub(super) fn width(text: &str, size: f64, bold: bool) -> f64 {
    let table = if bold { &BOLD } else { &REGULAR };
    let of = |character: char| {
        let at = (character as usize).checked_sub(0x20);
        let wide = match character {
            '–' => 556.0,
            '\u{C0}'..='\u{FF}' => 778.0,
            _ => 1000.0,
        };
        at.and_then(|at| table.get(at)).map_or(wide, |width| f64::from(*width))
    };
    text.chars().map(of).sum::<f64>() * size / 1000.0
}

/// Breaks a text into lines no wider than `limit`, after punctuation or at spaces where it can, else anywhere.
#[must_use]
pub(super) fn wrap(text: &str, size: f64, bold: bool, limit: f64) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for character in text.chars() {
        line.push(character);
        if width(&line, size, bold) <= limit || line.chars().count() == 1 {
            continue;
        }
        let last = line.len() - character.len_utf8();
        let breaks = |character: char| matches!(character, ' ' | '/' | ':' | '@' | '-' | '.' | ',' | '_');
        // A break far to the left would leave a ragged stump.
        let at = line[..last].rfind(breaks).map(|at| at + 1).filter(|at| *at * 3 > last).unwrap_or(last);
        let rest = line.split_off(at);
        lines.push(line.trim_end().to_owned());
        rest.trim_start().clone_into(&mut line);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// A text with everything taken out that is not a visible character: controls, and marks that turn the direction
/// of what follows. A line break becomes a space.
#[must_use]
pub(super) fn plain(text: &str) -> String {
    let keep = |character: char| match character {
        '\n' | '\r' | '\t' => Some(' '),
        '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' => None,
        '\u{FFFE}' | '\u{FFFF}' => Some('\u{FFFD}'),
        control if control.is_control() => Some('\u{FFFD}'),
        other => Some(other),
    };
    text.chars().filter_map(keep).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_and_lose_nothing() {
        let image = "registry.internal/team/ghostunnel@sha256:5f0c0ae1c7c9a7b3f0f3f0a4e7d1a2a7f1d6f6e1a9a8b7c6d5e4f3a2";
        let lines = wrap(image, 11.0, false, 150.0);
        assert!(lines.len() > 2);
        assert!(lines.iter().all(|line| width(line, 11.0, false) <= 150.0), "{lines:?}");
        assert_eq!(lines.concat(), image);
    }

    #[test]
    fn one_wide_character_is_a_line() {
        assert_eq!(wrap("ＡＢ", 20.0, false, 5.0), ["Ａ", "Ｂ"]);
        assert_eq!(wrap("", 20.0, false, 5.0), [""]);
    }

    #[test]
    fn invisible_characters_go() {
        assert_eq!(plain("a\u{202E}\u{061C}b\u{0}c\nd"), "ab\u{FFFD}c d");
    }
}
