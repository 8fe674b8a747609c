//! Lists of jobs.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use shared::http::{Problem, Query};
use shared::job::{JobStatus, UnknownWord};
use shared::store::Filter;
use utoipa::{IntoParams, ToSchema};

use super::Api;
use super::answers::{BadParameter, BadRequest, Internal, Unavailable, failed};
use super::job::JobView;
use super::paging::{self, Page, page};
use super::statistics::Statistics;

/// The parameters as they came.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// Only jobs in this state.
    #[param(value_type = Option<JobStatus>)]
    status_filter: Option<String>,
    /// Only jobs of this batch.
    #[param(example = "2025-10-09-wires")]
    batch_id: Option<String>,
    /// How many at most.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 20)]
    limit: Option<String>,
    /// How many of the newest to leave out.
    #[param(value_type = Option<u64>, default = 0)]
    offset: Option<String>,
}

/// A page of jobs.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct JobList {
    /// The jobs, the newest first; their statistics leave out the chunks.
    jobs: Vec<JobView>,
    /// How many jobs there are of those asked for, on all pages.
    total_count: u64,
    /// The longest that this page could be.
    limit: u32,
    /// How many are left out before it.
    offset: u64,
}

impl Parameters {
    fn filter(self) -> Result<Filter, BadParameter> {
        let Page { limit, offset } =
            page(self.limit.as_deref(), self.offset.as_deref(), paging::SHORT)?;
        let status = self
            .status_filter
            .map(|word| word.parse::<JobStatus>())
            .transpose()
            .map_err(|UnknownWord { expected, .. }| {
                BadParameter(format!("status_filter must be one of {expected}"))
            })?;
        Ok(Filter {
            status,
            batch_id: self.batch_id,
            limit,
            offset,
        })
    }
}

/// Jobs, the newest first.
#[utoipa::path(
    get,
    path = "/v1/jobs",
    tag = "jobs",
    params(Parameters),
    responses(
        (status = 200, description = "A page of jobs.", body = JobList, example = json!({
            "jobs": [],
            "total_count": 0,
            "limit": 20,
            "offset": 0
        })),
        BadRequest, Internal, Unavailable
    )
)]
pub(super) async fn jobs(
    State(api): State<Api>,
    Query(parameters): Query<Parameters>,
) -> Result<Json<JobList>, Problem> {
    let filter = parameters.filter()?;
    let (records, total_count) = api.scheduler.store.jobs(&filter).await.map_err(failed)?;
    let view = |record| {
        let statistics = Statistics::of(&record);
        JobView::new(record, statistics)
    };
    Ok(Json(JobList {
        jobs: records.into_iter().map(view).collect(),
        total_count,
        limit: filter.limit,
        offset: filter.offset,
    }))
}
