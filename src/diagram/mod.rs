//! Pictures of Kubernetes objects: who calls whom, which container has which role, what they share.
//!
//! [`of`] turns objects, generated or not, into a [`Diagram`]: nested boxes and arrows between them. Each writer
//! renders it; only [`svg`] needs positions, which [`layout`] computes. The same objects give the same bytes.

mod build;
mod calls;
pub mod dot;
pub mod layout;
pub mod mermaid;
mod model;
mod pod;
mod roles;
mod routes;
pub mod svg;
mod text;
mod topics;
mod workload;

pub use build::of;
pub use model::{Diagram, Edge, Flow, Look, Node, NodeIndex};
