use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;

use super::*;

/// Ten of these, and a gap is given up.
fn at(tenth: u32) -> Timestamp {
    Timestamp::UNIX_EPOCH + FINAL_AFTER / 10 * tenth
}

fn stamps(events: &[(i64, u32)]) -> Vec<Stamp> {
    let stamp = |&(seq, tenth): &(i64, u32)| Stamp {
        seq,
        time: at(tenth),
    };
    events.iter().map(stamp).collect()
}

fn numbers(position: &Position) -> Vec<i64> {
    position.gaps.iter().map(|gap| gap.seq).collect()
}

#[test]
fn missing_numbers_are_gaps_until_they_come() {
    let start = Position::behind(4);
    let first = start.after(&stamps(&[(5, 0), (8, 0), (9, 0)]), Reading::Whole, at(0));
    assert_eq!((first.seq, numbers(&first)), (9, vec![6, 7]));
    let second = first.after(&stamps(&[(7, 0), (11, 1)]), Reading::Whole, at(1));
    assert_eq!((second.seq, numbers(&second)), (11, vec![6, 10]));
    assert_eq!(second.gaps[1].since, at(1));
    let third = second.after(&stamps(&[(6, 0)]), Reading::Whole, at(2));
    assert_eq!((third.seq, numbers(&third)), (11, vec![10]));
}

#[test]
fn a_gap_is_given_up_when_it_was_asked_for_after_its_time() {
    let position = Position::behind(0).after(&stamps(&[(3, 0)]), Reading::Whole, at(0));
    let young = position.after(&[], Reading::Whole, at(9));
    assert_eq!(numbers(&young), [1, 2]);
    let cut = position.after(&[], Reading::Cut, at(60));
    assert_eq!(numbers(&cut), [1, 2], "it may have been cut off");
    let old = position.after(&[], Reading::Whole, at(10));
    assert_eq!((old.seq, numbers(&old)), (3, vec![]));
}

#[test]
fn numbers_missing_from_history_are_no_gaps() {
    let position =
        Position::behind(0).after(&stamps(&[(900_000_000_000, 0)]), Reading::Cut, at(30));
    assert_eq!(
        (position.seq, numbers(&position)),
        (900_000_000_000, vec![])
    );
}

#[test]
fn a_leap_leaves_as_many_gaps_as_can_be_asked_for() {
    let position = Position::behind(0).after(&stamps(&[(900_000_000_000, 0)]), Reading::Cut, at(0));
    assert_eq!(position.gaps.len(), MOST_GAPS);
    assert_eq!(position.gaps[MOST_GAPS - 1].seq, 899_999_999_999);
    let more = position.after(&stamps(&[(900_000_000_002, 0)]), Reading::Cut, at(0));
    assert_eq!(more.gaps.len(), MOST_GAPS);
    assert_eq!(more.gaps[MOST_GAPS - 1].seq, 900_000_000_001);
}

#[test]
fn a_clock_that_went_back_makes_nothing_final() {
    let position = Position::behind(0).after(&stamps(&[(2, 50)]), Reading::Whole, at(0));
    assert_eq!(numbers(&position), [1]);
}

#[test]
fn gaps_are_kept_as_pairs_of_numbers() {
    let gap = Gap {
        seq: 7,
        since: at(1),
    };
    assert_eq!(serde_json::to_string(&[gap]).unwrap(), "[[7,180000000]]");
    let read: Vec<Gap> = serde_json::from_str("[[7,180000000]]").unwrap();
    assert_eq!(read, [gap]);
}

#[test]
fn were_gaps_read_first_a_job_could_be_told_in_the_wrong_order() {
    let mut world = World::default();
    // Number 1 is under way in a job's transaction, 2 was delivered; the job goes on with 3 while the receiver reads.
    let [first, second] = [Step::Insert(0), Step::Commit(0)];
    world.step(&first);
    world.step(&Step::Burn);
    let position = Position::behind(0).after(&stamps(&[(2, 0)]), Reading::Whole, at(0));
    let gaps_too_early = world.read(|seq| seq == 1, LIMIT);
    let behind = world.read(|seq| seq > position.seq, LIMIT);
    for step in [&second, &first, &second] {
        world.step(step);
    }
    let behind_too_late = world.read(|seq| seq > position.seq, LIMIT);
    let gaps = world.read(|seq| seq == 1, LIMIT);
    let wrong = first_of(behind_too_late, gaps_too_early);
    let right = first_of(behind, gaps);
    assert_eq!((wrong, right), (vec![3], vec![1]));
}

fn first_of(behind: Vec<Stamp>, gaps: Vec<Stamp>) -> Vec<i64> {
    let (events, _) = first(behind, gaps, LIMIT, |event| event.seq);
    events.iter().map(|event| event.seq).collect()
}

#[test]
fn a_reading_is_whole_only_where_fewer_came_than_could() {
    for (behind, gaps, reading, count) in [
        (0, 0, Reading::Whole, 0),
        (4, 0, Reading::Whole, 4),
        (5, 0, Reading::Cut, 5),
        (1, 3, Reading::Whole, 4),
        (2, 3, Reading::Cut, 5),
        (5, 3, Reading::Cut, 5),
    ] {
        let gaps: Vec<i64> = (1..=gaps).collect();
        let behind: Vec<i64> = (11..11 + behind).collect();
        let expected: Vec<i64> = gaps.iter().chain(&behind).copied().take(LIMIT).collect();
        let read = first(behind, gaps, LIMIT, |seq| *seq);
        assert_eq!(read.0.len(), count);
        assert_eq!(read, (expected, reading));
    }
}

/// A step of a world in which transactions insert events of jobs.
#[derive(Debug, Clone)]
enum Step {
    /// The transaction of a job, begun where there is none, inserts an event.
    Insert(u8),
    Commit(u8),
    RollBack(u8),
    /// A number is given out and never used.
    Burn,
    Wait(u8),
    /// The receiver reads; what is behind its position, then, after so many of the next steps, its gaps; and takes so many in percent.
    Read(u8, u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let job = 0..6_u8;
    let step = prop_oneof![
        6 => job.clone().prop_map(Step::Insert),
        5 => job.clone().prop_map(Step::Commit),
        1 => job.prop_map(Step::RollBack),
        1 => Just(Step::Burn),
        1 => (0..8_u8).prop_map(Step::Wait),
        4 => (0..4_u8, 0..=100_u8).prop_map(|(between, taken)| Step::Read(between, taken)),
    ];
    prop::collection::vec(step, 0..200)
}

#[derive(Default)]
struct World {
    now: u32,
    last: i64,
    /// Number, time, and place among its job's events, of those under way.
    open: HashMap<u8, Vec<(i64, u32, u32)>>,
    committed: BTreeMap<i64, (u8, u32, u32)>,
    count: HashMap<u8, u32>,
}

impl World {
    fn step(&mut self, step: &Step) {
        match step {
            Step::Insert(job) => {
                self.last += 1;
                let open = self.open.entry(*job).or_default();
                let place = self.count.get(job).copied().unwrap_or(0) + open.len() as u32;
                open.push((self.last, self.now, place));
            }
            Step::Commit(job) => {
                for (seq, time, place) in self.open.remove(job).unwrap_or_default() {
                    self.committed.insert(seq, (*job, time, place));
                    *self.count.entry(*job).or_default() += 1;
                }
            }
            Step::RollBack(job) => drop(self.open.remove(job)),
            Step::Burn => self.last += 1,
            Step::Wait(tenths) => {
                self.now += u32::from(*tenths);
                // No transaction lives for long.
                let now = self.now;
                self.open.retain(|_, events| now - events[0].1 < 9);
            }
            Step::Read(..) => {}
        }
    }

    fn read(&self, is_asked: impl Fn(i64) -> bool, limit: usize) -> Vec<Stamp> {
        let asked = self.committed.iter().filter(|(seq, _)| is_asked(**seq));
        let stamp = |(seq, (_, tenth, _)): (&i64, &(u8, u32, u32))| Stamp {
            seq: *seq,
            time: at(*tenth),
        };
        asked.map(stamp).take(limit).collect()
    }
}

const LIMIT: usize = 5;

/// One reading with `between` steps amid, of which the first `taken` percent are delivered.
fn read(
    world: &mut World,
    position: &mut Position,
    between: &[Step],
    taken: u8,
    delivered: &mut Vec<i64>,
) {
    let now = at(world.now);
    let behind = world.read(|seq| seq > position.seq, LIMIT);
    between.iter().for_each(|step| world.step(step));
    let gaps = numbers(position);
    let filled = world.read(|seq| gaps.contains(&seq), usize::MAX);
    let (events, mut reading) = first(behind, filled, LIMIT, |event| event.seq);
    let count = events.len() * usize::from(taken) / 100;
    if count < events.len() {
        reading = Reading::Cut;
    }
    delivered.extend(events[..count].iter().map(|event| event.seq));
    *position = position.after(&events[..count], reading, now);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn whatever_the_order_of_commits_nothing_is_lost_doubled_or_out_of_its_jobs_order(steps in steps()) {
        let mut world = World::default();
        let mut position = Position::default();
        let mut delivered = Vec::new();
        let mut rest = &steps[..];
        while let Some((step, after)) = rest.split_first() {
            rest = after;
            if let Step::Read(between, taken) = step {
                let (amid, after) = rest.split_at(usize::from(*between).min(rest.len()));
                rest = after;
                read(&mut world, &mut position, amid, *taken, &mut delivered);
            } else {
                world.step(step);
            }
        }
        (0..6).for_each(|job| world.step(&Step::Commit(job)));
        for _ in 0..=steps.len() {
            read(&mut world, &mut position, &[], 100, &mut delivered);
        }
        let mut in_order = delivered.clone();
        in_order.sort_unstable();
        prop_assert_eq!(&in_order, &world.committed.keys().copied().collect::<Vec<_>>());
        let mut places: HashMap<u8, u32> = HashMap::new();
        for seq in &delivered {
            let (job, _, place) = world.committed[seq];
            let expected = places.entry(job).or_default();
            prop_assert_eq!(place, *expected);
            *expected += 1;
        }
    }
}
