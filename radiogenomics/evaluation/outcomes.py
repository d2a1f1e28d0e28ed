"""Who was called what: each test patient's outcome by the model that tested it, and the surest of each kind."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from radiogenomics.evaluation.calibration import logits
from radiogenomics.evaluation.decide import Scored
from radiogenomics.evaluation.evidence import Evidence

OUTCOMES = ("true positive", "false positive", "false negative", "true negative")


@dataclass(frozen=True, slots=True)
class Decided:
    """One test patient as one model, which never saw it in training, decided it."""

    fold: int
    scored: Scored

    @property
    def patient_id(self) -> str:
        """Whose."""
        return self.scored.patient_id

    @property
    def outcome(self) -> str:
        """One of OUTCOMES."""
        right = "true" if self.scored.decision == self.scored.label else "false"
        return f"{right} {'positive' if self.scored.decision else 'negative'}"

    @property
    def confidence(self) -> float:
        """How far from the threshold it was decided, on the logit scale."""
        probability, threshold = logits([self.scored.probability, self.scored.threshold])
        return float(abs(probability - threshold))


def once_each(evidence: Evidence) -> tuple[Decided, ...]:
    """Each test patient after the last phase, by the model of the first fold that tested it; sorted by patient.

    Where folds were repeated, the report averages over the repeats; one picture can show one model only.
    """
    first: dict[str, Decided] = {}
    folds = sorted({p.fold for p in evidence.predictions if p.split == "test" and p.phase == evidence.last})
    for fold in folds:
        for scored in evidence.tested(evidence.last, fold):
            first.setdefault(scored.patient_id, Decided(fold, scored))
    return tuple(first[patient] for patient in sorted(first))


def surest(tested: Sequence[Decided], each: int) -> tuple[Decided, ...]:
    """Of every outcome the `each` patients farthest from their threshold, outcome by outcome; then by patient."""
    chosen = []
    for outcome in OUTCOMES:
        chosen += sorted(_of(tested, outcome), key=lambda one: (-one.confidence, one.patient_id))[:each]
    return tuple(chosen)


def _of(tested: Iterable[Decided], outcome: str) -> list[Decided]:
    return [one for one in tested if one.outcome == outcome]
