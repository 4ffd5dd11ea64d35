-- Outcomes of jobs of handlers: a node completes, releases, fails or cancels a job that it has claimed.
--
-- Each of these functions names the node and the attempt, and changes nothing if the claim does not hold any more, because another
-- node may have taken over the job (see handler_claims.sql).

-- A node sends the completion of a job and the COMMIT of the transaction in which the method did its work in one message, which saves
-- one of three messages. It cannot look at the answer before it commits. If its claim does not hold any more, only an error can then
-- keep the transaction from committing.
CREATE OR REPLACE FUNCTION pgdispatch.complete_handler_job(
    node uuid, handler_name text, job_due_at timestamptz, job_id bigint, attempt integer, result json DEFAULT NULL,
    required boolean DEFAULT false, ran_for interval DEFAULT NULL, has_breaker boolean DEFAULT false)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    job pgdispatch.handler_job;
BEGIN
    DELETE FROM pgdispatch.handler_job AS j
     WHERE j.role = quote_ident(CURRENT_USER)::regrole
       AND j.handler = handler_name
       AND j.due_at = job_due_at
       AND j.id = job_id
       AND j.claimed_by = node
       AND j.attempts = attempt
    RETURNING j.managed, j.dispatched_at INTO job.managed, job.dispatched_at;
    IF NOT FOUND THEN
        IF required THEN
            RAISE SQLSTATE 'PD003' USING
                MESSAGE = format('job %s of %s no longer belongs to this node', job_id, handler_name),
                DETAIL = format('Node %s has released the job, or has not renewed its lease in time.', node),
                HINT = 'Another node runs the job. With a longer lease, a node may be silent for longer.';
        END IF;
        RETURN false;
    END IF;
    IF ran_for IS NOT NULL THEN   -- In one condition with the next one, it would not spare the look at the table.
        IF EXISTS (SELECT FROM pgdispatch.history_retention) THEN
            job.role := quote_ident(CURRENT_USER)::regrole;
            job.handler := handler_name;
            job.due_at := job_due_at;
            job.id := job_id;
            job.attempts := attempt;
            job.claimed_by := node;
            PERFORM pgdispatch.record_call(job, 'done', ran_for);
        END IF;
    END IF;
    IF job.managed THEN
        IF result IS NOT NULL AND octet_length(result::text) > (pgdispatch.settings(quote_ident(CURRENT_USER)::regrole)).result_limit THEN
            RAISE SQLSTATE 'PD002' USING
                MESSAGE = format('pgdispatch: the result is larger than %s bytes', (pgdispatch.settings(quote_ident(CURRENT_USER)::regrole)).result_limit),
                HINT = 'Have the method return less, or let the owner of the schema raise the limit: CALL pgdispatch.configure(result_limit => 4194304).';
        END IF;
        PERFORM pgdispatch.end_managed_job(quote_ident(CURRENT_USER)::regrole, job_id, 'done', false, result);
    END IF;
    IF has_breaker THEN
        PERFORM pgdispatch.count_success(quote_ident(CURRENT_USER)::regrole, handler_name, '');
    END IF;
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.complete_handler_job(uuid, text, timestamptz, bigint, integer, json, boolean, interval, boolean) IS
'Deletes a job that the node has claimed and completed, and keeps its result if one is wanted. If the claim does not
hold any more, it deletes nothing and returns false, or fails with SQLSTATE PD003 if required is true. Nodes require
it where a COMMIT follows in the same message. ran_for is for the history: the time since the attempt began; NULL: the job
is not recorded. has_breaker: whether the handler has a circuit breaker, which counts this success.
Errors: PD002 if the result is larger than the setting result_limit. What the method has done in this transaction is then
undone, and the attempt has failed.';


-- Whoever has locked a row of a job, such as a transaction that cancels it, must not hold up the outcomes of other jobs. The node tries
-- again later.
CREATE OR REPLACE FUNCTION pgdispatch.complete_handler_jobs(
    node uuid, handlers text[], due_ats timestamptz[], ids bigint[], attempts integer[], results json[] DEFAULT '{}',
    seconds double precision[] DEFAULT '{}', with_breaker text[] DEFAULT '{}')
RETURNS bigint[]
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '200 ms'
AS $$
DECLARE
    kept constant boolean := EXISTS (SELECT FROM pgdispatch.history_retention);
    lost bigint[] := '{}';
BEGIN
    IF cardinality(with_breaker) > 0 THEN
        PERFORM pgdispatch.count_success(quote_ident(CURRENT_USER)::regrole, h.name, '') FROM unnest(with_breaker) AS h (name) ORDER BY h.name;
    END IF;
    IF NOT kept AND cardinality(results) = 0 THEN
        RETURN pgdispatch.complete_handler_jobs_together(node, handlers, due_ats, ids, attempts);
    END IF;
    FOR i IN 1 .. cardinality(ids) LOOP
        IF NOT pgdispatch.complete_handler_job(node, handlers[i], due_ats[i], ids[i], attempts[i], results[i],
                                               ran_for => CASE WHEN kept THEN coalesce(seconds[i], 0) * '1 second'::interval END) THEN
            lost := lost || ids[i];
        END IF;
    END LOOP;
    RETURN lost;
END
$$;

COMMENT ON FUNCTION pgdispatch.complete_handler_jobs(uuid, text[], timestamptz[], bigint[], integer[], json[], double precision[], text[]) IS
'Deletes jobs that the node has claimed and completed, with their results. seconds is for the history: the time since
each attempt began. with_breaker: those of the handlers that have a circuit breaker, which counts a success. Returns the ids of
the jobs on which its claim did not hold any more.
Errors: PD002 if a result is larger than the setting result_limit. No job is deleted then.';


CREATE OR REPLACE FUNCTION pgdispatch.complete_handler_jobs_together(
    node uuid, handlers text[], due_ats timestamptz[], ids bigint[], attempts integer[])
RETURNS bigint[]
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    caller  constant regrole := quote_ident(CURRENT_USER)::regrole;
    places  tid[];
    found   bigint[];
    managed bigint[];
    parts   bigint[];
BEGIN
    -- Each job is looked up by its key: PostgreSQL does not change the order of this join, because the inner query locks its row. In a
    -- DELETE with a join, a plan that was made while the table was empty would read all jobs of the role once for each of these.
    SELECT array_agg(j.ctid), array_agg(j.id), array_agg(j.id) FILTER (WHERE j.managed)
      INTO places, found, managed
      FROM unnest(handlers, due_ats, ids, complete_handler_jobs_together.attempts) AS c (handler, due_at, id, attempt),
           LATERAL (SELECT h.ctid, h.id, h.managed
                      FROM pgdispatch.handler_job AS h
                     WHERE h.role = caller
                       AND h.handler = c.handler
                       AND h.due_at = c.due_at
                       AND h.id = c.id
                       AND h.claimed_by = node
                       AND h.attempts = c.attempt
                       FOR UPDATE) AS j;
    DELETE FROM pgdispatch.handler_job AS j WHERE j.ctid = ANY (places);   -- The rows are locked, so these are still their places.
    IF managed IS NOT NULL THEN
        SELECT array_agg(e.part) FILTER (WHERE e.part IS NOT NULL)
          INTO parts
          FROM (SELECT pgdispatch.end_managed_job(caller, m.id, 'done', false, counts => false) AS part FROM unnest(managed) AS m (id) OFFSET 0) AS e;
        IF parts IS NOT NULL THEN
            PERFORM pgdispatch.count_ended_jobs(caller, parts, 'done', false);
        END IF;
    END IF;
    IF cardinality(found) = cardinality(ids) THEN
        RETURN '{}';
    END IF;
    RETURN ARRAY(SELECT i.id FROM unnest(ids) AS i (id) WHERE i.id <> ALL (coalesce(found, '{}')));
END
$$;

COMMENT ON FUNCTION pgdispatch.complete_handler_jobs_together(uuid, text[], timestamptz[], bigint[], integer[]) IS
'Part of pgdispatch.complete_handler_jobs, for jobs without a result where no history is kept. It takes less
than half of the time of a call of pgdispatch.complete_handler_job for each of them.';


CREATE OR REPLACE FUNCTION pgdispatch.release_handler_job(
    node uuid, handler_name text, job_due_at timestamptz, job_id bigint, attempt integer, delay interval DEFAULT '0')
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '200 ms'
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    job pgdispatch.handler_job;
BEGIN
    UPDATE pgdispatch.handler_job AS j
       SET claimed_by = NULL,
           attempts = j.attempts - 1,
           due_at = CASE WHEN delay > '0'::interval AND j.managed IS NULL AND j.cancelled IS NULL THEN clock_timestamp() + delay
                         ELSE j.due_at
                    END
     WHERE j.role = quote_ident(CURRENT_USER)::regrole
       AND j.handler = handler_name
       AND j.due_at = job_due_at
       AND j.id = job_id
       AND j.claimed_by = node
       AND j.attempts = attempt
    RETURNING j.* INTO job;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF job.cancelled THEN
        PERFORM pgdispatch.delete_cancelled_handler_job(job);
    ELSIF job.managed AND delay > '0'::interval THEN
        PERFORM pgdispatch.schedule_retry(job.role, job_id, 1, delay, false);
    END IF;
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.release_handler_job(uuid, text, timestamptz, bigint, integer, interval) IS
'Releases a job that the node has claimed and has not run, or has not run to its end for a reason that is not the
job''s. The job is due again after the delay, and the attempt does not count. A job that was cancelled meanwhile is
deleted. Returns false if the claim does not hold any more.';


CREATE OR REPLACE FUNCTION pgdispatch.fail_handler_job(
    node uuid, handler_name text, job_due_at timestamptz, job_id bigint, attempt integer,
    error_sqlstate text, error_message text, error_context text,
    can_retry boolean DEFAULT false, retry_in interval DEFAULT NULL, max_attempts integer DEFAULT 1,
    back_off interval DEFAULT NULL, back_off_multiplier double precision DEFAULT NULL, max_back_off interval DEFAULT NULL,
    ran_for interval DEFAULT NULL, outage boolean DEFAULT false, undone boolean DEFAULT false,
    break_after integer DEFAULT NULL, break_for interval DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '200 ms'
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
    job     pgdispatch.handler_job;
    options pgdispatch.managed_job;
    delay   interval;
BEGIN
    SELECT j.*
      INTO job
      FROM pgdispatch.handler_job AS j
     WHERE j.role = caller
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
        SELECT m.* INTO options FROM pgdispatch.managed_job AS m WHERE m.role = caller AND m.id = job_id;
    END IF;

    outage := outage AND job.cancelled IS NULL AND coalesce(job.outages, 0) < pgdispatch.max_outages()
              AND (undone OR can_retry AND coalesce(options.max_attempts, max_attempts) > 1);
    IF outage THEN
        delay := pgdispatch.back_off(coalesce(job.outages, 0) + 1, NULL, NULL, NULL);
    ELSIF can_retry AND job.cancelled IS NULL AND job.attempts < coalesce(options.max_attempts, max_attempts) THEN
        delay := least(coalesce(retry_in, pgdispatch.back_off(job.attempts, coalesce(options.back_off, back_off),
                                              coalesce(options.back_off_multiplier, back_off_multiplier), coalesce(options.max_back_off, max_back_off))),
                     '3652 days'::interval);
    END IF;
    IF NOT outage AND job.cancelled IS NULL THEN
        IF break_after IS NOT NULL THEN
            PERFORM pgdispatch.count_failure(caller, handler_name, '', break_after, break_for);
        END IF;
        IF options.queue IS NOT NULL THEN
            PERFORM pgdispatch.count_queue_failure(caller, options.queue);
        END IF;
    END IF;
    IF delay IS NOT NULL THEN
        UPDATE pgdispatch.handler_job AS j
           SET claimed_by = NULL,
               attempts = CASE WHEN outage THEN j.attempts - 1 ELSE j.attempts END,
               outages = CASE WHEN outage THEN coalesce(j.outages, 0) + 1 ELSE j.outages END,
               due_at = CASE WHEN job.managed THEN j.due_at ELSE clock_timestamp() + delay END,
               sqlstate = error_sqlstate,
               message = left(error_message, 1000)
         WHERE j.role = caller AND j.handler = handler_name AND j.due_at = job_due_at AND j.id = job_id;
        PERFORM pgdispatch.record_call(job, 'retried', ran_for, error_sqlstate, error_message);
        IF job.managed THEN
            PERFORM pgdispatch.schedule_retry(caller, job_id, job.attempts, delay, false);
        END IF;
        RETURN CASE WHEN outage THEN 'released' ELSE 'retried' END;
    END IF;

    IF job.cancelled THEN
        PERFORM pgdispatch.delete_cancelled_handler_job(job, ran_for);
        RETURN 'cancelled';
    END IF;
    PERFORM pgdispatch.add_handler_dead_letter(job, error_sqlstate, error_message, error_context, ran_for);
    RETURN 'dead';
END
$$;

COMMENT ON FUNCTION pgdispatch.fail_handler_job(uuid, text, timestamptz, bigint, integer, text, text, text, boolean, interval, integer, interval, double precision, interval, interval, boolean, boolean, integer, interval) IS
'For a job that the node has claimed and whose attempt has failed. Options of the job itself take precedence over
max_attempts and the back-off, which are the handler''s. ran_for is for the history: the time since the attempt began.
break_after and break_for are those of the handler''s circuit breaker, which counts the failure; NULL: it has none.
outage: the method failed because some server was not there. undone: nothing of what it did in the database is left.
Returns retried: the job is due again after retry_in or, if that is NULL, after its back-off. released: it failed because of an outage,
is due again after the default back-off, and the attempt does not count. That happens up to pgdispatch.max_outages() times, if
the method is undone or has more than one attempt. dead: it has had its maximum number of attempts, or can_retry is false, and
it is a dead letter with this error. cancelled: it was cancelled meanwhile and is deleted. NULL: the claim does not hold any more.';


CREATE OR REPLACE FUNCTION pgdispatch.cancel_handler_job(node uuid, handler_name text, job_due_at timestamptz, job_id bigint, attempt integer)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN coalesce(pgdispatch.fail_handler_job(node, handler_name, job_due_at, job_id, attempt, NULL, 'cancelled', NULL) IN ('cancelled', 'dead'), false);
END
$$;

COMMENT ON FUNCTION pgdispatch.cancel_handler_job(uuid, text, timestamptz, bigint, integer) IS
'Deletes a job that the node has claimed, and has interrupted because it was cancelled. Returns false if the claim does
not hold any more.';


CREATE OR REPLACE FUNCTION pgdispatch.delete_cancelled_handler_job(job pgdispatch.handler_job, ran_for interval DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM pgdispatch.handler_job AS j
     WHERE j.role = job.role AND j.handler = job.handler AND j.due_at = job.due_at AND j.id = job.id;
    PERFORM pgdispatch.record_call(job, 'cancelled', ran_for);
    IF job.managed THEN
        PERFORM pgdispatch.end_managed_job(job.role, job.id, 'cancelled', false);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.delete_cancelled_handler_job(pgdispatch.handler_job, interval) IS
'Part of what ends jobs of handlers. Deletes a cancelled job that this transaction has locked, and what belongs to it.';


CREATE OR REPLACE FUNCTION pgdispatch.add_handler_dead_letter(
    job pgdispatch.handler_job, error_sqlstate text, error_message text, error_context text, ran_for interval DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    requested pgdispatch.managed_job;
BEGIN
    DELETE FROM pgdispatch.handler_job AS j
     WHERE j.role = job.role AND j.handler = job.handler AND j.due_at = job.due_at AND j.id = job.id;
    PERFORM pgdispatch.record_call(job, 'failed', ran_for, error_sqlstate, error_message);
    IF job.managed THEN
        SELECT m.* INTO requested FROM pgdispatch.managed_job AS m WHERE m.role = job.role AND m.id = job.id;
    END IF;
    INSERT INTO pgdispatch.dead_letter (role, id, handler, arguments, headers, dispatched_at, due_at, crashes, attempts, sqlstate, message, context, options)
    VALUES (job.role, job.id, job.handler, job.arguments, job.headers, job.dispatched_at, coalesce(requested.due_at, job.due_at), coalesce(job.crashes, 0),
            job.attempts, error_sqlstate, error_message, error_context, CASE WHEN job.managed THEN pgdispatch.job_options(requested) END);
    IF job.managed THEN
        PERFORM pgdispatch.end_managed_job(job.role, job.id, 'failed', false, NULL, NULL, error_sqlstate, error_message);
    END IF;
    PERFORM pgdispatch.purge_dead_letters(job.role);
END
$$;

COMMENT ON FUNCTION pgdispatch.add_handler_dead_letter(pgdispatch.handler_job, text, text, text, interval) IS
'Part of what ends jobs of handlers. Turns a job that this transaction has locked into a dead letter with this error.';
