"""What each kind of document keeps together, and what it gives the model as context."""

import pytest

from gpu_jobs.chunking.documents import chunks
from gpu_jobs.chunking.speech import StructureUnfit
from gpu_jobs.models import MODELS
from tests.gpu_jobs.written_documents import document, spoken

MODEL = MODELS["all-minilm-l6-v2"]
SAID = [("Ann", "How long does the security review take?"), ("Bob", "Two weeks. " * 30), ("Ann", "Fine. " * 80)]


def test_turns_stay_whole_with_their_speakers_and_times(tokenizer):
    found = chunks(spoken(SAID * 3, "Acme renewal"), tokenizer, MODEL)
    assert [chunk["speakers"] for chunk in found[:2]] == [["Ann", "Bob"], ["Ann"]]
    assert (found[0]["start_ms"], found[0]["end_ms"]) == (0, 1900)
    assert found[1]["start_ms"] == 2000
    assert all(chunk["chunk_text"].endswith("\n") for chunk in found)


def test_a_chunk_of_a_call_hears_who_speaks_and_the_turn_before(tokenizer):
    found = chunks(spoken(SAID, "Acme renewal"), tokenizer, MODEL)
    assert found[0]["context"] == "Acme renewal\nAnn, Bob"
    title, speakers, before = found[1]["context"].split("\n")
    assert (title, speakers) == ("Acme renewal", "Ann")
    assert before.endswith("Two weeks. Two weeks.")
    assert "Two weeks" not in found[1]["chunk_text"]


def test_a_turn_over_the_limit_is_cut_between_sentences_and_keeps_its_times(tokenizer):
    found = chunks(spoken([("Ann", "This is one sentence of eight words here. " * 80)]), tokenizer, MODEL)
    assert len(found) > 1
    assert {(chunk["start_ms"], chunk["end_ms"], *chunk["speakers"]) for chunk in found} == {(0, 900, "Ann")}
    assert all(chunk["chunk_text"].startswith("This is one") for chunk in found)


def test_a_later_chunk_of_a_thread_knows_the_message_that_began_it(tokenizer):
    said = [("Ann", "The export is broken"), *[("Bob", f"log line {n} " * 20) for n in range(12)]]
    found = chunks(spoken(said, "#support", "thread"), tokenizer, MODEL)
    assert found[0]["context"] == "#support\nAnn, Bob"
    assert {chunk["context"] for chunk in found[1:]} == {"#support\nBob\nThe export is broken"}


@pytest.mark.parametrize(
    ("structure", "code"),
    [
        ({"not": "a list"}, "structure_unreadable"),
        ([{"start": 0}], "structure_unreadable"),
        ([{"start": 0, "end": 99}], "structure_leaves_the_text"),
        ([{"start": -1, "end": 2}], "structure_leaves_the_text"),
        ([{"start": 0, "end": 5}, {"start": 3, "end": 6}], "turns_overlap"),
    ],
)
def test_a_structure_that_contradicts_the_text_is_refused(structure, code, tokenizer):
    with pytest.raises(StructureUnfit, match=code):
        chunks(document("Some text.", "call", structure=structure), tokenizer, MODEL)


@pytest.mark.parametrize("kind", ["page", "file"])
def test_sections_carry_the_path_of_their_headings(kind, tokenizer):
    text = "intro\n\n# Top\n\n## First\n\nbody one\n\n## Second ##\n\nbody two\n\n# Next\nend\n"
    found = chunks(document(text, kind, title="Guide"), tokenizer, MODEL)
    assert [(chunk["context"], chunk["chunk_text"].split("\n")[0]) for chunk in found] == [
        ("Guide", "intro"),
        ("Guide\nTop > First", "# Top"),
        ("Guide\nTop > Second", "## Second ##"),
        ("Guide\nNext", "# Next"),
    ]


def test_fenced_code_stays_whole_and_its_comments_are_no_headings(tokenizer):
    code = "```sh\n# no heading\nmake. Then test.\n\n" + "run this line now\n" * 30 + "```\n"
    found = chunks(document("# Top\n\n" + "Words before it. " * 50 + "\n\n" + code + "\nafter\n"), tokenizer, MODEL)
    assert {chunk["context"] for chunk in found} == {"Top"}
    assert any(code in chunk["chunk_text"] for chunk in found)


def test_fenced_code_over_the_limit_is_cut_at_lines(tokenizer):
    code = "~~~\n" + "a line. With a stop in it\n" * 200 + "~~~\n"
    assert all(chunk["chunk_text"].endswith("\n") for chunk in chunks(document(code), tokenizer, MODEL))


def test_every_chunk_of_a_note_says_what_it_belongs_to(tokenizer):
    found = chunks(document("A line about the deal.\n\n" * 90, "note", "Note on deal Acme 2027"), tokenizer, MODEL)
    assert len(found) > 1
    assert {chunk["context"] for chunk in found} == {"Note on deal Acme 2027"}


SOURCES = {
    "py": [
        "import os",
        "# why\n@cache\ndef one():\n    return 'é'",
        "class Two:\n    def three(self):\n        pass",
    ],
    "mjs": ["import a from 'b';", "export function one() { return 1 }", "const two = () => { return 2 }"],
    "ts": ["let a = 1;", "export class One { two(): A { return 'ß' } }", "interface Three { a: A }"],
    "sql": ["create table a (b int);  -- it", "select b\n\nfrom a;", "-- why\ndelete from a;"],
}


@pytest.mark.parametrize("suffix", SOURCES)
def test_code_is_cut_between_definitions(suffix, tokenizer):
    text = "\n".join(SOURCES[suffix])
    found = chunks(document(text, "code", f"a/file.{suffix}"), tokenizer, MODEL)
    assert [chunk["chunk_text"].rstrip("\n") for chunk in found] == SOURCES[suffix]


def test_code_of_another_language_is_cut_at_blank_lines(tokenizer):
    function = "func Again(try func() error) error {\n" + "\treturn try()\n" * 20 + "}\n"
    found = chunks(document("\n".join([function] * 9), "code", "retry.go"), tokenizer, MODEL)
    assert {chunk["context"] for chunk in found} == {"retry.go"}
    assert {chunk["chunk_text"].split("(")[0] for chunk in found} == {"func Again"}


def test_markdown_among_code_is_cut_by_its_headings(tokenizer):
    found = chunks(
        document("# Ledger\n\nEvery cent.\n\n## Months\n\nLock them.\n", "code", "README.md"), tokenizer, MODEL
    )
    assert [chunk["context"] for chunk in found] == ["README.md\nLedger", "README.md\nLedger > Months"]


def test_methods_of_a_class_over_the_limit_know_their_class(tokenizer):
    methods = "".join(f"    def method_{n}(self):\n        return {n} + {n} * self.size\n\n" for n in range(30))
    found = chunks(document(f"class Wide(Base):\n{methods}", "code", "wide.py"), tokenizer, MODEL)
    assert {chunk["context"] for chunk in found} == {"wide.py\nclass Wide(Base):"}
    assert [chunk["chunk_text"].count("def ") for chunk in found] == [0] + [1] * 30
