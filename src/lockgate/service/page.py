"""GET /: the form, the prediction and where it comes from, for a person."""

from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from lockgate.artifact import Bundle
from lockgate.service.form import form_fields, label
from lockgate.service.models import Loaded
from lockgate.service.state import State

# The address of an asset changes with its content.
KEPT = {"cache-control": "public, max-age=31536000, immutable"}


def page_routes(state: State) -> APIRouter:
    """Return the routes of the page and of the script and style that it loads."""
    router = APIRouter(include_in_schema=False)
    keyed = state.settings.keyed

    @router.get("/")
    async def page() -> HTMLResponse:
        return HTMLResponse(person_page(state.router.current, keyed))

    @router.get("/page.js")
    async def script() -> Response:
        return Response(asset("page.js"), headers=KEPT, media_type="text/javascript")

    @router.get("/page.css")
    async def style() -> Response:
        return Response(asset("style.css") + asset("page.css"), headers=KEPT, media_type="text/css")

    return router


@lru_cache(maxsize=1)
def person_page(loaded: Loaded, keyed: bool) -> str:
    """Return the page as HTML; where keys are needed it has a field for one."""
    # Templates take memory that a worker need not have unless somebody looks.
    from lockgate.html import render

    bundle = loaded.predictor.bundle
    target = bundle.schema.target
    return render(
        "page.html",
        entity=bundle.schema.entity,
        target=label(target.name),
        answered=f"predicted_{target.name}",
        unit=target.unit or "",
        task=bundle.schema.task,
        version=loaded.version,
        keyed=keyed,
        explains=bundle.explainers.there,
        fields=form_fields(bundle, public=not keyed),
        lineage=_lineage(loaded, bundle),
        stamp=stamp(),
    )


@lru_cache
def asset(name: str) -> str:
    """Return the text of a file that pages load."""
    return files("lockgate").joinpath("templates", name).read_text(encoding="utf-8")


@lru_cache
def stamp() -> str:
    """Return what tells the assets of this version from those of another."""
    text = asset("style.css") + asset("page.css") + asset("page.js")
    return sha256(text.encode()).hexdigest()[:12]


def _lineage(loaded: Loaded, bundle: Bundle) -> list[tuple[str, str, bool]]:
    """Return name, value, and whether the value is a hash or the like."""
    manifest = bundle.manifest
    code = [("lockgate", version("lockgate")), *manifest.libraries.items()]
    computed = sum(each.source_hash is not None for each in manifest.features)
    features = f"{len(manifest.features)}, of which {computed} computed and checked by source hash"
    periods = [
        ("Training period", f"{name} {period.first} to {period.last}", False)
        for name, period in manifest.periods.items()
    ]
    return [
        ("Version", loaded.version, False),
        ("Model", manifest.primary.title, False),
        ("Model hash", bundle.hash, True),
        ("Data hash", manifest.data_hash, True),
        ("Code", ", ".join(f"{name} {number}" for name, number in code), False),
        ("Features", features, False),
        ("Training rows", f"{manifest.rows:,}", False),
        *periods,
    ]
