//! Validating admission policies, evaluated as the API server would when an object is created: the rules that users
//! write themselves (`k8s.io/apiserver/pkg/admission/plugin/policy`).

mod admitted;
mod compile;
mod custom;
mod defaults;
pub mod export;
mod judge;
mod matching;
mod pod;
mod usable;
mod values;

pub use admitted::admitted;
pub use compile::{Policy, Problem};
pub use custom::{CustomRules, Said, Unjudged};
pub use judge::{Decision, Policies, Verdict};
pub use usable::unusable;
