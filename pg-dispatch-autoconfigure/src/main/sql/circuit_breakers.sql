-- Circuit breakers: what keeps a queue or a handler from spending the attempts of all its jobs while whatever they need is broken.
--
-- A breaker trips after a number of failed attempts in a row. Then no job begins. After a time, one job at a time may begin: the
-- probe. If it succeeds, the breaker is reset. If it fails, the breaker waits again, and longer each time.
--
--   * A row in pgdispatch.breaker is written by the first failure and deleted by the next success. Without a row, a breaker costs a
--     success a look at an index. Where no breaker was asked for, nobody looks.
--   * A failure and a success are counted in the transaction that writes the outcome of the job. That transaction waits at most
--     100 ms for another one that counts, and then goes on without a count.
--   * The handler of a tripped breaker has a row in pgdispatch.pause, so that whatever claims jobs passes it over. What holds the
--     lock of the row in pgdispatch.breaker may write and delete that row.
--   * The jobs of a queue with a tripped breaker are held, as in a queue whose concurrency is 0, and 1 when a probe is due. A job
--     that is dispatched for that time releases the probe.
--   * No session stands behind a probe. If its node or session dies, its claim ends, and the next probe begins. A breaker of which ten
--     probes have ended without a count, because a node runs them that does not know of a breaker, for example, is reset.

CREATE OR REPLACE FUNCTION pgdispatch.count_failure(
    owner regrole, of_handler text, of_queue text, break_after integer, break_for interval)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '100 ms'
SET enable_seqscan = off
AS $$
DECLARE
    counted pgdispatch.breaker;
    moment  constant timestamptz := clock_timestamp();
    had_tripped boolean;
BEGIN
    LOOP
        SELECT b.*
          INTO counted
          FROM pgdispatch.breaker AS b
         WHERE b.role = owner AND b.handler = of_handler AND b.queue = of_queue
           FOR UPDATE;
        EXIT WHEN FOUND;
        INSERT INTO pgdispatch.breaker (role, handler, queue) VALUES (owner, of_handler, of_queue) ON CONFLICT ON CONSTRAINT breaker_pkey DO NOTHING;
    END LOOP;
    IF counted.probe_at > moment THEN
        RETURN;   -- The job began before the breaker tripped.
    END IF;
    had_tripped := counted.tripped_at IS NOT NULL;
    counted.failures := least(counted.failures, 1000000) + 1;
    IF counted.failures < break_after AND NOT had_tripped THEN
        UPDATE pgdispatch.breaker AS b SET failures = counted.failures WHERE b.role = owner AND b.handler = of_handler AND b.queue = of_queue;
        RETURN;
    END IF;
    counted.probe_at := moment + pgdispatch.back_off(greatest(counted.failures - break_after + 1, 1), break_for, 2, '1 hour');
    UPDATE pgdispatch.breaker AS b
       SET failures = counted.failures,
           tripped_at = coalesce(b.tripped_at, moment),
           probe_at = counted.probe_at,
           probe_place = NULL,
           probe_id = NULL,
           probes = 0
     WHERE b.role = owner AND b.handler = of_handler AND b.queue = of_queue;
    IF of_queue = '' THEN
        INSERT INTO pgdispatch.pause (role, handler, by_breaker) VALUES (owner, of_handler, true) ON CONFLICT ON CONSTRAINT pause_pkey DO NOTHING;
    ELSE
        -- A delay counts from the start of the transaction, and is truncated to seconds.
        PERFORM pgdispatch.release_held_jobs_later(NULL, of_queue, counted.probe_at - now() + '1 second'::interval);
    END IF;
    IF NOT had_tripped THEN
        PERFORM pgdispatch.tell_breaker(of_handler, of_queue, format('tripped. Failed attempts in a row: %s', counted.failures));
    END IF;
EXCEPTION
    WHEN lock_not_available OR serialization_failure THEN
        NULL;   -- Another transaction counts, or an operator resets the breaker. The next failure is counted.
END
$$;

COMMENT ON FUNCTION pgdispatch.count_failure(regrole, text, text, integer, interval) IS
'Part of what ends failed attempts. Counts a failure of the handler, or of the queue, whose breaker trips after break_after of them in a
row and first waits for break_for. The name of the other is empty. Waits for other transactions for at most 100 ms.';


CREATE OR REPLACE FUNCTION pgdispatch.count_queue_failure(owner regrole, queue_name text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    limits pgdispatch.queue;
BEGIN
    SELECT q.* INTO limits FROM pgdispatch.queue AS q WHERE q.role = owner AND q.name = queue_name;
    IF limits.break_after IS NOT NULL THEN
        PERFORM pgdispatch.count_failure(owner, '', queue_name, limits.break_after, limits.break_for);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.count_queue_failure(regrole, text) IS
'Part of what ends failed attempts. Counts a failure of a job of the queue, if the queue has a breaker.';


CREATE OR REPLACE FUNCTION pgdispatch.count_success(owner regrole, of_handler text, of_queue text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pgdispatch.breaker AS b WHERE b.role = owner AND b.handler = of_handler AND b.queue = of_queue) THEN
        RETURN;
    END IF;
    BEGIN
        PERFORM FROM pgdispatch.breaker AS b
          WHERE b.role = owner AND b.handler = of_handler AND b.queue = of_queue
            AND (b.probe_at IS NULL OR b.probe_at <= clock_timestamp())   -- Otherwise the job began before the breaker tripped.
            FOR UPDATE SKIP LOCKED;
        IF FOUND THEN
            PERFORM pgdispatch.reset_breaker(owner, of_handler, of_queue);
        END IF;
    EXCEPTION
        WHEN serialization_failure THEN
            NULL;   -- This transaction began before the failure that another one has counted.
    END;
END
$$;

COMMENT ON FUNCTION pgdispatch.count_success(regrole, text, text) IS
'Part of what ends jobs. Counts a success of the handler, or of the queue, which ends the count of failures in a row and resets
a tripped breaker. The name of the other is empty. Waits for nobody.';


CREATE OR REPLACE FUNCTION pgdispatch.reset_breaker(owner regrole, of_handler text, of_queue text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    had_tripped boolean;
BEGIN
    DELETE FROM pgdispatch.breaker AS b
     WHERE b.role = owner AND b.handler = of_handler AND b.queue = of_queue
    RETURNING b.tripped_at IS NOT NULL INTO had_tripped;
    IF had_tripped IS NOT TRUE THEN
        RETURN;
    ELSIF of_queue = '' THEN
        DELETE FROM pgdispatch.pause AS p WHERE p.role = owner AND p.handler = of_handler AND p.by_breaker;
        PERFORM pgdispatch.wake_nodes(owner);
    ELSE
        PERFORM pgdispatch.release_held_jobs_later(NULL, of_queue);
    END IF;
    PERFORM pgdispatch.tell_breaker(of_handler, of_queue, 'was reset');
END
$$;

COMMENT ON FUNCTION pgdispatch.reset_breaker(regrole, text, text) IS
'Resets the breaker of the handler or of the queue, if it has counted failures. The name of the other is empty. Jobs that it held
begin after the commit of this transaction.';


-- Of this level, client_min_messages hides no message. pg_cron would store it, a driver logs it.
CREATE OR REPLACE FUNCTION pgdispatch.tell_breaker(of_handler text, of_queue text, news text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    callers text;
BEGIN
    GET DIAGNOSTICS callers = PG_CONTEXT;
    IF callers NOT LIKE '%cron_work(%' THEN
        RAISE INFO USING ERRCODE = 'PD005',
            MESSAGE = format('The circuit breaker of the %s ''%s'' %s', CASE WHEN of_queue = '' THEN 'handler' ELSE 'queue' END, of_handler || of_queue, news);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.tell_breaker(text, text, text) IS
'Part of what counts failures and successes. Tells the client with the SQLSTATE PD005 that a breaker tripped or was reset.';


CREATE OR REPLACE FUNCTION pgdispatch.room_in_breaker(owner regrole, queue_name text) RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
AS $$
DECLARE
    next_probe_at timestamptz;
BEGIN
    SELECT b.probe_at
      INTO next_probe_at
      FROM pgdispatch.breaker AS b
     WHERE b.role = owner AND b.handler = '' AND b.queue = queue_name AND b.tripped_at IS NOT NULL;
    IF NOT FOUND THEN
        RETURN NULL;
    ELSIF next_probe_at > clock_timestamp()
          OR EXISTS (SELECT FROM pgdispatch.managed_job AS m WHERE m.role = owner AND m.queue = queue_name AND m.in_queue) THEN
        RETURN 0;
    END IF;
    RETURN 1;
END
$$;

COMMENT ON FUNCTION pgdispatch.room_in_breaker(regrole, text) IS
'Part of what lets jobs of a queue begin. Returns 0 while the breaker of the queue lets no other job begin, 1 if a probe may begin;
NULL: it has not tripped.';


CREATE OR REPLACE FUNCTION pgdispatch.may_probe(owner regrole, of_handler text) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    tripped pgdispatch.breaker;
BEGIN
    SELECT b.* INTO tripped FROM pgdispatch.breaker AS b WHERE b.role = owner AND b.handler = of_handler AND b.queue = '';
    RETURN tripped.probe_at <= clock_timestamp()
       AND NOT EXISTS (SELECT
                         FROM pgdispatch.handler_job AS j
                        WHERE j.role = owner AND j.handler = of_handler AND j.due_at = tripped.probe_place AND j.id = tripped.probe_id
                          AND pgdispatch.is_live_node(j.claimed_by));
END
$$;

COMMENT ON FUNCTION pgdispatch.may_probe(regrole, text) IS
'Part of what claims jobs of handlers. Returns whether the tripped breaker of the handler lets a probe begin: it has waited, and no
live node runs a probe. NULL: it has not tripped.';


CREATE OR REPLACE FUNCTION pgdispatch.lock_probe(owner regrole, of_handler text) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    begun integer;
BEGIN
    SELECT b.probes
      INTO begun
      FROM pgdispatch.breaker AS b
     WHERE b.role = owner AND b.handler = of_handler AND b.queue = ''
       FOR UPDATE SKIP LOCKED;
    IF NOT FOUND OR pgdispatch.may_probe(owner, of_handler) IS NOT TRUE THEN
        RETURN false;
    ELSIF begun >= 10 THEN
        PERFORM pgdispatch.reset_breaker(owner, of_handler, '');
    END IF;
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.lock_probe(regrole, text) IS
'Part of what claims jobs of handlers. Returns whether this transaction may begin a probe of the handler, and keeps others from it.
Resets a breaker of which ten probes have begun since the last outcome that was counted.';


CREATE OR REPLACE FUNCTION pgdispatch.begin_probe(probe pgdispatch.handler_job) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    UPDATE pgdispatch.breaker AS b
       SET probe_place = probe.due_at, probe_id = probe.id, probes = b.probes + 1
     WHERE b.role = probe.role AND b.handler = probe.handler AND b.queue = '';
END
$$;

COMMENT ON FUNCTION pgdispatch.begin_probe(pgdispatch.handler_job) IS
'Part of what claims jobs of handlers. Makes a claimed job the probe of its handler, after pgdispatch.lock_probe.';


CREATE OR REPLACE FUNCTION pgdispatch.claim_probe(node uuid, handler_name text, moment timestamptz, live uuid[])
RETURNS SETOF pgdispatch.handler_job
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    probe pgdispatch.handler_job;
BEGIN
    IF pgdispatch.lock_probe(quote_ident(CURRENT_USER)::regrole, handler_name) THEN
        FOR probe IN SELECT c.* FROM pgdispatch.claim_jobs_of_handler(node, handler_name, moment, 1, live) AS c LOOP
            PERFORM pgdispatch.begin_probe(probe);
            RETURN NEXT probe;
        END LOOP;
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.claim_probe(uuid, text, timestamptz, uuid[]) IS
'Part of pgdispatch.claim_handler_jobs. Claims the oldest due job of a handler whose breaker has tripped, if a probe may begin.';


CREATE OR REPLACE FUNCTION pgdispatch.unclaimable_handlers() RETURNS text[]
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN ARRAY(SELECT p.handler
                   FROM pgdispatch.pause AS p
                  WHERE p.role = quote_ident(CURRENT_USER)::regrole
                    AND (p.by_breaker AND pgdispatch.may_probe(p.role, p.handler)) IS NOT TRUE);
END
$$;

COMMENT ON FUNCTION pgdispatch.unclaimable_handlers() IS
'Part of what claims jobs of handlers. Returns the handlers of the current role of which no job may begin now: those that are paused, and
those whose breaker has tripped and lets no probe begin. The array contains an empty name if everything is paused.';


CREATE OR REPLACE FUNCTION pgdispatch.next_probe_at(owner regrole, of_handler text, moment timestamptz) RETURNS timestamptz
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
BEGIN
    RETURN (SELECT b.probe_at
              FROM pgdispatch.breaker AS b
             WHERE b.role = owner AND b.handler = of_handler AND b.queue = '' AND b.probe_at > moment
               AND EXISTS (SELECT
                             FROM pgdispatch.handler_job AS j
                            WHERE j.role = owner AND j.handler = of_handler AND j.due_at < 'infinity'));
END
$$;

COMMENT ON FUNCTION pgdispatch.next_probe_at(regrole, text, timestamptz) IS
'Part of pgdispatch.handlers_next_due_in. Returns when the tripped breaker of the handler will let a job begin; NULL: no job waits for
that.';
