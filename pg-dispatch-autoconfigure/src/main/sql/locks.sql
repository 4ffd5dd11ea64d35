CREATE OR REPLACE FUNCTION pgdispatch.idle_driver_lock(role regrole) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824112::bigint << 32) | role::oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.idle_driver_lock(regrole) IS
'Key of the advisory lock that a driver of the role holds exclusively while it rests and wants to be notified. (The upper half spells pgdp.)';


-- Another lock and another channel than those of pgdispatch.job: a node that runs handlers only, as pg_cron runs the commands, is
-- not to be woken for these, nor to be taken for one that runs them.
CREATE OR REPLACE FUNCTION pgdispatch.idle_node_lock(role regrole) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824120::bigint << 32) | role::oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.idle_node_lock(regrole) IS
'Key of the advisory lock that a node holds exclusively while it rests and wants to be notified of jobs for handlers.';


CREATE OR REPLACE FUNCTION pgdispatch.application_lock(role regrole) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824116::bigint << 32) | role::oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.application_lock(regrole) IS
'Key of the advisory lock that one of the applications that run the role''s jobs holds exclusively: the database''s own workers then come later, for what is left.';


CREATE OR REPLACE FUNCTION pgdispatch.batch_lock(role regrole) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824115::bigint << 32) | role::oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.batch_lock(regrole) IS
'Key of the advisory lock that a transaction holds, shared, in which several jobs are run.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_reliance_lock(role regrole) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824113::bigint << 32) | role::oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.cron_reliance_lock(regrole) IS
'Key of the advisory lock that a transaction that relies on a worker holds, shared, and that a worker needs exclusively to go.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_lookout_lock(role regrole) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824114::bigint << 32) | role::oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.cron_lookout_lock(regrole) IS
'Key of the advisory lock that a worker holds exclusively while it waits for jobs and sees each within milliseconds of its commit.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_exit_lock(role regrole) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824117::bigint << 32) | role::oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.cron_exit_lock(regrole) IS
'Key of the advisory lock that a transaction holds in which a worker comes, goes deaf or leaves, so that of two each sees what the other has done.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_turn_lock(role regrole) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824119::bigint << 32) | role::oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.cron_turn_lock(regrole) IS
'Key of the advisory lock that the worker holds exclusively whose turn it is to run the next job: the others need not stay for it.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_promise_lock(role regrole, promise integer) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT ((1885824128::bigint + promise) << 32) | role::oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.cron_promise_lock(regrole, integer) IS
'Key of the advisory lock that a transaction holds that has given, and not yet committed, the promise of that number.';


CREATE OR REPLACE FUNCTION pgdispatch.order_lock(role regrole, ordering_key text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.hashtextextended(ordering_key, (1885824121::bigint << 32) | role::oid::bigint) $$;

COMMENT ON FUNCTION pgdispatch.order_lock(regrole, text) IS
'Key of the advisory lock that a transaction holds which begins or ends jobs of the ordering key.';


CREATE OR REPLACE FUNCTION pgdispatch.queue_lock(role regrole, queue text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.hashtextextended(queue, (1885824122::bigint << 32) | role::oid::bigint) $$;

COMMENT ON FUNCTION pgdispatch.queue_lock(regrole, text) IS
'Key of the advisory lock that a transaction holds which begins or ends jobs of the queue.';


-- Not one for each key: a transaction that dispatches many would use up the room that the server has for locks.
CREATE OR REPLACE FUNCTION pgdispatch.key_lock(role regrole, key text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT pg_catalog.hashint8extended(pg_catalog.hashtextextended(key, 0) & 2047, (1885824123::bigint << 32) | role::oid::bigint)
$$;

COMMENT ON FUNCTION pgdispatch.key_lock(regrole, text) IS
'Key of the advisory lock that a transaction holds, shared, which has dispatched with the key, and that a worker needs exclusively to begin the job that has it.';


CREATE OR REPLACE FUNCTION pgdispatch.attempt_lock(job_id bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824127::bigint << 32) | (job_id & 4294967295::bigint) $$;

COMMENT ON FUNCTION pgdispatch.attempt_lock(bigint) IS
'Key of the advisory lock that a session holds which counts an attempt of the job and then runs it, so that no other counts one, too. Jobs whose ids differ by a multiple of 2^32 share it, which costs one of them a moment.';


CREATE OR REPLACE FUNCTION pgdispatch.execution_lock(job_id bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824124::bigint << 32) | (job_id & 4294967295::bigint) $$;

COMMENT ON FUNCTION pgdispatch.execution_lock(bigint) IS
'Key of the advisory lock that the session holds which runs the command of the job alone: pgdispatch.session_running finds the session by it.';


CREATE OR REPLACE FUNCTION pgdispatch.cancellation_lock(job_id bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824125::bigint << 32) | (job_id & 4294967295::bigint) $$;

COMMENT ON FUNCTION pgdispatch.cancellation_lock(bigint) IS
'Key of the advisory lock that a transaction holds which cancels the job.';


CREATE OR REPLACE FUNCTION pgdispatch.batch_cancellation_lock(session_pid integer) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824118::bigint << 32) | session_pid::bigint $$;

COMMENT ON FUNCTION pgdispatch.batch_cancellation_lock(integer) IS
'Key of the advisory lock that a worker holds while it cancels the batch of another session, and that this session takes, shared, before it runs a job alone: that job is not to be hit.';


CREATE OR REPLACE FUNCTION pgdispatch.interruption_lock(session_pid integer) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824126::bigint << 32) | session_pid::bigint $$;

COMMENT ON FUNCTION pgdispatch.interruption_lock(integer) IS
'Key of the advisory lock that a session holds while it cancels what another one runs, and that this one takes, shared, before it goes on to another job: that job is not to be hit.';


CREATE OR REPLACE FUNCTION pgdispatch.driver_channel(role regrole) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT 'pgdispatch_'::text || role::oid::text $$;

COMMENT ON FUNCTION pgdispatch.driver_channel(regrole) IS
'The channel on which resting drivers of the role listen: a notification says that jobs were dispatched.';


CREATE OR REPLACE FUNCTION pgdispatch.node_channel(role regrole) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT 'pgdispatch_handler_'::text || role::oid::text $$;

COMMENT ON FUNCTION pgdispatch.node_channel(regrole) IS
'The channel on which nodes of the role listen: a notification says that jobs for handlers were dispatched, or given up by a node that is full.';


CREATE OR REPLACE FUNCTION pgdispatch.result_channel(role regrole) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT 'pgdispatch_result_'::text || role::oid::text $$;

COMMENT ON FUNCTION pgdispatch.result_channel(regrole) IS
'The channel on which it is notified that there is a result of a job of the role; the payload is the job''s id.';


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
'Whether some other session holds the advisory lock exclusively at the moment.';


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
'Whether some other session holds the advisory lock, shared or not, at the moment.';


CREATE OR REPLACE FUNCTION pgdispatch.try_lock_briefly(lock bigint) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    RETURN pg_catalog.pg_try_advisory_xact_lock(lock) OR pgdispatch.wait_for_lock_briefly(lock);
END
$$;

COMMENT ON FUNCTION pgdispatch.try_lock_briefly(bigint) IS
'Takes the lock of an ordering key or a queue for this transaction; false if others do not let go of it.';


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
'Part of pgdispatch.try_lock_briefly: waits as long as others need to commit, and less than it takes PostgreSQL to find a deadlock.';


CREATE OR REPLACE FUNCTION pgdispatch.sees_latest_commits() RETURNS boolean
LANGUAGE sql STABLE
AS $$ SELECT pg_catalog.current_setting('transaction_isolation') IN ('read committed', 'read uncommitted') $$;

COMMENT ON FUNCTION pgdispatch.sees_latest_commits() IS
'Whether the statements of this transaction see what was committed before each of them.';
