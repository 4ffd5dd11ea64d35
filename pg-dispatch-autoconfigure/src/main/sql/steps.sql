-- Steps: what the method of a job has finished, so that the job's next attempt, also on another node, goes on behind it.
--
-- A node writes a step only while its claim holds, as it completes a job (see handler_outcomes.sql). A node that was frozen for longer
-- than its lease thus neither doubles nor overwrites what another one has done. If the step did its work in the same transaction,
-- both are committed or neither is.
--
-- A job with a step is a managed job: its second row says that it has steps, so that whatever ends the job deletes them, and a job
-- without steps pays nothing. A dead letter keeps them for its retry.

CREATE OR REPLACE FUNCTION pgdispatch.end_step(
    node uuid, handler_name text, job_due_at timestamptz, job_id bigint, attempt integer, step_name text, result json DEFAULT NULL)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '30 s'   -- A transaction that cancels the job may stay open.
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
    job    pgdispatch.handler_job;
BEGIN
    -- Until the commit, no other node can take over the job. Those that look for jobs skip it, and wait for nothing.
    SELECT j.*
      INTO job
      FROM pgdispatch.handler_job AS j
     WHERE j.role = caller
       AND j.handler = handler_name
       AND j.due_at = job_due_at
       AND j.id = job_id
       AND j.claimed_by = node
       AND j.attempts = attempt
       FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF NOT pgdispatch.is_name(step_name) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = 'pgdispatch: the name of the step is blank, longer than 1000 bytes or has a control character',
            HINT = 'Pass a name such as ''charge''.';
    END IF;
    IF job.managed THEN
        UPDATE pgdispatch.managed_job AS m SET has_steps = true WHERE m.role = caller AND m.id = job_id AND m.has_steps IS NULL;
    ELSE
        INSERT INTO pgdispatch.managed_job (role, id, handler, due_at, place, rank, has_steps)
        VALUES (caller, job_id, handler_name, job_due_at, job_due_at, job_due_at, true);
        UPDATE pgdispatch.handler_job AS j SET managed = true
         WHERE j.role = caller AND j.handler = handler_name AND j.due_at = job_due_at AND j.id = job_id;
    END IF;
    INSERT INTO pgdispatch.step (role, job_id, name, result) VALUES (caller, end_step.job_id, step_name, end_step.result);
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.end_step(uuid, text, timestamptz, bigint, integer, text, json) IS
'For a job that the node has claimed. Keeps that its method has finished a step, with the result of the step as JSON (NULL: it has
none). Returns false, and keeps nothing, if the claim does not hold any more. It locks the job until the end of the transaction,
so it is called just before the commit.
Errors: 22023 if the name is blank, longer than 1000 bytes or has a control character. 23505 if the job has such a step already. 55P03
if another transaction has locked the job for 30 seconds.';


CREATE OR REPLACE FUNCTION pgdispatch.sleep_handler_job(
    node uuid, handler_name text, job_due_at timestamptz, job_id bigint, attempt integer, step_name text, delay interval)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '200 ms'   -- As with the other outcomes, the node tries again later. This is why the job is locked here.
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
BEGIN
    PERFORM FROM pgdispatch.handler_job AS j
      WHERE j.role = quote_ident(CURRENT_USER)::regrole AND j.handler = handler_name AND j.due_at = job_due_at AND j.id = job_id
        FOR NO KEY UPDATE;
    RETURN pgdispatch.end_step(node, handler_name, job_due_at, job_id, attempt, step_name)
       AND pgdispatch.release_handler_job(node, handler_name, job_due_at, job_id, attempt, delay);
END
$$;

COMMENT ON FUNCTION pgdispatch.sleep_handler_job(uuid, text, timestamptz, bigint, integer, text, interval) IS
'For a job that the node has claimed and whose method sleeps. Releases the job, which is due again after the delay. The attempt does
not count. The sleep is kept as a step, so that the next attempt goes on behind it. A job that was cancelled meanwhile is deleted.
Returns false if the claim does not hold any more.
Errors: those of pgdispatch.end_step.';


CREATE OR REPLACE FUNCTION pgdispatch.steps(job_id bigint, OUT name text, OUT result json, OUT ended_at timestamptz) RETURNS SETOF record
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    RETURN QUERY
        SELECT s.name, s.result, s.ended_at
          FROM pgdispatch.step AS s
         WHERE s.role = caller AND s.job_id = steps.job_id
         ORDER BY s.ended_at, s.name;
END
$$;

COMMENT ON FUNCTION pgdispatch.steps(bigint) IS
'Returns the steps that the method of a job of the current role has finished, the first one first. A sleep is a step, too. A job that
has ended has none, but a dead letter has.
name: the name of the step. result: what the step returned; NULL: it returns nothing. ended_at: time at which it ended.
Example: SELECT name, ended_at FROM pgdispatch.steps(42)';


CREATE OR REPLACE FUNCTION pgdispatch.delete_steps(owner regrole, of_job bigint) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
BEGIN
    DELETE FROM pgdispatch.step AS s WHERE s.role = owner AND s.job_id = of_job;
END
$$;

COMMENT ON FUNCTION pgdispatch.delete_steps(regrole, bigint) IS
'Part of what ends managed jobs. Deletes the steps of a job.';


-- The retry of a dead letter has written the job again before it deletes the dead letter.
CREATE OR REPLACE FUNCTION pgdispatch.delete_steps_of_dead_letter() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pgdispatch.managed_job AS m WHERE m.role = OLD.role AND m.id = OLD.id AND NOT m.failed) THEN
        PERFORM pgdispatch.delete_steps(OLD.role, OLD.id);
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION pgdispatch.delete_steps_of_dead_letter() IS
'Trigger of pgdispatch.dead_letter. Deletes the steps of a dead letter that is deleted and not retried.';
