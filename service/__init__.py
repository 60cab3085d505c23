"""Slipway: a real-time hot-folder print service for a distribution center."""

from importlib.metadata import version

__version__ = version("slipway")
