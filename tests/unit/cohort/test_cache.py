import os
import stat
from pathlib import Path

from radiogenomics.cohort import cache


def test_a_cache_is_its_owners_alone_whatever_the_umask_allows(tmp_path: Path) -> None:
    path = tmp_path / "headers" / "a.json.gz"
    before = os.umask(0o022)
    try:
        for _ in range(2):  # made, and replaced where an older version left it open to all
            cache.save(path, tmp_path, {})
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            path.chmod(0o644)
    finally:
        os.umask(before)
