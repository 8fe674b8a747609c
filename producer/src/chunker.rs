//! Packs documents into chunks.

use std::io;

use shared::payload::{self, MAX_BYTES, MAX_DOCUMENTS};
use shared::store::NewChunk;

use crate::spool::Spool;

/// Puts documents into chunks in the order in which they come.
pub(crate) struct Chunker {
    lines: Vec<u8>,
    documents: usize,
    spool: Spool,
}

impl Chunker {
    pub(crate) fn new() -> Self {
        Self {
            lines: Vec::new(),
            documents: 0,
            spool: Spool::new(),
        }
    }

    /// Adds a document in JSON. It becomes one line, however it was laid out: a line end in JSON is always between its parts.
    pub(crate) fn push(&mut self, document: &[u8]) -> io::Result<()> {
        let is_full = self.documents == MAX_DOCUMENTS
            || (self.documents > 0 && self.lines.len() + document.len() + 1 > MAX_BYTES);
        if is_full {
            self.close()?;
        }
        let start = self.lines.len();
        self.lines.extend_from_slice(document);
        for byte in &mut self.lines[start..] {
            if matches!(*byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
        self.lines.push(b'\n');
        self.documents += 1;
        Ok(())
    }

    /// All chunks.
    pub(crate) fn finish(mut self) -> io::Result<Spool> {
        if self.documents > 0 {
            self.close()?;
        }
        Ok(self.spool)
    }

    fn close(&mut self) -> io::Result<()> {
        self.spool.push(&NewChunk {
            documents: self.documents as u64,
            payload: payload::pack(&self.lines)?,
        })?;
        self.documents = 0;
        self.lines.clear();
        // After one very long document its room is given back.
        self.lines.shrink_to(2 * MAX_BYTES);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The documents of each chunk.
    fn chunks(documents: &[Vec<u8>]) -> Vec<Vec<Vec<u8>>> {
        let mut chunker = Chunker::new();
        for document in documents {
            chunker.push(document).unwrap();
        }
        let mut spool = chunker.finish().unwrap();
        let chunks = spool.chunks().unwrap().map(|chunk| {
            let chunk = chunk.unwrap();
            let lines = payload::unpack(&chunk.payload).unwrap();
            let documents: Vec<Vec<u8>> = payload::documents(&lines).map(<[u8]>::to_vec).collect();
            assert_eq!(documents.len() as u64, chunk.documents);
            documents
        });
        chunks.collect()
    }

    #[test]
    fn a_document_on_several_lines_becomes_one_line() {
        let written = b"{\r\n  \"document_id\": \"a\",\n\"text\": \"x\\ny\"\n}".to_vec();
        let chunks = chunks(&[written]);
        assert_eq!(
            chunks,
            [[b"{    \"document_id\": \"a\", \"text\": \"x\\ny\" }".to_vec()]]
        );
    }

    #[test]
    fn a_document_longer_than_a_chunk_is_a_chunk_of_its_own() {
        let long = vec![b'a'; MAX_BYTES + 1];
        let short = vec![b'b'];
        let chunks = chunks(&[short.clone(), long.clone(), short.clone()]);
        assert_eq!(chunks, [vec![short.clone()], vec![long], vec![short]]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn order_is_kept_and_limits_hold(
            sizes in proptest::collection::vec(prop_oneof![9 => 1_usize..3_000, 1 => 1_usize..400_000], 0..200),
        ) {
            let documents: Vec<Vec<u8>> = (0_usize..).zip(&sizes).map(|(index, size)| {
                vec![b'a' + (index % 26) as u8; *size]
            }).collect();
            let chunks = chunks(&documents);
            for chunk in &chunks {
                let bytes: usize = chunk.iter().map(|document| document.len() + 1).sum();
                prop_assert!((1..=MAX_DOCUMENTS).contains(&chunk.len()));
                prop_assert!(chunk.len() == 1 || bytes <= MAX_BYTES);
            }
            for pair in chunks.windows(2) {
                let bytes: usize = pair[0].iter().map(|document| document.len() + 1).sum();
                prop_assert!(pair[0].len() == MAX_DOCUMENTS || bytes + pair[1][0].len() + 1 > MAX_BYTES);
            }
            prop_assert_eq!(chunks.concat(), documents);
        }
    }
}
