"""What the simulated market is made of, in words and numbers."""

from collections.abc import Mapping
from inspect import cleandoc
from textwrap import fill
from typing import Any

import numpy as np

from lockgate.sources.market.deliveries import EXAMPLE_SEED, delivery_months
from lockgate.sources.market.dirt import (
    CORRECTION_RATE,
    DUPLICATE_RATE,
    FAULTS,
    MALFORMED_RATE,
    MISSING_RATES,
)
from lockgate.sources.market.prices import (
    PRICE_STEP,
    REFERENCE_PRICE,
    SIGMA,
    TREND_PER_YEAR,
    best_errors,
    noise_distribution,
)
from lockgate.sources.market.sales import true_sales
from lockgate.sources.market.town import CONDITIONS, NEIGHBOURHOODS, PROPERTY_TYPES, SEASON
from lockgate.tables import Columns

_FORMULA = cleandoc(
    """
    The logarithm of the true price, which is the median of what such houses sell for, is the sum of
      log {reference:,.0f} USD
      0.84 log(square_feet / 1900); for condos 0.72
      0.50 log(square_feet / 2800), above 2800 square feet only
      -0.03 (bedrooms - 3) + 0.05 (bathrooms - 2)
      1.55 (near - 0.55), where near = 12 / (12 + distance_to_city)
      -0.0058 age_years + 0.000045 age_years^2; 40 % of that where renovated
      0.04 where renovated
      0.004 age_years (near - 0.5): old is dear in the city and cheap outside
      0.14 near log(lot_square_feet / 6000), not for condos
      (0.6 + 0.01 age_years) x condition: {conditions}
      property_type: {types}
      neighbourhood: {places}
      month of sale, January to December: {season}
      {trend:g} for each year since 2024-01-01

    price = true price x exp({sigma:g} z), to the nearest {step} USD
    z = sum of twelve uniform numbers - 6: nearly normal, mean 0, standard deviation 1
    """
)


def describe(seed: int = EXAMPLE_SEED, months: int = 24, sales_per_month: int = 1000) -> str:
    """Return the formula, the noise, the rates of the dirt and the best error of any model.

    The best errors are those of the sales that `simulate` writes for the same arguments, without
    dirt; errors are raised as there.
    """
    sales = _truth(seed, months, sales_per_month)
    sections = {
        "The simulated house market": _summary(sales),
        "Formula": _formula(),
        "Dirt (share of sales)": _dirt(),
        "Missing values that a model must cope with (share of sales)": _missing(),
        "The best error that any model can reach": _best(sales),
    }
    return "\n\n".join(f"{title}\n{'-' * len(title)}\n{text}" for title, text in sections.items())


def _truth(seed: int, months: int, sales_per_month: int) -> Columns:
    parts = [
        true_sales(seed, month, sales_per_month)
        for month in delivery_months(months, sales_per_month)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _summary(sales: Columns) -> str:
    price = sales["price"]
    low, middle, high = np.quantile(price, [0.05, 0.5, 0.95])
    by_foot = np.median(price / sales["square_feet"])
    again = 1 - np.unique(sales["house_id"]).size / price.size
    return (
        f"{price.size:,} sales; {again:.1%} are of a house that was sold before\n\n"
        "price in USD      median      mean  5 % under   5 % over  of a square foot\n"
        f"simulated      {middle:9,.0f} {price.mean():9,.0f}  {low:9,.0f}  {high:9,.0f}"
        f"  {by_foot:16,.0f}\n"
        "King County*     450,000   540,000    210,000  1,160,000               245\n"
        "* house sales of May 2014 to May 2015, which the formula is calibrated to"
    )


def _formula() -> str:
    text = _FORMULA.format(
        reference=REFERENCE_PRICE,
        conditions=_listed(CONDITIONS),
        types=_listed(PROPERTY_TYPES),
        places=_listed({place.name: place.effect for place in NEIGHBOURHOODS}),
        season=" ".join(f"{effect:+.3f}" for effect in SEASON),
        trend=TREND_PER_YEAR,
        sigma=SIGMA,
        step=PRICE_STEP,
    )
    return "\n".join(fill(line, 100, subsequent_indent="    ") for line in text.splitlines())


def _listed(effects: Mapping[Any, float]) -> str:
    return ", ".join(f"{name} ({effect:+.2f})" for name, effect in effects.items())


def _dirt() -> str:
    lines = [
        f"{fault.rate:6.2%}  {'quarantine' if fault.bad else 'usable':10}  {fault.meaning}"
        for fault in FAULTS
    ]
    lines.append(f"{DUPLICATE_RATE:6.2%}  {'usable':10}  the row comes twice")
    lines.append(
        f"{CORRECTION_RATE:6.2%}  {'usable':10}  the sale comes twice: first with a price a tenth "
        "too high, then corrected; the last row is the truth"
    )
    total = sum(fault.rate for fault in FAULTS if fault.bad)
    lines.append(f"{total:6.2%}  belong in quarantine, all together")
    lines.append(f"In {MALFORMED_RATE:.0%} of the deliveries one row is torn over two lines.")
    return "\n".join(lines)


def _missing() -> str:
    return "\n".join(f"{rate:6.2%}  {name}" for name, rate in MISSING_RATES.items())


def _best(sales: Columns) -> str:
    best = best_errors(sales)
    factors, probability = noise_distribution()
    low, high = np.interp([0.05, 0.95], np.cumsum(probability), factors)
    relative = probability @ np.abs(factors - 1)
    return (
        f"mean absolute error     {best['mae']:9,.0f} USD, {relative:.2%} of the true price "
        "(predict the median)\n"
        f"root mean square error  {best['rmse']:9,.0f} USD (predict the mean)\n"
        f"90 % of prices lie between {low - 1:+.1%} and {high - 1:+.1%} of the true price.\n"
        "These are expected errors on complete rows with true values. A model that has to learn\n"
        "the formula from rows stays above them; one that is below has seen its test rows."
    )
