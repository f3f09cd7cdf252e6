//! A picture in the language of Graphviz.

use std::fmt::Write as _;

use super::model::{Diagram, Flow, Look, Node};
use super::svg::colours;

/// Writes a digraph.
#[must_use]
pub fn write(diagram: &Diagram) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail, so the results of `write!` say nothing.
    let _ = writeln!(out, "digraph {{\n  label={};", quote(&[&diagram.title]));
    out.push_str("  rankdir=LR; compound=true; fontname=Helvetica; bgcolor=white;\n");
    out.push_str("  node [shape=box, style=\"rounded,filled\", fontname=Helvetica, fontsize=11];\n");
    out.push_str("  edge [fontname=Helvetica, fontsize=10];\n");
    let insides = diagram.insides();
    for (index, node) in diagram.nodes.iter().enumerate().filter(|(_, node)| node.parent.is_none()) {
        if node.look != Look::Workload {
            let _ = writeln!(out, "  n{index} [{}];", attributes(node));
            continue;
        }
        let (fill, line) = colours(Look::Workload);
        let _ = writeln!(out, "  subgraph cluster_n{index} {{");
        let _ = writeln!(
            out,
            "    label={}; style=\"rounded,filled\"; fillcolor=\"{fill}\"; color=\"{line}\";",
            label(node)
        );
        for child in &insides[index] {
            let _ = writeln!(out, "    n{child} [{}];", attributes(&diagram.nodes[*child]));
        }
        out.push_str("  }\n");
    }
    for edge in &diagram.edges {
        let mut attributes = vec![format!("label={}", quote(&[&edge.label]))];
        match edge.flow {
            Flow::Call | Flow::Data => {}
            Flow::Shared => attributes.push("dir=none".to_owned()),
            Flow::Control => attributes.push("style=dashed".to_owned()),
        }
        let (from, tail) = end(diagram, &insides, edge.from, "ltail");
        let (to, head) = end(diagram, &insides, edge.to, "lhead");
        attributes.extend(tail.into_iter().chain(head));
        let _ = writeln!(out, "  n{from} -> n{to} [{}];", attributes.join(", "));
    }
    out.push_str("}\n");
    out
}

/// Graphviz draws arrows between nodes; one to a workload goes to a container and is cut at the box around it.
fn end(diagram: &Diagram, insides: &[Vec<usize>], node: usize, clip: &str) -> (usize, Option<String>) {
    if diagram.nodes[node].look != Look::Workload {
        return (node, None);
    }
    insides[node].first().map_or((node, None), |child| (*child, Some(format!("{clip}=cluster_n{node}"))))
}

fn attributes(node: &Node) -> String {
    let (fill, line) = colours(node.look);
    let shape = match node.look {
        Look::Outside => ", style=\"rounded,filled,dashed\"",
        Look::Storage => ", shape=cylinder, style=filled",
        _ => "",
    };
    format!("label={}, fillcolor=\"{fill}\", color=\"{line}\"{shape}", label(node))
}

fn label(node: &Node) -> String {
    let lines: Vec<&str> =
        std::iter::once(&node.name).chain(&node.lines).chain(&node.count).map(String::as_str).collect();
    quote(&lines)
}

/// A quoted string of some lines. Graphviz reads escapes (`\N`) and entities (`&lt;`) in labels.
fn quote(lines: &[&str]) -> String {
    let escape = |line: &&str| line.replace('&', "&amp;").replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", lines.iter().map(escape).collect::<Vec<_>>().join("\\n"))
}
