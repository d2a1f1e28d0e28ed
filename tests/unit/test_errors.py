import pickle

import pytest

from radiogenomics import errors
from radiogenomics.errors import CohortError, RadiogenomicsError, UnknownNameError, raise_faults

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, RadiogenomicsError)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_says_its_sentence_and_survives_the_way_from_a_worker(kind: type[RadiogenomicsError]) -> None:
    error = pickle.loads(pickle.dumps(kind("labels.csv: 'x' is gone")))
    assert type(error) is kind
    assert str(error) == "labels.csv: 'x' is gone"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not RadiogenomicsError])
def test_every_error_is_also_the_builtin_that_a_script_expects(kind: type[RadiogenomicsError]) -> None:
    builtin = next(base for base in kind.__mro__ if base.__module__ == "builtins")
    assert builtin not in {Exception, BaseException, object}


def test_one_fault_is_a_sentence_and_several_are_a_list() -> None:
    raise_faults(CohortError, [], "labels.csv")
    with pytest.raises(CohortError, match=r"^labels\.csv: a is twice$"):
        raise_faults(CohortError, ["a is twice"], "labels.csv")
    with pytest.raises(CohortError, match=r"^labels\.csv: 2 faults\n  1\. a\n  2\. b$"):
        raise_faults(CohortError, ["a", "b"], "labels.csv")


def test_a_key_error_is_not_shown_in_quotes() -> None:
    assert str(UnknownNameError("unknown backbone 'x'")) == "unknown backbone 'x'"
