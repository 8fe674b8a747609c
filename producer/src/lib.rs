//! Takes documents in over HTTP and AMQP, makes jobs of them and publishes their chunks.
