/// Who can act on an error, which decides how it is reported and whether it may be retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// The request or the data handed in is wrong or not enough; retrying the same call cannot help.
    Caller,
    /// The surroundings failed (files, time, memory); the same call may succeed later.
    Operational,
    /// Our own invariant broke; nothing the caller can change.
    Defect,
}

impl Family {
    /// The word used for the family in reports and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Operational => "operational",
            Self::Defect => "defect",
        }
    }
}

impl std::fmt::Display for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A stable machine-readable name for an error.
///
/// Codes are `SCREAMING_SNAKE_CASE`, never change once released and are what other processes and tests compare;
/// messages may be reworded at any time.
pub trait Code: std::error::Error {
    /// The stable code.
    fn code(&self) -> &'static str;

    /// The family of this error.
    fn family(&self) -> Family;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_print_as_lowercase_words() {
        let words: Vec<String> = [Family::Caller, Family::Operational, Family::Defect]
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(words, ["caller", "operational", "defect"]);
    }
}
