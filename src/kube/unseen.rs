//! How far objects and kustomizations are followed: rules say nothing of what comes after.

use super::{definitions, templates, workspace};
use crate::limits::Limit;

/// How much is seen of what objects have to do with each other.
pub const UNSEEN: [Limit; 6] = [
    Limit::number(
        "kustomization-levels",
        workspace::LEVELS as u64,
        "folders upwards in which a kustomization is looked for",
    ),
    Limit::number(
        "overlays",
        workspace::OVERLAYS as u64,
        "overlays of one base; what only further ones bring together is not compared",
    ),
    Limit::number(
        "changing-kustomizations",
        workspace::CHANGED_BY as u64,
        "kustomizations that change one object; with more, all of it counts as changed",
    ),
    Limit::number(
        "changes",
        workspace::MOST_CHANGES as u64,
        "fields that kustomizations change in one object; with more, all of it counts as changed",
    ),
    Limit::number("definitions", definitions::MOST as u64, "different definitions by which one object is judged"),
    Limit::number("template-depth", templates::DEPTH as u64, "fields above a Pod template that a definition shows"),
];
