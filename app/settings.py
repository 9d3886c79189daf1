"""Every setting of the service, from the environment (`QUATREFOIL_*`); see docs/settings.md."""

from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="QUATREFOIL_", extra="ignore")

    data_dir: Path = Field(
        default=Path("var"), description="Where database, files and prints live."
    )
    database_url: str = Field(
        default="", description="SQLAlchemy address; empty means SQLite under the data folder."
    )
    public_url: str = Field(
        default="http://127.0.0.1:8000", description="How customers reach this service (QR codes)."
    )
    secure_cookies: bool = Field(
        default=False, description="Send cookies over HTTPS only; set it wherever TLS is used."
    )
    stripe_secret_key: SecretStr = Field(
        default=SecretStr(""), description="Stripe key; empty means the local stand-in."
    )
    stripe_webhook_secret: SecretStr = Field(
        default=SecretStr(""), description="Signing secret of the webhook endpoint."
    )
    stripe_api_base: str = Field(default="", description="Another address of Stripe's API.")
    stripe_account: str = Field(
        default="", description="Our Stripe account id; events of others are refused."
    )
    idle_lock_minutes: int = Field(
        default=10, ge=1, le=240, description="A terminal without a hand on it asks for the PIN."
    )
    session_hours: int = Field(
        default=14, ge=1, le=168, description="How long a sign-in lasts at most."
    )
    claim_minutes: int = Field(
        default=30, ge=1, le=1440, description="How long a scanned serial stays with its sale."
    )
    link_claim_hours: int = Field(
        default=24, ge=1, le=2160, description="How long a payment link keeps what it asks for."
    )
    outbox_seconds: float = Field(
        default=0.5, gt=0, le=60, description="How often work for printer and mail is looked for."
    )
    log_format: Literal["json", "console"] = Field(
        default="json", description="How the log is written."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="From which level on the log is written."
    )
    accreditation: str = Field(
        default="", description="Accreditation of the laboratory, as its certificates name it."
    )
    accredited_procedures: str = Field(
        default="", description="Codes of the procedures that it covers, with commas between."
    )
    dcc_key: Path | None = Field(
        default=None, description="Private key (PEM) that signs digital certificates."
    )
    dcc_certificate: Path | None = Field(default=None, description="Certificate (PEM) of that key.")
    smtp_url: SecretStr = Field(
        default=SecretStr(""),
        description="Mail server (`smtp://user:password@host:587`); empty: mails wait.",
    )
    mail_from: str = Field(
        default="", description="Sender of mails; empty means the store's own address."
    )
    text_folder: Path | None = Field(
        default=None, description="Where text messages are put for a gateway; unset: they wait."
    )
    trusted_proxies: str = Field(
        default="", description="Networks of our own proxies (CIDR, with commas between)."
    )
    pool_size: int = Field(default=10, ge=1, le=100, description="Database connections kept open.")

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        networks_in(value)
        return value

    @cached_property
    def proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Who may say for whom a request is passed on."""
        return networks_in(self.trusted_proxies)

    @cached_property
    def database(self) -> str:
        """The database's address in force."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'quatrefoil.db'}"


def networks_in(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """`10.0.0.0/8, ::1` as networks; raises ValueError."""
    return tuple(ip_network(one.strip()) for one in text.split(",") if one.strip())
