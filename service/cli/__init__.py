"""The front door: `slipway COMMAND`."""

from service.cli.main import main

__all__ = ["main"]
