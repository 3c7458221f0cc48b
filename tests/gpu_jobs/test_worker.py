"""The worker's command: what it answers, what its heartbeat says, and one job on the real model."""

import pickle
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest

from events import keys
from events.gpu_job import Done
from gpu_jobs import data
from gpu_jobs import run as worker
from gpu_jobs.engines.encoder import BadHost
from gpu_jobs.engines.weights import WeightsRefused
from gpu_jobs.job import Options
from gpu_jobs.jobs import embed as embed_job
from gpu_jobs.lake import FolderLake
from gpu_jobs.models import LOCAL, MODELS
from tests.gpu_jobs import small_jobs
from tests.gpu_jobs.small_jobs import NOW, HashEncoder, heartbeat, put_job
from tests.gpu_jobs.written_documents import document

ROOT = Path(__file__).parents[2]
JOB = keys.gpu_manifest("job-1")


@pytest.fixture
def lake(tmp_path) -> FolderLake:
    return FolderLake(tmp_path / "lake")


def run(lake, tmp_path, now=lambda: NOW, is_stopped=lambda: False) -> worker.Ended:
    return worker.run(JOB, lake, Options("onnx", None, tmp_path / "cache"), "worker-1", now, is_stopped)


def test_the_command_embeds_a_job_with_minilm_and_says_so(lake, tmp_path):
    manifest = put_job(lake, [[document("The renewal is at risk.")], [document("Cats sleep a lot.")]])
    command = [sys.executable, "-m", "gpu_jobs.run", "--engine", "onnx", "--cache", str(tmp_path / "cache")]
    in_time = msgspec.structs.replace(manifest, ends_at=NOW + timedelta(days=40_000))
    lake.put(JOB, msgspec.json.encode(in_time))
    ended = subprocess.run(
        [*command, "--manifest", JOB, "--lake", str(lake.folder)], cwd=ROOT, capture_output=True, text=True
    )
    assert ended.returncode == worker.FINISHED, ended.stderr
    said = [msgspec.json.decode(line) for line in ended.stderr.splitlines()]
    assert [line["event"] for line in said] == ["shard_done", "shard_done", "worker_ended"]
    assert "renewal" not in ended.stderr
    assert (heartbeat(lake).verdict, heartbeat(lake).shards_done) == ("finished", 2)
    model = MODELS[LOCAL]
    for shard in manifest.shards:
        marker = msgspec.json.decode(lake.get(keys.gpu_done(model.slug, shard.shard_id)), type=Done)
        assert (marker.chunks, marker.engine.split("/")[0]) == (1, "onnx-bert")
        body = lake.get(keys.gpu_result("embeddings", model.slug, shard.shard_id))
        [row] = data.decode(body, data.embeddings(model.dimension))
        assert abs(np.linalg.norm(row["embedding"]) - 1) < 1e-5


def test_a_manifest_of_another_model_version_is_refused(lake, tmp_path):
    put_job(lake, [[document("text")]], model_version="all-minilm-l6-v2@2")
    assert run(lake, tmp_path) == worker.Ended(worker.REFUSED, "failed", "other_model_version")
    assert heartbeat(lake).reason == "other_model_version"


def test_what_is_no_manifest_is_refused(lake, tmp_path):
    assert run(lake, tmp_path).reason == "no_manifest"
    lake.put(JOB, b"{}")
    assert run(lake, tmp_path).reason == "manifest_unreadable"
    manifest = put_job(lake, [[document("text")]])
    lake.put(JOB, msgspec.json.encode(msgspec.structs.replace(manifest, manifest_version=2)))
    assert run(lake, tmp_path) == worker.Ended(worker.REFUSED, "failed", "other_manifest_version")


@pytest.mark.parametrize(
    ("error", "ended"),
    [
        (BadHost("torch finds no CUDA device"), (worker.BAD_HOST, "bad_host", "torch finds no CUDA device")),
        (WeightsRefused("of another hash"), (worker.REFUSED, "failed", "weights_refused")),
        (MemoryError("a text"), (worker.FAILED, "failed", "raised_MemoryError")),
    ],
)
def test_a_worker_that_cannot_start_says_why_in_its_last_heartbeat(error, ended, lake, tmp_path, monkeypatch, capsys):
    def start(manifest, options):
        raise error

    monkeypatch.setattr(embed_job, "start", start)  # a kind of job is found by its module's name
    put_job(lake, [[document("text")]])
    assert run(lake, tmp_path) == worker.Ended(*ended)
    beat = heartbeat(lake)
    assert (beat.verdict, beat.reason, beat.worker) == (ended[1], ended[2], "worker-1")
    assert "a text" not in capsys.readouterr().err


def test_a_heartbeat_is_there_before_the_first_shard_and_counts_them(lake, tmp_path, monkeypatch):
    seen = []

    class Watching(HashEncoder):
        def encode(self, texts):
            seen.append(heartbeat(lake).verdict)
            return super().encode(texts)

    monkeypatch.setattr(embed_job, "start", lambda manifest, options: small_jobs.embed(Watching()))
    put_job(lake, [[document("one")], [document("two")]])
    assert run(lake, tmp_path) == worker.Ended(worker.FINISHED, "finished", "", 2)
    assert seen == ["working", "working"]
    assert heartbeat(lake).shards_done == 2


def test_a_signal_to_stop_ends_the_worker_after_the_shard_in_hand(lake, tmp_path, monkeypatch):
    class Signalled(HashEncoder):
        def encode(self, texts):
            signal.raise_signal(signal.SIGTERM)
            return super().encode(texts)

    monkeypatch.setattr(embed_job, "start", lambda manifest, options: small_jobs.embed(Signalled()))
    manifest = put_job(lake, [[document("one")], [document("two")]])
    lake.put(JOB, msgspec.json.encode(msgspec.structs.replace(manifest, ends_at=NOW + timedelta(days=40_000))))
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert worker.main(["--manifest", JOB, "--lake", str(lake.folder)]) == worker.STOPPED
    finally:
        signal.signal(signal.SIGTERM, before)
    assert (heartbeat(lake).verdict, heartbeat(lake).reason, heartbeat(lake).shards_done) == ("failed", "terminated", 1)
    assert [small_jobs.done(lake, shard) is not None for shard in manifest.shards] == [True, False]


def test_the_help_tells_the_exit_codes(capsys):
    with pytest.raises(SystemExit):
        worker.main(["--help"])
    assert "5  bad host" in capsys.readouterr().out


def test_documents_cut_beside_the_device_come_out_the_same():
    work = small_jobs.embed(HashEncoder())
    documents = [document(f"Text {number}. " * 40, name=str(number)) for number in range(150)]
    travelled = pickle.loads(pickle.dumps(work.make_chunks))  # as to another process
    with ThreadPoolExecutor(2) as pool:
        beside = embed_job.Embed(work.model, work.encoder, travelled, pool)
        assert beside.prepare(documents) == work.prepare(documents)
