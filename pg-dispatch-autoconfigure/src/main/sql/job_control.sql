CREATE OR REPLACE FUNCTION pgdispatch.find(
    INOUT id bigint, OUT state text, OUT command text, OUT handler text, OUT arguments json, OUT dispatched_at timestamptz,
    OUT due_at timestamptz, OUT attempts integer, OUT finished_at timestamptz)
RETURNS SETOF record
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    me     constant regrole := quote_ident(CURRENT_USER)::regrole;
    job_id constant bigint  := find.id;
    found_at record;
BEGIN
    SELECT p.* INTO found_at FROM pgdispatch.locate_job(job_id) AS p;
    IF found_at.place IS NOT NULL THEN
        RETURN QUERY
            SELECT j.id,
                   CASE WHEN pgdispatch.session_running(j.id) IS NOT NULL THEN 'running'
                        WHEN (found_at.asked).held_by = 'non_transactional' THEN CASE WHEN pgdispatch.is_non_transactional_free(found_at.asked) THEN 'waiting' ELSE 'running' END
                        WHEN (found_at.asked).held_by IS NOT NULL OR p.handler IS NOT NULL THEN 'held'
                        WHEN j.due_at > clock_timestamp() THEN 'snoozed'
                        ELSE 'waiting'
                   END,
                   j.command, NULL::text, NULL::json, j.dispatched_at, coalesce((found_at.asked).due_at, j.due_at),
                   coalesce((found_at.asked).attempts, 0), NULL::timestamptz
              FROM pgdispatch.job AS j
              LEFT JOIN pgdispatch.pause AS p ON p.role = me AND p.handler = ''
             WHERE found_at.handler IS NULL AND j.role = me AND j.due_at = found_at.place AND j.id = job_id
            UNION ALL
            SELECT j.id,
                   CASE WHEN j.claimed_by IN (SELECT n.id FROM pgdispatch.node AS n WHERE n.role = me) THEN 'running'
                        WHEN (found_at.asked).held_by IS NOT NULL
                             OR EXISTS (SELECT FROM pgdispatch.pause AS p WHERE p.role = me AND p.handler IN ('', j.handler)) THEN 'held'
                        WHEN j.due_at > clock_timestamp() THEN 'snoozed'
                        ELSE 'waiting'
                   END,
                   NULL, j.handler, j.arguments, j.dispatched_at, coalesce((found_at.asked).due_at, j.due_at), j.attempts, NULL
              FROM pgdispatch.handler_job AS j
             WHERE found_at.handler IS NOT NULL AND j.role = me AND j.handler = found_at.handler AND j.due_at = found_at.place AND j.id = job_id;
        IF FOUND THEN
            RETURN;
        END IF;
    END IF;
    RETURN QUERY
        SELECT d.id, 'failed'::text, d.command, d.handler, d.arguments, d.dispatched_at, d.due_at, d.attempts, d.failed_at
          FROM pgdispatch.dead_letter AS d
         WHERE d.role = me AND d.id = job_id
         ORDER BY d.failed_at DESC
         LIMIT 1;
    IF NOT FOUND THEN
        RETURN QUERY
            SELECT r.id, r.state, NULL::text, NULL::text, NULL::json, NULL::timestamptz, NULL::timestamptz, NULL::integer, r.finished_at
              FROM pgdispatch.result AS r
             WHERE r.role = me AND r.id = job_id AND r.expires_at > clock_timestamp();
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.find(bigint) IS
'Tells of a job of the current role, by the id that pgdispatch.dispatch has returned; no row: there is none any more, or never was. state: waiting (for a worker), snoozed (until due_at), held (by its ordering key, its queue or a pause), running, failed (it is a dead letter), or, for as long as its result is kept, done or cancelled. Of a job of which nothing is asked but to be run, reads all jobs of the role.';


CREATE OR REPLACE FUNCTION pgdispatch.result(
    job_id bigint, OUT state text, OUT value json, OUT row_count bigint, OUT sqlstate text, OUT message text, OUT finished_at timestamptz)
RETURNS SETOF record
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    me constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    RETURN QUERY
        SELECT 'pending'::text, NULL::json, NULL::bigint, NULL::text, NULL::text, NULL::timestamptz
          FROM pgdispatch.managed_job AS m
         WHERE m.role = me AND m.id = job_id AND NOT m.failed
        UNION ALL
        SELECT r.state, r.value, r.row_count, r.sqlstate, r.message, r.finished_at
          FROM pgdispatch.result AS r
         WHERE r.role = me AND r.id = job_id AND r.expires_at > clock_timestamp()
         LIMIT 1;
    IF NOT FOUND THEN
        RETURN QUERY
            SELECT CASE f.state WHEN 'failed' THEN 'failed' ELSE 'pending' END, NULL::json, NULL::bigint, d.sqlstate, d.message, d.failed_at
              FROM pgdispatch.find(job_id) AS f
              LEFT JOIN pgdispatch.dead_letter AS d ON d.role = me AND d.id = job_id AND d.failed_at = f.finished_at;
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.result(bigint) IS
'What has become of a job of the current role: pending, failed with its error, or, if that was to be kept (see pgdispatch.dispatch), done with its rows or their count, or cancelled. No row: there is no such job, or no longer. Example: SELECT value FROM pgdispatch.result(42)';


CREATE OR REPLACE FUNCTION pgdispatch.cancel(job_id bigint, patience interval DEFAULT '5 seconds') RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me      constant regrole     := quote_ident(CURRENT_USER)::regrole;
    ends_at constant timestamptz := clock_timestamp() + patience;
    job     record;
    sent    boolean := false;
    answer  text;
BEGIN
    PERFORM pg_advisory_xact_lock(pgdispatch.cancellation_lock(job_id));   -- See is_being_cancelled.
    LOOP
        SELECT p.* INTO job FROM pgdispatch.locate_job(job_id) AS p;
        IF job.place IS NULL THEN
            RETURN NULL;
        END IF;
        IF job.handler IS NOT NULL THEN
            answer := pgdispatch.cancel_job_of_handler(job.handler, job.place, job_id);
        ELSIF NOT pgdispatch.runs_non_transactional(job_id) THEN   -- Which it does without a lock on its row.
            PERFORM FROM pgdispatch.job AS j
              WHERE j.role = me AND j.due_at = job.place AND j.id = job_id
                FOR UPDATE SKIP LOCKED;
            IF FOUND AND NOT pgdispatch.runs_non_transactional(job_id) THEN   -- It may have been begun just before we had the row.
                DELETE FROM pgdispatch.job AS j WHERE j.role = me AND j.due_at = job.place AND j.id = job_id;
                answer := CASE WHEN sent THEN 'interrupted' ELSE 'cancelled' END;
            END IF;
        END IF;
        IF answer IN ('cancelled', 'interrupted') AND (job.asked).id IS NOT NULL THEN
            PERFORM pgdispatch.end_managed_job(me, job_id, 'cancelled', false);
        END IF;
        IF answer IS NOT NULL THEN
            RETURN answer;
        END IF;

        IF job.handler IS NULL THEN
            sent := pgdispatch.interrupt_job(job_id) OR sent;
        END IF;
        IF clock_timestamp() > ends_at THEN
            RETURN 'interrupting';
        END IF;
        PERFORM pg_sleep(0.005);
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.cancel(bigint, interval) IS
'Cancels a job of the current role. cancelled: it waited, and is gone with the commit of this transaction. interrupted: it was running, what it did is undone, and it is gone with this commit. interrupting: it has not come to an end for as long as the patience, or is run by a node of the application, which is told with this commit and interrupts its thread. NULL: there is no such job, or it has just come to its end. Holds the job until the end of this transaction, which is to be short, and READ COMMITTED.';


CREATE OR REPLACE FUNCTION pgdispatch.cancel_job_of_handler(handler_name text, job_place timestamptz, job_id bigint) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me constant regrole := quote_ident(CURRENT_USER)::regrole;
    node uuid;
BEGIN
    SELECT j.claimed_by
      INTO node
      FROM pgdispatch.handler_job AS j
     WHERE j.role = me AND j.handler = handler_name AND j.due_at = job_place AND j.id = job_id
       FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN NULL;
    ELSIF node IN (SELECT n.id FROM pgdispatch.node AS n WHERE n.role = me) THEN
        -- Should it be dead, whoever finds that out deletes the job.
        UPDATE pgdispatch.handler_job AS j SET cancelled = true
         WHERE j.role = me AND j.handler = handler_name AND j.due_at = job_place AND j.id = job_id;
        PERFORM pg_notify(pgdispatch.node_channel(me), '');
        RETURN 'interrupting';
    END IF;
    DELETE FROM pgdispatch.handler_job AS j
     WHERE j.role = me AND j.handler = handler_name AND j.due_at = job_place AND j.id = job_id;
    RETURN 'cancelled';
END
$$;

COMMENT ON FUNCTION pgdispatch.cancel_job_of_handler(text, timestamptz, bigint) IS
'Part of pgdispatch.cancel: for a job of a handler; NULL if another transaction has locked it.';


CREATE OR REPLACE FUNCTION pgdispatch.retry(dead_letter_id bigint) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me constant regrole := quote_ident(CURRENT_USER)::regrole;
    letter pgdispatch.dead_letter;
    asked  pgdispatch.managed_job;
    is_plain boolean;
    its_place timestamptz;
BEGIN
    SELECT d.*
      INTO letter
      FROM pgdispatch.dead_letter AS d
     WHERE d.role = me AND d.id = dead_letter_id
     ORDER BY d.failed_at DESC
     LIMIT 1
       FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    is_plain := letter.handler IS NOT NULL AND letter.options IS NULL
             OR letter.handler IS NULL AND coalesce(letter.options - 'max_attempts', '{}') = '{}';
    its_place := now() - coalesce((letter.options ->> 'priority')::integer, 0) * '1 second'::interval;

    IF letter.handler IS NULL THEN
        INSERT INTO pgdispatch.job (role, due_at, id, command, headers, dispatched_at, max_attempts, managed) OVERRIDING SYSTEM VALUE
        VALUES (me, its_place, letter.id, letter.command, letter.headers, letter.dispatched_at,
                CASE WHEN is_plain THEN (letter.options ->> 'max_attempts')::smallint END, CASE WHEN NOT is_plain THEN true END);
    ELSE
        INSERT INTO pgdispatch.handler_job (role, handler, due_at, id, arguments, headers, dispatched_at, managed, time_limit, wants_result)
        VALUES (me, letter.handler, its_place, letter.id, letter.arguments, letter.headers, letter.dispatched_at,
                CASE WHEN NOT is_plain THEN true END, (letter.options ->> 'time_limit')::interval, CASE WHEN letter.options ? 'result' THEN true END);
    END IF;
    IF NOT is_plain THEN
        -- It may be there already, as its order has waited for it.
        UPDATE pgdispatch.managed_job AS m
           SET failed = false, attempts = 0, crashes = 0, due_at = now(), place = its_place, rank = its_place
         WHERE m.role = me AND m.id = letter.id;
        IF NOT FOUND THEN
            asked := jsonb_populate_record(NULL::pgdispatch.managed_job, letter.options);
            asked.role := me;
            asked.id := letter.id;
            asked.handler := letter.handler;
            asked.due_at := now();
            asked.place := its_place;
            asked.rank := its_place;
            asked.attempts := 0;
            asked.crashes := 0;
            asked.has_key := false;
            asked.in_order := false;
            asked.in_queue := false;
            asked.failed := false;
            INSERT INTO pgdispatch.managed_job SELECT asked.*;
        END IF;
    END IF;
    DELETE FROM pgdispatch.dead_letter AS d WHERE d.role = me AND d.id = dead_letter_id;
    IF letter.handler IS NULL THEN
        PERFORM pgdispatch.wake_drivers(me, true);
    ELSE
        PERFORM pgdispatch.wake_nodes(me);
    END IF;
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.retry(bigint) IS
'Dispatches a dead letter again: a job with the same id, and with all that was asked of it, whose attempts are counted anew. False: there is no such dead letter. Of a job with a key, others may have been dispatched meanwhile. Example: SELECT pgdispatch.retry(id) FROM pgdispatch.dead_letter WHERE sqlstate = ''23503''';


CREATE OR REPLACE FUNCTION pgdispatch.locate_job(
    job_id bigint, OUT handler text, OUT place timestamptz, OUT asked pgdispatch.managed_job)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    SELECT m.* INTO asked FROM pgdispatch.managed_job AS m WHERE m.role = me AND m.id = job_id AND NOT m.failed;
    IF FOUND THEN
        handler := asked.handler;
        place := asked.place;
        RETURN;
    END IF;
    asked := NULL;
    -- Plain jobs have no index by id: one more would cost each dispatch.
    SELECT j.due_at INTO place FROM pgdispatch.job AS j WHERE j.role = me AND j.id = job_id;
    IF NOT FOUND THEN
        SELECT j.due_at, j.handler INTO place, handler FROM pgdispatch.handler_job AS j WHERE j.role = me AND j.id = job_id;
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.locate_job(bigint) IS
'Finds a job of the current role that has not ended; place is NULL if there is none. Of a plain job, reads all jobs of the role.';
