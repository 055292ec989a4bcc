"""Requests to an app in this process, without a socket."""

import asyncio
import json

import httpx


def call(app, method, url, **content):
    """Send one request to an app."""

    async def send():
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, url, **content)

    return asyncio.run(send())


def post(app, body, url="/predict", **headers):
    """Send a body as it is, or anything else as JSON."""
    content = body if isinstance(body, str | bytes) else json.dumps(body)
    headers = {"content-type": "application/json"} | headers
    return call(app, "POST", url, content=content, headers=headers)
