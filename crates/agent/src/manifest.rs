//! Manifests that a role is given: read as kubectl reads them, kept as they are.

use std::path::Path;
use std::sync::Arc;

use k8s_openapi::api::batch::v1::Job;
use serde_json::Value;

use super::Failure;
use patterns_yaml::Source;

/// A ConfigMap, from which manifests are mounted, holds no more.
const MAX_MANIFEST: u64 = 1024 * 1024;

/// Reads the Jobs of a file. A field that this build does not know stays, for the API server to judge.
///
/// # Errors
/// The file cannot be read, or holds anything else than Jobs.
pub fn read_jobs(path: &Path) -> Result<Vec<Value>, Failure> {
    let name = path.display().to_string();
    let complain = |what: String| Failure::Usage(format!("{name}: {what}"));
    let size = std::fs::metadata(path).map_err(|error| complain(error.to_string()))?.len();
    if size > MAX_MANIFEST {
        return Err(complain(format!("{size} bytes, of which a ConfigMap could hold at most {MAX_MANIFEST}")));
    }
    let bytes = std::fs::read(path).map_err(|error| complain(error.to_string()))?;
    jobs(&name, bytes).map_err(complain)
}

/// Reads the Jobs of a manifest's bytes.
///
/// # Errors
/// What it holds instead.
pub fn jobs(name: &str, bytes: Vec<u8>) -> Result<Vec<Value>, String> {
    let source = Arc::new(Source::decode(name.to_owned(), bytes).map_err(|error| error.to_string())?);
    let (documents, refusal) = patterns_yaml::as_kubectl(patterns_yaml::read(&source));
    if let Some(refusal) = refusal {
        return Err(refusal.message);
    }
    let mut jobs = Vec::new();
    for document in &documents {
        let value = serde_json::from_str(&document.to_json(document.root())).map_err(|error| error.to_string())?;
        if value != Value::Null {
            jobs.push(check(value)?);
        }
    }
    if jobs.is_empty() { Err("holds no Job".to_owned()) } else { Ok(jobs) }
}

fn check(mut job: Value) -> Result<Value, String> {
    if job["kind"] != "Job" || job["apiVersion"] != "batch/v1" {
        return Err(format!("only Jobs of batch/v1 belong here, not {} of {}", job["kind"], job["apiVersion"]));
    }
    serde_json::from_value::<Job>(job.clone()).map_err(|error| format!("not a Job: {error}"))?;
    if let Some(object) = job.as_object_mut() {
        // The API server's to write.
        object.remove("status");
        object.entry("metadata").or_insert_with(|| Value::Object(serde_json::Map::new()));
    }
    Ok(job)
}

#[cfg(test)]
mod tests {
    use super::jobs;

    fn read(text: &str) -> Result<usize, String> {
        jobs("job.yaml", text.as_bytes().to_vec()).map(|jobs| jobs.len())
    }

    #[test]
    fn only_jobs_are_taken() {
        let job = "apiVersion: batch/v1\nkind: Job\nspec: {template: {spec: {containers: []}}}\n";
        assert_eq!(read(job), Ok(1));
        assert_eq!(read(&format!("{job}---\n{job}---\n")), Ok(2));
        assert!(read("apiVersion: v1\nkind: Pod\n").unwrap_err().contains("only Jobs"));
        assert!(read(&job.replace("[]", "7")).unwrap_err().contains("not a Job"));
        assert!(read("").unwrap_err().contains("no Job"));
        assert!(read("a: [").is_err());
    }
}
