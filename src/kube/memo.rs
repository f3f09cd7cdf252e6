//! What was worked out of a text of the run, for those who ask again: one ConfigMap may be mounted by hundreds of
//! containers.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::hash::FastMap;

/// Bytes of texts of which results are kept; when there are more, all are forgotten. Results may be many times as large.
const ROOM: usize = 2 << 20;

/// Results by the text that they are of, which lives as long as the run, and by what was asked.
#[derive(Default)]
pub struct Memo(Mutex<Kept>);

type Key = (usize, usize, u8);

#[derive(Default)]
struct Kept {
    /// Bytes of all texts.
    bytes: usize,
    results: FastMap<Key, Arc<dyn Any + Send + Sync>>,
}

impl Memo {
    /// The result for a text, made now unless it is there. `question` tells results of one text apart.
    pub fn of<T: Send + Sync + 'static>(&self, text: &str, question: u8, make: impl FnOnce() -> T) -> Arc<T> {
        let key = (text.as_ptr().addr(), text.len(), question);
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).results.get(&key).cloned();
        if let Some(result) = kept.and_then(|kept| kept.downcast().ok()) {
            return result;
        }
        // not under the lock: others need not wait, and what is made twice is the same
        let value = Arc::new(make());
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.bytes + text.len() > ROOM {
            *kept = Kept::default();
        }
        kept.bytes += text.len();
        kept.results.insert(key, Arc::clone(&value) as Arc<dyn Any + Send + Sync>);
        value
    }
}

impl fmt::Debug for Memo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memo")
    }
}

#[cfg(test)]
mod tests {
    use super::{Memo, ROOM};

    #[test]
    fn a_result_is_made_once_and_does_not_fill_the_memory() {
        let memo = Memo::default();
        let (one, large) = ("one".to_owned(), "x".repeat(ROOM));
        assert_eq!(*memo.of(&one, 0, || 1), 1);
        assert_eq!(*memo.of(&one, 0, || 2), 1);
        assert_eq!(*memo.of(&one, 1, || 2), 2);
        assert_eq!(*memo.of(&large, 0, || 3), 3);
        assert_eq!(*memo.of(&one, 0, || 4), 4, "what was kept is forgotten");
    }
}
