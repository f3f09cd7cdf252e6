//! Tokens into events: which scalars are keys, where collections begin and end, where nothing means null.
//!
//! Behaves as `go.yaml.in/yaml/v2/parserc.go` (v2.4.3). The states are a stack of our own, so that no depth
//! of nesting reaches the call stack.

use std::borrow::Cow;
use std::collections::HashMap;

use super::super::build::Scalar;
use super::super::source::Span;
use super::super::tree::Style;
use super::fault::{self, Fault};
use super::scanner::Scanner;
use super::token::{Kind, Token};

/// What a document consists of, in order.
pub(in super::super) enum Event {
    Scalar {
        /// Without anchor and tag; empty where nothing is written.
        span: Span,
        style: Style,
        text: Scalar,
        anchor: Option<Span>,
        tag: Option<String>,
    },
    /// The span of `*name`.
    Alias(Span),
    Open {
        is_map: bool,
        style: Style,
        span: Span,
        anchor: Option<Span>,
    },
    Close(Span),
    /// The document is complete; what kubectl reads ends at this byte.
    End(usize),
}

/// What is expected next.
#[derive(Clone, Copy)]
pub(super) enum State {
    Document,
    Content,
    DocumentEnd,
    BlockNode,
    ListEntry,
    /// An entry of a list whose dashes are in the column of the key above.
    UnindentedEntry,
    MapKey,
    MapValue,
    FlowListEntry {
        is_first: bool,
    },
    /// `[a: b]` holds a map of one entry.
    PairKey,
    PairValue,
    PairEnd,
    FlowMapKey {
        is_first: bool,
    },
    FlowMapValue,
    /// `{a}` has the value null.
    FlowMapNoValue,
    Done,
}

pub(in super::super) struct Parser<'src> {
    pub(super) scanner: Scanner<'src>,
    pub(super) state: State,
    states: Vec<State>,
    /// Where the open collections began.
    pub(super) opened: Vec<usize>,
    /// What handles of tags stand for.
    tag_prefixes: HashMap<String, String>,
    /// The last token that is written; a value that is not is at its end.
    pub(super) last: Span,
}

impl<'src> Parser<'src> {
    /// Reads the one document in `span` of `text`.
    pub(in super::super) fn new(text: &'src str, span: Span) -> Self {
        Self {
            scanner: Scanner::new(text, span, false),
            state: State::Document,
            states: Vec::new(),
            opened: Vec::new(),
            tag_prefixes: HashMap::new(),
            last: Span::empty(span.start as usize),
        }
    }

    /// The comments passed so far that mention `patterns:`.
    pub(in super::super) fn comments(&mut self) -> Vec<Span> {
        self.scanner.comments()
    }

    /// How far the text has been looked at.
    pub(in super::super) fn reached(&self) -> usize {
        self.scanner.cursor.at
    }

    /// The next event; after [`Event::End`] there are no more.
    pub(in super::super) fn next_event(&mut self) -> Result<Event, Fault> {
        match self.state {
            State::Document => self.document(),
            State::Content => self.content(),
            State::DocumentEnd => self.document_end(),
            State::BlockNode => self.node(true, false),
            State::ListEntry => self.list_entry(),
            State::UnindentedEntry => self.unindented_entry(),
            State::MapKey => self.map_key(),
            State::MapValue => self.map_value(),
            State::FlowListEntry { is_first } => self.flow_list_entry(is_first),
            State::PairKey => self.pair_key(),
            State::PairValue => self.pair_value(),
            State::PairEnd => {
                self.state = State::FlowListEntry { is_first: false };
                Ok(Event::Close(Span::empty(self.last.end as usize)))
            }
            State::FlowMapKey { is_first } => self.flow_map_key(is_first),
            State::FlowMapValue => self.flow_map_value(),
            State::FlowMapNoValue => Ok(self.nothing(State::FlowMapKey { is_first: false })),
            State::Done => Ok(Event::End(self.last.end as usize)),
        }
    }

    fn document(&mut self) -> Result<Event, Fault> {
        let first = self.scanner.peek()?;
        let start = first.start;
        match first.kind {
            Kind::StreamEnd => {
                self.state = State::Done;
                return self.next_event();
            }
            Kind::Version(..) | Kind::TagPrefix(_) | Kind::DocumentStart => {
                self.directives()?;
                if !matches!(self.scanner.peek()?.kind, Kind::DocumentStart) {
                    return Err(fault::lone_directive(&self.scanner.cursor, start));
                }
                self.take()?;
                self.state = State::Content;
            }
            _ => self.state = State::BlockNode,
        }
        self.states.push(State::DocumentEnd);
        self.next_event()
    }

    fn directives(&mut self) -> Result<(), Fault> {
        let mut has_version = false;
        while matches!(self.scanner.peek()?.kind, Kind::Version(..) | Kind::TagPrefix(_)) {
            let token = self.take()?;
            match token.kind {
                Kind::Version(1, 1) if !has_version => has_version = true,
                Kind::TagPrefix(tag) if !self.tag_prefixes.contains_key(&tag.handle) => {
                    self.tag_prefixes.insert(tag.handle, tag.suffix);
                }
                _ => return Err(fault::directive(&self.scanner.cursor, token.start)),
            }
        }
        Ok(())
    }

    fn content(&mut self) -> Result<Event, Fault> {
        let is_empty = matches!(
            self.scanner.peek()?.kind,
            Kind::Version(..) | Kind::TagPrefix(_) | Kind::DocumentStart | Kind::DocumentEnd | Kind::StreamEnd
        );
        if is_empty { Ok(self.end_with_nothing()) } else { self.node(true, false) }
    }

    fn document_end(&mut self) -> Result<Event, Fault> {
        let next = self.scanner.peek()?;
        let end = if matches!(next.kind, Kind::DocumentEnd) { next.end } else { next.start };
        self.state = State::Done;
        self.last = Span::empty(end);
        Ok(Event::End(end))
    }

    /// Any value. `block` allows indented collections, `unindented` a list in the column of its key.
    fn node(&mut self, block: bool, unindented: bool) -> Result<Event, Fault> {
        if matches!(self.scanner.peek()?.kind, Kind::Alias) {
            let token = self.take()?;
            self.state = self.outer();
            return Ok(Event::Alias(Span::new(token.start, token.end)));
        }
        let (anchor, tag) = self.properties()?;
        let next = self.scanner.peek()?;
        let here = Span::new(next.start, next.end);
        let (is_map, style, state) = match next.kind {
            Kind::BlockEntry if unindented => (false, Style::Block, State::UnindentedEntry),
            Kind::FlowSequence => (false, Style::Flow, State::FlowListEntry { is_first: true }),
            Kind::FlowMapping => (true, Style::Flow, State::FlowMapKey { is_first: true }),
            Kind::BlockSequence if block => (false, Style::Block, State::ListEntry),
            Kind::BlockMapping if block => (true, Style::Block, State::MapKey),
            Kind::Scalar(..) => return self.scalar(anchor, tag),
            _ if anchor.is_some() || tag.is_some() => {
                self.state = self.outer();
                return Ok(Event::Scalar {
                    span: Span::empty(self.last.end as usize),
                    style: Style::Plain,
                    text: Scalar::Borrowed(Span::empty(self.last.end as usize)),
                    anchor,
                    tag,
                });
            }
            _ => return Err(fault::no_value(&self.scanner.cursor, here, self.opened.last().copied())),
        };
        self.state = state;
        if !matches!(state, State::UnindentedEntry) {
            self.opened.push(here.start as usize);
            self.take()?;
        }
        Ok(Event::Open { is_map, style, span: here, anchor })
    }

    fn scalar(&mut self, anchor: Option<Span>, tag: Option<String>) -> Result<Event, Fault> {
        let token = self.take()?;
        self.state = self.outer();
        let span = Span::new(token.start, token.end);
        let (style, text) = match token.kind {
            Kind::Scalar(style, text) => (style, text),
            _ => (Style::Plain, Scalar::Borrowed(span)),
        };
        Ok(Event::Scalar { span, style, text, anchor, tag })
    }

    /// `&anchor` and `!tag`, in any order.
    fn properties(&mut self) -> Result<(Option<Span>, Option<String>), Fault> {
        let mut anchor = None;
        let mut tag = None;
        for _ in 0..2 {
            match self.scanner.peek()?.kind {
                Kind::Anchor if anchor.is_none() => anchor = Some(Scanner::name_of(&self.take()?)),
                Kind::Tag(_) if tag.is_none() => {
                    let token = self.take()?;
                    tag = Some(self.full_tag(&token)?);
                }
                _ => break,
            }
        }
        Ok((anchor, tag.filter(|tag| !tag.is_empty())))
    }

    fn full_tag(&self, token: &Token) -> Result<String, Fault> {
        let Kind::Tag(tag) = &token.kind else { return Ok(String::new()) };
        let prefix: Cow<'_, str> = match tag.handle.as_str() {
            "" => "".into(),
            handle => match self.tag_prefixes.get(handle) {
                Some(prefix) => prefix.as_str().into(),
                None if handle == "!" => "!".into(),
                None if handle == "!!" => "tag:yaml.org,2002:".into(),
                None => return Err(fault::unknown_tag_handle(Span::new(token.start, token.end), handle)),
            },
        };
        Ok(format!("{prefix}{}", tag.suffix))
    }

    /// Reads a node and comes back to `then`.
    pub(super) fn inner(&mut self, then: State, block: bool, unindented: bool) -> Result<Event, Fault> {
        self.states.push(then);
        self.node(block, unindented)
    }

    pub(super) fn outer(&mut self) -> State {
        self.states.pop().unwrap_or(State::Done)
    }

    pub(super) fn close(&mut self) -> Result<Event, Fault> {
        let token = self.take()?;
        self.state = self.outer();
        self.opened.pop();
        Ok(Event::Close(Span::new(token.start, token.end)))
    }

    /// A value that is not written.
    pub(super) fn nothing(&mut self, then: State) -> Event {
        self.state = then;
        let span = Span::empty(self.last.end as usize);
        Event::Scalar { span, style: Style::Plain, text: Scalar::Borrowed(span), anchor: None, tag: None }
    }

    fn end_with_nothing(&mut self) -> Event {
        let state = self.outer();
        self.nothing(state)
    }

    pub(super) fn take(&mut self) -> Result<Token, Fault> {
        let token = self.scanner.take()?;
        // What is only implied has no place in the source.
        if token.end > token.start {
            self.last = Span::new(token.start, token.end);
        }
        Ok(token)
    }
}
