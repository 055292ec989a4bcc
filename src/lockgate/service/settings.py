"""Everything that can be set about the service, and where it comes from: the environment."""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from lockgate.errors import ParamsError, did_you_mean
from lockgate.service.formats import fits, networks, origins, rate
from lockgate.service.secrets import Secrets, file_variable, is_secret

PREFIX = "LOCKGATE_"
ELSEWHERE = frozenset({"LOCKGATE_DEBUG", "LOCKGATE_SQL", "LOCKGATE_TABLES"})


def _also(short: str) -> AliasChoices:
    return AliasChoices(f"{PREFIX}{short}", short)


class Settings(BaseSettings):
    """The service's configuration; a field is set by LOCKGATE_ and its name in capitals."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
    )

    host: str = Field("127.0.0.1", validation_alias=_also("HOST"))
    """Address to listen on."""

    port: Annotated[int, Field(ge=0, le=65535, validation_alias=_also("PORT"))] = 8000
    """Port to listen on; 0 takes a free one."""

    workers: Annotated[int, Field(ge=1, le=256, validation_alias=_also("WORKERS"))] = 1
    """Worker processes; each loads its own model."""

    model: Path | None = None
    """Bundle to serve instead of what is in production, or else models/model."""

    verify_key: Path | None = None
    """Ed25519 public key, PEM; only a release that was signed with its private key is served."""

    max_rows: Annotated[int, Field(ge=1)] = 10_000
    """Rows that one request may have; a stream may have any number."""

    max_explained: Annotated[int, Field(ge=1)] = 100
    """Rows that one request may have explained."""

    max_body: Annotated[int, Field(ge=1)] = 8_000_000
    """Bytes that the body of one request may have; of a stream, each line."""

    max_at_work: Annotated[int, Field(ge=1)] = 16
    """Requests that a worker process works on at once."""

    max_waiting: Annotated[int, Field(ge=0)] = 64
    """Requests that wait for those; more are answered 503 at once."""

    max_wait: Annotated[float, Field(gt=0, le=60)] = 1.0
    """Seconds that a request waits at most, before it is answered 503."""

    tls_cert: Path | None = None
    """Certificate chain to serve HTTPS with, PEM."""

    tls_key: Path | None = None
    """Its private key, PEM, not encrypted."""

    drain_seconds: Annotated[float, Field(ge=0, le=3600)] = 5.0
    """Seconds that a service told to stop still answers, so that others see it is not ready."""

    idle_seconds: Annotated[float, Field(gt=0, le=3600)] = 20.0
    """Seconds that a client may take for the head of a request, or be silent within one."""

    keep_alive_seconds: Annotated[int, Field(ge=1, le=3600)] = 75
    """Seconds that a connection may wait for its next request; more than a balancer's own wait."""

    low_probability: Annotated[float, Field(ge=0, le=1)] = 0.6
    """Probability below which a predicted class is counted and logged as doubtful."""

    wide_interval: Annotated[float, Field(gt=0)] = 3.0
    """Times the model's usual width beyond which an interval is counted and logged as doubtful."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Log lines of this level and above; a request that was answered is info."""

    journal: str = ".lockgate/journal.db"
    """SQLite file that predictions and feedback are kept in; off keeps none."""

    journal_url: SecretStr | None = None
    """SQLAlchemy URL of a SQLite or PostgreSQL database to keep them in instead."""

    journal_salt: SecretStr | None = None
    """Secret that personal columns are hashed with; without one the journal leaves them out."""

    journal_queue: Annotated[int, Field(ge=1)] = 20_000
    """Rows that may wait to be written; more than that are dropped and counted."""

    journal_days: Annotated[int, Field(ge=1)] | None = None
    """Age in days at which the journal forgets a prediction; unset keeps all."""

    cache: Literal["off", "memory", "redis"] = "off"
    """Answer identical rows from a cache, in each worker's memory or in Redis."""

    cache_rows: Annotated[int, Field(ge=1)] = 10_000
    """Rows that a worker's memory caches; the one not used for longest makes room."""

    cache_seconds: Annotated[float, Field(gt=0, le=10**9)] = 3600.0
    """Seconds that a row stays in the cache."""

    precomputed: str = ".lockgate/precomputed.db"
    """SQLite file that lockgate precompute writes and the service reads; redis puts it there."""

    redis_url: SecretStr | None = None
    """Redis to use where it is asked for: redis://, or rediss:// for TLS."""

    breaker_failures: Annotated[int, Field(ge=1)] = 5
    """Failures of the model in a row after which its baseline answers, and it is left alone."""

    breaker_seconds: Annotated[float, Field(gt=0)] = 30.0
    """Seconds after which one request tries it again."""

    deadline_ms: Annotated[int, Field(ge=1)] = 100
    """Milliseconds, for each 100 rows, until the baseline answers for a model not compiled."""

    deadline_threads: Annotated[int, Field(ge=1, le=256)] = 4
    """Threads that such a model may use; while all of them hang, the baseline answers at once."""

    keys_file: Path | None = None
    """File of the API keys that requests need; needed to listen beyond this machine."""

    allow_anonymous: bool = False
    """Listen beyond this machine without API keys."""

    rate_per_key: Annotated[str, AfterValidator(fits(rate))] | None = None
    """Requests that each API key may make, such as 100/second; more are answered 429."""

    rate_per_address: Annotated[str, AfterValidator(fits(rate))] | None = None
    """Requests that each address may make, whatever key they come with."""

    rate_store: Literal["memory", "redis"] = "memory"
    """Where those are counted: by each worker for itself, or by all together in Redis."""

    trusted_proxies: Annotated[str, AfterValidator(fits(networks))] | None = None
    """Proxies whose X-Forwarded-For is believed: addresses or networks, with commas."""

    cors_origins: Annotated[str, AfterValidator(fits(origins))] | None = None
    """Origins whose pages may ask, such as https://shop.example, with commas; * is any."""

    aws_secret: str | None = None
    """Secret of AWS Secrets Manager: a JSON object of the variables whose values are secret."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read what is secret elsewhere where no variable holds it."""
        usual = (init_settings, env_settings, dotenv_settings, file_secret_settings)
        return (*usual, Secrets(settings_cls))

    @property
    def keyed(self) -> bool:
        """Whether requests need an API key, and pages do not."""
        return self.keys_file is not None


def load_settings() -> Settings:
    """Read the configuration.

    Raises
    ------
    ParamsError
        Naming each variable that does not fit or is unknown; what it holds is not repeated.
    """
    wrong = _unknown(list(os.environ))
    try:
        settings = Settings()
    except ValidationError as problem:
        wrong += [
            f"{str(each['loc'][0]).upper()}: {each['msg']}"
            for each in problem.errors(include_input=False, include_url=False)
        ]
    if wrong:
        raise ParamsError("; ".join(wrong), where="the environment", hint="see docs/serving.md")
    return settings


def _unknown(names: list[str]) -> list[str]:
    files = {
        file_variable(Settings, name)
        for name, field in Settings.model_fields.items()
        if is_secret(field)
    }
    known = {f"{PREFIX}{field.upper()}" for field in Settings.model_fields} | files | ELSEWHERE
    return [
        f"{name} is no setting{did_you_mean(name, known)}"
        for name in sorted(names)
        if name.startswith(PREFIX) and name not in known
    ]
