"""``python -m lockgate.service``: serve models/model."""

import os
import sys
from pathlib import Path

from lockgate.console import complain
from lockgate.errors import LockgateError

BUNDLE = Path("models/model")


def main() -> int:
    """Serve on the address in HOST and PORT, by default 127.0.0.1:8000, until interrupted.

    Returns
    -------
    int
        0 after an orderly stop, 2 when the bundle cannot be served.
    """
    import uvicorn

    from lockgate.service.app import create_app

    try:
        app = create_app(BUNDLE)
    except LockgateError as problem:
        complain(str(problem))
        return problem.exit_code
    host, port = os.environ.get("HOST", "127.0.0.1"), os.environ.get("PORT", "8000")
    if not port.isdecimal():
        complain(f"PORT is '{port}', which is no port number")
        return 2
    uvicorn.run(app, host=host, port=int(port))
    return 0


if __name__ == "__main__":
    sys.exit(main())
