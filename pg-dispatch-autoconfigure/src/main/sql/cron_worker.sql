-- The workers of pg_cron: they run the jobs of a role where no application does.
--
-- cron_schedule.sql tells how a dispatch gets a worker, and why none leaves just when a dispatch relies on it. A worker drains the
-- queue with pgdispatch.work, waits for more jobs as long as the setting cron_linger says, and removes itself. Further:
--
--   * Workers that begin, leave or stop looking do so one at a time, under the exit lock, so that each sees what the last one did.
--   * The lookout is the idle worker that holds the lookout lock: it looks at the queue every few milliseconds. The worker that has the
--     turn lock is the next to run a job, so that the other idle workers need not stay for it.
--
-- Nothing may run after the commit of an unschedule, since pg_cron may end the session at any time.

CREATE OR REPLACE PROCEDURE pgdispatch.cron_work(worker_id bigint DEFAULT NULL)
LANGUAGE plpgsql
AS $$
DECLARE
    slice        constant interval    := '50 ms';
    a_turn_takes constant interval    := '100 ms';
    me           constant pg_catalog.regrole := pg_catalog.quote_ident(CURRENT_USER)::pg_catalog.regrole;
    -- A statement_timeout of the role holds for this CALL as a whole, and would hit the job that is running then.
    leaves_at    constant pg_catalog.timestamptz := CASE WHEN pg_catalog.current_setting('statement_timeout') OPERATOR(pg_catalog.=) '0' THEN 'infinity'
                     ELSE pg_catalog.clock_timestamp() OPERATOR(pg_catalog.+) (pg_catalog.current_setting('statement_timeout')::interval OPERATOR(pg_catalog./) 4)
                     END;
    stays         boolean;
    lost          boolean;
    guards        boolean;
    linger        interval;
    is_lookout    boolean     := false;
    has_turn      boolean     := false;
    joined        boolean     := false;   -- Runs jobs beside others, as these do not run them soon enough.
    runner        pg_catalog.text;
    oldest        pg_catalog.timestamptz;
    waiting_since pg_catalog.timestamptz;
    other_seen_at pg_catalog.timestamptz := '-infinity';
    idle_since    pg_catalog.timestamptz := pg_catalog.clock_timestamp();
    idle_for      interval;
    checked_at    pg_catalog.timestamptz := '-infinity';
    due_in        interval;
    moment        pg_catalog.timestamptz;
    prefetch      integer     := 1;
    after_due_at  pg_catalog.timestamptz := '-infinity';
    after_id      bigint      := 0;
    completed     bigint      := 0;
    failed        bigint      := 0;
    before        bigint;
    drained       boolean     := false;
    non_transactional boolean := false;
BEGIN
    COMMIT;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    SET client_min_messages = error;   -- pg_cron stores each message that it receives with an UPDATE.
    SELECT r.stays, r.lost, r.linger, r.guards INTO stays, lost, linger, guards FROM pgdispatch.cron_begin_run(worker_id) AS r;
    IF stays AND guards THEN
        CALL pgdispatch.cron_guard(worker_id, leaves_at, stays);
        idle_since := pg_catalog.clock_timestamp();
    END IF;
    IF NOT stays THEN
        RETURN;
    ELSIF lost THEN
        prefetch := -49;
    END IF;

    LOOP
        COMMIT;
        SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
        moment := pg_catalog.clock_timestamp();
        IF moment OPERATOR(pg_catalog.>) leaves_at THEN
            EXIT WHEN worker_id IS NULL OR pgdispatch.cron_end_run(worker_id, is_lookout, false, true);
        END IF;

        -- One worker drains quick jobs faster than two that get in each other's way.
        IF prefetch OPERATOR(pg_catalog.>) 1 AND NOT joined AND EXISTS (SELECT
                                                     FROM pgdispatch.running_chunks() AS b
                                                    WHERE coalesce(b.worker_id OPERATOR(pg_catalog.<) cron_work.worker_id, true)) THEN
            prefetch := 1;
        END IF;

        IF prefetch OPERATOR(pg_catalog.>) 1 THEN
            runner := 'this worker';
        ELSE
            SELECT (c.jobs[1]).due_at INTO oldest FROM (SELECT pgdispatch.claim_jobs(moment, '-infinity', 0, 1) AS jobs) AS c;
            ROLLBACK;   -- The claim was only a look: another session may run the job.
            SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
            IF NOT has_turn AND (pgdispatch.is_held_by_role(pgdispatch.chunk_lock(me))
                                 OR pgdispatch.is_locked_exclusively(pgdispatch.cron_turn_lock(me))) THEN
                other_seen_at := moment;
            END IF;
            waiting_since := CASE WHEN oldest IS NOT NULL THEN coalesce(waiting_since, moment) END;
            joined := joined AND oldest IS NOT NULL;
            runner := pgdispatch.cron_runner(me, moment, oldest, waiting_since, other_seen_at OPERATOR(pg_catalog.+) a_turn_takes);
            IF runner OPERATOR(pg_catalog.=) 'other worker' AND is_lookout THEN
                idle_since := moment;
            ELSIF runner OPERATOR(pg_catalog.=) 'this worker' AND worker_id IS NOT NULL THEN
                joined := moment OPERATOR(pg_catalog.<) (other_seen_at OPERATOR(pg_catalog.+) a_turn_takes) OR pgdispatch.has_application(me);
                PERFORM pgdispatch.cron_stop_looking(worker_id, is_lookout);
                COMMIT;
            END IF;
        END IF;

        IF runner OPERATOR(pg_catalog.=) 'this worker' THEN
            before := completed OPERATOR(pg_catalog.+) failed;
            CALL pgdispatch.work(slice, prefetch, after_due_at, after_id, completed, failed, drained, due_in, non_transactional);
            is_lookout := false;   -- It has released all locks of the session.
            has_turn := false;
            IF (completed OPERATOR(pg_catalog.+) failed) OPERATOR(pg_catalog.>) before THEN
                idle_since := pg_catalog.clock_timestamp();
                waiting_since := CASE WHEN joined THEN waiting_since END;
            END IF;
            CONTINUE;
        END IF;

        IF NOT is_lookout THEN
            is_lookout := pg_catalog.pg_try_advisory_lock(pgdispatch.cron_lookout_lock(me));
            CONTINUE WHEN is_lookout;   -- Jobs committed before are seen by another look, and later transactions rely on this worker.
        END IF;
        IF NOT (is_lookout OR has_turn) AND moment OPERATOR(pg_catalog.>) (other_seen_at OPERATOR(pg_catalog.+) a_turn_takes) THEN
            has_turn := pg_catalog.pg_try_advisory_lock(pgdispatch.cron_turn_lock(me));
        END IF;
        IF moment OPERATOR(pg_catalog.>) (checked_at OPERATOR(pg_catalog.+) '200 ms'::interval) THEN
            checked_at := moment;
            PERFORM pgdispatch.cron_watch_running_jobs(worker_id);
        END IF;
        idle_for := moment OPERATOR(pg_catalog.-) idle_since;
        due_in := pgdispatch.next_due_in(moment);
        EXIT WHEN pgdispatch.cron_leave_if_idle(worker_id, is_lookout, idle_for, linger, due_in);
        COMMIT;
        PERFORM pg_catalog.pg_sleep(pg_catalog.date_part('epoch',
            least(greatest(idle_for OPERATOR(pg_catalog./) 50, '5 ms'::interval), '50 ms'::interval, greatest(due_in, '1 ms'::interval))));
    END LOOP;
END
$$;

COMMENT ON PROCEDURE pgdispatch.cron_work(bigint) IS
'Runs the due jobs of the role that the session logged in as, waits for more as long as the setting cron_linger says, and
leaves. pg_cron calls it with the id of the worker that a dispatch has scheduled. An administrator may have it called
without an id, for a database that has no pg_cron.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_runner(
    worker_role regrole, moment timestamptz, oldest timestamptz, waiting_since timestamptz, other_awaited_until timestamptz)
RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN CASE
        WHEN oldest IS NULL THEN 'nobody'
        WHEN moment < greatest(waiting_since, oldest) + '1 second'::interval AND pgdispatch.has_application(worker_role) THEN 'application'
        WHEN moment < least(other_awaited_until, waiting_since + '1 second'::interval) THEN 'other worker'
        ELSE 'this worker'
    END;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_runner(regrole, timestamptz, timestamptz, timestamptz, timestamptz) IS
'Part of pgdispatch.cron_work. Returns who is to run the oldest waiting job (NULL: none waits): the application, if one is
connected, for a second; another worker that runs jobs or has the turn, for a second; then this worker.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_watch_running_jobs(worker_id bigint) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pgdispatch.cancel_slow_chunks();
    PERFORM pgdispatch.enforce_time_limits();
    IF worker_id IS NOT NULL AND pgdispatch.is_non_transactional_due() THEN
        PERFORM pgdispatch.cron_ensure_guard(quote_ident(CURRENT_USER)::regrole);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_watch_running_jobs(bigint) IS
'Part of pgdispatch.cron_work. Cancels what takes too long in other sessions of the role, and schedules a guard if a
non-transactional job waits.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_leave_if_idle(
    worker_id bigint, is_lookout boolean, idle_for interval, linger interval, due_in interval)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF idle_for < (CASE WHEN is_lookout THEN linger ELSE least(linger, '1 second'::interval) END)
       OR due_in <= '2500 ms'::interval   -- It is not worth another session.
       OR pgdispatch.is_held_by_role(pgdispatch.chunk_lock(quote_ident(CURRENT_USER)::regrole)) THEN
        RETURN false;
    END IF;
    PERFORM pgdispatch.purge_expired();   -- Where no application polls the queue, nobody else does.
    RETURN worker_id IS NULL
        OR pgdispatch.cron_end_run(worker_id, is_lookout)
        OR idle_for >= linger + '2 seconds'::interval AND pgdispatch.cron_end_run(worker_id, is_lookout, false, true);
EXCEPTION
    WHEN OTHERS THEN
        -- A worker that cannot remove itself, for example because privileges were revoked, would be started again each second, and pg_cron
        -- would record each run. It stays instead, and tries again.
        PERFORM pg_sleep(1);
        RETURN false;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_leave_if_idle(bigint, boolean, interval, interval, interval) IS
'Part of pgdispatch.cron_work. Returns whether the worker was idle for long enough and has left, with a successor if
transactions have relied on it for two more seconds.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_begin_run(worker_id bigint, OUT stays boolean, OUT lost boolean, OUT linger interval, OUT guards boolean)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me     constant regrole := quote_ident(CURRENT_USER)::regrole;
    worker pgdispatch.cron_worker;
    others integer;
BEGIN
    stays := true;
    lost := false;
    guards := false;
    linger := (pgdispatch.settings(me)).cron_linger;
    IF worker_id IS NULL THEN
        PERFORM pgdispatch.cron_note_permanent_worker(me);
        RETURN;
    END IF;

    PERFORM pgdispatch.lock_cron_exit(me);   -- Of many that begin at once, each has to count the others.
    SELECT w.* INTO worker FROM pgdispatch.cron_worker AS w WHERE w.role = me AND w.id = worker_id FOR UPDATE;
    IF NOT FOUND OR worker.database_id <> pgdispatch.database_id() THEN   -- It came with a dump, with or without its row.
        PERFORM pgdispatch.cron_remove(me, worker_id, 0);
        stays := false;
        RETURN;
    ELSIF pgdispatch.is_alive(worker.pid, worker.backend_start) THEN
        PERFORM pgdispatch.cron_delete_runs(worker_id, worker.after_run);   -- pg_cron was restarted, but its session has gone on.
        stays := false;
        RETURN;
    END IF;

    lost := worker.pid IS NOT NULL;
    guards := worker.purpose = 'guard';
    UPDATE pgdispatch.cron_worker AS w
       SET runs = w.runs + 1,
           -- An alarm may have been scheduled long ago.
           after_run = CASE WHEN w.runs = 0 AND w.purpose <> 'work' THEN greatest(w.after_run, pgdispatch.cron_last_run() - 1000)
                            ELSE w.after_run
                       END,
           pid = a.pid,
           backend_start = a.backend_start,
           role_name = CURRENT_USER
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
'Part of pgdispatch.cron_work. Begins a run of a worker. stays: false if the worker has left. lost: the session of its
last run was lost. guards: it is a guard.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_note_permanent_worker(worker_role regrole) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE pgdispatch.cron_worker AS w SET scheduled_at = clock_timestamp() WHERE w.role = worker_role AND w.purpose = 'permanent';
    IF NOT FOUND THEN
        INSERT INTO pgdispatch.cron_worker (role, purpose) VALUES (worker_role, 'permanent');
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_note_permanent_worker(regrole) IS
'Part of pgdispatch.cron_work. Notes that a worker has come which an administrator has scheduled.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_end_run(
    worker_id bigint, is_lookout boolean, surplus boolean DEFAULT false, successor boolean DEFAULT false)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me     constant regrole := quote_ident(CURRENT_USER)::regrole;
    others boolean;
BEGIN
    -- If the server loses this commit, the worker comes once more. To wait for the disk would keep the locks from dispatches.
    SET LOCAL synchronous_commit = off;
    PERFORM pgdispatch.lock_cron_exit(me);
    PERFORM pgdispatch.cron_follow_renames();
    PERFORM pgdispatch.cron_remove_unsound(me, worker_id);
    others := EXISTS (SELECT
                        FROM pgdispatch.cron_worker AS w
                       WHERE w.role = me
                         AND w.id <> worker_id
                         AND (w.purpose = 'work' OR pgdispatch.is_alive(w.pid, w.backend_start)));
    IF NOT (surplus OR successor) AND pgdispatch.cron_is_needed(worker_id, is_lookout, others) THEN
        RETURN false;
    END IF;

    PERFORM pgdispatch.cron_remove(me, worker_id, (SELECT w.after_run FROM pgdispatch.cron_worker AS w WHERE w.role = me AND w.id = worker_id));
    IF successor THEN
        PERFORM pgdispatch.cron_schedule_another(me,
            CASE WHEN pgdispatch.next_due_in(clock_timestamp()) < '6 seconds'::interval THEN '1 second' ELSE '5 seconds' END);
    ELSIF NOT others THEN
        PERFORM pgdispatch.cron_schedule_alarms(me);
    END IF;

    IF is_lookout THEN   -- A dispatch that finds the lock free from now on schedules a worker. Others have been waited for.
        PERFORM pg_advisory_unlock(pgdispatch.cron_lookout_lock(me));
    END IF;
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_end_run(bigint, boolean, boolean, boolean) IS
'Part of pgdispatch.cron_work. Removes the worker and its traces, unless it is needed (false). A surplus worker, and one
that schedules a successor, leaves in any case.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_is_needed(worker_id bigint, is_lookout boolean, others boolean) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    workers record;
BEGIN
    -- A worker may leave without the reliance lock if others are still to look at the queue and no transaction relies on this one.
    SELECT c.* INTO workers FROM pgdispatch.cron_count_workers(worker_id) AS c;
    IF (is_lookout OR workers.has_promised OR workers.others_to_look = 0)
       AND NOT pg_try_advisory_xact_lock(pgdispatch.cron_reliance_lock(quote_ident(CURRENT_USER)::regrole)) THEN
        RETURN true;
    ELSIF others THEN
        RETURN cardinality(pgdispatch.claim_jobs(clock_timestamp(), '-infinity', 0, 1)) > 0;
    END IF;
    RETURN pgdispatch.count_due_jobs(clock_timestamp(), 1) > 0;   -- An application that runs the job may yet fail.
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_is_needed(bigint, boolean, boolean) IS
'Part of pgdispatch.cron_end_run. Returns whether a transaction relies on the worker, or a job is due that no other worker
runs.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_stop_looking(worker_id bigint, is_lookout boolean) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me      constant regrole := quote_ident(CURRENT_USER)::regrole;
    bound   constant integer := pgdispatch.cron_max_workers(me);
    workers record;
    wanted  integer := 0;
BEGIN
    PERFORM pgdispatch.lock_cron_exit(me);
    SELECT c.* INTO workers FROM pgdispatch.cron_count_workers(worker_id) AS c;

    IF (is_lookout OR workers.has_promised) AND workers.others_to_look = 0
       AND NOT pg_try_advisory_xact_lock(pgdispatch.cron_reliance_lock(me)) THEN
        wanted := 1;   -- A transaction relies on this worker. Its job must not wait for the one that this worker is about to run.
    END IF;
    IF workers.has_promised THEN
        UPDATE pgdispatch.cron_worker AS w SET promise = NULL WHERE w.role = me AND w.id = worker_id;
    END IF;

    -- Another lookout takes one of the other due jobs if that still waits in a moment, and schedules more workers then. If there is none,
    -- this worker does: by a look after the lock, since transactions that relied on it have ended, and no other worker knows their jobs.
    IF NOT pgdispatch.is_locked_exclusively(pgdispatch.cron_lookout_lock(me)) THEN
        wanted := greatest(wanted, cardinality(pgdispatch.claim_jobs(clock_timestamp(), '-infinity', 0, bound + 1)) - 1);
    END IF;
    FOR i IN 1 .. least(wanted - workers.others_to_look, bound - workers.present) LOOP
        PERFORM pgdispatch.cron_schedule_another(me, '1 second');
    END LOOP;

    IF is_lookout THEN
        PERFORM pg_advisory_unlock(pgdispatch.cron_lookout_lock(me));
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_stop_looking(bigint, boolean) IS
'Part of pgdispatch.cron_work. Before a worker runs a job, which may take long: transactions no longer rely on it, and
other workers are scheduled for the other due jobs.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_count_workers(
    worker_id bigint, OUT has_promised boolean, OUT present integer, OUT others_to_look integer)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    SELECT coalesce(bool_or(w.id = worker_id AND w.promise IS NOT NULL), false),
           count(*),
           count(w.promise) FILTER (WHERE w.id <> worker_id)
      INTO has_promised, present, others_to_look
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
'Part of pgdispatch.cron_work. has_promised: this worker was promised to a transaction and has not looked at the queue
since. present: number of workers, this one included. others_to_look: number of others that will look at the queue.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_schedule_another(worker_role regrole, schedule text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF pgdispatch.cron_promise_worker(worker_role, pgdispatch.cron_max_workers(worker_role), schedule, true) <> 'given' THEN
        PERFORM pgdispatch.cron_schedule(worker_role, 'work', NULL, '1 second', NULL);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_schedule_another(regrole, text) IS
'Part of pgdispatch.cron_work. Schedules another worker, on which transactions may rely if a promise can be given.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_remove(worker_role regrole, worker_id bigint, after_run bigint) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pgdispatch.cron_delete_runs(worker_id, after_run);
    PERFORM pgdispatch.cron_unschedule(worker_role, worker_id);
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_remove(regrole, bigint, bigint) IS
'Part of pgdispatch.cron_work. Removes a worker and the records of its runs after the given one.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_remove_unsound(worker_role regrole, except_id bigint) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pgdispatch.cron_remove(worker_role, w.id, w.after_run)
       FROM pgdispatch.cron_worker AS w
      WHERE w.role = worker_role
        AND w.id <> except_id
        AND w.purpose <> 'permanent'
        AND NOT pgdispatch.cron_is_sound(w.id, w.database_id)
        AND NOT pgdispatch.is_alive(w.pid, w.backend_start);
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_remove_unsound(regrole, bigint) IS
'Part of what workers and polls do with pg_cron. Removes the workers of the role that pg_cron does not start any more, but
for the one with that id.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_delete_runs(worker_id bigint, after_run bigint) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    me     constant regrole := quote_ident(CURRENT_USER)::regrole;
    before constant bigint  := least(after_run, pgdispatch.cron_last_run() - 1000);
BEGIN
    -- pg_cron never deletes a run, so that the table may be huge. It has an index on runid alone.
    DELETE FROM cron.job_run_details AS d
     WHERE d.runid > before
       AND d.username = CURRENT_USER
       AND d.command LIKE '%CALL pgdispatch.cron_work(%'
       AND (d.command = pgdispatch.cron_command(worker_id)
            -- The run of a worker that was killed while it left.
            OR d.status = 'failed' AND NOT EXISTS (SELECT
                                                     FROM pgdispatch.cron_worker AS w
                                                    WHERE w.role = me
                                                      AND d.command = pgdispatch.cron_command(w.id)));
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_delete_runs(bigint, bigint) IS
'Part of pgdispatch.cron_work. Deletes the runs of the worker after the given one, and failed runs of workers that are
gone. Commit at once, because pg_cron waits for it.';


CREATE OR REPLACE FUNCTION pgdispatch.running_chunks(OUT pid integer, OUT worker_id bigint, OUT since timestamptz) RETURNS SETOF record
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me  constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    RETURN QUERY
        SELECT l.pid, w.id, a.xact_start
          FROM pgdispatch.lock_holders(pgdispatch.chunk_lock(me)) AS l
         CROSS JOIN pg_stat_get_activity(l.pid) AS a
          LEFT JOIN pgdispatch.cron_worker AS w ON w.role = me AND w.pid = l.pid
         WHERE l.pid <> pg_backend_pid()
           AND a.usesysid = me::oid;
END
$$;

COMMENT ON FUNCTION pgdispatch.running_chunks() IS
'Returns the other sessions of the role that run a chunk, the start of their transaction, and the worker that each of them
is (NULL: a session of an application).';


CREATE OR REPLACE FUNCTION pgdispatch.cancel_slow_chunks() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    slow record;
BEGIN
    FOR slow IN SELECT b.* FROM pgdispatch.running_chunks() AS b WHERE b.since < clock_timestamp() - '1 second'::interval LOOP
        -- The session takes this lock before it runs a job alone, which must not be cancelled.
        BEGIN
            IF pg_try_advisory_xact_lock(pgdispatch.chunk_cancellation_lock(slow.pid)) THEN
                PERFORM pg_stat_clear_snapshot();
                PERFORM pg_cancel_backend(slow.pid)
                   FROM pg_stat_get_activity(slow.pid) AS a
                  WHERE a.xact_start = slow.since;
                PERFORM pg_sleep(0.001);
            END IF;
            RAISE SQLSTATE 'PD000';   -- The end of the block releases the lock, whatever happens.
        EXCEPTION
            WHEN SQLSTATE 'PD000' THEN
                NULL;
        END;
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.cancel_slow_chunks() IS
'Part of pgdispatch.cron_work. Cancels chunks of the role that take longer than a second, so that the slow job runs
alone.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_schedule_alarms(worker_role regrole) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    moment   constant timestamptz := clock_timestamp();
    due_in   constant interval    := CASE WHEN pgdispatch.is_non_transactional_due() THEN '0'::interval ELSE pgdispatch.next_due_in(moment) END;
    -- An application that is connected runs what falls due. The worker comes later, in case the application has failed.
    attended constant boolean     := pgdispatch.has_application(worker_role);
    wanted   record;
    waiting  pgdispatch.cron_worker;
    alarm_at timestamptz;
    reboot   boolean := false;
BEGIN
    SELECT a.schedule, a.wakes_at INTO wanted FROM pgdispatch.cron_alarm(due_in + CASE WHEN attended THEN '10 seconds' ELSE '0' END::interval) AS a;
    FOR waiting IN
        SELECT w.*
          FROM pgdispatch.cron_worker AS w
         WHERE w.role = worker_role
           AND w.purpose IN ('alarm', 'reboot')
         ORDER BY w.purpose
    LOOP
        IF NOT pgdispatch.cron_is_sound(waiting.id, waiting.database_id) THEN
            PERFORM pgdispatch.cron_unschedule(worker_role, waiting.id);
        ELSIF waiting.purpose = 'alarm' AND pgdispatch.cron_is_in_time(waiting.wakes_at, moment, wanted.wakes_at, attended) THEN
            alarm_at := waiting.wakes_at;
        ELSIF waiting.purpose = 'reboot' AND pgdispatch.cron_can_be_missed(coalesce(alarm_at, wanted.wakes_at)) THEN
            reboot := true;
        ELSE
            PERFORM pgdispatch.cron_unschedule(worker_role, waiting.id);
        END IF;
    END LOOP;
    IF due_in IS NOT NULL AND alarm_at IS NULL THEN
        PERFORM pgdispatch.cron_schedule(worker_role, 'alarm', NULL, wanted.schedule, wanted.wakes_at);
    END IF;
    IF due_in IS NOT NULL AND NOT reboot AND pgdispatch.cron_can_be_missed(coalesce(alarm_at, wanted.wakes_at)) THEN
        PERFORM pgdispatch.cron_schedule(worker_role, 'reboot', NULL, '@reboot', NULL);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_schedule_alarms(regrole) IS
'Part of pgdispatch.cron_end_run. While jobs are snoozed, schedules a worker that comes in time for the first of them. If
that comes in a minute of the clock, another one comes after each restart of the server, which may have missed it.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_can_be_missed(wakes_at timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- Only alarms for a minute of the clock are on a whole minute. pg_cron starts those by seconds again and again, also after a restart.
    RETURN date_trunc('minute', wakes_at) = wakes_at;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_can_be_missed(timestamptz) IS
'Part of pgdispatch.cron_schedule_alarms. Returns whether an alarm for that time does not start if the server is down
then; NULL: there is no alarm.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_is_in_time(
    wakes_at timestamptz, moment timestamptz, wanted_at timestamptz, attended boolean)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- pg_cron may be starting it right now, which would leave traces if it were unscheduled. It schedules the alarms anew itself.
    IF wakes_at BETWEEN moment - '3 seconds'::interval AND moment + '2 seconds'::interval THEN
        RETURN true;
    ELSIF wanted_at IS NULL THEN
        RETURN false;
    ELSIF attended AND wakes_at < least(moment + '8 seconds'::interval, wanted_at - '2 seconds'::interval) THEN
        RETURN false;   -- It was for a job that the application has run. It is not moved before it has to be.
    END IF;
    RETURN wakes_at BETWEEN moment AND wanted_at + '500 ms'::interval;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_is_in_time(timestamptz, timestamptz, timestamptz, boolean) IS
'Part of pgdispatch.cron_schedule_alarms. Returns whether an alarm for wakes_at can stay if one is wanted at wanted_at
(NULL: none is).';


CREATE OR REPLACE FUNCTION pgdispatch.cron_alarm(wakes_in interval, OUT schedule text, OUT wakes_at timestamptz)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- pg_cron learns of a job within a second, and starts it within another second of its time: so the alarm is on time, or early.
    seconds constant double precision := floor(date_part('epoch', wakes_in)) - 1;
    quarter integer;
BEGIN
    IF seconds < 130 THEN   -- A minute that has begun when pg_cron learns of it would be missed.
        schedule := greatest(least(seconds, 59), 1) || CASE WHEN seconds <= 1 THEN ' second' ELSE ' seconds' END;
        wakes_at := clock_timestamp() + greatest(least(seconds, 59), 1) * '1 second'::interval;
    ELSE
        wakes_at := date_trunc('minute', clock_timestamp() + seconds * '1 second'::interval);
        quarter := date_part('minute', wakes_at)::integer % 15;   -- Time zones differ by whole quarters of an hour.
        schedule := coalesce(pgdispatch.cron_schedule_at(wakes_at),
                             format('%s,%s,%s,%s * * * *', quarter, quarter + 15, quarter + 30, quarter + 45));
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_alarm(interval) IS
'Returns the schedule with which pg_cron starts a worker after the given time or somewhat earlier, and when that is.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_schedule_at(minute timestamptz) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN to_char(minute AT TIME ZONE (SELECT c.timezone FROM pgdispatch.cron_configuration() AS c), 'FMMI FMHH24 FMDD FMMM *');
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_schedule_at(timestamptz) IS
'Returns the schedule of pg_cron for that minute, in the time zone of pg_cron; NULL: that is not known.';
