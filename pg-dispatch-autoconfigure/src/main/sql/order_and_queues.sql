-- Ordering keys, queues and priorities: when a managed job that is due may run.
--
-- A worker runs a managed job in two transactions. The first one counts the attempt and calls request_admission, in which the job
-- gives up its key and takes its place in its order and its queue. The second one runs it. What others have to know about the job
-- is thus committed while it runs, and a session that the job kills has been counted. Several quick jobs share both transactions,
-- without a count: see chunks.sql. Further:
--
--   * A job that has to wait for others of its ordering key or its queue is HELD: the due_at of its row is infinity, where no worker
--     comes across it, however many such jobs there are. The transaction that ends the job that it waits for moves it back.
--   * Holding and releasing happen under the lock of a row in pgdispatch.mutex for each ordering key and each queue, so that no job is
--     held by one that has just ended. The place in an order or a queue belongs to the job's row and not to a session: it cannot be lost, and a job
--     that has to run again still has it.
--   * Only workers and nodes take these locks, just before they commit. Users' transactions may stay open. When they cancel, replace
--     or delete a job, or change a queue, they dispatch a job that calls release_held_jobs.
--   * Nobody waits long for such a lock, and nobody waits at all for the row of a held job. A worker that begins a job tries again
--     later, and one that ends a job leaves the rest to a job that calls release_held_jobs. Otherwise nodes that claim and complete
--     many jobs at once would deadlock.
--
-- The job of a paused queue does not begin again either, if its worker or node died. What circuit
-- breakers hold is in circuit_breakers.sql, and what fair keys do is in fair_queues.sql.

CREATE OR REPLACE FUNCTION pgdispatch.request_admission(
    worker_role regrole, job_id bigint, dispatched_at timestamptz, claimed_at timestamptz)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    job           pgdispatch.managed_job;
    limits        pgdispatch.queue;
    new_place     timestamptz;
    gives_up_key  boolean;
    is_next       boolean;
    had           record;
    waits_for_key boolean := false;
BEGIN
    SELECT m.* INTO job FROM pgdispatch.managed_job AS m WHERE m.role = worker_role AND m.id = job_id FOR UPDATE;
    IF job.fair_key IS NOT NULL AND job.place <> claimed_at THEN
        RETURN false;   -- Another job that was claimed with it has given it a place, or has had it held, and has moved the row.
    END IF;
    gives_up_key := job.has_key AND job.keep_key IS NULL;
    IF job.in_queue THEN
        SELECT q.* INTO limits FROM pgdispatch.queue AS q WHERE q.role = job.role AND q.name = job.queue;
        IF limits.paused THEN
            job := pgdispatch.return_queue_place(job);
        END IF;
    END IF;
    SELECT job.in_order, job.in_queue INTO had;

    IF job.ordering_key IS NOT NULL AND NOT job.in_order THEN
        is_next := pgdispatch.is_next_in_order(job);
        IF is_next THEN
            job.in_order := true;
        ELSIF NOT is_next THEN
            job.held_by := 'order';
            new_place := 'infinity';
        ELSE
            new_place := clock_timestamp() + '50 ms'::interval;
        END IF;
    END IF;
    IF new_place IS NULL AND job.in_queue AND limits.rate_per_key IS NOT NULL THEN
        IF NOT pgdispatch.try_mutex(job.role, pgdispatch.queue_mutex(job.queue)) THEN
            new_place := clock_timestamp() + '50 ms'::interval;
        ELSE
            job := pgdispatch.begin_at_rate(job, limits);
        END IF;
    END IF;
    IF new_place IS NULL AND job.queue IS NOT NULL AND NOT job.in_queue THEN
        job := pgdispatch.request_queue_place(job);
        IF NOT job.in_queue THEN
            new_place := CASE WHEN job.held_by IS NULL THEN coalesce(job.slot_at, clock_timestamp() + '50 ms'::interval) ELSE 'infinity' END;
        END IF;
    END IF;
    IF new_place IS NULL AND gives_up_key THEN
        IF pgdispatch.give_up_key(worker_role, job.key, job_id) THEN
            job.has_key := false;
        ELSE
            new_place := clock_timestamp() + least(greatest((clock_timestamp() - request_admission.dispatched_at) / 4, '20 ms'::interval), '2 seconds'::interval);
            -- That may take long, and the job must not keep other jobs from running meanwhile.
            job.in_order := had.in_order;
            job.in_queue := had.in_queue AND job.fair_key IS NULL;   -- A fair key was given the place before the job was claimed.
            waits_for_key := true;
        END IF;
    END IF;

    UPDATE pgdispatch.managed_job AS m
       SET in_order = job.in_order,
           in_queue = job.in_queue,
           slot_at = job.slot_at,
           fair_key = job.fair_key,
           held_by = job.held_by,
           has_key = job.has_key
     WHERE m.role = worker_role AND m.id = job_id;
    IF new_place IS NOT NULL THEN
        PERFORM pgdispatch.move_job(job, new_place);
        IF waits_for_key AND job.queue IS NOT NULL THEN
            PERFORM pgdispatch.release_next_in_queue(worker_role, job.queue, true);
        END IF;
    END IF;
    RETURN new_place IS NULL;
END
$$;

COMMENT ON FUNCTION pgdispatch.request_admission(regrole, bigint, timestamptz, timestamptz) IS
'Part of what claims jobs. Returns whether a managed job that is due may run. If it may, it now is the one of its
ordering key, has a place in its queue and has given up its idempotency key. Otherwise the function has moved it to
where it waits. claimed_at: the due_at of its row when that was claimed.';


CREATE OR REPLACE FUNCTION pgdispatch.is_next_in_order(job pgdispatch.managed_job) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN CASE WHEN pgdispatch.try_mutex(job.role, pgdispatch.order_mutex(job.ordering_key)) THEN pgdispatch.is_next_in_locked_order(job) END;
END
$$;

COMMENT ON FUNCTION pgdispatch.is_next_in_order(pgdispatch.managed_job) IS
'Part of pgdispatch.request_admission. Returns whether the job is the next one of its ordering key and no other one of
it may run. NULL: another transaction begins or ends a job of it, so it is unknown.';


CREATE OR REPLACE FUNCTION pgdispatch.is_next_in_locked_order(job pgdispatch.managed_job) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
BEGIN
    -- The clock matters only for snoozed jobs: it may have been set back since an earlier job was dispatched.
    RETURN NOT EXISTS (SELECT FROM pgdispatch.managed_job AS m
                        WHERE m.role = job.role AND m.ordering_key = job.ordering_key AND m.in_order)
       AND NOT EXISTS (SELECT FROM pgdispatch.managed_job AS m
                        WHERE m.role = job.role AND m.ordering_key = job.ordering_key AND m.id < job.id
                          AND (m.snoozed IS NULL OR m.due_at <= clock_timestamp()));
END
$$;

COMMENT ON FUNCTION pgdispatch.is_next_in_locked_order(pgdispatch.managed_job) IS
'Part of what lets jobs begin, for a transaction that has locked the row of pgdispatch.mutex for the ordering key. Returns
whether the job is the next one of its ordering key and no other one of it may run.';


CREATE OR REPLACE FUNCTION pgdispatch.request_queue_place(INOUT job pgdispatch.managed_job)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
SET jit = off
AS $$
DECLARE
    limits  pgdispatch.queue;
    first   pgdispatch.managed_job;
    moment  constant timestamptz := clock_timestamp();
    spacing interval;
    room    integer;
BEGIN
    IF NOT pgdispatch.try_mutex(job.role, pgdispatch.queue_mutex(job.queue)) THEN
        job.slot_at := NULL;
        RETURN;
    END IF;
    SELECT q.* INTO limits FROM pgdispatch.queue AS q WHERE q.role = job.role AND q.name = job.queue;
    room := pgdispatch.room_in_queue(limits);
    IF limits.per_key IS NOT NULL THEN
        job.fair_key := coalesce(job.fair_key, '');
        IF room <= 0 OR NOT pgdispatch.key_has_room(limits, job.fair_key) OR NOT pgdispatch.is_on_time(limits, job.fair_key) THEN
            PERFORM pgdispatch.hold_due_jobs_of_key(job.role, job.queue, job.fair_key);
            job.held_by := 'queue';
            PERFORM pgdispatch.note_held_key(limits, job.fair_key);
            PERFORM pgdispatch.serve_keys(limits, room, true, job.fair_key);
            RETURN;
        END IF;
        PERFORM pgdispatch.note_turn(job.role, job.queue, job.fair_key);
        PERFORM pgdispatch.count_begin(limits, job.fair_key);
    ELSIF room <= 0 THEN
        job.held_by := 'queue';
        RETURN;
    END IF;

    SELECT m.*
      INTO first
      FROM pgdispatch.managed_job AS m
     WHERE m.role = job.role
       AND m.queue = job.queue
       AND m.held_by = 'queue'
       AND (m.rank, m.id) < (job.rank, job.id)
       AND limits.per_key IS NULL
     ORDER BY m.rank, m.id
     LIMIT 1;
    IF FOUND AND pgdispatch.release_job(first, true) THEN
        job.held_by := 'queue';
        RETURN;
    END IF;

    IF limits.rate IS NOT NULL THEN
        PERFORM FROM pgdispatch.queue AS q WHERE q.role = job.role AND q.name = job.queue FOR UPDATE SKIP LOCKED;
        IF NOT FOUND THEN   -- A transaction is changing the queue.
            job.slot_at := NULL;
            RETURN;
        END IF;
        spacing := limits.per / limits.rate;
        -- Each job gets a time of its own once. A job that comes much too late for its time, as after an outage, gets a new one, so
        -- that all the late jobs do not run at once. The bound keeps the times of many jobs from exceeding that of all timestamps.
        IF job.slot_at IS NULL OR job.slot_at < moment - greatest(spacing, '1 second'::interval) THEN
            job.slot_at := greatest(limits.next_at, moment);
            UPDATE pgdispatch.queue AS q
               SET next_at = least(job.slot_at + spacing, moment + '3652 days'::interval)
             WHERE q.role = job.role AND q.name = job.queue;
        END IF;
        IF job.slot_at > moment THEN
            RETURN;
        END IF;
    END IF;
    job.in_queue := true;
END
$$;

COMMENT ON FUNCTION pgdispatch.request_queue_place(pgdispatch.managed_job) IS
'Part of pgdispatch.request_admission. Sets in_queue if the queue lets the job run, held_by if the queue holds it, slot_at
if the rate gives it a later time, and nothing if another transaction begins or ends a job of the queue.';


CREATE OR REPLACE FUNCTION pgdispatch.room_in_queue(limits pgdispatch.queue) RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    room integer;
BEGIN
    IF limits.paused THEN
        RETURN 0;
    END IF;
    room := limits.concurrency - (SELECT count(*)
                                    FROM pgdispatch.managed_job AS m
                                   WHERE m.role = limits.role AND m.queue = limits.name AND m.in_queue);
    IF limits.break_after IS NOT NULL THEN
        room := least(room, pgdispatch.room_in_breaker(limits.role, limits.name));
    END IF;
    RETURN room;
END
$$;

COMMENT ON FUNCTION pgdispatch.room_in_queue(pgdispatch.queue) IS
'Part of what gives places in queues. Returns how many jobs more the queue lets begin now; NULL: any number.';


CREATE OR REPLACE FUNCTION pgdispatch.return_queue_place(INOUT job pgdispatch.managed_job)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
BEGIN
    -- Out of turn, a job of a fair queue does not get the place again that nobody claims.
    UPDATE pgdispatch.managed_job AS m
       SET in_queue = false, slot_at = NULL, snoozed = CASE WHEN m.fair_key IS NOT NULL THEN true ELSE m.snoozed END
     WHERE m.role = job.role AND m.id = job.id;
    job.in_queue := false;
    job.slot_at := NULL;
    -- The job's node may come back while the job is held. It must not be regarded as the one that runs the job then.
    UPDATE pgdispatch.handler_job AS j
       SET claimed_by = NULL, crashes = coalesce(j.crashes, 0) + 1
     WHERE j.role = job.role AND j.handler = job.handler AND j.due_at = job.place AND j.id = job.id AND j.claimed_by IS NOT NULL;
END
$$;

COMMENT ON FUNCTION pgdispatch.return_queue_place(pgdispatch.managed_job) IS
'Part of pgdispatch.request_admission and pgdispatch.free_places_of_dead_nodes. Takes back the place in its queue from a
job whose worker or node died, and that does not run again at once.';


-- Another node that knows the handler takes over such a job, with its place. If there is none, the job waits for one, and the jobs of
-- other handlers in the queue must not wait with it.
CREATE OR REPLACE FUNCTION pgdispatch.free_places_of_dead_nodes() RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
AS $$
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
    job    pgdispatch.managed_job;
    node   uuid;
    freed  text[] := '{}';
    queue  text;
BEGIN
    FOR job IN SELECT m.* FROM pgdispatch.managed_job AS m WHERE m.role = caller AND m.in_queue AND m.handler IS NOT NULL LOOP
        CONTINUE WHEN NOT EXISTS (SELECT
                                    FROM pgdispatch.handler_job AS j
                                   WHERE j.role = caller AND j.handler = job.handler AND j.due_at = job.place AND j.id = job.id
                                     AND NOT pgdispatch.is_live_node(j.claimed_by));
        SELECT j.claimed_by
          INTO node
          FROM pgdispatch.handler_job AS j
         WHERE j.role = caller AND j.handler = job.handler AND j.due_at = job.place AND j.id = job.id
           FOR UPDATE SKIP LOCKED;
        -- A node that has claimed the job since then began its lease before.
        IF FOUND AND NOT pgdispatch.is_live_node(node) THEN
            job := pgdispatch.return_queue_place(job);
            freed := array_append(freed, job.queue);
        END IF;
    END LOOP;
    FOR queue IN SELECT DISTINCT f.queue FROM unnest(freed) AS f (queue) LOOP
        PERFORM pgdispatch.release_next_in_queue(caller, queue, false);
    END LOOP;
    RETURN cardinality(freed);
END
$$;

COMMENT ON FUNCTION pgdispatch.free_places_of_dead_nodes() IS
'Part of pgdispatch.purge_expired. Takes back the places in queues from jobs of handlers that no live node has claimed,
and releases other jobs of these queues. Returns the number of places.';


CREATE OR REPLACE FUNCTION pgdispatch.is_live_node(node uuid) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN EXISTS (SELECT
                     FROM pgdispatch.node AS n
                    WHERE n.role = quote_ident(CURRENT_USER)::regrole
                      AND n.id = is_live_node.node
                      AND pgdispatch.lease_ends_at(n.expires_at, n.lease_length) > clock_timestamp());
END
$$;

COMMENT ON FUNCTION pgdispatch.is_live_node(uuid) IS
'Part of pgdispatch.free_places_of_dead_nodes. Returns whether the claims of a node hold.';


CREATE OR REPLACE FUNCTION pgdispatch.apply_priorities(worker_role regrole) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
AS $$
DECLARE
    snoozed pgdispatch.managed_job;
BEGIN
    FOR snoozed IN
        SELECT m.*
          FROM pgdispatch.managed_job AS m
         WHERE m.role = worker_role
           AND m.due_at <= clock_timestamp()
           AND m.priority IS NOT NULL AND m.place > m.rank AND m.held_by IS NULL
           AND m.started_at IS NULL AND m.slot_at IS NULL
         ORDER BY m.due_at
         LIMIT 1000
    LOOP
        -- A transaction that has locked the row runs the job or cancels it.
        IF snoozed.handler IS NULL THEN
            PERFORM FROM pgdispatch.job AS j
              WHERE j.role = worker_role AND j.due_at = snoozed.place AND j.id = snoozed.id
                FOR UPDATE SKIP LOCKED;
        ELSE
            PERFORM FROM pgdispatch.handler_job AS j
              WHERE j.role = worker_role AND j.handler = snoozed.handler AND j.due_at = snoozed.place AND j.id = snoozed.id
                AND j.claimed_by IS NULL
                FOR UPDATE SKIP LOCKED;
        END IF;
        IF FOUND THEN
            PERFORM pgdispatch.move_job(snoozed, snoozed.rank);
        END IF;
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.apply_priorities(regrole) IS
'Part of what claims jobs. Moves snoozed jobs with a priority to the place that it gives them once they are due.';


CREATE OR REPLACE FUNCTION pgdispatch.release_next(job pgdispatch.managed_job, in_worker boolean, succeeded boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF job.ordering_key IS NULL AND job.queue IS NULL THEN
        RETURN;
    ELSIF NOT pgdispatch.sees_latest_commits() THEN
        -- This transaction does not see the jobs that were held after its snapshot was taken.
        IF succeeded AND job.queue IS NOT NULL THEN
            PERFORM pgdispatch.count_success(job.role, '', job.queue);
        END IF;
        PERFORM pgdispatch.release_held_jobs_later(job.ordering_key, job.queue);
        RETURN;
    END IF;
    IF job.ordering_key IS NOT NULL THEN
        PERFORM pgdispatch.release_next_in_order(job.role, job.ordering_key, in_worker);
    END IF;
    IF job.queue IS NOT NULL THEN
        PERFORM pgdispatch.release_next_in_queue(job.role, job.queue, in_worker, succeeded);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.release_next(pgdispatch.managed_job, boolean, boolean) IS
'Releases the jobs that waited for this one, after it has left its order and its queue. in_worker: whether a worker
calls it that looks at the queue again. succeeded: whether the circuit breaker of the queue counts a success.';


CREATE OR REPLACE FUNCTION pgdispatch.release_held_jobs(ordering_key text, queue text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    job pgdispatch.managed_job;
BEGIN
    job.role := quote_ident(CURRENT_USER)::regrole;
    job.ordering_key := ordering_key;
    job.queue := queue;
    PERFORM pgdispatch.release_next(job, false);
END
$$;

COMMENT ON FUNCTION pgdispatch.release_held_jobs(text, text) IS
'Releases the jobs of the current role that the ordering key or the queue holds and no longer has to hold. NULL: there
is no such key or queue.';


CREATE OR REPLACE FUNCTION pgdispatch.release_held_jobs_later(ordering_key text, queue text, delay interval DEFAULT '0') RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF ordering_key IS NOT NULL OR queue IS NOT NULL THEN
        -- Its priority makes it run before a backlog, and keeps it from sharing its transaction, with the locks, with other jobs.
        PERFORM pgdispatch.dispatch(format('SELECT pgdispatch.release_held_jobs(%L, %L)', ordering_key, queue), delay,
                    priority => 60, max_attempts => 10);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.release_held_jobs_later(text, text, interval) IS
'Has a worker call pgdispatch.release_held_jobs after the commit of this transaction and after the delay.';


CREATE OR REPLACE FUNCTION pgdispatch.release_next_in_order(worker_role regrole, requested_key text, in_worker boolean) RETURNS void
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
BEGIN
    IF NOT pgdispatch.try_mutex(worker_role, pgdispatch.order_mutex(requested_key)) THEN
        PERFORM pgdispatch.release_held_jobs_later(requested_key, NULL);
        RETURN;
    ELSIF EXISTS (SELECT FROM pgdispatch.managed_job AS m WHERE m.role = worker_role AND m.ordering_key = requested_key AND m.in_order) THEN
        RETURN;
    END IF;
    SELECT m.*
      INTO held
      FROM pgdispatch.managed_job AS m
     WHERE m.role = worker_role
       AND m.ordering_key = requested_key
       AND m.held_by = 'order'
     ORDER BY m.id
     LIMIT 1;
    IF FOUND AND NOT pgdispatch.release_job(held, in_worker) THEN
        PERFORM pgdispatch.release_held_jobs_later(requested_key, NULL, '1 second');
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.release_next_in_order(regrole, text, boolean) IS
'Releases the next job that the ordering key holds, unless another job of it may run.';


CREATE OR REPLACE FUNCTION pgdispatch.release_next_in_orders(worker_role regrole, requested_keys text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    locked        constant integer[] := pgdispatch.lock_mutexes_at_once(worker_role, ARRAY(SELECT pgdispatch.order_mutex(k.name) FROM unnest(requested_keys) AS k (name)));
    requested_key text;
BEGIN
    FOR requested_key IN
        SELECT k.name
          FROM unnest(requested_keys) AS k (name)
         WHERE pgdispatch.order_mutex(k.name) <> ALL (locked)
            OR EXISTS (SELECT
                         FROM pgdispatch.managed_job AS m
                        WHERE m.role = worker_role AND m.ordering_key = k.name AND m.held_by = 'order')
         ORDER BY pgdispatch.order_mutex(k.name)   -- In this order, no two chunks wait for each other.
    LOOP
        PERFORM pgdispatch.release_next_in_order(worker_role, requested_key, true);
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.release_next_in_orders(regrole, text[]) IS
'Part of pgdispatch.end_chunk. Releases the next job that each of the ordering keys holds, unless another job of it may run.
Most of them hold none, which is found out for all of them at once.';


CREATE OR REPLACE FUNCTION pgdispatch.release_next_in_queue(
    worker_role regrole, queue_name text, in_worker boolean, succeeded boolean DEFAULT false)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
SET jit = off
AS $$
DECLARE
    limits pgdispatch.queue;
    room   integer;
    held   pgdispatch.managed_job;
    missed boolean := false;
BEGIN
    IF NOT pgdispatch.try_mutex(worker_role, pgdispatch.queue_mutex(queue_name)) THEN
        IF succeeded THEN
            PERFORM pgdispatch.count_success(worker_role, '', queue_name);
        END IF;
        PERFORM pgdispatch.release_held_jobs_later(NULL, queue_name);
        RETURN;
    END IF;
    SELECT q.* INTO limits FROM pgdispatch.queue AS q WHERE q.role = worker_role AND q.name = queue_name;
    IF succeeded AND limits.break_after IS NOT NULL THEN
        PERFORM pgdispatch.count_success(worker_role, '', queue_name);
    END IF;
    IF limits.name IS NULL THEN   -- The queue was dropped, by a transaction that might have stayed open.
        DELETE FROM pgdispatch.fair_turn AS t WHERE t.role = worker_role AND t.queue = queue_name;
        DELETE FROM pgdispatch.fair_rate AS f WHERE f.role = worker_role AND f.queue = queue_name;
    END IF;
    room := pgdispatch.room_in_queue(limits);
    IF limits.per_key IS NOT NULL THEN
        PERFORM pgdispatch.serve_keys(limits, room, in_worker);
        RETURN;
    END IF;
    FOR held IN
        SELECT m.*
          FROM pgdispatch.managed_job AS m
         WHERE m.role = worker_role
           AND m.queue = queue_name
           AND m.held_by = 'queue'
         ORDER BY m.rank, m.id
    LOOP
        EXIT WHEN room <= 0;
        IF pgdispatch.release_job(held, in_worker) THEN
            room := room - 1;
        ELSE
            missed := true;
        END IF;
    END LOOP;
    IF missed THEN
        PERFORM pgdispatch.release_held_jobs_later(NULL, queue_name, '1 second');
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.release_next_in_queue(regrole, text, boolean, boolean) IS
'Releases as many of the jobs that the queue holds as its concurrency and its circuit breaker have room for. succeeded: whether the
breaker counts a success.';


CREATE OR REPLACE FUNCTION pgdispatch.release_job(held pgdispatch.managed_job, in_worker boolean) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
BEGIN
    IF held.handler IS NULL THEN
        PERFORM FROM pgdispatch.job AS j
          WHERE j.role = held.role AND j.due_at = held.place AND j.id = held.id
            FOR UPDATE SKIP LOCKED;
    ELSE
        PERFORM FROM pgdispatch.handler_job AS j
          WHERE j.role = held.role AND j.handler = held.handler AND j.due_at = held.place AND j.id = held.id
            FOR UPDATE SKIP LOCKED;
    END IF;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    -- The job may have been replaced since it was read.
    SELECT m.* INTO held FROM pgdispatch.managed_job AS m WHERE m.role = held.role AND m.id = held.id;
    PERFORM pgdispatch.move_job(held, CASE WHEN held.due_at > clock_timestamp() THEN held.due_at ELSE held.rank END);
    IF held.handler IS NOT NULL THEN
        PERFORM pgdispatch.wake_nodes(held.role);
    ELSIF NOT in_worker THEN
        PERFORM pgdispatch.wake_drivers(held.role, true);
    END IF;
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.release_job(pgdispatch.managed_job, boolean) IS
'Ends that the job is held, and wakes a node or a worker for it (with in_worker, no worker). Returns false if another
transaction cancels or replaces the job, or has done so.';


CREATE OR REPLACE FUNCTION pgdispatch.move_job(job pgdispatch.managed_job, new_place timestamptz) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
BEGIN
    IF job.handler IS NULL THEN
        UPDATE pgdispatch.job AS j SET due_at = new_place
         WHERE j.role = job.role AND j.due_at = job.place AND j.id = job.id;
    ELSE
        UPDATE pgdispatch.handler_job AS j SET due_at = new_place
         WHERE j.role = job.role AND j.handler = job.handler AND j.due_at = job.place AND j.id = job.id;
    END IF;
    IF NOT FOUND THEN   -- The job has been moved or deleted.
        RETURN;
    END IF;
    UPDATE pgdispatch.managed_job AS m
       SET place = new_place,
           held_by = CASE WHEN new_place < 'infinity' THEN NULL ELSE job.held_by END
     WHERE m.role = job.role AND m.id = job.id;
END
$$;

COMMENT ON FUNCTION pgdispatch.move_job(pgdispatch.managed_job, timestamptz) IS
'Moves a managed job to another place among the waiting jobs. infinity: the job is held.';
