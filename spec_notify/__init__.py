"""Tell people and machines, at once and provably, that a task in a repository is done."""

__version__ = "0.1.0"
