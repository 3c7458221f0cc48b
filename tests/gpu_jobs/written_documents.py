"""Documents as DOCUMENTS has them: some written by hand, some drawn from a seed to be as odd as text can be."""

import hashlib
import json
import random
from collections.abc import Sequence

WORDS = (
    "renewal budget the we price of quarter security review Acme pipeline churn to and deploy owner contract "
    "naïve Übergabe 契約更新 価格。 работа 🎉🎉 don't e.g. [SEP] ## ``` ~~~ --- self.value=1 x[0] e\u0301e\u0301 "
    "a\x0bb c\x1cd \x00 \u200b \u2028 \u00a0 \ufffd %s … 。 ???? ]]]]]]]] " + "y" * 150 + " " + "字" * 90
).split(" ")  # fmt: skip
GAPS = (" ", " ", " ", " ", "\n", "\n\n", "", "\t", "\r\n", "\n\n\n   ", ". ", "\n# ", "\n## Part ", "\n```\n")


def document(text: str, kind: str = "page", title: str = "", structure: object = None, name: str = "d1") -> dict:
    told = None if structure is None else json.dumps(structure)
    digest = hashlib.sha256(f"{title}\n{text}\n{told}".encode(errors="replace")).hexdigest()
    return {
        "document_id": name,
        "document_type": kind,
        "content_hash": digest,
        "title": title,
        "text": text,
        "structure": told,
    }


def odd_text(rng: random.Random, words: int) -> str:
    return "".join(rng.choice(WORDS) + rng.choice(GAPS) for _ in range(words))


def spoken(said: Sequence[tuple[str, str]], title: str = "", kind: str = "call", name: str = "d1") -> dict:
    """A call or thread of (speaker, words), a line each, a second for every turn."""
    text, turns = "", []
    for number, (speaker, words) in enumerate(said):
        turns.append(
            {
                "speaker": speaker,
                "start_ms": number * 1000,
                "end_ms": number * 1000 + 900,
                "start": len(text),
                "end": len(text) + len(words),
            }
        )
        text += words + "\n"
    return document(text, kind, title, turns, name)


def odd_documents(seed: int) -> list[dict]:
    """One of every kind, with all that is odd in it."""
    rng = random.Random(seed)
    text = odd_text(rng, rng.choice((3, 60, 900)))
    title = odd_text(rng, rng.choice((0, 4, 80)))
    cuts = sorted(rng.sample(range(len(text) + 1), min(len(text), 12)))
    turns = [
        {"start": start, "end": end, "speaker": rng.choice((None, "Ann", "Bob", "Zoë " * 40)), "start_ms": start}
        for start, end in zip(cuts[::2], cuts[1::2], strict=False)
    ]
    suffix = rng.choice((".py", ".js", ".tsx", ".sql", ".md", ".cob", ""))
    return [
        document(text, "page", title),
        document(text, "note", title),
        document(text, "call", title, turns),
        document(text, "thread", title, turns),
        document(text, "code", title + suffix),
    ]
