"""An ensemble as plain data: the served forms of its members, and how their answers become one."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from lockgate.artifact.spec import FormSpec
from lockgate.learning.links import Link
from lockgate.strict import Strict, tuples


class Scale(Strict):
    """The scale that a member learned a number on, and its bounds in the target's unit."""

    kind: Literal["identity", "log"] = "identity"
    low: float | None = None
    high: float | None = None

    @property
    def link(self) -> Link:
        """The way back from that scale."""
        return Link(self.kind, self.low, self.high)


class Member(Strict):
    """One model of an ensemble.

    Attributes
    ----------
    scale : Scale or None
        None for a classifier, whose probabilities are taken as they are.
    """

    name: str
    form: FormSpec
    scale: Scale | None


class Average(Strict):
    """The sum of the members' answers, each times its weight; the weights sum to 1."""

    kind: Literal["average"] = "average"
    weights: tuple[float, ...]


class Stack(Strict):
    """A linear model on the answers of all members: ``head(answers @ weights.T + bias)``.

    A member answers with a number, with the probability of the second of two classes, or with
    those of all of several classes; the answers stand side by side in the members' order.

    Attributes
    ----------
    weights : tuple of tuple of float
        For each output, the weight of each answer.
    bias : tuple of float
        For each output.
    """

    kind: Literal["stack"] = "stack"
    weights: Annotated[tuple[tuple[float, ...], ...], Field(min_length=1)]
    bias: tuple[float, ...]
    head: Literal["identity", "exp", "logistic", "softmax"]


Combination = Annotated[Average | Stack, Field(discriminator="kind")]


class EnsembleSpec(Strict):
    """A served form of several models, without their arrays."""

    members: Annotated[tuple[Member, ...], Field(min_length=1)]
    combination: Combination

    @property
    def kind(self) -> Literal["ensemble"]:
        """What the manifest calls such a form."""
        return "ensemble"

    @property
    def forms(self) -> tuple[FormSpec, ...]:
        """The forms whose arrays are in `files`."""
        return tuple(member.form for member in self.members)

    def files(self, name: str) -> list[str]:
        """Return the file names of the members' arrays, for the model `name`."""
        return [
            f"{name}.{place}{member.form.body.suffix}" for place, member in enumerate(self.members)
        ]

    def to_json(self) -> bytes:
        """Return the JSON text: equal ensembles give equal bytes."""
        data = self.model_dump(mode="json")
        return (json.dumps(data, indent=1, sort_keys=True, allow_nan=False) + "\n").encode()

    @classmethod
    def from_json(cls, text: bytes) -> "EnsembleSpec":
        """Read what `to_json` wrote."""
        return cls.model_validate(tuples(json.loads(text)))


@dataclass(frozen=True)
class CompiledEnsemble:
    """A served ensemble: its description, and arrays and nodes of each member."""

    spec: EnsembleSpec
    arrays: tuple[bytes, ...]
    nodes: tuple[bytes | None, ...]

    def files(self, name: str) -> Iterator[tuple[str, bytes]]:
        """Yield the parts of a bundle that hold it as the model `name`."""
        yield f"{name}.json", self.spec.to_json()
        yield from zip(self.spec.files(name), self.arrays, strict=True)
