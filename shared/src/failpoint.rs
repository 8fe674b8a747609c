//! Places where tests make a process end as a crash does. In a program that is not built for tests nothing is there.
//!
//! Built into the command by the feature `failpoints` of the crate `fail`, which only the crate of tests turns on, and asleep there until
//! the environment names them: `FAILPOINTS="worker.written=1*off->return"` crashes when the place is passed for the second time.
//! <https://docs.rs/fail/0.5>

use std::time::Duration;

pub use fail::FailScenario;

/// Takes up what the environment says of failpoints, until this is dropped.
pub fn set_up() -> FailScenario<'static> {
    FailScenario::setup()
}

/// Whether this program was built for tests.
pub fn are_built_in() -> bool {
    fail::has_failpoints()
}

/// Ends the process at once where the environment says so of this place: nothing is flushed, closed or given back.
pub fn crash(place: &'static str) {
    // Without the feature the macro is nothing.
    _ = place;
    fail::fail_point!(place, |_| std::process::abort());
}

/// Does what a document asks for that holds one of these marks, where the environment allows it of `worker.document`.
///
/// | mark | |
/// |---|---|
/// | `scutch-test:panic` | panics |
/// | `scutch-test:abort` | ends the process at once |
/// | `scutch-test:sleep:20` | takes 20 ms |
/// | `scutch-test:memory` | takes memory until there is none left |
pub fn obey(text: &str) {
    if are_built_in() && fail::eval("worker.document", |_| ()).is_some() {
        do_as_marked(text);
    }
}

#[cfg_attr(not(test), expect(clippy::panic, reason = "a test asks for it"))]
fn do_as_marked(text: &str) {
    let Some((_, mark)) = text.split_once("scutch-test:") else {
        return;
    };
    if mark.starts_with("panic") {
        panic!("a document of a test");
    } else if mark.starts_with("abort") {
        std::process::abort();
    } else if let Some(time) = mark.strip_prefix("sleep:") {
        let digits = time.split(|letter: char| !letter.is_ascii_digit()).next();
        let milliseconds = digits.and_then(|digits| digits.parse().ok());
        std::thread::sleep(Duration::from_millis(milliseconds.unwrap_or(0)));
    } else if mark.starts_with("memory") {
        let mut taken = Vec::new();
        loop {
            taken.push(vec![1_u8; 16 << 20]);
        }
    }
}
