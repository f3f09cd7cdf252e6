//! That linting takes as much work as there is input, for shapes that are easily compared each with each. Looks at nodes,
//! keys, ports and containers are counted, which takes debug assertions; `benches/shapes.py` counts instructions.

#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use patterns::diagnostic::Level;
use patterns::kube::{File, Workspace};
use patterns::lint::{self, Selection};
use patterns::yaml::{Source, work};

/// How many times as much may be done for four times as much input: sixteen times would be each with each.
const MOST: f64 = 5.5;

/// What linting files of these texts looks at.
fn work(texts: &[String], name: impl Fn(usize) -> String + Send + Sync) -> u64 {
    let files = || {
        let file =
            |(number, text): (usize, &String)| File::read(&Arc::new(Source::from_text(name(number), text.clone())));
        texts.iter().enumerate().map(file).collect::<Vec<_>>()
    };
    // one thread, which counts for itself
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).stack_size(16 << 20).build().expect("a thread");
    pool.install(|| {
        let before = work::steps();
        let workspace = Workspace::of(files());
        let selection = Selection::new(&[], &[], Level::Advice).expect("no names");
        let _ = lint::workspace(&workspace, &selection);
        work::steps() - before
    })
}

fn grows_in_proportion(number: usize, shape: impl Fn(usize) -> Vec<String>) {
    grows_in_files(number, shape, |at| format!("{at}.yaml"));
}

fn grows_in_files(
    number: usize,
    shape: impl Fn(usize) -> Vec<String>,
    name: impl Fn(usize) -> String + Copy + Send + Sync,
) {
    let (one, four) = (work(&shape(number), name), work(&shape(4 * number), name));
    #[expect(clippy::cast_precision_loss, reason = "a ratio")]
    let ratio = four as f64 / one as f64;
    assert!(cfg!(not(debug_assertions)) || ratio < MOST, "{four} looks after {one}: {ratio:.1} times as many");
}

fn lines(number: usize, line: impl Fn(usize) -> String) -> String {
    (0..number).map(line).collect()
}

fn pod(containers: &str, volumes: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n{containers}  volumes:\n{volumes}")
}

const ONE: &str = "    - name: c\n      image: registry.example.com/c:1\n";

fn keys(number: usize) -> String {
    let keys = lines(number, |at| format!("  k{at}: v{at}\n"));
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n{keys}")
}

fn deployment(at: usize, labels: &str) -> String {
    format!(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: d{at}}}\nspec:\n  replicas: 3\n  selector: \
         {{matchLabels: {{{labels}}}}}\n  template:\n    metadata: {{labels: {{{labels}}}}}\n    \
         spec: {{containers: [{{name: shop, image: 'registry.example.com/shop:2'}}]}}\n"
    )
}

#[test]
fn containers_of_one_pod() {
    grows_in_proportion(100, |number| {
        let container = |at| {
            let port = 1000 + at;
            format!(
                "    - name: c{at}\n      image: registry.example.com/c:1\n      ports: [{{containerPort: {port}, name: \
                 p{at}}}]\n      volumeMounts: [{{name: v{at}, mountPath: /m{at}}}]\n      env: [{{name: PEER, value: \
                 'http://localhost:{}'}}]\n      livenessProbe: {{httpGet: {{port: {}}}}}\n",
                port + 1,
                port + 2
            )
        };
        let volumes = lines(number, |at| format!("    - {{name: v{at}, emptyDir: {{}}}}\n"));
        vec![pod(&lines(number, container), &volumes)]
    });
}

#[test]
fn servers_of_one_pod_that_dial_each_other() {
    grows_in_proportion(100, |number| {
        let container = |at| {
            format!(
                "    - name: c{at}\n      image: envoyproxy/envoy:v1.30.0\n      ports: [{{containerPort: {}}}]\n      \
                 env: [{{name: PEER, value: 'http://localhost:{}'}}]\n",
                1000 + at,
                1001 + at
            )
        };
        vec![pod(&lines(number, container), "")]
    });
}

#[test]
fn containers_that_wait_for_ports() {
    grows_in_proportion(100, |number| {
        let container = |at| {
            format!(
                "    - name: i{at}\n      image: busybox:1\n      \
                 command: [sh, -c, 'until nc -z localhost {}; do sleep 1; done']\n",
                1000 + at
            )
        };
        let init = lines(number, container);
        vec![format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  initContainers:\n{init}  containers:\n{ONE}"
        )]
    });
}

#[test]
fn init_containers_with_a_volume_each() {
    grows_in_proportion(400, |number| {
        let container = |at| {
            format!(
                "    - name: i{at}\n      image: busybox:1\n      command: [sh, -c, 'echo x > /w/f']\n      volumeMounts: \
                 [{{name: v{at}, mountPath: /w}}]\n"
            )
        };
        let volumes = lines(number, |at| format!("    - {{name: v{at}, emptyDir: {{}}}}\n"));
        vec![format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  initContainers:\n{}  containers:\n{ONE}  volumes:\n{volumes}",
            lines(number, container)
        )]
    });
}

#[test]
fn probes_of_ports_that_no_container_has() {
    grows_in_proportion(100, |number| {
        let container = |at| {
            format!(
                "    - name: c{at}\n      image: registry.example.com/c:1\n      readinessProbe: {{httpGet: {{port: q{at}}}}}\n      \
                 ports: [{{containerPort: {}, name: p{at}}}]\n",
                1000 + at
            )
        };
        vec![pod(&lines(number, container), "")]
    });
}

#[test]
fn mounts_of_one_container() {
    grows_in_proportion(200, |number| {
        let mounts = lines(number, |at| format!("        - {{name: v{at}, mountPath: /m{at}}}\n"));
        let volumes = lines(number, |at| format!("    - {{name: v{at}, configMap: {{name: c{at}}}}}\n"));
        vec![pod(&format!("{ONE}      volumeMounts:\n{mounts}"), &volumes)]
    });
}

#[test]
fn keys_that_are_mounted_one_by_one() {
    grows_in_proportion(100, |number| {
        let mounts = lines(number, |at| format!("        - {{name: v, mountPath: /etc/shop/k{at}, subPath: k{at}}}\n"));
        let volume = "    - {name: v, configMap: {name: a}}\n";
        vec![pod(&format!("{ONE}      volumeMounts:\n{mounts}"), volume), keys(number)]
    });
}

#[test]
fn items_of_one_volume() {
    grows_in_proportion(200, |number| {
        let items = lines(number, |at| format!("          - {{key: k{at}, path: p{at}}}\n"));
        let volume = format!("    - name: v\n      configMap:\n        name: a\n        items:\n{items}");
        vec![pod(&format!("{ONE}      volumeMounts: [{{name: v, mountPath: /etc/shop}}]\n"), &volume), keys(number)]
    });
}

#[test]
fn files_of_one_volume_that_overlap() {
    grows_in_proportion(100, |number| {
        let items = lines(number, |at| format!("          - {{key: k{at}, path: 'p{}'}}\n", "/a".repeat(at % 9)));
        let volume = format!("    - name: v\n      configMap:\n        name: a\n        items:\n{items}");
        vec![pod(&format!("{ONE}      volumeMounts: [{{name: v, mountPath: /etc/shop}}]\n"), &volume)]
    });
}

#[test]
fn sources_of_one_config_map() {
    grows_in_proportion(100, |number| {
        let sources = lines(number, |_| "          - configMap: {name: a}\n".to_owned());
        let volume = format!("    - name: v\n      projected:\n        sources:\n{sources}");
        vec![pod(&format!("{ONE}      volumeMounts: [{{name: v, mountPath: /etc/shop}}]\n"), &volume), keys(number)]
    });
}

#[test]
fn volumes_of_one_config_map() {
    grows_in_proportion(400, |number| {
        let mounts = lines(number, |at| format!("        - {{name: v{at}, mountPath: /m{at}}}\n"));
        let volumes = lines(number, |at| format!("    - {{name: v{at}, configMap: {{name: a}}}}\n"));
        vec![pod(&format!("{ONE}      volumeMounts:\n{mounts}"), &volumes), keys(number)]
    });
}

#[test]
fn claims_of_one_pod() {
    grows_in_proportion(200, |number| {
        let claims = lines(number, |at| format!("          - {{name: r{at}}}\n"));
        let of_pod = lines(number, |at| format!("    - {{name: r{at}, resourceClaimName: c{at}}}\n"));
        let container = format!("{ONE}      resources:\n        claims:\n{claims}");
        vec![format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  resourceClaims:\n{of_pod}  containers:\n{container}"
        )]
    });
}

#[test]
fn ambassadors_of_one_pod() {
    grows_in_proportion(50, |number| {
        let container = |at| {
            format!(
                "    - name: c{at}\n      image: alpine/socat:1.8.0.0\n      args: ['TCP-LISTEN:{},fork', 'TCP:db{at}:5432']\n      \
                 env: [{{name: DB_HOST, value: 'db{at}:5432'}}]\n",
                1000 + at
            )
        };
        let url = |at: usize| format!("        - {{name: U{at}_URL, value: 'postgres://localhost:{}'}}\n", 1000 + at);
        vec![pod(&format!("{ONE}      env:\n{}{}", lines(number, url), lines(number, container)), "")]
    });
}

#[test]
fn variables_of_one_container() {
    grows_in_proportion(200, |number| {
        let variable = |at: usize| format!("        - {{name: V{at}, value: '$(V{}) x'}}\n", at.saturating_sub(1));
        vec![pod(&format!("{ONE}      env:\n{}", lines(number, variable)), "")]
    });
}

#[test]
fn variables_from_one_map() {
    grows_in_proportion(100, |number| {
        let from = |at| format!("        - {{name: V{at}, valueFrom: {{configMapKeyRef: {{name: a, key: k{at}}}}}}}\n");
        vec![pod(&format!("{ONE}      env:\n{}", lines(number, from)), ""), keys(number)]
    });
}

#[test]
fn ports_of_one_service() {
    grows_in_proportion(100, |number| {
        let declared = lines(number, |at| format!("            - {{name: p{at}, containerPort: {}}}\n", 1000 + at));
        let ports = lines(number, |at| format!("    - {{name: q{at}, port: {}, targetPort: p{at}}}\n", 1000 + at));
        vec![format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: d}}\nspec:\n  selector: {{matchLabels: {{app: d}}}}\n  \
             template:\n    metadata: {{labels: {{app: d}}}}\n    spec:\n      containers:\n        - name: shop\n          \
             image: registry.example.com/shop:2\n          ports:\n{declared}---\napiVersion: v1\nkind: Service\nmetadata: \
             {{name: s}}\nspec:\n  selector: {{app: d}}\n  ports:\n{ports}"
        )]
    });
}

#[test]
fn paths_of_one_ingress() {
    grows_in_proportion(100, |number| {
        let path = |at| {
            format!(
                "          - {{path: /p{at}, pathType: Prefix, backend: {{service: {{name: s, port: {{name: q{at}}}}}}}}}\n"
            )
        };
        let ports = lines(number, |at| format!("    - {{name: p{at}, port: {}}}\n", 1000 + at));
        vec![format!(
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: i}}\nspec:\n  rules:\n    - http:\n        \
             paths:\n{}---\napiVersion: v1\nkind: Service\nmetadata: {{name: s}}\nspec:\n  selector: {{app: d}}\n  ports:\n{ports}",
            lines(number, path)
        )]
    });
}

#[test]
fn monitors_of_pods() {
    grows_in_proportion(300, |number| {
        let monitor = |at| {
            format!(
                "---\napiVersion: monitoring.coreos.com/v1\nkind: PodMonitor\nmetadata: {{name: m{at}}}\nspec: {{selector: \
                 {{matchLabels: {{app: x{at}}}}}, podMetricsEndpoints: [{{port: metrics}}]}}\n"
            )
        };
        vec![lines(number, |at| deployment(at, &format!("app: d{at}"))) + &lines(number, monitor)]
    });
}

#[test]
fn rules_of_electing_accounts() {
    grows_in_proportion(300, |number| {
        let elector = |at| {
            let elector = deployment(at, &format!("app: d{at}")).replace(
                "{containers: [{name: shop, image: 'registry.example.com/shop:2'}]}",
                &format!(
                    "{{serviceAccountName: s{at}, containers: [{{name: c, image: \
                     'registry.k8s.io/kube-controller-manager:v1.33.0', command: [kube-controller-manager, \
                     --leader-elect=true]}}]}}"
                ),
            );
            elector.replace("metadata: {name:", "metadata: {namespace: x, name:")
        };
        let subjects = lines(number, |at| format!("  - {{kind: ServiceAccount, name: s{at}, namespace: x}}\n"));
        let rules = lines(number, |at| format!("  - {{apiGroups: [''], resources: [pods{at}], verbs: [get]}}\n"));
        vec![
            format!(
                "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {{name: b}}\nroleRef: {{apiGroup: \
                 rbac.authorization.k8s.io, kind: ClusterRole, name: r}}\nsubjects:\n{subjects}---\napiVersion: \
                 rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: r}}\nrules:\n{rules}"
            ) + &lines(number, elector),
        ]
    });
}

#[test]
fn keys_of_one_map() {
    grows_in_proportion(1000, |number| vec![keys(number)]);
}

#[test]
fn texts_of_one_list() {
    grows_in_proportion(2000, |number| {
        let texts = lines(number, |at| format!("    - a{at}\n"));
        vec![format!("apiVersion: example.com/v1\nkind: Thing\nmetadata: {{name: a}}\nspec:\n  words:\n{texts}")]
    });
}

#[test]
fn objects_of_one_name() {
    grows_in_proportion(50, |number| vec![lines(number, |_| deployment(0, "app: shop"))]);
}

#[test]
fn labels_in_two_files() {
    grows_in_proportion(50, |number| {
        let scaler = |at| {
            format!(
                "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: d{at}}}\nspec:\n  \
                 minReplicas: 3\n  maxReplicas: 9\n  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: \
                 d{at}}}\n  metrics: [{{type: Resource, resource: {{name: cpu, target: {{type: Utilization, \
                 averageUtilization: 80}}}}}}]\n"
            )
        };
        vec![lines(number, |at| deployment(at, &format!("app: d{at}"))), lines(number, scaler)]
    });
}

/// Deployments of one label, with as many of something that selects by it.
fn selected(number: usize, head: &str, spec: &str) -> Vec<String> {
    let selecting = |at| format!("---\n{head}\nmetadata: {{name: s{at}}}\nspec: {spec}\n");
    vec![lines(number, |at| deployment(at, "app: shop")) + &lines(number, selecting)]
}

#[test]
fn services_of_one_selector() {
    let spec = "{selector: {app: shop}, ports: [{port: 80}]}";
    grows_in_proportion(50, |number| selected(number, "apiVersion: v1\nkind: Service", spec));
}

#[test]
fn budgets_of_one_selector() {
    let spec = "{minAvailable: 1, selector: {matchLabels: {app: shop}}}";
    grows_in_proportion(50, |number| selected(number, "apiVersion: policy/v1\nkind: PodDisruptionBudget", spec));
}

/// One app as many repositories hold it: with the same names and labels as all others.
fn app(namespace: &str) -> String {
    let deployment = deployment(0, "app: shop").replace("{name: d0}", &format!("{{name: d0{namespace}}}"));
    let deployment = deployment.replace(
        "'registry.example.com/shop:2'",
        "'registry.example.com/shop:2', envFrom: [{configMapRef: {name: c}}]",
    );
    format!(
        "{deployment}---\napiVersion: v1\nkind: Service\nmetadata: {{name: s{namespace}}}\nspec: {{selector: {{app: shop}}, \
         ports: [{{port: 80}}]}}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{namespace}}}\ndata: {{a: \
         b}}\n---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: h{namespace}}}\nspec: \
         {{minReplicas: 3, maxReplicas: 9, scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: d0}}}}\n---\n\
         apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: b{namespace}}}\nspec: {{minAvailable: 1, \
         selector: {{matchLabels: {{app: shop}}}}}}\n"
    )
}

#[test]
fn the_same_names_in_many_folders() {
    grows_in_files(50, |number| vec![app(""); number], |at| format!("f{at}/a.yaml"));
}

#[test]
fn the_same_names_in_many_namespaces() {
    grows_in_proportion(50, |number| vec![lines(number, |at| app(&format!(", namespace: n{at}")))]);
}

#[test]
fn budgets_of_all_but_one() {
    grows_in_proportion(200, |number| {
        apps_with_budgets(number, |at| format!("{{key: app, operator: NotIn, values: [d{at}]}}"))
    });
}

#[test]
fn budgets_of_nothing() {
    grows_in_proportion(600, |number| {
        apps_with_budgets(number, |at| {
            format!("{{key: app, operator: DoesNotExist}}, {{key: app, operator: NotIn, values: [x{at}]}}")
        })
    });
}

/// Deployments, each with its Service, and as many budgets with requirements that name no label.
fn apps_with_budgets(number: usize, requirements: impl Fn(usize) -> String) -> Vec<String> {
    let app = |at| {
        let service = format!(
            "---\napiVersion: v1\nkind: Service\nmetadata: {{name: d{at}}}\nspec: {{selector: {{app: d{at}}}, ports: \
             [{{port: 80}}]}}\n"
        );
        deployment(at, &format!("app: d{at}")) + &service
    };
    let budget = |at| {
        format!(
            "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: b{at}}}\nspec: {{minAvailable: 1, \
             selector: {{matchExpressions: [{}]}}}}\n",
            requirements(at)
        )
    };
    vec![lines(number, app) + &lines(number, budget)]
}

#[test]
fn policies_of_the_network() {
    grows_in_proportion(50, |number| {
        let policy = |at| {
            let peer = format!(
                "from: [{{podSelector: {{matchLabels: {{app: d{}}}}}}}], ports: [{{port: 80}}]",
                (at + 1) % number
            );
            let spec = format!("{{podSelector: {{matchLabels: {{app: d{at}}}}}, ingress: [{{{peer}}}]}}");
            format!(
                "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: s{at}}}\nspec: {spec}\n"
            )
        };
        vec![lines(number, |at| deployment(at, &format!("app: d{at}"))) + &lines(number, policy)]
    });
}

#[test]
fn bindings_of_one_policy() {
    grows_in_proportion(50, |number| {
        let rules = "[{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}]";
        let policy = format!(
            "---\napiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {{name: p}}\n\
             spec: {{matchConstraints: {{resourceRules: {rules}}}, validations: [{{expression: object.spec.replicas <= \
             2}}]}}\n"
        );
        let binding = |at| {
            format!(
                "---\napiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\nmetadata: \
                 {{name: b{at}}}\nspec: {{policyName: p, validationActions: [Deny]}}\n"
            )
        };
        let objects = lines(number, |at| deployment(at, &format!("app: d{at}")));
        vec![policy + &lines(number, binding) + &objects]
    });
}

fn definition(schema: &str) -> String {
    format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: as.example.com}}\nspec:\n  \
         group: example.com\n  scope: Namespaced\n  names: {{kind: A, plural: as, listKind: AList, singular: a}}\n  \
         versions:\n  - {{name: v1, served: true, storage: true, schema: {{openAPIV3Schema: {schema}}}}}\n"
    )
}

#[test]
fn schemas_in_each_other() {
    let around = [
        ("{not: ", "}"),
        ("{allOf: [", "]}"),
        ("{anyOf: [{type: string}, ", "]}"),
        ("{type: object, properties: {a: ", "}}"),
        ("{type: object, additionalProperties: ", "}"),
        ("{type: array, items: ", "}"),
        ("{type: object, x-kubernetes-validations: [{rule: has(self.a), fieldPath: .a}], properties: {a: ", "}}"),
    ];
    for (before, after) in around {
        grows_in_proportion(50, |number| {
            let inner = format!("{}{{type: string}}{}", before.repeat(number), after.repeat(number));
            vec![definition(&format!("{{type: object, properties: {{a: {inner}}}}}"))]
        });
    }
}

#[test]
fn findings() {
    grows_in_proportion(200, |number| {
        let map =
            |at| format!("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{at}}}\ndata: {{a: yes, b: 1}}\n");
        vec![lines(number, map)]
    });
}
