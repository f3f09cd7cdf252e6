//! What an expression costs at most, as the API server estimates it when a rule is created: `cel-go/checker/cost.go` and
//! `k8s.io/apiserver/pkg/cel/library/cost.go`. Only the largest cost counts: it decides what the server refuses.

mod calls;
mod expand;
mod size;
mod way;

use super::ast::Expr;
use super::check::Fact;
use super::types::Type;
use expand::{Form, Loop, Node, RESULT};
use size::{ITEMS, KEYS, Path, Size, VALUES};
use way::Way;

pub use size::Bound;

/// What it costs to look at a character.
const TEXT: f64 = 0.1;

/// What each character of a regular expression costs.
const REGEX: f64 = 0.25;

/// What it costs to make a list.
const LIST: u64 = 10;

/// What it costs to make a map.
const MAP: u64 = 30;

/// The cost of an expression at most, on servers of a minor version (0 for the newest). `bound` says how large `self`
/// can be; nothing is known of an expression that is too large.
pub fn estimate(expr: &Expr, facts: &[Fact], bound: &Bound, version: u8) -> Option<u64> {
    let (node, count) = expand::expand(expr, facts, version)?;
    let mut coster = Coster {
        bound,
        sizes: vec![None; count],
        entries: vec![None; count],
        paths: vec![Path::default(); count],
        locals: Vec::new(),
    };
    Some(coster.cost(&node))
}

/// The sizes of the elements of a list, or of the keys and values of a map.
#[derive(Clone, Copy, Debug)]
struct EntrySize {
    is_list: bool,
    key: Size,
    value: Size,
}

impl EntrySize {
    fn union(self, other: Self) -> Self {
        Self { key: self.key.union(other.key), value: self.value.union(other.value), ..self }
    }
}

/// A variable of a loop.
#[derive(Debug)]
struct Local<'e> {
    name: &'e str,
    path: Path,
    size: Option<Size>,
    entry: Option<EntrySize>,
}

/// An argument of a call.
struct Arg<'n, 'e> {
    path: Path,
    node: &'n Node<'e>,
    size: Option<Size>,
}

struct Coster<'e> {
    bound: &'e Bound,
    /// By the numbers of the nodes.
    sizes: Vec<Option<Size>>,
    entries: Vec<Option<EntrySize>>,
    paths: Vec<Path>,
    locals: Vec<Local<'e>>,
}

impl<'e> Coster<'e> {
    fn cost(&mut self, node: &Node<'e>) -> u64 {
        match &node.kind {
            Form::Literal { .. } => 0,
            Form::Ident(name) => {
                let path = self.local(name).map_or_else(|| Path::of(name), |local| local.path.clone());
                self.set_path(node, path);
                1
            }
            Form::Select { operand, is_test: true, .. } => self.cost(operand),
            Form::Select { operand, field, .. } => {
                let cost = self.cost(operand);
                let path = self.path(operand).with(field);
                self.set_path(node, path);
                cost.saturating_add(u64::from(matches!(operand.of, Type::Map(..) | Type::Object(_))))
            }
            Form::Call { function, ways, target, args } => self.call(node, function, ways, target.as_deref(), args),
            Form::List(elements) => {
                let mut value = Size { least: if elements.is_empty() { 0 } else { u64::MAX }, most: 0 };
                let mut sum = LIST;
                for element in elements {
                    sum = sum.saturating_add(self.cost(element));
                    value = value.union(self.size_or_unknown(element));
                }
                self.set_entry(node, Some(EntrySize { is_list: true, key: Size::fixed(1), value }));
                sum
            }
            Form::Map(entries) => {
                let empty = Size { least: if entries.is_empty() { 0 } else { u64::MAX }, most: 0 };
                let (mut key, mut value) = (empty, empty);
                let mut sum = MAP;
                for (of_key, of_value) in entries {
                    sum = sum.saturating_add(self.cost(of_key));
                    sum = sum.saturating_add(self.cost(of_value));
                    key = key.union(self.size_or_unknown(of_key));
                    value = value.union(self.size_or_unknown(of_value));
                }
                self.set_entry(node, Some(EntrySize { is_list: false, key, value }));
                sum
            }
            Form::Loop(of) => self.repeated(node, of),
            Form::Bind { name, value, body } => {
                let mut sum = LIST.saturating_add(self.cost(value));
                self.push_value(name, value);
                sum = sum.saturating_add(self.cost(body));
                self.pop(name);
                self.copy_sizes(node, body);
                sum
            }
        }
    }

    fn repeated(&mut self, node: &Node<'e>, of: &Loop<'e>) -> u64 {
        let mut sum = self.cost(&of.range).saturating_add(self.cost(&of.start));
        self.push_value(RESULT, &of.start);
        match of.variables {
            [key, value] => {
                self.push_part(key, &of.range, true);
                self.push_part(value, &of.range, false);
            }
            [one] => {
                let is_list = self.is_list(&of.range);
                self.push_part(one, &of.range, !is_list);
            }
            _ => {}
        }
        let each = self.cost(&of.condition).saturating_add(self.cost(&of.step));
        of.variables.iter().for_each(|name| self.pop(name));
        sum = sum.saturating_add(self.cost(&of.result));
        self.pop(RESULT);
        let count = self.size_or_unknown(&of.range);
        match of.start.kind {
            Form::List(_) | Form::Map(_) => {
                self.set_size(node, Some(count));
                let entry = self.entry(&of.step);
                self.set_entry(node, entry);
            }
            _ => {
                let size = self.size(&of.start);
                self.set_size(node, size);
            }
        }
        sum.saturating_add(count.most.saturating_mul(each))
    }

    fn call(
        &mut self,
        node: &Node<'e>,
        function: &str,
        ways: &[Way],
        target: Option<&Node<'e>>,
        args: &[Node<'e>],
    ) -> u64 {
        if let ("dyn", [arg]) = (function, args) {
            let cost = self.cost(arg).saturating_add(1);
            self.copy_sizes(node, arg);
            return cost;
        }
        let mut costs = Vec::with_capacity(args.len());
        let mut given = Vec::with_capacity(args.len());
        for arg in args {
            costs.push(self.cost(arg));
            given.push(self.arg(arg));
        }
        let of_target = target.map_or(0, |target| self.cost(target));
        let target = target.map(|target| self.arg(target));
        let mut most = 0;
        let mut result = None;
        for way in ways {
            let (cost, size) = self.called(node, function, *way, target.as_ref(), &given, &costs);
            most = most.max(cost);
            result = match (result, size) {
                (Some(known), Some(size)) => Some(Size::union(known, size)),
                (known, size) => known.or(size),
            };
            let word = match way {
                Way::IndexList => Some(ITEMS),
                Way::IndexMap => Some(VALUES),
                _ => None,
            };
            if let (Some(word), Some(of)) = (word, args.first()) {
                result = self.entry(of).map(|entry| entry.value);
                let path = self.path(of).with(word);
                self.set_path(node, path);
            }
            if result.is_none() {
                result = self.size(node);
            }
        }
        self.set_size(node, result);
        of_target.saturating_add(most)
    }

    fn arg<'n>(&mut self, node: &'n Node<'e>) -> Arg<'n, 'e> {
        Arg { path: self.path(node), node, size: self.size(node) }
    }

    fn local(&self, name: &str) -> Option<&Local<'e>> {
        self.locals.iter().rev().find(|local| local.name == name)
    }

    fn pop(&mut self, name: &str) {
        if let Some(place) = self.locals.iter().rposition(|local| local.name == name) {
            self.locals.remove(place);
        }
    }

    /// A variable that is the value of a node.
    fn push_value(&mut self, name: &'e str, value: &Node<'e>) {
        let local = Local { name, path: self.path(value), size: self.size(value), entry: self.entry(value) };
        self.locals.push(local);
    }

    /// A variable that is one of the keys or places of what a loop goes over, or one of the values.
    fn push_part(&mut self, name: &'e str, range: &Node<'e>, is_key: bool) {
        let entry = self.entry(range);
        let word = match (is_key, self.is_list(range)) {
            (true, true) => size::INDICES,
            (true, false) => KEYS,
            (false, true) => ITEMS,
            (false, false) => VALUES,
        };
        let size = entry.map(|entry| if is_key { entry.key } else { entry.value });
        let path = self.path(range).with(word);
        self.locals.push(Local { name, path, size, entry: None });
    }

    fn is_list(&self, range: &Node<'e>) -> bool {
        self.entry(range).map_or(matches!(range.of, Type::List(_)), |entry| entry.is_list)
    }

    fn path(&self, node: &Node<'e>) -> Path {
        let local = if let Form::Ident(name) = node.kind { self.local(name) } else { None };
        local.map(|local| local.path.clone()).or_else(|| self.paths.get(node.id).cloned()).unwrap_or_default()
    }

    fn set_path(&mut self, node: &Node<'e>, path: Path) {
        if let Some(place) = self.paths.get_mut(node.id) {
            *place = path;
        }
    }

    fn set_size(&mut self, node: &Node<'e>, size: Option<Size>) {
        if let (Some(place), Some(_)) = (self.sizes.get_mut(node.id), size) {
            *place = size;
        }
    }

    fn set_entry(&mut self, node: &Node<'e>, entry: Option<EntrySize>) {
        if let (Some(place), Some(_)) = (self.entries.get_mut(node.id), entry) {
            *place = entry;
        }
    }

    fn copy_sizes(&mut self, to: &Node<'e>, from: &Node<'e>) {
        let size = self.size(from);
        self.set_size(to, size);
        let entry = self.entry(from);
        self.set_entry(to, entry);
    }

    fn entry(&self, node: &Node<'e>) -> Option<EntrySize> {
        let known = self.entries.get(node.id).copied().flatten();
        let local = || if let Form::Ident(name) = node.kind { self.local(name)?.entry } else { None };
        known.or_else(local)
    }

    fn size_or_unknown(&mut self, node: &Node<'e>) -> Size {
        self.size(node).unwrap_or(Size::UNKNOWN)
    }

    fn size(&mut self, node: &Node<'e>) -> Option<Size> {
        if let Some(size) = self.sizes.get(node.id).copied().flatten() {
            return Some(size);
        }
        let counted = |count: usize| Some(Size::fixed(u64::try_from(count).unwrap_or(u64::MAX)));
        match &node.kind {
            Form::Literal { size, .. } => return Some(Size::fixed(*size)),
            Form::List(elements) => return counted(elements.len()),
            Form::Map(entries) => return counted(entries.len()),
            _ => {}
        }
        if let Some(size) = self.path(node).size_in(self.bound, false) {
            self.set_size(node, Some(size));
            return Some(size);
        }
        if is_scalar(&node.of) {
            return Some(Size::fixed(1));
        }
        if let Form::Ident(name) = node.kind { self.local(name)?.size } else { None }
    }
}

/// Whether all values of a type have one size.
fn is_scalar(of: &Type) -> bool {
    match of {
        Type::Bool | Type::Double | Type::Duration | Type::Int | Type::Timestamp | Type::Uint => true,
        Type::Optional(inner) => is_scalar(inner),
        _ => false,
    }
}
