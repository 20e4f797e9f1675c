"""config.toml becomes one frozen object; an unknown key, a wrong type or a missing secret stops the start.

Read order: the defaults in the classes below, then config.toml, then the environment (secrets and the
database's address only).
"""

import os
import re
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SHORTEST_SECRET = 32
ASSUMED_ON = date(2026, 11, 24)  # the day of the rent that stands for one while nobody has set another
LARGEST = 100_000  # of any other number: beyond it, days lie outside the calendar
LIMITS = {"rounds.seed": (0, 2**31 - 1), "mail.port": (1, 65_535), "mail.digest_hour": (0, 23)}


class ConfigError(Exception):
    """One line that says what is wrong in the configuration and what to do about it."""


@dataclass(frozen=True)
class Site:
    name: str = "Platsverket"
    address: str = "http://127.0.0.1:8000"
    languages: tuple[str, ...] = ("sv", "en")
    contact_email: str = "kontakt@platsverket.example"
    https_only: bool = True


@dataclass(frozen=True)
class DatabaseSettings:
    url: str = "sqlite:///var/platsverket.sqlite"
    lock_wait_seconds: int = 5


@dataclass(frozen=True)
class SignInSettings:
    session_hours: int = 12
    attempts: int = 10
    attempt_window_minutes: int = 15
    token_days: int = 365


@dataclass(frozen=True)
class OfferSettings:
    valid_days: int = 90
    m2_per_seat: int = 15
    restricted_seat_band: int = 10


@dataclass(frozen=True)
class DraftSettings:
    most: int = 20
    keep_days: int = 60


@dataclass(frozen=True)
class RoundSettings:
    goals: tuple[str, ...] = ("most_seats", "longest_waiting", "best_fit", "least_change")
    start_step_days: int = 7
    effort: str = "normal"
    seed: int = 0
    answer_days: int = 14
    reconfirm_days: int = 7
    refill: str = "auto"
    reminder_days: int = 3
    alarm_days: int = 1
    refill_wait_seconds: int = 60
    refill_answer_days: int = 7


@dataclass(frozen=True)
class JobSettings:
    runner: str = "thread"
    lease_seconds: int = 20
    tries: int = 3


@dataclass(frozen=True)
class MailSettings:
    server: str = ""
    port: int = 25
    security: str = "none"
    user: str = ""
    sender: str = "Platsverket <svara-inte@platsverket.example>"
    digest_hour: int = 7
    timeout_seconds: int = 20


@dataclass(frozen=True)
class PlaceSettings:
    provider: str = "register"
    nominatim_domain: str = ""
    user_agent: str = "platsverket"
    timeout_seconds: int = 5


@dataclass(frozen=True)
class MapSettings:
    tiles: str = ""
    attribution: str = ""


@dataclass(frozen=True)
class StatisticsSettings:
    smallest_cell: int = 5
    round_seat_days_to: int = 100
    round_seats_to: int = 5
    rent_per_m2_year: int = 2500
    rent_source: str = ""
    rent_date: date = ASSUMED_ON
    working_days: int = 250
    m2_per_employee: int = 22
    m2_per_employee_source: str = "Riksrevisionen, RiR 2025:17"


@dataclass(frozen=True)
class Config:
    site: Site = field(default_factory=Site)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    sign_in: SignInSettings = field(default_factory=SignInSettings)
    offers: OfferSettings = field(default_factory=OfferSettings)
    drafts: DraftSettings = field(default_factory=DraftSettings)
    rounds: RoundSettings = field(default_factory=RoundSettings)
    jobs: JobSettings = field(default_factory=JobSettings)
    mail: MailSettings = field(default_factory=MailSettings)
    places: PlaceSettings = field(default_factory=PlaceSettings)
    map: MapSettings = field(default_factory=MapSettings)
    statistics: StatisticsSettings = field(default_factory=StatisticsSettings)
    secret_key: str = field(default="", repr=False)
    mail_password: str = field(default="", repr=False)
    demo: bool = False


CHOICES: dict[str, tuple[str, ...]] = {
    "site.languages": ("sv", "en"),
    "rounds.goals": ("most_seats", "most_needs", "longest_waiting", "best_fit", "least_change", "fair_share"),
    "rounds.effort": ("quick", "normal", "thorough"),
    "rounds.refill": ("auto", "released"),
    "jobs.runner": ("thread", "worker"),
    "mail.security": ("none", "starttls", "tls"),
    "places.provider": ("register", "nominatim"),
}


def load(
    path: Path | None = None, env: Mapping[str, str] | None = None, *, demo: bool = False, serving: bool = True
) -> Config:
    """The configuration of this start.

    Raises ConfigError with one line when config.toml cannot be read or holds an unknown key or a value of the
    wrong type, or when PLATSVERKET_SECRET_KEY is missing or too short outside the demo. Commands that serve nothing
    (``serving`` false) need no secret.
    """
    env = os.environ if env is None else env
    path = path or Path(env.get("PLATSVERKET_CONFIG", ROOT / "config.toml"))
    config: Config = _section(Config(), _toml(path), "", path.name)
    if url := env.get("PLATSVERKET_DATABASE_URL"):
        config = replace(config, database=replace(config.database, url=_driver(url)))
    if demo:
        config = replace(config, site=replace(config.site, https_only=False))
    if config.places.provider == "nominatim" and not config.places.nominatim_domain:
        raise ConfigError(
            f'{path.name}: "places.nominatim_domain" must name the server when the provider is nominatim.'
        )
    _address(config.site.address, path.name)
    _tiles(config.map, path.name)
    password = env.get("PLATSVERKET_MAIL_PASSWORD", "")
    return replace(config, secret_key=_secret(env, demo) if serving else "", mail_password=password, demo=demo)


def _address(url: str, file: str) -> None:
    if not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9/_.-]*)?", url):
        raise ConfigError(f'{file}: "site.address" must be where the service is found, such as https://platsverket.se.')


TILES = re.compile(r"(https://[a-z0-9.-]+(?::[0-9]{1,5})?)/[A-Za-z0-9/_.{}@-]*")


def _tiles(settings: MapSettings, file: str) -> None:
    """Tiles come from one host, which the pages then allow by name, and their owner is told on every map."""
    if settings.tiles and not (TILES.fullmatch(settings.tiles) and all(f"{{{x}}}" in settings.tiles for x in "zxy")):
        raise ConfigError(f'{file}: "map.tiles" must be an address such as https://host/{{z}}/{{x}}/{{y}}.png.')
    if settings.tiles and not settings.attribution:
        raise ConfigError(f'{file}: "map.attribution" must say whose tiles these are.')


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path} is missing. Restore it or point PLATSVERKET_CONFIG to another file.") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path.name} cannot be read: {error}. Correct the file and start again.") from None


def _section(default: Any, values: dict[str, Any], prefix: str, file: str) -> Any:
    known = {f.name for f in fields(default)} - {"secret_key", "mail_password", "demo"}
    changes = {}
    for key, value in values.items():
        name = f"{prefix}{key}"
        if key not in known:
            raise ConfigError(f'{file}: unknown setting "{name}". Known here: {", ".join(sorted(known))}.')
        now = getattr(default, key)
        if is_dataclass(now):
            if not isinstance(value, dict):
                raise ConfigError(f'{file}: "{name}" is a section, write it as [{name}].')
            changes[key] = _section(now, value, f"{name}.", file)
        else:
            changes[key] = _value(now, value, name, file)
    return replace(default, **changes)


def _value(default: Any, value: Any, name: str, file: str) -> Any:
    if isinstance(default, tuple):
        if not (isinstance(value, list) and value and all(isinstance(item, str) for item in value)):
            raise ConfigError(f'{file}: "{name}" must be a list of texts with at least one entry.')
        if len(set(value)) < len(value) or not set(value) <= set(CHOICES[name]):
            raise ConfigError(f'{file}: "{name}" may hold {", ".join(CHOICES[name])}, each once, not {value!r}.')
        return tuple(value)
    if type(value) is not type(default):
        kind = {
            int: "a whole number",
            str: "a text",
            bool: "true or false",
            date: "a date such as 2026-11-24, without quotation marks",
        }[type(default)]
        raise ConfigError(f'{file}: "{name}" must be {kind}, not {value!r}.')
    if type(value) is int:
        least, most = LIMITS.get(name, (1, LARGEST))
        if not least <= value <= most:
            raise ConfigError(f'{file}: "{name}" must be at least {least} and at most {most}, not {value}.')
    if name in CHOICES and value not in CHOICES[name]:
        raise ConfigError(f'{file}: "{name}" must be one of {", ".join(CHOICES[name])}, not {value!r}.')
    return value


def _driver(url: str) -> str:
    """Addresses as databases hand them out name no driver; ours is psycopg 3."""
    for start in ("postgres://", "postgresql://"):
        if url.startswith(start):
            return "postgresql+psycopg://" + url[len(start) :]
    return url


def _secret(env: Mapping[str, str], demo: bool) -> str:
    secret = env.get("PLATSVERKET_SECRET_KEY", "")
    if demo and not secret:
        return _demo_secret()
    if len(secret) < SHORTEST_SECRET:
        state = "is missing" if not secret else f"is shorter than {SHORTEST_SECRET} characters"
        raise ConfigError(
            f"PLATSVERKET_SECRET_KEY {state}. Set it to a long random text, for example from "
            "\"python -c 'import secrets; print(secrets.token_urlsafe(48))'\"."
        )
    return secret


def _demo_secret() -> str:
    """The demo keeps a secret of its own beside its database, so that sign-ins survive a restart."""
    path = ROOT / "var" / "demo-secret"
    path.parent.mkdir(exist_ok=True)
    if not path.exists():
        path.write_text(secrets.token_urlsafe(48), encoding="utf-8")
        path.chmod(0o600)
    return path.read_text(encoding="utf-8")
