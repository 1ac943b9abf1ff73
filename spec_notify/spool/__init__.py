"""The durable middle: snapshots, events, deliveries and attempts in one database."""
