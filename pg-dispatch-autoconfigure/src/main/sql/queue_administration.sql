-- What users call to administer queues and pauses.
--
-- These functions run in transactions of users, which may stay open. They therefore take no lock of a queue: the jobs that a change
-- releases are released by a job that they dispatch. (See order_and_queues.sql.)

CREATE OR REPLACE FUNCTION pgdispatch.set_queue(
    name text, concurrency integer DEFAULT NULL, rate integer DEFAULT NULL, per interval DEFAULT '1 second')
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    caller     constant regrole := quote_ident(CURRENT_USER)::regrole;
    has_period constant boolean := coalesce(pgdispatch.is_duration(per) AND per > '0'::interval, false);
    is_new boolean;
BEGIN
    IF name IS NULL OR NOT pgdispatch.is_name(name) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = CASE WHEN name ~ '[^[:space:]]' THEN 'pgdispatch: the name of the queue is longer than 1000 bytes or has a control character'
                           ELSE 'pgdispatch: the queue has no name'
                      END,
            HINT = 'Pass a name of up to 1000 bytes, such as ''mail''.';
    ELSIF concurrency < 1 OR rate < 1 OR NOT has_period THEN
        RAISE invalid_parameter_value USING
            MESSAGE = CASE WHEN concurrency < 1 THEN format('pgdispatch: the concurrency of the queue %s is %s', name, concurrency)
                           WHEN rate < 1 THEN format('pgdispatch: the rate of the queue %s is %s', name, rate)
                           ELSE format('pgdispatch: the period of the queue %s is %s', name, coalesce(per::text, 'NULL'))
                      END,
            HINT = 'Pass numbers of one or more, or leave them out for no limit, and a period up to 10 years. To have a queue run nothing, pause it: SELECT pgdispatch.pause(queue => ''name'').';
    END IF;
    INSERT INTO pgdispatch.queue AS q (role, name, concurrency, rate, per)
    VALUES (caller, set_queue.name, set_queue.concurrency, set_queue.rate, set_queue.per)
    ON CONFLICT ON CONSTRAINT queue_pkey DO UPDATE
    SET concurrency = excluded.concurrency, rate = excluded.rate, per = excluded.per, next_at = '-infinity'
    WHERE (q.concurrency, q.rate, q.per) IS DISTINCT FROM (excluded.concurrency, excluded.rate, excluded.per)
    RETURNING q.xmax = 0 INTO is_new;
    IF NOT is_new THEN
        PERFORM pgdispatch.release_held_jobs_later(NULL, name);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.set_queue(text, integer, integer, interval) IS
'Creates a queue of the current role, or replaces the limits of the queue. The limits hold for all jobs of the queue,
on all nodes and in the database together. They take effect when this transaction commits; jobs that are running go
on.
concurrency: maximum number of jobs that run at once (NULL: no limit). rate: maximum number of jobs that begin in each
period, evenly spaced (NULL: no limit). per: the period of the rate.
Errors: 22023 if the name is NULL, blank, longer than 1000 bytes or has a control character, a number is less than
1, or the period is NULL, not positive or longer than 10 years.
Example: SELECT pgdispatch.set_queue(''mail'', concurrency => 4, rate => 100, per => ''1 minute'')';


CREATE OR REPLACE FUNCTION pgdispatch.drop_queue(name text) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
    existed boolean;
BEGIN
    DELETE FROM pgdispatch.queue AS q WHERE q.role = caller AND q.name = drop_queue.name;
    existed := FOUND;
    PERFORM pgdispatch.release_held_jobs_later(NULL, name);
    RETURN existed;
END
$$;

COMMENT ON FUNCTION pgdispatch.drop_queue(text) IS
'Removes a queue of the current role when this transaction commits. Its waiting jobs then run without limits, and
nothing more can be dispatched to it. Returns false if there is no such queue.
Example: SELECT pgdispatch.drop_queue(''mail'')';


CREATE OR REPLACE FUNCTION pgdispatch.pause(handler text DEFAULT NULL, queue text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    IF NOT pgdispatch.is_name(handler) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = 'pgdispatch: the name of the handler is blank, longer than 1000 bytes or has a control character',
            HINT = 'Pass the name of an application''s method with @AfterCommitDispatch, or leave it out to pause everything.';
    END IF;
    IF queue IS NOT NULL THEN
        UPDATE pgdispatch.queue AS q SET paused = true WHERE q.role = caller AND q.name = pause.queue;
        IF NOT FOUND THEN
            RAISE undefined_object USING
                MESSAGE = format('pgdispatch: there is no queue %s', quote_ident(queue)),
                HINT = format('Create it with SELECT pgdispatch.set_queue(%L).', queue);
        END IF;
    END IF;
    IF queue IS NULL OR handler IS NOT NULL THEN
        INSERT INTO pgdispatch.pause (role, handler) VALUES (caller, coalesce(pause.handler, '')) ON CONFLICT ON CONSTRAINT pause_pkey DO NOTHING;
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.pause(text, text) IS
'Pauses a handler, a queue, or, if both are NULL, everything of the current role. Once this transaction has committed,
none of these jobs begins. Running jobs go on, and jobs can still be dispatched; they wait for pgdispatch.resume.
Errors: 22023 if the name of the handler is blank, longer than 1000 bytes or has a control character, 42704 if there is no such queue.
Example: SELECT pgdispatch.pause(handler => ''signUpSideEffects.welcome'')';


CREATE OR REPLACE FUNCTION pgdispatch.resume(handler text DEFAULT NULL, queue text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    IF queue IS NOT NULL THEN
        UPDATE pgdispatch.queue AS q SET paused = false WHERE q.role = caller AND q.name = resume.queue;
        PERFORM pgdispatch.release_held_jobs_later(NULL, queue);
    END IF;
    IF queue IS NULL OR handler IS NOT NULL THEN
        DELETE FROM pgdispatch.pause AS p WHERE p.role = caller AND p.handler = coalesce(resume.handler, '');
        PERFORM pgdispatch.wake_drivers(caller, true), pgdispatch.wake_nodes(caller);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.resume(text, text) IS
'Ends the pause of a handler, a queue, or, if both are NULL, of everything, when this transaction commits. A handler or
queue that was paused by itself stays paused when everything is resumed. What is not paused stays as it is.
Example: SELECT pgdispatch.resume(handler => ''signUpSideEffects.welcome'')';


CREATE OR REPLACE FUNCTION pgdispatch.paused_handlers() RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN ARRAY(SELECT p.handler FROM pgdispatch.pause AS p WHERE p.role = quote_ident(CURRENT_USER)::regrole);
END
$$;

COMMENT ON FUNCTION pgdispatch.paused_handlers() IS
'Returns the paused handlers of the current role. The array contains an empty name if everything is paused.';
