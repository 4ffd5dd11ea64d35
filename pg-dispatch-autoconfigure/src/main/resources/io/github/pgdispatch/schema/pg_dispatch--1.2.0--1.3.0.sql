-- pg-dispatch 1.3.0: the whole life of a job: attempts, time limits, keys, order, queues, priority, results.
--
-- A plain job stays what it was: one row, written once and deleted once. A job of which more is asked is MANAGED: beside its row in
-- pgdispatch.job or pgdispatch.handler_job is one in pgdispatch.managed_job, with all that is asked and how far it is. Hence:
--
--   * A worker runs a managed job in two transactions. The first one counts the attempt, lets go of the job's key, and takes its
--     place in its order and its queue; the second one runs it. So what others have to know of it is committed while it runs, and
--     a session that the job takes down has been counted.
--   * A job that has to wait for others of its ordering key or its queue is HELD: its row is moved to the end of time (due_at is
--     infinity), where no worker comes across it, however many there are. Whoever ends the one that it waits for moves it back.
--   * Holding and moving back happen under one advisory lock for each ordering key and queue, so that none is held by one that has
--     just ended. The place in an order or a queue belongs to the job's row and not to a session: it cannot be lost, and a job that
--     has to be run again still has it.
--   * Only workers and nodes have these locks, just before they commit. What users do in transactions that may stay open (cancel,
--     replace, delete, set a queue) leaves it to a job, pgdispatch.advance, to move others back.
--   * Nobody waits for long for such a lock, or for the row of a held job at all: whoever begins a job comes again, and whoever
--     ends one leaves it to such a job. Otherwise nodes that claim and complete many at once would deadlock.


-- ---------------------------------------------------------------------------------------------------------------------
-- Tables
-- ---------------------------------------------------------------------------------------------------------------------

-- A job that runs for long would keep us waiting, and us others who dispatch. So we give way at once, and come again.
DO $$
DECLARE
    give_up_at constant timestamptz := pg_catalog.clock_timestamp() + '1 minute'::interval;
    timeout    constant text        := pg_catalog.current_setting('lock_timeout');
    since      timestamptz;
BEGIN
    PERFORM pg_catalog.set_config('lock_timeout', '200ms', true);
    LOOP
        BEGIN
            LOCK TABLE pgdispatch.job, pgdispatch.handler_job, pgdispatch.dead_letter IN ACCESS EXCLUSIVE MODE;
            EXIT;
        EXCEPTION
            WHEN lock_not_available THEN
                IF pg_catalog.clock_timestamp() > give_up_at THEN
                    since := (SELECT min(a.xact_start)
                                FROM pg_catalog.pg_locks AS l, pg_catalog.pg_stat_get_activity(l.pid) AS a
                               WHERE l.relation = 'pgdispatch.job'::regclass AND l.granted);
                    RAISE lock_not_available USING
                        MESSAGE = 'pgdispatch: the schema is in use, so that it cannot be upgraded',
                        DETAIL = pg_catalog.format('A transaction that has dispatched a job, or runs one, has been open since %s.',
                                                   coalesce(since::text, 'a while ago')),
                        HINT = 'Try again once it has ended.';
                END IF;
        END;
        PERFORM pg_catalog.pg_sleep(0.1 + pg_catalog.random() / 5);
    END LOOP;
    PERFORM pg_catalog.set_config('lock_timeout', timeout, true);
END
$$;

ALTER TABLE pgdispatch.job
    ADD COLUMN max_attempts smallint,
    ADD COLUMN managed      boolean,
    ADD COLUMN headers      json;

COMMENT ON COLUMN pgdispatch.job.due_at IS
'The job is not run before this time of the database''s clock; infinity while it is held, until others have ended.';
COMMENT ON COLUMN pgdispatch.job.max_attempts IS
'How often the job is run at the most; NULL: once. With its first failure it becomes a managed one.';
COMMENT ON COLUMN pgdispatch.job.managed IS
'Whether there is a row for it in pgdispatch.managed_job.';
COMMENT ON COLUMN pgdispatch.job.headers IS
'What the dispatcher''s context left beside the command, such as a trace''s id, as a JSON object of strings; NULL: nothing.';

ALTER TABLE pgdispatch.handler_job
    ADD COLUMN managed      boolean,
    ADD COLUMN crashes      smallint,
    ADD COLUMN cancelled    boolean,
    ADD COLUMN time_limit   interval,
    ADD COLUMN wants_result boolean;

COMMENT ON COLUMN pgdispatch.handler_job.due_at IS
'The job is not run before this time of the database''s clock; infinity while it is held, until others have ended.';
COMMENT ON COLUMN pgdispatch.handler_job.managed IS
'Whether there is a row for it in pgdispatch.managed_job.';
COMMENT ON COLUMN pgdispatch.handler_job.crashes IS
'How many nodes were lost while they ran this job; NULL: none. From the second on it is run alone on a node, and given up after the fifth.';
COMMENT ON COLUMN pgdispatch.handler_job.cancelled IS
'Whether the node that runs it is to interrupt it.';
COMMENT ON COLUMN pgdispatch.handler_job.time_limit IS
'After how long the node that runs it is to interrupt it; NULL: as the handler says.';
COMMENT ON COLUMN pgdispatch.handler_job.wants_result IS
'Whether what the method returns is to be kept.';

-- Few jobs are in it at any time: to look for them must not be to look at all.
CREATE INDEX handler_job_trouble ON pgdispatch.handler_job (role, handler) WHERE crashes IS NOT NULL OR cancelled;
COMMENT ON INDEX pgdispatch.handler_job_trouble IS
'The jobs with which nodes were lost, and those that were cancelled while they ran.';


CREATE TABLE pgdispatch.managed_job (
    role            regrole     NOT NULL,
    id              bigint      NOT NULL,
    handler         text        COLLATE "C",
    due_at          timestamptz NOT NULL,
    place           timestamptz NOT NULL,
    rank            timestamptz NOT NULL,
    attempts        integer     NOT NULL DEFAULT 0,
    crashes         integer     NOT NULL DEFAULT 0,
    started_at      timestamptz,
    max_attempts    integer,
    back_off        interval,
    back_off_factor double precision,
    back_off_limit  interval,
    time_limit      interval,
    key             text        COLLATE "C",
    keep_key        interval,
    has_key         boolean     NOT NULL DEFAULT false,
    ordering_key    text        COLLATE "C",
    on_failure      text,
    in_order        boolean     NOT NULL DEFAULT false,
    queue           text        COLLATE "C",
    in_queue        boolean     NOT NULL DEFAULT false,
    slot_at         timestamptz,
    priority        integer,
    held_by         text,
    result          text,
    keep_result     interval,
    transactional   boolean,
    failed          boolean     NOT NULL DEFAULT false,
    PRIMARY KEY (role, id)
) WITH (
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 10000,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 100000
);

COMMENT ON TABLE pgdispatch.managed_job IS
'What is asked of a job beyond being run once, and how far it is. A role sees its own jobs only.';
COMMENT ON COLUMN pgdispatch.managed_job.role IS 'The role that dispatched the job.';
COMMENT ON COLUMN pgdispatch.managed_job.id IS 'The id of the job.';
COMMENT ON COLUMN pgdispatch.managed_job.handler IS 'The handler that it calls; NULL if it is a command.';
COMMENT ON COLUMN pgdispatch.managed_job.due_at IS 'The job is not run before this time of the database''s clock.';
COMMENT ON COLUMN pgdispatch.managed_job.place IS 'The due_at of the job''s row in pgdispatch.job or pgdispatch.handler_job: infinity while it is held.';
COMMENT ON COLUMN pgdispatch.managed_job.rank IS 'Of jobs that are due, those of the lowest rank come first: due_at less as many seconds as the job has priority.';
COMMENT ON COLUMN pgdispatch.managed_job.attempts IS 'How often the command was begun. (Those of a handler are counted in pgdispatch.handler_job.)';
COMMENT ON COLUMN pgdispatch.managed_job.crashes IS 'How many sessions were lost while they ran the command.';
COMMENT ON COLUMN pgdispatch.managed_job.started_at IS 'When the command was begun, as long as it has not come to an end.';
COMMENT ON COLUMN pgdispatch.managed_job.max_attempts IS 'How often the job is run at the most; NULL: a command once, a handler as its application says.';
COMMENT ON COLUMN pgdispatch.managed_job.back_off IS 'How long the job waits after its first failure. NULL: a second.';
COMMENT ON COLUMN pgdispatch.managed_job.back_off_factor IS 'So many times as long it waits after each further failure. NULL: twice.';
COMMENT ON COLUMN pgdispatch.managed_job.back_off_limit IS 'Longer it does not wait. NULL: ten minutes.';
COMMENT ON COLUMN pgdispatch.managed_job.time_limit IS 'After how long an attempt is cancelled; NULL: it is not.';
COMMENT ON COLUMN pgdispatch.managed_job.key IS 'The idempotency key with which it was dispatched.';
COMMENT ON COLUMN pgdispatch.managed_job.keep_key IS 'How long the job has the key after it is done; NULL: it lets go of it when it is begun.';
COMMENT ON COLUMN pgdispatch.managed_job.has_key IS 'Whether the key is the job''s at present.';
COMMENT ON COLUMN pgdispatch.managed_job.ordering_key IS 'The jobs with one ordering key run one after the other.';
COMMENT ON COLUMN pgdispatch.managed_job.on_failure IS 'hold: if the job fails, those behind it in its order wait until it has been run again with success, or was deleted. pass: they do not.';
COMMENT ON COLUMN pgdispatch.managed_job.in_order IS 'Whether it is the one of its ordering key that may run.';
COMMENT ON COLUMN pgdispatch.managed_job.queue IS 'The queue whose limits it obeys.';
COMMENT ON COLUMN pgdispatch.managed_job.in_queue IS 'Whether it is one of those of its queue that may run.';
COMMENT ON COLUMN pgdispatch.managed_job.slot_at IS 'The time that it was given by the rate of its queue.';
COMMENT ON COLUMN pgdispatch.managed_job.priority IS 'How many seconds its place is before the one that it would have by its due time.';
COMMENT ON COLUMN pgdispatch.managed_job.held_by IS 'What the job waits for while it is held: order, queue, or outside: a driver that runs it outside of a transaction.';
COMMENT ON COLUMN pgdispatch.managed_job.result IS 'What is kept of a run: rows or count of a command, value of a handler; NULL: nothing.';
COMMENT ON COLUMN pgdispatch.managed_job.keep_result IS 'How long it is kept.';
COMMENT ON COLUMN pgdispatch.managed_job.transactional IS 'false: the command runs outside of a transaction; NULL: in one.';
COMMENT ON COLUMN pgdispatch.managed_job.failed IS 'Whether the job is a dead letter for which its order waits.';

-- No two jobs of one ordering key may run, whatever else goes wrong.
CREATE UNIQUE INDEX managed_job_in_order ON pgdispatch.managed_job (role, ordering_key) WHERE in_order;
CREATE INDEX managed_job_order ON pgdispatch.managed_job (role, ordering_key, id) WHERE ordering_key IS NOT NULL;
CREATE INDEX managed_job_in_queue ON pgdispatch.managed_job (role, queue) WHERE in_queue;
CREATE INDEX managed_job_held_by_queue ON pgdispatch.managed_job (role, queue, rank, id) WHERE held_by = 'queue';
CREATE INDEX managed_job_started ON pgdispatch.managed_job (role) WHERE started_at IS NOT NULL;
CREATE INDEX managed_job_snoozed ON pgdispatch.managed_job (role, due_at) WHERE priority IS NOT NULL AND place > rank AND held_by IS NULL;
COMMENT ON INDEX pgdispatch.managed_job_in_order IS 'The one job of each ordering key that may run.';
COMMENT ON INDEX pgdispatch.managed_job_order IS 'The jobs of an ordering key, in order.';
COMMENT ON INDEX pgdispatch.managed_job_in_queue IS 'The jobs of a queue that may run.';
COMMENT ON INDEX pgdispatch.managed_job_held_by_queue IS 'The jobs that a queue holds, in their order.';
CREATE INDEX managed_job_outside ON pgdispatch.managed_job (role) WHERE held_by = 'outside';
COMMENT ON INDEX pgdispatch.managed_job_outside IS 'The commands that a driver is to run outside of a transaction, or runs.';
COMMENT ON INDEX pgdispatch.managed_job_started IS 'The commands that run.';
COMMENT ON INDEX pgdispatch.managed_job_snoozed IS 'The jobs with a priority that get their place when they fall due.';


CREATE TABLE pgdispatch.job_key (
    role       regrole     NOT NULL,
    key        text        NOT NULL COLLATE "C",
    id         bigint      NOT NULL,
    expires_at timestamptz,
    PRIMARY KEY (role, key)
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0);

COMMENT ON TABLE pgdispatch.job_key IS
'The idempotency keys of jobs: while one is here, nothing more is dispatched with it. A role sees its own only.';
COMMENT ON COLUMN pgdispatch.job_key.role IS 'The role that dispatched the job.';
COMMENT ON COLUMN pgdispatch.job_key.key IS 'The key.';
COMMENT ON COLUMN pgdispatch.job_key.id IS 'The job that has it, or had it.';
COMMENT ON COLUMN pgdispatch.job_key.expires_at IS 'How long it is kept, of a job that is done; NULL of one that is not.';

CREATE INDEX job_key_expires_at ON pgdispatch.job_key (role, expires_at) WHERE expires_at IS NOT NULL;
COMMENT ON INDEX pgdispatch.job_key_expires_at IS 'The keys of jobs that are done.';


CREATE TABLE pgdispatch.queue (
    role        regrole  NOT NULL,
    name        text     NOT NULL COLLATE "C",
    max_running integer  CHECK (max_running > 0),
    rate        integer  CHECK (rate > 0),
    per         interval NOT NULL DEFAULT '1 second' CHECK (per > '0'::interval),
    paused      boolean  NOT NULL DEFAULT false,
    next_at     timestamptz NOT NULL DEFAULT '-infinity',
    PRIMARY KEY (role, name)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

COMMENT ON TABLE pgdispatch.queue IS
'Limits that hold for all jobs that were dispatched to a queue, on all nodes and in the database together. Written by pgdispatch.set_queue. A role sees its own only.';
COMMENT ON COLUMN pgdispatch.queue.role IS 'The role whose queue it is.';
COMMENT ON COLUMN pgdispatch.queue.name IS 'The name by which jobs are dispatched to it.';
COMMENT ON COLUMN pgdispatch.queue.max_running IS 'How many of its jobs run at once at the most; NULL: any number.';
COMMENT ON COLUMN pgdispatch.queue.rate IS 'How many of its jobs are begun in each period, evenly spaced; NULL: any number.';
COMMENT ON COLUMN pgdispatch.queue.per IS 'The period of the rate.';
COMMENT ON COLUMN pgdispatch.queue.paused IS 'Whether none of its jobs is begun at present.';
COMMENT ON COLUMN pgdispatch.queue.next_at IS 'Before this time its rate allows no other job to be begun.';


CREATE TABLE pgdispatch.pause (
    role    regrole     NOT NULL,
    handler text        NOT NULL DEFAULT '' COLLATE "C",
    since   timestamptz NOT NULL DEFAULT pg_catalog.now(),
    PRIMARY KEY (role, handler)
);

COMMENT ON TABLE pgdispatch.pause IS
'What is paused, besides queues. Written by pgdispatch.pause. A role sees its own only.';
COMMENT ON COLUMN pgdispatch.pause.role IS 'The role whose jobs are not begun.';
COMMENT ON COLUMN pgdispatch.pause.handler IS 'The handler whose jobs are not begun; empty: all jobs.';
COMMENT ON COLUMN pgdispatch.pause.since IS 'When it was paused.';


CREATE TABLE pgdispatch.result (
    role        regrole     NOT NULL,
    id          bigint      NOT NULL,
    state       text        NOT NULL CHECK (state IN ('done', 'failed', 'cancelled')),
    value       json,
    row_count   bigint,
    sqlstate    text,
    message     text,
    finished_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    expires_at  timestamptz NOT NULL,
    PRIMARY KEY (role, id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

COMMENT ON TABLE pgdispatch.result IS
'What has become of jobs of which that was to be kept. A role sees its own only.';
COMMENT ON COLUMN pgdispatch.result.role IS 'The role that dispatched the job.';
COMMENT ON COLUMN pgdispatch.result.id IS 'The id that the job had.';
COMMENT ON COLUMN pgdispatch.result.state IS 'done, failed (see pgdispatch.dead_letter) or cancelled.';
COMMENT ON COLUMN pgdispatch.result.value IS 'The rows of a command as a JSON array of objects, or what a handler has returned.';
COMMENT ON COLUMN pgdispatch.result.row_count IS 'How many rows the command, or the last of its statements, has returned or changed.';
COMMENT ON COLUMN pgdispatch.result.sqlstate IS 'The error''s SQLSTATE.';
COMMENT ON COLUMN pgdispatch.result.message IS 'The error''s message.';
COMMENT ON COLUMN pgdispatch.result.finished_at IS 'When the job had come to its end.';
COMMENT ON COLUMN pgdispatch.result.expires_at IS 'How long this is kept.';

CREATE INDEX result_expires_at ON pgdispatch.result (role, expires_at);
COMMENT ON INDEX pgdispatch.result_expires_at IS 'The results, in the order in which they expire.';


CREATE TABLE pgdispatch.setting (
    role                  regrole  NOT NULL DEFAULT 0::oid::regrole PRIMARY KEY,
    dead_letter_retention interval NOT NULL DEFAULT '14 days' CHECK (dead_letter_retention >= '0'::interval),
    result_limit          integer  NOT NULL DEFAULT 1048576 CHECK (result_limit > 0)
);

COMMENT ON TABLE pgdispatch.setting IS
'What holds for the jobs of a role; the row of no role (-) is for all that have none of their own. Changed by the owner of the schema. Example: INSERT INTO pgdispatch.setting (role, dead_letter_retention) VALUES (''app'', ''90 days'')';
COMMENT ON COLUMN pgdispatch.setting.role IS 'The role whose jobs it is about.';
COMMENT ON COLUMN pgdispatch.setting.dead_letter_retention IS 'How long dead letters are kept.';
COMMENT ON COLUMN pgdispatch.setting.result_limit IS 'How many bytes of JSON the rows of a command may be, to be kept as its result.';

INSERT INTO pgdispatch.setting DEFAULT VALUES;


CREATE FUNCTION pgdispatch.replace_setting() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    DELETE FROM pgdispatch.setting AS s WHERE s.role::oid = NEW.role::oid;
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION pgdispatch.replace_setting() IS
'Part of pgdispatch.setting: what is inserted replaces what there was for that role.';

CREATE TRIGGER replace BEFORE INSERT ON pgdispatch.setting
    FOR EACH ROW EXECUTE FUNCTION pgdispatch.replace_setting();


ALTER TABLE pgdispatch.dead_letter
    ADD COLUMN options jsonb;

COMMENT ON TABLE pgdispatch.dead_letter IS
'The jobs that failed, with their error. A role sees its own only. They are kept as long as pgdispatch.setting says, unless they are deleted or pgdispatch.retry runs them again.';
COMMENT ON COLUMN pgdispatch.dead_letter.command IS 'What failed; NULL if that was a handler. To try it again: SELECT pgdispatch.retry(id).';
COMMENT ON COLUMN pgdispatch.dead_letter.handler IS 'The handler that failed; NULL if that was a command. To try it again: SELECT pgdispatch.retry(id).';
COMMENT ON COLUMN pgdispatch.dead_letter.sqlstate IS
'The error''s SQLSTATE; 58000 where the job took its session or its node down, PD001 where it exceeded its time limit, PD002 where its result was too large; NULL if what failed was not SQL.';
COMMENT ON COLUMN pgdispatch.dead_letter.options IS 'What was asked of the job, as in pgdispatch.managed_job; NULL of a plain one.';

CREATE INDEX dead_letter_failed_at ON pgdispatch.dead_letter (role, failed_at);
COMMENT ON INDEX pgdispatch.dead_letter_failed_at IS 'The dead letters, in the order in which they are deleted.';


ALTER TABLE pgdispatch.managed_job ENABLE ROW LEVEL SECURITY;
ALTER TABLE pgdispatch.job_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE pgdispatch.queue ENABLE ROW LEVEL SECURITY;
ALTER TABLE pgdispatch.pause ENABLE ROW LEVEL SECURITY;
ALTER TABLE pgdispatch.result ENABLE ROW LEVEL SECURITY;
ALTER TABLE pgdispatch.setting ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON pgdispatch.managed_job
    USING (role::oid = pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.managed_job IS 'A role sees, adds and removes its own jobs only.';
CREATE POLICY own ON pgdispatch.job_key
    USING (role::oid = pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.job_key IS 'A role sees, adds and removes its own keys only.';
CREATE POLICY own ON pgdispatch.queue
    USING (role::oid = pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.queue IS 'A role sees, adds and removes its own queues only.';
CREATE POLICY own ON pgdispatch.pause
    USING (role::oid = pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.pause IS 'A role pauses its own jobs only.';
CREATE POLICY own ON pgdispatch.result
    USING (role::oid = pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.result IS 'A role sees, adds and removes the results of its own jobs only.';
CREATE POLICY own ON pgdispatch.setting FOR SELECT
    USING (role::oid IN (0::oid, pg_catalog.quote_ident(CURRENT_USER)::regrole::oid));
COMMENT ON POLICY own ON pgdispatch.setting IS 'A role sees what holds for itself.';


-- ---------------------------------------------------------------------------------------------------------------------
-- Locks
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION pgdispatch.order_lock(role regrole, ordering_key text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.hashtextextended(ordering_key, (1885824121::bigint << 32) | role::oid::bigint) $$;

COMMENT ON FUNCTION pgdispatch.order_lock(regrole, text) IS
'Key of the advisory lock that a transaction holds which begins or ends jobs of the ordering key.';


CREATE FUNCTION pgdispatch.queue_lock(role regrole, queue text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.hashtextextended(queue, (1885824122::bigint << 32) | role::oid::bigint) $$;

COMMENT ON FUNCTION pgdispatch.queue_lock(regrole, text) IS
'Key of the advisory lock that a transaction holds which begins or ends jobs of the queue.';


-- Not one for each key: a transaction that dispatches many would use up the room that the server has for locks.
CREATE FUNCTION pgdispatch.key_lock(role regrole, key text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT pg_catalog.hashint8extended(pg_catalog.hashtextextended(key, 0) & 2047, (1885824123::bigint << 32) | role::oid::bigint)
$$;

COMMENT ON FUNCTION pgdispatch.key_lock(regrole, text) IS
'Key of the advisory lock that a transaction holds, shared, which has dispatched with the key, and that a worker needs exclusively to begin the job that has it.';


CREATE FUNCTION pgdispatch.low(id bigint) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (id % 2147483648)::integer $$;

COMMENT ON FUNCTION pgdispatch.low(bigint) IS
'The second half of the keys of advisory locks on a job. The first half is 1885824112 for the lock of a session that counts the job''s attempt, 1885824124 for that of a transaction that runs it alone, 1885824125 for that of a transaction that cancels it.';


CREATE FUNCTION pgdispatch.is_cancelled(job_id bigint) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    IF pg_catalog.pg_try_advisory_lock_shared(1885824125, pgdispatch.low(job_id)) THEN
        PERFORM pg_catalog.pg_advisory_unlock_shared(1885824125, pgdispatch.low(job_id));
        RETURN false;
    END IF;
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.is_cancelled(bigint) IS
'Whether some other session is just cancelling the job.';


CREATE FUNCTION pgdispatch.cron_session_of(job_id bigint) RETURNS integer
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
     WHERE w.role = me AND w.purpose = 'outside' AND w.job_id = cron_session_of.job_id;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    RETURN (SELECT r.job_pid FROM pgdispatch.cron_run(run.id, run.after_run) AS r WHERE r.status = 'running');
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_session_of(bigint) IS
'The session in which pg_cron runs the command of the job outside of a transaction; NULL: none.';


CREATE FUNCTION pgdispatch.session_of(job_id bigint) RETURNS integer
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN coalesce((SELECT l.pid
              FROM pg_locks AS l
             WHERE l.locktype = 'advisory'
               AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
               AND l.classid::bigint = 1885824124
               AND l.objid::bigint = pgdispatch.low(job_id)
               AND l.objsubid = 2
               AND l.mode = 'ExclusiveLock'
               AND l.granted
             LIMIT 1), pgdispatch.cron_session_of(job_id));
END
$$;

COMMENT ON FUNCTION pgdispatch.session_of(bigint) IS
'The session that runs the command of the job alone at the moment; NULL: none.';


CREATE FUNCTION pgdispatch.interrupt(job_id bigint, if_late boolean DEFAULT false) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    session_pid integer := pgdispatch.session_of(job_id);
    sent boolean := false;
BEGIN
    IF session_pid IS NULL THEN
        RETURN false;
    END IF;
    BEGIN
        -- The session takes this lock before it goes on to another job, which must not be hit.
        IF pg_try_advisory_xact_lock(1885824126, session_pid) AND pgdispatch.session_of(job_id) = session_pid
           -- By a look after the lock: until then, it may have been another attempt.
           AND (NOT if_late OR EXISTS (SELECT
                                         FROM pgdispatch.managed_job AS m
                                        WHERE m.role = quote_ident(CURRENT_USER)::regrole
                                          AND m.id = job_id
                                          AND m.started_at + m.time_limit <= clock_timestamp())) THEN
            sent := pg_cancel_backend(session_pid);
            PERFORM pg_sleep(0.001);
        END IF;
        RAISE SQLSTATE 'PD000';   -- Undone with this block, whatever happens to us, the lock cannot be left behind.
    EXCEPTION
        WHEN SQLSTATE 'PD000' THEN
            NULL;
    END;
    RETURN sent;
END
$$;

COMMENT ON FUNCTION pgdispatch.interrupt(bigint, boolean) IS
'Cancels what the session does that runs the command of the job, and no other job. With if_late, only if this attempt has exceeded its time limit. False: no session runs it so.';


CREATE FUNCTION pgdispatch.wait_for_lane(lane bigint) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '100 ms'
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(lane);
    RETURN true;
EXCEPTION
    WHEN lock_not_available OR deadlock_detected THEN
        RETURN false;
END
$$;

COMMENT ON FUNCTION pgdispatch.wait_for_lane(bigint) IS
'Part of pgdispatch.take_lane: waits as long as others need to commit, and less than it takes PostgreSQL to find a deadlock.';


CREATE FUNCTION pgdispatch.take_lane(lane bigint) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    RETURN pg_catalog.pg_try_advisory_xact_lock(lane) OR pgdispatch.wait_for_lane(lane);
END
$$;

COMMENT ON FUNCTION pgdispatch.take_lane(bigint) IS
'Takes the lock of an ordering key or a queue for this transaction; false if others do not let go of it.';


CREATE FUNCTION pgdispatch.is_current() RETURNS boolean
LANGUAGE sql STABLE
AS $$ SELECT pg_catalog.current_setting('transaction_isolation') IN ('read committed', 'read uncommitted') $$;

COMMENT ON FUNCTION pgdispatch.is_current() IS
'Whether the statements of this transaction see what was committed before each of them.';


-- ---------------------------------------------------------------------------------------------------------------------
-- Orders and queues
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION pgdispatch.move(job pgdispatch.managed_job, new_place timestamptz) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
BEGIN
    IF job.handler IS NULL THEN
        UPDATE pgdispatch.job AS j SET due_at = new_place
         WHERE j.role = job.role AND j.due_at = job.place AND j.id = job.id;
    ELSE
        UPDATE pgdispatch.handler_job AS j SET due_at = new_place
         WHERE j.role = job.role AND j.handler = job.handler AND j.due_at = job.place AND j.id = job.id;
    END IF;
    IF NOT FOUND THEN   -- It has been moved, or deleted.
        RETURN;
    END IF;
    UPDATE pgdispatch.managed_job AS m
       SET place = new_place,
           held_by = CASE WHEN new_place < 'infinity' THEN NULL ELSE job.held_by END
     WHERE m.role = job.role AND m.id = job.id;
END
$$;

COMMENT ON FUNCTION pgdispatch.move(pgdispatch.managed_job, timestamptz) IS
'Gives a managed job another place among those that wait.';


CREATE FUNCTION pgdispatch.wake(caller regrole, due boolean) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    -- NOTIFY takes a lock that all committing sessions of the cluster contend for, so it is sent only where a driver rests: that
    -- is when one holds this lock exclusively. Until our commit our own share of it keeps any from going to rest unaware of us.
    -- A transaction that has notified cannot be prepared: hence the setting, for those who mean to.
    IF NOT pg_catalog.pg_try_advisory_xact_lock_shared(pgdispatch.driver_lock(caller))
       AND pg_catalog.current_setting('pgdispatch.notify', true) IS DISTINCT FROM 'off' THEN
        PERFORM pg_catalog.pg_notify(pgdispatch.channel(caller), '');
    END IF;
    PERFORM pgdispatch.wake_cron(caller, due);
END
$$;

COMMENT ON FUNCTION pgdispatch.wake(regrole, boolean) IS
'Part of pgdispatch.dispatch: has a worker of the current role look at the queue after the commit of this transaction.';


CREATE FUNCTION pgdispatch.wake_cron(caller regrole, due boolean) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    -- The schema is there where pg_cron is, or has to be looked for. What the transaction has found out once stays true for all
    -- of it, by its share of the reliance lock.
    IF pg_catalog.to_regnamespace('cron') IS NULL THEN
        IF pgdispatch.cron_is_elsewhere() THEN
            PERFORM pgdispatch.warn_of_no_driver('elsewhere');
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

COMMENT ON FUNCTION pgdispatch.wake_cron(regrole, boolean) IS
'Part of pgdispatch.wake: where pg_cron is there, sees to it that one of its workers looks.';


CREATE FUNCTION pgdispatch.wake_nodes(caller regrole) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    IF NOT pg_catalog.pg_try_advisory_xact_lock_shared(pgdispatch.handler_lock(caller))
       AND pg_catalog.current_setting('pgdispatch.notify', true) IS DISTINCT FROM 'off' THEN
        PERFORM pg_catalog.pg_notify(pgdispatch.handler_channel(caller), '');
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.wake_nodes(regrole) IS
'Part of pgdispatch.dispatch_handler: has a resting node of the current role look for jobs of handlers after the commit of this transaction.';


CREATE FUNCTION pgdispatch.let_go(held pgdispatch.managed_job, in_worker boolean) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
BEGIN
    IF held.handler IS NULL THEN
        PERFORM FROM pgdispatch.job AS j
          WHERE j.role = held.role AND j.due_at = held.place AND j.id = held.id
            FOR UPDATE SKIP LOCKED;
    ELSE
        PERFORM FROM pgdispatch.handler_job AS j
          WHERE j.role = held.role AND j.handler = held.handler AND j.due_at = held.place AND j.id = held.id
            FOR UPDATE SKIP LOCKED;
    END IF;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    -- It may have been replaced since it was read.
    SELECT m.* INTO held FROM pgdispatch.managed_job AS m WHERE m.role = held.role AND m.id = held.id;
    PERFORM pgdispatch.move(held, CASE WHEN held.due_at > clock_timestamp() THEN held.due_at ELSE held.rank END);
    IF held.handler IS NOT NULL THEN
        PERFORM pgdispatch.wake_nodes(held.role);
    ELSIF NOT in_worker THEN
        PERFORM pgdispatch.wake(held.role, true);
    END IF;
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.let_go(pgdispatch.managed_job, boolean) IS
'Ends that a job is held; false if somebody cancels or replaces it, or has done so. In a worker, which looks at the queue again before it leaves, no other is woken for a command.';


CREATE FUNCTION pgdispatch.advance_later(ordering_key text, queue text, delay interval DEFAULT '0') RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    IF ordering_key IS NOT NULL OR queue IS NOT NULL THEN
        -- With a priority, so that it waits for no backlog, and that it shares its transaction, and the locks, with no job.
        PERFORM pgdispatch.dispatch(pg_catalog.format('SELECT pgdispatch.advance(%L, %L)', ordering_key, queue), delay,
                    priority => 60, max_attempts => 10);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.advance_later(text, text, interval) IS
'Has a worker call pgdispatch.advance after the commit of this transaction.';


CREATE FUNCTION pgdispatch.advance_order(worker_role regrole, next_of text, in_worker boolean) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    held pgdispatch.managed_job;
BEGIN
    IF NOT pgdispatch.take_lane(pgdispatch.order_lock(worker_role, next_of)) THEN
        PERFORM pgdispatch.advance_later(next_of, NULL);
        RETURN;
    ELSIF EXISTS (SELECT FROM pgdispatch.managed_job AS m WHERE m.role = worker_role AND m.ordering_key = next_of AND m.in_order) THEN
        RETURN;
    END IF;
    SELECT m.*
      INTO held
      FROM pgdispatch.managed_job AS m
     WHERE m.role = worker_role
       AND m.ordering_key = next_of
       AND m.held_by = 'order'
     ORDER BY m.id
     LIMIT 1;
    IF FOUND AND NOT pgdispatch.let_go(held, in_worker) THEN
        PERFORM pgdispatch.advance_later(next_of, NULL, '1 second');
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.advance_order(regrole, text, boolean) IS
'Lets the next job of an ordering key go, unless another one may run.';


CREATE FUNCTION pgdispatch.advance_queue(worker_role regrole, queue_name text, in_worker boolean) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
SET jit = off
AS $$
DECLARE
    limits pgdispatch.queue;
    room   integer;
    held   pgdispatch.managed_job;
    missed boolean := false;
BEGIN
    IF NOT pgdispatch.take_lane(pgdispatch.queue_lock(worker_role, queue_name)) THEN
        PERFORM pgdispatch.advance_later(NULL, queue_name);
        RETURN;
    END IF;
    SELECT q.* INTO limits FROM pgdispatch.queue AS q WHERE q.role = worker_role AND q.name = queue_name;
    IF limits.paused THEN
        RETURN;
    END IF;
    room := limits.max_running - (SELECT count(*)
                                    FROM pgdispatch.managed_job AS m
                                   WHERE m.role = worker_role AND m.queue = queue_name AND m.in_queue);
    FOR held IN
        SELECT m.*
          FROM pgdispatch.managed_job AS m
         WHERE m.role = worker_role
           AND m.queue = queue_name
           AND m.held_by = 'queue'
         ORDER BY m.rank, m.id
    LOOP
        EXIT WHEN room <= 0;
        IF pgdispatch.let_go(held, in_worker) THEN
            room := room - 1;
        ELSE
            missed := true;
        END IF;
    END LOOP;
    IF missed THEN
        PERFORM pgdispatch.advance_later(NULL, queue_name, '1 second');
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.advance_queue(regrole, text, boolean) IS
'Lets as many jobs of a queue go as its limit has room for.';


CREATE FUNCTION pgdispatch.advance(ordering_key text, queue text) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    caller constant regrole := pg_catalog.quote_ident(CURRENT_USER)::regrole;
BEGIN
    IF NOT pgdispatch.is_current() THEN
        PERFORM pgdispatch.advance_later(ordering_key, queue);
        RETURN;
    END IF;
    IF ordering_key IS NOT NULL THEN
        PERFORM pgdispatch.advance_order(caller, ordering_key, false);
    END IF;
    IF queue IS NOT NULL THEN
        PERFORM pgdispatch.advance_queue(caller, queue, false);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.advance(text, text) IS
'Lets jobs of the current role go that wait for their ordering key or their queue and need not.';


CREATE FUNCTION pgdispatch.leave(job pgdispatch.managed_job, in_worker boolean) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF job.ordering_key IS NULL AND job.queue IS NULL THEN
        RETURN;
    ELSIF NOT pgdispatch.is_current() THEN
        -- What was held since its snapshot was taken, this transaction does not see.
        PERFORM pgdispatch.advance_later(job.ordering_key, job.queue);
        RETURN;
    END IF;
    IF job.ordering_key IS NOT NULL THEN
        PERFORM pgdispatch.advance_order(job.role, job.ordering_key, in_worker);
    END IF;
    IF job.queue IS NOT NULL THEN
        PERFORM pgdispatch.advance_queue(job.role, job.queue, in_worker);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.leave(pgdispatch.managed_job, boolean) IS
'Lets those go that have waited for this job, which is no longer in its order and its queue.';


CREATE FUNCTION pgdispatch.enter_order(job pgdispatch.managed_job) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
BEGIN
    IF NOT pgdispatch.take_lane(pgdispatch.order_lock(job.role, job.ordering_key)) THEN
        RETURN NULL;
    END IF;
    RETURN NOT EXISTS (SELECT FROM pgdispatch.managed_job AS m
                        WHERE m.role = job.role AND m.ordering_key = job.ordering_key AND m.in_order)
       AND NOT EXISTS (SELECT FROM pgdispatch.managed_job AS m
                        WHERE m.role = job.role AND m.ordering_key = job.ordering_key AND m.id < job.id AND m.due_at <= clock_timestamp());
END
$$;

COMMENT ON FUNCTION pgdispatch.enter_order(pgdispatch.managed_job) IS
'Whether a job is the next one of its ordering key, and none of these runs. NULL: that cannot be found out now.';


CREATE FUNCTION pgdispatch.enter_queue(INOUT job pgdispatch.managed_job)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
SET jit = off
AS $$
DECLARE
    limits  pgdispatch.queue;
    first   pgdispatch.managed_job;
    moment  constant timestamptz := clock_timestamp();
    spacing interval;
BEGIN
    IF NOT pgdispatch.take_lane(pgdispatch.queue_lock(job.role, job.queue)) THEN
        job.slot_at := NULL;
        RETURN;
    END IF;
    SELECT q.* INTO limits FROM pgdispatch.queue AS q WHERE q.role = job.role AND q.name = job.queue;
    IF limits.paused
       OR limits.max_running <= (SELECT count(*)
                                   FROM pgdispatch.managed_job AS m
                                  WHERE m.role = job.role AND m.queue = job.queue AND m.in_queue) THEN
        job.held_by := 'queue';
        RETURN;
    END IF;

    SELECT m.*
      INTO first
      FROM pgdispatch.managed_job AS m
     WHERE m.role = job.role
       AND m.queue = job.queue
       AND m.held_by = 'queue'
       AND (m.rank, m.id) < (job.rank, job.id)
     ORDER BY m.rank, m.id
     LIMIT 1;
    IF FOUND AND pgdispatch.let_go(first, true) THEN
        job.held_by := 'queue';
        RETURN;
    END IF;

    IF limits.rate IS NOT NULL THEN
        PERFORM FROM pgdispatch.queue AS q WHERE q.role = job.role AND q.name = job.queue FOR UPDATE SKIP LOCKED;
        IF NOT FOUND THEN   -- Somebody is about to set it anew.
            job.slot_at := NULL;
            RETURN;
        END IF;
        spacing := limits.per / limits.rate;
        -- Each job is given a time of its own once. If it comes much too late for that, as after an outage, those that are late
        -- with it must not come all at once.
        IF job.slot_at IS NULL OR job.slot_at < moment - greatest(spacing, '1 second'::interval) THEN
            job.slot_at := greatest(limits.next_at, moment);
            UPDATE pgdispatch.queue AS q SET next_at = job.slot_at + spacing WHERE q.role = job.role AND q.name = job.queue;
        END IF;
        IF job.slot_at > moment THEN
            RETURN;
        END IF;
    END IF;
    job.in_queue := true;
END
$$;

COMMENT ON FUNCTION pgdispatch.enter_queue(pgdispatch.managed_job) IS
'Whether a job may run as far as its queue is concerned: then it is in_queue. Otherwise the queue holds it, or has given it a time in slot_at; neither if that cannot be found out now.';


CREATE FUNCTION pgdispatch.admit(worker_role regrole, job_id bigint, fired_at timestamptz) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    job       pgdispatch.managed_job;
    new_place timestamptz;
    lets_key  boolean;
    is_next   boolean;
    before    record;
    for_key   boolean := false;
BEGIN
    SELECT m.* INTO job FROM pgdispatch.managed_job AS m WHERE m.role = worker_role AND m.id = job_id FOR UPDATE;
    lets_key := job.has_key AND job.keep_key IS NULL;
    SELECT job.in_order, job.in_queue INTO before;

    IF job.ordering_key IS NOT NULL AND NOT job.in_order THEN
        is_next := pgdispatch.enter_order(job);
        IF is_next THEN
            job.in_order := true;
        ELSIF NOT is_next THEN
            job.held_by := 'order';
            new_place := 'infinity';
        ELSE
            new_place := clock_timestamp() + '50 ms'::interval;
        END IF;
    END IF;
    IF new_place IS NULL AND job.queue IS NOT NULL AND NOT job.in_queue THEN
        job := pgdispatch.enter_queue(job);
        IF NOT job.in_queue THEN
            new_place := CASE WHEN job.held_by IS NULL THEN coalesce(job.slot_at, clock_timestamp() + '50 ms'::interval) ELSE 'infinity' END;
        END IF;
    END IF;
    IF new_place IS NULL AND lets_key THEN
        -- Who has dispatched with the key, and was given this job for it, has not committed yet what the job is to see.
        IF pg_try_advisory_xact_lock(pgdispatch.key_lock(worker_role, job.key)) THEN
            DELETE FROM pgdispatch.job_key AS k WHERE k.role = worker_role AND k.key = job.key AND k.id = job_id;
            job.has_key := false;
        ELSE
            new_place := clock_timestamp() + least(greatest((clock_timestamp() - admit.fired_at) / 4, '20 ms'::interval), '2 seconds'::interval);
            -- That may take long, and is not to cost others their place.
            job.in_order := before.in_order;
            job.in_queue := before.in_queue;
            for_key := true;
        END IF;
    END IF;

    UPDATE pgdispatch.managed_job AS m
       SET in_order = job.in_order,
           in_queue = job.in_queue,
           slot_at = job.slot_at,
           held_by = job.held_by,
           has_key = job.has_key
     WHERE m.role = worker_role AND m.id = job_id;
    IF new_place IS NOT NULL THEN
        PERFORM pgdispatch.move(job, new_place);
        IF for_key AND job.queue IS NOT NULL THEN
            PERFORM pgdispatch.advance_queue(worker_role, job.queue, true);
        END IF;
    END IF;
    RETURN new_place IS NULL;
END
$$;

COMMENT ON FUNCTION pgdispatch.admit(regrole, bigint, timestamptz) IS
'Part of what claims jobs: whether a managed job that is due may be run. If so, it is the one of its ordering key, has its place in its queue, and no longer has its key; otherwise it is moved to where it waits.';


CREATE FUNCTION pgdispatch.promote(worker_role regrole) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
AS $$
DECLARE
    snoozed pgdispatch.managed_job;
BEGIN
    FOR snoozed IN
        SELECT m.*
          FROM pgdispatch.managed_job AS m
         WHERE m.role = worker_role
           AND m.due_at <= clock_timestamp()
           AND m.priority IS NOT NULL AND m.place > m.rank AND m.held_by IS NULL
           AND m.started_at IS NULL AND m.slot_at IS NULL
         ORDER BY m.due_at
         LIMIT 1000
    LOOP
        -- Whoever has the row runs the job, or cancels it.
        IF snoozed.handler IS NULL THEN
            PERFORM FROM pgdispatch.job AS j
              WHERE j.role = worker_role AND j.due_at = snoozed.place AND j.id = snoozed.id
                FOR UPDATE SKIP LOCKED;
        ELSE
            PERFORM FROM pgdispatch.handler_job AS j
              WHERE j.role = worker_role AND j.handler = snoozed.handler AND j.due_at = snoozed.place AND j.id = snoozed.id
                AND j.claimed_by IS NULL
                FOR UPDATE SKIP LOCKED;
        END IF;
        IF FOUND THEN
            PERFORM pgdispatch.move(snoozed, snoozed.rank);
        END IF;
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.promote(regrole) IS
'Part of what claims jobs: gives those that were snoozed, and have a priority, their place as they fall due.';


CREATE FUNCTION pgdispatch.end_managed(
    worker_role regrole, job_id bigint, new_state text, in_worker boolean,
    value json DEFAULT NULL, row_count bigint DEFAULT NULL, error_sqlstate text DEFAULT NULL, error_message text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    job pgdispatch.managed_job;
BEGIN
    DELETE FROM pgdispatch.managed_job AS m WHERE m.role = worker_role AND m.id = job_id RETURNING m.* INTO job;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF new_state = 'failed' AND job.in_order AND job.on_failure IS DISTINCT FROM 'pass' THEN
        job.failed := true;
        job.started_at := NULL;
        job.in_queue := false;
        INSERT INTO pgdispatch.managed_job SELECT job.*;
    END IF;
    IF job.has_key THEN
        IF new_state = 'done' AND job.keep_key IS NOT NULL THEN
            UPDATE pgdispatch.job_key AS k SET expires_at = clock_timestamp() + job.keep_key
             WHERE k.role = worker_role AND k.key = job.key AND k.id = job_id;
        ELSE
            DELETE FROM pgdispatch.job_key AS k WHERE k.role = worker_role AND k.key = job.key AND k.id = job_id;
        END IF;
    END IF;
    IF job.result IS NOT NULL THEN
        INSERT INTO pgdispatch.result (role, id, state, value, row_count, sqlstate, message, expires_at)
        VALUES (worker_role, job_id, new_state, end_managed.value, end_managed.row_count, error_sqlstate, error_message,
                clock_timestamp() + job.keep_result)
        ON CONFLICT (role, id) DO UPDATE
        SET state = excluded.state, value = excluded.value, row_count = excluded.row_count, sqlstate = excluded.sqlstate,
            message = excluded.message, finished_at = excluded.finished_at, expires_at = excluded.expires_at;
        PERFORM pg_notify(pgdispatch.result_channel(worker_role), job_id::text);
    END IF;
    IF new_state = 'cancelled' THEN   -- By a transaction that may stay open.
        PERFORM pgdispatch.advance_later(job.ordering_key, job.queue);
    ELSE
        PERFORM pgdispatch.leave(job, in_worker);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.end_managed(regrole, bigint, text, boolean, json, bigint, text, text) IS
'Deletes what there is of a managed job beside its own row, keeps its result if that was asked for, and lets those go that have waited for it.';


CREATE FUNCTION pgdispatch.result_channel(role regrole) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT 'pgdispatch_result_'::text || role::oid::text $$;

COMMENT ON FUNCTION pgdispatch.result_channel(regrole) IS
'The channel on which it is notified that there is a result of a job of the role; the payload is the job''s id.';


-- A retry that fails at the same time as others would come again with them.
CREATE FUNCTION pgdispatch.back_off(failures integer, delay interval, factor double precision, at_most interval) RETURNS interval
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    first constant double precision := date_part('epoch', coalesce(delay, '1 second'));
    limit_seconds constant double precision := greatest(date_part('epoch', coalesce(at_most, '10 minutes')), first);
BEGIN
    RETURN least(first * exp(least((failures - 1) * ln(coalesce(factor, 2)), 30)), limit_seconds)
         * (0.75 + random() / 2) * '1 second'::interval;
END
$$;

COMMENT ON FUNCTION pgdispatch.back_off(integer, interval, double precision, interval) IS
'How long a job waits after so many failures: the delay, by the factor longer each time up to a limit, a quarter more or less at random. Without arguments: a second, twice as long each time, ten minutes.';


CREATE FUNCTION pgdispatch.postpone(worker_role regrole, job_id bigint, failures integer, delay interval, in_worker boolean) RETURNS timestamptz
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    job    pgdispatch.managed_job;
    due    timestamptz;
    passes boolean;
BEGIN
    SELECT m.* INTO job FROM pgdispatch.managed_job AS m WHERE m.role = worker_role AND m.id = job_id FOR UPDATE;
    due := clock_timestamp() + coalesce(delay, pgdispatch.back_off(failures, job.back_off, job.back_off_factor, job.back_off_limit));
    passes := job.on_failure = 'pass';
    UPDATE pgdispatch.managed_job AS m
       SET due_at = due,
           rank = due - coalesce(m.priority, 0) * '1 second'::interval,
           started_at = NULL,
           in_order = m.in_order AND NOT coalesce(passes, false),
           in_queue = false,
           slot_at = NULL
     WHERE m.role = worker_role AND m.id = job_id;
    -- It waits again, and what is dispatched with its key meanwhile need not wait beside it. Unless somebody has been faster.
    IF job.key IS NOT NULL AND NOT job.has_key AND pg_try_advisory_xact_lock(pgdispatch.key_lock(worker_role, job.key)) THEN
        INSERT INTO pgdispatch.job_key (role, key, id) VALUES (worker_role, job.key, job_id) ON CONFLICT (role, key) DO NOTHING;
        IF FOUND THEN
            UPDATE pgdispatch.managed_job AS m SET has_key = true WHERE m.role = worker_role AND m.id = job_id;
        END IF;
    END IF;
    PERFORM pgdispatch.move(job, due);
    IF passes OR job.queue IS NOT NULL THEN
        IF NOT coalesce(passes, false) THEN
            job.ordering_key := NULL;   -- It goes on holding back the others of its order.
        END IF;
        PERFORM pgdispatch.leave(job, in_worker);
    END IF;
    RETURN due;
END
$$;

COMMENT ON FUNCTION pgdispatch.postpone(regrole, bigint, integer, interval, boolean) IS
'Has a managed job wait for its next attempt: for the delay, or as its back-off says.';


-- ---------------------------------------------------------------------------------------------------------------------
-- What users call: dispatching
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION pgdispatch.refuse_transaction() RETURNS void
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


CREATE FUNCTION pgdispatch.refuse_delay(delay interval) RETURNS void
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


CREATE FUNCTION pgdispatch.refuse_command(command text) RETURNS void
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


CREATE FUNCTION pgdispatch.check_options(asked pgdispatch.managed_job, on_duplicate text) RETURNS void
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
        (asked.back_off_factor < 1, format('the factor of the back-off is %s', asked.back_off_factor), 'Pass 1 for always the same back-off, or more.'),
        (asked.back_off_limit < coalesce(asked.back_off, '1 second'), format('the limit of the back-off is %s', asked.back_off_limit), 'Pass an interval that is not shorter than the back-off itself.'),
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


CREATE FUNCTION pgdispatch.take_key(caller regrole, asked_key text, OUT new_id bigint, OUT holder pgdispatch.job_key)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- From here on, no worker begins the job that has the key, until this transaction has ended and what it did can be seen.
    PERFORM pg_advisory_xact_lock_shared(pgdispatch.key_lock(caller, asked_key));
    LOOP
        BEGIN
            INSERT INTO pgdispatch.job_key (role, key, id)
            VALUES (caller, asked_key, nextval('pgdispatch.job_id_seq'))
            ON CONFLICT (role, key) DO NOTHING
            RETURNING id INTO new_id;
        EXCEPTION
            WHEN serialization_failure THEN
                RETURN;   -- Some job has it, which was committed after our snapshot.
        END;
        IF new_id IS NOT NULL THEN
            RETURN;
        END IF;
        SELECT k.* INTO holder FROM pgdispatch.job_key AS k WHERE k.role = caller AND k.key = asked_key;
        IF NOT FOUND AND NOT pgdispatch.is_current() THEN
            RETURN;
        ELSIF holder.expires_at <= clock_timestamp() THEN
            BEGIN
                DELETE FROM pgdispatch.job_key AS k
                 WHERE k.role = caller AND k.key = asked_key AND k.expires_at = holder.expires_at;
            EXCEPTION
                WHEN serialization_failure THEN
                    NULL;   -- Somebody else has deleted it since our snapshot. Whether there is another one by now, the INSERT tells.
            END;
            holder := NULL;
        ELSIF holder.id IS NOT NULL THEN
            RETURN;
        END IF;
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.take_key(regrole, text) IS
'Part of pgdispatch.dispatch: takes an idempotency key for a new job, with an id for it; or tells which job has it. Neither: one that this transaction, of an older snapshot, cannot see. Waits for a transaction that has just taken the key.';


CREATE FUNCTION pgdispatch.replace_waiting(
    asked pgdispatch.managed_job, holder_id bigint, new_command text, new_arguments json, new_headers json, new_place timestamptz)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    job     pgdispatch.managed_job;
    is_done boolean := false;
BEGIN
    FOR attempt IN 1 .. 100 LOOP
        SELECT m.* INTO job FROM pgdispatch.managed_job AS m WHERE m.role = asked.role AND m.id = holder_id;
        -- One that keeps its key may have been begun, and then not be waited for.
        IF NOT FOUND OR job.handler IS DISTINCT FROM asked.handler OR NOT job.has_key OR job.started_at IS NOT NULL THEN
            RETURN false;
        END IF;
        IF job.handler IS NULL THEN
            UPDATE pgdispatch.job AS j SET command = new_command, headers = new_headers, due_at = new_place
             WHERE j.role = job.role AND j.due_at = job.place AND j.id = job.id;
        ELSE
            UPDATE pgdispatch.handler_job AS j SET arguments = new_arguments, headers = new_headers, due_at = new_place
             WHERE j.role = job.role AND j.handler = job.handler AND j.due_at = job.place AND j.id = job.id AND j.claimed_by IS NULL;
        END IF;
        IF FOUND THEN
            -- If it was held, it is no longer: whoever claims it finds out whether it is to be.
            UPDATE pgdispatch.managed_job AS m
               SET place = new_place, due_at = asked.due_at, rank = asked.rank, held_by = NULL
             WHERE m.role = job.role AND m.id = job.id AND m.started_at IS NULL;
            IF NOT FOUND THEN
                RAISE serialization_failure;   -- It was begun while we waited for it.
            END IF;
            IF asked.due_at > now() AND job.ordering_key IS NOT NULL THEN
                PERFORM pgdispatch.advance_later(job.ordering_key, NULL);   -- Those behind it need not wait for so long.
            END IF;
            RETURN true;
        END IF;
        EXIT WHEN NOT pgdispatch.is_current();
    END LOOP;
    RETURN false;
EXCEPTION
    WHEN serialization_failure THEN
        RETURN false;
END
$$;

COMMENT ON FUNCTION pgdispatch.replace_waiting(pgdispatch.managed_job, bigint, text, json, json, timestamptz) IS
'Part of pgdispatch.dispatch: puts a new command or new arguments in the place of those of a job that waits, and has it wait anew; false if that is not possible.';


CREATE FUNCTION pgdispatch.dispatch_managed(
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
               AND pgdispatch.replace_waiting(asked, (taken.holder).id, new_command, new_arguments, new_headers, asked.place) THEN
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


DROP FUNCTION pgdispatch.dispatch(text, interval, boolean);

CREATE FUNCTION pgdispatch.dispatch_plain(
    command text, delay interval DEFAULT '0', notify boolean DEFAULT true, max_attempts smallint DEFAULT NULL, headers json DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    caller constant regrole := pg_catalog.quote_ident(CURRENT_USER)::regrole;
    job_id bigint;
BEGIN
    IF command IS NULL OR command !~ '[^[:space:]]' THEN
        PERFORM pgdispatch.refuse_command(command);
    ELSIF delay IS NULL OR delay < '0'::interval OR NOT pg_catalog.isfinite(delay) THEN
        PERFORM pgdispatch.refuse_delay(delay);
    ELSIF pg_catalog.current_setting('transaction_read_only')::boolean
          OR NOT (SELECT r.rolcanlogin FROM pg_catalog.pg_roles AS r WHERE r.oid = caller::oid) THEN
        PERFORM pgdispatch.refuse_transaction();
    END IF;

    INSERT INTO pgdispatch.job (role, due_at, command, max_attempts, headers)
    VALUES (caller, pg_catalog.now() + pg_catalog.date_trunc('second', delay), command, max_attempts, headers)
    RETURNING id INTO job_id;

    -- See wake. Not called, as each call would cost those, too, whom it need not wake.
    IF notify AND NOT pg_catalog.pg_try_advisory_xact_lock_shared(pgdispatch.driver_lock(caller))
       AND pg_catalog.current_setting('pgdispatch.notify', true) IS DISTINCT FROM 'off' THEN
        PERFORM pg_catalog.pg_notify(pgdispatch.channel(caller), '');
    END IF;
    IF pg_catalog.to_regnamespace('cron') IS NOT NULL THEN
        PERFORM pgdispatch.wake_cron(caller, delay < '1 second'::interval);
    ELSIF notify AND pgdispatch.cron_is_elsewhere() THEN
        PERFORM pgdispatch.warn_of_no_driver('elsewhere');
    END IF;

    RETURN job_id;
END
$$;

COMMENT ON FUNCTION pgdispatch.dispatch_plain(text, interval, boolean, smallint, json) IS
'Part of pgdispatch.dispatch: writes the row of a job of which nothing more is asked.';


CREATE FUNCTION pgdispatch.dispatch(
    command         text,
    delay           interval         DEFAULT '0',
    notify          boolean          DEFAULT true,
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
    result          text             DEFAULT NULL,
    keep_result     interval         DEFAULT NULL,
    headers         json             DEFAULT NULL,
    transactional   boolean          DEFAULT true)
RETURNS bigint
LANGUAGE plpgsql
AS $$
BEGIN
    IF transactional AND pg_catalog.num_nonnulls(back_off, back_off_factor, back_off_limit, time_limit, key, on_duplicate, keep_key, ordering_key, on_failure,
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
        asked.back_off_factor := back_off_factor;
        asked.back_off_limit := back_off_limit;
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
            PERFORM pgdispatch.wake(caller, delay < '1 second'::interval);
        ELSE
            PERFORM pgdispatch.wake_cron(caller, delay < '1 second'::interval);
        END IF;
        RETURN job_id;
    END;
END
$$;

COMMENT ON FUNCTION pgdispatch.dispatch(text, interval, boolean, integer, interval, double precision, interval, interval, text, text, interval, text, text, text, integer, text, interval, json, boolean) IS
'Dispatches a command like pgdispatch.snooze, and returns the id of its job, for pgdispatch.find, cancel and result. With notify => false no resting driver is woken: for callers that see to that themselves after their commit. Everything else is to be named, and what is left out is not asked for:
max_attempts: how often the command is run at the most until it succeeds; once otherwise. In between it waits for back_off (a second), back_off_factor times as long each time (2), up to back_off_limit (ten minutes), a quarter more or less at random. Errors of the SQLSTATE classes 42, 0A and 3F, which would come again, end it at once; serialization failures and deadlocks do not count.
time_limit: after how long an attempt is cancelled, which then has failed with SQLSTATE PD001. Looked after four times a second.
key: if a job with this idempotency key waits, nothing is dispatched, and the answer is that one''s id (NULL if this transaction, REPEATABLE READ or SERIALIZABLE, cannot see it): it will not be begun before this transaction has ended. This may wait for a transaction that has just dispatched with the same key. on_duplicate => ''replace'': the waiting job gets this command and delay instead. keep_key: nothing is dispatched with the key while the job runs either, and for so long after it is done.
ordering_key: the jobs of one ordering key run one after the other: a job that was committed before the transaction of another dispatched that one runs first; those of transactions that overlap in the order of their dispatches, as far as they are committed. A job that is snoozed takes its place when it falls due. on_failure: what becomes of those behind one that fails: ''hold'' (as when it is left out), they wait until it has succeeded, or was deleted from the dead letters; ''pass'', they do not.
queue: obeys the limits of a queue that pgdispatch.set_queue has made.
priority: of jobs that are due, its place is so many seconds before the one that it would have.
result: ''rows'', the rows of the command are kept for pgdispatch.result if it is a single statement that returns any; ''count'', only how many. keep_result: for how long; an hour otherwise.
headers: texts by name that are kept with the job, and with its dead letter.
transactional => false: for a single statement that refuses to run in a transaction, as VACUUM does, CREATE INDEX CONCURRENTLY, or CALL of a procedure that commits: it runs outside of one, at least once. Under pg_cron it is begun within a minute.
Example: SELECT pgdispatch.dispatch(''SELECT rebuild_index()'', max_attempts => 5, key => ''rebuild'', time_limit => ''10 minutes'')';


CREATE OR REPLACE FUNCTION pgdispatch.fire(command text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pgdispatch.dispatch_plain(command);
END
$$;


CREATE OR REPLACE FUNCTION pgdispatch.snooze(command text, delay interval) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pgdispatch.dispatch_plain(command, delay);
END
$$;


CREATE FUNCTION pgdispatch.fire_all(
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


DROP FUNCTION pgdispatch.dispatch_handler(text, json, interval, boolean, json);

CREATE FUNCTION pgdispatch.dispatch_handler(
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
DECLARE
    caller constant regrole := pg_catalog.quote_ident(CURRENT_USER)::regrole;
    job_id bigint;
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

    IF pg_catalog.num_nonnulls(max_attempts, back_off, back_off_factor, back_off_limit, time_limit, key, on_duplicate, keep_key, ordering_key,
                               on_failure, queue, priority, keep_result) = 0 THEN
        INSERT INTO pgdispatch.handler_job (role, handler, due_at, arguments, headers)
        VALUES (caller, handler, pg_catalog.now() + pg_catalog.date_trunc('second', delay), arguments, headers)
        RETURNING id INTO job_id;
    ELSE
        DECLARE
            asked pgdispatch.managed_job;
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
        END;
    END IF;

    IF notify THEN
        PERFORM pgdispatch.wake_nodes(caller);
    END IF;

    RETURN job_id;
END
$$;

COMMENT ON FUNCTION pgdispatch.dispatch_handler(text, json, interval, boolean, json, integer, interval, double precision, interval, interval, text, text, interval, text, text, text, integer, interval) IS
'Has a node of the application call a handler after the current transaction has committed, and never if it rolls back; not before the delay, truncated to whole seconds, has passed since the start of the transaction. Returns the id of the job. A handler that no node knows is no error: the job waits for a node that does. With notify => false no resting node is woken: for callers that see to that themselves after their commit. Does not wait for other transactions, the key aside. What is named after the headers is as in pgdispatch.dispatch; max_attempts and the back-off are the handler''s own if left out, and of a job with keep_result, what the method returns is kept. Example: SELECT pgdispatch.dispatch_handler(''signUpSideEffects.welcome'', json_build_object(''profileId'', 42), ''20 seconds'')';


-- ---------------------------------------------------------------------------------------------------------------------
-- The executor
-- ---------------------------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION pgdispatch.claim(moment timestamptz, after_due_at timestamptz, after_id bigint, at_most integer)
RETURNS pgdispatch.job[]
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    worker constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    IF EXISTS (SELECT FROM pgdispatch.pause AS p WHERE p.role = worker AND p.handler = '') THEN
        RETURN '{}';
    END IF;
    RETURN ARRAY(
        SELECT job
          FROM pgdispatch.job
         WHERE job.role = worker
           AND job.due_at <= moment
           AND (job.due_at, job.id) > (after_due_at, after_id)
         ORDER BY job.due_at, job.id
         LIMIT at_most
           FOR UPDATE SKIP LOCKED);
END
$$;


CREATE OR REPLACE FUNCTION pgdispatch.count_due(moment timestamptz, at_most integer) RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    worker constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    IF EXISTS (SELECT FROM pgdispatch.pause AS p WHERE p.role = worker AND p.handler = '') THEN
        RETURN 0;
    END IF;
    RETURN (SELECT count(*)
              FROM (SELECT
                      FROM pgdispatch.job
                     WHERE job.role = worker
                       AND job.due_at <= moment
                     LIMIT at_most) AS due);
END
$$;


CREATE OR REPLACE FUNCTION pgdispatch.next_due_in(moment timestamptz) RETURNS interval
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    worker constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    IF EXISTS (SELECT FROM pgdispatch.pause AS p WHERE p.role = worker AND p.handler = '') THEN
        RETURN NULL;
    END IF;
    RETURN (SELECT greatest(job.due_at - clock_timestamp(), '0')
              FROM pgdispatch.job
             WHERE job.role = worker
               AND job.due_at > moment
               AND job.due_at < 'infinity'
             ORDER BY job.due_at
             LIMIT 1);
END
$$;


CREATE FUNCTION pgdispatch.rows_of(command text, limit_bytes integer, OUT value json, OUT row_count bigint)
LANGUAGE plpgsql
AS $$
DECLARE
    found record;
    texts text[] := '{}';
    bytes bigint := 0;
BEGIN
    FOR found IN EXECUTE command LOOP
        texts := texts || pg_catalog.row_to_json(found)::text;
        bytes := bytes + pg_catalog.octet_length(texts[pg_catalog.cardinality(texts)]) + 1;
        IF bytes > limit_bytes THEN
            RAISE SQLSTATE 'PD002' USING
                MESSAGE = pg_catalog.format('pgdispatch: the result is larger than %s bytes', limit_bytes),
                DETAIL = pg_catalog.format('It has %s rows or more.', pg_catalog.cardinality(texts)),
                HINT = 'Have the command return less, or raise result_limit in pgdispatch.setting.';
        END IF;
    END LOOP;
    row_count := pg_catalog.cardinality(texts);
    value := '[' || pg_catalog.array_to_string(texts, ',') || ']';
EXCEPTION
    WHEN invalid_cursor_definition THEN   -- It returns no rows, or is several statements, as PostgreSQL finds before it runs them.
        EXECUTE command;
        GET DIAGNOSTICS row_count = ROW_COUNT;
END
$$;

COMMENT ON FUNCTION pgdispatch.rows_of(text, integer) IS
'Part of pgdispatch.work: runs a single statement and returns its rows as a JSON array of objects; of another command only how many rows it was about.';


CREATE FUNCTION pgdispatch.bury(
    job pgdispatch.job, asked pgdispatch.managed_job, code text, message text, detail text, hint text, context text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pgdispatch.finish(ARRAY[job]);
    INSERT INTO pgdispatch.dead_letter (role, id, command, fired_at, due_at, crashes, attempts, sqlstate, message, detail, hint, context, headers, options)
    VALUES (job.role, job.id, job.command, job.fired_at, coalesce(asked.due_at, job.due_at),
            coalesce(asked.crashes, greatest(job.crashes - 1, 0)), coalesce(asked.attempts, least(greatest(job.crashes, 1), 5)),
            code, message, nullif(detail, ''), nullif(hint, ''),
            -- Without the lines of the executor itself.
            nullif(regexp_replace(context, E'(^|\n)[^\n]*[ .](run_alone|rows_of)[(][^)\n]*[)].*', ''), ''),
            job.headers,
            CASE WHEN asked.id IS NOT NULL THEN pgdispatch.options_of(asked)
                 WHEN job.max_attempts IS NOT NULL THEN jsonb_build_object('max_attempts', job.max_attempts)
            END);
    IF asked.id IS NOT NULL THEN
        PERFORM pgdispatch.end_managed(job.role, job.id, 'failed', true, NULL, NULL, code, message);
    END IF;
    PERFORM pgdispatch.forget_dead_letters(job.role);
END
$$;

COMMENT ON FUNCTION pgdispatch.bury(pgdispatch.job, pgdispatch.managed_job, text, text, text, text, text) IS
'Part of pgdispatch.work: makes a job a dead letter.';


CREATE FUNCTION pgdispatch.options_of(job pgdispatch.managed_job) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT jsonb_strip_nulls(to_jsonb(job) - ARRAY['role', 'id', 'handler', 'due_at', 'place', 'rank', 'attempts', 'crashes', 'started_at',
               'has_key', 'in_order', 'in_queue', 'slot_at', 'held_by', 'failed'])
$$;

COMMENT ON FUNCTION pgdispatch.options_of(pgdispatch.managed_job) IS
'What is asked of a job.';


CREATE FUNCTION pgdispatch.forget_dead_letters(of_role regrole) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    kept_since constant timestamptz := clock_timestamp() - (SELECT s.dead_letter_retention
                                                              FROM pgdispatch.setting AS s
                                                             WHERE s.role::oid IN (of_role::oid, 0::oid)
                                                             ORDER BY s.role::oid DESC
                                                             LIMIT 1);
BEGIN
    DELETE FROM pgdispatch.dead_letter AS d WHERE d.role = of_role AND d.failed_at < kept_since;
END
$$;

COMMENT ON FUNCTION pgdispatch.forget_dead_letters(regrole) IS
'Deletes the dead letters that have been kept for long enough.';


CREATE FUNCTION pgdispatch.ensure_guard(worker_role regrole) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF to_regnamespace('cron') IS NULL OR pgdispatch.has_application(worker_role) OR pgdispatch.cron_problem() IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(pgdispatch.leaving_lock(worker_role));
    IF NOT EXISTS (SELECT
                     FROM pgdispatch.cron_worker AS w
                    WHERE w.role = worker_role
                      AND w.purpose = 'guard'
                      AND pgdispatch.cron_is_sound(w.id, w.home)) THEN
        PERFORM pgdispatch.cron_add(worker_role, 'guard', NULL, '1 second', NULL);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.ensure_guard(regrole) IS
'Part of pgdispatch.work: where no application is there that would cancel a job that takes too long, a worker of pg_cron comes for that.';


CREATE FUNCTION pgdispatch.begin_managed(job pgdispatch.job) RETURNS pgdispatch.managed_job
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    asked pgdispatch.managed_job;
BEGIN
    IF pgdispatch.is_cancelled(job.id) THEN
        PERFORM pg_sleep(0.001);   -- Whoever cancels it wants the row.
    ELSIF pgdispatch.admit(job.role, job.id, job.fired_at) THEN
        SELECT m.* INTO asked FROM pgdispatch.managed_job AS m WHERE m.role = job.role AND m.id = job.id AND NOT m.transactional;
        IF FOUND THEN
            asked.held_by := 'outside';   -- For the driver, since we are in a transaction.
            PERFORM pgdispatch.move(asked, 'infinity');
            PERFORM pgdispatch.ensure_guard(job.role);
            RETURN NULL;
        END IF;
        UPDATE pgdispatch.managed_job AS m
           SET attempts = m.attempts + 1,
               crashes = m.crashes + CASE WHEN m.started_at IS NOT NULL THEN 1 ELSE 0 END,
               started_at = clock_timestamp()
         WHERE m.role = job.role AND m.id = job.id
        RETURNING m.* INTO asked;
        IF asked.time_limit IS NOT NULL THEN
            PERFORM pgdispatch.ensure_guard(job.role);
        END IF;
    END IF;
    RETURN asked;
END
$$;

COMMENT ON FUNCTION pgdispatch.begin_managed(pgdispatch.job) IS
'Part of pgdispatch.work: counts an attempt of a claimed job, in advance, if it may be run now; NULL otherwise.';


-- Each of a million jobs is followed by this: what need not be a query is none.
CREATE OR REPLACE FUNCTION pgdispatch.clean_session(foreign_statements boolean) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    statement text;
BEGIN
    RESET ALL;
    SET client_min_messages = error;   -- Nobody reads a job's notices, and a million of them would fill the driver's memory.
    EXECUTE 'CLOSE ALL';               -- Without EXECUTE it would be PL/pgSQL's own CLOSE.
    IF foreign_statements THEN
        FOREACH statement IN ARRAY ARRAY(SELECT p.name FROM pg_catalog.pg_prepared_statements AS p WHERE p.from_sql) LOOP
            EXECUTE pg_catalog.format('DEALLOCATE %I', statement);
        END LOOP;
    ELSE
        DEALLOCATE ALL;
    END IF;
    IF pg_catalog.pg_my_temp_schema() <> 0 THEN
        DISCARD TEMP;
    END IF;
    DISCARD SEQUENCES;
    UNLISTEN *;
    IF pg_catalog.pg_advisory_unlock_all() IS NULL THEN
        NULL;   -- It is called, and that is all.
    END IF;
END
$$;


CREATE OR REPLACE FUNCTION pgdispatch.run_batch(
    jobs pgdispatch.job[], until timestamptz, foreign_statements boolean, OUT ran integer, OUT all_well boolean)
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock_shared(pgdispatch.batch_lock(pg_catalog.quote_ident(CURRENT_USER)::regrole));
    ran := 0;
    all_well := true;
    WHILE all_well AND ran < pg_catalog.cardinality(jobs) AND (ran = 0 OR pg_catalog.clock_timestamp() < until) LOOP
        IF (jobs[ran + 1]).crashes > 0 OR (jobs[ran + 1]).managed THEN
            all_well := false;
        ELSE
            BEGIN
                EXECUTE (jobs[ran + 1]).command;
                RESET SESSION AUTHORIZATION;   -- What follows may be forbidden to the role that the job has taken on.
                RESET ROLE;
                ran := ran + 1;
            EXCEPTION WHEN query_canceled OR assert_failure OR OTHERS THEN
                all_well := false;
            END;
            PERFORM pgdispatch.clean_session(foreign_statements);
        END IF;
    END LOOP;

    SET CONSTRAINTS ALL IMMEDIATE;   -- What is deferred would fail in the COMMIT, where nothing can be caught.
    RESET SESSION AUTHORIZATION;
    RESET ROLE;
    PERFORM pgdispatch.finish(jobs[:ran]);
EXCEPTION WHEN query_canceled OR assert_failure OR OTHERS THEN
    ran := 0;
    all_well := false;
END
$$;


CREATE FUNCTION pgdispatch.claim_plain(
    moment timestamptz, after_due_at timestamptz, after_id bigint, at_most integer,
    OUT claimed integer, OUT commands text[], OUT due_ats timestamptz[], OUT ids bigint[], OUT places tid[])
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    worker constant regrole := quote_ident(CURRENT_USER)::regrole;
    others boolean[];
BEGIN
    IF EXISTS (SELECT FROM pgdispatch.pause AS p WHERE p.role = worker AND p.handler = '') THEN
        claimed := 0;
        RETURN;
    END IF;
    SELECT count(*), array_agg(due.command), array_agg(due.due_at), array_agg(due.id), array_agg(due.ctid), array_agg(due.is_other)
      INTO claimed, commands, due_ats, ids, places, others
      FROM (SELECT job.command, job.due_at, job.id, job.ctid, job.managed IS NOT NULL OR job.crashes > 0 AS is_other
              FROM pgdispatch.job
             WHERE job.role = worker
               AND job.due_at <= moment
               AND (job.due_at, job.id) > (after_due_at, after_id)
             ORDER BY job.due_at, job.id
             LIMIT at_most
               FOR UPDATE SKIP LOCKED) AS due;
    IF true = ANY (others) THEN
        commands := commands[:array_position(others, true) - 1];
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.claim_plain(timestamptz, timestamptz, bigint, integer) IS
'Part of pgdispatch.work: claims due jobs like pgdispatch.claim, tells where their rows are, and the commands of those that come before the first one which has to run alone.';


CREATE FUNCTION pgdispatch.finish_plain(due_ats timestamptz[], ids bigint[], places tid[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    worker constant regrole := quote_ident(CURRENT_USER)::regrole;
    deleted bigint;
BEGIN
    DELETE FROM pgdispatch.job WHERE job.ctid = ANY (places);
    GET DIAGNOSTICS deleted = ROW_COUNT;
    IF deleted = cardinality(ids) THEN
        RETURN;
    END IF;
    -- A job has done something to the row of another one, which is elsewhere now, or gone.
    FOR i IN 1 .. cardinality(ids) LOOP
        DELETE FROM pgdispatch.job WHERE job.role = worker AND job.due_at = due_ats[i] AND job.id = ids[i];
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.finish_plain(timestamptz[], bigint[], tid[]) IS
'Part of pgdispatch.work: deletes jobs that it has claimed.';


-- One subtransaction for all, and the claim within it (a row that is locked in one transaction and deleted in a subtransaction of
-- it gets an entry of its own for that). If one fails, all is undone, and each has to show what it does in a subtransaction.
CREATE FUNCTION pgdispatch.run_quickly(
    moment timestamptz, after_due_at timestamptz, after_id bigint, at_most integer, until timestamptz, foreign_statements boolean,
    OUT claimed integer, OUT ran integer, OUT last_due_at timestamptz, OUT last_id bigint, OUT all_well boolean)
LANGUAGE plpgsql
AS $$
DECLARE
    me constant name := CURRENT_USER;
    commands text[];
    command  text;
    due_ats  timestamptz[];
    ids      bigint[];
    places   tid[];
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock_shared(pgdispatch.batch_lock(pg_catalog.quote_ident(CURRENT_USER)::regrole));
    ran := 0;
    all_well := true;
    SELECT c.claimed, c.commands, c.due_ats, c.ids, c.places
      INTO claimed, commands, due_ats, ids, places
      FROM pgdispatch.claim_plain(moment, after_due_at, after_id, at_most) AS c;
    IF claimed = 0 THEN
        RETURN;
    END IF;
    FOREACH command IN ARRAY commands LOOP
        EXIT WHEN ran > 0 AND pg_catalog.clock_timestamp() >= until;
        EXECUTE command;
        IF CURRENT_USER <> me OR SESSION_USER <> me OR pg_catalog.current_setting('role') <> 'none' THEN
            RESET SESSION AUTHORIZATION;
            RESET ROLE;
        END IF;
        IF pgdispatch.clean_session(foreign_statements) IS NULL THEN
            NULL;   -- It is called, and that is all.
        END IF;
        ran := ran + 1;
    END LOOP;

    SET CONSTRAINTS ALL IMMEDIATE;   -- See run_batch.
    RESET SESSION AUTHORIZATION;
    RESET ROLE;
    IF ran > 0 THEN
        PERFORM pgdispatch.finish_plain(due_ats[:ran], ids[:ran], places[:ran]);
        last_due_at := due_ats[ran];
        last_id := ids[ran];
    END IF;
EXCEPTION WHEN query_canceled OR assert_failure OR OTHERS THEN
    ran := 0;
    all_well := false;
END
$$;

COMMENT ON FUNCTION pgdispatch.run_quickly(timestamptz, timestamptz, bigint, integer, timestamptz, boolean) IS
'Part of pgdispatch.work: claims due jobs and runs them like pgdispatch.run_batch, up to the first one that has to run alone, but all of them or none.';


DROP FUNCTION pgdispatch.run_alone(pgdispatch.job, boolean);

CREATE FUNCTION pgdispatch.run_alone(
    job pgdispatch.job, again_if_cancelled boolean DEFAULT false, asked pgdispatch.managed_job DEFAULT NULL)
RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
    crashes_at_most constant integer := 5;   -- More than one, for a server may restart while a blameless job runs.
    repeat_at_most  constant integer := 10;
    attempt   integer;
    code      text;
    message   text;
    detail    text;
    hint      text;
    context   text;
    value     json;
    row_count bigint;
BEGIN
    -- A worker that was called before the schema was upgraded knows nothing of such jobs. (If its record has no such
    -- field, its CALL fails here, before the job, and the driver calls what there is now.)
    IF job.managed AND asked.id IS NULL THEN
        PERFORM pg_catalog.pg_sleep(0.01);
        RETURN NULL;
    END IF;
    -- From here on nobody cancels the session to free the jobs of a batch; if anyone just has, it shows in the next statement.
    PERFORM pg_catalog.pg_advisory_xact_lock_shared(1885824118, pg_catalog.pg_backend_pid());
    IF job.crashes > crashes_at_most OR asked.crashes >= crashes_at_most THEN   -- This time included where it is counted in advance.
        code := '58000';
        message := pg_catalog.format('pgdispatch: %s sessions were lost while they ran this job', crashes_at_most);
        asked.attempts := asked.attempts - 1;   -- This one is not begun.
    ELSE
        FOR repetition IN 1 .. repeat_at_most LOOP
            code := NULL;
            BEGIN
                BEGIN
                    PERFORM pg_catalog.pg_try_advisory_xact_lock(1885824124, pgdispatch.low(job.id));   -- See session_of.
                    PERFORM pgdispatch.finish(ARRAY[job]);
                    IF asked.result = 'rows' THEN
                        SELECT r.value, r.row_count
                          INTO value, row_count
                          FROM pgdispatch.rows_of(job.command, (SELECT s.result_limit
                                                                  FROM pgdispatch.setting AS s
                                                                 WHERE s.role::oid IN (job.role::oid, 0::oid)
                                                                 ORDER BY s.role::oid DESC
                                                                 LIMIT 1)) AS r;
                    ELSE
                        EXECUTE job.command;
                        GET DIAGNOSTICS row_count = ROW_COUNT;
                    END IF;
                    RESET SESSION AUTHORIZATION;
                    RESET ROLE;
                    RESET ALL;   -- In a batch, deferred triggers do not find the job's settings either.
                    SET CONSTRAINTS ALL IMMEDIATE;
                    RESET SESSION AUTHORIZATION;
                    RESET ROLE;
                    IF asked.id IS NOT NULL THEN
                        PERFORM pgdispatch.end_managed(job.role, job.id, 'done', true, value, row_count);
                    END IF;
                    -- If anyone has interrupted the job, it shows here. Later nobody does, see interrupt.
                    PERFORM pg_catalog.pg_advisory_xact_lock_shared(1885824126, pg_catalog.pg_backend_pid());
                    RETURN true;
                EXCEPTION WHEN query_canceled OR assert_failure OR OTHERS THEN
                    GET STACKED DIAGNOSTICS
                        code    = RETURNED_SQLSTATE,
                        message = MESSAGE_TEXT,
                        detail  = PG_EXCEPTION_DETAIL,
                        hint    = PG_EXCEPTION_HINT,
                        context = PG_EXCEPTION_CONTEXT;
                END;
                -- The lock of session_of is gone by now, but somebody may have found it just before, and interrupts us still.
                PERFORM pg_catalog.pg_advisory_lock_shared(1885824126, pg_catalog.pg_backend_pid());
                PERFORM pg_catalog.pg_advisory_unlock_shared(1885824126, pg_catalog.pg_backend_pid());
            EXCEPTION WHEN query_canceled THEN
                IF code IS NULL THEN
                    code := SQLSTATE;
                    message := SQLERRM;
                END IF;
            END;
            -- These are not the job's fault, and what it did is undone.
            EXIT WHEN code NOT IN ('40001', '40P01') OR repetition = repeat_at_most;
            PERFORM pg_catalog.pg_sleep(pg_catalog.random() * 0.01 * repetition);
        END LOOP;

        IF code = '57014' THEN
            IF pgdispatch.is_cancelled(job.id) THEN
                -- Whoever cancels it deletes it. If that is rolled back, this was no attempt, and no crash.
                IF asked.id IS NOT NULL THEN
                    UPDATE pgdispatch.managed_job AS m SET attempts = m.attempts - 1, started_at = NULL
                     WHERE m.role = job.role AND m.id = job.id;
                END IF;
                RETURN NULL;
            ELSIF pg_catalog.clock_timestamp() >= asked.started_at + asked.time_limit THEN
                code := 'PD001';
                message := pg_catalog.format('pgdispatch: the job took longer than its time limit of %s', asked.time_limit);
            ELSIF again_if_cancelled THEN
                RETURN NULL;
            END IF;
        END IF;
        attempt := coalesce(asked.attempts, greatest(job.crashes, 1));
        IF attempt < coalesce(asked.max_attempts, job.max_attempts, 1) AND pg_catalog.left(code, 2) NOT IN ('42', '0A', '3F') THEN
            IF asked.id IS NULL THEN
                PERFORM pgdispatch.manage(job);
            END IF;
            PERFORM pgdispatch.postpone(job.role, job.id, attempt, NULL, true);
            RETURN NULL;
        END IF;
    END IF;
    PERFORM pgdispatch.bury(job, asked, code, message, detail, hint, context);
    RETURN false;
END
$$;

COMMENT ON FUNCTION pgdispatch.run_alone(pgdispatch.job, boolean, pgdispatch.managed_job) IS
'Part of pgdispatch.work: runs a job in the current transaction. If it fails, what it did is undone, and it waits for its next attempt (NULL), or is a dead letter (false). NULL, too, if it was cancelled and is to be run again, or to be deleted by whoever has cancelled it.';


CREATE FUNCTION pgdispatch.manage(job pgdispatch.job) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
BEGIN
    INSERT INTO pgdispatch.managed_job (role, id, due_at, place, rank, attempts, crashes, max_attempts)
    VALUES (job.role, job.id, job.due_at, job.due_at, job.due_at, greatest(job.crashes, 1), greatest(job.crashes - 1, 0), job.max_attempts);
    UPDATE pgdispatch.job AS j SET managed = true WHERE j.role = job.role AND j.due_at = job.due_at AND j.id = job.id;
END
$$;

COMMENT ON FUNCTION pgdispatch.manage(pgdispatch.job) IS
'Part of pgdispatch.work: makes a job a managed one after its first failure.';


DROP PROCEDURE pgdispatch.work(interval, integer, timestamptz, bigint, bigint, bigint, boolean, interval);

CREATE PROCEDURE pgdispatch.work(
    slice              interval    DEFAULT NULL,
    INOUT pace         integer     DEFAULT 1,
    INOUT after_due_at timestamptz DEFAULT '-infinity',
    INOUT after_id     bigint      DEFAULT 0,
    INOUT completed    bigint      DEFAULT 0,
    INOUT failed       bigint      DEFAULT 0,
    INOUT drained      boolean     DEFAULT false,
    INOUT next_due_in  interval    DEFAULT NULL,
    INOUT outside      boolean     DEFAULT false)
LANGUAGE plpgsql
AS $$
DECLARE
    most_in_a_batch    constant integer     := 50;       -- PostgreSQL caches 64 subtransactions of a session.
    most_at_once       constant integer     := 500;      -- Of jobs without a subtransaction each: see run_quickly.
    a_batch_takes      constant interval    := '10 ms';  -- Many times what a commit costs, and hardly felt as a delay.
    a_quick_job_takes  constant interval    := '5 ms';   -- The next one may be as quick, and have company.
    worker             constant regrole     := pg_catalog.quote_ident(CURRENT_USER)::regrole;
    called_at          constant timestamptz := pg_catalog.clock_timestamp();
    batches_only       constant boolean     := slice IS NOT NULL AND pace > 1;
    statement_timeout  constant text        := pg_catalog.current_setting('statement_timeout');
    foreign_statements constant boolean     := EXISTS (SELECT FROM pg_catalog.pg_prepared_statements AS p WHERE NOT p.from_sql);
    moment   timestamptz;
    jobs     pgdispatch.job[];
    job      pgdispatch.job;
    asked    pgdispatch.managed_job;
    claimed  integer;
    last_due_at timestamptz;
    last_id  bigint;
    goes_on  boolean;
    promoted_at timestamptz := '-infinity';
    suspect  bigint;
    ran      integer;
    all_well boolean;
BEGIN
    -- A session that has only taken on the role, by SET ROLE or SET SESSION AUTHORIZATION, would let a job put it off again.
    IF CURRENT_USER <> SESSION_USER
       OR worker::oid <> (SELECT a.usesysid FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) AS a) THEN
        RAISE insufficient_privilege USING
            MESSAGE = pg_catalog.format('pgdispatch: this session did not log in as %s', worker),
            DETAIL = 'A job runs in a session that logged in as the role that dispatched it.',
            HINT = pg_catalog.format('Log in as %s and CALL pgdispatch.work() there.', worker);
    END IF;

    PERFORM pgdispatch.clean_session(foreign_statements);

    LOOP
        -- Ends the transaction of the last round. Under another isolation level a claim fails where another worker was faster.
        COMMIT;
        SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;

        moment := pg_catalog.now();   -- The jobs' now(), which is never before what they were due at.
        goes_on := false;
        IF moment > promoted_at + '1 second'::interval THEN
            PERFORM pgdispatch.promote(worker);
            promoted_at := moment;
        END IF;
        ran := 0;
        IF pace > most_in_a_batch THEN
            -- Those before went well, each in a subtransaction of its own.
            SELECT q.claimed, q.ran, q.last_due_at, q.last_id, q.all_well
              INTO claimed, ran, last_due_at, last_id, all_well
              FROM pgdispatch.run_quickly(moment, after_due_at, after_id, pace, moment + a_batch_takes, foreign_statements) AS q;
        ELSE
            jobs := pgdispatch.claim(moment, after_due_at, after_id, CASE WHEN suspect IS NULL THEN greatest(pace, 1) ELSE 1 END);
            claimed := pg_catalog.cardinality(jobs);
        END IF;

        IF pace > most_in_a_batch AND (claimed > 0 OR NOT all_well) THEN
            completed := completed + ran;
            IF ran > 0 THEN
                after_due_at := last_due_at;
                after_id := last_id;
                pace := greatest(most_in_a_batch, least(most_at_once, 2 * pace,
                            pg_catalog.floor(ran::double precision * pg_catalog.date_part('epoch', a_batch_takes)
                                / pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - moment))));
                IF ran < claimed AND pg_catalog.clock_timestamp() < moment + a_batch_takes THEN
                    pace := most_in_a_batch;   -- What comes next has to run alone.
                END IF;
            ELSE
                pace := CASE WHEN pg_catalog.clock_timestamp() < moment + a_batch_takes THEN most_in_a_batch / 2 ELSE 1 END;
            END IF;
        ELSIF claimed = 0 THEN
            IF after_due_at = '-infinity' THEN
                pace := 1;
                drained := true;
                next_due_in := pgdispatch.next_due_in(moment);
                EXIT;
            END IF;
            -- To go on from the last position spares a claim the dead rows of what has run, which pile up while anyone holds
            -- an old snapshot. But what comes before it in order may have been committed after it.
            after_due_at := '-infinity';
            after_id := 0;
            suspect := NULL;
            CONTINUE;
        ELSIF (jobs[1]).managed THEN
            suspect := NULL;
            IF batches_only THEN
                pace := 1;   -- The driver may cancel this CALL at any time.
            ELSE
                job := jobs[1];
                after_due_at := job.due_at;
                after_id := job.id;
                -- Until the job is done, this lock keeps other workers from counting an attempt, too.
                CONTINUE WHEN NOT pg_catalog.pg_try_advisory_lock(1885824112, pgdispatch.low(job.id));
                asked := pgdispatch.begin_managed(job);
                COMMIT;
                SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
                IF asked.id IS NOT NULL THEN
                    job := pgdispatch.claim_again(job);
                    all_well := CASE WHEN job.id IS NOT NULL THEN pgdispatch.run_alone(job, false, asked) END;
                    IF all_well THEN
                        completed := completed + 1;
                    ELSIF NOT all_well THEN
                        failed := failed + 1;
                    ELSIF pgdispatch.is_cancelled(job.id) THEN
                        COMMIT;
                        PERFORM pg_catalog.pg_sleep(0.02);   -- Whoever cancels it wants the row.
                    END IF;
                END IF;
                goes_on := pg_catalog.clock_timestamp() < moment + a_quick_job_takes;
            END IF;
        ELSIF suspect IS DISTINCT FROM (jobs[1]).id AND (batches_only OR pg_catalog.cardinality(jobs) > 1) THEN
            suspect := NULL;
            SELECT b.ran, b.all_well INTO ran, all_well
              FROM pgdispatch.run_batch(jobs, moment + a_batch_takes, foreign_statements) AS b;
            completed := completed + ran;
            IF ran > 0 THEN
                after_due_at := (jobs[ran]).due_at;
                after_id := (jobs[ran]).id;
            END IF;
            -- As many as fit the time, by what these took; at most twice as many as these, as the next may be of another kind.
            IF all_well THEN
                pace := greatest(1, least(CASE WHEN ran < most_in_a_batch THEN most_in_a_batch ELSE most_at_once END, 2 * pace,
                            pg_catalog.floor(ran::double precision * pg_catalog.date_part('epoch', a_batch_takes)
                                / pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - moment))));
            ELSIF (jobs[ran + 1]).managed THEN
                pace := greatest(2, least(most_in_a_batch, 2 * ran));
            ELSIF (jobs[ran + 1]).crashes = 0 AND pg_catalog.clock_timestamp() < moment + a_batch_takes THEN
                -- It failed as quickly as others run. Whether the company was to blame, it has to show alone.
                suspect := (jobs[ran + 1]).id;
                pace := greatest(2, least(most_in_a_batch, 2 * ran));
            ELSE
                pace := 1;
            END IF;
        ELSE
            job := jobs[1];
            after_due_at := job.due_at;
            after_id := job.id;

            IF pace < 1 OR job.crashes > 0 THEN
                -- What is to outlive a session that the job takes down has to be committed first. Until the job is done, the
                -- advisory lock keeps other workers from counting, too.
                IF NOT pg_catalog.pg_try_advisory_lock(1885824112, (job.id % 2147483648)::integer) THEN
                    suspect := NULL;
                    CONTINUE;
                END IF;
                PERFORM pgdispatch.count_crash(job);
                COMMIT;
                SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
                job := pgdispatch.claim_again(job);
            END IF;

            all_well := CASE WHEN job.id IS NOT NULL THEN pgdispatch.run_alone(job, batches_only) END;   -- Or it was deleted meanwhile.
            IF all_well THEN
                completed := completed + 1;
            ELSIF NOT all_well THEN
                failed := failed + 1;
            ELSIF pgdispatch.is_cancelled(job.id) THEN
                COMMIT;
                PERFORM pg_catalog.pg_sleep(0.02);
            END IF;
            pace := CASE WHEN pace < 1 THEN pace + 1
                         WHEN all_well IS NULL THEN 1
                         WHEN pg_catalog.clock_timestamp() < moment + a_quick_job_takes THEN greatest(pace, 2)
                         ELSE 1
                    END;
            suspect := NULL;
        END IF;
        PERFORM pgdispatch.clean_session(foreign_statements);

        -- What was committed late comes before the position, and is not to wait until a backlog is done.
        IF pg_catalog.date_trunc('second', pg_catalog.clock_timestamp()) > moment THEN
            after_due_at := '-infinity';
            after_id := 0;
        END IF;

        -- At a pace of 1 the next job may take long, and the driver may want to have others take those behind it.
        EXIT WHEN slice IS NOT NULL
              AND (batches_only <> (pace > 1) OR pace = 1 AND NOT goes_on OR pg_catalog.clock_timestamp() > called_at + slice);
    END LOOP;

    outside := pgdispatch.is_outside_due();
    -- What the driver has set for the CALL as a whole is not the jobs' to keep, but the driver's.
    PERFORM pg_catalog.set_config('statement_timeout', statement_timeout, false);
    RESET client_min_messages;
END
$$;

COMMENT ON PROCEDURE pgdispatch.work(interval, integer, timestamptz, bigint, bigint, bigint, boolean, interval, boolean) IS
'Runs the due jobs of the role that the session logged in as, oldest first but for those that were committed late, until none is left that nobody else is running: then it has drained the queue, and next_due_in tells in how long the next one falls due (NULL: there is none). Any number of sessions may call it at once. Each job starts in a session as good as new, and so is the session in the end, but for statement_timeout: that one is for the CALL as a whole and cancels whichever job is running then. A quick job shares its transaction with others, a slow one and one of which more is asked do not. To be called with autocommit, as in: CALL pgdispatch.work()
A driver passes a slice, after which the CALL returns as soon as the running job lets it, drained or not, and hands pace and position back with its next CALL. With a pace of 1 such a CALL runs one job, alone. With a pace above 1 it runs batches only: cancel it once it has taken two slices, and what is slow in it will be run alone. (If the cancellation comes between two jobs, the CALL fails with it; to be called again.) After the loss of a session, a pace of -49 runs the next 50 jobs such that one that takes sessions down is found out: the fifth time that it was run so is the last. Where outside is true, there is a command to be run by the driver itself: see pgdispatch.begin_outside.';


CREATE FUNCTION pgdispatch.enforce_time_limits() RETURNS interval
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
        CONTINUE WHEN pgdispatch.session_of(running.id) IS NULL;   -- It was lost.
        IF running.ends_at <= clock_timestamp() THEN
            PERFORM pgdispatch.interrupt(running.id, if_late => true);
        END IF;
        due_in := least(due_in, greatest(running.ends_at - clock_timestamp(), '100 ms'::interval));
    END LOOP;
    RETURN due_in;
END
$$;

COMMENT ON FUNCTION pgdispatch.enforce_time_limits() IS
'Cancels the commands of the current role that take longer than their time limit. Returns when to look again; NULL: there is no reason to.';


CREATE FUNCTION pgdispatch.tidy() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET jit = off
AS $$
DECLARE
    me     constant regrole     := quote_ident(CURRENT_USER)::regrole;
    moment constant timestamptz := clock_timestamp();
BEGIN
    IF to_timestamp(coalesce(nullif(current_setting('pgdispatch.tidied', true), ''), '0')::double precision) > moment - '1 minute'::interval THEN
        RETURN;
    END IF;
    PERFORM set_config('pgdispatch.tidied', date_part('epoch', moment)::text, false);
    PERFORM pgdispatch.forget_dead_letters(me);
    DELETE FROM pgdispatch.result AS r WHERE r.role = me AND r.expires_at < moment;
    DELETE FROM pgdispatch.job_key AS k WHERE k.role = me AND k.expires_at < moment;
END
$$;

COMMENT ON FUNCTION pgdispatch.tidy() IS
'Part of pgdispatch.watch: once a minute, deletes dead letters, results and keys that have been kept for long enough. (Nobody sees results and keys after that, deleted or not.)';


CREATE OR REPLACE FUNCTION pgdispatch.watch(
    at_most integer, rest boolean,
    OUT due integer, OUT next_due_in interval, OUT resting boolean, OUT notified boolean)
LANGUAGE plpgsql
AS $$
DECLARE
    worker constant regrole := pg_catalog.quote_ident(CURRENT_USER)::regrole;
    moment timestamptz;
BEGIN
    -- The lock first, the look after it: whoever dispatches from now on finds the lock taken and notifies, and what was committed
    -- before is seen, since each statement here has a snapshot of its own.
    resting := rest AND pg_catalog.pg_try_advisory_lock(pgdispatch.driver_lock(worker));
    notified := resting;
    IF rest AND NOT resting THEN
        notified := NOT pg_catalog.pg_try_advisory_lock_shared(pgdispatch.driver_lock(worker));
        IF NOT notified THEN
            PERFORM pg_catalog.pg_advisory_unlock_shared(pgdispatch.driver_lock(worker));
        END IF;
    END IF;
    IF pg_catalog.to_regnamespace('cron') IS NOT NULL OR pgdispatch.cron_is_elsewhere() THEN
        PERFORM pgdispatch.attend(resting);
    END IF;
    PERFORM pgdispatch.tidy();
    moment := pg_catalog.clock_timestamp();
    due := pgdispatch.count_due(moment, at_most) + CASE WHEN pgdispatch.is_outside_due() THEN 1 ELSE 0 END;
    next_due_in := least(pgdispatch.next_due_in(moment), pgdispatch.enforce_time_limits());
    IF resting AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
        next_due_in := '0';   -- Its snapshot is older than the lock, so that this was no look after it: there has to be another.
    END IF;
END
$$;




-- ---------------------------------------------------------------------------------------------------------------------
-- Outside of a transaction
-- ---------------------------------------------------------------------------------------------------------------------

-- What refuses to run in a transaction refuses to run in a function, so that the driver has to run it: an application by itself, or
-- pg_cron as a job of its own. A worker has admitted it before and has moved it to the end of time.
CREATE FUNCTION pgdispatch.outside_is_free(job pgdispatch.managed_job) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN job.started_at IS NULL
        OR pgdispatch.session_of(job.id) IS NULL
           AND NOT EXISTS (SELECT
                             FROM pgdispatch.cron_worker AS w
                            WHERE w.role = job.role AND w.job_id = job.id AND w.home = pgdispatch.home());
END
$$;

COMMENT ON FUNCTION pgdispatch.outside_is_free(pgdispatch.managed_job) IS
'Whether nobody runs a command that is to be run outside of a transaction; whoever began it may have been lost.';


CREATE FUNCTION pgdispatch.is_outside_due() RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET jit = off
AS $$
DECLARE
    me  constant regrole := quote_ident(CURRENT_USER)::regrole;
    job pgdispatch.managed_job;
BEGIN
    FOR job IN SELECT m.* FROM pgdispatch.managed_job AS m WHERE m.role = me AND m.held_by = 'outside' LOOP
        IF pgdispatch.outside_is_free(job) THEN
            RETURN NOT EXISTS (SELECT FROM pgdispatch.pause AS p WHERE p.role = me AND p.handler = '');
        END IF;
    END LOOP;
    RETURN false;
END
$$;

COMMENT ON FUNCTION pgdispatch.is_outside_due() IS
'Whether there is a command of the current role that is to be run outside of a transaction.';


CREATE FUNCTION pgdispatch.count_outside(job pgdispatch.managed_job) RETURNS pgdispatch.managed_job
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    crashes_at_most constant integer := 5;
    row_of pgdispatch.job;
BEGIN
    UPDATE pgdispatch.managed_job AS m
       SET attempts = m.attempts + 1,
           crashes = m.crashes + CASE WHEN m.started_at IS NOT NULL THEN 1 ELSE 0 END,
           started_at = clock_timestamp()
     WHERE m.role = job.role AND m.id = job.id
    RETURNING m.* INTO job;
    IF job.crashes >= crashes_at_most THEN
        SELECT j.* INTO row_of FROM pgdispatch.job AS j WHERE j.role = job.role AND j.due_at = job.place AND j.id = job.id;
        PERFORM pgdispatch.bury(row_of, job, '58000', format('pgdispatch: %s sessions were lost while they ran this job', job.crashes), NULL, NULL, NULL);
        RETURN NULL;
    END IF;
    RETURN job;
END
$$;

COMMENT ON FUNCTION pgdispatch.count_outside(pgdispatch.managed_job) IS
'Counts, in advance, an attempt of a command outside of a transaction; NULL if it has taken too many sessions down, and is a dead letter.';


CREATE FUNCTION pgdispatch.begin_outside(OUT id bigint, OUT command text, OUT attempt integer, OUT time_limit interval)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    me  constant regrole := quote_ident(CURRENT_USER)::regrole;
    job pgdispatch.managed_job;
BEGIN
    IF EXISTS (SELECT FROM pgdispatch.pause AS p WHERE p.role = me AND p.handler = '') THEN
        RETURN;
    END IF;
    FOR job IN
        SELECT m.* FROM pgdispatch.managed_job AS m WHERE m.role = me AND m.held_by = 'outside' ORDER BY m.rank, m.id FOR UPDATE SKIP LOCKED
    LOOP
        CONTINUE WHEN NOT pgdispatch.outside_is_free(job) OR pgdispatch.is_cancelled(job.id);
        -- For as long as the session lives, or until it unlocks it: see session_of.
        CONTINUE WHEN NOT pg_try_advisory_lock(1885824124, pgdispatch.low(job.id));
        job := pgdispatch.count_outside(job);
        IF job.id IS NOT NULL THEN
            SELECT j.id, j.command, job.attempts, job.time_limit
              INTO id, command, attempt, time_limit
              FROM pgdispatch.job AS j
             WHERE j.role = me AND j.due_at = job.place AND j.id = job.id;
            RETURN;
        END IF;
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.begin_outside() IS
'For a driver that runs commands outside of a transaction, in the session that will: the next one, or NULL if there is none. Once that is committed, the session executes the command, and another one calls pgdispatch.end_outside before this one is ended.';


CREATE FUNCTION pgdispatch.end_outside(
    job_id bigint, attempt integer, error_sqlstate text DEFAULT NULL, error_message text DEFAULT NULL, error_detail text DEFAULT NULL,
    error_hint text DEFAULT NULL, error_context text DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me     constant regrole := quote_ident(CURRENT_USER)::regrole;
    asked  pgdispatch.managed_job;
    row_of pgdispatch.job;
BEGIN
    SELECT m.*
      INTO asked
      FROM pgdispatch.managed_job AS m
     WHERE m.role = me AND m.id = job_id AND m.held_by = 'outside' AND m.attempts = attempt AND m.started_at IS NOT NULL
       FOR UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT j.* INTO row_of FROM pgdispatch.job AS j WHERE j.role = me AND j.due_at = asked.place AND j.id = job_id;

    IF error_sqlstate IS NULL THEN
        PERFORM pgdispatch.finish(ARRAY[row_of]);
        PERFORM pgdispatch.end_managed(me, job_id, 'done', false);
        RETURN 'done';
    ELSIF error_sqlstate = '57014' AND pgdispatch.is_cancelled(job_id) THEN
        UPDATE pgdispatch.managed_job AS m SET started_at = NULL WHERE m.role = me AND m.id = job_id;
        RETURN 'cancelled';
    ELSIF error_sqlstate IN ('40001', '40P01') THEN
        UPDATE pgdispatch.managed_job AS m SET attempts = m.attempts - 1 WHERE m.role = me AND m.id = job_id;
        PERFORM pgdispatch.postpone(me, job_id, 1, '0'::interval, false);
        RETURN 'retried';
    END IF;
    IF error_sqlstate = '57014' AND clock_timestamp() >= asked.started_at + asked.time_limit THEN
        error_sqlstate := 'PD001';
        error_message := format('pgdispatch: the job took longer than its time limit of %s', asked.time_limit);
    END IF;
    IF asked.attempts < coalesce(asked.max_attempts, 1) AND left(error_sqlstate, 2) NOT IN ('42', '0A', '3F') THEN
        PERFORM pgdispatch.postpone(me, job_id, asked.attempts, NULL, false);
        RETURN 'retried';
    END IF;
    PERFORM pgdispatch.bury(row_of, asked, error_sqlstate, error_message, error_detail, error_hint, error_context);
    RETURN 'dead';
END
$$;

COMMENT ON FUNCTION pgdispatch.end_outside(bigint, integer, text, text, text, text, text) IS
'Ends what pgdispatch.begin_outside has begun: done; with an error, retried after the back-off, or dead: it is a dead letter; cancelled: whoever cancels the job deletes it. NULL: it has been ended, or begun again, by others.';


CREATE FUNCTION pgdispatch.cron_run(worker_id bigint, after_run bigint, OUT status text, OUT return_message text, OUT job_pid integer, OUT ended_at timestamptz)
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


CREATE FUNCTION pgdispatch.cron_run_outside() RETURNS boolean
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
    FOR worker IN SELECT w.* FROM pgdispatch.cron_worker AS w WHERE w.role = me AND w.purpose = 'outside' LOOP
        SELECT r.* INTO run FROM pgdispatch.cron_run(worker.id, worker.after_run) AS r;
        SELECT m.* INTO job FROM pgdispatch.managed_job AS m WHERE m.role = me AND m.id = worker.job_id;
        IF job.id IS NULL OR run.status IN ('succeeded', 'failed') OR NOT pgdispatch.cron_is_sound(worker.id, worker.home) THEN
            -- What the message says of an error is all that there is.
            IF job.id IS NOT NULL AND run.status IN ('succeeded', 'failed') THEN
                PERFORM pgdispatch.end_outside(job.id, job.attempts,
                    CASE WHEN run.status = 'failed' THEN CASE WHEN run.return_message LIKE '%canceling statement%' THEN '57014' ELSE 'XX000' END END,
                    run.return_message);
            END IF;
            DELETE FROM cron.job_run_details AS d
             USING cron.job AS j
             WHERE j.jobname = pgdispatch.cron_name(worker.id) AND j.username = CURRENT_USER
               AND d.jobid = j.jobid AND d.runid > worker.after_run;
            PERFORM pgdispatch.cron_remove(me, worker.id);
        ELSE
            busy := true;
        END IF;
    END LOOP;

    IF attended OR EXISTS (SELECT FROM pgdispatch.pause AS p WHERE p.role = me AND p.handler = '') THEN
        RETURN busy;
    END IF;
    FOR job IN
        SELECT m.* FROM pgdispatch.managed_job AS m WHERE m.role = me AND m.held_by = 'outside' ORDER BY m.rank, m.id FOR UPDATE SKIP LOCKED
    LOOP
        busy := true;
        CONTINUE WHEN NOT pgdispatch.outside_is_free(job) OR pgdispatch.is_cancelled(job.id);
        job := pgdispatch.count_outside(job);
        CONTINUE WHEN job.id IS NULL;
        -- Not each second, as a worker: it would be begun again before we can see that it has ended. A minute that has begun when
        -- pg_cron learns of it would be missed.
        timezone := (SELECT c.timezone FROM pgdispatch.cron_configuration() AS c);
        minute := date_trunc('minute', clock_timestamp() + '1 minute 3 seconds'::interval);
        INSERT INTO pgdispatch.cron_worker (role, purpose, after_run, job_id)
        VALUES (me, 'outside', pgdispatch.cron_last_run(), job.id)
        RETURNING * INTO worker;
        PERFORM cron.schedule(pgdispatch.cron_name(worker.id),
                    CASE WHEN timezone IS NULL THEN '* * * * *' ELSE to_char(minute AT TIME ZONE timezone, 'FMMI FMHH24 FMDD FMMM *') END,
                    (SELECT j.command FROM pgdispatch.job AS j WHERE j.role = me AND j.due_at = job.place AND j.id = job.id));
    END LOOP;
    RETURN busy;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_run_outside() IS
'Part of pgdispatch.cron_work: has pg_cron run the commands that are to be run outside of a transaction, where no application does, and ends those that have run. False: there are none.';


-- ---------------------------------------------------------------------------------------------------------------------
-- The workers of pg_cron
-- ---------------------------------------------------------------------------------------------------------------------

ALTER TABLE pgdispatch.cron_worker
    DROP CONSTRAINT cron_worker_purpose_check,
    ADD CONSTRAINT cron_worker_purpose_check CHECK (purpose IN ('work', 'alarm', 'reboot', 'permanent', 'guard', 'outside')),
    ADD COLUMN job_id bigint;

CREATE INDEX cron_worker_job ON pgdispatch.cron_worker (role, job_id) WHERE job_id IS NOT NULL;
COMMENT ON INDEX pgdispatch.cron_worker_job IS 'The commands that pg_cron runs outside of a transaction.';
COMMENT ON COLUMN pgdispatch.cron_worker.job_id IS 'The job whose command pg_cron runs outside of a transaction.';

COMMENT ON COLUMN pgdispatch.cron_worker.purpose IS
'work: to come at once. alarm: to come when the next snoozed job falls due. reboot: to come after a restart, if an alarm was missed. permanent: an administrator''s. guard: to cancel jobs that take longer than their time limit, and to have commands run outside of a transaction. outside: such a command.';


CREATE FUNCTION pgdispatch.stop_guarding(worker_id bigint) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    PERFORM pg_advisory_xact_lock(pgdispatch.leaving_lock(me));
    -- By a look after the lock: whoever begins such a job from now on has another guard come.
    IF EXISTS (SELECT FROM pgdispatch.managed_job AS m WHERE m.role = me AND m.held_by = 'outside' AND NOT pgdispatch.has_application(me))
       OR EXISTS (SELECT FROM pgdispatch.cron_worker AS w WHERE w.role = me AND w.purpose = 'outside')
       OR EXISTS (SELECT FROM pgdispatch.managed_job AS m
                WHERE m.role = me AND m.started_at IS NOT NULL AND m.time_limit IS NOT NULL
                  -- One that has just been counted is about to run.
                  AND (pgdispatch.session_of(m.id) IS NOT NULL OR m.started_at > clock_timestamp() - '1 second'::interval)) THEN
        RETURN false;
    END IF;
    UPDATE pgdispatch.cron_worker AS w SET purpose = 'work' WHERE w.role = me AND w.id = worker_id;
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.stop_guarding(bigint) IS
'Part of pgdispatch.cron_work: makes a guard a worker like others; false if a job with a time limit runs.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_settle(worker_role regrole) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    moment   constant timestamptz := clock_timestamp();
    due_in   constant interval    := CASE WHEN pgdispatch.is_outside_due() THEN '0'::interval ELSE pgdispatch.next_due_in(moment) END;
    -- What falls due is run by the application if there is one, and by us if it fails.
    attended constant boolean     := pgdispatch.has_application(worker_role);
    spare    constant interval    := CASE WHEN attended THEN '10 seconds' ELSE '0' END;
    wanted   record;
    waiting  pgdispatch.cron_worker;
    purposes text[] := '{}';
BEGIN
    SELECT w.schedule, w.wakes_at INTO wanted FROM pgdispatch.cron_wakes_at(due_in + spare) AS w;
    FOR waiting IN SELECT w.* FROM pgdispatch.cron_worker AS w WHERE w.role = worker_role AND w.purpose IN ('alarm', 'reboot') LOOP
        IF pgdispatch.cron_is_sound(waiting.id, waiting.home)
           -- One that is just being started will settle it all once more; to take it from pg_cron in that moment leaves traces.
           AND (waiting.wakes_at BETWEEN moment - '3 seconds'::interval AND moment + '2 seconds'::interval
                OR due_in IS NOT NULL AND (waiting.purpose = 'reboot'
                                           OR waiting.wakes_at BETWEEN moment AND wanted.wakes_at + '500 ms'::interval
                                              -- It was for a job that the application has run. Not moved before it has to be.
                                              AND NOT (attended AND waiting.wakes_at < least(moment + '8 seconds'::interval,
                                                                                             wanted.wakes_at - '2 seconds'::interval)))) THEN
            purposes := purposes || waiting.purpose;
        ELSE
            PERFORM pgdispatch.cron_remove(worker_role, waiting.id);
        END IF;
    END LOOP;
    IF due_in IS NOT NULL THEN
        IF 'alarm' <> ALL (purposes) THEN
            PERFORM pgdispatch.cron_add(worker_role, 'alarm', NULL, wanted.schedule, wanted.wakes_at);
        END IF;
        IF 'reboot' <> ALL (purposes) THEN
            PERFORM pgdispatch.cron_add(worker_role, 'reboot', NULL, '@reboot', NULL);
        END IF;
    END IF;
END
$$;


DROP FUNCTION pgdispatch.cron_enter(bigint);

CREATE FUNCTION pgdispatch.cron_enter(worker_id bigint, OUT stays boolean, OUT lost boolean, OUT linger interval, OUT guards boolean)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me     constant regrole := quote_ident(CURRENT_USER)::regrole;
    myself pgdispatch.cron_worker;
    others integer;
BEGIN
    guards := false;
    linger := (SELECT s.linger FROM pgdispatch.cron_setting AS s WHERE s.role IN (me, '-') ORDER BY s.role::oid DESC LIMIT 1);

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

    PERFORM pg_advisory_xact_lock(pgdispatch.leaving_lock(me));   -- Of many that come at once, each has to count the others.
    SELECT w.* INTO myself FROM pgdispatch.cron_worker AS w WHERE w.role = me AND w.id = worker_id FOR UPDATE;
    IF NOT FOUND OR myself.home <> pgdispatch.home() THEN   -- It came with a dump, with or without its row.
        PERFORM pgdispatch.cron_forget_runs(worker_id, 0);
        PERFORM pgdispatch.cron_remove(me, worker_id);
        stays := false;
        RETURN;
    ELSIF pgdispatch.is_alive(myself.pid, myself.backend_start) THEN
        PERFORM pgdispatch.cron_forget_runs(worker_id, myself.after_run);   -- pg_cron was restarted, but not the session, which goes on.
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
          OR others < pgdispatch.cron_workers_at_most(me)
          OR NOT pgdispatch.cron_leave(worker_id, false, true);
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_enter(bigint) IS
'Part of pgdispatch.cron_work: begins a worker''s run. If it stays, lost tells that its last one did not end well, and guards that it is there to cancel jobs that take too long; otherwise it has left, and nothing may run after the commit.';


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
    pace          integer     := 1;
    after_due_at  timestamptz := '-infinity';
    after_id      bigint      := 0;
    completed     bigint      := 0;
    failed        bigint      := 0;
    before        bigint;
    drained       boolean;
    outside       boolean     := false;
BEGIN
    COMMIT;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    SET client_min_messages = error;   -- pg_cron keeps what it is told, in an UPDATE each.
    SELECT e.stays, e.lost, e.linger, e.guards INTO stays, lost, linger, guards FROM pgdispatch.cron_enter(worker_id) AS e;
    COMMIT;
    IF NOT stays THEN
        RETURN;
    END IF;
    IF lost THEN
        pace := -49;
    END IF;

    LOOP
        SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
        moment := pg_catalog.clock_timestamp();

        -- pg_cron has no part in it, but the role's own limit is for the whole CALL, and whatever is running then would pay for it.
        IF moment > started_at + session_limit / 4 THEN
            EXIT WHEN worker_id IS NULL OR pgdispatch.cron_leave(worker_id, attending, false, true);
        END IF;

        IF guards THEN
            IF pgdispatch.cron_run_outside() OR pgdispatch.enforce_time_limits() IS NOT NULL THEN
                guarded_at := moment;
            ELSIF moment > guarded_at + patience THEN
                guards := NOT pgdispatch.stop_guarding(worker_id);
                idle_since := moment;
            END IF;
            COMMIT;
            PERFORM pg_catalog.pg_sleep(0.05);
            COMMIT;
            CONTINUE;
        END IF;

        -- One worker drains quick jobs faster than two that get in each other's way.
        IF pace > 1 AND NOT joined AND EXISTS (SELECT
                                                 FROM pgdispatch.cron_batches() AS b
                                                WHERE coalesce(b.worker_id < cron_work.worker_id, true)) THEN
            pace := 1;
        END IF;
        IF pace > 1 THEN
            waiting := 1;
        ELSE
            SELECT pg_catalog.cardinality(c.jobs), (c.jobs[1]).due_at
              INTO waiting, oldest
              FROM (SELECT pgdispatch.claim(moment, '-infinity', 0, pgdispatch.cron_workers_at_most(me) + 1) AS jobs) AS c;
            ROLLBACK;   -- It was only to see: others may have them.
            SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
            IF NOT has_the_turn AND (pgdispatch.is_shared(pgdispatch.batch_lock(me))
                                     OR pgdispatch.is_held(pgdispatch.turn_lock(me))) THEN
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
                    PERFORM pgdispatch.cron_go_deaf(worker_id, attending);
                    COMMIT;
                END IF;
            END IF;
        END IF;

        IF waiting > 0 THEN
            before := completed + failed;
            drained := false;
            CALL pgdispatch.work(slice, pace, after_due_at, after_id, completed, failed, drained, due_in, outside);
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
            attending := pg_catalog.pg_try_advisory_lock(pgdispatch.lookout_lock(me));
            CONTINUE WHEN attending;   -- What was committed before is seen by another look, and what comes after relies on us.
        END IF;
        IF NOT (attending OR has_the_turn) AND moment > other_seen_at + a_turn_takes THEN
            has_the_turn := pg_catalog.pg_try_advisory_lock(pgdispatch.turn_lock(me));
        END IF;
        IF moment > checked_at + '200 ms'::interval THEN
            checked_at := moment;
            PERFORM pgdispatch.cron_unstick();
            PERFORM pgdispatch.enforce_time_limits();
            IF worker_id IS NOT NULL AND pgdispatch.is_outside_due() THEN
                PERFORM pgdispatch.ensure_guard(me);
            END IF;
        END IF;
        due_in := pgdispatch.next_due_in(moment);
        IF idle_for >= (CASE WHEN attending THEN linger ELSE least(linger, '1 second'::interval) END)
           AND coalesce(due_in > look_ahead, true)
           AND NOT pgdispatch.is_shared(pgdispatch.batch_lock(me)) THEN
            EXIT WHEN worker_id IS NULL
                   OR pgdispatch.cron_leave(worker_id, attending)
                   OR idle_for >= linger + patience AND pgdispatch.cron_leave(worker_id, attending, false, true);
        END IF;
        COMMIT;
        PERFORM pg_catalog.pg_sleep(pg_catalog.date_part('epoch',
            least(greatest(idle_for / 50, '5 ms'::interval), '50 ms'::interval, greatest(due_in, '1 ms'::interval))));
        COMMIT;
    END LOOP;
END
$$;



-- ---------------------------------------------------------------------------------------------------------------------
-- What users call: operating
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION pgdispatch.place_of(
    job_id bigint, OUT handler text, OUT place timestamptz, OUT asked pgdispatch.managed_job)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    SELECT m.* INTO asked FROM pgdispatch.managed_job AS m WHERE m.role = me AND m.id = job_id AND NOT m.failed;
    IF FOUND THEN
        handler := asked.handler;
        place := asked.place;
        RETURN;
    END IF;
    asked := NULL;
    -- Plain jobs have no index by id: one more would cost each dispatch.
    SELECT j.due_at INTO place FROM pgdispatch.job AS j WHERE j.role = me AND j.id = job_id;
    IF NOT FOUND THEN
        SELECT j.due_at, j.handler INTO place, handler FROM pgdispatch.handler_job AS j WHERE j.role = me AND j.id = job_id;
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.place_of(bigint) IS
'Finds a job of the current role that has not ended; place is NULL if there is none. Of a plain job, reads all jobs of the role.';


CREATE FUNCTION pgdispatch.find(
    INOUT id bigint, OUT state text, OUT command text, OUT handler text, OUT arguments json, OUT fired_at timestamptz,
    OUT due_at timestamptz, OUT attempts integer, OUT finished_at timestamptz)
RETURNS SETOF record
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    me     constant regrole := quote_ident(CURRENT_USER)::regrole;
    job_id constant bigint  := find.id;
    found_at record;
BEGIN
    SELECT p.* INTO found_at FROM pgdispatch.place_of(job_id) AS p;
    IF found_at.place IS NOT NULL THEN
        RETURN QUERY
            SELECT j.id,
                   CASE WHEN pgdispatch.session_of(j.id) IS NOT NULL THEN 'running'
                        WHEN (found_at.asked).held_by = 'outside' THEN CASE WHEN pgdispatch.outside_is_free(found_at.asked) THEN 'waiting' ELSE 'running' END
                        WHEN (found_at.asked).held_by IS NOT NULL OR p.handler IS NOT NULL THEN 'held'
                        WHEN j.due_at > clock_timestamp() THEN 'snoozed'
                        ELSE 'waiting'
                   END,
                   j.command, NULL::text, NULL::json, j.fired_at, coalesce((found_at.asked).due_at, j.due_at),
                   coalesce((found_at.asked).attempts, 0), NULL::timestamptz
              FROM pgdispatch.job AS j
              LEFT JOIN pgdispatch.pause AS p ON p.role = me AND p.handler = ''
             WHERE found_at.handler IS NULL AND j.role = me AND j.due_at = found_at.place AND j.id = job_id
            UNION ALL
            SELECT j.id,
                   CASE WHEN j.claimed_by IN (SELECT n.id FROM pgdispatch.node AS n WHERE n.role = me) THEN 'running'
                        WHEN (found_at.asked).held_by IS NOT NULL
                             OR EXISTS (SELECT FROM pgdispatch.pause AS p WHERE p.role = me AND p.handler IN ('', j.handler)) THEN 'held'
                        WHEN j.due_at > clock_timestamp() THEN 'snoozed'
                        ELSE 'waiting'
                   END,
                   NULL, j.handler, j.arguments, j.fired_at, coalesce((found_at.asked).due_at, j.due_at), j.attempts, NULL
              FROM pgdispatch.handler_job AS j
             WHERE found_at.handler IS NOT NULL AND j.role = me AND j.handler = found_at.handler AND j.due_at = found_at.place AND j.id = job_id;
        IF FOUND THEN
            RETURN;
        END IF;
    END IF;
    RETURN QUERY
        SELECT d.id, 'failed'::text, d.command, d.handler, d.arguments, d.fired_at, d.due_at, d.attempts, d.failed_at
          FROM pgdispatch.dead_letter AS d
         WHERE d.role = me AND d.id = job_id
         ORDER BY d.failed_at DESC
         LIMIT 1;
    IF NOT FOUND THEN
        RETURN QUERY
            SELECT r.id, r.state, NULL::text, NULL::text, NULL::json, NULL::timestamptz, NULL::timestamptz, NULL::integer, r.finished_at
              FROM pgdispatch.result AS r
             WHERE r.role = me AND r.id = job_id AND r.expires_at > clock_timestamp();
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.find(bigint) IS
'Tells of a job of the current role, by the id that pgdispatch.dispatch has returned; no row: there is none any more, or never was. state: waiting (for a worker), snoozed (until due_at), held (by its ordering key, its queue or a pause), running, failed (it is a dead letter), or, for as long as its result is kept, done or cancelled. Of a job of which nothing is asked but to be run, reads all jobs of the role.';


CREATE FUNCTION pgdispatch.result(
    job_id bigint, OUT state text, OUT value json, OUT row_count bigint, OUT sqlstate text, OUT message text, OUT finished_at timestamptz)
RETURNS SETOF record
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    me constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    RETURN QUERY
        SELECT 'pending'::text, NULL::json, NULL::bigint, NULL::text, NULL::text, NULL::timestamptz
          FROM pgdispatch.managed_job AS m
         WHERE m.role = me AND m.id = job_id AND NOT m.failed
        UNION ALL
        SELECT r.state, r.value, r.row_count, r.sqlstate, r.message, r.finished_at
          FROM pgdispatch.result AS r
         WHERE r.role = me AND r.id = job_id AND r.expires_at > clock_timestamp()
         LIMIT 1;
    IF NOT FOUND THEN
        RETURN QUERY
            SELECT CASE f.state WHEN 'failed' THEN 'failed' ELSE 'pending' END, NULL::json, NULL::bigint, d.sqlstate, d.message, d.failed_at
              FROM pgdispatch.find(job_id) AS f
              LEFT JOIN pgdispatch.dead_letter AS d ON d.role = me AND d.id = job_id AND d.failed_at = f.finished_at;
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.result(bigint) IS
'What has become of a job of the current role: pending, failed with its error, or, if that was to be kept (see pgdispatch.dispatch), done with its rows or their count, or cancelled. No row: there is no such job, or no longer. Example: SELECT value FROM pgdispatch.result(42)';


CREATE FUNCTION pgdispatch.cancel_handler(handler_name text, job_place timestamptz, job_id bigint) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me constant regrole := quote_ident(CURRENT_USER)::regrole;
    node uuid;
BEGIN
    SELECT j.claimed_by
      INTO node
      FROM pgdispatch.handler_job AS j
     WHERE j.role = me AND j.handler = handler_name AND j.due_at = job_place AND j.id = job_id
       FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN NULL;
    ELSIF node IN (SELECT n.id FROM pgdispatch.node AS n WHERE n.role = me) THEN
        -- Should it be dead, whoever finds that out deletes the job.
        UPDATE pgdispatch.handler_job AS j SET cancelled = true
         WHERE j.role = me AND j.handler = handler_name AND j.due_at = job_place AND j.id = job_id;
        PERFORM pg_notify(pgdispatch.handler_channel(me), '');
        RETURN 'interrupting';
    END IF;
    DELETE FROM pgdispatch.handler_job AS j
     WHERE j.role = me AND j.handler = handler_name AND j.due_at = job_place AND j.id = job_id;
    RETURN 'cancelled';
END
$$;

COMMENT ON FUNCTION pgdispatch.cancel_handler(text, timestamptz, bigint) IS
'Part of pgdispatch.cancel: for a job of a handler; NULL if another transaction has locked it.';


CREATE FUNCTION pgdispatch.cancel(job_id bigint, patience interval DEFAULT '5 seconds') RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me      constant regrole     := quote_ident(CURRENT_USER)::regrole;
    ends_at constant timestamptz := clock_timestamp() + patience;
    job     record;
    sent    boolean := false;
    answer  text;
BEGIN
    PERFORM pg_advisory_xact_lock(1885824125, pgdispatch.low(job_id));   -- See is_cancelled.
    LOOP
        SELECT p.* INTO job FROM pgdispatch.place_of(job_id) AS p;
        IF job.place IS NULL THEN
            RETURN NULL;
        END IF;
        IF job.handler IS NOT NULL THEN
            answer := pgdispatch.cancel_handler(job.handler, job.place, job_id);
        ELSIF (job.asked).held_by = 'outside' AND (job.asked).started_at IS NOT NULL AND NOT pgdispatch.outside_is_free(job.asked) THEN
            NULL;   -- It runs, though without a lock on its row.
        ELSE
            PERFORM FROM pgdispatch.job AS j
              WHERE j.role = me AND j.due_at = job.place AND j.id = job_id
                FOR UPDATE SKIP LOCKED;
            IF FOUND THEN
                DELETE FROM pgdispatch.job AS j WHERE j.role = me AND j.due_at = job.place AND j.id = job_id;
                answer := CASE WHEN sent THEN 'interrupted' ELSE 'cancelled' END;
            END IF;
        END IF;
        IF answer IN ('cancelled', 'interrupted') AND (job.asked).id IS NOT NULL THEN
            PERFORM pgdispatch.end_managed(me, job_id, 'cancelled', false);
        END IF;
        IF answer IS NOT NULL THEN
            RETURN answer;
        END IF;

        IF job.handler IS NULL THEN
            sent := pgdispatch.interrupt(job_id) OR sent;
        END IF;
        IF clock_timestamp() > ends_at THEN
            RETURN 'interrupting';
        END IF;
        PERFORM pg_sleep(0.005);
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.cancel(bigint, interval) IS
'Cancels a job of the current role. cancelled: it waited, and is gone with the commit of this transaction. interrupted: it was running, what it did is undone, and it is gone with this commit. interrupting: it has not come to an end for as long as the patience, or is run by a node of the application, which is told with this commit and interrupts its thread. NULL: there is no such job, or it has just come to its end. Holds the job until the end of this transaction, which is to be short, and READ COMMITTED.';


CREATE FUNCTION pgdispatch.retry(dead_letter_id bigint) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me constant regrole := quote_ident(CURRENT_USER)::regrole;
    letter pgdispatch.dead_letter;
    asked  pgdispatch.managed_job;
    is_plain boolean;
    its_place timestamptz;
BEGIN
    SELECT d.*
      INTO letter
      FROM pgdispatch.dead_letter AS d
     WHERE d.role = me AND d.id = dead_letter_id
     ORDER BY d.failed_at DESC
     LIMIT 1
       FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    is_plain := letter.handler IS NOT NULL AND letter.options IS NULL
             OR letter.handler IS NULL AND coalesce(letter.options - 'max_attempts', '{}') = '{}';
    its_place := now() - coalesce((letter.options ->> 'priority')::integer, 0) * '1 second'::interval;

    IF letter.handler IS NULL THEN
        INSERT INTO pgdispatch.job (role, due_at, id, command, headers, fired_at, max_attempts, managed) OVERRIDING SYSTEM VALUE
        VALUES (me, its_place, letter.id, letter.command, letter.headers, letter.fired_at,
                CASE WHEN is_plain THEN (letter.options ->> 'max_attempts')::smallint END, CASE WHEN NOT is_plain THEN true END);
    ELSE
        INSERT INTO pgdispatch.handler_job (role, handler, due_at, id, arguments, headers, fired_at, managed, time_limit, wants_result)
        VALUES (me, letter.handler, its_place, letter.id, letter.arguments, letter.headers, letter.fired_at,
                CASE WHEN NOT is_plain THEN true END, (letter.options ->> 'time_limit')::interval, CASE WHEN letter.options ? 'result' THEN true END);
    END IF;
    IF NOT is_plain THEN
        -- It may be there already, as its order has waited for it.
        UPDATE pgdispatch.managed_job AS m
           SET failed = false, attempts = 0, crashes = 0, due_at = now(), place = its_place, rank = its_place
         WHERE m.role = me AND m.id = letter.id;
        IF NOT FOUND THEN
            asked := jsonb_populate_record(NULL::pgdispatch.managed_job, letter.options);
            asked.role := me;
            asked.id := letter.id;
            asked.handler := letter.handler;
            asked.due_at := now();
            asked.place := its_place;
            asked.rank := its_place;
            asked.attempts := 0;
            asked.crashes := 0;
            asked.has_key := false;
            asked.in_order := false;
            asked.in_queue := false;
            asked.failed := false;
            INSERT INTO pgdispatch.managed_job SELECT asked.*;
        END IF;
    END IF;
    DELETE FROM pgdispatch.dead_letter AS d WHERE d.role = me AND d.id = dead_letter_id;
    IF letter.handler IS NULL THEN
        PERFORM pgdispatch.wake(me, true);
    ELSE
        PERFORM pgdispatch.wake_nodes(me);
    END IF;
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.retry(bigint) IS
'Dispatches a dead letter again: a job with the same id, and with all that was asked of it, whose attempts are counted anew. False: there is no such dead letter. Of a job with a key, others may have been dispatched meanwhile. Example: SELECT pgdispatch.retry(id) FROM pgdispatch.dead_letter WHERE sqlstate = ''23503''';


CREATE FUNCTION pgdispatch.give_up_order() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    job pgdispatch.managed_job;
BEGIN
    DELETE FROM pgdispatch.managed_job AS m
     WHERE m.role = OLD.role AND m.id = OLD.id AND m.failed
    RETURNING m.* INTO job;
    IF FOUND THEN
        IF OLD.role::oid = quote_ident(CURRENT_USER)::regrole::oid THEN
            PERFORM pgdispatch.advance_later(job.ordering_key, NULL);
        ELSE   -- An administrator has no workers for it.
            PERFORM pgdispatch.leave(job, false);
        END IF;
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION pgdispatch.give_up_order() IS
'Part of pgdispatch.dead_letter: lets those go whose order has waited for one that is deleted.';

CREATE TRIGGER give_up_order AFTER DELETE ON pgdispatch.dead_letter
    FOR EACH ROW WHEN (OLD.options IS NOT NULL) EXECUTE FUNCTION pgdispatch.give_up_order();


CREATE FUNCTION pgdispatch.pause(handler text DEFAULT NULL, queue text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    IF queue IS NOT NULL THEN
        UPDATE pgdispatch.queue AS q SET paused = true WHERE q.role = me AND q.name = pause.queue;
        IF NOT FOUND THEN
            RAISE undefined_object USING
                MESSAGE = format('pgdispatch: there is no queue %s', quote_ident(queue)),
                HINT = format('SELECT pgdispatch.set_queue(%L) makes it.', queue);
        END IF;
    END IF;
    IF queue IS NULL OR handler IS NOT NULL THEN
        INSERT INTO pgdispatch.pause (role, handler) VALUES (me, coalesce(pause.handler, '')) ON CONFLICT ON CONSTRAINT pause_pkey DO NOTHING;
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.pause(text, text) IS
'Has none of the current role''s jobs begun any more, or none of a handler, or of a queue, once this transaction has committed. Those that run go on; what is dispatched waits for pgdispatch.resume. Example: SELECT pgdispatch.pause(handler => ''signUpSideEffects.welcome'')';


CREATE FUNCTION pgdispatch.resume(handler text DEFAULT NULL, queue text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    IF queue IS NOT NULL THEN
        UPDATE pgdispatch.queue AS q SET paused = false WHERE q.role = me AND q.name = resume.queue;
        PERFORM pgdispatch.advance_later(NULL, queue);
    END IF;
    IF queue IS NULL OR handler IS NOT NULL THEN
        DELETE FROM pgdispatch.pause AS p WHERE p.role = me AND p.handler = coalesce(resume.handler, '');
        PERFORM pgdispatch.wake(me, true), pgdispatch.wake_nodes(me);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.resume(text, text) IS
'Ends what pgdispatch.pause has begun, with the commit of this transaction. A handler or a queue that was paused by itself stays so when everything is resumed.';


CREATE FUNCTION pgdispatch.set_queue(
    name text, max_running integer DEFAULT NULL, rate integer DEFAULT NULL, per interval DEFAULT '1 second')
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me constant regrole := quote_ident(CURRENT_USER)::regrole;
    is_new boolean;
BEGIN
    IF coalesce(name !~ '[^[:space:]]', true) OR max_running < 1 OR rate < 1 OR coalesce(per <= '0'::interval, true) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = CASE WHEN max_running < 1 THEN format('pgdispatch: the queue %s would run %s jobs at once', name, max_running)
                           WHEN rate < 1 THEN format('pgdispatch: the rate of the queue %s is %s', name, rate)
                           WHEN coalesce(per <= '0'::interval, true) THEN format('pgdispatch: the period of the queue %s is %s', name, coalesce(per::text, 'NULL'))
                           ELSE 'pgdispatch: the queue has no name'
                      END,
            HINT = 'Pass numbers of one or more, or leave them out for no limit. SELECT pgdispatch.pause(queue => …) has a queue run nothing.';
    END IF;
    INSERT INTO pgdispatch.queue AS q (role, name, max_running, rate, per)
    VALUES (me, set_queue.name, set_queue.max_running, set_queue.rate, set_queue.per)
    ON CONFLICT ON CONSTRAINT queue_pkey DO UPDATE
    SET max_running = excluded.max_running, rate = excluded.rate, per = excluded.per, next_at = '-infinity'
    WHERE (q.max_running, q.rate, q.per) IS DISTINCT FROM (excluded.max_running, excluded.rate, excluded.per)
    RETURNING q.xmax = 0 INTO is_new;
    IF NOT is_new THEN
        PERFORM pgdispatch.advance_later(NULL, name);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.set_queue(text, integer, integer, interval) IS
'Makes a queue of the current role, or sets its limits anew: how many of its jobs run at once, on all nodes and in the database together, and how many are begun in each period, evenly spaced. What runs already goes on. Example: SELECT pgdispatch.set_queue(''mail'', max_running => 4, rate => 100, per => ''1 minute'')';


CREATE FUNCTION pgdispatch.drop_queue(name text) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me constant regrole := quote_ident(CURRENT_USER)::regrole;
    was_there boolean;
BEGIN
    DELETE FROM pgdispatch.queue AS q WHERE q.role = me AND q.name = drop_queue.name;
    was_there := FOUND;
    PERFORM pgdispatch.advance_later(NULL, name);
    RETURN was_there;
END
$$;

COMMENT ON FUNCTION pgdispatch.drop_queue(text) IS
'Removes a queue of the current role: its jobs run without its limits, and nothing more can be dispatched to it. False: there is none.';


-- ---------------------------------------------------------------------------------------------------------------------
-- Jobs of handlers
-- ---------------------------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION pgdispatch.claim_for_handler(
    node uuid, lease interval, handler_name text, moment timestamptz, at_most integer, live uuid[],
    after_due_at timestamptz DEFAULT '-infinity', after_id bigint DEFAULT 0)
RETURNS SETOF pgdispatch.handler_job
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    me constant regrole := quote_ident(CURRENT_USER)::regrole;
    left_now integer := at_most;
    places   tid[];
    managed  record;
    claimed  integer;
    moved    integer;
BEGIN
    LOOP
        places := ARRAY(SELECT f.ctid
                          FROM pgdispatch.handler_job AS f
                         WHERE f.role = me
                           AND f.handler = handler_name
                           AND f.due_at <= moment
                           AND (f.due_at, f.id) > (after_due_at, after_id)
                           -- Not those with which a node was lost twice: see claim_suspect.
                           AND (f.claimed_by IS NULL AND (f.crashes IS NULL OR f.crashes < 2) AND f.cancelled IS NULL
                                OR f.claimed_by <> ALL (live) AND f.crashes IS NULL AND f.cancelled IS NULL)
                         ORDER BY f.due_at, f.id
                         LIMIT left_now
                           FOR UPDATE SKIP LOCKED);
        claimed := 0;
        moved := 0;
        IF cardinality(places) > 0 THEN
            -- A node may have begun its lease, and claimed these, since the live ones were looked up. Now that they are locked,
            -- whoever has claimed them had its lease before.
            live := pgdispatch.live_nodes(lease);
            FOR managed IN
                SELECT j.id, j.fired_at
                  FROM pgdispatch.handler_job AS j
                 WHERE j.ctid = ANY (places)
                   AND j.managed
                   AND (j.claimed_by IS NULL OR j.claimed_by <> ALL (live))
                 ORDER BY j.due_at, j.id
            LOOP
                IF NOT pgdispatch.admit(me, managed.id, managed.fired_at) THEN
                    moved := moved + 1;   -- And so it is no longer at its place.
                END IF;
            END LOOP;
            RETURN QUERY
                UPDATE pgdispatch.handler_job AS j
                   SET claimed_by = node,
                       attempts = j.attempts + 1,
                       crashes = CASE WHEN j.claimed_by IS NOT NULL THEN 1 ELSE j.crashes END
                 WHERE j.ctid = ANY (places)   -- They are locked, so that these are still their places.
                   AND (j.claimed_by IS NULL OR j.claimed_by <> ALL (live))
                RETURNING j.*;
            GET DIAGNOSTICS claimed = ROW_COUNT;
            left_now := left_now - claimed;
        END IF;
        EXIT WHEN left_now <= 0;
        IF claimed + moved = cardinality(places) AND moved = 0 THEN   -- There were no more.
            EXIT WHEN after_due_at = '-infinity';
            after_due_at := '-infinity';
            after_id := 0;
        END IF;
    END LOOP;
END
$$;


CREATE FUNCTION pgdispatch.paused_handlers() RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN ARRAY(SELECT p.handler FROM pgdispatch.pause AS p WHERE p.role = quote_ident(CURRENT_USER)::regrole);
END
$$;

COMMENT ON FUNCTION pgdispatch.paused_handlers() IS
'The handlers of the current role that are paused; among them the empty name if everything is.';


CREATE OR REPLACE FUNCTION pgdispatch.claim_handler_jobs(
    node uuid, lease interval, handlers text[], at_most integer[], in_all integer,
    after_due_at timestamptz[] DEFAULT '{}', after_id bigint[] DEFAULT '{}')
RETURNS SETOF pgdispatch.handler_job
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    moment constant timestamptz := clock_timestamp();
    paused constant text[]      := pgdispatch.paused_handlers();
    live     uuid[];
    left_for integer[] := at_most;
    left_now integer   := in_all;
    share    integer;
    claimed  integer;
    found_any boolean;
BEGIN
    PERFORM pgdispatch.renew_lease(node, lease);
    IF '' = ANY (paused) THEN
        RETURN;
    END IF;
    live := pgdispatch.live_nodes(lease);
    PERFORM pgdispatch.promote(quote_ident(CURRENT_USER)::regrole);
    FOR i IN 1 .. cardinality(handlers) LOOP
        IF handlers[i] = ANY (paused) THEN
            left_for[i] := 0;
        END IF;
    END LOOP;

    -- Each handler its share; and what some have left of theirs is shared among the others, until nothing is left or due.
    LOOP
        share := (SELECT count(*) FROM unnest(left_for) AS l WHERE l > 0);
        EXIT WHEN left_now <= 0 OR share = 0;
        share := greatest(left_now / share, 1);
        found_any := false;
        FOR i IN 1 .. cardinality(handlers) LOOP
            CONTINUE WHEN left_for[i] <= 0;
            EXIT WHEN left_now <= 0;
            RETURN QUERY
                SELECT c.*
                  FROM pgdispatch.claim_for_handler(node, lease, handlers[i], moment, least(share, left_for[i], left_now), live,
                           coalesce(after_due_at[i], '-infinity'), coalesce(after_id[i], 0)) AS c;
            GET DIAGNOSTICS claimed = ROW_COUNT;
            left_now := left_now - claimed;
            left_for[i] := CASE WHEN claimed < least(share, left_for[i]) THEN 0 ELSE left_for[i] - claimed END;
            found_any := found_any OR claimed > 0;
        END LOOP;
        EXIT WHEN NOT found_any;
    END LOOP;
END
$$;


CREATE FUNCTION pgdispatch.bury_handler_job(
    job pgdispatch.handler_job, error_sqlstate text, error_message text, error_context text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    asked pgdispatch.managed_job;
BEGIN
    IF job.managed THEN
        SELECT m.* INTO asked FROM pgdispatch.managed_job AS m WHERE m.role = job.role AND m.id = job.id;
    END IF;
    INSERT INTO pgdispatch.dead_letter (role, id, handler, arguments, headers, fired_at, due_at, crashes, attempts, sqlstate, message, context, options)
    VALUES (job.role, job.id, job.handler, job.arguments, job.headers, job.fired_at, coalesce(asked.due_at, job.due_at), coalesce(job.crashes, 0),
            job.attempts, error_sqlstate, error_message, error_context, CASE WHEN job.managed THEN pgdispatch.options_of(asked) END);
    IF job.managed THEN
        PERFORM pgdispatch.end_managed(job.role, job.id, 'failed', false, NULL, NULL, error_sqlstate, error_message);
    END IF;
    PERFORM pgdispatch.forget_dead_letters(job.role);
END
$$;

COMMENT ON FUNCTION pgdispatch.bury_handler_job(pgdispatch.handler_job, text, text, text) IS
'Writes a dead letter for a job of a handler, whose row is deleted by then.';


-- Its few jobs are all in an index of their own, and to be found by nothing else: hence conditions of which no other index knows.
CREATE FUNCTION pgdispatch.suspects(handlers text[], live uuid[], OUT handler text, OUT due_at timestamptz, OUT id bigint)
RETURNS SETOF record
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    me     constant regrole := quote_ident(CURRENT_USER)::regrole;
    paused constant text[]  := pgdispatch.paused_handlers();
BEGIN
    RETURN QUERY
        SELECT j.handler, j.due_at, j.id
          FROM pgdispatch.handler_job AS j
         WHERE (j.crashes IS NOT NULL OR j.cancelled)
           AND j.role::oid = me::oid
           AND array_position(handlers, j.handler) IS NOT NULL
           AND array_position(paused || ARRAY[''], j.handler) IS NULL
           AND array_position(paused, '') IS NULL
           AND j.due_at + '0'::interval <= clock_timestamp()
           AND (j.claimed_by IS NULL AND (j.crashes >= 2 OR j.cancelled) OR j.claimed_by <> ALL (live));
END
$$;

COMMENT ON FUNCTION pgdispatch.suspects(text[], uuid[]) IS
'The jobs of these handlers for pgdispatch.claim_suspect.';


CREATE FUNCTION pgdispatch.claim_suspect(node uuid, lease interval, handlers text[]) RETURNS SETOF pgdispatch.handler_job
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    me              constant regrole := quote_ident(CURRENT_USER)::regrole;
    crashes_at_most constant integer := 5;
    live    uuid[];
    waiting record;
    suspect pgdispatch.handler_job;
BEGIN
    PERFORM pgdispatch.renew_lease(node, lease);
    live := pgdispatch.live_nodes(lease);
    FOR waiting IN
        SELECT s.* FROM pgdispatch.suspects(handlers, live) AS s ORDER BY s.due_at, s.id
    LOOP
        SELECT j.*
          INTO suspect
          FROM pgdispatch.handler_job AS j
         WHERE j.role = me AND j.handler = waiting.handler AND j.due_at = waiting.due_at AND j.id = waiting.id
           FOR UPDATE SKIP LOCKED;
        live := pgdispatch.live_nodes(lease);   -- Whoever has claimed it by now had its lease before.
        CONTINUE WHEN suspect.id IS NULL OR suspect.claimed_by = ANY (live);
        IF suspect.cancelled THEN
            DELETE FROM pgdispatch.handler_job AS j
             WHERE j.role = me AND j.handler = suspect.handler AND j.due_at = suspect.due_at AND j.id = suspect.id;
            IF suspect.managed THEN
                PERFORM pgdispatch.end_managed(me, suspect.id, 'cancelled', false);
            END IF;
            CONTINUE;
        END IF;
        IF suspect.claimed_by IS NOT NULL THEN
            suspect.crashes := suspect.crashes + 1;
        END IF;
        IF suspect.crashes >= crashes_at_most THEN
            DELETE FROM pgdispatch.handler_job AS j
             WHERE j.role = me AND j.handler = suspect.handler AND j.due_at = suspect.due_at AND j.id = suspect.id;
            PERFORM pgdispatch.bury_handler_job(suspect, '58000',
                        format('pgdispatch: %s nodes were lost while they ran this job', suspect.crashes), NULL);
            CONTINUE;
        END IF;
        IF suspect.managed AND NOT pgdispatch.admit(me, suspect.id, suspect.fired_at) THEN
            CONTINUE;
        END IF;
        RETURN QUERY
            UPDATE pgdispatch.handler_job AS j
               SET claimed_by = node, attempts = j.attempts + 1, crashes = suspect.crashes
             WHERE j.role = me AND j.handler = suspect.handler AND j.due_at = suspect.due_at AND j.id = suspect.id
            RETURNING j.*;
        RETURN;
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.claim_suspect(uuid, interval, text[]) IS
'Renews the node''s lease, and claims for it one job with which two nodes or more were lost: for a node that runs nothing else, and will not until that job has ended. After the fifth it is a dead letter. Deletes those, too, that were cancelled before their node was lost.';


CREATE FUNCTION pgdispatch.keep_lease(node uuid, lease interval, known bigint[]) RETURNS bigint[]
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    PERFORM pgdispatch.renew_lease(node, lease);
    -- See suspects.
    RETURN ARRAY(SELECT j.id
                   FROM pgdispatch.handler_job AS j
                  WHERE (j.crashes IS NOT NULL OR j.cancelled)
                    AND j.cancelled
                    AND j.role::oid = quote_ident(CURRENT_USER)::regrole::oid
                    AND j.claimed_by = node
                    AND j.id = ANY (known));
END
$$;

COMMENT ON FUNCTION pgdispatch.keep_lease(uuid, interval, bigint[]) IS
'Renews the node''s lease, and returns which of the jobs that it runs have been cancelled: it is to interrupt them.';


CREATE FUNCTION pgdispatch.complete_handler_job(
    node uuid, handler_name text, job_due_at timestamptz, job_id bigint, attempt integer, result json)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    is_managed boolean;
BEGIN
    DELETE FROM pgdispatch.handler_job AS j
     WHERE j.role = quote_ident(CURRENT_USER)::regrole
       AND j.handler = handler_name
       AND j.due_at = job_due_at
       AND j.id = job_id
       AND j.claimed_by = node
       AND j.attempts = attempt
    RETURNING j.managed INTO is_managed;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF is_managed THEN
        PERFORM pgdispatch.end_managed(quote_ident(CURRENT_USER)::regrole, job_id, 'done', false, result);
    END IF;
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.complete_handler_job(uuid, text, timestamptz, bigint, integer, json) IS
'Deletes a job that the node has claimed and done, and keeps its result if that was asked for; false, and nothing deleted, if its claim does not hold any more. In the transaction in which the method did its work, the two are one: then false is the reason to roll back.';


CREATE OR REPLACE FUNCTION pgdispatch.complete_handler_job(node uuid, handler_name text, job_due_at timestamptz, job_id bigint, attempt integer)
RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    RETURN pgdispatch.complete_handler_job(node, handler_name, job_due_at, job_id, attempt, NULL);
END
$$;


CREATE FUNCTION pgdispatch.complete_handler_jobs(
    node uuid, handlers text[], due_ats timestamptz[], ids bigint[], attempts integer[], results json[])
RETURNS bigint[]
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    lost bigint[] := '{}';
BEGIN
    FOR i IN 1 .. cardinality(ids) LOOP
        IF NOT pgdispatch.complete_handler_job(node, handlers[i], due_ats[i], ids[i], attempts[i], results[i]) THEN
            lost := lost || ids[i];
        END IF;
    END LOOP;
    RETURN lost;
END
$$;

COMMENT ON FUNCTION pgdispatch.complete_handler_jobs(uuid, text[], timestamptz[], bigint[], integer[], json[]) IS
'Deletes jobs that the node has claimed and done, with their results, and returns those on which its claim did not hold any more.';


CREATE OR REPLACE FUNCTION pgdispatch.release_handler_job(
    node uuid, handler_name text, job_due_at timestamptz, job_id bigint, attempt integer, delay interval DEFAULT '0',
    counted boolean DEFAULT false)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    is_managed   boolean;
    is_cancelled boolean;
BEGIN
    UPDATE pgdispatch.handler_job AS j
       SET claimed_by = NULL,
           attempts = CASE WHEN counted THEN j.attempts ELSE j.attempts - 1 END,
           due_at = CASE WHEN delay > '0'::interval AND j.managed IS NULL AND j.cancelled IS NULL THEN clock_timestamp() + delay
                         ELSE j.due_at
                    END
     WHERE j.role = quote_ident(CURRENT_USER)::regrole
       AND j.handler = handler_name
       AND j.due_at = job_due_at
       AND j.id = job_id
       AND j.claimed_by = node
       AND j.attempts = attempt
    RETURNING j.managed, j.cancelled INTO is_managed, is_cancelled;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF is_cancelled THEN
        DELETE FROM pgdispatch.handler_job AS j
         WHERE j.role = quote_ident(CURRENT_USER)::regrole
           AND j.handler = handler_name
           AND j.due_at = job_due_at
           AND j.id = job_id;
        IF is_managed THEN
            PERFORM pgdispatch.end_managed(quote_ident(CURRENT_USER)::regrole, job_id, 'cancelled', false);
        END IF;
        RETURN true;
    END IF;
    IF is_managed AND delay > '0'::interval THEN
        PERFORM pgdispatch.postpone(quote_ident(CURRENT_USER)::regrole, job_id, 1, delay, false);
    END IF;
    RETURN true;
END
$$;


CREATE OR REPLACE FUNCTION pgdispatch.fail_handler_job(
    node uuid, handler_name text, job_due_at timestamptz, job_id bigint, attempt integer,
    error_sqlstate text, error_message text, error_context text)
RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    RETURN pgdispatch.end_handler_job(node, handler_name, job_due_at, job_id, attempt, error_sqlstate, error_message, error_context,
               true, NULL, 1, NULL, NULL, NULL) IS NOT NULL;
END
$$;


CREATE FUNCTION pgdispatch.end_handler_job(
    node uuid, handler_name text, job_due_at timestamptz, job_id bigint, attempt integer,
    error_sqlstate text, error_message text, error_context text,
    can_retry boolean, retry_in interval, max_attempts integer, back_off interval, back_off_factor double precision, back_off_limit interval)
RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    me constant regrole := quote_ident(CURRENT_USER)::regrole;
    job   pgdispatch.handler_job;
    asked pgdispatch.managed_job;
    delay interval;
BEGIN
    SELECT j.*
      INTO job
      FROM pgdispatch.handler_job AS j
     WHERE j.role = me
       AND j.handler = handler_name
       AND j.due_at = job_due_at
       AND j.id = job_id
       AND j.claimed_by = node
       AND j.attempts = attempt
       FOR UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF job.managed THEN
        SELECT m.* INTO asked FROM pgdispatch.managed_job AS m WHERE m.role = me AND m.id = job_id;
    END IF;

    IF can_retry AND job.cancelled IS NULL AND job.attempts < coalesce(asked.max_attempts, max_attempts) THEN
        delay := coalesce(retry_in, pgdispatch.back_off(job.attempts, coalesce(asked.back_off, back_off),
                                        coalesce(asked.back_off_factor, back_off_factor), coalesce(asked.back_off_limit, back_off_limit)));
        UPDATE pgdispatch.handler_job AS j
           SET claimed_by = NULL,
               due_at = CASE WHEN job.managed THEN j.due_at ELSE clock_timestamp() + delay END
         WHERE j.role = me AND j.handler = handler_name AND j.due_at = job_due_at AND j.id = job_id;
        IF job.managed THEN
            PERFORM pgdispatch.postpone(me, job_id, job.attempts, delay, false);
        END IF;
        RETURN 'retried';
    END IF;

    DELETE FROM pgdispatch.handler_job AS j
     WHERE j.role = me AND j.handler = handler_name AND j.due_at = job_due_at AND j.id = job_id;
    IF job.cancelled THEN
        IF job.managed THEN
            PERFORM pgdispatch.end_managed(me, job_id, 'cancelled', false);
        END IF;
        RETURN 'cancelled';
    END IF;
    PERFORM pgdispatch.bury_handler_job(job, error_sqlstate, error_message, error_context);
    RETURN 'dead';
END
$$;

COMMENT ON FUNCTION pgdispatch.end_handler_job(uuid, text, timestamptz, bigint, integer, text, text, text, boolean, interval, integer, interval, double precision, interval) IS
'For a job that the node has claimed and whose attempt has failed. retried: it is due again in retry_in, or as the back-off says, which counts as all other arguments after it only if the job itself does not ask for other ones. dead: it has had its max_attempts, or cannot be retried, and is a dead letter with this error. cancelled: it was cancelled meanwhile, and is gone. NULL: the claim does not hold any more.';


CREATE FUNCTION pgdispatch.cancel_handler_job(node uuid, handler_name text, job_due_at timestamptz, job_id bigint, attempt integer)
RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    RETURN coalesce(pgdispatch.end_handler_job(node, handler_name, job_due_at, job_id, attempt, NULL, 'cancelled', NULL,
                        false, NULL, 1, NULL, NULL, NULL) IN ('cancelled', 'dead'), false);
END
$$;

COMMENT ON FUNCTION pgdispatch.cancel_handler_job(uuid, text, timestamptz, bigint, integer) IS
'Deletes a job that the node has claimed, and interrupted since it was cancelled; false if its claim does not hold any more.';


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


DROP FUNCTION pgdispatch.watch_handlers(uuid, interval, text[], boolean);

CREATE FUNCTION pgdispatch.watch_handlers(
    node uuid, lease interval, handlers text[], rest boolean,
    OUT due boolean, OUT next_due_in interval, OUT resting boolean, OUT notified boolean, OUT unknown text[], OUT suspects boolean)
LANGUAGE plpgsql
AS $$
DECLARE
    me     constant regrole := pg_catalog.quote_ident(CURRENT_USER)::regrole;
    moment timestamptz;
    live   uuid[];
BEGIN
    -- See watch.
    resting := rest AND pg_catalog.pg_try_advisory_lock(pgdispatch.handler_lock(me));
    notified := resting OR (rest AND pgdispatch.is_held(pgdispatch.handler_lock(me)));

    moment := pg_catalog.clock_timestamp();
    live := pgdispatch.live_nodes(lease);
    due := pgdispatch.handlers_are_due(handlers, moment, live);
    -- Should another node be dead, it shows when its lease expires.
    next_due_in := least(pgdispatch.handlers_next_due_in(handlers, moment),
        (SELECT min(l.ends_at) - moment + '10 ms'::interval
           FROM pgdispatch.node AS n,
                LATERAL greatest(n.expires_at, pg_catalog.pg_postmaster_start_time() + lease) AS l (ends_at)   -- See live_nodes.
          WHERE n.role = me
            AND n.id <> watch_handlers.node
            AND l.ends_at > moment));
    IF resting AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
        next_due_in := '0';
    END IF;
    unknown := ARRAY(SELECT w.handler
                       FROM pg_catalog.unnest(pgdispatch.waiting_handlers(moment - '30 seconds'::interval)) AS w (handler)
                      WHERE w.handler <> ALL (handlers)
                        AND pgdispatch.handlers_are_due(ARRAY[w.handler], moment - '30 seconds'::interval, live));
    suspects := EXISTS (SELECT FROM pgdispatch.suspects(handlers, live));
    PERFORM pgdispatch.tidy();
    DELETE FROM pgdispatch.node AS n
     WHERE n.role = me
       AND n.expires_at < moment - '1 hour'::interval;
END
$$;

COMMENT ON FUNCTION pgdispatch.watch_handlers(uuid, interval, text[], boolean) IS
'For a node that has nothing to do: tells whether any of its handlers has a job that is due and that no live node has claimed, and in how long to look again (NULL: there is no reason to). With rest, the session first tries to take the role''s handler lock, as in pgdispatch.watch; notifications come through pgdispatch.handler_channel(role). unknown: other handlers whose jobs have been waiting for half a minute. suspects: whether there is a job that is to be claimed by pgdispatch.claim_suspect.';


CREATE OR REPLACE FUNCTION pgdispatch.version() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT '1.3.0'::text $$;


-- ---------------------------------------------------------------------------------------------------------------------
-- Privileges
-- ---------------------------------------------------------------------------------------------------------------------

CREATE OR REPLACE PROCEDURE pgdispatch.grant_to(role regrole)
LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE pg_catalog.format('GRANT USAGE ON SCHEMA pgdispatch TO %s', role);
    EXECUTE pg_catalog.format('GRANT SELECT, INSERT, UPDATE, DELETE ON pgdispatch.job, pgdispatch.handler_job, pgdispatch.dead_letter, pgdispatch.node, pgdispatch.cron_worker, pgdispatch.managed_job, pgdispatch.job_key, pgdispatch.queue, pgdispatch.pause, pgdispatch.result TO %s', role);
    EXECUTE pg_catalog.format('GRANT SELECT ON pgdispatch.cron_setting, pgdispatch.setting TO %s', role);
    EXECUTE pg_catalog.format('GRANT USAGE ON SEQUENCE pgdispatch.job_id_seq TO %s', role);
    EXECUTE pg_catalog.format('GRANT EXECUTE ON ALL ROUTINES IN SCHEMA pgdispatch TO %s', role);
END
$$;


CREATE OR REPLACE PROCEDURE pgdispatch.revoke_from(role regrole)
LANGUAGE plpgsql
AS $$
DECLARE
    caller      constant regrole     := pg_catalog.quote_ident(CURRENT_USER)::regrole;
    role_name   constant name        := (SELECT r.rolname FROM pg_catalog.pg_roles AS r WHERE r.oid = role::oid);
    is_super    constant boolean     := (SELECT r.rolsuper FROM pg_catalog.pg_roles AS r WHERE r.oid = caller::oid);
    give_up_at  constant timestamptz := pg_catalog.clock_timestamp() + '10 seconds'::interval;
    had_workers boolean;
    permanent   boolean;
BEGIN
    -- Those that are running are waited for, before anything is locked that others want.
    DELETE FROM pgdispatch.job AS j WHERE j.role::oid = revoke_from.role::oid;

    -- What the role has dispatched and not yet committed would be a job of pg_cron for a role that is no more. To wait for the lock
    -- in its queue would keep others from dispatching.
    LOOP
        BEGIN
            LOCK TABLE pgdispatch.cron_worker IN SHARE ROW EXCLUSIVE MODE NOWAIT;
            EXIT;
        EXCEPTION
            WHEN lock_not_available THEN
                IF pg_catalog.clock_timestamp() > give_up_at THEN
                    RAISE lock_not_available USING
                        MESSAGE = 'pgdispatch: there are open transactions that have dispatched',
                        DETAIL = pg_catalog.format('If role %s were dropped and one of them committed, pg_cron would stop for everybody.', role),
                        HINT = 'Call it again once they have ended.';
                END IF;
        END;
        PERFORM pg_catalog.pg_sleep(0.01);
    END LOOP;

    SELECT coalesce(pg_catalog.bool_or(w.purpose <> 'permanent'), false), coalesce(pg_catalog.bool_or(w.purpose = 'permanent'), false)
      INTO had_workers, permanent
      FROM pgdispatch.cron_worker AS w
     WHERE w.role::oid = revoke_from.role::oid;
    IF pg_catalog.to_regnamespace('cron') IS NOT NULL AND (had_workers OR is_super) THEN
        IF NOT is_super THEN   -- Of another role's jobs, pg_cron shows only superusers any.
            EXECUTE pg_catalog.format('SET LOCAL ROLE %s', role);
        END IF;
        PERFORM cron.unschedule(j.jobid)
           FROM cron.job AS j
          WHERE j.username = role_name
            AND j.database = pg_catalog.current_database()
            AND (j.command LIKE 'CALL pgdispatch.cron_work(%' OR j.jobname LIKE 'pgdispatch worker %');
        DELETE FROM cron.job_run_details AS d
         WHERE d.username = role_name
           AND d.database = pg_catalog.current_database()
           AND d.command LIKE 'CALL pgdispatch.cron_work(%';
        IF NOT is_super THEN
            EXECUTE pg_catalog.format('SET LOCAL ROLE %s', caller);
        END IF;
    END IF;
    IF permanent THEN
        RAISE WARNING USING
            MESSAGE = pg_catalog.format('pgdispatch: an administrator has scheduled a worker of role %s', role),
            DETAIL = 'If the role is dropped while pg_cron has jobs of it, pg_cron stops for everybody.',
            HINT = pg_catalog.format('As an administrator, in the database of pg_cron: SELECT cron.unschedule(jobid) FROM cron.job WHERE username = %L;', role_name);
    END IF;

    EXECUTE pg_catalog.format('REVOKE ALL ON ALL ROUTINES IN SCHEMA pgdispatch FROM %s', role);
    EXECUTE pg_catalog.format('REVOKE ALL ON ALL TABLES IN SCHEMA pgdispatch FROM %s', role);
    EXECUTE pg_catalog.format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA pgdispatch FROM %s', role);
    EXECUTE pg_catalog.format('REVOKE ALL ON SCHEMA pgdispatch FROM %s', role);
    DELETE FROM pgdispatch.cron_worker AS w WHERE w.role::oid = revoke_from.role::oid;
    DELETE FROM pgdispatch.cron_setting AS s WHERE s.role::oid = revoke_from.role::oid;
    DELETE FROM pgdispatch.job AS j WHERE j.role::oid = revoke_from.role::oid;
    DELETE FROM pgdispatch.handler_job AS j WHERE j.role::oid = revoke_from.role::oid;
    DELETE FROM pgdispatch.node AS n WHERE n.role::oid = revoke_from.role::oid;
    DELETE FROM pgdispatch.managed_job AS m WHERE m.role::oid = revoke_from.role::oid;
    DELETE FROM pgdispatch.dead_letter AS d WHERE d.role::oid = revoke_from.role::oid;
    DELETE FROM pgdispatch.job_key AS k WHERE k.role::oid = revoke_from.role::oid;
    DELETE FROM pgdispatch.queue AS q WHERE q.role::oid = revoke_from.role::oid;
    DELETE FROM pgdispatch.pause AS p WHERE p.role::oid = revoke_from.role::oid;
    DELETE FROM pgdispatch.result AS r WHERE r.role::oid = revoke_from.role::oid;
    DELETE FROM pgdispatch.setting AS s WHERE s.role::oid = revoke_from.role::oid;
END
$$;

REVOKE ALL ON ALL TABLES IN SCHEMA pgdispatch FROM PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA pgdispatch FROM PUBLIC;
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

DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY['managed_job', 'job_key', 'queue', 'pause', 'result', 'setting'] LOOP
        PERFORM pg_catalog.pg_extension_config_dump(('pgdispatch.' || kept)::regclass, '');
    END LOOP;
EXCEPTION
    WHEN feature_not_supported THEN
        NULL;   -- This is not CREATE EXTENSION.
END
$$;
