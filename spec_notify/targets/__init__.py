"""Dialects of the receivers: order in, message out; reply in, outcome out; pure."""
