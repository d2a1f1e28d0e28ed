"""model_card.md: what a run's model is, for whom, how good it was on whom, and what to beware of.

Sections after M. Mitchell et al., Model Cards for Model Reporting, FAT* 2019, 10.1145/3287560.3287596; the head as the
Hugging Face Hub reads it.
"""

import json
from collections.abc import Iterator

from radiogenomics.evaluation.chapters.acquisition import acquisition_table
from radiogenomics.evaluation.chapters.cohort import exclusions_table, flow
from radiogenomics.evaluation.doubts import unusable
from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.evaluation.markdown import ANEW, bullets, escape, fenced, table
from radiogenomics.evaluation.statements import cohort, learning, results
from radiogenomics.evaluation.subgroups import TITLES as TRAITS
from radiogenomics.evaluation.subgroups import subgroups
from radiogenomics.evaluation.tables import Table, noted
from radiogenomics.evaluation.verdict import scope, verdict
from radiogenomics.evaluation.wording import TITLES, with_interval

AUTHOR = "for the author"
RESEARCH = "Research use only: not a medical device, not for diagnosis, treatment or any decision about a patient."
ETHICS = (
    "The model was made from images of patients. Whether they, or an ethics committee, agreed to that is for the "
    "author to say.",
    "A probability of this model is no finding. Nobody should be given, or refused, a test or a treatment by it.",
    "The run keeps no names or birth dates, only digests of them; folders, ids and weights may still tell of patients: "
    "treat them as you treat the images.",
)
ELSEWHERE = (
    "Other hospitals, scanners, sequences, ages and diseases than those below: nothing here says how the model does "
    "there. Score an outside cohort first: radiogen evaluate RUN --data."
)


def _head(evidence: Evidence) -> str:
    tags = ["radiogenomics", "medical-imaging", "research-use-only", evidence.recipe.name]
    lines = ["library_name: keras", "pipeline_tag: image-classification", f"tags: {json.dumps(tags)}"]
    return "\n".join(["---", *lines, "---"])


def _details(evidence: Evidence) -> str:
    recipe = evidence.recipe
    rows = (
        ("Run", evidence.name),
        ("Recipe", f"{recipe.name}: {recipe.title}"),
        ("Kind", learning.model(evidence)),
        ("Weights at the start", learning.started(evidence)),
        ("Training", learning.trained(evidence)),
        ("Made with", learning.software(evidence)),
        ("Developed by, contact", AUTHOR),
        ("Licence of the weights", AUTHOR),
    )
    return table(Table(("", "Details"), tuple(row for row in rows if row[1])))


def _use(evidence: Evidence) -> str:
    negative, positive = evidence.classes
    sequences = ", ".join(evidence.recipe.modalities)
    return bullets([
        RESEARCH,
        f"Intended: research into whether {positive} can be told from {negative} by {sequences}, and as something to "
        "compare other models with.",
        f"Input: {cohort.subsets(evidence)} {cohort.preprocessed(evidence)} {learning.drawn(evidence)}",
        f"Output: {learning.output(evidence)}",
        f"Out of scope: any use in care. {ELSEWHERE}",
    ])  # fmt: skip


def metrics_table(evidence: Evidence) -> Table:
    """Every figure of metrics.json with its interval."""
    figures = evidence.figures("patient", evidence.last)
    rows = ((TITLES.get(name, name), with_interval(figure), str(figure.n)) for name, figure in figures.items())
    return Table(("Measure", noted("Test patients (95% interval)", evidence), "Patients"), tuple(rows))


def _subgroups(evidence: Evidence) -> Table:
    found = ((TRAITS[grouping.trait], group) for grouping in subgroups(evidence) for group in grouping.groups)
    rows = ((title, one.name, str(one.n), str(one.positives), with_interval(one.auc)) for title, one in found)
    area = noted("AUC (95% interval)", evidence)
    return Table(("Trait", "Group", "Patients", evidence.recipe.positive, area), tuple(rows))


def _results(evidence: Evidence) -> Iterator[str]:
    yield bullets(verdict(evidence))
    yield table(metrics_table(evidence))
    yield bullets([results.failures(evidence), results.robustness(evidence), results.calibrated(evidence)])
    groups = table(_subgroups(evidence))
    yield f"### Subgroups\n\n{groups}" if groups else ""
    shown = results.explained(evidence)
    yield f"### Explanations\n\n{escape(shown)}" if shown else ""


def _data(evidence: Evidence) -> Iterator[str]:
    steps = tuple((step.what, str(step.count)) for step in flow(evidence))
    yield table(Table(("Cohort", "Number"), steps))
    told = [cohort.eligibility, cohort.sites, cohort.demographics, cohort.partitions, cohort.disjoint, cohort.missing]
    yield bullets([statement(evidence) for statement in told])
    for title, found in (("Left out", exclusions_table(evidence)), ("Acquisition", acquisition_table(evidence))):
        shown = table(found)
        yield f"### {title}\n\n{shown}" if shown else ""


def _caveats(evidence: Evidence) -> str:
    deployed = "" if evidence.outside else learning.ensemble(evidence)
    audit = results.audited(evidence) or "No audit was made: radiogen audit RUN looks for leaks and shortcuts."
    signal = results.signal(evidence) or (
        "Signal: whether the figures beat permuted labels, or header fields alone, was not asked: radiogen signal RUN "
        "asks."
    )
    return bullets([unusable(evidence), scope(evidence)[0], f"Audit: {audit}", signal, deployed])


def _again(evidence: Evidence) -> Iterator[str]:
    command = learning.command(evidence)
    yield fenced(command, "sh") if command else "What was typed is not recorded."
    yield table(Table(("SHA-256 of", "Digest"), tuple(learning.hashes(evidence).items())))
    seed = evidence.recipe.training.seed
    yield f"Seed {seed}. recipe.json is the whole recipe, folds.csv says who was where, environment.json the rest."


def card(evidence: Evidence, version: str) -> str:
    """The model card of a run as Markdown.

    Args:
        evidence: Of a run.
        version: Of the radiogen that writes it.
    """
    recipe = evidence.recipe
    note = f"**Every figure here is: {escape(evidence.note)}.**" if evidence.note else ""
    sections = {
        "Model details": [_details(evidence)],
        "Intended use": [_use(evidence)],
        "Factors": [bullets([cohort.acquired(evidence), results.groups(evidence)]) or "None is known."],
        "Metrics": [bullets([results.measures(evidence), results.intervals(evidence)])],
        "Training and evaluation data": list(_data(evidence)),
        "Quantitative analyses": list(_results(evidence)),
        "Ethical considerations": [bullets(ETHICS)],
        "Caveats and recommendations": [_caveats(evidence)],
        "How to reproduce": list(_again(evidence)),
        "Citation": [bullets([recipe.citation, f"radiogen {version}, Apache-2.0."])],
    }
    parts = [_head(evidence), f"# Model card: {escape(recipe.title)}", f"**{RESEARCH}**", note]
    for title, paragraphs in sections.items():
        parts += [f"## {title}", *paragraphs]
    parts.append(f"Made by radiogen {escape(version)} from the files of this run. {ANEW}")
    return "\n\n".join(part for part in parts if part) + "\n"
