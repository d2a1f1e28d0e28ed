import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radiogenomics.errors import MissingPathError, RunError
from radiogenomics.records import EpochRow, Exclusion, Prediction
from radiogenomics.rundir.rows import read_csv, read_history, read_records, write_csv, write_history, write_records

# A lone \r or \n inside a cell is quoted; what UTF-8 can't hold is escaped, and \0 never reaches a record.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
predictions = st.builds(
    Prediction, texts, st.integers(), st.integers(), texts, st.integers(0, 1), st.floats(allow_nan=False)
)


@given(st.lists(predictions, max_size=4))
def test_records_come_back_to_the_last_bit(tmp_path_factory: pytest.TempPathFactory, records: list[Prediction]) -> None:
    path = tmp_path_factory.getbasetemp() / "predictions.csv"
    write_records(path, Prediction, records)
    assert read_records(path, Prediction) == records


def test_an_undefined_figure_is_a_blank_cell_and_comes_back(tmp_path: Path) -> None:
    write_records(tmp_path / "p.csv", Prediction, [Prediction("a", 0, 1, "test", 1, math.nan)])
    assert (tmp_path / "p.csv").read_text().splitlines()[1] == "a,0,1,test,1,"
    (row,) = read_records(tmp_path / "p.csv", Prediction)
    assert math.isnan(row.probability)


@pytest.mark.parametrize(
    "content",
    [
        b"patient_id,fold\na,0\n",
        b"patient_id,fold,phase,split,label,probability\na,0,1,test,1,high\n",
        b"patient_id,fold,phase,split,label,probability\na,0,1\n",
        b"patient_id,fold,phase,split,label,probability\na,0,1,test,1,0.5,more\n",
        b"patient_id,fold,phase,split,label,probability\nM\xfcller,0,1,test,1,0.5\n",
    ],
)
def test_a_damaged_table_is_one_sentence_with_the_place(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "predictions.csv").write_bytes(content)
    with pytest.raises(RunError, match=r"predictions\.csv"):
        read_records(tmp_path / "predictions.csv", Prediction)


def test_a_row_cut_short_is_not_read_as_the_word_none(tmp_path: Path) -> None:
    (tmp_path / "exclusions.csv").write_text("patient_id,path,reason\na,b\n")
    with pytest.raises(RunError, match="damaged"):
        read_records(tmp_path / "exclusions.csv", Exclusion)


def test_a_missing_table_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(MissingPathError, match=r"is missing: is .* a finished run"):
        read_csv(tmp_path / "predictions.csv")


def test_history_keeps_the_metrics_that_only_some_phases_have(tmp_path: Path) -> None:
    rows = [EpochRow(0, 1, 1, {"loss": 0.1, "auc": 0.5}), EpochRow(0, 2, 1, {"loss": 1 / 3})]
    write_history(tmp_path / "history.csv", rows)
    assert read_history(tmp_path / "history.csv") == rows
    assert (tmp_path / "history.csv").read_text().startswith("fold,phase,epoch,auc,loss\n")
    write_history(tmp_path / "history.csv", rows, "selected on the reported fold")
    assert [row["note"] for row in read_csv(tmp_path / "history.csv")] == ["selected on the reported fold"] * 2
    assert read_history(tmp_path / "history.csv") == rows
    (tmp_path / "history.csv").write_text("fold,phase,epoch,loss\n0,one,1,0.5\n")
    with pytest.raises(RunError, match=r"history\.csv"):
        read_history(tmp_path / "history.csv")


def test_a_table_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    def rows() -> object:
        yield [1]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_csv(tmp_path / "x.csv", ["n"], rows())  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []
