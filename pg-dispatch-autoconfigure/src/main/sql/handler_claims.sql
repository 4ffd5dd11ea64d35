CREATE OR REPLACE FUNCTION pgdispatch.renew_lease(node uuid, lease interval) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    INSERT INTO pgdispatch.node (role, id, expires_at)
    VALUES (me, renew_lease.node, clock_timestamp() + lease)
    ON CONFLICT (role, id) DO UPDATE SET expires_at = excluded.expires_at;
END
$$;

COMMENT ON FUNCTION pgdispatch.renew_lease(uuid, interval) IS
'Makes the node''s claims hold for so long from now. Of a lease that has expired, those that no other node has taken over hold again.';


CREATE OR REPLACE FUNCTION pgdispatch.end_lease(node uuid) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM pgdispatch.node AS n WHERE n.role = quote_ident(CURRENT_USER)::regrole AND n.id = end_lease.node;
END
$$;

COMMENT ON FUNCTION pgdispatch.end_lease(uuid) IS
'For a node without claims: leaves nothing behind of it.';


-- After a restart of the server no lease has been renewed for a while, through no fault of the nodes.
CREATE OR REPLACE FUNCTION pgdispatch.live_nodes(lease interval) RETURNS uuid[]
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN ARRAY(SELECT n.id
                   FROM pgdispatch.node AS n
                  WHERE n.role = quote_ident(CURRENT_USER)::regrole
                    AND greatest(n.expires_at, pg_postmaster_start_time() + lease) > clock_timestamp());
END
$$;

COMMENT ON FUNCTION pgdispatch.live_nodes(interval) IS
'The nodes of the current role whose claims hold.';


CREATE OR REPLACE FUNCTION pgdispatch.heartbeat(node uuid, lease interval, known bigint[]) RETURNS bigint[]
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    PERFORM pgdispatch.renew_lease(node, lease);
    -- See poison_jobs.
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
'Renews the node''s lease, and returns which of the jobs that it runs have been cancelled: it is to interrupt them.';


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
    me     constant regrole     := quote_ident(CURRENT_USER)::regrole;
    moment constant timestamptz := clock_timestamp();
    holds    boolean;
    some_snoozed boolean;
    paused   text[];
    live     uuid[];
    left_for integer[] := max_count;
    left_now integer   := max_total;
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
        PERFORM pgdispatch.apply_priorities(me);
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
                  FROM pgdispatch.claim_jobs_of_handler(node, lease, handlers[i], moment, least(share, left_for[i], left_now), live,
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
'Claims due jobs for the node that no other node holds: of each handler the oldest, max_count so many of it, and max_total so many, shared among the handlers, the first of which come first if there are not enough for all. A node that has claimed just now may name where that was, for each handler: to go on from there spares the claim the dead rows of what has run, which pile up while anyone holds an old snapshot; the jobs before it are claimed when there are none behind it. Skips what other transactions have locked. The claims hold once this is committed, for three quarters of the lease at the least: it is renewed if less of it is left.';


CREATE OR REPLACE FUNCTION pgdispatch.claim_jobs_of_handler(
    node uuid, lease interval, handler_name text, moment timestamptz, max_count integer, live uuid[],
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
    left_now integer := max_count;
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
                   -- Not those with which a node was lost twice: see claim_poison_job.
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
                    SELECT j.id, j.dispatched_at
                      FROM pgdispatch.handler_job AS j
                     WHERE j.ctid = ANY (places)
                       AND j.managed
                       AND (j.claimed_by IS NULL OR j.claimed_by <> ALL (live))
                     ORDER BY j.due_at, j.id
                LOOP
                    IF NOT pgdispatch.request_admission(me, managed.id, managed.dispatched_at) THEN
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

COMMENT ON FUNCTION pgdispatch.claim_jobs_of_handler(uuid, interval, text, timestamptz, integer, uuid[], timestamptz, bigint) IS
'Part of pgdispatch.claim_handler_jobs: claims the oldest due jobs of one handler, those after the position first.';


CREATE OR REPLACE FUNCTION pgdispatch.claim_poison_job(node uuid, lease interval, handlers text[]) RETURNS SETOF pgdispatch.handler_job
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    me              constant regrole := quote_ident(CURRENT_USER)::regrole;
    max_crashes constant integer := 5;
    live    uuid[];
    waiting record;
    poison_job pgdispatch.handler_job;
BEGIN
    PERFORM pgdispatch.renew_lease(node, lease);
    live := pgdispatch.live_nodes(lease);
    FOR waiting IN
        SELECT s.* FROM pgdispatch.poison_jobs(handlers, live) AS s ORDER BY s.due_at, s.id
    LOOP
        SELECT j.*
          INTO poison_job
          FROM pgdispatch.handler_job AS j
         WHERE j.role = me AND j.handler = waiting.handler AND j.due_at = waiting.due_at AND j.id = waiting.id
           FOR UPDATE SKIP LOCKED;
        live := pgdispatch.live_nodes(lease);   -- Whoever has claimed it by now had its lease before.
        CONTINUE WHEN poison_job.id IS NULL OR poison_job.claimed_by = ANY (live);
        IF poison_job.cancelled THEN
            DELETE FROM pgdispatch.handler_job AS j
             WHERE j.role = me AND j.handler = poison_job.handler AND j.due_at = poison_job.due_at AND j.id = poison_job.id;
            IF poison_job.managed THEN
                PERFORM pgdispatch.end_managed_job(me, poison_job.id, 'cancelled', false);
            END IF;
            CONTINUE;
        END IF;
        IF poison_job.claimed_by IS NOT NULL THEN
            poison_job.crashes := poison_job.crashes + 1;
        END IF;
        IF poison_job.crashes >= max_crashes THEN
            DELETE FROM pgdispatch.handler_job AS j
             WHERE j.role = me AND j.handler = poison_job.handler AND j.due_at = poison_job.due_at AND j.id = poison_job.id;
            PERFORM pgdispatch.add_handler_dead_letter(poison_job, '58000',
                        format('pgdispatch: %s nodes were lost while they ran this job', poison_job.crashes), NULL);
            CONTINUE;
        END IF;
        IF poison_job.managed AND NOT pgdispatch.request_admission(me, poison_job.id, poison_job.dispatched_at) THEN
            CONTINUE;
        END IF;
        RETURN QUERY
            UPDATE pgdispatch.handler_job AS j
               SET claimed_by = node, attempts = j.attempts + 1, crashes = poison_job.crashes
             WHERE j.role = me AND j.handler = poison_job.handler AND j.due_at = poison_job.due_at AND j.id = poison_job.id
            RETURNING j.*;
        RETURN;
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.claim_poison_job(uuid, interval, text[]) IS
'Renews the node''s lease, and claims for it one job with which two nodes or more were lost: for a node that runs nothing else, and will not until that job has ended. After the fifth it is a dead letter. Deletes those, too, that were cancelled before their node was lost.';


-- Its few jobs are all in an index of their own, and to be found by nothing else: hence conditions of which no other index knows.
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
    me     constant regrole := quote_ident(CURRENT_USER)::regrole;
    paused constant text[]  := pgdispatch.paused_handlers();
BEGIN
    RETURN QUERY
        SELECT j.handler, j.due_at, j.id
          FROM pgdispatch.handler_job AS j
         WHERE (j.crashes IS NOT NULL OR j.cancelled)
           AND j.role::oid = me::oid
           AND array_position(handlers, j.handler) IS NOT NULL
           AND array_position(paused || ARRAY[''], j.handler) IS NULL
           AND array_position(paused, '') IS NULL
           AND j.due_at + '0'::interval <= clock_timestamp()
           AND (j.claimed_by IS NULL AND (j.crashes >= 2 OR j.cancelled) OR j.claimed_by <> ALL (live));
END
$$;

COMMENT ON FUNCTION pgdispatch.poison_jobs(text[], uuid[]) IS
'The jobs of these handlers for pgdispatch.claim_poison_job.';


CREATE OR REPLACE FUNCTION pgdispatch.release_unknown_handler_jobs(node uuid, handlers text[], known bigint[]) RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    disowned integer;
BEGIN
    UPDATE pgdispatch.handler_job AS j
       SET claimed_by = NULL,
           attempts = j.attempts - 1
     WHERE j.role = quote_ident(CURRENT_USER)::regrole
       AND j.handler = ANY (handlers)
       AND j.due_at <= clock_timestamp()
       AND j.claimed_by = node
       AND j.id <> ALL (known);
    GET DIAGNOSTICS disowned = ROW_COUNT;
    RETURN disowned;
END
$$;

COMMENT ON FUNCTION pgdispatch.release_unknown_handler_jobs(uuid, text[], bigint[]) IS
'For a node that could not be told whether its claim was committed: gives back what it has claimed and does not know of, and returns how many these were. Reads all due jobs of the handlers.';
