//! What can be chosen between keeps the same promises whichever is chosen: stores, brokers, checkpoints, each on real servers too.

#![cfg(test)]

mod broker;
mod checkpoint;
mod store;
