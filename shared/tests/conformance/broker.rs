//! The broker keeps the same promises in memory and on RabbitMQ; and on RabbitMQ, whatever happens to the server.

use std::collections::HashSet;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use shared::broker::{Broker, CallError, Deliveries, Delivery, Error, Message, Queue, Settings};
use shared::job::{Priority, WorkerId};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use testbed::{Server, Servers, fresh_vhost};

/// A time that nothing here should need: after a deleted queue, consuming may go on only after 25 s.
const LONG: Duration = Duration::from_secs(120);
/// A time in which something that must not happen would have happened.
const SHORT: Duration = Duration::from_millis(500);
const WORK: Queue = Queue::Work(Priority::Normal);

/// Runs each case on both.
macro_rules! on_both {
    ($($case:ident),+ $(,)?) => {
        mod in_memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::$case(super::Broker::memory()).await;
            })+
        }

        mod on_rabbit {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let broker = super::open(&super::fresh_vhost());
                super::$case(broker.clone()).await;
                broker.close().await;
            })+
        }
    };
}

on_both! {
    a_message_arrives_as_it_was_sent,
    an_acknowledged_message_does_not_come_again,
    a_dropped_delivery_comes_again,
    what_was_not_taken_goes_back_when_the_consumption_stops,
    a_delivery_can_be_acknowledged_after_the_consumption_stopped,
    no_more_than_the_prefetch_are_unacknowledged,
    two_consumers_share_a_queue,
    a_message_in_each_queue_comes_out_of_that_queue,
    depth_counts_messages_and_consumers,
    an_expired_message_is_not_delivered,
    a_message_without_a_queue_is_an_error,
    a_hint_reaches_every_worker,
    a_question_is_answered,
    many_questions_each_get_their_own_answer,
    a_question_that_nobody_takes_is_refused_at_once,
    a_question_that_nobody_answers_times_out,
    an_answer_that_nobody_waits_for_is_no_error,
    a_message_delivered_too_often_is_dead,
}

fn open(url: &str) -> Broker {
    let settings = Settings {
        url: Some(url.into()),
        confirm_timeout_ms: 45_000,
        heartbeat_s: 5,
    };
    Broker::open(&settings, "test").unwrap()
}

fn message(id: &str) -> Message {
    Message {
        kind: "test.v1".to_owned(),
        id: id.to_owned(),
        body: "body".into(),
        ..Message::default()
    }
}

async fn next(deliveries: &mut Deliveries) -> Delivery {
    timeout(LONG, deliveries.next())
        .await
        .expect("no delivery came")
        .expect("the deliveries ended")
}

async fn nothing_comes(deliveries: &mut Deliveries) {
    let delivery = timeout(SHORT, deliveries.next()).await;
    assert!(delivery.is_err(), "{delivery:?}");
}

/// Waits until so many consume the queue: RabbitMQ hears of a consumer a moment after it was asked for.
async fn consumers(broker: &Broker, queue: Queue, count: u64) {
    let reached = async {
        while broker.depth(&queue).await.unwrap().consumers != count {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(LONG, reached)
        .await
        .expect("the consumers never were so many");
}

async fn a_message_arrives_as_it_was_sent(broker: Broker) {
    let sent = Message {
        headers: [("traceparent".to_owned(), "00-1-2-01".to_owned())].into(),
        body: vec![7; 300_000].into(),
        ..message("job:1:2")
    };
    broker.publish(&WORK, sent.clone()).await.unwrap();
    let mut deliveries = broker.consume(WORK, 1, CancellationToken::new());
    let delivery = next(&mut deliveries).await;
    assert_eq!(delivery.message, sent);
    assert_eq!(delivery.queue, WORK);
    assert!(!delivery.is_redelivered);
    assert_eq!(delivery.reply_to, None);
    delivery.ack().await.unwrap();
}

async fn an_acknowledged_message_does_not_come_again(broker: Broker) {
    broker.publish(&WORK, message("1")).await.unwrap();
    let mut first = broker.consume(WORK, 1, CancellationToken::new());
    next(&mut first).await.ack().await.unwrap();
    drop(first);
    consumers(&broker, WORK, 0).await;
    let mut second = broker.consume(WORK, 1, CancellationToken::new());
    nothing_comes(&mut second).await;
}

async fn a_dropped_delivery_comes_again(broker: Broker) {
    broker.publish(&WORK, message("1")).await.unwrap();
    let mut deliveries = broker.consume(WORK, 1, CancellationToken::new());
    drop(next(&mut deliveries).await);
    let again = next(&mut deliveries).await;
    assert_eq!(again.message.id, "1");
    assert!(again.is_redelivered);
    again.ack().await.unwrap();
}

async fn what_was_not_taken_goes_back_when_the_consumption_stops(broker: Broker) {
    for n in 0..5 {
        broker
            .publish(&WORK, message(&n.to_string()))
            .await
            .unwrap();
    }
    let stop = CancellationToken::new();
    let mut first = broker.consume(WORK, 5, stop.clone());
    let held = next(&mut first).await;
    stop.cancel();
    assert!(timeout(LONG, first.next()).await.unwrap().is_none());
    drop(first);

    let mut second = broker.consume(WORK, 5, CancellationToken::new());
    let mut ids = HashSet::new();
    for _ in 0..4 {
        let delivery = next(&mut second).await;
        ids.insert(delivery.message.id.clone());
        delivery.ack().await.unwrap();
    }
    assert!(!ids.contains(&held.message.id), "it is still held");
    drop(held);
    assert!(next(&mut second).await.is_redelivered);
}

async fn a_delivery_can_be_acknowledged_after_the_consumption_stopped(broker: Broker) {
    broker.publish(&WORK, message("1")).await.unwrap();
    let stop = CancellationToken::new();
    let mut first = broker.consume(WORK, 1, stop.clone());
    let held = next(&mut first).await;
    stop.cancel();
    assert!(timeout(LONG, first.next()).await.unwrap().is_none());
    drop(first);
    held.ack().await.unwrap();
    let mut second = broker.consume(WORK, 1, CancellationToken::new());
    nothing_comes(&mut second).await;
}

async fn no_more_than_the_prefetch_are_unacknowledged(broker: Broker) {
    for n in 0..5 {
        broker
            .publish(&WORK, message(&n.to_string()))
            .await
            .unwrap();
    }
    let mut deliveries = broker.consume(WORK, 2, CancellationToken::new());
    let first = next(&mut deliveries).await;
    let _second = next(&mut deliveries).await;
    nothing_comes(&mut deliveries).await;
    first.ack().await.unwrap();
    let _third = next(&mut deliveries).await;
    nothing_comes(&mut deliveries).await;
}

async fn two_consumers_share_a_queue(broker: Broker) {
    let mut one = broker.consume(WORK, 1, CancellationToken::new());
    let mut other = broker.consume(WORK, 1, CancellationToken::new());
    consumers(&broker, WORK, 2).await;
    let mut ids = HashSet::new();
    for n in 0..10 {
        broker
            .publish(&WORK, message(&n.to_string()))
            .await
            .unwrap();
    }
    for _ in 0..5 {
        let (first, second) = tokio::join!(next(&mut one), next(&mut other));
        ids.insert(first.message.id.clone());
        ids.insert(second.message.id.clone());
        first.ack().await.unwrap();
        second.ack().await.unwrap();
    }
    assert_eq!(ids.len(), 10);
}

async fn a_message_in_each_queue_comes_out_of_that_queue(broker: Broker) {
    let queues = [
        Queue::Work(Priority::High),
        Queue::Work(Priority::Normal),
        Queue::Work(Priority::Low),
        Queue::Quarantine,
        Queue::Dead,
        Queue::Submit,
        Queue::Preprocess,
    ];
    for queue in &queues {
        broker.publish(queue, message(&queue.name())).await.unwrap();
    }
    for queue in queues {
        let mut deliveries = broker.consume(queue, 2, CancellationToken::new());
        let delivery = next(&mut deliveries).await;
        assert_eq!(delivery.message.id, queue.name());
        delivery.ack().await.unwrap();
        nothing_comes(&mut deliveries).await;
    }
}

async fn depth_counts_messages_and_consumers(broker: Broker) {
    let empty = broker.depth(&WORK).await.unwrap();
    assert_eq!((empty.messages, empty.consumers), (0, 0));
    for n in 0..3 {
        broker
            .publish(&WORK, message(&n.to_string()))
            .await
            .unwrap();
    }
    let full = broker.depth(&WORK).await.unwrap();
    assert_eq!((full.messages, full.consumers), (3, 0));
    let mut deliveries = broker.consume(WORK, 1, CancellationToken::new());
    let _held = next(&mut deliveries).await;
    let held = broker.depth(&WORK).await.unwrap();
    assert_eq!((held.messages, held.consumers), (2, 1));
}

async fn an_expired_message_is_not_delivered(broker: Broker) {
    let short_lived = Message {
        expiration: Some(Duration::from_millis(20)),
        ..message("1")
    };
    broker
        .publish(&Queue::Preprocess, short_lived)
        .await
        .unwrap();
    sleep(SHORT).await;
    let mut deliveries = broker.consume(Queue::Preprocess, 1, CancellationToken::new());
    nothing_comes(&mut deliveries).await;
}

async fn a_message_without_a_queue_is_an_error(broker: Broker) {
    let nobody = Queue::Control(WorkerId::generate());
    let error = broker.publish(&nobody, message("1")).await.unwrap_err();
    assert!(matches!(error, Error::Unroutable { .. }), "{error:?}");
    broker.publish(&WORK, message("2")).await.unwrap();
}

async fn a_hint_reaches_every_worker(broker: Broker) {
    broker
        .publish_control(message("nobody listens"))
        .await
        .unwrap();
    let mut workers = Vec::new();
    for _ in 0..2 {
        let queue = Queue::Control(WorkerId::generate());
        let mut hints = broker.consume(queue, 10, CancellationToken::new());
        // The queue is there once a message gets into it.
        while broker.publish(&queue, message("first")).await.is_err() {
            sleep(Duration::from_millis(20)).await;
        }
        let first = next(&mut hints).await;
        assert_eq!(first.message.id, "first");
        first.ack().await.unwrap();
        workers.push(hints);
    }
    broker.publish_control(message("hint")).await.unwrap();
    for hints in &mut workers {
        let hint = next(hints).await;
        assert_eq!(hint.message.id, "hint");
        hint.ack().await.unwrap();
    }
}

/// Answers every question with the id of the question, until stopped.
async fn answer_questions(broker: Broker, stop: CancellationToken) {
    let mut questions = broker.consume(Queue::Preprocess, 16, stop);
    while let Some(question) = questions.next().await {
        let to = question
            .reply_to
            .clone()
            .expect("no address for the answer");
        let answer = message(&question.message.id);
        broker.reply(&to, answer).await.unwrap();
        question.ack().await.unwrap();
    }
}

async fn a_question_is_answered(broker: Broker) {
    let stop = CancellationToken::new();
    let answering = tokio::spawn(answer_questions(broker.clone(), stop.clone()));
    consumers(&broker, Queue::Preprocess, 1).await;
    let answer = broker.call(message("1"), LONG).await.unwrap();
    assert_eq!(
        (answer.id.as_str(), answer.body.as_ref()),
        ("1", b"body".as_slice())
    );
    stop.cancel();
    answering.await.unwrap();
}

async fn many_questions_each_get_their_own_answer(broker: Broker) {
    let stop = CancellationToken::new();
    let answering = tokio::spawn(answer_questions(broker.clone(), stop.clone()));
    consumers(&broker, Queue::Preprocess, 1).await;
    let mut calls = JoinSet::new();
    for n in 0..50 {
        let broker = broker.clone();
        calls.spawn(async move {
            let id = n.to_string();
            assert_eq!(broker.call(message(&id), LONG).await.unwrap().id, id);
        });
    }
    while let Some(call) = calls.join_next().await {
        call.unwrap();
    }
    stop.cancel();
    answering.await.unwrap();
}

async fn a_question_that_nobody_takes_is_refused_at_once(broker: Broker) {
    let error = broker.call(message("1"), LONG).await.unwrap_err();
    assert!(matches!(error, CallError::NoConsumer), "{error:?}");
}

async fn a_question_that_nobody_answers_times_out(broker: Broker) {
    let mut questions = broker.consume(Queue::Preprocess, 1, CancellationToken::new());
    consumers(&broker, Queue::Preprocess, 1).await;
    let (answer, question) = tokio::join!(broker.call(message("1"), SHORT), next(&mut questions));
    let error = answer.unwrap_err();
    assert!(matches!(error, CallError::TimedOut), "{error:?}");
    broker
        .reply(&question.reply_to.clone().unwrap(), message("late"))
        .await
        .unwrap();
    question.ack().await.unwrap();
}

async fn an_answer_that_nobody_waits_for_is_no_error(broker: Broker) {
    let mut questions = broker.consume(Queue::Preprocess, 1, CancellationToken::new());
    consumers(&broker, Queue::Preprocess, 1).await;
    let asking = tokio::spawn({
        let broker = broker.clone();
        async move { broker.call(message("1"), LONG).await }
    });
    let question = next(&mut questions).await;
    asking.abort();
    assert!(asking.await.unwrap_err().is_cancelled());
    broker
        .reply(&question.reply_to.clone().unwrap(), message("late"))
        .await
        .unwrap();
    question.ack().await.unwrap();
}

async fn a_message_delivered_too_often_is_dead(broker: Broker) {
    broker.publish(&WORK, message("poison")).await.unwrap();
    let mut deliveries = broker.consume(WORK, 1, CancellationToken::new());
    let mut dead = broker.consume(Queue::Dead, 1, CancellationToken::new());
    let mut times = 0;
    let buried = loop {
        tokio::select! {
            delivery = next(&mut deliveries) => { drop(delivery); times += 1; }
            buried = next(&mut dead) => break buried,
        }
    };
    assert_eq!(buried.message.id, "poison");
    assert_eq!(times, 21, "the first delivery and 20 more");
    buried.ack().await.unwrap();
}

/// A server whose queues and connections the tests below may end; each has a virtual host of its own.
fn rabbit() -> (&'static Servers, String, String) {
    static RABBIT: OnceLock<Servers> = OnceLock::new();
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let rabbit = RABBIT.get_or_init(|| Servers::start(&[Server::Rabbit]));
    let vhost = format!("broker_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    rabbit.rabbitmqctl(&["add_vhost", &vhost]);
    rabbit.rabbitmqctl(&["set_permissions", "-p", &vhost, "guest", ".*", ".*", ".*"]);
    let (server, _) = rabbit.amqp_url().rsplit_once('/').unwrap();
    let url = format!("{server}/{vhost}");
    (rabbit, vhost, url)
}

/// Publishes until it succeeds, and says how long that took.
async fn publish_at_last(broker: &Broker, id: &str) -> Duration {
    publish_at_last_to(broker, &WORK, id).await
}

async fn publish_at_last_to(broker: &Broker, queue: &Queue, id: &str) -> Duration {
    let start = Instant::now();
    while let Err(error) = broker.publish(queue, message(id)).await {
        assert!(error.is_transient(), "{error:?}");
        assert!(start.elapsed() < LONG, "{error:?}");
        sleep(Duration::from_millis(50)).await;
    }
    start.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn consuming_goes_on_after_the_queue_was_deleted() {
    let (rabbit, vhost, url) = rabbit();
    let broker = open(&url);
    let mut deliveries = broker.consume(WORK, 2, CancellationToken::new());
    broker.publish(&WORK, message("1")).await.unwrap();
    let held = next(&mut deliveries).await;
    rabbit.rabbitmqctl(&["delete_queue", "-p", &vhost, &WORK.name()]);
    broker.publish(&WORK, message("2")).await.unwrap();
    // Its channel may be gone, or its queue.
    drop(held.ack().await);
    let delivery = next(&mut deliveries).await;
    assert_eq!(delivery.message.id, "2");
    delivery.ack().await.unwrap();
    broker.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishing_declares_a_deleted_queue_again() {
    let (rabbit, vhost, url) = rabbit();
    let broker = open(&url);
    for queue in [WORK, Queue::Submit, Queue::Preprocess, Queue::Dead] {
        broker.publish(&queue, message("1")).await.unwrap();
        rabbit.rabbitmqctl(&["delete_queue", "-p", &vhost, &queue.name()]);
        let mut sending = JoinSet::new();
        for n in 0..200 {
            let broker = broker.clone();
            // A queue that is being made may be slow: what is refused for now is sent again, as everybody does.
            sending.spawn(async move { publish_at_last_to(&broker, &queue, &n.to_string()).await });
        }
        let sent = sending.join_all().await.len();
        assert_eq!(sent, 200);
        // And sent again, some may be there twice, but none is missing.
        let mut missing: HashSet<String> = (0..200).map(|n: u32| n.to_string()).collect();
        let mut deliveries = broker.consume(queue, 50, CancellationToken::new());
        while !missing.is_empty() {
            let delivery = next(&mut deliveries).await;
            missing.remove(&delivery.message.id);
            delivery.ack().await.unwrap();
        }
    }
    broker.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_goes_on_after_all_connections_were_closed() {
    let (rabbit, vhost, url) = rabbit();
    let broker = open(&url);
    let mut deliveries = broker.consume(WORK, 1, CancellationToken::new());
    broker.publish(&WORK, message("1")).await.unwrap();
    let held = next(&mut deliveries).await;
    rabbit.rabbitmqctl(&["close_all_connections", "--vhost", &vhost, "test"]);

    let again = next(&mut deliveries).await;
    assert_eq!(again.message.id, "1");
    assert!(again.is_redelivered);
    let start = Instant::now();
    let stale = held.ack().await;
    assert!(matches!(stale, Err(Error::Stale)), "{stale:?}");
    assert!(start.elapsed() < Duration::from_secs(1));
    again.ack().await.unwrap();

    publish_at_last(&broker, "2").await;
    let delivery = next(&mut deliveries).await;
    assert_eq!(delivery.message.id, "2");
    delivery.ack().await.unwrap();
    broker.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_goes_on_after_the_server_was_killed() {
    let server = Servers::start(&[Server::Rabbit]);
    let broker = open(server.amqp_url());
    let mut deliveries = broker.consume(WORK, 1, CancellationToken::new());
    broker.publish(&WORK, message("1")).await.unwrap();
    let held = next(&mut deliveries).await;
    server.kill(Server::Rabbit);

    let error = broker.publish(&WORK, message("2")).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    assert!(broker.check(SHORT).await.is_err());
    assert!(matches!(held.ack().await, Err(Error::Stale)));
    server.start_again(Server::Rabbit);

    let start = Instant::now();
    let again = next(&mut deliveries).await;
    let consuming = start.elapsed();
    assert_eq!(again.message.id, "1");
    assert!(consuming < Duration::from_secs(15), "{consuming:?}");
    again.ack().await.unwrap();
    let publishing = publish_at_last(&broker, "3").await;
    println!("after the server listened: consuming {consuming:?}, publishing {publishing:?}");
    broker.check(LONG).await.unwrap();
    broker.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_short_of_memory_refuses_publishes_and_takes_acknowledgements() {
    let server = Servers::start(&[Server::Rabbit]);
    let broker = open(server.amqp_url());
    let mut deliveries = broker.consume(WORK, 1, CancellationToken::new());
    broker.publish(&WORK, message("1")).await.unwrap();
    let held = next(&mut deliveries).await;
    server.rabbitmqctl(&["set_vm_memory_high_watermark", "0.0000001"]);
    // The first finds out, after the time a publish may take.
    let first = broker.publish(&WORK, message("2")).await.unwrap_err();
    assert!(first.is_transient(), "{first:?}");
    let second = broker.publish(&WORK, message("3")).await.unwrap_err();
    assert!(matches!(second, Error::Blocked), "{second:?}");
    held.ack().await.unwrap();
    server.rabbitmqctl(&["set_vm_memory_high_watermark", "0.9"]);
    publish_at_last(&broker, "4").await;
    broker.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_messages_in_flight_are_fast() {
    let broker = open(&fresh_vhost());
    broker.check(LONG).await.unwrap();
    let start = Instant::now();
    let mut sending = JoinSet::new();
    let count = 4000;
    for n in 0..count {
        if sending.len() == 200 {
            sending.join_next().await.unwrap().unwrap();
        }
        let broker = broker.clone();
        sending.spawn(async move {
            let message = Message {
                body: vec![0; 1000].into(),
                ..message(&n.to_string())
            };
            broker.publish(&WORK, message).await.unwrap();
        });
    }
    while let Some(sent) = sending.join_next().await {
        sent.unwrap();
    }
    let rate = f64::from(count) / start.elapsed().as_secs_f64();
    println!("{rate:.0} messages/s with 200 in flight");
    assert!(rate > 500.0, "{rate:.0} messages/s");
    broker.close().await;
}
