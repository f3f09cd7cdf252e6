//! What each container of a Pod does: what it runs and whether that exits, where it listens, what it connects to,
//! reads, writes and signals, whether it elects a leader, and its role. Each fact comes with its proof. Rules,
//! `explain`, `diagram` and `import` compare facts; only this module looks at command lines, variables and
//! configuration.

pub mod address;
pub mod command;
mod common_words;
pub mod config;
mod container;
mod conventions;
pub mod election;
pub mod endpoints;
pub mod formats;
pub mod hosts;
mod idle;
mod images;
pub mod literal;
pub mod names;
pub mod nginx;
mod own_role;
mod pod;
mod ports;
mod prepare;
pub mod program;
pub mod programs;
pub mod proof;
mod references;
mod relate;
mod role;
mod run_once;
mod setting;
pub mod shards;
mod signal;
pub mod text;
mod unseen;
pub mod users;
mod visible;
pub mod workload;

pub use command::Lifetime;
pub use container::{Confidence, ContainerFacts, Evidence};
pub use endpoints::{Bind, Dial, Listen, PathFact};
pub use hosts::by_address;
pub use images::is_bare;
pub use pod::{Answer, PodFacts};
pub use programs::Programs;
pub use proof::{Certainty, Location, Proof};
pub use role::{Form, Preparation, Role, Task, Way};
pub use setting::Setting;
pub use unseen::UNSEEN;
