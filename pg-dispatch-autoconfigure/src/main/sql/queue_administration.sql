-- What users call to administer queues and pauses.
--
-- These functions run in transactions of users, which may stay open. They therefore take no lock of a queue: the jobs that a change
-- releases are released by a job that they dispatch. (See order_and_queues.sql.)

CREATE OR REPLACE FUNCTION pgdispatch.set_queue(
    name text, concurrency integer DEFAULT NULL, rate integer DEFAULT NULL, per interval DEFAULT '1 second',
    per_key integer DEFAULT NULL, rate_per_key integer DEFAULT NULL, break_after integer DEFAULT NULL, break_for interval DEFAULT '1 minute')
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    caller     constant regrole := quote_ident(CURRENT_USER)::regrole;
    has_period constant boolean := coalesce(pgdispatch.is_duration(per) AND per > '0'::interval, false);
    can_wait   constant boolean := coalesce(pgdispatch.is_duration(break_for) AND break_for > '0'::interval, false);
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
    ELSIF break_after < 1 OR NOT can_wait THEN
        RAISE invalid_parameter_value USING
            MESSAGE = CASE WHEN break_after < 1 THEN format('pgdispatch: break_after of the queue %s is %s', name, break_after)
                           ELSE format('pgdispatch: break_for of the queue %s is %s', name, coalesce(break_for::text, 'NULL'))
                      END,
            HINT = 'Pass a number of failures of one or more, or leave it out for no circuit breaker, and a time up to 10 years.';
    ELSIF per_key < 1 OR per_key > concurrency OR per_key IS NOT NULL AND (concurrency IS NULL OR rate IS NOT NULL) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = CASE WHEN per_key < 1 THEN format('pgdispatch: per_key of the queue %s is %s', name, per_key)
                           WHEN concurrency IS NULL THEN format('pgdispatch: the queue %s has per_key and no concurrency', name)
                           WHEN rate IS NOT NULL THEN format('pgdispatch: the queue %s has per_key and a rate', name)
                           ELSE format('pgdispatch: per_key of the queue %s is %s, and its concurrency %s', name, per_key, concurrency)
                      END,
            HINT = 'Pass a number from one to the concurrency, without a rate, or leave it out if the jobs of the queue do not take turns.';
    ELSIF rate_per_key < 1 OR rate_per_key IS NOT NULL AND per_key IS NULL THEN
        RAISE invalid_parameter_value USING
            MESSAGE = CASE WHEN rate_per_key < 1 THEN format('pgdispatch: rate_per_key of the queue %s is %s', name, rate_per_key)
                           ELSE format('pgdispatch: the queue %s has rate_per_key and no per_key', name)
                      END,
            HINT = 'Pass a number of one or more together with per_key, which may be as high as the concurrency, or leave it out for no limit.';
    ELSIF break_after IS NOT NULL AND concurrency IS NULL THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('pgdispatch: the queue %s has break_after and no concurrency', name),
            DETAIL = 'Jobs that have begun, or that nodes have claimed ahead, spend their attempts although the breaker has tripped.',
            HINT = 'Pass a concurrency as well, which limits the number of these jobs.';
    END IF;
    INSERT INTO pgdispatch.queue AS q (role, name, concurrency, rate, per, per_key, rate_per_key, break_after, break_for)
    VALUES (caller, set_queue.name, set_queue.concurrency, set_queue.rate, set_queue.per, set_queue.per_key, set_queue.rate_per_key,
            set_queue.break_after, set_queue.break_for)
    ON CONFLICT ON CONSTRAINT queue_pkey DO UPDATE
    SET concurrency = excluded.concurrency, rate = excluded.rate, per = excluded.per, next_at = '-infinity',
        per_key = excluded.per_key, rate_per_key = excluded.rate_per_key, break_after = excluded.break_after, break_for = excluded.break_for
    WHERE (q.concurrency, q.rate, q.per, q.per_key, q.rate_per_key, q.break_after, q.break_for)
          IS DISTINCT FROM (excluded.concurrency, excluded.rate, excluded.per, excluded.per_key, excluded.rate_per_key, excluded.break_after,
                              excluded.break_for)
    RETURNING q.xmax = 0 INTO is_new;
    IF NOT is_new AND break_after IS NULL THEN
        PERFORM pgdispatch.reset_breaker(caller, '', name);
    END IF;
    IF NOT is_new AND per_key IS NOT NULL THEN
        PERFORM pgdispatch.begin_turns_later(name);
    ELSIF NOT is_new THEN
        PERFORM pgdispatch.release_held_jobs_later(NULL, name);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.set_queue(text, integer, integer, interval, integer, integer, integer, interval) IS
'Creates a queue of the current role, or replaces the limits of the queue. The limits hold for all jobs of the queue,
on all nodes and in the database together. They take effect when this transaction commits; jobs that are running go
on.
concurrency: maximum number of jobs that run at once (NULL: no limit). rate: maximum number of jobs that begin in each
period, evenly spaced (NULL: no limit). per: the period of the rate, or of rate_per_key.
per_key: maximum number of jobs of the same fair key that run at once (NULL: the queue has no fair keys). The fair keys take
turns: whatever ends lets a job of the next key begin that waits and has room, so that many jobs of one key do not delay those of
another. per_key needs a concurrency, and excludes a rate.
rate_per_key: maximum number of jobs of the same fair key that begin in each period (NULL: no limit). Each begins at least
per / rate_per_key after the one before. Meanwhile, the other keys have the turn. It needs per_key.
break_after: number of failed attempts in a row after which the queue''s circuit breaker trips and lets no job begin (NULL: the queue has
no breaker). Attempts that an outage ended are not counted. break_for: time after which the breaker lets one job begin as a
probe. If that succeeds, the breaker is reset. If it fails, the time is doubled, up to one hour or to break_for if that is longer,
and varies by a quarter at random. pgdispatch.resume resets the breaker.
Errors: 22023 if the name is NULL, blank, longer than 1000 bytes or has a control character, a number is less than
1, the period or break_for is NULL, not positive or longer than 10 years, or there is break_after or per_key without a
concurrency, per_key above it, per_key with a rate, or rate_per_key without per_key.
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
    PERFORM pgdispatch.reset_breaker(caller, '', name);
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
        PERFORM pgdispatch.reset_breaker(caller, '', queue);
        PERFORM pgdispatch.release_held_jobs_later(NULL, queue);
    END IF;
    IF queue IS NULL OR handler IS NOT NULL THEN
        DELETE FROM pgdispatch.pause AS p WHERE p.role = caller AND p.handler = coalesce(resume.handler, '') AND NOT p.by_breaker;
        IF handler IS NOT NULL THEN
            PERFORM pgdispatch.reset_breaker(caller, handler, '');
        END IF;
        PERFORM pgdispatch.wake_drivers(caller, true), pgdispatch.wake_nodes(caller);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.resume(text, text) IS
'Ends the pause of a handler, a queue, or, if both are NULL, of everything, when this transaction commits. A handler or
queue that was paused by itself stays paused when everything is resumed. What is not paused stays as it is. If the circuit
breaker of the handler or of the queue has tripped, it is reset.
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
'Returns the handlers of the current role that are paused or whose circuit breaker has tripped. The array contains an empty name if
everything is paused.';
