"""Where secrets come from when not from the environment: files, or AWS Secrets Manager."""

import json
import os
from pathlib import Path
from typing import Any, get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import (
    AWSSecretsManagerSettingsSource,
    BaseSettings,
    PydanticBaseSettingsSource,
)

from lockgate.errors import ParamsError


class Secrets(PydanticBaseSettingsSource):
    """Reads the secret fields that no variable holds.

    ``LOCKGATE_JOURNAL_URL_FILE`` names a file that holds what ``LOCKGATE_JOURNAL_URL`` would;
    ``LOCKGATE_AWS_SECRET`` names a secret of AWS Secrets Manager, a JSON object by variable.

    Raises
    ------
    ParamsError
        When one cannot be read; what it holds is not repeated.
    """

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return what a file has for a secret field, None without one."""
        variable = file_variable(self.settings_cls, field_name)
        path = os.environ.get(variable) if is_secret(field) else None
        if path is None:
            return None, field_name, False
        if self.current_state.get(field_name):
            raise ParamsError("it is set, and so is the variable without _FILE", where=variable)
        return _read(variable, path), field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return every secret that was found."""
        vault = self.current_state.get("aws_secret")
        kept = _from_aws(self.settings_cls, vault) if vault else {}
        found = {
            name: self.get_field_value(field, name)[0] or kept.get(name)
            for name, field in self.settings_cls.model_fields.items()
            if is_secret(field)
        }
        return {name: secret for name, secret in found.items() if secret}


def is_secret(field: FieldInfo) -> bool:
    """Tell whether a field is one that must not be shown."""
    return SecretStr in get_args(field.annotation)


def file_variable(settings: type[BaseSettings], name: str) -> str:
    """Return the variable that names the file of a secret field."""
    return f"{settings.model_config['env_prefix']}{name.upper()}_FILE"


def _read(variable: str, path: str) -> str:
    try:
        text = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or "it is no text"
        raise ParamsError(f"{path} cannot be read: {reason}", where=variable) from None
    if not text:
        raise ParamsError(f"{path} is empty", where=variable)
    return text


def _from_aws(settings: type[BaseSettings], name: str) -> dict[str, Any]:
    where = "LOCKGATE_AWS_SECRET"
    try:
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        hint = "pip install 'lockgate[aws]'"
        raise ParamsError("boto3 is not installed", where=where, hint=hint) from None
    try:
        return AWSSecretsManagerSettingsSource(settings, name, case_sensitive=False)()
    except ClientError as problem:
        code = problem.response.get("Error", {}).get("Code", "refused")
        raise ParamsError(f"AWS says {code} of {name}", where=where) from None
    except BotoCoreError as problem:
        kind = type(problem).__name__
        raise ParamsError(f"AWS cannot be asked for {name}: {kind}", where=where) from None
    except (json.JSONDecodeError, KeyError, AttributeError, TypeError):
        raise ParamsError(f"{name} is no JSON object of texts", where=where) from None
