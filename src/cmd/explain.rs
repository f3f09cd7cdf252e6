//! `patterns explain`: what a rule is about.

use std::io::{self, Write as _};

use super::Exit;
use crate::cli::ExplainArgs;
use crate::rules::{self, text};

/// Prints the page.
pub fn run(args: &ExplainArgs) -> io::Result<Exit> {
    let Some(rule) = rules::find(&args.name) else {
        let nearest = text::nearest(&args.name, rules::all().map(|rule| rule.id.name));
        let nearest = nearest.map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?"));
        let message = format!("nothing is called `{}`{nearest}", text::clip(&args.name));
        return Err(io::Error::new(io::ErrorKind::NotFound, message));
    };
    let mut out = io::stdout().lock();
    out.write_all(rule.page.as_bytes())?;
    out.flush()?;
    Ok(Exit::Clean)
}
