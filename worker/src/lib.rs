//! Claims chunks, runs the text pipeline, writes the outputs.
