"""What a chapter of the report is made of."""

from dataclasses import dataclass

from radiogenomics.evaluation.evidence import Picture
from radiogenomics.evaluation.tables import Table


@dataclass(frozen=True, slots=True)
class Step:
    """One box of the cohort's flow: how many there are, and who went no further and why."""

    what: str
    count: int
    left_out: tuple[tuple[int, str], ...] = ()  # (how many, why), most frequent first


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what stands under it, and what to know when reading it."""

    title: str
    note: str = ""  # a line is a paragraph
    table: Table | None = None
    pictures: tuple[Picture, ...] = ()
    steps: tuple[Step, ...] = ()
    command: str = ""  # what makes this section's contents, where they are not there yet

    @property
    def present(self) -> bool:
        """Whether there is anything to show."""
        return bool((self.table and self.table.rows) or self.pictures or self.steps or self.command)


@dataclass(frozen=True, slots=True)
class Chapter:
    """A theme with its sections; one without any is left out."""

    anchor: str
    title: str
    sections: tuple[Section, ...]

    @property
    def present(self) -> tuple[Section, ...]:
        """The sections that show something."""
        return tuple(section for section in self.sections if section.present)


def vector(name: str, title: str, alt: str, caption: str, svg: str) -> Picture:
    """A figure as a picture of the page, and of the run's figures/."""
    return Picture(f"{name}.svg", title, alt, caption, "image/svg+xml", svg.encode())
