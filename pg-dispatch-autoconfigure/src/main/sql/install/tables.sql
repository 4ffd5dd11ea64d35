-- The tables. An installation runs this file once; an update changes tables by its own file in update/.
--
-- A plain job is one row in job or handler_job, which is written once and deleted once. SQL jobs and jobs of handlers have two
-- tables because their rows live differently: a claim updates the row of a handler's job, and nodes look it up by its handler.
-- A managed job, which is one with any option beyond max_attempts or with a step, has a second row in managed_job with its options and progress.
--
-- Rules for every table:
--   * The first column of the primary key is the role that owns the row, and a policy shows each role only its own rows. A role
--     therefore cannot see, lock or delete the jobs of another role. The policy binds the owner of the schema as well (FORCE); only
--     superusers and roles with BYPASSRLS see all rows. The tables setting and history_retention, which hold no jobs, are exceptions,
--     so that their owner can write them. A second policy shows all rows to pgdispatch.status_of_all_roles while it counts them. PostgreSQL
--     tries policies in the reverse order of their names, so that it costs nothing where the first one, "own", shows the row.
--     The policies of job and handler_job compare the role as a bigint, so that they cannot become the condition of an index scan.
--     Otherwise a plan that was made while the table was empty would read all rows of the role to find a few whose ctid is known.
--   * Autovacuum works by fixed numbers of rows and not by a share of the table, so that a large backlog does not delay it.
--   * Every column says in its comment what its value means, and what NULL means where the column may be NULL.

CREATE TABLE pgdispatch.job (
    role     regrole     NOT NULL DEFAULT pg_catalog.quote_ident(CURRENT_USER)::regrole,
    due_at   timestamptz NOT NULL DEFAULT pg_catalog.now(),
    id       bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    dispatched_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    crashes  smallint    NOT NULL DEFAULT 0,
    command  text        NOT NULL,
    max_attempts smallint,
    managed  boolean,
    headers  json,
    label    text        COLLATE "C",
    -- The only index. A worker reads it from the oldest due job of its role on. As the primary key it is also the replica
    -- identity, without which a publication FOR ALL TABLES would refuse the deletes.
    PRIMARY KEY (role, due_at, id)
) WITH (
    -- A row is written once and deleted once, so room for updates would only make the table larger. Autovacuum must remove
    -- dead rows early and in small portions, whatever the size of the backlog.
    fillfactor = 100,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 10000,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 100000,
    toast.autovacuum_vacuum_scale_factor = 0,
    toast.autovacuum_vacuum_threshold = 10000,
    toast.autovacuum_vacuum_cost_delay = 0
);

COMMENT ON TABLE pgdispatch.job IS
'The SQL jobs that wait or run. The transaction that dispatched a job wrote its row, and the transaction that runs the
job deletes it. A role sees only its own jobs.';
COMMENT ON COLUMN pgdispatch.job.role IS 'The role that dispatched the job. Only a session that logged in as this role runs it.';
COMMENT ON COLUMN pgdispatch.job.due_at IS
'The job does not run before this time of the database''s clock. It is infinity while an ordering key, a queue or a
driver for non-transactional commands holds the job.';
COMMENT ON COLUMN pgdispatch.job.id IS
'Identifies the job. Of two jobs that are due at the same time, the one with the lower id starts first.';
COMMENT ON COLUMN pgdispatch.job.dispatched_at IS 'Start of the transaction that dispatched the job.';
COMMENT ON COLUMN pgdispatch.job.crashes IS
'Number of sessions that died while they ran this job, the present one included. Crashes are counted only after a
driver has lost a session. A job with a crash runs in a transaction of its own, and it becomes a dead letter after the
fifth crash.';
COMMENT ON COLUMN pgdispatch.job.command IS 'One or more SQL statements, separated by semicolons.';
COMMENT ON COLUMN pgdispatch.job.max_attempts IS
'Maximum number of attempts, the first included; NULL: one. The first failure turns the job into a managed job.';
COMMENT ON COLUMN pgdispatch.job.managed IS 'true if pgdispatch.managed_job has a row for the job; NULL: it has none.';
COMMENT ON COLUMN pgdispatch.job.headers IS
'What the context of the dispatcher added to the job, such as a trace id: a JSON object of strings; NULL: nothing.';
COMMENT ON COLUMN pgdispatch.job.label IS
'Under what name the job is listed and counted with others that do the same; NULL: it has none.';

ALTER TABLE pgdispatch.job ENABLE ROW LEVEL SECURITY;
ALTER TABLE pgdispatch.job FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.job
    USING (role::oid::bigint OPERATOR(pg_catalog.=) pg_catalog.quote_ident(CURRENT_USER)::regrole::oid::bigint);
COMMENT ON POLICY own ON pgdispatch.job IS 'A role sees, adds and removes only its own jobs.';
CREATE POLICY monitoring ON pgdispatch.job FOR SELECT USING (pgdispatch.is_monitoring());
COMMENT ON POLICY monitoring ON pgdispatch.job IS 'pgdispatch.status_of_all_roles counts the jobs of all roles.';


CREATE TABLE pgdispatch.handler_job (
    role       regrole     NOT NULL DEFAULT pg_catalog.quote_ident(CURRENT_USER)::regrole,
    handler    text        NOT NULL COLLATE "C",
    due_at     timestamptz NOT NULL DEFAULT pg_catalog.now(),
    id         bigint      NOT NULL DEFAULT pg_catalog.nextval('pgdispatch.job_id_seq'),
    dispatched_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    attempts   integer     NOT NULL DEFAULT 0,
    claimed_by uuid,
    arguments  json        NOT NULL,
    headers    json,
    managed    boolean,
    crashes    smallint,
    outages    smallint,
    cancelled  boolean,
    time_limit interval,
    wants_result boolean,
    queue      text        COLLATE "C",
    sqlstate   text,
    message    text,
    -- The only index of all jobs. A node reads it for each of its handlers, from the oldest due job on. A claim changes none of
    -- its columns, so PostgreSQL need not touch the index for a claim.
    PRIMARY KEY (role, handler, due_at, id)
) WITH (
    fillfactor = 80,   -- This leaves room for the new version of a row that a claim writes.
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 10000,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 100000,
    toast.autovacuum_vacuum_scale_factor = 0,
    toast.autovacuum_vacuum_threshold = 10000,
    toast.autovacuum_vacuum_cost_delay = 0
);

COMMENT ON TABLE pgdispatch.handler_job IS
'The jobs that call a handler, which is a method of the application. The transaction that dispatched a job wrote its
row. The row is deleted when the method has returned. A role sees only its own jobs.';
COMMENT ON COLUMN pgdispatch.handler_job.role IS 'The role that dispatched the job. Only nodes that log in as this role run it.';
COMMENT ON COLUMN pgdispatch.handler_job.handler IS
'The name of the handler. A job whose handler no node knows waits for a node that knows it.';
COMMENT ON COLUMN pgdispatch.handler_job.due_at IS
'The job does not run before this time of the database''s clock. It is infinity while an ordering key or a queue holds the job.';
COMMENT ON COLUMN pgdispatch.handler_job.id IS 'Identifies the job. pgdispatch.job and this table share one sequence of ids.';
COMMENT ON COLUMN pgdispatch.handler_job.dispatched_at IS 'Start of the transaction that dispatched the job.';
COMMENT ON COLUMN pgdispatch.handler_job.attempts IS
'Number of claims of the job. A claim that was given back before the method was called does not count, nor does a call
that an outage ended.';
COMMENT ON COLUMN pgdispatch.handler_job.claimed_by IS
'The node that has claimed the job; NULL: none. The claim holds while pgdispatch.node has a row for the node whose
lease has not expired.';
COMMENT ON COLUMN pgdispatch.handler_job.arguments IS
'The arguments of the call: a JSON object that maps the names of the method''s parameters to their values.';
COMMENT ON COLUMN pgdispatch.handler_job.headers IS
'What the context of the dispatcher added to the job, such as a trace id: a JSON object of strings; NULL: nothing.';
COMMENT ON COLUMN pgdispatch.handler_job.managed IS 'true if pgdispatch.managed_job has a row for the job; NULL: it has none.';
COMMENT ON COLUMN pgdispatch.handler_job.crashes IS
'Number of nodes that died while they ran this job; NULL: none. From the second crash on the job runs alone on a node.
After the fifth it becomes a dead letter.';
COMMENT ON COLUMN pgdispatch.handler_job.outages IS
'Number of calls of the method that an outage ended, which are no attempts; NULL: none.';
COMMENT ON COLUMN pgdispatch.handler_job.cancelled IS
'true if the job was cancelled while a node ran it, so that the node must interrupt it; NULL: it was not cancelled.';
COMMENT ON COLUMN pgdispatch.handler_job.time_limit IS
'Time after which the node interrupts an attempt; NULL: the handler''s own time limit applies.';
COMMENT ON COLUMN pgdispatch.handler_job.wants_result IS
'true if what the method returns is kept as the job''s result; NULL: it is not kept.';
COMMENT ON COLUMN pgdispatch.handler_job.queue IS
'The queue of the job, as in pgdispatch.managed_job, for the node that claims the job; NULL: it is in no queue.';
COMMENT ON COLUMN pgdispatch.handler_job.sqlstate IS
'The SQLSTATE of the error of the last failed attempt; NULL: none has failed, or what failed was not SQL.';
COMMENT ON COLUMN pgdispatch.handler_job.message IS
'The first 1000 characters of the exception of the last failed attempt; NULL: none has failed.';

-- Few jobs are in this index at any time. It keeps the search for them from reading all jobs.
CREATE INDEX handler_job_trouble ON pgdispatch.handler_job (role, handler) WHERE crashes IS NOT NULL OR cancelled;
COMMENT ON INDEX pgdispatch.handler_job_trouble IS
'The jobs during which a node died, and the jobs that were cancelled while they ran.';

ALTER TABLE pgdispatch.handler_job ENABLE ROW LEVEL SECURITY;
ALTER TABLE pgdispatch.handler_job FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.handler_job
    USING (role::oid::bigint OPERATOR(pg_catalog.=) pg_catalog.quote_ident(CURRENT_USER)::regrole::oid::bigint);
COMMENT ON POLICY own ON pgdispatch.handler_job IS 'A role sees, adds and removes only its own jobs.';
CREATE POLICY monitoring ON pgdispatch.handler_job FOR SELECT USING (pgdispatch.is_monitoring());
COMMENT ON POLICY monitoring ON pgdispatch.handler_job IS 'pgdispatch.status_of_all_roles counts the jobs of all roles.';


CREATE TABLE pgdispatch.managed_job (
    role            regrole     NOT NULL,
    id              bigint      NOT NULL,
    handler         text        COLLATE "C",
    due_at          timestamptz NOT NULL,
    place           timestamptz NOT NULL,
    rank            timestamptz NOT NULL,
    attempts        integer     NOT NULL DEFAULT 0,
    crashes         integer     NOT NULL DEFAULT 0,
    outages         smallint,
    started_at      timestamptz,
    runner          integer,
    max_attempts    integer,
    back_off        interval,
    back_off_multiplier double precision,
    max_back_off    interval,
    time_limit      interval,
    key             text        COLLATE "C",
    keep_key        interval,
    has_key         boolean     NOT NULL DEFAULT false,
    ordering_key    text        COLLATE "C",
    on_failure      text,
    snoozed         boolean,
    in_order        boolean     NOT NULL DEFAULT false,
    queue           text        COLLATE "C",
    in_queue        boolean     NOT NULL DEFAULT false,
    slot_at         timestamptz,
    fair_key        text        COLLATE "C",
    priority        integer,
    held_by         text,
    result          text,
    keep_result     interval,
    transactional   boolean,
    batch_part      bigint,
    failed          boolean     NOT NULL DEFAULT false,
    has_steps       boolean,
    sqlstate        text,
    message         text,
    PRIMARY KEY (role, id)
) WITH (
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 10000,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 100000
);

COMMENT ON TABLE pgdispatch.managed_job IS
'The options and the progress of the managed jobs, which are the jobs with any option beyond max_attempts or with a step. Each has a
second row in pgdispatch.job, pgdispatch.handler_job or pgdispatch.dead_letter. A role sees only its own jobs.';
COMMENT ON COLUMN pgdispatch.managed_job.role IS 'The role that dispatched the job.';
COMMENT ON COLUMN pgdispatch.managed_job.id IS 'The id of the job.';
COMMENT ON COLUMN pgdispatch.managed_job.handler IS 'The handler that the job calls; NULL: the job is a command.';
COMMENT ON COLUMN pgdispatch.managed_job.due_at IS
'The job does not run before this time of the database''s clock, whether or not it is held.';
COMMENT ON COLUMN pgdispatch.managed_job.place IS
'The due_at of the job''s row in pgdispatch.job or pgdispatch.handler_job. It is infinity while the job is held.';
COMMENT ON COLUMN pgdispatch.managed_job.rank IS
'Of the jobs that are due, those with the lowest rank run first. The rank is due_at minus the job''s priority in seconds.';
COMMENT ON COLUMN pgdispatch.managed_job.attempts IS
'Number of times that the command was begun. pgdispatch.handler_job counts the attempts of a handler''s job.';
COMMENT ON COLUMN pgdispatch.managed_job.crashes IS 'Number of sessions that died while they ran the command.';
COMMENT ON COLUMN pgdispatch.managed_job.outages IS
'Number of runs of the command that an outage ended, see pgdispatch.is_outage; NULL: none. pgdispatch.handler_job counts
those of a handler''s job.';
COMMENT ON COLUMN pgdispatch.managed_job.started_at IS
'Start of the attempt that is running; NULL: no attempt of the command is running.';
COMMENT ON COLUMN pgdispatch.managed_job.runner IS
'Process id of the session that runs the attempt; NULL: no attempt of the command is running, or pg_cron runs it.';
COMMENT ON COLUMN pgdispatch.managed_job.max_attempts IS
'Maximum number of attempts, the first included; NULL: one for a command, the handler''s own number for a handler.';
COMMENT ON COLUMN pgdispatch.managed_job.back_off IS
'Time that the job waits after its first failure; NULL: 1 second for a command, the handler''s own back-off for a handler.';
COMMENT ON COLUMN pgdispatch.managed_job.back_off_multiplier IS
'Factor by which the back-off grows with each further failure; NULL: 2 for a command, the handler''s own factor for a handler.';
COMMENT ON COLUMN pgdispatch.managed_job.max_back_off IS
'Maximum back-off; NULL: 10 minutes for a command, the handler''s own maximum for a handler.';
COMMENT ON COLUMN pgdispatch.managed_job.time_limit IS
'Time after which an attempt is cancelled; NULL: no limit for a command, the handler''s own limit for a handler.';
COMMENT ON COLUMN pgdispatch.managed_job.key IS 'The idempotency key with which the job was dispatched; NULL: none.';
COMMENT ON COLUMN pgdispatch.managed_job.keep_key IS
'Time for which the job keeps its key after it is done; NULL: it gives up the key when it begins.';
COMMENT ON COLUMN pgdispatch.managed_job.has_key IS 'Whether the job has its key at present.';
COMMENT ON COLUMN pgdispatch.managed_job.ordering_key IS
'The ordering key; NULL: none. Jobs with the same ordering key run one after the other.';
COMMENT ON COLUMN pgdispatch.managed_job.on_failure IS
'hold: if the job fails, the jobs behind it in its order wait until it has succeeded after a retry or its dead letter
was deleted. pass: they do not wait. NULL: as hold.';
COMMENT ON COLUMN pgdispatch.managed_job.snoozed IS
'true: the job takes its place in its order when it becomes due, because it was dispatched with a delay or waits for
another attempt; or it is out of turn in its queue, see fair_key. NULL: it has had its place since it was dispatched, whatever the clock says
since then.';
COMMENT ON COLUMN pgdispatch.managed_job.in_order IS 'Whether the job is the one of its ordering key that may run.';
COMMENT ON COLUMN pgdispatch.managed_job.queue IS 'The queue whose limits apply to the job; NULL: none.';
COMMENT ON COLUMN pgdispatch.managed_job.in_queue IS 'Whether the job is one of those of its queue that may run.';
COMMENT ON COLUMN pgdispatch.managed_job.slot_at IS
'In a queue with a rate, the time that the rate gave to the job. In a queue with rate_per_key, the time at which the job was given its
place, until it begins. NULL: none.';
COMMENT ON COLUMN pgdispatch.managed_job.fair_key IS
'The key by which the job takes turns in its queue, if that has per_key. An empty key is that of jobs that were dispatched without one and
have waited for their turn. NULL: none.';
COMMENT ON COLUMN pgdispatch.managed_job.priority IS
'Number of seconds by which the job moves ahead of the place that its due time gives it; NULL: 0.';
COMMENT ON COLUMN pgdispatch.managed_job.held_by IS
'What holds the job: order, queue, batch, which is the one that it follows, or non_transactional, which is a driver that runs the
command outside of a transaction. NULL: nothing holds it.';
COMMENT ON COLUMN pgdispatch.managed_job.result IS
'What is kept as the job''s result: rows or count for a command, value for a handler; NULL: nothing.';
COMMENT ON COLUMN pgdispatch.managed_job.keep_result IS 'Time for which the result is kept; NULL: no result is kept.';
COMMENT ON COLUMN pgdispatch.managed_job.transactional IS
'false: the command runs outside of a transaction. NULL: it runs in a transaction.';
COMMENT ON COLUMN pgdispatch.managed_job.batch_part IS
'The part of a batch in which the job counts, see pgdispatch.batch_part; NULL: it is in no batch.';
COMMENT ON COLUMN pgdispatch.managed_job.failed IS
'Whether the job is a dead letter that still holds back the jobs behind it in its order.';
COMMENT ON COLUMN pgdispatch.managed_job.has_steps IS
'true if pgdispatch.step has rows of the job, which are deleted when the job ends; NULL: it has none.';
COMMENT ON COLUMN pgdispatch.managed_job.sqlstate IS
'The SQLSTATE of the error of the command''s last failed attempt; NULL: none has failed.';
COMMENT ON COLUMN pgdispatch.managed_job.message IS
'The first 1000 characters of the error message of the command''s last failed attempt; NULL: none has failed.';

-- This unique index excludes that two jobs of one ordering key run at once, whatever else goes wrong.
CREATE UNIQUE INDEX managed_job_in_order ON pgdispatch.managed_job (role, ordering_key) WHERE in_order;
COMMENT ON INDEX pgdispatch.managed_job_in_order IS 'The one job of each ordering key that may run.';

CREATE INDEX managed_job_order ON pgdispatch.managed_job (role, ordering_key, id) WHERE ordering_key IS NOT NULL;
COMMENT ON INDEX pgdispatch.managed_job_order IS 'The jobs of each ordering key, in their order.';

CREATE INDEX managed_job_held_by_order ON pgdispatch.managed_job (role, ordering_key, id) WHERE held_by OPERATOR(pg_catalog.=) 'order';
COMMENT ON INDEX pgdispatch.managed_job_held_by_order IS 'The jobs that each ordering key holds, in their order.';

CREATE INDEX managed_job_in_queue ON pgdispatch.managed_job (role, queue) WHERE in_queue;
COMMENT ON INDEX pgdispatch.managed_job_in_queue IS 'The jobs of each queue that may run.';

CREATE INDEX managed_job_held_by_queue ON pgdispatch.managed_job (role, queue, rank, id) WHERE held_by OPERATOR(pg_catalog.=) 'queue';
COMMENT ON INDEX pgdispatch.managed_job_held_by_queue IS 'The jobs that each queue holds, in their order.';

CREATE INDEX managed_job_held_in_turn ON pgdispatch.managed_job (role, queue, fair_key, rank, id)
 WHERE held_by OPERATOR(pg_catalog.=) 'queue' AND fair_key IS NOT NULL;
COMMENT ON INDEX pgdispatch.managed_job_held_in_turn IS 'The jobs with a fair key that each queue holds, by their keys.';

CREATE INDEX managed_job_due_in_turn ON pgdispatch.managed_job (role, queue, fair_key, rank, id)
 WHERE fair_key IS NOT NULL AND held_by IS NULL AND NOT in_queue AND snoozed IS NULL AND ordering_key IS NULL;
COMMENT ON INDEX pgdispatch.managed_job_due_in_turn IS 'The jobs with a fair key that have been due since their dispatch, by their keys.';

CREATE INDEX managed_job_started ON pgdispatch.managed_job (role) WHERE started_at IS NOT NULL;
COMMENT ON INDEX pgdispatch.managed_job_started IS 'The commands that are running.';

CREATE INDEX managed_job_snoozed ON pgdispatch.managed_job (role, due_at) WHERE priority IS NOT NULL AND place OPERATOR(pg_catalog.>) rank AND held_by IS NULL;
COMMENT ON INDEX pgdispatch.managed_job_snoozed IS
'The snoozed jobs with a priority. They move to the place that it gives them when they become due.';

CREATE INDEX managed_job_non_transactional ON pgdispatch.managed_job (role) WHERE held_by OPERATOR(pg_catalog.=) 'non_transactional';
COMMENT ON INDEX pgdispatch.managed_job_non_transactional IS
'The commands that a driver runs, or will run, outside of a transaction.';

CREATE INDEX managed_job_batch ON pgdispatch.managed_job (role, batch_part) WHERE batch_part IS NOT NULL;
COMMENT ON INDEX pgdispatch.managed_job_batch IS 'The jobs of each part of a batch.';

ALTER TABLE pgdispatch.managed_job ENABLE ROW LEVEL SECURITY;
ALTER TABLE pgdispatch.managed_job FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.managed_job
    USING (role::oid OPERATOR(pg_catalog.=) pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.managed_job IS 'A role sees, adds and removes only its own jobs.';
CREATE POLICY monitoring ON pgdispatch.managed_job FOR SELECT USING (pgdispatch.is_monitoring());
COMMENT ON POLICY monitoring ON pgdispatch.managed_job IS 'pgdispatch.status_of_all_roles counts the jobs of all roles.';


CREATE TABLE pgdispatch.job_key (
    role       regrole     NOT NULL,
    key        text        NOT NULL COLLATE "C",
    id         bigint      NOT NULL,
    expires_at timestamptz,
    PRIMARY KEY (role, key)
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0);

COMMENT ON TABLE pgdispatch.job_key IS
'The idempotency keys that are taken. While a key has a row here, nothing else is dispatched with it. A role sees only
its own keys.';
COMMENT ON COLUMN pgdispatch.job_key.role IS 'The role whose key it is.';
COMMENT ON COLUMN pgdispatch.job_key.key IS 'The key.';
COMMENT ON COLUMN pgdispatch.job_key.id IS 'The job that took the key.';
COMMENT ON COLUMN pgdispatch.job_key.expires_at IS
'End of the time for which the key of a job that is done is kept; NULL: the job is not done.';

CREATE INDEX job_key_expires_at ON pgdispatch.job_key (role, expires_at) WHERE expires_at IS NOT NULL;
COMMENT ON INDEX pgdispatch.job_key_expires_at IS 'The keys of jobs that are done, in the order in which they expire.';

ALTER TABLE pgdispatch.job_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE pgdispatch.job_key FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.job_key
    USING (role::oid OPERATOR(pg_catalog.=) pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.job_key IS 'A role sees, adds and removes only its own keys.';


CREATE TABLE pgdispatch.batch (
    role          regrole     NOT NULL,
    id            bigint      NOT NULL DEFAULT pg_catalog.nextval('pgdispatch.job_id_seq'),
    name          text        NOT NULL COLLATE "C",
    parent        bigint,
    parent_part   bigint,
    then_id       bigint,
    on_failure_id bigint,
    is_open       boolean     NOT NULL DEFAULT true,
    done          bigint      NOT NULL DEFAULT 0,
    failed        bigint      NOT NULL DEFAULT 0,
    cancelled     bigint      NOT NULL DEFAULT 0,
    keep          interval    NOT NULL,
    dispatched_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    cancelled_at  timestamptz,
    ended_at      timestamptz,
    expires_at    timestamptz,
    PRIMARY KEY (role, id)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

COMMENT ON TABLE pgdispatch.batch IS
'The batches: many jobs, and one that is dispatched in the commit that ends the last of them. A role sees only its own batches.';
COMMENT ON COLUMN pgdispatch.batch.role IS 'The role that dispatched the batch.';
COMMENT ON COLUMN pgdispatch.batch.id IS 'Identifies the batch. Batches and jobs share one sequence of ids.';
COMMENT ON COLUMN pgdispatch.batch.name IS 'What the batch is called. Several batches may have the same name.';
COMMENT ON COLUMN pgdispatch.batch.parent IS 'The id of the batch that contains this one; NULL: none.';
COMMENT ON COLUMN pgdispatch.batch.parent_part IS 'The part of the parent in which this batch counts; NULL: it has no parent.';
COMMENT ON COLUMN pgdispatch.batch.then_id IS 'The id of the job that follows the batch; NULL: none.';
COMMENT ON COLUMN pgdispatch.batch.on_failure_id IS 'The id of the job that follows the batch if a job of it has failed; NULL: none.';
COMMENT ON COLUMN pgdispatch.batch.is_open IS 'Whether the batch does not end yet although all its jobs have ended.';
COMMENT ON COLUMN pgdispatch.batch.done IS 'Number of jobs that are done, without those that pgdispatch.batch_part counts.';
COMMENT ON COLUMN pgdispatch.batch.failed IS 'Number of jobs that became dead letters, without those that pgdispatch.batch_part counts.';
COMMENT ON COLUMN pgdispatch.batch.cancelled IS 'Number of jobs that were cancelled, without those that pgdispatch.batch_part counts.';
COMMENT ON COLUMN pgdispatch.batch.keep IS 'Time for which the row is kept after the end of the batch.';
COMMENT ON COLUMN pgdispatch.batch.dispatched_at IS 'Start of the transaction that created the batch.';
COMMENT ON COLUMN pgdispatch.batch.cancelled_at IS 'Time at which the batch as a whole was cancelled, so that nothing follows it; NULL: it was not.';
COMMENT ON COLUMN pgdispatch.batch.ended_at IS 'Time at which the last job ended, just before its commit; NULL: the batch has not ended.';
COMMENT ON COLUMN pgdispatch.batch.expires_at IS 'End of the time for which the row is kept; NULL: the batch has not ended.';

CREATE INDEX batch_expires_at ON pgdispatch.batch (role, expires_at) WHERE expires_at IS NOT NULL;
COMMENT ON INDEX pgdispatch.batch_expires_at IS 'The batches that have ended, in the order in which they expire.';

CREATE INDEX batch_unended ON pgdispatch.batch (role, id) WHERE ended_at IS NULL;
COMMENT ON INDEX pgdispatch.batch_unended IS 'The batches that have not ended.';

CREATE INDEX batch_parent ON pgdispatch.batch (role, parent) WHERE parent IS NOT NULL;
COMMENT ON INDEX pgdispatch.batch_parent IS 'The batches in other batches.';

ALTER TABLE pgdispatch.batch ENABLE ROW LEVEL SECURITY;
ALTER TABLE pgdispatch.batch FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.batch
    USING (role::oid OPERATOR(pg_catalog.=) pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.batch IS 'A role sees, adds and removes only its own batches.';
CREATE POLICY monitoring ON pgdispatch.batch FOR SELECT USING (pgdispatch.is_monitoring());
COMMENT ON POLICY monitoring ON pgdispatch.batch IS 'pgdispatch.status_of_all_roles counts the batches of all roles.';


CREATE TABLE pgdispatch.batch_part (
    role      regrole NOT NULL,
    id        bigint  NOT NULL DEFAULT pg_catalog.nextval('pgdispatch.job_id_seq'),
    batch     bigint  NOT NULL,
    pending   integer NOT NULL CHECK (pending OPERATOR(pg_catalog.>=) 0),
    done      integer NOT NULL DEFAULT 0,
    failed    integer NOT NULL DEFAULT 0,
    cancelled integer NOT NULL DEFAULT 0,
    PRIMARY KEY (role, id)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

COMMENT ON TABLE pgdispatch.batch_part IS
'The parts of the batches that have not ended. Each counts some of the jobs, so that a transaction that ends a job does not wait for those
that end other jobs of the batch. A part is deleted when its last job has ended. A role sees only its own parts.';
COMMENT ON COLUMN pgdispatch.batch_part.role IS 'The role that dispatched the batch.';
COMMENT ON COLUMN pgdispatch.batch_part.id IS 'Identifies the part.';
COMMENT ON COLUMN pgdispatch.batch_part.batch IS 'The id of the batch.';
COMMENT ON COLUMN pgdispatch.batch_part.pending IS 'Number of jobs that have not ended.';
COMMENT ON COLUMN pgdispatch.batch_part.done IS 'Number of jobs that are done.';
COMMENT ON COLUMN pgdispatch.batch_part.failed IS 'Number of jobs that became dead letters.';
COMMENT ON COLUMN pgdispatch.batch_part.cancelled IS 'Number of jobs that were cancelled.';

CREATE INDEX batch_part_batch ON pgdispatch.batch_part (role, batch);
COMMENT ON INDEX pgdispatch.batch_part_batch IS 'The parts of each batch.';

ALTER TABLE pgdispatch.batch_part ENABLE ROW LEVEL SECURITY;
ALTER TABLE pgdispatch.batch_part FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.batch_part
    USING (role::oid OPERATOR(pg_catalog.=) pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.batch_part IS 'A role sees, adds and removes only the parts of its own batches.';


CREATE TABLE pgdispatch.queue (
    role        regrole  NOT NULL,
    name        text     NOT NULL COLLATE "C",
    concurrency integer  CHECK (concurrency OPERATOR(pg_catalog.>) 0),
    rate        integer  CHECK (rate OPERATOR(pg_catalog.>) 0),
    per         interval NOT NULL DEFAULT '1 second' CHECK (per OPERATOR(pg_catalog.>) '0'::interval),
    paused      boolean  NOT NULL DEFAULT false,
    next_at     timestamptz NOT NULL DEFAULT '-infinity',
    break_after integer  CHECK (break_after OPERATOR(pg_catalog.>) 0),
    per_key     integer  CHECK (per_key OPERATOR(pg_catalog.>) 0),
    rate_per_key integer CHECK (rate_per_key OPERATOR(pg_catalog.>) 0),
    break_for   interval NOT NULL DEFAULT '1 minute' CHECK (break_for OPERATOR(pg_catalog.>) '0'::interval),
    PRIMARY KEY (role, name)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

COMMENT ON TABLE pgdispatch.queue IS
'The queues and their limits, which hold for all jobs of a queue on all nodes and in the database together.
pgdispatch.set_queue writes them. A role sees only its own queues.';
COMMENT ON COLUMN pgdispatch.queue.role IS 'The role whose queue it is.';
COMMENT ON COLUMN pgdispatch.queue.name IS 'The name under which jobs are dispatched to the queue.';
COMMENT ON COLUMN pgdispatch.queue.concurrency IS 'Maximum number of the queue''s jobs that run at once; NULL: no limit.';
COMMENT ON COLUMN pgdispatch.queue.rate IS
'Maximum number of the queue''s jobs that begin in each period, evenly spaced; NULL: no limit.';
COMMENT ON COLUMN pgdispatch.queue.per IS 'The period of the rate, or of the rate of each fair key.';
COMMENT ON COLUMN pgdispatch.queue.paused IS 'Whether the queue is paused: then none of its jobs begins.';
COMMENT ON COLUMN pgdispatch.queue.next_at IS 'The rate of the queue lets no other job begin before this time.';
COMMENT ON COLUMN pgdispatch.queue.per_key IS
'Maximum number of jobs of the same fair key that run at once, where fair keys take turns; NULL: they do not.';
COMMENT ON COLUMN pgdispatch.queue.rate_per_key IS
'Maximum number of jobs of the same fair key that begin in each period, evenly spaced; NULL: no limit.';
COMMENT ON COLUMN pgdispatch.queue.break_after IS
'Number of failed attempts in a row after which the circuit breaker of the queue trips; NULL: it has none.';
COMMENT ON COLUMN pgdispatch.queue.break_for IS 'Time after which a breaker that has just tripped lets a job begin as a probe.';

ALTER TABLE pgdispatch.queue ENABLE ROW LEVEL SECURITY;
ALTER TABLE pgdispatch.queue FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.queue
    USING (role::oid OPERATOR(pg_catalog.=) pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.queue IS 'A role sees, adds and removes only its own queues.';
CREATE POLICY monitoring ON pgdispatch.queue FOR SELECT USING (pgdispatch.is_monitoring());
COMMENT ON POLICY monitoring ON pgdispatch.queue IS 'pgdispatch.status_of_all_roles counts the queues of all roles.';


CREATE TABLE pgdispatch.pause (
    role       regrole     NOT NULL,
    handler    text        NOT NULL DEFAULT '' COLLATE "C",
    by_breaker boolean     NOT NULL DEFAULT false,
    since      timestamptz NOT NULL DEFAULT pg_catalog.now(),
    PRIMARY KEY (role, handler, by_breaker)
);

COMMENT ON TABLE pgdispatch.pause IS
'The handlers that are paused, and the roles all of whose jobs are. pgdispatch.pause writes it, and circuit breakers do. A role sees
only its own rows.';
COMMENT ON COLUMN pgdispatch.pause.role IS 'The role whose jobs do not begin.';
COMMENT ON COLUMN pgdispatch.pause.handler IS 'The handler whose jobs do not begin. An empty name stands for all jobs of the role.';
COMMENT ON COLUMN pgdispatch.pause.by_breaker IS
'Whether the handler''s circuit breaker, which has tripped, paused it, and lets probes begin. false: pgdispatch.pause did.';
COMMENT ON COLUMN pgdispatch.pause.since IS 'Start of the transaction that paused it.';

ALTER TABLE pgdispatch.pause ENABLE ROW LEVEL SECURITY;
ALTER TABLE pgdispatch.pause FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.pause
    USING (role::oid OPERATOR(pg_catalog.=) pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.pause IS 'A role pauses only its own jobs.';
CREATE POLICY monitoring ON pgdispatch.pause FOR SELECT USING (pgdispatch.is_monitoring());
COMMENT ON POLICY monitoring ON pgdispatch.pause IS 'pgdispatch.status_of_all_roles counts the pauses of all roles.';


CREATE TABLE pgdispatch.schedule (
    role      regrole     NOT NULL,
    name      text        NOT NULL COLLATE "C",
    every     interval,
    cron      text,
    zone      text,
    starts_at timestamptz,
    command   text,
    handler   text        COLLATE "C",
    arguments json,
    label     text        COLLATE "C",
    options   jsonb       NOT NULL,
    missed    text        NOT NULL CHECK (missed OPERATOR(pg_catalog.=) ANY (ARRAY['skip', 'once', 'all'])),
    overlap   boolean     NOT NULL,
    paused    boolean     NOT NULL,
    next_at   timestamptz,
    tick      bigint,
    last_at   timestamptz,
    last_job  bigint,
    runs      bigint      NOT NULL,
    skipped   bigint      NOT NULL,
    skip_reason text,
    sqlstate  text,
    message   text,
    declared  jsonb,
    formerly_declared jsonb,
    PRIMARY KEY (role, name),
    CHECK (pg_catalog.num_nonnulls(every, cron) OPERATOR(pg_catalog.=) 1),
    CHECK (pg_catalog.num_nonnulls(command, handler) OPERATOR(pg_catalog.=) 1)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

COMMENT ON TABLE pgdispatch.schedule IS
'The schedules, whose jobs come again. pgdispatch.schedule and applications write them. A role sees only its own schedules.';
COMMENT ON COLUMN pgdispatch.schedule.role IS 'The role whose schedule it is, and that dispatches its jobs.';
COMMENT ON COLUMN pgdispatch.schedule.name IS 'Identifies the schedule.';
COMMENT ON COLUMN pgdispatch.schedule.every IS 'The time from one due time to the next; NULL: it has a cron expression.';
COMMENT ON COLUMN pgdispatch.schedule.cron IS 'The cron expression, as Spring understands it; NULL: it has an interval.';
COMMENT ON COLUMN pgdispatch.schedule.zone IS 'The time zone of the cron expression, as Java names it; NULL: it has an interval.';
COMMENT ON COLUMN pgdispatch.schedule.starts_at IS
'The first due time, as it was asked for; NULL: one interval after the schedule was made, or as the cron expression says.';
COMMENT ON COLUMN pgdispatch.schedule.command IS 'The command that its jobs run; NULL: they call a handler.';
COMMENT ON COLUMN pgdispatch.schedule.handler IS 'The handler that its jobs call; NULL: they run a command.';
COMMENT ON COLUMN pgdispatch.schedule.arguments IS 'The arguments of the handler; NULL: its jobs run a command.';
COMMENT ON COLUMN pgdispatch.schedule.label IS 'The label of its jobs; NULL: the name of the schedule, or they call a handler.';
COMMENT ON COLUMN pgdispatch.schedule.options IS 'The options of its jobs: an object with names of columns of pgdispatch.managed_job.';
COMMENT ON COLUMN pgdispatch.schedule.missed IS 'What happens to missed due times: skip, once or all, see pgdispatch.schedule.';
COMMENT ON COLUMN pgdispatch.schedule.overlap IS 'Whether jobs of several due times may run at once.';
COMMENT ON COLUMN pgdispatch.schedule.paused IS 'Whether the schedule is paused: then no due time gets a job.';
COMMENT ON COLUMN pgdispatch.schedule.next_at IS
'The next due time. NULL: a node has yet to compute it. infinity: the cron expression has no further due time.';
COMMENT ON COLUMN pgdispatch.schedule.tick IS
'The id of the tick: the job that is due at the next due time, and dispatches the job of that due time. NULL: there is none, because the
schedule is paused or has ended.';
COMMENT ON COLUMN pgdispatch.schedule.last_at IS 'The due time of the last job; NULL: there was none.';
COMMENT ON COLUMN pgdispatch.schedule.last_job IS 'The id of the last job; NULL: there was none.';
COMMENT ON COLUMN pgdispatch.schedule.runs IS 'Number of jobs so far.';
COMMENT ON COLUMN pgdispatch.schedule.skipped IS 'Number of due times so far that got no job.';
COMMENT ON COLUMN pgdispatch.schedule.skip_reason IS
'Why the last one of them got none: missed, running or refused, see pgdispatch.schedules; NULL: all got one.';
COMMENT ON COLUMN pgdispatch.schedule.sqlstate IS
'The SQLSTATE of the error with which the job of the last due time was refused; NULL: it was not refused.';
COMMENT ON COLUMN pgdispatch.schedule.message IS
'The first 1000 characters of the message of that error; NULL: the job of the last due time was not refused.';
COMMENT ON COLUMN pgdispatch.schedule.declared IS
'What the last deployment of an application said about the schedule; NULL: none did.';
COMMENT ON COLUMN pgdispatch.schedule.formerly_declared IS
'What the deployment before that one said; NULL: there was none.';

ALTER TABLE pgdispatch.schedule ENABLE ROW LEVEL SECURITY;
ALTER TABLE pgdispatch.schedule FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.schedule
    USING (role::oid OPERATOR(pg_catalog.=) pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.schedule IS 'A role sees, adds and removes only its own schedules.';
CREATE POLICY monitoring ON pgdispatch.schedule FOR SELECT USING (pgdispatch.is_monitoring());
COMMENT ON POLICY monitoring ON pgdispatch.schedule IS 'pgdispatch.status_of_all_roles counts the schedules of all roles.';


CREATE TABLE pgdispatch.breaker (
    role        regrole     NOT NULL,
    handler     text        NOT NULL COLLATE "C",
    queue       text        NOT NULL COLLATE "C",
    failures    integer     NOT NULL DEFAULT 0,
    tripped_at  timestamptz,
    probe_at    timestamptz,
    probe_place timestamptz,
    probe_id    bigint,
    probes      integer     NOT NULL DEFAULT 0,
    PRIMARY KEY (role, handler, queue)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);

COMMENT ON TABLE pgdispatch.breaker IS
'The circuit breakers that have counted failures since the last success. The first failure writes a row, and a success deletes it. A role
sees only its own breakers.';
COMMENT ON COLUMN pgdispatch.breaker.role IS 'The role whose jobs have failed.';
COMMENT ON COLUMN pgdispatch.breaker.handler IS 'The handler that has the breaker; empty: a queue has it.';
COMMENT ON COLUMN pgdispatch.breaker.queue IS 'The queue that has the breaker; empty: a handler has it.';
COMMENT ON COLUMN pgdispatch.breaker.failures IS 'Number of failed attempts in a row, those of probes included.';
COMMENT ON COLUMN pgdispatch.breaker.tripped_at IS 'Time at which the breaker tripped; NULL: it has not tripped.';
COMMENT ON COLUMN pgdispatch.breaker.probe_at IS
'The breaker lets no job begin before this time, and then one job at a time; NULL: it has not tripped.';
COMMENT ON COLUMN pgdispatch.breaker.probe_place IS
'The due_at of the row of a handler''s last probe; NULL: none has begun since the last failure, or a queue has the breaker.';
COMMENT ON COLUMN pgdispatch.breaker.probe_id IS 'The id of that job; NULL: there is none.';
COMMENT ON COLUMN pgdispatch.breaker.probes IS 'Number of a handler''s probes that have begun since the last failure.';

ALTER TABLE pgdispatch.breaker ENABLE ROW LEVEL SECURITY;
ALTER TABLE pgdispatch.breaker FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.breaker
    USING (role::oid OPERATOR(pg_catalog.=) pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.breaker IS 'A role sees, adds and removes only its own breakers.';
CREATE POLICY monitoring ON pgdispatch.breaker FOR SELECT USING (pgdispatch.is_monitoring());
COMMENT ON POLICY monitoring ON pgdispatch.breaker IS 'pgdispatch.status_of_all_roles counts the tripped breakers of all roles.';


CREATE TABLE pgdispatch.fair_turn (
    role     regrole NOT NULL,
    queue    text    NOT NULL COLLATE "C",
    fair_key text    NOT NULL COLLATE "C",
    serve_at timestamptz,
    PRIMARY KEY (role, queue)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);

COMMENT ON TABLE pgdispatch.fair_turn IS
'Whose turn it is in the queues whose fair keys take turns. A role sees only its own queues.';
COMMENT ON COLUMN pgdispatch.fair_turn.role IS 'The role whose queue it is.';
COMMENT ON COLUMN pgdispatch.fair_turn.queue IS 'The name of the queue.';
COMMENT ON COLUMN pgdispatch.fair_turn.fair_key IS 'The fair key that was served last. The next one in the order of the keys is in turn.';
COMMENT ON COLUMN pgdispatch.fair_turn.serve_at IS
'Due time of the last job that was dispatched to serve fair keys when their rate lets them begin; NULL: none was.';

ALTER TABLE pgdispatch.fair_turn ENABLE ROW LEVEL SECURITY;
ALTER TABLE pgdispatch.fair_turn FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.fair_turn
    USING (role::oid OPERATOR(pg_catalog.=) pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.fair_turn IS 'A role sees, adds and removes only its own rows.';


CREATE TABLE pgdispatch.fair_rate (
    role     regrole     NOT NULL,
    queue    text        NOT NULL COLLATE "C",
    fair_key text        NOT NULL COLLATE "C",
    next_at  timestamptz NOT NULL,
    state    text        NOT NULL CHECK (state OPERATOR(pg_catalog.=) ANY (ARRAY['idle', 'waiting', 'ready'])),
    PRIMARY KEY (role, queue, fair_key)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

COMMENT ON TABLE pgdispatch.fair_rate IS
'The fair keys that the rate of their queue limits at present, and those of which the queue holds jobs. Only queues with rate_per_key
have such rows. A role sees only its own.';
COMMENT ON COLUMN pgdispatch.fair_rate.role IS 'The role whose queue it is.';
COMMENT ON COLUMN pgdispatch.fair_rate.queue IS 'The name of the queue.';
COMMENT ON COLUMN pgdispatch.fair_rate.fair_key IS 'The fair key.';
COMMENT ON COLUMN pgdispatch.fair_rate.next_at IS 'The rate lets no other job of the key begin before this time.';
COMMENT ON COLUMN pgdispatch.fair_rate.state IS
'idle: the queue holds no job of the key. waiting: it does, and the key is out of turn until next_at. ready: it does, and the key takes turns.';

CREATE INDEX fair_rate_waiting ON pgdispatch.fair_rate (role, queue, next_at) WHERE state OPERATOR(pg_catalog.=) 'waiting';
COMMENT ON INDEX pgdispatch.fair_rate_waiting IS 'The fair keys of each queue that wait for their time, the next one first.';

CREATE INDEX fair_rate_ready ON pgdispatch.fair_rate (role, queue, fair_key) WHERE state OPERATOR(pg_catalog.=) 'ready';
COMMENT ON INDEX pgdispatch.fair_rate_ready IS 'The fair keys of each queue that take turns.';

ALTER TABLE pgdispatch.fair_rate ENABLE ROW LEVEL SECURITY;
ALTER TABLE pgdispatch.fair_rate FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.fair_rate
    USING (role::oid OPERATOR(pg_catalog.=) pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.fair_rate IS 'A role sees, adds and removes only its own rows.';


CREATE TABLE pgdispatch.result (
    role        regrole     NOT NULL,
    id          bigint      NOT NULL,
    state       text        NOT NULL CHECK (state OPERATOR(pg_catalog.=) ANY (ARRAY['done', 'failed', 'cancelled'])),
    value       json,
    row_count   bigint,
    sqlstate    text,
    message     text,
    finished_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    expires_at  timestamptz NOT NULL,
    PRIMARY KEY (role, id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

COMMENT ON TABLE pgdispatch.result IS 'The outcomes of the jobs whose results are kept. A role sees only its own.';
COMMENT ON COLUMN pgdispatch.result.role IS 'The role that dispatched the job.';
COMMENT ON COLUMN pgdispatch.result.id IS 'The id of the job.';
COMMENT ON COLUMN pgdispatch.result.state IS 'done, failed (pgdispatch.dead_letter has the details) or cancelled.';
COMMENT ON COLUMN pgdispatch.result.value IS
'The rows of a command as a JSON array of objects, or what a handler returned; NULL: nothing.';
COMMENT ON COLUMN pgdispatch.result.row_count IS
'Number of rows that the command, or the last of its statements, returned or changed; NULL: the job is not a command,
or not done.';
COMMENT ON COLUMN pgdispatch.result.sqlstate IS
'The SQLSTATE of the error; NULL: the job did not fail, or what failed was not SQL.';
COMMENT ON COLUMN pgdispatch.result.message IS 'The message of the error; NULL: the job did not fail.';
COMMENT ON COLUMN pgdispatch.result.finished_at IS 'Time at which the job ended.';
COMMENT ON COLUMN pgdispatch.result.expires_at IS 'End of the time for which the result is kept.';

CREATE INDEX result_expires_at ON pgdispatch.result (role, expires_at);
COMMENT ON INDEX pgdispatch.result_expires_at IS 'The results, in the order in which they expire.';

ALTER TABLE pgdispatch.result ENABLE ROW LEVEL SECURITY;
ALTER TABLE pgdispatch.result FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.result
    USING (role::oid OPERATOR(pg_catalog.=) pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.result IS 'A role sees, adds and removes only the results of its own jobs.';


CREATE TABLE pgdispatch.dead_letter (
    role      regrole     NOT NULL,
    id        bigint      NOT NULL,
    command   text,
    dispatched_at timestamptz NOT NULL,
    due_at    timestamptz NOT NULL,
    failed_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    crashes   smallint    NOT NULL,
    sqlstate  text,
    message   text        NOT NULL,
    detail    text,
    hint      text,
    context   text,
    handler   text,
    arguments json,
    headers   json,
    attempts  integer     NOT NULL DEFAULT 1,
    options   jsonb,
    label     text        COLLATE "C",
    PRIMARY KEY (role, id, failed_at)
);

COMMENT ON TABLE pgdispatch.dead_letter IS
'The jobs that failed for good, with their errors. pgdispatch.retry runs one again. A dead letter is kept as long as
the setting dead_letter_retention says, unless it is retried or deleted before. A role sees only its own dead letters.';
COMMENT ON COLUMN pgdispatch.dead_letter.role IS 'The role that dispatched the job.';
COMMENT ON COLUMN pgdispatch.dead_letter.id IS 'The id of the job.';
COMMENT ON COLUMN pgdispatch.dead_letter.command IS
'The command that failed; NULL: a handler failed. SELECT pgdispatch.retry(id) runs it again.';
COMMENT ON COLUMN pgdispatch.dead_letter.dispatched_at IS 'Start of the transaction that dispatched the job.';
COMMENT ON COLUMN pgdispatch.dead_letter.due_at IS 'Time at which the job was due.';
COMMENT ON COLUMN pgdispatch.dead_letter.failed_at IS 'Time at which the job failed for good.';
COMMENT ON COLUMN pgdispatch.dead_letter.crashes IS
'Number of sessions or nodes that are known to have died while they ran the job.';
COMMENT ON COLUMN pgdispatch.dead_letter.sqlstate IS
'The SQLSTATE of the error: 58000 if the job''s sessions or nodes died, PD001 if it exceeded its time limit, PD002 if
its result was too large; NULL: what failed was not SQL.';
COMMENT ON COLUMN pgdispatch.dead_letter.message IS 'The primary message of the error, or the exception of a handler.';
COMMENT ON COLUMN pgdispatch.dead_letter.detail IS 'The detail of the error; NULL: it has none.';
COMMENT ON COLUMN pgdispatch.dead_letter.hint IS 'The hint of the error; NULL: it has none.';
COMMENT ON COLUMN pgdispatch.dead_letter.context IS
'Where the error came from: the call stack of a command, innermost first, or the stack trace of a handler; NULL: unknown.';
COMMENT ON COLUMN pgdispatch.dead_letter.handler IS
'The handler that failed; NULL: a command failed. SELECT pgdispatch.retry(id) runs it again.';
COMMENT ON COLUMN pgdispatch.dead_letter.arguments IS 'The arguments of the handler; NULL: a command failed.';
COMMENT ON COLUMN pgdispatch.dead_letter.headers IS 'The headers of the job; NULL: it had none.';
COMMENT ON COLUMN pgdispatch.dead_letter.attempts IS 'Number of attempts of the job.';
COMMENT ON COLUMN pgdispatch.dead_letter.options IS
'The options of the job by the names of the columns of pgdispatch.managed_job; NULL: a job without options.';
COMMENT ON COLUMN pgdispatch.dead_letter.label IS 'The label of the command; NULL: it had none, or a handler failed.';

CREATE INDEX dead_letter_failed_at ON pgdispatch.dead_letter (role, failed_at);
COMMENT ON INDEX pgdispatch.dead_letter_failed_at IS 'The dead letters, in the order in which they are deleted.';

ALTER TABLE pgdispatch.dead_letter ENABLE ROW LEVEL SECURITY;
ALTER TABLE pgdispatch.dead_letter FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.dead_letter
    USING (role::oid OPERATOR(pg_catalog.=) pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.dead_letter IS 'A role sees, adds and removes only its own dead letters.';
CREATE POLICY monitoring ON pgdispatch.dead_letter FOR SELECT USING (pgdispatch.is_monitoring());
COMMENT ON POLICY monitoring ON pgdispatch.dead_letter IS 'pgdispatch.status_of_all_roles counts the dead letters of all roles.';


CREATE TABLE pgdispatch.step (
    role     regrole     NOT NULL,
    job_id   bigint      NOT NULL,
    name     text        NOT NULL COLLATE "C",
    result   json,
    ended_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (role, job_id, name)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0);

COMMENT ON TABLE pgdispatch.step IS
'The steps that methods have finished, so that another attempt of their job goes on behind them. They are deleted in the transaction
that ends the job; a dead letter keeps them for its retry. A role sees only the steps of its own jobs.';
COMMENT ON COLUMN pgdispatch.step.role IS 'The role that dispatched the job.';
COMMENT ON COLUMN pgdispatch.step.job_id IS 'The id of the job.';
COMMENT ON COLUMN pgdispatch.step.name IS 'The name of the step, which identifies it within its job.';
COMMENT ON COLUMN pgdispatch.step.result IS 'What the step returned; NULL: it returns nothing.';
COMMENT ON COLUMN pgdispatch.step.ended_at IS 'Time at which the step ended, just before its commit.';

ALTER TABLE pgdispatch.step ENABLE ROW LEVEL SECURITY;
ALTER TABLE pgdispatch.step FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.step
    USING (role::oid OPERATOR(pg_catalog.=) pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.step IS 'A role sees, adds and removes only the steps of its own jobs.';


CREATE TABLE pgdispatch.history (
    role      regrole     NOT NULL,
    id        bigint      NOT NULL,
    outcome   text        NOT NULL CHECK (outcome OPERATOR(pg_catalog.=) ANY (ARRAY['done', 'failed', 'cancelled', 'retried'])),
    handler   text        COLLATE "C",
    label     text        COLLATE "C",
    queue     text        COLLATE "C",
    dispatched_at timestamptz NOT NULL,
    due_at    timestamptz NOT NULL,
    started_at timestamptz,
    ended_at  timestamptz NOT NULL,
    attempts  integer     NOT NULL,
    node      text,
    sqlstate  text,
    message   text
    -- Each partition has its own primary key and index. A dump of the partitions could not be restored if they had them from a
    -- table that belongs to an extension.
) PARTITION BY RANGE (ended_at);

COMMENT ON TABLE pgdispatch.history IS
'The jobs that have ended and the failed attempts that were followed by others, where history_retention has them kept. There is a
partition for each day of UTC, which is dropped as a whole. A role sees only its own jobs.';
COMMENT ON COLUMN pgdispatch.history.role IS 'The role that dispatched the job.';
COMMENT ON COLUMN pgdispatch.history.id IS 'The id of the job. A job has a row for each failed attempt and for each end: a dead letter that is retried ends again.';
COMMENT ON COLUMN pgdispatch.history.outcome IS 'done, failed (it became a dead letter), cancelled, or retried: the job did not end, its attempt failed and another one followed.';
COMMENT ON COLUMN pgdispatch.history.handler IS 'The handler that the job called; NULL: it was a command.';
COMMENT ON COLUMN pgdispatch.history.label IS 'The label of a command; NULL: it had none.';
COMMENT ON COLUMN pgdispatch.history.queue IS 'The queue of the job; NULL: it had none.';
COMMENT ON COLUMN pgdispatch.history.dispatched_at IS 'Start of the transaction that dispatched the job.';
COMMENT ON COLUMN pgdispatch.history.due_at IS 'Time at which the last attempt was due.';
COMMENT ON COLUMN pgdispatch.history.started_at IS
'Start of the last attempt, or of the chunk in which a command ran; NULL: the job was cancelled before it began, or its node was lost.';
COMMENT ON COLUMN pgdispatch.history.ended_at IS 'End of the job or the attempt, just before the commit that ended it.';
COMMENT ON COLUMN pgdispatch.history.attempts IS 'Number of attempts up to this end.';
COMMENT ON COLUMN pgdispatch.history.node IS
'The id of the node that ran the method, or the application_name of the session that ran the command; NULL: the job was cancelled before it began.';
COMMENT ON COLUMN pgdispatch.history.sqlstate IS 'The SQLSTATE of the error; NULL: there was none, or what failed was not SQL.';
COMMENT ON COLUMN pgdispatch.history.message IS 'The first 1000 characters of the error; NULL: there was none.';

ALTER TABLE pgdispatch.history ENABLE ROW LEVEL SECURITY;
ALTER TABLE pgdispatch.history FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.history
    USING (role::oid OPERATOR(pg_catalog.=) pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.history IS 'A role sees, adds and removes only what has become of its own jobs.';


CREATE TABLE pgdispatch.operator_action (
    role      regrole     NOT NULL DEFAULT pg_catalog.quote_ident(CURRENT_USER)::regrole,
    id        bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    acted_at  timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    operator  text        NOT NULL,
    action    text        NOT NULL,
    target    json        NOT NULL,
    affected  bigint      NOT NULL,
    PRIMARY KEY (role, id)
);

COMMENT ON TABLE pgdispatch.operator_action IS
'What operators have done through the Actuator endpoint or the dashboard. A row is written in the transaction of the action and kept as
long as dead letters are. A role sees only what was done to its own jobs.';
COMMENT ON COLUMN pgdispatch.operator_action.role IS 'The role whose jobs it was done to.';
COMMENT ON COLUMN pgdispatch.operator_action.id IS 'The actions of a role in their order.';
COMMENT ON COLUMN pgdispatch.operator_action.acted_at IS 'When it was done.';
COMMENT ON COLUMN pgdispatch.operator_action.operator IS 'The name of the user who did it, as the application knows it; anonymous: there is no login.';
COMMENT ON COLUMN pgdispatch.operator_action.action IS 'What was done, such as retry, delete, cancel, pause or resume.';
COMMENT ON COLUMN pgdispatch.operator_action.target IS 'To what it was done: a JSON object with ids, or with the conditions of a filter.';
COMMENT ON COLUMN pgdispatch.operator_action.affected IS 'How many jobs, dead letters, queues or pauses it changed.';

ALTER TABLE pgdispatch.operator_action ENABLE ROW LEVEL SECURITY;
ALTER TABLE pgdispatch.operator_action FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.operator_action
    USING (role::oid OPERATOR(pg_catalog.=) pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.operator_action IS 'A role sees only what was done to its own jobs.';


CREATE TABLE pgdispatch.history_retention (
    role      regrole  NOT NULL,
    queue     text     NOT NULL DEFAULT '' COLLATE "C",
    retention interval NOT NULL,
    PRIMARY KEY (role, queue)
);

COMMENT ON TABLE pgdispatch.history_retention IS
'How long ended jobs are kept in the history. Without a row, none is kept. pgdispatch.keep_history and pgdispatch.configure write it.
For a job, the row of its queue counts before that of its role, and that before the one for all roles.';
COMMENT ON COLUMN pgdispatch.history_retention.role IS 'The role whose jobs are kept; - stands for all roles.';
COMMENT ON COLUMN pgdispatch.history_retention.queue IS 'The queue whose jobs are kept; empty: all jobs of the role.';
COMMENT ON COLUMN pgdispatch.history_retention.retention IS 'Time for which an ended job is kept at least; 0: it is not kept.';

ALTER TABLE pgdispatch.history_retention ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.history_retention
    USING (role::oid OPERATOR(pg_catalog.=) pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.history_retention IS 'A role changes only what is kept of its own jobs.';
CREATE POLICY general ON pgdispatch.history_retention FOR SELECT USING (role::oid OPERATOR(pg_catalog.=) 0::oid);
COMMENT ON POLICY general ON pgdispatch.history_retention IS 'A role sees what is kept of the jobs of all roles.';


CREATE TABLE pgdispatch.node (
    role       regrole     NOT NULL,
    id         uuid        NOT NULL,
    expires_at timestamptz NOT NULL,
    lease_length interval  NOT NULL,
    PRIMARY KEY (role, id)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);

COMMENT ON TABLE pgdispatch.node IS 'The nodes that have claims at present. A role sees only its own nodes.';
COMMENT ON COLUMN pgdispatch.node.role IS 'The role as which the node logs in.';
COMMENT ON COLUMN pgdispatch.node.id IS 'Identifies the node. A node has a new id each time it starts.';
COMMENT ON COLUMN pgdispatch.node.expires_at IS
'End of the node''s lease by the database''s clock, unless the node renews it. From then on other nodes may take over its jobs.';
COMMENT ON COLUMN pgdispatch.node.lease_length IS
'Length of the lease. The node has a full lease after a start of the server, since it could not renew it before.';

ALTER TABLE pgdispatch.node ENABLE ROW LEVEL SECURITY;
ALTER TABLE pgdispatch.node FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.node
    USING (role::oid OPERATOR(pg_catalog.=) pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.node IS 'A role sees, adds and removes only its own nodes.';
CREATE POLICY monitoring ON pgdispatch.node FOR SELECT USING (pgdispatch.is_monitoring());
COMMENT ON POLICY monitoring ON pgdispatch.node IS 'pgdispatch.status_of_all_roles counts the nodes of all roles.';


CREATE TABLE pgdispatch.setting (
    role                  regrole  NOT NULL DEFAULT 0::oid::regrole PRIMARY KEY,
    dead_letter_retention interval CHECK (pgdispatch.is_duration(dead_letter_retention)),
    result_limit          integer  CHECK (result_limit OPERATOR(pg_catalog.>) 0),
    cron_workers          smallint CHECK (cron_workers OPERATOR(pg_catalog.>=) 0 AND cron_workers OPERATOR(pg_catalog.<=) 1000),
    cron_linger           interval CHECK (pgdispatch.is_duration(cron_linger) AND cron_linger OPERATOR(pg_catalog.<=) '1 hour'::interval)
);

COMMENT ON TABLE pgdispatch.setting IS
'The settings that differ from the defaults, for one role or for all roles. pgdispatch.configure writes them, and
pgdispatch.settings returns those that apply to a role. Only the owner of the schema may change them.';
COMMENT ON COLUMN pgdispatch.setting.role IS 'The role to whose jobs the settings apply; - stands for all roles.';
COMMENT ON COLUMN pgdispatch.setting.dead_letter_retention IS 'Time for which dead letters are kept; NULL: not set here.';
COMMENT ON COLUMN pgdispatch.setting.result_limit IS
'Maximum size, in bytes of JSON, of the rows of a command or the value of a method that are kept as a result; NULL: not
set here.';
COMMENT ON COLUMN pgdispatch.setting.cron_workers IS
'Maximum number of pg_cron jobs that run the role''s jobs at once; NULL: not set here. Two more may wait while jobs are
snoozed. 0: pg_cron runs none of the role''s jobs. Keep the sum over all roles below cron.max_running_jobs, because
pg_cron makes jobs wait beyond it.';
COMMENT ON COLUMN pgdispatch.setting.cron_linger IS
'Time that a worker of pg_cron waits for more jobs after its last one, so that the next job starts within milliseconds;
NULL: not set here. 0: the worker exits at once.';

ALTER TABLE pgdispatch.setting ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.setting FOR SELECT
    USING (role::oid OPERATOR(pg_catalog.=) ANY (ARRAY[0::oid, pg_catalog.quote_ident(CURRENT_USER)::regrole::oid]));
COMMENT ON POLICY own ON pgdispatch.setting IS 'A role sees its own settings and those for all roles.';


CREATE TABLE pgdispatch.cron_worker (
    role          regrole     NOT NULL,
    id            bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    purpose       text        NOT NULL DEFAULT 'work' CHECK (
        purpose OPERATOR(pg_catalog.=) ANY (ARRAY['work', 'alarm', 'reboot', 'permanent', 'guard', 'non_transactional'])),
    promise       smallint,
    promised_in   timestamptz NOT NULL DEFAULT pg_catalog.date_trunc('minute', pg_catalog.clock_timestamp()),
    scheduled_at  timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    wakes_at      timestamptz,
    database_id   text        NOT NULL DEFAULT pgdispatch.database_id(),
    after_run     bigint      NOT NULL DEFAULT 0,
    runs          integer     NOT NULL DEFAULT 0,
    pid           integer,
    backend_start timestamptz,
    job_id        bigint,
    role_name     name        NOT NULL DEFAULT CURRENT_USER,
    PRIMARY KEY (role, id),
    UNIQUE (role, database_id, promise, promised_in)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);

COMMENT ON TABLE pgdispatch.cron_worker IS
'The workers of pg_cron. Each has a counterpart in cron.job, and both rows are written and deleted together. A role
sees only its own workers.';
COMMENT ON COLUMN pgdispatch.cron_worker.role IS 'The role whose jobs the worker runs.';
COMMENT ON COLUMN pgdispatch.cron_worker.id IS
'Identifies the worker. Its counterpart in cron.job is named ''pgdispatch worker '' followed by this id.';
COMMENT ON COLUMN pgdispatch.cron_worker.purpose IS
'work: starts at once and runs jobs. alarm: starts when the next snoozed job becomes due. reboot: starts after a
restart of the server, in case an alarm was missed. permanent: an administrator scheduled it. guard: cancels jobs that
exceed their time limit, and has pg_cron run non-transactional commands. non_transactional: is such a command.';
COMMENT ON COLUMN pgdispatch.cron_worker.promise IS
'Number of the promise that this worker will look at the queue soon, on which dispatches rely; NULL: they must not rely on it.';
COMMENT ON COLUMN pgdispatch.cron_worker.promised_in IS
'The minute of the promise. If an administrator removes the worker from pg_cron, transactions that cannot see this give
the promise again in the next minute.';
COMMENT ON COLUMN pgdispatch.cron_worker.scheduled_at IS
'Time at which the worker was scheduled. For a permanent worker, the time at which it was last seen.';
COMMENT ON COLUMN pgdispatch.cron_worker.wakes_at IS 'Time at which an alarm starts; NULL: the worker is not an alarm.';
COMMENT ON COLUMN pgdispatch.cron_worker.database_id IS
'The database for which the worker was scheduled. In a database that was restored from a dump of that one the worker
does nothing, and no dispatch relies on it.';
COMMENT ON COLUMN pgdispatch.cron_worker.after_run IS 'The runs of this worker have higher ids than this in cron.job_run_details.';
COMMENT ON COLUMN pgdispatch.cron_worker.runs IS 'Number of times that pg_cron has started the worker.';
COMMENT ON COLUMN pgdispatch.cron_worker.pid IS
'Process id of the worker''s session, which runs or has died; NULL: it has not started, or has ended well.';
COMMENT ON COLUMN pgdispatch.cron_worker.backend_start IS 'Start of that session, because process ids are reused.';
COMMENT ON COLUMN pgdispatch.cron_worker.job_id IS
'The job whose command pg_cron runs outside of a transaction; NULL: the worker has another purpose.';
COMMENT ON COLUMN pgdispatch.cron_worker.role_name IS 'The name of the role when the worker was scheduled, or last started.';

CREATE INDEX cron_worker_job ON pgdispatch.cron_worker (role, job_id) WHERE job_id IS NOT NULL;
COMMENT ON INDEX pgdispatch.cron_worker_job IS 'The workers that run a command outside of a transaction, by job.';

ALTER TABLE pgdispatch.cron_worker ENABLE ROW LEVEL SECURITY;
ALTER TABLE pgdispatch.cron_worker FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.cron_worker
    USING (role::oid OPERATOR(pg_catalog.=) pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.cron_worker IS 'A role sees, adds and removes only its own workers.';
CREATE POLICY monitoring ON pgdispatch.cron_worker FOR SELECT USING (pgdispatch.is_monitoring());
COMMENT ON POLICY monitoring ON pgdispatch.cron_worker IS 'pgdispatch.status_of_all_roles counts the workers of all roles.';


CREATE TABLE pgdispatch.cancellation (
    role regrole NOT NULL,
    id   bigint  NOT NULL,
    PRIMARY KEY (role, id)
);

COMMENT ON TABLE pgdispatch.cancellation IS
'The running SQL jobs that transactions are cancelling. A row is deleted in the transaction that wrote it, so that no
other one ever sees it, but one that writes the same row has to wait.';
COMMENT ON COLUMN pgdispatch.cancellation.role IS 'The role that dispatched the job.';
COMMENT ON COLUMN pgdispatch.cancellation.id IS 'The id of the job.';

ALTER TABLE pgdispatch.cancellation ENABLE ROW LEVEL SECURITY;
ALTER TABLE pgdispatch.cancellation FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.cancellation
    USING (role::oid OPERATOR(pg_catalog.=) pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.cancellation IS 'A role cancels only its own jobs.';


CREATE TABLE pgdispatch.mutex (
    role   regrole NOT NULL,
    number integer NOT NULL,
    PRIMARY KEY (role, number)
);

COMMENT ON TABLE pgdispatch.mutex IS
'Rows that transactions lock, one after the other, while they begin or end jobs of the same ordering key or queue. A role
has at most 32769 rows, which are written when they are needed and stay.';
COMMENT ON COLUMN pgdispatch.mutex.role IS 'The role whose transactions lock the row.';
COMMENT ON COLUMN pgdispatch.mutex.number IS
'What the row is for: 0 to 16383 for ordering keys, 16384 to 32767 for queues, 32768 for workers of pg_cron that exit.';

ALTER TABLE pgdispatch.mutex ENABLE ROW LEVEL SECURITY;
ALTER TABLE pgdispatch.mutex FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.mutex
    USING (role::oid OPERATOR(pg_catalog.=) pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.mutex IS 'A role locks only its own rows.';
