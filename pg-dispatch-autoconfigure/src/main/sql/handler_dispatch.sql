-- What dispatches jobs of handlers, which are methods that nodes of the application know by name.
--
-- As with commands (see dispatch.sql), a plain job is one row, which dispatch_handler_plain writes, and dispatch_managed writes a
-- managed job. Nodes insert plain jobs themselves, into the columns role, handler, due_at, arguments and headers of
-- pgdispatch.handler_job, with valid_arguments and wake_nodes_if_idle as single expressions in the INSERT. Later versions of the
-- schema must keep these columns and functions.
--
-- A node that can run a plain job at once inserts it with its own claim (claimed_by and attempts): the job is born claimed. Nobody else
-- sees it before the commit, and nobody takes it over as long as the node's lease holds.

CREATE OR REPLACE FUNCTION pgdispatch.dispatch_handler(
    handler         text,
    arguments       json             DEFAULT '{}',
    delay           interval         DEFAULT '0',
    notify          boolean          DEFAULT true,
    headers         json             DEFAULT NULL,
    max_attempts    integer          DEFAULT NULL,
    back_off        interval         DEFAULT NULL,
    back_off_multiplier double precision DEFAULT NULL,
    max_back_off    interval         DEFAULT NULL,
    time_limit      interval         DEFAULT NULL,
    key             text             DEFAULT NULL,
    on_duplicate    text             DEFAULT NULL,
    keep_key        interval         DEFAULT NULL,
    ordering_key    text             DEFAULT NULL,
    on_failure      text             DEFAULT NULL,
    queue           text             DEFAULT NULL,
    fair_key        text             DEFAULT NULL,
    priority        integer          DEFAULT NULL,
    keep_result     interval         DEFAULT NULL,
    batch           bigint           DEFAULT NULL,
    continuation    text             DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    job_id bigint;
BEGIN
    IF pg_catalog.num_nonnulls(max_attempts, back_off, back_off_multiplier, max_back_off, time_limit, key, on_duplicate, keep_key, ordering_key,
                               on_failure, queue, fair_key, priority, keep_result, batch, continuation) OPERATOR(pg_catalog.=) 0 THEN
        RETURN pgdispatch.dispatch_handler_plain(handler, arguments, delay, notify, headers);
    END IF;

    PERFORM pgdispatch.check_handler(handler, arguments);
    job_id := pgdispatch.dispatch_managed(handler, NULL, arguments, delay, headers, max_attempts, back_off, back_off_multiplier,
                  max_back_off, time_limit, key, on_duplicate, keep_key, ordering_key, on_failure, queue, priority, NULL, keep_result, NULL,
                  NULL, fair_key, batch, continuation);
    IF notify THEN
        PERFORM pgdispatch.wake_nodes(pg_catalog.quote_ident(CURRENT_USER)::pg_catalog.regrole);
    END IF;
    RETURN job_id;
END
$$;

COMMENT ON FUNCTION pgdispatch.dispatch_handler(text, json, interval, boolean, json, integer, interval, double precision, interval, interval, text, text, interval, text, text, text, text, integer, interval, bigint, text) IS
'Has a node of the application call a handler after the current transaction has committed, and never if that
transaction or the current savepoint rolls back. Returns the id of the job.
handler: name of a method with @AfterCommitDispatch. If no connected node knows it, the job waits for a node that does.
arguments: a JSON object that maps the names of the method''s parameters to their values.
delay: time that must pass since the start of the transaction before the job runs, truncated to whole seconds.
notify: false wakes no idle node. It is for callers that wake nodes themselves after their commit.
headers: a JSON object of strings that the handler can read, and that is kept with its dead letter.
The options after headers mean the same as in pgdispatch.dispatch. The number of attempts, the back-off and the time
limit are the handler''s own if they are left out. With keep_result, what the method returns is kept for that time. The
call does not wait for other transactions, except for one that has just dispatched with the same key.
Errors: 22023 if the handler is NULL, blank, longer than 1000 bytes or has a control character, the arguments are
not a JSON object or an option is not valid; those of pgdispatch.snooze for the delay, the transaction and the role.
Example: SELECT pgdispatch.dispatch_handler(''signUpSideEffects.welcome'', json_build_object(''profileId'', 42), ''20 seconds'')';


CREATE OR REPLACE FUNCTION pgdispatch.dispatch_handler_plain(
    handler text, arguments json DEFAULT '{}', delay interval DEFAULT '0', notify boolean DEFAULT true, headers json DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    caller constant pg_catalog.regrole := pg_catalog.quote_ident(CURRENT_USER)::pg_catalog.regrole;
    job_id bigint;
BEGIN
    -- The checks are repeated one by one only to find out which of them refuses. A session checks once whether its role can log in.
    IF (pgdispatch.is_name(handler) AND pg_catalog.json_typeof(arguments) OPERATOR(pg_catalog.=) 'object' AND pgdispatch.is_duration(delay)
        AND CURRENT_USER OPERATOR(pg_catalog.=) pg_catalog.current_setting('pgdispatch.can_log_in', true)::pg_catalog.name
        AND pg_catalog.current_setting('transaction_read_only') OPERATOR(pg_catalog.=) 'off') IS NOT TRUE THEN
        PERFORM pgdispatch.check_handler_dispatch(handler, arguments, delay);
    END IF;

    INSERT INTO pgdispatch.handler_job (role, handler, due_at, arguments, headers)
    VALUES (caller, handler, pg_catalog.now() OPERATOR(pg_catalog.+) pg_catalog.date_trunc('second', delay), arguments, headers)
    RETURNING id INTO job_id;

    IF notify THEN
        PERFORM pgdispatch.wake_nodes(caller);
    END IF;

    RETURN job_id;
END
$$;

COMMENT ON FUNCTION pgdispatch.dispatch_handler_plain(text, json, interval, boolean, json) IS
'Part of pgdispatch.dispatch_handler. Writes the row of a plain job and wakes a node.';


CREATE OR REPLACE FUNCTION pgdispatch.check_handler_dispatch(handler text, arguments json, delay interval) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pgdispatch.check_handler(handler, arguments);
    PERFORM pgdispatch.check_delay(delay);
    PERFORM pgdispatch.check_caller();
END
$$;

COMMENT ON FUNCTION pgdispatch.check_handler_dispatch(text, json, interval) IS
'Part of what dispatches jobs of handlers. Fails if the handler cannot be called with these arguments and this delay,
or not by this role in this transaction.';


CREATE OR REPLACE FUNCTION pgdispatch.check_handler(handler text, arguments json) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF handler IS NULL OR handler !~ '[^[:space:]]' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = 'pgdispatch: the name of the handler is missing',
            HINT = 'Pass the name of an application''s method with @AfterCommitDispatch, such as ''signUpSideEffects.welcome''.';
    ELSIF pgdispatch.is_name(handler) IS NOT TRUE THEN
        RAISE invalid_parameter_value USING
            MESSAGE = 'pgdispatch: the name of the handler is longer than 1000 bytes or has a control character',
            HINT = 'Pass the name of an application''s method with @AfterCommitDispatch, such as ''signUpSideEffects.welcome''.';
    ELSIF arguments IS NULL OR json_typeof(arguments) <> 'object' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('pgdispatch: the arguments of %s are not a JSON object', handler),
            HINT = 'Pass an object that maps the names of the method''s parameters to values, such as json_build_object(''profileId'', 42).';
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.check_handler(text, json) IS
'Part of what dispatches jobs of handlers. Fails with SQLSTATE 22023 if the name of the handler is NULL, blank, too
long or has a control character, or the arguments are not a JSON object.';


CREATE OR REPLACE FUNCTION pgdispatch.check_arguments(handler text, arguments json) RETURNS json
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pgdispatch.check_handler_dispatch(handler, arguments, '0');
    RETURN arguments;
END
$$;

COMMENT ON FUNCTION pgdispatch.check_arguments(text, json) IS
'Part of pgdispatch.valid_arguments. Returns the arguments, or fails if the job cannot be dispatched.';


CREATE OR REPLACE FUNCTION pgdispatch.valid_arguments(handler text, arguments json) RETURNS json
LANGUAGE sql
AS $$
    SELECT CASE WHEN pgdispatch.is_name(handler) AND pg_catalog.json_typeof(arguments) OPERATOR(pg_catalog.=) 'object'
                     AND CURRENT_USER OPERATOR(pg_catalog.=) pg_catalog.current_setting('pgdispatch.can_log_in', true)::pg_catalog.name
                THEN arguments
                ELSE pgdispatch.check_arguments(handler, arguments)
            END
$$;

COMMENT ON FUNCTION pgdispatch.valid_arguments(text, json) IS
'For nodes, which call it while they insert into pgdispatch.handler_job. Returns the arguments. Fails like
pgdispatch.dispatch_handler if the handler cannot be called with them, or the current role cannot log in.';
