"""Which records the warehouse takes for one company or one person, against what the company knows of itself."""

import random
from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import pytest

from infra.company.truth import identity as truth
from tests.dbt_project.known_company import KnownCompany

Found = dict[str, str]


def identity_scores(company: KnownCompany) -> dict[str, float]:
    """Pairwise precision and recall of accounts and of people."""
    scores = {
        "accounts": truth.pairwise(accounts(company), truth.accounts(company.world)),
        "people": truth.pairwise(people(company), truth.people(company.world)),
    }
    return {
        f"{what}_{measure}": getattr(score, measure)
        for what, score in scores.items()
        for measure in ("precision", "recall")
    }


def accounts(company: KnownCompany) -> Found:
    rows = company.warehouse.query("select node_id, account_key from ANALYTICS.INT_IDENTITY__ACCOUNT_MAP")
    return {row["node_id"]: row["account_key"] for row in rows}


def people(company: KnownCompany) -> Found:
    rows = company.warehouse.query("select node_id, person_key from ANALYTICS.INT_IDENTITY__PERSON_MAP")
    return {row["node_id"]: row["person_key"] for row in rows}


def test_precision_and_recall_reach_their_targets(
    company: KnownCompany, record_property: Callable[[str, float], None]
) -> None:
    scores = identity_scores(company)
    for name, value in scores.items():
        record_property(name, value)
    for what in ("accounts", "people"):
        assert scores[f"{what}_precision"] >= 0.999, scores
        assert scores[f"{what}_recall"] >= 0.98, scores


@pytest.mark.parametrize("what", ["account", "person"])
def test_every_record_of_a_source_has_exactly_one_key(company: KnownCompany, what: str) -> None:
    """Of people, all but residents; and whatever was told is there."""
    table = f"ANALYTICS.INT_IDENTITY__{what}"
    rows = company.warehouse.query(f"select node_id from {table}_MAP")  # noqa: S608
    assert [node for node, count in Counter(row["node_id"] for row in rows).items() if count > 1] == []
    known = {row["node_id"] for row in company.warehouse.query(f"select node_id from {table}_RECORDS")}  # noqa: S608
    mapped = {row["node_id"] for row in rows}
    assert known - mapped == (truth.residents(company.world) if what == "person" else set())
    assert mapped <= known


def test_what_must_stay_apart_is_apart(company: KnownCompany) -> None:
    found = accounts(company)
    keys = {pair: [found[f"hubspot:default:company:{one}"] for one in pair] for pair in _apart(company)}
    assert len(keys) > 10
    assert [pair for pair, (left, right) in keys.items() if left == right] == []


def test_residents_are_nobodys_contact_and_counted(company: KnownCompany) -> None:
    residents = truth.residents(company.world)
    assert residents
    assert not residents & people(company).keys()
    rows = company.warehouse.query("select * from ANALYTICS.INT_IDENTITY__PEOPLE_LEFT_OUT")
    assert sum(row["record_count"] for row in rows) == len(residents)
    mail = company.warehouse.query("select count(*) as n from ANALYTICS.DIM_CONTACT where full_name like 'Resident %'")
    assert mail[0]["n"] == 0


def test_a_propertys_parent_is_its_operator(company: KnownCompany) -> None:
    """As far as a source tells: Salesforce does."""
    found = accounts(company)
    rows = company.warehouse.query(
        "select account_key, parent_key from ANALYTICS.DIM_ACCOUNT where parent_key is not null"
    )
    expected = {
        found[f"hubspot:default:company:{child}"]: found[f"hubspot:default:company:{parent}"]
        for child, parent in truth.parents(company.world).items()
    }
    assert {row["account_key"]: row["parent_key"] for row in rows} == expected


def test_a_free_mail_person_at_two_accounts_is_one_person(company: KnownCompany) -> None:
    [person] = company.world.market.planted.second_jobs
    key = people(company)[f"hubspot:default:contact:{person}"]
    [row] = company.warehouse.query(
        f"select account_key, account_count from ANALYTICS.DIM_CONTACT where person_key = '{key}'"  # noqa: S608
    )
    assert row["account_count"] >= 2
    [contact] = [one for one in company.world.market.contacts if one.id == person]
    employer = contact.value("associatedcompanyid", company.world.now)
    assert row["account_key"] == accounts(company)[f"hubspot:default:company:{employer}"]


def test_a_signal_is_about_the_contact_it_names(company: KnownCompany) -> None:
    found = people(company)
    rows = company.warehouse.query("select signal_id, our_reference from STAGING.STG_USERGEMS__JOB_CHANGES")
    assert rows
    for row in rows:
        contact = found[f"hubspot:default:contact:{row['our_reference']}"]
        assert found[f"usergems:default:signal:{row['signal_id']}"] == contact


def test_dimensions_hold_each_key_once_and_redirects_lead_to_one_of_them(company: KnownCompany) -> None:
    """Both runs, the late one too, have minted keys; a retired one leads to a living one in one step."""
    dimensions = {"account": ("DIM_ACCOUNT", accounts(company)), "person": ("DIM_CONTACT", people(company))}
    redirects = company.warehouse.query("select * from ANALYTICS.INT_IDENTITY__KEY_REDIRECTS")
    for what, (table, found) in dimensions.items():
        keys = {row[f"{what}_key"] for row in company.warehouse.query(f"select * from ANALYTICS.{table}")}  # noqa: S608
        assert keys == set(found.values())
        assert {row["current_key"] for row in redirects if row["node_type"] == what} <= keys
        assert not {row["retired_key"] for row in redirects if row["node_type"] == what} & keys


def test_keys_stay_when_everything_is_worked_out_again(company: KnownCompany) -> None:
    """Even in a full refresh: keys are never forgotten."""
    before = accounts(company), people(company)
    company.warehouse.dbt("run", "--full-refresh", "--select", "path:dbt_project/models/intermediate/identity")
    assert (accounts(company), people(company)) == before


def test_a_merge_keeps_the_older_key_and_the_younger_leads_to_it(company: KnownCompany) -> None:
    """Two accounts that had keys when nothing tied them yet, made by an older key for another record of one account."""
    before = accounts(company)
    keys = {
        row["anchor_node_id"] for row in company.warehouse.query("select * from ANALYTICS.INT_IDENTITY__ACCOUNT_KEYS")
    }
    record = min(node for node, key in before.items() if node not in keys and list(before.values()).count(key) > 2)
    execute = company.warehouse.connection.cursor().execute
    columns = "identity_key, anchor_node_id, first_seen_at, minted_at"
    execute(
        f"insert into SOPHIA.ANALYTICS.INT_IDENTITY__ACCOUNT_KEYS ({columns}) "
        f"select 'older', '{record}', '2020-01-01'::timestamp_ntz, '2020-01-01'::timestamp_ntz"
    )
    selected = ("int_identity__account_keys", "int_identity__account_map", "int_identity__key_redirects")
    try:
        company.warehouse.dbt("run", "--select", *selected)
        expected = {node: "older" if key == before[record] else key for node, key in before.items()}
        assert accounts(company) == expected
        redirects = company.warehouse.query("select * from ANALYTICS.INT_IDENTITY__KEY_REDIRECTS")
        assert {row["current_key"] for row in redirects if row["retired_key"] == before[record]} == {"older"}
    finally:
        execute("delete from SOPHIA.ANALYTICS.INT_IDENTITY__ACCOUNT_KEYS where identity_key = 'older'")
        company.warehouse.dbt("run", "--select", *selected)
    assert accounts(company) == before


def test_accounts_are_named_owned_and_known_as_customers(company: KnownCompany) -> None:
    found, world = accounts(company), company.world
    rows = {row["account_key"]: row for row in company.warehouse.query("select * from ANALYTICS.DIM_ACCOUNT")}
    doubles, customers = world.market.planted.same_as, truth.customers(world)
    owners = {one.owner_id: one.email for one in world.staff}
    for one in world.market.companies:
        if one.id in doubles or one.merged_into or one.created_at > world.now:
            continue
        row = rows[found[f"hubspot:default:company:{one.id}"]]
        assert row["account_name"] == one.value("name", world.now)
        assert row["owner_email"] == owners[one.value("hubspot_owner_id", world.now)]
        assert not row["is_deleted"]
        assert row["is_customer"] == (one.id in customers)


def test_an_equal_name_is_told_to_people_and_ties_nothing(company: KnownCompany) -> None:
    """The data vendor's record of two sisters belongs to neither, and bears the name of one."""
    rows = company.warehouse.query("select * from ANALYTICS.INT_IDENTITY__SUGGESTIONS")
    assert [row["name_key"] for row in rows] == ["twin peaks north"]


def test_components_of_any_graph_are_those_that_union_find_finds(company: KnownCompany) -> None:
    """Among them a chain of 300 in no order, the worst case: eight rounds are enough."""
    chance = random.Random(company.world.seed)
    chain = [f"c{number:03}" for number in range(300)]
    chance.shuffle(chain)
    edges = list(pairwise(chain))
    edges += [(f"n{chance.randrange(400)}", f"n{chance.randrange(400)}") for _ in range(180)]
    nodes = sorted({*chain, *(f"n{number}" for number in range(400))})
    told_nodes = ", ".join(f"('{node}')" for node in nodes)
    told_edges = ", ".join(str(edge) for edge in edges)
    sql = (
        f"with nodes as (select column1 as node_id from values {told_nodes}), "  # noqa: S608
        f"edges as (select column1 as node_a, column2 as node_b from values {told_edges}), "
        "{{ connected_components('nodes', 'edges') }} select * from labelled"
    )
    compiled = company.warehouse.dbt("compile", "--inline", sql).results[0].node.compiled_code
    found = {row["node_id"]: row["component_id"] for row in company.warehouse.query(compiled)}
    assert found == _smallest_of_each_component(nodes, edges)


def _smallest_of_each_component(nodes: list[str], edges: list[tuple[str, str]]) -> Found:
    roots = {node: node for node in nodes}

    def root(node: str) -> str:
        while roots[node] != node:
            node = roots[node]
        return node

    for left, right in edges:
        low, high = sorted((root(left), root(right)))
        roots[high] = low
    return {node: root(node) for node in nodes}


def _apart(company: KnownCompany) -> list[tuple[str, str]]:
    return truth.must_stay_apart(company.world)
