use std::convert::Infallible;

use futures_util::stream;

use super::*;

const BOUND: Bound = Bound {
    what: "the body",
    limit: 1_000,
    setting: "fixed",
};

/// A body of one byte every two milliseconds.
fn trickle(bytes: usize) -> Body {
    Body::from_stream(stream::iter(0..bytes).then(async |_| {
        tokio::time::sleep(Duration::from_millis(2)).await;
        Ok::<_, Infallible>("x")
    }))
}

fn pace(patience_ms: u64, grace_ms: u64, bytes_per_second: u32) -> Pace {
    Pace {
        patience: Duration::from_millis(patience_ms),
        grace: Duration::from_millis(grace_ms),
        bytes_per_second,
    }
}

async fn read(mut incoming: Incoming) -> Result<usize, Trouble> {
    let mut bytes = 0;
    while let Some(piece) = incoming.next().await {
        bytes += piece?.len();
    }
    Ok(bytes)
}

#[tokio::test]
async fn a_client_that_sends_a_little_all_the_time_is_given_up_too() {
    // 2 ms a byte, and a microsecond is allowed.
    let slow = Incoming::paced(trickle(1_000), BOUND, pace(10_000, 20, 1_000_000));
    assert!(matches!(read(slow).await, Err(Trouble::Slow { .. })));
    // A second is allowed.
    let fast = Incoming::paced(trickle(50), BOUND, pace(10_000, 10_000, 1));
    assert_eq!(read(fast).await.unwrap(), 50);
}

#[tokio::test]
async fn a_client_that_sends_nothing_is_given_up_and_which_limit_it_was_is_told() {
    let nothing = || Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
    let stalled = Incoming::paced(nothing(), BOUND, pace(10, 10_000, 1));
    assert!(matches!(read(stalled).await, Err(Trouble::Stalled { .. })));
    let slow = Incoming::paced(nothing(), BOUND, pace(10_000, 10, 1));
    assert!(matches!(read(slow).await, Err(Trouble::Slow { .. })));
}

#[tokio::test]
async fn the_time_in_which_the_client_waits_for_us_does_not_count() {
    let pieces = stream::iter(["a", "b", "c"].map(Ok::<_, Infallible>));
    let mut incoming = Incoming::paced(Body::from_stream(pieces), BOUND, pace(1_000, 5, 1_000_000));
    let mut bytes = 0;
    while let Some(piece) = incoming.next().await {
        bytes += piece.unwrap().len();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(bytes, 3);
}

#[tokio::test]
async fn more_than_the_bound_is_refused_with_its_name() {
    let body = |bytes| Body::from(vec![b'x'; bytes]);
    assert_eq!(
        read(Incoming::new(body(1_000), BOUND)).await.unwrap(),
        1_000
    );
    let trouble = read(Incoming::new(body(1_001), BOUND)).await.unwrap_err();
    assert_eq!(
        trouble.to_string(),
        "the body is longer than 1000 bytes (fixed)"
    );
    assert!(matches!(
        Refusal::from(trouble),
        Refusal::TooLarge { limit: 1_000, .. }
    ));
}

#[test]
fn a_byte_in_a_second_is_too_slow_after_half_a_minute() {
    assert_eq!(PACE.allowed(0), Duration::from_secs(30));
    assert_eq!(PACE.allowed(640 * 1024), Duration::from_secs(40));
}
