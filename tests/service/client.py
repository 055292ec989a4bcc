"""Requests to an app in this process, without a socket."""

import asyncio
import json

import httpx
from starlette.middleware import Middleware
from starlette.responses import Response


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


def add_route(app, path, endpoint):
    """Let an app answer one more path, within all of its layers."""

    def layer(inside):
        async def routed(scope, receive, send):
            if scope["type"] != "http" or scope["path"] != path:
                await inside(scope, receive, send)
                return
            await endpoint()
            await Response()(scope, receive, send)

        return routed

    app.user_middleware.insert(-1, Middleware(layer))
