"""The Linear stand-in, as Linear's schema and those who met its API describe it."""

from typing import Any

import httpx
import pytest

from infra.company.render.linear import history
from infra.company.vendors.site import Fault, Site


@pytest.fixture
def linear(client: httpx.Client, credentials: dict) -> httpx.Client:
    client.headers["authorization"] = credentials["linear"]["stored"]["api_key"]
    return client


def ask(linear: httpx.Client, query: str, **variables: Any) -> httpx.Response:
    return linear.post("/linear/graphql", json={"query": query, "variables": variables})


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["extensions"]["code"]


def test_an_api_key_stands_bare(client: httpx.Client, credentials: dict) -> None:
    bearer = {"authorization": f"Bearer {credentials['linear']['stored']['api_key']}"}
    answer = client.post("/linear/graphql", json={"query": "{ teams { nodes { id } } }"}, headers=bearer)
    assert code(answer) == (401, "AUTHENTICATION_ERROR")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("{ issues { nodes { nonsense } } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ issues { nodes { team } } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ nonsense { id } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ issues(first: 251) { nodes { id } } }", "INPUT_ERROR"),
        # 250 x 50 teams: an omitted `first` counts fifty
        ("{ projects(first: 250) { nodes { teams { nodes { id key } } } } }", "INPUT_ERROR"),
    ],
)
def test_a_query_linear_would_not_answer_is_refused(linear: httpx.Client, query: str, said: str) -> None:
    assert code(ask(linear, query)) == (400, said)


def test_a_rate_limit_is_a_400_with_its_reset_in_milliseconds(linear: httpx.Client, site: Site) -> None:
    site.faults["linear"] = [Fault("busy", retry_after_s=30)]
    answer = ask(linear, "{ teams { nodes { id } } }")
    assert code(answer) == (400, "RATELIMITED")
    assert len(answer.headers["x-ratelimit-requests-reset"]) == 13


def test_archived_issues_are_listed_on_request_and_deleted_ones_never(linear: httpx.Client, site: Site) -> None:
    def listed(arguments: str) -> list[dict[str, Any]]:
        answer = ask(linear, f"{{ issues(first: 250{arguments}) {{ nodes {{ id archivedAt }} }} }}")
        return list(answer.json()["data"]["issues"]["nodes"])

    assert not [one for one in listed("") if one["archivedAt"]]
    assert [one for one in listed(", includeArchived: true") if one["archivedAt"]]
    told = {one.id for one in history(site.world).versions if one.stream == "issue" and one.at <= site.now}
    assert len(listed(", includeArchived: true")) < len(told) < 250


def test_pages_agree_with_one_another(linear: httpx.Client) -> None:
    query = (
        "query($after: String) { issues(first: 7, after: $after, includeArchived: true, orderBy: updatedAt) "
        "{ nodes { id updatedAt } pageInfo { hasNextPage endCursor } } }"
    )
    found, after, has_next = [], None, True
    while has_next:
        page = ask(linear, query, after=after).json()["data"]["issues"]
        found += page["nodes"]
        after, has_next = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert len({one["id"] for one in found}) == len(found) > 40
    assert [one["updatedAt"] for one in found] == sorted((one["updatedAt"] for one in found), reverse=True)
