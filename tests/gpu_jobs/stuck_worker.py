"""A worker that never comes to the end of its second shard: python -m tests.gpu_jobs.stuck_worker FOLDER.

It writes the file `stuck` beside the lake's objects once it is there, for the test that kills it.
"""

import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from events import keys
from gpu_jobs.lake import FolderLake
from gpu_jobs.run import read_manifest, work_through
from tests.gpu_jobs.small_jobs import NOW, HashEncoder, embed


class StuckEncoder(HashEncoder):
    folder: Path

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        if self.texts:
            (self.folder / "stuck").touch()
            time.sleep(600)
        return super().encode(texts)


if __name__ == "__main__":
    encoder = StuckEncoder()
    encoder.folder = Path(sys.argv[1])
    lake = FolderLake(encoder.folder)
    manifest = read_manifest(lake, keys.gpu_manifest("job-1"))
    work_through(manifest, embed(encoder), lake, lambda: NOW, lambda: False, lambda *_: None)
