"""Text to spans and misspelling scores with a trained model, in code points."""

import torch

from model import LABELS, Tagger
from words import Pieces, split

FORBIDDEN = -1e9
FIRST = torch.tensor([FORBIDDEN if label[0] == "I" else 0.0 for label in LABELS])
# STEP[before, after]: I-X follows B-X and I-X only.
STEP = torch.tensor([[FORBIDDEN if b[0] == "I" and a[2:] != b[2:] else 0.0 for b in LABELS] for a in LABELS])


def best_path(logits: torch.Tensor) -> list[int]:
    """The best legal BIO sequence: I-X only after B-X or I-X (Viterbi over the tag scores, no learned transitions)."""
    scores = logits.log_softmax(-1)
    # Where the greedy sequence is legal, which is nearly always, it is the best one.
    path = scores.argmax(-1).tolist()
    if FIRST[path[0]] == 0 and all(STEP[a, b] == 0 for a, b in zip(path, path[1:], strict=False)):
        return path
    best, back = scores[0] + FIRST, []
    for row in scores[1:]:
        step, came = (best[:, None] + STEP).max(0)
        best = step + row
        back.append(came)
    path = [int(best.argmax())]
    for came in reversed(back):
        path.append(int(came[path[-1]]))
    return path[::-1]


def spans_of(path: list[int], words) -> list[tuple[int, int, str]]:
    spans = []
    for tag, word in zip(path, words, strict=True):
        label = LABELS[tag]
        if label[0] == "B":
            spans.append([word.start, word.end, label[2:]])
        elif label[0] == "I":
            spans[-1][1] = word.end
    return [tuple(s) for s in spans]


@torch.no_grad()
def run(model: Tagger, pieces: Pieces, texts: list[str], tokens_per_batch: int = 4096) -> list[tuple[list, list, list]]:
    """For each text: its words, its entity spans, and the misspelling score (0..1) of each word; at most 510 pieces are read."""
    training = model.training
    model.eval()
    rows = []
    for text in texts:
        words = split(text)
        ids, cases, firsts = pieces.sequence([w.text for w in words])
        if len(ids) > 512:
            firsts = [f for f in firsts if f < 511]
            ids, cases, words = [*ids[:511], pieces.sep], [*cases[:511], 0], words[: len(firsts)]
        rows.append((words, ids, cases, firsts))
    out = [None] * len(rows)
    order = sorted(range(len(rows)), key=lambda k: len(rows[k][1]))
    at = 0
    while at < len(order):
        n = 1
        while at + n < len(order) and len(rows[order[at + n]][1]) * (n + 1) <= tokens_per_batch:
            n += 1
        some = order[at : at + n]
        longest = len(rows[some[-1]][1])
        ids = torch.tensor([rows[k][1] + [pieces.pad] * (longest - len(rows[k][1])) for k in some])
        cases = torch.tensor([rows[k][2] + [0] * (longest - len(rows[k][2])) for k in some])
        mask = torch.tensor([[1] * len(rows[k][1]) + [0] * (longest - len(rows[k][1])) for k in some])
        device = model.classifier.weight.device
        tags, typo = (t.float().cpu() for t in model(ids.to(device), cases.to(device), mask.to(device)))
        for i, k in enumerate(some):
            words, _, _, firsts = rows[k]
            if not words:
                out[k] = ([], [], [])
                continue
            path = best_path(tags[i, firsts])
            out[k] = (words, spans_of(path, words), torch.sigmoid(typo[i, firsts]).tolist())
        at += n
    model.train(training)
    return out
