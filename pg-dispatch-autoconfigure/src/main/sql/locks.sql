-- The advisory locks and the notification channels.
--
-- Rows and unique indexes exclude what must be excluded; the locks only save work. Any role can take any advisory lock, so a lock
-- that is taken in bad faith may cost an additional look at the queue, but it never loses a job and never makes anyone wait
-- without a bound. Each kind of lock has its own number in the upper half of its key, and what it belongs to in the lower half:
-- the role, the job's id or the session's process id.
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


CREATE OR REPLACE FUNCTION pgdispatch.batch_lock(role regrole) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824115::bigint OPERATOR(pg_catalog.<<) 32) OPERATOR(pg_catalog.|) role::pg_catalog.oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.batch_lock(regrole) IS
'Key of the advisory lock that a transaction which runs a batch of jobs holds shared.';


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


CREATE OR REPLACE FUNCTION pgdispatch.cron_exit_lock(role regrole) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824117::bigint OPERATOR(pg_catalog.<<) 32) OPERATOR(pg_catalog.|) role::pg_catalog.oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.cron_exit_lock(regrole) IS
'Key of the advisory lock that a transaction holds in which a worker of pg_cron starts, stops looking at the queue or
exits. Of two such transactions, each therefore sees what the other one did.';


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


CREATE OR REPLACE FUNCTION pgdispatch.order_lock(role regrole, ordering_key text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.hashtextextended(ordering_key, (1885824121::bigint OPERATOR(pg_catalog.<<) 32) OPERATOR(pg_catalog.|) role::pg_catalog.oid::bigint) $$;

COMMENT ON FUNCTION pgdispatch.order_lock(regrole, text) IS
'Key of the advisory lock that a transaction holds while it begins or ends jobs of the ordering key.';


CREATE OR REPLACE FUNCTION pgdispatch.queue_lock(role regrole, queue text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.hashtextextended(queue, (1885824122::bigint OPERATOR(pg_catalog.<<) 32) OPERATOR(pg_catalog.|) role::pg_catalog.oid::bigint) $$;

COMMENT ON FUNCTION pgdispatch.queue_lock(regrole, text) IS
'Key of the advisory lock that a transaction holds while it begins or ends jobs of the queue.';


-- There is not one lock for each key, because a transaction that dispatches with many keys would use up the server's lock table.
CREATE OR REPLACE FUNCTION pgdispatch.key_lock(role regrole, key text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT pg_catalog.hashint8extended(pg_catalog.hashtextextended(key, 0) OPERATOR(pg_catalog.&) 2047, (1885824123::bigint OPERATOR(pg_catalog.<<) 32) OPERATOR(pg_catalog.|) role::pg_catalog.oid::bigint)
$$;

COMMENT ON FUNCTION pgdispatch.key_lock(regrole, text) IS
'Key of the advisory lock that a transaction holds shared after it dispatched with the idempotency key. A worker needs
it exclusively to begin the job that has the key. 2048 groups of keys share one lock each.';


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


CREATE OR REPLACE FUNCTION pgdispatch.cancellation_lock(job_id bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824125::bigint OPERATOR(pg_catalog.<<) 32) OPERATOR(pg_catalog.|) (job_id OPERATOR(pg_catalog.&) 4294967295) $$;

COMMENT ON FUNCTION pgdispatch.cancellation_lock(bigint) IS
'Key of the advisory lock that a transaction which cancels the job holds.';


CREATE OR REPLACE FUNCTION pgdispatch.batch_cancellation_lock(session_pid integer) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824118::bigint OPERATOR(pg_catalog.<<) 32) OPERATOR(pg_catalog.|) session_pid::bigint $$;

COMMENT ON FUNCTION pgdispatch.batch_cancellation_lock(integer) IS
'Key of the advisory lock that a worker holds while it cancels the batch of that session. The session takes it shared
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
'The channel on which idle drivers of the role listen. A notification says that SQL jobs were dispatched.';


CREATE OR REPLACE FUNCTION pgdispatch.node_channel(role regrole) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT 'pgdispatch_handler_' OPERATOR(pg_catalog.||) role::pg_catalog.oid::pg_catalog.text $$;

COMMENT ON FUNCTION pgdispatch.node_channel(regrole) IS
'The channel on which nodes of the role listen. A notification says that jobs for handlers were dispatched, released or
cancelled, or that a full node left some to the others.';


CREATE OR REPLACE FUNCTION pgdispatch.result_channel(role regrole) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT 'pgdispatch_result_' OPERATOR(pg_catalog.||) role::pg_catalog.oid::pg_catalog.text $$;

COMMENT ON FUNCTION pgdispatch.result_channel(regrole) IS
'The channel for results of the role''s jobs. A notification says that a job has a result; its payload is the id of the job.';


CREATE OR REPLACE FUNCTION pgdispatch.is_locked_exclusively(lock bigint) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    IF pg_catalog.pg_try_advisory_lock_shared(lock) THEN
        PERFORM pg_catalog.pg_advisory_unlock_shared(lock);
        RETURN false;
    END IF;
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.is_locked_exclusively(bigint) IS
'Returns whether another session holds the advisory lock exclusively at the moment.';


CREATE OR REPLACE FUNCTION pgdispatch.is_locked(lock bigint) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    IF pg_catalog.pg_try_advisory_lock(lock) THEN
        PERFORM pg_catalog.pg_advisory_unlock(lock);
        RETURN false;
    END IF;
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.is_locked(bigint) IS
'Returns whether another session holds the advisory lock, exclusively or shared, at the moment.';


CREATE OR REPLACE FUNCTION pgdispatch.try_lock_briefly(lock bigint) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    RETURN pg_catalog.pg_try_advisory_xact_lock(lock) OR pgdispatch.wait_for_lock_briefly(lock);
END
$$;

COMMENT ON FUNCTION pgdispatch.try_lock_briefly(bigint) IS
'Takes the lock of an ordering key or a queue until the end of the transaction. Returns false if another transaction
does not release it in time.';


CREATE OR REPLACE FUNCTION pgdispatch.wait_for_lock_briefly(lock bigint) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '100 ms'
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(lock);
    RETURN true;
EXCEPTION
    WHEN lock_not_available OR deadlock_detected THEN
        RETURN false;
END
$$;

COMMENT ON FUNCTION pgdispatch.wait_for_lock_briefly(bigint) IS
'Part of pgdispatch.try_lock_briefly. Waits as long as other transactions need for their commit, which is shorter than
the time after which PostgreSQL looks for a deadlock.';


CREATE OR REPLACE FUNCTION pgdispatch.sees_latest_commits() RETURNS boolean
LANGUAGE sql STABLE
AS $$ SELECT pg_catalog.current_setting('transaction_isolation') OPERATOR(pg_catalog.=) ANY (ARRAY['read committed', 'read uncommitted']) $$;

COMMENT ON FUNCTION pgdispatch.sees_latest_commits() IS
'Returns whether each statement of this transaction sees what was committed before it, which is so under READ COMMITTED.';
