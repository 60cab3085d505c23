"""Figures of this machine. Speeds are compared within one run: machines are noisy, and this one may be busy."""
