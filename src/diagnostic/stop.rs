//! Why something could not be done.

use std::io;

use super::Finding;

/// Why something could not be done.
#[derive(Debug)]
pub enum Stop {
    /// What is wrong with what the user wrote.
    Findings(Vec<Finding>),
    /// A file that cannot be read or written.
    Io(io::Error),
}

impl Stop {
    /// What is wrong with what the user wrote.
    ///
    /// # Errors
    /// A file that cannot be read or written.
    pub fn findings(self) -> io::Result<Vec<Finding>> {
        match self {
            Self::Findings(findings) => Ok(findings),
            Self::Io(error) => Err(error),
        }
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<serde_json::Error> for Stop {
    fn from(error: serde_json::Error) -> Self {
        Self::Io(error.into())
    }
}

impl From<Vec<Finding>> for Stop {
    fn from(findings: Vec<Finding>) -> Self {
        Self::Findings(findings)
    }
}

impl From<Finding> for Stop {
    fn from(finding: Finding) -> Self {
        Self::Findings(vec![finding])
    }
}
