"""What the package holds for GPU jobs: all that opens a place, out of the receiver's way, with few rights."""

import json
import subprocess
import sys
import zipfile

import pytest


@pytest.fixture(scope="module")
def unpacked(package, tmp_path_factory):
    """The folder in which zip and layer lie as Lambda unpacks them: the layer's modules below python/, which only its
    functions look into."""
    folder = tmp_path_factory.mktemp("package")
    for path in package.artifacts.values():
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
    return folder


def test_zip_and_layer_hold_all_that_opens_a_place_and_nothing_of_a_worker(names, unpacked):
    assert not {"gpu_jobs/run.py", "gpu_jobs/data.py", "gpu_jobs/engines/weights.py"} & set(names)
    code = (
        "import app, modal, gpu_jobs.places.on_modal, gpu_jobs.places.on_lambda_labs as rented;"
        "import chalicelib.intelligence.fleet as fleet; print(modal.__file__, rented.__file__, fleet.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", code],
        cwd=unpacked,
        env={"PYTHONPATH": str(unpacked / "python")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.count(str(unpacked)) == 3, done.stderr


def test_no_module_lies_in_zip_and_layer_both(package, names):
    """They would be two copies of one version today, and of two tomorrow."""
    with zipfile.ZipFile(package.layer_path) as archive:
        inside = {name.removeprefix("python/") for name in archive.namelist()}
    assert inside and not inside & set(names)


def test_the_layer_is_of_those_alone_who_open_places(resources):
    with_layer = {name for name, item in resources.items() if item["Properties"].get("Layers")}
    assert with_layer == {"Dispatch", "Reap"}
    assert resources["Dispatch"]["Properties"]["Layers"] == [{"Ref": "GpuClients"}]


def test_what_receives_knows_nothing_of_gpus(unpacked):
    code = "import app, sys; print({'modal', 'gpu_jobs', 'boto3'} & {name.split('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-B", "-c", code], cwd=unpacked, env={}, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "set()", done.stderr


def test_gpu_jobs_are_scheduled_once_at_a_time_and_only_where_there_is_a_fleet(package, resources):
    for name in ("Dispatch", "Reap"):
        function = resources[name]["Properties"]
        assert function["ReservedConcurrentExecutions"] == 1
        assert function["Environment"]["Variables"]["GPU_FLEET"] == {"Ref": "GpuFleet"}
        rule = resources[f"{name}{name}Event"]["Properties"]
        assert rule["State"] == {"Fn::If": ["HasGpus", "ENABLED", "DISABLED"]}
    assert json.loads(package.template_path.read_text())["Parameters"]["GpuFleet"]["Default"] == ""


def test_a_rented_machine_reaches_no_event(resources):
    (policy,) = resources["GpuWorkerRole"]["Properties"]["Policies"]
    places = json.dumps([statement["Resource"] for statement in policy["PolicyDocument"]["Statement"]])
    assert "/events" not in places and "secret" not in places and '.Arn}/*"' not in places
    callers = resources["GpuWorkerRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["AWS"]
    assert callers == [{"Fn::GetAtt": ["DispatchRole", "Arn"]}, {"Fn::GetAtt": ["ReapRole", "Arn"]}]
