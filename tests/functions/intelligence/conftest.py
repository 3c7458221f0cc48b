"""Worlds for the loop."""

from collections.abc import Callable, Iterator

import pytest
from loop_world import Serverless, World

from gpu_jobs.dispatch import Place
from gpu_jobs.places.lambda_labs_api import LambdaLabs, Pacer, connect
from gpu_jobs.places.on_lambda_labs import OnLambdaLabs
from infra.local.gpu_places import lambda_labs_cloud
from infra.local.gpu_places.lambda_labs_cloud import Kind, LambdaLabsCloud
from tests.gpu_jobs.places.place_fakes import FLEET, Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(clock: Clock) -> Iterator[Callable[..., World]]:
    """world("lambda_labs", "modal", usd_per_day=20): with these places."""
    kinds = {"gpu_1x_a10": Kind(86, 24, {"us-west-1": 9, "us-west-2": 9}), "gpu_1x_h100_pcie": Kind(329, 80, {"eu": 9})}
    cloud = LambdaLabsCloud("account-wide-key", kinds, clock.seconds)
    with lambda_labs_cloud.Serving(cloud) as url, connect(cloud.key, url) as http:
        rented = OnLambdaLabs(
            LambdaLabs(http, Pacer(clock.seconds, clock.sleep)),
            "s3://lake",
            FLEET,
            ssh_key_name="ops",
            environment=lambda manifest: {},
            fetches=lambda job: (),
        )
        places: dict[str, Place] = {"lambda_labs": rented, "modal": Serverless(clock)}

        def make(*names: str, usd_per_day: float = 20.0) -> World:
            return World(clock, cloud, [places[name] for name in names or places], usd_per_day)

        yield make
