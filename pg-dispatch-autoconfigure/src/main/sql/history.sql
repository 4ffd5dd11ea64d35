-- The history: what has become of jobs and of their attempts, for those who want it kept.
--
-- Whatever ends a job or an attempt looks first whether history_retention has a row. By default it has none, and a look at an empty table costs
-- nearly nothing. An error of the history never makes a job fail: what cannot be recorded is left out, with a WARNING.
--
-- Each day of UTC has a partition. It is made two days before, which does not block the sessions that record jobs. It is dropped as a
-- whole, which blocks them for an instant. A drop that would have to wait for them is given up and tried again later.

CREATE OR REPLACE FUNCTION pgdispatch.retention_of(of_role regrole, of_queue text) RETURNS interval
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT r.retention
              FROM pgdispatch.history_retention AS r
             WHERE r.role::oid = ANY (ARRAY[0::oid, of_role::oid])
               AND (r.queue = '' OR r.queue = of_queue)
             ORDER BY r.queue DESC, r.role::oid DESC
             LIMIT 1);
END
$$;

COMMENT ON FUNCTION pgdispatch.retention_of(regrole, text) IS
'Returns how long ended jobs of a role and a queue are kept. NULL: they are not. of_queue is NULL for jobs without a queue.';


CREATE OR REPLACE FUNCTION pgdispatch.record_commands(done pgdispatch.job[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    moment constant timestamptz := clock_timestamp();
    node   constant text        := nullif(current_setting('application_name'), '');
BEGIN
    IF pgdispatch.retention_of(quote_ident(CURRENT_USER)::regrole, NULL) > '0'::interval THEN
        PERFORM pgdispatch.ensure_history_partition(moment);
        INSERT INTO pgdispatch.history (role, id, outcome, label, dispatched_at, due_at, started_at, ended_at, attempts, node)
        SELECT d.role, d.id, 'done', d.label, d.dispatched_at, d.due_at, now(), moment, 1, node FROM unnest(done) AS d WHERE d.managed IS NULL;
    END IF;
    -- Each queue may keep its jobs for another time.
    PERFORM pgdispatch.record_command(d, m, 'done')
       FROM unnest(done) AS d
       LEFT JOIN pgdispatch.managed_job AS m ON m.role = d.role AND m.id = d.id
      WHERE d.managed;
EXCEPTION
    WHEN assert_failure OR OTHERS THEN
        RAISE WARNING 'pgdispatch: the history lacks % jobs from % on: %', cardinality(done), done[1].id, SQLERRM;
END
$$;

COMMENT ON FUNCTION pgdispatch.record_commands(pgdispatch.job[]) IS
'Part of pgdispatch.work. Records SQL jobs that are done and ran in a chunk in this transaction, before the rows of the managed ones in
pgdispatch.managed_job are deleted. It never fails.';


CREATE OR REPLACE FUNCTION pgdispatch.record_command(
    job pgdispatch.job, managed pgdispatch.managed_job, outcome text, error_sqlstate text DEFAULT NULL, error_message text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    ended pgdispatch.history;
BEGIN
    IF NOT EXISTS (SELECT FROM pgdispatch.history_retention) THEN
        RETURN;
    END IF;
    ended.role := job.role;
    ended.id := job.id;
    ended.outcome := record_command.outcome;
    ended.label := job.label;
    ended.queue := managed.queue;
    ended.dispatched_at := job.dispatched_at;
    ended.due_at := coalesce(managed.due_at, job.due_at);
    ended.attempts := coalesce(managed.attempts, job.crashes);
    ended.sqlstate := error_sqlstate;
    ended.message := error_message;
    IF outcome <> 'cancelled' THEN
        ended.attempts := greatest(ended.attempts, 1);
        ended.started_at := coalesce(managed.started_at, now());   -- The transaction began with the claim of the job.
        ended.node := nullif(current_setting('application_name'), '');
    END IF;
    PERFORM pgdispatch.record_end(ended);
END
$$;

COMMENT ON FUNCTION pgdispatch.record_command(pgdispatch.job, pgdispatch.managed_job, text, text, text) IS
'Part of what ends SQL jobs and their attempts. Records the end of one, if a history is kept. managed is NULL for a plain job.';


CREATE OR REPLACE FUNCTION pgdispatch.record_call(
    job pgdispatch.handler_job, outcome text, ran_for interval, error_sqlstate text DEFAULT NULL, error_message text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    ended pgdispatch.history;
BEGIN
    IF NOT EXISTS (SELECT FROM pgdispatch.history_retention) THEN
        RETURN;
    END IF;
    IF job.managed THEN
        SELECT m.queue, m.due_at INTO ended.queue, ended.due_at FROM pgdispatch.managed_job AS m WHERE m.role = job.role AND m.id = job.id;
    ELSE
        ended.due_at := job.due_at;
    END IF;
    ended.role := job.role;
    ended.id := job.id;
    ended.outcome := record_call.outcome;
    ended.handler := job.handler;
    ended.dispatched_at := job.dispatched_at;
    ended.started_at := clock_timestamp() - ran_for;
    ended.attempts := job.attempts;
    ended.node := job.claimed_by::text;
    ended.sqlstate := error_sqlstate;
    ended.message := error_message;
    PERFORM pgdispatch.record_end(ended);
END
$$;

COMMENT ON FUNCTION pgdispatch.record_call(pgdispatch.handler_job, text, interval, text, text) IS
'Part of what ends jobs of handlers and their attempts. Records the end of one, if a history is kept, before its row in
pgdispatch.managed_job is deleted or changed. ran_for: time since the attempt began; NULL: unknown.';


CREATE OR REPLACE FUNCTION pgdispatch.record_end(ended pgdispatch.history) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    moment constant timestamptz := clock_timestamp();
BEGIN
    PERFORM pgdispatch.ensure_history_partition(moment);
    INSERT INTO pgdispatch.history
    SELECT ended.role, ended.id, ended.outcome, ended.handler, ended.label, ended.queue, ended.dispatched_at, ended.due_at, ended.started_at,
           moment, ended.attempts, ended.node, ended.sqlstate, left(ended.message, 1000)
     WHERE pgdispatch.retention_of(ended.role, ended.queue) > '0'::interval;
EXCEPTION
    WHEN assert_failure OR OTHERS THEN
        RAISE WARNING 'pgdispatch: the history lacks job %: %', ended.id, SQLERRM;
END
$$;

COMMENT ON FUNCTION pgdispatch.record_end(pgdispatch.history) IS
'Part of pgdispatch.record_command and pgdispatch.record_call. Records a job or an attempt that ends now, if it is to be kept. It never fails.';


CREATE OR REPLACE FUNCTION pgdispatch.ensure_history_partition(moment timestamptz) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF to_regclass('pgdispatch.' || pgdispatch.history_partition(moment)) IS NULL AND EXISTS (SELECT FROM pgdispatch.history_retention) THEN
        PERFORM pgdispatch.tidy_history(false);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.ensure_history_partition(timestamptz) IS
'Part of what records the ends of jobs and attempts. Makes the partition of the day, if no worker has made it before.';


CREATE OR REPLACE FUNCTION pgdispatch.history_partition(moment timestamptz) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN 'history_' || to_char(moment AT TIME ZONE 'UTC', 'YYYYMMDD');
END
$$;

COMMENT ON FUNCTION pgdispatch.history_partition(timestamptz) IS
'Returns the name of the partition of pgdispatch.history for the day, which is one of UTC.';


-- A job that ends needs a partition, and its role may not create tables.
CREATE OR REPLACE FUNCTION pgdispatch.tidy_history(drops boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '50ms'
SET client_min_messages = warning
AS $$
DECLARE
    today   constant timestamp := date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC');
    longest constant interval  := (SELECT max(r.retention) FROM pgdispatch.history_retention AS r);
    day     timestamp;
    name    text;
BEGIN
    IF longest > '0'::interval THEN
        FOR ahead IN 0 .. 2 LOOP
            day := today + ahead * '1 day'::interval;
            name := pgdispatch.history_partition(day AT TIME ZONE 'UTC');
            CONTINUE WHEN to_regclass('pgdispatch.' || name) IS NOT NULL;
            -- ATTACH PARTITION blocks only sessions that do the same. CREATE TABLE with PARTITION OF would block those that record jobs.
            EXECUTE format('CREATE TABLE pgdispatch.%I (LIKE pgdispatch.history INCLUDING ALL)', name);
            EXECUTE format('ALTER TABLE pgdispatch.%I ADD PRIMARY KEY (role, ended_at, id), ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
            EXECUTE format('CREATE INDEX ON pgdispatch.%I (role, id)', name);
            EXECUTE format('ALTER TABLE pgdispatch.history ATTACH PARTITION pgdispatch.%I FOR VALUES FROM (%L) TO (%L)', name,
                           day AT TIME ZONE 'UTC', (day + '1 day'::interval) AT TIME ZONE 'UTC');
        END LOOP;
    END IF;
    IF drops THEN
        FOR name IN
            SELECT c.relname
              FROM pg_inherits AS i
              JOIN pg_class AS c ON c.oid = i.inhrelid
             WHERE i.inhparent = 'pgdispatch.history'::regclass
               AND c.relname ~ '^history_[0-9]{8}$'   -- The owner of the schema may have attached others.
               AND c.relname < pgdispatch.history_partition(clock_timestamp() - coalesce(longest, '0'::interval))
        LOOP
            EXECUTE format('DROP TABLE pgdispatch.%I', name);
        END LOOP;
    END IF;
EXCEPTION
    WHEN lock_not_available OR duplicate_table OR unique_violation THEN
        NULL;   -- Another session does the same, or reads or records for longer than this waits. It is tried again in a minute.
    WHEN assert_failure OR OTHERS THEN
        RAISE WARNING 'pgdispatch: the partitions of the history cannot be made or dropped: %', SQLERRM;
END
$$;

COMMENT ON FUNCTION pgdispatch.tidy_history(boolean) IS
'Part of pgdispatch.purge_expired and pgdispatch.ensure_history_partition. Makes the partitions of the next days, if anything is to be kept. With
drops, it drops those whose last job has been kept for the longest retention. It waits 50 ms at most for those who read or record, and
never fails.';


CREATE OR REPLACE FUNCTION pgdispatch.keep_history(retention interval, queue text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    IF NOT pgdispatch.is_duration(retention) OR NOT pgdispatch.is_name(queue) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = CASE WHEN NOT pgdispatch.is_name(queue) THEN 'pgdispatch: the name of the queue is blank, longer than 1000 bytes or has a control character'
                           ELSE format('pgdispatch: the retention is %s', retention)
                      END,
            HINT = 'Pass how long ended jobs are kept, from zero to 10 years, or NULL for what all roles have; and a queue such as ''mail'', or leave it out.';
    END IF;
    PERFORM pgdispatch.set_history_retention(caller, coalesce(keep_history.queue, ''), keep_history.retention);
END
$$;

COMMENT ON FUNCTION pgdispatch.keep_history(interval, text) IS
'Has the ended jobs of the current role, or of one of its queues, kept in pgdispatch.history for at least the retention, from the commit
of this transaction on. 0: they are not kept. NULL: what applies to the role, or to all roles, applies again. A partition of a day is
dropped once the longest retention of all roles has passed.
It costs each job a row with two indexes, written in the transaction that ends the job, and such a row for each failed attempt before.
Errors: 22023 if the retention is negative or longer than 10 years, or the name of the queue is not valid.
Example: SELECT pgdispatch.keep_history(''7 days'')';


CREATE OR REPLACE FUNCTION pgdispatch.set_history_retention(of_role regrole, of_queue text, new_retention interval) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF new_retention IS NULL THEN
        DELETE FROM pgdispatch.history_retention AS r WHERE r.role = of_role AND r.queue = of_queue;
        RETURN;
    END IF;
    INSERT INTO pgdispatch.history_retention AS r (role, queue, retention)
    VALUES (of_role, of_queue, new_retention)
    ON CONFLICT ON CONSTRAINT history_retention_pkey DO UPDATE
    SET retention = excluded.retention
    WHERE r.retention <> excluded.retention;
    PERFORM pgdispatch.tidy_history(false);
END
$$;

COMMENT ON FUNCTION pgdispatch.set_history_retention(regrole, text, interval) IS
'Part of pgdispatch.keep_history and pgdispatch.configure. of_queue is empty for all jobs of the role; a retention of NULL removes it.';


CREATE OR REPLACE FUNCTION pgdispatch.history(
    INOUT kind text DEFAULT NULL, INOUT name text DEFAULT NULL, INOUT queue text DEFAULT NULL, INOUT outcome text DEFAULT NULL,
    before timestamptz DEFAULT 'infinity', before_id bigint DEFAULT 9223372036854775807, max_count integer DEFAULT 100,
    OUT id bigint, OUT dispatched_at timestamptz, OUT due_at timestamptz, OUT started_at timestamptz, OUT ended_at timestamptz,
    OUT attempts integer, OUT node text, OUT sqlstate text, OUT message text)
RETURNS SETOF record
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    IF history.kind NOT IN ('sql', 'handler') OR history.outcome NOT IN ('done', 'failed', 'cancelled') THEN
        RAISE invalid_parameter_value USING
            MESSAGE = CASE WHEN history.kind NOT IN ('sql', 'handler') THEN format('pgdispatch: the kind is %s', history.kind)
                           ELSE format('pgdispatch: the outcome is %s', history.outcome)
                      END,
            HINT = 'The kind is sql or handler, and the outcome is done, failed or cancelled. Leave them out for all jobs.';
    END IF;
    RETURN QUERY
        SELECT CASE WHEN h.handler IS NULL THEN 'sql' ELSE 'handler' END, coalesce(h.handler, h.label), h.queue, h.outcome, h.id, h.dispatched_at,
               h.due_at, h.started_at, h.ended_at, h.attempts, h.node, h.sqlstate, h.message
          FROM pgdispatch.history AS h
         WHERE h.role = caller
           AND h.outcome <> 'retried'
           AND (h.ended_at, h.id) < (before, before_id)
           AND (history.kind IS NULL OR (h.handler IS NULL) = (history.kind = 'sql'))
           AND (history.name IS NULL OR coalesce(h.handler, h.label) = history.name)
           AND (history.queue IS NULL OR h.queue = history.queue)
           AND (history.outcome IS NULL OR h.outcome = history.outcome)
         ORDER BY h.ended_at DESC, h.id DESC
         LIMIT max_count;
END
$$;

COMMENT ON FUNCTION pgdispatch.history(text, text, text, text, timestamptz, bigint, integer) IS
'Lists the jobs of the current role that have ended, the last one first, as far as they are kept (see pgdispatch.keep_history). The
arguments choose jobs; NULL stands for all.
kind: sql or handler. name: the label of a SQL job, or the handler. queue: the queue. outcome: done, failed or cancelled. max_count:
number of jobs of a page. For the next page, pass the ended_at and the id of the last job as before and before_id.
A page without a filter reads that many rows. With a filter that few jobs meet, it reads the whole history of the role.
Errors: 22023 if the kind or the outcome is none of these.
Example: SELECT id, name, outcome, ended_at FROM pgdispatch.history(name => ''signUpSideEffects.welcome'')';


CREATE OR REPLACE FUNCTION pgdispatch.attempts(
    job_id bigint, OUT attempt integer, OUT outcome text, OUT started_at timestamptz, OUT ended_at timestamptz, OUT node text,
    OUT sqlstate text, OUT message text)
RETURNS SETOF record
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET jit = off
AS $$
BEGIN
    RETURN QUERY
        SELECT h.attempts, h.outcome, h.started_at, h.ended_at, h.node, h.sqlstate, h.message
          FROM pgdispatch.history AS h
         WHERE h.role = quote_ident(CURRENT_USER)::regrole AND h.id = job_id AND h.outcome <> 'cancelled'
         ORDER BY h.ended_at;
END
$$;

COMMENT ON FUNCTION pgdispatch.attempts(bigint) IS
'Returns the attempts of a job of the current role that have ended, the first one first, as far as they are kept (see
pgdispatch.keep_history). It does not matter whether the job has ended.
attempt: number of the attempt. It starts anew when a dead letter is retried. An attempt that an outage ended does not count, so that
the next one has the same number. outcome: done, retried (it failed, and another one followed) or failed (it failed, and the job
became a dead letter). started_at: NULL if it is not known. node, sqlstate and message: as in pgdispatch.history.
An attempt leaves no row if its session or its node was lost, or if it was interrupted because the job was cancelled.
It reads an index of each day that is kept.
Example: SELECT * FROM pgdispatch.attempts(42)';
