//! The YAML reader against what kubectl's own reader was recorded to say.

#[cfg(test)]
mod yaml {
    mod generated;
    mod program;
    mod recorded;
    mod refusals;
    mod spans;
}
