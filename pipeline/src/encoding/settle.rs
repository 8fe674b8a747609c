//! Repair and the removal of controls, until neither finds anything to do.

use std::borrow::Cow;

use super::fix;
use crate::control::remove_controls;

/// Real text settles after two rounds; each more needs another layer of mojibake with an invisible character in it.
const ROUNDS: usize = 16;

/// The text on which neither [`fix`] nor [`remove_controls`] would change anything more; borrowed if it is so already.
///
/// No fixed order of the two has that property: deleting an invisible character may bring together what is mojibake, or
/// a letter and its accent, and a repair may bring an invisible character to light. Repair comes first in each round,
/// because C1 controls are evidence for it. Text made to need more than sixteen rounds only loses its controls.
#[must_use]
pub(crate) fn settle(text: &str) -> Cow<'_, str> {
    let mut settled = fix(text);
    for _ in 0..ROUNDS {
        let Cow::Owned(cleared) = remove_controls(&settled) else {
            return settled;
        };
        settled = match fix(&cleared) {
            Cow::Borrowed(_) => return Cow::Owned(cleared),
            Cow::Owned(fixed) => Cow::Owned(fixed),
        };
    }
    remove_controls(text)
}
