//! What a workload can be imported without.

/// What a workload can be imported without: its objects then stay where they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::import) enum Part {
    Configs,
    Policy,
    Route,
    Rights,
    Scaler,
    Budget,
    Claims,
    Services,
    Extra,
}

/// All of them, in the order in which they are tried.
pub(in crate::import) const PARTS: [Part; 9] = [
    Part::Configs,
    Part::Policy,
    Part::Route,
    Part::Rights,
    Part::Scaler,
    Part::Budget,
    Part::Claims,
    Part::Services,
    Part::Extra,
];
