//! `patterns rules --export vap`: rules that one object decides, for a cluster to enforce.

use std::io::{self, Write as _};

use super::Exit;
use crate::cli::{RulesAction, RulesArgs};
use crate::policy::export;
use crate::rules;
use crate::words::{clip, nearest};

/// Prints policies and bindings.
pub fn run(args: &RulesArgs) -> io::Result<Exit> {
    let known: Vec<&str> = export::names().collect();
    for name in &args.select {
        let is_family = rules::FAMILIES.iter().any(|(family, _)| family == name);
        if !is_family && !known.contains(&name.as_str()) {
            let hint = match (rules::find(name), nearest(name, known.iter().copied())) {
                (Some(_), _) => {
                    "; it looks at more than one object, or at what programs do, which a policy cannot".to_owned()
                }
                (None, Some(near)) => format!("; did you mean `{near}`?"),
                (None, None) => String::new(),
            };
            let message = format!("`{}` cannot be exported{hint}", clip(name));
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
    }
    let is_wanted = |name: &str| {
        let family = rules::find(name).map_or("", |rule| rule.id.family);
        args.select.is_empty() || args.select.iter().any(|selected| selected == name || selected == family)
    };
    let action = match args.action {
        RulesAction::Deny => "Deny",
        RulesAction::Warn => "Warn",
        RulesAction::Audit => "Audit",
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    for name in known.into_iter().filter(|name| is_wanted(name)) {
        out.write_all(export::policy(name, action).unwrap_or_default().as_bytes())?;
    }
    out.flush()?;
    Ok(Exit::Clean)
}
