//! Where cleaned documents go, from outside: the same documents in every backend, whatever was away meanwhile.

mod away;
mod bucket;
mod same;
