"""The locks: what `make install` installs, from any registry, and nothing unlocked beside it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted(ROOT.glob("requirements*.lock"))


def pins(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", path.read_text(), flags=re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_names_no_registry_and_hashes_everything(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    assert "--index" not in text
    assert text.count("==") <= text.count("--hash=sha256:")


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_holds_what_builds_and_tests_the_package(lock: Path) -> None:
    # The editable install has no build isolation: what it needs must be there already.
    assert {"hatchling", "editables", "pytest", "ruff", "mypy", "tensorflow"} <= pins(lock).keys()


def test_a_gpu_only_adds_to_the_lock() -> None:
    assert pins(ROOT / "requirements.lock").items() <= pins(ROOT / "requirements-gpu.lock").items()
