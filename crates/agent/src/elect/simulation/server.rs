//! The model of the API server, of one Lease.

use super::super::record::{Answer, Record, Request, Write};

/// An API server.
#[derive(Default)]
pub struct Server {
    /// The Lease, if there is one.
    pub lease: Option<Record>,
    version: u64,
    uid: u64,
}

impl Server {
    /// Answers a call.
    pub fn handle(&mut self, request: Request, rng: &mut fastrand::Rng) -> Answer {
        match request {
            Request::Read => self.lease.clone().map_or(Answer::Absent, Answer::Found),
            Request::Create(_) if self.lease.is_some() => Answer::Conflict,
            Request::Create(write) => {
                self.uid += 1;
                self.store(write)
            }
            Request::Replace { version, uid, write } => match &self.lease {
                None if rng.bool() => Answer::Absent,
                None => Answer::Conflict,
                Some(lease) if (lease.version != version && !version.is_empty()) || lease.uid != uid => {
                    Answer::Conflict
                }
                Some(lease) if same(lease, &write) => Answer::Found(lease.clone()),
                Some(_) => self.store(write),
            },
        }
    }

    fn store(&mut self, write: Write) -> Answer {
        self.version += 1;
        let record = Record {
            version: self.version.to_string(),
            uid: self.uid.to_string(),
            holder: write.holder,
            duration: Some(write.duration),
            term: write.term,
            acquired: write.acquired,
            renewed: Some(write.renewed),
        };
        self.lease = Some(record.clone());
        Answer::Found(record)
    }
}

/// The API server stores nothing, and keeps the resourceVersion, when an update changes nothing.
fn same(lease: &Record, write: &Write) -> bool {
    lease.holder == write.holder
        && lease.duration == Some(write.duration)
        && lease.term == write.term
        && lease.acquired == write.acquired
        && lease.renewed == Some(write.renewed)
}
