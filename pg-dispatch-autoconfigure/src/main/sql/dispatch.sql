-- What dispatches commands: fire and snooze, dispatch with all options, fire_all for many commands at once.
--
-- A plain job is one row, which dispatch_plain writes. A managed job, which is one with any option beyond max_attempts, gets a
-- second row in managed_job, which dispatch_managed writes. After the row, a dispatch wakes a worker if all of them may be idle
-- (see wake_up.sql).
--
-- A plain dispatch costs little more than another row of the caller's. What a transaction with a single dispatch pays for is not
-- the row but what PL/pgSQL prepares anew in each transaction, which is every expression and every function in it. Hence:
--   * fire and dispatch_plain consist of few expressions and call other functions only in the cases that need them.
--   * Nodes insert plain jobs themselves, into the columns role, due_at, command, max_attempts, headers and label of pgdispatch.job. The
--     functions that they call in this INSERT (valid_command and wake_drivers_if_idle) are single expressions, which PostgreSQL puts
--     into the statement. Later versions of the schema must keep these columns and functions.
--
-- Every option is checked when a job is dispatched, so that nothing overflows, is truncated or fails later.

-- This does what dispatch_plain does. Calling that one, with the options that fire does not have, would cost a third more.
CREATE OR REPLACE FUNCTION pgdispatch.fire(command text) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    caller constant pg_catalog.regrole := pg_catalog.quote_ident(CURRENT_USER)::pg_catalog.regrole;
BEGIN
    IF (command OPERATOR(pg_catalog.~) '[^[:space:]]' AND CURRENT_USER OPERATOR(pg_catalog.=) pg_catalog.current_setting('pgdispatch.can_log_in', true)::pg_catalog.name
        AND pg_catalog.current_setting('transaction_read_only') OPERATOR(pg_catalog.=) 'off') IS NOT TRUE THEN
        PERFORM pgdispatch.check_dispatch(command, '0');
    END IF;

    INSERT INTO pgdispatch.job (role, command) VALUES (caller, command);

    IF NOT pg_catalog.pg_try_advisory_xact_lock_shared(pgdispatch.idle_driver_lock(caller)) THEN
        PERFORM pgdispatch.notify_drivers(caller);
    END IF;
    IF pg_catalog.to_regnamespace('cron') IS NOT NULL THEN
        PERFORM pgdispatch.wake_cron(caller, true);
    ELSIF pg_catalog.current_setting('pgdispatch.server_has_cron', true) OPERATOR(pg_catalog.=) 'on' THEN
        PERFORM pgdispatch.warn_if_cron_is_elsewhere(caller);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.fire(text) IS
'Runs the command once after the current transaction has committed, and never if that transaction or the
current savepoint rolls back.
The command holds one or more SQL statements. It runs READ COMMITTED in a transaction of its own, in another session,
with the rights and the default settings of the current role. Triggers and constraints that are deferred to the end of
that transaction also find the default settings, whatever the command has set.
If the command fails, its effects are undone and its error is kept in pgdispatch.dead_letter. The call does not wait
for other transactions.
Errors: 22004 if the command is NULL, 22023 if it is blank, 25006 in a read-only transaction, 28000 if the current
role cannot log in.
Example: SELECT pgdispatch.fire(format(''SELECT refresh_statistics(%L)'', 42))';


CREATE OR REPLACE FUNCTION pgdispatch.snooze(command text, delay interval) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pgdispatch.dispatch_plain(command, delay);
END
$$;

COMMENT ON FUNCTION pgdispatch.snooze(text, interval) IS
'Runs the command like pgdispatch.fire, but not before the delay has passed since the start of the current transaction.
The delay is truncated to whole seconds.
Errors: those of pgdispatch.fire; 22004 if the delay is NULL, 22023 if it is negative or longer than 10 years.
Example: SELECT pgdispatch.snooze(''SELECT send_reminder(42)'', ''20 seconds'')';


CREATE OR REPLACE FUNCTION pgdispatch.dispatch(
    command         text,
    delay           interval         DEFAULT '0',
    notify          boolean          DEFAULT true,
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
    result          text             DEFAULT NULL,
    keep_result     interval         DEFAULT NULL,
    headers         json             DEFAULT NULL,
    transactional   boolean          DEFAULT true,
    label           text             DEFAULT NULL,
    batch           bigint           DEFAULT NULL,
    continuation    text             DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    job_id bigint;
BEGIN
    IF transactional AND pg_catalog.num_nonnulls(back_off, back_off_multiplier, max_back_off, time_limit, key, on_duplicate, keep_key,
                               ordering_key, on_failure, queue, fair_key, priority, result, keep_result, batch, continuation) OPERATOR(pg_catalog.=) 0
       AND (max_attempts OPERATOR(pg_catalog.<) 1 OR max_attempts OPERATOR(pg_catalog.>) 32767) IS NOT TRUE THEN
        RETURN pgdispatch.dispatch_plain(command, delay, notify, CASE WHEN max_attempts OPERATOR(pg_catalog.>) 1 THEN max_attempts END::smallint, headers, label);
    END IF;

    IF command IS NULL OR command OPERATOR(pg_catalog.!~) '[^[:space:]]' THEN
        PERFORM pgdispatch.refuse_command(command);
    END IF;
    job_id := pgdispatch.dispatch_managed(NULL, command, NULL, delay, headers, max_attempts, back_off, back_off_multiplier,
                  max_back_off, time_limit, key, on_duplicate, keep_key, ordering_key, on_failure, queue, priority, result, keep_result,
                  transactional, label, fair_key, batch, continuation);
    IF notify THEN
        PERFORM pgdispatch.wake_drivers(pg_catalog.quote_ident(CURRENT_USER)::pg_catalog.regrole, delay OPERATOR(pg_catalog.<) '1 second'::interval);
    ELSE
        PERFORM pgdispatch.wake_cron(pg_catalog.quote_ident(CURRENT_USER)::pg_catalog.regrole, delay OPERATOR(pg_catalog.<) '1 second'::interval);
    END IF;
    RETURN job_id;
END
$$;

COMMENT ON FUNCTION pgdispatch.dispatch(text, interval, boolean, integer, interval, double precision, interval, interval, text, text, interval, text, text, text, text, integer, text, interval, json, boolean, text, bigint, text) IS
'Dispatches a command like pgdispatch.snooze and returns the id of its job, for pgdispatch.find, cancel and result. An
option that is left out or NULL is not set. Pass options by name. No interval may be longer than 10 years.
notify: false wakes no idle driver. It is for callers that wake drivers themselves after their commit.
max_attempts: maximum number of attempts, the first included, from 1 to 32767 (default 1). Between attempts the job
waits for back_off (default 1 second), which grows by the factor back_off_multiplier (1 to 1000, default 2) with each failure
up to max_back_off (default 10 minutes), and varies by a quarter at random. An error of the SQLSTATE classes 42, 0A and
3F, which would occur again, ends the job at once. Serialization failures and deadlocks do not count as attempts.
time_limit: time after which an attempt is cancelled. It then has failed with SQLSTATE PD001. The limit is checked
four times a second.
key: an idempotency key of up to 1000 bytes without control characters. While a job with this key waits, nothing is
dispatched, and the id of that job is returned (NULL if this REPEATABLE READ or SERIALIZABLE transaction cannot see it). That job does not
begin before this transaction has ended. The call may wait for a transaction that has just dispatched with the same
key. on_duplicate => ''replace'' gives the new command and delay to the waiting job instead. With keep_key, the key also
stays taken while the job runs and for that time after it is done.
ordering_key: jobs with the same ordering key (up to 1000 bytes) run one after the other. A job that was
committed before another one''s transaction dispatched that one runs first. Jobs of overlapping transactions run in the
order of their dispatches, as far as they are committed. A snoozed job takes its place when it becomes due. on_failure
says what happens to the jobs behind one that failed: with ''hold'' (the default) they wait until it has succeeded after
a retry or its dead letter was deleted; with ''pass'' they do not wait.
queue: name of a queue that pgdispatch.set_queue created. The job obeys its limits. fair_key: a key of up to 1000 bytes, such as a tenant. In a
queue with per_key, the keys take turns, and up to per_key jobs of each run at once. Jobs without one share a turn.
priority: number of seconds, from 0 to 86400, by which the job moves ahead of the place that its due time gives it. A
job with priority 30 runs before jobs without priority that became due up to 30 seconds earlier.
result: ''rows'' keeps the rows of the command for pgdispatch.result if it is a single statement that returns rows;
''count'' keeps only their number. keep_result: time for which the result is kept (default 1 hour).
headers: a JSON object of strings that is kept with the job and with its dead letter.
transactional: false is for a single statement that refuses to run in a transaction, such as VACUUM, CREATE INDEX
CONCURRENTLY, or CALL of a procedure that commits. It then runs outside of a transaction, at least once. Under pg_cron
it begins within a minute.
label: the name, of up to 1000 bytes without control characters, under which the job is listed and counted together with
others that do the same.
batch: the id of a batch that pgdispatch.create_batch created. The batch does not end before this job has ended. If a job with the key
waits, so that nothing is dispatched, the batch does not wait for that job. continuation: the job is not one of the batch but follows it: it is
held, and it is dispatched in the commit that ends the last job of the batch. With ''then'' it runs unless a job of the batch has failed
and there is one with ''on_failure'', which runs then; the one that does not run is cancelled. The headers pgdispatch-batch,
pgdispatch-batch-name, -done, -failed and -cancelled tell the continuation what it follows.
Errors: those of pgdispatch.snooze; 22023 if an option is not valid or the queue does not exist; 42704 if there is no such batch, 55000 if it
has ended, is cancelled or has such a continuation.
Example: SELECT pgdispatch.dispatch(''SELECT rebuild_index()'', max_attempts => 5, key => ''rebuild'', time_limit => ''10 minutes'')';


CREATE OR REPLACE FUNCTION pgdispatch.fire_all(
    commands     text[],
    delay        interval DEFAULT '0',
    notify       boolean  DEFAULT true,
    max_attempts integer  DEFAULT NULL,
    headers      json     DEFAULT NULL,
    label        text     DEFAULT NULL,
    batch        bigint   DEFAULT NULL)
RETURNS bigint[]
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
    first_id bigint;
    ids      bigint[];
BEGIN
    IF coalesce(cardinality(commands), 0) = 0 THEN
        RETURN '{}';
    END IF;
    -- Dispatching the first command by itself makes all the checks and wakes a worker.
    first_id := pgdispatch.dispatch(commands[array_lower(commands, 1)], delay, notify, max_attempts, headers => headers, label => label, batch => batch);
    IF batch IS NOT NULL THEN
        RETURN array_prepend(first_id, pgdispatch.dispatch_like(first_id, commands[array_lower(commands, 1) + 1:]));
    END IF;
    IF EXISTS (SELECT FROM unnest(commands) AS c (command) WHERE coalesce(c.command !~ '[^[:space:]]', true)) THEN
        PERFORM pgdispatch.refuse_command((SELECT c.command
                                             FROM unnest(commands) AS c (command)
                                            WHERE coalesce(c.command !~ '[^[:space:]]', true)
                                            LIMIT 1));
    END IF;
    WITH dispatched AS (
        INSERT INTO pgdispatch.job (role, due_at, command, max_attempts, headers, label)
        SELECT caller, now() + date_trunc('second', delay), c.command, nullif(fire_all.max_attempts, 1), fire_all.headers, fire_all.label
          FROM unnest(commands) WITH ORDINALITY AS c (command, number)
         WHERE c.number > 1
         ORDER BY c.number
        RETURNING id)
    SELECT array_agg(d.id ORDER BY d.id) INTO ids FROM dispatched AS d;
    -- Jobs that are due at once may be slow, and then each needs a worker of pg_cron of its own, as if it was dispatched by itself.
    IF ids IS NOT NULL AND delay < '1 second'::interval AND to_regnamespace('cron') IS NOT NULL THEN
        PERFORM pgdispatch.wake_cron_for_more(caller, cardinality(ids));
    END IF;
    RETURN array_prepend(first_id, ids);
END
$$;

COMMENT ON FUNCTION pgdispatch.fire_all(text[], interval, boolean, integer, json, text, bigint) IS
'Dispatches each of the commands as a job of its own, like pgdispatch.dispatch with the same options, and returns the
ids of the jobs in the order of the commands. It returns an empty array if there are no commands or the array is NULL.
If one command is NULL or blank, the call fails and dispatches none.
Errors: those of pgdispatch.dispatch.
Example: SELECT pgdispatch.fire_all(array_agg(format(''SELECT refresh_statistics(%L)'', id))) FROM profile';


CREATE OR REPLACE FUNCTION pgdispatch.dispatch_plain(
    command text, delay interval DEFAULT '0', notify boolean DEFAULT true, max_attempts smallint DEFAULT NULL, headers json DEFAULT NULL,
    label text DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    caller constant pg_catalog.regrole := pg_catalog.quote_ident(CURRENT_USER)::pg_catalog.regrole;
    job_id bigint;
BEGIN
    -- The checks are repeated one by one only to find out which of them refuses. A session checks once whether its role can log in.
    IF (command OPERATOR(pg_catalog.~) '[^[:space:]]' AND pgdispatch.is_duration(delay) AND (label IS NULL OR pgdispatch.is_name(label))
        AND CURRENT_USER OPERATOR(pg_catalog.=) pg_catalog.current_setting('pgdispatch.can_log_in', true)::pg_catalog.name
        AND pg_catalog.current_setting('transaction_read_only') OPERATOR(pg_catalog.=) 'off') IS NOT TRUE THEN
        PERFORM pgdispatch.check_dispatch(command, delay), pgdispatch.check_label(label);
    END IF;

    INSERT INTO pgdispatch.job (role, due_at, command, max_attempts, headers, label)
    VALUES (caller, pg_catalog.now() OPERATOR(pg_catalog.+) pg_catalog.date_trunc('second', delay), command, max_attempts, headers, label)
    RETURNING id INTO job_id;

    -- This does what wake_drivers does. Calling it would also cost the dispatches that need not wake anyone.
    IF notify AND NOT pg_catalog.pg_try_advisory_xact_lock_shared(pgdispatch.idle_driver_lock(caller)) THEN
        PERFORM pgdispatch.notify_drivers(caller);
    END IF;
    IF pg_catalog.to_regnamespace('cron') IS NOT NULL THEN
        PERFORM pgdispatch.wake_cron(caller, delay OPERATOR(pg_catalog.<) '1 second'::interval);
    ELSIF notify AND pg_catalog.current_setting('pgdispatch.server_has_cron', true) OPERATOR(pg_catalog.=) 'on' THEN
        PERFORM pgdispatch.warn_if_cron_is_elsewhere(caller);
    END IF;

    RETURN job_id;
END
$$;

COMMENT ON FUNCTION pgdispatch.dispatch_plain(text, interval, boolean, smallint, json, text) IS
'Part of pgdispatch.dispatch. Writes the row of a plain job and wakes a worker.';


CREATE OR REPLACE FUNCTION pgdispatch.dispatch_managed(
    handler text, command text, arguments json, delay interval, headers json, max_attempts integer, back_off interval,
    back_off_multiplier double precision, max_back_off interval, time_limit interval, key text, on_duplicate text, keep_key interval,
    ordering_key text, on_failure text, queue text, priority integer, result text, keep_result interval, transactional boolean,
    label text DEFAULT NULL, fair_key text DEFAULT NULL, batch bigint DEFAULT NULL, continuation text DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
    job    pgdispatch.managed_job;
    job_id bigint;
    taken  record;
BEGIN
    PERFORM pgdispatch.check_delay(delay), pgdispatch.check_label(label);
    PERFORM pgdispatch.check_caller();
    job.role := caller;
    job.handler := handler;
    job.due_at := now() + date_trunc('second', delay);
    job.rank := job.due_at - coalesce(priority, 0) * '1 second'::interval;
    -- A snoozed job gets the place that its priority gives it when it becomes due.
    job.place := CASE WHEN delay < '1 second'::interval THEN job.rank ELSE job.due_at END;
    job.attempts := 0;
    job.crashes := 0;
    job.max_attempts := max_attempts;
    job.back_off := back_off;
    job.back_off_multiplier := back_off_multiplier;
    job.max_back_off := max_back_off;
    job.time_limit := time_limit;
    job.key := key;
    job.keep_key := keep_key;
    job.has_key := false;
    job.ordering_key := ordering_key;
    job.on_failure := on_failure;
    job.snoozed := nullif(delay >= '1 second'::interval, false);
    job.in_order := false;
    job.queue := queue;
    job.in_queue := false;
    job.fair_key := fair_key;
    job.priority := priority;
    job.result := result;
    job.keep_result := keep_result;
    IF job.keep_result IS NOT NULL AND job.result IS NULL THEN
        job.result := CASE WHEN job.handler IS NULL THEN 'rows' ELSE 'value' END;
    END IF;
    IF job.result IS NOT NULL THEN
        job.keep_result := coalesce(job.keep_result, '1 hour');
    END IF;
    job.transactional := nullif(transactional, true);
    job.failed := false;
    PERFORM pgdispatch.check_options(job, on_duplicate);
    IF continuation IS NOT NULL THEN
        PERFORM pgdispatch.check_batch_options(batch, continuation, delay);
    END IF;

    IF job.key IS NOT NULL THEN
        SELECT t.* INTO taken FROM pgdispatch.take_key(caller, job.key, NULL) AS t;
        job_id := taken.new_id;
        IF job_id IS NOT NULL THEN
            job.has_key := true;
        ELSIF on_duplicate = 'replace' THEN
            IF (taken.holder).id IS NOT NULL
               AND pgdispatch.replace_waiting_job(job, (taken.holder).id, command, arguments, headers, job.place, label) THEN
                RETURN (taken.holder).id;
            END IF;
            -- The new command or arguments must not be lost, so they become one more job.
        ELSE
            RETURN (taken.holder).id;
        END IF;
    END IF;

    job.id := coalesce(job_id, nextval('pgdispatch.job_id_seq'));
    IF batch IS NOT NULL THEN
        job := pgdispatch.add_to_batch(job, batch, continuation);
        headers := (coalesce(headers::jsonb, '{}') || jsonb_build_object('pgdispatch-batch', batch::text))::json;
    END IF;
    IF job.handler IS NULL THEN
        INSERT INTO pgdispatch.job (role, due_at, id, command, headers, managed, label) OVERRIDING SYSTEM VALUE
        VALUES (caller, job.place, job.id, dispatch_managed.command, dispatch_managed.headers, true, dispatch_managed.label);
    ELSE
        INSERT INTO pgdispatch.handler_job (role, handler, due_at, id, arguments, headers, managed, time_limit, wants_result, queue)
        VALUES (caller, job.handler, job.place, job.id, dispatch_managed.arguments, dispatch_managed.headers, true, job.time_limit,
                CASE WHEN job.result IS NOT NULL THEN true END, job.queue);
    END IF;
    INSERT INTO pgdispatch.managed_job SELECT job.*;
    RETURN job.id;
END
$$;

COMMENT ON FUNCTION pgdispatch.dispatch_managed(text, text, json, interval, json, integer, interval, double precision, interval, interval, text, text, interval, text, text, text, integer, text, interval, boolean, text, text, bigint, text) IS
'Part of pgdispatch.dispatch and pgdispatch.dispatch_handler. Writes the rows of a managed job, after it has checked
the options and taken the idempotency key, and returns the id. The handler of a command is NULL.';


CREATE OR REPLACE FUNCTION pgdispatch.check_dispatch(command text, delay interval) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF command IS NULL OR command !~ '[^[:space:]]' THEN
        PERFORM pgdispatch.refuse_command(command);
    END IF;
    PERFORM pgdispatch.check_delay(delay);
    PERFORM pgdispatch.check_caller();
END
$$;

COMMENT ON FUNCTION pgdispatch.check_dispatch(text, interval) IS
'Part of what dispatches commands. Fails if the command cannot be dispatched with this delay, or not by this role in
this transaction.';


CREATE OR REPLACE FUNCTION pgdispatch.refuse_command(command text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    IF command IS NULL THEN
        RAISE null_value_not_allowed USING
            MESSAGE = 'pgdispatch: the command is NULL',
            HINT = 'Pass the SQL that is to run after the commit. A concatenation is NULL if one of its parts is; format(''SELECT work(%L)'', value) is not.';
    END IF;
    RAISE invalid_parameter_value USING
        MESSAGE = 'pgdispatch: the command is blank',
        HINT = 'Pass the SQL that is to run after the commit.';
END
$$;

COMMENT ON FUNCTION pgdispatch.refuse_command(text) IS
'Part of what dispatches commands. Fails with what is wrong with the command, which is NULL or blank.';


CREATE OR REPLACE FUNCTION pgdispatch.check_delay(delay interval) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF delay IS NULL THEN
        RAISE null_value_not_allowed USING
            MESSAGE = 'pgdispatch: the delay is NULL',
            HINT = 'Pass an interval such as ''20 seconds'', or ''0'' for no delay.';
    ELSIF pgdispatch.is_duration(delay) IS NOT TRUE THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('pgdispatch: the delay is %s', delay),
            HINT = 'Pass an interval from zero to 10 years.';
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.check_delay(interval) IS
'Part of every dispatch. Fails if the delay is NULL (SQLSTATE 22004), or is not from zero to 10 years (22023).';


CREATE OR REPLACE FUNCTION pgdispatch.check_label(label text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT pgdispatch.is_name(label) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = 'pgdispatch: the label is blank, longer than 1000 bytes or has a control character',
            HINT = 'Pass a name of up to 1000 bytes that says what the command does, such as ''refresh statistics''.';
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.check_label(text) IS
'Part of what dispatches commands. Fails with SQLSTATE 22023 if the text cannot be a label. NULL stands for no label.';


CREATE OR REPLACE FUNCTION pgdispatch.check_caller() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    IF current_setting('transaction_read_only')::boolean THEN
        RAISE read_only_sql_transaction USING
            MESSAGE = 'pgdispatch: a job cannot be dispatched in a read-only transaction',
            DETAIL = CASE WHEN pg_is_in_recovery() THEN 'This server is a standby.' ELSE 'A dispatch writes a row.' END,
            HINT = CASE WHEN pg_is_in_recovery() THEN 'Connect to the primary.' ELSE 'Dispatch in a read-write transaction.' END;
    -- No session can log in as such a role, and no other session may run its jobs. The dispatch therefore fails, and the job does
    -- not wait for a worker that never comes.
    ELSIF NOT (SELECT r.rolcanlogin FROM pg_roles AS r WHERE r.oid = caller::oid) THEN
        RAISE invalid_authorization_specification USING
            MESSAGE = format('pgdispatch: role %s cannot log in, so nothing can run its jobs', caller),
            DETAIL = 'A job runs in a session that logged in as the role that dispatched it.',
            HINT = format('Dispatch from a SECURITY DEFINER function of a role that can log in, or ALTER ROLE %s LOGIN.', caller);
    END IF;
    -- The query of pg_roles is the most expensive part of a dispatch, and doing it once in a session is enough.
    PERFORM set_config('pgdispatch.can_log_in', CURRENT_USER, false),
            set_config('pgdispatch.server_has_cron', CASE WHEN pgdispatch.cron_is_elsewhere() IS NOT NULL THEN 'on' ELSE 'off' END, false);
END
$$;

COMMENT ON FUNCTION pgdispatch.check_caller() IS
'Part of every dispatch. Fails if the transaction is read-only (SQLSTATE 25006) or the current role cannot log in
(28000). Remembers for the session that the role can log in, and whether the server has pg_cron.';


CREATE OR REPLACE FUNCTION pgdispatch.check_options(requested pgdispatch.managed_job, on_duplicate text) RETURNS void
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
        (requested.max_attempts < 1 OR requested.max_attempts > 32767, format('max_attempts is %s', requested.max_attempts),
            'Pass a number from 1, which means no retry, to 32767.'),
        (NOT pgdispatch.is_duration(requested.back_off), format('the back-off is %s', requested.back_off),
            'Pass how long the job waits after its first failure, such as ''1 second'': from zero to 10 years.'),
        (NOT requested.back_off_multiplier BETWEEN 1 AND 1000, format('the back-off multiplier is %s', requested.back_off_multiplier),
            'Pass a number from 1, for a back-off that does not grow, to 1000.'),
        (requested.max_back_off < coalesce(requested.back_off, '1 second') OR NOT pgdispatch.is_duration(requested.max_back_off),
            format('the maximum back-off is %s', requested.max_back_off),
            'Pass an interval up to 10 years that is not shorter than the back-off, which is 1 second if it is left out.'),
        (requested.time_limit <= '0'::interval OR NOT pgdispatch.is_duration(requested.time_limit),
            format('the time limit is %s', requested.time_limit),
            'Pass an interval such as ''30 seconds'', up to 10 years, or leave it out for no limit.'),
        (NOT pgdispatch.is_name(requested.key), 'the key is blank, too long or has a control character',
            'Pass up to 1000 bytes, such as ''invoice 42''.'),
        (on_duplicate NOT IN ('keep', 'replace'), format('on_duplicate is %s', on_duplicate), 'Pass ''keep'' or ''replace''.'),
        (on_duplicate IS NOT NULL AND requested.key IS NULL, 'on_duplicate is given without a key', 'Pass a key as well.'),
        (requested.keep_key IS NOT NULL AND requested.key IS NULL, 'keep_key is given without a key', 'Pass a key as well.'),
        (NOT pgdispatch.is_duration(requested.keep_key), format('keep_key is %s', requested.keep_key),
            'Pass how long the key is kept after the job is done: from zero to 10 years.'),
        (requested.keep_key IS NOT NULL AND on_duplicate = 'replace', 'keep_key and on_duplicate => ''replace'' exclude each other',
            'Leave one of them out. A job that is done cannot be replaced.'),
        (NOT pgdispatch.is_name(requested.ordering_key), 'the ordering key is blank, too long or has a control character',
            'Pass up to 1000 bytes, such as ''account 42''.'),
        (requested.on_failure NOT IN ('hold', 'pass'), format('on_failure is %s', requested.on_failure), 'Pass ''hold'' or ''pass''.'),
        (requested.on_failure IS NOT NULL AND requested.ordering_key IS NULL, 'on_failure is given without an ordering key',
            'Pass an ordering_key as well.'),
        (NOT pgdispatch.is_name(requested.fair_key), 'the fair key is blank, too long or has a control character',
            'Pass up to 1000 bytes, such as ''tenant 42''.'),
        (requested.fair_key IS NOT NULL AND requested.queue IS NULL, 'fair_key is given without a queue', 'Pass a queue as well.'),
        (requested.priority NOT BETWEEN 0 AND 86400, format('the priority is %s', requested.priority),
            'Pass the number of seconds by which the job moves ahead, from 0 to 86400.'),
        (requested.handler IS NULL AND requested.result NOT IN ('rows', 'count'), format('result is %s', requested.result),
            'Pass ''rows'' or ''count''.'),
        (requested.keep_result <= '0'::interval OR NOT pgdispatch.is_duration(requested.keep_result),
            format('keep_result is %s', requested.keep_result),
            'Pass how long the result is kept, such as ''1 hour'', up to 10 years.'),
        (NOT requested.transactional AND requested.result IS NOT NULL, 'a result is requested of a non-transactional command',
            'Leave out result and keep_result.'),
        (requested.queue IS NOT NULL
            AND NOT EXISTS (SELECT FROM pgdispatch.queue AS q WHERE q.role = requested.role AND q.name = requested.queue),
            format('there is no queue %s', quote_ident(requested.queue)),
            format('Create it with SELECT pgdispatch.set_queue(%L).', requested.queue))
      ) AS p (applies, problem, remedy)
     WHERE p.applies
     LIMIT 1;
    IF problem IS NOT NULL THEN
        RAISE invalid_parameter_value USING MESSAGE = 'pgdispatch: ' || problem, HINT = remedy;
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.check_options(pgdispatch.managed_job, text) IS
'Part of pgdispatch.dispatch_managed. Fails with SQLSTATE 22023 if an option of the job is not valid.';


CREATE OR REPLACE FUNCTION pgdispatch.check_command(command text) RETURNS text
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pgdispatch.check_dispatch(command, '0');
    RETURN command;
END
$$;

COMMENT ON FUNCTION pgdispatch.check_command(text) IS
'Part of pgdispatch.valid_command. Returns the command, or fails if it cannot be dispatched.';


CREATE OR REPLACE FUNCTION pgdispatch.valid_command(command text) RETURNS text
LANGUAGE sql
AS $$
    -- The checks are repeated one by one only to find out which of them refuses. A session checks once whether its role can log in.
    SELECT CASE WHEN command OPERATOR(pg_catalog.~) '[^[:space:]]' AND CURRENT_USER OPERATOR(pg_catalog.=) pg_catalog.current_setting('pgdispatch.can_log_in', true)::pg_catalog.name
                THEN command
                ELSE pgdispatch.check_command(command)
            END
$$;

COMMENT ON FUNCTION pgdispatch.valid_command(text) IS
'For nodes, which call it while they insert into pgdispatch.job. Returns the command. Fails like pgdispatch.dispatch if
it is NULL or blank, or the current role cannot log in.';
