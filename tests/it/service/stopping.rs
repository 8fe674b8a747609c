//! How a service ends.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tests::scutch::command;
use tests::stack::LONG;

#[test]
fn a_service_whose_log_nobody_reads_any_more_can_be_stopped() {
    let data = tempfile::tempdir().unwrap();
    let arguments = ["up", "--listen", "127.0.0.1:0", "--data"];
    let mut service = command(&[&arguments[..], &[data.path().to_str().unwrap()]].concat())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(service.stderr.take().unwrap()).lines();
    assert!(log.any(|line| line.unwrap().contains("ready: http://")));
    // The other end of the pipe goes: whatever is written fails from now on.
    drop(log);
    let pid = service.id().to_string();
    assert!(Command::new("kill").arg(pid).status().unwrap().success());
    let deadline = Instant::now() + LONG;
    while service.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            service.kill().unwrap();
            panic!("it does not end");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(service.wait().unwrap().success());
}
