//! Which images the objects of a description run, and what says so.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value as Json;

use crate::describe::{App, Description, Member, Place, Spanned};
use crate::pattern::catalogue::folders::Catalogue;
use crate::pattern::objects;
use crate::pattern::objects::made::Made;
use crate::yaml::Span;

/// An image of some objects.
#[derive(Clone, Debug)]
pub struct ImageUse {
    /// The reference.
    pub image: String,
    /// What says so.
    pub from: ImageFrom,
    /// `Deployment/shop`, each with the container, or the volume, that has it.
    pub used: BTreeSet<(String, String)>,
}

/// What says which image it is.
#[derive(Clone, Debug)]
pub enum ImageFrom {
    /// The description itself, where it says so.
    Description(Option<Place>),
    /// `images` of the description, for a role.
    DescriptionRole(String, Place),
    /// `images` of the project, for a role.
    ProjectRole(String, Place),
    /// `images.yaml` of a folder of patterns of the user's own, for a role.
    CatalogueRole(String),
    /// The table that comes with this program, for a role.
    BuiltInRole(String),
}

impl ImageFrom {
    /// The role that the image fills, if it fills one.
    #[must_use]
    pub fn role(&self) -> Option<&str> {
        match self {
            Self::Description(_) => None,
            Self::DescriptionRole(role, _)
            | Self::ProjectRole(role, _)
            | Self::CatalogueRole(role)
            | Self::BuiltInRole(role) => Some(role),
        }
    }

    /// Where it is written, if that is in a file of the user's that is known.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::Description(place) => place.as_ref(),
            Self::DescriptionRole(_, place) | Self::ProjectRole(_, place) => Some(place),
            Self::CatalogueRole(_) | Self::BuiltInRole(_) => None,
        }
    }
}

/// The images of all objects of a description's file, by the documents that make them. `project` is what its settings say of roles.
#[must_use]
pub fn images_used(
    catalogue: &Catalogue,
    descriptions: &[Description],
    made: &[Made],
    project: &[Member],
) -> Vec<ImageUse> {
    let built_in = Catalogue::built_in();
    let mut by_origin: HashMap<(&str, Span), Vec<&Made>> = HashMap::new();
    for made in made {
        by_origin.entry(origin(&made.origin)).or_default().push(made);
    }
    let mut all = Vec::new();
    for description in descriptions {
        let made = by_origin.get(&origin(&description.name_place)).map_or(&[][..], Vec::as_slice);
        let roles = roles(catalogue, description);
        for (image, used) in images(made) {
            let mut froms: Vec<ImageFrom> = Vec::new();
            for role in &roles {
                let own = description.images.iter().find(|member| member.key == *role);
                let table = catalogue.images().get(role).map(|row| row.image.as_str());
                let reference = own.and_then(|member| member.value.text()).or(table);
                if reference != Some(image.as_str()) {
                    continue;
                }
                let replaced = project.iter().find(|member| member.key == *role);
                let role = role.clone();
                froms.push(match (own, replaced) {
                    (Some(own), _) => ImageFrom::DescriptionRole(role, own.value.place.clone()),
                    (None, Some(member)) => ImageFrom::ProjectRole(role, member.value.place.clone()),
                    (None, None) if built_in.images().contains_key(&role) => ImageFrom::BuiltInRole(role),
                    (None, None) => ImageFrom::CatalogueRole(role),
                });
            }
            froms.extend(written(description, &image).map(|place| ImageFrom::Description(Some(place))));
            if froms.is_empty() {
                // a parameter's text is put together, and a base of another file may have it
                froms.push(ImageFrom::Description(None));
            }
            all.extend(froms.into_iter().map(|from| ImageUse { image: image.clone(), from, used: used.clone() }));
        }
    }
    all
}

/// The document that has its name here.
fn origin(place: &Place) -> (&str, Span) {
    (place.source.name.as_str(), place.span)
}

/// The roles that a description's patterns fill.
fn roles(catalogue: &Catalogue, description: &Description) -> BTreeSet<String> {
    let entries = std::iter::once(&description.shape).chain(&description.uses);
    let folders = entries.filter_map(|entry| catalogue.folder(&entry.pattern)?.definition().ok());
    folders.flat_map(|definition| definition.images.iter().chain(&definition.image)).cloned().collect()
}

/// References by what has them.
fn images(made: &[&Made]) -> BTreeMap<String, BTreeSet<(String, String)>> {
    let mut found: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for made in made {
        let text = |pointer| made.object.pointer(pointer).and_then(Json::as_str).unwrap_or_default();
        let object = format!("{}/{}", text("/kind"), text("/metadata/name"));
        for whole in std::iter::once(&made.object).chain(&objects::made_later(&made.object)) {
            let mut open = vec![whole];
            while let Some(value) = open.pop() {
                match value {
                    Json::Array(items) => open.extend(items),
                    Json::Object(members) => {
                        for (name, image) in members.iter().flat_map(|(key, value)| of_list(key, value)) {
                            found.entry(image).or_default().insert((object.clone(), name));
                        }
                        open.extend(members.values());
                    }
                    _ => {}
                }
            }
        }
    }
    found
}

/// The images of a list of containers or volumes.
fn of_list(key: &str, value: &Json) -> Vec<(String, String)> {
    let pointer = match key {
        "containers" | "initContainers" | "ephemeralContainers" => "/image",
        "volumes" => "/image/reference",
        _ => return Vec::new(),
    };
    let image = |item: &Json| {
        let name = item["name"].as_str().unwrap_or_default().to_owned();
        Some((name, item.pointer(pointer)?.as_str()?.to_owned()))
    };
    value.as_array().into_iter().flatten().filter_map(image).collect()
}

/// Where a description says a reference.
fn written(description: &Description, image: &str) -> Option<Place> {
    let entries = std::iter::once(&description.shape).chain(&description.uses).map(|entry| &entry.params);
    let mut values = entries.chain(&description.extra).chain(&description.patches);
    let in_app = |app: &App| {
        let volumes = app
            .volumes
            .iter()
            .any(|volume| volume.source.pointer("/image/reference").and_then(Json::as_str) == Some(image));
        (app.image == image || volumes).then(|| app.image_place.clone().unwrap_or_else(|| app.place.clone()))
    };
    let mut apps = description.app.iter().chain(description.inits.iter().map(|init| &init.app));
    apps.find_map(in_app).or_else(|| values.find_map(|value| scalar(value, image)))
}

fn scalar(value: &Spanned, wanted: &str) -> Option<Place> {
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        if value.text() == Some(wanted) {
            return Some(value.place.clone());
        }
        open.extend(value.items());
        open.extend(value.members().iter().map(|member| &member.value));
    }
    None
}
