//! Kustomize: files that look like objects and are only parts of them, objects that it has yet to change, and what
//! it applies together.

mod changes;
mod comments;
mod flux;
mod roots;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::file::File;
use super::generators::{self, Generator};
use super::listed::{KUSTOMIZATIONS, Listed, REPOSITORY};
use super::part;
use crate::files;
use crate::kube::changes::{Changes, field};
use crate::kube::hash::{FastMap, FastSet};
use crate::kube::unit::Kustomizations;
use crate::limits;
use crate::yaml::{self, Document, NodeId, Part, Source};
use changes::Change;
pub(super) use flux::{applied as applied_by_flux, is_kustomization as is_of_flux};
use roots::{Unseen, Variables, together};

/// How many folders upwards a kustomization is looked for; repositories keep patches one or two below it.
pub(in crate::kube) const LEVELS: usize = 5;

/// How many overlays of one base are told apart at most. What only others bring together is not compared.
pub(in crate::kube) const OVERLAYS: u32 = 64;

/// What more kustomizations change counts as changed altogether.
pub(in crate::kube) const CHANGED_BY: usize = 64;

/// The same for what they change all together.
pub(in crate::kube) const MOST_CHANGES: usize = 2048;

/// A kustomization, be it in the run or above its files.
#[derive(Default)]
struct Kustomization {
    path: PathBuf,
    /// Its folder, and how messages call that; none for one above all that the user named.
    folder: PathBuf,
    shown: Option<String>,
    /// Files that are patches.
    patches: Vec<PathBuf>,
    /// Files and folders that it brings together.
    resources: Vec<PathBuf>,
    /// What it changes in them, and in what its user brings together, if it is a component.
    changes: Vec<Change>,
    /// The variables that it declares.
    variables: Vec<String>,
    /// Whether it brings objects that are not seen.
    brings_unseen: bool,
    is_component: bool,
    /// The folders of its components; none for one that is not there.
    components: Vec<Option<PathBuf>>,
    generators: Vec<Generator>,
}

/// Something for each of many paths without links and dots. Such paths are the same where their texts are, and a text is
/// hashed several times as fast as a path.
type ByPath<'a, V> = FastMap<&'a OsStr, V>;

/// Whether a file is a kustomization, by its name.
pub(super) fn is_kustomization(path: &Path) -> bool {
    path.file_name().is_some_and(|name| KUSTOMIZATIONS.iter().any(|known| name == *known))
}

/// Marks the objects of files that a kustomization names as patches or changes as resources, and those that one brings
/// together; adds the `ConfigMap`s and Secrets that kustomizations generate.
pub(super) fn connect(files: &mut Vec<File>, listed: &Listed) {
    for file in files.iter_mut() {
        // what was rendered is what is applied, and is applied together
        let Some(rendered) = &file.rendered else { continue };
        let unit = Kustomizations::from(&[rendered.unit][..]);
        file.objects.iter_mut().for_each(|object| object.kustomizations = unit.clone());
    }
    let mut all = find(files, listed);
    let own = all.len();
    all.extend(flux::read(files));
    for file in files.iter_mut() {
        file.is_resource = false;
    }
    if all.is_empty() {
        for object in files.iter_mut().flat_map(|file| &mut file.objects) {
            object.changes = Changes::default();
            object.is_among_unseen = false;
        }
        return;
    }
    // what Flux makes of folders changes what is in them, and says nothing of what is applied together
    let (all, (own, of_flux)) = (&all, all.split_at(own));
    let extended = generators::add(
        files,
        own.iter().filter_map(|one| Some((one.path.as_path(), one.shown.as_deref()?, one.generators.as_slice()))),
    );
    unload_data(files, own);
    let patches: FastSet<&OsStr> = own.iter().flat_map(|one| &one.patches).map(|path| path.as_os_str()).collect();
    let users = users(all);
    let mut bases: ByPath<'_, Vec<usize>> = ByPath::default();
    for (at, one) in all.iter().enumerate().filter(|(at, _)| users[*at].may_change()) {
        for path in &one.resources {
            bases.entry(path.as_os_str()).or_default().push(at);
        }
    }
    let together = together(own);
    for file in files.iter_mut().filter(|file| file.rendered.is_none()) {
        let is_read = |path: &PathBuf| {
            let path = path.as_os_str();
            patches.contains(path) || together.contains_key(path)
        };
        if file.path.as_ref().is_some_and(is_read) && file.read_with_kustomize() {
            part::mark(file);
        }
    }
    let is_renamed = all.iter().flat_map(|one| &one.changes).any(Change::renames);
    let of_other_kinds: Vec<&Kustomization> =
        own.iter().filter(|one| one.changes.iter().any(Change::replaces_kind)).collect();
    let folders: FastSet<&OsStr> = own.iter().map(|one| one.folder.as_os_str()).collect();
    let variables = Variables::of(own, &together);
    let unseen = Unseen::of(own);
    let gives_labels = all.iter().flat_map(|one| &one.changes).any(Change::labels);
    let selected = files.iter().flat_map(|file| &file.objects).filter(|_| gives_labels);
    let selected = changes::selected_keys(selected);
    flux::change_rendered(files, of_flux, is_renamed, &selected);
    for file in files.iter_mut().filter(|file| file.rendered.is_none()) {
        let Some(path) = &file.path else { continue };
        let is_patch = patches.contains(path.as_os_str());
        let roots = together.get(path.as_os_str());
        if is_patch {
            // a patch needs no version
            file.incomplete.clear();
        }
        file.is_resource = !is_patch && !is_kustomization(path) && roots.is_some();
        let is_left_out = folders.contains(path.parent().unwrap_or(path).as_os_str()) && roots.is_none();
        let mut by = Users::default();
        let of_path = path.ancestors().take(LEVELS).filter_map(|path| bases.get(path.as_os_str())).flatten().copied();
        let of_maker = own.iter().position(|one| file.is_generated && one.path == *path);
        for at in of_path.chain(of_maker) {
            by.add(&users[at]);
        }
        let changes: Vec<&Change> = by.known.iter().flat_map(|at| &all[*at].changes).collect();
        by.is_open |= changes.len() > MOST_CHANGES;
        let roots = roots.map_or(&[][..], Vec::as_slice);
        let changes: Vec<&Change> = changes.into_iter().chain(variables.among(roots)).collect();
        let kustomizations = Kustomizations::from(roots);
        let is_among_unseen = unseen.are_among(path, roots);
        for object in &mut file.objects {
            object.is_patch |= is_patch || is_left_out && part::lacks_what_all_have(object);
            let is_extended = file.is_generated && extended.contains(&(object.id.kind.as_str(), &*object.id.name));
            // a patch for an object that another patch makes one of another kind
            let is_of_another_kind = is_patch
                && of_other_kinds
                    .iter()
                    .filter(|one| one.patches.contains(path))
                    .any(|one| one.changes.iter().any(|change| change.replaces_kind() && change.is_for(object)));
            object.changes = if by.is_open || is_extended || is_of_another_kind {
                Changes::from_iter([field([])])
            } else {
                let fields = changes.iter().flat_map(|change| change.fields(object, is_renamed, &selected));
                fields.collect::<Changes>().beside_others(!changes.is_empty())
            };
            object.kustomizations = kustomizations.clone();
            object.is_among_unseen = is_among_unseen;
        }
    }
}

/// Takes the objects from files that kustomizations only pack into a `ConfigMap` or Secret: they are not applied.
fn unload_data(files: &mut [File], all: &[Kustomization]) {
    let applied: FastSet<&PathBuf> = all.iter().flat_map(|one| one.resources.iter().chain(&one.patches)).collect();
    let packed = all.iter().flat_map(|one| &one.generators).flat_map(Generator::packed);
    let data: FastSet<PathBuf> =
        packed.filter_map(|path| fs::canonicalize(path).ok()).filter(|path| !applied.contains(path)).collect();
    for file in files.iter_mut().filter(|file| file.path.as_ref().is_some_and(|path| data.contains(path))) {
        file.objects.clear();
        file.incomplete.clear();
        file.refusals.clear();
    }
}

/// The kustomizations that change what one of them builds from.
#[derive(Clone, Default)]
struct Users {
    known: BTreeSet<usize>,
    /// Whether there are others, that are not seen.
    is_open: bool,
}

impl Users {
    /// Adds others; whether there was anything new.
    fn add(&mut self, others: &Self) -> bool {
        let before = (self.known.len(), self.is_open);
        if !self.is_open {
            self.known.extend(&others.known);
            self.is_open = others.is_open || self.known.len() > CHANGED_BY;
        }
        if self.is_open {
            self.known.clear();
        }
        before != (self.known.len(), self.is_open)
    }

    fn may_change(&self) -> bool {
        self.is_open || !self.known.is_empty()
    }
}

/// Who changes the resources of each kustomization: itself, its components, and those that build on it. A component
/// that is not there may change anything, and what a component brings is for its users to change, wherever they are.
fn users(all: &[Kustomization]) -> Vec<Users> {
    let by_folder: ByPath<'_, usize> = all.iter().enumerate().map(|(at, one)| (one.folder.as_os_str(), at)).collect();
    let own = |(at, one): (usize, &Kustomization)| {
        let is_open = one.components.iter().flatten().count() < one.components.len();
        Users { known: (!one.changes.is_empty()).then_some(at).into_iter().collect(), is_open }
    };
    let mut users: Vec<Users> = all.iter().enumerate().map(own).collect();
    let known = |path: &PathBuf| by_folder.get(path.as_os_str()).copied();
    // each round reaches those one deeper
    for _ in 0..LEVELS {
        let mut is_new = false;
        for (at, one) in all.iter().enumerate() {
            for path in one.components.iter().flatten() {
                let component = known(path).map_or(Users { is_open: true, ..Users::default() }, |at| users[at].clone());
                is_new |= users[at].add(&component);
            }
        }
        if !is_new {
            break;
        }
    }
    let components = all.iter().zip(&mut users).filter(|(one, _)| one.is_component);
    components.for_each(|(_, users)| users.is_open = true);
    for _ in 0..LEVELS {
        let mut is_new = false;
        for (at, one) in all.iter().enumerate().filter(|(at, _)| users[*at].may_change()).collect::<Vec<_>>() {
            let above = users[at].clone();
            for base in one.resources.iter().filter_map(known).filter(|base| *base != at) {
                is_new |= users[base].add(&above);
            }
        }
        if !is_new {
            break;
        }
    }
    users
}

/// The kustomizations in the folders of the files and above them.
fn find(files: &[File], listed: &Listed) -> Vec<Kustomization> {
    // Whether a folder that was looked into is a repository's root.
    let mut seen: ByPath<'_, bool> = ByPath::default();
    let mut found = Vec::new();
    // files come folder by folder
    let mut last = None;
    for file in files.iter().filter(|file| file.rendered.is_none()) {
        let Some(path) = &file.path else { continue };
        let folder = path.parent().map(Path::as_os_str);
        if last.replace(folder) == Some(folder) {
            continue;
        }
        let mut shown = Some(file.source.name.as_str());
        for folder in path.ancestors().skip(1).take(LEVELS) {
            shown = shown.and_then(|name| {
                name.rsplit_once('/').map_or_else(|| (!name.is_empty()).then_some(""), |(above, _)| Some(above))
            });
            let is_root = *seen.entry(folder.as_os_str()).or_insert_with(|| {
                let names = KUSTOMIZATIONS.into_iter().filter(|name| listed.may_have(folder, name));
                names.for_each(|name| found.extend(read_at(folder, name, shown)));
                listed.may_have(folder, REPOSITORY) && folder.join(REPOSITORY).exists()
            });
            if is_root {
                break;
            }
        }
    }
    found
}

/// The kustomization of a folder in a file of this name.
fn read_at(folder: &Path, name: &'static str, shown: Option<&str>) -> Option<Kustomization> {
    let path = folder.join(name);
    let source = files::read_regular(&path, limits::BESIDE).ok().and_then(|bytes| Source::decode(name, bytes).ok())?;
    let mut one = Kustomization {
        path,
        folder: folder.to_owned(),
        shown: shown.map(|shown| if shown.is_empty() { name.to_owned() } else { format!("{shown}/{name}") }),
        ..Kustomization::default()
    };
    let in_comments = comments::patches(&source.text).filter_map(|file| files::real_in(folder, Path::new(file)).ok());
    one.patches.extend(in_comments);
    for part in yaml::read(&Arc::new(source)) {
        let Part::Document(document) = part else { continue };
        let root = document.root();
        let place = |file: &&str| files::real_in(folder, Path::new(file)).ok();
        one.patches.extend(patch_files(&document).iter().filter_map(place));
        let named = resources(&document);
        let found = one.resources.len();
        one.resources.extend(named.iter().filter_map(place));
        let is_one_unseen = one.resources.len() - found < named.len();
        one.brings_unseen |= makes_objects(&document) || is_one_unseen;
        one.is_component |= document.get_str(root, "kind") == Some("Component");
        let components = document.get(root, "components").map_or(&[][..], |list| document.items(list));
        one.components.extend(components.iter().map(|item| place(&document.str(*item)?)));
        one.changes.extend(changes::read(&document, folder));
        one.variables.extend(changes::variables(&document));
        one.generators.extend(generators::read(&document, folder));
    }
    Some(one)
}

/// The files that a kustomization names as patches. A component is a folder with a kustomization of its
/// own, which is found from the files in it.
fn patch_files(document: &Document) -> Vec<&str> {
    let root = document.root();
    let items = |field: &str| document.get(root, field).map_or(&[][..], |list| document.items(list));
    // `patches` of plain texts is not what kustomize documents, and what many write
    let path = |item: &NodeId| document.get_str(*item, "path").or_else(|| document.str(*item));
    let by_path = items("patches").iter().chain(items("patchesJson6902")).filter_map(path);
    let by_name = items("patchesStrategicMerge").iter().filter_map(|item| document.str(*item));
    by_path.chain(by_name).filter(|name| !name.contains('\n')).collect()
}

/// Whether a kustomization makes objects from charts or by other programs.
fn makes_objects(document: &Document) -> bool {
    const FIELDS: [&str; 3] = ["helmCharts", "helmChartInflationGenerator", "generators"];
    let items = |field: &str| document.get(document.root(), field).map_or(&[][..], |list| document.items(list));
    FIELDS.iter().any(|field| !items(field).is_empty())
}

/// The files and folders that a kustomization builds from, and the addresses of others.
fn resources(document: &Document) -> Vec<&str> {
    let items = |field: &str| document.get(document.root(), field).map_or(&[][..], |list| document.items(list));
    let lists = ["resources", "bases", "components"].into_iter().flat_map(items);
    lists.filter_map(|item| document.str(*item)).filter(|name| !name.contains('\n')).collect()
}
