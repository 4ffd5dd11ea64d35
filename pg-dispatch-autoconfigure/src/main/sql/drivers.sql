CREATE OR REPLACE FUNCTION pgdispatch.poll_queue(
    max_count integer, go_idle boolean,
    OUT due integer, OUT next_due_in interval, OUT idle boolean, OUT notified boolean)
LANGUAGE plpgsql
AS $$
DECLARE
    worker constant regrole := pg_catalog.quote_ident(CURRENT_USER)::regrole;
    moment timestamptz;
BEGIN
    -- The lock first, the look after it: whoever dispatches from now on finds the lock taken and notifies, and what was committed
    -- before is seen, since each statement here has a snapshot of its own.
    idle := go_idle AND pg_catalog.pg_try_advisory_lock(pgdispatch.idle_driver_lock(worker));
    notified := idle;
    IF go_idle AND NOT idle THEN
        notified := NOT pg_catalog.pg_try_advisory_lock_shared(pgdispatch.idle_driver_lock(worker));
        IF NOT notified THEN
            PERFORM pg_catalog.pg_advisory_unlock_shared(pgdispatch.idle_driver_lock(worker));
        END IF;
    END IF;
    IF pg_catalog.to_regnamespace('cron') IS NOT NULL OR pgdispatch.cron_is_elsewhere() THEN
        PERFORM pgdispatch.announce_application();
    END IF;
    PERFORM pgdispatch.purge_expired();
    moment := pg_catalog.clock_timestamp();
    due := pgdispatch.count_due_jobs(moment, max_count) + CASE WHEN pgdispatch.is_non_transactional_due() THEN 1 ELSE 0 END;
    next_due_in := least(pgdispatch.next_due_in(moment), pgdispatch.enforce_time_limits());
    IF idle AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
        next_due_in := '0';   -- Its snapshot is older than the lock, so that this was no look after it: there has to be another.
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.poll_queue(integer, boolean) IS
'For a driver that has nothing to do: tells how many jobs are due, counting up to max_count and those that are being run, and in how long the next one is (NULL: there is none). With rest, the session first tries to take the role''s driver lock, and is resting if it gets it. While any session is, dispatches from SQL notify pgdispatch.driver_channel(role); they do not (notified is false) while none is because a transaction that dispatched is still open. To be called with rest until the session is resting, and then without; not in a session that works, which would lose the lock.';


CREATE OR REPLACE FUNCTION pgdispatch.stop_idling() RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_catalog.pg_advisory_unlock(pgdispatch.idle_driver_lock(pg_catalog.quote_ident(CURRENT_USER)::regrole));
END
$$;

COMMENT ON FUNCTION pgdispatch.stop_idling() IS
'Ends the rest that pgdispatch.poll_queue has begun: a driver that is busy and looks at the queue all the time spares the dispatching transactions the notification.';


CREATE OR REPLACE FUNCTION pgdispatch.end_polling() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me   constant regrole := quote_ident(CURRENT_USER)::regrole;
    lock bigint;
BEGIN
    FOREACH lock IN ARRAY ARRAY[pgdispatch.idle_driver_lock(me), pgdispatch.application_lock(me), pgdispatch.idle_node_lock(me)] LOOP
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

COMMENT ON FUNCTION pgdispatch.end_polling() IS
'Undoes pgdispatch.poll_queue: the session no longer rests, nor does it count as an application that runs the role''s jobs. To be called before the session is used for anything else.';


CREATE OR REPLACE FUNCTION pgdispatch.announce_application() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me     constant regrole := quote_ident(CURRENT_USER)::regrole;
    worker bigint;
BEGIN
    -- Once is enough: a session that takes a lock twice has to give it back twice.
    IF current_setting('pgdispatch.attends', true) IS DISTINCT FROM 'on' AND pg_try_advisory_lock(pgdispatch.application_lock(me)) THEN
        PERFORM set_config('pgdispatch.attends', 'on', false);
    END IF;
    IF pgdispatch.cron_problem() IS NOT NULL
       OR NOT EXISTS (SELECT FROM pgdispatch.cron_worker AS w WHERE w.role = me AND w.purpose <> 'permanent')
       OR EXISTS (SELECT FROM pgdispatch.cron_worker AS w WHERE w.role = me AND pgdispatch.is_alive(w.pid, w.backend_start))
       OR NOT pg_try_advisory_xact_lock(pgdispatch.cron_exit_lock(me))
       OR NOT pg_try_advisory_xact_lock(pgdispatch.cron_reliance_lock(me))
       OR pgdispatch.count_due_jobs(clock_timestamp(), 1) > 0 THEN
        RETURN;
    END IF;
    -- Those that pg_cron may be about to start go by themselves; to take one away in that moment leaves traces. And not at once,
    -- for as long as dispatches come one after the other, one is enough for all.
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

COMMENT ON FUNCTION pgdispatch.announce_application() IS
'Part of pgdispatch.poll_queue: tells pg_cron''s workers that an application runs the role''s jobs, and calls off those that were to come in case it failed.';


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
        SELECT m.id, m.started_at + m.time_limit AS ends_at
          FROM pgdispatch.managed_job AS m
         WHERE m.role = me
           AND m.started_at IS NOT NULL
           AND m.time_limit IS NOT NULL
    LOOP
        CONTINUE WHEN pgdispatch.session_running(running.id) IS NULL;   -- It was lost.
        IF running.ends_at <= clock_timestamp() THEN
            PERFORM pgdispatch.interrupt_job(running.id, if_late => true);
        END IF;
        due_in := least(due_in, greatest(running.ends_at - clock_timestamp(), '100 ms'::interval));
    END LOOP;
    RETURN due_in;
END
$$;

COMMENT ON FUNCTION pgdispatch.enforce_time_limits() IS
'Cancels the commands of the current role that take longer than their time limit. Returns when to look again; NULL: there is no reason to.';


CREATE OR REPLACE FUNCTION pgdispatch.poll_handlers(
    node uuid, lease interval, handlers text[], go_idle boolean,
    OUT due boolean, OUT next_due_in interval, OUT idle boolean, OUT notified boolean, OUT unknown text[], OUT poison boolean)
LANGUAGE plpgsql
AS $$
DECLARE
    me     constant regrole := pg_catalog.quote_ident(CURRENT_USER)::regrole;
    moment timestamptz;
    live   uuid[];
BEGIN
    -- See watch.
    idle := go_idle AND pg_catalog.pg_try_advisory_lock(pgdispatch.idle_node_lock(me));
    notified := idle OR (go_idle AND pgdispatch.is_locked_exclusively(pgdispatch.idle_node_lock(me)));

    moment := pg_catalog.clock_timestamp();
    live := pgdispatch.live_nodes(lease);
    due := pgdispatch.handlers_are_due(handlers, moment, live);
    -- Should another node be dead, it shows when its lease expires.
    next_due_in := least(pgdispatch.handlers_next_due_in(handlers, moment),
        (SELECT min(l.ends_at) - moment + '10 ms'::interval
           FROM pgdispatch.node AS n,
                LATERAL greatest(n.expires_at, pg_catalog.pg_postmaster_start_time() + lease) AS l (ends_at)   -- See live_nodes.
          WHERE n.role = me
            AND n.id <> poll_handlers.node
            AND l.ends_at > moment));
    IF idle AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
        next_due_in := '0';
    END IF;
    unknown := ARRAY(SELECT w.handler
                       FROM pg_catalog.unnest(pgdispatch.handlers_with_due_jobs(moment - '30 seconds'::interval)) AS w (handler)
                      WHERE w.handler <> ALL (handlers)
                        AND pgdispatch.handlers_are_due(ARRAY[w.handler], moment - '30 seconds'::interval, live));
    poison := EXISTS (SELECT FROM pgdispatch.poison_jobs(handlers, live));
    PERFORM pgdispatch.purge_expired();
    DELETE FROM pgdispatch.node AS n
     WHERE n.role = me
       AND n.expires_at < moment - '1 hour'::interval;
END
$$;

COMMENT ON FUNCTION pgdispatch.poll_handlers(uuid, interval, text[], boolean) IS
'For a node that has nothing to do: tells whether any of its handlers has a job that is due and that no live node has claimed, and in how long to look again (NULL: there is no reason to). With rest, the session first tries to take the role''s handler lock, as in pgdispatch.poll_queue; notifications come through pgdispatch.node_channel(role). unknown: other handlers whose jobs have been waiting for half a minute. suspects: whether there is a job that is to be claimed by pgdispatch.claim_poison_job.';


CREATE OR REPLACE FUNCTION pgdispatch.stop_idling_node() RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_catalog.pg_advisory_unlock(pgdispatch.idle_node_lock(pg_catalog.quote_ident(CURRENT_USER)::regrole));
END
$$;

COMMENT ON FUNCTION pgdispatch.stop_idling_node() IS
'Ends the rest that pgdispatch.poll_handlers has begun, as pgdispatch.stop_idling does that of pgdispatch.poll_queue.';


CREATE OR REPLACE FUNCTION pgdispatch.notify_overflow(lease interval, handlers text[]) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    IF NOT pgdispatch.handlers_are_due(handlers, pg_catalog.clock_timestamp(), pgdispatch.live_nodes(lease)) THEN
        RETURN false;
    END IF;
    PERFORM pg_catalog.pg_notify(pgdispatch.node_channel(pg_catalog.quote_ident(CURRENT_USER)::regrole), '');
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.notify_overflow(interval, text[]) IS
'For a node that can run no more jobs of these handlers: has other nodes look, if there are any that no node has claimed, and tells whether there are.';


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

COMMENT ON FUNCTION pgdispatch.handlers_with_due_jobs(timestamptz) IS
'The handlers that have jobs that were due at the moment.';


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
    paused  constant text[]  := pgdispatch.paused_handlers();
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
'Whether any of the handlers has a job that was due at the moment, and that none of the live nodes has claimed.';


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
        CONTINUE WHEN handler_name = ANY (paused) OR '' = ANY (paused);
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
    IF next_due_at IS NULL THEN   -- Which greatest would not mind.
        RETURN NULL;
    END IF;
    RETURN greatest(next_due_at - clock_timestamp(), '0');
END
$$;

COMMENT ON FUNCTION pgdispatch.handlers_next_due_in(text[], timestamptz) IS
'In how long the first of the handlers'' jobs that were not yet due at the moment falls due; NULL if there is none.';
