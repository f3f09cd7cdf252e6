//! The cost of calls.

use super::expand::{Form, Node};
use super::size::{Size, times};
use super::way::Way;
use super::{Arg, Coster, LIST, REGEX, TEXT};
use crate::cel::types::Type;

/// The longest regular expression of a named format.
const FORMAT_REGEX: f64 = 128.0;

/// The longest text of a named format.
const FORMAT: u64 = 64;

/// The bytes of an address.
const ADDRESS: Size = Size { least: 4, most: 16 };

/// A cost, and the size of the result where it is known.
type Estimate = (u64, Option<Size>);

impl<'e> Coster<'e> {
    /// A call by one of the signatures that fit, its arguments included, its target not.
    pub(super) fn called(
        &mut self,
        node: &Node<'e>,
        function: &str,
        way: Way,
        target: Option<&Arg<'_, 'e>>,
        args: &[Arg<'_, 'e>],
        costs: &[u64],
    ) -> Estimate {
        let all = costs.iter().fold(0, |sum: u64, cost| sum.saturating_add(*cost));
        if let Some((cost, size)) =
            self.of_collections(way, target, args).or_else(|| self.of_library(function, way, target, args))
        {
            return (cost.saturating_add(all), size);
        }
        let plus = |cost: u64| cost.saturating_add(all);
        let known = |arg: &Arg<'_, 'e>| arg.size.unwrap_or(Size::UNKNOWN);
        match (way, target, args) {
            (Way::Sum, ..) => (all, None),
            (Way::Conditional, _, [_, yes, no]) => {
                let entry = self.entry(yes.node).zip(self.entry(no.node)).map(|(yes, no)| yes.union(no));
                self.set_entry(node, entry);
                let cost = match costs {
                    [condition, yes, no] => condition.saturating_add(*yes.max(no)),
                    _ => all,
                };
                (cost, Some(known(yes).union(known(no))))
            }
            (Way::AddText | Way::AddList, _, [left, right]) => {
                let entry = self.entry(left.node).zip(self.entry(right.node)).map(|(left, right)| left.union(right));
                self.set_entry(node, entry);
                let size = known(left).add(known(right));
                (plus(if way == Way::AddList { 1 } else { size.times(TEXT) }), Some(size))
            }
            (Way::Compare, _, [left, right]) => (plus(times(known(left).most.min(known(right).most), TEXT)), None),
            (Way::InList, _, [_, list]) => (plus(known(list).times(1.0)), None),
            (Way::Matches, Some(text), [regex]) | (Way::Matches, None, [text, regex]) => {
                (plus(matched(known(text), known(regex))), None)
            }
            (Way::Contains, Some(text), [part]) => {
                (plus(known(text).times(TEXT).saturating_mul(known(part).times(TEXT))), None)
            }
            (Way::Affix, _, [part]) => (plus(known(part).times(TEXT)), None),
            (Way::Format, Some(text), _) => (plus(known(text).times(TEXT)), None),
            (Way::Quote, _, [text]) => {
                let size = known(text);
                let quoted = |count: u64| count.wrapping_mul(2).wrapping_add(2);
                let result = Size { least: size.least.wrapping_add(2), most: quoted(size.most) };
                (plus(size.times(TEXT)), Some(result))
            }
            (Way::StringToBytes, _, [text]) => {
                let size = known(text);
                (plus(size.times(TEXT)), Some(Size { least: size.least, most: size.most.wrapping_mul(4) }))
            }
            (Way::BytesToString, _, [bytes]) => {
                let size = known(bytes);
                (plus(size.times(TEXT)), Some(Size { least: size.least / 4, most: size.most }))
            }
            _ => (plus(1), None),
        }
    }

    /// The libraries of sets and lists of cel-go.
    fn of_collections(&self, way: Way, target: Option<&Arg<'_, 'e>>, args: &[Arg<'_, 'e>]) -> Option<Estimate> {
        // a list of this size is made
        let makes = |price: f64, size: Size| Some((size.times(price).saturating_add(1 + LIST), Some(size)));
        let size = |arg: &Arg<'_, 'e>| self.size_of(arg);
        match (way, target, args) {
            (Way::Sets(price), _, [left, right]) => {
                Some((size(left).multiply(size(right)).times(price).saturating_add(1), None))
            }
            (Way::Slice, Some(list), [start, end]) => {
                let start = written(start).unwrap_or(0);
                let end = written(end).unwrap_or(size(list).most);
                makes(1.0, Size::fixed(end.wrapping_sub(start)))
            }
            (Way::Range, _, [count]) => makes(1.0, Size::fixed(written(count).unwrap_or(u64::MAX))),
            (Way::Reverse, Some(list), []) => makes(1.0, size(list)),
            (Way::Flatten, Some(list), depth) => {
                let depth = depth.first().map_or(1, |depth| written(depth).unwrap_or(u64::MAX));
                #[expect(clippy::cast_precision_loss, reason = "cel-go counts in doubles")]
                makes(depth as f64, size(list))
            }
            (Way::Distinct, Some(list), []) => makes(2.0, size(list).multiply(size(list))),
            (Way::Sort(price), Some(of), []) | (Way::SortBy(price), _, [of]) => {
                makes(price, size(of).multiply(size(of)))
            }
            _ => None,
        }
    }

    /// The libraries of Kubernetes, by the names of the functions.
    fn of_library(
        &self,
        function: &str,
        way: Way,
        target: Option<&Arg<'_, 'e>>,
        args: &[Arg<'_, 'e>],
    ) -> Option<Estimate> {
        let size = |arg: &Arg<'_, 'e>| self.size_of(arg);
        let first = args.first();
        Some(match function {
            "isSorted" | "sum" | "max" | "min" | "indexOf" | "lastIndexOf" => (self.of_elements(target?), None),
            "url" => {
                let text = size(first?);
                (text.times(TEXT), Some(text))
            }
            "lowerAscii" | "upperAscii" | "substring" | "trim" => {
                let text = size(target?);
                (text.times(TEXT), Some(text))
            }
            "replace" => {
                let (text, [from, to, ..]) = (size(target?), args) else { return None };
                (text.times(2.0 * TEXT), Some(replaced(text, size(from), size(to))))
            }
            "split" => {
                let text = size(target?);
                let limit = args.get(1).and_then(|arg| number(arg));
                #[expect(clippy::cast_sign_loss, reason = "the server takes -1 for the largest number, too")]
                let most = limit.map_or(text.most, |limit| limit as u64);
                (text.times(2.0 * TEXT), Some(Size { least: 0, most }))
            }
            "join" => {
                let joined = self.joined(target?, first);
                (joined.times(TEXT), Some(joined))
            }
            "find" | "findAll" => {
                let text = size(target?);
                (matched(text, size(first?)), Some(Size { least: 0, most: text.most }))
            }
            "ip" if way == Way::CidrIp => (1, None),
            "cidr" | "isIP" | "isCIDR" | "ip" | "quantity" | "isQuantity" | "semver" | "isSemver" => {
                (size(first?).times(TEXT), None)
            }
            "ip.isCanonical" => (size(first?).times(2.0 * TEXT), None),
            "containsIP" | "containsCIDR" => {
                let mut cost = ADDRESS.add(ADDRESS).times(TEXT);
                if function == "containsCIDR" {
                    cost += ADDRESS.times(TEXT) + 1;
                }
                let read = if way == Way::OfText { size(first?).times(TEXT) } else { 0 };
                (cost.saturating_add(read), None)
            }
            "validate" => (times(size(first?).times(TEXT), FORMAT_REGEX * REGEX), None),
            constant if CONSTANT.contains(&constant) => (1, None),
            "_==_" => match (first.map(|arg| &arg.node.of), args.get(1)) {
                (Some(Type::Opaque(left)), Some(right)) if right.node.of == Type::Opaque(left) => match *left {
                    "Format" => (times(FORMAT, TEXT), None),
                    "URL" => (times(right.size.map_or(1, |size| size.most), TEXT), None),
                    _ => (1, None),
                },
                _ => return None,
            },
            _ => return None,
        })
    }

    /// What it costs to look at all elements of a list, or at all of a text.
    fn of_elements(&self, target: &Arg<'_, 'e>) -> u64 {
        let count = self.size_of(target);
        match self.element(target) {
            Some((Type::String | Type::Bytes, item)) => count.most.saturating_mul(item.times(TEXT).saturating_add(1)),
            Some(_) => count.most,
            None => count.times(TEXT),
        }
    }

    /// How large the texts of a list are in one, with another one between them.
    fn joined(&self, list: &Arg<'_, 'e>, between: Option<&Arg<'_, 'e>>) -> Size {
        let count = self.size_of(list);
        let texts = self.element(list).map_or(Size::fixed(0), |(_, item)| count.multiply(item));
        let Some(between) = between else { return texts };
        let gaps = Size { least: count.least.saturating_sub(1), most: count.most.saturating_sub(1) };
        texts.add(self.size_of(between).multiply(gaps))
    }

    fn size_of(&self, arg: &Arg<'_, 'e>) -> Size {
        arg.size.or_else(|| arg.path.size_in(self.bound, false)).unwrap_or(Size::UNKNOWN)
    }

    /// Type and size of the elements of a list.
    fn element(&self, list: &Arg<'_, 'e>) -> Option<(Type, Size)> {
        let (Type::List(of) | Type::Map(of, _) | Type::Optional(of) | Type::Type(of)) = &list.node.of else {
            return None;
        };
        Some(((**of).clone(), list.path.size_in(self.bound, true).unwrap_or(Size::UNKNOWN)))
    }
}

/// Functions of Kubernetes that cost 1, whatever they are called with.
const CONSTANT: [&str; 27] = [
    "masked",
    "prefixLength",
    "family",
    "isUnspecified",
    "isLoopback",
    "isLinkLocalMulticast",
    "isLinkLocalUnicast",
    "isGlobalUnicast",
    "format.named",
    "sign",
    "asInteger",
    "isInteger",
    "asApproximateFloat",
    "isGreaterThan",
    "isLessThan",
    "compareTo",
    "add",
    "sub",
    "major",
    "minor",
    "patch",
    "getScheme",
    "getHostname",
    "getHost",
    "getPort",
    "getEscapedPath",
    "getQuery",
];

/// The cost of a regular expression over a text.
fn matched(text: Size, regex: Size) -> u64 {
    text.add(Size::fixed(1)).times(TEXT).saturating_mul(regex.times(REGEX))
}

/// The size of a text in which one part is replaced by another wherever it is.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the server counts in doubles"
)]
fn replaced(text: Size, from: Size, to: Size) -> Size {
    let parts = |count: u64, length: u64| (count as f64 / length as f64).ceil() as u64;
    let (count, kept) = match from.least {
        0 => (text.most.saturating_add(1), text.most),
        length if to.most <= length => (0, text.most),
        length => (parts(text.most, length), 0),
    };
    let most = count.saturating_mul(to.most).saturating_add(kept);
    let (count, kept) = match from.most {
        0 => (text.least.saturating_add(1), text.least),
        length if length <= to.least => (0, text.least),
        length => (parts(text.least, length), 0),
    };
    Size { least: count.saturating_mul(to.least).saturating_add(kept), most }
}

fn number(arg: &Arg<'_, '_>) -> Option<i64> {
    if let Form::Literal { number, .. } = arg.node.kind { number } else { None }
}

/// A whole number that is written, 0 if it is negative.
fn written(arg: &Arg<'_, '_>) -> Option<u64> {
    number(arg).map(|number| u64::try_from(number).unwrap_or(0))
}
