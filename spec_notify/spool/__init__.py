"""The durable middle: what waits, what was tried, and what each document last said."""
