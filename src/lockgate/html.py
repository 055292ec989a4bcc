"""Self-contained HTML pages: one look for the data report, the model report and the service."""

from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined


def render(template: str, **values: object) -> str:
    """Fill a template of ``lockgate/templates``; the page needs no network and no other file.

    Raises
    ------
    jinja2.UndefinedError
        When the template asks for a value that was not given.
    """
    environment = Environment(
        loader=PackageLoader("lockgate"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    style = files("lockgate").joinpath("templates", "style.css").read_text(encoding="utf-8")
    return environment.get_template(template).render(style=style, **values)
