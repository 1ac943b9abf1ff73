-- Lanes: what destinations were last like, how fast subscriptions leave, what nobody heard of yet.

-- `body` is a core.lane.Breaker as JSON; a destination that takes what it is sent has none.
CREATE TABLE breaker (
  endpoint TEXT NOT NULL PRIMARY KEY,
  body BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- `due` is core.lane.Pace's, microseconds since the epoch, UTC.
CREATE TABLE pace (
  subscription TEXT NOT NULL PRIMARY KEY,
  due INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- `body` is a core.alarm.Alarm as JSON: what was told of a destination's dead letters.
CREATE TABLE alarm (
  endpoint TEXT NOT NULL PRIMARY KEY,
  body BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- A dead letter is unheard until an event or a count told of it. Those from before are old news.
ALTER TABLE delivery ADD COLUMN unheard INTEGER NOT NULL DEFAULT 0 CHECK (unheard IN (0, 1));
CREATE INDEX delivery_unheard ON delivery (seq) WHERE unheard = 1;

-- Which replays a closed lane still lets through.
CREATE INDEX delivery_replayed ON delivery (subscription, next_at)
  WHERE state = 'pending' AND replayed_at IS NOT NULL AND tries = 0;

-- What of a task is still to come, in the order it was admitted.
CREATE INDEX delivery_turn ON delivery (subscription, document, task, seq)
  WHERE finished_at IS NULL;
