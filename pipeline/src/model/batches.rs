//! Gathers the windows of many documents into batches.

use super::document::Document;
use super::encoder::Packed;
use super::windows::Window;

/// A window of one of several documents.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'d> {
    /// Which document.
    pub(super) document: usize,
    /// Its window.
    pub(super) window: &'d Window,
    /// How many pieces it has, without the special ones.
    pub(super) pieces: usize,
}

/// The windows of all documents, the short ones first, so that those of one length stand together.
pub(super) fn places(documents: &[Document]) -> Vec<Place<'_>> {
    let mut places: Vec<Place<'_>> = Vec::new();
    for (number, document) in documents.iter().enumerate() {
        places.extend(document.windows.iter().map(|window| Place {
            document: number,
            window,
            pieces: document.pieces(&window.words).len(),
        }));
    }
    places.sort_by_key(|place| place.pieces);
    places
}

/// The first of the places, as many as have `budget` pieces at most but at least one, and the others.
pub(super) fn next<'p, 'd>(
    places: &'p [Place<'d>],
    budget: usize,
) -> (&'p [Place<'d>], &'p [Place<'d>]) {
    let mut sum = 0;
    let fits = |place: &&Place<'_>| {
        sum += place.pieces;
        sum <= budget
    };
    let count = places.iter().take_while(fits).count();
    places.split_at(count.max(1).min(places.len()))
}

/// All places in batches of at most `budget` pieces, or of one window.
///
/// Where the pieces are too few for as many batches as are computed at once, the batches are smaller.
pub(super) fn all<'p, 'd>(
    places: &'p [Place<'d>],
    budget: usize,
    at_once: usize,
) -> Vec<&'p [Place<'d>]> {
    let pieces: usize = places.iter().map(|place| place.pieces).sum();
    let budget = budget.min(pieces.div_ceil(at_once.max(1)));
    let (mut batches, mut rest) = (Vec::new(), places);
    while !rest.is_empty() {
        let (batch, later) = next(rest, budget);
        batches.push(batch);
        rest = later;
    }
    batches
}

/// What the encoder is given for a batch; asks for the first piece of every word that a window keeps, in order.
pub(super) fn pack(
    documents: &[Document],
    batch: &[Place<'_>],
    frame: &(Vec<u32>, Vec<u32>),
) -> Packed {
    let mut packed = Packed::default();
    for place in batch {
        let document = &documents[place.document];
        let from = packed.ids.len();
        packed.ids.extend(&frame.0);
        packed.types.resize(packed.ids.len(), 0);
        for word in place.window.words.clone() {
            let pieces = document.pieces(&(word..word + 1));
            if place.window.kept.contains(&word) {
                // A batch holds thousands of pieces, not billions.
                packed.wanted.push(packed.ids.len() as u32);
            }
            packed.ids.extend(&document.ids[pieces]);
            packed
                .types
                .resize(packed.ids.len(), document.classes[word]);
        }
        packed.ids.extend(&frame.1);
        packed.types.resize(packed.ids.len(), 0);
        packed.windows.push(from..packed.ids.len());
    }
    packed
}
