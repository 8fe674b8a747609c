//! A bound on the work for one line, so that no input takes more than linear time.

/// How often the bytes of a line may be gone through. News misread five times over takes at most ten passes.
const PASSES: usize = 32;

/// Short lines may take a few passes more.
const GRACE_BYTES: usize = 4096;

/// The bytes that may still be gone through.
pub(super) struct Effort(usize);

/// The line was made to be hard: it stays as it is.
pub(super) struct TooHard;

impl Effort {
    /// What may be spent on a line.
    pub(super) fn for_line(line: &str) -> Self {
        Self(
            line.len()
                .saturating_mul(PASSES)
                .saturating_add(GRACE_BYTES),
        )
    }

    /// Counts one pass over the text.
    ///
    /// # Errors
    /// [`TooHard`] when too little is left.
    pub(super) fn spend(&mut self, text: &str) -> Result<(), TooHard> {
        self.0 = self.0.checked_sub(text.len()).ok_or(TooHard)?;
        Ok(())
    }
}
