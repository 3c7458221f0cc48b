"""Dead letters are listed with their reason, stay where they are, and go back when told to."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.dead_letters import redrive, waiting


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield boto3.client("sqs", region_name="us-east-1")


@pytest.fixture
def queues(sqs: Any) -> tuple[str, str]:
    """The dead-letter queue with a poison and an exhausted message, and the queue they came from."""
    dlq, queue = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("x-dlq", "x"))
    reason = {"reason": {"DataType": "String", "StringValue": "not_an_envelope: line 1"}}
    sqs.send_message(QueueUrl=dlq, MessageBody="garbage", MessageAttributes=reason)
    sqs.send_message(QueueUrl=dlq, MessageBody="unlucky")
    return dlq, queue


def test_lists_letters_with_their_reason_and_leaves_them(sqs, queues):
    for _ in range(2):
        letters = {letter.body: letter for letter in waiting(sqs, queues[0])}

        assert letters["garbage"].reason == "not_an_envelope: line 1"
        assert letters["unlucky"].reason.startswith("every try failed")
        assert letters["garbage"].size_bytes == 7


def test_sends_back_those_that_are_named(sqs, queues):
    dlq, queue = queues
    (unlucky,) = [letter for letter in waiting(sqs, dlq) if letter.body == "unlucky"]

    assert redrive(sqs, dlq, queue, [unlucky.message_id]) == 1
    assert [letter.body for letter in waiting(sqs, dlq)] == ["garbage"]
    assert [letter.body for letter in waiting(sqs, queue)] == ["unlucky"]


def test_sends_back_all(sqs, queues):
    dlq, queue = queues

    assert redrive(sqs, dlq, queue) == 2
    assert waiting(sqs, dlq) == []
