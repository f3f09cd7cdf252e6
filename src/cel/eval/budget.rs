//! What an evaluation may cost, and why it ends without a value.

use super::super::value::Item;

/// Why an expression has no value.
#[derive(Clone, Debug)]
pub enum Fail {
    /// The server fails too: `no such key: replicas`.
    Error(String),
    /// It depends on what only a cluster knows, or on what is not evaluated here.
    Unknown(String),
    /// It costs more than the server allows.
    Exhausted,
}

/// A value, or why there is none.
pub type Evaluated = Result<Item, Fail>;

/// What is left to spend. A unit is about what the server counts as one
/// (`k8s.io/apiserver/pkg/apis/cel/config.go`).
#[derive(Clone, Copy, Debug)]
pub struct Budget(u64);

impl Budget {
    /// What one expression may cost.
    pub const CALL: u64 = 1_000_000;
    /// What one policy or definition may cost for one object.
    pub const OBJECT: u64 = 10_000_000;

    /// So many units.
    #[must_use]
    pub fn new(units: u64) -> Self {
        Self(units)
    }

    /// How many are left.
    #[must_use]
    pub fn left(self) -> u64 {
        self.0
    }

    /// Takes units out.
    ///
    /// # Errors
    /// When nothing is left.
    pub fn spend(&mut self, units: usize) -> Result<(), Fail> {
        let units = u64::try_from(units).unwrap_or(u64::MAX);
        match self.0.checked_sub(units) {
            Some(left) => {
                self.0 = left;
                Ok(())
            }
            None => {
                self.0 = 0;
                Err(Fail::Exhausted)
            }
        }
    }
}
