//! Catches a panic and tells its place, never its words: a message may quote the document that was at work.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, Once, PoisonError};

thread_local! {
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
    static PLACE: Cell<Option<String>> = const { Cell::new(None) };
}

/// Where a thread of rayon's pool panicked last: the panic goes on in the thread that gave it the work, its place does not.
static PLACE_IN_POOL: Mutex<Option<String>> = Mutex::new(None);

/// What `job` returns, or the place (`file:line:column`) where it panicked; nothing is printed.
///
/// What `job` has changed stays as the panic left it: it must not rely on more.
///
/// The first call puts a hook before the one that is in force then, which goes on to see all other panics.
///
/// # Errors
/// The place of the panic.
pub fn guarded<T>(job: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(install);
    PLACE.set(None);
    let was_guarded = IS_GUARDED.replace(true);
    let done = panic::catch_unwind(AssertUnwindSafe(job));
    IS_GUARDED.set(was_guarded);
    done.map_err(|_| {
        PLACE
            .take()
            .or_else(|| pool().take())
            .unwrap_or_else(|| "an unknown place".to_owned())
    })
}

fn install() {
    let others = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(ToString::to_string);
        if IS_GUARDED.get() {
            PLACE.set(place);
        } else if rayon::current_thread_index().is_some() {
            *pool() = place;
        } else {
            others(panic);
        }
    }));
}

fn pool() -> std::sync::MutexGuard<'static, Option<String>> {
    PLACE_IN_POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use rayon::prelude::*;

    use super::*;

    #[test]
    fn a_panic_is_told_by_its_place_and_not_by_its_words() {
        let place = guarded(|| panic!("secret words of a document")).unwrap_err();
        assert!(place.contains("panics.rs:"), "{place}");
        assert!(!place.contains("secret"));
        assert_eq!(guarded(|| 7), Ok(7));
    }

    #[test]
    fn a_panic_in_the_pool_is_told_by_its_place_too() {
        let work = || (0..1000).into_par_iter().for_each(|n| assert!(n < 500));
        let place = guarded(work).unwrap_err();
        assert!(place.contains("panics.rs:"), "{place}");
    }

    #[test]
    fn a_panic_that_the_job_itself_caught_is_forgotten() {
        let inner = || drop(guarded(|| panic!("inner")));
        assert_eq!(guarded(inner), Ok(()));
        let line = line!() + 1;
        let place = guarded(|| panic!("outer")).unwrap_err();
        assert!(place.contains(&format!(":{line}:")), "{place}");
    }
}
