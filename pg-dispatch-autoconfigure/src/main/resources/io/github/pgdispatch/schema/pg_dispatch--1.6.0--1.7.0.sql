-- pg-dispatch 1.7.0: a job is completed, and its transaction committed, in one message.
--
-- A node sends the completion of a method's job and the COMMIT of the transaction in which the method did its work together, and so
-- spares itself and the database one of three messages. It cannot look at the answer before it commits. So where its claim does not
-- hold any more, it takes an error to have nothing committed.


CREATE FUNCTION pgdispatch.complete_handler_job(
    node uuid, handler_name text, job_due_at timestamptz, job_id bigint, attempt integer, result json, required boolean)
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
        PERFORM pgdispatch.end_managed(quote_ident(CURRENT_USER)::regrole, job_id, 'done', false, result);
    END IF;
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.complete_handler_job(uuid, text, timestamptz, bigint, integer, json, boolean) IS
'Deletes a job that the node has claimed and done, and keeps its result if that was asked for. If its claim does not hold any more, nothing is deleted: then the answer is false, or an error of SQLSTATE PD003 if it is required, as it is where a COMMIT follows in the same message.';


CREATE OR REPLACE FUNCTION pgdispatch.complete_handler_job(
    node uuid, handler_name text, job_due_at timestamptz, job_id bigint, attempt integer, result json)
RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    RETURN pgdispatch.complete_handler_job(node, handler_name, job_due_at, job_id, attempt, result, false);
END
$$;


CREATE OR REPLACE FUNCTION pgdispatch.complete_handler_jobs(
    node uuid, handlers text[], due_ats timestamptz[], ids bigint[], attempts integer[], results json[])
RETURNS bigint[]
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    lost bigint[] := '{}';
BEGIN
    FOR i IN 1 .. cardinality(ids) LOOP
        IF NOT pgdispatch.complete_handler_job(node, handlers[i], due_ats[i], ids[i], attempts[i], results[i], false) THEN
            lost := lost || ids[i];
        END IF;
    END LOOP;
    RETURN lost;
END
$$;


CREATE OR REPLACE FUNCTION pgdispatch.version() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT '1.7.0'::text $$;

CALL pgdispatch.grant_as_before();
