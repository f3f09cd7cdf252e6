//! Programs that do their work once and end, by convention: options of workers, and commands of frameworks.

use super::command::{Invocation, Kind, Word, base_name, lifetime, sleep_seconds};
use super::container::ContainerFacts;
use super::proof::Proof;
use super::{Lifetime, Programs};

/// Options of workers that end when there is no more work.
const ONCE: [&str; 12] = [
    "--once",
    "--one-shot",
    "--oneshot",
    "--run-once",
    "--one-time",
    "--burst",
    "--exit-when-done",
    "--exit-on-empty",
    "--exit-when-empty",
    "--until-empty",
    "--single-run",
    "--drain-and-exit",
];

/// Seconds after which the kubelet takes a container for stable and restarts it at once: twice the longest back-off of
/// five minutes (`MaxContainerBackOff`; `hasExpired` in `k8s.io/client-go/util/flowcontrol/backoff.go`). What runs so long
/// each time works by the clock.
const NO_CRASH_LOOP: f64 = 600.0;

impl<'run> ContainerFacts<'run> {
    /// What shows that it visibly does its work and ends: all that it runs is known to end, and it is not just a pause.
    #[must_use]
    pub fn ends_when_done(&self, programs: &Programs) -> Option<Proof<'run>> {
        if self.line.kind == Kind::Opaque {
            let word = self.line.invocations.first().and_then(once)?;
            return Some(Proof::new(word.place, format!("`{}`: does its work once", word.text)));
        }
        if let Some(invocation) = self.line.only() {
            if let Some(word) = once(invocation) {
                return Some(Proof::new(word.place, format!("`{}`: does its work once", word.text)));
            }
            let ends = is_step(invocation)
                || self.is_of_the_system(&invocation.name)
                || self.lifetime == Lifetime::Ends && invocation.name != "sleep";
            let shows = format!("`{}` does its work and exits", invocation.name);
            return ends.then(|| Proof::new(invocation.place, shows));
        }
        let script = self.line.script.as_ref()?;
        let all = &self.line.invocations;
        let seconds = |invocation: &Invocation<'_>| {
            let words: Vec<&str> = invocation.words.iter().map(|word| word.text.as_ref()).collect();
            (invocation.name == "sleep").then(|| sleep_seconds(&words)).flatten()
        };
        let variable = |name: &str| self.environment.get(name).map(|word| word.text.to_string());
        let ends = |invocation: &Invocation<'_>| match seconds(invocation) {
            Some(_) => true,
            None => {
                once(invocation).is_some()
                    || is_step(invocation)
                    || lifetime::is_plain(&invocation.name)
                    || lifetime::invocation_lifetime(invocation, &variable, &|name| {
                        programs.of_binary_in(name, self.image())
                    }) == Lifetime::Ends
            }
        };
        let is_row = all.iter().all(|invocation| invocation.always);
        let works = all.iter().any(|invocation| seconds(invocation).is_none());
        let pauses: f64 = all.iter().filter_map(seconds).sum();
        (works && pauses < NO_CRASH_LOOP && is_row && !all.is_empty() && all.iter().all(ends) && !script.tree.loops())
            .then(|| Proof::new(script.place, "all commands in it exit"))
    }

    /// Whether it is a tool of every system that ends at once, and no program of the image's own with that name.
    fn is_of_the_system(&self, name: &str) -> bool {
        const TOOLS: [&str; 14] = [
            "echo", "printf", "date", "ls", "true", "false", "pwd", "whoami", "uname", "mkdir", "cp", "mv", "touch",
            "chmod",
        ];
        let first = self.container.container.command.iter().flatten().next();
        let folder = first.and_then(|word| word.rsplit_once('/')).map_or("", |(folder, _)| folder);
        TOOLS.contains(&name) && matches!(folder, "" | "/bin" | "/usr/bin")
    }
}

/// The option that says so.
fn once<'a, 'run>(invocation: &'a Invocation<'run>) -> Option<&'a Word<'run>> {
    invocation.words.iter().find(|word| ONCE.contains(&word.text.trim_end_matches("=true")))
}

/// Commands of frameworks that do something and end.
fn is_step(invocation: &Invocation<'_>) -> bool {
    let words = std::iter::once(invocation.name.as_str()).chain(invocation.words.iter().map(|word| word.text.as_ref()));
    let mut words = words.map(base_name).skip_while(|word| {
        matches!(*word, "exec" | "bundle" | "npx" | "bin") || word.starts_with("python") || word.contains('=')
    });
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    match first {
        "manage.py" => matches!(second, "migrate" | "collectstatic" | "loaddata" | "dumpdata" | "clearsessions"),
        "rails" | "rake" => second.starts_with("db:") && !second.contains("console"),
        "prisma" | "sequelize" | "knex" => second.starts_with("migrate") || second.starts_with("db:migrate"),
        _ => false,
    }
}
