"""The models that are loaded, and which of them a request goes to."""

from dataclasses import dataclass
from pathlib import Path

from lockgate.predict import Predictor, load_predictor

BUNDLE = Path("models", "model")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A verified model in memory, under the version that it is served as."""

    version: str
    predictor: Predictor


class Router:
    """Knows which model answers a request.

    Attributes
    ----------
    current : Loaded
        The model in production.
    """

    def __init__(self, current: Loaded) -> None:
        self.current = current


def load_model(bundle: Path) -> Loaded:
    """Load and verify a bundle that was not released; its version is made from its hash.

    Raises
    ------
    BundleError
        When the bundle is damaged, foreign, or does not fit the installed code.
    """
    predictor = load_predictor(bundle)
    return Loaded(f"unreleased-{predictor.lineage.model_hash[:8]}", predictor)
