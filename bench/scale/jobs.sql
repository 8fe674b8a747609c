-- A million jobs as a month leaves them: 94 % completed, 3 % failed, 3 % cancelled, 50 running; a fifth in one large batch, as many in
-- batches of 100, the rest in none. Nothing is random.
INSERT INTO jobs (job_id, batch_id, status, desired, version, priority, options, metadata, total_documents, processed_documents,
    failed_documents, rejected_documents, chunks, open_chunks, leases, join_state, created_at, updated_at, started_at, completed_at,
    statistics, output_files, payloads_pruned, backends)
SELECT CAST(lpad(to_hex(CAST(extract(epoch FROM born) * 1000 AS BIGINT)), 12, '0') || '70008' || lpad(to_hex(n), 15, '0') AS UUID),
    CASE WHEN n % 5 = 0 THEN 'large' WHEN n % 5 = 1 THEN 'batch-' || n / 500 END,
    CASE WHEN n % 20000 = 7 THEN 'running' WHEN n % 33 = 1 THEN 'failed' WHEN n % 33 = 2 THEN 'cancelled' ELSE 'completed' END,
    'run', 5, 'normal', options, '{"source": "wires"}', 64, 64, 0, 0, 2, 0, 0, 'done', born, born, born,
    CASE WHEN n % 20000 <> 7 THEN born + interval '2 seconds' END,
    '{"documents": 64, "entities": 1100, "corrections": 12, "processing_ms": 700}',
    jsonb_build_array('processed_articles_2026-11-27_' || n || '.jsonl'), TRUE, backends
FROM (SELECT n, now() - interval '25 days' + n * interval '2 seconds' AS born FROM generate_series(1, :count) AS n) AS numbers,
    (SELECT options, backends FROM jobs ORDER BY created_at LIMIT 1) AS example;
VACUUM ANALYZE jobs;
