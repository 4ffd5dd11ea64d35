-- The executor: CALL pgdispatch.work() runs the due SQL jobs of the role that the session logged in as.
--
-- Each round of its loop is one transaction: it claims due jobs with FOR UPDATE SKIP LOCKED, runs them and deletes their rows, so that
-- the effects of a job and its removal are one commit. The prefetch says how many jobs a round claims and how it runs them:
--
--   * above 50: run_plain_chunk runs jobs in one subtransaction for all of them. If one fails, all of them are undone.
--   * 2 to 50: run_chunk runs each job in a subtransaction of its own.
--   * 1: run_job runs one job with no other job in its transaction.
--   * 0 and below: like 1, but the crash of each job is counted and committed before the job runs. A driver that lost a session asks
--     for this, and the job that takes sessions down shows itself.
--
-- What a job does must not depend on the jobs that share its transaction. Whatever goes wrong in a chunk is therefore undone and not
-- counted, and the job in question is run again alone: only that run is its attempt. A managed job that runs alone does so after its
-- attempt was counted and committed. chunks.sql says which managed jobs share a transaction, and what is committed before.
--
-- A procedure that ends transactions cannot have a SET clause. Such procedures, and what runs a job's command, qualify every name, type
-- and operator. OTHERS leaves out two conditions, which the handlers name as well. An assignment to a variable that is ignored costs
-- a fifth of what PERFORM costs.

CREATE OR REPLACE PROCEDURE pgdispatch.work(
    slice                   interval    DEFAULT NULL,
    INOUT prefetch          integer     DEFAULT 1,
    INOUT after_due_at      timestamptz DEFAULT '-infinity',
    INOUT after_id          bigint      DEFAULT 0,
    INOUT completed         bigint      DEFAULT 0,
    INOUT failed            bigint      DEFAULT 0,
    INOUT drained           boolean     DEFAULT false,
    INOUT next_due_in       interval    DEFAULT NULL,
    INOUT non_transactional boolean     DEFAULT false)
LANGUAGE plpgsql
AS $$
DECLARE
    max_savepoints     constant integer                := 50;   -- PostgreSQL caches 64 subtransactions of a session.
    worker             constant pg_catalog.regrole     := pg_catalog.quote_ident(CURRENT_USER)::pg_catalog.regrole;
    called_at          constant pg_catalog.timestamptz := pg_catalog.clock_timestamp();
    chunks_only        constant boolean                := slice IS NOT NULL AND prefetch OPERATOR(pg_catalog.>) 1;
    statement_timeout  constant pg_catalog.text        := pg_catalog.current_setting('statement_timeout');
    expires_at         constant pg_catalog.timestamptz := CASE WHEN statement_timeout OPERATOR(pg_catalog.=) '0' THEN 'infinity'
        ELSE pg_catalog.statement_timestamp() OPERATOR(pg_catalog.+) statement_timeout::pg_catalog.interval END;
    isolation          constant pg_catalog.text        := pg_catalog.current_setting('default_transaction_isolation');
    foreign_statements constant boolean                := EXISTS (SELECT FROM pg_catalog.pg_prepared_statements AS p WHERE NOT p.from_sql);
    moment        pg_catalog.timestamptz;
    chunk_until   pg_catalog.timestamptz;
    quick_until   pg_catalog.timestamptz;
    prioritized_until pg_catalog.timestamptz := '-infinity';
    jobs          pgdispatch.job[];
    claimed       integer;
    runnable      integer;
    ran           integer;
    all_ran       boolean;
    last_due_at   pg_catalog.timestamptz;
    last_id       bigint;
    isolated_id   bigint;   -- This job failed in a chunk. It is the next one to be run alone.
    prepares      boolean;   -- Managed jobs come next that may have to be prepared. NULL: unknown, as none was met.
    chunk_size    integer;
    keyless       bigint[];
    together      integer;
    results       pg_catalog.text[];
    job           pgdispatch.job;
    managed       pgdispatch.managed_job;
    outcome       pg_catalog.text;
    may_continue  boolean;
    ignored       pg_catalog.text;
BEGIN
    PERFORM pgdispatch.require_own_session();
    PERFORM pgdispatch.reset_session(foreign_statements);

    LOOP
        -- Ends the transaction of the last round. Under another isolation level a claim fails where another worker was faster.
        COMMIT;
        SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;

        chunk_size := CASE WHEN isolated_id IS NULL THEN greatest(prefetch, 1) ELSE 1 END;
        keyless := '{}';
        IF prepares AND chunk_size OPERATOR(pg_catalog.>) 1 THEN
            SELECT a.prepared, CASE WHEN a.prepared THEN greatest(a.examined, 1) ELSE chunk_size END, a.keyless
              INTO prepares, chunk_size, keyless
              FROM pgdispatch.prepare_chunk(pg_catalog.now(), after_due_at, after_id, chunk_size,
                       pg_catalog.clock_timestamp() OPERATOR(pg_catalog.+) '10 ms'::interval) AS a;
            IF prepares THEN
                COMMIT;
                SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
            END IF;
        END IF;

        moment := pg_catalog.now();   -- The now() of the jobs, which is never before the time that they were due at.
        may_continue := false;
        ran := 0;
        together := NULL;
        chunk_until := moment OPERATOR(pg_catalog.+) '10 ms'::interval;   -- Many times what a commit costs, and short enough not to be felt as a delay.
        quick_until := moment OPERATOR(pg_catalog.+) '5 ms'::interval;    -- The job after a quick one may be as quick, and run together with others.
        IF moment OPERATOR(pg_catalog.>) prioritized_until THEN
            PERFORM pgdispatch.apply_priorities(worker);
            prioritized_until := moment OPERATOR(pg_catalog.+) '1 second'::interval;
        END IF;

        IF prefetch OPERATOR(pg_catalog.>) max_savepoints THEN
            SELECT b.claimed, b.runnable, b.ran, b.last_due_at, b.last_id
              INTO claimed, runnable, ran, last_due_at, last_id
              FROM pgdispatch.run_plain_chunk(moment, after_due_at, after_id, chunk_size, chunk_until, foreign_statements) AS b;
        ELSE
            jobs := pgdispatch.claim_jobs(moment, after_due_at, after_id, chunk_size);
            claimed := pg_catalog.cardinality(jobs);
            SELECT i.together, i.results INTO together, results FROM pgdispatch.inspect_jobs(jobs) AS i;
        END IF;

        IF together OPERATOR(pg_catalog.=) 0 AND pg_catalog.cardinality(keyless) OPERATOR(pg_catalog.>) 0 THEN
            -- Another session was faster, or a pause. A job that runs alone may take long, and the others wait with their keys.
            PERFORM pgdispatch.take_keys_back(worker, keyless);
            prepares := false;
            CONTINUE;
        END IF;

        IF prepares IS NULL AND (together OPERATOR(pg_catalog.=) 0 AND chunk_size OPERATOR(pg_catalog.>) 1
                                 OR prefetch OPERATOR(pg_catalog.>) max_savepoints AND runnable OPERATOR(pg_catalog.=) 0) THEN
            prepares := true;   -- The first job is one that may have to be prepared, or has to run alone.
            CONTINUE;
        END IF;

        IF claimed OPERATOR(pg_catalog.=) 0 THEN
            IF after_due_at OPERATOR(pg_catalog.=) '-infinity' THEN
                prefetch := 1;
                drained := true;
                next_due_in := pgdispatch.next_due_in(moment);
                EXIT;
            END IF;
            -- A claim that goes on from the last position need not read the dead rows of the jobs that have run, which pile up
            -- while any session holds an old snapshot. But jobs that come before the position may have been committed since.
            after_due_at := '-infinity';
            after_id := 0;
            isolated_id := NULL;
            CONTINUE;
        ELSIF prefetch OPERATOR(pg_catalog.>) max_savepoints THEN
            completed := completed OPERATOR(pg_catalog.+) ran;
            IF ran OPERATOR(pg_catalog.>) 0 THEN
                after_due_at := last_due_at;
                after_id := last_id;
            END IF;
            prefetch := pgdispatch.prefetch_after_plain_chunk(prefetch, claimed, ran, moment, chunk_until);
            prepares := prepares OR ran OPERATOR(pg_catalog.>) 0 AND ran OPERATOR(pg_catalog.<) claimed;
        ELSIF (jobs[1]).managed AND chunks_only AND (together OPERATOR(pg_catalog.=) 0 OR isolated_id OPERATOR(pg_catalog.=) (jobs[1]).id) THEN
            isolated_id := NULL;
            prefetch := 1;   -- The driver may cancel this CALL at any time, so that it cannot run a managed job alone.
        ELSIF together OPERATOR(pg_catalog.=) 0 OR isolated_id OPERATOR(pg_catalog.=) (jobs[1]).id OR claimed OPERATOR(pg_catalog.=) 1 AND NOT chunks_only THEN
            job := jobs[1];
            managed := NULL;
            after_due_at := job.due_at;
            after_id := job.id;
            isolated_id := NULL;
            IF job.managed OR prefetch OPERATOR(pg_catalog.<) 1 OR job.crashes OPERATOR(pg_catalog.>) 0 THEN
                -- What is to outlive a session that the job takes down has to be committed before the job runs. Until the job is
                -- done, the lock keeps other workers from counting an attempt as well.
                CONTINUE WHEN NOT pg_catalog.pg_try_advisory_lock(pgdispatch.attempt_lock(job.id))
                              AND pgdispatch.is_held_by_role(pgdispatch.attempt_lock(job.id));
                managed := pgdispatch.begin_attempt(job);
                COMMIT;
                SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
                job := pgdispatch.reclaim_job(job, managed);
                quick_until := pg_catalog.now() OPERATOR(pg_catalog.+) '5 ms'::interval;   -- The commit was not the job's.
            END IF;
            outcome := pgdispatch.run_job(job, chunks_only, managed, expires_at);
            IF outcome OPERATOR(pg_catalog.=) 'completed' THEN
                completed := completed OPERATOR(pg_catalog.+) 1;
            ELSIF outcome OPERATOR(pg_catalog.=) 'failed' THEN
                failed := failed OPERATOR(pg_catalog.+) 1;
            ELSIF outcome OPERATOR(pg_catalog.=) 'cancelled' THEN
                COMMIT;
                PERFORM pg_catalog.pg_sleep(0.02);   -- The session that cancels the job needs its row.
            END IF;
            prepares := managed.id IS NULL OR pgdispatch.may_share_transaction(managed);
            IF (jobs[1]).managed AND (outcome OPERATOR(pg_catalog.=) 'gone' OR NOT prepares) THEN
                may_continue := pg_catalog.clock_timestamp() OPERATOR(pg_catalog.<) quick_until;
            ELSE
                prefetch := pgdispatch.prefetch_after_job(prefetch, outcome, quick_until);
            END IF;
        ELSE
            SELECT b.ran, b.all_ran
              INTO ran, all_ran
              FROM pgdispatch.run_chunk(jobs, together, results, chunk_until, foreign_statements) AS b;
            completed := completed OPERATOR(pg_catalog.+) ran;
            IF ran OPERATOR(pg_catalog.>) 0 THEN
                after_due_at := (jobs[ran]).due_at;
                after_id := (jobs[ran]).id;
            END IF;
            SELECT p.new_prefetch, p.isolated_id
              INTO prefetch, isolated_id
              FROM pgdispatch.prefetch_after_chunk(prefetch, ran, all_ran, ran OPERATOR(pg_catalog.<) together,
                       jobs[ran OPERATOR(pg_catalog.+) 1], moment, chunk_until) AS p;
            prepares := prepares OR NOT all_ran AND ran OPERATOR(pg_catalog.=) together;
        END IF;
        ignored := pgdispatch.reset_session(foreign_statements);
        IF ran OPERATOR(pg_catalog.<) chunk_size AND pg_catalog.cardinality(keyless) OPERATOR(pg_catalog.>) 0 THEN
            PERFORM pgdispatch.take_keys_back(worker, keyless);
        END IF;

        -- Jobs that were committed late come before the position. They must not wait until a backlog is done.
        IF pg_catalog.date_trunc('second', pg_catalog.clock_timestamp()) OPERATOR(pg_catalog.>) moment THEN
            after_due_at := '-infinity';
            after_id := 0;
        END IF;

        -- At a prefetch of 1 the next job may take long, and the driver may want other sessions to run the jobs behind it.
        EXIT WHEN slice IS NOT NULL
              AND (chunks_only AND prefetch OPERATOR(pg_catalog.<=) 1
                   OR NOT chunks_only AND prefetch OPERATOR(pg_catalog.>) 1
                   OR prefetch OPERATOR(pg_catalog.=) 1 AND NOT may_continue
                   OR pg_catalog.clock_timestamp() OPERATOR(pg_catalog.>) (called_at OPERATOR(pg_catalog.+) slice));
    END LOOP;

    non_transactional := pgdispatch.is_non_transactional_due();
    -- The driver has set these for the CALL as a whole, and they stay as they were.
    PERFORM pg_catalog.set_config('statement_timeout', statement_timeout, false),
            pg_catalog.set_config('default_transaction_isolation', isolation, false);
    RESET client_min_messages;
END
$$;

COMMENT ON PROCEDURE pgdispatch.work(interval, integer, timestamptz, bigint, bigint, bigint, boolean, interval, boolean) IS
'Runs the due jobs of the role that the session logged in as, the oldest first, until none is left that no other session is running. Then drained is true, and next_due_in is the time until the next job falls due (NULL: no job waits). completed and failed count the jobs that ended; a failed job is in pgdispatch.dead_letter. Jobs that were committed late are run as soon as they are found. Any number of sessions may call it at once.
A quick job shares its transaction with others. A slow job has a transaction of its own, and so has a managed one that has a time limit or a priority, keeps its key, is non-transactional or has failed before. Each job starts in a session without leftovers of other jobs, and the session has none in the end. statement_timeout holds for the CALL as a whole, and cancels the job that is running when it expires.
To be called with autocommit, in a session that logged in as the role; otherwise the error is 42501. Example: CALL pgdispatch.work()
A driver passes a slice. The CALL then returns as soon as the running job lets it, drained or not, and the driver passes prefetch, after_due_at and after_id on to its next CALL. With a prefetch of 1 such a CALL runs one job, alone. With a prefetch above 1 it runs chunks only: the driver cancels it after two slices, and a slow job is then run alone. (If it is cancelled between two jobs, the CALL fails and is to be repeated.) After the loss of a session, a prefetch of -49 runs the next 50 jobs one by one, with their crashes counted; a job that was run five times so and took its session down each time becomes a dead letter. If non_transactional is true, a job waits that the driver has to run itself: see pgdispatch.begin_non_transactional.';


CREATE OR REPLACE FUNCTION pgdispatch.require_own_session() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me              constant name    := CURRENT_USER;
    worker          constant regrole := quote_ident(me)::regrole;
    is_session_user constant boolean := me = SESSION_USER;
BEGIN
    -- In a session that has only taken on the role, by SET ROLE or SET SESSION AUTHORIZATION, a job could reset that.
    RESET SESSION AUTHORIZATION;   -- The error below undoes it.
    SET ROLE NONE;                 -- The role may take on another one by default.
    IF NOT is_session_user OR SESSION_USER <> me THEN
        RAISE insufficient_privilege USING
            MESSAGE = format('pgdispatch: this session did not log in as %s', worker),
            DETAIL = 'A job runs in a session that logged in as the role that dispatched it.',
            HINT = format('Log in as %s and CALL pgdispatch.work() there.', worker);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.require_own_session() IS
'Part of pgdispatch.work. Raises 42501 unless the session logged in as the current role.';


CREATE OR REPLACE FUNCTION pgdispatch.prefetch_after_job(prefetch integer, outcome text, quick_until timestamptz) RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN CASE WHEN prefetch < 1 THEN prefetch + 1
                WHEN outcome IN ('completed', 'failed') AND clock_timestamp() < quick_until THEN greatest(prefetch, 2)
                ELSE 1
           END;
END
$$;

COMMENT ON FUNCTION pgdispatch.prefetch_after_job(integer, text, timestamptz) IS
'Part of pgdispatch.work. Returns the prefetch after a plain job that ran alone.';


CREATE OR REPLACE FUNCTION pgdispatch.adapt_prefetch(
    prefetch integer, ran integer, began_at timestamptz, chunk_until timestamptz, lowest integer, highest integer)
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN greatest(lowest, least(highest, 2 * prefetch,
               floor(ran::double precision * date_part('epoch', chunk_until - began_at)
                   / date_part('epoch', clock_timestamp() - began_at))));
END
$$;

COMMENT ON FUNCTION pgdispatch.adapt_prefetch(integer, integer, timestamptz, timestamptz, integer, integer) IS
'Part of pgdispatch.work. Returns the number of jobs that fit the time of a chunk if they take as long as those that
ran since began_at. It is at most twice the last prefetch, because the next jobs may be of another kind.';


CREATE OR REPLACE FUNCTION pgdispatch.prefetch_after_plain_chunk(
    prefetch integer, claimed integer, ran integer, began_at timestamptz, chunk_until timestamptz)
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    in_time constant boolean := clock_timestamp() < chunk_until;
BEGIN
    RETURN CASE WHEN ran = 0 AND in_time THEN 25
                WHEN ran = 0 THEN 1
                WHEN ran < claimed AND in_time THEN 50   -- The next job has to run alone.
                ELSE pgdispatch.adapt_prefetch(prefetch, ran, began_at, chunk_until, 50, 500)
           END;
END
$$;

COMMENT ON FUNCTION pgdispatch.prefetch_after_plain_chunk(integer, integer, integer, timestamptz, timestamptz) IS
'Part of pgdispatch.work. Returns the prefetch after pgdispatch.run_plain_chunk. If no job ran, the next chunk has a
subtransaction for each job, because one of them failed or the first one has to run alone.';


CREATE OR REPLACE FUNCTION pgdispatch.prefetch_after_chunk(
    prefetch integer, ran integer, all_ran boolean, next_failed boolean, next_job pgdispatch.job, began_at timestamptz,
    chunk_until timestamptz, OUT new_prefetch integer, OUT isolated_id bigint)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    after_a_job_alone constant integer := greatest(2, least(50, 2 * ran));
BEGIN
    IF all_ran THEN
        new_prefetch := pgdispatch.adapt_prefetch(prefetch, ran, began_at, chunk_until, 1, CASE WHEN ran < 50 THEN 50 ELSE 500 END);
    ELSIF next_job.managed AND NOT next_failed THEN
        new_prefetch := after_a_job_alone;
    ELSIF next_job.crashes = 0 AND clock_timestamp() < chunk_until THEN
        -- It failed as quickly as others run. Whether the other jobs of the chunk were to blame shows when it runs alone.
        isolated_id := next_job.id;
        new_prefetch := after_a_job_alone;
    ELSE
        new_prefetch := 1;
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.prefetch_after_chunk(integer, integer, boolean, boolean, pgdispatch.job, timestamptz, timestamptz) IS
'Part of pgdispatch.work. Returns the prefetch after pgdispatch.run_chunk. next_job is the first job that did not run,
and next_failed says whether it failed, or whether a later one may have failed.
isolated_id is the job that is to be run alone next; then chunks go on.';


CREATE OR REPLACE FUNCTION pgdispatch.run_plain_chunk(
    moment timestamptz, after_due_at timestamptz, after_id bigint, max_count integer, until timestamptz, foreign_statements boolean,
    OUT claimed integer, OUT runnable integer, OUT ran integer, OUT last_due_at timestamptz, OUT last_id bigint)
LANGUAGE plpgsql
AS $$
DECLARE
    me constant pg_catalog.name := CURRENT_USER;
    commands pg_catalog.text[];
    command  pg_catalog.text;
    due_ats  pg_catalog.timestamptz[];
    ids      bigint[];
    places   pg_catalog.tid[];
    managed_ids bigint[];
    results     pg_catalog.text[];
    limit_bytes integer;
    value       pg_catalog.json;
    row_count   bigint;
    kept_values pg_catalog.json[];
    row_counts  bigint[];
BEGIN
    -- One subtransaction holds the claim as well: a row that is locked in a transaction and deleted in a subtransaction of it would
    -- get an additional entry for that.
    ran := 0;
    IF NOT pgdispatch.share_lock_briefly(pgdispatch.chunk_lock(pg_catalog.quote_ident(CURRENT_USER)::pg_catalog.regrole)) THEN
        RETURN;   -- Another role holds the lock. Without it, a slow job in a chunk would hold up the others. They run alone instead.
    END IF;
    SELECT c.claimed, c.commands, c.due_ats, c.ids, c.places, c.managed_ids, c.results
      INTO claimed, commands, due_ats, ids, places, managed_ids, results
      FROM pgdispatch.claim_plain_jobs(moment, after_due_at, after_id, max_count) AS c;
    IF claimed OPERATOR(pg_catalog.=) 0 THEN
        RETURN;
    END IF;
    runnable := pg_catalog.cardinality(commands);
    IF results IS NOT NULL THEN
        limit_bytes := (pgdispatch.settings(pg_catalog.quote_ident(me)::pg_catalog.regrole)).result_limit;
        kept_values[1] := NULL;   -- An array begins at the first index that is set.
        row_counts[1] := NULL;
    END IF;
    FOREACH command IN ARRAY commands LOOP
        EXIT WHEN ran OPERATOR(pg_catalog.>) 0 AND pg_catalog.clock_timestamp() OPERATOR(pg_catalog.>=) until;
        IF results[ran OPERATOR(pg_catalog.+) 1] IS NULL THEN
            EXECUTE command;
        ELSE
            SELECT r.value, r.row_count INTO value, row_count FROM pgdispatch.execute_for_result(command, results[ran OPERATOR(pg_catalog.+) 1], limit_bytes) AS r;
            kept_values[ran OPERATOR(pg_catalog.+) 1] := value;
            row_counts[ran OPERATOR(pg_catalog.+) 1] := row_count;
        END IF;
        IF CURRENT_USER OPERATOR(pg_catalog.<>) me OR SESSION_USER OPERATOR(pg_catalog.<>) me
           OR pg_catalog.current_setting('role') OPERATOR(pg_catalog.<>) 'none' THEN
            RESET SESSION AUTHORIZATION;
            SET ROLE NONE;
        END IF;
        IF pgdispatch.reset_session(foreign_statements) IS NULL THEN
            NULL;   -- As a condition, the call costs less than as a query.
        END IF;
        ran := ran OPERATOR(pg_catalog.+) 1;
    END LOOP;

    SET CONSTRAINTS ALL IMMEDIATE;   -- What is deferred would fail in the COMMIT, where no handler catches it.
    RESET SESSION AUTHORIZATION;
    SET ROLE NONE;
    IF ran OPERATOR(pg_catalog.>) 0 THEN
        PERFORM pgdispatch.delete_plain_jobs(due_ats[:ran], ids[:ran], places[:ran]);
        IF managed_ids IS NOT NULL THEN
            PERFORM pgdispatch.end_chunk(managed_ids[:ran], kept_values, row_counts);
        END IF;
        last_due_at := due_ats[ran];
        last_id := ids[ran];
    END IF;
EXCEPTION WHEN query_canceled OR assert_failure OR OTHERS THEN
    ran := 0;
END
$$;

COMMENT ON FUNCTION pgdispatch.run_plain_chunk(timestamptz, timestamptz, bigint, integer, timestamptz, boolean) IS
'Part of pgdispatch.work. Claims due jobs, runs them in order in one subtransaction, until the given time or the first job
that has to run alone, and deletes them. If one fails, all is undone and ran is 0. claimed: NULL if the claim failed. runnable:
how many of the claimed jobs may run in a chunk.';


CREATE OR REPLACE FUNCTION pgdispatch.run_chunk(
    jobs pgdispatch.job[], together integer, results text[], until timestamptz, foreign_statements boolean,
    OUT ran integer, OUT all_ran boolean)
LANGUAGE plpgsql
AS $$
DECLARE
    limit_bytes constant integer := CASE WHEN results IS NOT NULL THEN (pgdispatch.settings(pg_catalog.quote_ident(CURRENT_USER)::pg_catalog.regrole)).result_limit END;
    ignored     pg_catalog.text;
    job         pgdispatch.job;
    managed_ids bigint[];
    value       pg_catalog.json;
    row_count   bigint;
    kept_values pg_catalog.json[] := CASE WHEN results IS NOT NULL THEN ARRAY[NULL]::pg_catalog.json[] END;   -- They begin at 1.
    row_counts  bigint[]          := CASE WHEN results IS NOT NULL THEN ARRAY[NULL]::bigint[] END;
BEGIN
    ran := 0;
    all_ran := pgdispatch.share_lock_briefly(pgdispatch.chunk_lock(pg_catalog.quote_ident(CURRENT_USER)::pg_catalog.regrole));   -- See run_plain_chunk.
    FOREACH job IN ARRAY jobs LOOP
        EXIT WHEN NOT all_ran OR ran OPERATOR(pg_catalog.>) 0 AND pg_catalog.clock_timestamp() OPERATOR(pg_catalog.>=) until;
        IF job.crashes OPERATOR(pg_catalog.>) 0 OR ran OPERATOR(pg_catalog.=) together THEN
            all_ran := false;
        ELSE
            BEGIN
                IF results[ran OPERATOR(pg_catalog.+) 1] IS NULL THEN
                    EXECUTE job.command;
                ELSE
                    SELECT r.value, r.row_count INTO value, row_count FROM pgdispatch.execute_for_result(job.command, results[ran OPERATOR(pg_catalog.+) 1], limit_bytes) AS r;
                    kept_values[ran OPERATOR(pg_catalog.+) 1] := value;
                    row_counts[ran OPERATOR(pg_catalog.+) 1] := row_count;
                END IF;
                RESET SESSION AUTHORIZATION;   -- The role that the job has taken on may not be allowed to do what follows.
                SET ROLE NONE;
                ran := ran OPERATOR(pg_catalog.+) 1;
                managed_ids[ran] := CASE WHEN job.managed THEN job.id END;
            EXCEPTION WHEN query_canceled OR assert_failure OR OTHERS THEN
                all_ran := false;
            END;
            ignored := pgdispatch.reset_session(foreign_statements);
        END IF;
    END LOOP;

    SET CONSTRAINTS ALL IMMEDIATE;   -- What is deferred would fail in the COMMIT, where no handler catches it.
    RESET SESSION AUTHORIZATION;
    SET ROLE NONE;
    PERFORM pgdispatch.delete_jobs(jobs[:ran]);
    IF ran OPERATOR(pg_catalog.>) 0 AND EXISTS (SELECT FROM pgdispatch.history_retention) THEN
        PERFORM pgdispatch.record_commands(jobs[:ran]);
    END IF;
    PERFORM pgdispatch.end_chunk(managed_ids, kept_values, row_counts);
EXCEPTION WHEN query_canceled OR assert_failure OR OTHERS THEN
    ran := 0;
    all_ran := false;
END
$$;

COMMENT ON FUNCTION pgdispatch.run_chunk(pgdispatch.job[], integer, text[], timestamptz, boolean) IS
'Part of pgdispatch.work. Runs claimed jobs in order, each in a subtransaction, until the given time or until one cannot
run together with others (all_ran is false then), and deletes those that ran. It does not touch the other jobs.';


CREATE OR REPLACE FUNCTION pgdispatch.begin_attempt(job pgdispatch.job) RETURNS pgdispatch.managed_job
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    managed pgdispatch.managed_job;
BEGIN
    IF job.managed IS NULL THEN
        PERFORM pgdispatch.count_crash(job);
        RETURN NULL;
    ELSIF NOT pgdispatch.request_admission(job.role, job.id, job.dispatched_at, job.due_at) THEN
        RETURN NULL;
    END IF;
    SELECT m.* INTO managed FROM pgdispatch.managed_job AS m WHERE m.role = job.role AND m.id = job.id AND NOT m.transactional;
    IF FOUND THEN
        managed.held_by := 'non_transactional';   -- The driver runs it, as this session is in a transaction.
        PERFORM pgdispatch.move_job(managed, 'infinity');
        PERFORM pgdispatch.cron_ensure_guard(job.role);
        RETURN NULL;
    END IF;
    managed := pgdispatch.count_attempt(job.role, job.id, pg_backend_pid());
    IF managed.time_limit IS NOT NULL THEN
        PERFORM pgdispatch.cron_ensure_guard(job.role);
    END IF;
    RETURN managed;
END
$$;

COMMENT ON FUNCTION pgdispatch.begin_attempt(pgdispatch.job) IS
'Part of pgdispatch.work. Counts an attempt of a claimed job before it runs, and that of a plain job as a crash. Returns
the row of a managed job in pgdispatch.managed_job; NULL: it is a plain job, or it may not run now or not in a
transaction.';


CREATE OR REPLACE FUNCTION pgdispatch.run_job(
    job pgdispatch.job, again_if_cancelled boolean, managed pgdispatch.managed_job, expires_at timestamptz)
RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
    max_repetitions constant integer := 10;
    ignored pg_catalog.text;
    code    pg_catalog.text;
    message pg_catalog.text;
    detail  pg_catalog.text;
    hint    pg_catalog.text;
    context pg_catalog.text;
BEGIN
    IF job.id IS NULL THEN
        RETURN 'gone';
    END IF;
    -- From here on no session cancels this one to free the jobs of a chunk. If one just did, the next statement is cancelled.
    ignored := pgdispatch.share_lock_briefly(pgdispatch.chunk_cancellation_lock(pg_catalog.pg_backend_pid()));
    -- The crash of a plain job was counted for this run as well; that of a managed one was not.
    IF job.crashes OPERATOR(pg_catalog.>) pgdispatch.max_crashes() OR managed.crashes OPERATOR(pg_catalog.>=) pgdispatch.max_crashes() THEN
        RETURN CASE WHEN pgdispatch.end_failed_attempt(job, managed, true, NULL, NULL, NULL, NULL, NULL) THEN 'unfinished' ELSE 'failed' END;
    END IF;

    FOR repetition IN 1 .. max_repetitions LOOP
        code := NULL;
        LOOP
            BEGIN
                IF code IS NULL THEN
                    BEGIN
                        ignored := pgdispatch.execute_job(job, managed);
                        RETURN 'completed';
                    EXCEPTION WHEN query_canceled OR assert_failure OR OTHERS THEN
                        GET STACKED DIAGNOSTICS
                            code    = RETURNED_SQLSTATE,
                            message = MESSAGE_TEXT,
                            detail  = PG_EXCEPTION_DETAIL,
                            hint    = PG_EXCEPTION_HINT,
                            context = PG_EXCEPTION_CONTEXT;
                    END;
                END IF;
                -- Another session may have found that this one runs the job, and still interrupts it, maybe more than once.
                ignored := pgdispatch.await_interruption(managed);
                EXIT;
            EXCEPTION WHEN query_canceled THEN
                IF code IS NULL THEN
                    code := SQLSTATE;
                    message := SQLERRM;
                END IF;
            END;
        END LOOP;
        -- Serialization failures and deadlocks are not the fault of the job, and what it did is undone.
        EXIT WHEN repetition OPERATOR(pg_catalog.=) max_repetitions
               OR code OPERATOR(pg_catalog.<>) ALL (ARRAY['40001', '40P01'])
                  AND (code OPERATOR(pg_catalog.<>) '57014' OR again_if_cancelled
                       OR NOT pgdispatch.is_distributed_deadlock(job.id, least(expires_at, managed.started_at OPERATOR(pg_catalog.+) managed.time_limit)));
        PERFORM pg_catalog.pg_sleep(pg_catalog.random() OPERATOR(pg_catalog.*) 0.01 OPERATOR(pg_catalog.*) repetition);
    END LOOP;

    IF code OPERATOR(pg_catalog.=) '57014' AND pgdispatch.is_being_cancelled(job.id) THEN
        -- The session that cancels the job deletes it. If that is rolled back, this was no attempt, and no crash.
        IF managed.id IS NOT NULL THEN
            PERFORM pgdispatch.uncount_attempt(job.role, job.id);
        END IF;
        RETURN 'cancelled';
    ELSIF code OPERATOR(pg_catalog.=) '57014' AND again_if_cancelled
          OR pgdispatch.end_failed_attempt(job, managed, true, code, message, detail, hint, context) THEN
        RETURN 'unfinished';
    END IF;
    RETURN 'failed';
END
$$;

COMMENT ON FUNCTION pgdispatch.run_job(pgdispatch.job, boolean, pgdispatch.managed_job, timestamptz) IS
'Part of pgdispatch.work. Runs a job in the current transaction, up to ten times if it has serialization failures or
deadlocks. expires_at: when the statement_timeout cancels the job.
Returns completed: its row is deleted. failed: it is a dead letter. unfinished: it will run again. cancelled: the session that cancels
it deletes it. gone: there was no job to run. Unless it is completed, its effects are undone.';


CREATE OR REPLACE FUNCTION pgdispatch.is_distributed_deadlock(job_id bigint, expires_at timestamptz) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension AS e WHERE e.extname = 'citus') THEN
        RETURN false;
    END IF;
    -- The clock of a statement_timeout begins a little before the statement.
    RETURN clock_timestamp() < expires_at - '100 ms'::interval AND NOT pgdispatch.is_being_cancelled(job_id);
END
$$;

COMMENT ON FUNCTION pgdispatch.is_distributed_deadlock(bigint, timestamptz) IS
'Part of pgdispatch.run_job, for a job whose statement was cancelled. Returns whether that may have been Citus, which ends a
deadlock over several nodes so: the database has Citus, no time limit has passed and no session cancels the job.
expires_at: when its time limit or the statement_timeout cancels the job.';


CREATE OR REPLACE FUNCTION pgdispatch.await_interruption(managed pgdispatch.managed_job) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF managed.id IS NULL THEN
        PERFORM pgdispatch.share_lock_briefly(pgdispatch.interruption_lock(pg_backend_pid()));
    ELSE
        PERFORM FROM pgdispatch.managed_job AS m WHERE m.role = managed.role AND m.id = managed.id FOR UPDATE;
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.await_interruption(pgdispatch.managed_job) IS
'Part of pgdispatch.run_job. Waits for a session that is interrupting the job of this session, or fails since that has
cancelled this statement. Afterwards no session interrupts the job. managed is NULL for a plain job.';


CREATE OR REPLACE FUNCTION pgdispatch.execute_job(job pgdispatch.job, managed pgdispatch.managed_job) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    value     pg_catalog.json;
    row_count bigint;
    ignored   pg_catalog.text;
BEGIN
    ignored := pg_catalog.pg_try_advisory_xact_lock(pgdispatch.execution_lock(job.id));   -- See pgdispatch.session_running.
    ignored := pgdispatch.delete_jobs(ARRAY[job]);
    IF managed.result IS NULL THEN
        EXECUTE job.command;
    ELSE
        SELECT r.value, r.row_count
          INTO value, row_count
          FROM pgdispatch.execute_for_result(job.command, managed.result, (pgdispatch.settings(job.role)).result_limit) AS r;
    END IF;
    RESET SESSION AUTHORIZATION;
    SET ROLE NONE;
    RESET ALL;   -- As in a chunk, deferred triggers do not find the settings of the job.
    SET CONSTRAINTS ALL IMMEDIATE;
    RESET SESSION AUTHORIZATION;
    SET ROLE NONE;
    -- If another session has interrupted the job, the next statement is cancelled. Later no session does: see pgdispatch.interrupt_job.
    IF EXISTS (SELECT FROM pgdispatch.history_retention) THEN   -- By default, this spares each job the call.
        ignored := pgdispatch.record_command(job, managed, 'done');
    END IF;
    IF managed.id IS NOT NULL THEN
        ignored := pgdispatch.end_managed_job(job.role, job.id, 'done', true, value, row_count);
    ELSE
        ignored := pgdispatch.share_lock_briefly(pgdispatch.interruption_lock(pg_catalog.pg_backend_pid()));
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.execute_job(pgdispatch.job, pgdispatch.managed_job) IS
'Part of pgdispatch.work. Executes the command of a job with its deferred triggers, deletes the row of the job, and keeps
the result of a managed one.';


CREATE OR REPLACE FUNCTION pgdispatch.execute_for_rows(command text, limit_bytes integer, OUT value json, OUT row_count bigint)
LANGUAGE plpgsql
AS $$
DECLARE
    found pg_catalog.record;
    texts pg_catalog.text[] := '{}';
    bytes bigint := 0;
BEGIN
    FOR found IN EXECUTE command LOOP
        texts := pg_catalog.array_append(texts, pg_catalog.row_to_json(found)::pg_catalog.text);
        bytes := bytes OPERATOR(pg_catalog.+) pg_catalog.octet_length(texts[pg_catalog.cardinality(texts)]) OPERATOR(pg_catalog.+) 1;
        IF bytes OPERATOR(pg_catalog.>) limit_bytes THEN
            RAISE SQLSTATE 'PD002' USING
                MESSAGE = pg_catalog.format('pgdispatch: the result is larger than %s bytes', limit_bytes),
                DETAIL = pg_catalog.format('The command has returned %s rows or more.', pg_catalog.cardinality(texts)),
                HINT = 'Let the command return less, or let the owner of the schema raise the limit: CALL pgdispatch.configure(result_limit => 4194304).';
        END IF;
    END LOOP;
    row_count := pg_catalog.cardinality(texts);
    value := pg_catalog.concat('[', pg_catalog.array_to_string(texts, ','), ']');
EXCEPTION
    -- PostgreSQL raises this before it runs the command, if the command returns no rows or is several statements.
    WHEN invalid_cursor_definition THEN
        EXECUTE command;
        GET DIAGNOSTICS row_count = ROW_COUNT;
END
$$;

COMMENT ON FUNCTION pgdispatch.execute_for_rows(text, integer) IS
'Part of pgdispatch.work. Executes a command, and returns the rows of a single statement that returns rows as a JSON
array of objects, or NULL, and their number. Fails with PD002 if the JSON is larger than limit_bytes.';


-- This follows each of a million jobs: what can be done without a query is done without one.
CREATE OR REPLACE FUNCTION pgdispatch.reset_session(foreign_statements boolean) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    statement pg_catalog.text;
BEGIN
    RESET ALL;
    SET client_min_messages = error;   -- No one reads the notices of a job, and a million of them would fill the memory of the driver.
    EXECUTE 'CLOSE ALL';               -- Without EXECUTE it would be the CLOSE of PL/pgSQL.
    IF foreign_statements THEN
        FOREACH statement IN ARRAY ARRAY(SELECT p.name FROM pg_catalog.pg_prepared_statements AS p WHERE p.from_sql) LOOP
            EXECUTE pg_catalog.format('DEALLOCATE %I', statement);
        END LOOP;
    ELSE
        DEALLOCATE ALL;
    END IF;
    IF pg_catalog.pg_my_temp_schema() OPERATOR(pg_catalog.<>) 0 THEN
        DISCARD TEMP;
    END IF;
    DISCARD SEQUENCES;
    UNLISTEN *;
    IF pg_catalog.pg_advisory_unlock_all() IS NULL THEN
        NULL;   -- As a condition, the call costs less than as a query.
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.reset_session(boolean) IS
'Part of pgdispatch.work. Removes what a job has left in the session. With foreign_statements, statements stay that were
prepared through the protocol.';
