//! The Job of an item, from the template that all items share.

use serde_json::{Value, json};

use super::super::{Failure, names};

/// Marks the Jobs of a queue: its name.
pub const QUEUE_LABEL: &str = "patterns-agent/queue";

/// The item that a Job is for; labels could not hold every name.
pub const ITEM_ANNOTATION: &str = "patterns-agent/item";

const PLACEHOLDER: &str = "${ITEM}";

/// `--job`.
pub struct Template {
    job: Value,
    queue: String,
}

impl Template {
    /// Checks that Jobs made from it can be told apart and remembered.
    ///
    /// # Errors
    /// What to change in it.
    pub fn new(job: Value, queue: Option<String>) -> Result<Self, Failure> {
        let refuse = |what: &str| Err(Failure::Usage(format!("--job: {what}")));
        if !job["spec"]["ttlSecondsAfterFinished"].is_null() {
            return refuse(
                "leave ttlSecondsAfterFinished out: Jobs are the queue's memory, an item whose Job vanished would be \
                 worked on again (--keep-done removes them)",
            );
        }
        if !mentions(&job) {
            return refuse("the template nowhere uses ${ITEM}, the name of the item's ConfigMap");
        }
        let labels = &job["metadata"]["labels"];
        let named = [&labels["app.kubernetes.io/name"], &job["metadata"]["name"]];
        let queue = queue.or_else(|| named.iter().find_map(|name| name.as_str().map(str::to_owned)));
        let Some(queue) = queue.filter(|queue| !queue.is_empty()) else {
            return refuse("the queue has no name: give the template the label app.kubernetes.io/name, or --name");
        };
        let valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !queue.chars().all(valid) || queue.starts_with('-') || queue.ends_with('-') || queue.len() > 46 {
            return refuse(&format!(
                "the queue's name {queue:?} cannot begin a Job's name: at most 46 of a-z, 0-9 and -"
            ));
        }
        Ok(Self { job, queue })
    }

    /// The queue's name.
    pub fn queue(&self) -> &str {
        &self.queue
    }

    /// Name of an item's Job and ConfigMap: the same for the same item, always.
    pub fn name(&self, item: &str) -> String {
        format!("{}-{}", self.queue, names::hash(item))
    }

    /// The Job of an item.
    pub fn job(&self, item: &str) -> Value {
        let name = self.name(item);
        let mut job = self.job.clone();
        substitute(&mut job, &name);
        let metadata = &mut job["metadata"];
        if let Some(fields) = metadata.as_object_mut() {
            fields.remove("generateName");
        }
        metadata["name"] = json!(name);
        metadata["labels"][QUEUE_LABEL] = json!(self.queue);
        metadata["annotations"][ITEM_ANNOTATION] = json!(item);
        job
    }

    /// The ConfigMap of an item, which goes when its Job goes.
    pub fn config_map(&self, item: &str, data: &str, uid: &str) -> Value {
        let name = self.name(item);
        json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": name,
                "labels": {QUEUE_LABEL: self.queue},
                "ownerReferences": [{"apiVersion": "batch/v1", "kind": "Job", "name": name, "uid": uid, "controller": true}],
            },
            "immutable": true,
            "data": {"item.json": data, "name": item},
        })
    }
}

fn mentions(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(PLACEHOLDER),
        Value::Array(items) => items.iter().any(mentions),
        Value::Object(fields) => fields.values().any(mentions),
        _ => false,
    }
}

fn substitute(value: &mut Value, name: &str) {
    match value {
        Value::String(text) if text.contains(PLACEHOLDER) => *text = text.replace(PLACEHOLDER, name),
        Value::Array(items) => items.iter_mut().for_each(|item| substitute(item, name)),
        Value::Object(fields) => fields.values_mut().for_each(|field| substitute(field, name)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Template;

    #[test]
    fn a_template_is_filled_and_checked() {
        let job =
            json!({"metadata": {"labels": {"app.kubernetes.io/name": "thumbs"}}, "spec": {"volumes": ["${ITEM}-x"]}});
        let template = Template::new(job.clone(), None).unwrap();
        let made = template.job("a/b c.mp4");
        let name = template.name("a/b c.mp4");
        assert_eq!(made["metadata"]["name"], name);
        assert_eq!(made["spec"]["volumes"][0], format!("{name}-x"));
        assert_eq!(made["metadata"]["annotations"]["patterns-agent/item"], "a/b c.mp4");
        assert_ne!(name, template.name("a/b c.mp5"));
        let refused = |job| Template::new(job, None).err().unwrap().to_string();
        let mut ttl = job.clone();
        ttl["spec"]["ttlSecondsAfterFinished"] = json!(1);
        assert!(refused(ttl).contains("ttlSecondsAfterFinished"));
        assert!(refused(json!({"metadata": {"name": "a"}, "spec": {}})).contains("${ITEM}"));
        assert!(refused(json!({"metadata": {}, "spec": {"a": "${ITEM}"}})).contains("no name"));
        assert!(refused(json!({"metadata": {"name": "A b"}, "spec": {"a": "${ITEM}"}})).contains("cannot begin"));
    }
}
