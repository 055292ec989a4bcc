"""``python -m lockgate.service``: serve the model."""

import sys

from lockgate.console import complain
from lockgate.errors import LockgateError


def main() -> int:
    """Serve until interrupted, as `lockgate.service.settings.Settings` says.

    Returns
    -------
    int
        0 after an orderly stop, 2 when the model cannot be served.
    """
    import uvicorn

    from lockgate.service.app import create_app
    from lockgate.service.settings import load_settings

    try:
        settings = load_settings()
        app = create_app(settings)
    except LockgateError as problem:
        complain(str(problem))
        return problem.exit_code
    uvicorn.run(app, host=settings.host, port=settings.port, access_log=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
