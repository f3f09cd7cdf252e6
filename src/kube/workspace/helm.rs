//! Helm templates: not YAML until Helm has rendered them.

use std::path::Path;

use super::file::File;

/// Whether a path lies in the `templates` folder of a chart.
pub(super) fn is_chart_template(path: &Path) -> bool {
    path.ancestors().skip(1).any(|folder| {
        folder.file_name().is_some_and(|name| name == "templates")
            && folder.parent().is_some_and(|chart| chart.join("Chart.yaml").is_file())
    })
}

/// Whether template actions are what makes a file unreadable.
pub(super) fn is_template(file: &File) -> bool {
    !file.refusals.is_empty() && file.source.text.lines().any(has_bare_action)
}

/// `{{` (or Jinja's `{%`) where YAML would look for structure: at the start of a line, a value or an item.
/// Quoted ones and those inside longer texts, as in alerts and dashboards, are plain text to YAML.
fn has_bare_action(line: &str) -> bool {
    line.match_indices("{{").chain(line.match_indices("{%")).any(|(at, _)| {
        let before = line[..at].trim_end();
        before.is_empty() || before.ends_with([':', '-'])
    })
}
