"""The simulated exports: the same files again for the same world, and what grows or goes missing in them."""

import io

import openpyxl

from infra.company import vendors
from infra.company.vendors import costar
from infra.company.world import World


def test_the_same_world_makes_the_same_files_to_the_byte(world: World) -> None:
    made = vendors.load("costar").files(world, world.now)
    assert made == vendors.load("costar").files(world, world.now)
    assert len({body for _, body in made}) < len(made)  # one is dropped twice


def test_a_workbook_opens_with_another_programs_eyes(world: World) -> None:
    name, body = next((name, body) for name, body in costar.files(world, world.now) if name.endswith(".xlsx"))
    book = openpyxl.load_workbook(io.BytesIO(body))
    first = [cell.value for cell in next(book.worksheets[0].iter_rows(min_row=2, max_row=2))]
    assert name.startswith(costar.LEASES) and first[0] == 880000
    assert first[5].date() == costar.leases(world, 0)[0][5]


def test_a_building_leaves_the_market_in_the_third_month(world: World) -> None:
    ids = [{one["PropertyID"] for one in costar.properties(world, month)} for month in range(4)]
    assert ids[0] == ids[1] and len(ids[1] - ids[2]) == 1 and ids[2] == ids[3]
