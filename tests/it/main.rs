//! Tests of the whole, through what a user sees: the command, its files, the schemas; and of the architecture.

#![cfg(test)]

mod architecture;
mod broker;
mod checkpoint;
mod commands;
mod corruptions;
mod events;
mod interruption;
mod malformed;
mod outputs;
mod process;
mod python;
mod samples;
mod schemas;
mod scutch;
mod servers;
mod service;
mod store;
