-- Idempotency keys: while a job with a key waits, nothing else is dispatched with that key.
--
-- A key is taken by its row in job_key, whose primary key excludes a second one. The job gives up the key just before it begins,
-- unless it keeps it (keep_key). A dispatch that finds the key taken relies on that job to see everything that its own transaction
-- wrote. It therefore locks the row of the key, FOR KEY SHARE, until its transaction ends, and a worker needs the row for itself to
-- begin the job. Nobody else waits for such a transaction: a job that ends, and a new job that takes over an expired key, change other
-- columns than role and key, which needs no more than that the row stays.
--
-- A REPEATABLE READ or SERIALIZABLE transaction may not see the row, and can then not lock it. It shares the lock of the key instead
-- (see locks.sql). If another role holds that lock, the dispatch may fail with 40001, as any statement of such a transaction may.

-- A SERIALIZABLE transaction can commit after a function has caught such a failure. It would then commit without its job.
CREATE OR REPLACE FUNCTION pgdispatch.is_dependency_failure(detail text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT detail <> '' $$;

COMMENT ON FUNCTION pgdispatch.is_dependency_failure(text) IS
'Part of what dispatches jobs with a key. Returns whether a serialization failure with this DETAIL comes from the reads and writes of
SERIALIZABLE transactions, whatever the statement was. Only these failures have a DETAIL. Others mean that a row was changed by a
transaction that this one does not see.';


CREATE OR REPLACE FUNCTION pgdispatch.take_key(
    caller regrole, requested_key text, requested_id bigint, OUT new_id bigint, OUT holder pgdispatch.job_key)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    sees_latest constant boolean := pgdispatch.sees_latest_commits();
    relies      constant boolean := sees_latest OR pgdispatch.share_lock_briefly(pgdispatch.key_lock(caller, requested_key));
    detail      text;
BEGIN
    LOOP
        BEGIN
            INSERT INTO pgdispatch.job_key (role, key, id)
            VALUES (caller, requested_key, coalesce(requested_id, nextval('pgdispatch.job_id_seq')))
            ON CONFLICT (role, key) DO NOTHING
            RETURNING id INTO new_id;
            IF new_id IS NULL THEN
                -- From here on, no worker begins the job that has the key until this transaction has ended and its effects are visible.
                SELECT k.* INTO holder FROM pgdispatch.job_key AS k WHERE k.role = caller AND k.key = requested_key FOR KEY SHARE;
                IF holder.expires_at <= clock_timestamp() THEN
                    UPDATE pgdispatch.job_key AS k
                       SET id = coalesce(requested_id, nextval('pgdispatch.job_id_seq')), expires_at = NULL
                     WHERE k.role = caller AND k.key = requested_key AND k.expires_at = holder.expires_at
                    RETURNING id INTO new_id;
                    holder := NULL;
                END IF;
            END IF;
        EXCEPTION
            WHEN serialization_failure THEN
                GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
                IF pgdispatch.is_dependency_failure(detail) THEN
                    RAISE;
                ELSIF NOT relies THEN
                    RAISE serialization_failure USING
                        MESSAGE = 'pgdispatch: a job took the idempotency key after this transaction began',
                        HINT = 'Repeat the transaction, or use READ COMMITTED.';
                END IF;
                RETURN;
        END;
        EXIT WHEN new_id IS NOT NULL OR holder.id IS NOT NULL OR NOT sees_latest;
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.take_key(regrole, text, bigint) IS
'Part of pgdispatch.dispatch_managed and pgdispatch.retry. Takes an idempotency key for the job with the requested id, or
for a new job if that is NULL, and returns the id of the job, or the row of the job that has the key, or neither if the
snapshot is too old to see that job. Waits for a transaction that has just taken the key.';


CREATE OR REPLACE FUNCTION pgdispatch.take_key_back(owner regrole, lost_key text, job_id bigint) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '1ms'
AS $$
BEGIN
    INSERT INTO pgdispatch.job_key AS k (role, key, id)
    VALUES (owner, lost_key, job_id)
    ON CONFLICT (role, key) DO UPDATE SET id = excluded.id, expires_at = NULL WHERE k.expires_at <= clock_timestamp();
    RETURN FOUND;
EXCEPTION
    WHEN lock_not_available OR serialization_failure THEN
        RETURN false;
END
$$;

COMMENT ON FUNCTION pgdispatch.take_key_back(regrole, text, bigint) IS
'Part of pgdispatch.schedule_retry. Takes the idempotency key of a job that waits again. Returns false if another job has
it, or if a transaction that is still open has just taken it, for which this does not wait.';


CREATE OR REPLACE FUNCTION pgdispatch.give_up_key(owner regrole, taken_key text, job_id bigint) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    lock constant bigint := pgdispatch.key_lock(owner, taken_key);
BEGIN
    PERFORM FROM pgdispatch.job_key AS k WHERE k.role = owner AND k.key = taken_key AND k.id = job_id FOR UPDATE SKIP LOCKED;
    IF NOT FOUND AND EXISTS (SELECT FROM pgdispatch.job_key AS k WHERE k.role = owner AND k.key = taken_key AND k.id = job_id) THEN
        RETURN false;   -- A transaction that relies on the job has locked the row.
    ELSIF NOT pg_try_advisory_xact_lock(lock) AND pgdispatch.is_held_by_role(lock) THEN
        RETURN false;   -- Such a transaction, which does not see the row, holds the lock of the key.
    END IF;
    DELETE FROM pgdispatch.job_key AS k WHERE k.role = owner AND k.key = taken_key AND k.id = job_id;
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.give_up_key(regrole, text, bigint) IS
'Part of pgdispatch.request_admission. Frees the idempotency key of a job that is about to begin. Returns false if a
transaction relies on the job and has not committed yet what the job must see.';


CREATE OR REPLACE FUNCTION pgdispatch.give_up_keys(owner regrole, jobs pgdispatch.managed_job[]) RETURNS bigint[]
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    job   pgdispatch.managed_job;
    freed bigint[] := '{}';
BEGIN
    FOREACH job IN ARRAY jobs LOOP
        IF pgdispatch.give_up_key(owner, job.key, job.id) THEN
            UPDATE pgdispatch.managed_job AS m SET has_key = false WHERE m.role = owner AND m.id = job.id;
            freed := array_append(freed, job.id);
        END IF;
    END LOOP;
    RETURN freed;
END
$$;

COMMENT ON FUNCTION pgdispatch.give_up_keys(regrole, pgdispatch.managed_job[]) IS
'Part of pgdispatch.prepare_chunk. Frees the idempotency keys of jobs that are about to begin, and returns those jobs. It leaves
the keys of jobs on which a transaction relies that has not committed yet what the job must see.';


CREATE OR REPLACE FUNCTION pgdispatch.take_keys_back(owner regrole, job_ids bigint[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    job pgdispatch.managed_job;
BEGIN
    FOR job IN SELECT m.* FROM pgdispatch.managed_job AS m WHERE m.role = owner AND m.id = ANY (job_ids) AND m.started_at IS NULL AND NOT m.has_key LOOP
        -- If another session has the row, it is about to run the job.
        PERFORM FROM pgdispatch.job AS j WHERE j.role = owner AND j.due_at = job.place AND j.id = job.id FOR UPDATE SKIP LOCKED;
        IF FOUND AND pgdispatch.take_key_back(owner, job.key, job.id) THEN
            UPDATE pgdispatch.managed_job AS m SET has_key = true WHERE m.role = owner AND m.id = job.id;
        END IF;
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.take_keys_back(regrole, bigint[]) IS
'Part of pgdispatch.work. Takes back the idempotency keys of those of the jobs that did not come to run in their chunk, and that wait
again, unless other jobs have the keys by now.';


CREATE OR REPLACE FUNCTION pgdispatch.release_key(owner regrole, taken_key text, job_id bigint, kept_for interval) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF kept_for IS NULL THEN
        PERFORM FROM pgdispatch.job_key AS k WHERE k.role = owner AND k.key = taken_key AND k.id = job_id FOR UPDATE SKIP LOCKED;
        IF FOUND THEN
            DELETE FROM pgdispatch.job_key AS k WHERE k.role = owner AND k.key = taken_key AND k.id = job_id;
            RETURN;
        END IF;
    END IF;
    -- An expired key is as good as none. This does not wait for transactions that rely on the job.
    UPDATE pgdispatch.job_key AS k SET expires_at = clock_timestamp() + coalesce(kept_for, '0'::interval)
     WHERE k.role = owner AND k.key = taken_key AND k.id = job_id;
END
$$;

COMMENT ON FUNCTION pgdispatch.release_key(regrole, text, bigint, interval) IS
'Part of pgdispatch.end_managed_job. Keeps the idempotency key of a job that has ended for that time, or frees it if the
time is NULL.';


CREATE OR REPLACE FUNCTION pgdispatch.replace_waiting_job(
    requested pgdispatch.managed_job, holder_id bigint, new_command text, new_arguments json, new_headers json, new_place timestamptz,
    new_label text)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    job    pgdispatch.managed_job;
    detail text;
BEGIN
    FOR attempt IN 1 .. 100 LOOP
        SELECT m.* INTO job FROM pgdispatch.managed_job AS m WHERE m.role = requested.role AND m.id = holder_id;
        -- A job that keeps its key may have begun. This must not wait for it. The steps of a job were done with its old arguments.
        IF NOT FOUND OR job.handler IS DISTINCT FROM requested.handler OR NOT job.has_key OR job.started_at IS NOT NULL OR job.has_steps OR job.held_by = 'batch' THEN
            RETURN false;
        END IF;
        IF job.handler IS NULL THEN
            UPDATE pgdispatch.job AS j SET command = new_command, headers = new_headers, due_at = new_place, label = new_label
             WHERE j.role = job.role AND j.due_at = job.place AND j.id = job.id;
        ELSE
            UPDATE pgdispatch.handler_job AS j SET arguments = new_arguments, headers = new_headers, due_at = new_place, sqlstate = NULL, message = NULL
             WHERE j.role = job.role AND j.handler = job.handler AND j.due_at = job.place AND j.id = job.id AND j.claimed_by IS NULL;
        END IF;
        IF FOUND THEN
            -- If the job was held, it is not held any longer. Its next claim finds out whether it has to be held.
            UPDATE pgdispatch.managed_job AS m
               SET place = new_place, due_at = requested.due_at, rank = requested.rank, snoozed = requested.snoozed, held_by = NULL,
                   in_order = m.in_order AND requested.snoozed IS NULL, in_queue = m.in_queue AND requested.snoozed IS NULL,
                   sqlstate = NULL, message = NULL
             WHERE m.role = job.role AND m.id = job.id AND m.started_at IS NULL;
            IF NOT FOUND THEN
                RAISE serialization_failure;   -- The job began while this transaction waited for its row.
            END IF;
            IF requested.due_at > now() THEN   -- The jobs behind it need not wait that long.
                PERFORM pgdispatch.release_held_jobs_later(job.ordering_key, CASE WHEN job.in_queue THEN job.queue END);
            END IF;
            RETURN true;
        END IF;
        EXIT WHEN NOT pgdispatch.sees_latest_commits();
    END LOOP;
    RETURN false;
EXCEPTION
    WHEN serialization_failure THEN
        GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
        IF pgdispatch.is_dependency_failure(detail) THEN
            RAISE;
        END IF;
        RETURN false;
END
$$;

COMMENT ON FUNCTION pgdispatch.replace_waiting_job(pgdispatch.managed_job, bigint, text, json, json, timestamptz, text) IS
'Part of pgdispatch.dispatch_managed. Gives a waiting job a new command or new arguments, and has it wait anew. Returns
false if that is not possible, because the job has begun, for example.';
