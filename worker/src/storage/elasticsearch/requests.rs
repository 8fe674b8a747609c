//! How documents are shared out to requests.

use std::collections::VecDeque;

use super::document::Document;

/// How much goes into one request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Documents.
    pub(super) items: usize,
    /// Bytes; a larger document goes alone.
    pub(super) bytes: usize,
}

/// All documents in their order, in requests as full as the bounds permit.
pub(super) fn cut(documents: Vec<Document<'_>>, bounds: Bounds) -> VecDeque<Vec<Document<'_>>> {
    let mut requests = VecDeque::new();
    let (mut request, mut bytes) = (Vec::new(), 0);
    for document in documents {
        let size = document.size();
        let full = request.len() >= bounds.items || bytes + size > bounds.bytes;
        if full && !request.is_empty() {
            requests.push_back(std::mem::take(&mut request));
            bytes = 0;
        }
        bytes += size;
        request.push(document);
    }
    if !request.is_empty() {
        requests.push_back(request);
    }
    requests
}

/// The two halves of a request that was too large.
///
/// # Errors
/// Its document, when it holds no more than one.
pub(super) fn halves(
    mut documents: Vec<Document<'_>>,
) -> Result<(Vec<Document<'_>>, Vec<Document<'_>>), Option<Document<'_>>> {
    if documents.len() < 2 {
        return Err(documents.pop());
    }
    let second = documents.split_off(documents.len() / 2);
    Ok((documents, second))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A document that takes `size` bytes of a request.
    fn document(index: usize, line: &[u8], size: usize) -> Document<'_> {
        Document {
            index,
            id: index.to_string(),
            action: vec![b'{'; 10],
            line: &line[..size - 12],
        }
    }

    fn sizes(documents: &[Document<'_>]) -> usize {
        documents.iter().map(Document::size).sum()
    }

    /// All shapes of up to six documents of four sizes, under all small bounds: every one is tried.
    #[test]
    fn requests_hold_all_documents_in_order_within_bounds_and_no_two_neighbours_would_fit_into_one()
    {
        let line = [b'x'; 64];
        for count in 0..=6_u32 {
            for shape in 0..4_usize.pow(count) {
                let documents: Vec<_> = (0..count)
                    .map(|n| {
                        let size = [12, 20, 33, 64][shape / 4_usize.pow(n) % 4];
                        document(n as usize, &line, size)
                    })
                    .collect();
                for items in [1, 2, 3, 6] {
                    for bytes in [1, 12, 24, 33, 64, 100, 1000] {
                        check(&documents, Bounds { items, bytes });
                    }
                }
            }
        }
    }

    fn check(documents: &[Document<'_>], bounds: Bounds) {
        let requests = Vec::from(cut(documents.to_vec(), bounds));
        assert_eq!(requests.concat(), documents);
        for request in &requests {
            let alone = request.len() == 1;
            assert!(alone || (!request.is_empty() && request.len() <= bounds.items));
            assert!(alone || sizes(request) <= bounds.bytes);
        }
        for pair in requests.windows(2) {
            let next = &pair[1][..1];
            assert!(
                pair[0].len() == bounds.items || sizes(&pair[0]) + sizes(next) > bounds.bytes,
                "{bounds:?}"
            );
        }
    }

    #[test]
    fn halving_ends_with_single_documents_and_loses_none() {
        let line = [b'x'; 64];
        let documents: Vec<_> = (0..7).map(|n| document(n, &line, 20)).collect();
        let mut rest = VecDeque::from([documents.clone()]);
        let mut single = Vec::new();
        while let Some(request) = rest.pop_front() {
            match halves(request) {
                Ok((first, second)) => {
                    assert!(!first.is_empty() && !second.is_empty());
                    rest.push_front(second);
                    rest.push_front(first);
                }
                Err(alone) => single.extend(alone),
            }
        }
        assert_eq!(single, documents);
        assert_eq!(halves(Vec::new()), Err(None));
    }
}
