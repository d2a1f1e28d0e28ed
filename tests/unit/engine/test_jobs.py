import pytest
from engine_jobs import square

from radiogenomics.engine import cores, parse_workers, run_jobs
from radiogenomics.errors import WorkerError


@pytest.mark.parametrize(
    ("text", "workers"),
    [
        ("0", 0),
        (" 4 ", 4),
        ("auto", cores()),
        ("tcp://10.0.0.5:8786", "tcp://10.0.0.5:8786"),
        ("tls://node-3.cluster.local:1", "tls://node-3.cluster.local:1"),
        ("tcp://[::1]:8786", "tcp://[::1]:8786"),
    ],
)
def test_workers_are_a_number_or_an_address(text: str, workers: int | str) -> None:
    assert parse_workers(text) == workers


@pytest.mark.parametrize(
    "text",
    [
        *("", "3x", "-1", "1.5", "²", "99999", "tcp:/x", "tcp://", "tcp://host", "tcp://host:", "tcp://host:0"),
        *("tcp://host:70000", "tcp://a b:1", "tcp://user@host:1", "host:8786", "http://host:8786", "tcp://host:1/x"),
    ],
)
def test_what_is_neither_is_said_with_what_would_be(text: str) -> None:
    with pytest.raises(WorkerError, match=r"workers can't be .*: give a number .* such as tcp://10\.0\.0\.5:8786"):
        parse_workers(text)
    with pytest.raises(WorkerError, match="workers can't be"):
        list(run_jobs(square, [], text))
