//! Every statement of the store. For the signs in braces and the order of parameters see [`super::tx`].

macro_rules! job_columns {
    () => {
        "job_id, batch_id, status, desired, version, priority, run_at, options, metadata, traceparent, \
         total_documents, processed_documents, failed_documents, rejected_documents, chunks, open_chunks, leases, \
         join_state, created_at, updated_at, started_at, paused_at, resumed_at, completed_at, error_message, \
         statistics, output_files, deliveries, backends"
    };
}

macro_rules! chunk_columns {
    () => {
        "kind, state, epoch, worker_id, documents, processed, failed, attempts, crashes, trying, losses, run_at, \
         publish_at, backend, source"
    };
}

// Jobs.
pub(super) const INSERT_JOB: &str = concat!(
    "INSERT INTO jobs (idempotency_key, request_digest, ",
    job_columns!(),
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, \
     $23, $24, $25, $26, $27, $28, $29, $30, $31) ON CONFLICT (idempotency_key) DO NOTHING"
);
pub(super) const JOB_OF_A_KEY: &str = concat!(
    "SELECT ",
    job_columns!(),
    ", request_digest FROM jobs WHERE idempotency_key = $1"
);
pub(super) const JOB: &str = concat!("SELECT ", job_columns!(), " FROM jobs WHERE job_id = $1");
pub(super) const LOCK_JOB: &str = concat!(
    "SELECT ",
    job_columns!(),
    " FROM jobs WHERE job_id = $1 {lock}"
);
pub(super) const UPDATE_JOB: &str = "UPDATE jobs SET status = $1, desired = $2, version = $3, processed_documents = $4, \
     failed_documents = $5, chunks = $6, open_chunks = $7, leases = $8, join_state = $9, updated_at = $10, started_at = $11, \
     paused_at = $12, resumed_at = $13, completed_at = $14, error_message = $15, statistics = $16, output_files = $17, \
     deliveries = $18, backends = $19 WHERE job_id = $20";
pub(super) const SET_TOTALS: &str =
    "UPDATE jobs SET total_documents = $1, chunks = $2, open_chunks = $3 WHERE job_id = $4";
// `{which}` stands for conditions that an index begins with; the parameters after theirs are `{a}`, `{b}`, `{c}`. The page's first job is
// looked up in that index alone, in whichever direction is shorter: to read the rows that are left out takes seconds where there are many.
pub(super) const COUNT_JOBS: &str = "SELECT count(*) FROM jobs WHERE {which}";
pub(super) const NTH_NEWEST_JOB: &str = "SELECT created_at, job_id FROM jobs WHERE {which} \
     ORDER BY created_at DESC, job_id DESC LIMIT 1 OFFSET {a}";
pub(super) const NTH_OLDEST_JOB: &str = "SELECT created_at, job_id FROM jobs WHERE {which} ORDER BY created_at, job_id LIMIT 1 OFFSET {a}";
pub(super) const JOBS_FROM: &str = concat!(
    "SELECT ",
    job_columns!(),
    " FROM jobs WHERE {which} AND (created_at, job_id) <= ({a}, {b}) ORDER BY created_at DESC, job_id DESC LIMIT {c}"
);

// Chunks.
pub(super) const INSERT_CHUNK: &str = concat!(
    "INSERT INTO chunks (job_id, chunk, payload, ",
    chunk_columns!(),
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)"
);
pub(super) const LOCK_CHUNK: &str = concat!(
    "SELECT ",
    chunk_columns!(),
    " FROM chunks WHERE job_id = $1 AND chunk = $2 {lock}"
);
pub(super) const UPDATE_CHUNK: &str = "UPDATE chunks SET kind = $1, state = $2, epoch = $3, worker_id = $4, documents = $5, \
     processed = $6, failed = $7, attempts = $8, crashes = $9, trying = $10, losses = $11, run_at = $12, publish_at = $13, \
     backend = $14, source = $15, taken_until = NULL WHERE job_id = $16 AND chunk = $17";
// Locked in the order in which everybody locks several.
pub(super) const CANCEL_CHUNKS: &str = "WITH open AS MATERIALIZED (SELECT chunk FROM chunks WHERE job_id = $1 AND state = 'ready' \
     ORDER BY chunk {lock}) UPDATE chunks SET state = 'cancelled', publish_at = NULL, run_at = NULL, taken_until = NULL \
     WHERE job_id = $1 AND chunk IN (SELECT chunk FROM open)";
pub(super) const PAYLOAD: &str = "SELECT payload FROM chunks WHERE job_id = $1 AND chunk = $2";
pub(super) const SET_PART: &str = "UPDATE chunks SET part = $1 WHERE job_id = $2 AND chunk = $3";
pub(super) const PART: &str = "SELECT part FROM chunks WHERE job_id = $1 AND chunk = $2";
pub(super) const PARTS: &str = "SELECT chunk, part FROM chunks WHERE job_id = $1 AND state = 'done' AND part IS NOT NULL \
     ORDER BY chunk";
pub(super) const STATES: &str =
    "SELECT state, count(*) FROM chunks WHERE job_id = $1 GROUP BY state";

// Publishing.
// Chunks of a job that are with the broker or worked on.
macro_rules! under_way {
    () => {
        "j.leases + (SELECT count(*) FROM chunks b WHERE b.job_id = j.job_id AND b.state = 'ready' AND b.publish_at IS NULL)"
    };
}
// Jobs without room are left out here and not later, or they would keep others beyond the limit from being seen.
pub(super) const JOBS_TO_PUBLISH: &str = concat!(
    "SELECT j.job_id, j.priority, j.traceparent, ",
    under_way!(),
    " FROM jobs j WHERE j.status IN ('queued', 'running', 'paused') AND j.desired = 'run' AND (j.run_at IS NULL OR j.run_at <= $1) \
     AND (CAST($2 AS TEXT) IS NULL OR CAST(j.job_id AS TEXT) = $2) \
     AND EXISTS (SELECT 1 FROM chunks c WHERE c.job_id = j.job_id AND c.state = 'ready' AND c.publish_at IS NOT NULL \
     AND c.publish_at <= $1 AND (c.taken_until IS NULL OR c.taken_until <= $1)) AND ",
    under_way!(),
    " < $3 ORDER BY j.job_id LIMIT 1000"
);
// What is kept for a backend that is away goes last: it must not keep the rest waiting, the chunk that joins before all.
// Materialized: PostgreSQL may run a subquery that locks once for each row, and each run would skip what the one before took.
pub(super) const TAKE_TO_PUBLISH: &str = "WITH taken AS MATERIALIZED (SELECT chunk FROM chunks WHERE job_id = $1 AND state = 'ready' \
     AND publish_at IS NOT NULL AND publish_at <= $2 AND (taken_until IS NULL OR taken_until <= $2) ORDER BY kind = 'deliver', chunk LIMIT $3 {skip}) \
     UPDATE chunks SET taken_until = $4 WHERE job_id = $1 AND chunk IN (SELECT chunk FROM taken) \
     RETURNING chunk, epoch, attempts, crashes, CASE WHEN CAST(length(payload) AS BIGINT) <= $5 THEN payload END";
pub(super) const PUBLISHED: &str = "UPDATE chunks SET publish_at = NULL, taken_until = NULL, published_at = $1 WHERE job_id = $2 \
     AND chunk = $3 AND epoch = $4 AND state = 'ready' AND taken_until = $5";
pub(super) const LONGEST_WAITING: &str = concat!(
    "SELECT c.publish_at, j.run_at, j.resumed_at FROM chunks c JOIN jobs j ON j.job_id = c.job_id \
     WHERE c.state = 'ready' AND c.publish_at IS NOT NULL AND j.desired = 'run' AND (j.run_at IS NULL OR j.run_at <= $1) \
     AND ",
    under_way!(),
    " = 0 ORDER BY c.publish_at LIMIT 100"
);
pub(super) const COUNT_WITH_THE_BROKER: &str = "SELECT j.priority, c.crashes > 0, count(*) FROM chunks c JOIN jobs j ON j.job_id = c.job_id \
     WHERE c.state = 'ready' AND c.publish_at IS NULL AND j.desired = 'run' GROUP BY 1, 2";
pub(super) const PUBLISH_AGAIN: &str = "UPDATE chunks SET publish_at = $1 WHERE (job_id, chunk) IN (SELECT c.job_id, c.chunk FROM chunks c \
     JOIN jobs j ON j.job_id = c.job_id WHERE c.state = 'ready' AND c.publish_at IS NULL AND c.published_at < $2 AND j.desired = 'run' \
     AND (c.crashes > 0) = $3 AND (CAST($4 AS TEXT) IS NULL OR j.priority = $4) ORDER BY c.published_at LIMIT $5) \
     AND state = 'ready' AND publish_at IS NULL";

pub(super) const PUBLISH_ALL_AGAIN: &str =
    "UPDATE chunks SET publish_at = $1 WHERE state = 'ready' AND publish_at IS NULL";

// Articles; PostgreSQL alone. The columns that PostgreSQL finds by name are the fields of the output form.
macro_rules! article_columns {
    () => {
        "document_id, version, original_text, cleaned_text, cleaned_title, cleaned_excerpt, cleaned_author, \
         cleaned_publication_date, cleaned_revision_date, cleaned_source_url, cleaned_categories, cleaned_tags, \
         cleaned_media_asset_urls, cleaned_geographical_data, cleaned_embargo_date, cleaned_sentiment, cleaned_word_count, \
         cleaned_publisher, temporal_metadata, entities, cleaned_additional_metadata, corrections, job_id, batch_id, processed_at"
    };
}
pub(super) const INSERT_ARTICLES: &str = concat!(
    "INSERT INTO processed_articles (epoch, ",
    article_columns!(),
    ") SELECT CAST($2 AS BIGINT), ",
    article_columns!(),
    " FROM jsonb_populate_recordset(CAST(NULL AS processed_articles), CAST(CAST($1 AS TEXT) AS JSONB)) \
     ON CONFLICT (job_id, document_id) DO UPDATE SET (epoch, ",
    article_columns!(),
    ") = (excluded.epoch, excluded.document_id, excluded.version, excluded.original_text, excluded.cleaned_text, \
     excluded.cleaned_title, excluded.cleaned_excerpt, excluded.cleaned_author, excluded.cleaned_publication_date, \
     excluded.cleaned_revision_date, excluded.cleaned_source_url, excluded.cleaned_categories, excluded.cleaned_tags, \
     excluded.cleaned_media_asset_urls, excluded.cleaned_geographical_data, excluded.cleaned_embargo_date, \
     excluded.cleaned_sentiment, excluded.cleaned_word_count, excluded.cleaned_publisher, excluded.temporal_metadata, \
     excluded.entities, excluded.cleaned_additional_metadata, excluded.corrections, excluded.job_id, excluded.batch_id, \
     excluded.processed_at) WHERE processed_articles.epoch <= excluded.epoch"
);

// Failures and events.
pub(super) const INSERT_FAILURE: &str = "INSERT INTO failures (job_id, chunk, document, document_id, kind, field, reason, \
     backend) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (job_id, chunk, document, backend) DO NOTHING";
pub(super) const FAILURES: &str = "SELECT chunk, document, document_id, kind, field, reason, backend FROM failures \
     WHERE job_id = $1 ORDER BY chunk, document, backend LIMIT $2 OFFSET $3";
pub(super) const FAILED_OF_A_CHUNK: &str = "SELECT document FROM failures WHERE job_id = $1 AND chunk = $2 AND backend = '' ORDER BY document";
pub(super) const COUNT_FAILURES: &str = "SELECT count(*) FROM failures WHERE job_id = $1";
pub(super) const INSERT_EVENT: &str = "INSERT INTO events (event_id, job_id, event, time, data) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (event_id) DO NOTHING";
pub(super) const EVENTS: &str = "SELECT seq, event_id, event, time, data FROM events WHERE job_id = $1 AND seq > $2 \
     ORDER BY seq LIMIT $3";

// Sinks.
pub(super) const INSERT_SINK: &str = "INSERT INTO sinks (sink, address, seq, gaps, delivered) VALUES ($1, $2, $3, $4, 0) \
     ON CONFLICT (sink) DO NOTHING";
pub(super) const MOVE_SINK: &str = "UPDATE sinks SET address = $1, disabled_at = NULL, failing_since = NULL, error = NULL \
     WHERE sink = $2 AND address <> $1";
pub(super) const SINK: &str = "SELECT seq, gaps, delivered, delivered_at, failing_since, error, disabled_at FROM sinks WHERE sink = $1";
pub(super) const LAST_EVENT_BEFORE: &str =
    "SELECT seq FROM events WHERE time < $1 ORDER BY seq DESC LIMIT 1";
pub(super) const EVENTS_BEHIND: &str = "SELECT e.seq, e.event_id, e.event, e.time, e.data, e.job_id, j.traceparent \
     FROM events e JOIN jobs j ON j.job_id = e.job_id WHERE e.seq > $1 ORDER BY e.seq LIMIT $2";
pub(super) const EVENTS_IN_GAPS: &str = "SELECT e.seq, e.event_id, e.event, e.time, e.data, e.job_id, j.traceparent \
     FROM events e JOIN jobs j ON j.job_id = e.job_id WHERE e.seq IN ({numbers}) ORDER BY e.seq";
pub(super) const DELIVERED: &str = "UPDATE sinks SET seq = $1, gaps = $2, delivered = $3, delivered_at = $4, failing_since = NULL, \
     error = NULL WHERE sink = $5 AND seq = $6 AND delivered = $7";
pub(super) const SINK_FAILED: &str = "UPDATE sinks SET failing_since = COALESCE(failing_since, $1), error = $2 \
     WHERE sink = $3 AND seq = $4 AND delivered = $5";
pub(super) const DISABLE_SINK: &str =
    "UPDATE sinks SET disabled_at = $1, failing_since = NULL, error = $2 WHERE sink = $3";
// Limited before it is filtered: a receiver that was away for a month, or wants little of what happens, must not cost a look at all of it.
pub(super) const BACKLOG: &str = "SELECT count(*), min(time) FROM (SELECT event, time FROM events WHERE seq > $1 \
     ORDER BY seq LIMIT $2) AS waiting WHERE event IN ($3, $4, $5, $6, $7, $8, $9, $10)";

// Workers.
pub(super) const INSERT_WORKER: &str = "INSERT INTO workers (worker_id, host, pid, version, device, slots, state, busy, started_at, seen_at) \
     VALUES ($1, $2, $3, $4, $5, $6, 'active', 0, $7, $7) ON CONFLICT (worker_id) DO NOTHING";
pub(super) const BEAT: &str = "UPDATE workers SET seen_at = $1, busy = $2, state = $3 WHERE worker_id = $4 \
     AND state IN ('active', 'draining')";
pub(super) const STANDINGS: &str = "SELECT c.job_id, c.chunk, c.epoch, j.desired, j.version FROM chunks c JOIN jobs j ON j.job_id = c.job_id \
     WHERE c.worker_id = $1 AND c.state = 'leased'";
pub(super) const IS_ALIVE: &str =
    "SELECT 1 FROM workers WHERE worker_id = $1 AND state IN ('active', 'draining')";
pub(super) const END_WORKER: &str = "UPDATE workers SET state = 'gone', busy = 0, seen_at = $1 WHERE worker_id = $2 AND state <> 'lost'";
pub(super) const LOSE_WORKERS: &str =
    "UPDATE workers SET state = 'lost' WHERE state IN ('active', 'draining') AND seen_at < $1";
pub(super) const LEASES_OF_THE_LOST: &str = "SELECT c.job_id, c.chunk, c.epoch, c.worker_id FROM chunks c \
     WHERE c.state = 'leased' AND NOT EXISTS (SELECT 1 FROM workers w WHERE w.worker_id = c.worker_id \
     AND w.state IN ('active', 'draining')) ORDER BY c.job_id, c.chunk LIMIT 1000";
pub(super) const WORKERS: &str = "SELECT worker_id, host, pid, version, device, slots, state, busy, started_at, seen_at FROM workers \
     ORDER BY started_at DESC, worker_id DESC LIMIT $1";
pub(super) const SLOTS: &str = "SELECT slots FROM workers WHERE state = 'active'";

// Dead letters.
pub(super) const INSERT_DEAD_LETTER: &str = "INSERT INTO dead_letters (dead_letter_id, kind, job_id, chunk, queue, message_kind, message_id, \
     headers, reason, documents, body, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
pub(super) const DEAD_LETTERS: &str = "SELECT dead_letter_id, kind, job_id, chunk, queue, message_kind, message_id, headers, reason, documents, \
     CAST(length(body) AS BIGINT), created_at, replayed_at, replayed_as FROM dead_letters ORDER BY created_at DESC, dead_letter_id DESC LIMIT $1 OFFSET $2";
pub(super) const COUNT_DEAD_LETTERS: &str = "SELECT count(*) FROM dead_letters";
pub(super) const DEAD_LETTER: &str = "SELECT dead_letter_id, kind, job_id, chunk, queue, message_kind, message_id, headers, reason, documents, \
     CAST(length(body) AS BIGINT), created_at, replayed_at, replayed_as FROM dead_letters WHERE dead_letter_id = $1";
pub(super) const LOCK_DEAD_LETTER: &str = "SELECT dead_letter_id, kind, job_id, chunk, queue, message_kind, message_id, headers, reason, documents, \
     CAST(length(body) AS BIGINT), created_at, replayed_at, replayed_as, body FROM dead_letters WHERE dead_letter_id = $1 {lock}";
pub(super) const REPLAYED: &str =
    "UPDATE dead_letters SET replayed_at = $1, replayed_as = $2 WHERE dead_letter_id = $3";
pub(super) const DISCARD_DEAD_LETTER: &str = "DELETE FROM dead_letters WHERE dead_letter_id = $1";

// Upkeep.
pub(super) const ENDED_WITH_PAYLOADS: &str = "SELECT job_id FROM jobs WHERE completed_at IS NOT NULL AND completed_at < $1 AND NOT payloads_pruned \
     ORDER BY completed_at LIMIT 20";
pub(super) const PRUNE_PAYLOADS: &str =
    "UPDATE chunks SET payload = NULL WHERE job_id = $1 AND payload IS NOT NULL";
pub(super) const PAYLOADS_PRUNED: &str = "UPDATE jobs SET payloads_pruned = $1 WHERE job_id = $2";
pub(super) const ENDED_BEFORE: &str = "SELECT job_id FROM jobs WHERE completed_at IS NOT NULL AND completed_at < $1 \
     ORDER BY completed_at LIMIT 20";
pub(super) const ENDED_SINCE: &str = "SELECT job_id, chunks FROM jobs WHERE completed_at IS NOT NULL AND completed_at >= $1 \
     ORDER BY completed_at, job_id LIMIT $2";
pub(super) const DELETE_JOB: &str = "DELETE FROM jobs WHERE job_id = $1";
pub(super) const PRUNE_WORKERS: &str =
    "DELETE FROM workers WHERE state IN ('lost', 'gone') AND seen_at < $1";
pub(super) const PRUNE_DEAD_LETTERS: &str = "DELETE FROM dead_letters WHERE created_at < $1";
