use crate::diagnostic::{Level, RuleId};
use crate::kube::{ContainerList, Life, PodView};
use crate::recognise::{self, Lifetime, Recognised, shell};
use crate::rules::{Check, Found, Rule, parts};
use crate::yaml::NodeId;

/// A program that ends, run by a controller that starts it again.
pub static RULE: Rule = Rule {
    id: RuleId { name: "worker-as-deployment", family: "batch" },
    level: Level::Warning,
    page: include_str!("worker_as_deployment.md"),
    check: Check::Pod(check),
};

/// Flags with which a worker ends when its work is done.
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

/// Programs that do one thing and end, whatever their arguments.
const TOOLS: [&str; 22] = [
    "pg_dump",
    "pg_dumpall",
    "mysqldump",
    "mongodump",
    "pg_restore",
    "psql",
    "mysql",
    "curl",
    "wget",
    "rsync",
    "rclone",
    "tar",
    "gzip",
    "zip",
    "cp",
    "mv",
    "rm",
    "echo",
    "date",
    "flyway",
    "liquibase",
    "alembic",
];

fn check(pod: PodView<'_>, found: &mut Found<'_>) {
    if pod.life != Life::LongRunning || pod.object.is_patch || pod.object.is_base {
        return;
    }
    let all = recognise::containers(pod);
    let main: Vec<_> = all.iter().filter(|one| one.container.list == ContainerList::Main && !one.is_helper()).collect();
    let [one] = main.as_slice() else { return };
    let Some((node, how)) = ends(one) else { return };
    let kind = &pod.object.id.kind;
    let object = pod.object;
    let saying = found
        .at(node, format!("`{}` ends when its work is done, and the {kind} starts it again", one.name()))
        .here(how)
        .because(format!(
            "the Pods of a {kind} are restarted whenever they end, in growing pauses (CrashLoopBackOff), also after \
             success; work that ends is a Job's (kubernetes/website: concepts/workloads/controllers/job)"
        ))
        .help("make it a Job, a CronJob if it runs by the clock, or let it wait for more work");
    if let Some(kind) = object.document.get(object.node, "kind") {
        saying.and(kind, "keeps its Pods running");
    }
}

fn ends(one: &Recognised<'_>) -> Option<(NodeId, String)> {
    let view = one.container;
    if let Some((word, node)) = parts::words(&view).find(|(word, _)| ONCE.contains(&word.trim_end_matches("=true"))) {
        return Some((node, format!("`{word}`: does its work once")));
    }
    if let Some(script) = parts::script(&view) {
        let commands = shell::commands(script.text)?;
        let is_tool = |command: &shell::Simple| {
            let first = command.words.iter().find(|word| *word != "exec" && !word.contains('='));
            let program = first.map_or("", |first| first.rsplit('/').next().unwrap_or(first));
            let is_flagged = command.words.iter().any(|word| ONCE.contains(&word.trim_end_matches("=true")));
            is_flagged || TOOLS.contains(&program) || is_step(&command.words) || is_short_sleep(program, &command.words)
        };
        // what runs last and what does the work must be known to end
        let works = commands
            .iter()
            .any(|command| !is_short_sleep(command.words.first().map_or("", String::as_str), &command.words));
        return (works && !commands.is_empty() && commands.iter().all(is_tool))
            .then(|| (script.node, "every command of this ends".to_owned()));
    }
    let words: Vec<String> = parts::words(&view).map(|(word, _)| word.clone()).collect();
    let (first, node) = parts::words(&view).next()?;
    if view.container.command.is_some() && is_step(&words) {
        return Some((node, format!("`{}` does its work and ends", words.join(" "))));
    }
    let image = view.container.image.as_deref().unwrap_or_default();
    let name = image.rsplit('/').next().and_then(|last| last.split([':', '@']).next()).unwrap_or_default();
    let steps = ["migrate", "update", "repair", "validate", "baseline", "info"];
    let step = parts::words(&view).find(|(word, _)| steps.contains(&word.as_str()));
    if let Some((word, node)) =
        step.filter(|_| matches!(name, "flyway" | "liquibase") && view.container.command.is_none())
    {
        return Some((node, format!("`{name} {word}` does its work and ends")));
    }
    let program = first.rsplit('/').next().unwrap_or(first);
    let is_command = view.container.command.is_some();
    (is_command && (TOOLS.contains(&program) || (one.lifetime == Lifetime::Ends && program != "sleep")))
        .then(|| (node, format!("`{program}` does its work and ends")))
}

/// Whether a command is one step of a framework's or cloud's tool: `manage.py migrate`, `aws s3 cp`.
fn is_step(words: &[String]) -> bool {
    let base = |word: &String| word.rsplit('/').next().unwrap_or(word).to_owned();
    let mut words = words.iter().map(base).skip_while(|word| {
        matches!(word.as_str(), "exec" | "bundle" | "npx" | "bin") || word.starts_with("python") || word.contains('=')
    });
    let (first, second, third) = (words.next(), words.next(), words.next());
    let [first, second, third] = [&first, &second, &third].map(|word| word.as_deref().unwrap_or_default());
    match first {
        "manage.py" => matches!(second, "migrate" | "collectstatic" | "loaddata" | "dumpdata" | "clearsessions"),
        "rails" | "rake" => second.starts_with("db:") && !second.contains("console"),
        "prisma" | "sequelize" | "knex" => second.starts_with("migrate") || second.starts_with("db:migrate"),
        "aws" => second == "s3" && matches!(third, "cp" | "sync" | "mv" | "rm"),
        "gsutil" => matches!(second, "cp" | "rsync" | "mv" | "rm"),
        _ => false,
    }
}

fn is_short_sleep(program: &str, words: &[String]) -> bool {
    program == "sleep"
        && shell::sleep_seconds(words.get(1..).unwrap_or_default()).is_some_and(|seconds| seconds <= 3600.0)
}
