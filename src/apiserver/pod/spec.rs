//! `ValidatePodSpec`, `ValidatePodCreate` and `ValidatePodTemplateSpec`.

use std::cmp::Ordering;

use super::super::field::Field;
use super::super::meta::{self, Scope};
use super::super::resources::{self, Owner};
use super::super::{formats, ip};
use super::{PodContext, affinity, all_containers, container, security, volume, warnings, windows};
use crate::go::Quantity;
use crate::kube::FastSet;
use crate::kube::versions::Change;

/// `ValidatePodCreate` and its warnings.
pub fn pod(object: Field) {
    let (metadata, spec) = (object.child("metadata"), object.child("spec"));
    meta::object_meta(metadata, Scope::Namespaced, formats::dns_subdomain);
    let annotations = metadata.child("annotations");
    security::pod_annotations(annotations, spec);
    pod_spec(spec, PodContext { pod_meta: Some(metadata), claim_templates: None });
    if service_account(spec).is_empty() {
        for source in spec.child("volumes").items().flat_map(|volume| volume.at(&["projected", "sources"]).items()) {
            let token = source.child("serviceAccountToken");
            if token.is_set() {
                token.forbidden("needs `serviceAccountName` on its own Pod");
            }
        }
    }
    for container in spec.child("containers").items().chain(spec.child("initContainers").items()) {
        let image = container.child("image");
        if image.str() != image.str().trim() {
            image.invalid("begins or ends with a space");
        }
    }
    let ephemeral = spec.child("ephemeralContainers");
    if !ephemeral.is_empty() {
        ephemeral.forbidden("cannot be set on a new Pod: `kubectl debug` adds them later");
    }
    if !spec.child("nodeName").is_empty() && !spec.child("schedulingGates").is_empty() {
        spec.child("nodeName").forbidden("cannot be set while `schedulingGates` hold the Pod back");
    }
    security::annotations_match_fields(annotations, spec);
    if formats::dns_label(&meta::final_name(metadata)).is_some() {
        metadata.child("name").warn("it becomes the Pod's host name, and is not a DNS label");
    }
    warnings::spec_warnings(metadata, spec, false);
}

/// Labels and annotations of a template.
pub fn template_metadata(template: Field) {
    let (metadata, spec) = (template.child("metadata"), template.child("spec"));
    // The server leaves `metadata` out of these two paths.
    meta::label_map(metadata.child("labels").called(template, "labels"));
    let annotations = metadata.child("annotations").called(template, "annotations");
    meta::annotation_map(annotations);
    security::pod_annotations(annotations, spec);
}

/// `ValidatePodTemplateSpec`
pub fn pod_template(template: Field, context: PodContext) {
    let (metadata, spec) = (template.child("metadata"), template.child("spec"));
    template_metadata(template);
    let annotations = metadata.child("annotations").called(template, "annotations");
    pod_spec(spec, context);
    security::annotations_match_fields(annotations, spec);
    let ephemeral = spec.child("ephemeralContainers");
    if !ephemeral.is_empty() {
        ephemeral.forbidden("cannot be part of a template");
    }
}

/// `serviceAccountName`, or the old name of the field.
fn service_account(spec: Field) -> Field {
    let name = spec.child("serviceAccountName");
    let old = spec.child("serviceAccount");
    if name.is_empty() && !old.is_empty() { old.as_path_of(name) } else { name }
}

fn pod_spec(spec: Field, context: PodContext) {
    let volumes = volume::volumes(spec, context);
    resource_claims(spec, context);
    let claims = spec.child("resourceClaims").items().map(|claim| claim.child("name").str()).collect();
    container::containers(spec, &volumes, &claims, context);
    container::init_containers(spec, &volumes, &claims, context);
    pod_resources(spec, &claims, context);
    host_network_ports(spec, context);
    spec.child("restartPolicy").one_of(spec.child("restartPolicy").str_or("Always"), &["Always", "OnFailure", "Never"]);
    let dns_policy = spec.child("dnsPolicy").str_or("ClusterFirst");
    spec.child("dnsPolicy").one_of(dns_policy, &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]);
    meta::label_map(spec.child("nodeSelector"));
    security::pod_security_context(spec);
    affinity::affinity(spec.child("affinity"), context);
    dns_config(spec.child("dnsConfig"), dns_policy);
    for gate in spec.child("readinessGates").items() {
        gate.child("conditionType").check(formats::qualified_name);
    }
    scheduling_gates(spec.child("schedulingGates"));
    affinity::topology_spread(spec, context);
    windows::host_process(spec);
    host_users(spec);
    host_name_override(spec);
    names(spec);
    affinity::tolerations(spec.child("tolerations"));
    for alias in spec.child("hostAliases").items() {
        ip::check_address(alias.child("ip"));
        for name in alias.child("hostnames").items() {
            name.check(formats::dns_subdomain);
        }
    }
    resources::overhead(spec.child("overhead").called(spec.child("overhead"), "limits"));
    windows::os(spec);
    file_key_volumes(spec);
}

/// Fields that hold one name or number each.
fn names(spec: Field) {
    service_account(spec).check_unless_empty(formats::dns_subdomain);
    spec.child("nodeName").check_unless_empty(formats::dns_subdomain);
    let deadline = spec.child("activeDeadlineSeconds");
    if deadline.is_set() {
        deadline.in_range(1, i64::from(i32::MAX));
    }
    spec.child("hostname").check_unless_empty(formats::dns_label);
    spec.child("subdomain").check_unless_empty(formats::dns_label);
    spec.child("priorityClassName").check_unless_empty(formats::dns_subdomain);
    let runtime_class = spec.child("runtimeClassName");
    if runtime_class.is_set() {
        runtime_class.check(formats::dns_subdomain);
    }
    preemption_policy(spec.child("preemptionPolicy"));
}

/// `ValidatePreemptionPolicy`, also of priority classes.
pub fn preemption_policy(policy: Field) {
    if policy.is_set() && policy.is_empty() {
        policy.required("");
    } else if policy.is_set() {
        policy.one_of(policy.str(), &["PreemptLowerPriority", "Never"]);
    }
}

fn resource_claims(spec: Field, context: PodContext) {
    let mut seen = FastSet::default();
    for claim in spec.child("resourceClaims").items() {
        if context.pod_meta.is_some_and(|meta| meta.child("annotations").has("kubernetes.io/config.mirror")) {
            claim.forbidden("has no meaning for a static Pod");
            return;
        }
        let name = claim.child("name");
        if name.is_empty() {
            name.required("");
        } else if seen.contains(&name.str()) {
            name.duplicate(name.str());
        } else {
            name.check(formats::dns_label);
            seen.insert(name.str());
        }
        let (claim_name, template) = (claim.child("resourceClaimName"), claim.child("resourceClaimTemplateName"));
        if claim_name.is_set() == template.is_set() {
            claim.invalid("needs either `resourceClaimName` or `resourceClaimTemplateName`");
        }
        for field in [claim_name, template].into_iter().filter(|field| field.is_set()) {
            field.check(formats::dns_subdomain);
        }
    }
}

/// `validatePodHostNetworkDeps`: on the node's network a port is what it is.
fn host_network_ports(spec: Field, context: PodContext) {
    if !spec.child("hostNetwork").is_true() {
        return;
    }
    for port in spec.child("containers").items().flat_map(|container| container.child("ports").items()) {
        let (host, inner) = (port.child("hostPort"), port.child("containerPort").int());
        // For a Pod the server fills a missing host port in before it looks.
        let host_port = if context.is_pod() { host.int_or(inner) } else { host.int() };
        if host_port != 0 && host_port != inner {
            host.invalid("must equal `containerPort`: with `hostNetwork` they are one port");
        }
    }
}

fn dns_config(config: Field, policy: &str) {
    let (servers, searches) = (config.child("nameservers"), config.child("searches"));
    if policy == "None" {
        if !config.is_set() {
            config.required("`dnsPolicy: None` leaves the Pod without any DNS");
            return;
        }
        if servers.is_empty() {
            servers.required("`dnsPolicy: None` needs at least one");
            return;
        }
    }
    if servers.len() > 3 {
        servers.invalid("has more than 3 servers, which is the limit of resolvers");
    }
    for server in servers.items() {
        ip::check_address(server);
    }
    if searches.len() > 32 {
        searches.invalid("has more than 32 domains");
    }
    if searches.items().map(|search| search.str().len() + 1).sum::<usize>() > 2049 {
        searches.invalid("is longer than 2048 characters in all");
    }
    for search in searches.items().filter(|search| search.str() != ".") {
        let text = search.str().strip_suffix('.').unwrap_or(search.str());
        if let Some(rule) = formats::dns_subdomain_with_underscore(text) {
            search.invalid(rule);
        }
    }
    for option in config.child("options").items().filter(|option| option.child("name").is_empty()) {
        option.required("an option needs a name");
    }
}

fn scheduling_gates(gates: Field) {
    let mut seen = FastSet::default();
    for gate in gates.items() {
        let name = gate.child("name");
        name.as_path_of(gate).check(formats::qualified_name);
        if seen.contains(&name.str()) {
            name.as_path_of(gate).duplicate(name.str());
        }
        seen.insert(name.str());
    }
}

/// `validateHostUsers`: its own user namespace excludes the node's namespaces.
fn host_users(spec: Field) {
    if !spec.child("hostUsers").is_false() {
        return;
    }
    // Two of the server's paths begin with a capital.
    for (field, path) in [("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")] {
        if spec.child(field).is_true() {
            spec.child(field).called(spec, path).forbidden("excludes `hostUsers: false`");
        }
    }
    let devices = |container: &Field| !container.child("volumeDevices").is_empty();
    for container in all_containers(spec).filter(devices) {
        if !spec.has_change(Change::NoDevicesInUserNamespace) {
            break;
        }
        container.child("volumeDevices").forbidden("exclude `hostUsers: false`");
    }
}

fn host_name_override(spec: Field) {
    let name = spec.child("hostnameOverride");
    if !name.is_set() {
        return;
    }
    if spec.child("setHostnameAsFQDN").is_true() {
        name.forbidden("excludes `setHostnameAsFQDN: true`");
    }
    if spec.child("hostNetwork").is_true() {
        name.forbidden("excludes `hostNetwork: true`");
    }
    if name.str().len() > 64 {
        name.too_long(64);
    }
    name.check(formats::dns_subdomain);
}

/// `validateFileKeyRefVolumes`
fn file_key_volumes(spec: Field) {
    for env in all_containers(spec).flat_map(|container| container.child("env").items()) {
        let reference = env.at(&["valueFrom", "fileKeyRef"]);
        if !reference.is_set() {
            continue;
        }
        let name = reference.child("volumeName");
        match spec.child("volumes").items().find(|volume| volume.child("name").str() == name.str()) {
            None => name.not_found(name.str(), "among the Pod's volumes"),
            Some(volume) if !volume::is_empty_dir(volume) => name.invalid("must name a volume of type `emptyDir`"),
            Some(_) => {}
        }
    }
}

/// `validatePodResources` and `validatePodResourceConsistency`.
fn pod_resources(spec: Field, claims: &FastSet<&str>, context: PodContext) {
    let own = spec.child("resources");
    if !own.is_set() {
        return;
    }
    if spec.at(&["os", "name"]).str() == "windows" {
        own.forbidden("cannot be set for a Windows Pod");
        return;
    }
    if own.child("claims").is_set() {
        own.child("claims").forbidden("belong to containers");
    }
    resources::requirements(own, Owner::Pod, claims);
    for (name, request) in own.child("requests").entries() {
        if container_sum(spec, "requests", &name).compare(request.quantity()) == Ordering::Greater {
            request.invalid("is less than its containers request together");
        }
    }
    for (name, limit) in own.child("limits").entries() {
        if resources::is_huge_page(&name)
            && container_sum(spec, "limits", &name).compare(limit.quantity()) == Ordering::Greater
        {
            limit.invalid("is less than the limits of its containers together");
        }
        // The server names the Pod's resources, then the container, then the resource.
        let containers = spec.child("containers");
        for (container, index) in containers.items().zip(0_u32..) {
            let Some((_, inner)) = container.at(&["resources", "limits"]).entries().find(|(key, _)| *key == name)
            else {
                continue;
            };
            if inner.quantity().compare(limit.quantity()) == Ordering::Greater {
                let at = inner.as_item_of(containers.called(own, "containers"), index);
                inner.called(inner.as_entry_of(at, inner), "limits").invalid("is above the limit of the whole Pod");
            }
        }
        // For a Pod a missing request becomes what its containers ask for.
        let filled = context.is_pod() && !own.child("requests").has(&name) && resources::is_overcommit_allowed(&name);
        let asked = container_sum(spec, "requests", &name);
        if filled && asked.compare(limit.quantity()) == Ordering::Greater {
            limit.as_path_of(own.child("requests")).invalid(format!("would have more `{name}` than the limit allows"));
        }
    }
}

/// What containers and sidecars ask for together, or the largest ordinary init container if that is more.
fn container_sum(spec: Field, list: &'static str, name: &str) -> Quantity {
    let of = |container: Field| {
        let resources = container.child("resources");
        let value = resources.child(list).lookup(name).or_else(|| resources.child("limits").lookup(name));
        value.map(Field::quantity).unwrap_or_default()
    };
    let is_sidecar = |container: &Field| container.child("restartPolicy").str() == "Always";
    let init = spec.child("initContainers");
    let running = spec.child("containers").items().chain(init.items().filter(is_sidecar));
    let sum = running.fold(Quantity::default(), |sum, container| sum.plus(of(container)));
    let ordinary = init.items().filter(|container| !is_sidecar(container)).map(of);
    ordinary.fold(sum, |most, one| if one.compare(most) == Ordering::Greater { one } else { most })
}
