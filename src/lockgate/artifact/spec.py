"""A served form as plain data: how features become a matrix, and what is done with the matrix.

Everything here is read from and written to JSON; the large arrays (trees, coefficients) are in
a second file. Nothing in it can execute.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from lockgate.strict import Strict, tuples


class Numbers(Strict):
    """Number features, one matrix column each, then one flag column for each in `flags`.

    Attributes
    ----------
    fill : tuple of float or None
        What stands in for a missing value; None leaves NaN.
    flags : tuple of int
        Positions in `names` whose absence is a column of its own, 1.0 where missing.
    mean, scale : tuple of float or None
        Of all columns, flags included: ``(x - mean) / scale``.
    knots : tuple of tuple of float, or None
        Of all columns, flags included: each becomes the weights of its knots.
    """

    kind: Literal["numbers"] = "numbers"
    names: tuple[str, ...]
    fill: tuple[float, ...] | None = None
    flags: tuple[int, ...] = ()
    mean: tuple[float, ...] | None = None
    scale: tuple[float, ...] | None = None
    knots: tuple[tuple[float, ...], ...] | None = None

    @property
    def width(self) -> int:
        """Number of matrix columns."""
        if self.knots is not None:
            return sum(map(len, self.knots))
        return len(self.names) + len(self.flags)


class Ordinal(Strict):
    """One category feature as one matrix column of codes; None is NaN."""

    kind: Literal["ordinal"] = "ordinal"
    name: str
    codes: dict[str, float | None]
    unknown: float | None

    @property
    def width(self) -> int:
        """Number of matrix columns."""
        return 1


class OneHot(Strict):
    """One category feature as `width` columns, a 1.0 in at most one; None is all zeros."""

    kind: Literal["onehot"] = "onehot"
    name: str
    positions: dict[str, int | None]
    unknown: int | None
    width: int


class Means(Strict):
    """One category feature as `width` columns: the target's mean at each level, class by class.

    Attributes
    ----------
    unknown : tuple of float
        Of a level that is not in `levels`.
    """

    kind: Literal["means"] = "means"
    name: str
    levels: dict[str, tuple[float, ...]]
    unknown: tuple[float, ...]

    @property
    def width(self) -> int:
        """Number of matrix columns."""
        return len(self.unknown)


class Cycle(Strict):
    """One number feature as a column for each of few values, a 1.0 in at most one.

    Attributes
    ----------
    gap : bool
        The last column, after those of `values`, is of a missing value.
    """

    kind: Literal["cycle"] = "cycle"
    name: str
    values: tuple[float, ...]
    gap: bool

    @property
    def width(self) -> int:
        """Number of matrix columns."""
        return len(self.values) + self.gap


class Text(Strict):
    """One text feature as `width` columns, as `lockgate.learning.texts.embedder` makes them.

    Attributes
    ----------
    terms : tuple of str
    weights : tuple of float
        Of each term.
    axes : str
        float32 in little-endian order, shape (terms, width), in base64.
    """

    kind: Literal["text"] = "text"
    name: str
    terms: tuple[str, ...]
    weights: tuple[float, ...]
    axes: str
    width: int


Block = Annotated[Numbers | Ordinal | OneHot | Means | Cycle | Text, Field(discriminator="kind")]


# Of trees whose nodes are both scored and explained.
NODES = ".nodes.npz"


class Trees(Strict):
    """Sum of trees, divided by `divisor`.

    Attributes
    ----------
    scored_by : {"bitvectors", "onnx"}
        Small trees are nodes that `lockgate.artifact.bitvectors` makes tables of, and larger ones
        an ONNX TreeEnsemble.
    float32 : bool
        The trees were grown on inputs rounded to float32.
    lookup : bool
        Each leaf says something of several classes. A tree of ONNX answers with the number of a
        leaf, and the model's output ``leaves`` is the table of what leaves say.
    """

    kind: Literal["trees"] = "trees"
    scored_by: Literal["bitvectors", "onnx"] = "onnx"
    divisor: float
    float32: bool
    lookup: bool = False

    @property
    def suffix(self) -> str:
        """How the name of the file ends that holds them."""
        return NODES if self.scored_by == "bitvectors" else ".onnx"


class Network(Strict):
    """Layers of ``activation(x @ weights + bias)``, the last without activation.

    A linear model is a network of one layer.
    """

    kind: Literal["network"] = "network"
    layers: Annotated[int, Field(ge=1)]
    activation: Literal["identity", "relu", "tanh", "logistic"]

    @property
    def suffix(self) -> str:
        """How the name of the file ends that holds them."""
        return ".npz"


Head = Literal["identity", "exp", "logistic", "softmax", "share", "shares"]


class FormSpec(Strict):
    """A served form without its arrays.

    Attributes
    ----------
    head : str
        What the raw scores are: a number as it is (``identity``) or on a log scale (``exp``),
        log odds of the second class (``logistic``), log odds of each class (``softmax``), the
        share of the second class (``share``) or of each class (``shares``).
    """

    blocks: Annotated[tuple[Block, ...], Field(min_length=1)]
    body: Annotated[Trees | Network, Field(discriminator="kind")]
    head: Head

    @property
    def kind(self) -> Literal["trees", "network"]:
        """What the manifest calls such a form."""
        return self.body.kind

    @property
    def forms(self) -> "tuple[FormSpec, ...]":
        """Itself: the forms whose arrays are in `files`."""
        return (self,)

    def files(self, name: str) -> list[str]:
        """Return the file name of the arrays, for the model `name`."""
        return [f"{name}{self.body.suffix}"]

    def to_json(self) -> bytes:
        """Return the JSON text: equal forms give equal bytes."""
        data = self.model_dump(mode="json")
        return (json.dumps(data, indent=1, sort_keys=True, allow_nan=False) + "\n").encode()

    @classmethod
    def from_json(cls, text: bytes) -> "FormSpec":
        """Read what `to_json` wrote."""
        return cls.model_validate(tuples(json.loads(text)))


@dataclass(frozen=True)
class Compiled:
    """A served form: its description, and its arrays as npz, or as ONNX (larger trees).

    Attributes
    ----------
    nodes : bytes or None
        Of trees, what explanations need; of a network that is made where the training rows are.
    """

    spec: FormSpec
    arrays: bytes
    nodes: bytes | None = None

    def files(self, name: str) -> Iterator[tuple[str, bytes]]:
        """Yield the parts of a bundle that hold it as the model `name`."""
        yield f"{name}.json", self.spec.to_json()
        yield self.spec.files(name)[0], self.arrays
