use crate::kube::api_resources::{Nothing, VERBS, group_of_version, groups_of, is_built_in, nothing};
use crate::kube::types::PolicyRule;
use crate::kube::{Object, Typed};
use crate::rules::{Check, Findings, Rule, parts, text};
use crate::text::Text;
use crate::words::{clip, edits_within, list};
use crate::yaml::NodeId;

/// A rule of a Role about resources or verbs that do not exist.
pub static RULE: Rule = rule!("rbac_allows_nothing.md", Warning, Check::Object(check));

/// What people write for them.
const SYNONYMS: [(&str, &str); 11] = [
    ("read", "get"),
    ("view", "get"),
    ("describe", "get"),
    ("post", "create"),
    ("add", "create"),
    ("put", "update"),
    ("edit", "update"),
    ("write", "update"),
    ("modify", "update"),
    ("remove", "delete"),
    ("all", "*"),
];

/// Resources that `OpenShift` had in the group "" (docs.openshift.com: "legacy API groups").
const OPENSHIFT: [&str; 22] = [
    "builds",
    "buildconfigs",
    "deploymentconfigs",
    "imagestreams",
    "imagestreamtags",
    "imagestreammappings",
    "imagestreamimages",
    "imagestreamimports",
    "images",
    "routes",
    "projects",
    "projectrequests",
    "templates",
    "processedtemplates",
    "policies",
    "policybindings",
    "securitycontextconstraints",
    "oauthclients",
    "identities",
    "netnamespaces",
    "clusternetworks",
    "hostsubnets",
];

fn check(object: &Object, found: &mut Findings<'_>) {
    let rules = match &object.typed {
        Some(Typed::Role(role)) => role.rules.as_deref(),
        Some(Typed::ClusterRole(role)) => role.rules.as_deref(),
        _ => return,
    };
    if !object.keeps(&["rules"]) {
        return;
    }
    let nodes = object.document.get(object.node, "rules");
    let all = rules.unwrap_or_default();
    for (rule, node) in parts::zipped(&object.document, nodes, rules) {
        versions(object, rule, node, found);
        let groups: Vec<&str> = rule.api_groups.iter().flatten().map(Text::as_str).collect();
        if groups.is_empty() || !groups.iter().all(|group| is_built_in(group)) {
            continue;
        }
        if !is_asked_for_by_name(rule) {
            resources(object, rule, node, (&groups, all), found);
        }
        verbs(object, rule, node, found);
    }
}

/// Whether resources of a rule may be names that only its verbs give a meaning: those of another program's checks, and
/// audiences of tokens (kubernetes/website: reference/access-authn-authz/node, "Additional functionality").
fn is_asked_for_by_name(rule: &PolicyRule) -> bool {
    const AUDIENCE: &str = "request-serviceaccounts-token-audience";
    let is_own = |verb: &Text| !VERBS.contains(&verb.as_str()) && !is_exec(verb) && meant(verb).is_none();
    rule.verbs.iter().any(|verb| verb.as_str() == AUDIENCE) || !rule.verbs.is_empty() && rule.verbs.iter().all(is_own)
}

/// In how many rules of a role another right is looked for at most.
const SEARCHED: usize = 200;

/// Whether rules allow all that one of them is meant to allow with a resource, in a group that has it: what is in the
/// wrong group is then only more than is needed, as in a rule of several groups and resources.
fn is_granted(all: &[PolicyRule], rule: &PolicyRule, resource: &str) -> bool {
    // nothing is said of a role in which that is not looked for
    if all.len() > SEARCHED {
        return true;
    }
    let own_groups: Vec<&str> = groups_of(resource).collect();
    let holds = |list: &[Text], wanted: &str| list.iter().any(|one| one.as_str() == wanted || one.as_str() == "*");
    let any_name = resource.split_once('/').map(|(_, sub)| format!("*/{sub}"));
    let has_resource = |list: &[Text]| {
        holds(list, resource) || any_name.as_deref().is_some_and(|any| list.iter().any(|one| one.as_str() == any))
    };
    let grants = |one: &PolicyRule, verb: &str| {
        let groups = one.api_groups.as_deref().unwrap_or_default();
        one.resource_names.as_deref().unwrap_or_default().is_empty()
            && has_resource(one.resources.as_deref().unwrap_or_default())
            && own_groups.iter().any(|group| holds(groups, group))
            && holds(&one.verbs, verb)
    };
    !rule.verbs.is_empty() && rule.verbs.iter().all(|verb| all.iter().any(|one| grants(one, verb)))
}

/// Groups that are written with their version, as `apiVersion` has them.
fn versions(object: &Object, rule: &PolicyRule, node: NodeId, found: &mut Findings<'_>) {
    let nodes = object.document.get(node, "apiGroups");
    for (text, node) in parts::zipped(&object.document, nodes, rule.api_groups.as_deref()) {
        let Some(group) = group_of_version(text) else { continue };
        found
            .at(node, format!("no group is called `{}`, so this allows nothing", clip(text)))
            .here("group and version")
            .because(
                "RBAC compares only the group, as text; the version plays no role \
                 (kubernetes/website: reference/access-authn-authz/rbac, \"Referring to resources\")",
            )
            .help(format!("write `\"{}\"`", clip(group)));
    }
}

/// Resources that none of the rule's groups has, in one finding.
fn resources(
    object: &Object,
    rule: &PolicyRule,
    node: NodeId,
    (groups, all): (&[&str], &[PolicyRule]),
    found: &mut Findings<'_>,
) {
    let nodes = object.document.get(node, "resources");
    let wrong: Vec<(&str, NodeId, Nothing)> = parts::zipped(&object.document, nodes, rule.resources.as_deref())
        .filter(|(resource, _)| !text::is_placeholder(resource) && !resource.is_empty())
        .filter(|(resource, _)| !OPENSHIFT.contains(&resource.split('/').next().unwrap_or_default()))
        .filter_map(|(resource, node)| Some((resource.as_str(), node, nothing(groups, resource)?)))
        .filter(|(resource, _, why)| !matches!(why, Nothing::OtherGroup(_)) || !is_granted(all, rule, resource))
        .collect();
    let Some(((first, at, why), rest)) = wrong.split_first() else { return };
    let names: Vec<&str> = wrong.iter().map(|(name, ..)| *name).collect();
    let verb = if names.len() == 1 { "is" } else { "are" };
    let shown: Vec<String> = groups.iter().map(|group| format!("\"{}\"", clip(group))).collect();
    let place = if shown.len() == 1 { "group" } else { "groups" };
    let message = match why {
        Nothing::Star(_) => format!("`{}` allows nothing: only `*` and `*/NAME` are patterns", clip(first)),
        Nothing::NoSubresource(_) if wrong.iter().all(|(.., why)| matches!(why, Nothing::NoSubresource(_))) => {
            let verb = if rest.is_empty() { "does" } else { "do" };
            format!("{} {verb} not exist, so this allows nothing", list(&names))
        }
        _ => format!("{} {verb} not in {place} {}", list(&names), shown.join(", ")),
    };
    let mut saying = found
        .at(*at, message)
        .here(told(first, *why))
        .because(
            "RBAC compares group and resource as text: a rule for a resource that does not exist is accepted but allows nothing \
             (kubernetes/website: reference/access-authn-authz/rbac, \"Referring to resources\")",
        )
        .help(help(first, *why));
    for (resource, node, why) in rest {
        saying = saying.and(*node, told(resource, *why));
    }
}

/// Resources that are called as commands are, and what those commands create: the subresource of Pods.
const OF_COMMANDS: [(&str, &str, &str); 5] = [
    ("evictions", "pods/eviction", "kubectl drain"),
    ("eviction", "pods/eviction", "kubectl drain"),
    ("pods/evictions", "pods/eviction", "kubectl drain"),
    ("pods/cp", "pods/exec", "kubectl cp"),
    ("pods/copy", "pods/exec", "kubectl cp"),
];

/// The subresource that a resource is meant to be, and the command that creates it.
fn of_command(resource: &str) -> Option<(&'static str, &'static str)> {
    OF_COMMANDS.iter().find(|(name, ..)| *name == resource).map(|(_, meant, command)| (*meant, *command))
}

fn told(resource: &str, why: Nothing) -> String {
    if let Some((meant, command)) = of_command(resource) {
        return format!("`{command}` creates `{meant}`");
    }
    let (base, sub) = resource.split_once('/').unwrap_or((resource, ""));
    match why {
        Nothing::NoResource(Some(like)) if !sub.is_empty() => format!("did you mean `{like}/{}`?", clip(sub)),
        Nothing::NoSubresource(Some(like)) => format!("did you mean `{}/{like}`?", clip(base)),
        Nothing::Swapped => format!("did you mean `{}/{}`?", clip(sub), clip(base)),
        Nothing::OtherGroup("") => "this is in the core group, \"\"".to_owned(),
        Nothing::OtherGroup(group) => format!("this is in group \"{group}\""),
        Nothing::NoResource(Some(like)) => format!("did you mean `{like}`?"),
        Nothing::NoResource(None) => "no such resource".to_owned(),
        Nothing::NoSubresource(None) => "no such subresource".to_owned(),
        Nothing::Star(_) => "read as a subresource called `*`".to_owned(),
    }
}

fn help(resource: &str, why: Nothing) -> String {
    if let Some((meant, _)) = of_command(resource) {
        return format!("write a rule with `apiGroups: [\"\"]`, `resources: [{meant}]` and `verbs: [create]` for it");
    }
    let base = resource.split('/').next().unwrap_or_default();
    match why {
        Nothing::OtherGroup(group) => format!("write a rule with `apiGroups: [\"{group}\"]` for it"),
        Nothing::NoResource(Some(like)) => {
            let rest = clip(resource.strip_prefix(base).unwrap_or_default());
            let is_form = like.eq_ignore_ascii_case(base) || *like == format!("{}s", base.to_ascii_lowercase());
            let why = if is_form { ": resources are plural and lower case" } else { "" };
            format!("use `{like}{rest}`{why}")
        }
        Nothing::NoSubresource(Some(like)) => format!("write `{}/{like}`", clip(base)),
        Nothing::Swapped => {
            let sub = clip(resource.split_once('/').map_or("", |(_, sub)| sub));
            format!("write `{sub}/{}`: the resource is before its subresource", clip(base))
        }
        Nothing::NoResource(None) => "add its group to `apiGroups`, or remove it".to_owned(),
        Nothing::NoSubresource(None) => "remove it".to_owned(),
        Nothing::Star(Some(sub)) => format!("name the subresources, as in `{}/{sub}`", clip(base)),
        Nothing::Star(None) => format!("remove it: `{}` has no subresources", clip(base)),
    }
}

/// Verbs that are plainly meant to be others. What else there is may be asked for by its own authorizer.
fn verbs(object: &Object, rule: &PolicyRule, node: NodeId, found: &mut Findings<'_>) {
    let nodes = object.document.get(node, "verbs");
    for (verb, node) in parts::zipped(&object.document, nodes, Some(&rule.verbs)) {
        if is_exec(verb) && (allows(rule, "pods") || allows(rule, "pods/exec")) {
            say_exec(verb, node, found);
            continue;
        }
        let Some(meant) = meant(verb) else { continue };
        let is_there = rule.verbs.iter().any(|other| matches!(other.as_str(), "*") || other.as_str() == meant);
        let (here, help) = if is_there {
            (format!("`{meant}` is in the list already"), "remove it".to_owned())
        } else {
            (format!("did you mean `{meant}`?"), format!("write `{meant}`"))
        };
        found
            .at(node, format!("no request has the verb `{}`", clip(verb)))
            .here(here)
            .because(
                "RBAC compares verbs as text, and the API server derives them from the HTTP method \
                 (kubernetes/website: reference/access-authn-authz/authorization, \"Request verbs and authorization\")",
            )
            .help(help);
    }
}

/// Whether a verb is meant to run commands in Pods.
fn is_exec(verb: &str) -> bool {
    matches!(verb, "exec" | "execute")
}

fn allows(rule: &PolicyRule, resource: &str) -> bool {
    rule.resources.iter().flatten().any(|one| one.as_str() == resource)
}

/// A command is run by creating the subresource.
fn say_exec(verb: &str, node: NodeId, found: &mut Findings<'_>) {
    found
        .at(node, format!("no request has the verb `{verb}`"))
        .here("`kubectl exec` creates `pods/exec`")
        .because(
            "RBAC compares verbs as text; running a command is the verb create on the subresource exec of Pods \
             (kubernetes/website: reference/access-authn-authz/rbac, \"Referring to resources\")",
        )
        .help("write a rule with `resources: [pods/exec]` and `verbs: [create]` for it");
}

fn meant(verb: &str) -> Option<&'static str> {
    if VERBS.contains(&verb) || verb.contains(':') || text::is_placeholder(verb) {
        return None;
    }
    let lower = verb.to_lowercase().replace(['-', '_'], "");
    let synonym = SYNONYMS.iter().find(|(word, _)| *word == lower).map(|(_, meant)| *meant);
    let is_slip = |known: &&str| edits_within(1, known, &lower).is_some();
    let slip = VERBS.into_iter().filter(|known| known.len() > 3).find(is_slip);
    let same = VERBS.into_iter().find(|known| *known == lower);
    same.or(synonym).or(slip)
}
