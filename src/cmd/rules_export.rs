//! `patterns rules --export vap`: rules that one object decides, for a cluster to enforce.

use std::io;

use super::Exit;
use super::streams::print_text;
use crate::cli::{RulesAction, RulesArgs};
use crate::policy::export;
use crate::rules;
use crate::words::{clip, nearest};

/// Prints policies and bindings.
pub fn run(args: &RulesArgs) -> io::Result<Exit> {
    let known: Vec<&str> = export::names().collect();
    for name in &args.names {
        let is_family = rules::of_family(name).is_some();
        if !is_family && !known.contains(&name.as_str()) {
            let hint = match (rules::find(name), nearest(name, known.iter().copied())) {
                (Some(_), _) => {
                    "; it looks at more than one object, or at what programs do, which a policy cannot do".to_owned()
                }
                (None, Some(near)) => format!("; did you mean `{near}`?"),
                (None, None) => String::new(),
            };
            let message = format!("`{}` cannot be exported{hint}", clip(name));
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
    }
    let is_wanted = |name: &str| {
        let family = rules::find(name).map_or("", |rule| rule.id.family.name());
        args.names.is_empty() || args.names.iter().any(|selected| selected == name || selected == family)
    };
    let action = match args.action {
        RulesAction::Deny => "Deny",
        RulesAction::Warn => "Warn",
        RulesAction::Audit => "Audit",
    };
    let wanted = known.into_iter().filter(|name| is_wanted(name));
    print_text(&wanted.filter_map(|name| export::policy(name, action)).collect::<String>())?;
    Ok(Exit::Clean)
}
