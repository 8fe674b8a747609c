//! Programs in Python for tests: receivers of events, readers and servers that are not ours.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{OnceLock, mpsc};
use std::time::Duration;

use testbed::root;

/// The interpreter that has the packages.
fn interpreter() -> &'static Path {
    static INTERPRETER: OnceLock<PathBuf> = OnceLock::new();
    INTERPRETER.get_or_init(|| {
        let output = Command::new(root().join("tools/python.sh"))
            .arg("path")
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{error}");
        PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
    })
}

fn program(name: &str) -> PathBuf {
    root().join("tests/python").join(name)
}

/// Runs a program to its end; what it printed.
#[track_caller]
pub fn python(name: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(interpreter());
    command.arg(program(name)).args(arguments);
    let output = command.stdin(Stdio::null()).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

/// A program that goes on until it is dropped, or until the test binary ends, however it ends.
#[derive(Debug)]
pub struct Program {
    child: Child,
    /// It ends when this is closed.
    _tie: ChildStdin,
    /// Where it is.
    pub address: String,
}

impl Program {
    /// Starts it and waits until it has said where it is: its first line, or what stands there behind `ready`.
    #[track_caller]
    pub fn start(name: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new(interpreter())
            .args([program("tied.py"), program(name)])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let tie = child.stdin.take().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (ready, address) = mpsc::sync_channel(1);
        // To its end, so that it never waits for a reader.
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let address = line.strip_prefix("ready ").unwrap_or(&line);
                drop(ready.try_send(address.to_owned()));
            }
        });
        let address = address.recv_timeout(Duration::from_secs(60));
        let address = address.unwrap_or_else(|_| panic!("{name} was not ready in time"));
        Self {
            child,
            _tie: tie,
            address,
        }
    }

    /// Ends it at once, as a crash does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Lets it hang: its connections stay, and nothing is answered.
    pub fn hang(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on after [`Self::hang`].
    pub fn go_on(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
