"""The first configuration: a few lines that load as they are."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from monitor.errors import ConfigError

NAME = "makegood.toml"


def starter_text() -> str:
    """The text of the starter configuration."""
    return files("monitor.config").joinpath("starter.toml").read_text(encoding="utf-8")


def init_config(directory: Path) -> Path:
    """Write the starter into a folder and say where; ConfigError where there is one already."""
    path = directory / NAME
    try:
        if not directory.is_dir():
            directory.mkdir(parents=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(starter_text())
    except FileExistsError:
        if not directory.is_dir():
            raise ConfigError(f"{directory} is a file: name a folder") from None
        raise ConfigError(f"{path} is there already: edit it, or name another folder") from None
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written: {(error.strerror or 'unknown error').lower()}"
        ) from None
    return path
