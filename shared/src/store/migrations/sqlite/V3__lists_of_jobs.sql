-- Each list of jobs has an index that its filters begin and its order ends, so that it is counted, and its pages are found, in the index
-- alone.
CREATE INDEX jobs_of_a_status ON jobs (status, created_at DESC, job_id DESC);
DROP INDEX jobs_of_a_batch;
CREATE INDEX jobs_of_a_batch ON jobs (batch_id, created_at DESC, job_id DESC) WHERE batch_id IS NOT NULL;
CREATE INDEX jobs_of_a_batch_and_status ON jobs (batch_id, status, created_at DESC, job_id DESC) WHERE batch_id IS NOT NULL;
