"""A claim is kept with the very words that prove it, or not at all."""

import json

import pytest
from pydantic import ValidationError

from events.enrichment import Understanding
from events.gpu_job import Refused
from gpu_jobs.understanding.evidence import kept, mean_sentiment
from gpu_jobs.understanding.reading import read
from tests.gpu_jobs.understanding.readings import CALL, NOTHING, reading, understanding
from tests.gpu_jobs.written_documents import document

OBJECTED = {"piece": 1, "quote": "too expensive for us", "objection": "price"}


def claims(**told):
    return kept(reading(), understanding(**told))[1:]


def test_a_claim_is_kept_with_the_place_of_its_words_in_characters():
    [claim], dropped = claims(objections=[OBJECTED])
    assert CALL["text"][claim.start : claim.end] == claim.quote == "too expensive for us"
    assert (claim.kind, claim.label, claim.piece, dropped) == ("objection", "price", 1, {})


@pytest.mark.parametrize(
    "quote",
    [
        "far too expensive",  # not said
        "it's too expensive for us",  # not like this
        "It\u2019s too expensive for us",  # another apostrophe
        "too  expensive",  # other blanks
        "too expen",  # no whole word
        " ",
        "a",  # in every text, as a letter
    ],
)
def test_what_was_not_said_word_for_word_proves_nothing(quote):
    assert claims(objections=[OBJECTED | {"quote": quote}]) == ([], {"quote_not_found": 1})


@pytest.mark.parametrize("piece", [0, 3, 99])
def test_a_claim_that_names_the_wrong_piece_is_kept_in_the_right_one(piece):
    [claim], dropped = claims(objections=[OBJECTED | {"piece": piece}])
    assert (claim.piece, dropped) == (1, {})


def test_words_said_twice_are_found_where_the_claim_says():
    twice = document("We agree.\nWe agree.", "call", structure=[{"start": 0, "end": 9}, {"start": 10, "end": 19}])
    told = understanding(summary=[{"piece": 1, "quote": "We agree.", "text": "They agree."}])
    [claim] = kept(reading(twice), told)[1]
    assert (claim.start, claim.piece) == (10, 1)


def test_a_competitor_is_kept_by_the_words_it_was_named_with():
    named = {"piece": 1, "quote": "RentFlow quoted us half", "competitor": "RentFlow", "stance": "against_us"}
    [claim], _ = claims(competitor_mentions=[named | {"heard_as": "RentFlow"}])
    assert (claim.label, claim.heard_as, claim.stance) == ("RentFlow", "RentFlow", "against_us")
    assert claims(competitor_mentions=[named | {"heard_as": "Domura"}]) == ([], {"name_not_in_quote": 1})


def test_what_is_told_twice_is_kept_once():
    [_], dropped = claims(objections=[OBJECTED, OBJECTED])
    assert dropped == {}


def test_a_document_feels_as_its_pieces_do_by_their_length():
    told = understanding(
        pieces=[{"piece": 0, "sentiment": 1}, {"piece": 3, "sentiment": -0.5}, {"piece": 9, "sentiment": -1}]
    )
    of = reading()
    pieces, _, dropped = kept(of, told)
    assert [(one.piece, one.start, one.sentiment) for one in pieces] == [(0, 0, 1), (3, of.pieces[3].start, -0.5)]
    assert dropped == {"piece_unknown": 1}
    first, last = (len(of.piece_text(number)) for number in (0, 3))
    assert mean_sentiment(of, pieces) == round((first - last / 2) / (first + last), 4)
    assert mean_sentiment(of, []) is None


@pytest.mark.parametrize(
    "told",
    [
        {"pieces": [{"piece": 0, "sentiment": 1.5}]},
        {"pieces": [{"piece": -1, "sentiment": 0}]},
        {"pieces": [{"piece": "0", "sentiment": 0}]},
        {"outcome": {"piece": 0, "quote": "x", "category": "won"}},
        {"objections": [OBJECTED | {"tool": "send_mail"}]},
        {"objections": [OBJECTED] * 21},
        {"extra": 1},
    ],
)
def test_an_answer_of_another_shape_is_none(told):
    with pytest.raises(ValidationError):
        Understanding.model_validate_json(json.dumps(NOTHING | told))


def test_the_schema_holds_only_what_the_grammar_of_a_model_can():
    """xgrammar refuses or ignores these: vllm.v1.structured_output.backend_xgrammar."""
    schema = json.dumps(Understanding.model_json_schema())
    for word in ("multipleOf", "uniqueItems", "contains", "patternProperties", "propertyNames", '"format"'):
        assert word not in schema
    assert schema.count('"additionalProperties": false') == schema.count('"type": "object"')


def test_what_cannot_be_read_is_refused_with_its_reason():
    unfit = document("Some text.", "call", structure=[{"start": 5, "end": 900}])
    reasons = []
    for one in (document(" \n"), document("eleven long"), unfit):
        told = read(one, 10)
        assert isinstance(told, Refused)
        reasons.append(told.reason)
    assert reasons == ["nothing_to_read", "too_long", "structure_leaves_the_text"]
