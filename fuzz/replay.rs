//! The corpus and inputs like it, through what the fuzzers do with them: fuzzing without instrumentation, which needs no
//! build of its own. The same inputs each time.

use std::fs;
use std::path::Path;

/// So many changed inputs for each target: a few seconds. `PATTERNS_FUZZ=100000` tries more.
const CHANGED: u64 = 300;

/// Words that mean something to one of the formats, one a line as libFuzzer takes them.
const WORDS: &str = include_str!("words.dict");

/// Goes through a target's corpus, then through inputs that are made from it.
pub fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    let corpus: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    for (file, input) in files.iter().zip(&corpus) {
        try_input(&file.display().to_string(), input, run);
    }
    let number = std::env::var("PATTERNS_FUZZ").map_or(CHANGED, |number| number.parse().unwrap());
    mutated(&corpus, number, |input| try_input(target, input, run));
}

/// What fails is shown, so that it can become a file of the corpus.
fn try_input(name: &str, input: &[u8], run: fn(&[u8])) {
    let ended = std::panic::catch_unwind(|| run(input));
    assert!(ended.is_ok(), "{name} fails with {:?}", String::from_utf8_lossy(input));
}

/// Calls `run` with `number` inputs that are made from those of a corpus.
fn mutated(corpus: &[Vec<u8>], number: u64, mut run: impl FnMut(&[u8])) {
    let words: Vec<&[u8]> = WORDS.lines().filter_map(|line| line.split('"').nth(1)).map(str::as_bytes).collect();
    for seed in 0..number {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let mut input = random.one_of(corpus).clone();
        for _ in 0..=random.below(4) {
            change(&mut input, corpus, &words, &mut random);
        }
        input.truncate(4096);
        run(&input);
    }
}

fn change(input: &mut Vec<u8>, corpus: &[Vec<u8>], words: &[&[u8]], random: &mut Random) {
    let at = random.below(input.len() + 1);
    let to = (at + random.below(40)).min(input.len());
    let inserted: Vec<u8> = match random.below(6) {
        0 => Vec::new(),
        1 => input[at..to].repeat(2),
        2 => vec![u8::try_from(random.below(256)).unwrap_or_default()],
        3 => {
            let other = random.one_of(corpus);
            let from = random.below(other.len() + 1);
            other[from..].iter().copied().take(random.below(200)).collect()
        }
        4 => input[..at].iter().rev().copied().take(8).collect(),
        _ => random.one_of(words).to_vec(),
    };
    let end = if random.below(2) == 0 { at } else { to };
    input.splice(at..end, inserted);
}

/// Xorshift: enough to choose places.
struct Random(u64);

impl Random {
    /// A number below another, or 0.
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap_or(0) % end.max(1)
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        let at = self.below(all.len());
        &all[at]
    }
}
