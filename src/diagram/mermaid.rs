//! A picture as a Mermaid flowchart, which GitHub and GitLab draw in Markdown.

use std::fmt::Write as _;

use super::model::{Diagram, Flow, Look, Node};
use super::svg::colours;

/// Writes a flowchart.
#[must_use]
pub fn write(diagram: &Diagram) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail, so the results of `write!` say nothing.
    let _ = writeln!(out, "---\ntitle: \"{}\"\n---", title(&diagram.title));
    out.push_str("flowchart LR\n");
    let insides = diagram.insides();
    for (index, node) in diagram.nodes.iter().enumerate().filter(|(_, node)| node.parent.is_none()) {
        if node.look != Look::Workload {
            let _ = writeln!(out, "  {}", shape(index, node));
            continue;
        }
        let _ = writeln!(out, "  subgraph n{index}[\"{}\"]", label(node));
        for child in &insides[index] {
            let _ = writeln!(out, "    {}", shape(*child, &diagram.nodes[*child]));
        }
        out.push_str("  end\n");
    }
    for edge in &diagram.edges {
        let arrow = match edge.flow {
            Flow::Call | Flow::Data => "-->",
            Flow::Shared => "---",
            Flow::Control => "-.->",
        };
        let label = if edge.label.is_empty() { String::new() } else { format!("|\"{}\"|", escape(&edge.label)) };
        let _ = writeln!(out, "  n{} {arrow}{label} n{}", edge.from, edge.to);
    }
    for look in Look::ALL {
        let mut of_look = diagram.nodes.iter().enumerate().filter(|(_, node)| node.look == look).peekable();
        if of_look.peek().is_none() {
            continue;
        }
        let (fill, line) = colours(look);
        let dash = if look == Look::Outside { ",stroke-dasharray:5 3" } else { "" };
        let _ = writeln!(out, "  classDef {} fill:{fill},stroke:{line},color:#1f2733{dash}", look.word());
        let nodes: Vec<String> = of_look.map(|(index, _)| format!("n{index}")).collect();
        let _ = writeln!(out, "  class {} {}", nodes.join(","), look.word());
    }
    out
}

fn shape(index: usize, node: &Node) -> String {
    let label = label(node);
    match node.look {
        Look::Outside => format!("n{index}([\"{label}\"])"),
        Look::Storage => format!("n{index}[(\"{label}\")]"),
        Look::App => format!("n{index}(\"{label}\")"),
        _ => format!("n{index}[\"{label}\"]"),
    }
}

fn label(node: &Node) -> String {
    let lines = std::iter::once(&node.name).chain(&node.lines).chain(&node.count);
    lines.map(|line| escape(line)).collect::<Vec<_>>().join("<br/>")
}

/// A text that Mermaid takes for nothing but text: all that is not plain is written as its number.
fn escape(text: &str) -> String {
    let mut out = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        // `1. ` and `- ` at the beginning would be lists of Markdown.
        let is_plain = character.is_ascii_alphanumeric()
            || matches!(character, ' ' | '/' | ':' | ',' | '(' | ')')
            || matches!(character, '.' | '-' | '+') && !out.is_empty() && characters.peek() != Some(&' ')
            || !character.is_ascii();
        if is_plain {
            out.push(character);
        } else {
            let _ = write!(out, "#{};", character as u32);
        }
    }
    out
}

/// The title is in YAML between double quotes.
fn title(text: &str) -> String {
    text.chars()
        .map(|character| if matches!(character, '"' | '\\' | '<' | '>' | '&') { ' ' } else { character })
        .collect()
}
