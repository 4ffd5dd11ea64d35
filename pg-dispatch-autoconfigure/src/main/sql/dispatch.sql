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

    IF NOT pg_catalog.pg_try_advisory_xact_lock_shared(pgdispatch.idle_driver_lock(caller)) THEN
        PERFORM pgdispatch.notify_drivers(caller);
    END IF;
    IF pg_catalog.to_regnamespace('cron') IS NOT NULL THEN
        PERFORM pgdispatch.wake_cron(caller, true);
    ELSIF pg_catalog.pg_try_advisory_lock_shared(pgdispatch.application_lock(caller)) THEN
        PERFORM pgdispatch.warn_if_cron_is_elsewhere(caller);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.fire(text) IS
'Runs the command after the current transaction has committed, and never if it rolls back. The command holds one or more SQL statements; it runs once, READ COMMITTED, with the rights and the default settings of the current role, apart from the caller''s transaction and session. (Triggers and constraints that are deferred to its end find the default settings, too, whatever it has set.) If it fails, its effects are undone and its error is kept in pgdispatch.dead_letter. Does not wait for other transactions. Example: SELECT pgdispatch.fire(format(''SELECT refresh_statistics(%L)'', 42))';


CREATE OR REPLACE FUNCTION pgdispatch.snooze(command text, delay interval) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pgdispatch.dispatch_plain(command, delay);
END
$$;

COMMENT ON FUNCTION pgdispatch.snooze(text, interval) IS
'Runs the command like pgdispatch.fire, but not before the delay has passed since the start of the current transaction. The delay is truncated to whole seconds. Example: SELECT pgdispatch.snooze(''SELECT send_reminder(42)'', ''20 seconds'')';


CREATE OR REPLACE FUNCTION pgdispatch.dispatch(
    command         text,
    delay           interval         DEFAULT '0',
    notify          boolean          DEFAULT true,
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
    result          text             DEFAULT NULL,
    keep_result     interval         DEFAULT NULL,
    headers         json             DEFAULT NULL,
    transactional   boolean          DEFAULT true)
RETURNS bigint
LANGUAGE plpgsql
AS $$
BEGIN
    IF transactional AND pg_catalog.num_nonnulls(back_off, back_off_multiplier, max_back_off, time_limit, key, on_duplicate, keep_key, ordering_key, on_failure,
                               queue, priority, result, keep_result) = 0
       AND coalesce(max_attempts BETWEEN 1 AND 32767, true) THEN
        RETURN pgdispatch.dispatch_plain(command, delay, notify, nullif(max_attempts, 1)::smallint, headers);
    END IF;

    IF command IS NULL OR command !~ '[^[:space:]]' THEN
        PERFORM pgdispatch.refuse_command(command);
    END IF;
    DECLARE
        asked  pgdispatch.managed_job;
        caller constant regrole := pg_catalog.quote_ident(CURRENT_USER)::regrole;
        job_id bigint;
    BEGIN
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
        asked.result := result;
        asked.keep_result := keep_result;
        asked.transactional := nullif(transactional, true);
        job_id := pgdispatch.dispatch_managed(asked, on_duplicate, delay, command, NULL, headers);
        IF notify THEN
            PERFORM pgdispatch.wake_drivers(caller, delay < '1 second'::interval);
        ELSE
            PERFORM pgdispatch.wake_cron(caller, delay < '1 second'::interval);
        END IF;
        RETURN job_id;
    END;
END
$$;

COMMENT ON FUNCTION pgdispatch.dispatch(text, interval, boolean, integer, interval, double precision, interval, interval, text, text, interval, text, text, text, integer, text, interval, json, boolean) IS
'Dispatches a command like pgdispatch.snooze, and returns the id of its job, for pgdispatch.find, cancel and result. With notify => false no resting driver is woken: for callers that see to that themselves after their commit. Everything else is to be named, and what is left out is not asked for:
max_attempts: how often the command is run at the most until it succeeds; once otherwise. In between it waits for back_off (a second), back_off_multiplier times as long each time (2), up to max_back_off (ten minutes), a quarter more or less at random. Errors of the SQLSTATE classes 42, 0A and 3F, which would come again, end it at once; serialization failures and deadlocks do not count.
time_limit: after how long an attempt is cancelled, which then has failed with SQLSTATE PD001. Looked after four times a second.
key: if a job with this idempotency key waits, nothing is dispatched, and the answer is that one''s id (NULL if this transaction, REPEATABLE READ or SERIALIZABLE, cannot see it): it will not be begun before this transaction has ended. This may wait for a transaction that has just dispatched with the same key. on_duplicate => ''replace'': the waiting job gets this command and delay instead. keep_key: nothing is dispatched with the key while the job runs either, and for so long after it is done.
ordering_key: the jobs of one ordering key run one after the other: a job that was committed before the transaction of another dispatched that one runs first; those of transactions that overlap in the order of their dispatches, as far as they are committed. A job that is snoozed takes its place when it falls due. on_failure: what becomes of those behind one that fails: ''hold'' (as when it is left out), they wait until it has succeeded, or was deleted from the dead letters; ''pass'', they do not.
queue: obeys the limits of a queue that pgdispatch.set_queue has made.
priority: of jobs that are due, its place is so many seconds before the one that it would have.
result: ''rows'', the rows of the command are kept for pgdispatch.result if it is a single statement that returns any; ''count'', only how many. keep_result: for how long; an hour otherwise.
headers: texts by name that are kept with the job, and with its dead letter.
transactional => false: for a single statement that refuses to run in a transaction, as VACUUM does, CREATE INDEX CONCURRENTLY, or CALL of a procedure that commits: it runs outside of one, at least once. Under pg_cron it is begun within a minute.
Example: SELECT pgdispatch.dispatch(''SELECT rebuild_index()'', max_attempts => 5, key => ''rebuild'', time_limit => ''10 minutes'')';


CREATE OR REPLACE FUNCTION pgdispatch.fire_all(
    commands     text[],
    delay        interval DEFAULT '0',
    notify       boolean  DEFAULT true,
    max_attempts integer  DEFAULT NULL,
    headers      json     DEFAULT NULL)
RETURNS bigint[]
LANGUAGE plpgsql
AS $$
DECLARE
    caller constant regrole := pg_catalog.quote_ident(CURRENT_USER)::regrole;
    first_id bigint;
    ids      bigint[];
BEGIN
    IF coalesce(pg_catalog.cardinality(commands), 0) = 0 THEN
        RETURN '{}';
    END IF;
    -- The first one is dispatched as such, with all that there is to refuse and to wake.
    first_id := pgdispatch.dispatch(commands[pg_catalog.array_lower(commands, 1)], delay, notify, max_attempts, headers => headers);
    IF EXISTS (SELECT FROM pg_catalog.unnest(commands) AS c (command) WHERE coalesce(c.command !~ '[^[:space:]]', true)) THEN
        PERFORM pgdispatch.refuse_command((SELECT c.command
                                             FROM pg_catalog.unnest(commands) AS c (command)
                                            WHERE coalesce(c.command !~ '[^[:space:]]', true)
                                            LIMIT 1));
    END IF;
    WITH dispatched AS (
        INSERT INTO pgdispatch.job (role, due_at, command, max_attempts, headers)
        SELECT caller, pg_catalog.now() + pg_catalog.date_trunc('second', delay), c.command, nullif(fire_all.max_attempts, 1), fire_all.headers
          FROM pg_catalog.unnest(commands) WITH ORDINALITY AS c (command, number)
         WHERE c.number > 1
         ORDER BY c.number
        RETURNING id)
    SELECT pg_catalog.array_agg(d.id ORDER BY d.id) INTO ids FROM dispatched AS d;
    RETURN first_id || ids;
END
$$;

COMMENT ON FUNCTION pgdispatch.fire_all(text[], interval, boolean, integer, json) IS
'Dispatches many commands like pgdispatch.dispatch, each as a job of its own, and returns their ids in the same order. Example: SELECT pgdispatch.fire_all(array_agg(format(''SELECT refresh_statistics(%L)'', id))) FROM profile';


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
    IF notify AND NOT pg_catalog.pg_try_advisory_xact_lock_shared(pgdispatch.idle_driver_lock(caller)) THEN
        PERFORM pgdispatch.notify_drivers(caller);
    END IF;
    IF pg_catalog.to_regnamespace('cron') IS NOT NULL THEN
        PERFORM pgdispatch.wake_cron(caller, delay < '1 second'::interval);
    ELSIF notify AND pg_catalog.pg_try_advisory_lock_shared(pgdispatch.application_lock(caller)) THEN
        PERFORM pgdispatch.warn_if_cron_is_elsewhere(caller);
    END IF;

    RETURN job_id;
END
$$;

COMMENT ON FUNCTION pgdispatch.dispatch_plain(text, interval, boolean, smallint, json) IS
'Part of pgdispatch.dispatch: writes the row of a job of which nothing more is asked.';


CREATE OR REPLACE FUNCTION pgdispatch.dispatch_managed(
    asked pgdispatch.managed_job, on_duplicate text, delay interval, new_command text, new_arguments json, new_headers json)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
    job_id bigint;
    taken  record;
BEGIN
    IF delay IS NULL OR delay < '0'::interval OR NOT isfinite(delay) THEN
        PERFORM pgdispatch.refuse_delay(delay);
    ELSIF current_setting('transaction_read_only')::boolean
          OR NOT (SELECT r.rolcanlogin FROM pg_roles AS r WHERE r.oid = caller::oid) THEN
        PERFORM pgdispatch.refuse_transaction();
    END IF;
    asked.role := caller;
    asked.due_at := now() + date_trunc('second', delay);
    asked.rank := asked.due_at - coalesce(asked.priority, 0) * '1 second'::interval;
    -- What is snoozed gets its place by priority when it falls due.
    asked.place := CASE WHEN delay < '1 second'::interval THEN asked.rank ELSE asked.due_at END;
    asked.attempts := 0;
    asked.crashes := 0;
    asked.has_key := false;
    asked.in_order := false;
    asked.in_queue := false;
    asked.failed := false;
    IF asked.keep_result IS NOT NULL AND asked.result IS NULL THEN
        asked.result := CASE WHEN asked.handler IS NULL THEN 'rows' ELSE 'value' END;
    END IF;
    IF asked.result IS NOT NULL THEN
        asked.keep_result := coalesce(asked.keep_result, '1 hour');
    END IF;
    PERFORM pgdispatch.check_options(asked, on_duplicate);

    IF asked.key IS NOT NULL THEN
        SELECT t.* INTO taken FROM pgdispatch.take_key(caller, asked.key) AS t;
        job_id := taken.new_id;
        IF job_id IS NOT NULL THEN
            asked.has_key := true;
        ELSIF on_duplicate = 'replace' THEN
            IF (taken.holder).id IS NOT NULL
               AND pgdispatch.replace_waiting_job(asked, (taken.holder).id, new_command, new_arguments, new_headers, asked.place) THEN
                RETURN (taken.holder).id;
            END IF;
            -- One more job, then, for what is new must not be lost.
        ELSE
            RETURN (taken.holder).id;
        END IF;
    END IF;

    IF asked.handler IS NULL THEN
        INSERT INTO pgdispatch.job (role, due_at, id, command, headers, managed) OVERRIDING SYSTEM VALUE
        VALUES (caller, asked.place, coalesce(job_id, nextval('pgdispatch.job_id_seq')), new_command, new_headers, true)
        RETURNING id INTO asked.id;
    ELSE
        INSERT INTO pgdispatch.handler_job (role, handler, due_at, id, arguments, headers, managed, time_limit, wants_result)
        VALUES (caller, asked.handler, asked.place, coalesce(job_id, nextval('pgdispatch.job_id_seq')), new_arguments, new_headers, true,
                asked.time_limit, CASE WHEN asked.result IS NOT NULL THEN true END)
        RETURNING id INTO asked.id;
    END IF;
    INSERT INTO pgdispatch.managed_job SELECT asked.*;
    RETURN asked.id;
END
$$;

COMMENT ON FUNCTION pgdispatch.dispatch_managed(pgdispatch.managed_job, text, interval, text, json, json) IS
'Part of pgdispatch.dispatch and pgdispatch.dispatch_handler: writes a managed job.';


CREATE OR REPLACE FUNCTION pgdispatch.check_dispatch(command text, delay interval) RETURNS void
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


CREATE OR REPLACE FUNCTION pgdispatch.refuse_command(command text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    IF command IS NULL THEN
        RAISE null_value_not_allowed USING
            MESSAGE = 'pgdispatch: the command is NULL',
            HINT = 'Pass the SQL that is to run after the commit. A concatenation is NULL when one of its parts is: format(''… %L'', value) is not.';
    END IF;
    RAISE invalid_parameter_value USING
        MESSAGE = 'pgdispatch: the command is blank',
        HINT = 'Pass the SQL that is to run after the commit.';
END
$$;

COMMENT ON FUNCTION pgdispatch.refuse_command(text) IS
'Part of pgdispatch.dispatch: says what is wrong with a command.';


CREATE OR REPLACE FUNCTION pgdispatch.refuse_delay(delay interval) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    IF delay IS NULL THEN
        RAISE null_value_not_allowed USING
            MESSAGE = 'pgdispatch: the delay is NULL',
            HINT = 'Pass an interval such as ''20 seconds'', or call pgdispatch.fire(command) for no delay.';
    END IF;
    RAISE invalid_parameter_value USING
        MESSAGE = pg_catalog.format('pgdispatch: the delay is %s', delay),
        HINT = 'A delay is zero or more, and finite.';
END
$$;

COMMENT ON FUNCTION pgdispatch.refuse_delay(interval) IS
'Part of pgdispatch.dispatch: says what is wrong with a delay.';


CREATE OR REPLACE FUNCTION pgdispatch.refuse_transaction() RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    caller constant regrole := pg_catalog.quote_ident(CURRENT_USER)::regrole;
BEGIN
    IF pg_catalog.current_setting('transaction_read_only')::boolean THEN
        RAISE read_only_sql_transaction USING
            MESSAGE = 'pgdispatch: a job cannot be dispatched in a read-only transaction',
            DETAIL = CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'This server is a standby.' ELSE 'A dispatch writes a row.' END,
            HINT = CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'Connect to the primary.' ELSE 'Dispatch in a read-write transaction.' END;
    END IF;
    -- Found out here and not by a worker that never comes: no session can log in as such a role, and none may act for it.
    RAISE invalid_authorization_specification USING
        MESSAGE = pg_catalog.format('pgdispatch: role %s cannot log in, so that nothing could run its jobs', caller),
        DETAIL = 'A job runs in a session that logged in as the role that dispatched it.',
        HINT = pg_catalog.format('Dispatch from a SECURITY DEFINER function of a role that can log in, or ALTER ROLE %s LOGIN.', caller);
END
$$;

COMMENT ON FUNCTION pgdispatch.refuse_transaction() IS
'Part of pgdispatch.dispatch: says why the current transaction cannot dispatch.';


CREATE OR REPLACE FUNCTION pgdispatch.check_options(asked pgdispatch.managed_job, on_duplicate text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    problem text;
    remedy  text;
BEGIN
    SELECT p.problem, p.remedy
      INTO problem, remedy
      FROM (VALUES
        (asked.max_attempts < 1 OR asked.max_attempts > 32767, format('max_attempts is %s', asked.max_attempts), 'Pass 1 for no retry, and 32767 at the most.'),
        (asked.back_off < '0'::interval, format('the back-off is %s', asked.back_off), 'Pass how long to wait after the first failure, such as ''1 second''.'),
        (asked.back_off_multiplier < 1, format('the factor of the back-off is %s', asked.back_off_multiplier), 'Pass 1 for always the same back-off, or more.'),
        (asked.max_back_off < coalesce(asked.back_off, '1 second'), format('the limit of the back-off is %s', asked.max_back_off), 'Pass an interval that is not shorter than the back-off itself.'),
        (asked.time_limit <= '0'::interval OR NOT isfinite(asked.time_limit), format('the time limit is %s', asked.time_limit), 'Pass an interval such as ''30 seconds'', or leave it out for no limit.'),
        (asked.key !~ '[^[:space:]]' OR length(asked.key) > 1000, 'the key is blank or too long', 'Pass up to 1000 characters, such as ''invoice 42''.'),
        (on_duplicate NOT IN ('keep', 'replace'), format('on_duplicate is %s', on_duplicate), 'Pass ''keep'' or ''replace''.'),
        (on_duplicate IS NOT NULL AND asked.key IS NULL, 'on_duplicate is given without a key', 'Pass a key, too.'),
        (asked.keep_key IS NOT NULL AND asked.key IS NULL, 'keep_key is given without a key', 'Pass a key, too.'),
        (asked.keep_key < '0'::interval, format('keep_key is %s', asked.keep_key), 'Pass how long the key is kept after the job is done.'),
        (asked.keep_key IS NOT NULL AND on_duplicate = 'replace', 'keep_key and on_duplicate => ''replace'' exclude each other', 'A job that is done cannot be replaced.'),
        (asked.ordering_key !~ '[^[:space:]]' OR length(asked.ordering_key) > 1000, 'the ordering key is blank or too long', 'Pass up to 1000 characters, such as ''account 42''.'),
        (asked.on_failure NOT IN ('hold', 'pass'), format('on_failure is %s', asked.on_failure), 'Pass ''hold'' or ''pass''.'),
        (asked.on_failure IS NOT NULL AND asked.ordering_key IS NULL, 'on_failure is given without an ordering key', 'Pass an ordering_key, too.'),
        (asked.priority NOT BETWEEN 0 AND 86400, format('the priority is %s', asked.priority), 'Pass how many seconds its place is before the one that it would have: 0 to 86400.'),
        (asked.handler IS NULL AND asked.result NOT IN ('rows', 'count'), format('result is %s', asked.result), 'Pass ''rows'' or ''count''.'),
        (asked.keep_result <= '0'::interval, format('keep_result is %s', asked.keep_result), 'Pass how long the result is kept, such as ''1 hour''.'),
        (NOT asked.transactional AND asked.result IS NOT NULL, 'a result is asked for of a command outside of a transaction', 'Leave it out.'),
        (asked.queue IS NOT NULL AND NOT EXISTS (SELECT FROM pgdispatch.queue AS q WHERE q.role = asked.role AND q.name = asked.queue),
            format('there is no queue %s', quote_ident(asked.queue)), format('SELECT pgdispatch.set_queue(%L) makes it.', asked.queue))
      ) AS p (is_so, problem, remedy)
     WHERE p.is_so
     LIMIT 1;
    IF problem IS NOT NULL THEN
        RAISE invalid_parameter_value USING MESSAGE = 'pgdispatch: ' || problem, HINT = remedy;
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.check_options(pgdispatch.managed_job, text) IS
'Part of pgdispatch.dispatch: refuses what cannot be asked of a job.';


CREATE OR REPLACE FUNCTION pgdispatch.check_command(command text) RETURNS text
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pgdispatch.check_dispatch(command, '0');
    RETURN command;
END
$$;

COMMENT ON FUNCTION pgdispatch.check_command(text) IS
'Part of pgdispatch.valid_command: returns the command, or refuses what cannot be dispatched.';


CREATE OR REPLACE FUNCTION pgdispatch.valid_command(command text) RETURNS text
LANGUAGE sql
AS $$
    -- Looked at in detail only what is refused, and once a session whether the role may.
    SELECT CASE WHEN command ~ '[^[:space:]]' AND CURRENT_USER = pg_catalog.current_setting('pgdispatch.can_log_in', true)::name
                THEN command
                ELSE pgdispatch.check_command(command)
            END
$$;

COMMENT ON FUNCTION pgdispatch.valid_command(text) IS
'For nodes, which insert into pgdispatch.job: returns the command; fails as pgdispatch.dispatch does if it cannot be dispatched, or the role cannot log in.';
