//! Producer, scheduler and worker in one process, on the in-process broker and SQLite or on real servers.
