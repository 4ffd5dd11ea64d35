CREATE OR REPLACE FUNCTION pgdispatch.driver_lock(role regrole) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824112::bigint << 32) | role::oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.driver_lock(regrole) IS
'Key of the advisory lock that a driver of the role holds exclusively while it rests and wants to be notified. (The upper half spells pgdp.)';


-- Another lock and another channel than those of pgdispatch.job: a node that runs handlers only, as pg_cron runs the commands, is
-- not to be woken for these, nor to be taken for one that runs them.
CREATE OR REPLACE FUNCTION pgdispatch.handler_lock(role regrole) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824120::bigint << 32) | role::oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.handler_lock(regrole) IS
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


CREATE OR REPLACE FUNCTION pgdispatch.reliance_lock(role regrole) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824113::bigint << 32) | role::oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.reliance_lock(regrole) IS
'Key of the advisory lock that a transaction that relies on a worker holds, shared, and that a worker needs exclusively to go.';


CREATE OR REPLACE FUNCTION pgdispatch.lookout_lock(role regrole) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824114::bigint << 32) | role::oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.lookout_lock(regrole) IS
'Key of the advisory lock that a worker holds exclusively while it waits for jobs and sees each within milliseconds of its commit.';


CREATE OR REPLACE FUNCTION pgdispatch.leaving_lock(role regrole) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824117::bigint << 32) | role::oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.leaving_lock(regrole) IS
'Key of the advisory lock that a transaction holds in which a worker comes, goes deaf or leaves, so that of two each sees what the other has done.';


CREATE OR REPLACE FUNCTION pgdispatch.turn_lock(role regrole) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824119::bigint << 32) | role::oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.turn_lock(regrole) IS
'Key of the advisory lock that the worker holds exclusively whose turn it is to run the next job: the others need not stay for it.';


CREATE OR REPLACE FUNCTION pgdispatch.promise_lock(role regrole, promise integer) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT ((1885824128::bigint + promise) << 32) | role::oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.promise_lock(regrole, integer) IS
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


CREATE OR REPLACE FUNCTION pgdispatch.low(id bigint) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (id % 2147483648)::integer $$;

COMMENT ON FUNCTION pgdispatch.low(bigint) IS
'The second half of the keys of advisory locks on a job. The first half is 1885824112 for the lock of a session that counts the job''s attempt, 1885824124 for that of a transaction that runs it alone, 1885824125 for that of a transaction that cancels it.';


CREATE OR REPLACE FUNCTION pgdispatch.channel(role regrole) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT 'pgdispatch_'::text || role::oid::text $$;

COMMENT ON FUNCTION pgdispatch.channel(regrole) IS
'The channel on which resting drivers of the role listen: a notification says that jobs were dispatched.';


CREATE OR REPLACE FUNCTION pgdispatch.handler_channel(role regrole) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT 'pgdispatch_handler_'::text || role::oid::text $$;

COMMENT ON FUNCTION pgdispatch.handler_channel(regrole) IS
'The channel on which nodes of the role listen: a notification says that jobs for handlers were dispatched, or given up by a node that is full.';


CREATE OR REPLACE FUNCTION pgdispatch.result_channel(role regrole) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT 'pgdispatch_result_'::text || role::oid::text $$;

COMMENT ON FUNCTION pgdispatch.result_channel(regrole) IS
'The channel on which it is notified that there is a result of a job of the role; the payload is the job''s id.';


CREATE OR REPLACE FUNCTION pgdispatch.is_held(lock bigint) RETURNS boolean
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

COMMENT ON FUNCTION pgdispatch.is_held(bigint) IS
'Whether some other session holds the advisory lock exclusively at the moment.';


CREATE OR REPLACE FUNCTION pgdispatch.is_shared(lock bigint) RETURNS boolean
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

COMMENT ON FUNCTION pgdispatch.is_shared(bigint) IS
'Whether some other session holds the advisory lock, shared or not, at the moment.';


CREATE OR REPLACE FUNCTION pgdispatch.take_lane(lane bigint) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    RETURN pg_catalog.pg_try_advisory_xact_lock(lane) OR pgdispatch.wait_for_lane(lane);
END
$$;

COMMENT ON FUNCTION pgdispatch.take_lane(bigint) IS
'Takes the lock of an ordering key or a queue for this transaction; false if others do not let go of it.';


CREATE OR REPLACE FUNCTION pgdispatch.wait_for_lane(lane bigint) RETURNS boolean
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


CREATE OR REPLACE FUNCTION pgdispatch.is_current() RETURNS boolean
LANGUAGE sql STABLE
AS $$ SELECT pg_catalog.current_setting('transaction_isolation') IN ('read committed', 'read uncommitted') $$;

COMMENT ON FUNCTION pgdispatch.is_current() IS
'Whether the statements of this transaction see what was committed before each of them.';
