"""Readers of task lists and run artefacts: text in, snapshot or pointer out, pure."""
