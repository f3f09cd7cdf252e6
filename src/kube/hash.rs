//! Maps for what is looked up for each object or word. Their hash is several times as fast as the standard library's, and
//! seeded at random, so that no file can be written to collide.

use std::collections::{HashMap, HashSet};

/// A map of short keys.
pub type FastMap<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// A set of them.
pub type FastSet<T> = HashSet<T, foldhash::fast::RandomState>;
