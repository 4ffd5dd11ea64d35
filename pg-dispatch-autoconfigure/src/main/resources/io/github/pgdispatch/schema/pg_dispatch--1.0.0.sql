-- pg-dispatch 1.0.0: a side effect is one row written in the caller's transaction.
--
-- One script for every way of installing it: Liquibase and JDBC (what the Spring Boot starter does), a DBA's psql, CREATE
-- EXTENSION. So there is no transaction control and no psql command in it, and every name is qualified: functions that end
-- transactions cannot pin their search_path, and in those that every dispatch calls it would cost as much as a quarter of the row.
-- Operators are given operands of exactly their types: the search for those ends in pg_catalog.

DO $$
BEGIN
    -- IF NOT EXISTS asks for the right to create schemas even where the schema is there, and a DBA may have made it for us.
    IF pg_catalog.to_regnamespace('pgdispatch') IS NULL THEN
        CREATE SCHEMA pgdispatch;
        COMMENT ON SCHEMA pgdispatch IS
        'pg-dispatch: SQL that runs after the commit of the transaction that dispatched it, and never if that rolls back.';
        REVOKE ALL ON SCHEMA pgdispatch FROM PUBLIC;
    END IF;
END
$$;


-- ---------------------------------------------------------------------------------------------------------------------
-- Tables
-- ---------------------------------------------------------------------------------------------------------------------

CREATE TABLE pgdispatch.job (
    role     regrole     NOT NULL DEFAULT pg_catalog.quote_ident(CURRENT_USER)::regrole,
    due_at   timestamptz NOT NULL DEFAULT pg_catalog.now(),
    id       bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    fired_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    crashes  smallint    NOT NULL DEFAULT 0,
    command  text        NOT NULL,
    -- The one index: a worker reads it from its role's oldest due job on. As the primary key it is also the replica identity,
    -- without which a publication FOR ALL TABLES would refuse the deletes.
    PRIMARY KEY (role, due_at, id)
) WITH (
    -- Rows are written once and deleted once, so that room for updates would only make the table larger. What matters is that
    -- dead rows go early and in small portions, whatever the size of the backlog.
    fillfactor = 100,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 10000,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 100000,
    toast.autovacuum_vacuum_scale_factor = 0,
    toast.autovacuum_vacuum_threshold = 10000,
    toast.autovacuum_vacuum_cost_delay = 0
);

COMMENT ON TABLE pgdispatch.job IS
'A job is a command that waits for its run. Its row is written by the transaction that dispatched it and deleted by the transaction that ran it. A role sees its own jobs only.';
COMMENT ON COLUMN pgdispatch.job.role IS
'The role that dispatched the job, and as which a session must have logged in to run it.';
COMMENT ON COLUMN pgdispatch.job.due_at IS
'The job is not run before this time of the database''s clock.';
COMMENT ON COLUMN pgdispatch.job.id IS
'Identifies the job; of two jobs due at the same time the lower one is started first.';
COMMENT ON COLUMN pgdispatch.job.fired_at IS
'Start of the transaction that dispatched the job.';
COMMENT ON COLUMN pgdispatch.job.crashes IS
'How many sessions were lost while they ran this job. Counted only once a driver has reason for suspicion; such a job is run with no other in its transaction, and given up after the fifth time.';
COMMENT ON COLUMN pgdispatch.job.command IS
'One or more SQL statements, separated by semicolons.';

CREATE TABLE pgdispatch.dead_letter (
    role      regrole     NOT NULL,
    id        bigint      NOT NULL,
    command   text        NOT NULL,
    fired_at  timestamptz NOT NULL,
    due_at    timestamptz NOT NULL,
    failed_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    crashes   smallint    NOT NULL,
    sqlstate  text        NOT NULL,
    message   text        NOT NULL,
    detail    text,
    hint      text,
    context   text,
    PRIMARY KEY (role, id, failed_at)
);

COMMENT ON TABLE pgdispatch.dead_letter IS
'The jobs that failed, with their error. A role sees its own only, and may delete them: nothing else does.';
COMMENT ON COLUMN pgdispatch.dead_letter.id IS 'The id that the job had.';
COMMENT ON COLUMN pgdispatch.dead_letter.role IS 'The role that dispatched the job.';
COMMENT ON COLUMN pgdispatch.dead_letter.command IS 'What failed. To try it again: SELECT pgdispatch.fire(command).';
COMMENT ON COLUMN pgdispatch.dead_letter.fired_at IS 'Start of the transaction that dispatched the job.';
COMMENT ON COLUMN pgdispatch.dead_letter.due_at IS 'When the job was due.';
COMMENT ON COLUMN pgdispatch.dead_letter.failed_at IS 'When the job failed.';
COMMENT ON COLUMN pgdispatch.dead_letter.crashes IS 'How many sessions were known to have been lost while they ran the job.';
COMMENT ON COLUMN pgdispatch.dead_letter.sqlstate IS 'The error''s SQLSTATE; 58000 where the job took its session down.';
COMMENT ON COLUMN pgdispatch.dead_letter.message IS 'The error''s primary message.';
COMMENT ON COLUMN pgdispatch.dead_letter.detail IS 'The error''s detail, if it had one.';
COMMENT ON COLUMN pgdispatch.dead_letter.hint IS 'The error''s hint, if it had one.';
COMMENT ON COLUMN pgdispatch.dead_letter.context IS 'Where the error came from: the call stack, innermost first.';

ALTER TABLE pgdispatch.job ENABLE ROW LEVEL SECURITY;
ALTER TABLE pgdispatch.dead_letter ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON pgdispatch.job
    USING (role::oid = pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.job IS 'A role sees, adds and removes its own jobs only.';

CREATE POLICY own ON pgdispatch.dead_letter
    USING (role::oid = pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.dead_letter IS 'A role sees, adds and removes its own dead letters only.';


-- ---------------------------------------------------------------------------------------------------------------------
-- What users call
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION pgdispatch.version() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT '1.0.0'::text $$;

COMMENT ON FUNCTION pgdispatch.version() IS
'The version of this schema, as major.minor.patch. A library works with every schema of its own major version that is not older than itself.';


CREATE FUNCTION pgdispatch.channel(role regrole) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT 'pgdispatch_'::text || role::oid::text $$;

COMMENT ON FUNCTION pgdispatch.channel(regrole) IS
'The channel on which resting drivers of the role listen: a notification says that jobs were dispatched.';


CREATE FUNCTION pgdispatch.driver_lock(role regrole) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824112::bigint << 32) | role::oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.driver_lock(regrole) IS
'Key of the advisory lock that a driver of the role holds exclusively while it rests and wants to be notified. (The upper half spells pgdp.)';


CREATE FUNCTION pgdispatch.dispatch(command text, delay interval DEFAULT '0', notify boolean DEFAULT true) RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    caller constant regrole := pg_catalog.quote_ident(CURRENT_USER)::regrole;
    job_id bigint;
BEGIN
    IF command IS NULL THEN
        RAISE null_value_not_allowed USING
            MESSAGE = 'pgdispatch: the command is NULL',
            HINT = 'Pass the SQL that is to run after the commit. A concatenation is NULL when one of its parts is: format(''… %L'', value) is not.';
    ELSIF command !~ '[^[:space:]]' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = 'pgdispatch: the command is blank',
            HINT = 'Pass the SQL that is to run after the commit.';
    END IF;

    IF delay IS NULL THEN
        RAISE null_value_not_allowed USING
            MESSAGE = 'pgdispatch: the delay is NULL',
            HINT = 'Pass an interval such as ''20 seconds'', or call pgdispatch.fire(command) for no delay.';
    ELSIF delay < '0'::interval OR NOT pg_catalog.isfinite(delay) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = pg_catalog.format('pgdispatch: the delay is %s', delay),
            HINT = 'A delay is zero or more, and finite.';
    END IF;

    IF pg_catalog.current_setting('transaction_read_only')::boolean THEN
        RAISE read_only_sql_transaction USING
            MESSAGE = 'pgdispatch: a job cannot be dispatched in a read-only transaction',
            DETAIL = CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'This server is a standby.' ELSE 'A dispatch writes a row.' END,
            HINT = CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'Connect to the primary.' ELSE 'Dispatch in a read-write transaction.' END;
    END IF;

    -- Found out here and not by a worker that never comes: no session can log in as such a role, and none may act for it.
    IF NOT (SELECT r.rolcanlogin FROM pg_catalog.pg_roles AS r WHERE r.oid = caller::oid) THEN
        RAISE invalid_authorization_specification USING
            MESSAGE = pg_catalog.format('pgdispatch: role %s cannot log in, so that nothing could run its jobs', caller),
            DETAIL = 'A job runs in a session that logged in as the role that dispatched it.',
            HINT = pg_catalog.format('Dispatch from a SECURITY DEFINER function of a role that can log in, or ALTER ROLE %s LOGIN.', caller);
    END IF;

    INSERT INTO pgdispatch.job (role, due_at, command)
    VALUES (caller, pg_catalog.now() + pg_catalog.date_trunc('second', delay), command)
    RETURNING id INTO job_id;

    -- NOTIFY takes a lock that all committing sessions of the cluster contend for, so it is sent only where a driver rests: that
    -- is when one holds this lock exclusively. Until our commit our own share of it keeps any from going to rest unaware of us.
    IF notify AND NOT pg_catalog.pg_try_advisory_xact_lock_shared(pgdispatch.driver_lock(caller)) THEN
        PERFORM pg_catalog.pg_notify(pgdispatch.channel(caller), '');
    END IF;

    RETURN job_id;
END
$$;

COMMENT ON FUNCTION pgdispatch.dispatch(text, interval, boolean) IS
'Dispatches a command like pgdispatch.snooze, and returns the id of its job. With notify => false no resting driver is woken: for callers that see to that themselves after their commit.';


CREATE FUNCTION pgdispatch.fire(command text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pgdispatch.dispatch(command);
END
$$;

COMMENT ON FUNCTION pgdispatch.fire(text) IS
'Runs the command after the current transaction has committed, and never if it rolls back. The command holds one or more SQL statements; it runs once, READ COMMITTED, with the rights and the default settings of the current role, apart from the caller''s transaction and session. (Triggers and constraints that are deferred to its end find the default settings, too, whatever it has set.) If it fails, its effects are undone and its error is kept in pgdispatch.dead_letter. Does not wait for other transactions. Example: SELECT pgdispatch.fire(format(''SELECT refresh_statistics(%L)'', 42))';


CREATE FUNCTION pgdispatch.snooze(command text, delay interval) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pgdispatch.dispatch(command, delay);
END
$$;

COMMENT ON FUNCTION pgdispatch.snooze(text, interval) IS
'Runs the command like pgdispatch.fire, but not before the delay has passed since the start of the current transaction. The delay is truncated to whole seconds. Example: SELECT pgdispatch.snooze(''SELECT send_reminder(42)'', ''20 seconds'')';


-- ---------------------------------------------------------------------------------------------------------------------
-- The executor
-- ---------------------------------------------------------------------------------------------------------------------

-- The settings of this and the functions like it: the planner must not take the queue for the small table that it was when the
-- plan was made, for a plan that sorts it or scans it whole is a cliff; nor for so large a one that it compiles the plan anew
-- each time.
CREATE FUNCTION pgdispatch.claim(moment timestamptz, after_due_at timestamptz, after_id bigint, at_most integer)
RETURNS pgdispatch.job[]
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    worker constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    RETURN ARRAY(
        SELECT job
          FROM pgdispatch.job
         WHERE job.role = worker
           AND job.due_at <= moment
           AND (job.due_at, job.id) > (after_due_at, after_id)
         ORDER BY job.due_at, job.id
         LIMIT at_most
           FOR UPDATE SKIP LOCKED);
END
$$;

COMMENT ON FUNCTION pgdispatch.claim(timestamptz, timestamptz, bigint, integer) IS
'Part of pgdispatch.work: locks, and returns in order, the first jobs of the current role after the given position that were due at the moment and that nobody else has locked.';


CREATE FUNCTION pgdispatch.finish(jobs pgdispatch.job[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    finished pgdispatch.job;
BEGIN
    -- One by one, as a join would be another plan that can go wrong: made on an empty table, it reads all jobs of the role.
    FOREACH finished IN ARRAY jobs LOOP
        DELETE FROM pgdispatch.job
         WHERE job.role = finished.role
           AND job.due_at = finished.due_at
           AND job.id = finished.id;
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.finish(pgdispatch.job[]) IS
'Part of pgdispatch.work: deletes jobs that it has claimed.';


CREATE FUNCTION pgdispatch.count_crash(crashing pgdispatch.job) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
BEGIN
    UPDATE pgdispatch.job
       SET crashes = job.crashes + 1
     WHERE job.role = crashing.role
       AND job.due_at = crashing.due_at
       AND job.id = crashing.id;
END
$$;

COMMENT ON FUNCTION pgdispatch.count_crash(pgdispatch.job) IS
'Part of pgdispatch.work: counts a crash of a claimed job in advance. It stands if the session does not live to finish the job.';


CREATE FUNCTION pgdispatch.claim_again(counted pgdispatch.job) RETURNS pgdispatch.job
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    again pgdispatch.job;
BEGIN
    SELECT job.*
      INTO again
      FROM pgdispatch.job
     WHERE job.role = counted.role
       AND job.due_at = counted.due_at
       AND job.id = counted.id
       FOR UPDATE;   -- May wait for a worker that has claimed it in a batch, but that will not run it there.
    RETURN again;
END
$$;

COMMENT ON FUNCTION pgdispatch.claim_again(pgdispatch.job) IS
'Part of pgdispatch.work: locks a job after its crash has been counted; NULL if it is gone.';


CREATE FUNCTION pgdispatch.count_due(moment timestamptz, at_most integer) RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    worker constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    RETURN (SELECT count(*)
              FROM (SELECT
                      FROM pgdispatch.job
                     WHERE job.role = worker
                       AND job.due_at <= moment
                     LIMIT at_most) AS due);
END
$$;

COMMENT ON FUNCTION pgdispatch.count_due(timestamptz, integer) IS
'How many of the current role''s jobs were due at the moment, counting no further than at_most.';


CREATE FUNCTION pgdispatch.next_due_in(moment timestamptz) RETURNS interval
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    worker constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    RETURN (SELECT greatest(job.due_at - clock_timestamp(), '0')
              FROM pgdispatch.job
             WHERE job.role = worker
               AND job.due_at > moment
             ORDER BY job.due_at
             LIMIT 1);
END
$$;

COMMENT ON FUNCTION pgdispatch.next_due_in(timestamptz) IS
'In how long the first of the current role''s jobs that were not yet due at the moment falls due; NULL if there is none.';


CREATE FUNCTION pgdispatch.clean_session(foreign_statements boolean) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    statement text;
BEGIN
    RESET ALL;
    SET client_min_messages = error;   -- Nobody reads a job's notices, and a million of them would fill the driver's memory.
    EXECUTE 'CLOSE ALL';               -- Without EXECUTE it would be PL/pgSQL's own CLOSE.
    IF foreign_statements THEN
        FOREACH statement IN ARRAY ARRAY(SELECT p.name FROM pg_catalog.pg_prepared_statements AS p WHERE p.from_sql) LOOP
            EXECUTE pg_catalog.format('DEALLOCATE %I', statement);
        END LOOP;
    ELSE
        DEALLOCATE ALL;
    END IF;
    DISCARD TEMP;
    DISCARD SEQUENCES;
    UNLISTEN *;
    PERFORM pg_catalog.pg_advisory_unlock_all();
END
$$;

COMMENT ON FUNCTION pgdispatch.clean_session(boolean) IS
'Part of pgdispatch.work: makes the session, back in its own role, as good as new for the next job. With foreign_statements, what a client or a connection pooler has prepared through the protocol stays: it would not learn that it is gone.';


-- What a job does must not depend on the company it has in its transaction. So whatever goes wrong in a batch is undone and not
-- counted, and the job in question is run again alone: that is its one attempt. (The conditions name what OTHERS leaves out.)
CREATE FUNCTION pgdispatch.run_batch(
    jobs pgdispatch.job[], until timestamptz, foreign_statements boolean, OUT ran integer, OUT all_well boolean)
LANGUAGE plpgsql
AS $$
BEGIN
    ran := 0;
    all_well := true;
    WHILE all_well AND ran < pg_catalog.cardinality(jobs) AND (ran = 0 OR pg_catalog.clock_timestamp() < until) LOOP
        IF (jobs[ran + 1]).crashes > 0 THEN
            all_well := false;
        ELSE
            BEGIN
                EXECUTE (jobs[ran + 1]).command;
                RESET SESSION AUTHORIZATION;   -- What follows may be forbidden to the role that the job has taken on.
                RESET ROLE;
                ran := ran + 1;
            EXCEPTION WHEN query_canceled OR assert_failure OR OTHERS THEN
                all_well := false;
            END;
            PERFORM pgdispatch.clean_session(foreign_statements);
        END IF;
    END LOOP;

    SET CONSTRAINTS ALL IMMEDIATE;   -- What is deferred would fail in the COMMIT, where nothing can be caught.
    RESET SESSION AUTHORIZATION;
    RESET ROLE;
    PERFORM pgdispatch.finish(jobs[:ran]);
EXCEPTION WHEN query_canceled OR assert_failure OR OTHERS THEN
    ran := 0;
    all_well := false;
END
$$;

COMMENT ON FUNCTION pgdispatch.run_batch(pgdispatch.job[], timestamptz, boolean) IS
'Part of pgdispatch.work: runs claimed jobs in order, each in a subtransaction, until the given time or until one cannot be run in company (all_well is false then), and deletes those that it ran. The others are as if it had not touched them.';


CREATE FUNCTION pgdispatch.run_alone(job pgdispatch.job) RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
    crashes_at_most constant integer := 5;   -- More than one, for a server may restart while a blameless job runs.
    code    text;
    message text;
    detail  text;
    hint    text;
    context text;
BEGIN
    PERFORM pgdispatch.finish(ARRAY[job]);
    IF job.crashes > crashes_at_most THEN   -- This time included, which was counted in advance.
        code := '58000';
        message := pg_catalog.format('pgdispatch: %s sessions were lost while they ran this job', crashes_at_most);
    ELSE
        BEGIN
            EXECUTE job.command;
            RESET SESSION AUTHORIZATION;
            RESET ROLE;
            RESET ALL;   -- In a batch, deferred triggers do not find the job's settings either.
            SET CONSTRAINTS ALL IMMEDIATE;
            RESET SESSION AUTHORIZATION;
            RESET ROLE;
            RETURN true;
        EXCEPTION WHEN query_canceled OR assert_failure OR OTHERS THEN
            GET STACKED DIAGNOSTICS
                code    = RETURNED_SQLSTATE,
                message = MESSAGE_TEXT,
                detail  = PG_EXCEPTION_DETAIL,
                hint    = PG_EXCEPTION_HINT,
                context = PG_EXCEPTION_CONTEXT;
        END;
    END IF;
    INSERT INTO pgdispatch.dead_letter (role, id, command, fired_at, due_at, crashes, sqlstate, message, detail, hint, context)
    VALUES (job.role, job.id, job.command, job.fired_at, job.due_at, greatest(job.crashes - 1, 0),
            code, message, nullif(detail, ''), nullif(hint, ''),
            -- Without the lines of the executor itself.
            nullif(pg_catalog.regexp_replace(context, E'(^|\n)[^\n]*[ .]run_alone[(](pgdispatch[.])?job[)].*', ''), ''));
    RETURN false;
END
$$;

COMMENT ON FUNCTION pgdispatch.run_alone(pgdispatch.job) IS
'Part of pgdispatch.work: runs a claimed job and deletes it. If it fails, its effects are undone, its error is kept and the answer is false.';


CREATE PROCEDURE pgdispatch.work(
    slice              interval    DEFAULT NULL,
    INOUT pace         integer     DEFAULT 1,
    INOUT after_due_at timestamptz DEFAULT '-infinity',
    INOUT after_id     bigint      DEFAULT 0,
    INOUT completed    bigint      DEFAULT 0,
    INOUT failed       bigint      DEFAULT 0,
    INOUT drained      boolean     DEFAULT false,
    INOUT next_due_in  interval    DEFAULT NULL)
LANGUAGE plpgsql
AS $$
DECLARE
    most_in_a_batch    constant integer     := 50;       -- PostgreSQL caches 64 subtransactions of a session.
    a_batch_takes      constant interval    := '10 ms';  -- Many times what a commit costs, and hardly felt as a delay.
    a_quick_job_takes  constant interval    := '5 ms';   -- The next one may be as quick, and have company.
    worker             constant regrole     := pg_catalog.quote_ident(CURRENT_USER)::regrole;
    called_at          constant timestamptz := pg_catalog.clock_timestamp();
    batches_only       constant boolean     := slice IS NOT NULL AND pace > 1;
    statement_timeout  constant text        := pg_catalog.current_setting('statement_timeout');
    foreign_statements constant boolean     := EXISTS (SELECT FROM pg_catalog.pg_prepared_statements AS p WHERE NOT p.from_sql);
    moment   timestamptz;
    jobs     pgdispatch.job[];
    job      pgdispatch.job;
    ran      integer;
    all_well boolean;
BEGIN
    -- A session that has only taken on the role, by SET ROLE or SET SESSION AUTHORIZATION, would let a job put it off again.
    IF CURRENT_USER <> SESSION_USER
       OR worker::oid <> (SELECT a.usesysid FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) AS a) THEN
        RAISE insufficient_privilege USING
            MESSAGE = pg_catalog.format('pgdispatch: this session did not log in as %s', worker),
            DETAIL = 'A job runs in a session that logged in as the role that dispatched it.',
            HINT = pg_catalog.format('Log in as %s and CALL pgdispatch.work() there.', worker);
    END IF;

    PERFORM pgdispatch.clean_session(foreign_statements);

    LOOP
        -- Ends the transaction of the last round. Under another isolation level a claim fails where another worker was faster.
        COMMIT;
        SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;

        moment := pg_catalog.now();   -- The jobs' now(), which is never before what they were due at.
        jobs := pgdispatch.claim(moment, after_due_at, after_id, greatest(pace, 1));

        IF pg_catalog.cardinality(jobs) = 0 THEN
            IF after_due_at = '-infinity' THEN
                pace := 1;
                drained := true;
                next_due_in := pgdispatch.next_due_in(moment);
                EXIT;
            END IF;
            -- To go on from the last position spares a claim the dead rows of what has run, which pile up while anyone holds
            -- an old snapshot. But what comes before it in order may have been committed after it.
            after_due_at := '-infinity';
            after_id := 0;
            CONTINUE;
        END IF;

        IF batches_only OR pg_catalog.cardinality(jobs) > 1 THEN
            SELECT b.ran, b.all_well INTO ran, all_well
              FROM pgdispatch.run_batch(jobs, moment + a_batch_takes, foreign_statements) AS b;
            completed := completed + ran;
            IF ran > 0 THEN
                after_due_at := (jobs[ran]).due_at;
                after_id := (jobs[ran]).id;
            END IF;
            -- As many as fit the time, by what these took; at most twice as many as these, as the next may be of another kind.
            pace := CASE WHEN all_well
                         THEN greatest(1, least(most_in_a_batch, 2 * pace,
                             pg_catalog.floor(ran::double precision * pg_catalog.date_part('epoch', a_batch_takes)
                                 / pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - moment))))
                         ELSE 1
                    END;
        ELSE
            job := jobs[1];
            after_due_at := job.due_at;
            after_id := job.id;

            IF pace < 1 OR job.crashes > 0 THEN
                -- What is to outlive a session that the job takes down has to be committed first. Until the job is done, the
                -- advisory lock keeps other workers from counting, too.
                CONTINUE WHEN NOT pg_catalog.pg_try_advisory_lock(1885824112, (job.id % 2147483648)::integer);
                PERFORM pgdispatch.count_crash(job);
                COMMIT;
                SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
                job := pgdispatch.claim_again(job);
            END IF;

            IF job.id IS NULL THEN
                NULL;   -- It was deleted meanwhile.
            ELSIF pgdispatch.run_alone(job) THEN
                completed := completed + 1;
            ELSE
                failed := failed + 1;
            END IF;
            pace := CASE WHEN pace < 1 THEN pace + 1
                         WHEN pg_catalog.clock_timestamp() < moment + a_quick_job_takes THEN 2
                         ELSE 1
                    END;
        END IF;
        PERFORM pgdispatch.clean_session(foreign_statements);

        -- What was committed late comes before the position, and is not to wait until a backlog is done.
        IF pg_catalog.date_trunc('second', pg_catalog.clock_timestamp()) > moment THEN
            after_due_at := '-infinity';
            after_id := 0;
        END IF;

        -- At a pace of 1 the next job may take long, and the driver may want to have others take those behind it.
        EXIT WHEN slice IS NOT NULL
              AND (batches_only <> (pace > 1) OR pace = 1 OR pg_catalog.clock_timestamp() > called_at + slice);
    END LOOP;

    -- What the driver has set for the CALL as a whole is not the jobs' to keep, but the driver's.
    PERFORM pg_catalog.set_config('statement_timeout', statement_timeout, false);
    RESET client_min_messages;
END
$$;

COMMENT ON PROCEDURE pgdispatch.work(interval, integer, timestamptz, bigint, bigint, bigint, boolean, interval) IS
'Runs the due jobs of the role that the session logged in as, oldest first but for those that were committed late, until none is left that nobody else is running: then it has drained the queue, and next_due_in tells in how long the next one falls due (NULL: there is none). Any number of sessions may call it at once. Each job starts in a session as good as new, and so is the session in the end, but for statement_timeout: that one is for the CALL as a whole and cancels whichever job is running then. A quick job shares its transaction with others, a slow one does not. To be called with autocommit, as in: CALL pgdispatch.work()
A driver passes a slice, after which the CALL returns as soon as the running job lets it, drained or not, and hands pace and position back with its next CALL. With a pace of 1 such a CALL runs one job, alone. With a pace above 1 it runs batches only: cancel it once it has taken two slices, and what is slow in it will be run alone. (If the cancellation comes between two jobs, the CALL fails with it; to be called again.) After the loss of a session, a pace of -49 runs the next 50 jobs such that one that takes sessions down is found out: the fifth time that it was run so is the last.';


CREATE FUNCTION pgdispatch.watch(
    at_most integer, rest boolean,
    OUT due integer, OUT next_due_in interval, OUT resting boolean, OUT notified boolean)
LANGUAGE plpgsql
AS $$
DECLARE
    worker constant regrole := pg_catalog.quote_ident(CURRENT_USER)::regrole;
    moment timestamptz;
BEGIN
    -- The lock first, the look after it: whoever dispatches from now on finds the lock taken and notifies, and what was committed
    -- before is seen, since each statement here has a snapshot of its own.
    resting := rest AND pg_catalog.pg_try_advisory_lock(pgdispatch.driver_lock(worker));
    notified := resting;
    IF rest AND NOT resting THEN
        notified := NOT pg_catalog.pg_try_advisory_lock_shared(pgdispatch.driver_lock(worker));
        IF NOT notified THEN
            PERFORM pg_catalog.pg_advisory_unlock_shared(pgdispatch.driver_lock(worker));
        END IF;
    END IF;
    moment := pg_catalog.clock_timestamp();
    due := pgdispatch.count_due(moment, at_most);
    next_due_in := pgdispatch.next_due_in(moment);
    IF resting AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
        next_due_in := '0';   -- Its snapshot is older than the lock, so that this was no look after it: there has to be another.
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.watch(integer, boolean) IS
'For a driver that has nothing to do: tells how many jobs are due, counting up to at_most and those that are being run, and in how long the next one is (NULL: there is none). With rest, the session first tries to take the role''s driver lock, and is resting if it gets it. While any session is, dispatches from SQL notify pgdispatch.channel(role); they do not (notified is false) while none is because a transaction that dispatched is still open. To be called with rest until the session is resting, and then without; not in a session that works, which would lose the lock.';


CREATE FUNCTION pgdispatch.stir() RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_catalog.pg_advisory_unlock(pgdispatch.driver_lock(pg_catalog.quote_ident(CURRENT_USER)::regrole));
END
$$;

COMMENT ON FUNCTION pgdispatch.stir() IS
'Ends the rest that pgdispatch.watch has begun: a driver that is busy and looks at the queue all the time spares the dispatching transactions the notification.';


-- ---------------------------------------------------------------------------------------------------------------------
-- Privileges
-- ---------------------------------------------------------------------------------------------------------------------

CREATE PROCEDURE pgdispatch.grant_to(role regrole)
LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE pg_catalog.format('GRANT USAGE ON SCHEMA pgdispatch TO %s', role);
    EXECUTE pg_catalog.format('GRANT SELECT, INSERT, UPDATE, DELETE ON pgdispatch.job, pgdispatch.dead_letter TO %s', role);
    EXECUTE pg_catalog.format('GRANT EXECUTE ON ALL ROUTINES IN SCHEMA pgdispatch TO %s', role);
END
$$;

COMMENT ON PROCEDURE pgdispatch.grant_to(regrole) IS
'Lets the role dispatch jobs and run its own. It still sees no other role''s. To be called by the owner of the schema, and again after an upgrade. Example: CALL pgdispatch.grant_to(''app'')';

REVOKE ALL ON ALL TABLES IN SCHEMA pgdispatch FROM PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA pgdispatch FROM PUBLIC;
REVOKE ALL ON ALL ROUTINES IN SCHEMA pgdispatch FROM PUBLIC;

DO $$
BEGIN
    -- A dump leaves out what is in the tables of an extension, unless that says otherwise.
    PERFORM pg_catalog.pg_extension_config_dump('pgdispatch.job', '');
    PERFORM pg_catalog.pg_extension_config_dump('pgdispatch.job_id_seq', '');
    PERFORM pg_catalog.pg_extension_config_dump('pgdispatch.dead_letter', '');
EXCEPTION
    WHEN feature_not_supported THEN
        NULL;   -- This is not CREATE EXTENSION.
END
$$;
