-- What users call to find, cancel and retry jobs, and to get their results. Each role finds only its own jobs.
--
-- A managed job is found by its id in managed_job. Finding a plain job by its id reads all jobs of the role, because it has no index
-- by id.

CREATE OR REPLACE FUNCTION pgdispatch.find(
    INOUT id bigint, OUT state text, OUT command text, OUT handler text, OUT arguments json, OUT dispatched_at timestamptz,
    OUT due_at timestamptz, OUT attempts integer, OUT finished_at timestamptz, OUT label text, OUT queue text, OUT sqlstate text,
    OUT message text, OUT headers json)
RETURNS SETOF record
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
    job_id constant bigint  := find.id;
    location record;
BEGIN
    SELECT p.* INTO location FROM pgdispatch.locate_job(job_id) AS p;
    IF location.place IS NOT NULL THEN
        RETURN QUERY
            SELECT j.id,
                   CASE WHEN pgdispatch.session_running(j.id) IS NOT NULL THEN 'running'
                        WHEN (location.managed).held_by = 'non_transactional' THEN CASE WHEN pgdispatch.is_non_transactional_free(location.managed) THEN 'waiting' ELSE 'running' END
                        WHEN (location.managed).held_by IS NOT NULL THEN 'held'
                        WHEN j.due_at > clock_timestamp() THEN 'snoozed'
                        WHEN p.handler IS NOT NULL THEN 'held'
                        ELSE 'waiting'
                   END,
                   j.command, NULL::text, NULL::json, j.dispatched_at, nullif(coalesce((location.managed).due_at, j.due_at), 'infinity'),
                   coalesce((location.managed).attempts, 0), NULL::timestamptz, j.label, (location.managed).queue,
                   (location.managed).sqlstate, (location.managed).message, j.headers
              FROM pgdispatch.job AS j
              LEFT JOIN pgdispatch.pause AS p ON p.role = caller AND p.handler = ''
             WHERE location.handler IS NULL AND j.role = caller AND j.due_at = location.place AND j.id = job_id
            UNION ALL
            SELECT j.id,
                   pgdispatch.state_of_call(pgdispatch.is_running(j.claimed_by, pgdispatch.live_nodes(caller), j.dispatched_at), ARRAY['', j.handler] && pgdispatch.paused_handlers(),
                                            j.due_at > clock_timestamp(), (location.managed).held_by),
                   NULL, j.handler, j.arguments, j.dispatched_at, nullif(coalesce((location.managed).due_at, j.due_at), 'infinity'), j.attempts, NULL,
                   NULL, (location.managed).queue, j.sqlstate, j.message, j.headers
              FROM pgdispatch.handler_job AS j
             WHERE location.handler IS NOT NULL AND j.role = caller AND j.handler = location.handler AND j.due_at = location.place AND j.id = job_id;
        IF FOUND THEN
            RETURN;
        END IF;
    END IF;
    RETURN QUERY
        SELECT d.id, 'failed'::text, d.command, d.handler, d.arguments, d.dispatched_at, d.due_at, d.attempts, d.failed_at, d.label,
               d.options ->> 'queue', d.sqlstate, d.message, d.headers
          FROM pgdispatch.dead_letter AS d
         WHERE d.role = caller AND d.id = job_id
         ORDER BY d.failed_at DESC
         LIMIT 1;
    IF NOT FOUND THEN
        RETURN QUERY
            SELECT h.id, h.outcome, NULL::text, h.handler, NULL::json, h.dispatched_at, h.due_at, h.attempts, h.ended_at, h.label, h.queue,
                   h.sqlstate, h.message, NULL::json
              FROM pgdispatch.history AS h
             WHERE h.role = caller AND h.id = job_id AND h.outcome <> 'retried'
             ORDER BY h.ended_at DESC
             LIMIT 1;
    END IF;
    IF NOT FOUND THEN
        RETURN QUERY
            SELECT r.id, r.state, NULL::text, NULL::text, NULL::json, NULL::timestamptz, NULL::timestamptz, NULL::integer, r.finished_at,
                   NULL::text, NULL::text, r.sqlstate, r.message, NULL::json
              FROM pgdispatch.result AS r
             WHERE r.role = caller AND r.id = job_id AND r.expires_at > clock_timestamp();
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.find(bigint) IS
'Returns a job of the current role by the id that pgdispatch.dispatch returned, or no row if there is no such job any more.
state: waiting (for a worker), snoozed (until due_at), held (by its ordering key, its queue, a pause, a circuit breaker, a driver for
non-transactional commands, or the batch that it follows), running, failed (it is a dead letter, or was one) or, while its result or its history is kept, done or cancelled.
due_at is the time of its next attempt; NULL: when its batch has ended. sqlstate and message are the error of its last attempt.
Columns that do not apply are NULL; of a job of which only the result is kept, id, state and finished_at are known.
Finding a job without options reads all jobs of the role.
Example: SELECT state, attempts FROM pgdispatch.find(42)';


CREATE OR REPLACE FUNCTION pgdispatch.result(
    job_id bigint, OUT state text, OUT value json, OUT row_count bigint, OUT sqlstate text, OUT message text, OUT finished_at timestamptz)
RETURNS SETOF record
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    RETURN QUERY
        SELECT 'pending'::text, NULL::json, NULL::bigint, NULL::text, NULL::text, NULL::timestamptz
          FROM pgdispatch.managed_job AS m
         WHERE m.role = caller AND m.id = job_id AND NOT m.failed
        UNION ALL
        SELECT r.state, r.value, r.row_count, r.sqlstate, r.message, r.finished_at
          FROM pgdispatch.result AS r
         WHERE r.role = caller AND r.id = job_id AND r.expires_at > clock_timestamp()
         LIMIT 1;
    IF NOT FOUND THEN
        RETURN QUERY
            SELECT CASE f.state WHEN 'failed' THEN 'failed' ELSE 'pending' END, NULL::json, NULL::bigint, d.sqlstate, d.message, d.failed_at
              FROM pgdispatch.find(job_id) AS f
              LEFT JOIN pgdispatch.dead_letter AS d ON d.role = caller AND d.id = job_id AND d.failed_at = f.finished_at;
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.result(bigint) IS
'Returns the outcome of a job of the current role, or no row if there is no such job any more. state: pending, failed
with the error, or, while the result is kept (see pgdispatch.dispatch), done with the value or row_count, or
cancelled. Columns that do not apply are NULL. sqlstate is also NULL if what failed was not SQL.
Example: SELECT state, value FROM pgdispatch.result(42)';


CREATE OR REPLACE FUNCTION pgdispatch.cancel(job_id bigint, patience interval DEFAULT '5 seconds') RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    caller  constant regrole     := quote_ident(CURRENT_USER)::regrole;
    ends_at constant timestamptz := CASE WHEN coalesce(pgdispatch.is_duration(patience), true)
                                         THEN clock_timestamp() + coalesce(patience, '5 seconds'::interval)
                                    END;
    job       record;
    announced boolean := false;
    sent      boolean := false;
    answer    text;
BEGIN
    IF ends_at IS NULL THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('pgdispatch: the patience is %s', patience),
            HINT = 'Pass how long to wait until a running job has ended, from zero to 10 years.';
    END IF;
    LOOP
        SELECT p.* INTO job FROM pgdispatch.locate_job(job_id) AS p;
        EXIT WHEN job.place IS NULL;
        IF job.handler IS NOT NULL THEN
            answer := pgdispatch.cancel_job_of_handler(job.handler, job.place, job_id);
        ELSIF pgdispatch.delete_waiting_command(job.place, job_id) THEN
            answer := CASE WHEN sent THEN 'interrupted' ELSE 'cancelled' END;
        END IF;
        IF answer IN ('cancelled', 'interrupted') AND (job.managed).id IS NOT NULL THEN
            PERFORM pgdispatch.end_managed_job(caller, job_id, 'cancelled', false);
        END IF;
        EXIT WHEN answer IS NOT NULL;

        IF job.handler IS NULL THEN
            announced := announced OR pgdispatch.announce_cancellation(job_id, ends_at - clock_timestamp());
            sent := announced AND pgdispatch.interrupt_job(job_id) OR sent;
        END IF;
        IF clock_timestamp() > ends_at THEN
            answer := 'interrupting';
            EXIT;
        END IF;
        PERFORM pg_sleep(0.005);
    END LOOP;
    IF announced THEN
        DELETE FROM pgdispatch.cancellation AS c WHERE c.role = caller AND c.id = job_id;
    END IF;
    RETURN answer;
END
$$;

COMMENT ON FUNCTION pgdispatch.cancel(bigint, interval) IS
'Cancels a job of the current role and returns what has happened to it.
cancelled: it was waiting, and this transaction has deleted it. interrupted: it was running; its effects are undone,
and this transaction has deleted it. interrupting: it did not end within the patience (default 5 seconds), or a node
runs it, which learns about it with the commit of this transaction and interrupts its thread. NULL: there is no such
job, or it has just ended.
If this transaction rolls back, a deleted job is back. It locks the job until its end, so keep it short, and use READ
COMMITTED: another isolation level may fail with SQLSTATE 40001.
Errors: 22023 if the patience is negative or longer than 10 years.
Example: SELECT pgdispatch.cancel(42)';


CREATE OR REPLACE FUNCTION pgdispatch.delete_waiting_command(job_place timestamptz, job_id bigint) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
    job    pgdispatch.job;
BEGIN
    IF pgdispatch.runs_non_transactional(job_id) THEN   -- A job that does runs without a lock on its row.
        RETURN false;
    END IF;
    PERFORM FROM pgdispatch.job AS j
      WHERE j.role = caller AND j.due_at = job_place AND j.id = job_id
        FOR UPDATE SKIP LOCKED;
    IF NOT FOUND OR pgdispatch.runs_non_transactional(job_id) THEN   -- It may have begun just before this transaction locked the row.
        RETURN false;
    END IF;
    DELETE FROM pgdispatch.job AS j WHERE j.role = caller AND j.due_at = job_place AND j.id = job_id RETURNING j.* INTO job;
    PERFORM pgdispatch.record_command(job, (SELECT m FROM pgdispatch.managed_job AS m WHERE job.managed AND m.role = caller AND m.id = job_id), 'cancelled');
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.delete_waiting_command(timestamptz, bigint) IS
'Part of pgdispatch.cancel and pgdispatch.cancel_jobs. Deletes the row of a SQL job unless it runs. Returns whether it has deleted it.';


CREATE OR REPLACE FUNCTION pgdispatch.cancel_job_of_handler(handler_name text, job_place timestamptz, job_id bigint) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
    job    pgdispatch.handler_job;
BEGIN
    SELECT j.*
      INTO job
      FROM pgdispatch.handler_job AS j
     WHERE j.role = caller AND j.handler = handler_name AND j.due_at = job_place AND j.id = job_id
       FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN NULL;
    ELSIF pgdispatch.is_running(job.claimed_by, pgdispatch.live_nodes(caller), job.dispatched_at) THEN
        -- If the node is dead, the next node that looks for poison jobs deletes the job.
        UPDATE pgdispatch.handler_job AS j SET cancelled = true
         WHERE j.role = caller AND j.handler = handler_name AND j.due_at = job_place AND j.id = job_id;
        PERFORM pgdispatch.notify(pgdispatch.node_channel(caller), 'all'::text);
        RETURN 'interrupting';
    END IF;
    DELETE FROM pgdispatch.handler_job AS j
     WHERE j.role = caller AND j.handler = handler_name AND j.due_at = job_place AND j.id = job_id;
    PERFORM pgdispatch.record_call(job, 'cancelled', NULL);
    RETURN 'cancelled';
END
$$;

COMMENT ON FUNCTION pgdispatch.cancel_job_of_handler(text, timestamptz, bigint) IS
'Part of pgdispatch.cancel and pgdispatch.cancel_jobs, for a job of a handler. Returns NULL if another transaction has locked the job.';


CREATE OR REPLACE FUNCTION pgdispatch.run_now(job_id bigint) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    job record;
BEGIN
    SELECT p.* INTO job FROM pgdispatch.locate_job(job_id) AS p;
    RETURN job.place IS NOT NULL AND pgdispatch.make_due(job.handler, job.place, job_id);
END
$$;

COMMENT ON FUNCTION pgdispatch.run_now(bigint) IS
'Makes a job of the current role due that is snoozed or waits for its next attempt. It runs after the commit of this transaction, as
soon as its order, its queue and pauses let it. Returns false if there is no such job, if it is due already, or if its order or its
queue holds it.
Example: SELECT pgdispatch.run_now(42)';


CREATE OR REPLACE FUNCTION pgdispatch.make_due(handler_name text, job_place timestamptz, job_id bigint) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    IF job_place <= now() OR job_place = 'infinity' THEN
        RETURN false;
    ELSIF handler_name IS NULL THEN
        UPDATE pgdispatch.job AS j SET due_at = now() WHERE j.role = caller AND j.due_at = job_place AND j.id = job_id;
    ELSE
        UPDATE pgdispatch.handler_job AS j SET due_at = now()
         WHERE j.role = caller AND j.handler = handler_name AND j.due_at = job_place AND j.id = job_id;
    END IF;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE pgdispatch.managed_job AS m
       SET due_at = now(), place = now(), rank = now() - coalesce(m.priority, 0) * '1 second'::interval
     WHERE m.role = caller AND m.id = job_id;
    IF handler_name IS NULL THEN
        PERFORM pgdispatch.wake_drivers(caller, true);
    ELSE
        PERFORM pgdispatch.wake_nodes(caller);
    END IF;
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.make_due(text, timestamptz, bigint) IS
'Part of pgdispatch.run_now and pgdispatch.run_jobs_now. handler_name is NULL for a SQL job. Returns false if the job is due already, is
held, or is no longer at that place.';


CREATE OR REPLACE FUNCTION pgdispatch.retry(dead_letter_id bigint) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
    failed_job pgdispatch.dead_letter;
    job        pgdispatch.managed_job;
    key        text;
    taken      record;
    is_plain   boolean;
    new_place  timestamptz;
BEGIN
    SELECT d.*
      INTO failed_job
      FROM pgdispatch.dead_letter AS d
     WHERE d.role = caller AND d.id = dead_letter_id
     ORDER BY d.failed_at DESC
     LIMIT 1
       FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    key := failed_job.options ->> 'key';
    IF key IS NOT NULL THEN
        SELECT t.* INTO taken FROM pgdispatch.take_key(caller, key, dead_letter_id) AS t;
        IF taken.new_id IS NULL THEN
            RAISE WARNING USING
                MESSAGE = format('pgdispatch: job %s was not dispatched again, as another job has its idempotency key', dead_letter_id),
                DETAIL = CASE WHEN (taken.holder).id IS NULL THEN 'This transaction cannot see the other job.'
                              WHEN (taken.holder).expires_at IS NULL THEN format('Job %s waits or runs.', (taken.holder).id)
                              ELSE format('Job %s is done and keeps the key until %s.', (taken.holder).id, (taken.holder).expires_at)
                         END,
                HINT = 'Retry it after the other job has ended and no longer keeps the key, or delete the dead letter if the other job has done its work.';
            RETURN false;
        END IF;
    END IF;
    is_plain := failed_job.handler IS NOT NULL AND failed_job.options IS NULL
             OR failed_job.handler IS NULL AND coalesce(failed_job.options - 'max_attempts', '{}') = '{}';
    new_place := now() - coalesce((failed_job.options ->> 'priority')::integer, 0) * '1 second'::interval;

    IF failed_job.handler IS NULL THEN
        INSERT INTO pgdispatch.job (role, due_at, id, command, headers, dispatched_at, label, max_attempts, managed) OVERRIDING SYSTEM VALUE
        VALUES (caller, new_place, failed_job.id, failed_job.command, failed_job.headers, failed_job.dispatched_at, failed_job.label,
                CASE WHEN is_plain THEN (failed_job.options ->> 'max_attempts')::smallint END, CASE WHEN NOT is_plain THEN true END);
    ELSE
        INSERT INTO pgdispatch.handler_job (role, handler, due_at, id, arguments, headers, dispatched_at, managed, time_limit, wants_result,
                                            queue)
        VALUES (caller, failed_job.handler, new_place, failed_job.id, failed_job.arguments, failed_job.headers, failed_job.dispatched_at,
                CASE WHEN NOT is_plain THEN true END, (failed_job.options ->> 'time_limit')::interval, CASE WHEN failed_job.options ? 'result' THEN true END,
                failed_job.options ->> 'queue');
    END IF;
    IF NOT is_plain THEN
        -- The row exists if the job still holds back the jobs behind it in its order.
        UPDATE pgdispatch.managed_job AS m
           SET failed = false, attempts = 0, crashes = 0, due_at = now(), place = new_place, rank = new_place, has_key = m.key IS NOT NULL,
               outages = NULL, snoozed = NULL, slot_at = NULL, sqlstate = NULL, message = NULL
         WHERE m.role = caller AND m.id = failed_job.id;
        IF NOT FOUND THEN
            job := jsonb_populate_record(NULL::pgdispatch.managed_job, failed_job.options);
            job.role := caller;
            job.id := failed_job.id;
            job.handler := failed_job.handler;
            job.due_at := now();
            job.place := new_place;
            job.rank := new_place;
            job.attempts := 0;
            job.crashes := 0;
            job.has_key := key IS NOT NULL;
            job.snoozed := NULL;
            job.in_order := false;
            job.in_queue := false;
            job.failed := false;
            INSERT INTO pgdispatch.managed_job SELECT job.*;
        END IF;
    END IF;
    DELETE FROM pgdispatch.dead_letter AS d WHERE d.role = caller AND d.id = dead_letter_id;
    IF failed_job.handler IS NULL THEN
        PERFORM pgdispatch.wake_drivers(caller, true);
    ELSE
        PERFORM pgdispatch.wake_nodes(caller);
    END IF;
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.retry(bigint) IS
'Dispatches a dead letter of the current role again: a job with the same id and options, whose attempts start at zero.
The job runs after the commit of this transaction, and the dead letter is deleted with it. Returns false if there is
no such dead letter, or if another job has the job''s idempotency key: the dead letter then stays, and a WARNING names the
other job. Like a dispatch with the key, it may wait for a transaction that has just taken the key.
Example: SELECT pgdispatch.retry(id) FROM pgdispatch.dead_letter WHERE sqlstate = ''23503''';


CREATE OR REPLACE FUNCTION pgdispatch.locate_job(
    job_id bigint, OUT handler text, OUT place timestamptz, OUT managed pgdispatch.managed_job)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    SELECT m.* INTO managed FROM pgdispatch.managed_job AS m WHERE m.role = caller AND m.id = job_id AND NOT m.failed;
    IF FOUND THEN
        handler := managed.handler;
        place := managed.place;
        RETURN;
    END IF;
    managed := NULL;
    -- Plain jobs have no index by id, because a second index would make each dispatch more expensive.
    SELECT j.due_at INTO place FROM pgdispatch.job AS j WHERE j.role = caller AND j.id = job_id;
    IF NOT FOUND THEN
        SELECT j.due_at, j.handler INTO place, handler FROM pgdispatch.handler_job AS j WHERE j.role = caller AND j.id = job_id;
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.locate_job(bigint) IS
'Part of pgdispatch.find and pgdispatch.cancel. Finds a job of the current role that has not ended; place is NULL if
there is none. Finding a plain job reads all jobs of the role.';
