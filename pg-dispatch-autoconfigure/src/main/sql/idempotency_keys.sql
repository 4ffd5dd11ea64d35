CREATE OR REPLACE FUNCTION pgdispatch.take_key(caller regrole, asked_key text, OUT new_id bigint, OUT holder pgdispatch.job_key)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- From here on, no worker begins the job that has the key, until this transaction has ended and what it did can be seen.
    PERFORM pg_advisory_xact_lock_shared(pgdispatch.key_lock(caller, asked_key));
    LOOP
        BEGIN
            INSERT INTO pgdispatch.job_key (role, key, id)
            VALUES (caller, asked_key, nextval('pgdispatch.job_id_seq'))
            ON CONFLICT (role, key) DO NOTHING
            RETURNING id INTO new_id;
        EXCEPTION
            WHEN serialization_failure THEN
                RETURN;   -- Some job has it, which was committed after our snapshot.
        END;
        IF new_id IS NOT NULL THEN
            RETURN;
        END IF;
        SELECT k.* INTO holder FROM pgdispatch.job_key AS k WHERE k.role = caller AND k.key = asked_key;
        IF NOT FOUND AND NOT pgdispatch.sees_latest_commits() THEN
            RETURN;
        ELSIF holder.expires_at <= clock_timestamp() THEN
            BEGIN
                DELETE FROM pgdispatch.job_key AS k
                 WHERE k.role = caller AND k.key = asked_key AND k.expires_at = holder.expires_at;
            EXCEPTION
                WHEN serialization_failure THEN
                    NULL;   -- Somebody else has deleted it since our snapshot. Whether there is another one by now, the INSERT tells.
            END;
            holder := NULL;
        ELSIF holder.id IS NOT NULL THEN
            RETURN;
        END IF;
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.take_key(regrole, text) IS
'Part of pgdispatch.dispatch: takes an idempotency key for a new job, with an id for it; or tells which job has it. Neither: one that this transaction, of an older snapshot, cannot see. Waits for a transaction that has just taken the key.';


CREATE OR REPLACE FUNCTION pgdispatch.replace_waiting_job(
    asked pgdispatch.managed_job, holder_id bigint, new_command text, new_arguments json, new_headers json, new_place timestamptz)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    job     pgdispatch.managed_job;
    is_done boolean := false;
BEGIN
    FOR attempt IN 1 .. 100 LOOP
        SELECT m.* INTO job FROM pgdispatch.managed_job AS m WHERE m.role = asked.role AND m.id = holder_id;
        -- One that keeps its key may have been begun, and then not be waited for.
        IF NOT FOUND OR job.handler IS DISTINCT FROM asked.handler OR NOT job.has_key OR job.started_at IS NOT NULL THEN
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
            -- If it was held, it is no longer: whoever claims it finds out whether it is to be.
            UPDATE pgdispatch.managed_job AS m
               SET place = new_place, due_at = asked.due_at, rank = asked.rank, held_by = NULL
             WHERE m.role = job.role AND m.id = job.id AND m.started_at IS NULL;
            IF NOT FOUND THEN
                RAISE serialization_failure;   -- It was begun while we waited for it.
            END IF;
            IF asked.due_at > now() AND job.ordering_key IS NOT NULL THEN
                PERFORM pgdispatch.release_held_jobs_later(job.ordering_key, NULL);   -- Those behind it need not wait for so long.
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
'Part of pgdispatch.dispatch: puts a new command or new arguments in the place of those of a job that waits, and has it wait anew; false if that is not possible.';
