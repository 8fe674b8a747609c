use std::borrow::Cow;
pub(crate) fn standardize(t: &str) -> Cow<'_, str> {
    Cow::Borrowed(t)
}
