CREATE OR REPLACE FUNCTION pgdispatch.end_managed_job(
    worker_role regrole, job_id bigint, new_state text, in_worker boolean,
    value json DEFAULT NULL, row_count bigint DEFAULT NULL, error_sqlstate text DEFAULT NULL, error_message text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    job pgdispatch.managed_job;
BEGIN
    DELETE FROM pgdispatch.managed_job AS m WHERE m.role = worker_role AND m.id = job_id RETURNING m.* INTO job;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF new_state = 'failed' AND job.in_order AND job.on_failure IS DISTINCT FROM 'pass' THEN
        job.failed := true;
        job.started_at := NULL;
        job.held_by := NULL;   -- It only holds back the others of its order, and is not to be run outside of a transaction again.
        job.in_queue := false;
        INSERT INTO pgdispatch.managed_job SELECT job.*;
    END IF;
    IF job.has_key THEN
        IF new_state = 'done' AND job.keep_key IS NOT NULL THEN
            UPDATE pgdispatch.job_key AS k SET expires_at = clock_timestamp() + job.keep_key
             WHERE k.role = worker_role AND k.key = job.key AND k.id = job_id;
        ELSE
            DELETE FROM pgdispatch.job_key AS k WHERE k.role = worker_role AND k.key = job.key AND k.id = job_id;
        END IF;
    END IF;
    IF job.result IS NOT NULL THEN
        INSERT INTO pgdispatch.result (role, id, state, value, row_count, sqlstate, message, expires_at)
        VALUES (worker_role, job_id, new_state, end_managed_job.value, end_managed_job.row_count, error_sqlstate, error_message,
                clock_timestamp() + job.keep_result)
        ON CONFLICT (role, id) DO UPDATE
        SET state = excluded.state, value = excluded.value, row_count = excluded.row_count, sqlstate = excluded.sqlstate,
            message = excluded.message, finished_at = excluded.finished_at, expires_at = excluded.expires_at;
        PERFORM pg_notify(pgdispatch.result_channel(worker_role), job_id::text);
    END IF;
    IF new_state = 'cancelled' THEN   -- By a transaction that may stay open.
        PERFORM pgdispatch.release_held_jobs_later(job.ordering_key, job.queue);
    ELSE
        PERFORM pgdispatch.release_next(job, in_worker);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.end_managed_job(regrole, bigint, text, boolean, json, bigint, text, text) IS
'Deletes what there is of a managed job beside its own row, keeps its result if that was asked for, and lets those go that have waited for it.';


-- A retry that fails at the same time as others would come again with them.
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
'How long a job waits after so many failures: the delay, by the multiplier longer each time up to a limit, a quarter more or less at random. Without arguments: a second, twice as long each time, ten minutes.';


CREATE OR REPLACE FUNCTION pgdispatch.schedule_retry(worker_role regrole, job_id bigint, failures integer, delay interval, in_worker boolean) RETURNS timestamptz
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
           in_order = m.in_order AND NOT coalesce(passes, false),
           in_queue = false,
           slot_at = NULL
     WHERE m.role = worker_role AND m.id = job_id;
    -- It waits again, and what is dispatched with its key meanwhile need not wait beside it. Unless somebody has been faster.
    IF job.key IS NOT NULL AND NOT job.has_key AND pg_try_advisory_xact_lock(pgdispatch.key_lock(worker_role, job.key)) THEN
        INSERT INTO pgdispatch.job_key (role, key, id) VALUES (worker_role, job.key, job_id) ON CONFLICT (role, key) DO NOTHING;
        IF FOUND THEN
            UPDATE pgdispatch.managed_job AS m SET has_key = true WHERE m.role = worker_role AND m.id = job_id;
        END IF;
    END IF;
    PERFORM pgdispatch.move_job(job, due);
    IF passes OR job.queue IS NOT NULL THEN
        IF NOT coalesce(passes, false) THEN
            job.ordering_key := NULL;   -- It goes on holding back the others of its order.
        END IF;
        PERFORM pgdispatch.release_next(job, in_worker);
    END IF;
    RETURN due;
END
$$;

COMMENT ON FUNCTION pgdispatch.schedule_retry(regrole, bigint, integer, interval, boolean) IS
'Has a managed job wait for its next attempt: for the delay, or as its back-off says.';


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
'Part of pgdispatch.work: makes a job a managed one after its first failure.';


CREATE OR REPLACE FUNCTION pgdispatch.add_dead_letter(
    job pgdispatch.job, asked pgdispatch.managed_job, code text, message text, detail text, hint text, context text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pgdispatch.delete_jobs(ARRAY[job]);
    INSERT INTO pgdispatch.dead_letter (role, id, command, dispatched_at, due_at, crashes, attempts, sqlstate, message, detail, hint, context, headers, options)
    VALUES (job.role, job.id, job.command, job.dispatched_at, coalesce(asked.due_at, job.due_at),
            coalesce(asked.crashes, greatest(job.crashes - 1, 0)), coalesce(asked.attempts, least(greatest(job.crashes, 1), 5)),
            code, message, nullif(detail, ''), nullif(hint, ''),
            -- Without the lines of the executor itself.
            nullif(regexp_replace(context, E'(^|\n)[^\n]*[ .](run_job|execute_for_rows)[(][^)\n]*[)].*', ''), ''),
            job.headers,
            CASE WHEN asked.id IS NOT NULL THEN pgdispatch.job_options(asked)
                 WHEN job.max_attempts IS NOT NULL THEN jsonb_build_object('max_attempts', job.max_attempts)
            END);
    IF asked.id IS NOT NULL THEN
        PERFORM pgdispatch.end_managed_job(job.role, job.id, 'failed', true, NULL, NULL, code, message);
    END IF;
    PERFORM pgdispatch.purge_dead_letters(job.role);
END
$$;

COMMENT ON FUNCTION pgdispatch.add_dead_letter(pgdispatch.job, pgdispatch.managed_job, text, text, text, text, text) IS
'Part of pgdispatch.work: makes a job a dead letter.';


CREATE OR REPLACE FUNCTION pgdispatch.job_options(job pgdispatch.managed_job) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT jsonb_strip_nulls(to_jsonb(job) - ARRAY['role', 'id', 'handler', 'due_at', 'place', 'rank', 'attempts', 'crashes', 'started_at',
               'has_key', 'in_order', 'in_queue', 'slot_at', 'held_by', 'failed'])
$$;

COMMENT ON FUNCTION pgdispatch.job_options(pgdispatch.managed_job) IS
'What is asked of a job.';


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
'Deletes the dead letters that have been kept for long enough.';


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
        ELSE   -- An administrator has no workers for it.
            PERFORM pgdispatch.release_next(job, false);
        END IF;
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION pgdispatch.release_order() IS
'Part of pgdispatch.dead_letter: lets those go whose order has waited for one that is deleted.';


CREATE OR REPLACE FUNCTION pgdispatch.purge_expired() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET jit = off
AS $$
DECLARE
    me     constant regrole     := quote_ident(CURRENT_USER)::regrole;
    moment constant timestamptz := clock_timestamp();
BEGIN
    IF to_timestamp(coalesce(nullif(current_setting('pgdispatch.tidied', true), ''), '0')::double precision) > moment - '1 minute'::interval THEN
        RETURN;
    END IF;
    PERFORM set_config('pgdispatch.tidied', date_part('epoch', moment)::text, false);
    PERFORM pgdispatch.purge_dead_letters(me);
    DELETE FROM pgdispatch.result AS r WHERE r.role = me AND r.expires_at < moment;
    DELETE FROM pgdispatch.job_key AS k WHERE k.role = me AND k.expires_at < moment;
END
$$;

COMMENT ON FUNCTION pgdispatch.purge_expired() IS
'Part of pgdispatch.poll_queue: once a minute, deletes dead letters, results and keys that have been kept for long enough. (Nobody sees results and keys after that, deleted or not.)';
