//! Leases through the API server.

use std::sync::Mutex;
use std::time::Duration;

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use kube::{Api, Client, api::PostParams};

use super::super::cluster::{Call, code, explain};
use super::record::{Answer, Record, Request, Write};

/// One Lease.
pub struct LeaseClient {
    api: Api<Lease>,
    name: String,
    namespace: String,
    /// As last seen: an update keeps labels, annotations and the fields that an election does not know.
    last: Mutex<Option<Lease>>,
}

/// An answer, and what to tell people when it is a refusal.
pub struct Told {
    /// For the state machine.
    pub answer: Answer,
    /// For the log.
    pub complaint: Option<String>,
}

impl LeaseClient {
    /// A client for one Lease.
    pub fn new(client: Client, namespace: &str, name: &str) -> Self {
        let api = Api::namespaced(client, namespace);
        Self { api, name: name.to_owned(), namespace: namespace.to_owned(), last: Mutex::new(None) }
    }

    /// Makes the call.
    pub async fn call(&self, request: Request) -> Told {
        let (verb, result) = match request {
            Request::Read => ("get", self.api.get(&self.name).await),
            Request::Create(write) => {
                let metadata = ObjectMeta { name: Some(self.name.clone()), ..ObjectMeta::default() };
                let lease = Lease { metadata, spec: Some(spec(LeaseSpec::default(), write)) };
                ("create", self.api.create(&PostParams::default(), &lease).await)
            }
            Request::Replace { version, uid, write } => {
                let lease = self.replacement(version, uid, write);
                ("update", self.api.replace(&self.name, &PostParams::default(), &lease).await)
            }
        };
        match result {
            // Something on the way has answered instead.
            Ok(lease) if lease.metadata.resource_version.is_none() || lease.metadata.uid.is_none() => Told {
                answer: Answer::Failed { retry_after: None },
                complaint: Some(format!("{verb} {:?}: answered something else than a Lease", self.name)),
            },
            Ok(lease) => {
                let answer = Answer::Found(record(&lease));
                self.remember(lease);
                Told { answer, complaint: None }
            }
            Err(error) => self.refusal(verb, &error),
        }
    }

    fn refusal(&self, verb: &str, error: &kube::Error) -> Told {
        let needs = if verb == "create" {
            "get, update (and create, unless the Lease is applied beforehand)"
        } else {
            "get, update"
        };
        let call =
            Call { verb, resource: "leases.coordination.k8s.io", name: &self.name, namespace: &self.namespace, needs };
        let answer = match (code(error), error) {
            (Some(404), _) => Answer::Absent,
            (Some(409), _) => Answer::Conflict,
            (_, kube::Error::Api(status)) => {
                let seconds = status.details.as_ref().map_or(0, |details| details.retry_after_seconds);
                let retry_after = (seconds > 0).then(|| Duration::from_secs(seconds.into()));
                Answer::Failed { retry_after }
            }
            _ => Answer::Failed { retry_after: None },
        };
        // Looking for a Lease that is not there yet, and losing a race, are what elections are made of.
        let ordinary = answer == Answer::Conflict || (answer == Answer::Absent && verb != "create");
        Told { answer, complaint: (!ordinary).then(|| explain(error, &call)) }
    }

    fn replacement(&self, version: String, uid: String, write: Write) -> Lease {
        let last = self.last.lock().ok().and_then(|last| last.clone());
        let mut lease =
            last.filter(|last| last.metadata.resource_version.as_ref() == Some(&version)).unwrap_or_else(|| Lease {
                metadata: ObjectMeta { name: Some(self.name.clone()), ..ObjectMeta::default() },
                spec: None,
            });
        lease.metadata.resource_version = Some(version);
        lease.metadata.uid = Some(uid);
        // Sent back as they were, the API server would have to compare them for nothing.
        lease.metadata.managed_fields = None;
        lease.spec = Some(spec(lease.spec.unwrap_or_default(), write));
        lease
    }

    fn remember(&self, lease: Lease) {
        if let Ok(mut last) = self.last.lock() {
            *last = Some(lease);
        }
    }
}

fn spec(before: LeaseSpec, write: Write) -> LeaseSpec {
    LeaseSpec {
        // Released Leases carry the empty name, as client-go leaves them.
        holder_identity: Some(write.holder.unwrap_or_default()),
        lease_duration_seconds: Some(i32::try_from(write.duration.as_secs()).unwrap_or(i32::MAX)),
        lease_transitions: Some(i32::try_from(write.term).unwrap_or(i32::MAX)),
        acquire_time: write.acquired.and_then(time),
        renew_time: time(write.renewed),
        ..before
    }
}

fn time(micros: i64) -> Option<MicroTime> {
    jiff::Timestamp::from_microsecond(micros).ok().map(MicroTime::from)
}

fn record(lease: &Lease) -> Record {
    let spec = lease.spec.clone().unwrap_or_default();
    // No agent writes less than a second; a hand does, and followers must not take over from a leader at once.
    let seconds = spec.lease_duration_seconds.and_then(|seconds| u64::try_from(seconds).ok()).filter(|s| *s > 0);
    Record {
        version: lease.metadata.resource_version.clone().unwrap_or_default(),
        uid: lease.metadata.uid.clone().unwrap_or_default(),
        holder: spec.holder_identity.filter(|holder| !holder.is_empty()),
        duration: seconds.map(Duration::from_secs),
        term: spec.lease_transitions.and_then(|term| u64::try_from(term).ok()).unwrap_or(0),
        acquired: spec.acquire_time.map(|time| time.0.as_microsecond()),
        renewed: spec.renew_time.map(|time| time.0.as_microsecond()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(spec: &str) -> Record {
        let text = format!("{{\"metadata\": {{\"resourceVersion\": \"1\", \"uid\": \"u\"}}, \"spec\": {spec}}}");
        record(&serde_json::from_str(&text).unwrap())
    }

    /// What no agent writes: nothing of it may shorten a leader's time, count terms down, or end the process.
    #[test]
    fn a_lease_edited_by_hand() {
        for seconds in ["0", "-1", "-2147483648", "null"] {
            assert_eq!(read(&format!("{{\"leaseDurationSeconds\": {seconds}}}")).duration, None, "{seconds}");
        }
        assert_eq!(read("{\"leaseTransitions\": -5}").term, 0);
        assert_eq!(read("{\"holderIdentity\": \"\"}").holder, None);
        assert_eq!(read("null").holder, None);
        let future = read("{\"renewTime\": \"9000-01-01T00:00:00.000000Z\"}").renewed.unwrap();
        let last = read("{\"renewTime\": \"9999-12-30T22:00:00.999999Z\"}").renewed.unwrap();
        let write = |renewed| Write {
            holder: Some("a".to_owned()),
            duration: Duration::from_secs(15),
            term: u64::from(u32::MAX),
            acquired: Some(i64::MIN),
            renewed,
        };
        let written = spec(LeaseSpec::default(), write(future + 1));
        assert_eq!(written.renew_time.unwrap().0.as_microsecond(), future + 1, "later than the one it replaces");
        assert_eq!(written.lease_transitions, Some(i32::MAX));
        assert!(written.acquire_time.is_none());
        // There is none later; the next one begins anew.
        assert!(spec(LeaseSpec::default(), write(last + 1)).renew_time.is_none());
    }
}
