//! What happened, in the order in which it was committed: written down by the database itself, by triggers that the service knows nothing
//! of. End states can hide that a paused job was worked on, or that a stale worker wrote; this does not.

use std::collections::BTreeMap;

use tokio_postgres::Row;

/// Has every submission, claim, commit, command and event of all jobs written down from now on.
///
/// Whoever changes a chunk's state or a job's holds the job's row locked until it commits, so the numbers of one job's entries have the
/// order of its commits.
pub(crate) const BEGIN: &str = "
CREATE TABLE IF NOT EXISTS history (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    tx BIGINT NOT NULL DEFAULT txid_current(), job_id UUID NOT NULL, what TEXT NOT NULL, chunk BIGINT, was TEXT, is_now TEXT,
    epoch_was BIGINT, epoch BIGINT, worker UUID, desired TEXT, detail TEXT);
CREATE INDEX IF NOT EXISTS history_of_a_job ON history (job_id, seq);

CREATE OR REPLACE FUNCTION note_job() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO history (job_id, what, is_now, desired) VALUES (NEW.job_id, 'accepted', NEW.status, NEW.desired);
    ELSIF (OLD.status, OLD.desired) IS DISTINCT FROM (NEW.status, NEW.desired) THEN
        INSERT INTO history (job_id, what, was, is_now, desired) VALUES (NEW.job_id, 'job', OLD.status, NEW.status, NEW.desired);
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER note_job AFTER INSERT OR UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION note_job();

CREATE OR REPLACE FUNCTION note_chunk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF (OLD.state, OLD.epoch) IS DISTINCT FROM (NEW.state, NEW.epoch) THEN
        INSERT INTO history (job_id, what, chunk, was, is_now, epoch_was, epoch, worker, desired)
        SELECT NEW.job_id, 'chunk', NEW.chunk, OLD.state, NEW.state, OLD.epoch, NEW.epoch, COALESCE(NEW.worker_id, OLD.worker_id), desired
        FROM jobs WHERE job_id = NEW.job_id;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER note_chunk AFTER UPDATE ON chunks FOR EACH ROW EXECUTE FUNCTION note_chunk();

CREATE OR REPLACE FUNCTION note_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO history (job_id, what, epoch, detail) VALUES (NEW.job_id, 'row', NEW.epoch, NEW.document_id);
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER note_row AFTER INSERT OR UPDATE ON processed_articles FOR EACH ROW EXECUTE FUNCTION note_row();

CREATE OR REPLACE FUNCTION note_event() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO history (job_id, what, detail) VALUES (NEW.job_id, 'event', NEW.event);
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER note_event AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION note_event();
";

/// Everything of one job, in order.
pub(crate) const OF_A_JOB: &str = "SELECT tx, what, chunk, was, is_now, epoch_was, epoch, desired, detail FROM history \
     WHERE job_id = $1::text::uuid ORDER BY seq";

/// An entry.
#[derive(Debug)]
pub(crate) struct Entry {
    tx: i64,
    what: String,
    chunk: Option<i64>,
    was: Option<String>,
    now: Option<String>,
    epoch_was: Option<i64>,
    epoch: Option<i64>,
    desired: Option<String>,
    detail: Option<String>,
}

impl Entry {
    pub(crate) fn of(row: &Row) -> Self {
        Self {
            tx: row.get(0),
            what: row.get(1),
            chunk: row.get(2),
            was: row.get(3),
            now: row.get(4),
            epoch_was: row.get(5),
            epoch: row.get(6),
            desired: row.get(7),
            detail: row.get(8),
        }
    }
}

/// Whether this is a state in which a job ends, or the event that tells of it.
pub(crate) fn is_end(word: &str) -> bool {
    matches!(word, "completed" | "failed" | "cancelled")
}

/// What one job's history has that must not be, an entry a line.
pub(crate) fn violations(entries: &[Entry]) -> Vec<String> {
    let mut found = Vec::new();
    // The transaction and epoch in which each chunk was done.
    let mut done: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    let mut rows: Vec<&Entry> = Vec::new();
    let mut terminal: Option<&Entry> = None;
    let mut told_end = 0;
    let mut has_begun = false;
    // Within a transaction an event comes before the change of the job that it is told of.
    let end = entries
        .iter()
        .find(|entry| entry.what == "job" && entry.now.as_deref().is_some_and(is_end));
    for entry in entries {
        let mut wrong = |why: &str| found.push(format!("{why}: {entry:?}"));
        match entry.what.as_str() {
            "job" => {
                let (was, now) = (entry.was.as_deref(), entry.now.as_deref());
                if terminal.is_some() || was.is_some_and(is_end) {
                    wrong("I3: a job that had ended changed");
                }
                // One that was paused before anybody had begun it waits again when it is to go on.
                let waits_again = was == Some("paused") && !has_begun;
                if now == Some("queued") && was != Some("queued") && !waits_again {
                    wrong("I3: a job went back to the queue");
                }
                has_begun |= now == Some("running");
                if now.is_some_and(is_end) {
                    terminal = Some(entry);
                }
            }
            "chunk" => judge_chunk(entry, &mut done, &mut wrong, terminal.is_some()),
            "row" => rows.push(entry),
            "event" => {
                let tells_end = entry.detail.as_deref().is_some_and(is_end);
                told_end += u32::from(tells_end);
                if !tells_end && told_end > 0 {
                    wrong("I3: told after the end");
                }
                if tells_end && end.is_none_or(|end| end.tx != entry.tx) {
                    wrong("I3: an end was told that was none");
                }
            }
            _ => {}
        }
    }
    if told_end != u32::from(terminal.is_some()) {
        found.push(format!("I3: the end was told {told_end} times"));
    }
    for row in rows {
        let committed = done
            .values()
            .any(|(tx, epoch)| *tx == row.tx && Some(*epoch) == row.epoch);
        if !committed {
            found.push(format!("I6: a row that no claim committed: {row:?}"));
        }
    }
    found
}

fn judge_chunk(
    entry: &Entry,
    done: &mut BTreeMap<i64, (i64, i64)>,
    wrong: &mut impl FnMut(&str),
    has_ended: bool,
) {
    let (Some(chunk), Some(was), Some(now)) = (entry.chunk, &entry.was, &entry.now) else {
        return wrong("I6: an entry without states");
    };
    let (epoch_was, epoch) = (entry.epoch_was.unwrap_or(-1), entry.epoch.unwrap_or(-1));
    match (was.as_str(), now.as_str()) {
        ("ready", "leased") => {
            if entry.desired.as_deref() != Some("run") {
                wrong("I6: claimed while the job was not to run");
            }
            if epoch != epoch_was + 1 {
                wrong("I6: a claim that did not raise the epoch by one");
            }
            if has_ended {
                wrong("I6: claimed after the end of the job");
            }
        }
        ("leased", "done") => {
            if epoch != epoch_was {
                wrong("I6: done under another epoch than claimed");
            }
            if done.insert(chunk, (entry.tx, epoch)).is_some() {
                wrong("I2: done twice");
            }
        }
        ("leased", "ready" | "dead") | ("ready", "cancelled") if epoch == epoch_was => {}
        _ => wrong("I6: not a step that a chunk may take"),
    }
}
