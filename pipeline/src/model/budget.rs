//! How many pieces go to the device at once, and what follows where it has no memory for them.

use super::Error;
use super::batches::{self, Place};

/// Pieces in a batch on the CPU: one or two long windows are enough that the products pay, and the fewer, the better the batches
/// of a few documents spread over the threads.
pub(super) const ON_CPU: usize = 256;
/// Pieces in a batch on CUDA, where every product costs a launch and only large ones fill the card. Reckoned, not measured.
pub(super) const ON_CUDA: usize = 16_384;

/// The most pieces of a batch; halved, for good, each time the device has no memory for one.
#[derive(Debug)]
pub(super) struct Budget(pub(super) usize);

impl Budget {
    /// Calls `each` with all places in order, and gives back how often the budget was halved on the way: with one batch at a time
    /// where the device computes one at once, else with all batches together.
    ///
    /// # Errors
    /// What `each` returned where that is not want of memory, or not even one window has room.
    pub(super) fn spend<'d>(
        &mut self,
        places: &[Place<'d>],
        at_once: usize,
        mut each: impl FnMut(&[&[Place<'d>]]) -> Result<(), Error>,
    ) -> Result<u64, Error> {
        let (mut rest, mut halvings) = (places, 0);
        while !rest.is_empty() {
            let (batches, later) = if at_once > 1 {
                (batches::all(rest, self.0, at_once), &rest[rest.len()..])
            } else {
                let (batch, later) = batches::next(rest, self.0);
                (vec![batch], later)
            };
            match each(&batches) {
                Ok(()) => rest = later,
                Err(error) => {
                    self.0 = smaller(&error, &batches).ok_or(error)?;
                    halvings += 1;
                }
            }
        }
        Ok(halvings)
    }
}

/// The budget with which a batch that failed is tried again: half of what it held. `None` where that cannot help.
fn smaller(error: &Error, batches: &[&[Place<'_>]]) -> Option<usize> {
    let is_memory =
        matches!(error, Error::Compute(source) if is_out_of_memory(&source.to_string()));
    let pieces = |batch: &&[Place<'_>]| batch.iter().map(|place| place.pieces).sum();
    let most: usize = batches.iter().map(pieces).max()?;
    let can_shrink = batches.iter().any(|batch| batch.len() > 1);
    (is_memory && can_shrink).then_some(most / 2)
}

/// True where the message is one of the driver's or of cuBLAS' for want of memory; Candle hands on their names alone.
fn is_out_of_memory(message: &str) -> bool {
    ["CUDA_ERROR_OUT_OF_MEMORY", "CUBLAS_STATUS_ALLOC_FAILED"]
        .iter()
        .any(|name| message.contains(name))
}

#[cfg(test)]
mod tests {
    use super::super::windows::Window;
    use super::*;

    const MEMORY: &str = r#"DriverError(CUDA_ERROR_OUT_OF_MEMORY, "out of memory")"#;

    fn failure(message: &str) -> Error {
        // As Candle's CUDA backend makes them.
        Error::Compute(candle_core::Error::Cuda(message.into()).bt())
    }

    fn window() -> Window {
        Window {
            words: 0..1,
            kept: 0..1,
        }
    }

    fn places<'d>(window: &'d Window, pieces: &[usize]) -> Vec<Place<'d>> {
        let place = |&pieces| Place {
            document: 0,
            window,
            pieces,
        };
        pieces.iter().map(place).collect()
    }

    #[test]
    fn only_want_of_memory_makes_the_budget_smaller() {
        let window = window();
        let two = places(&window, &[30, 50]);
        for message in [MEMORY, "CublasError(CUBLAS_STATUS_ALLOC_FAILED)"] {
            assert_eq!(smaller(&failure(message), &[&two]), Some(40));
            assert_eq!(smaller(&failure(message), &[&two[..1]]), None);
        }
        for message in [
            r#"DriverError(CUDA_ERROR_ILLEGAL_ADDRESS, "an illegal memory access was encountered")"#,
            r#"DriverError(CUDA_ERROR_LAUNCH_FAILED, "unspecified launch failure")"#,
            "CublasError(CUBLAS_STATUS_EXECUTION_FAILED)",
        ] {
            assert_eq!(smaller(&failure(message), &[&two]), None, "{message}");
        }
        assert_eq!(smaller(&Error::Gone, &[&two]), None);
    }

    /// An encoder on a device that has room for so many pieces.
    fn spend(
        budget: &mut Budget,
        pieces: &[usize],
        at_once: usize,
        room: usize,
    ) -> Result<(Vec<usize>, u64), Error> {
        let window = window();
        let mut done = Vec::new();
        let halvings = budget.spend(&places(&window, pieces), at_once, |batches| {
            let sum = |batch: &&[Place<'_>]| batch.iter().map(|place| place.pieces).sum::<usize>();
            if batches.iter().any(|batch| sum(batch) > room) {
                return Err(failure(MEMORY));
            }
            done.extend(batches.concat().iter().map(|place| place.pieces));
            Ok(())
        })?;
        Ok((done, halvings))
    }

    #[test]
    fn every_window_is_read_once_and_in_order_however_little_memory_there_is() {
        let pieces: Vec<usize> = (10..60).collect();
        for room in [59, 60, 100, 1_000, 10_000] {
            for at_once in [1, 2, 5] {
                let mut budget = Budget(1_500);
                let (done, halvings) = spend(&mut budget, &pieces, at_once, room).unwrap();
                assert_eq!(done, pieces);
                let least = 1_500.min(pieces.iter().sum::<usize>().div_ceil(at_once));
                assert_eq!(halvings > 0, room < least, "{room} {at_once}");
                // What was learnt stays learnt.
                let again = spend(&mut budget, &[10; 50], at_once, room).unwrap();
                assert_eq!(again.1, 0);
            }
        }
    }

    #[test]
    fn a_window_that_alone_has_no_room_is_an_error() {
        let error = spend(&mut Budget(1_500), &[10, 20, 70], 1, 60).unwrap_err();
        assert!(matches!(error, Error::Compute(_)));
    }

    #[test]
    fn any_other_error_goes_up_at_once() {
        let window = window();
        let mut calls = 0;
        let mut budget = Budget(100);
        let failed = budget.spend(&places(&window, &[10; 10]), 1, |_| {
            calls += 1;
            Err(Error::Gone)
        });
        assert!(matches!(failed, Err(Error::Gone)));
        assert_eq!((calls, budget.0), (1, 100));
    }
}
