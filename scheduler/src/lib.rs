//! Keeps the truth about jobs: their API, the outbox relay, retries, lost workers, dead letters.
