//! One line of the doctor.

use std::fmt;

/// How it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// In order.
    Ok,
    /// Works, but not for long or not fully.
    Warn,
    /// A server would not work.
    Fail,
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How it stands.
    pub verdict: Verdict,
    /// What was checked.
    pub subject: String,
    /// What was found, and what to do if it is amiss.
    pub text: String,
}

impl Finding {
    /// In order.
    pub fn ok(subject: &str, text: impl Into<String>) -> Self {
        Self { verdict: Verdict::Ok, subject: subject.into(), text: text.into() }
    }

    /// Works, but `advice` should be followed.
    pub fn warn(subject: &str, text: impl fmt::Display, advice: &str) -> Self {
        let text = format!("{text}. {advice}");
        Self { verdict: Verdict::Warn, subject: subject.into(), text }
    }

    /// Does not work until `advice` is followed.
    pub fn fail(subject: &str, text: impl fmt::Display, advice: &str) -> Self {
        let text = format!("{text}. {advice}");
        Self { verdict: Verdict::Fail, subject: subject.into(), text }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.verdict {
            Verdict::Ok => "OK",
            Verdict::Warn => "WARN",
            Verdict::Fail => "FAIL",
        };
        write!(f, "{verdict:<5}{:<16}{}", self.subject, self.text)
    }
}
