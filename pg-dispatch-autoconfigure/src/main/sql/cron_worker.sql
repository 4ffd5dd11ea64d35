CREATE OR REPLACE PROCEDURE pgdispatch.cron_work(worker_id bigint DEFAULT NULL)
LANGUAGE plpgsql
AS $$
DECLARE
    slice         constant interval    := '50 ms';
    look_ahead    constant interval    := '2500 ms';   -- Not worth another session.
    a_turn_takes  constant interval    := '100 ms';
    patience      constant interval    := '2 seconds';
    grace         constant interval    := '1 second';  -- The application's.
    me            constant regrole     := pg_catalog.quote_ident(CURRENT_USER)::regrole;
    started_at    constant timestamptz := pg_catalog.clock_timestamp();
    session_limit constant interval    := nullif(pg_catalog.current_setting('statement_timeout'), '0')::interval;
    stays         boolean;
    lost          boolean;
    guards        boolean;
    guarded_at    timestamptz := pg_catalog.clock_timestamp();
    linger        interval;
    attending     boolean     := false;
    waiting       integer;
    waiting_since timestamptz;
    oldest        timestamptz;
    attended      boolean;
    other_seen_at timestamptz := '-infinity';
    has_the_turn  boolean     := false;
    joined        boolean     := false;
    idle_since    timestamptz := pg_catalog.clock_timestamp();
    checked_at    timestamptz := '-infinity';
    idle_for      interval;
    due_in        interval;
    moment        timestamptz;
    prefetch          integer     := 1;
    after_due_at  timestamptz := '-infinity';
    after_id      bigint      := 0;
    completed     bigint      := 0;
    failed        bigint      := 0;
    before        bigint;
    drained       boolean;
    non_transactional       boolean     := false;
BEGIN
    COMMIT;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    SET client_min_messages = error;   -- pg_cron keeps what it is told, in an UPDATE each.
    SELECT e.stays, e.lost, e.linger, e.guards INTO stays, lost, linger, guards FROM pgdispatch.cron_begin_run(worker_id) AS e;
    COMMIT;
    IF NOT stays THEN
        RETURN;
    END IF;
    IF lost THEN
        prefetch := -49;
    END IF;

    LOOP
        SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
        moment := pg_catalog.clock_timestamp();

        -- pg_cron has no part in it, but the role's own limit is for the whole CALL, and whatever is running then would pay for it.
        IF moment > started_at + session_limit / 4 THEN
            EXIT WHEN worker_id IS NULL OR pgdispatch.cron_end_run(worker_id, attending, false, true);
        END IF;

        IF guards THEN
            IF pgdispatch.cron_run_non_transactional() OR pgdispatch.enforce_time_limits() IS NOT NULL THEN
                guarded_at := moment;
            ELSIF moment > guarded_at + patience THEN
                guards := NOT pgdispatch.cron_stop_guarding(worker_id);
                idle_since := moment;
            END IF;
            COMMIT;
            PERFORM pg_catalog.pg_sleep(0.05);
            COMMIT;
            CONTINUE;
        END IF;

        -- One worker drains quick jobs faster than two that get in each other's way.
        IF prefetch > 1 AND NOT joined AND EXISTS (SELECT
                                                 FROM pgdispatch.running_batches() AS b
                                                WHERE coalesce(b.worker_id < cron_work.worker_id, true)) THEN
            prefetch := 1;
        END IF;
        IF prefetch > 1 THEN
            waiting := 1;
        ELSE
            SELECT pg_catalog.cardinality(c.jobs), (c.jobs[1]).due_at
              INTO waiting, oldest
              FROM (SELECT pgdispatch.claim_jobs(moment, '-infinity', 0, pgdispatch.cron_max_workers(me) + 1) AS jobs) AS c;
            ROLLBACK;   -- It was only to see: others may have them.
            SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
            IF NOT has_the_turn AND (pgdispatch.is_locked(pgdispatch.batch_lock(me))
                                     OR pgdispatch.is_locked_exclusively(pgdispatch.cron_turn_lock(me))) THEN
                other_seen_at := moment;
            END IF;
            IF waiting = 0 THEN
                waiting_since := NULL;
                joined := false;
            ELSE
                waiting_since := coalesce(waiting_since, moment);
                -- The application takes it, or another one of us does. But if that takes long, it is for us.
                attended := pgdispatch.has_application(me);
                IF attended AND moment < greatest(waiting_since, oldest) + grace THEN
                    waiting := 0;   -- Nor a reason to linger.
                ELSIF moment < least(other_seen_at + a_turn_takes, waiting_since + patience / 2) THEN
                    waiting := 0;
                    idle_since := CASE WHEN attending THEN moment ELSE idle_since END;
                ELSIF worker_id IS NOT NULL THEN
                    joined := attended OR moment < other_seen_at + a_turn_takes;
                    PERFORM pgdispatch.cron_stop_looking(worker_id, attending);
                    COMMIT;
                END IF;
            END IF;
        END IF;

        IF waiting > 0 THEN
            before := completed + failed;
            drained := false;
            CALL pgdispatch.work(slice, prefetch, after_due_at, after_id, completed, failed, drained, due_in, non_transactional);
            COMMIT;
            attending := false;
            has_the_turn := false;
            IF completed + failed > before THEN
                idle_since := pg_catalog.clock_timestamp();
                waiting_since := CASE WHEN joined THEN waiting_since END;
            END IF;
            CONTINUE;
        END IF;

        idle_for := moment - idle_since;
        IF NOT attending THEN
            attending := pg_catalog.pg_try_advisory_lock(pgdispatch.cron_lookout_lock(me));
            CONTINUE WHEN attending;   -- What was committed before is seen by another look, and what comes after relies on us.
        END IF;
        IF NOT (attending OR has_the_turn) AND moment > other_seen_at + a_turn_takes THEN
            has_the_turn := pg_catalog.pg_try_advisory_lock(pgdispatch.cron_turn_lock(me));
        END IF;
        IF moment > checked_at + '200 ms'::interval THEN
            checked_at := moment;
            PERFORM pgdispatch.cancel_slow_batches();
            PERFORM pgdispatch.enforce_time_limits();
            IF worker_id IS NOT NULL AND pgdispatch.is_non_transactional_due() THEN
                PERFORM pgdispatch.cron_ensure_guard(me);
            END IF;
        END IF;
        due_in := pgdispatch.next_due_in(moment);
        IF idle_for >= (CASE WHEN attending THEN linger ELSE least(linger, '1 second'::interval) END)
           AND coalesce(due_in > look_ahead, true)
           AND NOT pgdispatch.is_locked(pgdispatch.batch_lock(me)) THEN
            EXIT WHEN worker_id IS NULL
                   OR pgdispatch.cron_end_run(worker_id, attending)
                   OR idle_for >= linger + patience AND pgdispatch.cron_end_run(worker_id, attending, false, true);
        END IF;
        COMMIT;
        PERFORM pg_catalog.pg_sleep(pg_catalog.date_part('epoch',
            least(greatest(idle_for / 50, '5 ms'::interval), '50 ms'::interval, greatest(due_in, '1 ms'::interval))));
        COMMIT;
    END LOOP;
END
$$;

COMMENT ON PROCEDURE pgdispatch.cron_work(bigint) IS
'What pg_cron calls, with the id that pgdispatch.dispatch has given it: runs the due jobs of the role that the session logged in as, lingers, and leaves. An administrator may have it called without an id, for a database in which pg_cron is not. Example, in the database where it is: SELECT cron.schedule_in_database(''pgdispatch shop app'', ''5 seconds'', ''CALL pgdispatch.cron_work()'', ''shop'', ''app'')';


CREATE OR REPLACE FUNCTION pgdispatch.cron_begin_run(worker_id bigint, OUT stays boolean, OUT lost boolean, OUT linger interval, OUT guards boolean)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me     constant regrole := quote_ident(CURRENT_USER)::regrole;
    myself pgdispatch.cron_worker;
    others integer;
BEGIN
    guards := false;
    linger := (pgdispatch.settings(me)).cron_linger;

    IF worker_id IS NULL THEN
        stays := true;
        lost := false;
        UPDATE pgdispatch.cron_worker AS w SET scheduled_at = clock_timestamp()
         WHERE w.role = me AND w.purpose = 'permanent';
        IF NOT FOUND THEN
            INSERT INTO pgdispatch.cron_worker (role, purpose) VALUES (me, 'permanent');
        END IF;
        RETURN;
    END IF;

    PERFORM pg_advisory_xact_lock(pgdispatch.cron_exit_lock(me));   -- Of many that come at once, each has to count the others.
    SELECT w.* INTO myself FROM pgdispatch.cron_worker AS w WHERE w.role = me AND w.id = worker_id FOR UPDATE;
    IF NOT FOUND OR myself.database_id <> pgdispatch.database_id() THEN   -- It came with a dump, with or without its row.
        PERFORM pgdispatch.cron_delete_runs(worker_id, 0);
        PERFORM pgdispatch.cron_unschedule(me, worker_id);
        stays := false;
        RETURN;
    ELSIF pgdispatch.is_alive(myself.pid, myself.backend_start) THEN
        PERFORM pgdispatch.cron_delete_runs(worker_id, myself.after_run);   -- pg_cron was restarted, but not the session, which goes on.
        stays := false;
        RETURN;
    END IF;

    lost := myself.pid IS NOT NULL;
    guards := myself.purpose = 'guard';
    UPDATE pgdispatch.cron_worker AS w
       SET runs = w.runs + 1,
           -- An alarm may have been scheduled long ago.
           after_run = CASE WHEN w.runs = 0 AND w.purpose <> 'work' THEN greatest(w.after_run, pgdispatch.cron_last_run() - 1000)
                            ELSE w.after_run
                       END,
           pid = a.pid,
           backend_start = a.backend_start
      FROM pg_stat_get_activity(pg_backend_pid()) AS a
     WHERE w.role = me
       AND w.id = worker_id;

    SELECT count(*)
      INTO others
      FROM pgdispatch.cron_worker AS w
     WHERE w.role = me
       AND w.id <> worker_id
       AND w.purpose <> 'guard'
       AND pgdispatch.is_alive(w.pid, w.backend_start);
    stays := guards
          OR others < pgdispatch.cron_max_workers(me)
          OR NOT pgdispatch.cron_end_run(worker_id, false, true);
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_begin_run(bigint) IS
'Part of pgdispatch.cron_work: begins a worker''s run. If it stays, lost tells that its last one did not end well, and guards that it is there to cancel jobs that take too long; otherwise it has left, and nothing may run after the commit.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_end_run(
    worker_id bigint, attending boolean, surplus boolean DEFAULT false, successor boolean DEFAULT false)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me     constant regrole := quote_ident(CURRENT_USER)::regrole;
    myself pgdispatch.cron_worker;
    others boolean;
    staff  record;
BEGIN
    -- Should the server lose this, the worker comes once more. To wait for the disk would keep the locks from those who dispatch.
    SET LOCAL synchronous_commit = off;

    PERFORM pg_advisory_xact_lock(pgdispatch.cron_exit_lock(me));
    SELECT w.* INTO myself FROM pgdispatch.cron_worker AS w WHERE w.role = me AND w.id = worker_id;
    PERFORM pgdispatch.cron_delete_runs(w.id, w.after_run),
            pgdispatch.cron_unschedule(me, w.id)
       FROM pgdispatch.cron_worker AS w
      WHERE w.role = me
        AND w.id <> worker_id
        AND w.purpose <> 'permanent'
        AND NOT pgdispatch.cron_is_sound(w.id, w.database_id)
        AND NOT pgdispatch.is_alive(w.pid, w.backend_start);
    others := EXISTS (SELECT
                        FROM pgdispatch.cron_worker AS w
                       WHERE w.role = me
                         AND w.id <> worker_id
                         AND (w.purpose = 'work' OR pgdispatch.is_alive(w.pid, w.backend_start)));

    -- Of several workers one may go as it likes if another is still to look. The last of these, and one that is relied upon, may not.
    IF NOT (surplus OR successor) THEN
        SELECT w.* INTO staff FROM pgdispatch.cron_count_workers(worker_id) AS w;
        IF (attending OR staff.pledged OR staff.others_to_look = 0)
           AND NOT pg_try_advisory_xact_lock(pgdispatch.cron_reliance_lock(me)) THEN
            RETURN false;
        ELSIF NOT others AND pgdispatch.count_due_jobs(clock_timestamp(), 1) > 0 THEN
            RETURN false;   -- Or an application runs it, and may yet fail.
        ELSIF others AND cardinality(pgdispatch.claim_jobs(clock_timestamp(), '-infinity', 0, 1)) > 0 THEN
            RETURN false;
        END IF;
    END IF;

    PERFORM pgdispatch.cron_delete_runs(worker_id, myself.after_run);
    PERFORM pgdispatch.cron_unschedule(me, worker_id);
    IF successor THEN
        IF pgdispatch.cron_promise_worker(me, pgdispatch.cron_max_workers(me),
               CASE WHEN pgdispatch.next_due_in(clock_timestamp()) < '6 seconds'::interval THEN '1 second' ELSE '5 seconds' END, true) <> 'given' THEN
            PERFORM pgdispatch.cron_schedule(me, 'work', NULL, '1 second', NULL);
        END IF;
    ELSIF NOT others THEN
        PERFORM pgdispatch.cron_schedule_alarms(me);
    END IF;

    IF attending THEN   -- Whoever finds the lock free from now on summons another; whoever does not has been waited for.
        PERFORM pg_advisory_unlock(pgdispatch.cron_lookout_lock(me));
    END IF;
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_end_run(bigint, boolean, boolean, boolean) IS
'Part of pgdispatch.cron_work: removes the worker with all traces if nobody relies on it and nothing is due; false if it has to stay. A surplus worker, beside as many as are allowed, leaves in any case, and so does one that leaves a successor. Nothing may run after the commit.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_stop_looking(worker_id bigint, attending boolean) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me     constant regrole := quote_ident(CURRENT_USER)::regrole;
    bound  constant integer := pgdispatch.cron_max_workers(me);
    staff  record;
    wanted integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(pgdispatch.cron_exit_lock(me));
    SELECT w.* INTO staff FROM pgdispatch.cron_count_workers(worker_id) AS w;

    IF (attending OR staff.pledged) AND staff.others_to_look = 0
       AND NOT pg_try_advisory_xact_lock(pgdispatch.cron_reliance_lock(me)) THEN
        wanted := 1;   -- Somebody relies on us whose job must not wait for the one that we are about to run.
    END IF;
    IF staff.pledged THEN
        UPDATE pgdispatch.cron_worker AS w SET promise = NULL WHERE w.role = me AND w.id = worker_id;
    END IF;

    -- Whoever is on the lookout takes one of the rest if that is still waiting in a moment, and calls for more then. If nobody
    -- is, we do: by a look after the lock, since those who relied on us until then have ended, and nobody else knows of their jobs.
    IF NOT pgdispatch.is_locked_exclusively(pgdispatch.cron_lookout_lock(me)) THEN
        wanted := greatest(wanted, cardinality(pgdispatch.claim_jobs(clock_timestamp(), '-infinity', 0, bound + 1)) - 1);
    END IF;
    FOR i IN 1 .. least(wanted - staff.others_to_look, bound - staff.present) LOOP
        IF pgdispatch.cron_promise_worker(me, bound, '1 second', true) <> 'given' THEN
            PERFORM pgdispatch.cron_schedule(me, 'work', NULL, '1 second', NULL);
        END IF;
    END LOOP;

    IF attending THEN
        PERFORM pg_advisory_unlock(pgdispatch.cron_lookout_lock(me));
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_stop_looking(bigint, boolean) IS
'Part of pgdispatch.cron_work, for a worker that is about to run a job, which may take long: it is no longer relied upon, and others come for the rest.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_count_workers(
    worker_id bigint, OUT pledged boolean, OUT present integer, OUT others_to_look integer)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    SELECT coalesce(bool_or(w.id = worker_id AND w.promise IS NOT NULL), false),
           count(*),
           count(w.promise) FILTER (WHERE w.id <> worker_id)
      INTO pledged, present, others_to_look
      FROM pgdispatch.cron_worker AS w
     WHERE w.role = me
       AND w.purpose = 'work'
       AND pgdispatch.cron_is_sound(w.id, w.database_id);
    IF pgdispatch.is_locked_exclusively(pgdispatch.cron_lookout_lock(me)) THEN
        others_to_look := others_to_look + 1;
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_count_workers(bigint) IS
'Part of pgdispatch.cron_work: whether the worker has promised to look at the queue, how many workers there are with it, and how many others are still to look: those that have promised to and the one on the lookout.';


CREATE OR REPLACE FUNCTION pgdispatch.running_batches(OUT pid integer, OUT worker_id bigint, OUT since timestamptz) RETURNS SETOF record
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me  constant regrole := quote_ident(CURRENT_USER)::regrole;
    key constant bigint  := pgdispatch.batch_lock(me);
BEGIN
    RETURN QUERY
        SELECT l.pid, w.id, a.xact_start
          FROM pg_locks AS l
         CROSS JOIN pg_stat_get_activity(l.pid) AS a
          LEFT JOIN pgdispatch.cron_worker AS w ON w.role = me AND w.pid = l.pid
         WHERE l.locktype = 'advisory'
           AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
           AND l.classid::bigint = key >> 32
           AND l.objid::bigint = key & 4294967295
           AND l.objsubid = 1
           AND l.granted
           AND l.pid <> pg_backend_pid();
END
$$;

COMMENT ON FUNCTION pgdispatch.running_batches() IS
'The other sessions of the current role that run several jobs in one transaction at the moment, since when, and which worker of pg_cron each is (NULL: an application''s).';


CREATE OR REPLACE FUNCTION pgdispatch.cancel_slow_batches() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    stuck record;
BEGIN
    FOR stuck IN SELECT b.* FROM pgdispatch.running_batches() AS b WHERE b.since < clock_timestamp() - '1 second'::interval LOOP
        -- A job that it runs alone by now must not be hit: that one takes this lock first.
        IF pg_try_advisory_lock(pgdispatch.batch_cancellation_lock(stuck.pid)) THEN
            PERFORM pg_cancel_backend(stuck.pid)
               FROM pg_stat_get_activity(stuck.pid) AS a
              WHERE a.xact_start = stuck.since;
            PERFORM pg_sleep(0.001);
            PERFORM pg_advisory_unlock(pgdispatch.batch_cancellation_lock(stuck.pid));
        END IF;
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.cancel_slow_batches() IS
'Part of pgdispatch.cron_work: cancels transactions of the role that run several jobs and have been taking a second, such that what has finished in them is committed, and what is slow is run alone.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_schedule_alarms(worker_role regrole) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    moment   constant timestamptz := clock_timestamp();
    due_in   constant interval    := CASE WHEN pgdispatch.is_non_transactional_due() THEN '0'::interval ELSE pgdispatch.next_due_in(moment) END;
    -- What falls due is run by the application if there is one, and by us if it fails.
    attended constant boolean     := pgdispatch.has_application(worker_role);
    spare    constant interval    := CASE WHEN attended THEN '10 seconds' ELSE '0' END;
    wanted   record;
    waiting  pgdispatch.cron_worker;
    purposes text[] := '{}';
BEGIN
    SELECT w.schedule, w.wakes_at INTO wanted FROM pgdispatch.cron_alarm(due_in + spare) AS w;
    FOR waiting IN SELECT w.* FROM pgdispatch.cron_worker AS w WHERE w.role = worker_role AND w.purpose IN ('alarm', 'reboot') LOOP
        IF pgdispatch.cron_is_sound(waiting.id, waiting.database_id)
           -- One that is just being started will settle it all once more; to take it from pg_cron in that moment leaves traces.
           AND (waiting.wakes_at BETWEEN moment - '3 seconds'::interval AND moment + '2 seconds'::interval
                OR due_in IS NOT NULL AND (waiting.purpose = 'reboot'
                                           OR waiting.wakes_at BETWEEN moment AND wanted.wakes_at + '500 ms'::interval
                                              -- It was for a job that the application has run. Not moved before it has to be.
                                              AND NOT (attended AND waiting.wakes_at < least(moment + '8 seconds'::interval,
                                                                                             wanted.wakes_at - '2 seconds'::interval)))) THEN
            purposes := purposes || waiting.purpose;
        ELSE
            PERFORM pgdispatch.cron_unschedule(worker_role, waiting.id);
        END IF;
    END LOOP;
    IF due_in IS NOT NULL THEN
        IF 'alarm' <> ALL (purposes) THEN
            PERFORM pgdispatch.cron_schedule(worker_role, 'alarm', NULL, wanted.schedule, wanted.wakes_at);
        END IF;
        IF 'reboot' <> ALL (purposes) THEN
            PERFORM pgdispatch.cron_schedule(worker_role, 'reboot', NULL, '@reboot', NULL);
        END IF;
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_schedule_alarms(regrole) IS
'Part of pgdispatch.cron_end_run: while jobs are snoozed, a worker is to come in time for the first of them, and one after each restart of the server, during which the first may have been missed. While none is, neither is to be there.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_alarm(wakes_in interval, OUT schedule text, OUT wakes_at timestamptz)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- pg_cron learns of a job within a second, and starts it within another of its time: so this is on time, or early.
    seconds  constant double precision := floor(date_part('epoch', wakes_in)) - 1;
    timezone text;
    minute   timestamptz;
BEGIN
    IF seconds < 130 THEN   -- A minute that has begun when pg_cron learns of it would be missed.
        schedule := greatest(least(seconds, 59), 1) || CASE WHEN seconds <= 1 THEN ' second' ELSE ' seconds' END;
        wakes_at := clock_timestamp() + greatest(least(seconds, 59), 1) * '1 second'::interval;
    ELSE
        timezone := (SELECT c.timezone FROM pgdispatch.cron_configuration() AS c);
        minute := date_trunc('minute', clock_timestamp() + seconds * '1 second'::interval);
        wakes_at := minute;
        IF timezone IS NULL THEN   -- Offsets are whole quarters of an hour.
            schedule := format('%s,%s,%s,%s * * * *',
                date_part('minute', minute)::integer % 15,      date_part('minute', minute)::integer % 15 + 15,
                date_part('minute', minute)::integer % 15 + 30, date_part('minute', minute)::integer % 15 + 45);
        ELSE
            schedule := to_char(minute AT TIME ZONE timezone, 'FMMI FMHH24 FMDD FMMM *');
        END IF;
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_alarm(interval) IS
'A schedule for pg_cron by which a worker comes shortly before so long from now, or earlier, and when that is.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_delete_runs(worker_id bigint, after_run bigint) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    me     constant regrole := quote_ident(CURRENT_USER)::regrole;
    before constant bigint  := least(after_run, pgdispatch.cron_last_run() - 1000);
BEGIN
    -- pg_cron never deletes any, so that the table may be huge; it has an index on runid alone.
    DELETE FROM cron.job_run_details AS d
     WHERE d.runid > before
       AND d.username = CURRENT_USER
       AND d.command LIKE 'CALL pgdispatch.cron_work(%'
       AND (d.command = pgdispatch.cron_command(worker_id)
            -- Of one that was killed while it left.
            OR d.status = 'failed' AND NOT EXISTS (SELECT
                                                     FROM pgdispatch.cron_worker AS w
                                                    WHERE w.role = me
                                                      AND d.command = pgdispatch.cron_command(w.id)));
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_delete_runs(bigint, bigint) IS
'Part of pgdispatch.cron_end_run: deletes the worker''s runs after the given one from cron.job_run_details, and failed ones of workers that are no longer there. To be committed at once: pg_cron waits for it.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_ensure_guard(worker_role regrole) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF to_regnamespace('cron') IS NULL OR pgdispatch.has_application(worker_role) OR pgdispatch.cron_problem() IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(pgdispatch.cron_exit_lock(worker_role));
    IF NOT EXISTS (SELECT
                     FROM pgdispatch.cron_worker AS w
                    WHERE w.role = worker_role
                      AND w.purpose = 'guard'
                      AND pgdispatch.cron_is_sound(w.id, w.database_id)) THEN
        PERFORM pgdispatch.cron_schedule(worker_role, 'guard', NULL, '1 second', NULL);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_ensure_guard(regrole) IS
'Part of pgdispatch.work: where no application is there that would cancel a job that takes too long, a worker of pg_cron comes for that.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_stop_guarding(worker_id bigint) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    PERFORM pg_advisory_xact_lock(pgdispatch.cron_exit_lock(me));
    -- By a look after the lock: whoever begins such a job from now on has another guard come.
    IF EXISTS (SELECT FROM pgdispatch.managed_job AS m WHERE m.role = me AND m.held_by = 'non_transactional' AND NOT pgdispatch.has_application(me))
       OR EXISTS (SELECT FROM pgdispatch.cron_worker AS w WHERE w.role = me AND w.purpose = 'non_transactional')
       OR EXISTS (SELECT FROM pgdispatch.managed_job AS m
                WHERE m.role = me AND m.started_at IS NOT NULL AND m.time_limit IS NOT NULL
                  -- One that has just been counted is about to run.
                  AND (pgdispatch.session_running(m.id) IS NOT NULL OR m.started_at > clock_timestamp() - '1 second'::interval)) THEN
        RETURN false;
    END IF;
    UPDATE pgdispatch.cron_worker AS w SET purpose = 'work' WHERE w.role = me AND w.id = worker_id;
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_stop_guarding(bigint) IS
'Part of pgdispatch.cron_work: makes a guard a worker like others; false if a job with a time limit runs.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_run_non_transactional() RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me       constant regrole := quote_ident(CURRENT_USER)::regrole;
    attended constant boolean := pgdispatch.has_application(me);
    timezone text;
    minute   timestamptz;
    job      pgdispatch.managed_job;
    worker   pgdispatch.cron_worker;
    run      record;
    busy     boolean := false;
BEGIN
    FOR worker IN SELECT w.* FROM pgdispatch.cron_worker AS w WHERE w.role = me AND w.purpose = 'non_transactional' LOOP
        SELECT r.* INTO run FROM pgdispatch.cron_run(worker.id, worker.after_run) AS r;
        SELECT m.* INTO job FROM pgdispatch.managed_job AS m WHERE m.role = me AND m.id = worker.job_id;
        IF job.id IS NULL OR run.status IN ('succeeded', 'failed') OR NOT pgdispatch.cron_is_sound(worker.id, worker.database_id) THEN
            -- What the message says of an error is all that there is.
            IF job.id IS NOT NULL AND run.status IN ('succeeded', 'failed') THEN
                PERFORM pgdispatch.end_non_transactional(job.id, job.attempts,
                    CASE WHEN run.status = 'failed' THEN CASE WHEN run.return_message LIKE '%canceling statement%' THEN '57014' ELSE 'XX000' END END,
                    run.return_message);
            END IF;
            DELETE FROM cron.job_run_details AS d
             USING cron.job AS j
             WHERE j.jobname = pgdispatch.cron_name(worker.id) AND j.username = CURRENT_USER
               AND d.jobid = j.jobid AND d.runid > worker.after_run;
            PERFORM pgdispatch.cron_unschedule(me, worker.id);
        ELSE
            busy := true;
        END IF;
    END LOOP;

    IF attended OR EXISTS (SELECT FROM pgdispatch.pause AS p WHERE p.role = me AND p.handler = '') THEN
        RETURN busy;
    END IF;
    FOR job IN
        SELECT m.* FROM pgdispatch.managed_job AS m WHERE m.role = me AND m.held_by = 'non_transactional' ORDER BY m.rank, m.id FOR UPDATE SKIP LOCKED
    LOOP
        busy := true;
        CONTINUE WHEN NOT pgdispatch.lock_non_transactional(job);
        job := pgdispatch.count_non_transactional(job);
        CONTINUE WHEN job.id IS NULL;
        -- Not each second, as a worker: it would be begun again before we can see that it has ended. A minute that has begun when
        -- pg_cron learns of it would be missed.
        timezone := (SELECT c.timezone FROM pgdispatch.cron_configuration() AS c);
        minute := date_trunc('minute', clock_timestamp() + '1 minute 3 seconds'::interval);
        INSERT INTO pgdispatch.cron_worker (role, purpose, after_run, job_id)
        VALUES (me, 'non_transactional', pgdispatch.cron_last_run(), job.id)
        RETURNING * INTO worker;
        PERFORM cron.schedule(pgdispatch.cron_name(worker.id),
                    CASE WHEN timezone IS NULL THEN '* * * * *' ELSE to_char(minute AT TIME ZONE timezone, 'FMMI FMHH24 FMDD FMMM *') END,
                    (SELECT j.command FROM pgdispatch.job AS j WHERE j.role = me AND j.due_at = job.place AND j.id = job.id));
    END LOOP;
    RETURN busy;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_run_non_transactional() IS
'Part of pgdispatch.cron_work: has pg_cron run the commands that are to be run outside of a transaction, where no application does, and ends those that have run. False: there are none.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_run(worker_id bigint, after_run bigint, OUT status text, OUT return_message text, OUT job_pid integer, OUT ended_at timestamptz)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    SELECT d.status, d.return_message, d.job_pid, d.end_time
      INTO status, return_message, job_pid, ended_at
      FROM cron.job AS j
      JOIN cron.job_run_details AS d ON d.jobid = j.jobid
     WHERE j.jobname = pgdispatch.cron_name(worker_id)
       AND j.username = CURRENT_USER
       AND d.runid > after_run
     ORDER BY d.runid
     LIMIT 1;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_run(bigint, bigint) IS
'The first run that pg_cron has made of a worker after the given one.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_session_running(job_id bigint) RETURNS integer
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me  constant regrole := quote_ident(CURRENT_USER)::regrole;
    run record;
BEGIN
    SELECT w.id, w.after_run
      INTO run
      FROM pgdispatch.cron_worker AS w
     WHERE w.role = me AND w.purpose = 'non_transactional' AND w.job_id = cron_session_running.job_id;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    RETURN (SELECT r.job_pid FROM pgdispatch.cron_run(run.id, run.after_run) AS r WHERE r.status = 'running');
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_session_running(bigint) IS
'The session in which pg_cron runs the command of the job outside of a transaction; NULL: none.';
