-- Every statement of the spool by name. States come in from core/delivery.py's table; the few
-- spelled out here are those a partial index is made for.

-- name: identity
-- Who writes this spool's evidence, and how often it was lost before.
SELECT name, value FROM meta;

-- name: identify
-- Remember a fact of a fresh spool.
INSERT INTO meta (name, value) VALUES (:name, :value);

-- name: schema
-- Everything the schema holds: a trigger or view of somebody else's would show here.
SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name;

-- name: documents
-- Every remembered document, by what tells one saved value from another.
SELECT path, seq, revision FROM document ORDER BY path;

-- name: document
-- One remembered document.
SELECT seq, revision, body FROM document WHERE path = :path;

-- name: document_stamp
-- What tells a remembered document from an earlier or later one, without its body.
SELECT seq, revision FROM document WHERE path = :path;

-- name: save_document
-- Remember a document in place of what was remembered of it.
INSERT INTO document (path, revision, body) VALUES (:path, :revision, :body)
ON CONFLICT (path) DO UPDATE SET revision = excluded.revision, body = excluded.body
RETURNING seq;

-- name: forget_document
-- A document that another one moved onto is no more.
DELETE FROM document WHERE path = :path;

-- name: move_document
-- Keep a document's memory under its new path.
UPDATE document SET path = :new, body = :body WHERE path = :old;

-- name: told
-- What was announced of a document's tasks.
SELECT branch, key, status FROM told WHERE document = :document;

-- name: tell
-- Remember a status as announced.
INSERT INTO told (document, branch, key, status) VALUES (:document, :branch, :key, :status)
ON CONFLICT DO UPDATE SET status = excluded.status;

-- name: forget
-- A task's arrival may be told again.
DELETE FROM told WHERE document = :document AND branch = :branch AND key = :key;

-- name: move_told
-- What was announced of a document goes where it goes.
INSERT INTO told (document, branch, key, status)
SELECT :new, branch, key, status FROM told WHERE document = :old
ON CONFLICT DO UPDATE SET status = excluded.status;

-- name: drop_told
-- Nothing is remembered as announced under a path that is no more.
DELETE FROM told WHERE document = :document;

-- name: occurrence
-- Raise and answer a count that event ids are made of.
INSERT INTO occurrence (document, key, status, count) VALUES (:document, :key, :status, 1)
ON CONFLICT DO UPDATE SET count = count + 1
RETURNING count;

-- name: move_occurrences
-- Counts go with their document; where both paths had one the higher stays, so no id returns.
INSERT INTO occurrence (document, key, status, count)
SELECT :new, key, status, count FROM occurrence WHERE document = :old
ON CONFLICT DO UPDATE SET count = max(count, excluded.count);

-- name: drop_occurrences
-- The path is free to start at one again.
DELETE FROM occurrence WHERE document = :document;

-- name: open_count
-- How many of a subscription's deliveries are in one state.
SELECT count(*) FROM delivery WHERE subscription = :subscription AND state = :state;

-- name: admit_event
-- An event whose id is known is no news. By position: names cost as much as the insert itself.
INSERT INTO event (
  id, type, at, task, status, spec, document, owners, branch, heard, deliveries, body
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO NOTHING;

-- name: admit_delivery
-- Queue an event for a subscription.
INSERT INTO delivery (
  id, event, type, subscription, state, created_at, next_at, expires_at, attempts, tries,
  last_status, reason, task, spec, document, probe, replayed_by, replayed_at,
  life, queued_at, finished_at, unheard
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: event
-- A stored event.
SELECT id, type, at, body, task, status, spec, document, owners, branch, heard
FROM event WHERE id = :id;

-- name: events
-- The latest events between two numbers, of one type if one is stated.
SELECT seq, id FROM event
WHERE seq > :after AND seq < :before AND (:type IS NULL OR type = :type)
ORDER BY seq DESC LIMIT :limit;

-- name: event_number
-- The number an event was admitted under.
SELECT seq FROM event WHERE id = :id;

-- name: event_types
-- How many events there are of each type.
SELECT type, count(*) FROM event GROUP BY type ORDER BY type;

-- name: data_version
-- What changes when another connection changes the database.
PRAGMA data_version;

-- name: event_ids
-- Every stored event.
SELECT id FROM event ORDER BY seq;

-- name: delivery_rows
-- Every delivery.
SELECT seq FROM delivery ORDER BY seq;

-- name: other_text
-- All text that is in no document, event or delivery: SQLite itself takes any bytes for text.
SELECT document, branch, key, status FROM told
UNION ALL SELECT document, key, status, NULL FROM occurrence
UNION ALL SELECT spec, name, NULL, NULL FROM attempt
UNION ALL SELECT spec, digest, NULL, NULL FROM chain
UNION ALL SELECT endpoint, NULL, NULL, NULL FROM gone
UNION ALL SELECT endpoint, NULL, NULL, NULL FROM breaker
UNION ALL SELECT subscription, NULL, NULL, NULL FROM pace
UNION ALL SELECT endpoint, NULL, NULL, NULL FROM alarm
UNION ALL SELECT owner, token, parked_for, NULL FROM delivery;

-- name: integrity
-- What SQLite finds wrong anywhere in the database, indexes against tables included.
PRAGMA integrity_check(1);

-- name: delivery
-- A delivery in the order of its fields.
SELECT
  delivery.id, event.id, delivery.type, delivery.subscription, delivery.state,
  delivery.created_at, delivery.next_at, delivery.expires_at, delivery.attempts, delivery.tries,
  delivery.last_status, delivery.reason, delivery.task, delivery.spec, delivery.document,
  delivery.probe, delivery.replayed_by, delivery.replayed_at
FROM delivery JOIN event ON event.seq = delivery.event
WHERE delivery.seq = :seq;

-- name: lease
-- What a claim holds beside its delivery.
SELECT event.body, delivery.token, delivery.started_at, delivery.lease_until
FROM delivery JOIN event ON event.seq = delivery.event
WHERE delivery.seq = :seq;

-- name: due
-- The oldest due deliveries of one subscription.
SELECT next_at, seq FROM delivery
WHERE state = :state AND subscription = :subscription AND probe = 0 AND next_at <= :now
ORDER BY next_at, seq LIMIT :limit;

-- name: due_in_turn
-- The same, each task in the order its deliveries were admitted.
SELECT next_at, seq FROM delivery
WHERE state = 'pending' AND subscription = :subscription AND probe = 0 AND next_at <= :now
  AND NOT EXISTS (
    SELECT 1 FROM delivery AS before
    WHERE before.subscription = delivery.subscription AND before.document = delivery.document
      AND before.task = delivery.task AND before.seq < delivery.seq
      AND before.finished_at IS NULL AND before.probe = 0
  )
ORDER BY next_at, seq LIMIT :limit;

-- name: ahead
-- What of a delivery's task has to be finished before it where a subscription keeps the order.
SELECT before.id FROM delivery AS this JOIN delivery AS before
  ON before.subscription = this.subscription AND before.document = this.document
  AND before.task = this.task AND before.seq < this.seq
WHERE this.id = :id AND before.finished_at IS NULL AND before.probe = 0
ORDER BY before.seq;

-- name: due_replays
-- The oldest due of those somebody asked for by name and nobody has tried since.
SELECT next_at, seq FROM delivery INDEXED BY delivery_replayed
WHERE state = 'pending' AND replayed_at IS NOT NULL AND tries = 0
  AND subscription = :subscription AND probe = 0 AND next_at <= :now
  AND NOT (:ordered AND EXISTS (
    SELECT 1 FROM delivery AS before
    WHERE before.subscription = delivery.subscription AND before.document = delivery.document
      AND before.task = delivery.task AND before.seq < delivery.seq
      AND before.finished_at IS NULL AND before.probe = 0
  ))
ORDER BY next_at, seq LIMIT :limit;

-- name: due_only
-- One delivery, probe or not, when it is due.
SELECT next_at, seq FROM delivery
WHERE id = :id AND state = :state AND subscription = :subscription AND next_at <= :now;

-- name: next_due
-- When the next delivery of one subscription is due.
SELECT next_at FROM delivery
WHERE state = :state AND subscription = :subscription AND probe = 0
ORDER BY next_at LIMIT 1;

-- name: next_due_in_turn
-- The same, for what has nothing of its task before it.
SELECT next_at FROM delivery
WHERE state = :state AND subscription = :subscription AND probe = 0
  AND NOT EXISTS (
    SELECT 1 FROM delivery AS before
    WHERE before.subscription = delivery.subscription AND before.document = delivery.document
      AND before.task = delivery.task AND before.seq < delivery.seq
      AND before.finished_at IS NULL AND before.probe = 0
  )
ORDER BY next_at LIMIT 1;

-- name: next_replay
-- When the next replay of one subscription is due that nobody has tried yet.
SELECT next_at FROM delivery INDEXED BY delivery_replayed
WHERE state = 'pending' AND replayed_at IS NOT NULL AND tries = 0
  AND subscription = :subscription AND probe = 0
  AND NOT (:ordered AND EXISTS (
    SELECT 1 FROM delivery AS before
    WHERE before.subscription = delivery.subscription AND before.document = delivery.document
      AND before.task = delivery.task AND before.seq < delivery.seq
      AND before.finished_at IS NULL AND before.probe = 0
  ))
ORDER BY next_at LIMIT 1;

-- name: early
-- Whether a subscription has anything that is due too soon.
SELECT 1 FROM delivery
WHERE state = :state AND subscription = :subscription AND probe = 0 AND next_at < :until
  AND NOT (replayed_at IS NOT NULL AND tries = 0)
LIMIT 1;

-- name: postpone
-- Nothing but what somebody asked for by name is due before.
UPDATE delivery SET next_at = :until, queued_at = :now
WHERE state = :state AND subscription = :subscription AND probe = 0 AND next_at < :until
  AND NOT (replayed_at IS NOT NULL AND tries = 0);

-- name: hasten
-- What waited for just this instant is due now, but not what a receiver may have asked to wait.
UPDATE delivery SET next_at = :now, queued_at = :now
WHERE state = :state AND subscription = :subscription AND probe = 0 AND next_at = :until
  AND last_status IS NULL;

-- name: breaker
-- What the last attempts at a destination came to.
SELECT body FROM breaker WHERE endpoint = :endpoint;

-- name: breakers
-- Every destination that failed of late.
SELECT endpoint, body FROM breaker ORDER BY endpoint;

-- name: keep_breaker
-- Remember what attempts came to.
INSERT INTO breaker (endpoint, body) VALUES (:endpoint, :body)
ON CONFLICT DO UPDATE SET body = excluded.body;

-- name: drop_breaker
-- A destination takes what it is sent.
DELETE FROM breaker WHERE endpoint = :endpoint;

-- name: pace
-- When a subscription's next attempt falls.
SELECT due FROM pace WHERE subscription = :subscription;

-- name: keep_pace
-- Remember when a subscription's next attempt falls.
INSERT INTO pace (subscription, due) VALUES (:subscription, :due)
ON CONFLICT DO UPDATE SET due = excluded.due;

-- name: alarm
-- What was told of a destination's dead letters.
SELECT body FROM alarm WHERE endpoint = :endpoint;

-- name: alarms
-- Every destination that had dead letters.
SELECT endpoint, body FROM alarm ORDER BY endpoint;

-- name: keep_alarm
-- Remember what was told.
INSERT INTO alarm (endpoint, body) VALUES (:endpoint, :body)
ON CONFLICT DO UPDATE SET body = excluded.body;

-- name: unheard
-- The oldest dead letters that nothing was told of.
SELECT seq FROM delivery INDEXED BY delivery_unheard WHERE unheard = 1 ORDER BY seq LIMIT :limit;

-- name: heard
-- A dead letter was told of, or counted.
UPDATE delivery SET unheard = 0 WHERE id = :id;

-- name: claim
-- Lease a delivery; the attempt's number is born here.
UPDATE delivery SET
  state = :state, owner = :owner, token = :token, started_at = :now, lease_until = :lease_until,
  attempts = attempts + 1, tries = tries + 1
WHERE seq = :seq;

-- name: start_attempt
-- An attempt that may reach the wire stands in the spool before it does.
INSERT INTO attempt (delivery, number, started_at)
SELECT seq, attempts, started_at FROM delivery WHERE seq = :seq;

-- name: settle
-- Finish an attempt, if the lease is still the one that was claimed.
UPDATE delivery SET
  state = :state, next_at = coalesce(:next_at, next_at), queued_at = :now, reason = :reason,
  tries = tries - :spared, unheard = :unheard,
  last_status = :status, parked_for = :parked_for, parked_at = :parked_at,
  finished_at = :finished_at,
  owner = NULL, token = NULL, started_at = NULL, lease_until = NULL
WHERE id = :id AND state = :from AND token = :token
RETURNING seq;

-- name: attempt
-- The attempt being settled, and the SPEC its evidence belongs to.
SELECT attempt.seq, event.spec
FROM attempt
JOIN delivery ON delivery.seq = attempt.delivery
JOIN event ON event.seq = delivery.event
WHERE attempt.delivery = :seq AND attempt.number = :number;

-- name: chain
-- Where a SPEC's chain of evidence ends.
SELECT sequence, digest, at FROM chain WHERE spec = :spec;

-- name: extend_chain
-- A SPEC's chain ends here now.
INSERT INTO chain (spec, sequence, digest, at) VALUES (:spec, :sequence, :digest, :at)
ON CONFLICT DO UPDATE SET sequence = excluded.sequence, digest = excluded.digest, at = excluded.at;

-- name: seal
-- Keep a sealed record until its file stands.
UPDATE attempt SET
  sealed_at = :at, sequence = :sequence, spec = :spec, name = :name, record = :record
WHERE seq = :seq;

-- name: unprojected
-- Sealed records without a file, oldest first.
SELECT seq, spec, name, record FROM attempt
WHERE record IS NOT NULL ORDER BY sealed_at, sequence LIMIT :limit OFFSET :skip;

-- name: projected
-- A record's file stands.
UPDATE attempt SET record = NULL WHERE seq = :row;

-- name: evidence_names
-- Where a delivery's sealed records went.
SELECT attempt.spec, attempt.name
FROM attempt JOIN delivery ON delivery.seq = attempt.delivery
WHERE delivery.id = :id AND attempt.name IS NOT NULL ORDER BY attempt.sequence;

-- name: leased
-- Every claim under way.
SELECT seq, owner, token, started_at, lease_until FROM delivery
WHERE state = :state ORDER BY seq;

-- name: mend_leases
-- A lease that a clock running ahead gave keeps its length, counted from now.
UPDATE delivery SET lease_until = :now + lease_until - started_at, started_at = :now
WHERE state = :state AND started_at > :now
  AND token NOT IN (SELECT value FROM json_each(:mine));

-- name: subscriptions
-- Who has a delivery in one state: as many steps through the index as there are names.
WITH RECURSIVE step (name) AS (
  SELECT min(subscription) FROM delivery WHERE state = :state AND probe = 0
  UNION ALL
  SELECT (
    SELECT min(subscription) FROM delivery
    WHERE state = :state AND probe = 0 AND subscription > step.name
  ) FROM step WHERE step.name IS NOT NULL
)
SELECT name FROM step WHERE name IS NOT NULL;

-- name: park
-- Hold a subscription's deliveries; one that a replay is waiting to try may be spared.
UPDATE delivery SET state = :to, reason = :reason, parked_for = :reason, parked_at = :now
WHERE state = :from AND subscription = :subscription AND probe = 0
  AND NOT (:replays AND replayed_at IS NOT NULL AND tries = 0)
  AND id NOT IN (SELECT value FROM json_each(:spare))
RETURNING id;

-- name: resume
-- Free what was parked for one of these reasons; the time it was parked does not count.
-- `queued_at` stays, so that a clock that ran ahead is still found out.
UPDATE delivery SET
  state = :to, next_at = max(next_at, :now), reason = NULL,
  expires_at = expires_at + max(0, :now - parked_at), parked_for = NULL, parked_at = NULL
WHERE state = :from AND subscription = :subscription
  AND parked_for IN (SELECT value FROM json_each(:reasons));

-- name: expire
-- Give up what waited too long.
UPDATE delivery INDEXED BY delivery_expiring
SET state = :to, reason = :reason, finished_at = :now,
  unheard = (type NOT IN (SELECT value FROM json_each(:quiet)))
WHERE state = 'pending' AND expires_at < :now;

-- name: abandoned
-- Cancel the tests whose process died before it claimed them.
UPDATE delivery SET state = :to, reason = :reason, finished_at = :now
WHERE state = :from AND probe = 1 AND created_at < :before
  -- By name, or every pending delivery would be read to find the few.
  AND subscription IN (
    WITH RECURSIVE step (name) AS (
      SELECT min(subscription) FROM delivery WHERE state = :from
      UNION ALL
      SELECT (
        SELECT min(subscription) FROM delivery WHERE state = :from AND subscription > step.name
      ) FROM step WHERE step.name IS NOT NULL
    )
    SELECT name FROM step
  );

-- name: mend_clock
-- What a clock that ran ahead put off keeps its delay, counted from now.
UPDATE delivery INDEXED BY delivery_queued
SET next_at = :now + max(0, next_at - queued_at), queued_at = :now
WHERE state = 'pending' AND queued_at > :now;

-- name: finished
-- Some deliveries that were finished long ago and whose evidence all stands as files.
SELECT seq, event, state FROM delivery
WHERE finished_at IS NOT NULL AND finished_at < :before
  AND NOT EXISTS (
    SELECT 1 FROM attempt WHERE attempt.delivery = delivery.seq AND attempt.record IS NOT NULL
  )
LIMIT :limit;

-- name: purge_attempts
-- A delivery's attempts go with it.
DELETE FROM attempt WHERE delivery = :seq;

-- name: purge_delivery
-- A delivery nobody needs any more.
DELETE FROM delivery WHERE seq = :seq;

-- name: purge_event
-- An event goes with the last of its deliveries.
DELETE FROM event WHERE seq = :event
  AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.event = :event);

-- name: purge_alone
-- Events that nobody subscribed to go when they are as old.
DELETE FROM event WHERE deliveries = 0 AND at < :before;

-- name: standing
-- Where a delivery stands, for a move somebody asks for by name.
SELECT seq, state FROM delivery WHERE id = :id;

-- name: replay
-- Queue a delivery again, with as long to live as it was given at first.
UPDATE delivery SET
  state = :to, next_at = :now, queued_at = :now, tries = 0, reason = NULL,
  expires_at = :now + life, replayed_by = :by, replayed_at = :now,
  parked_for = NULL, parked_at = NULL, finished_at = NULL
WHERE seq = :seq;

-- name: cancel
-- Take a delivery out of the queue by hand.
UPDATE delivery SET state = :to, parked_for = NULL, parked_at = NULL, finished_at = :now
WHERE seq = :seq;

-- name: find
-- Deliveries newest first, walking the index that is in that order whatever is asked for.
SELECT seq FROM delivery INDEXED BY delivery_newest
WHERE created_at >= :since AND created_at < :until
  AND (:states IS NULL OR state IN (SELECT value FROM json_each(:states)))
  AND (:subscription IS NULL OR subscription = :subscription)
  AND (:type IS NULL OR type = :type)
  AND (:spec IS NULL OR spec = :spec)
ORDER BY created_at DESC, seq DESC LIMIT :limit;

-- name: find_by_id
-- The same among the deliveries with these ids, or of the events with these ids.
SELECT seq FROM delivery
WHERE seq IN (
    SELECT seq FROM delivery WHERE id IN (SELECT value FROM json_each(:ids))
    UNION
    SELECT delivery.seq FROM delivery JOIN event ON event.seq = delivery.event
    WHERE event.id IN (SELECT value FROM json_each(:ids))
  )
  AND created_at >= :since AND created_at < :until
  AND (:states IS NULL OR state IN (SELECT value FROM json_each(:states)))
  AND (:subscription IS NULL OR subscription = :subscription)
  AND (:type IS NULL OR type = :type)
  AND (:spec IS NULL OR spec = :spec)
ORDER BY created_at DESC, seq DESC LIMIT :limit;

-- name: counts
-- How many deliveries there are in each state; a test is nobody's backlog.
SELECT state, count(*) FROM delivery WHERE probe = 0 GROUP BY state;

-- name: gone
-- Endpoints that said they are gone.
SELECT endpoint FROM gone;

-- name: mark_gone
-- An endpoint said it is gone.
INSERT INTO gone (endpoint, at) VALUES (:endpoint, :now) ON CONFLICT DO UPDATE SET at = excluded.at;

-- name: unmark_gone
-- An endpoint answers again.
DELETE FROM gone WHERE endpoint = :endpoint;

-- name: discardable
-- A finished delivery whose evidence all stands as files.
SELECT seq, event FROM delivery
WHERE id = :id AND finished_at IS NOT NULL
  AND NOT EXISTS (
    SELECT 1 FROM attempt WHERE attempt.delivery = delivery.seq AND attempt.record IS NOT NULL
  );

-- name: acknowledgeable
-- A dead letter that nobody has acknowledged since it was last replayed.
SELECT delivery.seq, event.spec
FROM delivery JOIN event ON event.seq = delivery.event
WHERE delivery.id = :id AND delivery.state = :state
  AND NOT EXISTS (
    SELECT 1 FROM attempt
    WHERE attempt.delivery = delivery.seq AND attempt.number < 0
      AND attempt.started_at >= coalesce(delivery.replayed_at, attempt.started_at)
  );

-- name: start_acknowledgement
-- What carries an acknowledgement's record: numbered below nought, because it is no attempt.
INSERT INTO attempt (delivery, number, started_at)
SELECT :seq, min(0, coalesce(min(number), 0)) - 1, :now FROM attempt WHERE delivery = :seq
RETURNING seq;

-- name: acknowledged
-- The dead letters acknowledged since they were last replayed, and when.
SELECT delivery.id, max(attempt.started_at)
FROM delivery JOIN attempt ON attempt.delivery = delivery.seq
WHERE delivery.state = :state AND attempt.number < 0
  AND attempt.started_at >= coalesce(delivery.replayed_at, attempt.started_at)
GROUP BY delivery.id;

-- name: oldest_pending
-- When the oldest delivery in a state was queued; a test is nobody's backlog.
SELECT min(created_at) FROM delivery WHERE state = :state AND probe = 0;

-- name: waits
-- How long the latest deliveries took, from queued or replayed to their end.
SELECT finished_at - coalesce(replayed_at, created_at) FROM delivery
WHERE finished_at IS NOT NULL AND state = :state AND probe = 0
ORDER BY finished_at DESC, seq DESC LIMIT :limit;

-- name: passages
-- When what was queued in a time was first tried and finished; a test is nobody's delivery.
SELECT delivery.id, delivery.type, delivery.subscription, delivery.spec, delivery.state,
  delivery.created_at, attempt.started_at, delivery.finished_at, delivery.replayed_at,
  delivery.attempts, delivery.reason
FROM delivery LEFT JOIN attempt ON attempt.delivery = delivery.seq AND attempt.number = 1
WHERE delivery.created_at >= :since AND delivery.created_at < :until AND delivery.probe = 0
ORDER BY delivery.created_at, delivery.seq;

-- name: forgotten
-- How many sealed records belong to deliveries that were purged: chains count on, rows go.
SELECT (SELECT coalesce(sum(sequence), 0) FROM chain) - (SELECT count(sequence) FROM attempt);
