//! The commands that ask a service, against one that answers as the real one is documented to.

#![cfg(test)]

mod commands;
mod service;
mod submit;
mod watch;

use std::process::{Command, Output, Stdio};

/// The command against this address, away from any configuration of the machine.
fn command(url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scutch"));
    let foreign = std::env::vars().map(|(name, _)| name);
    for name in foreign.filter(|name| name.starts_with("SCUTCH")) {
        command.env_remove(name);
    }
    command
        .args(arguments)
        .env("SCUTCH_URL", url)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null());
    command
}

/// Runs the command to its end: exit status, standard output, standard error.
fn run(url: &str, arguments: &[&str]) -> (i32, String, String) {
    ended(&command(url, arguments).output().unwrap())
}

fn ended(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr),
    )
}
