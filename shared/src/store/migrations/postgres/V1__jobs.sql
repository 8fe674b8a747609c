-- Jobs, their chunks, and what became of them. Times are the database's own, so that no worker's clock matters.
CREATE TABLE jobs (
    job_id UUID PRIMARY KEY,
    batch_id TEXT,
    idempotency_key TEXT UNIQUE,
    request_digest TEXT,
    status TEXT NOT NULL,
    desired TEXT NOT NULL,
    version BIGINT NOT NULL,
    priority TEXT NOT NULL,
    run_at TIMESTAMPTZ,
    options JSONB NOT NULL,
    metadata JSONB NOT NULL,
    traceparent TEXT,
    total_documents BIGINT NOT NULL,
    processed_documents BIGINT NOT NULL,
    failed_documents BIGINT NOT NULL,
    rejected_documents BIGINT NOT NULL,
    progress_percent DOUBLE PRECISION GENERATED ALWAYS AS (
        CASE WHEN total_documents = 0 THEN 100
        ELSE ((processed_documents + failed_documents) * 10000 / total_documents) / 100.0 END) STORED,
    chunks BIGINT NOT NULL,
    open_chunks BIGINT NOT NULL,
    leases BIGINT NOT NULL,
    join_state TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    started_at TIMESTAMPTZ,
    paused_at TIMESTAMPTZ,
    resumed_at TIMESTAMPTZ,
    completed_at TIMESTAMPTZ,
    error_message TEXT,
    statistics JSONB NOT NULL,
    output_files JSONB NOT NULL,
    payloads_pruned BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX jobs_newest ON jobs (created_at DESC, job_id DESC);
CREATE INDEX jobs_of_a_batch ON jobs (batch_id, created_at DESC) WHERE batch_id IS NOT NULL;
CREATE INDEX jobs_open ON jobs (job_id) WHERE status IN ('queued', 'running', 'paused');
CREATE INDEX jobs_ended ON jobs (completed_at) WHERE completed_at IS NOT NULL;

CREATE TABLE chunks (
    job_id UUID NOT NULL REFERENCES jobs ON DELETE CASCADE,
    chunk BIGINT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    worker_id UUID,
    documents BIGINT NOT NULL,
    processed BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    crashes BIGINT NOT NULL,
    trying BIGINT,
    losses JSONB NOT NULL,
    run_at TIMESTAMPTZ,
    publish_at TIMESTAMPTZ,
    taken_until TIMESTAMPTZ,
    published_at TIMESTAMPTZ,
    part TEXT,
    payload BYTEA,
    PRIMARY KEY (job_id, chunk)
);
CREATE INDEX chunks_to_publish ON chunks (job_id, chunk) WHERE state = 'ready' AND publish_at IS NOT NULL;
CREATE INDEX chunks_with_the_broker ON chunks (job_id, published_at) WHERE state = 'ready' AND publish_at IS NULL;
CREATE INDEX chunks_leased ON chunks (worker_id) WHERE state = 'leased';

-- Why documents failed; chunk -1 holds those that a submission was refused for, `document` is then their index or line.
CREATE TABLE failures (
    job_id UUID NOT NULL REFERENCES jobs ON DELETE CASCADE,
    chunk BIGINT NOT NULL,
    document BIGINT NOT NULL,
    document_id TEXT,
    kind TEXT NOT NULL,
    field TEXT,
    reason TEXT NOT NULL,
    PRIMARY KEY (job_id, chunk, document)
);

-- What the outside is told, in order.
CREATE TABLE events (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id TEXT NOT NULL UNIQUE,
    job_id UUID NOT NULL REFERENCES jobs ON DELETE CASCADE,
    event TEXT NOT NULL,
    time TIMESTAMPTZ NOT NULL,
    data JSONB NOT NULL
);
CREATE INDEX events_of_a_job ON events (job_id, seq);

CREATE TABLE workers (
    worker_id UUID PRIMARY KEY,
    host TEXT NOT NULL,
    pid BIGINT NOT NULL,
    version TEXT NOT NULL,
    device TEXT NOT NULL,
    slots BIGINT NOT NULL,
    state TEXT NOT NULL,
    busy BIGINT NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL
);

-- What was given up: chunks, and messages that could not be read or delivered.
CREATE TABLE dead_letters (
    dead_letter_id UUID PRIMARY KEY,
    kind TEXT NOT NULL,
    job_id UUID,
    chunk BIGINT,
    queue TEXT,
    message_kind TEXT,
    message_id TEXT,
    headers JSONB NOT NULL,
    reason TEXT NOT NULL,
    documents BIGINT NOT NULL,
    body BYTEA NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    replayed_at TIMESTAMPTZ,
    replayed_as UUID
);
CREATE INDEX dead_letters_newest ON dead_letters (created_at DESC, dead_letter_id DESC);
