//! A process of the service: started, signalled, ended.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::stack::LONG;

/// A running process of a service, which ends when this is dropped.
pub struct Role {
    /// What it is: `producer`, `scheduler`, `worker` or `up`.
    pub name: &'static str,
    child: Child,
    /// Where it answers over HTTP.
    pub address: String,
}

impl Role {
    /// Starts it and waits until it is ready; what it says goes into `log`, each line behind its name.
    pub fn start(
        name: &'static str,
        mut command: Command,
        log: impl Write + Send + 'static,
    ) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (ready, address) = mpsc::sync_channel(1);
        let lines = BufReader::new(child.stderr.take().unwrap());
        // Reads to the end, so that the process never waits for a reader.
        std::thread::spawn(move || listen(name, lines, log, &ready));
        let address = address.recv_timeout(LONG);
        let address = address.unwrap_or_else(|_| panic!("{name} was not ready in time"));
        Self {
            name,
            child,
            address,
        }
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, as a crash does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and waits until it has ended, which must be in order.
    pub fn stop(mut self) {
        self.signal("TERM");
        let status = self.ended();
        assert!(status.success(), "{} ended with {status}", self.name);
    }

    /// Sends a signal, as `STOP`.
    pub fn signal(&self, name: &str) {
        let (signal, pid) = (format!("-{name}"), self.pid().to_string());
        let sent = Command::new("kill").args([&signal, &pid]).status().unwrap();
        assert!(sent.success());
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits until it has ended.
    pub fn ended(&mut self) -> ExitStatus {
        let deadline = Instant::now() + LONG;
        while !self.has_ended() {
            assert!(Instant::now() < deadline, "{} did not end", self.name);
            std::thread::sleep(Duration::from_millis(20));
        }
        self.child.wait().unwrap()
    }
}

fn listen(
    name: &str,
    lines: BufReader<impl Read>,
    mut log: impl Write,
    ready: &mpsc::SyncSender<String>,
) {
    for line in lines.lines().map_while(Result::ok) {
        drop(writeln!(log, "{name}: {line}"));
        if let Some((_, rest)) = line.split_once("ready: http://") {
            let address = rest.split_whitespace().next().unwrap_or_default();
            drop(ready.try_send(format!("http://{address}")));
        }
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
