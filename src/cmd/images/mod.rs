//! `patterns images`: what a project deploys, and pinning it.

mod list;
mod pins;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;
use std::path::{Path, PathBuf};

use super::Exit;
use super::wanted::{Wanted, of_files, of_project, once};
use crate::cli::ImagesArgs;
use crate::diagnostic::Stop;
use crate::expand::expand_in;
use crate::kube::on_deep_stacks;
use crate::pattern::{ImageUse, images_used};
use crate::project;

/// Prints the images, or writes them into the settings.
pub fn run(args: &ImagesArgs) -> Result<Exit, Stop> {
    on_deep_stacks(|| run_here(args))?
}

fn run_here(args: &ImagesArgs) -> Result<Exit, Stop> {
    let wanted = if args.files.is_empty() {
        of_project(&args.reading.catalogue)?.wanted
    } else {
        of_files(&args.files, &args.reading)?
    };
    let settings = settings(&wanted)?;
    let (mut rows, mut findings, mut is_wrong) = (Rows::default(), Vec::new(), false);
    for wanted in wanted {
        let environment = wanted.options.environment.clone();
        let (project, path) = (wanted.project, wanted.path);
        match expand_in(&wanted.source, &path, &project, &wanted.catalogue, wanted.options) {
            Ok(expanded) => {
                let used = images_used(&wanted.catalogue, &expanded.descriptions, &expanded.made, &project.images);
                rows.add(used, &path, environment.as_deref());
            }
            Err(stop) => {
                is_wrong = true;
                findings.extend(stop.findings()?);
            }
        }
    }
    if is_wrong {
        return Err(once(findings).into());
    }
    if args.write { pins::write(&rows, &settings, args.pins.as_deref()) } else { Ok(list::print(&rows, args.format)?) }
}

/// The settings files of the descriptions.
fn settings(wanted: &[Wanted]) -> io::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for wanted in wanted {
        all.extend(project::find(&wanted.path)?);
    }
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

/// The images of a run, those that are the same for the same reason together.
#[derive(Default)]
struct Rows {
    rows: BTreeMap<(String, String), Row>,
}

/// An image, what says so, and what uses it.
struct Row {
    image: ImageUse,
    used: Vec<Use>,
}

/// A container that has an image, in one environment.
struct Use {
    description: String,
    environment: Option<String>,
    object: String,
    container: String,
}

impl Rows {
    fn add(&mut self, images: Vec<ImageUse>, description: &Path, environment: Option<&str>) {
        // documents of one file that have an image for the same reason are one row
        let mut added: BTreeMap<(String, String), ImageUse> = BTreeMap::new();
        for image in images {
            match added.entry((image.image.clone(), list::origin(&image.from))) {
                Entry::Occupied(mut there) => there.get_mut().used.extend(image.used),
                Entry::Vacant(place) => drop(place.insert(image)),
            }
        }
        for (key, image) in added {
            let used: Vec<Use> = image
                .used
                .iter()
                .map(|(object, container)| Use {
                    description: description.display().to_string(),
                    environment: environment.map(str::to_owned),
                    object: object.clone(),
                    container: container.clone(),
                })
                .collect();
            self.rows.entry(key).or_insert_with(|| Row { image, used: Vec::new() }).used.extend(used);
        }
    }

    fn iter(&self) -> impl Iterator<Item = &Row> {
        self.rows.values()
    }
}
