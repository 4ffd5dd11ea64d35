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

CREATE OR REPLACE FUNCTION pgdispatch.count_places(owner regrole, queue_name text, of_key text) RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
AS $$
BEGIN
    RETURN (SELECT count(*)
              FROM pgdispatch.managed_job AS m
             WHERE m.role = owner AND m.queue = queue_name AND m.in_queue AND m.fair_key = of_key);
END
$$;

COMMENT ON FUNCTION pgdispatch.count_places(regrole, text, text) IS
'Part of what gives places in fair queues. Returns the number of places that the jobs of the fair key have.';


CREATE OR REPLACE FUNCTION pgdispatch.serve_keys(owner regrole, queue_name text, per_key integer, room integer, in_worker boolean) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    paused  constant text[] := pgdispatch.paused_handlers();
    turn    text := (SELECT t.fair_key FROM pgdispatch.fair_turn AS t WHERE t.role = owner AND t.queue = queue_name);
    served  text;
    left_to_pass integer := 100;
    full_keys text[] := '{}';
    again   integer := 0;
    missed  boolean := false;
    job     pgdispatch.managed_job;
BEGIN
    WHILE room > 0 LOOP
        turn := coalesce(pgdispatch.next_fair_key(owner, queue_name, turn), pgdispatch.next_fair_key(owner, queue_name, NULL));
        EXIT WHEN turn IS NULL;
        IF turn = ANY (full_keys) THEN
            again := again + 1;
            EXIT WHEN again >= cardinality(full_keys);
            CONTINUE;
        END IF;
        IF pgdispatch.count_places(owner, queue_name, turn) < per_key THEN
            LOOP
                job := pgdispatch.first_job_of_key(owner, queue_name, turn);
                EXIT WHEN job.handler IS NULL OR job.handler <> ALL (paused) OR left_to_pass = 0 OR NOT pgdispatch.pass_over(job);
                left_to_pass := left_to_pass - 1;
            END LOOP;
            IF job.id IS NOT NULL AND (job.handler IS NULL OR job.handler <> ALL (paused)) AND pgdispatch.give_place(job, in_worker) THEN
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
        PERFORM pgdispatch.note_turn(owner, queue_name, served);
    END IF;
    IF missed THEN
        PERFORM pgdispatch.release_held_jobs_later(NULL, queue_name, '1 second');
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.serve_keys(regrole, text, integer, integer, boolean) IS
'Part of what gives places in fair queues, for a transaction that has locked the row of pgdispatch.mutex for the queue. Gives up to room
places to the fair keys in turn that wait and have fewer than per_key.';


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


CREATE OR REPLACE FUNCTION pgdispatch.next_fair_key(owner regrole, queue_name text, after text) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    held text;
    due  text;
BEGIN
    -- Nothing comes before an empty key, and no key is empty but that of jobs without one.
    IF after IS NULL THEN
        SELECT m.fair_key INTO held
          FROM pgdispatch.managed_job AS m
         WHERE m.role = owner AND m.queue = queue_name AND m.held_by = 'queue' AND m.fair_key IS NOT NULL
         ORDER BY m.fair_key
         LIMIT 1;
        SELECT m.fair_key INTO due
          FROM pgdispatch.managed_job AS m
         WHERE m.role = owner AND m.queue = queue_name AND m.fair_key IS NOT NULL
           AND m.held_by IS NULL AND NOT m.in_queue AND m.snoozed IS NULL AND m.ordering_key IS NULL
         ORDER BY m.fair_key
         LIMIT 1;
    ELSE
        SELECT m.fair_key INTO held
          FROM pgdispatch.managed_job AS m
         WHERE m.role = owner AND m.queue = queue_name AND m.held_by = 'queue' AND m.fair_key > after
         ORDER BY m.fair_key
         LIMIT 1;
        SELECT m.fair_key INTO due
          FROM pgdispatch.managed_job AS m
         WHERE m.role = owner AND m.queue = queue_name AND m.fair_key > after
           AND m.held_by IS NULL AND NOT m.in_queue AND m.snoozed IS NULL AND m.ordering_key IS NULL
         ORDER BY m.fair_key
         LIMIT 1;
    END IF;
    RETURN least(held, due);
END
$$;

COMMENT ON FUNCTION pgdispatch.next_fair_key(regrole, text, text) IS
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


CREATE OR REPLACE FUNCTION pgdispatch.give_place(job pgdispatch.managed_job, in_worker boolean) RETURNS boolean
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
    UPDATE pgdispatch.managed_job AS m SET in_queue = true
     WHERE m.role = job.role AND m.id = job.id AND m.due_at <= clock_timestamp();
    RETURN FOUND;
END
$$;

COMMENT ON FUNCTION pgdispatch.give_place(pgdispatch.managed_job, boolean) IS
'Part of pgdispatch.serve_keys. Gives a job that is held or due a place in its queue, and lets it be claimed next. Returns false if another
transaction has the job.';


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
BEGIN
    IF pgdispatch.try_mutex(caller, pgdispatch.queue_mutex(queue_name)) THEN
        UPDATE pgdispatch.managed_job AS m SET fair_key = ''
         WHERE m.ctid = ANY (ARRAY(SELECT h.ctid
                                     FROM pgdispatch.managed_job AS h
                                    WHERE h.role = caller AND h.queue = queue_name AND h.held_by = 'queue' AND h.fair_key IS NULL
                                      FOR UPDATE SKIP LOCKED));
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
