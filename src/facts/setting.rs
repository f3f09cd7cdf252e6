//! Settings of a container: options of its command line and variables, by name.

use super::command::Word;
use super::command::arguments::Arguments;
use super::container::ContainerFacts;
use super::program::Options;
use super::proof::Location;

/// The value of a setting, and where it is.
#[derive(Clone, Debug)]
pub struct Setting<'run> {
    /// The value.
    pub text: String,
    /// Where it is written: the word that holds it.
    pub place: Location<'run>,
    /// Whether all of it is known.
    pub is_known: bool,
}

impl<'run> From<&Word<'run>> for Setting<'run> {
    fn from(word: &Word<'run>) -> Self {
        Self { text: word.text.to_string(), place: word.place, is_known: word.is_known }
    }
}

impl<'run> ContainerFacts<'run> {
    /// The values of an option, of any program that it runs: `--leaves=3` and `--leaves 3`. A switch has the value `true`.
    pub fn options(&self, name: &str) -> Vec<Setting<'run>> {
        let mut found = Vec::new();
        for invocation in &self.line.invocations {
            let own = Options::default();
            let options = self.program.map_or(&own, |program| &program.options);
            let arguments = Arguments::of(invocation, options, &|option| {
                self.program.is_some_and(|program| program.takes_value(option))
                    || option.trim_start_matches('-') == name.trim_start_matches('-')
            });
            found.extend(arguments.get(name).map(|given| match &given.value {
                Some(value) => {
                    let place = Location { piece: given.word.place.piece.and(value.place.piece), ..value.place };
                    Setting { place, ..Setting::from(value) }
                }
                None => Setting { text: "true".to_owned(), ..Setting::from(&given.word) },
            }));
        }
        found
    }

    /// The last value of an option.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<Setting<'run>> {
        self.options(name).pop()
    }

    /// A variable's value.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<Setting<'run>> {
        self.environment.get(name).map(Setting::from)
    }

    /// The variables by name, in the order in which they are written.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &Word<'run>)> {
        self.environment.all()
    }

    /// The words of all programs that it runs, their names left out.
    pub fn words(&self) -> impl Iterator<Item = &Word<'run>> {
        self.line.invocations.iter().flat_map(|invocation| &invocation.words)
    }
}
