//! What an answer, or the passing of time, changes.

use std::time::Duration;

#[cfg(test)]
use super::Fault;
use super::{Elector, Pending, Purpose, Tenure, Wants};
use crate::elect::record::{Answer, Event, Now, Record};
use crate::elect::view::{Known, News};

impl Elector {
    /// Takes the answer to a call. Late, repeated and unasked ones count for nothing.
    pub fn answer(&mut self, now: Now, id: u64, answer: Answer) {
        self.pass_time(now);
        let Some(pending) = self.pending.take_if(|pending| pending.id == id) else { return };
        match answer {
            Answer::Found(record) => self.found(now, &pending, record),
            Answer::Absent => {
                let creating = matches!(pending.purpose, Purpose::Acquire { .. }) && pending.replaces.is_none();
                self.absent(now.boot);
                // Nowhere to create it: the namespace itself is missing.
                self.next_try = if creating { now.boot + self.pause() } else { self.next_look(now.boot) };
            }
            Answer::Conflict => {
                self.view.stale = true;
                // Not at once: several that lost the same race would race again.
                self.next_try = now.boot + self.fraction(self.times.retry / 8);
            }
            Answer::Failed { retry_after } => {
                if let Purpose::Acquire { .. } = pending.purpose {
                    self.view.stale = true;
                }
                let pause = match self.tenure {
                    Some(_) => self.times.retry / 2,
                    None => self.pause().max(retry_after.unwrap_or_default().min(self.times.lease)),
                };
                self.next_try = now.boot + pause;
            }
        }
    }

    /// Ends what time ends: calls, tenures, rests and locks.
    pub(super) fn pass_time(&mut self, now: Now) {
        if let Some(pending) = self.pending.take_if(|pending| now.boot >= pending.deadline) {
            self.next_try = now.boot;
            if let Purpose::Acquire { .. } = pending.purpose {
                // It may have taken effect, now or later.
                self.view.stale = true;
            }
            #[cfg(test)]
            if let (Some(Fault::TrustsTimeouts), Purpose::Renew, Some(tenure)) =
                (self.fault, pending.purpose, &mut self.tenure)
            {
                tenure.valid_until = now.boot + self.times.renew_deadline;
            }
            if pending.purpose == Purpose::Look {
                self.next_try = now.boot + self.fraction(self.times.retry / 2);
            }
        }
        if let Some(tenure) = self.tenure.take_if(|tenure| now.boot >= tenure.valid_until)
            && self.leaving.is_none()
        {
            self.events.push(Event::Lost { term: tenure.term, reason: "no renewal succeeded in time" });
        }
        match self.wants {
            Wants::Rest { until } if now.boot >= until => self.wants = Wants::Lead { until: None },
            Wants::Lead { until: Some(until) } if now.boot >= until => self.step_down(now.boot),
            _ => {}
        }
    }

    fn found(&mut self, now: Now, pending: &Pending, record: Record) {
        if pending.purpose != Purpose::Look && pending.replaces.as_ref() == Some(&record.version) {
            // The API server stores nothing when nothing changes, so followers would not see this as a renewal.
            self.view.stale = true;
            self.next_try = now.boot + self.fraction(self.times.retry / 8);
            return;
        }
        self.observe(now.boot, record);
        let mine = self.view.is_held_by(&self.identity);
        let from = pending.sent;
        #[cfg(test)]
        let from = if self.fault == Some(Fault::CountsFromAnswer) { now.boot } else { from };
        let valid_until = from + self.times.renew_deadline;
        match pending.purpose {
            Purpose::Acquire { term } if mine && self.leaving.is_none() && now.boot < valid_until => {
                self.tenure = Some(Tenure { term, valid_until });
                self.events.push(Event::Acquired { term });
            }
            Purpose::Renew if mine => {
                if let (Some(tenure), None) = (&mut self.tenure, self.leaving) {
                    tenure.valid_until = valid_until;
                }
            }
            Purpose::Release => self.events.push(Event::Released { term: self.view.highest_term }),
            _ => {}
        }
        self.next_try = match (pending.purpose, self.tenure) {
            _ if self.leaving.is_some() => now.boot,
            // After a conflict the leader has looked; now it renews.
            (Purpose::Look, Some(_)) => now.boot,
            (_, Some(_)) => from + self.times.retry,
            _ => self.next_look(now.boot),
        };
    }

    /// Notes what the Lease says, and what that means for this process.
    fn observe(&mut self, now: Duration, record: Record) {
        let (holder, term) = (record.holder.clone(), record.term);
        let followed = self.view.record().and_then(|record| record.holder.clone());
        let news = self.view.found(now, record, self.tenure.is_some());
        self.tell_deleted(news);
        let mine = holder.as_ref() == Some(&self.identity);
        if let Some(tenure) = self.tenure.take_if(|tenure| !mine || tenure.term != term)
            && self.leaving.is_none()
        {
            self.events.push(Event::Lost { term: tenure.term, reason: "the Lease names another holder or term" });
        }
        if let Some(leader) = holder.filter(|_| news.changed && !mine)
            && followed.as_ref() != Some(&leader)
        {
            self.events.push(Event::Following { leader, term });
        }
    }

    fn absent(&mut self, now: Duration) {
        let news = self.view.absent(now, self.tenure.is_some());
        self.tell_deleted(news);
    }

    fn tell_deleted(&mut self, news: News) {
        if news.deleted {
            self.events.push(Event::Deleted { term: self.view.highest_term });
        }
    }

    /// When a follower acts next: at its next look, or when the Lease runs out if that is sooner.
    fn next_look(&mut self, now: Duration) -> Duration {
        let look = now + self.pause();
        let runs_out = match self.view.known() {
            Known::Nothing => look,
            _ if self.view.is_held_by(&self.identity) => now,
            Known::Present { record: Record { holder: Some(_), .. }, .. } => self.view.runs_out().unwrap_or(look),
            _ => now,
        };
        if !self.campaigns() {
            return look;
        }
        match runs_out.max(self.view.guard_until) {
            due if due <= now => now,
            due => look.min(due + self.fraction(self.times.retry / 4)),
        }
    }
}
