-- What drivers and nodes call while they have nothing to do.
--
-- A session that polls the queue of SQL jobs, or the jobs of handlers, first tries to take the idle lock of the role, and looks at the queue
-- after that. It is idle then, and listens. A dispatch that finds the idle lock taken sends a notification; the jobs of one that came
-- before are seen by the look. A driver that is busy gives the lock back, which spares dispatches the notification.
--
-- All sessions that poll listen on the same channel, and the one that has the lock looks at the queue when it is notified. If its node
-- cannot take all that is due, it releases the lock and sends a notification with the payload 'all'. Every session then tries to take
-- the lock and looks. A session that was notified while another one had the lock looks within a few seconds, because the other one may
-- be frozen.

CREATE OR REPLACE FUNCTION pgdispatch.poll_queue(
    max_count integer, go_idle boolean,
    OUT due integer, OUT next_due_in interval, OUT idle boolean, OUT notified boolean)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    worker constant regrole := quote_ident(CURRENT_USER)::regrole;
    moment timestamptz;
BEGIN
    -- The lock comes first, and the look after it: a transaction that dispatches from now on finds the lock taken and notifies, and what
    -- was committed before is seen, since each statement here has a snapshot of its own.
    idle := go_idle AND pg_try_advisory_lock(pgdispatch.idle_driver_lock(worker));
    notified := idle OR go_idle AND pgdispatch.is_locked_exclusively(pgdispatch.idle_driver_lock(worker));
    IF to_regnamespace('cron') IS NOT NULL OR pgdispatch.cron_is_elsewhere() THEN
        PERFORM pgdispatch.announce_application();
    END IF;
    PERFORM pgdispatch.purge_expired();
    moment := clock_timestamp();
    due := pgdispatch.count_due_jobs(moment, max_count) + CASE WHEN pgdispatch.is_non_transactional_due() THEN 1 ELSE 0 END;
    next_due_in := least(pgdispatch.next_due_in(moment), pgdispatch.enforce_time_limits());
    IF idle AND current_setting('transaction_isolation') <> 'read committed' THEN
        next_due_in := '0';   -- The snapshot is older than the lock, so that this was no look after it: another one is needed.
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.poll_queue(integer, boolean) IS
'For a driver of the current role that has nothing to do. due: number of due jobs, running ones included, up to
max_count. next_due_in: time until the driver should look again (NULL: no job waits). With go_idle, the session first
tries to take the idle lock of the role, and idle says whether it has the lock. While a session has it, dispatches from
SQL notify pgdispatch.driver_channel(role). A notification with the payload all is for every session, any other one for
the session that has the lock. If notified is false, no session has it, because a transaction that
dispatched is still open, and dispatches do not notify yet.
Call it with autocommit, with go_idle until the session is idle, and without it afterwards. Do not call it in a session
that runs jobs, because that would release the lock.';


CREATE OR REPLACE FUNCTION pgdispatch.stop_idling() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_advisory_unlock(pgdispatch.idle_driver_lock(quote_ident(CURRENT_USER)::regrole));
END
$$;

COMMENT ON FUNCTION pgdispatch.stop_idling() IS
'Releases the idle lock that pgdispatch.poll_queue has taken. A driver that is busy calls it, because it looks at the
queue anyway.';


CREATE OR REPLACE FUNCTION pgdispatch.end_polling() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me   constant regrole := quote_ident(CURRENT_USER)::regrole;
    lock bigint;
BEGIN
    FOREACH lock IN ARRAY ARRAY[pgdispatch.idle_driver_lock(me), pgdispatch.application_lock(me), pgdispatch.idle_node_lock(me)] LOOP
        -- A session that releases a lock which it does not hold gets a warning. A lock that it took twice has to be released twice.
        WHILE EXISTS (SELECT FROM pgdispatch.lock_holders(lock) AS l WHERE l.pid = pg_backend_pid() AND l.mode = 'ExclusiveLock') LOOP
            EXIT WHEN NOT pg_advisory_unlock(lock);
        END LOOP;
    END LOOP;
    PERFORM set_config('pgdispatch.attends', '', false);
END
$$;

COMMENT ON FUNCTION pgdispatch.end_polling() IS
'Undoes pgdispatch.poll_queue and pgdispatch.poll_handlers, before the session is used for anything else. The session
is no longer idle, and no longer counts as an application that runs the jobs of the role.';


CREATE OR REPLACE FUNCTION pgdispatch.announce_application() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    -- The session takes the lock only once, as it would have to release it as often as it took it.
    IF current_setting('pgdispatch.attends', true) IS DISTINCT FROM 'on' AND pg_try_advisory_lock(pgdispatch.application_lock(me)) THEN
        PERFORM set_config('pgdispatch.attends', 'on', false);
    END IF;
    BEGIN
        IF pgdispatch.cron_problem() IS NULL THEN
            PERFORM pgdispatch.cron_follow_renames();
            PERFORM pgdispatch.cron_call_off_workers(me);
        END IF;
    EXCEPTION
        WHEN OTHERS THEN
            NULL;   -- The application runs the jobs, whatever pg_cron says.
    END;
END
$$;

COMMENT ON FUNCTION pgdispatch.announce_application() IS
'Part of pgdispatch.poll_queue. Tells the workers of pg_cron that an application runs the jobs of the role, and
unschedules those that would have come only in case it fails. An error of pg_cron is ignored.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_call_off_workers(me regrole) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    worker bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM pgdispatch.cron_worker AS w WHERE w.role = me AND w.purpose <> 'permanent')
       OR EXISTS (SELECT FROM pgdispatch.cron_worker AS w WHERE w.role = me AND pgdispatch.is_alive(w.pid, w.backend_start))
       OR NOT pgdispatch.try_mutex(me, pgdispatch.cron_exit_mutex())
       OR NOT pg_try_advisory_xact_lock(pgdispatch.cron_reliance_lock(me))
       OR pgdispatch.count_due_jobs(clock_timestamp(), 1) > 0 THEN
        RETURN;
    END IF;
    PERFORM pgdispatch.cron_remove_unsound(me, 0);
    -- A worker that pg_cron may be starting right now leaves by itself; unscheduling it in that moment would leave traces. A worker that
    -- was scheduled less than a second ago stays, as one worker is enough for dispatches that follow each other.
    FOR worker IN
        SELECT w.id
          FROM pgdispatch.cron_worker AS w
         WHERE w.role = me
           AND w.purpose = 'work'
           AND w.runs = 0
           AND w.scheduled_at BETWEEN clock_timestamp() - '8 seconds'::interval AND clock_timestamp() - '1 second'::interval
    LOOP
        PERFORM pgdispatch.cron_unschedule(me, worker);
    END LOOP;
    IF NOT EXISTS (SELECT FROM pgdispatch.cron_worker AS w WHERE w.role = me AND w.purpose = 'work' AND w.database_id = pgdispatch.database_id()) THEN
        PERFORM pgdispatch.cron_schedule_alarms(me);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_call_off_workers(regrole) IS
'Part of pgdispatch.announce_application. Unschedules the workers that would have come only in case the application
fails.';


CREATE OR REPLACE FUNCTION pgdispatch.enforce_time_limits() RETURNS interval
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET jit = off
AS $$
DECLARE
    me constant regrole := quote_ident(CURRENT_USER)::regrole;
    running record;
    due_in  interval;
BEGIN
    FOR running IN
        SELECT m.id, pgdispatch.attempt_ends_at(m) AS ends_at
          FROM pgdispatch.managed_job AS m
         WHERE m.role = me
           AND m.started_at IS NOT NULL
           AND m.time_limit IS NOT NULL
    LOOP
        CONTINUE WHEN pgdispatch.session_running(running.id) IS NULL;   -- The session that ran it was lost.
        IF running.ends_at <= clock_timestamp() THEN
            PERFORM pgdispatch.interrupt_job(running.id, if_late => true);
        END IF;
        due_in := least(due_in, greatest(running.ends_at - clock_timestamp(), '100 ms'::interval));
    END LOOP;
    RETURN due_in;
END
$$;

COMMENT ON FUNCTION pgdispatch.enforce_time_limits() IS
'Cancels the SQL jobs of the current role that run longer than their time limit. Returns the time until the next limit is reached, which is at least 100 ms; NULL: no job with a time limit runs.';


CREATE OR REPLACE FUNCTION pgdispatch.poll_handlers(
    node uuid, handlers text[], go_idle boolean,
    OUT due boolean, OUT next_due_in interval, OUT idle boolean, OUT notified boolean, OUT unknown text[], OUT poison boolean, OUT others_due boolean)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me     constant regrole := quote_ident(CURRENT_USER)::regrole;
    moment timestamptz;
    live   uuid[];
    others text[];
BEGIN
    -- In the same order as in pgdispatch.poll_queue, and for the same reason.
    idle := go_idle AND pg_try_advisory_lock(pgdispatch.idle_node_lock(me));
    notified := idle OR go_idle AND pgdispatch.is_locked_exclusively(pgdispatch.idle_node_lock(me));

    moment := clock_timestamp();
    live := pgdispatch.live_nodes(me);
    due := pgdispatch.handlers_are_due(handlers, moment, live);
    -- Whether another node is lost shows when its lease expires.
    next_due_in := least(pgdispatch.handlers_next_due_in(handlers, moment),
        (SELECT min(l.ends_at) - moment + '10 ms'::interval
           FROM pgdispatch.node AS n,
                LATERAL pgdispatch.lease_ends_at(n.expires_at, n.lease_length) AS l (ends_at)
          WHERE n.role = me
            AND n.id <> poll_handlers.node
            AND l.ends_at > moment));
    IF idle AND current_setting('transaction_isolation') <> 'read committed' THEN
        next_due_in := '0';
    END IF;
    others := ARRAY(SELECT w.handler
                      FROM unnest(pgdispatch.handlers_with_due_jobs(moment)) AS w (handler)
                     WHERE w.handler <> ALL (handlers));
    unknown := ARRAY(SELECT o.handler
                       FROM unnest(others) AS o (handler)
                      WHERE pgdispatch.handlers_are_due(ARRAY[o.handler], moment - '30 seconds'::interval, live));
    others_due := EXISTS (SELECT
                            FROM unnest(others) AS o (handler)
                           WHERE o.handler <> ALL (unknown)
                             AND pgdispatch.handlers_are_due(ARRAY[o.handler], moment, live));
    poison := EXISTS (SELECT FROM pgdispatch.poison_jobs(handlers, live));
    PERFORM pgdispatch.purge_expired();
    DELETE FROM pgdispatch.node AS n
     WHERE n.role = me
       AND n.expires_at < moment - '1 hour'::interval
       AND pgdispatch.lease_ends_at(n.expires_at, n.lease_length) <= moment;   -- After a start of the server, that is later.
END
$$;

COMMENT ON FUNCTION pgdispatch.poll_handlers(uuid, text[], boolean) IS
'For a node that has nothing to do. due: whether one of its handlers has a due job that no live node has claimed.
next_due_in: time until the node should look again (NULL: no job waits). go_idle, idle and notified are those of
pgdispatch.poll_queue; notifications come through pgdispatch.node_channel(role). unknown: other handlers whose jobs
have been due for 30 seconds. poison: whether a poison job waits for pgdispatch.claim_poison_job. others_due: whether a
handler that is neither among those of the node nor unknown has a due job, of which other nodes have to know.';


CREATE OR REPLACE FUNCTION pgdispatch.stop_idling_node() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_advisory_unlock(pgdispatch.idle_node_lock(quote_ident(CURRENT_USER)::regrole));
END
$$;

COMMENT ON FUNCTION pgdispatch.stop_idling_node() IS
'Releases the idle lock that pgdispatch.poll_handlers has taken.';


CREATE OR REPLACE FUNCTION pgdispatch.notify_overflow(handlers text[]) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    IF NOT pgdispatch.handlers_are_due(handlers, clock_timestamp(), pgdispatch.live_nodes(me)) THEN
        RETURN false;
    END IF;
    PERFORM pgdispatch.notify(pgdispatch.node_channel(me), 'all'::text);
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.notify_overflow(text[]) IS
'For a node that can run no more jobs of these handlers. Notifies the other nodes if there are due jobs that no node
has claimed, and returns whether there are.';


CREATE OR REPLACE FUNCTION pgdispatch.handlers_with_due_jobs(moment timestamptz) RETURNS text[]
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
    -- One step for each handler, however many jobs it has: from its oldest job to the oldest job of the next handler.
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

COMMENT ON FUNCTION pgdispatch.handlers_with_due_jobs(timestamptz) IS
'Returns the handlers of the current role that have jobs which were due at the moment.';


CREATE OR REPLACE FUNCTION pgdispatch.handlers_are_due(handlers text[], moment timestamptz, live uuid[]) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    me      constant regrole := quote_ident(CURRENT_USER)::regrole;
    paused  constant text[]  := pgdispatch.unclaimable_handlers();
    handler_name text;
BEGIN
    IF '' = ANY (paused) THEN
        RETURN false;
    END IF;
    FOREACH handler_name IN ARRAY handlers LOOP
        CONTINUE WHEN handler_name = ANY (paused);
        IF EXISTS (SELECT
                     FROM pgdispatch.handler_job AS j
                    WHERE j.role = me
                      AND j.handler = handler_name
                      AND j.due_at <= moment
                      AND (j.claimed_by IS NULL AND (j.crashes IS NULL OR j.crashes < 2) AND j.cancelled IS NULL
                           OR j.claimed_by <> ALL (live) AND j.crashes IS NULL AND j.cancelled IS NULL)) THEN
            RETURN true;
        END IF;
    END LOOP;
    RETURN false;
END
$$;

COMMENT ON FUNCTION pgdispatch.handlers_are_due(text[], timestamptz, uuid[]) IS
'Returns whether one of the handlers has a job that was due at the moment and that none of the live nodes has claimed.
Jobs of handlers that are paused or whose breaker lets no job begin, poison jobs and cancelled jobs do not count.';


CREATE OR REPLACE FUNCTION pgdispatch.handlers_next_due_in(handlers text[], moment timestamptz) RETURNS interval
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
    paused  constant text[]  := pgdispatch.paused_handlers();
    handler_name text;
    next_due_at  timestamptz;
BEGIN
    FOREACH handler_name IN ARRAY handlers LOOP
        CONTINUE WHEN '' = ANY (paused);
        IF handler_name = ANY (paused) THEN
            next_due_at := least(next_due_at, pgdispatch.next_probe_at(me, handler_name, moment));
            CONTINUE;
        END IF;
        next_due_at := least(next_due_at,
            (SELECT j.due_at
               FROM pgdispatch.handler_job AS j
              WHERE j.role = me
                AND j.handler = handler_name
                AND j.due_at > moment
                AND j.due_at < 'infinity'
              ORDER BY j.due_at
              LIMIT 1));
    END LOOP;
    IF next_due_at IS NULL THEN   -- greatest() ignores a NULL.
        RETURN NULL;
    END IF;
    RETURN greatest(next_due_at - clock_timestamp(), '0');
END
$$;

COMMENT ON FUNCTION pgdispatch.handlers_next_due_in(text[], timestamptz) IS
'Returns the time until the first job of the handlers becomes due that was not yet due at the moment; NULL: there is
none.';
