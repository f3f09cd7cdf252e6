//! Rules of the linter that one object decides, as `ValidatingAdmissionPolicies`.

use std::fmt::Write as _;

/// A rule as an expression.
struct Export {
    /// The rule's name.
    rule: &'static str,
    /// What it looks at.
    on: On,
    /// When it looks, beyond the kind.
    conditions: &'static [(&'static str, &'static str)],
    /// What must be true. `variables.pod` is the Pod's spec, `variables.containers` all containers but ephemeral ones.
    expression: &'static str,
    /// What is said if it is not.
    message: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum On {
    /// Pods and what makes them.
    Pods,
    /// The same without `DaemonSets`.
    NoAgents,
    Jobs,
    StatefulSets,
}

/// Windows has other users and no read-only root.
const LINUX: (&str, &str) = (
    "linux",
    "variables.pod.?os.?name.orValue('') != 'windows' && variables.pod.?nodeSelector[?'kubernetes.io/os'].orValue('') != 'windows'",
);

const EXPORTS: &[Export] = &[
    Export {
        rule: "job-never-cleaned",
        on: On::Jobs,
        conditions: &[(
            "no-hook",
            "!has(object.metadata.annotations) || !object.metadata.annotations.exists(k, k.startsWith('helm.sh/hook') || k.startsWith('argocd.argoproj.io/hook'))",
        )],
        expression: "has(object.spec.ttlSecondsAfterFinished)",
        message: "this Job and its Pods stay when they are done: set ttlSecondsAfterFinished",
    },
    Export {
        rule: "statefulset-grace-zero",
        on: On::StatefulSets,
        conditions: &[],
        expression: "object.spec.template.spec.terminationGracePeriodSeconds != 0",
        message: "with a grace period of 0 two Pods of one name may run at once",
    },
    Export {
        rule: "statefulset-partition-above-replicas",
        on: On::StatefulSets,
        conditions: &[],
        expression: "object.spec.replicas == 0 || object.spec.?updateStrategy.?rollingUpdate.?partition.orValue(0) < object.spec.?ordinals.?start.orValue(0) + object.spec.replicas",
        message: "no Pod ever gets a changed template: the partition is not below the replicas",
    },
    Export {
        rule: "host-namespaces",
        on: On::NoAgents,
        conditions: &[("no-system-pod", "!variables.pod.?priorityClassName.orValue('').startsWith('system-')")],
        expression: "!variables.pod.?hostNetwork.orValue(false) && !variables.pod.?hostPID.orValue(false) && !variables.pod.?hostIPC.orValue(false)",
        message: "the Pod shares a namespace with its node: remove hostNetwork, hostPID and hostIPC",
    },
    Export {
        rule: "image-without-digest",
        on: On::Pods,
        conditions: &[],
        expression: "variables.containers.all(c, c.image.contains('@') || !c.image.matches(':[^/:]+$') || c.image.endsWith(':latest'))",
        message: "an image is named by a tag alone: add its digest",
    },
    Export {
        rule: "memory-below-a-mebibyte",
        on: On::Pods,
        conditions: &[],
        expression: "variables.containers.all(c, ['limits', 'requests'].all(list, ['memory', 'ephemeral-storage'].all(name, !c.?resources[?list][?name].hasValue() || sign(quantity(c.resources[list][name])) <= 0 || quantity(c.resources[list][name]).compareTo(quantity('1Mi')) >= 0)))",
        message: "less than a mebibyte of memory or storage: give the amount with its unit, as in 512Mi",
    },
    Export {
        rule: "mutable-tag",
        on: On::Pods,
        conditions: &[],
        expression: "variables.containers.all(c, c.image.trim() == '' || c.image.contains('@') || (c.image.matches(':[^/:]+$') && !c.image.endsWith(':latest')))",
        message: "an image has no tag, or the tag latest: name the version",
    },
    Export {
        rule: "privileged",
        on: On::Pods,
        conditions: &[],
        expression: "variables.containers.all(c, !c.?securityContext.?privileged.orValue(false) || c.?volumeMounts.orValue([]).exists(m, has(m.mountPropagation) && m.mountPropagation == 'Bidirectional'))",
        message: "a privileged container may do anything on its node: name the capability that it needs",
    },
    Export {
        rule: "runs-as-root",
        on: On::Pods,
        conditions: &[LINUX, ("own-users", "variables.pod.?hostUsers.orValue(true)")],
        expression: "variables.containers.all(c, c.?securityContext.?privileged.orValue(false) || c.?securityContext.?runAsNonRoot.orValue(variables.pod.?securityContext.?runAsNonRoot.orValue(false)) || c.?securityContext.?runAsUser.orValue(variables.pod.?securityContext.?runAsUser.orValue(0)) != 0)",
        message: "nothing keeps a container from running as root: set runAsNonRoot",
    },
    Export {
        rule: "writable-root",
        on: On::Pods,
        conditions: &[LINUX],
        expression: "(variables.pod.containers + variables.pod.?initContainers.orValue([]).filter(c, c.?restartPolicy.orValue('') == 'Always')).all(c, c.?securityContext.?privileged.orValue(false) || c.?securityContext.?readOnlyRootFilesystem.orValue(false))",
        message: "a container can write to its root filesystem: set readOnlyRootFilesystem",
    },
    Export {
        rule: "restart-policy-is-not-sidecar",
        on: On::Pods,
        conditions: &[],
        expression: "variables.pod.containers.all(c, c.?restartPolicy.orValue('') != 'Always')",
        message: "restartPolicy Always makes a sidecar of an init container alone",
    },
];

/// The names of the rules that can be exported.
pub fn names() -> impl Iterator<Item = &'static str> {
    EXPORTS.iter().map(|export| export.rule)
}

/// The policy and its binding as YAML, which does `action` (`Deny`, `Warn`, `Audit`); nothing for a rule that cannot
/// be exported.
#[must_use]
pub fn policy(rule: &str, action: &str) -> Option<String> {
    let export = EXPORTS.iter().find(|export| export.rule == rule)?;
    let name = format!("patterns-{rule}");
    let mut out = format!(
        "---\napiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata:\n  name: {name}\nspec:\n  \
         failurePolicy: Fail\n  matchConstraints:\n    resourceRules:\n"
    );
    for (group, version, resources) in export.on.resources() {
        let _ = write!(
            out,
            "      - apiGroups: [\"{group}\"]\n        apiVersions: [{version}]\n        operations: [CREATE, UPDATE]\n        \
             resources: [{}]\n",
            resources.join(", ")
        );
    }
    let is_about_pods = matches!(export.on, On::Pods | On::NoAgents);
    if is_about_pods {
        out.push_str("  variables:\n");
        variable(
            &mut out,
            "pod",
            "object.kind == 'Pod' ? object.spec : object.kind == 'CronJob' ? object.spec.jobTemplate.spec.template.spec : object.spec.template.spec",
        );
        variable(&mut out, "containers", "variables.pod.containers + variables.pod.?initContainers.orValue([])");
    }
    // conditions cannot read variables, so they are part of what must be true
    let mut expression = String::new();
    for (_, condition) in export.conditions {
        let _ = write!(expression, "!({condition}) || ");
    }
    let _ = write!(expression, "({})", export.expression);
    let _ = write!(
        out,
        "  validations:\n    - expression: {}\n      message: {}\n",
        quoted(&expression),
        quoted(&format!("{} (patterns explain {rule})", export.message))
    );
    let _ = write!(
        out,
        "---\napiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\nmetadata:\n  name: {name}\nspec:\n  \
         policyName: {name}\n  validationActions: [{action}]\n"
    );
    Some(out)
}

fn variable(out: &mut String, name: &str, expression: &str) {
    let _ = write!(out, "    - name: {name}\n      expression: {}\n", quoted(expression));
}

/// A text in double quotes, as YAML reads it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

impl On {
    /// Groups, versions and resources.
    fn resources(self) -> Vec<(&'static str, &'static str, Vec<&'static str>)> {
        match self {
            Self::Jobs => vec![("batch", "v1", vec!["jobs"])],
            Self::StatefulSets => vec![("apps", "v1", vec!["statefulsets"])],
            Self::Pods | Self::NoAgents => {
                let mut apps = vec!["deployments", "replicasets", "statefulsets"];
                if self == Self::Pods {
                    apps.push("daemonsets");
                }
                vec![("", "v1", vec!["pods"]), ("apps", "v1", apps), ("batch", "v1", vec!["cronjobs", "jobs"])]
            }
        }
    }
}
