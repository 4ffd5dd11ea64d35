CREATE OR REPLACE FUNCTION pgdispatch.wake_drivers(caller regrole, due boolean) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    -- NOTIFY takes a lock that all committing sessions of the cluster contend for, so it is sent only where a driver rests: that
    -- is when one holds this lock exclusively. Until our commit our own share of it keeps any from going to rest unaware of us.
    IF NOT pg_catalog.pg_try_advisory_xact_lock_shared(pgdispatch.idle_driver_lock(caller)) THEN
        PERFORM pgdispatch.notify_drivers(caller);
    END IF;
    PERFORM pgdispatch.wake_cron(caller, due);
END
$$;

COMMENT ON FUNCTION pgdispatch.wake_drivers(regrole, boolean) IS
'Part of pgdispatch.dispatch: has a worker of the current role look at the queue after the commit of this transaction.';


CREATE OR REPLACE FUNCTION pgdispatch.notify_drivers(caller regrole) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    -- A transaction that has notified cannot be prepared: hence the setting, for those who mean to.
    IF pg_catalog.current_setting('pgdispatch.notify', true) IS DISTINCT FROM 'off' THEN
        PERFORM pg_catalog.pg_notify(pgdispatch.driver_channel(caller), '');
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.notify_drivers(regrole) IS
'Part of pgdispatch.wake_drivers, for whom has found out, by not getting a share of the driver lock, that a driver rests.';


CREATE OR REPLACE FUNCTION pgdispatch.wake_idle_drivers(due boolean, notify boolean) RETURNS regrole
LANGUAGE plpgsql
AS $$
DECLARE
    caller constant regrole := pg_catalog.quote_ident(CURRENT_USER)::regrole;
BEGIN
    IF notify THEN
        PERFORM pgdispatch.wake_drivers(caller, due);
    ELSE
        PERFORM pgdispatch.wake_cron(caller, due);
    END IF;
    RETURN caller;
END
$$;

COMMENT ON FUNCTION pgdispatch.wake_idle_drivers(boolean, boolean) IS
'Part of pgdispatch.wake_drivers_if_idle: returns the current role, of which a driver may rest.';


CREATE OR REPLACE FUNCTION pgdispatch.wake_drivers_if_idle(due boolean, notify boolean) RETURNS regrole
LANGUAGE sql
AS $$
    -- See pgdispatch.wake_drivers. Whether an application holds its lock is only asked for: who gets a share of it gives that back.
    SELECT CASE WHEN pg_catalog.to_regnamespace('cron') IS NULL
                     AND (NOT notify
                          OR pg_catalog.pg_try_advisory_xact_lock_shared(pgdispatch.idle_driver_lock(pg_catalog.quote_ident(CURRENT_USER)::regrole))
                             AND NOT (pg_catalog.pg_try_advisory_lock_shared(pgdispatch.application_lock(pg_catalog.quote_ident(CURRENT_USER)::regrole))
                                      AND pg_catalog.pg_advisory_unlock_shared(pgdispatch.application_lock(pg_catalog.quote_ident(CURRENT_USER)::regrole))))
                THEN pg_catalog.quote_ident(CURRENT_USER)::regrole
                ELSE pgdispatch.wake_idle_drivers(due, notify)
            END
$$;

COMMENT ON FUNCTION pgdispatch.wake_drivers_if_idle(boolean, boolean) IS
'For nodes, which insert into pgdispatch.job: returns the current role, and wakes who is to run its jobs after the commit: pg_cron, and if notify is true, drivers that rest.';


CREATE OR REPLACE FUNCTION pgdispatch.wake_cron(caller regrole, due boolean) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    -- The schema is there where pg_cron is, or has to be looked for. What the transaction has found out once stays true for all
    -- of it, by its share of the reliance lock.
    IF pg_catalog.to_regnamespace('cron') IS NULL THEN
        IF pg_catalog.pg_try_advisory_lock_shared(pgdispatch.application_lock(caller)) THEN
            PERFORM pgdispatch.warn_if_cron_is_elsewhere(caller);
        END IF;
    ELSIF NOT pg_catalog.pg_try_advisory_xact_lock_shared(pgdispatch.cron_reliance_lock(caller)) THEN
        PERFORM pgdispatch.cron_schedule_worker(due, false);
    ELSIF pg_catalog.pg_try_advisory_lock_shared(pgdispatch.cron_lookout_lock(caller)) THEN
        PERFORM pg_catalog.pg_advisory_unlock_shared(pgdispatch.cron_lookout_lock(caller));
        IF coalesce(pg_catalog.current_setting('pgdispatch.covered', true) NOT IN
                    (caller::oid || ' due', caller::oid || CASE WHEN due THEN ' due' ELSE ' snoozed' END), true) THEN
            PERFORM pgdispatch.cron_schedule_worker(due, true);
        END IF;
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.wake_cron(regrole, boolean) IS
'Part of pgdispatch.wake_drivers: where pg_cron is there, sees to it that one of its workers looks.';


CREATE OR REPLACE FUNCTION pgdispatch.warn_if_cron_is_elsewhere(caller regrole) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_catalog.pg_advisory_unlock_shared(pgdispatch.application_lock(caller));
    IF pgdispatch.cron_is_elsewhere() THEN
        PERFORM pgdispatch.warn_no_driver('elsewhere');
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.warn_if_cron_is_elsewhere(regrole) IS
'Part of pgdispatch.dispatch, for whom has just found out, by getting a share of the application lock, that no application runs the role''s jobs: gives that back, and warns if an administrator can change it.';


CREATE OR REPLACE FUNCTION pgdispatch.warn_no_driver(problem text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    IF problem NOT IN ('elsewhere', 'old', 'privilege')
       OR pgdispatch.has_application(caller)
       OR current_setting('pgdispatch.warned', true) = pg_current_xact_id()::text
       OR EXISTS (SELECT
                    FROM pgdispatch.cron_worker AS w
                   WHERE w.role = caller
                     AND w.purpose = 'permanent'
                     AND w.scheduled_at > clock_timestamp() - '10 minutes'::interval) THEN
        RETURN;
    END IF;
    PERFORM set_config('pgdispatch.warned', pg_current_xact_id()::text, true);   -- Once a transaction is enough.
    RAISE WARNING USING
        MESSAGE = format('pgdispatch: no application is connected that would run the jobs of role %s, and pg_cron cannot', caller),
        DETAIL = CASE problem
            WHEN 'privilege' THEN format('Role %s has no USAGE on schema cron. The job waits.', caller)
            WHEN 'old' THEN 'The extension pg_cron is older than 1.5. The job waits.'
            ELSE format('pg_cron is in another database than %s. The job waits.', current_database())
        END,
        HINT = CASE problem
            WHEN 'privilege' THEN format('As an administrator: GRANT USAGE ON SCHEMA cron TO %s;', caller)
            WHEN 'old' THEN 'As an administrator: ALTER EXTENSION pg_cron UPDATE;'
            ELSE format('As an administrator, in the database of pg_cron: SELECT cron.schedule_in_database(%L, ''5 seconds'', ''CALL pgdispatch.cron_work()'', %L, %L);',
                        'pgdispatch ' || current_database() || ' ' || CURRENT_USER, current_database(), CURRENT_USER)
        END;
END
$$;

COMMENT ON FUNCTION pgdispatch.warn_no_driver(text) IS
'Part of pgdispatch.dispatch: warns, once a transaction, if nobody is there who would run the current role''s jobs and an administrator can change that.';


CREATE OR REPLACE FUNCTION pgdispatch.wake_nodes(caller regrole) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    IF NOT pg_catalog.pg_try_advisory_xact_lock_shared(pgdispatch.idle_node_lock(caller))
       AND pg_catalog.current_setting('pgdispatch.notify', true) IS DISTINCT FROM 'off' THEN
        PERFORM pg_catalog.pg_notify(pgdispatch.node_channel(caller), '');
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.wake_nodes(regrole) IS
'Part of pgdispatch.dispatch_handler: has a resting node of the current role look for jobs of handlers after the commit of this transaction.';


CREATE OR REPLACE FUNCTION pgdispatch.wake_idle_nodes() RETURNS regrole
LANGUAGE plpgsql
AS $$
DECLARE
    caller constant regrole := pg_catalog.quote_ident(CURRENT_USER)::regrole;
BEGIN
    PERFORM pgdispatch.wake_nodes(caller);
    RETURN caller;
END
$$;

COMMENT ON FUNCTION pgdispatch.wake_idle_nodes() IS
'Part of pgdispatch.wake_nodes_if_idle: returns the current role, of which a node may rest.';


CREATE OR REPLACE FUNCTION pgdispatch.wake_nodes_if_idle(notify boolean) RETURNS regrole
LANGUAGE sql
AS $$
    SELECT CASE WHEN notify
                     AND NOT pg_catalog.pg_try_advisory_xact_lock_shared(pgdispatch.idle_node_lock(pg_catalog.quote_ident(CURRENT_USER)::regrole))
                THEN pgdispatch.wake_idle_nodes()
                ELSE pg_catalog.quote_ident(CURRENT_USER)::regrole
            END
$$;

COMMENT ON FUNCTION pgdispatch.wake_nodes_if_idle(boolean) IS
'For nodes, which insert into pgdispatch.handler_job: returns the current role, and if notify is true, has its nodes that rest look for jobs after the commit.';
