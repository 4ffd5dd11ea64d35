-- Batches: many jobs, and one job that is dispatched in the commit that ends the last of them, which is the continuation.
--
-- A job of a batch is a managed job that names a part of its batch. A part counts up to a few thousand jobs that one transaction has added:
-- those that are pending, and what became of the others. Whatever ends a job counts it in its part, in the same transaction. Only the
-- transaction that ends the last job of a part locks the row of the batch, moves the counts of the part there and deletes the part. If
-- no part is left then, the batch has ended. Hence:
--
--   * Two transactions that end the last two jobs cannot both miss the end: either they wait for each other at the row of the part, or, if
--     the jobs are in two parts, at the row of the batch. The second one sees what the first one has done.
--   * A million jobs do not wait for each other at one row. Jobs that are added together are spread over up to 256 parts, eight neighbours
--     in each, so that neither a chunk of jobs touches many parts, nor do methods that end at the same time wait for one part.
--   * Nobody waits long for these rows. Who does not get a part at once or within 100 ms dispatches a job that counts, and who does not get
--     the batch dispatches a job that looks whether it has ended. So do transactions that may stay open (of users who cancel) and those
--     that do not see the latest commits.
--   * A transaction that adds jobs inserts rows, and shares the lock of the batch that keeps it from ending. It waits for nobody but for a
--     transaction that ends the batch.
--
-- The continuation is dispatched with the batch, as a managed job that is held by the batch (held_by). All its options are thereby checked
-- when it is dispatched, and to dispatch it in the end is to release it.

CREATE OR REPLACE FUNCTION pgdispatch.create_batch(name text, parent bigint DEFAULT NULL, keep interval DEFAULT '1 day') RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
    batch_id bigint;
BEGIN
    IF pgdispatch.is_name(name) IS NOT TRUE THEN
        RAISE invalid_parameter_value USING
            MESSAGE = 'pgdispatch: the name of the batch is missing, blank, longer than 1000 bytes or has a control character',
            HINT = 'Pass a name of up to 1000 bytes, such as ''import 42''.';
    ELSIF pgdispatch.is_duration(keep) IS NOT TRUE THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('pgdispatch: keep is %s', coalesce(keep::text, 'NULL')),
            HINT = 'Pass how long the batch can be found after it has ended, such as ''1 day'': from zero to 10 years.';
    END IF;
    PERFORM pgdispatch.check_caller();
    INSERT INTO pgdispatch.batch (role, name, parent, parent_part, keep)
    VALUES (caller, create_batch.name, create_batch.parent, (pgdispatch.add_batch_parts(create_batch.parent, 1))[1], create_batch.keep)
    RETURNING id INTO batch_id;
    RETURN batch_id;
END
$$;

COMMENT ON FUNCTION pgdispatch.create_batch(text, bigint, interval) IS
'Creates a batch of the current role and returns its id, to be passed to pgdispatch.dispatch, dispatch_handler and fire_all as batch. It is
open until pgdispatch.close_batch closes it, and ends when it is closed and all its jobs have ended.
name: what the batch is called where batches are listed; several may have the same name. parent: the id of a batch that contains
this one as one element, which ends with the continuation of this batch or, if none runs, with the batch. keep: time for which the batch
can be found after it has ended.
Errors: 22023 if the name is missing, blank, longer than 1000 bytes or has a control character, or keep is not from zero to 10 years; those
of pgdispatch.dispatch for the parent, the transaction and the role.
Example: SELECT pgdispatch.create_batch(''import 42'')';


CREATE OR REPLACE FUNCTION pgdispatch.close_batch(id bigint) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    UPDATE pgdispatch.batch AS b SET is_open = false WHERE b.role = caller AND b.id = close_batch.id AND b.is_open;
    IF FOUND THEN
        PERFORM pgdispatch.end_batch_if_done(close_batch.id);
    ELSIF NOT EXISTS (SELECT FROM pgdispatch.batch AS b WHERE b.role = caller AND b.id = close_batch.id) THEN
        PERFORM pgdispatch.refuse_batch(close_batch.id, NULL);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.close_batch(bigint) IS
'Closes a batch of the current role: it ends as soon as all its jobs have ended. If it has no jobs, it ends now, and its continuation
runs after the commit of this transaction. Until it has ended, jobs can still be added. Closing it again changes nothing.
Errors: 42704 if there is no such batch. At REPEATABLE READ and SERIALIZABLE, 40001 if jobs of the batch have ended since this transaction
began; repeat the transaction.
Example: SELECT pgdispatch.close_batch(42)';


CREATE OR REPLACE FUNCTION pgdispatch.refuse_batch(batch_id bigint, problem text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF problem IS NULL THEN
        RAISE undefined_object USING
            MESSAGE = format('pgdispatch: there is no batch %s', batch_id),
            DETAIL = 'A role sees only its own batches. A batch that has ended is deleted after a while.',
            HINT = 'Create one with SELECT pgdispatch.create_batch(''name'').';
    END IF;
    RAISE object_not_in_prerequisite_state USING
        MESSAGE = format('pgdispatch: batch %s %s', batch_id, problem),
        DETAIL = 'The jobs of a batch are added before it ends.',
        HINT = 'Add jobs before the batch is closed or from a running job of the batch, or create another batch.';
END
$$;

COMMENT ON FUNCTION pgdispatch.refuse_batch(bigint, text) IS
'Part of what adds to batches. Fails with SQLSTATE 55000 and the problem, or with 42704 if the problem is NULL: there is no such batch.';


CREATE OR REPLACE FUNCTION pgdispatch.require_batch(batch_id bigint) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '2s'
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    caller  constant regrole := quote_ident(CURRENT_USER)::regrole;
    batch   pgdispatch.batch;
    problem text;
BEGIN
    BEGIN
        -- Counts change while this lock is shared. Only a transaction that ends the batch has to be waited for.
        SELECT b.* INTO batch FROM pgdispatch.batch AS b WHERE b.role = caller AND b.id = batch_id FOR KEY SHARE;
        problem := CASE WHEN batch.cancelled_at IS NOT NULL THEN 'is cancelled' WHEN batch.ended_at IS NOT NULL THEN 'has ended' END;
    EXCEPTION
        WHEN lock_not_available THEN
            problem := 'is being ended by another transaction';
    END;
    IF problem IS NOT NULL OR batch.id IS NULL THEN
        PERFORM pgdispatch.refuse_batch(batch_id, problem);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.require_batch(bigint) IS
'Part of what adds to batches. Keeps a batch of the current role from ending before this transaction has ended. Waits up to two seconds for
a transaction that ends it. Fails with SQLSTATE 42704 if there is no such batch, and with 55000 if it has ended or is cancelled.';


CREATE OR REPLACE FUNCTION pgdispatch.add_batch_parts(batch_id bigint, jobs integer) RETURNS bigint[]
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    caller    constant regrole := quote_ident(CURRENT_USER)::regrole;
    max_jobs  constant integer := 100;   -- Of a part to which single jobs are added, because each one adds a version of its row.
    parts     constant integer := greatest(1, least(256, jobs / 64));
    last_part constant text    := coalesce(current_setting('pgdispatch.last_batch_part', true), '');
    part_ids  bigint[];
BEGIN
    IF batch_id IS NULL THEN
        RETURN NULL;
    END IF;
    IF last_part LIKE batch_id || ':%' THEN
        IF jobs = 1 THEN   -- This transaction has added the part, which nobody else sees yet.
            UPDATE pgdispatch.batch_part AS p SET pending = p.pending + 1
             WHERE p.role = caller AND p.id = split_part(last_part, ':', 2)::bigint AND p.batch = batch_id AND p.pending < max_jobs
            RETURNING ARRAY[p.id] INTO part_ids;
        END IF;
    ELSE
        PERFORM pgdispatch.require_batch(batch_id);
    END IF;
    IF part_ids IS NULL THEN
        WITH added AS (
            INSERT INTO pgdispatch.batch_part (role, batch, pending)
            SELECT caller, batch_id, count(*)
              FROM generate_series(0, jobs - 1) AS j (number)
             GROUP BY j.number / 8 % parts
             ORDER BY j.number / 8 % parts
            RETURNING id)
        SELECT array_agg(a.id ORDER BY a.id) INTO part_ids FROM added AS a;
        -- A rollback to a savepoint also restores this.
        PERFORM set_config('pgdispatch.last_batch_part', concat(batch_id, ':', part_ids[1]), true);
    END IF;
    RETURN part_ids;
END
$$;

COMMENT ON FUNCTION pgdispatch.add_batch_parts(bigint, integer) IS
'Part of what adds to batches. Counts new jobs of a batch, and returns the parts of the batch in which they are counted: the job with the
number n, from 0, belongs to the part with the number n / 8, modulo the number of parts. Returns NULL if the batch is NULL.
Errors: those of pgdispatch.require_batch.';


CREATE OR REPLACE FUNCTION pgdispatch.add_to_batch(job pgdispatch.managed_job, batch bigint, continuation text)
RETURNS pgdispatch.managed_job
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
BEGIN
    IF continuation IS NULL THEN
        job.batch_part := (pgdispatch.add_batch_parts(batch, 1))[1];
        RETURN job;
    END IF;
    PERFORM pgdispatch.require_batch(batch);
    UPDATE pgdispatch.batch AS b
       SET then_id = CASE WHEN continuation = 'then' THEN job.id ELSE b.then_id END,
           on_failure_id = CASE WHEN continuation = 'on_failure' THEN job.id ELSE b.on_failure_id END
     WHERE b.role = job.role AND b.id = batch
       AND CASE WHEN continuation = 'then' THEN b.then_id ELSE b.on_failure_id END IS NULL;
    IF NOT FOUND THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('pgdispatch: batch %s already has a continuation ''%s''', batch, continuation),
            HINT = 'Dispatch the other jobs from the continuation.';
    END IF;
    job.held_by := 'batch';
    job.place := 'infinity';
    job.due_at := 'infinity';
    job.snoozed := true;   -- It takes its place in its order when the batch has ended, and holds back no job of the batch.
    RETURN job;
END
$$;

COMMENT ON FUNCTION pgdispatch.add_to_batch(pgdispatch.managed_job, bigint, text) IS
'Part of pgdispatch.dispatch_managed. Makes a new job one of a batch, or the continuation of the batch, which the batch holds until it has
ended.
Errors: those of pgdispatch.require_batch; 55000 if the batch has such a continuation.';


CREATE OR REPLACE FUNCTION pgdispatch.check_batch_options(batch bigint, continuation text, delay interval) RETURNS void
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
        (batch IS NULL, 'a continuation is given without a batch', 'Pass the id that pgdispatch.create_batch returned as well.'),
        (continuation NOT IN ('then', 'on_failure'), format('the continuation is %s', continuation), 'Pass ''then'' or ''on_failure''.'),
        (delay > '0'::interval, 'the continuation has a delay', 'Leave it out. The continuation can dispatch a job with a delay.')
      ) AS p (applies, problem, remedy)
     WHERE p.applies AND continuation IS NOT NULL
     LIMIT 1;
    IF problem IS NOT NULL THEN
        RAISE invalid_parameter_value USING MESSAGE = 'pgdispatch: ' || problem, HINT = remedy;
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.check_batch_options(bigint, text, interval) IS
'Part of pgdispatch.dispatch_managed. Fails with SQLSTATE 22023 if the continuation is not valid.';


CREATE OR REPLACE FUNCTION pgdispatch.dispatch_like(job_id bigint, contents text[]) RETURNS bigint[]
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
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
    jobs   constant integer := coalesce(cardinality(contents), 0);
    model  pgdispatch.managed_job;
    batch_id bigint;
    parts  bigint[];
    ids    bigint[];
    invalid record;
BEGIN
    SELECT m.* INTO model FROM pgdispatch.managed_job AS m WHERE m.role = caller AND m.id = job_id;
    SELECT p.batch INTO batch_id FROM pgdispatch.batch_part AS p WHERE p.role = caller AND p.id = model.batch_part;
    IF model.id IS NULL OR model.batch_part IS NOT NULL AND batch_id IS NULL OR model.key IS NOT NULL OR model.held_by IS NOT NULL OR model.attempts > 0 OR model.in_order OR model.in_queue THEN
        RAISE invalid_parameter_value USING
            MESSAGE = CASE WHEN model.key IS NOT NULL THEN format('pgdispatch: job %s has an idempotency key', job_id)
                           ELSE format('pgdispatch: job %s is no managed job that waits', job_id)
                      END,
            HINT = 'Pass the id of a job that this transaction has dispatched, with options but without a key.';
    ELSIF jobs = 0 THEN
        RETURN '{}';
    END IF;
    SELECT c.content
      INTO invalid
      FROM unnest(contents) AS c (content)
     WHERE CASE WHEN c.content IS NULL THEN true
                WHEN model.handler IS NULL THEN c.content !~ '[^[:space:]]'
                ELSE json_typeof(c.content::json) <> 'object'
           END
     LIMIT 1;
    IF FOUND AND model.handler IS NULL THEN
        PERFORM pgdispatch.refuse_command(invalid.content);
    ELSIF FOUND THEN
        PERFORM pgdispatch.check_handler(model.handler, invalid.content::json);
    END IF;
    parts := pgdispatch.add_batch_parts(batch_id, jobs);

    IF model.handler IS NULL THEN
        WITH dispatched AS (
            INSERT INTO pgdispatch.job (role, due_at, command, headers, managed, label)
            SELECT caller, model.place, c.content, j.headers, true, j.label
              FROM unnest(contents) WITH ORDINALITY AS c (content, number),
                   (SELECT m.headers, m.label FROM pgdispatch.job AS m WHERE m.role = caller AND m.due_at = model.place AND m.id = job_id) AS j
             ORDER BY c.number
            RETURNING id)
        SELECT array_agg(d.id ORDER BY d.id) INTO ids FROM dispatched AS d;
    ELSE
        WITH dispatched AS (
            INSERT INTO pgdispatch.handler_job (role, handler, due_at, arguments, headers, managed, time_limit, wants_result, queue)
            SELECT caller, model.handler, model.place, c.content::json, j.headers, true, j.time_limit, j.wants_result, j.queue
              FROM unnest(contents) WITH ORDINALITY AS c (content, number),
                   (SELECT m.headers, m.time_limit, m.wants_result, m.queue
                      FROM pgdispatch.handler_job AS m
                     WHERE m.role = caller AND m.handler = model.handler AND m.due_at = model.place AND m.id = job_id) AS j
             ORDER BY c.number
            RETURNING id)
        SELECT array_agg(d.id ORDER BY d.id) INTO ids FROM dispatched AS d;
    END IF;
    INSERT INTO pgdispatch.managed_job (role, id, handler, due_at, place, rank, max_attempts, back_off, back_off_multiplier, max_back_off,
                                        time_limit, ordering_key, on_failure, snoozed, queue, fair_key, priority, result, keep_result,
                                        transactional, batch_part)
    SELECT caller, n.id, model.handler, model.due_at, model.place, model.rank, model.max_attempts, model.back_off, model.back_off_multiplier,
           model.max_back_off, model.time_limit, model.ordering_key, model.on_failure, model.snoozed, model.queue, model.fair_key, model.priority,
           model.result, model.keep_result, model.transactional, parts[((n.number - 1) / 8) % cardinality(parts) + 1]
      FROM unnest(ids) WITH ORDINALITY AS n (id, number);
    -- The model has woken one worker. The others may be slow jobs, and then each needs a worker of pg_cron of its own.
    IF model.handler IS NULL AND model.snoozed IS NULL AND to_regnamespace('cron') IS NOT NULL THEN
        PERFORM pgdispatch.wake_cron_for_more(caller, jobs);
    END IF;
    RETURN ids;
END
$$;

COMMENT ON FUNCTION pgdispatch.dispatch_like(bigint, text[]) IS
'Dispatches more jobs like one that this transaction has dispatched with pgdispatch.dispatch or dispatch_handler: with the same options,
headers and label, in the same batch. contents: the command of each, or the arguments of each as JSON objects. Returns the ids of the jobs in
the order of the contents. It takes a small part of the time that a call of dispatch for each job would take.
Errors: 22023 if there is no such managed job, or it has an idempotency key, has begun or is held; 22004 or 22023 if a command is NULL or
blank, 22P02 or 22023 if arguments are not a JSON object. No job is dispatched then.
Example: SELECT pgdispatch.dispatch_like(pgdispatch.dispatch(''SELECT work(1)'', queue => ''bulk''), ARRAY[''SELECT work(2)'', ''SELECT work(3)''])';


CREATE OR REPLACE FUNCTION pgdispatch.count_ended_jobs(owner regrole, parts bigint[], outcome text, in_worker boolean) RETURNS void
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
    locked   bigint[];
    missed   bigint[];
    part_id  bigint;
    batches  bigint[];
    batch_id bigint;
BEGIN
    IF NOT pgdispatch.sees_latest_commits() THEN
        PERFORM pgdispatch.count_ended_jobs_later(parts, outcome);
        RETURN;
    END IF;
    -- In this order, no two transactions that end a chunk of jobs wait for each other.
    locked := ARRAY(SELECT p.id FROM pgdispatch.batch_part AS p WHERE p.role = owner AND p.id = ANY (parts) ORDER BY p.id FOR UPDATE SKIP LOCKED);
    missed := ARRAY(SELECT DISTINCT e.id FROM unnest(parts) AS e (id) WHERE e.id <> ALL (locked) ORDER BY e.id);
    FOREACH part_id IN ARRAY missed LOOP
        EXIT WHEN NOT pgdispatch.wait_for_batch_part(owner, part_id);
        locked := locked || part_id;
    END LOOP;
    missed := ARRAY(SELECT e.id FROM unnest(parts) AS e (id) WHERE e.id <> ALL (locked));
    IF cardinality(missed) > 0 THEN
        PERFORM pgdispatch.count_ended_jobs_later(missed, outcome, '1 second');
    END IF;

    WITH ended AS (
        SELECT e.id, count(*)::integer AS jobs FROM unnest(parts) AS e (id) WHERE e.id = ANY (locked) GROUP BY e.id
    ), counted AS (
        UPDATE pgdispatch.batch_part AS p
           SET pending = p.pending - e.jobs,
               done = p.done + CASE WHEN outcome = 'done' THEN e.jobs ELSE 0 END,
               failed = p.failed + CASE WHEN outcome = 'failed' THEN e.jobs ELSE 0 END,
               cancelled = p.cancelled + CASE WHEN outcome = 'cancelled' THEN e.jobs ELSE 0 END
          FROM ended AS e
         WHERE p.role = owner AND p.id = e.id
        RETURNING p.batch, p.pending
    )
    SELECT array_agg(DISTINCT c.batch ORDER BY c.batch DESC) INTO batches FROM counted AS c WHERE c.pending = 0;
    IF batches IS NOT NULL THEN
        FOREACH batch_id IN ARRAY batches LOOP   -- A batch has a higher id than the one that contains it.
            PERFORM pgdispatch.end_batch_parts(owner, batch_id, in_worker);
        END LOOP;
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.count_ended_jobs(regrole, bigint[], text, boolean) IS
'Part of what ends managed jobs. Counts jobs of these parts of batches, an element for each job, as done, failed or cancelled (outcome),
and ends the batches whose last job that was. in_worker: no worker has to be woken for a continuation.';


CREATE OR REPLACE FUNCTION pgdispatch.count_ended_jobs_later(parts bigint[], outcome text, delay interval DEFAULT '0') RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pgdispatch.dispatch(format('SELECT pgdispatch.count_ended_jobs(pg_catalog.quote_ident(CURRENT_USER)::pg_catalog.regrole, %L, %L, true)', parts, outcome), delay,
                priority => 60, max_attempts => 10);
END
$$;

COMMENT ON FUNCTION pgdispatch.count_ended_jobs_later(bigint[], text, interval) IS
'Has a worker call pgdispatch.count_ended_jobs after the commit of this transaction and after the delay.';


CREATE OR REPLACE FUNCTION pgdispatch.wait_for_batch_part(owner regrole, part_id bigint) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET lock_timeout = '100 ms'
AS $$
BEGIN
    PERFORM FROM pgdispatch.batch_part AS p WHERE p.role = owner AND p.id = part_id FOR UPDATE;
    RETURN true;
EXCEPTION
    WHEN lock_not_available OR deadlock_detected THEN
        RETURN false;
END
$$;

COMMENT ON FUNCTION pgdispatch.wait_for_batch_part(regrole, bigint) IS
'Part of pgdispatch.count_ended_jobs. Locks a part of a batch. Returns false if another transaction does not release it within 100 ms, which
is shorter than the time after which PostgreSQL looks for a deadlock.';


CREATE OR REPLACE FUNCTION pgdispatch.lock_batch(owner regrole, batch_id bigint, to_end boolean) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET lock_timeout = '100 ms'
AS $$
BEGIN
    IF to_end THEN
        PERFORM FROM pgdispatch.batch AS b WHERE b.role = owner AND b.id = batch_id FOR UPDATE;
    ELSE
        PERFORM FROM pgdispatch.batch AS b WHERE b.role = owner AND b.id = batch_id FOR NO KEY UPDATE;
    END IF;
    RETURN true;
EXCEPTION
    WHEN lock_not_available OR deadlock_detected THEN
        RETURN false;
END
$$;

COMMENT ON FUNCTION pgdispatch.lock_batch(regrole, bigint, boolean) IS
'Part of what ends batches. Locks a batch, to_end: also against transactions that add jobs to it. Returns false if another transaction does
not release it within 100 ms.';


CREATE OR REPLACE FUNCTION pgdispatch.end_batch_if_done(batch_id bigint) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pgdispatch.end_batch_parts(quote_ident(CURRENT_USER)::regrole, batch_id, false);
END
$$;

COMMENT ON FUNCTION pgdispatch.end_batch_if_done(bigint) IS
'Part of what closes and cancels batches. Ends a batch of the current role if it is closed and all its jobs have ended.';


CREATE OR REPLACE FUNCTION pgdispatch.end_batch_later(batch_id bigint, delay interval) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pgdispatch.dispatch(format('SELECT pgdispatch.end_batch_if_done(%s)', batch_id), delay, priority => 60, max_attempts => 10);
END
$$;

COMMENT ON FUNCTION pgdispatch.end_batch_later(bigint, interval) IS
'Has a worker call pgdispatch.end_batch_if_done after the commit of this transaction and after the delay.';


CREATE OR REPLACE FUNCTION pgdispatch.end_batch_parts(owner regrole, batch_id bigint, in_worker boolean) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    batch   pgdispatch.batch;
    counts  record;
    is_done boolean;
BEGIN
    IF NOT pgdispatch.lock_batch(owner, batch_id, false) THEN
        PERFORM pgdispatch.end_batch_later(batch_id, '1 second');
        RETURN;
    END IF;
    SELECT b.* INTO batch FROM pgdispatch.batch AS b WHERE b.role = owner AND b.id = batch_id AND b.ended_at IS NULL;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    WITH ended AS (
        DELETE FROM pgdispatch.batch_part AS p WHERE p.role = owner AND p.batch = batch_id AND p.pending = 0 RETURNING p.done, p.failed, p.cancelled
    )
    SELECT coalesce(sum(e.done), 0) AS done, coalesce(sum(e.failed), 0) AS failed, coalesce(sum(e.cancelled), 0) AS cancelled INTO counts FROM ended AS e;
    is_done := NOT batch.is_open AND NOT EXISTS (SELECT FROM pgdispatch.batch_part AS p WHERE p.role = owner AND p.batch = batch_id);
    IF is_done THEN
        -- This comes before the row is changed: a transaction that adds jobs shall find the row itself locked, and not its next version.
        is_done := pgdispatch.lock_batch(owner, batch_id, true)   -- A transaction that is open may have added jobs.
               AND pgdispatch.lock_continuation(owner, batch.on_failure_id) AND pgdispatch.lock_continuation(owner, batch.then_id);
        IF NOT is_done THEN
            PERFORM pgdispatch.end_batch_later(batch_id, '1 second');
        ELSE
            is_done := NOT EXISTS (SELECT FROM pgdispatch.batch_part AS p WHERE p.role = owner AND p.batch = batch_id);
        END IF;
    ELSIF NOT batch.is_open AND NOT pgdispatch.sees_latest_commits() THEN
        PERFORM pgdispatch.end_batch_later(batch_id, '0');   -- The jobs may have ended since this transaction took its snapshot.
    END IF;
    UPDATE pgdispatch.batch AS b
       SET done = b.done + counts.done,
           failed = b.failed + counts.failed,
           cancelled = b.cancelled + counts.cancelled,
           ended_at = CASE WHEN is_done THEN clock_timestamp() END,
           expires_at = CASE WHEN is_done THEN clock_timestamp() + b.keep END
     WHERE b.role = owner AND b.id = batch_id AND (is_done OR counts.done + counts.failed + counts.cancelled > 0)
    RETURNING b.* INTO batch;
    IF is_done THEN
        PERFORM pgdispatch.follow_batch(batch, in_worker);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.end_batch_parts(regrole, bigint, boolean) IS
'Part of what ends batches. Moves the counts of the parts whose jobs have ended to the batch, and ends it if no part is left and it is
closed.';


CREATE OR REPLACE FUNCTION pgdispatch.follow_batch(batch pgdispatch.batch, in_worker boolean) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    job      pgdispatch.managed_job;
    followed boolean := false;
BEGIN
    FOR job IN
        SELECT m.*
          FROM pgdispatch.managed_job AS m
         WHERE m.role = batch.role AND m.id = ANY (ARRAY[batch.on_failure_id, batch.then_id]) AND m.held_by = 'batch'
         ORDER BY m.id = batch.then_id
    LOOP
        IF batch.cancelled_at IS NULL AND NOT followed AND (job.id = batch.then_id OR batch.failed > 0) THEN
            PERFORM pgdispatch.release_continuation(job, batch, in_worker);
            followed := true;
        ELSE
            PERFORM pgdispatch.delete_continuation(job);
        END IF;
    END LOOP;
    IF batch.parent_part IS NOT NULL AND NOT followed THEN
        PERFORM pgdispatch.count_ended_jobs(batch.role, ARRAY[batch.parent_part],
                    CASE WHEN batch.cancelled_at IS NOT NULL THEN 'cancelled' WHEN batch.failed > 0 THEN 'failed' ELSE 'done' END, in_worker);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.follow_batch(pgdispatch.batch, boolean) IS
'Part of pgdispatch.end_batch_parts. Dispatches the continuation of a batch that has ended, which then counts for the batch in the one that
contains it, and deletes the continuation that is not needed. Their rows are locked.';


CREATE OR REPLACE FUNCTION pgdispatch.lock_continuation(owner regrole, job_id bigint) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    job pgdispatch.managed_job;
BEGIN
    IF job_id IS NULL THEN
        RETURN true;
    END IF;
    SELECT m.* INTO job FROM pgdispatch.managed_job AS m WHERE m.role = owner AND m.id = job_id AND m.held_by = 'batch';
    IF NOT FOUND THEN
        RETURN true;   -- It was cancelled.
    ELSIF job.handler IS NULL THEN
        PERFORM FROM pgdispatch.job AS j WHERE j.role = owner AND j.due_at = job.place AND j.id = job_id FOR UPDATE SKIP LOCKED;
    ELSE
        PERFORM FROM pgdispatch.handler_job AS j WHERE j.role = owner AND j.handler = job.handler AND j.due_at = job.place AND j.id = job_id FOR UPDATE SKIP LOCKED;
    END IF;
    RETURN FOUND;
END
$$;

COMMENT ON FUNCTION pgdispatch.lock_continuation(regrole, bigint) IS
'Part of pgdispatch.end_batch_parts. Locks the row of a continuation that the batch holds, if there is one. Returns false if another transaction has
locked it.';


CREATE OR REPLACE FUNCTION pgdispatch.release_continuation(job pgdispatch.managed_job, batch pgdispatch.batch, in_worker boolean) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    moment constant timestamptz := clock_timestamp();
    counts constant jsonb       := jsonb_build_object('pgdispatch-batch-name', batch.name, 'pgdispatch-batch-done', batch.done::text,
                                                      'pgdispatch-batch-failed', batch.failed::text, 'pgdispatch-batch-cancelled', batch.cancelled::text);
BEGIN
    IF job.handler IS NULL THEN
        UPDATE pgdispatch.job AS j SET headers = (j.headers::jsonb || counts)::json
         WHERE j.role = job.role AND j.due_at = job.place AND j.id = job.id;
    ELSE
        UPDATE pgdispatch.handler_job AS j SET headers = (j.headers::jsonb || counts)::json
         WHERE j.role = job.role AND j.handler = job.handler AND j.due_at = job.place AND j.id = job.id;
    END IF;
    UPDATE pgdispatch.managed_job AS m
       SET due_at = moment, rank = moment - coalesce(m.priority, 0) * '1 second'::interval, batch_part = batch.parent_part
     WHERE m.role = job.role AND m.id = job.id;
    PERFORM pgdispatch.release_job(job, in_worker);
END
$$;

COMMENT ON FUNCTION pgdispatch.release_continuation(pgdispatch.managed_job, pgdispatch.batch, boolean) IS
'Part of pgdispatch.follow_batch. Makes the continuation due, with the counts of the batch in its headers. From now on it stands for the batch in
the one that contains it.';


CREATE OR REPLACE FUNCTION pgdispatch.delete_continuation(job pgdispatch.managed_job) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF job.handler IS NULL THEN
        PERFORM pgdispatch.delete_waiting_command(job.place, job.id);
    ELSE
        PERFORM pgdispatch.cancel_job_of_handler(job.handler, job.place, job.id);
    END IF;
    PERFORM pgdispatch.end_managed_job(job.role, job.id, 'cancelled', false);
END
$$;

COMMENT ON FUNCTION pgdispatch.delete_continuation(pgdispatch.managed_job) IS
'Part of pgdispatch.follow_batch. Cancels a continuation that is not needed and whose row is locked.';


CREATE OR REPLACE FUNCTION pgdispatch.cancel_batch(id bigint, patience interval DEFAULT '5 seconds') RETURNS bigint
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
    caller    constant regrole     := quote_ident(CURRENT_USER)::regrole;
    ends_at   constant timestamptz := clock_timestamp() + patience;
    job       pgdispatch.managed_job;
    child     bigint;
    answer    text;
    parts     bigint[] := '{}';
    running   bigint[] := '{}';
    job_id    bigint;
    cancelled bigint := 0;
BEGIN
    IF pgdispatch.is_duration(patience) IS NOT TRUE THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('pgdispatch: the patience is %s', coalesce(patience::text, 'NULL')),
            HINT = 'Pass how long to wait until running jobs have ended, from zero to 10 years.';
    END IF;
    UPDATE pgdispatch.batch AS b SET cancelled_at = coalesce(b.cancelled_at, clock_timestamp()), is_open = false
     WHERE b.role = caller AND b.id = cancel_batch.id AND b.ended_at IS NULL;
    IF NOT FOUND THEN
        IF NOT EXISTS (SELECT FROM pgdispatch.batch AS b WHERE b.role = caller AND b.id = cancel_batch.id) THEN
            PERFORM pgdispatch.refuse_batch(cancel_batch.id, NULL);
        END IF;
        RETURN 0;
    END IF;
    PERFORM set_config('pgdispatch.last_batch_part', '', true);   -- From now on this transaction cannot add to the batch either.
    FOR job IN
        SELECT m.*
          FROM pgdispatch.batch_part AS p, pgdispatch.managed_job AS m
         WHERE p.role = caller AND p.batch = cancel_batch.id AND m.role = caller AND m.batch_part = p.id
    LOOP
        IF job.handler IS NOT NULL THEN
            answer := pgdispatch.cancel_job_of_handler(job.handler, job.place, job.id);
        ELSE
            answer := CASE WHEN pgdispatch.delete_waiting_command(job.place, job.id) THEN 'cancelled' END;
        END IF;
        IF answer = 'cancelled' THEN
            parts := parts || pgdispatch.end_managed_job(caller, job.id, 'cancelled', false, counts => false);
        ELSIF answer IS NULL THEN
            running := running || job.id;
        END IF;
        cancelled := cancelled + CASE WHEN answer IS NULL THEN 0 ELSE 1 END;
    END LOOP;
    FOR start_at IN 1 .. cardinality(parts) BY 10000 LOOP   -- Each is the text of a command.
        PERFORM pgdispatch.count_ended_jobs_later(parts[start_at:start_at + 9999], 'cancelled');
    END LOOP;
    FOREACH job_id IN ARRAY running LOOP
        answer := pgdispatch.cancel(job_id, greatest(ends_at - clock_timestamp(), '0'::interval));
        cancelled := cancelled + CASE WHEN answer IS NULL THEN 0 ELSE 1 END;
    END LOOP;
    FOR child IN
        SELECT b.id FROM pgdispatch.batch AS b WHERE b.role = caller AND b.parent = cancel_batch.id AND b.ended_at IS NULL ORDER BY b.id
    LOOP
        cancelled := cancelled + pgdispatch.cancel_batch(child, greatest(ends_at - clock_timestamp(), '0'::interval));
    END LOOP;
    PERFORM pgdispatch.end_batch_if_done(cancel_batch.id);
    RETURN cancelled;
END
$$;

COMMENT ON FUNCTION pgdispatch.cancel_batch(bigint, interval) IS
'Cancels a batch of the current role with all its jobs and the batches in it, and returns how many jobs it has cancelled or interrupted. Its
continuation does not run. Jobs that wait are deleted. Commands that run are interrupted, for which this waits up to the patience, and
nodes interrupt methods that run after the commit of this transaction; those that end nevertheless count as done or failed. Nothing can be
added to the batch any more. If this transaction rolls back, everything is as before. It locks the jobs until its end, so keep it short,
and use READ COMMITTED. Returns 0 if the batch has ended.
Errors: 42704 if there is no such batch, 22023 if the patience is negative, NULL or longer than 10 years.
Example: SELECT pgdispatch.cancel_batch(42)';


CREATE OR REPLACE FUNCTION pgdispatch.find_batch(
    INOUT id bigint, OUT name text, OUT state text, OUT total bigint, OUT pending bigint, OUT done bigint, OUT failed bigint,
    OUT cancelled bigint, OUT dispatched_at timestamptz, OUT ended_at timestamptz, OUT parent bigint, OUT then_id bigint, OUT on_failure_id bigint)
RETURNS SETOF record
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY SELECT b.* FROM pgdispatch.batches(before_id => CASE WHEN find_batch.id < 9223372036854775807 THEN find_batch.id + 1 END, max_count => 1) AS b WHERE b.id = find_batch.id;
END
$$;

COMMENT ON FUNCTION pgdispatch.find_batch(bigint) IS
'Returns a batch of the current role as pgdispatch.batches does, or no row if there is no such batch or if it has ended and is no longer
kept.
Example: SELECT state, done, total FROM pgdispatch.find_batch(42)';


CREATE OR REPLACE FUNCTION pgdispatch.batches(
    before_id bigint DEFAULT NULL, max_count integer DEFAULT 100, unended boolean DEFAULT false,
    OUT id bigint, OUT name text, OUT state text, OUT total bigint, OUT pending bigint, OUT done bigint, OUT failed bigint,
    OUT cancelled bigint, OUT dispatched_at timestamptz, OUT ended_at timestamptz, OUT parent bigint, OUT then_id bigint, OUT on_failure_id bigint)
RETURNS SETOF record
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
    below  constant bigint  := coalesce(before_id, 9223372036854775807);
BEGIN
    RETURN QUERY
        SELECT b.id, b.name,
               CASE WHEN b.cancelled_at IS NOT NULL THEN 'cancelled'
                    WHEN b.ended_at IS NOT NULL THEN CASE WHEN b.failed > 0 THEN 'failed' ELSE 'done' END
                    WHEN b.is_open THEN 'open'
                    ELSE 'running'
               END,
               c.pending + c.done + c.failed + c.cancelled, c.pending, c.done, c.failed, c.cancelled,
               b.dispatched_at, b.ended_at, b.parent, b.then_id, b.on_failure_id
          FROM pgdispatch.batch AS b,
               LATERAL (SELECT coalesce(sum(p.pending), 0)::bigint AS pending, b.done + coalesce(sum(p.done), 0)::bigint AS done,
                               b.failed + coalesce(sum(p.failed), 0)::bigint AS failed,
                               b.cancelled + coalesce(sum(p.cancelled), 0)::bigint AS cancelled
                          FROM pgdispatch.batch_part AS p
                         WHERE p.role = caller AND p.batch = b.id) AS c
         WHERE b.role = caller AND b.id < below AND (NOT unended OR b.ended_at IS NULL)
         ORDER BY b.id DESC
         LIMIT max_count;
END
$$;

COMMENT ON FUNCTION pgdispatch.batches(bigint, integer, boolean) IS
'Lists the batches of the current role, the newest first, with their progress. before_id: the id of the last batch of the page before; NULL:
the first page. max_count: number of batches of a page. unended: only batches that have not ended.
state: open (more jobs may come, see pgdispatch.close_batch), running, cancelled or, once it has ended, done or failed, which means that a job
of it has failed. total is the sum of pending, done, failed and cancelled jobs so far. A job that is retried is pending. parent: the batch
that contains this one. then_id and on_failure_id: the jobs that are its continuations. Columns that do not apply are NULL.
Example: SELECT name, state, done, total FROM pgdispatch.batches(unended => true)';
