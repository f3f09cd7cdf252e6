//! A picture as SVG: one file, no script, no font, nothing to load; its own background, so that it looks the same
//! on light and dark pages.

use std::fmt::Write as _;

use super::layout::{Picture, Placed, Point, Rect, Text, Wire, picture};
use super::model::{Diagram, Edge, Flow, Look, Node};
use crate::report::xml::escaped;

const FONT: &str = "Helvetica, Arial, 'Liberation Sans', sans-serif";
const INK: &str = "#1f2733";
const SOFT: &str = "#5b6675";
const ROUND: f64 = 7.0;

/// Fill and line of a box.
pub(super) fn colours(look: Look) -> (&'static str, &'static str) {
    match look {
        Look::Outside => ("#ffffff", "#98a2b0"),
        Look::Route | Look::Service => ("#ffffff", "#5b6675"),
        Look::Workload => ("#f6f8fa", "#c5ccd6"),
        Look::App => ("#dfeafe", "#3b76d9"),
        Look::Sidecar => ("#ddf3e4", "#31935a"),
        Look::Ambassador => ("#fdebd2", "#cf7f1d"),
        Look::Adapter => ("#ede4fb", "#8256c4"),
        Look::Coordinator => ("#d6f1f2", "#1d8c93"),
        Look::Init => ("#eceff3", "#7b8794"),
        Look::Container => ("#ffffff", "#7b8794"),
        Look::Storage => ("#fcf5d9", "#b39a2d"),
        Look::Object => ("#f3f4f6", "#7b8794"),
    }
}

/// Draws a picture.
#[must_use]
pub fn write(diagram: &Diagram) -> String {
    let picture = picture(diagram);
    let mut out = String::new();
    head(&mut out, diagram, &picture);
    for placed in &picture.boxes {
        node(&mut out, &diagram.nodes[placed.node], placed);
    }
    for wire in &picture.wires {
        arrow(&mut out, diagram, &diagram.edges[wire.edge], wire);
    }
    out.push_str("</svg>\n");
    out
}

// Writing to a String cannot fail, so the results of `write!` say nothing.
fn head(out: &mut String, diagram: &Diagram, picture: &Picture) {
    let (width, height) = picture.size;
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         role=\"img\" aria-labelledby=\"title desc\" font-family=\"{FONT}\">"
    );
    let _ = writeln!(out, "<title id=\"title\">{}</title>", escaped(&diagram.title));
    let _ = writeln!(out, "<desc id=\"desc\">{}</desc>", escaped(&in_words(diagram)));
    let (width, height) = (width - 1.0, height - 1.0);
    let _ = writeln!(
        out,
        "<rect x=\"0.5\" y=\"0.5\" width=\"{width}\" height=\"{height}\" rx=\"10\" fill=\"#ffffff\" stroke=\"#d9dee5\"/>"
    );
}

/// The picture for readers who cannot see it.
fn in_words(diagram: &Diagram) -> String {
    let name = |node: usize| {
        let node = &diagram.nodes[node];
        let kind = node.lines.first().map_or_else(String::new, |kind| format!(" ({kind})"));
        let inside = node.parent.map_or_else(String::new, |parent| format!(" in {}", diagram.nodes[parent].name));
        format!("{}{kind}{inside}", node.name)
    };
    let mut sentences = Vec::new();
    let insides = diagram.insides();
    for (index, node) in diagram.nodes.iter().enumerate().filter(|(_, node)| node.look == Look::Workload) {
        let count = node.count.as_ref().map_or_else(String::new, |count| format!(", {count}"));
        let inside: Vec<&str> = insides[index].iter().map(|child| diagram.nodes[*child].name.as_str()).collect();
        sentences.push(format!("{}{count}: {}.", name(index), inside.join(", ")));
    }
    for edge in &diagram.edges {
        let verb = match edge.flow {
            Flow::Call => "calls",
            Flow::Data => "passes data to",
            Flow::Shared => "shares files with",
            Flow::Control => "controls",
        };
        let label = if edge.label.is_empty() { String::new() } else { format!(" ({})", edge.label) };
        sentences.push(format!("{} {verb} {}{label}.", name(edge.from), name(edge.to)));
    }
    sentences.join(" ")
}

fn node(out: &mut String, node: &Node, placed: &Placed) {
    let (fill, line) = colours(node.look);
    let Rect { x, y, width, height } = placed.rect;
    let _ = writeln!(out, "<g class=\"{}\">", node.look.word());
    let is_many = node.count.as_deref().is_some_and(|count| count != "1 Pod");
    if node.look == Look::Workload && is_many {
        for step in [6.0, 3.0] {
            rect(out, Rect { x: x + step, y: y + step, width, height }, 8.0, fill, line, "");
        }
    }
    match node.look {
        Look::Storage => cylinder(out, placed.rect, fill, line),
        Look::Outside => rect(out, placed.rect, height.min(36.0) / 2.0, fill, line, " stroke-dasharray=\"5 3\""),
        Look::Route | Look::Service | Look::Object => rect(out, placed.rect, 4.0, fill, line, ""),
        Look::Workload => rect(out, placed.rect, 8.0, fill, line, ""),
        _ => {
            rect(out, placed.rect, 5.0, fill, line, "");
            let _ = writeln!(
                out,
                "<path d=\"M{} {y}h-1a5 5 0 0 0 -5 5v{}a5 5 0 0 0 5 5h1z\" fill=\"{line}\"/>",
                x + 6.0,
                height - 10.0
            );
        }
    }
    for (index, one) in placed.texts.iter().enumerate() {
        let is_count = node.count.is_some() && index + 1 == placed.texts.len();
        if is_count {
            let pill = Rect { x: one.at.x - 10.0, y: one.at.y - 13.0, width: one.width + 20.0, height: 18.0 };
            rect(out, pill, 9.0, "#ffffff", line, "");
        }
        text(out, one, if one.bold { INK } else { SOFT });
    }
    out.push_str("</g>\n");
}

fn rect(out: &mut String, at: Rect, round: f64, fill: &str, line: &str, more: &str) {
    let Rect { x, y, width, height } = at;
    let _ = writeln!(
        out,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{round}\" fill=\"{fill}\" stroke=\"{line}\"{more}/>"
    );
}

/// A drum, as storage is drawn everywhere.
fn cylinder(out: &mut String, at: Rect, fill: &str, line: &str) {
    let Rect { x, y, width, height } = at;
    let (rx, ry) = (width / 2.0, 5.0);
    let side = height - 2.0 * ry;
    let _ = writeln!(
        out,
        "<path d=\"M{x} {top}a{rx} {ry} 0 0 1 {width} 0v{side}a{rx} {ry} 0 0 1 -{width} 0z\" fill=\"{fill}\" stroke=\"{line}\"/>\n\
         <path d=\"M{x} {top}a{rx} {ry} 0 0 0 {width} 0\" fill=\"none\" stroke=\"{line}\"/>",
        top = y + ry,
    );
}

fn text(out: &mut String, one: &Text, ink: &str) {
    let weight = if one.bold { " font-weight=\"bold\"" } else { "" };
    let _ = writeln!(
        out,
        "<text x=\"{}\" y=\"{}\" font-size=\"{}\"{weight} fill=\"{ink}\" textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\">{}</text>",
        short(one.at.x),
        short(one.at.y),
        one.size,
        short(one.width),
        escaped(&one.text)
    );
}

fn arrow(out: &mut String, diagram: &Diagram, edge: &Edge, wire: &Wire) {
    let (ink, dash) = match edge.flow {
        Flow::Call => ("#3d4856", ""),
        Flow::Data | Flow::Shared => ("#a08a25", ""),
        Flow::Control => ("#1d8c93", " stroke-dasharray=\"5 4\""),
    };
    let (from, to) = (&diagram.nodes[edge.from].name, &diagram.nodes[edge.to].name);
    let label = if edge.label.is_empty() { String::new() } else { format!(": {}", edge.label) };
    let _ = writeln!(out, "<g><title>{}</title>", escaped(&format!("{from} → {to}{label}")));
    let has_head = edge.flow != Flow::Shared;
    let path = rounded(&wire.points, has_head);
    let _ = writeln!(out, "<path d=\"{path}\" fill=\"none\" stroke=\"{ink}\" stroke-width=\"1.4\"{dash}/>");
    if let (true, [.., before, end]) = (has_head, wire.points.as_slice()) {
        let back = if end.x >= before.x { -8.0 } else { 8.0 };
        let _ = writeln!(out, "<path d=\"M{} {}l{back} -4v8z\" fill=\"{ink}\"/>", short(end.x), short(end.y));
    }
    if let Some(label) = &wire.label {
        text(out, label, ink);
    }
    out.push_str("</g>\n");
}

/// A way with round corners; with a head, it ends a little before its end.
fn rounded(points: &[Point], has_head: bool) -> String {
    let mut path = String::new();
    for (index, point) in points.iter().enumerate() {
        let (before, after) = (index.checked_sub(1).and_then(|at| points.get(at)), points.get(index + 1));
        match (before, after) {
            (None, _) => {
                let _ = write!(path, "M{} {}", short(point.x), short(point.y));
            }
            (Some(before), Some(after)) => {
                let start = towards(*point, *before);
                let end = towards(*point, *after);
                let _ = write!(
                    path,
                    "L{} {}Q{} {} {} {}",
                    short(start.x),
                    short(start.y),
                    short(point.x),
                    short(point.y),
                    short(end.x),
                    short(end.y)
                );
            }
            (Some(before), None) => {
                let back = if has_head { 6.0_f64.copysign(before.x - point.x) } else { 0.0 };
                let _ = write!(path, "L{} {}", short(point.x + back), short(point.y));
            }
        }
    }
    path
}

/// A little way from one point to the next, at most half of it.
fn towards(from: Point, to: Point) -> Point {
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let length = dx.hypot(dy);
    if length == 0.0 {
        return from;
    }
    let part = (ROUND / length).min(0.5);
    Point { x: from.x + dx * part, y: from.y + dy * part }
}

/// A coordinate to a tenth of a pixel.
fn short(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}
