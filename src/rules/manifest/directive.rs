use crate::kube::File;
use crate::rules::{Check, Findings, Rule};
use crate::yaml::edit::Edit;
use crate::yaml::{Refusal, Source, Span};

/// A YAML directive, which kubectl does not take.
pub static RULE: Rule = rule!("directive.md", Error, Check::File(check), fixes);

fn check(file: &File, found: &mut Findings<'_>) {
    for refusal in file.refusals.iter().filter(|refusal| is_directive(&file.source, refusal)) {
        let range = refusal.span.range();
        let rest = &file.source.text[range.start..];
        let end = range.start + rest.split_inclusive('\n').next().map_or(0, str::len);
        let mut saying = found.at_span(refusal.span, refusal.message.clone());
        if let Some(why) = refusal.why {
            saying = saying.because(why);
        }
        saying.help("remove the line").fix("remove the line", vec![Edit::replace(Span::new(range.start, end), "")]);
    }
}

/// Whether a refusal is about a directive.
pub(super) fn is_directive(source: &Source, refusal: &Refusal) -> bool {
    let line = source.slice(refusal.span);
    line.starts_with("%YAML") || line.starts_with("%TAG")
}
