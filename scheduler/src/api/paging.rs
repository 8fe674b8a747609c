//! Which part of a list is asked for.

use serde::Deserialize;
use utoipa::IntoParams;

use super::answers::BadParameter;

/// How long a page may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Where a request does not say.
    pub(super) default: u32,
    /// At most.
    pub(super) most: u32,
}

/// Jobs and dead letters.
pub(super) const SHORT: Limits = Limits {
    default: 20,
    most: 100,
};
/// Failures.
pub(super) const LONG: Limits = Limits {
    default: 100,
    most: 1_000,
};

/// A part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) limit: u32,
    pub(super) offset: u64,
}

/// The parameters of a list that has no others, as they came.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Paging {
    /// How many at most.
    #[param(value_type = Option<u32>, minimum = 1, example = 20)]
    limit: Option<String>,
    /// How many to leave out.
    #[param(value_type = Option<u64>, example = 0)]
    offset: Option<String>,
}

impl Paging {
    /// The page that is asked for.
    pub(super) fn page(&self, limits: Limits) -> Result<Page, BadParameter> {
        page(self.limit.as_deref(), self.offset.as_deref(), limits)
    }
}

/// The page that the two parameters ask for.
pub(super) fn page(
    limit: Option<&str>,
    offset: Option<&str>,
    Limits { default, most }: Limits,
) -> Result<Page, BadParameter> {
    let limit = match limit.map(str::parse) {
        None => default,
        Some(Ok(limit)) if (1..=most).contains(&limit) => limit,
        Some(_) => {
            return Err(BadParameter(format!(
                "limit must be a whole number from 1 to {most}"
            )));
        }
    };
    // The databases count in 64 bits with a sign.
    let offset = match offset.map(str::parse) {
        None => 0,
        Some(Ok(offset)) if i64::try_from(offset).is_ok() => offset,
        Some(_) => {
            return Err(BadParameter(
                "offset must be a whole number from 0".to_owned(),
            ));
        }
    };
    Ok(Page { limit, offset })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_has_a_default() {
        let page = page(None, None, SHORT).unwrap();
        assert_eq!(
            page,
            Page {
                limit: 20,
                offset: 0
            }
        );
    }

    #[test]
    fn both_ends_of_the_range_are_in_it() {
        for limit in ["1", "100"] {
            assert!(page(Some(limit), Some("7"), SHORT).is_ok());
        }
        for limit in ["0", "101", "-1", "ten", "", "4294967297"] {
            let problem = page(Some(limit), None, SHORT).unwrap_err();
            assert_eq!(problem.0, "limit must be a whole number from 1 to 100");
        }
        for offset in ["-1", "x", "", "9223372036854775808"] {
            let problem = page(None, Some(offset), SHORT).unwrap_err();
            assert_eq!(problem.0, "offset must be a whole number from 0");
        }
    }
}
