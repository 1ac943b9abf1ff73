"""Hints that something may have changed; never a source of truth."""
