-- The first shape of the spool. Instants are milliseconds since the epoch, UTC.

CREATE TABLE meta (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- `body` is a StoredDocument as JSON. A seq is never used twice: with path and revision it names
-- one saved value for ever, which is what a process may remember it by.
CREATE TABLE document (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  path TEXT NOT NULL UNIQUE,
  revision INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT;

CREATE TABLE told (
  document TEXT NOT NULL,
  branch TEXT NOT NULL,
  key TEXT NOT NULL,
  status TEXT NOT NULL,
  PRIMARY KEY (document, branch, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE occurrence (
  document TEXT NOT NULL,
  key TEXT NOT NULL,
  status TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (document, key, status)
) STRICT, WITHOUT ROWID;

-- `deliveries` is how many the event was admitted with. The body stands last, so that the facts
-- before it are read without it.
CREATE TABLE event (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  at INTEGER NOT NULL,
  task TEXT,
  status TEXT,
  spec TEXT,
  document TEXT,
  owners TEXT NOT NULL,
  branch TEXT,
  heard INTEGER NOT NULL,
  deliveries INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT;

-- Nobody waits for these: they go when their time is up.
CREATE INDEX event_alone ON event (at) WHERE deliveries = 0;

-- `life` is how long it was given before it expires; a replay gives it that long again.
-- `queued_at` is when next_at was decided: a next_at decided in the future is a clock's mistake.
CREATE TABLE delivery (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  event INTEGER NOT NULL REFERENCES event (seq),
  type TEXT NOT NULL,
  subscription TEXT NOT NULL,
  state TEXT NOT NULL
    CHECK (state IN ('pending', 'in_flight', 'delivered', 'dead', 'parked', 'cancelled')),
  created_at INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  expires_at INTEGER,
  attempts INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  last_status INTEGER,
  reason TEXT,
  task TEXT,
  spec TEXT,
  document TEXT,
  probe INTEGER NOT NULL CHECK (probe IN (0, 1)),
  replayed_by TEXT,
  replayed_at INTEGER,
  life INTEGER,
  queued_at INTEGER NOT NULL,
  owner TEXT,
  token TEXT,
  started_at INTEGER,
  lease_until INTEGER,
  parked_for TEXT,
  parked_at INTEGER,
  finished_at INTEGER,
  UNIQUE (event, subscription)
) STRICT;

-- What makes a claim cost the same whatever else is queued.
CREATE INDEX delivery_due ON delivery (state, subscription, probe, next_at);
CREATE INDEX delivery_expiring ON delivery (expires_at) WHERE state = 'pending';
CREATE INDEX delivery_queued ON delivery (queued_at) WHERE state = 'pending';
CREATE INDEX delivery_newest ON delivery (created_at, seq, state);
CREATE INDEX delivery_finished ON delivery (finished_at) WHERE finished_at IS NOT NULL;

-- `record` holds the sealed evidence until its file stands; spec and name stay.
CREATE TABLE attempt (
  seq INTEGER PRIMARY KEY,
  delivery INTEGER NOT NULL REFERENCES delivery (seq),
  number INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  sealed_at INTEGER,
  sequence INTEGER,
  spec TEXT,
  name TEXT,
  record BLOB,
  UNIQUE (delivery, number)
) STRICT;

CREATE INDEX attempt_unprojected ON attempt (sealed_at, sequence) WHERE record IS NOT NULL;

-- Where each SPEC's chain of evidence ends.
CREATE TABLE chain (
  spec TEXT NOT NULL PRIMARY KEY,
  sequence INTEGER NOT NULL,
  digest TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE gone (
  endpoint TEXT NOT NULL PRIMARY KEY,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
