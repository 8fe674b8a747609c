//! Takes documents in over HTTP and AMQP, makes jobs of them and publishes their chunks.
//!
//! A submission is read as it comes (`incoming`, `upload`, `envelope`, `lines`), each document is judged (`intake`) and packed into
//! chunks that wait in a spool (`chunker`, `spool`). Only once all of it is judged does the database see it, in one
//! transaction (`accept`), and only then the broker (`dispatcher`). Documents are looked at on the blocking threads of the
//! runtime, so that a long submission holds no other request up.

mod accept;
mod api;
mod chunker;
mod digest;
mod dispatcher;
mod envelope;
mod form;
mod gate;
mod idempotency_key;
mod incoming;
mod intake;
mod judge;
mod lines;
mod options;
mod producer;
mod refusal;
mod rejections;
mod run;
mod settings;
mod spool;
mod upload;

pub use accept::AcceptedBody;
pub use api::{api, openapi};
pub use producer::Producer;
pub use run::run;
pub use settings::Settings;
