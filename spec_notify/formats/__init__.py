"""How an event's body is spelled for receivers: one format, one file (ports.Format)."""
