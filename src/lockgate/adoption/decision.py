"""What was decided of one column, and why."""

from dataclasses import dataclass, replace

from lockgate.adoption.kinds import Kind
from lockgate.contract import Column
from lockgate.contract.schema import Role

AS_ASKED = "a feature, as asked"


@dataclass(frozen=True)
class Limits:
    """What tomorrow's value may be.

    Attributes
    ----------
    minimum, maximum : float or None
        Of a number.
    earliest : str or None
        Of a date or timestamp, in ISO 8601.
    values : tuple of str or None
        All that a text may be.
    max_length : int or None
        Of a text, in characters.
    usual : tuple of float or None
        Beyond it a number is remarked on and kept.
    """

    minimum: float | None = None
    maximum: float | None = None
    earliest: str | None = None
    values: tuple[str, ...] | None = None
    max_length: int | None = None
    usual: tuple[float, float] | None = None


@dataclass(frozen=True)
class Decision:
    """What was decided of one column.

    Attributes
    ----------
    name : str
    kind : Kind
        How its cells are read.
    role : str
        What it is for, as the contract has it.
    limits : Limits
        What a value may be.
    text : bool
        Whether what the values say matters, not which of several they are.
    required : bool
        Whether each row has a value.
    personal : bool
        Whether the values are probably about a person who could be found.
    reasons, warnings : tuple of str
        In the words that the person reads.
    """

    name: str
    kind: Kind
    role: Role = "feature"
    limits: Limits = Limits()
    text: bool = False
    required: bool = False
    personal: bool = False
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def because(self, *reasons: str) -> "Decision":
        """Return the decision with further reasons."""
        return replace(self, reasons=(*self.reasons, *reasons))

    def warned(self, *warnings: str) -> "Decision":
        """Return the decision with further warnings."""
        return replace(self, warnings=(*self.warnings, *warnings))

    def without(self, reason: str) -> "Decision":
        """Return the decision that the column is no feature."""
        return replace(self, role="ignore", reasons=(*self.reasons, reason))

    def column(self) -> Column:
        """Return the column as the parser takes it, without limits."""
        writing = self.kind.writing
        return Column(
            name=self.name,
            type=self.kind.type,
            role=self.role,
            text=self.text,
            format=self.kind.format,
            decimal=writing.decimal,
            grouping=writing.grouping,
            affixes=writing.affixes,
            negative=writing.negative,
            missing=tuple(sorted({"", *self.kind.missing})),
        )
