-- pg-dispatch 1.2.0: jobs that are calls of an application's methods.
--
-- Such a job names a handler, which is a method that some node of the application knows. A node claims it and commits that, then
-- runs the method with no connection and no snapshot of the database held for it, and then deletes the job: a method that is
-- transactional on this database does so in its own transaction. What keeps two nodes from it, and a dead node from keeping it:
--
--   * A claim is the claiming node's id in the job's row. It holds for as long as the node's lease does, which the node renews as
--     long as it has claims. There is no session behind it, so that it works through a connection pooler.
--   * With each claim the job's attempts grow by one. To delete or change a job one has to name both, node and attempt: a node
--     that was frozen for longer than its lease finds that the job is no longer its own.
--
-- They are not in pgdispatch.job, since their rows live differently: they are updated, and looked up by handler.


-- ---------------------------------------------------------------------------------------------------------------------
-- Tables
-- ---------------------------------------------------------------------------------------------------------------------

CREATE TABLE pgdispatch.handler_job (
    role       regrole     NOT NULL DEFAULT pg_catalog.quote_ident(CURRENT_USER)::regrole,
    handler    text        NOT NULL COLLATE "C",
    due_at     timestamptz NOT NULL DEFAULT pg_catalog.now(),
    id         bigint      NOT NULL DEFAULT pg_catalog.nextval('pgdispatch.job_id_seq'),
    fired_at   timestamptz NOT NULL DEFAULT pg_catalog.now(),
    attempts   integer     NOT NULL DEFAULT 0,
    claimed_by uuid,
    arguments  json        NOT NULL,
    headers    json,
    -- The one index: a node reads it for each of its handlers, from the oldest due job on. No column in it changes with a claim,
    -- so that PostgreSQL need not touch it for one.
    PRIMARY KEY (role, handler, due_at, id)
) WITH (
    fillfactor = 80,   -- Room for the version of a row that a claim makes.
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 10000,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 100000,
    toast.autovacuum_vacuum_scale_factor = 0,
    toast.autovacuum_vacuum_threshold = 10000,
    toast.autovacuum_vacuum_cost_delay = 0
);

COMMENT ON TABLE pgdispatch.handler_job IS
'The jobs that are calls of an application''s methods. A row is written by the transaction that dispatched it, and deleted once the method has returned. A role sees its own jobs only.';
COMMENT ON COLUMN pgdispatch.handler_job.role IS
'The role that dispatched the job, and as which the nodes that may run it log in.';
COMMENT ON COLUMN pgdispatch.handler_job.handler IS
'The name under which nodes know the method. A job with one that no node knows waits for a node that does.';
COMMENT ON COLUMN pgdispatch.handler_job.due_at IS
'The job is not run before this time of the database''s clock.';
COMMENT ON COLUMN pgdispatch.handler_job.id IS
'Identifies the job, also among those in pgdispatch.job.';
COMMENT ON COLUMN pgdispatch.handler_job.fired_at IS
'Start of the transaction that dispatched the job.';
COMMENT ON COLUMN pgdispatch.handler_job.attempts IS
'How often it has been claimed, apart from claims that were given back before the method was called.';
COMMENT ON COLUMN pgdispatch.handler_job.claimed_by IS
'The node that runs it, as long as that is in pgdispatch.node and its lease has not expired.';
COMMENT ON COLUMN pgdispatch.handler_job.arguments IS
'The arguments of the call, by the names of the method''s parameters.';
COMMENT ON COLUMN pgdispatch.handler_job.headers IS
'What else the caller sends along, such as a trace; texts by name.';


CREATE TABLE pgdispatch.node (
    role       regrole     NOT NULL,
    id         uuid        NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (role, id)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);

COMMENT ON TABLE pgdispatch.node IS
'The nodes that have claimed jobs at present. A role sees its own only.';
COMMENT ON COLUMN pgdispatch.node.role IS 'The role as which the node logs in.';
COMMENT ON COLUMN pgdispatch.node.id IS 'Identifies the node; another one each time that it starts.';
COMMENT ON COLUMN pgdispatch.node.expires_at IS
'End of the node''s lease by the database''s clock, unless it is renewed: then others may take over its jobs.';


ALTER TABLE pgdispatch.dead_letter
    ALTER COLUMN command DROP NOT NULL,
    ALTER COLUMN sqlstate DROP NOT NULL,
    ADD COLUMN handler   text,
    ADD COLUMN arguments json,
    ADD COLUMN headers   json,
    ADD COLUMN attempts  integer NOT NULL DEFAULT 1;

COMMENT ON COLUMN pgdispatch.dead_letter.command IS
'What failed; NULL if that was a handler. To try it again: SELECT pgdispatch.fire(command).';
COMMENT ON COLUMN pgdispatch.dead_letter.sqlstate IS
'The error''s SQLSTATE; 58000 where the job took its session down; NULL if what failed was not SQL.';
COMMENT ON COLUMN pgdispatch.dead_letter.message IS 'The error''s primary message; of a handler, its exception.';
COMMENT ON COLUMN pgdispatch.dead_letter.context IS
'Where the error came from: the call stack, innermost first; of a handler, the stack trace.';
COMMENT ON COLUMN pgdispatch.dead_letter.handler IS
'The handler that failed; NULL if that was a command. To try it again: SELECT pgdispatch.dispatch_handler(handler, arguments).';
COMMENT ON COLUMN pgdispatch.dead_letter.arguments IS 'The arguments with which the handler was called.';
COMMENT ON COLUMN pgdispatch.dead_letter.headers IS 'The headers that the job had.';
COMMENT ON COLUMN pgdispatch.dead_letter.attempts IS 'How often the job was run.';


ALTER TABLE pgdispatch.handler_job ENABLE ROW LEVEL SECURITY;
ALTER TABLE pgdispatch.node ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON pgdispatch.handler_job
    USING (role::oid = pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.handler_job IS 'A role sees, adds and removes its own jobs only.';

CREATE POLICY own ON pgdispatch.node
    USING (role::oid = pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.node IS 'A role sees, adds and removes its own nodes only.';


-- ---------------------------------------------------------------------------------------------------------------------
-- What users call
-- ---------------------------------------------------------------------------------------------------------------------

-- Another lock and another channel than those of pgdispatch.job: a node that runs handlers only, as pg_cron runs the commands, is
-- not to be woken for these, nor to be taken for one that runs them.
CREATE FUNCTION pgdispatch.handler_lock(role regrole) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824120::bigint << 32) | role::oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.handler_lock(regrole) IS
'Key of the advisory lock that a node holds exclusively while it rests and wants to be notified of jobs for handlers.';


CREATE FUNCTION pgdispatch.handler_channel(role regrole) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT 'pgdispatch_handler_'::text || role::oid::text $$;

COMMENT ON FUNCTION pgdispatch.handler_channel(regrole) IS
'The channel on which nodes of the role listen: a notification says that jobs for handlers were dispatched, or given up by a node that is full.';


CREATE FUNCTION pgdispatch.dispatch_handler(
    handler text, arguments json DEFAULT '{}', delay interval DEFAULT '0', notify boolean DEFAULT true, headers json DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    caller constant regrole := pg_catalog.quote_ident(CURRENT_USER)::regrole;
    job_id bigint;
BEGIN
    IF handler IS NULL OR handler !~ '[^[:space:]]' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = 'pgdispatch: there is no name of a handler',
            HINT = 'Pass the name of an application''s method with @AfterCommitDispatch, such as ''signUpSideEffects.welcome''.';
    ELSIF arguments IS NULL OR pg_catalog.json_typeof(arguments) <> 'object' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = pg_catalog.format('pgdispatch: the arguments of %s are not a JSON object', handler),
            HINT = 'Pass the arguments by the names of the method''s parameters, as in json_build_object(''profileId'', 42).';
    ELSIF delay IS NULL OR delay < '0'::interval OR NOT pg_catalog.isfinite(delay) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = pg_catalog.format('pgdispatch: the delay is %s', coalesce(delay::text, 'NULL')),
            HINT = 'A delay is zero or more, and finite.';
    END IF;

    IF pg_catalog.current_setting('transaction_read_only')::boolean THEN
        RAISE read_only_sql_transaction USING
            MESSAGE = 'pgdispatch: a job cannot be dispatched in a read-only transaction',
            DETAIL = CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'This server is a standby.' ELSE 'A dispatch writes a row.' END,
            HINT = CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'Connect to the primary.' ELSE 'Dispatch in a read-write transaction.' END;
    END IF;

    IF NOT (SELECT r.rolcanlogin FROM pg_catalog.pg_roles AS r WHERE r.oid = caller::oid) THEN
        RAISE invalid_authorization_specification USING
            MESSAGE = pg_catalog.format('pgdispatch: role %s cannot log in, so that no node could run its jobs', caller),
            DETAIL = 'A job is run by a node that logged in as the role that dispatched it.',
            HINT = pg_catalog.format('Dispatch from a SECURITY DEFINER function of the application''s role, or ALTER ROLE %s LOGIN.', caller);
    END IF;

    INSERT INTO pgdispatch.handler_job (role, handler, due_at, arguments, headers)
    VALUES (caller, handler, pg_catalog.now() + pg_catalog.date_trunc('second', delay), arguments, headers)
    RETURNING id INTO job_id;

    -- See dispatch.
    IF notify AND NOT pg_catalog.pg_try_advisory_xact_lock_shared(pgdispatch.handler_lock(caller))
       AND pg_catalog.current_setting('pgdispatch.notify', true) IS DISTINCT FROM 'off' THEN
        PERFORM pg_catalog.pg_notify(pgdispatch.handler_channel(caller), '');
    END IF;

    RETURN job_id;
END
$$;

COMMENT ON FUNCTION pgdispatch.dispatch_handler(text, json, interval, boolean, json) IS
'Has a node of the application call a handler after the current transaction has committed, and never if it rolls back; not before the delay, truncated to whole seconds, has passed since the start of the transaction. Returns the id of the job. A handler that no node knows is no error: the job waits for a node that does. With notify => false no resting node is woken: for callers that see to that themselves after their commit. Does not wait for other transactions. Example: SELECT pgdispatch.dispatch_handler(''signUpSideEffects.welcome'', json_build_object(''profileId'', 42), ''20 seconds'')';


-- ---------------------------------------------------------------------------------------------------------------------
-- Claims
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION pgdispatch.renew_lease(node uuid, lease interval) RETURNS void
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


CREATE FUNCTION pgdispatch.end_lease(node uuid) RETURNS void
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
CREATE FUNCTION pgdispatch.live_nodes(lease interval) RETURNS uuid[]
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


CREATE FUNCTION pgdispatch.claim_for_handler(
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
    claimed  integer;
BEGIN
    LOOP
        places := ARRAY(SELECT f.ctid
                          FROM pgdispatch.handler_job AS f
                         WHERE f.role = me
                           AND f.handler = handler_name
                           AND f.due_at <= moment
                           AND (f.due_at, f.id) > (after_due_at, after_id)
                           AND (f.claimed_by IS NULL OR f.claimed_by <> ALL (live))
                         ORDER BY f.due_at, f.id
                         LIMIT left_now
                           FOR UPDATE SKIP LOCKED);
        claimed := 0;
        IF cardinality(places) > 0 THEN
            -- A node may have begun its lease, and claimed these, since the live ones were looked up. Now that they are locked,
            -- whoever has claimed them had its lease before.
            live := pgdispatch.live_nodes(lease);
            RETURN QUERY
                UPDATE pgdispatch.handler_job AS j
                   SET claimed_by = node,
                       attempts = j.attempts + 1
                 WHERE j.ctid = ANY (places)   -- They are locked, so that these are still their places.
                   AND (j.claimed_by IS NULL OR j.claimed_by <> ALL (live))
                RETURNING j.*;
            GET DIAGNOSTICS claimed = ROW_COUNT;
            left_now := left_now - claimed;
        END IF;
        EXIT WHEN left_now <= 0;
        IF claimed = cardinality(places) THEN   -- There were no more.
            EXIT WHEN after_due_at = '-infinity';
            after_due_at := '-infinity';
            after_id := 0;
        END IF;
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.claim_for_handler(uuid, interval, text, timestamptz, integer, uuid[], timestamptz, bigint) IS
'Part of pgdispatch.claim_handler_jobs: claims the oldest due jobs of one handler, those after the position first.';


CREATE FUNCTION pgdispatch.claim_handler_jobs(
    node uuid, lease interval, handlers text[], at_most integer[], in_all integer,
    after_due_at timestamptz[] DEFAULT '{}', after_id bigint[] DEFAULT '{}')
RETURNS SETOF pgdispatch.handler_job
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    moment constant timestamptz := clock_timestamp();
    live     uuid[];
    left_for integer[] := at_most;
    left_now integer   := in_all;
    share    integer;
    claimed  integer;
    found_any boolean;
BEGIN
    PERFORM pgdispatch.renew_lease(node, lease);
    live := pgdispatch.live_nodes(lease);

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
'Renews the node''s lease, and claims due jobs for it that no other node holds: of each handler the oldest, at_most so many of it, and in_all so many, shared among the handlers, the first of which come first if there are not enough for all. A node that has claimed just now may name where that was, for each handler: to go on from there spares the claim the dead rows of what has run, which pile up while anyone holds an old snapshot; the jobs before it are claimed when there are none behind it. Skips what other transactions have locked. The claims hold once this is committed.';


CREATE FUNCTION pgdispatch.complete_handler_job(node uuid, handler_name text, job_due_at timestamptz, job_id bigint, attempt integer)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
BEGIN
    DELETE FROM pgdispatch.handler_job AS j
     WHERE j.role = quote_ident(CURRENT_USER)::regrole
       AND j.handler = handler_name
       AND j.due_at = job_due_at
       AND j.id = job_id
       AND j.claimed_by = node
       AND j.attempts = attempt;
    RETURN FOUND;
END
$$;

COMMENT ON FUNCTION pgdispatch.complete_handler_job(uuid, text, timestamptz, bigint, integer) IS
'Deletes a job that the node has claimed and done; false, and nothing deleted, if its claim does not hold any more. In the transaction in which the method did its work, the two are one: then false is the reason to roll back.';


CREATE FUNCTION pgdispatch.complete_handler_jobs(
    node uuid, handlers text[], due_ats timestamptz[], ids bigint[], attempts integer[])
RETURNS bigint[]
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    lost bigint[] := '{}';
BEGIN
    FOR i IN 1 .. cardinality(ids) LOOP
        IF NOT pgdispatch.complete_handler_job(node, handlers[i], due_ats[i], ids[i], attempts[i]) THEN
            lost := lost || ids[i];
        END IF;
    END LOOP;
    RETURN lost;
END
$$;

COMMENT ON FUNCTION pgdispatch.complete_handler_jobs(uuid, text[], timestamptz[], bigint[], integer[]) IS
'Deletes jobs that the node has claimed and done, and returns those on which its claim did not hold any more.';


CREATE FUNCTION pgdispatch.release_handler_job(
    node uuid, handler_name text, job_due_at timestamptz, job_id bigint, attempt integer, delay interval DEFAULT '0',
    counted boolean DEFAULT false)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
BEGIN
    UPDATE pgdispatch.handler_job AS j
       SET claimed_by = NULL,
           attempts = CASE WHEN counted THEN j.attempts ELSE j.attempts - 1 END,
           due_at = CASE WHEN delay > '0'::interval THEN clock_timestamp() + delay ELSE j.due_at END
     WHERE j.role = quote_ident(CURRENT_USER)::regrole
       AND j.handler = handler_name
       AND j.due_at = job_due_at
       AND j.id = job_id
       AND j.claimed_by = node
       AND j.attempts = attempt;
    RETURN FOUND;
END
$$;

COMMENT ON FUNCTION pgdispatch.release_handler_job(uuid, text, timestamptz, bigint, integer, interval, boolean) IS
'Gives a job back that the node has claimed and not run, or not run to its end through no fault of the job. It is due again after the delay. Unless counted, it is as if there had been no such attempt.';


CREATE FUNCTION pgdispatch.disown_handler_jobs(node uuid, handlers text[], known bigint[]) RETURNS integer
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

COMMENT ON FUNCTION pgdispatch.disown_handler_jobs(uuid, text[], bigint[]) IS
'For a node that could not be told whether its claim was committed: gives back what it has claimed and does not know of, and returns how many these were. Reads all due jobs of the handlers.';


CREATE FUNCTION pgdispatch.fail_handler_job(
    node uuid, handler_name text, job_due_at timestamptz, job_id bigint, attempt integer,
    error_sqlstate text, error_message text, error_context text)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
BEGIN
    WITH failed AS (
        DELETE FROM pgdispatch.handler_job AS j
         WHERE j.role = quote_ident(CURRENT_USER)::regrole
           AND j.handler = handler_name
           AND j.due_at = job_due_at
           AND j.id = job_id
           AND j.claimed_by = node
           AND j.attempts = attempt
        RETURNING j.*)
    INSERT INTO pgdispatch.dead_letter (role, id, handler, arguments, headers, fired_at, due_at, crashes, attempts, sqlstate, message, context)
    SELECT f.role, f.id, f.handler, f.arguments, f.headers, f.fired_at, f.due_at, 0, f.attempts, error_sqlstate, error_message, error_context
      FROM failed AS f;
    RETURN FOUND;
END
$$;

COMMENT ON FUNCTION pgdispatch.fail_handler_job(uuid, text, timestamptz, bigint, integer, text, text, text) IS
'Makes a job that the node has claimed a dead letter, with its error; false, and nothing done, if its claim does not hold any more.';


-- ---------------------------------------------------------------------------------------------------------------------
-- Watching
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION pgdispatch.waiting_handlers(moment timestamptz) RETURNS text[]
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    me      constant regrole := quote_ident(CURRENT_USER)::regrole;
    waiting text[] := '{}';
    oldest  record;
BEGIN
    -- From the oldest job of one handler to that of the next, however many each of them has.
    SELECT '' AS handler, 'infinity'::timestamptz AS due_at INTO oldest;
    LOOP
        SELECT j.handler, j.due_at
          INTO oldest
          FROM pgdispatch.handler_job AS j
         WHERE j.role = me
           AND j.handler > oldest.handler COLLATE "C"
         ORDER BY j.handler, j.due_at
         LIMIT 1;
        EXIT WHEN NOT FOUND;
        IF oldest.due_at <= moment THEN
            waiting := waiting || oldest.handler;
        END IF;
    END LOOP;
    RETURN waiting;
END
$$;

COMMENT ON FUNCTION pgdispatch.waiting_handlers(timestamptz) IS
'The handlers that have jobs that were due at the moment.';


CREATE FUNCTION pgdispatch.handlers_are_due(handlers text[], moment timestamptz, live uuid[]) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    me      constant regrole := quote_ident(CURRENT_USER)::regrole;
    handler_name text;
BEGIN
    FOREACH handler_name IN ARRAY handlers LOOP
        IF EXISTS (SELECT
                     FROM pgdispatch.handler_job AS j
                    WHERE j.role = me
                      AND j.handler = handler_name
                      AND j.due_at <= moment
                      AND (j.claimed_by IS NULL OR j.claimed_by <> ALL (live))) THEN
            RETURN true;
        END IF;
    END LOOP;
    RETURN false;
END
$$;

COMMENT ON FUNCTION pgdispatch.handlers_are_due(text[], timestamptz, uuid[]) IS
'Whether any of the handlers has a job that was due at the moment, and that none of the live nodes has claimed.';


CREATE FUNCTION pgdispatch.handlers_next_due_in(handlers text[], moment timestamptz) RETURNS interval
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    me      constant regrole := quote_ident(CURRENT_USER)::regrole;
    handler_name text;
    next_due_at  timestamptz;
BEGIN
    FOREACH handler_name IN ARRAY handlers LOOP
        next_due_at := least(next_due_at,
            (SELECT j.due_at
               FROM pgdispatch.handler_job AS j
              WHERE j.role = me
                AND j.handler = handler_name
                AND j.due_at > moment
              ORDER BY j.due_at
              LIMIT 1));
    END LOOP;
    IF next_due_at IS NULL THEN   -- Which greatest would not mind.
        RETURN NULL;
    END IF;
    RETURN greatest(next_due_at - clock_timestamp(), '0');
END
$$;

COMMENT ON FUNCTION pgdispatch.handlers_next_due_in(text[], timestamptz) IS
'In how long the first of the handlers'' jobs that were not yet due at the moment falls due; NULL if there is none.';


CREATE FUNCTION pgdispatch.watch_handlers(
    node uuid, lease interval, handlers text[], rest boolean,
    OUT due boolean, OUT next_due_in interval, OUT resting boolean, OUT notified boolean, OUT unknown text[])
LANGUAGE plpgsql
AS $$
DECLARE
    me     constant regrole := pg_catalog.quote_ident(CURRENT_USER)::regrole;
    moment timestamptz;
    live   uuid[];
BEGIN
    -- See watch.
    resting := rest AND pg_catalog.pg_try_advisory_lock(pgdispatch.handler_lock(me));
    notified := resting OR (rest AND pgdispatch.is_held(pgdispatch.handler_lock(me)));

    moment := pg_catalog.clock_timestamp();
    live := pgdispatch.live_nodes(lease);
    due := pgdispatch.handlers_are_due(handlers, moment, live);
    -- Should another node be dead, it shows when its lease expires.
    next_due_in := least(pgdispatch.handlers_next_due_in(handlers, moment),
        (SELECT min(l.ends_at) - moment + '10 ms'::interval
           FROM pgdispatch.node AS n,
                LATERAL greatest(n.expires_at, pg_catalog.pg_postmaster_start_time() + lease) AS l (ends_at)   -- See live_nodes.
          WHERE n.role = me
            AND n.id <> watch_handlers.node
            AND l.ends_at > moment));
    IF resting AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
        next_due_in := '0';
    END IF;
    unknown := ARRAY(SELECT w.handler
                       FROM pg_catalog.unnest(pgdispatch.waiting_handlers(moment - '30 seconds'::interval)) AS w (handler)
                      WHERE w.handler <> ALL (handlers)
                        AND pgdispatch.handlers_are_due(ARRAY[w.handler], moment - '30 seconds'::interval, live));
    DELETE FROM pgdispatch.node AS n
     WHERE n.role = me
       AND n.expires_at < moment - '1 hour'::interval;
END
$$;

COMMENT ON FUNCTION pgdispatch.watch_handlers(uuid, interval, text[], boolean) IS
'For a node that has nothing to do: tells whether any of its handlers has a job that is due and that no live node has claimed, and in how long to look again (NULL: there is no reason to). With rest, the session first tries to take the role''s handler lock, as in pgdispatch.watch; notifications come through pgdispatch.handler_channel(role). unknown: other handlers whose jobs have been waiting for half a minute.';


CREATE FUNCTION pgdispatch.stir_handlers() RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_catalog.pg_advisory_unlock(pgdispatch.handler_lock(pg_catalog.quote_ident(CURRENT_USER)::regrole));
END
$$;

COMMENT ON FUNCTION pgdispatch.stir_handlers() IS
'Ends the rest that pgdispatch.watch_handlers has begun, as pgdispatch.stir does that of pgdispatch.watch.';


CREATE FUNCTION pgdispatch.hand_over(lease interval, handlers text[]) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    IF NOT pgdispatch.handlers_are_due(handlers, pg_catalog.clock_timestamp(), pgdispatch.live_nodes(lease)) THEN
        RETURN false;
    END IF;
    PERFORM pg_catalog.pg_notify(pgdispatch.handler_channel(pg_catalog.quote_ident(CURRENT_USER)::regrole), '');
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.hand_over(interval, text[]) IS
'For a node that can run no more jobs of these handlers: has other nodes look, if there are any that no node has claimed, and tells whether there are.';


CREATE OR REPLACE FUNCTION pgdispatch.unwatch() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me   constant regrole := quote_ident(CURRENT_USER)::regrole;
    lock bigint;
BEGIN
    FOREACH lock IN ARRAY ARRAY[pgdispatch.driver_lock(me), pgdispatch.application_lock(me), pgdispatch.handler_lock(me)] LOOP
        -- To give back what one does not hold raises a warning, and what was taken twice has to be given back twice.
        WHILE EXISTS (SELECT
                        FROM pg_locks AS l
                       WHERE l.locktype = 'advisory'
                         AND l.pid = pg_backend_pid()
                         AND l.mode = 'ExclusiveLock'
                         AND l.classid::bigint = lock >> 32
                         AND l.objid::bigint = lock & 4294967295
                         AND l.objsubid = 1) LOOP
            EXIT WHEN NOT pg_advisory_unlock(lock);
        END LOOP;
    END LOOP;
    PERFORM set_config('pgdispatch.attends', '', false);
END
$$;


CREATE OR REPLACE FUNCTION pgdispatch.version() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT '1.2.0'::text $$;


-- ---------------------------------------------------------------------------------------------------------------------
-- Privileges
-- ---------------------------------------------------------------------------------------------------------------------

CREATE OR REPLACE PROCEDURE pgdispatch.grant_to(role regrole)
LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE pg_catalog.format('GRANT USAGE ON SCHEMA pgdispatch TO %s', role);
    EXECUTE pg_catalog.format('GRANT SELECT, INSERT, UPDATE, DELETE ON pgdispatch.job, pgdispatch.handler_job, pgdispatch.dead_letter, pgdispatch.node, pgdispatch.cron_worker TO %s', role);
    EXECUTE pg_catalog.format('GRANT SELECT ON pgdispatch.cron_setting TO %s', role);
    EXECUTE pg_catalog.format('GRANT USAGE ON SEQUENCE pgdispatch.job_id_seq TO %s', role);
    EXECUTE pg_catalog.format('GRANT EXECUTE ON ALL ROUTINES IN SCHEMA pgdispatch TO %s', role);
END
$$;


CREATE OR REPLACE PROCEDURE pgdispatch.revoke_from(role regrole)
LANGUAGE plpgsql
AS $$
DECLARE
    caller      constant regrole     := pg_catalog.quote_ident(CURRENT_USER)::regrole;
    role_name   constant name        := (SELECT r.rolname FROM pg_catalog.pg_roles AS r WHERE r.oid = role::oid);
    is_super    constant boolean     := (SELECT r.rolsuper FROM pg_catalog.pg_roles AS r WHERE r.oid = caller::oid);
    give_up_at  constant timestamptz := pg_catalog.clock_timestamp() + '10 seconds'::interval;
    had_workers boolean;
    permanent   boolean;
BEGIN
    -- Those that are running are waited for, before anything is locked that others want.
    DELETE FROM pgdispatch.job AS j WHERE j.role::oid = revoke_from.role::oid;

    -- What the role has dispatched and not yet committed would be a job of pg_cron for a role that is no more. To wait for the lock
    -- in its queue would keep others from dispatching.
    LOOP
        BEGIN
            LOCK TABLE pgdispatch.cron_worker IN SHARE ROW EXCLUSIVE MODE NOWAIT;
            EXIT;
        EXCEPTION
            WHEN lock_not_available THEN
                IF pg_catalog.clock_timestamp() > give_up_at THEN
                    RAISE lock_not_available USING
                        MESSAGE = 'pgdispatch: there are open transactions that have dispatched',
                        DETAIL = pg_catalog.format('If role %s were dropped and one of them committed, pg_cron would stop for everybody.', role),
                        HINT = 'Call it again once they have ended.';
                END IF;
        END;
        PERFORM pg_catalog.pg_sleep(0.01);
    END LOOP;

    SELECT coalesce(pg_catalog.bool_or(w.purpose <> 'permanent'), false), coalesce(pg_catalog.bool_or(w.purpose = 'permanent'), false)
      INTO had_workers, permanent
      FROM pgdispatch.cron_worker AS w
     WHERE w.role::oid = revoke_from.role::oid;
    IF pg_catalog.to_regnamespace('cron') IS NOT NULL AND (had_workers OR is_super) THEN
        IF NOT is_super THEN   -- Of another role's jobs, pg_cron shows only superusers any.
            EXECUTE pg_catalog.format('SET LOCAL ROLE %s', role);
        END IF;
        PERFORM cron.unschedule(j.jobid)
           FROM cron.job AS j
          WHERE j.username = role_name
            AND j.database = pg_catalog.current_database()
            AND j.command LIKE 'CALL pgdispatch.cron_work(%';
        DELETE FROM cron.job_run_details AS d
         WHERE d.username = role_name
           AND d.database = pg_catalog.current_database()
           AND d.command LIKE 'CALL pgdispatch.cron_work(%';
        IF NOT is_super THEN
            EXECUTE pg_catalog.format('SET LOCAL ROLE %s', caller);
        END IF;
    END IF;
    IF permanent THEN
        RAISE WARNING USING
            MESSAGE = pg_catalog.format('pgdispatch: an administrator has scheduled a worker of role %s', role),
            DETAIL = 'If the role is dropped while pg_cron has jobs of it, pg_cron stops for everybody.',
            HINT = pg_catalog.format('As an administrator, in the database of pg_cron: SELECT cron.unschedule(jobid) FROM cron.job WHERE username = %L;', role_name);
    END IF;

    EXECUTE pg_catalog.format('REVOKE ALL ON ALL ROUTINES IN SCHEMA pgdispatch FROM %s', role);
    EXECUTE pg_catalog.format('REVOKE ALL ON ALL TABLES IN SCHEMA pgdispatch FROM %s', role);
    EXECUTE pg_catalog.format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA pgdispatch FROM %s', role);
    EXECUTE pg_catalog.format('REVOKE ALL ON SCHEMA pgdispatch FROM %s', role);
    DELETE FROM pgdispatch.cron_worker AS w WHERE w.role::oid = revoke_from.role::oid;
    DELETE FROM pgdispatch.cron_setting AS s WHERE s.role::oid = revoke_from.role::oid;
    DELETE FROM pgdispatch.job AS j WHERE j.role::oid = revoke_from.role::oid;
    DELETE FROM pgdispatch.handler_job AS j WHERE j.role::oid = revoke_from.role::oid;
    DELETE FROM pgdispatch.node AS n WHERE n.role::oid = revoke_from.role::oid;
    DELETE FROM pgdispatch.dead_letter AS d WHERE d.role::oid = revoke_from.role::oid;
END
$$;

REVOKE ALL ON ALL TABLES IN SCHEMA pgdispatch FROM PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA pgdispatch FROM PUBLIC;
REVOKE ALL ON ALL ROUTINES IN SCHEMA pgdispatch FROM PUBLIC;

DO $$
DECLARE
    grantee regrole;
BEGIN
    -- Who could dispatch before must not fail to in between.
    FOR grantee IN
        SELECT DISTINCT a.grantee
          FROM pg_catalog.pg_class AS c,
               pg_catalog.aclexplode(c.relacl) AS a
         WHERE c.oid = 'pgdispatch.job'::regclass
           AND a.privilege_type = 'INSERT'
           AND a.grantee NOT IN (0, c.relowner)
    LOOP
        CALL pgdispatch.grant_to(grantee);
    END LOOP;
END
$$;

DO $$
BEGIN
    PERFORM pg_catalog.pg_extension_config_dump('pgdispatch.handler_job', '');   -- But no node: in a copy, none of them is alive.
EXCEPTION
    WHEN feature_not_supported THEN
        NULL;   -- This is not CREATE EXTENSION.
END
$$;
