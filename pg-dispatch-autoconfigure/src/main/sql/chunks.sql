-- Chunks of managed jobs: what lets several of them share one transaction, as plain jobs do.
--
-- What others have to know about a managed job is committed before the job runs (see order_and_queues.sql). For a chunk, one
-- transaction commits it for all of its jobs, and a second one runs them:
--
--   * prepare_chunk gives up the idempotency keys of the next jobs, and takes a place for the first job of each ordering key and of each
--     queue. It runs no user's code, and it waits for nobody: what it cannot have at once is left to a run of that job alone.
--   * inspect_chunk says how many of the claimed jobs may run together, by what is committed of them. The first job of an ordering key or
--     of a queue has the place. The next ones follow it in the same transaction, one after the other: others see the place taken
--     until that transaction ends. No lock of a key, an order or a queue is held while a job runs.
--   * end_chunk deletes the rows of the jobs that ran, keeps their results, releases what waited for them, and counts them in their batches, in that transaction.
--
-- Nothing is counted in a chunk. A job runs alone, with its attempt committed before, if it has a time limit, a priority or a key that
-- it keeps, if it is non-transactional, and if it was begun before. A place belongs to the row of a job: if the job does not come to
-- run in its chunk, it has the place the next time. The keys of such jobs are taken back.

CREATE OR REPLACE FUNCTION pgdispatch.may_share_transaction(job pgdispatch.managed_job) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT job.time_limit IS NULL AND job.priority IS NULL AND job.keep_key IS NULL AND job.transactional IS NULL
$$;

COMMENT ON FUNCTION pgdispatch.may_share_transaction(pgdispatch.managed_job) IS
'Returns whether the options of a managed job let it share a transaction with other jobs.';


CREATE OR REPLACE FUNCTION pgdispatch.prepare_chunk(
    moment timestamptz, after_due_at timestamptz, after_id bigint, max_count integer, until timestamptz,
    OUT prepared boolean, OUT examined integer, OUT keyless bigint[])
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    worker  constant regrole           := quote_ident(CURRENT_USER)::regrole;
    claimed constant pgdispatch.job[] := pgdispatch.claim_jobs(moment, after_due_at, after_id, max_count);
    next    record;
    job     pgdispatch.managed_job;
    keyed   pgdispatch.managed_job[] := '{}';
    orders  text[]   := '{}';
    queues  text[]   := '{}';
BEGIN
    prepared := false;
    examined := 0;
    keyless := '{}';
    FOR next IN
        SELECT c.ordinality AS number, m AS managed
          FROM unnest(claimed) WITH ORDINALITY AS c
          LEFT JOIN pgdispatch.managed_job AS m ON m.role = worker AND m.id = c.id   -- An inner join might read all jobs of the role first.
         WHERE c.managed
         ORDER BY c.ordinality
    LOOP
        job := next.managed;
        examined := next.number - 1;
        EXIT WHEN NOT pgdispatch.may_share_transaction(job) OR job.attempts > 0 OR job.started_at IS NOT NULL OR job.slot_at IS NOT NULL
               OR examined > 0 AND clock_timestamp() >= until;
        IF job.ordering_key IS NOT NULL AND NOT (job.in_order OR job.ordering_key = ANY (orders)) THEN
            EXIT WHEN NOT pgdispatch.lock_mutex_at_once(worker, pgdispatch.order_mutex(job.ordering_key))
                   OR NOT pgdispatch.is_next_in_locked_order(job);
            job.in_order := true;
        END IF;
        IF job.queue IS NOT NULL AND NOT (job.in_queue OR job.queue = ANY (queues)) THEN
            EXIT WHEN NOT pgdispatch.lock_mutex_at_once(worker, pgdispatch.queue_mutex(job.queue))
                   OR EXISTS (SELECT FROM pgdispatch.queue AS q WHERE q.role = worker AND q.name = job.queue AND coalesce(q.rate, q.rate_per_key) IS NOT NULL);
            prepared := true;   -- What follows may also release a job that comes before this one.
            job := pgdispatch.request_queue_place(job);
            EXIT WHEN NOT job.in_queue;
        END IF;
        IF job.in_order <> (next.managed).in_order OR job.in_queue <> (next.managed).in_queue THEN
            prepared := true;
            UPDATE pgdispatch.managed_job AS m SET in_order = job.in_order, in_queue = job.in_queue, slot_at = job.slot_at, fair_key = job.fair_key
             WHERE m.role = worker AND m.id = job.id;
        END IF;
        orders := CASE WHEN job.in_order THEN orders || job.ordering_key ELSE orders END;
        queues := CASE WHEN job.in_queue THEN queues || job.queue ELSE queues END;
        keyed := CASE WHEN job.has_key THEN array_append(keyed, job) ELSE keyed END;
        examined := cardinality(claimed);
    END LOOP;
    IF NOT FOUND THEN
        RETURN;   -- There is no managed job among them.
    END IF;
    IF cardinality(keyed) > 0 THEN
        keyless := pgdispatch.give_up_keys(worker, keyed);
        prepared := prepared OR cardinality(keyless) > 0;
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.prepare_chunk(timestamptz, timestamptz, bigint, integer, timestamptz) IS
'Part of pgdispatch.work. Prepares the next managed jobs after the given position, until the given time or the first job that has to run
alone, for a chunk that runs after the commit. prepared: whether there is something to commit. examined: the number of jobs, plain
ones included, before the first one that it left. keyless: the jobs whose idempotency keys it has freed.';


CREATE OR REPLACE FUNCTION pgdispatch.inspect_chunk(ids bigint[], OUT together integer, OUT results text[])
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    worker constant regrole     := quote_ident(CURRENT_USER)::regrole;
    moment constant timestamptz := clock_timestamp();
BEGIN
    SELECT coalesce(min(c.number) FILTER (WHERE c.id IS NOT NULL AND NOT (
               pgdispatch.may_share_transaction(c.managed) AND c.attempts = 0 AND c.started_at IS NULL AND NOT c.has_key
               -- The jobs before it in its order have run in this chunk, beginning with the one that has the place.
               AND (c.ordering_key IS NULL
                    OR c.is_led
                       AND NOT EXISTS (SELECT
                                         FROM pgdispatch.managed_job AS m
                                        WHERE m.role = worker AND m.ordering_key = c.ordering_key AND m.id < c.id
                                          AND m.id > c.previous_id
                                          AND (m.snoozed IS NULL OR m.due_at <= moment)))
               AND (c.queue IS NULL
                    OR c.has_place
                       AND NOT EXISTS (SELECT
                                         FROM pgdispatch.queue AS q
                                        WHERE q.role = worker AND q.name = c.queue
                                          AND (q.paused
                                               OR q.rate IS NOT NULL AND NOT c.in_queue
                                               OR q.rate_per_key IS NOT NULL
                                               OR q.break_after IS NOT NULL AND NOT c.in_queue
                                                  AND pgdispatch.room_in_breaker(worker, q.name) IS NOT NULL))))) - 1,
               cardinality(ids)),
           CASE WHEN count(c.result) > 0 THEN array_agg(c.result ORDER BY c.number) END
      INTO together, results
      FROM (SELECT i.number, m.*, m AS managed,
                   -- Row security would keep an expression with coalesce away from the index.
                   lag(m.id, 1, 0::bigint) OVER of_order AS previous_id,
                   first_value(m.in_order) OVER of_order AS is_led,
                   bool_or(m.in_queue) OVER of_queue AS has_place
              FROM unnest(ids) WITH ORDINALITY AS i (id, number)
              LEFT JOIN pgdispatch.managed_job AS m ON m.role = worker AND m.id = i.id
            WINDOW of_order AS (PARTITION BY m.ordering_key ORDER BY i.number),
                   of_queue AS (PARTITION BY m.queue, m.fair_key ORDER BY i.number)) AS c;
END
$$;

COMMENT ON FUNCTION pgdispatch.inspect_chunk(bigint[]) IS
'Part of what claims SQL jobs. together: how many of these jobs, which are claimed and begin with the first one, may share a
transaction, by what managed_job says of them. results: what is kept as the result of each; NULL: no job has one.';


CREATE OR REPLACE FUNCTION pgdispatch.inspect_jobs(jobs pgdispatch.job[], OUT together integer, OUT results text[])
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    ids     bigint[] := '{}';
    managed boolean  := false;
    job     pgdispatch.job;
BEGIN
    together := cardinality(jobs);
    FOREACH job IN ARRAY jobs LOOP
        ids := ids || job.id;
        managed := managed OR job.managed IS NOT NULL;
    END LOOP;
    IF managed THEN
        SELECT b.together, b.results INTO together, results FROM pgdispatch.inspect_chunk(ids) AS b;
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.inspect_jobs(pgdispatch.job[]) IS
'Part of pgdispatch.work. Returns what pgdispatch.inspect_chunk returns. Plain jobs may always share a transaction.';


CREATE OR REPLACE FUNCTION pgdispatch.execute_for_result(
    command text, result text, limit_bytes integer, OUT value json, OUT row_count bigint)
LANGUAGE plpgsql
AS $$
BEGIN
    IF result OPERATOR(pg_catalog.=) 'rows' THEN
        SELECT r.value, r.row_count INTO value, row_count FROM pgdispatch.execute_for_rows(command, limit_bytes) AS r;
    ELSE
        EXECUTE command;
        GET DIAGNOSTICS row_count = ROW_COUNT;
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.execute_for_result(text, text, integer) IS
'Part of pgdispatch.work. Executes the command of a managed job whose result is kept, which is rows, of up to limit_bytes, or
count.';


CREATE OR REPLACE FUNCTION pgdispatch.end_chunk(ids bigint[], kept_values json[], row_counts bigint[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    worker  constant regrole  := quote_ident(CURRENT_USER)::regrole;
    managed constant bigint[] := array_remove(ids, NULL);
    ended   bigint[];
    orders  text[];
    queues  text[];
    queue   text;
    parts   bigint[];
    kept    record;
BEGIN
    IF coalesce(managed, '{}') = '{}' THEN
        RETURN;
    END IF;
    IF row_counts IS NOT NULL THEN
        SELECT array_agg(k.id) AS ids, array_agg(k.kept_for) AS times, array_agg(k.value) AS kept_values, array_agg(k.row_count) AS row_counts
          INTO kept
          FROM (SELECT j.id, j.value, j.row_count,
                       (SELECT m.keep_result FROM pgdispatch.managed_job AS m WHERE m.role = worker AND m.id = j.id) AS kept_for
                  FROM unnest(ids, kept_values, row_counts) AS j (id, value, row_count)
                OFFSET 0) AS k
         WHERE k.kept_for IS NOT NULL;
        PERFORM pgdispatch.keep_results(worker, 'done', kept.ids, kept.times, kept.kept_values, kept.row_counts);
    END IF;
    WITH e AS (
        DELETE FROM pgdispatch.managed_job AS m WHERE m.role = worker AND m.id = ANY (managed) RETURNING m.id, m.ordering_key, m.queue, m.batch_part
    )
    SELECT array_agg(e.id), array_agg(DISTINCT e.ordering_key) FILTER (WHERE e.ordering_key IS NOT NULL),
           array_agg(DISTINCT e.queue) FILTER (WHERE e.queue IS NOT NULL), array_agg(e.batch_part) FILTER (WHERE e.batch_part IS NOT NULL)
      INTO ended, orders, queues, parts
      FROM e;
    IF cardinality(ended) IS DISTINCT FROM cardinality(managed) THEN
        RAISE serialization_failure USING MESSAGE = format('pgdispatch: job %s has run although a job of the same chunk has ended it',
            (SELECT j.id FROM unnest(managed) AS j (id) WHERE j.id <> ALL (coalesce(ended, '{}')) LIMIT 1));
    END IF;
    IF orders IS NOT NULL THEN
        PERFORM pgdispatch.release_next_in_orders(worker, orders);
    END IF;
    -- In this order, no two chunks wait for each other.
    FOR queue IN SELECT q.name FROM unnest(queues) AS q (name) ORDER BY pgdispatch.queue_mutex(q.name) LOOP
        PERFORM pgdispatch.release_next_in_queue(worker, queue, true, true);
    END LOOP;
    IF parts IS NOT NULL THEN
        PERFORM pgdispatch.count_ended_jobs(worker, parts, 'done', true);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.end_chunk(bigint[], json[], bigint[]) IS
'Part of what runs chunks. Ends the managed jobs with these ids (NULL: a plain job), which are done, with these values and row counts as
their results. Fails if one of them is gone, because another job of the chunk has cancelled it, for example.';
