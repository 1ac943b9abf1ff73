"""The events API and its page: what a spool holds, shown to a browser; nothing here changes it."""
