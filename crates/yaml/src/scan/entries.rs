//! The entries of lists and maps, indented and in brackets.

use super::super::source::Span;
use super::super::tree::Style;
use super::fault::{self, Fault};
use super::grammar::{Event, Parser, State};
use super::token::Kind;

impl Parser<'_> {
    pub(super) fn list_entry(&mut self) -> Result<Event, Fault> {
        let next = self.scanner.peek()?;
        match next.kind {
            Kind::BlockEntry => {
                self.take()?;
                match self.scanner.peek()?.kind {
                    Kind::BlockEntry | Kind::BlockEnd => Ok(self.nothing(State::ListEntry)),
                    _ => self.inner(State::ListEntry, true, false),
                }
            }
            Kind::BlockEnd => self.close(),
            _ => {
                let start = next.start;
                Err(fault::in_block(&self.scanner.cursor, start, self.last, self.opened.last().copied(), false))
            }
        }
    }

    pub(super) fn unindented_entry(&mut self) -> Result<Event, Fault> {
        if !matches!(self.scanner.peek()?.kind, Kind::BlockEntry) {
            self.state = self.outer();
            return Ok(Event::Close(Span::empty(self.last.end as usize)));
        }
        self.take()?;
        match self.scanner.peek()?.kind {
            Kind::BlockEntry | Kind::Key | Kind::Value | Kind::BlockEnd => Ok(self.nothing(State::UnindentedEntry)),
            _ => self.inner(State::UnindentedEntry, true, false),
        }
    }

    pub(super) fn map_key(&mut self) -> Result<Event, Fault> {
        let next = self.scanner.peek()?;
        match next.kind {
            Kind::Key => {
                self.take()?;
                match self.scanner.peek()?.kind {
                    Kind::Key | Kind::Value | Kind::BlockEnd => Ok(self.nothing(State::MapValue)),
                    _ => self.inner(State::MapValue, true, true),
                }
            }
            Kind::BlockEnd => self.close(),
            _ => {
                let start = next.start;
                Err(fault::in_block(&self.scanner.cursor, start, self.last, self.opened.last().copied(), true))
            }
        }
    }

    pub(super) fn map_value(&mut self) -> Result<Event, Fault> {
        if !matches!(self.scanner.peek()?.kind, Kind::Value) {
            return Ok(self.nothing(State::MapKey));
        }
        self.take()?;
        match self.scanner.peek()?.kind {
            Kind::Key | Kind::Value | Kind::BlockEnd => Ok(self.nothing(State::MapKey)),
            _ => self.inner(State::MapKey, true, true),
        }
    }

    pub(super) fn flow_list_entry(&mut self, is_first: bool) -> Result<Event, Fault> {
        if !self.flow_separator(is_first, false)? {
            return self.close();
        }
        match self.scanner.peek()?.kind {
            Kind::FlowSequenceEnd => self.close(),
            Kind::Key => {
                let token = self.take()?;
                self.state = State::PairKey;
                let span = Span::new(token.start, token.end);
                Ok(Event::Open { is_map: true, style: Style::Flow, span, anchor: None })
            }
            _ => self.inner(State::FlowListEntry { is_first: false }, false, false),
        }
    }

    pub(super) fn pair_key(&mut self) -> Result<Event, Fault> {
        match self.scanner.peek()?.kind {
            Kind::Value | Kind::FlowEntry | Kind::FlowSequenceEnd => {
                // go-yaml passes over this token, so that `[? : b]` is not what it seems.
                self.take()?;
                Ok(self.nothing(State::PairValue))
            }
            _ => self.inner(State::PairValue, false, false),
        }
    }

    pub(super) fn pair_value(&mut self) -> Result<Event, Fault> {
        if matches!(self.scanner.peek()?.kind, Kind::Value) {
            self.take()?;
            if !matches!(self.scanner.peek()?.kind, Kind::FlowEntry | Kind::FlowSequenceEnd) {
                return self.inner(State::PairEnd, false, false);
            }
        }
        Ok(self.nothing(State::PairEnd))
    }

    pub(super) fn flow_map_key(&mut self, is_first: bool) -> Result<Event, Fault> {
        if !self.flow_separator(is_first, true)? {
            return self.close();
        }
        match self.scanner.peek()?.kind {
            Kind::FlowMappingEnd => self.close(),
            Kind::Key => {
                self.take()?;
                match self.scanner.peek()?.kind {
                    Kind::Value | Kind::FlowEntry | Kind::FlowMappingEnd => Ok(self.nothing(State::FlowMapValue)),
                    _ => self.inner(State::FlowMapValue, false, false),
                }
            }
            _ => self.inner(State::FlowMapNoValue, false, false),
        }
    }

    pub(super) fn flow_map_value(&mut self) -> Result<Event, Fault> {
        let state = State::FlowMapKey { is_first: false };
        if matches!(self.scanner.peek()?.kind, Kind::Value) {
            self.take()?;
            if !matches!(self.scanner.peek()?.kind, Kind::FlowEntry | Kind::FlowMappingEnd) {
                return self.inner(state, false, false);
            }
        }
        Ok(self.nothing(state))
    }

    /// Passes the comma between two entries; false if the collection ends here instead.
    pub(super) fn flow_separator(&mut self, is_first: bool, is_map: bool) -> Result<bool, Fault> {
        let next = self.scanner.peek()?;
        match next.kind {
            Kind::FlowMappingEnd if is_map => Ok(false),
            Kind::FlowSequenceEnd if !is_map => Ok(false),
            _ if is_first => Ok(true),
            Kind::FlowEntry => {
                self.take()?;
                Ok(true)
            }
            _ => {
                let here = Span::new(next.start, next.end);
                Err(fault::no_comma(&self.scanner.cursor, here, self.last, self.opened.last().copied().unwrap_or(0)))
            }
        }
    }
}
