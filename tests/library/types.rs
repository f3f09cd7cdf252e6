//! The table of Kubernetes' types in `src/kube/decode/types.txt` is what `k8s-openapi` has.
//!
//! Its types are asked, by a deserializer that hands each field to its type and notes what the type asks for in turn. The
//! program itself has the table alone: the types would make up a part of its size, and most of its memory.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::any::type_name;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use k8s_openapi::Resource;
use k8s_openapi::api::{
    admissionregistration::v1 as admission, apps::v1 as apps, autoscaling::v1 as autoscaling_v1,
    autoscaling::v2 as autoscaling, batch::v1 as batch, certificates::v1 as certificates,
    coordination::v1 as coordination, core::v1 as core, discovery::v1 as discovery, flowcontrol::v1 as flowcontrol,
    networking::v1 as networking, node::v1 as node, policy::v1 as policy, rbac::v1 as rbac, resource::v1 as resource,
    scheduling::v1 as scheduling, storage::v1 as storage,
};
use k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1 as apiregistration;
use serde::Deserialize;
use serde::de::value::{Error, StrDeserializer};
use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer as _, MapAccess, SeqAccess, Visitor};

macro_rules! kinds {
    ($run:expr, $($type:ty,)*) => {
        $($run.kind::<$type>();)*
    };
}

/// The table, from the types.
fn traced() -> String {
    let mut run = Run::default();
    kinds! {
        run,
        core::Pod, core::PodTemplate, core::ReplicationController, core::Service, core::ConfigMap, core::Secret,
        core::ServiceAccount, core::PersistentVolumeClaim, core::PersistentVolume, core::Namespace,
        core::ResourceQuota, core::LimitRange, core::Endpoints, apps::Deployment, apps::StatefulSet, apps::DaemonSet,
        apps::ControllerRevision, apps::ReplicaSet, batch::Job, batch::CronJob, autoscaling::HorizontalPodAutoscaler,
        autoscaling_v1::HorizontalPodAutoscaler, policy::PodDisruptionBudget, networking::Ingress,
        networking::IngressClass, networking::NetworkPolicy, node::RuntimeClass, storage::StorageClass,
        storage::CSIDriver, storage::CSINode, storage::VolumeAttachment, storage::VolumeAttributesClass, core::Node,
        networking::ServiceCIDR, networking::IPAddress, storage::CSIStorageCapacity, apiregistration::APIService,
        resource::DeviceClass, resource::ResourceClaim, resource::ResourceClaimTemplate,
        certificates::CertificateSigningRequest, admission::ValidatingWebhookConfiguration,
        admission::MutatingWebhookConfiguration, admission::ValidatingAdmissionPolicy,
        admission::ValidatingAdmissionPolicyBinding, admission::MutatingAdmissionPolicy,
        admission::MutatingAdmissionPolicyBinding, flowcontrol::FlowSchema, flowcontrol::PriorityLevelConfiguration,
        rbac::Role, rbac::ClusterRole, rbac::RoleBinding, rbac::ClusterRoleBinding, coordination::Lease,
        discovery::EndpointSlice, scheduling::PriorityClass,
    }
    run.table()
}

/// What is known so far: each type's fields and what they hold, and which types are kinds.
#[derive(Default)]
struct Run {
    fields: RefCell<BTreeMap<String, Vec<(String, String)>>>,
    kinds: Vec<(String, String, String)>,
}

impl Run {
    fn kind<T: Resource + for<'de> Deserialize<'de>>(&mut self) {
        let asked = Asked::default();
        T::deserialize(Trace { run: self, asked: &asked }).unwrap();
        self.kinds.push((T::API_VERSION.to_owned(), T::KIND.to_owned(), asked.take()));
    }

    fn table(&self) -> String {
        let mut text = String::from(
            "# The kinds that are decoded, and the types of their fields, as `cargo test --test library types` reads them from\n\
             # the types of k8s-openapi: with INSTA_UPDATE=always it writes this file. `[x]` is a list, `{x}` a map of texts to x.\n",
        );
        for (api_version, kind, id) in &self.kinds {
            let _ = writeln!(text, "{api_version} {kind} {id}");
        }
        for (id, fields) in &*self.fields.borrow() {
            let _ = writeln!(text, "{id}");
            for (field, holds) in fields {
                let _ = writeln!(text, "  {field} {holds}");
            }
        }
        text
    }
}

/// What a type has asked for.
#[derive(Default)]
struct Asked(RefCell<String>);

impl Asked {
    fn note(&self, text: &str) {
        self.0.borrow_mut().push_str(text);
    }

    fn take(&self) -> String {
        self.0.take()
    }
}

#[derive(Clone, Copy)]
struct Trace<'run> {
    run: &'run Run,
    asked: &'run Asked,
}

/// `core/v1.Container`, of the name that Rust has for its visitor.
fn id(visitor: &str) -> String {
    let path = visitor.trim_start_matches('<').split(" as ").next().unwrap_or_default();
    let path = path.split("::<impl").next().unwrap_or_default();
    let mut parts: Vec<&str> = path.split("::").collect();
    let name = parts.pop().unwrap_or_default();
    let version =
        parts.iter().rposition(|part| part.starts_with('v') && part[1..].starts_with(|c: char| c.is_ascii_digit()));
    let version = version.unwrap_or_default();
    format!("{}/{}.{name}", parts[version - 1], parts[version])
}

macro_rules! scalars {
    ($($method:ident $visit:ident $value:expr, $name:literal;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.asked.note($name);
            visitor.$visit($value)
        }
    )*};
}

impl<'de> Deserializer<'de> for Trace<'_> {
    type Error = Error;

    scalars! {
        deserialize_any visit_i32 0, "number-or-text";
        deserialize_bool visit_bool false, "boolean";
        deserialize_i32 visit_i32 0, "i32";
        deserialize_i64 visit_i64 0, "i64";
        deserialize_f64 visit_f64 0.0, "float";
        deserialize_str visit_borrowed_str "", "bytes";
        deserialize_string visit_borrowed_str "", "text";
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        let (asked, text) = match name {
            "Quantity" => ("quantity", "0"),
            "Time" => ("time", "2006-01-02T15:04:05Z"),
            "MicroTime" => ("micro-time", "2006-01-02T15:04:05.000000Z"),
            _ => ("any", ""),
        };
        self.asked.note(asked);
        visitor.visit_newtype_struct(StrDeserializer::new(text))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.asked.note("[");
        let value = visitor.visit_seq(Once { trace: self, left: true })?;
        self.asked.note("]");
        Ok(value)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.asked.note("{");
        let value = visitor.visit_map(Once { trace: self, left: true })?;
        self.asked.note("}");
        Ok(value)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let id = id(type_name::<V>());
        assert!(id.ends_with(&format!(".{name}")), "{id} calls itself {name}");
        self.asked.note(&id);
        // An object insists on its own name and version, wherever it is: these are texts anyway.
        let names = if fields.starts_with(&["apiVersion", "kind"]) { 2 } else { 0 };
        let found = fields[..names].iter().map(|field| ((*field).to_owned(), "text".to_owned())).collect();
        let mut all = Fields { trace: self, left: fields[names..].iter(), field: "", found };
        let value = visitor.visit_map(&mut all)?;
        self.run.fields.borrow_mut().insert(id, all.found);
        Ok(value)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        panic!("a type does not read a field that it says it has")
    }

    serde::forward_to_deserialize_any! {
        <V: Visitor<'de>>
        i8 i16 u8 u16 u32 u64 f32 i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct enum identifier
    }
}

/// A list or map with one element.
struct Once<'run> {
    trace: Trace<'run>,
    left: bool,
}

impl<'de> SeqAccess<'de> for Once<'_> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        if std::mem::take(&mut self.left) { seed.deserialize(self.trace).map(Some) } else { Ok(None) }
    }
}

impl<'de> MapAccess<'de> for Once<'_> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        if std::mem::take(&mut self.left) {
            let key: StrDeserializer<'_, Error> = "key".into_deserializer();
            seed.deserialize(key).map(Some)
        } else {
            Ok(None)
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(self.trace)
    }
}

/// The fields of a type, each once.
struct Fields<'run> {
    trace: Trace<'run>,
    left: std::slice::Iter<'static, &'static str>,
    field: &'static str,
    found: Vec<(String, String)>,
}

impl<'de> MapAccess<'de> for &mut Fields<'_> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        let Some(field) = self.left.next() else { return Ok(None) };
        self.field = field;
        let key: StrDeserializer<'_, Error> = self.field.into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let asked = Asked::default();
        let value = seed.deserialize(Trace { asked: &asked, ..self.trace })?;
        self.found.push((self.field.to_owned(), asked.take()));
        Ok(value)
    }
}

#[test]
fn types_are_those_of_kubernetes() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/kube/decode/types.txt");
    let (table, written) = (traced(), std::fs::read_to_string(path).unwrap_or_default());
    if table == written {
        return;
    }
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::write(path, table).unwrap();
    } else {
        let line = table.lines().zip(written.lines()).find(|(traced, written)| traced != written);
        panic!("{path} differs from k8s-openapi: {line:?}");
    }
}
