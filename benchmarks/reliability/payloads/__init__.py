"""Requests that mean harm, or that somebody's broken program sends."""

from reliability.payloads.bodies import numbers, shapes, texts
from reliability.payloads.http import framings, heads, paths, protocols
from reliability.payloads.payload import Payload
from reliability.payloads.routes import batches, feedback, known, streams, tensors
from reliability.plan import Plan

__all__ = ["Payload", "payloads"]


def payloads(plan: Plan) -> list[Payload]:
    """Return them all, made from a row that is answered."""
    row = plan.rows[0]
    by_body = [*numbers(row), *texts(row), *shapes(row)]
    by_route = [*batches(plan), *streams(row), *feedback(), *tensors(plan), *known(plan)]
    by_http = [*heads(row), *paths(row), *framings(row), *protocols(row)]
    return [*by_body, *by_route, *by_http]
