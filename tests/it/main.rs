//! Tests of the whole, through what a user sees: the command, its files, the schemas; and of the architecture.

#![cfg(test)]

mod architecture;
mod commands;
mod corruptions;
mod events;
mod interruption;
mod malformed;
mod outputs;
mod process;
mod samples;
mod schemas;
mod service;
