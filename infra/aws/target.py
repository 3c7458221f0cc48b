"""What a package is made for: a Python and an architecture, as AWS Lambda names them."""

import platform
import sys
from dataclasses import dataclass
from typing import Literal

Architecture = Literal["x86_64", "arm64"]

_MACHINES: dict[Architecture, str] = {"x86_64": "x86_64", "arm64": "aarch64"}
_ARCHITECTURES: dict[str, Architecture] = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True)
class Target:
    """One Lambda runtime."""

    python: tuple[int, int]
    architecture: Architecture

    @property
    def name(self) -> str:
        return f"py{self.python[0]}.{self.python[1]}-{self.architecture}"

    @property
    def python_version(self) -> str:
        return f"{self.python[0]}.{self.python[1]}"

    @property
    def wheel_platform(self) -> str:
        """uv's name for what the runtime can load. python3.11 runs on Amazon Linux 2 with glibc 2.26, later ones on
        Amazon Linux 2023 with 2.34: wheels for glibc 2.17 suit both."""
        return f"{_MACHINES[self.architecture]}-manylinux2014"

    @property
    def extension_suffix(self) -> str:
        """How a compiled module's name must end, unless it is built for the stable ABI."""
        return f".cpython-{self.python[0]}{self.python[1]}-{_MACHINES[self.architecture]}-linux-gnu.so"

    @property
    def bytecode_suffix(self) -> str:
        """How a compiled module's name must end for the runtime to read it."""
        return f".cpython-{self.python[0]}{self.python[1]}.pyc"


def this_machine(architecture: Architecture | None = None) -> Target:
    """The running interpreter's version: Chalice takes the runtime from it, so there is no other choice."""
    return Target(sys.version_info[:2], architecture or _ARCHITECTURES[platform.machine().lower()])
