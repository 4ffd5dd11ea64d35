CREATE OR REPLACE FUNCTION pgdispatch.dispatch_handler(
    handler         text,
    arguments       json             DEFAULT '{}',
    delay           interval         DEFAULT '0',
    notify          boolean          DEFAULT true,
    headers         json             DEFAULT NULL,
    max_attempts    integer          DEFAULT NULL,
    back_off        interval         DEFAULT NULL,
    back_off_multiplier double precision DEFAULT NULL,
    max_back_off  interval         DEFAULT NULL,
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
    IF pg_catalog.num_nonnulls(max_attempts, back_off, back_off_multiplier, max_back_off, time_limit, key, on_duplicate, keep_key, ordering_key,
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
        asked.back_off_multiplier := back_off_multiplier;
        asked.max_back_off := max_back_off;
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

COMMENT ON FUNCTION pgdispatch.dispatch_handler(text, json, interval, boolean, json, integer, interval, double precision, interval, interval, text, text, interval, text, text, text, integer, interval) IS
'Has a node of the application call a handler after the current transaction has committed, and never if it rolls back; not before the delay, truncated to whole seconds, has passed since the start of the transaction. Returns the id of the job. A handler that no node knows is no error: the job waits for a node that does. With notify => false no resting node is woken: for callers that see to that themselves after their commit. Does not wait for other transactions, the key aside. What is named after the headers is as in pgdispatch.dispatch; max_attempts and the back-off are the handler''s own if left out, and of a job with keep_result, what the method returns is kept. Example: SELECT pgdispatch.dispatch_handler(''signUpSideEffects.welcome'', json_build_object(''profileId'', 42), ''20 seconds'')';


CREATE OR REPLACE FUNCTION pgdispatch.dispatch_handler_plain(
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


CREATE OR REPLACE FUNCTION pgdispatch.check_handler_dispatch(handler text, arguments json, delay interval) RETURNS void
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


CREATE OR REPLACE FUNCTION pgdispatch.check_arguments(handler text, arguments json) RETURNS json
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pgdispatch.check_handler_dispatch(handler, arguments, '0');
    RETURN arguments;
END
$$;

COMMENT ON FUNCTION pgdispatch.check_arguments(text, json) IS
'Part of pgdispatch.valid_command: returns the arguments, or refuses what cannot be dispatched.';


CREATE OR REPLACE FUNCTION pgdispatch.valid_arguments(handler text, arguments json) RETURNS json
LANGUAGE sql
AS $$
    SELECT CASE WHEN handler ~ '[^[:space:]]' AND pg_catalog.json_typeof(arguments) = 'object'
                     AND CURRENT_USER = pg_catalog.current_setting('pgdispatch.can_log_in', true)::name
                THEN arguments
                ELSE pgdispatch.check_arguments(handler, arguments)
            END
$$;

COMMENT ON FUNCTION pgdispatch.valid_arguments(text, json) IS
'For nodes, which insert into pgdispatch.handler_job: returns the arguments; fails as pgdispatch.dispatch_handler does if the handler cannot be called with them, or the role cannot log in.';
