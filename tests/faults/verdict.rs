//! What must be true after every fault: the invariants I1 to I8 of `docs/reliability.md`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use serde_json::Value;
use tests::elasticsearch::search;
use tests::redis::redis_keys;
use tests::role::Role;

use crate::history::{self, Entry, is_end};
use crate::stream::in_stream;
use crate::world::{LONG, Submitted, World};

/// What was seen, where nothing was wrong.
pub(crate) struct Findings {
    /// From the mending until work went on and what had been interrupted was done; none where nothing was left to do.
    pub(crate) recovered: Option<Duration>,
    /// Documents that were submitted and accepted.
    pub(crate) documents: usize,
}

/// What a document became in one place: what tells its outputs apart.
type Output = (String, i64);

/// A job as the database has it.
struct Job {
    status: String,
    files: Vec<String>,
    processed: i64,
    failed: i64,
}

/// Waits for the end of all jobs and looks at everything.
pub(crate) fn judge(
    world: &mut World,
    jobs: &[Submitted],
    mended: SystemTime,
    bound: Duration,
) -> Findings {
    for job in jobs {
        let open = format!(
            "SELECT count(*) FROM jobs WHERE job_id = '{}' AND completed_at IS NULL",
            job.id
        );
        world.wait(&format!("the end of job {}", job.id), |world| {
            world.restock();
            world.number(&open) == 0
        });
    }
    let mut wrong = Vec::new();
    let in_elasticsearch = in_elasticsearch(world);
    for job in jobs {
        let found = judge_job(world, job, &in_elasticsearch);
        wrong.extend(
            found
                .into_iter()
                .map(|why| format!("job {}: {why}", job.id)),
        );
    }
    wrong.extend(left_over(world));
    let recovered = recovered(world, mended);
    if recovered.is_some_and(|took| took > bound) {
        wrong.push(format!(
            "I8: recovered after {recovered:?}, not within {bound:?}"
        ));
    }
    wrong.extend(grown(world));
    if !wrong.is_empty() {
        let more = wrong.len().saturating_sub(12);
        wrong.truncate(12);
        panic!("{}\n... and {more} more", wrong.join("\n"));
    }
    Findings {
        recovered,
        documents: jobs.iter().map(|job| job.documents.len()).sum(),
    }
}

// ---- I1 to I4 and I6, job by job

fn judge_job(
    world: &mut World,
    job: &Submitted,
    in_elasticsearch: &HashMap<String, Vec<Value>>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let id = &job.id;
    let found = job_of(world, id);
    let submitted: BTreeSet<&str> = job.documents.iter().map(String::as_str).collect();
    let (failed, refused) = failures(world, id);
    let failed: BTreeSet<&str> = failed.keys().map(String::as_str).collect();
    if let Some(ends) = job.ends
        && ends != found.status
    {
        wrong.push(format!(
            "I3: it ended as {} and not as {ends}",
            found.status
        ));
    }
    let mut places: Vec<(&str, Vec<(String, Output)>)> = Vec::new();
    for backend in world.backends.clone() {
        let outputs = match backend {
            "jsonl" => found.files.iter().flat_map(|file| lines(file)).collect(),
            "postgresql" => rows(world, id),
            _ => {
                let documents = in_elasticsearch.get(id.as_str());
                documents.into_iter().flatten().map(output).collect()
            }
        };
        places.push((backend, outputs));
    }
    for (backend, outputs) in &places {
        let ids: BTreeSet<&str> = outputs.iter().map(|(id, _)| id.as_str()).collect();
        if ids.len() != outputs.len() {
            let twice = outputs.len() - ids.len();
            wrong.push(format!("I2: {backend} has {twice} documents twice"));
        }
        let expected: BTreeSet<&str> = match found.status.as_str() {
            "completed" => submitted
                .difference(&failed)
                .filter(|id| !refused.contains(&((*backend).to_owned(), (**id).to_owned())))
                .copied()
                .collect(),
            "failed" => BTreeSet::new(),
            // Its files are not shown; rows of what was done before stay.
            "cancelled" if *backend == "jsonl" => BTreeSet::new(),
            "cancelled" if ids.is_subset(&submitted) => continue,
            other => {
                wrong.push(format!(
                    "I3: it has ended as {other}, with more than was submitted"
                ));
                continue;
            }
        };
        if ids != expected {
            let missing: Vec<_> = expected.difference(&ids).take(3).collect();
            let too_many: Vec<_> = ids.difference(&expected).take(3).collect();
            wrong.push(format!(
                "I1: {backend} has {} documents and not {}; missing {missing:?}, too many {too_many:?}",
                ids.len(),
                expected.len()
            ));
        }
    }
    wrong.extend(differences(&places));
    wrong.extend(numbers(world, job, &found, failed.len()));
    wrong.extend(events(world, id, &found.status));
    let entries: Vec<Entry> = world
        .rows(history::OF_A_JOB, &[id])
        .iter()
        .map(Entry::of)
        .collect();
    wrong.extend(history::violations(&entries));
    wrong
}

fn job_of(world: &World, id: &str) -> Job {
    let statement = "SELECT status, ARRAY(SELECT jsonb_array_elements_text(output_files)), processed_documents, failed_documents \
         FROM jobs WHERE job_id = $1::text::uuid";
    let rows = world.rows(statement, &[id]);
    let row = rows
        .first()
        .unwrap_or_else(|| panic!("I1: job {id} is lost"));
    Job {
        status: row.get(0),
        files: row.get(1),
        processed: row.get(2),
        failed: row.get(3),
    }
}

/// Documents that failed, with the reason; and those that a backend refused, as (backend, document).
fn failures(world: &World, id: &str) -> (BTreeMap<String, String>, BTreeSet<(String, String)>) {
    let statement = "SELECT document_id, backend, reason FROM failures WHERE job_id = $1::text::uuid AND chunk >= 0";
    let (mut failed, mut refused) = (BTreeMap::new(), BTreeSet::new());
    for row in world.rows(statement, &[id]) {
        let (document, backend, reason): (Option<String>, String, String) =
            (row.get(0), row.get(1), row.get(2));
        let document = document.unwrap_or_default();
        if backend.is_empty() {
            failed.insert(document, reason);
        } else {
            refused.insert((backend, document));
        }
    }
    (failed, refused)
}

/// Outputs of one document must be the same everywhere, and so of the same claim.
fn differences(places: &[(&str, Vec<(String, Output)>)]) -> Vec<String> {
    let mut known: HashMap<&str, (&str, &Output)> = HashMap::new();
    let mut wrong = Vec::new();
    for (backend, outputs) in places {
        for (id, output) in outputs {
            let (first, told) = known.entry(id).or_insert((backend, output));
            // A database rounds to microseconds, others cut off.
            if told.0 != output.0 || (told.1 - output.1).abs() > 1 {
                wrong.push(format!(
                    "I6: {backend} has another output of {id} than {first}"
                ));
            }
        }
    }
    wrong
}

fn lines(path: &str) -> Vec<(String, Output)> {
    let text = std::fs::read_to_string(Path::new(path));
    let text = text.unwrap_or_else(|error| panic!("I1: {path}: {error}"));
    text.lines()
        .map(|line| output(&serde_json::from_str(line).unwrap()))
        .collect()
}

fn output(document: &Value) -> (String, Output) {
    let text = |name: &str| document[name].as_str().unwrap_or_default().to_owned();
    let time: Timestamp = text("processed_at").parse().unwrap();
    // As PostgreSQL keeps it.
    let time = time.round(jiff::Unit::Microsecond).unwrap();
    (
        text("document_id"),
        (text("cleaned_text"), time.as_microsecond()),
    )
}

fn rows(world: &World, id: &str) -> Vec<(String, Output)> {
    let statement = "SELECT document_id, cleaned_text, CAST(extract(epoch FROM processed_at) * 1000000 AS BIGINT) \
         FROM processed_articles WHERE job_id = $1::text::uuid";
    let rows = world.rows(statement, &[id]);
    rows.iter()
        .map(|row| (row.get(0), (row.get(1), row.get(2))))
        .collect()
}

/// All that the stand-in for Elasticsearch has, by job.
fn in_elasticsearch(world: &World) -> HashMap<String, Vec<Value>> {
    let mut by_job: HashMap<String, Vec<Value>> = HashMap::new();
    if !world.backends.contains(&"elasticsearch") {
        return by_job;
    }
    for document in search(&world.elasticsearch.url, "news_articles", "") {
        let job = document["job_id"].as_str().unwrap_or_default().to_owned();
        by_job.entry(job).or_default().push(document);
    }
    by_job
}

/// I4: the job's numbers are the sums of its rows.
fn numbers(world: &World, job: &Submitted, found: &Job, failures: usize) -> Vec<String> {
    let id = &job.id;
    let sums = "SELECT COALESCE(sum(processed), 0)::bigint, COALESCE(sum(failed), 0)::bigint FROM chunks \
         WHERE job_id = $1::text::uuid AND backend IS NULL";
    let rows = world.rows(sums, &[id]);
    let (processed, failed): (i64, i64) = (rows[0].get(0), rows[0].get(1));
    let mut wrong = Vec::new();
    if (found.processed, found.failed) != (processed, failed) {
        wrong.push(format!(
            "I4: the job counts {} and {}, its chunks {processed} and {failed}",
            found.processed, found.failed
        ));
    }
    let all = i64::try_from(job.documents.len()).unwrap();
    let is_cancelled = found.status == "cancelled";
    if !is_cancelled && processed + failed != all {
        wrong.push(format!(
            "I4: {processed} and {failed} documents are not {all}"
        ));
    }
    if usize::try_from(failed).unwrap() != failures {
        wrong.push(format!(
            "I4: {failed} failed, and {failures} failures are told"
        ));
    }
    let told = world.client().get(&format!("/v1/jobs/{id}")).body;
    if told["processed_documents"] != processed || told["failed_documents"] != failed {
        wrong.push(format!("I4: the API tells other numbers: {told}"));
    }
    wrong
}

/// I3: one end, told once, last, and when it was so.
fn events(world: &mut World, id: &str, status: &str) -> Vec<String> {
    let receiver = world.receiver.clone();
    world.wait(&format!("the receiver is told the end of job {id}"), |_| {
        receiver.told_of(id).iter().any(|told| is_end(&told.event))
    });
    let mut wrong = Vec::new();
    let told = receiver.told_of(id);
    let mut ids = BTreeSet::new();
    let first: Vec<_> = told
        .iter()
        .filter(|told| ids.insert(told.id.clone()))
        .collect();
    let ends: Vec<&str> = first
        .iter()
        .map(|told| told.event.as_str())
        .filter(|event| is_end(event))
        .collect();
    if ends != [status] {
        wrong.push(format!(
            "I3: the receiver was told the ends {ends:?} of a job that is {status}"
        ));
    }
    if first.last().is_none_or(|last| last.event != status) {
        wrong.push(format!(
            "I3: the end is not the last that the receiver was told: {first:?}"
        ));
    }
    let missing = told.iter().filter_map(|told| told.missing.as_ref());
    wrong.extend(missing.map(|missing| format!("I3: told before it was so: {missing}")));
    if !world.redis_was_lost {
        let mut in_stream = 0;
        world.wait(&format!("the stream has the end of job {id}"), |world| {
            in_stream = ends_in_stream(world, id);
            in_stream > 0
        });
        if in_stream != 1 {
            wrong.push(format!("I3: the stream has {in_stream} ends"));
        }
    }
    wrong
}

/// Ends of a job in the stream of events, repeated ones (of the same id) once.
fn ends_in_stream(world: &World, job: &str) -> usize {
    let told = in_stream(world, job).into_iter();
    let ends = told.filter(|told| is_end(&told.event));
    ends.map(|told| told.id).collect::<BTreeSet<_>>().len()
}

// ---- I5: nothing is left

fn left_over(world: &mut World) -> Vec<String> {
    let mut wrong = Vec::new();
    for (what, condition) in [
        (
            "chunks are open",
            "SELECT count(*) FROM chunks c JOIN jobs j USING (job_id) WHERE c.state IN ('ready', 'leased') AND j.completed_at IS NOT NULL",
        ),
        (
            "jobs count leases or open chunks",
            "SELECT count(*) FROM jobs WHERE completed_at IS NOT NULL AND (leases <> 0 OR open_chunks <> 0 OR deliveries <> 0)",
        ),
        (
            "transactions are left open",
            "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' AND xact_start < now() - interval '15 s'",
        ),
    ] {
        let count = world.number(condition);
        if count != 0 {
            wrong.push(format!("I5: {count} {what}"));
        }
    }
    let dead = world.number("SELECT count(*) FROM dead_letters");
    if dead != world.dead_letters {
        wrong.push(format!(
            "I5: {dead} dead letters and not {}",
            world.dead_letters
        ));
    }
    world.change("DELETE FROM dead_letters");
    let unfinished = eventually(|| match world.servers.messages_in("/") {
        0 => None,
        messages => Some(format!("I5: {messages} messages are left in the queues")),
    });
    wrong.extend(unfinished);
    wrong.extend(eventually(|| {
        match redis_keys(world.servers.redis_url(), "scutch:*") {
            0 => None,
            keys => Some(format!("I5: {keys} keys are left in Redis")),
        }
    }));
    wrong.extend(eventually(|| {
        let parts = std::fs::read_dir(world.output().join(".parts"));
        match parts.map_or(0, Iterator::count) {
            0 => None,
            jobs => Some(format!("I5: the parts of {jobs} jobs are left")),
        }
    }));
    wrong
}

/// What is still wrong after a while.
fn eventually(mut wrong: impl FnMut() -> Option<String>) -> Option<String> {
    let deadline = Instant::now() + LONG;
    loop {
        match wrong() {
            Some(_) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(200)),
            found => return found,
        }
    }
}

// ---- I7: nothing grows

/// What the service takes when all is quiet.
pub(crate) struct Footprint {
    /// Resident memory in KiB and open handles of each process, by id.
    processes: HashMap<u32, (u64, usize)>,
}

/// Room for caches and for what allocators keep.
const MEMORY_KIB: u64 = 150 << 10;
/// Connections that a pool may open and keep.
const HANDLES: usize = 40;
/// Connections of one process to the database: its pool, the heartbeat's, the leader's, and one in passing.
const CONNECTIONS: i64 = 13;

fn grown(world: &mut World) -> Vec<String> {
    let now = footprint(world);
    let mut wrong = Vec::new();
    if let Some(before) = &world.baseline {
        for (pid, (memory, handles)) in &now.processes {
            let Some((memory_before, handles_before)) = before.processes.get(pid) else {
                continue;
            };
            if *memory > memory_before + MEMORY_KIB {
                wrong.push(format!(
                    "I7: process {pid} grew from {memory_before} to {memory} KiB"
                ));
            }
            if *handles > handles_before + HANDLES {
                wrong.push(format!(
                    "I7: process {pid} has {handles} handles, before {handles_before}"
                ));
            }
        }
    }
    let processes = i64::try_from(now.processes.len()).unwrap();
    let connections = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'scutch'";
    wrong.extend(eventually(|| {
        let connections = world.number(connections);
        (connections > processes * CONNECTIONS)
            .then(|| format!("I7: {connections} connections of {processes} processes"))
    }));
    // What cannot be cleaned up is held by somebody.
    wrong.extend(eventually(|| {
        world.change("VACUUM jobs, chunks, events, workers, sinks");
        let dead = world.number("SELECT COALESCE(sum(n_dead_tup), 0)::bigint FROM pg_stat_user_tables WHERE relname IN ('jobs', 'chunks', 'events', 'sinks')");
        (dead > 5_000).then(|| format!("I7: {dead} dead tuples are left"))
    }));
    // Processes that came later are compared from now on.
    let mut baseline = now.processes;
    for (pid, known) in world
        .baseline
        .take()
        .map(|known| known.processes)
        .unwrap_or_default()
    {
        if let Some(entry) = baseline.get_mut(&pid) {
            *entry = known;
        }
    }
    world.baseline = Some(Footprint {
        processes: baseline,
    });
    wrong
}

fn footprint(world: &World) -> Footprint {
    let roles = world
        .schedulers
        .iter()
        .chain([&world.producer])
        .chain(&world.workers);
    Footprint {
        processes: roles
            .map(Role::pid)
            .filter_map(|pid| Some((pid, size_of(pid)?)))
            .collect(),
    }
}

fn size_of(pid: u32) -> Option<(u64, usize)> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let resident = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let memory = resident.trim().trim_end_matches(" kB").parse().ok()?;
    let handles = std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count();
    Some((memory, handles))
}

// ---- I8

/// From the mending until the next chunk was done, and all that had been taken back from lost workers shortly before or since.
fn recovered(world: &World, mended: SystemTime) -> Option<Duration> {
    let since = mended
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs_f64();
    let last = format!(
        "WITH mended AS (SELECT to_timestamp({since}) AS at), \
         taken_back AS (SELECT job_id, chunk, max(h.at) AS at FROM history h, mended \
         WHERE was = 'leased' AND is_now = 'ready' AND h.at > mended.at - interval '20 s' GROUP BY job_id, chunk), \
         redone AS (SELECT min(h.at) AS at FROM history h JOIN taken_back t USING (job_id, chunk) \
         WHERE h.is_now IN ('done', 'dead') AND h.at > t.at GROUP BY job_id, chunk), \
         next AS (SELECT min(h.at) AS at FROM history h, mended WHERE is_now = 'done' AND h.at > mended.at) \
         SELECT CAST(extract(epoch FROM GREATEST((SELECT at FROM next), (SELECT max(at) FROM redone))) AS DOUBLE PRECISION)"
    );
    let at: Option<f64> = world.rows(&last, &[])[0].get(0);
    at.map(|at| Duration::from_secs_f64((at - since).max(0.0)))
}
