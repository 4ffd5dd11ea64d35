-- What becomes of a job after it has run: done, retried after its back-off, or a dead letter; and what is deleted once it has expired.
--
-- A managed job may hold back others: those behind it in its order, and those that wait for its place in its queue. Whatever ends the
-- job or makes it wait releases them in the same transaction.

CREATE OR REPLACE FUNCTION pgdispatch.end_managed_job(
    worker_role regrole, job_id bigint, new_state text, in_worker boolean,
    value json DEFAULT NULL, row_count bigint DEFAULT NULL, error_sqlstate text DEFAULT NULL, error_message text DEFAULT NULL,
    counts boolean DEFAULT true)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    job  pgdispatch.managed_job;
    part bigint;
BEGIN
    DELETE FROM pgdispatch.managed_job AS m WHERE m.role = worker_role AND m.id = job_id RETURNING m.* INTO job;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    part := job.batch_part;
    IF new_state = 'failed' AND job.in_order AND job.on_failure IS DISTINCT FROM 'pass' THEN
        job.failed := true;
        job.started_at := NULL;
        job.runner := NULL;
        job.held_by := NULL;   -- The job itself does not run again: the row only holds back the others of its order.
        job.in_queue := false;
        job.batch_part := NULL;
        INSERT INTO pgdispatch.managed_job SELECT job.*;
    END IF;
    IF job.has_steps AND new_state <> 'failed' THEN
        PERFORM pgdispatch.delete_steps(worker_role, job_id);
    END IF;
    IF job.has_key THEN
        PERFORM pgdispatch.release_key(worker_role, job.key, job_id, CASE WHEN new_state = 'done' THEN job.keep_key END);
    END IF;
    IF job.result IS NOT NULL THEN
        PERFORM pgdispatch.keep_results(job.role, new_state, ARRAY[job.id], ARRAY[job.keep_result], ARRAY[end_managed_job.value],
                    ARRAY[end_managed_job.row_count], error_sqlstate, error_message);
    END IF;
    IF new_state = 'cancelled' THEN   -- The transaction that cancelled the job may stay open for long.
        PERFORM pgdispatch.release_held_jobs_later(job.ordering_key, job.queue);
    ELSE
        PERFORM pgdispatch.release_next(job, in_worker, new_state = 'done');
    END IF;
    IF part IS NULL OR NOT counts THEN
        RETURN part;
    ELSIF new_state = 'cancelled' THEN
        PERFORM pgdispatch.count_ended_jobs_later(ARRAY[part], new_state);
    ELSE
        PERFORM pgdispatch.count_ended_jobs(worker_role, ARRAY[part], new_state, in_worker);
    END IF;
    RETURN part;
END
$$;

COMMENT ON FUNCTION pgdispatch.end_managed_job(regrole, bigint, text, boolean, json, bigint, text, text, boolean) IS
'Ends a managed job whose own row is deleted. Deletes its row in pgdispatch.managed_job, frees or keeps its key, writes
its result, deletes its steps unless it has failed, releases the jobs that waited for it and counts it in its batch. new_state: done, failed or cancelled. in_worker: no worker
has to be woken for what is released. counts: false leaves the counting to the caller. Returns the part of a batch in which it counts.';


CREATE OR REPLACE FUNCTION pgdispatch.keep_results(
    owner regrole, new_state text, job_ids bigint[], times interval[], kept_values json[], row_counts bigint[],
    error_sqlstate text DEFAULT NULL, error_message text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    channel constant text := pgdispatch.result_channel(owner);
BEGIN
    INSERT INTO pgdispatch.result (role, id, state, value, row_count, sqlstate, message, expires_at)
    SELECT owner, j.id, new_state, j.value, j.row_count, error_sqlstate, error_message, clock_timestamp() + j.kept_for
      FROM unnest(job_ids, times, kept_values, row_counts) AS j (id, kept_for, value, row_count)
    ON CONFLICT (role, id) DO UPDATE
    SET state = excluded.state, value = excluded.value, row_count = excluded.row_count, sqlstate = excluded.sqlstate,
        message = excluded.message, finished_at = excluded.finished_at, expires_at = excluded.expires_at;
    PERFORM pgdispatch.notify(channel, j.id::text) FROM unnest(job_ids) AS j (id);
END
$$;

COMMENT ON FUNCTION pgdispatch.keep_results(regrole, text, bigint[], interval[], json[], bigint[], text, text) IS
'Part of what ends managed jobs. Keeps the results of jobs that have ended, each for its time, and notifies whoever waits
for them.';


-- Jobs that failed at the same time must not all come again at the same time: hence the random part.
CREATE OR REPLACE FUNCTION pgdispatch.back_off(failures integer, delay interval, multiplier double precision, max_delay interval) RETURNS interval
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    first constant double precision := date_part('epoch', coalesce(delay, '1 second'));
    limit_seconds constant double precision := greatest(date_part('epoch', coalesce(max_delay, '10 minutes')), first);
BEGIN
    RETURN least(first * exp(least((failures - 1) * ln(coalesce(multiplier, 2)), 30)), limit_seconds)
         * (0.75 + random() / 2) * '1 second'::interval;
END
$$;

COMMENT ON FUNCTION pgdispatch.back_off(integer, interval, double precision, interval) IS
'Returns the time that a job waits after this number of failures: the delay (NULL: 1 second), multiplied by the
multiplier (NULL: 2) for each failure after the first, limited to max_delay (NULL: 10 minutes) or to the delay if that
is longer, and then changed by up to a quarter at random.';


-- A job that always fails so, because a server is gone for good, has to become a dead letter in the end.
CREATE OR REPLACE FUNCTION pgdispatch.max_outages() RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT 20 $$;

COMMENT ON FUNCTION pgdispatch.max_outages() IS
'Returns the number of runs of a job that an outage may end before such a run counts as an attempt. With the default
back-off between them, they last for about two hours.';


CREATE OR REPLACE FUNCTION pgdispatch.is_outage(code text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT code LIKE '08%' OR code LIKE '57P0%' OR code = '53300'
$$;

COMMENT ON FUNCTION pgdispatch.is_outage(text) IS
'Returns whether a job that fails with this SQLSTATE has failed because some server was not there: its connection was
lost or refused (08), the server was shutting down or starting (57P0), or it had no connection left (53300). That is
not the fault of the job. If the job''s own session were lost, nobody could ask.';


CREATE OR REPLACE FUNCTION pgdispatch.schedule_retry(
    worker_role regrole, job_id bigint, failures integer, delay interval, in_worker boolean,
    error_sqlstate text DEFAULT NULL, error_message text DEFAULT NULL)
RETURNS timestamptz
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    job    pgdispatch.managed_job;
    due    timestamptz;
    passes boolean;
BEGIN
    SELECT m.* INTO job FROM pgdispatch.managed_job AS m WHERE m.role = worker_role AND m.id = job_id FOR UPDATE;
    due := clock_timestamp() + coalesce(delay, pgdispatch.back_off(failures, job.back_off, job.back_off_multiplier, job.max_back_off));
    passes := job.on_failure = 'pass';
    UPDATE pgdispatch.managed_job AS m
       SET due_at = due,
           rank = due - coalesce(m.priority, 0) * '1 second'::interval,
           started_at = NULL,
           runner = NULL,
           snoozed = true,
           in_order = m.in_order AND NOT coalesce(passes, false),
           in_queue = false,
           slot_at = NULL,
           sqlstate = coalesce(error_sqlstate, m.sqlstate),
           message = coalesce(left(error_message, 1000), m.message)
     WHERE m.role = worker_role AND m.id = job_id;
    -- The job waits again, so that it takes its idempotency key back, unless another job has the key by now.
    IF job.key IS NOT NULL AND NOT job.has_key AND pgdispatch.take_key_back(worker_role, job.key, job_id) THEN
        UPDATE pgdispatch.managed_job AS m SET has_key = true WHERE m.role = worker_role AND m.id = job_id;
    END IF;
    PERFORM pgdispatch.move_job(job, due);
    IF passes OR job.queue IS NOT NULL THEN
        IF NOT coalesce(passes, false) THEN
            job.ordering_key := NULL;   -- The job still holds back the others of its order.
        END IF;
        PERFORM pgdispatch.release_next(job, in_worker);
    END IF;
    RETURN due;
END
$$;

COMMENT ON FUNCTION pgdispatch.schedule_retry(regrole, bigint, integer, interval, boolean, text, text) IS
'Lets a managed job wait for its next attempt, and returns when that is due: after the delay, or after its back-off if
the delay is NULL. The job leaves its queue, and with on_failure pass its order as well. The error is that of a command;
NULL: the last one is kept.';


CREATE OR REPLACE FUNCTION pgdispatch.count_attempt(worker_role regrole, job_id bigint, runner integer) RETURNS pgdispatch.managed_job
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    counted pgdispatch.managed_job;
BEGIN
    UPDATE pgdispatch.managed_job AS m
       SET attempts = m.attempts + 1,
           crashes = m.crashes + CASE WHEN m.started_at IS NOT NULL THEN 1 ELSE 0 END,
           started_at = clock_timestamp(),
           runner = count_attempt.runner
     WHERE m.role = worker_role AND m.id = job_id
    RETURNING m.* INTO counted;
    RETURN counted;
END
$$;

COMMENT ON FUNCTION pgdispatch.count_attempt(regrole, bigint, integer) IS
'Part of what runs SQL jobs. Counts an attempt of a managed job before it begins, and a crash if the last attempt began
and never ended. runner: process id of the session that will run it; NULL: pg_cron will.';


CREATE OR REPLACE FUNCTION pgdispatch.uncount_attempt(worker_role regrole, job_id bigint) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE pgdispatch.managed_job AS m SET attempts = m.attempts - 1, started_at = NULL, runner = NULL WHERE m.role = worker_role AND m.id = job_id;
END
$$;

COMMENT ON FUNCTION pgdispatch.uncount_attempt(regrole, bigint) IS
'Part of what runs SQL jobs. Undoes pgdispatch.count_attempt for an attempt whose effects are undone.';


CREATE OR REPLACE FUNCTION pgdispatch.make_managed(job pgdispatch.job) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
BEGIN
    INSERT INTO pgdispatch.managed_job (role, id, due_at, place, rank, attempts, crashes, max_attempts)
    VALUES (job.role, job.id, job.due_at, job.due_at, job.due_at, greatest(job.crashes, 1), greatest(job.crashes - 1, 0), job.max_attempts);
    UPDATE pgdispatch.job AS j SET managed = true WHERE j.role = job.role AND j.due_at = job.due_at AND j.id = job.id;
END
$$;

COMMENT ON FUNCTION pgdispatch.make_managed(pgdispatch.job) IS
'Part of pgdispatch.end_failed_attempt. Makes a plain job a managed one after its first failure.';


-- A trigger of a user, for example, may refuse what an outcome writes. That must not stop the jobs behind this one.
CREATE OR REPLACE FUNCTION pgdispatch.end_failed_attempt(
    job pgdispatch.job, managed pgdispatch.managed_job, in_worker boolean,
    code text, message text, detail text, hint text, context text)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    attempt constant integer := coalesce(managed.attempts, greatest(job.crashes, 1));
    -- Not everything that a non-transactional command did need have been undone.
    outage  constant boolean := pgdispatch.is_outage(code) AND managed.transactional IS NULL AND coalesce(managed.outages, 0) < pgdispatch.max_outages();
    delay   interval;
    callers text;
BEGIN
    IF code IS NULL THEN
        managed.attempts := managed.attempts - 1;   -- The one that was counted last does not begin.
        PERFORM pgdispatch.add_dead_letter(job, managed, '58000',
                    format('pgdispatch: %s sessions were lost while they ran this job', pgdispatch.max_crashes()), NULL, NULL, NULL);
        RETURN false;
    END IF;
    IF code = '57014' AND clock_timestamp() >= managed.started_at + managed.time_limit THEN
        code := 'PD001';
        message := format('pgdispatch: the job took longer than its time limit of %s', managed.time_limit);
    END IF;
    IF managed.queue IS NOT NULL AND NOT outage THEN
        PERFORM pgdispatch.count_queue_failure(job.role, managed.queue);
    END IF;
    -- Another attempt would not help against syntax errors and missing objects (42), unsupported features (0A), missing schemas (3F).
    IF NOT outage AND attempt >= coalesce(managed.max_attempts, job.max_attempts, 1) OR left(code, 2) IN ('42', '0A', '3F') THEN
        PERFORM pgdispatch.add_dead_letter(job, managed, code, message, detail, hint, context);
        RETURN false;
    END IF;
    PERFORM pgdispatch.record_command(job, managed, 'retried', code, message);
    IF managed.id IS NULL THEN
        PERFORM pgdispatch.make_managed(job);
    END IF;
    IF outage THEN
        UPDATE pgdispatch.managed_job AS m SET attempts = m.attempts - 1, outages = coalesce(m.outages, 0) + 1
         WHERE m.role = job.role AND m.id = job.id
        RETURNING pgdispatch.back_off(m.outages, NULL, NULL, NULL) INTO delay;
    END IF;
    PERFORM pgdispatch.schedule_retry(job.role, job.id, attempt, delay, in_worker, code, message);
    GET DIAGNOSTICS callers = PG_CONTEXT;
    IF in_worker AND callers NOT LIKE '%cron_work(%' THEN
        -- Of this level, client_min_messages hides no message. pg_cron would store it, a driver logs it.
        RAISE INFO USING ERRCODE = 'PD004',
            MESSAGE = format('%s (attempt %s) failed and will be run again, SQLSTATE %s: %s', pgdispatch.name_of(job), attempt, code, left(message, 1000));
    END IF;
    RETURN true;
EXCEPTION
    WHEN assert_failure OR OTHERS THEN
        PERFORM pgdispatch.set_aside(job, managed, in_worker, format('%s (SQLSTATE %s)', SQLERRM, SQLSTATE));
        RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.end_failed_attempt(pgdispatch.job, pgdispatch.managed_job, boolean, text, text, text, text, text) IS
'Part of what runs SQL jobs. Ends an attempt with this error or, if code is NULL, a job that has taken
pgdispatch.max_crashes sessions down. Returns true if the job will run again: it waits for its next attempt, of which a
message with the SQLSTATE PD004 tells the client, or its outcome cannot be written. Otherwise it is a dead letter.';


CREATE OR REPLACE FUNCTION pgdispatch.set_aside(
    job pgdispatch.job, managed pgdispatch.managed_job, in_worker boolean, error text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    problem constant text := format('%s is run again in a minute, as its outcome cannot be written: %s', pgdispatch.name_of(job), left(error, 1000));
    callers text;
BEGIN
    RAISE WARNING 'pgdispatch: %', problem;   -- For the log of the server.
    GET DIAGNOSTICS callers = PG_CONTEXT;
    IF callers NOT LIKE '%cron_work(%' THEN
        RAISE INFO USING ERRCODE = 'PD004', MESSAGE = problem;   -- See end_failed_attempt.
    END IF;
    IF managed.id IS NULL THEN
        UPDATE pgdispatch.job AS j SET due_at = clock_timestamp() + '1 minute'::interval
         WHERE j.role = job.role AND j.due_at = job.due_at AND j.id = job.id;
    ELSE
        PERFORM pgdispatch.schedule_retry(job.role, job.id, 1, '1 minute', in_worker, NULL, error);
    END IF;
EXCEPTION
    WHEN assert_failure OR OTHERS THEN
        PERFORM pg_sleep(1);   -- Not even this can be written. The worker goes on with the jobs behind this one.
END
$$;

COMMENT ON FUNCTION pgdispatch.set_aside(pgdispatch.job, pgdispatch.managed_job, boolean, text) IS
'Part of pgdispatch.end_failed_attempt. Lets a job run again in a minute.';


CREATE OR REPLACE FUNCTION pgdispatch.name_of(job pgdispatch.job) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN format('SQL job %s', job.id) || CASE WHEN job.label IS NULL THEN '' ELSE format(' with the label ''%s''', job.label) END;
END
$$;

COMMENT ON FUNCTION pgdispatch.name_of(pgdispatch.job) IS
'Part of what tells of SQL jobs that failed. Returns what a message calls the job.';


CREATE OR REPLACE FUNCTION pgdispatch.max_crashes() RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT 5 $$;

COMMENT ON FUNCTION pgdispatch.max_crashes() IS
'Returns the number of sessions, or of nodes, that are lost while they run a job before it is not run again. One would be
too few, because the server or the node may restart while a job runs.';


CREATE OR REPLACE FUNCTION pgdispatch.add_dead_letter(
    job pgdispatch.job, managed pgdispatch.managed_job, code text, message text, detail text, hint text, context text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pgdispatch.delete_jobs(ARRAY[job]);
    PERFORM pgdispatch.record_command(job, managed, 'failed', code, message);
    INSERT INTO pgdispatch.dead_letter (role, id, command, label, dispatched_at, due_at, crashes, attempts, sqlstate, message, detail, hint, context, headers, options)
    VALUES (job.role, job.id, job.command, job.label, job.dispatched_at, coalesce(managed.due_at, job.due_at),
            coalesce(managed.crashes, greatest(job.crashes - 1, 0)),
            coalesce(managed.attempts, least(greatest(job.crashes, 1), pgdispatch.max_crashes())),
            code, message, nullif(detail, ''), nullif(hint, ''),
            -- Without the lines of the executor itself.
            nullif(regexp_replace(context, E'(^|\n)[^\n]*[ .](execute_job|run_job|execute_for_result|execute_for_rows)[(]((pgdispatch[.])?job,|text,(text,)?integer)[^)\n]*[)].*', ''), ''),
            job.headers,
            CASE WHEN managed.id IS NOT NULL THEN pgdispatch.job_options(managed)
                 WHEN job.max_attempts IS NOT NULL THEN jsonb_build_object('max_attempts', job.max_attempts)
            END);
    IF managed.id IS NOT NULL THEN
        PERFORM pgdispatch.end_managed_job(job.role, job.id, 'failed', true, NULL, NULL, code, message);
    END IF;
    PERFORM pgdispatch.purge_dead_letters(job.role);
END
$$;

COMMENT ON FUNCTION pgdispatch.add_dead_letter(pgdispatch.job, pgdispatch.managed_job, text, text, text, text, text) IS
'Makes a SQL job a dead letter with this error. managed is NULL for a plain job.';


CREATE OR REPLACE FUNCTION pgdispatch.job_options(job pgdispatch.managed_job) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT jsonb_strip_nulls(to_jsonb(job) - ARRAY['role', 'id', 'handler', 'due_at', 'place', 'rank', 'attempts', 'crashes', 'outages', 'started_at', 'runner',
               'has_key', 'in_order', 'in_queue', 'slot_at', 'held_by', 'failed', 'snoozed', 'sqlstate', 'message', 'batch_part'])
$$;

COMMENT ON FUNCTION pgdispatch.job_options(pgdispatch.managed_job) IS
'Returns the options of a managed job as a JSON object, without those that are not set.';


CREATE OR REPLACE FUNCTION pgdispatch.purge_dead_letters(of_role regrole) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    kept_since constant timestamptz := clock_timestamp() - (pgdispatch.settings(of_role)).dead_letter_retention;
BEGIN
    DELETE FROM pgdispatch.dead_letter AS d WHERE d.role = of_role AND d.failed_at < kept_since;
END
$$;

COMMENT ON FUNCTION pgdispatch.purge_dead_letters(regrole) IS
'Deletes the dead letters of a role that are older than its setting dead_letter_retention.';


CREATE OR REPLACE FUNCTION pgdispatch.release_order() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    job pgdispatch.managed_job;
BEGIN
    DELETE FROM pgdispatch.managed_job AS m
     WHERE m.role = OLD.role AND m.id = OLD.id AND m.failed
    RETURNING m.* INTO job;
    IF FOUND THEN
        IF OLD.role::oid = quote_ident(CURRENT_USER)::regrole::oid THEN
            PERFORM pgdispatch.release_held_jobs_later(job.ordering_key, NULL);
        ELSE   -- The session of an administrator has no workers that would run a job for it.
            PERFORM pgdispatch.release_next(job, false);
        END IF;
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION pgdispatch.release_order() IS
'Trigger of pgdispatch.dead_letter. Releases the jobs whose order waited for a dead letter that is deleted.';


CREATE OR REPLACE FUNCTION pgdispatch.purge_expired() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET jit = off
AS $$
DECLARE
    me     constant regrole     := quote_ident(CURRENT_USER)::regrole;
    moment constant timestamptz := clock_timestamp();
    acted_before timestamptz;
BEGIN
    IF to_timestamp(coalesce(nullif(current_setting('pgdispatch.tidied', true), ''), '0')::double precision) > moment - '1 minute'::interval THEN
        RETURN;
    END IF;
    PERFORM set_config('pgdispatch.tidied', date_part('epoch', moment)::text, false);
    PERFORM pgdispatch.free_places_of_dead_nodes();
    PERFORM pgdispatch.repair_schedules();
    PERFORM pgdispatch.purge_dead_letters(me);
    IF EXISTS (SELECT FROM pgdispatch.history_retention) OR EXISTS (SELECT FROM pg_inherits AS i WHERE i.inhparent = 'pgdispatch.history'::regclass) THEN
        PERFORM pgdispatch.tidy_history(true);
    END IF;
    acted_before := moment - (pgdispatch.settings(me)).dead_letter_retention;
    DELETE FROM pgdispatch.operator_action AS a
     WHERE a.role = me AND a.acted_at < acted_before;
    DELETE FROM pgdispatch.result AS r WHERE r.role = me AND r.expires_at < moment;
    DELETE FROM pgdispatch.batch AS b WHERE b.role = me AND b.expires_at < moment;
    -- A transaction that relies on the key has locked its row, and may stay open.
    DELETE FROM pgdispatch.job_key AS k
     WHERE k.ctid = ANY (ARRAY(SELECT e.ctid FROM pgdispatch.job_key AS e WHERE e.role = me AND e.expires_at < moment FOR UPDATE SKIP LOCKED));
    PERFORM pgdispatch.purge_fair_rates();   -- Last, as jobs that begin wait for the rows.
END
$$;

COMMENT ON FUNCTION pgdispatch.purge_expired() IS
'Part of pgdispatch.poll_queue, pgdispatch.poll_handlers and pgdispatch.cron_work. Deletes dead letters, results, ended batches and idempotency keys of the
current role that have expired, once a minute in each session. They are not seen even before they are deleted. Drops the partitions of
the history that have expired. Gives schedules the ticks that they have lost, and serves fair keys whose time has passed.';
