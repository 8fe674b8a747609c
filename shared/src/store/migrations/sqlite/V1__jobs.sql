-- Jobs, their chunks, and what became of them. Times are microseconds since 1970, UTC; ids are text.
CREATE TABLE jobs (
    job_id TEXT PRIMARY KEY,
    batch_id TEXT,
    idempotency_key TEXT UNIQUE,
    request_digest TEXT,
    status TEXT NOT NULL,
    desired TEXT NOT NULL,
    version INTEGER NOT NULL,
    priority TEXT NOT NULL,
    run_at INTEGER,
    options TEXT NOT NULL,
    metadata TEXT NOT NULL,
    traceparent TEXT,
    total_documents INTEGER NOT NULL,
    processed_documents INTEGER NOT NULL,
    failed_documents INTEGER NOT NULL,
    rejected_documents INTEGER NOT NULL,
    progress_percent REAL GENERATED ALWAYS AS (
        CASE WHEN total_documents = 0 THEN 100
        ELSE ((processed_documents + failed_documents) * 10000 / total_documents) / 100.0 END) STORED,
    chunks INTEGER NOT NULL,
    open_chunks INTEGER NOT NULL,
    leases INTEGER NOT NULL,
    join_state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    started_at INTEGER,
    paused_at INTEGER,
    resumed_at INTEGER,
    completed_at INTEGER,
    error_message TEXT,
    statistics TEXT NOT NULL,
    output_files TEXT NOT NULL,
    payloads_pruned INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX jobs_newest ON jobs (created_at DESC, job_id DESC);
CREATE INDEX jobs_of_a_batch ON jobs (batch_id, created_at DESC) WHERE batch_id IS NOT NULL;
CREATE INDEX jobs_open ON jobs (job_id) WHERE status IN ('queued', 'running', 'paused');
CREATE INDEX jobs_ended ON jobs (completed_at) WHERE completed_at IS NOT NULL;

CREATE TABLE chunks (
    job_id TEXT NOT NULL REFERENCES jobs (job_id) ON DELETE CASCADE,
    chunk INTEGER NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    worker_id TEXT,
    documents INTEGER NOT NULL,
    processed INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    crashes INTEGER NOT NULL,
    trying INTEGER,
    losses TEXT NOT NULL,
    run_at INTEGER,
    publish_at INTEGER,
    taken_until INTEGER,
    published_at INTEGER,
    part TEXT,
    payload BLOB,
    PRIMARY KEY (job_id, chunk)
);
CREATE INDEX chunks_to_publish ON chunks (job_id, chunk) WHERE state = 'ready' AND publish_at IS NOT NULL;
CREATE INDEX chunks_with_the_broker ON chunks (job_id, published_at) WHERE state = 'ready' AND publish_at IS NULL;
CREATE INDEX chunks_leased ON chunks (worker_id) WHERE state = 'leased';

-- Why documents failed; chunk -1 holds those that a submission was refused for, `document` is then their index or line.
CREATE TABLE failures (
    job_id TEXT NOT NULL REFERENCES jobs (job_id) ON DELETE CASCADE,
    chunk INTEGER NOT NULL,
    document INTEGER NOT NULL,
    document_id TEXT,
    kind TEXT NOT NULL,
    field TEXT,
    reason TEXT NOT NULL,
    PRIMARY KEY (job_id, chunk, document)
);

-- What the outside is told, in order.
CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL UNIQUE,
    job_id TEXT NOT NULL REFERENCES jobs (job_id) ON DELETE CASCADE,
    event TEXT NOT NULL,
    time INTEGER NOT NULL,
    data TEXT NOT NULL
);
CREATE INDEX events_of_a_job ON events (job_id, seq);

CREATE TABLE workers (
    worker_id TEXT PRIMARY KEY,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    version TEXT NOT NULL,
    device TEXT NOT NULL,
    slots INTEGER NOT NULL,
    state TEXT NOT NULL,
    busy INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL
);

-- What was given up: chunks, and messages that could not be read or delivered.
CREATE TABLE dead_letters (
    dead_letter_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    job_id TEXT,
    chunk INTEGER,
    queue TEXT,
    message_kind TEXT,
    message_id TEXT,
    headers TEXT NOT NULL,
    reason TEXT NOT NULL,
    documents INTEGER NOT NULL,
    body BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    replayed_at INTEGER,
    replayed_as TEXT
);
CREATE INDEX dead_letters_newest ON dead_letters (created_at DESC, dead_letter_id DESC);
