//! As much of the shell's language as can be judged without running it: a row of simple commands.

/// One simple command of a script, quotes removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simple {
    /// Program and arguments. A word that the shell would expand is kept as written.
    pub words: Vec<String>,
    /// Whether its output goes into another command.
    pub piped: bool,
}

/// The commands of a script that runs them one after the other, each once: joined by line breaks, `;`,
/// `&&` or `|`. Nothing where the script holds more than that (loops, conditions, background jobs,
/// substitutions), because then what runs depends on what happens.
#[must_use]
pub fn commands(script: &str) -> Option<Vec<Simple>> {
    let mut commands = Vec::new();
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = script.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match characters.next()? {
                        '\'' => break,
                        other => word.push(other),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match characters.next()? {
                        '"' => break,
                        '`' => return None,
                        '$' if characters.peek() == Some(&'(') => return None,
                        '\\' => word.push(characters.next()?),
                        other => word.push(other),
                    }
                }
            }
            '\\' => match characters.next()? {
                '\n' => {}
                other => word.get_or_insert_default().push(other),
            },
            '#' if word.is_none() => while characters.next_if(|next| *next != '\n').is_some() {},
            // a here-document: what follows is text, not commands
            '<' if characters.peek() == Some(&'<') => return None,
            '`' | '(' | ')' | '{' | '}' if character != '{' || word.is_none() => return None,
            '$' if matches!(characters.peek(), Some('(')) => return None,
            '$' if characters.next_if_eq(&'{').is_some() => {
                let word = word.get_or_insert_default();
                word.push_str("${");
                while let Some(next) = characters.next_if(|next| *next != '}') {
                    word.push(next);
                }
                word.push(characters.next()?);
            }
            '&' if word.as_deref().is_some_and(|word| word.ends_with(['>', '<'])) => {
                word.get_or_insert_default().push('&');
            }
            '&' => {
                characters.next_if_eq(&'&')?;
                end(&mut word, &mut words, &mut commands, false)?;
            }
            '|' => {
                if characters.peek() == Some(&'|') {
                    return None;
                }
                end(&mut word, &mut words, &mut commands, true)?;
            }
            ';' | '\n' => end(&mut word, &mut words, &mut commands, false)?,
            space if space.is_whitespace() => words.extend(word.take()),
            other => word.get_or_insert_default().push(other),
        }
    }
    end(&mut word, &mut words, &mut commands, false)?;
    Some(commands)
}

/// Ends a command; nothing where its first word is part of a larger construct, or leaves the script.
fn end(word: &mut Option<String>, words: &mut Vec<String>, commands: &mut Vec<Simple>, piped: bool) -> Option<()> {
    const CONSTRUCTS: [&str; 20] = [
        "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "function", "!",
        "[[", "exit", "return", "trap", "wait", "kill",
    ];
    words.extend(word.take());
    if words.is_empty() {
        return Some(());
    }
    if CONSTRUCTS.contains(&words[0].as_str()) {
        return None;
    }
    commands.push(Simple { words: std::mem::take(words), piped });
    Some(())
}

/// Seconds that `sleep` takes with these arguments; infinite for `sleep infinity`. GNU's suffixes count,
/// and several arguments add up.
#[must_use]
pub fn sleep_seconds(arguments: &[String]) -> Option<f64> {
    if arguments.is_empty() {
        return None;
    }
    arguments.iter().try_fold(0.0, |sum, argument| {
        if argument == "infinity" || argument == "inf" {
            return Some(f64::INFINITY);
        }
        let (number, factor) = match argument.chars().last()? {
            's' => (&argument[..argument.len() - 1], 1.0),
            'm' => (&argument[..argument.len() - 1], 60.0),
            'h' => (&argument[..argument.len() - 1], 3600.0),
            'd' => (&argument[..argument.len() - 1], 86400.0),
            _ => (argument.as_str(), 1.0),
        };
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let seconds: f64 = if is_number { number.parse().ok()? } else { return None };
        Some(sum + seconds * factor)
    })
}
