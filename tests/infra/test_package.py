"""The package that ships: what is in the zip, what the template promises, and that unfit ones are refused."""

import hashlib
import importlib.util
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from infra.aws import checks, template
from infra.aws.build import ROOT, build, pack
from infra.aws.bytecode import compiled
from infra.aws.target import Target, this_machine
from infra.aws.vendor import BuildFailed

QUIET = [].append
NOT_NARROWER = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}  # X-Ray knows no resources


def of_type(resources, kind) -> dict[str, dict]:
    return {name: item["Properties"] for name, item in resources.items() if item["Type"] == kind}


# ---- the zip


def test_the_zip_holds_the_application_and_the_contracts(names):
    assert {"app.py", "chalicelib/settings.py", "events/envelope.py", "chalice/app.py", "msgspec/__init__.py"} <= set(
        names
    )


def test_the_zip_leaves_the_sdk_to_the_runtime(names):
    assert not [name for name in names if name.startswith(("botocore/", "boto3/", "s3transfer/"))]


def test_the_zip_holds_no_samples_or_tests_of_ours(names):
    ours = [name for name in names if name.startswith(("events/", "chalicelib/", "gpu_jobs/"))]
    assert not [name for name in ours if not name.endswith((".py", ".pyc")) or "samples" in name or "test" in name]


def test_no_cold_start_compiles_a_module_because_the_zip_holds_them_compiled(names):
    modules = [name for name in names if name.endswith(".py")]
    assert modules and {importlib.util.cache_from_source(name) for name in modules} <= set(names)


def test_what_is_compiled_is_used_as_it_lies_in_the_zip(package, tmp_path):
    with zipfile.ZipFile(package.zip_path) as archive:
        archive.extractall(tmp_path)  # with the dates of now, as Lambda may
    sources = [path for path in tmp_path.rglob("*.py") if path.parent.name == "ingest"]
    for path in sources:
        path.write_text("raise SystemExit('the source was read')")
    code = "import chalicelib.ingest.edge as edge; print(edge.__cached__)"
    command = [sys.executable, "-B", "-c", code]
    done = subprocess.run(command, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert done.stdout.strip().endswith(package.target.bytecode_suffix), done.stderr


def test_another_pythons_package_ships_sources_alone():
    assert compiled({"app.py": b"x = 1"}, Target((3, 99), "x86_64")) == {}


def test_a_module_that_does_not_compile_stops_the_build():
    with pytest.raises(BuildFailed, match=r"broken\.py"):
        compiled({"broken.py": b"def"}, this_machine())


def test_the_zip_holds_every_module_of_the_functions(names):
    modules = {str(path.relative_to(ROOT / "functions")) for path in (ROOT / "functions/chalicelib").rglob("*.py")}
    assert modules <= set(names)


def test_every_artifact_is_small_enough_to_start_quickly(package):
    assert max(path.stat().st_size for path in package.artifacts.values()) < checks.LARGEST_ZIP_BYTES


def test_the_zip_and_template_pass_their_own_checks(package):
    assert checks.application(package.zip_path, package.target) == []
    assert checks.layer(package.layer_path, package.target) == []


def test_the_same_sources_give_the_same_zip(package, tmp_path):
    again = pack(package.target, tmp_path, say=QUIET)
    assert list(map(_sha256, again.artifacts.values())) == list(map(_sha256, package.artifacts.values()))
    assert again.template_path.read_bytes() == package.template_path.read_bytes()


def test_a_second_build_of_the_same_sources_does_nothing(package):
    made = build(package.target, ROOT / "build", say=QUIET)
    before = made.zip_path.stat().st_mtime_ns
    said: list[str] = []
    build(package.target, ROOT / "build", say=said.append)
    assert said == [f"package for {package.target.name} is current"]
    assert made.zip_path.stat().st_mtime_ns == before


def test_every_artifact_is_uploaded_under_a_name_that_changes_with_it(package):
    assert [f"sophia/{_sha256(path)[:32]}.zip" for path in package.artifacts.values()] == list(package.artifacts)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("botocore/session.py", b"", "not to be shipped"),
        ("events/slack/samples/message.json", b"{}", "not to be shipped"),
        ("x/_core.cpython-39-x86_64-linux-gnu.so", b"", "not built for py3.11-x86_64"),
        ("x/__pycache__/y.cpython-39.pyc", b"magi" + (1).to_bytes(4, "little"), "not compiled for py3.11"),
        ("x/__pycache__/y.cpython-311.pyc", b"magi" + (0).to_bytes(4, "little"), "one date of its source"),
        ("x/_rust.abi3.so", b"\x7fELF".ljust(18, b"\0") + (183).to_bytes(2, "little"), "not for x86_64"),
    ],
)
def test_a_zip_that_would_fail_in_the_cloud_is_refused(tmp_path, name, content, complaint):
    path = tmp_path / "bad.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for good in checks.NEEDED:
            archive.writestr(good, "")
        archive.writestr(name, content)
    found = checks.application(path, Target((3, 11), "x86_64"))
    assert found and all(complaint in line or "not for x86_64" in line for line in found)


def test_a_zip_without_the_application_is_refused(tmp_path):
    path = tmp_path / "empty.zip"
    with zipfile.ZipFile(path, "w"):
        pass
    assert checks.application(path, Target((3, 11), "x86_64")) == [f"{name} is missing" for name in checks.NEEDED]


# ---- the template


def test_a_template_with_a_mistake_is_refused(package, tmp_path):
    """That the template itself has none, the build has seen: of it the queue and what it names will do."""
    described = json.loads(package.template_path.read_text())
    kept = {name: described["Resources"][name] for name in ("IngestQueue", "IngestDLQ", "DataKey")}
    kept["IngestQueue"]["Properties"]["VisibilityTimeout"] = "long"
    broken = {"AWSTemplateFormatVersion": described["AWSTemplateFormatVersion"], "Resources": kept}
    (tmp_path / "broken.json").write_text(json.dumps(broken, separators=(",", ":")))
    assert any("VisibilityTimeout" in line or "long" in line for line in checks.lint(tmp_path / "broken.json"))


def test_functions_may_do_nothing_to_everything(resources):
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        for policy in role.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
                assert not [action for action in actions if "*" in action], name
                assert statement["Resource"] != "*" or set(actions) <= NOT_NARROWER, (name, statement)


def test_every_queue_is_encrypted_and_has_a_dead_letter_queue(resources):
    queues = of_type(resources, "AWS::SQS::Queue")
    for name, queue in queues.items():
        assert "KmsMasterKeyId" in queue, name
        assert name.endswith("DLQ") or queue["RedrivePolicy"]["maxReceiveCount"] >= 5, name
    for name in ("IngestQueue", "PullsQueue"):
        assert queues[name]["RedrivePolicy"]["maxReceiveCount"] == 5


@pytest.mark.parametrize(
    ("queue", "consumer"), [("IngestQueue", "Land"), ("PullsQueue", "Pull"), ("DropsQueue", "Intake")]
)
def test_a_message_stays_hidden_for_six_times_its_consumers_timeout(resources, queue, consumer):
    assert resources[queue]["Properties"]["VisibilityTimeout"] == 6 * resources[consumer]["Properties"]["Timeout"]


def test_every_consumer_reports_which_messages_failed(resources):
    mappings = of_type(resources, "AWS::Lambda::EventSourceMapping").values()
    assert {tuple(mapping["FunctionResponseTypes"]) for mapping in mappings} == {("ReportBatchItemFailures",)}


def test_every_log_group_is_encrypted_and_has_an_end(resources):
    groups = of_type(resources, "AWS::Logs::LogGroup")
    assert groups
    assert all("KmsKeyId" in group and "RetentionInDays" in group for group in groups.values())


def test_every_function_writes_to_a_log_group_of_its_own(resources):
    functions = of_type(resources, "AWS::Lambda::Function")
    groups = [function["LoggingConfig"]["LogGroup"]["Ref"] for function in functions.values()]
    assert len(set(groups)) == len(functions)


def test_the_lake_is_kept_private_and_versioned(resources):
    lake = resources["LakeBucket"]
    assert lake["DeletionPolicy"] == "Retain"
    assert set(lake["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
    assert lake["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}
    assert lake["Properties"]["BucketEncryption"]
    told = lake["Properties"]["NotificationConfiguration"]["QueueConfigurations"]
    rules = [notification["Filter"]["S3Key"]["Rules"] for notification in told]
    assert [one["Value"] for [one] in rules] == ["events/", "gpu/results/", "drops/"]
    assert {one["Name"] for [one] in rules} == {"prefix"}
    policy = resources["LakeBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert [statement["Condition"] for statement in policy] == [{"Bool": {"aws:SecureTransport": "false"}}]


def test_no_rule_lets_events_expire(resources):
    rules = resources["LakeBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    expiring = {rule["Prefix"] for rule in rules if "ExpirationInDays" in rule}
    assert expiring == {"claims/", *(f"gpu/{what}/" for what in ("orders", "shards", "results", "done"))}


def test_the_state_table_can_be_restored(resources):
    table = resources["StateTable"]
    assert table["DeletionPolicy"] == "Retain"
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["Properties"]["SSESpecification"]["SSEEnabled"]


def test_every_function_is_given_what_the_settings_require(resources):
    """Lambda itself sets what begins with AWS_."""
    source = (ROOT / "functions/chalicelib/settings.py").read_text()
    required = {name for name in re.findall(r'_required\("(\w+)"\)', source) if not name.startswith("AWS_")}
    assert required
    for function in of_type(resources, "AWS::Lambda::Function").values():
        assert required <= set(function["Environment"]["Variables"])


def test_the_parameters_stay_parameters(package, resources):
    """The SAM translator would write their defaults in their place."""
    variables = resources["Land"]["Properties"]["Environment"]["Variables"]
    assert variables["SECRETS_PREFIX"] == {"Ref": "SecretsPrefix"}
    assert json.loads(package.template_path.read_text())["Parameters"]["SecretsPrefix"]["Default"] == "sophia"


def test_the_api_calls_the_alias_that_is_published(resources):
    body = json.dumps(resources["RestAPI"]["Properties"]["Body"])
    assert "${APIHandlerAliaslive}/invocations" in body
    assert "${APIHandler.Arn}" not in body


# ---- how templates are merged


@pytest.mark.parametrize(
    ("below", "above", "merged"),
    [
        ({"a": {"b": 1}}, {"a": {"c": 2}}, {"a": {"b": 1, "c": 2}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": 1, "b": 2}, {"a": None}, {"b": 2}),
        ({"q": {"Fn::Sub": "x"}}, {"q": {"Fn::GetAtt": ["y", "Arn"]}}, {"q": {"Fn::GetAtt": ["y", "Arn"]}}),
        ({"q": {"Ref": "x"}}, {"q": {"plain": 1}}, {"q": {"plain": 1}}),
        ({}, {"a": {"b": None}}, {"a": {"b": None}}),
    ],
)
def test_an_overlay_merges_replaces_and_deletes(below, above, merged):
    assert template.merge(below, above) == merged


def test_api_gateway_hands_on_every_body_untouched(resources):
    (api,) = of_type(resources, "AWS::ApiGateway::RestApi").values()
    assert api["Body"]["x-amazon-apigateway-binary-media-types"] == ["*/*"]
