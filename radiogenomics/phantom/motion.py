"""How a patient came to lie differently from one series to the next: turned, shifted and, where soft, bent."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.floating]  # [..., 3]: x, y, z in mm
Triple = tuple[float, float, float]
_ROUNDS = 30  # of the search for the place that a bent one came from; each leaves less than a third of the error


def turn(degrees: Triple) -> npt.NDArray[np.float64]:
    """The matrix of a turn: its axis is the vector's direction, its angle the vector's length in degrees."""
    vector = np.radians(degrees)
    angle = float(np.linalg.norm(vector))
    if angle == 0.0:
        return np.eye(3)
    x, y, z = vector / angle
    across = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.asarray(np.eye(3) + math.sin(angle) * across + (1 - math.cos(angle)) * across @ across)


@dataclass(frozen=True, slots=True, eq=False)
class Bend:
    """A smooth displacement: a sum of waves far longer than what they carry is wide."""

    vectors: npt.NDArray[np.float64]  # [waves, 3], radians per mm
    phases: npt.NDArray[np.float64]  # [waves]
    lengths: npt.NDArray[np.float64]  # [waves, 3], mm along x, y, z

    def at(self, points: Points) -> Points:
        """The displacement at each point, [..., 3] in mm."""
        return np.asarray(np.sin(points @ self.vectors.T + self.phases) @ self.lengths)


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """Where the anatomy of the reference series lies in another; the truth that a registration is to find."""

    centre: Triple = (0.0, 0.0, 0.0)  # of the turn, mm
    turned: Triple = (0.0, 0.0, 0.0)  # as in `turn`, degrees
    shift: Triple = (0.0, 0.0, 0.0)  # mm
    bend: Bend | None = None  # on top of it, as a function of the place before the turn

    def origin(self, points: Points) -> Points:
        """The places of the reference whose anatomy lies at these places of the series, [..., 3] in mm."""
        straight = (points - np.array(self.centre) - np.array(self.shift)) @ turn(self.turned) + np.array(self.centre)
        return straight if self.bend is None else straight + self.bend.at(straight)

    def moved(self, points: Points) -> Points:
        """Where the anatomy at these places of the reference lies in the series, [..., 3] in mm."""
        straight = np.asarray(points, np.float64)
        if self.bend is not None:
            for _ in range(_ROUNDS):
                straight = points - self.bend.at(straight)
        return (straight - np.array(self.centre)) @ turn(self.turned).T + np.array(self.centre) + np.array(self.shift)


STILL = Motion()


def draw_rigid(
    generator: np.random.Generator, centre: Triple, degrees: tuple[float, float], mm: tuple[float, float]
) -> Motion:
    """A turn about any axis and a shift in any direction, each as large as a value drawn between two bounds."""
    axis, direction = (_direction(generator) for _ in range(2))
    turned, shift = axis * generator.uniform(*degrees), direction * generator.uniform(*mm)
    return Motion(centre, _triple(turned), _triple(shift))


def draw_bend(generator: np.random.Generator, centre: Triple, bow: float, sway: float, waves: int = 6) -> Bend:
    """A limb's bend: bowed along z, and pulled about slowly in between.

    Args:
        generator: Of all that is drawn.
        centre: Of the limb, mm: there the bow ends.
        bow: mm by which the axis 75 mm above and below the centre has left that at it.
        sway: mm, of each of the waves, 140 to 260 mm long. With 3 and .7 no place gains or loses a third of its volume.
        waves: How many.
    """
    long = 300.0
    angle = generator.uniform(0, 2 * np.pi)
    vectors = np.array([_direction(generator) for _ in range(waves)])
    vectors *= 2 * np.pi / generator.uniform(140, 260, (waves, 1))
    lengths = sway * np.array([_direction(generator) for _ in range(waves)])
    rising = np.array([0.0, 0.0, 2 * np.pi / long])
    return Bend(
        vectors=np.vstack([rising, vectors]),
        phases=np.append(np.pi / 2 - rising[2] * centre[2], generator.uniform(0, 2 * np.pi, waves)),
        lengths=np.vstack([bow * np.array([math.cos(angle), math.sin(angle), 0.0]), lengths]),
    )


def _direction(generator: np.random.Generator) -> npt.NDArray[np.float64]:
    vector = generator.standard_normal(3)
    return np.asarray(vector / np.linalg.norm(vector))


def _triple(values: npt.NDArray[np.float64]) -> Triple:
    return float(values[0]), float(values[1]), float(values[2])
