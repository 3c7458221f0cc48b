"""Tracing records what happened and changes nothing."""

import pytest

from chalicelib.tracing import traced


def test_outside_lambda_it_does_nothing_and_needs_no_daemon():
    with traced("land", source="slack"):
        pass


def test_an_error_goes_on():
    with pytest.raises(ValueError, match="broken"), traced("pull"):
        raise ValueError("broken")
