"""Places on stand-ins: the clock, Lambda Labs' cloud on loopback, and the place over it."""

from collections.abc import Iterator

import pytest
from place_fakes import FLEET, Clock

from gpu_jobs.places.lambda_labs_api import LambdaLabs, Pacer, connect
from gpu_jobs.places.lambda_labs_machine import Fetch
from gpu_jobs.places.on_lambda_labs import OnLambdaLabs
from infra.local.gpu_places import lambda_labs_cloud
from infra.local.gpu_places.lambda_labs_cloud import Kind, LambdaLabsCloud

KEY = "account-wide-key"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cloud(clock: Clock) -> LambdaLabsCloud:
    kinds = {
        "gpu_1x_gh200": Kind(229, 96, {"us-east-3": 3}, architecture="arm64"),
        "gpu_1x_a10": Kind(86, 24, {"us-west-1": 2, "us-west-2": 2}),
        "gpu_1x_h100_pcie": Kind(329, 80, {"us-west-3": 2}),
        "gpu_8x_a100": Kind(999, 40, {"us-west-3": 1}, gpus=8),
    }
    return LambdaLabsCloud(KEY, kinds, clock.seconds)


@pytest.fixture
def url(cloud: LambdaLabsCloud) -> Iterator[str]:
    with lambda_labs_cloud.Serving(cloud) as served:
        yield served


@pytest.fixture
def api(url: str, clock: Clock) -> Iterator[LambdaLabs]:
    with connect(KEY, url) as http:
        yield LambdaLabs(http, Pacer(clock.seconds, clock.sleep))


@pytest.fixture
def lambda_labs(api: LambdaLabs) -> OnLambdaLabs:
    return OnLambdaLabs(
        api,
        "s3://lake",
        FLEET,
        ssh_key_name="ops",
        environment=lambda manifest: {"AWS_SESSION_TOKEN": f"for-{manifest.job_id}"},
        fetches=lambda job: (
            Fetch("sophia_intel-1-py3-none-any.whl", "https://lake.example/wheel?sig=1&x=2", "ab" * 32),
        ),
    )
