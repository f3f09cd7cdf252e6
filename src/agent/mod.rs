//! The roles of `patterns-agent`, the container that generated Pods run where no maintained image fills a role.

pub mod elect;
