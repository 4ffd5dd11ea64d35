-- Claims: how a node gets the right to run jobs of handlers, and how it loses it.
--
-- A node claims a job and commits that. It then runs the method without a connection or a snapshot of the database held for it,
-- and deletes the job afterwards. If the method is transactional on this database, the job is deleted in the same transaction.
--
--   * A claim is the id of the claiming node in the job's row. It holds as long as the node's lease, which the node renews while it
--     has claims. No session stands behind a claim, so claims work through a connection pooler.
--   * A job can be born claimed, see handler_dispatch.sql.
--   * Each claim increases the job's attempts by one. To delete or change a job, a node has to name both, itself and the attempt. A
--     node that was frozen for longer than its lease thus finds that the job is no longer its own.
--   * If a node dies, others take over its jobs once its lease has expired, and count a crash. A job during which two nodes died is
--     a poison job: it is claimed only by a node that runs nothing else. After five crashes it becomes a dead letter.

CREATE OR REPLACE FUNCTION pgdispatch.renew_lease(node uuid, lease interval) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    INSERT INTO pgdispatch.node (role, id, expires_at, lease_length)
    VALUES (caller, renew_lease.node, clock_timestamp() + lease, lease)
    ON CONFLICT (role, id) DO UPDATE SET expires_at = excluded.expires_at, lease_length = excluded.lease_length;
END
$$;

COMMENT ON FUNCTION pgdispatch.renew_lease(uuid, interval) IS
'Makes the claims of the node hold for the lease from now on. If its former lease had expired, the claims that no other
node has taken over hold again.';


CREATE OR REPLACE FUNCTION pgdispatch.end_lease(node uuid) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM pgdispatch.node AS n WHERE n.role = quote_ident(CURRENT_USER)::regrole AND n.id = end_lease.node;
END
$$;

COMMENT ON FUNCTION pgdispatch.end_lease(uuid) IS 'For a node that has no claims any more. Removes the node.';


-- While the server was down, no node could renew its lease. Each therefore has a full lease after the start of the server.
CREATE OR REPLACE FUNCTION pgdispatch.lease_ends_at(expires_at timestamptz, lease_length interval) RETURNS timestamptz
LANGUAGE sql STABLE
AS $$ SELECT greatest(expires_at, pg_catalog.pg_postmaster_start_time() OPERATOR(pg_catalog.+) lease_length) $$;

COMMENT ON FUNCTION pgdispatch.lease_ends_at(timestamptz, interval) IS
'Returns until when the claims of a node hold, by these columns of its row in pgdispatch.node.';

CREATE OR REPLACE FUNCTION pgdispatch.live_nodes(owner regrole) RETURNS uuid[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN ARRAY(SELECT n.id
                   FROM pgdispatch.node AS n
                  WHERE n.role = owner AND pgdispatch.lease_ends_at(n.expires_at, n.lease_length) > clock_timestamp());
END
$$;

COMMENT ON FUNCTION pgdispatch.live_nodes(regrole) IS 'Returns the nodes of the role whose claims hold.';


CREATE OR REPLACE FUNCTION pgdispatch.heartbeat(node uuid, lease interval, known bigint[]) RETURNS bigint[]
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    PERFORM pgdispatch.renew_lease(node, lease);
    -- The first condition makes the planner use the small index, see poison_jobs.
    RETURN ARRAY(SELECT j.id
                   FROM pgdispatch.handler_job AS j
                  WHERE (j.crashes IS NOT NULL OR j.cancelled)
                    AND j.cancelled
                    AND j.role::oid = quote_ident(CURRENT_USER)::regrole::oid
                    AND j.claimed_by = node
                    AND j.id = ANY (known));
END
$$;

COMMENT ON FUNCTION pgdispatch.heartbeat(uuid, interval, bigint[]) IS
'Renews the lease of the node. Returns those of the jobs that it runs which have been cancelled, and which it must interrupt.';


CREATE OR REPLACE FUNCTION pgdispatch.claim_handler_jobs(
    node uuid, lease interval, handlers text[], max_count integer[], max_total integer,
    after_due_at timestamptz[] DEFAULT '{}', after_id bigint[] DEFAULT '{}')
RETURNS SETOF pgdispatch.handler_job
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET jit = off
AS $$
DECLARE
    caller constant regrole     := quote_ident(CURRENT_USER)::regrole;
    moment constant timestamptz := clock_timestamp();
    lease_holds      boolean;
    some_snoozed     boolean;
    paused           text[];
    unclaimable      text[];
    live             uuid[];
    left_for_handler integer[] := max_count;
    left_in_total    integer   := max_total;
    share            integer;
    claimed          integer;
    found_any        boolean;
BEGIN
    -- One query finds out what live_nodes and paused_handlers return, and whether apply_priorities has anything to do. Where jobs
    -- come one by one, most of what a claim costs is not the job but what it looks at besides. If there is nothing to do, nothing
    -- is written.
    SELECT coalesce(bool_or(n.id = claim_handler_jobs.node AND n.expires_at > moment + 0.75 * lease), false),
           array_agg(n.id) FILTER (WHERE pgdispatch.lease_ends_at(n.expires_at, n.lease_length) > moment),
           ARRAY(SELECT p.handler FROM pgdispatch.pause AS p WHERE p.role = caller),
           EXISTS (SELECT FROM pgdispatch.managed_job AS m
                    WHERE m.role = caller
                      AND m.due_at <= moment
                      AND m.priority IS NOT NULL AND m.place > m.rank AND m.held_by IS NULL
                      AND m.started_at IS NULL AND m.slot_at IS NULL)
      INTO lease_holds, live, paused, some_snoozed
      FROM pgdispatch.node AS n
     WHERE n.role = caller;
    IF NOT lease_holds THEN
        PERFORM pgdispatch.renew_lease(node, lease);
        live := array_append(live, node);
    END IF;
    IF cardinality(paused) > 0 THEN
        IF '' = ANY (paused) THEN
            RETURN;
        END IF;
        unclaimable := pgdispatch.unclaimable_handlers();
        FOR i IN 1 .. cardinality(handlers) LOOP
            IF handlers[i] = ANY (paused) THEN
                IF handlers[i] <> ALL (unclaimable) AND least(left_for_handler[i], left_in_total) > 0 THEN
                    RETURN QUERY SELECT p.* FROM pgdispatch.claim_probe(node, handlers[i], moment, live) AS p;
                    GET DIAGNOSTICS claimed = ROW_COUNT;
                    left_in_total := left_in_total - claimed;
                END IF;
                left_for_handler[i] := 0;
            END IF;
        END LOOP;
    END IF;
    IF some_snoozed THEN
        PERFORM pgdispatch.apply_priorities(caller);
    END IF;

    -- Each handler gets an equal share. What some handlers do not use is divided among the others, until nothing is left or due.
    LOOP
        share := (SELECT count(*) FROM unnest(left_for_handler) AS l WHERE l > 0);
        EXIT WHEN left_in_total <= 0 OR share = 0;
        share := greatest(left_in_total / share, 1);
        found_any := false;
        FOR i IN 1 .. cardinality(handlers) LOOP
            CONTINUE WHEN left_for_handler[i] <= 0;
            EXIT WHEN left_in_total <= 0;
            RETURN QUERY
                SELECT c.*
                  FROM pgdispatch.claim_jobs_of_handler(node, handlers[i], moment, least(share, left_for_handler[i], left_in_total), live,
                           coalesce(after_due_at[i], '-infinity'), coalesce(after_id[i], 0)) AS c;
            GET DIAGNOSTICS claimed = ROW_COUNT;
            left_in_total := left_in_total - claimed;
            left_for_handler[i] := CASE WHEN claimed < least(share, left_for_handler[i]) THEN 0 ELSE left_for_handler[i] - claimed END;
            found_any := found_any OR claimed > 0;
        END LOOP;
        EXIT WHEN NOT found_any;
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.claim_handler_jobs(uuid, interval, text[], integer[], integer, timestamptz[], bigint[]) IS
'Claims due jobs that no other node holds for the node, the oldest of each handler first. The claims hold once this
transaction has committed, for at least three quarters of the lease: if less of it is left, the lease is renewed. Jobs
that other transactions have locked are skipped.
max_count: maximum number of jobs of each handler. max_total: maximum number of all jobs. It is divided evenly among
the handlers; if it is too small for all of them, the first ones in the array get jobs.
after_due_at, after_id: where the node''s last claim of each handler ended. Going on from there avoids the dead rows of
jobs that have run, which accumulate while a session holds an old snapshot. The jobs before that position are claimed
when there are none behind it.';


CREATE OR REPLACE FUNCTION pgdispatch.claim_jobs_of_handler(
    node uuid, handler_name text, moment timestamptz, max_count integer, live uuid[],
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
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
    left_to_claim   integer := max_count;
    places          tid[];
    has_dead_claims boolean;
    has_managed     boolean;
    managed         record;
    claimed         integer;
    moved           integer;
BEGIN
    LOOP
        SELECT array_agg(due.ctid), bool_or(due.claimed_by IS NOT NULL), bool_or(due.managed)
          INTO places, has_dead_claims, has_managed
          FROM (SELECT f.ctid, f.claimed_by, f.managed
                  FROM pgdispatch.handler_job AS f
                 WHERE f.role = caller
                   AND f.handler = handler_name
                   AND f.due_at <= moment
                   AND (f.due_at, f.id) > (after_due_at, after_id)
                   -- Jobs during which two nodes died are left to claim_poison_job.
                   AND (f.claimed_by IS NULL AND (f.crashes IS NULL OR f.crashes < 2) AND f.cancelled IS NULL
                        OR f.claimed_by <> ALL (live) AND f.crashes IS NULL AND f.cancelled IS NULL)
                 ORDER BY f.due_at, f.id
                 LIMIT left_to_claim
                   FOR UPDATE SKIP LOCKED) AS due;
        claimed := 0;
        moved := 0;
        IF places IS NOT NULL THEN
            IF has_dead_claims THEN
                -- A new node may have begun its lease and claimed these jobs after the live nodes were read. Now the rows are locked,
                -- so a node that has claimed them began its lease before.
                live := pgdispatch.live_nodes(caller);
            END IF;
            IF has_managed THEN
                FOR managed IN
                    SELECT j.id, j.dispatched_at, j.due_at
                      FROM pgdispatch.handler_job AS j
                     WHERE j.ctid = ANY (places)
                       AND j.managed
                       AND (j.claimed_by IS NULL OR j.claimed_by <> ALL (live))
                     ORDER BY j.due_at, j.id
                LOOP
                    IF NOT pgdispatch.request_admission(caller, managed.id, managed.dispatched_at, managed.due_at) THEN
                        moved := moved + 1;   -- Its row is elsewhere now.
                    END IF;
                END LOOP;
            END IF;
            RETURN QUERY
                UPDATE pgdispatch.handler_job AS j
                   SET claimed_by = node,
                       attempts = j.attempts + 1,
                       crashes = CASE WHEN j.claimed_by IS NOT NULL THEN 1 ELSE j.crashes END
                 WHERE j.ctid = ANY (places)   -- The rows are locked, so these are still their places.
                   AND (j.claimed_by IS NULL OR j.claimed_by <> ALL (live))
                RETURNING j.*;
            GET DIAGNOSTICS claimed = ROW_COUNT;
            left_to_claim := left_to_claim - claimed;
        END IF;
        EXIT WHEN left_to_claim <= 0;
        IF moved > 0 AND clock_timestamp() > moment + '50 ms'::interval THEN
            -- Many jobs that have to wait come first. What is claimed by now begins, and what is held by now is seen by others.
            PERFORM pgdispatch.notify(pgdispatch.node_channel(caller));
            EXIT;
        END IF;
        IF moved = 0 AND claimed = coalesce(cardinality(places), 0) THEN   -- There were no more jobs.
            EXIT WHEN after_due_at = '-infinity';
            after_due_at := '-infinity';
            after_id := 0;
        END IF;
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.claim_jobs_of_handler(uuid, text, timestamptz, integer, uuid[], timestamptz, bigint) IS
'Part of pgdispatch.claim_handler_jobs. Claims the oldest due jobs of one handler, those behind the position first.';


-- A trigger of a user, for example, may refuse the claim of one job. Nobody would get the others then.
CREATE OR REPLACE FUNCTION pgdispatch.claim_handler_jobs_singly(node uuid, lease interval, handlers text[], max_total integer)
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
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
    moment constant timestamptz := clock_timestamp();
    paused      constant text[] := pgdispatch.paused_handlers();
    unclaimable constant text[] := pgdispatch.unclaimable_handlers();
    live   uuid[];
    left_to_claim integer := max_total;
    handler_name  text;
    probes boolean;
    job    pgdispatch.handler_job;
BEGIN
    PERFORM pgdispatch.renew_lease(node, lease);
    FOREACH handler_name IN ARRAY handlers LOOP
        CONTINUE WHEN handler_name = ANY (unclaimable) OR '' = ANY (paused);
        probes := handler_name = ANY (paused);
        CONTINUE WHEN probes AND NOT pgdispatch.lock_probe(caller, handler_name);
        FOR job IN
            SELECT j.*
              FROM pgdispatch.handler_job AS j
             WHERE j.role = caller
               AND j.handler = handler_name
               AND j.due_at <= moment
               AND coalesce(j.crashes, 0) < 2 AND j.cancelled IS NULL
             ORDER BY j.due_at, j.id
             LIMIT left_to_claim + 100
               FOR UPDATE SKIP LOCKED
        LOOP
            EXIT WHEN left_to_claim <= 0;
            live := pgdispatch.live_nodes(caller);
            CONTINUE WHEN job.claimed_by = ANY (live) OR job.claimed_by IS NOT NULL AND job.crashes IS NOT NULL;
            BEGIN
                CONTINUE WHEN job.managed AND NOT pgdispatch.request_admission(caller, job.id, job.dispatched_at, job.due_at);
                UPDATE pgdispatch.handler_job AS j
                   SET claimed_by = node,
                       attempts = j.attempts + 1,
                       crashes = CASE WHEN j.claimed_by IS NOT NULL THEN 1 ELSE j.crashes END
                 WHERE j.role = caller AND j.handler = job.handler AND j.due_at = job.due_at AND j.id = job.id
                RETURNING j.* INTO job;
            EXCEPTION
                WHEN assert_failure OR OTHERS THEN
                    RAISE WARNING 'pgdispatch: job % of % cannot be claimed: %', job.id, job.handler, SQLERRM;
                    CONTINUE;
            END;
            left_to_claim := left_to_claim - 1;
            RETURN NEXT job;
            IF probes THEN
                PERFORM pgdispatch.begin_probe(job);
                EXIT;
            END IF;
        END LOOP;
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.claim_handler_jobs_singly(uuid, interval, text[], integer) IS
'Claims due jobs like pgdispatch.claim_handler_jobs, after that has failed. Leaves out those whose claim fails.';


CREATE OR REPLACE FUNCTION pgdispatch.claim_poison_job(node uuid, lease interval, handlers text[]) RETURNS SETOF pgdispatch.handler_job
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
    paused constant text[]  := pgdispatch.paused_handlers();
    live       uuid[];
    waiting    record;
    poison_job pgdispatch.handler_job;
BEGIN
    PERFORM pgdispatch.renew_lease(node, lease);
    live := pgdispatch.live_nodes(caller);
    FOR waiting IN
        SELECT s.* FROM pgdispatch.poison_jobs(handlers, live) AS s ORDER BY s.due_at, s.id
    LOOP
        SELECT j.*
          INTO poison_job
          FROM pgdispatch.handler_job AS j
         WHERE j.role = caller AND j.handler = waiting.handler AND j.due_at = waiting.due_at AND j.id = waiting.id
           FOR UPDATE SKIP LOCKED;
        live := pgdispatch.live_nodes(caller);   -- A node that has claimed the job by now began its lease before.
        CONTINUE WHEN poison_job.id IS NULL OR poison_job.claimed_by = ANY (live);
        BEGIN
            IF poison_job.cancelled THEN
                PERFORM pgdispatch.delete_cancelled_handler_job(poison_job);
                CONTINUE;
            END IF;
            IF poison_job.claimed_by IS NOT NULL THEN
                poison_job.crashes := poison_job.crashes + 1;
            END IF;
            IF poison_job.crashes >= pgdispatch.max_crashes() THEN
                poison_job.sqlstate := '58000';
                poison_job.message := format('pgdispatch: %s nodes died while they ran this job', poison_job.crashes);
                PERFORM pgdispatch.add_handler_dead_letter(poison_job, poison_job.sqlstate, poison_job.message, NULL);
                poison_job.claimed_by := NULL;
                RETURN NEXT poison_job;
                CONTINUE;
            END IF;
            CONTINUE WHEN poison_job.handler = ANY (paused) AND NOT pgdispatch.lock_probe(caller, poison_job.handler);
            CONTINUE WHEN poison_job.managed AND NOT pgdispatch.request_admission(caller, poison_job.id, poison_job.dispatched_at, poison_job.due_at);
            UPDATE pgdispatch.handler_job AS j
               SET claimed_by = node, attempts = j.attempts + 1, crashes = poison_job.crashes
             WHERE j.role = caller AND j.handler = poison_job.handler AND j.due_at = poison_job.due_at AND j.id = poison_job.id
            RETURNING j.* INTO poison_job;
            IF poison_job.handler = ANY (paused) THEN
                PERFORM pgdispatch.begin_probe(poison_job);
            END IF;
        EXCEPTION
            WHEN assert_failure OR OTHERS THEN   -- See claim_handler_jobs_singly.
                RAISE WARNING 'pgdispatch: job % of % cannot be claimed: %', waiting.id, waiting.handler, SQLERRM;
                CONTINUE;
        END;
        RETURN NEXT poison_job;
        RETURN;
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.claim_poison_job(uuid, interval, text[]) IS
'Renews the lease of the node and claims one job for it during which at least two nodes died. The node must run nothing
else meanwhile. After pgdispatch.max_crashes deaths a job becomes a dead letter, and is returned with its error and without a node. One
that was cancelled before its node died is deleted.';


-- These few jobs have an index of their own, and only this index must be used to find them. The conditions are therefore written in
-- a way that no other index can serve.
CREATE OR REPLACE FUNCTION pgdispatch.poison_jobs(handlers text[], live uuid[], OUT handler text, OUT due_at timestamptz, OUT id bigint)
RETURNS SETOF record
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
    paused constant text[]  := pgdispatch.unclaimable_handlers();
BEGIN
    RETURN QUERY
        SELECT j.handler, j.due_at, j.id
          FROM pgdispatch.handler_job AS j
         WHERE (j.crashes IS NOT NULL OR j.cancelled)
           AND j.role::oid = caller::oid
           AND array_position(handlers, j.handler) IS NOT NULL
           AND array_position(paused || ARRAY[''], j.handler) IS NULL
           AND array_position(paused, '') IS NULL
           AND j.due_at + '0'::interval <= clock_timestamp()
           AND (j.claimed_by IS NULL AND (j.crashes >= 2 OR j.cancelled) OR j.claimed_by <> ALL (live));
END
$$;

COMMENT ON FUNCTION pgdispatch.poison_jobs(text[], uuid[]) IS
'Part of pgdispatch.claim_poison_job. Returns the due jobs of the handlers that it must look at.';


CREATE OR REPLACE FUNCTION pgdispatch.held_handler_jobs(node uuid, handlers text[], due_ats timestamptz[], ids bigint[], attempts integer[])
RETURNS bigint[]
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    RETURN ARRAY(
        SELECT c.id
          FROM unnest(handlers, due_ats, ids, held_handler_jobs.attempts) AS c (handler, due_at, id, attempt)
         WHERE (SELECT j.claimed_by = node AND j.attempts = c.attempt
                  FROM pgdispatch.handler_job AS j
                 WHERE j.role = caller AND j.handler = c.handler AND j.due_at = c.due_at AND j.id = c.id));
END
$$;

COMMENT ON FUNCTION pgdispatch.held_handler_jobs(uuid, text[], timestamptz[], bigint[], integer[]) IS
'For a node that does not know whether jobs which it has claimed are there. Returns the ids of those that are there and on
which its claim holds. If such a job has been cancelled, the node has to end it like any other that it has claimed.';


CREATE OR REPLACE FUNCTION pgdispatch.release_unknown_handler_jobs(node uuid, handlers text[], known bigint[]) RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    released integer;
BEGIN
    UPDATE pgdispatch.handler_job AS j
       SET claimed_by = NULL,
           attempts = j.attempts - 1
     WHERE j.role = quote_ident(CURRENT_USER)::regrole
       AND j.handler = ANY (handlers)
       AND j.due_at <= clock_timestamp()
       AND j.claimed_by = node
       AND j.id <> ALL (known);
    GET DIAGNOSTICS released = ROW_COUNT;
    RETURN released;
END
$$;

COMMENT ON FUNCTION pgdispatch.release_unknown_handler_jobs(uuid, text[], bigint[]) IS
'For a node that does not know whether its last claim was committed. Releases the jobs that the node has claimed and
does not know, and returns their number. Reads all due jobs of the handlers.';
