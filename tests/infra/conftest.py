"""The package that ships, built once for all who look into it."""

import json
import zipfile

import pytest

from infra.aws.build import ROOT, Package, build
from infra.aws.target import this_machine


@pytest.fixture(scope="session")
def package() -> Package:
    return build(this_machine(), ROOT / "build", say=lambda told: None)


@pytest.fixture(scope="session")
def names(package) -> list[str]:
    with zipfile.ZipFile(package.zip_path) as archive:
        return archive.namelist()


@pytest.fixture(scope="session")
def resources(package) -> dict[str, dict]:
    return json.loads(package.template_path.read_text())["Resources"]
