-- The advisory locks and the notification channels.
--
-- Rows and unique indexes exclude what must be excluded; the advisory locks only save work. Any role can take any of them, and
-- pg_locks shows everybody their keys. Hence:
--   * A lock that is taken counts only if a session of the role holds it (is_held_by_role). Another role that takes it may cost an
--     additional look at pg_locks or at the queue, but it loses no job and stops no session.
--   * Nobody waits for an advisory lock that another role holds, and nobody waits for one longer than a second.
--   * What has to exclude other sessions until the end of a transaction is the lock of a row in pgdispatch.mutex, which no other role
--     can lock.
--
-- Each kind of lock has its own number in the upper half of its key, and what it belongs to in the lower half: the role, the job's id
-- or the session's process id.
--
-- The functions for the keys are single expressions, which PostgreSQL puts into the statement that calls them.

CREATE OR REPLACE FUNCTION pgdispatch.idle_driver_lock(role regrole) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824112::bigint OPERATOR(pg_catalog.<<) 32) OPERATOR(pg_catalog.|) role::pg_catalog.oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.idle_driver_lock(regrole) IS
'Key of the advisory lock that a driver of the role holds exclusively while it is idle and wants to be notified. (The
upper half of the key spells pgdp.)';


-- Jobs of handlers have a lock and a channel of their own. Where pg_cron runs the commands, a node runs handlers only: it must not
-- be woken for commands, and must not be taken for a driver that runs them.
CREATE OR REPLACE FUNCTION pgdispatch.idle_node_lock(role regrole) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824120::bigint OPERATOR(pg_catalog.<<) 32) OPERATOR(pg_catalog.|) role::pg_catalog.oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.idle_node_lock(regrole) IS
'Key of the advisory lock that a node of the role holds exclusively while it is idle and wants to be notified of jobs
for its handlers.';


CREATE OR REPLACE FUNCTION pgdispatch.application_lock(role regrole) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824116::bigint OPERATOR(pg_catalog.<<) 32) OPERATOR(pg_catalog.|) role::pg_catalog.oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.application_lock(regrole) IS
'Key of the advisory lock that one of the applications that run the role''s jobs holds exclusively. While it is held,
the workers of pg_cron start later, for jobs that the application leaves.';


CREATE OR REPLACE FUNCTION pgdispatch.chunk_lock(role regrole) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824115::bigint OPERATOR(pg_catalog.<<) 32) OPERATOR(pg_catalog.|) role::pg_catalog.oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.chunk_lock(regrole) IS
'Key of the advisory lock that a transaction which runs a chunk of jobs holds shared.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_reliance_lock(role regrole) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824113::bigint OPERATOR(pg_catalog.<<) 32) OPERATOR(pg_catalog.|) role::pg_catalog.oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.cron_reliance_lock(regrole) IS
'Key of the advisory lock that a transaction holds shared while it relies on a worker of pg_cron. A worker needs it
exclusively to exit.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_lookout_lock(role regrole) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824114::bigint OPERATOR(pg_catalog.<<) 32) OPERATOR(pg_catalog.|) role::pg_catalog.oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.cron_lookout_lock(regrole) IS
'Key of the advisory lock that a worker of pg_cron holds exclusively while it waits for jobs and sees each job within
milliseconds of its commit.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_turn_lock(role regrole) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824119::bigint OPERATOR(pg_catalog.<<) 32) OPERATOR(pg_catalog.|) role::pg_catalog.oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.cron_turn_lock(regrole) IS
'Key of the advisory lock that the worker of pg_cron whose turn it is to run the next job holds exclusively. The other
workers need not wait for that job.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_promise_lock(role regrole, promise integer) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT ((1885824128::bigint OPERATOR(pg_catalog.+) promise) OPERATOR(pg_catalog.<<) 32) OPERATOR(pg_catalog.|) role::pg_catalog.oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.cron_promise_lock(regrole, integer) IS
'Key of the advisory lock that a transaction holds which has given the promise of that number and has not committed yet.';


-- There is not one lock for each key, because a transaction that dispatches with many keys would use up the server's lock table.
CREATE OR REPLACE FUNCTION pgdispatch.key_lock(role regrole, key text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT pg_catalog.hashint8extended(pg_catalog.hashtextextended(key, 0) OPERATOR(pg_catalog.&) 2047, (1885824123::bigint OPERATOR(pg_catalog.<<) 32) OPERATOR(pg_catalog.|) role::pg_catalog.oid::bigint)
$$;

COMMENT ON FUNCTION pgdispatch.key_lock(regrole, text) IS
'Key of the advisory lock that a REPEATABLE READ or SERIALIZABLE transaction shares after it dispatched with the
idempotency key, whose row it may not see. A worker takes it to begin the job. 2048 groups of keys share one lock each.';


CREATE OR REPLACE FUNCTION pgdispatch.attempt_lock(job_id bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824127::bigint OPERATOR(pg_catalog.<<) 32) OPERATOR(pg_catalog.|) (job_id OPERATOR(pg_catalog.&) 4294967295) $$;

COMMENT ON FUNCTION pgdispatch.attempt_lock(bigint) IS
'Key of the advisory lock that a session holds while it counts an attempt of the job and then runs it, so that no other
session counts one as well. Jobs whose ids differ by a multiple of 2^32 share a lock, which delays one of them a
little.';


CREATE OR REPLACE FUNCTION pgdispatch.execution_lock(job_id bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824124::bigint OPERATOR(pg_catalog.<<) 32) OPERATOR(pg_catalog.|) (job_id OPERATOR(pg_catalog.&) 4294967295) $$;

COMMENT ON FUNCTION pgdispatch.execution_lock(bigint) IS
'Key of the advisory lock that the session which runs the command of the job alone holds. pgdispatch.session_running
finds the session by this lock.';


CREATE OR REPLACE FUNCTION pgdispatch.chunk_cancellation_lock(session_pid integer) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824118::bigint OPERATOR(pg_catalog.<<) 32) OPERATOR(pg_catalog.|) session_pid::bigint $$;

COMMENT ON FUNCTION pgdispatch.chunk_cancellation_lock(integer) IS
'Key of the advisory lock that a worker holds while it cancels the chunk of that session. The session takes it shared
before it runs a job alone, so that the cancellation does not hit that job.';


CREATE OR REPLACE FUNCTION pgdispatch.interruption_lock(session_pid integer) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824126::bigint OPERATOR(pg_catalog.<<) 32) OPERATOR(pg_catalog.|) session_pid::bigint $$;

COMMENT ON FUNCTION pgdispatch.interruption_lock(integer) IS
'Key of the advisory lock that another session holds while it cancels the job that this session runs. This session
takes it shared before it goes on to another job, so that the cancellation does not hit that job.';


CREATE OR REPLACE FUNCTION pgdispatch.driver_channel(role regrole) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT 'pgdispatch_' OPERATOR(pg_catalog.||) role::pg_catalog.oid::pg_catalog.text $$;

COMMENT ON FUNCTION pgdispatch.driver_channel(regrole) IS
'Returns the channel on which idle drivers of the role listen. A notification says that SQL jobs were dispatched.';


CREATE OR REPLACE FUNCTION pgdispatch.node_channel(role regrole) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT 'pgdispatch_handler_' OPERATOR(pg_catalog.||) role::pg_catalog.oid::pg_catalog.text $$;

COMMENT ON FUNCTION pgdispatch.node_channel(regrole) IS
'Returns the channel on which nodes of the role listen. A notification says that jobs for handlers were dispatched,
released or cancelled, or that a full node left some to the others.';


CREATE OR REPLACE FUNCTION pgdispatch.result_channel(role regrole) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT 'pgdispatch_result_' OPERATOR(pg_catalog.||) role::pg_catalog.oid::pg_catalog.text $$;

COMMENT ON FUNCTION pgdispatch.result_channel(regrole) IS
'Returns the channel for results of the role''s jobs. A notification says that a job has a result; its payload is the
id of the job.';


CREATE OR REPLACE FUNCTION pgdispatch.lock_holders(lock bigint, OUT pid integer, OUT mode text, OUT virtualtransaction text)
RETURNS SETOF record
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT l.pid, l.mode, l.virtualtransaction
      FROM pg_locks AS l
     WHERE l.locktype = 'advisory'
       AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
       AND l.classid::bigint = lock >> 32 & 4294967295   -- A key may be negative, and an oid is not.
       AND l.objid::bigint = lock & 4294967295
       AND l.objsubid = 1
       AND l.granted
$$;

COMMENT ON FUNCTION pgdispatch.lock_holders(bigint) IS
'Returns the sessions that hold the advisory lock, of whichever role; pid is NULL for a prepared transaction.';


CREATE OR REPLACE FUNCTION pgdispatch.is_held_by_role(lock bigint) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me constant oid := quote_ident(CURRENT_USER)::regrole::oid;
    holder record;
BEGIN
    FOR holder IN SELECT h.* FROM pgdispatch.lock_holders(lock) AS h WHERE h.pid IS DISTINCT FROM pg_backend_pid() LOOP
        PERFORM pg_stat_clear_snapshot();   -- Otherwise sessions that have begun since the last look would be missing.
        IF holder.pid IS NOT NULL THEN
            PERFORM FROM pg_stat_get_activity(holder.pid) AS a WHERE pg_has_role(a.usesysid, me, 'MEMBER');
        ELSE   -- A prepared transaction has no session, but it has a lock on its own number.
            PERFORM
               FROM pg_locks AS t
               JOIN pg_prepared_xacts AS p ON p.transaction = t.transactionid
              WHERE t.pid IS NULL AND t.locktype = 'transactionid' AND t.virtualtransaction = holder.virtualtransaction
                AND pg_has_role(p.owner, me, 'MEMBER');
        END IF;
        IF FOUND THEN
            RETURN true;
        END IF;
    END LOOP;
    RETURN false;
END
$$;

COMMENT ON FUNCTION pgdispatch.is_held_by_role(bigint) IS
'Returns whether another session, or a prepared transaction, of the current role or of one of its members holds the
advisory lock. What other roles hold does not count.';


-- The end of a block releases the lock, also if the statement is cancelled. It would stay if the session had to release it.
CREATE OR REPLACE FUNCTION pgdispatch.is_locked_exclusively(lock bigint) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    IF pg_catalog.pg_try_advisory_xact_lock_shared(lock) THEN
        RAISE SQLSTATE 'PD000';
    END IF;
    RETURN pgdispatch.is_held_by_role(lock);
EXCEPTION
    WHEN SQLSTATE 'PD000' THEN
        RETURN false;
END
$$;

COMMENT ON FUNCTION pgdispatch.is_locked_exclusively(bigint) IS
'Returns whether another session of the current role holds the advisory lock exclusively at the moment.';


CREATE OR REPLACE FUNCTION pgdispatch.share_lock_briefly(lock bigint) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    RETURN pg_catalog.pg_try_advisory_xact_lock_shared(lock)
        OR pgdispatch.is_held_by_role(lock) AND pgdispatch.wait_to_share_lock(lock);
END
$$;

COMMENT ON FUNCTION pgdispatch.share_lock_briefly(bigint) IS
'Shares the advisory lock until the end of the transaction. Waits up to a second if a session of the current role holds it.
Returns false if the lock could not be shared.';


CREATE OR REPLACE FUNCTION pgdispatch.wait_to_share_lock(lock bigint) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '1s'
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(lock);
    RETURN true;
EXCEPTION
    WHEN lock_not_available OR deadlock_detected THEN
        RETURN false;
END
$$;

COMMENT ON FUNCTION pgdispatch.wait_to_share_lock(bigint) IS 'Part of pgdispatch.share_lock_briefly. Waits up to a second.';


-- A row for each ordering key and queue would have to be deleted again. There is a fixed number of rows instead, of which those that
-- are needed are written. Two keys that share a row wait for each other for as long as it takes to begin or to end a job.
CREATE OR REPLACE FUNCTION pgdispatch.order_mutex(ordering_key text) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.hashtext(ordering_key) OPERATOR(pg_catalog.&) 16383 $$;

COMMENT ON FUNCTION pgdispatch.order_mutex(text) IS
'Returns the number of the row in pgdispatch.mutex for the ordering key.';


CREATE OR REPLACE FUNCTION pgdispatch.queue_mutex(queue text) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT 16384 OPERATOR(pg_catalog.+) (pg_catalog.hashtext(queue) OPERATOR(pg_catalog.&) 16383) $$;

COMMENT ON FUNCTION pgdispatch.queue_mutex(text) IS
'Returns the number of the row in pgdispatch.mutex for the queue.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_exit_mutex() RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT 32768 $$;

COMMENT ON FUNCTION pgdispatch.cron_exit_mutex() IS
'Returns the number of the row in pgdispatch.mutex for workers of pg_cron that start or exit.';


CREATE OR REPLACE FUNCTION pgdispatch.try_mutex(owner regrole, number integer) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    RETURN pgdispatch.lock_mutex_at_once(owner, number) OR pgdispatch.wait_for_mutex(owner, number, '100ms');
END
$$;

COMMENT ON FUNCTION pgdispatch.try_mutex(regrole, integer) IS
'Locks a row of pgdispatch.mutex until the end of the transaction. Returns false if another one does not release it within
100 ms, which is shorter than the time after which PostgreSQL looks for a deadlock.';


CREATE OR REPLACE FUNCTION pgdispatch.lock_mutex_at_once(owner regrole, number integer) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    PERFORM FROM pgdispatch.mutex AS m WHERE m.role = owner AND m.number = lock_mutex_at_once.number FOR UPDATE SKIP LOCKED;
    RETURN FOUND;
END
$$;

COMMENT ON FUNCTION pgdispatch.lock_mutex_at_once(regrole, integer) IS
'Locks a row of pgdispatch.mutex until the end of the transaction, without waiting. Returns false if another one has it, or
the row was never needed before.';


CREATE OR REPLACE FUNCTION pgdispatch.lock_mutexes_at_once(owner regrole, numbers integer[]) RETURNS integer[]
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    RETURN ARRAY(SELECT m.number
                   FROM pgdispatch.mutex AS m
                  WHERE m.role = owner AND m.number = ANY (numbers)
                  ORDER BY m.number
                    FOR UPDATE SKIP LOCKED);
END
$$;

COMMENT ON FUNCTION pgdispatch.lock_mutexes_at_once(regrole, integer[]) IS
'Locks rows of pgdispatch.mutex like pgdispatch.lock_mutex_at_once. Returns the numbers of those that are locked.';


CREATE OR REPLACE FUNCTION pgdispatch.wait_for_mutex(owner regrole, number integer, patience text) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET lock_timeout = '1s'
AS $$
BEGIN
    PERFORM set_config('lock_timeout', patience, true);   -- The end of the function resets it.
    LOOP
        PERFORM FROM pgdispatch.mutex AS m WHERE m.role = owner AND m.number = wait_for_mutex.number FOR UPDATE;
        EXIT WHEN FOUND;
        INSERT INTO pgdispatch.mutex (role, number) VALUES (owner, wait_for_mutex.number) ON CONFLICT ON CONSTRAINT mutex_pkey DO NOTHING;
    END LOOP;
    RETURN true;
EXCEPTION
    -- A REPEATABLE READ transaction does not see a row that was written since it began.
    WHEN lock_not_available OR deadlock_detected OR serialization_failure THEN
        RETURN false;
END
$$;

COMMENT ON FUNCTION pgdispatch.wait_for_mutex(regrole, integer, text) IS
'Part of pgdispatch.try_mutex and pgdispatch.lock_cron_exit. Locks the row, which it writes if it is missing.';


CREATE OR REPLACE FUNCTION pgdispatch.lock_cron_exit(owner regrole) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT pgdispatch.wait_for_mutex(owner, pgdispatch.cron_exit_mutex(), '10s') THEN
        RAISE lock_not_available USING MESSAGE = 'pgdispatch: another worker of pg_cron does not finish its start or exit';
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.lock_cron_exit(regrole) IS
'Locks the row of pgdispatch.mutex for a transaction in which a worker of pg_cron starts, stops looking at the queue or
exits, so that it sees what the last one did. Fails with SQLSTATE 55P03 after 10 seconds.';


CREATE OR REPLACE FUNCTION pgdispatch.sees_latest_commits() RETURNS boolean
LANGUAGE sql STABLE
AS $$ SELECT pg_catalog.current_setting('transaction_isolation') OPERATOR(pg_catalog.=) ANY (ARRAY['read committed', 'read uncommitted']) $$;

COMMENT ON FUNCTION pgdispatch.sees_latest_commits() IS
'Returns whether each statement of this transaction sees what was committed before it, which is so under READ COMMITTED.';
