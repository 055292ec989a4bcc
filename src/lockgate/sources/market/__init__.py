"""A simulated house market: the bundled example, with a known formula and known dirt."""

from lockgate.sources.market.deliveries import EXAMPLE_HASH, EXAMPLE_SEED, simulate
from lockgate.sources.market.description import describe
from lockgate.sources.market.prices import best_errors, true_price

__all__ = ["EXAMPLE_HASH", "EXAMPLE_SEED", "best_errors", "describe", "simulate", "true_price"]
