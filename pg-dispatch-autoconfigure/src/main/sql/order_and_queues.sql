CREATE OR REPLACE FUNCTION pgdispatch.request_admission(worker_role regrole, job_id bigint, dispatched_at timestamptz) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    job       pgdispatch.managed_job;
    new_place timestamptz;
    lets_key  boolean;
    is_next   boolean;
    before    record;
    for_key   boolean := false;
BEGIN
    SELECT m.* INTO job FROM pgdispatch.managed_job AS m WHERE m.role = worker_role AND m.id = job_id FOR UPDATE;
    lets_key := job.has_key AND job.keep_key IS NULL;
    IF job.in_queue AND EXISTS (SELECT FROM pgdispatch.queue AS q WHERE q.role = job.role AND q.name = job.queue AND q.paused) THEN
        job := pgdispatch.return_queue_place(job);
    END IF;
    SELECT job.in_order, job.in_queue INTO before;

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
    IF new_place IS NULL AND job.queue IS NOT NULL AND NOT job.in_queue THEN
        job := pgdispatch.request_queue_place(job);
        IF NOT job.in_queue THEN
            new_place := CASE WHEN job.held_by IS NULL THEN coalesce(job.slot_at, clock_timestamp() + '50 ms'::interval) ELSE 'infinity' END;
        END IF;
    END IF;
    IF new_place IS NULL AND lets_key THEN
        -- Who has dispatched with the key, and was given this job for it, has not committed yet what the job is to see.
        IF pg_try_advisory_xact_lock(pgdispatch.key_lock(worker_role, job.key)) THEN
            DELETE FROM pgdispatch.job_key AS k WHERE k.role = worker_role AND k.key = job.key AND k.id = job_id;
            job.has_key := false;
        ELSE
            new_place := clock_timestamp() + least(greatest((clock_timestamp() - request_admission.dispatched_at) / 4, '20 ms'::interval), '2 seconds'::interval);
            -- That may take long, and is not to cost others their place.
            job.in_order := before.in_order;
            job.in_queue := before.in_queue;
            for_key := true;
        END IF;
    END IF;

    UPDATE pgdispatch.managed_job AS m
       SET in_order = job.in_order,
           in_queue = job.in_queue,
           slot_at = job.slot_at,
           held_by = job.held_by,
           has_key = job.has_key
     WHERE m.role = worker_role AND m.id = job_id;
    IF new_place IS NOT NULL THEN
        PERFORM pgdispatch.move_job(job, new_place);
        IF for_key AND job.queue IS NOT NULL THEN
            PERFORM pgdispatch.release_next_in_queue(worker_role, job.queue, true);
        END IF;
    END IF;
    RETURN new_place IS NULL;
END
$$;

COMMENT ON FUNCTION pgdispatch.request_admission(regrole, bigint, timestamptz) IS
'Part of what claims jobs: whether a managed job that is due may be run. If so, it is the one of its ordering key, has its place in its queue, and no longer has its key; otherwise it is moved to where it waits.';


CREATE OR REPLACE FUNCTION pgdispatch.is_next_in_order(job pgdispatch.managed_job) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
BEGIN
    IF NOT pgdispatch.try_lock_briefly(pgdispatch.order_lock(job.role, job.ordering_key)) THEN
        RETURN NULL;
    END IF;
    RETURN NOT EXISTS (SELECT FROM pgdispatch.managed_job AS m
                        WHERE m.role = job.role AND m.ordering_key = job.ordering_key AND m.in_order)
       AND NOT EXISTS (SELECT FROM pgdispatch.managed_job AS m
                        WHERE m.role = job.role AND m.ordering_key = job.ordering_key AND m.id < job.id AND m.due_at <= clock_timestamp());
END
$$;

COMMENT ON FUNCTION pgdispatch.is_next_in_order(pgdispatch.managed_job) IS
'Whether a job is the next one of its ordering key, and none of these runs. NULL: that cannot be found out now.';


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
BEGIN
    IF NOT pgdispatch.try_lock_briefly(pgdispatch.queue_lock(job.role, job.queue)) THEN
        job.slot_at := NULL;
        RETURN;
    END IF;
    SELECT q.* INTO limits FROM pgdispatch.queue AS q WHERE q.role = job.role AND q.name = job.queue;
    IF limits.paused
       OR limits.concurrency <= (SELECT count(*)
                                   FROM pgdispatch.managed_job AS m
                                  WHERE m.role = job.role AND m.queue = job.queue AND m.in_queue) THEN
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
     ORDER BY m.rank, m.id
     LIMIT 1;
    IF FOUND AND pgdispatch.release_job(first, true) THEN
        job.held_by := 'queue';
        RETURN;
    END IF;

    IF limits.rate IS NOT NULL THEN
        PERFORM FROM pgdispatch.queue AS q WHERE q.role = job.role AND q.name = job.queue FOR UPDATE SKIP LOCKED;
        IF NOT FOUND THEN   -- Somebody is about to set it anew.
            job.slot_at := NULL;
            RETURN;
        END IF;
        spacing := limits.per / limits.rate;
        -- Each job is given a time of its own once. If it comes much too late for that, as after an outage, those that are late
        -- with it must not come all at once.
        IF job.slot_at IS NULL OR job.slot_at < moment - greatest(spacing, '1 second'::interval) THEN
            job.slot_at := greatest(limits.next_at, moment);
            UPDATE pgdispatch.queue AS q SET next_at = job.slot_at + spacing WHERE q.role = job.role AND q.name = job.queue;
        END IF;
        IF job.slot_at > moment THEN
            RETURN;
        END IF;
    END IF;
    job.in_queue := true;
END
$$;

COMMENT ON FUNCTION pgdispatch.request_queue_place(pgdispatch.managed_job) IS
'Whether a job may run as far as its queue is concerned: then it is in_queue. Otherwise the queue holds it, or has given it a time in slot_at; neither if that cannot be found out now.';


CREATE OR REPLACE FUNCTION pgdispatch.return_queue_place(INOUT job pgdispatch.managed_job)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
BEGIN
    UPDATE pgdispatch.managed_job AS m SET in_queue = false, slot_at = NULL WHERE m.role = job.role AND m.id = job.id;
    job.in_queue := false;
    job.slot_at := NULL;
    -- Its node may come back while it is held, and is then not to be taken for the one that runs it.
    UPDATE pgdispatch.handler_job AS j
       SET claimed_by = NULL, crashes = coalesce(j.crashes, 0) + 1
     WHERE j.role = job.role AND j.handler = job.handler AND j.due_at = job.place AND j.id = job.id AND j.claimed_by IS NOT NULL;
END
$$;

COMMENT ON FUNCTION pgdispatch.return_queue_place(pgdispatch.managed_job) IS
'Takes a job out of its queue, of those that may run: its worker or its node was lost, and the queue has been paused since.';


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
        -- Whoever has the row runs the job, or cancels it.
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
'Part of what claims jobs: gives those that were snoozed, and have a priority, their place as they fall due.';


CREATE OR REPLACE FUNCTION pgdispatch.release_next(job pgdispatch.managed_job, in_worker boolean) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF job.ordering_key IS NULL AND job.queue IS NULL THEN
        RETURN;
    ELSIF NOT pgdispatch.sees_latest_commits() THEN
        -- What was held since its snapshot was taken, this transaction does not see.
        PERFORM pgdispatch.release_held_jobs_later(job.ordering_key, job.queue);
        RETURN;
    END IF;
    IF job.ordering_key IS NOT NULL THEN
        PERFORM pgdispatch.release_next_in_order(job.role, job.ordering_key, in_worker);
    END IF;
    IF job.queue IS NOT NULL THEN
        PERFORM pgdispatch.release_next_in_queue(job.role, job.queue, in_worker);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.release_next(pgdispatch.managed_job, boolean) IS
'Lets those go that have waited for this job, which is no longer in its order and its queue.';


CREATE OR REPLACE FUNCTION pgdispatch.release_held_jobs(ordering_key text, queue text) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    caller constant regrole := pg_catalog.quote_ident(CURRENT_USER)::regrole;
BEGIN
    IF NOT pgdispatch.sees_latest_commits() THEN
        PERFORM pgdispatch.release_held_jobs_later(ordering_key, queue);
        RETURN;
    END IF;
    IF ordering_key IS NOT NULL THEN
        PERFORM pgdispatch.release_next_in_order(caller, ordering_key, false);
    END IF;
    IF queue IS NOT NULL THEN
        PERFORM pgdispatch.release_next_in_queue(caller, queue, false);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.release_held_jobs(text, text) IS
'Lets jobs of the current role go that wait for their ordering key or their queue and need not.';


CREATE OR REPLACE FUNCTION pgdispatch.release_held_jobs_later(ordering_key text, queue text, delay interval DEFAULT '0') RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    IF ordering_key IS NOT NULL OR queue IS NOT NULL THEN
        -- With a priority, so that it waits for no backlog, and that it shares its transaction, and the locks, with no job.
        PERFORM pgdispatch.dispatch(pg_catalog.format('SELECT pgdispatch.release_held_jobs(%L, %L)', ordering_key, queue), delay,
                    priority => 60, max_attempts => 10);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.release_held_jobs_later(text, text, interval) IS
'Has a worker call pgdispatch.release_held_jobs after the commit of this transaction.';


CREATE OR REPLACE FUNCTION pgdispatch.release_next_in_order(worker_role regrole, next_of text, in_worker boolean) RETURNS void
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
    IF NOT pgdispatch.try_lock_briefly(pgdispatch.order_lock(worker_role, next_of)) THEN
        PERFORM pgdispatch.release_held_jobs_later(next_of, NULL);
        RETURN;
    ELSIF EXISTS (SELECT FROM pgdispatch.managed_job AS m WHERE m.role = worker_role AND m.ordering_key = next_of AND m.in_order) THEN
        RETURN;
    END IF;
    SELECT m.*
      INTO held
      FROM pgdispatch.managed_job AS m
     WHERE m.role = worker_role
       AND m.ordering_key = next_of
       AND m.held_by = 'order'
     ORDER BY m.id
     LIMIT 1;
    IF FOUND AND NOT pgdispatch.release_job(held, in_worker) THEN
        PERFORM pgdispatch.release_held_jobs_later(next_of, NULL, '1 second');
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.release_next_in_order(regrole, text, boolean) IS
'Lets the next job of an ordering key go, unless another one may run.';


CREATE OR REPLACE FUNCTION pgdispatch.release_next_in_queue(worker_role regrole, queue_name text, in_worker boolean) RETURNS void
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
    IF NOT pgdispatch.try_lock_briefly(pgdispatch.queue_lock(worker_role, queue_name)) THEN
        PERFORM pgdispatch.release_held_jobs_later(NULL, queue_name);
        RETURN;
    END IF;
    SELECT q.* INTO limits FROM pgdispatch.queue AS q WHERE q.role = worker_role AND q.name = queue_name;
    IF limits.paused THEN
        RETURN;
    END IF;
    room := limits.concurrency - (SELECT count(*)
                                    FROM pgdispatch.managed_job AS m
                                   WHERE m.role = worker_role AND m.queue = queue_name AND m.in_queue);
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

COMMENT ON FUNCTION pgdispatch.release_next_in_queue(regrole, text, boolean) IS
'Lets as many jobs of a queue go as its limit has room for.';


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
    -- It may have been replaced since it was read.
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
'Ends that a job is held; false if somebody cancels or replaces it, or has done so. In a worker, which looks at the queue again before it leaves, no other is woken for a command.';


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
    IF NOT FOUND THEN   -- It has been moved, or deleted.
        RETURN;
    END IF;
    UPDATE pgdispatch.managed_job AS m
       SET place = new_place,
           held_by = CASE WHEN new_place < 'infinity' THEN NULL ELSE job.held_by END
     WHERE m.role = job.role AND m.id = job.id;
END
$$;

COMMENT ON FUNCTION pgdispatch.move_job(pgdispatch.managed_job, timestamptz) IS
'Gives a managed job another place among those that wait.';
