CREATE OR REPLACE PROCEDURE pgdispatch.work(
    slice              interval    DEFAULT NULL,
    INOUT prefetch         integer     DEFAULT 1,
    INOUT after_due_at timestamptz DEFAULT '-infinity',
    INOUT after_id     bigint      DEFAULT 0,
    INOUT completed    bigint      DEFAULT 0,
    INOUT failed       bigint      DEFAULT 0,
    INOUT drained      boolean     DEFAULT false,
    INOUT next_due_in  interval    DEFAULT NULL,
    INOUT non_transactional      boolean     DEFAULT false)
LANGUAGE plpgsql
AS $$
DECLARE
    most_in_a_batch    constant integer     := 50;       -- PostgreSQL caches 64 subtransactions of a session.
    most_at_once       constant integer     := 500;      -- Of jobs without a subtransaction each: see run_plain_batch.
    a_batch_takes      constant interval    := '10 ms';  -- Many times what a commit costs, and hardly felt as a delay.
    a_quick_job_takes  constant interval    := '5 ms';   -- The next one may be as quick, and have company.
    me                 constant name        := CURRENT_USER;
    is_session_user    constant boolean     := me = SESSION_USER;
    worker             constant regrole     := pg_catalog.quote_ident(me)::regrole;
    called_at          constant timestamptz := pg_catalog.clock_timestamp();
    batches_only       constant boolean     := slice IS NOT NULL AND prefetch > 1;
    statement_timeout  constant text        := pg_catalog.current_setting('statement_timeout');
    isolation          constant text        := pg_catalog.current_setting('default_transaction_isolation');
    foreign_statements constant boolean     := EXISTS (SELECT FROM pg_catalog.pg_prepared_statements AS p WHERE NOT p.from_sql);
    moment   timestamptz;
    jobs     pgdispatch.job[];
    job      pgdispatch.job;
    asked    pgdispatch.managed_job;
    claimed  integer;
    last_due_at timestamptz;
    last_id  bigint;
    goes_on  boolean;
    promoted_at timestamptz := '-infinity';
    isolated_id  bigint;
    ran      integer;
    all_well boolean;
BEGIN
    -- A session that has only taken on the role, by SET ROLE or SET SESSION AUTHORIZATION, would let a job put it off again.
    RESET SESSION AUTHORIZATION;   -- Undone by the error, if there is one.
    IF NOT is_session_user OR SESSION_USER <> me THEN
        RAISE insufficient_privilege USING
            MESSAGE = pg_catalog.format('pgdispatch: this session did not log in as %s', worker),
            DETAIL = 'A job runs in a session that logged in as the role that dispatched it.',
            HINT = pg_catalog.format('Log in as %s and CALL pgdispatch.work() there.', worker);
    END IF;

    PERFORM pgdispatch.reset_session(foreign_statements);

    LOOP
        -- Ends the transaction of the last round. Under another isolation level a claim fails where another worker was faster.
        COMMIT;
        SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;

        moment := pg_catalog.now();   -- The jobs' now(), which is never before what they were due at.
        goes_on := false;
        IF moment > promoted_at + '1 second'::interval THEN
            PERFORM pgdispatch.apply_priorities(worker);
            promoted_at := moment;
        END IF;
        ran := 0;
        IF prefetch > most_in_a_batch THEN
            -- Those before went well, each in a subtransaction of its own.
            SELECT q.claimed, q.ran, q.last_due_at, q.last_id, q.all_well
              INTO claimed, ran, last_due_at, last_id, all_well
              FROM pgdispatch.run_plain_batch(moment, after_due_at, after_id, prefetch, moment + a_batch_takes, foreign_statements) AS q;
        ELSE
            jobs := pgdispatch.claim_jobs(moment, after_due_at, after_id, CASE WHEN isolated_id IS NULL THEN greatest(prefetch, 1) ELSE 1 END);
            claimed := pg_catalog.cardinality(jobs);
        END IF;

        IF prefetch > most_in_a_batch AND (claimed > 0 OR NOT all_well) THEN
            completed := completed + ran;
            IF ran > 0 THEN
                after_due_at := last_due_at;
                after_id := last_id;
                prefetch := greatest(most_in_a_batch, least(most_at_once, 2 * prefetch,
                            pg_catalog.floor(ran::double precision * pg_catalog.date_part('epoch', a_batch_takes)
                                / pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - moment))));
                IF ran < claimed AND pg_catalog.clock_timestamp() < moment + a_batch_takes THEN
                    prefetch := most_in_a_batch;   -- What comes next has to run alone.
                END IF;
            ELSE
                prefetch := CASE WHEN pg_catalog.clock_timestamp() < moment + a_batch_takes THEN most_in_a_batch / 2 ELSE 1 END;
            END IF;
        ELSIF claimed = 0 THEN
            IF after_due_at = '-infinity' THEN
                prefetch := 1;
                drained := true;
                next_due_in := pgdispatch.next_due_in(moment);
                EXIT;
            END IF;
            -- To go on from the last position spares a claim the dead rows of what has run, which pile up while anyone holds
            -- an old snapshot. But what comes before it in order may have been committed after it.
            after_due_at := '-infinity';
            after_id := 0;
            isolated_id := NULL;
            CONTINUE;
        ELSIF (jobs[1]).managed THEN
            isolated_id := NULL;
            IF batches_only THEN
                prefetch := 1;   -- The driver may cancel this CALL at any time.
            ELSE
                job := jobs[1];
                after_due_at := job.due_at;
                after_id := job.id;
                -- Until the job is done, this lock keeps other workers from counting an attempt, too.
                CONTINUE WHEN NOT pg_catalog.pg_try_advisory_lock(pgdispatch.attempt_lock(job.id));
                asked := pgdispatch.begin_attempt(job);
                COMMIT;
                SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
                IF asked.id IS NOT NULL THEN
                    job := pgdispatch.reclaim_job(job);
                    all_well := CASE WHEN job.id IS NOT NULL THEN pgdispatch.run_job(job, false, asked) END;
                    IF all_well THEN
                        completed := completed + 1;
                    ELSIF NOT all_well THEN
                        failed := failed + 1;
                    ELSIF pgdispatch.is_being_cancelled(job.id) THEN
                        COMMIT;
                        PERFORM pg_catalog.pg_sleep(0.02);   -- Whoever cancels it wants the row.
                    END IF;
                END IF;
                goes_on := pg_catalog.clock_timestamp() < moment + a_quick_job_takes;
            END IF;
        ELSIF isolated_id IS DISTINCT FROM (jobs[1]).id AND (batches_only OR pg_catalog.cardinality(jobs) > 1) THEN
            isolated_id := NULL;
            SELECT b.ran, b.all_well INTO ran, all_well
              FROM pgdispatch.run_batch(jobs, moment + a_batch_takes, foreign_statements) AS b;
            completed := completed + ran;
            IF ran > 0 THEN
                after_due_at := (jobs[ran]).due_at;
                after_id := (jobs[ran]).id;
            END IF;
            -- As many as fit the time, by what these took; at most twice as many as these, as the next may be of another kind.
            IF all_well THEN
                prefetch := greatest(1, least(CASE WHEN ran < most_in_a_batch THEN most_in_a_batch ELSE most_at_once END, 2 * prefetch,
                            pg_catalog.floor(ran::double precision * pg_catalog.date_part('epoch', a_batch_takes)
                                / pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - moment))));
            ELSIF (jobs[ran + 1]).managed THEN
                prefetch := greatest(2, least(most_in_a_batch, 2 * ran));
            ELSIF (jobs[ran + 1]).crashes = 0 AND pg_catalog.clock_timestamp() < moment + a_batch_takes THEN
                -- It failed as quickly as others run. Whether the company was to blame, it has to show alone.
                isolated_id := (jobs[ran + 1]).id;
                prefetch := greatest(2, least(most_in_a_batch, 2 * ran));
            ELSE
                prefetch := 1;
            END IF;
        ELSE
            job := jobs[1];
            after_due_at := job.due_at;
            after_id := job.id;

            IF prefetch < 1 OR job.crashes > 0 THEN
                -- What is to outlive a session that the job takes down has to be committed first. Until the job is done, the
                -- advisory lock keeps other workers from counting, too.
                IF NOT pg_catalog.pg_try_advisory_lock(pgdispatch.attempt_lock(job.id)) THEN
                    isolated_id := NULL;
                    CONTINUE;
                END IF;
                PERFORM pgdispatch.count_crash(job);
                COMMIT;
                SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
                job := pgdispatch.reclaim_job(job);
            END IF;

            all_well := CASE WHEN job.id IS NOT NULL THEN pgdispatch.run_job(job, batches_only) END;   -- Or it was deleted meanwhile.
            IF all_well THEN
                completed := completed + 1;
            ELSIF NOT all_well THEN
                failed := failed + 1;
            ELSIF pgdispatch.is_being_cancelled(job.id) THEN
                COMMIT;
                PERFORM pg_catalog.pg_sleep(0.02);
            END IF;
            prefetch := CASE WHEN prefetch < 1 THEN prefetch + 1
                         WHEN all_well IS NULL THEN 1
                         WHEN pg_catalog.clock_timestamp() < moment + a_quick_job_takes THEN greatest(prefetch, 2)
                         ELSE 1
                    END;
            isolated_id := NULL;
        END IF;
        PERFORM pgdispatch.reset_session(foreign_statements);

        -- What was committed late comes before the position, and is not to wait until a backlog is done.
        IF pg_catalog.date_trunc('second', pg_catalog.clock_timestamp()) > moment THEN
            after_due_at := '-infinity';
            after_id := 0;
        END IF;

        -- At a prefetch of 1 the next job may take long, and the driver may want to have others take those behind it.
        EXIT WHEN slice IS NOT NULL
              AND (batches_only <> (prefetch > 1) OR prefetch = 1 AND NOT goes_on OR pg_catalog.clock_timestamp() > called_at + slice);
    END LOOP;

    non_transactional := pgdispatch.is_non_transactional_due();
    -- What the driver has set for the CALL as a whole is not the jobs' to keep, but the driver's.
    PERFORM pg_catalog.set_config('statement_timeout', statement_timeout, false),
            pg_catalog.set_config('default_transaction_isolation', isolation, false);
    RESET client_min_messages;
END
$$;

COMMENT ON PROCEDURE pgdispatch.work(interval, integer, timestamptz, bigint, bigint, bigint, boolean, interval, boolean) IS
'Runs the due jobs of the role that the session logged in as, oldest first but for those that were committed late, until none is left that nobody else is running: then it has drained the queue, and next_due_in tells in how long the next one falls due (NULL: there is none). Any number of sessions may call it at once. Each job starts in a session as good as new, and so is the session in the end, but for statement_timeout: that one is for the CALL as a whole and cancels whichever job is running then. A quick job shares its transaction with others, a slow one and one of which more is asked do not. To be called with autocommit, as in: CALL pgdispatch.work()
A driver passes a slice, after which the CALL returns as soon as the running job lets it, drained or not, and hands prefetch and position back with its next CALL. With a prefetch of 1 such a CALL runs one job, alone. With a prefetch above 1 it runs batches only: cancel it once it has taken two slices, and what is slow in it will be run alone. (If the cancellation comes between two jobs, the CALL fails with it; to be called again.) After the loss of a session, a prefetch of -49 runs the next 50 jobs such that one that takes sessions down is found out: the fifth time that it was run so is the last. Where outside is true, there is a command to be run by the driver itself: see pgdispatch.begin_non_transactional.';


CREATE OR REPLACE FUNCTION pgdispatch.claim_jobs(moment timestamptz, after_due_at timestamptz, after_id bigint, max_count integer)
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
    IF EXISTS (SELECT FROM pgdispatch.pause AS p WHERE p.role = worker AND p.handler = '') THEN
        RETURN '{}';
    END IF;
    RETURN ARRAY(
        SELECT job
          FROM pgdispatch.job
         WHERE job.role = worker
           AND job.due_at <= moment
           AND (job.due_at, job.id) > (after_due_at, after_id)
         ORDER BY job.due_at, job.id
         LIMIT max_count
           FOR UPDATE SKIP LOCKED);
END
$$;

COMMENT ON FUNCTION pgdispatch.claim_jobs(timestamptz, timestamptz, bigint, integer) IS
'Part of pgdispatch.work: locks, and returns in order, the first jobs of the current role after the given position that were due at the moment and that nobody else has locked.';


CREATE OR REPLACE FUNCTION pgdispatch.claim_plain_jobs(
    moment timestamptz, after_due_at timestamptz, after_id bigint, max_count integer,
    OUT claimed integer, OUT commands text[], OUT due_ats timestamptz[], OUT ids bigint[], OUT places tid[])
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
    others boolean[];
BEGIN
    IF EXISTS (SELECT FROM pgdispatch.pause AS p WHERE p.role = worker AND p.handler = '') THEN
        claimed := 0;
        RETURN;
    END IF;
    SELECT count(*), array_agg(due.command), array_agg(due.due_at), array_agg(due.id), array_agg(due.ctid), array_agg(due.is_other)
      INTO claimed, commands, due_ats, ids, places, others
      FROM (SELECT job.command, job.due_at, job.id, job.ctid, job.managed IS NOT NULL OR job.crashes > 0 AS is_other
              FROM pgdispatch.job
             WHERE job.role = worker
               AND job.due_at <= moment
               AND (job.due_at, job.id) > (after_due_at, after_id)
             ORDER BY job.due_at, job.id
             LIMIT max_count
               FOR UPDATE SKIP LOCKED) AS due;
    IF true = ANY (others) THEN
        commands := commands[:array_position(others, true) - 1];
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.claim_plain_jobs(timestamptz, timestamptz, bigint, integer) IS
'Part of pgdispatch.work: claims due jobs like pgdispatch.claim_jobs, tells where their rows are, and the commands of those that come before the first one which has to run alone.';


CREATE OR REPLACE FUNCTION pgdispatch.count_due_jobs(moment timestamptz, max_count integer) RETURNS integer
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
    IF EXISTS (SELECT FROM pgdispatch.pause AS p WHERE p.role = worker AND p.handler = '') THEN
        RETURN 0;
    END IF;
    RETURN (SELECT count(*)
              FROM (SELECT
                      FROM pgdispatch.job
                     WHERE job.role = worker
                       AND job.due_at <= moment
                     LIMIT max_count) AS due);
END
$$;

COMMENT ON FUNCTION pgdispatch.count_due_jobs(timestamptz, integer) IS
'How many of the current role''s jobs were due at the moment, counting no further than max_count.';


CREATE OR REPLACE FUNCTION pgdispatch.next_due_in(moment timestamptz) RETURNS interval
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
    IF EXISTS (SELECT FROM pgdispatch.pause AS p WHERE p.role = worker AND p.handler = '') THEN
        RETURN NULL;
    END IF;
    RETURN (SELECT greatest(job.due_at - clock_timestamp(), '0')
              FROM pgdispatch.job
             WHERE job.role = worker
               AND job.due_at > moment
               AND job.due_at < 'infinity'
             ORDER BY job.due_at
             LIMIT 1);
END
$$;

COMMENT ON FUNCTION pgdispatch.next_due_in(timestamptz) IS
'In how long the first of the current role''s jobs that were not yet due at the moment falls due; NULL if there is none.';


-- One subtransaction for all, and the claim within it (a row that is locked in one transaction and deleted in a subtransaction of
-- it gets an entry of its own for that). If one fails, all is undone, and each has to show what it does in a subtransaction.
CREATE OR REPLACE FUNCTION pgdispatch.run_plain_batch(
    moment timestamptz, after_due_at timestamptz, after_id bigint, max_count integer, until timestamptz, foreign_statements boolean,
    OUT claimed integer, OUT ran integer, OUT last_due_at timestamptz, OUT last_id bigint, OUT all_well boolean)
LANGUAGE plpgsql
AS $$
DECLARE
    me constant name := CURRENT_USER;
    commands text[];
    command  text;
    due_ats  timestamptz[];
    ids      bigint[];
    places   tid[];
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock_shared(pgdispatch.batch_lock(pg_catalog.quote_ident(CURRENT_USER)::regrole));
    ran := 0;
    all_well := true;
    SELECT c.claimed, c.commands, c.due_ats, c.ids, c.places
      INTO claimed, commands, due_ats, ids, places
      FROM pgdispatch.claim_plain_jobs(moment, after_due_at, after_id, max_count) AS c;
    IF claimed = 0 THEN
        RETURN;
    END IF;
    FOREACH command IN ARRAY commands LOOP
        EXIT WHEN ran > 0 AND pg_catalog.clock_timestamp() >= until;
        EXECUTE command;
        IF CURRENT_USER <> me OR SESSION_USER <> me OR pg_catalog.current_setting('role') <> 'none' THEN
            RESET SESSION AUTHORIZATION;
            RESET ROLE;
        END IF;
        IF pgdispatch.reset_session(foreign_statements) IS NULL THEN
            NULL;   -- It is called, and that is all.
        END IF;
        ran := ran + 1;
    END LOOP;

    SET CONSTRAINTS ALL IMMEDIATE;   -- See run_batch.
    RESET SESSION AUTHORIZATION;
    RESET ROLE;
    IF ran > 0 THEN
        PERFORM pgdispatch.delete_plain_jobs(due_ats[:ran], ids[:ran], places[:ran]);
        last_due_at := due_ats[ran];
        last_id := ids[ran];
    END IF;
EXCEPTION WHEN query_canceled OR assert_failure OR OTHERS THEN
    ran := 0;
    all_well := false;
END
$$;

COMMENT ON FUNCTION pgdispatch.run_plain_batch(timestamptz, timestamptz, bigint, integer, timestamptz, boolean) IS
'Part of pgdispatch.work: claims due jobs and runs them like pgdispatch.run_batch, up to the first one that has to run alone, but all of them or none.';


CREATE OR REPLACE FUNCTION pgdispatch.run_batch(
    jobs pgdispatch.job[], until timestamptz, foreign_statements boolean, OUT ran integer, OUT all_well boolean)
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock_shared(pgdispatch.batch_lock(pg_catalog.quote_ident(CURRENT_USER)::regrole));
    ran := 0;
    all_well := true;
    WHILE all_well AND ran < pg_catalog.cardinality(jobs) AND (ran = 0 OR pg_catalog.clock_timestamp() < until) LOOP
        IF (jobs[ran + 1]).crashes > 0 OR (jobs[ran + 1]).managed THEN
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
            PERFORM pgdispatch.reset_session(foreign_statements);
        END IF;
    END LOOP;

    SET CONSTRAINTS ALL IMMEDIATE;   -- What is deferred would fail in the COMMIT, where nothing can be caught.
    RESET SESSION AUTHORIZATION;
    RESET ROLE;
    PERFORM pgdispatch.delete_jobs(jobs[:ran]);
EXCEPTION WHEN query_canceled OR assert_failure OR OTHERS THEN
    ran := 0;
    all_well := false;
END
$$;

COMMENT ON FUNCTION pgdispatch.run_batch(pgdispatch.job[], timestamptz, boolean) IS
'Part of pgdispatch.work: runs claimed jobs in order, each in a subtransaction, until the given time or until one cannot be run in company (all_well is false then), and deletes those that it ran. The others are as if it had not touched them.';


CREATE OR REPLACE FUNCTION pgdispatch.run_job(
    job pgdispatch.job, again_if_cancelled boolean DEFAULT false, asked pgdispatch.managed_job DEFAULT NULL)
RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
    max_crashes constant integer := 5;   -- More than one, for a server may restart while a blameless job runs.
    max_repetitions  constant integer := 10;
    attempt   integer;
    code      text;
    message   text;
    detail    text;
    hint      text;
    context   text;
    value     json;
    row_count bigint;
BEGIN
    -- From here on nobody cancels the session to free the jobs of a batch; if anyone just has, it shows in the next statement.
    PERFORM pg_catalog.pg_advisory_xact_lock_shared(pgdispatch.batch_cancellation_lock(pg_catalog.pg_backend_pid()));
    IF job.crashes > max_crashes OR asked.crashes >= max_crashes THEN   -- This time included where it is counted in advance.
        code := '58000';
        message := pg_catalog.format('pgdispatch: %s sessions were lost while they ran this job', max_crashes);
        asked.attempts := asked.attempts - 1;   -- This one is not begun.
    ELSE
        FOR repetition IN 1 .. max_repetitions LOOP
            code := NULL;
            BEGIN
                BEGIN
                    PERFORM pg_catalog.pg_try_advisory_xact_lock(pgdispatch.execution_lock(job.id));   -- See session_running.
                    PERFORM pgdispatch.delete_jobs(ARRAY[job]);
                    IF asked.result = 'rows' THEN
                        SELECT r.value, r.row_count
                          INTO value, row_count
                          FROM pgdispatch.execute_for_rows(job.command, (pgdispatch.settings(job.role)).result_limit) AS r;
                    ELSE
                        EXECUTE job.command;
                        GET DIAGNOSTICS row_count = ROW_COUNT;
                    END IF;
                    RESET SESSION AUTHORIZATION;
                    RESET ROLE;
                    RESET ALL;   -- In a batch, deferred triggers do not find the job's settings either.
                    SET CONSTRAINTS ALL IMMEDIATE;
                    RESET SESSION AUTHORIZATION;
                    RESET ROLE;
                    IF asked.id IS NOT NULL THEN
                        PERFORM pgdispatch.end_managed_job(job.role, job.id, 'done', true, value, row_count);
                    END IF;
                    -- If anyone has interrupted the job, it shows here. Later nobody does, see interrupt.
                    PERFORM pg_catalog.pg_advisory_xact_lock_shared(pgdispatch.interruption_lock(pg_catalog.pg_backend_pid()));
                    RETURN true;
                EXCEPTION WHEN query_canceled OR assert_failure OR OTHERS THEN
                    GET STACKED DIAGNOSTICS
                        code    = RETURNED_SQLSTATE,
                        message = MESSAGE_TEXT,
                        detail  = PG_EXCEPTION_DETAIL,
                        hint    = PG_EXCEPTION_HINT,
                        context = PG_EXCEPTION_CONTEXT;
                END;
                -- The lock of session_running is gone by now, but somebody may have found it just before, and interrupts us still.
                PERFORM pg_catalog.pg_advisory_lock_shared(pgdispatch.interruption_lock(pg_catalog.pg_backend_pid()));
                PERFORM pg_catalog.pg_advisory_unlock_shared(pgdispatch.interruption_lock(pg_catalog.pg_backend_pid()));
            EXCEPTION WHEN query_canceled THEN
                IF code IS NULL THEN
                    code := SQLSTATE;
                    message := SQLERRM;
                END IF;
            END;
            -- These are not the job's fault, and what it did is undone.
            EXIT WHEN code NOT IN ('40001', '40P01') OR repetition = max_repetitions;
            PERFORM pg_catalog.pg_sleep(pg_catalog.random() * 0.01 * repetition);
        END LOOP;

        IF code = '57014' THEN
            IF pgdispatch.is_being_cancelled(job.id) THEN
                -- Whoever cancels it deletes it. If that is rolled back, this was no attempt, and no crash.
                IF asked.id IS NOT NULL THEN
                    UPDATE pgdispatch.managed_job AS m SET attempts = m.attempts - 1, started_at = NULL
                     WHERE m.role = job.role AND m.id = job.id;
                END IF;
                RETURN NULL;
            ELSIF pg_catalog.clock_timestamp() >= asked.started_at + asked.time_limit THEN
                code := 'PD001';
                message := pg_catalog.format('pgdispatch: the job took longer than its time limit of %s', asked.time_limit);
            ELSIF again_if_cancelled THEN
                RETURN NULL;
            END IF;
        END IF;
        attempt := coalesce(asked.attempts, greatest(job.crashes, 1));
        IF attempt < coalesce(asked.max_attempts, job.max_attempts, 1) AND pg_catalog.left(code, 2) NOT IN ('42', '0A', '3F') THEN
            IF asked.id IS NULL THEN
                PERFORM pgdispatch.make_managed(job);
            END IF;
            PERFORM pgdispatch.schedule_retry(job.role, job.id, attempt, NULL, true);
            RETURN NULL;
        END IF;
    END IF;
    PERFORM pgdispatch.add_dead_letter(job, asked, code, message, detail, hint, context);
    RETURN false;
END
$$;

COMMENT ON FUNCTION pgdispatch.run_job(pgdispatch.job, boolean, pgdispatch.managed_job) IS
'Part of pgdispatch.work: runs a job in the current transaction. If it fails, what it did is undone, and it waits for its next attempt (NULL), or is a dead letter (false). NULL, too, if it was cancelled and is to be run again, or to be deleted by whoever has cancelled it.';


CREATE OR REPLACE FUNCTION pgdispatch.reclaim_job(counted pgdispatch.job) RETURNS pgdispatch.job
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

COMMENT ON FUNCTION pgdispatch.reclaim_job(pgdispatch.job) IS
'Part of pgdispatch.work: locks a job after its crash has been counted; NULL if it is gone.';


CREATE OR REPLACE FUNCTION pgdispatch.count_crash(crashing pgdispatch.job) RETURNS void
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


CREATE OR REPLACE FUNCTION pgdispatch.begin_attempt(job pgdispatch.job) RETURNS pgdispatch.managed_job
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    asked pgdispatch.managed_job;
BEGIN
    IF pgdispatch.is_being_cancelled(job.id) THEN
        PERFORM pg_sleep(0.001);   -- Whoever cancels it wants the row.
    ELSIF pgdispatch.request_admission(job.role, job.id, job.dispatched_at) THEN
        SELECT m.* INTO asked FROM pgdispatch.managed_job AS m WHERE m.role = job.role AND m.id = job.id AND NOT m.transactional;
        IF FOUND THEN
            asked.held_by := 'non_transactional';   -- For the driver, since we are in a transaction.
            PERFORM pgdispatch.move_job(asked, 'infinity');
            PERFORM pgdispatch.cron_ensure_guard(job.role);
            RETURN NULL;
        END IF;
        UPDATE pgdispatch.managed_job AS m
           SET attempts = m.attempts + 1,
               crashes = m.crashes + CASE WHEN m.started_at IS NOT NULL THEN 1 ELSE 0 END,
               started_at = clock_timestamp()
         WHERE m.role = job.role AND m.id = job.id
        RETURNING m.* INTO asked;
        IF asked.time_limit IS NOT NULL THEN
            PERFORM pgdispatch.cron_ensure_guard(job.role);
        END IF;
    END IF;
    RETURN asked;
END
$$;

COMMENT ON FUNCTION pgdispatch.begin_attempt(pgdispatch.job) IS
'Part of pgdispatch.work: counts an attempt of a claimed job, in advance, if it may be run now; NULL otherwise.';


CREATE OR REPLACE FUNCTION pgdispatch.execute_for_rows(command text, limit_bytes integer, OUT value json, OUT row_count bigint)
LANGUAGE plpgsql
AS $$
DECLARE
    found record;
    texts text[] := '{}';
    bytes bigint := 0;
BEGIN
    FOR found IN EXECUTE command LOOP
        texts := texts || pg_catalog.row_to_json(found)::text;
        bytes := bytes + pg_catalog.octet_length(texts[pg_catalog.cardinality(texts)]) + 1;
        IF bytes > limit_bytes THEN
            RAISE SQLSTATE 'PD002' USING
                MESSAGE = pg_catalog.format('pgdispatch: the result is larger than %s bytes', limit_bytes),
                DETAIL = pg_catalog.format('It has %s rows or more.', pg_catalog.cardinality(texts)),
                HINT = 'Have the command return less, or let the owner of the schema raise the limit: CALL pgdispatch.configure(result_limit => 4194304).';
        END IF;
    END LOOP;
    row_count := pg_catalog.cardinality(texts);
    value := '[' || pg_catalog.array_to_string(texts, ',') || ']';
EXCEPTION
    WHEN invalid_cursor_definition THEN   -- It returns no rows, or is several statements, as PostgreSQL finds before it runs them.
        EXECUTE command;
        GET DIAGNOSTICS row_count = ROW_COUNT;
END
$$;

COMMENT ON FUNCTION pgdispatch.execute_for_rows(text, integer) IS
'Part of pgdispatch.work: runs a single statement and returns its rows as a JSON array of objects; of another command only how many rows it was about.';


CREATE OR REPLACE FUNCTION pgdispatch.delete_jobs(jobs pgdispatch.job[]) RETURNS void
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

COMMENT ON FUNCTION pgdispatch.delete_jobs(pgdispatch.job[]) IS
'Part of pgdispatch.work: deletes jobs that it has claimed.';


CREATE OR REPLACE FUNCTION pgdispatch.delete_plain_jobs(due_ats timestamptz[], ids bigint[], places tid[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    worker constant regrole := quote_ident(CURRENT_USER)::regrole;
    deleted bigint;
BEGIN
    DELETE FROM pgdispatch.job WHERE job.ctid = ANY (places);
    GET DIAGNOSTICS deleted = ROW_COUNT;
    IF deleted = cardinality(ids) THEN
        RETURN;
    END IF;
    -- A job has done something to the row of another one, which is elsewhere now, or gone.
    FOR i IN 1 .. cardinality(ids) LOOP
        DELETE FROM pgdispatch.job WHERE job.role = worker AND job.due_at = due_ats[i] AND job.id = ids[i];
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.delete_plain_jobs(timestamptz[], bigint[], tid[]) IS
'Part of pgdispatch.work: deletes jobs that it has claimed.';


-- Each of a million jobs is followed by this: what need not be a query is none.
CREATE OR REPLACE FUNCTION pgdispatch.reset_session(foreign_statements boolean) RETURNS void
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
    IF pg_catalog.pg_my_temp_schema() <> 0 THEN
        DISCARD TEMP;
    END IF;
    DISCARD SEQUENCES;
    UNLISTEN *;
    IF pg_catalog.pg_advisory_unlock_all() IS NULL THEN
        NULL;   -- It is called, and that is all.
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.reset_session(boolean) IS
'Part of pgdispatch.work: makes the session, back in its own role, as good as new for the next job. With foreign_statements, what a client or a connection pooler has prepared through the protocol stays: it would not learn that it is gone.';
