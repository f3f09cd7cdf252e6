use crate::diagnostic::Level;
use crate::kube::Object;
use crate::rules::{Check, Findings, Rule};
use crate::yaml::{NodeId, Style, Value, edit};

/// A mode written in decimal digits that were meant as octal.
pub static RULE: Rule = rule!("octal_surprise.md", Error, Check::Object(check), fixes);

/// Fields that hold the mode of files.
const FIELDS: [&str; 2] = ["defaultMode", "mode"];

fn check(object: &Object, found: &mut Findings<'_>) {
    let document = &object.document;
    let mut nodes: Vec<_> = object.pods().filter_map(|pod| pod.field("volumes")).collect();
    nodes.reverse();
    while let Some(node) = nodes.pop() {
        match document.value(node) {
            Value::List(items) => nodes.extend(items.iter().rev()),
            Value::Map(entries) => {
                for entry in entries.iter().rev() {
                    if FIELDS.contains(&document.key(entry).as_ref()) {
                        judge(object, entry.value(), found);
                    } else {
                        nodes.push(entry.value());
                    }
                }
            }
            _ => {}
        }
    }
}

fn judge(object: &Object, node: NodeId, found: &mut Findings<'_>) {
    let document = &object.document;
    let raw = document.raw(node);
    let Some(surprise) = surprise(raw).filter(|_| document.style(node) == Style::Plain) else { return };
    let saying = match surprise {
        Surprise::Refused(decimal) => found
            .at(node, format!("kubectl reads `{raw}` as the decimal number {decimal}, above the highest mode"))
            .because("a mode is a number from 0 to 511, which is 0777; YAML 1.1 reads only numbers with a leading 0 as octal"),
        Surprise::Other(decimal) => found
            .at(node, format!("kubectl reads `{raw}` as a decimal number, which is the mode 0{decimal:o}"))
            .because("YAML 1.1 reads only numbers with a leading 0 as octal; the API server accepts any number up to 511")
            .level(Level::Warning),
    };
    let decimal = i64::from_str_radix(raw, 8).unwrap_or_default();
    let (number, title) = if edit::is_json(document) {
        (decimal.to_string(), "write it in decimal")
    } else {
        (format!("0{raw}"), "write it in octal")
    };
    saying
        .here(format!("write {number}"))
        .help(format!("write `0{raw}`; in JSON the decimal number {decimal}"))
        .fix_if(title, edit::scalar(document, node, &number).map(|edit| vec![edit]));
}

enum Surprise {
    /// The API server refuses the decimal number.
    Refused(u32),
    /// It is another mode than it looks.
    Other(u32),
}

/// What a number of a mode field turns out to be, if its digits were meant as octal.
fn surprise(raw: &str) -> Option<Surprise> {
    let is_octal = raw.len() == 3 && raw.bytes().all(|byte| (b'0'..=b'7').contains(&byte)) && !raw.starts_with('0');
    let decimal: u32 = raw.parse().ok().filter(|_| is_octal)?;
    if decimal > 0o777 {
        return Some(Surprise::Refused(decimal));
    }
    // 420 and 493 are 0644 and 0755 in decimal, and right; 400 and 444 are what people write in octal.
    matches!(decimal, 400 | 440 | 444 | 500).then_some(Surprise::Other(decimal))
}

/// Whether this rule speaks of a value that the API server refuses as a mode.
pub(super) fn speaks_of(object: &Object, node: NodeId, path: &str) -> bool {
    let is_mode = path.ends_with("ode");
    let is_plain = object.document.style(node) == Style::Plain;
    is_mode
        && is_plain
        && path.contains("volumes[")
        && matches!(surprise(object.document.raw(node)), Some(Surprise::Refused(_)))
}
