"""The teachers' spans over every corpus: `teach.py [--only SPLIT] DATA TEACHER_DIR NAME OUT.jsonl CORPUS...`."""

import json
import sys
from pathlib import Path

import corpora


def main(data: Path, teacher: Path, name: str, out: Path, wanted: list[str], only: str | None) -> None:
    """Writes one line per sentence with the teacher's spans, types as the teacher names them."""
    import spacy  # not at the top: the other scripts import this module without spaCy

    nlp = spacy.load(teacher, exclude=["tagger", "parser", "senter", "attribute_ruler", "lemmatizer"])
    sentences = [s for read in corpora.ALL if read.__name__ in wanted for s in read(data) if only in (None, s.split)]
    part = out.with_suffix(".part")
    with open(part, "w", encoding="utf-8") as file:
        for s, doc in zip(sentences, nlp.pipe((s.text for s in sentences), batch_size=256), strict=True):
            spans = [(e.start_char, e.end_char, e.label_) for e in doc.ents]
            row = {"corpus": s.corpus, "document": s.document, "split": s.split, "text": s.text, "gold": s.spans, name: spans}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    part.replace(out)


if __name__ == "__main__":
    args = sys.argv[1:]
    only = args[1] if args[0] == "--only" else None
    args = args[2:] if only else args
    main(Path(args[0]), Path(args[1]), args[2], Path(args[3]), args[4:], only)
