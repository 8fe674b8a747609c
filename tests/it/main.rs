//! Tests of the whole, through what a user sees: the command, its files, the schemas; and of the architecture.

#![cfg(test)]

mod architecture;
mod broker;
mod checkpoint;
mod commands;
mod corruptions;
mod interruption;
mod malformed;
mod process;
mod samples;
mod schemas;
mod scutch;
mod servers;
mod service;
mod store;
