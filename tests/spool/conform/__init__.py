"""The definition of a spool, verb by verb."""
