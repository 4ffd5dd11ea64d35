-- Fair queues: the jobs of a queue with per_key take turns by their fair keys, such as tenants.
--
-- Each fair key may have up to per_key of the queue's places, and the queue has as many as its concurrency. Whatever frees a place
-- gives it to the next key in turn that waits and has room, so that a key with 100,000 waiting jobs delays no other one.
--
--   * The turn goes around the keys in their order, from the one that was served last, which pgdispatch.fair_turn has. From one key to
--     the next, one look at an index leads past all the jobs in between. As many keys as the queue has places may have no room: that
--     bounds the looks, whatever the number of keys and jobs.
--   * A place is given to the row of a job under the lock of the queue, so that nobody takes it who was not in turn. A claim finds the
--     job with its place.
--   * Jobs that are due and have not been claimed yet wait in their turn like those that are held. One that is in turn moves to the head
--     of the line. If a key has no room for a job, the next due jobs of the key are held with it, so that no worker comes across
--     them one by one.
--   * A job of a handler that is paused is due without a place, and out of turn, so that it keeps the place of no other one. So is a
--     job that no node has claimed with its place for a minute. It asks for a place when it is claimed.
--   * Jobs that run in one transaction, one after the other, have one place and the same fair key.
--
-- A queue with rate_per_key also spaces the jobs of each key. A row in pgdispatch.fair_rate has the time before which no other job of the
-- key begins. It is written when a job begins, under the lock of the queue.
--
--   * Of such a queue, the turn goes around the keys of these rows that are ready, and not around all keys of held jobs: the keys that wait
--     for their time, however many there are, cost a turn nothing.
--   * A job that pgdispatch.serve_keys_at dispatches gives the places when the time of the next key has come, to the microsecond.
--   * A key with a rate is given one place at a time. When the job begins, it is counted, and the next place can be given after that. A job
--     that begins once more, because its node or session died, asks its rate again.
--   * Its jobs run alone in their transactions.

CREATE OR REPLACE FUNCTION pgdispatch.key_has_room(limits pgdispatch.queue, of_key text) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
AS $$
BEGIN
    RETURN (SELECT count(*) < limits.per_key AND (limits.rate_per_key IS NULL OR count(m.slot_at) = 0)
              FROM pgdispatch.managed_job AS m
             WHERE m.role = limits.role AND m.queue = limits.name AND m.in_queue AND m.fair_key = of_key);
END
$$;

COMMENT ON FUNCTION pgdispatch.key_has_room(pgdispatch.queue, text) IS
'Part of what gives places in fair queues. Returns whether the jobs of the fair key have fewer places than per_key, and, where they have a
rate, whether each of them has begun.';


CREATE OR REPLACE FUNCTION pgdispatch.serve_keys(
    limits pgdispatch.queue, room integer, in_worker boolean, passed_key text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    paused  constant text[]  := pgdispatch.paused_handlers();
    by_rate constant boolean := limits.rate_per_key IS NOT NULL;
    turn    text := (SELECT t.fair_key FROM pgdispatch.fair_turn AS t WHERE t.role = limits.role AND t.queue = limits.name);
    served  text;
    left_to_pass integer := 100;
    left_to_hold integer := 100;
    full_keys text[] := '{}';
    again   integer := 0;
    missed  boolean := false;
    job     pgdispatch.managed_job;
BEGIN
    IF by_rate THEN
        PERFORM pgdispatch.wake_keys(limits);
    END IF;
    WHILE room > 0 LOOP
        turn := coalesce(pgdispatch.next_fair_key(limits, turn), pgdispatch.next_fair_key(limits, NULL));
        EXIT WHEN turn IS NULL;
        IF turn = ANY (full_keys) THEN
            again := again + 1;
            EXIT WHEN again >= cardinality(full_keys);
            CONTINUE;
        END IF;
        IF by_rate AND NOT pgdispatch.is_on_time(limits, turn) THEN
            IF left_to_hold = 0 THEN   -- Others wait for the lock of the queue.
                PERFORM pgdispatch.release_held_jobs_later(NULL, limits.name);
                EXIT;
            END IF;
            left_to_hold := left_to_hold - 1;
            PERFORM pgdispatch.hold_due_jobs_of_key(limits.role, limits.name, turn);
            PERFORM pgdispatch.note_held_key(limits, turn);
        ELSIF turn IS DISTINCT FROM passed_key AND pgdispatch.key_has_room(limits, turn) THEN
            LOOP
                job := pgdispatch.first_job_of_key(limits.role, limits.name, turn);
                EXIT WHEN job.handler IS NULL OR job.handler <> ALL (paused) OR left_to_pass = 0 OR NOT pgdispatch.pass_over(job);
                left_to_pass := left_to_pass - 1;
            END LOOP;
            IF job.id IS NULL AND by_rate THEN
                UPDATE pgdispatch.fair_rate AS f SET state = 'idle' WHERE f.role = limits.role AND f.queue = limits.name AND f.fair_key = turn;
                CONTINUE;
            ELSIF job.id IS NOT NULL AND (job.handler IS NULL OR job.handler <> ALL (paused))
                  AND pgdispatch.give_place(job, in_worker, by_rate) THEN
                served := turn;
                room := room - 1;
                again := 0;
                CONTINUE;
            END IF;
            missed := missed OR job.held_by IS NOT NULL;
        END IF;
        full_keys := full_keys || turn;
    END LOOP;
    IF served IS NOT NULL THEN
        PERFORM pgdispatch.note_turn(limits.role, limits.name, served);
    END IF;
    IF missed THEN
        PERFORM pgdispatch.release_held_jobs_later(NULL, limits.name, '1 second');
    END IF;
    IF by_rate THEN
        PERFORM pgdispatch.serve_keys_at(limits, (SELECT min(f.next_at)
                                                    FROM pgdispatch.fair_rate AS f
                                                   WHERE f.role = limits.role AND f.queue = limits.name AND f.state = 'waiting'));
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.serve_keys(pgdispatch.queue, integer, boolean, text) IS
'Part of what gives places in fair queues, for a transaction that has locked the row of pgdispatch.mutex for the queue. Gives up to room
places to the fair keys in turn that wait, have fewer than per_key, and are not passed_key.';


CREATE OR REPLACE FUNCTION pgdispatch.wake_keys(limits pgdispatch.queue) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
AS $$
DECLARE
    moment constant timestamptz := clock_timestamp();
BEGIN
    UPDATE pgdispatch.fair_rate AS f SET state = 'ready'
     WHERE f.role = limits.role AND f.queue = limits.name AND f.state = 'waiting' AND f.next_at <= moment;
    -- Such a key was given its time at a lower rate, or before the clock was set back.
    UPDATE pgdispatch.fair_rate AS f SET state = 'ready'
     WHERE f.role = limits.role AND f.queue = limits.name AND f.state = 'waiting' AND f.next_at > moment + limits.per / limits.rate_per_key;
END
$$;

COMMENT ON FUNCTION pgdispatch.wake_keys(pgdispatch.queue) IS
'Part of pgdispatch.serve_keys. Lets the fair keys take turns again whose rate lets them begin by now.';


CREATE OR REPLACE FUNCTION pgdispatch.is_on_time(limits pgdispatch.queue, of_key text) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
AS $$
DECLARE
    moment constant timestamptz := clock_timestamp();
BEGIN
    RETURN limits.rate_per_key IS NULL
        OR NOT EXISTS (SELECT
                         FROM pgdispatch.fair_rate AS f
                        WHERE f.role = limits.role AND f.queue = limits.name AND f.fair_key = of_key
                          AND f.next_at > moment AND f.next_at <= moment + limits.per / limits.rate_per_key);
END
$$;

COMMENT ON FUNCTION pgdispatch.is_on_time(pgdispatch.queue, text) IS
'Part of what gives places in fair queues. Returns whether the rate of the fair key lets a job begin now.';


CREATE OR REPLACE FUNCTION pgdispatch.begin_at_rate(INOUT job pgdispatch.managed_job, limits pgdispatch.queue)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    job.fair_key := coalesce(job.fair_key, '');
    IF NOT pgdispatch.is_on_time(limits, job.fair_key) THEN   -- Its node or session died, and others have begun since.
        job := pgdispatch.return_queue_place(job);
        RETURN;
    END IF;
    PERFORM pgdispatch.count_begin(limits, job.fair_key);
    job.slot_at := NULL;
END
$$;

COMMENT ON FUNCTION pgdispatch.begin_at_rate(pgdispatch.managed_job, pgdispatch.queue) IS
'Part of pgdispatch.request_admission, for a transaction that has locked the row of pgdispatch.mutex for the queue. Lets a job that has a
place begin if the rate of its fair key does, and otherwise takes the place back.';


CREATE OR REPLACE FUNCTION pgdispatch.count_begin(limits pgdispatch.queue, of_key text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
AS $$
DECLARE
    next_time timestamptz;
    holds     boolean;
BEGIN
    IF limits.rate_per_key IS NULL THEN
        RETURN;
    END IF;
    next_time := clock_timestamp() + limits.per / limits.rate_per_key;
    holds := EXISTS (SELECT
                       FROM pgdispatch.managed_job AS m
                      WHERE m.role = limits.role AND m.queue = limits.name AND m.held_by = 'queue' AND m.fair_key = of_key);
    INSERT INTO pgdispatch.fair_rate (role, queue, fair_key, next_at, state)
    VALUES (limits.role, limits.name, of_key, next_time, CASE WHEN holds THEN 'waiting' ELSE 'idle' END)
    ON CONFLICT ON CONSTRAINT fair_rate_pkey DO UPDATE SET next_at = excluded.next_at, state = excluded.state;
    IF holds THEN
        PERFORM pgdispatch.serve_keys_at(limits, next_time);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.count_begin(pgdispatch.queue, text) IS
'Part of what gives places in fair queues, for a transaction that has locked the row of pgdispatch.mutex for the queue. Counts that a job
of the fair key begins, if fair keys have a rate.';


CREATE OR REPLACE FUNCTION pgdispatch.note_held_key(limits pgdispatch.queue, of_key text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    noted pgdispatch.fair_rate;
BEGIN
    IF limits.rate_per_key IS NULL THEN
        RETURN;
    END IF;
    INSERT INTO pgdispatch.fair_rate AS f (role, queue, fair_key, next_at, state)
    VALUES (limits.role, limits.name, of_key, '-infinity', 'ready')
    ON CONFLICT ON CONSTRAINT fair_rate_pkey DO UPDATE
    SET state = CASE WHEN pgdispatch.is_on_time(limits, of_key) THEN 'ready' ELSE 'waiting' END
    WHERE f.state <> 'waiting'
    RETURNING f.* INTO noted;
    IF noted.state = 'waiting' THEN
        PERFORM pgdispatch.serve_keys_at(limits, noted.next_at);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.note_held_key(pgdispatch.queue, text) IS
'Part of what gives places in fair queues, for a transaction that has locked the row of pgdispatch.mutex for the queue. Notes that the
queue holds jobs of the fair key, if fair keys have a rate.';


CREATE OR REPLACE FUNCTION pgdispatch.serve_keys_at(limits pgdispatch.queue, moment timestamptz) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    earliest constant timestamptz := clock_timestamp() + '10 ms'::interval;   -- What is due until then is served at once.
    due      constant timestamptz := greatest(moment, earliest);
    new_job  bigint;
BEGIN
    IF moment IS NULL OR EXISTS (SELECT
                                   FROM pgdispatch.fair_turn AS t
                                  WHERE t.role = limits.role AND t.queue = limits.name AND t.serve_at BETWEEN earliest AND due) THEN
        RETURN;
    END IF;
    INSERT INTO pgdispatch.fair_turn (role, queue, fair_key, serve_at) VALUES (limits.role, limits.name, '', due)
    ON CONFLICT ON CONSTRAINT fair_turn_pkey DO UPDATE SET serve_at = excluded.serve_at;
    new_job := nextval('pgdispatch.job_id_seq');
    -- See release_held_jobs_later. A delay of pgdispatch.dispatch has whole seconds.
    INSERT INTO pgdispatch.managed_job (role, id, due_at, place, rank, max_attempts, priority, snoozed)
    VALUES (limits.role, new_job, due, due, due - '60 seconds'::interval, 10, 60, true);
    INSERT INTO pgdispatch.job (role, due_at, id, command, managed) OVERRIDING SYSTEM VALUE
    VALUES (limits.role, due, new_job, format('SELECT pgdispatch.release_held_jobs(NULL, %L)', limits.name), true);
    PERFORM pgdispatch.wake_drivers(limits.role, due < now() + '1 second'::interval);
END
$$;

COMMENT ON FUNCTION pgdispatch.serve_keys_at(pgdispatch.queue, timestamptz) IS
'Part of what gives places in fair queues, for a transaction that has locked the row of pgdispatch.mutex for the queue. Has a worker serve
the fair keys at that time, unless one will do so before. NULL: there is no such time.';


CREATE OR REPLACE FUNCTION pgdispatch.purge_fair_rates() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET jit = off
AS $$
DECLARE
    me     constant regrole     := quote_ident(CURRENT_USER)::regrole;
    moment constant timestamptz := clock_timestamp();
    queue_name text;
BEGIN
    DELETE FROM pgdispatch.fair_rate AS f
     WHERE f.ctid = ANY (ARRAY(SELECT g.ctid
                                 FROM pgdispatch.fair_rate AS g
                                WHERE g.role = me
                                  AND (g.state = 'idle' AND g.next_at < moment
                                       OR NOT EXISTS (SELECT FROM pgdispatch.queue AS q WHERE q.role = me AND q.name = g.queue AND q.rate_per_key IS NOT NULL))
                                  FOR UPDATE SKIP LOCKED));
    -- The job that was to serve them was cancelled, or the clock was set back.
    FOR queue_name IN
        SELECT q.name
          FROM pgdispatch.queue AS q
         WHERE q.role = me
           AND EXISTS (SELECT
                         FROM pgdispatch.fair_rate AS f
                        WHERE f.role = me AND f.queue = q.name AND f.state = 'waiting'
                          AND (f.next_at < moment - '5 seconds'::interval OR f.next_at > moment + q.per / q.rate_per_key))
    LOOP
        PERFORM pgdispatch.release_held_jobs(NULL, queue_name);
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.purge_fair_rates() IS
'Part of pgdispatch.purge_expired. Deletes what is known of fair keys of the current role that nothing limits and of which no job is held,
and serves those whose time has passed.';


CREATE OR REPLACE FUNCTION pgdispatch.note_turn(owner regrole, queue_name text, served text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    INSERT INTO pgdispatch.fair_turn AS t (role, queue, fair_key) VALUES (owner, queue_name, served)
    ON CONFLICT ON CONSTRAINT fair_turn_pkey DO UPDATE SET fair_key = excluded.fair_key WHERE t.fair_key <> excluded.fair_key;
END
$$;

COMMENT ON FUNCTION pgdispatch.note_turn(regrole, text, text) IS
'Part of what gives places in fair queues. Notes which fair key was served last.';


CREATE OR REPLACE FUNCTION pgdispatch.next_fair_key(limits pgdispatch.queue, after text) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    beyond constant text := coalesce(after, '');
    held text;
    due  text;
BEGIN
    -- Nothing comes before an empty key, and no key is empty but that of jobs without one.
    IF limits.rate_per_key IS NOT NULL THEN
        SELECT f.fair_key INTO held
          FROM pgdispatch.fair_rate AS f
         WHERE f.role = limits.role AND f.queue = limits.name AND f.state = 'ready' AND f.fair_key >= beyond AND f.fair_key IS DISTINCT FROM after
         ORDER BY f.fair_key
         LIMIT 1;
    ELSIF after IS NULL THEN
        SELECT m.fair_key INTO held
          FROM pgdispatch.managed_job AS m
         WHERE m.role = limits.role AND m.queue = limits.name AND m.held_by = 'queue' AND m.fair_key IS NOT NULL
         ORDER BY m.fair_key
         LIMIT 1;
    ELSE
        SELECT m.fair_key INTO held
          FROM pgdispatch.managed_job AS m
         WHERE m.role = limits.role AND m.queue = limits.name AND m.held_by = 'queue' AND m.fair_key > after
         ORDER BY m.fair_key
         LIMIT 1;
    END IF;
    IF after IS NULL THEN
        SELECT m.fair_key INTO due
          FROM pgdispatch.managed_job AS m
         WHERE m.role = limits.role AND m.queue = limits.name AND m.fair_key IS NOT NULL
           AND m.held_by IS NULL AND NOT m.in_queue AND m.snoozed IS NULL AND m.ordering_key IS NULL
         ORDER BY m.fair_key
         LIMIT 1;
    ELSE
        SELECT m.fair_key INTO due
          FROM pgdispatch.managed_job AS m
         WHERE m.role = limits.role AND m.queue = limits.name AND m.fair_key > after
           AND m.held_by IS NULL AND NOT m.in_queue AND m.snoozed IS NULL AND m.ordering_key IS NULL
         ORDER BY m.fair_key
         LIMIT 1;
    END IF;
    RETURN least(held, due);
END
$$;

COMMENT ON FUNCTION pgdispatch.next_fair_key(pgdispatch.queue, text) IS
'Part of pgdispatch.serve_keys. Returns the next fair key that waits after the given one, or the first one if that is NULL; NULL: none.';


CREATE OR REPLACE FUNCTION pgdispatch.first_job_of_key(owner regrole, queue_name text, of_key text) RETURNS pgdispatch.managed_job
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    held pgdispatch.managed_job;
    due  pgdispatch.managed_job;
BEGIN
    SELECT m.* INTO held
      FROM pgdispatch.managed_job AS m
     WHERE m.role = owner AND m.queue = queue_name AND m.fair_key = of_key AND m.held_by = 'queue'
     ORDER BY m.rank, m.id
     LIMIT 1;
    SELECT m.* INTO due
      FROM pgdispatch.managed_job AS m
     WHERE m.role = owner AND m.queue = queue_name AND m.fair_key = of_key
       AND m.held_by IS NULL AND NOT m.in_queue AND m.snoozed IS NULL AND m.ordering_key IS NULL
     ORDER BY m.rank, m.id
     LIMIT 1;
    IF held.id IS NULL OR (due.rank, due.id) < (held.rank, held.id) THEN
        RETURN due;
    END IF;
    RETURN held;
END
$$;

COMMENT ON FUNCTION pgdispatch.first_job_of_key(regrole, text, text) IS
'Part of pgdispatch.serve_keys. Returns the first job of the fair key that waits for a place; NULL: none.';


CREATE OR REPLACE FUNCTION pgdispatch.give_place(job pgdispatch.managed_job, in_worker boolean, by_rate boolean) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    head      timestamptz;
    new_place timestamptz;
BEGIN
    IF job.held_by IS NOT NULL THEN
        IF NOT pgdispatch.release_job(job, in_worker) THEN
            RETURN false;
        END IF;
    ELSIF NOT pgdispatch.lock_waiting_job(job) THEN
        RETURN false;
    ELSE
        IF job.handler IS NULL THEN
            SELECT j.due_at
              INTO head
              FROM pgdispatch.job AS j
             WHERE j.role = job.role
               AND (SELECT m.in_queue FROM pgdispatch.managed_job AS m WHERE m.role = j.role AND m.id = j.id) IS NOT TRUE
             ORDER BY j.due_at
             LIMIT 1;
        ELSE
            SELECT j.due_at
              INTO head
              FROM pgdispatch.handler_job AS j
             WHERE j.role = job.role
               AND j.handler = job.handler
               AND (SELECT m.in_queue FROM pgdispatch.managed_job AS m WHERE m.role = j.role AND m.id = j.id) IS NOT TRUE
             ORDER BY j.due_at
             LIMIT 1;
        END IF;
        -- Behind the jobs that have been given a place before: otherwise the last one would always be the first to begin.
        SELECT greatest(head - '1 millisecond'::interval, max(m.place) + '1 microsecond'::interval)
          INTO new_place
          FROM pgdispatch.managed_job AS m
         WHERE m.role = job.role AND m.queue = job.queue AND m.in_queue AND m.place < head;
        IF new_place < job.place THEN
            PERFORM pgdispatch.move_job(job, new_place);
        END IF;
    END IF;
    -- A job that was replaced by one with a delay does not need its place yet.
    UPDATE pgdispatch.managed_job AS m SET in_queue = true, slot_at = CASE WHEN by_rate THEN clock_timestamp() END
     WHERE m.role = job.role AND m.id = job.id AND m.due_at <= clock_timestamp();
    RETURN FOUND;
END
$$;

COMMENT ON FUNCTION pgdispatch.give_place(pgdispatch.managed_job, boolean, boolean) IS
'Part of pgdispatch.serve_keys. Gives a job that is held or due a place in its queue, and lets it be claimed next. Returns false if another
transaction has the job. by_rate: whether its fair key has a rate, which counts the job when it begins.';


CREATE OR REPLACE FUNCTION pgdispatch.pass_over(job pgdispatch.managed_job) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF job.held_by IS NOT NULL AND NOT pgdispatch.release_job(job, true) OR job.held_by IS NULL AND NOT pgdispatch.lock_waiting_job(job) THEN
        RETURN false;
    END IF;
    UPDATE pgdispatch.managed_job AS m SET snoozed = true WHERE m.role = job.role AND m.id = job.id;
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.pass_over(pgdispatch.managed_job) IS
'Part of pgdispatch.serve_keys. Lets a job whose handler is paused be due without a place and out of turn. Returns false if another
transaction has the job.';


CREATE OR REPLACE FUNCTION pgdispatch.lock_waiting_job(job pgdispatch.managed_job) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
BEGIN
    IF job.handler IS NULL THEN
        PERFORM FROM pgdispatch.job AS j
          WHERE j.role = job.role AND j.due_at = job.place AND j.id = job.id
            FOR UPDATE SKIP LOCKED;
    ELSE
        PERFORM FROM pgdispatch.handler_job AS j
          WHERE j.role = job.role AND j.handler = job.handler AND j.due_at = job.place AND j.id = job.id AND j.claimed_by IS NULL
            FOR UPDATE SKIP LOCKED;
    END IF;
    RETURN FOUND;
END
$$;

COMMENT ON FUNCTION pgdispatch.lock_waiting_job(pgdispatch.managed_job) IS
'Part of what gives places in fair queues. Locks the row of a job that waits at its place. Returns false if another transaction has it.';


CREATE OR REPLACE FUNCTION pgdispatch.hold_due_jobs_of_key(owner regrole, queue_name text, of_key text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    due pgdispatch.managed_job;
BEGIN
    FOR due IN
        SELECT m.*
          FROM pgdispatch.managed_job AS m
         WHERE m.role = owner AND m.queue = queue_name AND m.fair_key = of_key
           AND m.held_by IS NULL AND NOT m.in_queue AND m.snoozed IS NULL AND m.ordering_key IS NULL
         ORDER BY m.rank, m.id
         LIMIT 200
    LOOP
        IF pgdispatch.lock_waiting_job(due) THEN
            due.held_by := 'queue';
            PERFORM pgdispatch.move_job(due, 'infinity');
        END IF;
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.hold_due_jobs_of_key(regrole, text, text) IS
'Part of pgdispatch.request_queue_place. Has the queue hold the next 200 due jobs of a fair key that has no room.';


CREATE OR REPLACE FUNCTION pgdispatch.begin_turns(queue_name text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
AS $$
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
    limits pgdispatch.queue;
BEGIN
    IF pgdispatch.try_mutex(caller, pgdispatch.queue_mutex(queue_name)) THEN
        UPDATE pgdispatch.managed_job AS m SET fair_key = ''
         WHERE m.ctid = ANY (ARRAY(SELECT h.ctid
                                     FROM pgdispatch.managed_job AS h
                                    WHERE h.role = caller AND h.queue = queue_name AND h.held_by = 'queue' AND h.fair_key IS NULL
                                      FOR UPDATE SKIP LOCKED));
        SELECT q.* INTO limits FROM pgdispatch.queue AS q WHERE q.role = caller AND q.name = queue_name;
        IF limits.rate_per_key IS NOT NULL THEN
            PERFORM pgdispatch.note_held_keys(limits);
        END IF;
        PERFORM pgdispatch.release_next_in_queue(caller, queue_name, true);
        IF NOT EXISTS (SELECT
                         FROM pgdispatch.managed_job AS h
                        WHERE h.role = caller AND h.queue = queue_name AND h.held_by = 'queue' AND h.fair_key IS NULL) THEN
            RETURN;
        END IF;
    END IF;
    PERFORM pgdispatch.begin_turns_later(queue_name, '1 second');   -- Another transaction begins, ends or cancels a job of the queue.
END
$$;

COMMENT ON FUNCTION pgdispatch.begin_turns(text) IS
'Gives the jobs that the queue holds and that have no fair key an empty one, after the queue was given per_key, and releases those that
are in turn.';


CREATE OR REPLACE FUNCTION pgdispatch.note_held_keys(limits pgdispatch.queue) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    without_rate pgdispatch.queue := limits;
    of_key       text;
BEGIN
    without_rate.rate_per_key := NULL;
    LOOP
        of_key := pgdispatch.next_fair_key(without_rate, of_key);
        EXIT WHEN of_key IS NULL;
        PERFORM pgdispatch.note_held_key(limits, of_key);
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.note_held_keys(pgdispatch.queue) IS
'Part of pgdispatch.begin_turns, for a queue that was given rate_per_key. Notes all fair keys of which the queue holds jobs.';


CREATE OR REPLACE FUNCTION pgdispatch.begin_turns_later(queue_name text, delay interval DEFAULT '0') RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pgdispatch.dispatch(format('SELECT pgdispatch.begin_turns(%L)', queue_name), delay, priority => 60, max_attempts => 10);
END
$$;

COMMENT ON FUNCTION pgdispatch.begin_turns_later(text, interval) IS
'Has a worker call pgdispatch.begin_turns after the commit of this transaction and after the delay.';
