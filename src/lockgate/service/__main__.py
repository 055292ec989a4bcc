"""``python -m lockgate.service``: serve the model."""

import sys

from lockgate.errors import LockgateError


def main() -> int:
    """Serve until interrupted, as `lockgate.service.settings.Settings` says.

    Returns
    -------
    int
        0 after an orderly stop, 2 when the model cannot be served.
    """
    from lockgate.service.server import serve
    from lockgate.service.settings import load_settings

    try:
        return serve(load_settings())
    except LockgateError as problem:
        from lockgate.console import complain

        complain(str(problem))
        return problem.exit_code


if __name__ == "__main__":
    sys.exit(main())
