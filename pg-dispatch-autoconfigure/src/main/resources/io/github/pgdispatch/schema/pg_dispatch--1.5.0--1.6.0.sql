-- pg-dispatch 1.6.0: to look for jobs costs less.
--
-- Where jobs come one by one, a claim finds one at a time, and most of what it takes is not for that one but for what it looks at
-- besides: the lease, the other nodes, what is paused, and who the session is.


-- ---------------------------------------------------------------------------------------------------------------------
-- Jobs of handlers
-- ---------------------------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION pgdispatch.claim_for_handler(
    node uuid, lease interval, handler_name text, moment timestamptz, at_most integer, live uuid[],
    after_due_at timestamptz DEFAULT '-infinity', after_id bigint DEFAULT 0)
RETURNS SETOF pgdispatch.handler_job
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    me constant regrole := quote_ident(CURRENT_USER)::regrole;
    left_now integer := at_most;
    places   tid[];
    lost     boolean;
    some_managed boolean;
    managed  record;
    claimed  integer;
    moved    integer;
BEGIN
    LOOP
        SELECT array_agg(due.ctid), bool_or(due.claimed_by IS NOT NULL), bool_or(due.managed)
          INTO places, lost, some_managed
          FROM (SELECT f.ctid, f.claimed_by, f.managed
                  FROM pgdispatch.handler_job AS f
                 WHERE f.role = me
                   AND f.handler = handler_name
                   AND f.due_at <= moment
                   AND (f.due_at, f.id) > (after_due_at, after_id)
                   -- Not those with which a node was lost twice: see claim_suspect.
                   AND (f.claimed_by IS NULL AND (f.crashes IS NULL OR f.crashes < 2) AND f.cancelled IS NULL
                        OR f.claimed_by <> ALL (live) AND f.crashes IS NULL AND f.cancelled IS NULL)
                 ORDER BY f.due_at, f.id
                 LIMIT left_now
                   FOR UPDATE SKIP LOCKED) AS due;
        claimed := 0;
        moved := 0;
        IF places IS NOT NULL THEN
            IF lost THEN
                -- A node may have begun its lease, and claimed these, since the live ones were looked up. Now that they are locked,
                -- whoever has claimed them had its lease before.
                live := pgdispatch.live_nodes(lease);
            END IF;
            IF some_managed THEN
                FOR managed IN
                    SELECT j.id, j.fired_at
                      FROM pgdispatch.handler_job AS j
                     WHERE j.ctid = ANY (places)
                       AND j.managed
                       AND (j.claimed_by IS NULL OR j.claimed_by <> ALL (live))
                     ORDER BY j.due_at, j.id
                LOOP
                    IF NOT pgdispatch.admit(me, managed.id, managed.fired_at) THEN
                        moved := moved + 1;   -- And so it is no longer at its place.
                    END IF;
                END LOOP;
            END IF;
            RETURN QUERY
                UPDATE pgdispatch.handler_job AS j
                   SET claimed_by = node,
                       attempts = j.attempts + 1,
                       crashes = CASE WHEN j.claimed_by IS NOT NULL THEN 1 ELSE j.crashes END
                 WHERE j.ctid = ANY (places)   -- They are locked, so that these are still their places.
                   AND (j.claimed_by IS NULL OR j.claimed_by <> ALL (live))
                RETURNING j.*;
            GET DIAGNOSTICS claimed = ROW_COUNT;
            left_now := left_now - claimed;
        END IF;
        EXIT WHEN left_now <= 0;
        IF moved = 0 AND claimed = coalesce(cardinality(places), 0) THEN   -- There were no more.
            EXIT WHEN after_due_at = '-infinity';
            after_due_at := '-infinity';
            after_id := 0;
        END IF;
    END LOOP;
END
$$;


CREATE OR REPLACE FUNCTION pgdispatch.claim_handler_jobs(
    node uuid, lease interval, handlers text[], at_most integer[], in_all integer,
    after_due_at timestamptz[] DEFAULT '{}', after_id bigint[] DEFAULT '{}')
RETURNS SETOF pgdispatch.handler_job
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET jit = off
AS $$
DECLARE
    me     constant regrole     := quote_ident(CURRENT_USER)::regrole;
    moment constant timestamptz := clock_timestamp();
    holds    boolean;
    some_snoozed boolean;
    paused   text[];
    live     uuid[];
    left_for integer[] := at_most;
    left_now integer   := in_all;
    share    integer;
    claimed  integer;
    found_any boolean;
BEGIN
    -- What live_nodes and paused_handlers return, and whether promote has anything to do, in one query; and nothing is written if
    -- there is nothing to do.
    SELECT coalesce(bool_or(n.id = claim_handler_jobs.node AND n.expires_at > moment + 0.75 * lease), false),
           array_agg(n.id) FILTER (WHERE greatest(n.expires_at, pg_postmaster_start_time() + lease) > moment),
           ARRAY(SELECT p.handler FROM pgdispatch.pause AS p WHERE p.role = me),
           EXISTS (SELECT FROM pgdispatch.managed_job AS m
                    WHERE m.role = me
                      AND m.due_at <= moment
                      AND m.priority IS NOT NULL AND m.place > m.rank AND m.held_by IS NULL
                      AND m.started_at IS NULL AND m.slot_at IS NULL)
      INTO holds, live, paused, some_snoozed
      FROM pgdispatch.node AS n
     WHERE n.role = me;
    IF NOT holds THEN
        PERFORM pgdispatch.renew_lease(node, lease);
        live := array_append(live, node);
    END IF;
    IF cardinality(paused) > 0 THEN
        IF '' = ANY (paused) THEN
            RETURN;
        END IF;
        FOR i IN 1 .. cardinality(handlers) LOOP
            IF handlers[i] = ANY (paused) THEN
                left_for[i] := 0;
            END IF;
        END LOOP;
    END IF;
    IF some_snoozed THEN
        PERFORM pgdispatch.promote(me);
    END IF;

    -- Each handler its share; and what some have left of theirs is shared among the others, until nothing is left or due.
    LOOP
        share := (SELECT count(*) FROM unnest(left_for) AS l WHERE l > 0);
        EXIT WHEN left_now <= 0 OR share = 0;
        share := greatest(left_now / share, 1);
        found_any := false;
        FOR i IN 1 .. cardinality(handlers) LOOP
            CONTINUE WHEN left_for[i] <= 0;
            EXIT WHEN left_now <= 0;
            RETURN QUERY
                SELECT c.*
                  FROM pgdispatch.claim_for_handler(node, lease, handlers[i], moment, least(share, left_for[i], left_now), live,
                           coalesce(after_due_at[i], '-infinity'), coalesce(after_id[i], 0)) AS c;
            GET DIAGNOSTICS claimed = ROW_COUNT;
            left_now := left_now - claimed;
            left_for[i] := CASE WHEN claimed < least(share, left_for[i]) THEN 0 ELSE left_for[i] - claimed END;
            found_any := found_any OR claimed > 0;
        END LOOP;
        EXIT WHEN NOT found_any;
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.claim_handler_jobs(uuid, interval, text[], integer[], integer, timestamptz[], bigint[]) IS
'Claims due jobs for the node that no other node holds: of each handler the oldest, at_most so many of it, and in_all so many, shared among the handlers, the first of which come first if there are not enough for all. A node that has claimed just now may name where that was, for each handler: to go on from there spares the claim the dead rows of what has run, which pile up while anyone holds an old snapshot; the jobs before it are claimed when there are none behind it. Skips what other transactions have locked. The claims hold once this is committed, for three quarters of the lease at the least: it is renewed if less of it is left.';


-- ---------------------------------------------------------------------------------------------------------------------
-- Commands
-- ---------------------------------------------------------------------------------------------------------------------

CREATE OR REPLACE PROCEDURE pgdispatch.work(
    slice              interval    DEFAULT NULL,
    INOUT pace         integer     DEFAULT 1,
    INOUT after_due_at timestamptz DEFAULT '-infinity',
    INOUT after_id     bigint      DEFAULT 0,
    INOUT completed    bigint      DEFAULT 0,
    INOUT failed       bigint      DEFAULT 0,
    INOUT drained      boolean     DEFAULT false,
    INOUT next_due_in  interval    DEFAULT NULL,
    INOUT outside      boolean     DEFAULT false)
LANGUAGE plpgsql
AS $$
DECLARE
    most_in_a_batch    constant integer     := 50;       -- PostgreSQL caches 64 subtransactions of a session.
    most_at_once       constant integer     := 500;      -- Of jobs without a subtransaction each: see run_quickly.
    a_batch_takes      constant interval    := '10 ms';  -- Many times what a commit costs, and hardly felt as a delay.
    a_quick_job_takes  constant interval    := '5 ms';   -- The next one may be as quick, and have company.
    me                 constant name        := CURRENT_USER;
    is_session_user    constant boolean     := me = SESSION_USER;
    worker             constant regrole     := pg_catalog.quote_ident(me)::regrole;
    called_at          constant timestamptz := pg_catalog.clock_timestamp();
    batches_only       constant boolean     := slice IS NOT NULL AND pace > 1;
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
    suspect  bigint;
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

    PERFORM pgdispatch.clean_session(foreign_statements);

    LOOP
        -- Ends the transaction of the last round. Under another isolation level a claim fails where another worker was faster.
        COMMIT;
        SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;

        moment := pg_catalog.now();   -- The jobs' now(), which is never before what they were due at.
        goes_on := false;
        IF moment > promoted_at + '1 second'::interval THEN
            PERFORM pgdispatch.promote(worker);
            promoted_at := moment;
        END IF;
        ran := 0;
        IF pace > most_in_a_batch THEN
            -- Those before went well, each in a subtransaction of its own.
            SELECT q.claimed, q.ran, q.last_due_at, q.last_id, q.all_well
              INTO claimed, ran, last_due_at, last_id, all_well
              FROM pgdispatch.run_quickly(moment, after_due_at, after_id, pace, moment + a_batch_takes, foreign_statements) AS q;
        ELSE
            jobs := pgdispatch.claim(moment, after_due_at, after_id, CASE WHEN suspect IS NULL THEN greatest(pace, 1) ELSE 1 END);
            claimed := pg_catalog.cardinality(jobs);
        END IF;

        IF pace > most_in_a_batch AND (claimed > 0 OR NOT all_well) THEN
            completed := completed + ran;
            IF ran > 0 THEN
                after_due_at := last_due_at;
                after_id := last_id;
                pace := greatest(most_in_a_batch, least(most_at_once, 2 * pace,
                            pg_catalog.floor(ran::double precision * pg_catalog.date_part('epoch', a_batch_takes)
                                / pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - moment))));
                IF ran < claimed AND pg_catalog.clock_timestamp() < moment + a_batch_takes THEN
                    pace := most_in_a_batch;   -- What comes next has to run alone.
                END IF;
            ELSE
                pace := CASE WHEN pg_catalog.clock_timestamp() < moment + a_batch_takes THEN most_in_a_batch / 2 ELSE 1 END;
            END IF;
        ELSIF claimed = 0 THEN
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
            suspect := NULL;
            CONTINUE;
        ELSIF (jobs[1]).managed THEN
            suspect := NULL;
            IF batches_only THEN
                pace := 1;   -- The driver may cancel this CALL at any time.
            ELSE
                job := jobs[1];
                after_due_at := job.due_at;
                after_id := job.id;
                -- Until the job is done, this lock keeps other workers from counting an attempt, too.
                CONTINUE WHEN NOT pg_catalog.pg_try_advisory_lock(1885824112, pgdispatch.low(job.id));
                asked := pgdispatch.begin_managed(job);
                COMMIT;
                SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
                IF asked.id IS NOT NULL THEN
                    job := pgdispatch.claim_again(job);
                    all_well := CASE WHEN job.id IS NOT NULL THEN pgdispatch.run_alone(job, false, asked) END;
                    IF all_well THEN
                        completed := completed + 1;
                    ELSIF NOT all_well THEN
                        failed := failed + 1;
                    ELSIF pgdispatch.is_cancelled(job.id) THEN
                        COMMIT;
                        PERFORM pg_catalog.pg_sleep(0.02);   -- Whoever cancels it wants the row.
                    END IF;
                END IF;
                goes_on := pg_catalog.clock_timestamp() < moment + a_quick_job_takes;
            END IF;
        ELSIF suspect IS DISTINCT FROM (jobs[1]).id AND (batches_only OR pg_catalog.cardinality(jobs) > 1) THEN
            suspect := NULL;
            SELECT b.ran, b.all_well INTO ran, all_well
              FROM pgdispatch.run_batch(jobs, moment + a_batch_takes, foreign_statements) AS b;
            completed := completed + ran;
            IF ran > 0 THEN
                after_due_at := (jobs[ran]).due_at;
                after_id := (jobs[ran]).id;
            END IF;
            -- As many as fit the time, by what these took; at most twice as many as these, as the next may be of another kind.
            IF all_well THEN
                pace := greatest(1, least(CASE WHEN ran < most_in_a_batch THEN most_in_a_batch ELSE most_at_once END, 2 * pace,
                            pg_catalog.floor(ran::double precision * pg_catalog.date_part('epoch', a_batch_takes)
                                / pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - moment))));
            ELSIF (jobs[ran + 1]).managed THEN
                pace := greatest(2, least(most_in_a_batch, 2 * ran));
            ELSIF (jobs[ran + 1]).crashes = 0 AND pg_catalog.clock_timestamp() < moment + a_batch_takes THEN
                -- It failed as quickly as others run. Whether the company was to blame, it has to show alone.
                suspect := (jobs[ran + 1]).id;
                pace := greatest(2, least(most_in_a_batch, 2 * ran));
            ELSE
                pace := 1;
            END IF;
        ELSE
            job := jobs[1];
            after_due_at := job.due_at;
            after_id := job.id;

            IF pace < 1 OR job.crashes > 0 THEN
                -- What is to outlive a session that the job takes down has to be committed first. Until the job is done, the
                -- advisory lock keeps other workers from counting, too.
                IF NOT pg_catalog.pg_try_advisory_lock(1885824112, (job.id % 2147483648)::integer) THEN
                    suspect := NULL;
                    CONTINUE;
                END IF;
                PERFORM pgdispatch.count_crash(job);
                COMMIT;
                SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
                job := pgdispatch.claim_again(job);
            END IF;

            all_well := CASE WHEN job.id IS NOT NULL THEN pgdispatch.run_alone(job, batches_only) END;   -- Or it was deleted meanwhile.
            IF all_well THEN
                completed := completed + 1;
            ELSIF NOT all_well THEN
                failed := failed + 1;
            ELSIF pgdispatch.is_cancelled(job.id) THEN
                COMMIT;
                PERFORM pg_catalog.pg_sleep(0.02);
            END IF;
            pace := CASE WHEN pace < 1 THEN pace + 1
                         WHEN all_well IS NULL THEN 1
                         WHEN pg_catalog.clock_timestamp() < moment + a_quick_job_takes THEN greatest(pace, 2)
                         ELSE 1
                    END;
            suspect := NULL;
        END IF;
        PERFORM pgdispatch.clean_session(foreign_statements);

        -- What was committed late comes before the position, and is not to wait until a backlog is done.
        IF pg_catalog.date_trunc('second', pg_catalog.clock_timestamp()) > moment THEN
            after_due_at := '-infinity';
            after_id := 0;
        END IF;

        -- At a pace of 1 the next job may take long, and the driver may want to have others take those behind it.
        EXIT WHEN slice IS NOT NULL
              AND (batches_only <> (pace > 1) OR pace = 1 AND NOT goes_on OR pg_catalog.clock_timestamp() > called_at + slice);
    END LOOP;

    outside := pgdispatch.is_outside_due();
    -- What the driver has set for the CALL as a whole is not the jobs' to keep, but the driver's.
    PERFORM pg_catalog.set_config('statement_timeout', statement_timeout, false),
            pg_catalog.set_config('default_transaction_isolation', isolation, false);
    RESET client_min_messages;
END
$$;


-- ---------------------------------------------------------------------------------------------------------------------
-- Version and privileges
-- ---------------------------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION pgdispatch.version() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT '1.6.0'::text $$;


CREATE PROCEDURE pgdispatch.grant_as_before()
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    grantee regrole;
BEGIN
    REVOKE ALL ON ALL ROUTINES IN SCHEMA pgdispatch FROM PUBLIC;
    FOR grantee IN
        SELECT DISTINCT a.grantee
          FROM pg_class AS c,
               aclexplode(c.relacl) AS a
         WHERE c.oid = 'pgdispatch.job'::regclass
           AND a.privilege_type = 'INSERT'
           AND a.grantee NOT IN (0, c.relowner)
    LOOP
        CALL pgdispatch.grant_to(grantee);
    END LOOP;
END
$$;

COMMENT ON PROCEDURE pgdispatch.grant_as_before() IS
'For scripts that upgrade the schema: whoever could dispatch before may do so with what is new, and nobody else.';

CALL pgdispatch.grant_as_before();
