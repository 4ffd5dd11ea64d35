-- Idempotency keys: while a job with a key waits, nothing else is dispatched with that key.
--
-- A key is taken by its row in job_key, whose primary key excludes a second one. The job gives up the key just before it begins,
-- unless it keeps it (keep_key). A dispatch that finds the key taken relies on that job to see everything that its own transaction
-- wrote. It therefore holds the lock of the key, shared, until its transaction ends, and a worker needs that lock exclusively to
-- begin the job.

CREATE OR REPLACE FUNCTION pgdispatch.take_key(
    caller regrole, requested_key text, requested_id bigint, OUT new_id bigint, OUT holder pgdispatch.job_key)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- From here on, no worker begins the job that has the key until this transaction has ended and its effects are visible.
    PERFORM pg_advisory_xact_lock_shared(pgdispatch.key_lock(caller, requested_key));
    LOOP
        BEGIN
            INSERT INTO pgdispatch.job_key (role, key, id)
            VALUES (caller, requested_key, coalesce(requested_id, nextval('pgdispatch.job_id_seq')))
            ON CONFLICT (role, key) DO NOTHING
            RETURNING id INTO new_id;
        EXCEPTION
            WHEN serialization_failure THEN
                RETURN;   -- A job has the key that was committed after the snapshot of this transaction.
        END;
        IF new_id IS NOT NULL THEN
            RETURN;
        END IF;
        SELECT k.* INTO holder FROM pgdispatch.job_key AS k WHERE k.role = caller AND k.key = requested_key;
        IF NOT FOUND AND NOT pgdispatch.sees_latest_commits() THEN
            RETURN;
        ELSIF holder.expires_at <= clock_timestamp() THEN
            BEGIN
                DELETE FROM pgdispatch.job_key AS k
                 WHERE k.role = caller AND k.key = requested_key AND k.expires_at = holder.expires_at;
            EXCEPTION
                WHEN serialization_failure THEN
                    NULL;   -- Another transaction has deleted the row since our snapshot. The INSERT finds out whether there is a new one.
            END;
            holder := NULL;
        ELSIF holder.id IS NOT NULL THEN
            RETURN;
        END IF;
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.take_key(regrole, text, bigint) IS
'Part of pgdispatch.dispatch_managed and pgdispatch.retry. Takes an idempotency key for the job with the requested id, or
for a new job if that is NULL, and returns the id of the job, or returns the row of the job that has the key. It returns neither if the transaction''s snapshot is too old to see that job.
Waits for a transaction that has just taken the key.';


CREATE OR REPLACE FUNCTION pgdispatch.replace_waiting_job(
    requested pgdispatch.managed_job, holder_id bigint, new_command text, new_arguments json, new_headers json, new_place timestamptz)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    job pgdispatch.managed_job;
BEGIN
    FOR attempt IN 1 .. 100 LOOP
        SELECT m.* INTO job FROM pgdispatch.managed_job AS m WHERE m.role = requested.role AND m.id = holder_id;
        -- A job that keeps its key may have begun. This must not wait for it.
        IF NOT FOUND OR job.handler IS DISTINCT FROM requested.handler OR NOT job.has_key OR job.started_at IS NOT NULL THEN
            RETURN false;
        END IF;
        IF job.handler IS NULL THEN
            UPDATE pgdispatch.job AS j SET command = new_command, headers = new_headers, due_at = new_place
             WHERE j.role = job.role AND j.due_at = job.place AND j.id = job.id;
        ELSE
            UPDATE pgdispatch.handler_job AS j SET arguments = new_arguments, headers = new_headers, due_at = new_place
             WHERE j.role = job.role AND j.handler = job.handler AND j.due_at = job.place AND j.id = job.id AND j.claimed_by IS NULL;
        END IF;
        IF FOUND THEN
            -- If the job was held, it is not held any longer. Its next claim finds out whether it has to be held.
            UPDATE pgdispatch.managed_job AS m
               SET place = new_place, due_at = requested.due_at, rank = requested.rank, snoozed = requested.snoozed, held_by = NULL
             WHERE m.role = job.role AND m.id = job.id AND m.started_at IS NULL;
            IF NOT FOUND THEN
                RAISE serialization_failure;   -- The job began while this transaction waited for its row.
            END IF;
            IF requested.due_at > now() AND job.ordering_key IS NOT NULL THEN
                PERFORM pgdispatch.release_held_jobs_later(job.ordering_key, NULL);   -- The jobs behind it need not wait that long.
            END IF;
            RETURN true;
        END IF;
        EXIT WHEN NOT pgdispatch.sees_latest_commits();
    END LOOP;
    RETURN false;
EXCEPTION
    WHEN serialization_failure THEN
        RETURN false;
END
$$;

COMMENT ON FUNCTION pgdispatch.replace_waiting_job(pgdispatch.managed_job, bigint, text, json, json, timestamptz) IS
'Part of pgdispatch.dispatch_managed. Gives a waiting job a new command or new arguments, and has it wait anew. Returns
false if that is not possible, because the job has begun, for example.';
