"""Reference vectors of an exported model, for programs that must repeat it: `reference.py FOLDER OUT.json`."""

import json
import sys
from pathlib import Path

import torch

import model as models
from decode import best_path
from words import Pieces, case_class, split

SENTENCES = [
    "President Volodymyr Zelenskyy met Angela Merkel in Kyiv on Friday.",
    "Apple Inc. said it would pay $2.5bn for the London-based start-up.",
    "The U.S. Supreme Court ruled 6-3 against the White House.",
    "“We won’t go,” said Dr. Jean-Luc Picard, 54, at 10:30 a.m. GMT.",
    "Unemployment fell to 4.2% in March, the Bureau of Labor Statistics said.",
    "The goverment has recieved 1,200.50 complaints about AT&T's service.",
    "NASA'S JAMES WEBB TELESCOPE FINDS WATER",
    "iPhone sales in China rose, but eBay and McDonald’s fell.",
    "He visited San Francisco, São Paulo and Île-de-France.",
    "Москва и Київ: переговоры продолжаются.",
    "東京で開かれた会議に安倍首相が出席した。",
    "Visit https://example.com/news?id=7 or mail a.b@example.org!",
    "The 2019 Nobel Peace Prize went to Abiy Ahmed of Ethiopia.",
    "Hurricane Katrina hit New Orleans in August 2005...",
    "A",
    "...",
    "Cafe\u0301 Zu\u0308rich e\u200b \u200b",
    "The Rev. Martin Luther King Jr.'s speech — “I Have a Dream” — was given in Washington, D.C.",
    "donaudampfschifffahrtsgesellschaftskapitaenswitwenrentenauszahlungsstelle antidisestablishmentarianism",
    "She siad teh storm woud reach Nothern Ireland by tomorow evning.",
]


def vectors(folder: Path) -> list[dict]:
    """Words (code point offsets), piece ids, case classes, first pieces, f32 logits and the likeliest legal labels of each sentence, one at a time."""
    pieces, model = Pieces(str(folder / "tokenizer.json")), models.load(folder)
    out = []
    for text in SENTENCES:
        words = split(text)
        ids, cases, firsts = pieces.sequence([w.text for w in words])
        with torch.no_grad():
            tags, typo = model(torch.tensor([ids]), torch.tensor([cases]), torch.ones(1, len(ids), dtype=torch.long))
        out.append({
            "text": text,
            "words": [[w.start, w.end, w.text] for w in words],
            "case_classes_of_words": [case_class(w.text) for w in words],
            "piece_ids": ids,
            "case_classes": cases,
            "first_pieces": firsts,
            "labels": [models.LABELS[i] for i in best_path(tags[0, firsts])],
            "tag_logits": [[round(x, 6) for x in row] for row in tags[0, firsts].tolist()],
            "typo_logits": [round(x, 6) for x in typo[0, firsts].tolist()],
        })  # fmt: skip
    return out


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(vectors(Path(sys.argv[1])), ensure_ascii=False, indent=None) + "\n")
