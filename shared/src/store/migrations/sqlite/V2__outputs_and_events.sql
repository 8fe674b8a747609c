-- What each backend of a job has taken, and what is still to be delivered to it.
ALTER TABLE jobs ADD COLUMN deliveries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN backends TEXT NOT NULL DEFAULT '{}';

-- A chunk of the kind `deliver` brings the part of the chunk `source` to `backend`.
ALTER TABLE chunks ADD COLUMN backend TEXT;
ALTER TABLE chunks ADD COLUMN source INTEGER;

-- A document that came through may still be refused by a backend; '' where the document itself failed.
CREATE TABLE failures_2 (
    job_id TEXT NOT NULL REFERENCES jobs (job_id) ON DELETE CASCADE,
    chunk INTEGER NOT NULL,
    document INTEGER NOT NULL,
    document_id TEXT,
    kind TEXT NOT NULL,
    field TEXT,
    reason TEXT NOT NULL,
    backend TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (job_id, chunk, document, backend)
);
INSERT INTO failures_2 (job_id, chunk, document, document_id, kind, field, reason)
    SELECT job_id, chunk, document, document_id, kind, field, reason FROM failures;
DROP TABLE failures;
ALTER TABLE failures_2 RENAME TO failures;

-- How far each receiver of events has come: `seq` is the last event it was given, and `gaps` are numbers before it whose event may
-- still be under way in another transaction: [[seq, microseconds since 1970], ...].
CREATE TABLE sinks (
    sink TEXT PRIMARY KEY,
    address TEXT NOT NULL,
    seq INTEGER NOT NULL,
    gaps TEXT NOT NULL,
    delivered INTEGER NOT NULL,
    delivered_at INTEGER,
    failing_since INTEGER,
    error TEXT,
    disabled_at INTEGER
);
