-- What each backend of a job has taken, and what is still to be delivered to it.
ALTER TABLE jobs ADD COLUMN deliveries BIGINT NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN backends JSONB NOT NULL DEFAULT '{}';

-- A chunk of the kind `deliver` brings the part of the chunk `source` to `backend`.
ALTER TABLE chunks ADD COLUMN backend TEXT;
ALTER TABLE chunks ADD COLUMN source BIGINT;

-- A document that came through may still be refused by a backend; '' where the document itself failed.
ALTER TABLE failures ADD COLUMN backend TEXT NOT NULL DEFAULT '';
ALTER TABLE failures DROP CONSTRAINT failures_pkey;
ALTER TABLE failures ADD PRIMARY KEY (job_id, chunk, document, backend);

-- How far each receiver of events has come: `seq` is the last event it was given, and `gaps` are numbers before it whose event may
-- still be under way in another transaction: [[seq, microseconds since 1970], ...].
CREATE TABLE sinks (
    sink TEXT PRIMARY KEY,
    address TEXT NOT NULL,
    seq BIGINT NOT NULL,
    gaps JSONB NOT NULL,
    delivered BIGINT NOT NULL,
    delivered_at TIMESTAMPTZ,
    failing_since TIMESTAMPTZ,
    error TEXT,
    disabled_at TIMESTAMPTZ
);
