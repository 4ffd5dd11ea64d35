CREATE OR REPLACE FUNCTION pgdispatch.set_queue(
    name text, concurrency integer DEFAULT NULL, rate integer DEFAULT NULL, per interval DEFAULT '1 second')
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me constant regrole := quote_ident(CURRENT_USER)::regrole;
    is_new boolean;
BEGIN
    IF coalesce(name !~ '[^[:space:]]', true) OR concurrency < 1 OR rate < 1 OR coalesce(per <= '0'::interval, true) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = CASE WHEN concurrency < 1 THEN format('pgdispatch: the queue %s would run %s jobs at once', name, concurrency)
                           WHEN rate < 1 THEN format('pgdispatch: the rate of the queue %s is %s', name, rate)
                           WHEN coalesce(per <= '0'::interval, true) THEN format('pgdispatch: the period of the queue %s is %s', name, coalesce(per::text, 'NULL'))
                           ELSE 'pgdispatch: the queue has no name'
                      END,
            HINT = 'Pass numbers of one or more, or leave them out for no limit. SELECT pgdispatch.pause(queue => …) has a queue run nothing.';
    END IF;
    INSERT INTO pgdispatch.queue AS q (role, name, concurrency, rate, per)
    VALUES (me, set_queue.name, set_queue.concurrency, set_queue.rate, set_queue.per)
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
'Makes a queue of the current role, or sets its limits anew: how many of its jobs run at once, on all nodes and in the database together, and how many are begun in each period, evenly spaced. What runs already goes on. Example: SELECT pgdispatch.set_queue(''mail'', concurrency => 4, rate => 100, per => ''1 minute'')';


CREATE OR REPLACE FUNCTION pgdispatch.drop_queue(name text) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me constant regrole := quote_ident(CURRENT_USER)::regrole;
    was_there boolean;
BEGIN
    DELETE FROM pgdispatch.queue AS q WHERE q.role = me AND q.name = drop_queue.name;
    was_there := FOUND;
    PERFORM pgdispatch.release_held_jobs_later(NULL, name);
    RETURN was_there;
END
$$;

COMMENT ON FUNCTION pgdispatch.drop_queue(text) IS
'Removes a queue of the current role: its jobs run without its limits, and nothing more can be dispatched to it. False: there is none.';


CREATE OR REPLACE FUNCTION pgdispatch.pause(handler text DEFAULT NULL, queue text DEFAULT NULL) RETURNS void
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


CREATE OR REPLACE FUNCTION pgdispatch.resume(handler text DEFAULT NULL, queue text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    IF queue IS NOT NULL THEN
        UPDATE pgdispatch.queue AS q SET paused = false WHERE q.role = me AND q.name = resume.queue;
        PERFORM pgdispatch.release_held_jobs_later(NULL, queue);
    END IF;
    IF queue IS NULL OR handler IS NOT NULL THEN
        DELETE FROM pgdispatch.pause AS p WHERE p.role = me AND p.handler = coalesce(resume.handler, '');
        PERFORM pgdispatch.wake_drivers(me, true), pgdispatch.wake_nodes(me);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.resume(text, text) IS
'Ends what pgdispatch.pause has begun, with the commit of this transaction. A handler or a queue that was paused by itself stays so when everything is resumed.';


CREATE OR REPLACE FUNCTION pgdispatch.paused_handlers() RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN ARRAY(SELECT p.handler FROM pgdispatch.pause AS p WHERE p.role = quote_ident(CURRENT_USER)::regrole);
END
$$;

COMMENT ON FUNCTION pgdispatch.paused_handlers() IS
'The handlers of the current role that are paused; among them the empty name if everything is.';
