"""The registry of enrichers, as others read it."""

from pathlib import Path

import pytest
import yaml

from gpu_jobs.enrichers import ENRICHERS, enricher

PROJECT = Path(__file__).parents[2] / "dbt_project.yml"


def test_dbt_serves_an_enricher_of_the_registry() -> None:
    variables = yaml.safe_load(PROJECT.read_text())["vars"]
    assert variables["enrichment_model"] in {one.slug for one in ENRICHERS.values()}


def test_no_two_share_a_slug_by_which_their_rows_and_markers_are_told_apart() -> None:
    assert len({one.slug for one in ENRICHERS.values()}) == len(ENRICHERS)


def test_one_that_is_not_there_is_told_which_are() -> None:
    with pytest.raises(KeyError, match="no enricher 'gpt-9'; there are qwen3-8b-fp8, sales-rules"):
        enricher("gpt-9")
