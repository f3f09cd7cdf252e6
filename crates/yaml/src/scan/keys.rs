//! Keys without `?`: what may be one until its `:` comes, or until it is clear that none does.

use super::fault::{self, Fault};
use super::scanner::Scanner;

/// A key without `?` is on one line and has at most this many characters.
pub(super) const MAX_KEY_LENGTH: usize = 1024;

/// A token that turns out to be a key if `:` follows it in time.
#[derive(Clone, Copy)]
pub(super) struct PossibleKey {
    pub(super) is_possible: bool,
    /// It is where nothing but a key of the open map can.
    pub(super) is_required: bool,
    /// The number of the token, counted from the start of the text.
    pub(super) token: usize,
    pub(super) at: usize,
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Scanner<'_> {
    /// Notes that the next token may be a key; returns the mark that the token bears.
    pub(super) fn remember_key(&mut self) -> Result<Option<usize>, Fault> {
        if !self.allows_key {
            return Ok(None);
        }
        let column = self.cursor.column();
        let is_required = !self.in_flow() && usize::try_from(self.indent) == Ok(column);
        self.forget_key()?;
        let level = self.keys.len() - 1;
        self.keys[level] = PossibleKey {
            is_possible: true,
            is_required,
            token: self.next_number(),
            at: self.cursor.at,
            line: self.cursor.line,
            column,
        };
        Ok(Some(level))
    }

    /// Something begins that ends the hope for a `:`.
    pub(super) fn forget_key(&mut self) -> Result<(), Fault> {
        let level = self.keys.len() - 1;
        let key = self.keys[level];
        if key.is_possible {
            if key.is_required {
                return Err(fault::missing_colon(&self.cursor, key.at));
            }
            self.keys[level].is_possible = false;
            self.unmark(key.token);
        }
        Ok(())
    }

    pub(super) fn is_key_still_possible(&mut self, level: usize) -> Result<bool, Fault> {
        let Some(key) = self.keys.get_mut(level) else { return Ok(false) };
        if !key.is_possible {
            return Ok(false);
        }
        let is_long = self.cursor.is_farther_than(key.at, MAX_KEY_LENGTH);
        if key.line < self.cursor.line || is_long {
            if key.is_required {
                return Err(if key.line < self.cursor.line {
                    fault::missing_colon(&self.cursor, key.at)
                } else {
                    fault::long_key(&self.cursor, key.at)
                });
            }
            key.is_possible = false;
            return Ok(false);
        }
        Ok(true)
    }

    pub(super) fn unmark(&mut self, number: usize) {
        if let Some(token) = number.checked_sub(self.taken).and_then(|place| self.queue.get_mut(place)) {
            token.key = None;
        }
    }
}
