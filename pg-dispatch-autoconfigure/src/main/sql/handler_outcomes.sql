-- A node sends the completion of a method's job and the COMMIT of the transaction in which the method did its work together, and so
-- spares itself and the database one of three messages. It cannot look at the answer before it commits. So where its claim does not
-- hold any more, it takes an error to have nothing committed.
CREATE OR REPLACE FUNCTION pgdispatch.complete_handler_job(
    node uuid, handler_name text, job_due_at timestamptz, job_id bigint, attempt integer, result json DEFAULT NULL,
    required boolean DEFAULT false)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    is_managed boolean;
BEGIN
    DELETE FROM pgdispatch.handler_job AS j
     WHERE j.role = quote_ident(CURRENT_USER)::regrole
       AND j.handler = handler_name
       AND j.due_at = job_due_at
       AND j.id = job_id
       AND j.claimed_by = node
       AND j.attempts = attempt
    RETURNING j.managed INTO is_managed;
    IF NOT FOUND THEN
        IF required THEN
            RAISE SQLSTATE 'PD003' USING
                MESSAGE = format('job %s of %s is not this node''s any more', job_id, handler_name),
                DETAIL = format('Node %s has given it back, or was not heard of for as long as its lease.', node),
                HINT = 'Another node runs it. With a longer lease, a node may be silent for longer.';
        END IF;
        RETURN false;
    END IF;
    IF is_managed THEN
        PERFORM pgdispatch.end_managed_job(quote_ident(CURRENT_USER)::regrole, job_id, 'done', false, result);
    END IF;
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.complete_handler_job(uuid, text, timestamptz, bigint, integer, json, boolean) IS
'Deletes a job that the node has claimed and done, and keeps its result if that was asked for. If its claim does not hold any more, nothing is deleted: then the answer is false, or an error of SQLSTATE PD003 if it is required, as it is where a COMMIT follows in the same message.';


CREATE OR REPLACE FUNCTION pgdispatch.complete_handler_jobs(
    node uuid, handlers text[], due_ats timestamptz[], ids bigint[], attempts integer[], results json[] DEFAULT '{}')
RETURNS bigint[]
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    lost bigint[] := '{}';
BEGIN
    FOR i IN 1 .. cardinality(ids) LOOP
        IF NOT pgdispatch.complete_handler_job(node, handlers[i], due_ats[i], ids[i], attempts[i], results[i]) THEN
            lost := lost || ids[i];
        END IF;
    END LOOP;
    RETURN lost;
END
$$;

COMMENT ON FUNCTION pgdispatch.complete_handler_jobs(uuid, text[], timestamptz[], bigint[], integer[], json[]) IS
'Deletes jobs that the node has claimed and done, with their results, and returns those on which its claim did not hold any more.';


CREATE OR REPLACE FUNCTION pgdispatch.release_handler_job(
    node uuid, handler_name text, job_due_at timestamptz, job_id bigint, attempt integer, delay interval DEFAULT '0',
    counted boolean DEFAULT false)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    is_managed   boolean;
    is_being_cancelled boolean;
BEGIN
    UPDATE pgdispatch.handler_job AS j
       SET claimed_by = NULL,
           attempts = CASE WHEN counted THEN j.attempts ELSE j.attempts - 1 END,
           due_at = CASE WHEN delay > '0'::interval AND j.managed IS NULL AND j.cancelled IS NULL THEN clock_timestamp() + delay
                         ELSE j.due_at
                    END
     WHERE j.role = quote_ident(CURRENT_USER)::regrole
       AND j.handler = handler_name
       AND j.due_at = job_due_at
       AND j.id = job_id
       AND j.claimed_by = node
       AND j.attempts = attempt
    RETURNING j.managed, j.cancelled INTO is_managed, is_being_cancelled;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF is_being_cancelled THEN
        DELETE FROM pgdispatch.handler_job AS j
         WHERE j.role = quote_ident(CURRENT_USER)::regrole
           AND j.handler = handler_name
           AND j.due_at = job_due_at
           AND j.id = job_id;
        IF is_managed THEN
            PERFORM pgdispatch.end_managed_job(quote_ident(CURRENT_USER)::regrole, job_id, 'cancelled', false);
        END IF;
        RETURN true;
    END IF;
    IF is_managed AND delay > '0'::interval THEN
        PERFORM pgdispatch.schedule_retry(quote_ident(CURRENT_USER)::regrole, job_id, 1, delay, false);
    END IF;
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.release_handler_job(uuid, text, timestamptz, bigint, integer, interval, boolean) IS
'Gives a job back that the node has claimed and not run, or not run to its end through no fault of the job. It is due again after the delay. Unless counted, it is as if there had been no such attempt.';


CREATE OR REPLACE FUNCTION pgdispatch.fail_handler_job(
    node uuid, handler_name text, job_due_at timestamptz, job_id bigint, attempt integer,
    error_sqlstate text, error_message text, error_context text,
    can_retry boolean DEFAULT false, retry_in interval DEFAULT NULL, max_attempts integer DEFAULT 1,
    back_off interval DEFAULT NULL, back_off_multiplier double precision DEFAULT NULL, max_back_off interval DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    me constant regrole := quote_ident(CURRENT_USER)::regrole;
    job   pgdispatch.handler_job;
    asked pgdispatch.managed_job;
    delay interval;
BEGIN
    SELECT j.*
      INTO job
      FROM pgdispatch.handler_job AS j
     WHERE j.role = me
       AND j.handler = handler_name
       AND j.due_at = job_due_at
       AND j.id = job_id
       AND j.claimed_by = node
       AND j.attempts = attempt
       FOR UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF job.managed THEN
        SELECT m.* INTO asked FROM pgdispatch.managed_job AS m WHERE m.role = me AND m.id = job_id;
    END IF;

    IF can_retry AND job.cancelled IS NULL AND job.attempts < coalesce(asked.max_attempts, max_attempts) THEN
        delay := coalesce(retry_in, pgdispatch.back_off(job.attempts, coalesce(asked.back_off, back_off),
                                        coalesce(asked.back_off_multiplier, back_off_multiplier), coalesce(asked.max_back_off, max_back_off)));
        UPDATE pgdispatch.handler_job AS j
           SET claimed_by = NULL,
               due_at = CASE WHEN job.managed THEN j.due_at ELSE clock_timestamp() + delay END
         WHERE j.role = me AND j.handler = handler_name AND j.due_at = job_due_at AND j.id = job_id;
        IF job.managed THEN
            PERFORM pgdispatch.schedule_retry(me, job_id, job.attempts, delay, false);
        END IF;
        RETURN 'retried';
    END IF;

    DELETE FROM pgdispatch.handler_job AS j
     WHERE j.role = me AND j.handler = handler_name AND j.due_at = job_due_at AND j.id = job_id;
    IF job.cancelled THEN
        IF job.managed THEN
            PERFORM pgdispatch.end_managed_job(me, job_id, 'cancelled', false);
        END IF;
        RETURN 'cancelled';
    END IF;
    PERFORM pgdispatch.add_handler_dead_letter(job, error_sqlstate, error_message, error_context);
    RETURN 'dead';
END
$$;

COMMENT ON FUNCTION pgdispatch.fail_handler_job(uuid, text, timestamptz, bigint, integer, text, text, text, boolean, interval, integer, interval, double precision, interval) IS
'For a job that the node has claimed and whose attempt has failed. retried: it is due again in retry_in, or as the back-off says, which counts as all other arguments after it only if the job itself does not ask for other ones. dead: it has had its max_attempts, or cannot be retried, and is a dead letter with this error. cancelled: it was cancelled meanwhile, and is gone. NULL: the claim does not hold any more.';


CREATE OR REPLACE FUNCTION pgdispatch.cancel_handler_job(node uuid, handler_name text, job_due_at timestamptz, job_id bigint, attempt integer)
RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    RETURN coalesce(pgdispatch.fail_handler_job(node, handler_name, job_due_at, job_id, attempt, NULL, 'cancelled', NULL) IN ('cancelled', 'dead'), false);
END
$$;

COMMENT ON FUNCTION pgdispatch.cancel_handler_job(uuid, text, timestamptz, bigint, integer) IS
'Deletes a job that the node has claimed, and interrupted since it was cancelled; false if its claim does not hold any more.';


CREATE OR REPLACE FUNCTION pgdispatch.add_handler_dead_letter(
    job pgdispatch.handler_job, error_sqlstate text, error_message text, error_context text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    asked pgdispatch.managed_job;
BEGIN
    IF job.managed THEN
        SELECT m.* INTO asked FROM pgdispatch.managed_job AS m WHERE m.role = job.role AND m.id = job.id;
    END IF;
    INSERT INTO pgdispatch.dead_letter (role, id, handler, arguments, headers, dispatched_at, due_at, crashes, attempts, sqlstate, message, context, options)
    VALUES (job.role, job.id, job.handler, job.arguments, job.headers, job.dispatched_at, coalesce(asked.due_at, job.due_at), coalesce(job.crashes, 0),
            job.attempts, error_sqlstate, error_message, error_context, CASE WHEN job.managed THEN pgdispatch.job_options(asked) END);
    IF job.managed THEN
        PERFORM pgdispatch.end_managed_job(job.role, job.id, 'failed', false, NULL, NULL, error_sqlstate, error_message);
    END IF;
    PERFORM pgdispatch.purge_dead_letters(job.role);
END
$$;

COMMENT ON FUNCTION pgdispatch.add_handler_dead_letter(pgdispatch.handler_job, text, text, text) IS
'Writes a dead letter for a job of a handler, whose row is deleted by then.';
