-- pg-dispatch 1.4.0: a plain dispatch costs little more than any other row.
--
-- What a transaction that dispatches once pays for is not the row, but what PL/pgSQL prepares anew in each transaction: every
-- expression, and every function in it. Hence the few expressions of dispatch_plain and dispatch_handler_plain, and the functions
-- that are called only by those who need them.


-- ---------------------------------------------------------------------------------------------------------------------
-- SQL jobs
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION pgdispatch.check_dispatch(command text, delay interval) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    caller constant regrole := pg_catalog.quote_ident(CURRENT_USER)::regrole;
BEGIN
    IF command IS NULL OR command !~ '[^[:space:]]' THEN
        PERFORM pgdispatch.refuse_command(command);
    ELSIF delay IS NULL OR delay < '0'::interval OR NOT pg_catalog.isfinite(delay) THEN
        PERFORM pgdispatch.refuse_delay(delay);
    ELSIF pg_catalog.current_setting('transaction_read_only')::boolean
          OR NOT (SELECT r.rolcanlogin FROM pg_catalog.pg_roles AS r WHERE r.oid = caller::oid) THEN
        PERFORM pgdispatch.refuse_transaction();
    END IF;
    -- To ask the catalogs is the dearest part, and once a session is enough.
    PERFORM pg_catalog.set_config('pgdispatch.can_log_in', CURRENT_USER, false);
END
$$;

COMMENT ON FUNCTION pgdispatch.check_dispatch(text, interval) IS
'Part of pgdispatch.dispatch: refuses what cannot be dispatched.';


CREATE FUNCTION pgdispatch.warn_if_cron_is_elsewhere(caller regrole) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_catalog.pg_advisory_unlock_shared(pgdispatch.application_lock(caller));
    IF pgdispatch.cron_is_elsewhere() THEN
        PERFORM pgdispatch.warn_of_no_driver('elsewhere');
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.warn_if_cron_is_elsewhere(regrole) IS
'Part of pgdispatch.dispatch, for whom has just found out, by getting a share of the application lock, that no application runs the role''s jobs: gives that back, and warns if an administrator can change it.';


CREATE OR REPLACE FUNCTION pgdispatch.dispatch_plain(
    command text, delay interval DEFAULT '0', notify boolean DEFAULT true, max_attempts smallint DEFAULT NULL, headers json DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    caller constant regrole := pg_catalog.quote_ident(CURRENT_USER)::regrole;
    job_id bigint;
BEGIN
    -- Looked at in detail only what is refused, and once a session whether the role may.
    IF (command ~ '[^[:space:]]' AND delay >= '0' AND pg_catalog.isfinite(delay)
        AND CURRENT_USER = pg_catalog.current_setting('pgdispatch.can_log_in', true)::name
        AND pg_catalog.current_setting('transaction_read_only') = 'off') IS NOT TRUE THEN
        PERFORM pgdispatch.check_dispatch(command, delay);
    END IF;

    INSERT INTO pgdispatch.job (role, due_at, command, max_attempts, headers)
    VALUES (caller, pg_catalog.now() + pg_catalog.date_trunc('second', delay), command, max_attempts, headers)
    RETURNING id INTO job_id;

    -- See wake, which is not called, as it would cost those, too, whom it need not wake.
    IF notify AND NOT pg_catalog.pg_try_advisory_xact_lock_shared(pgdispatch.driver_lock(caller)) THEN
        PERFORM pgdispatch.notify_driver(caller);
    END IF;
    IF pg_catalog.to_regnamespace('cron') IS NOT NULL THEN
        PERFORM pgdispatch.wake_cron(caller, delay < '1 second'::interval);
    ELSIF notify AND pg_catalog.pg_try_advisory_lock_shared(pgdispatch.application_lock(caller)) THEN
        PERFORM pgdispatch.warn_if_cron_is_elsewhere(caller);
    END IF;

    RETURN job_id;
END
$$;


-- As dispatch_plain, and for itself: the call, and what it asks for that fire has not, would cost a third more.
CREATE OR REPLACE FUNCTION pgdispatch.fire(command text) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    caller constant regrole := pg_catalog.quote_ident(CURRENT_USER)::regrole;
BEGIN
    IF (command ~ '[^[:space:]]' AND CURRENT_USER = pg_catalog.current_setting('pgdispatch.can_log_in', true)::name
        AND pg_catalog.current_setting('transaction_read_only') = 'off') IS NOT TRUE THEN
        PERFORM pgdispatch.check_dispatch(command, '0');
    END IF;

    INSERT INTO pgdispatch.job (role, command) VALUES (caller, command);

    IF NOT pg_catalog.pg_try_advisory_xact_lock_shared(pgdispatch.driver_lock(caller)) THEN
        PERFORM pgdispatch.notify_driver(caller);
    END IF;
    IF pg_catalog.to_regnamespace('cron') IS NOT NULL THEN
        PERFORM pgdispatch.wake_cron(caller, true);
    ELSIF pg_catalog.pg_try_advisory_lock_shared(pgdispatch.application_lock(caller)) THEN
        PERFORM pgdispatch.warn_if_cron_is_elsewhere(caller);
    END IF;
END
$$;


CREATE FUNCTION pgdispatch.notify_driver(caller regrole) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    -- A transaction that has notified cannot be prepared: hence the setting, for those who mean to.
    IF pg_catalog.current_setting('pgdispatch.notify', true) IS DISTINCT FROM 'off' THEN
        PERFORM pg_catalog.pg_notify(pgdispatch.channel(caller), '');
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.notify_driver(regrole) IS
'Part of pgdispatch.wake, for whom has found out, by not getting a share of the driver lock, that a driver rests.';


CREATE OR REPLACE FUNCTION pgdispatch.wake(caller regrole, due boolean) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    -- NOTIFY takes a lock that all committing sessions of the cluster contend for, so it is sent only where a driver rests: that
    -- is when one holds this lock exclusively. Until our commit our own share of it keeps any from going to rest unaware of us.
    IF NOT pg_catalog.pg_try_advisory_xact_lock_shared(pgdispatch.driver_lock(caller)) THEN
        PERFORM pgdispatch.notify_driver(caller);
    END IF;
    PERFORM pgdispatch.wake_cron(caller, due);
END
$$;


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
    ELSIF NOT pg_catalog.pg_try_advisory_xact_lock_shared(pgdispatch.reliance_lock(caller)) THEN
        PERFORM pgdispatch.summon(due, false);
    ELSIF pg_catalog.pg_try_advisory_lock_shared(pgdispatch.lookout_lock(caller)) THEN
        PERFORM pg_catalog.pg_advisory_unlock_shared(pgdispatch.lookout_lock(caller));
        IF coalesce(pg_catalog.current_setting('pgdispatch.covered', true) NOT IN
                    (caller::oid || ' due', caller::oid || CASE WHEN due THEN ' due' ELSE ' snoozed' END), true) THEN
            PERFORM pgdispatch.summon(due, true);
        END IF;
    END IF;
END
$$;


-- ---------------------------------------------------------------------------------------------------------------------
-- Calls of handlers
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION pgdispatch.check_handler_dispatch(handler text, arguments json, delay interval) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    caller constant regrole := pg_catalog.quote_ident(CURRENT_USER)::regrole;
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
    ELSIF pg_catalog.current_setting('transaction_read_only')::boolean THEN
        PERFORM pgdispatch.refuse_transaction();
    ELSIF NOT (SELECT r.rolcanlogin FROM pg_catalog.pg_roles AS r WHERE r.oid = caller::oid) THEN
        RAISE invalid_authorization_specification USING
            MESSAGE = pg_catalog.format('pgdispatch: role %s cannot log in, so that no node could run its jobs', caller),
            DETAIL = 'A job is run by a node that logged in as the role that dispatched it.',
            HINT = pg_catalog.format('Dispatch from a SECURITY DEFINER function of the application''s role, or ALTER ROLE %s LOGIN.', caller);
    END IF;
    PERFORM pg_catalog.set_config('pgdispatch.can_log_in', CURRENT_USER, false);
END
$$;

COMMENT ON FUNCTION pgdispatch.check_handler_dispatch(text, json, interval) IS
'Part of pgdispatch.dispatch_handler: refuses what cannot be dispatched.';


CREATE FUNCTION pgdispatch.dispatch_handler_plain(
    handler text, arguments json DEFAULT '{}', delay interval DEFAULT '0', notify boolean DEFAULT true, headers json DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    caller constant regrole := pg_catalog.quote_ident(CURRENT_USER)::regrole;
    job_id bigint;
BEGIN
    -- Looked at in detail only what is refused, and once a session whether the role may.
    IF (handler ~ '[^[:space:]]' AND pg_catalog.json_typeof(arguments) = 'object' AND delay >= '0' AND pg_catalog.isfinite(delay)
        AND CURRENT_USER = pg_catalog.current_setting('pgdispatch.can_log_in', true)::name
        AND pg_catalog.current_setting('transaction_read_only') = 'off') IS NOT TRUE THEN
        PERFORM pgdispatch.check_handler_dispatch(handler, arguments, delay);
    END IF;

    INSERT INTO pgdispatch.handler_job (role, handler, due_at, arguments, headers)
    VALUES (caller, handler, pg_catalog.now() + pg_catalog.date_trunc('second', delay), arguments, headers)
    RETURNING id INTO job_id;

    IF notify THEN
        PERFORM pgdispatch.wake_nodes(caller);
    END IF;

    RETURN job_id;
END
$$;

COMMENT ON FUNCTION pgdispatch.dispatch_handler_plain(text, json, interval, boolean, json) IS
'Part of pgdispatch.dispatch_handler: writes the row of a job of which nothing more is asked.';


CREATE OR REPLACE FUNCTION pgdispatch.dispatch_handler(
    handler         text,
    arguments       json             DEFAULT '{}',
    delay           interval         DEFAULT '0',
    notify          boolean          DEFAULT true,
    headers         json             DEFAULT NULL,
    max_attempts    integer          DEFAULT NULL,
    back_off        interval         DEFAULT NULL,
    back_off_factor double precision DEFAULT NULL,
    back_off_limit  interval         DEFAULT NULL,
    time_limit      interval         DEFAULT NULL,
    key             text             DEFAULT NULL,
    on_duplicate    text             DEFAULT NULL,
    keep_key        interval         DEFAULT NULL,
    ordering_key    text             DEFAULT NULL,
    on_failure      text             DEFAULT NULL,
    queue           text             DEFAULT NULL,
    priority        integer          DEFAULT NULL,
    keep_result     interval         DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql
AS $$
BEGIN
    IF pg_catalog.num_nonnulls(max_attempts, back_off, back_off_factor, back_off_limit, time_limit, key, on_duplicate, keep_key, ordering_key,
                               on_failure, queue, priority, keep_result) = 0 THEN
        RETURN pgdispatch.dispatch_handler_plain(handler, arguments, delay, notify, headers);
    END IF;

    PERFORM pgdispatch.check_handler_dispatch(handler, arguments, delay);
    DECLARE
        asked  pgdispatch.managed_job;
        job_id bigint;
    BEGIN
        asked.handler := handler;
        asked.max_attempts := max_attempts;
        asked.back_off := back_off;
        asked.back_off_factor := back_off_factor;
        asked.back_off_limit := back_off_limit;
        asked.time_limit := time_limit;
        asked.key := key;
        asked.keep_key := keep_key;
        asked.ordering_key := ordering_key;
        asked.on_failure := on_failure;
        asked.queue := queue;
        asked.priority := priority;
        asked.keep_result := keep_result;
        job_id := pgdispatch.dispatch_managed(asked, on_duplicate, delay, NULL, arguments, headers);
        IF notify THEN
            PERFORM pgdispatch.wake_nodes(pg_catalog.quote_ident(CURRENT_USER)::regrole);
        END IF;
        RETURN job_id;
    END;
END
$$;


-- ---------------------------------------------------------------------------------------------------------------------
-- Version and privileges
-- ---------------------------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION pgdispatch.version() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT '1.4.0'::text $$;


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
