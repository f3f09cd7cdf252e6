//! Known images, from `images.yaml`. What an image is called says what runs in it, unless its command says
//! otherwise.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, OnceLock};

use serde::Deserialize;

use super::Role;
use crate::yaml::{self, Source};

/// An image that we know, by the end of its name; the fields are described in `images.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Image {
    #[serde(rename = "image")]
    pub name: String,
    pub role: Role,
    /// The programs that are its daemon; the first is what the image starts.
    pub programs: Vec<String>,
    /// Whether the image starts a script that runs its first argument if that is a program.
    #[serde(rename = "script", default)]
    pub runs_arguments: bool,
    #[serde(default)]
    pub ports: Vec<u16>,
    #[serde(default)]
    pub bare: bool,
    #[serde(default)]
    pub tag: Option<String>,
}

/// The images by the last part of their names.
static IMAGES: LazyLock<HashMap<String, Vec<Image>>> = LazyLock::new(|| {
    let mut by_name: HashMap<String, Vec<Image>> = HashMap::new();
    for image in parse(include_str!("images.yaml")).unwrap_or_default() {
        by_name.entry(last_part(&image.name).to_owned()).or_default().push(image);
    }
    by_name
});

static PROGRAMS: LazyLock<HashMap<&'static str, &'static Image>> = LazyLock::new(|| {
    let mut by_program = HashMap::new();
    for image in IMAGES.values().flatten() {
        for program in image.programs.iter().filter(|program| !is_common_word(program)) {
            // Of several images with one program the shortest name is the plainest.
            let known = by_program.entry(program.as_str()).or_insert(image);
            if (image.name.len(), &image.name) < (known.name.len(), &known.name) {
                *known = image;
            }
        }
    }
    by_program
});

/// Programs whose name alone says nothing.
fn is_common_word(program: &str) -> bool {
    matches!(
        program,
        "server"
            | "controller"
            | "webhook"
            | "sidecar"
            | "agent"
            | "monitor"
            | "start.sh"
            | "elector"
            | "authenticator"
    )
}

fn parse(text: &str) -> Result<Vec<Image>, serde_json::Error> {
    let source = Arc::new(Source::from_text("images.yaml", text));
    let (documents, _) = yaml::as_kubectl(yaml::read(&source));
    let json = documents.first().map_or_else(String::new, |document| document.to_json(document.root()));
    serde_json::from_str(&json)
}

fn last_part(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// Repository and tag of a reference: `registry/repository:tag@digest`.
pub(crate) fn split(reference: &str) -> (&str, &str) {
    let name = reference.split('@').next().unwrap_or(reference);
    let folder = name.rfind('/').map_or(0, |slash| slash + 1);
    match name[folder..].find(':') {
        Some(colon) => (&name[..folder + colon], &name[folder + colon + 1..]),
        None => (name, ""),
    }
}

/// Images of the user's own, which count before ours.
static OWN: OnceLock<Vec<Image>> = OnceLock::new();

/// Makes images of the user's known, as `images.yaml` writes them; the program that one starts is called as it is
/// unless it is named. Has to happen before anything is recognised, and counts once for the whole process, as what
/// is known does: it is no part of any input.
///
/// # Errors
/// The first entry that is no image.
pub fn know(images: Vec<serde_json::Value>) -> Result<(), serde_json::Error> {
    let read = |mut value: serde_json::Value| {
        if value.get("programs").is_none() {
            let name = value.get("image").and_then(serde_json::Value::as_str).unwrap_or_default();
            value["programs"] = serde_json::json!([last_part(name)]);
        }
        serde_json::from_value(value)
    };
    let images = images.into_iter().map(read).collect::<Result<Vec<Image>, _>>()?;
    OWN.get_or_init(|| images);
    Ok(())
}

/// The image that a reference names.
pub(crate) fn find(reference: &str) -> Option<&'static Image> {
    let (repository, tag) = split(reference);
    let is_named = |image: &&Image| {
        let rest = repository.strip_suffix(image.name.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    };
    let has_tag = |image: &&Image| image.tag.as_ref().is_none_or(|wanted| tag.contains(wanted.as_str()));
    let own = OWN.get().into_iter().flatten().filter(is_named).filter(has_tag).max_by_key(|image| image.name.len());
    own.or_else(|| {
        let named = IMAGES.get(last_part(repository)).into_iter().flatten();
        named.filter(is_named).filter(has_tag).max_by_key(|image| image.name.len())
    })
}

/// The image whose daemon is this program.
pub(super) fn find_program(name: &str) -> Option<&'static Image> {
    let is_named = |image: &&Image| image.programs.iter().any(|program| program == name) && !is_common_word(name);
    OWN.get().into_iter().flatten().find(is_named).or_else(|| PROGRAMS.get(name).copied())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn the_list_is_read_whole() {
        let text = include_str!("images.yaml");
        let images = parse(text).expect("the list is well-formed");
        assert_eq!(images.len(), text.lines().filter(|line| line.starts_with("- ")).count());
        assert!(images.iter().all(|image| !image.programs.is_empty()));
        let mut names: Vec<_> = images.iter().map(|image| &image.name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), images.len(), "each image once");
    }
}
