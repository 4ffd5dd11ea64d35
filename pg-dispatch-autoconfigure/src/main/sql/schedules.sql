-- Schedules: jobs that come again.
--
-- A schedule is a row that says what is to run and when. Its TICK is an ordinary snoozed job, which becomes due at the next due time of
-- the schedule. In one transaction, and under the lock of the row, the tick dispatches the job of the due time and the next tick. No
-- thread and no process of its own watches schedules, and no node is special.
--
--   * A due time has one job, whoever runs the tick and however often: the row names the tick that counts, and any other one does
--     nothing. A change of the row, a pause and the removal thus need not find the old tick: they only make it count no more.
--   * The job of a due time is a job of its own. Whatever becomes of it, the next tick is there already.
--   * A tick must not fail for good. What the dispatch of the job can refuse is kept in the row and does not fail the tick. Should the tick
--     be lost nevertheless, because somebody cancels it, for example, repair_schedules gives the schedule a new one.
--   * The tick of a schedule with an interval is a SQL job, which any driver runs. The tick of a schedule with a cron expression is a job
--     of the handler pgdispatch.schedule, because nodes compute its due times: they know cron expressions and time zones.
--
-- A tick does not wait for a transaction that changes its schedule and stays open: it fails, and is run again a little later.

CREATE OR REPLACE FUNCTION pgdispatch.schedule(
    name            text,
    every           interval,
    command         text,
    starts_at       timestamptz      DEFAULT NULL,
    missed          text             DEFAULT 'skip',
    overlap         boolean          DEFAULT false,
    max_attempts    integer          DEFAULT NULL,
    back_off        interval         DEFAULT NULL,
    back_off_multiplier double precision DEFAULT NULL,
    max_back_off    interval         DEFAULT NULL,
    time_limit      interval         DEFAULT NULL,
    ordering_key    text             DEFAULT NULL,
    on_failure      text             DEFAULT NULL,
    queue           text             DEFAULT NULL,
    priority        integer          DEFAULT NULL,
    transactional   boolean          DEFAULT true,
    label           text             DEFAULT NULL,
    fair_key        text             DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF command IS NULL OR command !~ '[^[:space:]]' THEN
        PERFORM pgdispatch.refuse_command(command);
    END IF;
    RETURN pgdispatch.put_schedule(name, every, NULL, NULL, starts_at, command, NULL, NULL,
               jsonb_build_object('max_attempts', max_attempts, 'back_off', back_off, 'back_off_multiplier', back_off_multiplier,
                   'max_back_off', max_back_off, 'time_limit', time_limit, 'ordering_key', ordering_key, 'on_failure', on_failure,
                   'queue', queue, 'priority', priority, 'transactional', transactional, 'label', label, 'fair_key', fair_key),
               missed, overlap);
END
$$;

COMMENT ON FUNCTION pgdispatch.schedule(text, interval, text, timestamptz, text, boolean, integer, interval, double precision, interval, interval, text, text, text, integer, boolean, text, text) IS
'Runs a command again and again, at fixed intervals, from the commit of the current transaction on. Each due time gets a job of its
own, which begins when it is due or soon after. If that job fails for good, the later ones run nevertheless. Calling it again with the
same name changes the schedule; calling it with nothing new changes nothing.
name: identifies the schedule among those of the current role: up to 900 bytes without control characters.
every: the time from one due time to the next, from 1 second to 10 years, of which a day always has 24 hours. A month has no fixed length.
starts_at: the first due time. It may be in the past, and the due times are counted from it. NULL: the first due time is one
interval after the start of the current transaction.
missed: what happens to due times for which no worker was there within a minute, or before the following due time had come. skip: they
are left out. once: one job makes up for all of them. all: each due time has its job, in their order, at most 100 in one transaction.
overlap: false leaves out a due time while the job of an earlier one still waits or runs. With missed => ''all'', the jobs wait for each
other instead. true: jobs of several due times may run at once.
The other arguments mean the same as in pgdispatch.dispatch. The label is the name of the schedule if it is left out.
Returns new, changed or unchanged.
Errors: 22004 if the command, the name or the interval is NULL; 22023 if an argument is not valid; those of pgdispatch.dispatch.
Example: SELECT pgdispatch.schedule(''refresh totals'', ''10 minutes'', ''REFRESH MATERIALIZED VIEW totals'')';


CREATE OR REPLACE FUNCTION pgdispatch.schedule_handler(
    name            text,
    every           interval,
    handler         text,
    arguments       json             DEFAULT '{}',
    starts_at       timestamptz      DEFAULT NULL,
    missed          text             DEFAULT 'skip',
    overlap         boolean          DEFAULT false,
    max_attempts    integer          DEFAULT NULL,
    back_off        interval         DEFAULT NULL,
    back_off_multiplier double precision DEFAULT NULL,
    max_back_off    interval         DEFAULT NULL,
    time_limit      interval         DEFAULT NULL,
    ordering_key    text             DEFAULT NULL,
    on_failure      text             DEFAULT NULL,
    queue           text             DEFAULT NULL,
    priority        integer          DEFAULT NULL,
    fair_key        text             DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pgdispatch.check_handler(handler, arguments);
    RETURN pgdispatch.put_schedule(name, every, NULL, NULL, starts_at, NULL, handler, arguments,
               jsonb_build_object('max_attempts', max_attempts, 'back_off', back_off, 'back_off_multiplier', back_off_multiplier,
                   'max_back_off', max_back_off, 'time_limit', time_limit, 'ordering_key', ordering_key, 'on_failure', on_failure,
                   'queue', queue, 'priority', priority, 'fair_key', fair_key),
               missed, overlap);
END
$$;

COMMENT ON FUNCTION pgdispatch.schedule_handler(text, interval, text, json, timestamptz, text, boolean, integer, interval, double precision, interval, interval, text, text, text, integer, text) IS
'Calls a handler again and again, at fixed intervals, like pgdispatch.schedule. handler and arguments are those of
pgdispatch.dispatch_handler.
Returns new, changed or unchanged.
Errors: 22004 if the name or the interval is NULL; 22023 if an argument is not valid; those of pgdispatch.dispatch_handler.
Example: SELECT pgdispatch.schedule_handler(''poll the bank'', ''5 minutes'', ''bank.poll'')';


CREATE OR REPLACE FUNCTION pgdispatch.put_schedule(
    name text, every interval, cron text, zone text, starts_at timestamptz, command text, handler text, arguments json, options jsonb,
    missed text, overlap boolean, declared boolean DEFAULT false)
RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET intervalstyle = 'postgres'   -- Options are compared as texts.
AS $$
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
    requested  pgdispatch.schedule;
    present    pgdispatch.schedule;
    definition jsonb;
    is_new     boolean;
    is_retimed boolean;
BEGIN
    PERFORM pgdispatch.check_caller();
    requested.role := caller;
    requested.name := name;
    requested.every := every;
    requested.cron := cron;
    requested.zone := zone;
    requested.starts_at := starts_at;
    requested.command := command;
    requested.handler := handler;
    requested.arguments := arguments;
    requested.label := options ->> 'label';
    requested.missed := missed;
    requested.overlap := overlap;
    requested.paused := false;
    requested.runs := 0;
    requested.skipped := 0;
    PERFORM pgdispatch.check_schedule(requested, options);
    requested.every := make_interval(secs => date_part('epoch', every));   -- Without days, whose length would depend on the session.
    requested.options := pgdispatch.job_options(jsonb_populate_record(NULL::pgdispatch.managed_job, options));
    IF requested.options ->> 'transactional' = 'true' THEN
        requested.options := requested.options - 'transactional';
    END IF;
    definition := pgdispatch.definition_of(requested);
    IF declared THEN
        requested.declared := definition;
    END IF;

    INSERT INTO pgdispatch.schedule SELECT requested.* ON CONFLICT ON CONSTRAINT schedule_pkey DO NOTHING;
    is_new := FOUND;
    SELECT s.* INTO present FROM pgdispatch.schedule AS s WHERE s.role = caller AND s.name = requested.name FOR UPDATE;
    IF NOT FOUND THEN
        RAISE serialization_failure USING
            MESSAGE = format('pgdispatch: the schedule %s was removed at the same time', quote_ident(name)),
            HINT = 'Repeat the transaction.';
    ELSIF NOT is_new AND definition = (CASE WHEN declared THEN present.declared ELSE pgdispatch.definition_of(present) END) THEN
        IF NOT pgdispatch.has_tick(present) THEN
            PERFORM pgdispatch.give_tick(present);
        END IF;
        RETURN 'unchanged';
    END IF;

    is_retimed := (present.every, present.cron, present.zone, present.starts_at)
                  IS DISTINCT FROM (requested.every, requested.cron, requested.zone, requested.starts_at);
    UPDATE pgdispatch.schedule AS s
       SET every = requested.every, cron = requested.cron, zone = requested.zone, starts_at = requested.starts_at,
           command = requested.command, handler = requested.handler, arguments = requested.arguments, label = requested.label,
           options = requested.options, missed = requested.missed, overlap = requested.overlap,
           declared = coalesce(requested.declared, s.declared),
           formerly_declared = CASE WHEN NOT is_new AND requested.declared IS NOT NULL THEN s.declared ELSE s.formerly_declared END,
           next_at = CASE WHEN is_new OR is_retimed
                          THEN pgdispatch.next_in_grid(coalesce(requested.starts_at, now() + requested.every), requested.every, now() - '1 microsecond'::interval)
                          ELSE s.next_at
                     END
     WHERE s.role = caller AND s.name = requested.name
    RETURNING s.* INTO requested;
    IF NOT requested.paused AND (is_new OR is_retimed OR NOT pgdispatch.has_tick(present)) THEN
        PERFORM pgdispatch.remove_tick(present), pgdispatch.give_tick(requested);
    END IF;
    RETURN CASE WHEN is_new THEN 'new' WHEN declared AND definition = present.formerly_declared THEN 'changed back' ELSE 'changed' END;
END
$$;

COMMENT ON FUNCTION pgdispatch.put_schedule(text, interval, text, text, timestamptz, text, text, json, jsonb, text, boolean, boolean) IS
'Part of pgdispatch.schedule, and for nodes. Creates a schedule, or changes it. It has either an interval or a cron expression with a
time zone, and either a command or a handler with arguments. options: a JSON object with the options of its jobs.
declared: a deployment says so. The schedule is then changed only if this differs from what the last deployment said, so that
what was changed at run time stays as it is.
Returns new, changed or unchanged. changed back: the last deployment had replaced what this one says.';


CREATE OR REPLACE FUNCTION pgdispatch.check_schedule(requested pgdispatch.schedule, options jsonb) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    job     pgdispatch.managed_job;
    problem text;
    remedy  text;
BEGIN
    IF requested.name IS NULL OR requested.every IS NULL AND requested.cron IS NULL THEN
        RAISE null_value_not_allowed USING
            MESSAGE = CASE WHEN requested.name IS NULL THEN 'pgdispatch: the name of the schedule is NULL' ELSE 'pgdispatch: the interval of the schedule is NULL' END,
            HINT = CASE WHEN requested.name IS NULL THEN 'Pass a name such as ''refresh totals''.' ELSE 'Pass an interval such as ''10 minutes''.' END;
    END IF;
    SELECT p.problem, p.remedy
      INTO problem, remedy
      FROM (VALUES
        (NOT pgdispatch.is_name(requested.name) OR octet_length(requested.name) > 900,
            'the name of the schedule is blank, too long or has a control character', 'Pass up to 900 bytes, such as ''refresh totals''.'),
        (date_part('year', requested.every) <> 0 OR date_part('month', requested.every) <> 0,
            format('the interval of the schedule is %s, and months differ in length', requested.every),
            'Pass days, hours, minutes or seconds. A cron expression of an application or of pg_cron can name a day of each month.'),
        (requested.every < '1 second' OR NOT pgdispatch.is_duration(requested.every), format('the interval of the schedule is %s', requested.every),
            'Pass an interval from 1 second to 10 years, such as ''10 minutes''.'),
        (NOT isfinite(requested.starts_at) OR requested.starts_at > now() + '3652 days'::interval OR requested.starts_at < '1900-01-01 00:00:00+00'::timestamptz,
            format('the schedule starts at %s', requested.starts_at), 'Pass the first due time, at most 10 years from now.'),
        (coalesce(requested.missed NOT IN ('skip', 'once', 'all'), true), format('missed is %s', coalesce(requested.missed, 'NULL')),
            'Pass ''skip'', ''once'' or ''all''.'),
        (requested.overlap IS NULL, 'overlap is NULL', 'Pass true or false.')
      ) AS p (applies, problem, remedy)
     WHERE p.applies
     LIMIT 1;
    IF problem IS NOT NULL THEN
        RAISE invalid_parameter_value USING MESSAGE = 'pgdispatch: ' || problem, HINT = remedy;
    END IF;
    job := jsonb_populate_record(NULL::pgdispatch.managed_job, options);
    job.role := requested.role;
    job.handler := requested.handler;
    PERFORM pgdispatch.check_options(job, NULL), pgdispatch.check_label(requested.label);
END
$$;

COMMENT ON FUNCTION pgdispatch.check_schedule(pgdispatch.schedule, jsonb) IS
'Part of pgdispatch.put_schedule. Fails with SQLSTATE 22004 or 22023 if a schedule cannot be as requested, or its jobs cannot have these
options.';


CREATE OR REPLACE FUNCTION pgdispatch.definition_of(schedule pgdispatch.schedule) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN jsonb_strip_nulls(jsonb_build_object(
               'every', date_part('epoch', schedule.every), 'cron', schedule.cron, 'zone', schedule.zone,
               'starts_at', date_part('epoch', schedule.starts_at), 'command', schedule.command, 'handler', schedule.handler,
               'arguments', schedule.arguments::jsonb, 'label', schedule.label, 'options', schedule.options,
               'missed', schedule.missed, 'overlap', schedule.overlap));
END
$$;

COMMENT ON FUNCTION pgdispatch.definition_of(pgdispatch.schedule) IS
'Part of pgdispatch.put_schedule. Returns what somebody has said about a schedule, without what has become of it, to be compared.';


CREATE OR REPLACE FUNCTION pgdispatch.next_in_grid(origin timestamptz, every interval, moment timestamptz) RETURNS timestamptz
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    due timestamptz := origin + every * greatest(trunc(date_part('epoch', moment - origin) / date_part('epoch', every)), 0);
BEGIN
    WHILE due <= moment LOOP
        due := due + every;
    END LOOP;
    RETURN due;
END
$$;

COMMENT ON FUNCTION pgdispatch.next_in_grid(timestamptz, interval, timestamptz) IS
'Part of schedules with an interval. Returns the first of the due times origin, origin + every, and so on, that comes after the moment.
NULL if every is NULL.';


CREATE OR REPLACE FUNCTION pgdispatch.has_tick(schedule pgdispatch.schedule) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- A schedule without any further due time, and one that is paused, need no tick.
    RETURN schedule.paused OR coalesce(schedule.next_at = 'infinity', false) OR pgdispatch.is_unfinished(schedule.role, schedule.tick);
END
$$;

COMMENT ON FUNCTION pgdispatch.has_tick(pgdispatch.schedule) IS
'Part of pgdispatch.put_schedule. Returns whether a schedule has the tick that it needs.';


CREATE OR REPLACE FUNCTION pgdispatch.is_unfinished(owner regrole, job_id bigint) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
BEGIN
    RETURN EXISTS (SELECT FROM pgdispatch.managed_job AS m WHERE m.role = owner AND m.id = job_id AND NOT m.failed);
END
$$;

COMMENT ON FUNCTION pgdispatch.is_unfinished(regrole, bigint) IS
'Part of schedules. Returns whether a managed job waits or runs. false if the id is NULL.';


CREATE OR REPLACE FUNCTION pgdispatch.give_tick(schedule pgdispatch.schedule) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    owner constant regrole     := schedule.role;
    due   constant timestamptz := coalesce(schedule.next_at, now());
    new_tick constant bigint   := nextval('pgdispatch.job_id_seq');
    handler constant text      := CASE WHEN schedule.every IS NULL THEN 'pgdispatch.schedule' END;
BEGIN
    INSERT INTO pgdispatch.managed_job (role, id, handler, due_at, place, rank, max_attempts, max_back_off, snoozed)
    VALUES (owner, new_tick, handler, due, due, due, 32767, '30 seconds', CASE WHEN due > now() THEN true END);
    UPDATE pgdispatch.schedule AS s SET tick = new_tick WHERE s.role = owner AND s.name = schedule.name;
    IF handler IS NULL THEN
        INSERT INTO pgdispatch.job (role, due_at, id, command, managed, label) OVERRIDING SYSTEM VALUE
        VALUES (owner, due, new_tick, format('SELECT pgdispatch.tick(%L, %s)', schedule.name, new_tick), true, 'pgdispatch.schedule');
        PERFORM pgdispatch.wake_drivers(owner, due < now() + '1 second'::interval);
    ELSE
        INSERT INTO pgdispatch.handler_job (role, handler, due_at, id, arguments, managed)
        VALUES (owner, handler, due, new_tick, json_build_object('schedule', schedule.name, 'tick', new_tick), true);
        PERFORM pgdispatch.wake_nodes(owner);
    END IF;
    RETURN new_tick;
END
$$;

COMMENT ON FUNCTION pgdispatch.give_tick(pgdispatch.schedule) IS
'Part of schedules. Dispatches the next tick of a schedule, whose row is locked, and makes it the one that counts. Its due time is
next_at; if that is NULL, the tick is due at once and only finds out next_at.';


CREATE OR REPLACE FUNCTION pgdispatch.remove_tick(schedule pgdispatch.schedule) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    job pgdispatch.managed_job;
BEGIN
    SELECT m.* INTO job FROM pgdispatch.managed_job AS m WHERE m.role = schedule.role AND m.id = schedule.tick AND NOT m.failed;
    -- A tick that somebody else has locked is about to run, and finds out that it counts no more.
    IF FOUND AND job.handler IS NULL THEN
        PERFORM FROM pgdispatch.job AS j WHERE j.role = job.role AND j.due_at = job.place AND j.id = job.id FOR UPDATE SKIP LOCKED;
        IF FOUND THEN
            DELETE FROM pgdispatch.job AS j WHERE j.role = job.role AND j.due_at = job.place AND j.id = job.id;
            DELETE FROM pgdispatch.managed_job AS m WHERE m.role = job.role AND m.id = job.id;
        END IF;
    ELSIF FOUND THEN
        PERFORM FROM pgdispatch.handler_job AS j
          WHERE j.role = job.role AND j.handler = job.handler AND j.due_at = job.place AND j.id = job.id AND j.claimed_by IS NULL FOR UPDATE SKIP LOCKED;
        IF FOUND THEN
            DELETE FROM pgdispatch.handler_job AS j WHERE j.role = job.role AND j.handler = job.handler AND j.due_at = job.place AND j.id = job.id;
            DELETE FROM pgdispatch.managed_job AS m WHERE m.role = job.role AND m.id = job.id;
        END IF;
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.remove_tick(pgdispatch.schedule) IS
'Part of schedules. Deletes the tick of a schedule, whose row is locked, unless the tick is about to run.';


CREATE OR REPLACE FUNCTION pgdispatch.tick(schedule_name text, tick_id bigint) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '500 ms'
AS $$
DECLARE
    max_jobs constant integer := 100;   -- More than that in one transaction would keep other jobs waiting.
    schedule pgdispatch.schedule;
    moment   timestamptz;
    due_times integer;
    last_due timestamptz;
BEGIN
    schedule := pgdispatch.lock_for_tick(schedule_name, tick_id);
    moment := clock_timestamp();
    IF schedule.name IS NULL THEN
        RETURN;
    ELSIF schedule.next_at > moment THEN   -- Somebody has made the tick due early.
        PERFORM pgdispatch.run_due_times(schedule, '{}', 0, schedule.next_at);
        RETURN;
    END IF;
    last_due := pgdispatch.next_in_grid(schedule.next_at, schedule.every, moment) - schedule.every;
    due_times := round(date_part('epoch', last_due - schedule.next_at) / date_part('epoch', schedule.every)) + 1;
    IF schedule.missed = 'all' THEN
        due_times := least(due_times, max_jobs);
        PERFORM pgdispatch.run_due_times(schedule, ARRAY(SELECT schedule.next_at + schedule.every * i FROM generate_series(0, due_times - 1) AS i (i)),
                    due_times, schedule.next_at + schedule.every * due_times);
    ELSE
        PERFORM pgdispatch.run_due_times(schedule, ARRAY[last_due], due_times, last_due + schedule.every);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.tick(text, bigint) IS
'What the tick of a schedule with an interval runs. Dispatches the job of the due time and the next tick. Does nothing if the schedule has
another tick by now, is paused or is removed.
Errors: 55P03 if a transaction that has changed the schedule is still open after half a second.';


CREATE OR REPLACE FUNCTION pgdispatch.advance_schedule(
    schedule_name text, tick_id bigint, due_times timestamptz[], due_count bigint, next_due timestamptz)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '500 ms'
AS $$
DECLARE
    schedule pgdispatch.schedule;
BEGIN
    schedule := pgdispatch.lock_for_tick(schedule_name, tick_id);
    IF schedule.name IS NOT NULL THEN
        PERFORM pgdispatch.run_due_times(schedule, due_times, due_count, coalesce(next_due, 'infinity'));
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.advance_schedule(text, bigint, timestamptz[], bigint, timestamptz) IS
'For nodes, which run the ticks of schedules with a cron expression. Does what pgdispatch.tick does, with due times that the node has computed.
due_times: those that may get a job: with missed ''all'' the next ones, otherwise the last one that has passed. due_count: number of all due
times that this tick is for. next_due: the due time that follows; NULL: there is none.
Errors: those of pgdispatch.tick.';


CREATE OR REPLACE FUNCTION pgdispatch.lock_for_tick(schedule_name text, tick_id bigint) RETURNS pgdispatch.schedule
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    schedule pgdispatch.schedule;
BEGIN
    SELECT s.*
      INTO schedule
      FROM pgdispatch.schedule AS s
     WHERE s.role = quote_ident(CURRENT_USER)::regrole AND s.name = schedule_name AND s.tick = tick_id AND NOT s.paused
       FOR UPDATE;
    RETURN schedule;
END
$$;

COMMENT ON FUNCTION pgdispatch.lock_for_tick(text, bigint) IS
'Part of pgdispatch.tick and pgdispatch.advance_schedule. Locks a schedule and returns it, or NULL if this tick does not count any more.';


CREATE OR REPLACE FUNCTION pgdispatch.run_due_times(schedule pgdispatch.schedule, due_times timestamptz[], due_count bigint, next_due timestamptz) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tolerance constant interval := '1 minute';
    due    timestamptz;
    job_id bigint;
    dispatched integer := 0;
    reason text := CASE WHEN due_count > cardinality(due_times) THEN 'missed' END;
    code   text;
    error  text;
BEGIN
    FOREACH due IN ARRAY due_times LOOP
        IF schedule.missed = 'skip' AND clock_timestamp() > due + tolerance THEN
            reason := 'missed';
        ELSIF pgdispatch.must_not_overlap(schedule) AND pgdispatch.is_unfinished(schedule.role, coalesce(job_id, schedule.last_job)) THEN
            reason := 'running';
        ELSE
            BEGIN
                job_id := pgdispatch.dispatch_run(schedule, due);
                dispatched := dispatched + 1;
                schedule.last_at := due;
            EXCEPTION
                WHEN OTHERS THEN
                    code := SQLSTATE;
                    error := SQLERRM;
                    IF pgdispatch.is_outage(code) OR left(code, 2) IN ('40', '53', '55', '57') THEN
                        RAISE;   -- This says nothing about the schedule. The tick is run again.
                    END IF;
                    reason := 'refused';
                    RAISE WARNING 'pgdispatch: the schedule % got no job for %: % (SQLSTATE %)', quote_ident(schedule.name), due, left(error, 1000), code;
            END;
        END IF;
    END LOOP;
    UPDATE pgdispatch.schedule AS s
       SET next_at = next_due,
           tick = NULL,
           last_at = schedule.last_at,
           last_job = coalesce(job_id, s.last_job),
           runs = s.runs + dispatched,
           skipped = s.skipped + due_count - dispatched,
           skip_reason = CASE WHEN due_count > dispatched THEN reason ELSE s.skip_reason END,
           sqlstate = CASE WHEN due_count = 0 THEN s.sqlstate ELSE code END,
           message = CASE WHEN due_count = 0 THEN s.message ELSE left(error, 1000) END
     WHERE s.role = schedule.role AND s.name = schedule.name
    RETURNING s.* INTO schedule;
    IF next_due < 'infinity' THEN
        PERFORM pgdispatch.give_tick(schedule);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.run_due_times(pgdispatch.schedule, timestamptz[], bigint, timestamptz) IS
'Part of pgdispatch.tick and pgdispatch.advance_schedule. Dispatches the jobs of those due times that are not left out, and the next tick, which
is due at next_due.';


CREATE OR REPLACE FUNCTION pgdispatch.must_not_overlap(schedule pgdispatch.schedule) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT NOT schedule.overlap AND schedule.missed OPERATOR(pg_catalog.<>) 'all' $$;

COMMENT ON FUNCTION pgdispatch.must_not_overlap(pgdispatch.schedule) IS
'Part of schedules. Returns whether a due time is left out while the job of an earlier one waits or runs.';


CREATE OR REPLACE FUNCTION pgdispatch.dispatch_run(schedule pgdispatch.schedule, due timestamptz) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    job    pgdispatch.managed_job := jsonb_populate_record(NULL::pgdispatch.managed_job, schedule.options);
    job_id bigint;
BEGIN
    IF schedule.missed = 'all' AND NOT schedule.overlap AND job.ordering_key IS NULL THEN
        job.ordering_key := 'schedule ' || schedule.name;
        job.on_failure := 'pass';
    END IF;
    -- The job is a managed one, whatever its options are, so that it is found by its id.
    job_id := pgdispatch.dispatch_managed(schedule.handler, schedule.command, schedule.arguments, '0',
                  json_build_object('schedule', schedule.name,
                      'schedule-due-at', to_char(due AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')),
                  job.max_attempts, job.back_off, job.back_off_multiplier, job.max_back_off, job.time_limit, NULL, NULL, NULL,
                  job.ordering_key, job.on_failure, job.queue, job.priority, NULL, NULL, coalesce(job.transactional, true),
                  CASE WHEN schedule.handler IS NULL THEN coalesce(schedule.label, schedule.name) END, job.fair_key);
    IF schedule.handler IS NULL THEN
        PERFORM pgdispatch.wake_drivers(schedule.role, true);
    ELSE
        PERFORM pgdispatch.wake_nodes(schedule.role);
    END IF;
    RETURN job_id;
END
$$;

COMMENT ON FUNCTION pgdispatch.dispatch_run(pgdispatch.schedule, timestamptz) IS
'Part of schedules. Dispatches a job of a schedule for a due time, which the job has in its header schedule-due-at, and returns its id.';


CREATE OR REPLACE FUNCTION pgdispatch.lock_schedule(schedule_name text) RETURNS pgdispatch.schedule
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    schedule pgdispatch.schedule;
BEGIN
    SELECT s.* INTO schedule FROM pgdispatch.schedule AS s WHERE s.role = quote_ident(CURRENT_USER)::regrole AND s.name = schedule_name FOR UPDATE;
    IF NOT FOUND THEN
        RAISE undefined_object USING
            MESSAGE = format('pgdispatch: there is no schedule %s', coalesce(quote_ident(schedule_name), 'NULL')),
            HINT = 'SELECT name FROM pgdispatch.schedules() lists the schedules of the current role.';
    END IF;
    RETURN schedule;
END
$$;

COMMENT ON FUNCTION pgdispatch.lock_schedule(text) IS
'Part of what changes a schedule. Locks a schedule of the current role and returns it. Fails with SQLSTATE 42704 if there is none.';


CREATE OR REPLACE FUNCTION pgdispatch.run_schedule(name text) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    schedule pgdispatch.schedule := pgdispatch.lock_schedule(name);
    job_id   bigint;
BEGIN
    IF pgdispatch.must_not_overlap(schedule) AND pgdispatch.is_unfinished(schedule.role, schedule.last_job) THEN
        RETURN NULL;
    END IF;
    job_id := pgdispatch.dispatch_run(schedule, now());
    UPDATE pgdispatch.schedule AS s SET last_at = now(), last_job = job_id, runs = s.runs + 1 WHERE s.role = schedule.role AND s.name = schedule.name;
    RETURN job_id;
END
$$;

COMMENT ON FUNCTION pgdispatch.run_schedule(text) IS
'Runs a schedule of the current role once more, after the commit of this transaction and beside its due times, also while it is paused.
Returns the id of the job. Returns NULL, and runs nothing, if the last job of the schedule still waits or runs and its jobs must not overlap.
Errors: 42704 if there is no such schedule; those of pgdispatch.dispatch.
Example: SELECT pgdispatch.run_schedule(''refresh totals'')';


CREATE OR REPLACE FUNCTION pgdispatch.pause_schedule(name text) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    schedule pgdispatch.schedule := pgdispatch.lock_schedule(name);
BEGIN
    IF schedule.paused THEN
        RETURN false;
    END IF;
    UPDATE pgdispatch.schedule AS s SET paused = true, tick = NULL WHERE s.role = schedule.role AND s.name = schedule.name;
    PERFORM pgdispatch.remove_tick(schedule);
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.pause_schedule(text) IS
'Pauses a schedule of the current role: once this transaction has committed, no due time gets a job until pgdispatch.resume_schedule is
called. Jobs that were dispatched before run. Returns false if the schedule was paused already.
Errors: 42704 if there is no such schedule.
Example: SELECT pgdispatch.pause_schedule(''refresh totals'')';


CREATE OR REPLACE FUNCTION pgdispatch.resume_schedule(name text) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    schedule pgdispatch.schedule := pgdispatch.lock_schedule(name);
BEGIN
    IF NOT schedule.paused THEN
        RETURN false;
    END IF;
    UPDATE pgdispatch.schedule AS s
       SET paused = false, next_at = pgdispatch.next_in_grid(schedule.next_at, schedule.every, now())
     WHERE s.role = schedule.role AND s.name = schedule.name
    RETURNING s.* INTO schedule;
    PERFORM pgdispatch.give_tick(schedule);
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.resume_schedule(text) IS
'Ends the pause of a schedule of the current role. Due times that have passed meanwhile are left out, whatever the schedule says about missed
ones. Returns false if the schedule was not paused.
Errors: 42704 if there is no such schedule.
Example: SELECT pgdispatch.resume_schedule(''refresh totals'')';


CREATE OR REPLACE FUNCTION pgdispatch.unschedule(name text) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    schedule pgdispatch.schedule;
BEGIN
    DELETE FROM pgdispatch.schedule AS s WHERE s.role = quote_ident(CURRENT_USER)::regrole AND s.name = unschedule.name RETURNING s.* INTO schedule;
    IF FOUND THEN
        PERFORM pgdispatch.remove_tick(schedule);
        RETURN true;
    END IF;
    RETURN false;
END
$$;

COMMENT ON FUNCTION pgdispatch.unschedule(text) IS
'Removes a schedule of the current role when this transaction commits. Jobs that were dispatched before run. Returns false if there is no such
schedule. An application whose annotation still declares the schedule creates it again at its next start.
Example: SELECT pgdispatch.unschedule(''refresh totals'')';


CREATE OR REPLACE FUNCTION pgdispatch.schedules(
    OUT name text, OUT state text, OUT every interval, OUT cron text, OUT zone text, OUT next_at timestamptz, OUT last_at timestamptz,
    OUT last_job bigint, OUT running boolean, OUT runs bigint, OUT skipped bigint, OUT skip_reason text, OUT missed text, OUT overlap boolean,
    OUT handler text, OUT command text, OUT declared boolean, OUT sqlstate text, OUT message text)
RETURNS SETOF record
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT s.name, pgdispatch.state_of_schedule(s, clock_timestamp()), s.every, s.cron, s.zone,
               CASE WHEN NOT s.paused THEN nullif(s.next_at, 'infinity') END, s.last_at, s.last_job,
               pgdispatch.is_unfinished(s.role, s.last_job), s.runs, s.skipped, s.skip_reason, s.missed, s.overlap, s.handler, s.command,
               s.declared IS NOT NULL, s.sqlstate, s.message
          FROM pgdispatch.schedule AS s
         WHERE s.role = quote_ident(CURRENT_USER)::regrole
         ORDER BY s.name;
END
$$;

COMMENT ON FUNCTION pgdispatch.schedules() IS
'Lists the schedules of the current role by their names. state: active; paused; overdue (the next due time has passed for more than a
minute, so that no worker or node seems to be there); ended (its cron expression has no further due time).
next_at: the next due time; NULL while the schedule is paused, has ended, or a node has yet to compute it. last_at and last_job: the due
time and the id of the last job. running: that job waits or runs. runs: number of jobs so far. skipped: number of due times without a
job; skip_reason says why the last one had none: missed, running (the job of an earlier one), or refused, with the error in sqlstate and message.
declared: whether an annotation of an application declares the schedule, or did so.
Example: SELECT name, state, next_at, running FROM pgdispatch.schedules()';


CREATE OR REPLACE FUNCTION pgdispatch.state_of_schedule(schedule pgdispatch.schedule, moment timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN schedule.paused THEN 'paused'
                WHEN schedule.next_at = 'infinity' THEN 'ended'
                WHEN schedule.next_at < moment - '1 minute'::interval THEN 'overdue'
                ELSE 'active'
           END
$$;

COMMENT ON FUNCTION pgdispatch.state_of_schedule(pgdispatch.schedule, timestamptz) IS
'Part of pgdispatch.schedules and pgdispatch.status. Returns the state of a schedule at a moment.';


CREATE OR REPLACE FUNCTION pgdispatch.repair_schedules() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    schedule pgdispatch.schedule;
BEGIN
    FOR schedule IN
        SELECT s.* FROM pgdispatch.schedule AS s
         WHERE s.role = quote_ident(CURRENT_USER)::regrole AND NOT pgdispatch.has_tick(s)
           FOR UPDATE SKIP LOCKED
    LOOP
        RAISE WARNING 'pgdispatch: the schedule % had lost its tick, and gets a new one', quote_ident(schedule.name);
        PERFORM pgdispatch.give_tick(schedule);
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.repair_schedules() IS
'Part of pgdispatch.purge_expired. Gives those schedules of the current role a new tick whose tick was cancelled or has failed for good.';
