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
    -- The one index: a worker reads it from its role's oldest due job on. As the primary key it is also the replica identity,
    -- without which a publication FOR ALL TABLES would refuse the deletes.
    PRIMARY KEY (role, due_at, id)
) WITH (
    -- Rows are written once and deleted once, so that room for updates would only make the table larger. What matters is that
    -- dead rows go early and in small portions, whatever the size of the backlog.
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
'A job is a command that waits for its run. Its row is written by the transaction that dispatched it and deleted by the transaction that ran it. A role sees its own jobs only.';
COMMENT ON COLUMN pgdispatch.job.role IS
'The role that dispatched the job, and as which a session must have logged in to run it.';
COMMENT ON COLUMN pgdispatch.job.due_at IS
'The job is not run before this time of the database''s clock; infinity while it is held, until others have ended.';
COMMENT ON COLUMN pgdispatch.job.id IS
'Identifies the job; of two jobs due at the same time the lower one is started first.';
COMMENT ON COLUMN pgdispatch.job.dispatched_at IS
'Start of the transaction that dispatched the job.';
COMMENT ON COLUMN pgdispatch.job.crashes IS
'How many sessions were lost while they ran this job. Counted only once a driver has reason for suspicion; such a job is run with no other in its transaction, and given up after the fifth time.';
COMMENT ON COLUMN pgdispatch.job.command IS
'One or more SQL statements, separated by semicolons.';
COMMENT ON COLUMN pgdispatch.job.max_attempts IS
'How often the job is run at the most; NULL: once. With its first failure it becomes a managed one.';
COMMENT ON COLUMN pgdispatch.job.managed IS
'Whether there is a row for it in pgdispatch.managed_job.';
COMMENT ON COLUMN pgdispatch.job.headers IS
'What the dispatcher''s context left beside the command, such as a trace''s id, as a JSON object of strings; NULL: nothing.';

ALTER TABLE pgdispatch.job ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.job
    USING (role::oid = pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.job IS 'A role sees, adds and removes its own jobs only.';


CREATE TABLE pgdispatch.handler_job (
    role       regrole     NOT NULL DEFAULT pg_catalog.quote_ident(CURRENT_USER)::regrole,
    handler    text        NOT NULL COLLATE "C",
    due_at     timestamptz NOT NULL DEFAULT pg_catalog.now(),
    id         bigint      NOT NULL DEFAULT pg_catalog.nextval('pgdispatch.job_id_seq'),
    dispatched_at   timestamptz NOT NULL DEFAULT pg_catalog.now(),
    attempts   integer     NOT NULL DEFAULT 0,
    claimed_by uuid,
    arguments  json        NOT NULL,
    headers    json,
    managed    boolean,
    crashes    smallint,
    cancelled  boolean,
    time_limit interval,
    wants_result boolean,
    -- The one index: a node reads it for each of its handlers, from the oldest due job on. No column in it changes with a claim,
    -- so that PostgreSQL need not touch it for one.
    PRIMARY KEY (role, handler, due_at, id)
) WITH (
    fillfactor = 80,   -- Room for the version of a row that a claim makes.
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
'The jobs that are calls of an application''s methods. A row is written by the transaction that dispatched it, and deleted once the method has returned. A role sees its own jobs only.';
COMMENT ON COLUMN pgdispatch.handler_job.role IS
'The role that dispatched the job, and as which the nodes that may run it log in.';
COMMENT ON COLUMN pgdispatch.handler_job.handler IS
'The name under which nodes know the method. A job with one that no node knows waits for a node that does.';
COMMENT ON COLUMN pgdispatch.handler_job.due_at IS
'The job is not run before this time of the database''s clock; infinity while it is held, until others have ended.';
COMMENT ON COLUMN pgdispatch.handler_job.id IS
'Identifies the job, also among those in pgdispatch.job.';
COMMENT ON COLUMN pgdispatch.handler_job.dispatched_at IS
'Start of the transaction that dispatched the job.';
COMMENT ON COLUMN pgdispatch.handler_job.attempts IS
'How often it has been claimed, apart from claims that were given back before the method was called.';
COMMENT ON COLUMN pgdispatch.handler_job.claimed_by IS
'The node that runs it, as long as that is in pgdispatch.node and its lease has not expired.';
COMMENT ON COLUMN pgdispatch.handler_job.arguments IS
'The arguments of the call, by the names of the method''s parameters.';
COMMENT ON COLUMN pgdispatch.handler_job.headers IS
'What else the caller sends along, such as a trace; texts by name.';
COMMENT ON COLUMN pgdispatch.handler_job.managed IS
'Whether there is a row for it in pgdispatch.managed_job.';
COMMENT ON COLUMN pgdispatch.handler_job.crashes IS
'How many nodes were lost while they ran this job; NULL: none. From the second on it is run alone on a node, and given up after the fifth.';
COMMENT ON COLUMN pgdispatch.handler_job.cancelled IS
'Whether the node that runs it is to interrupt it.';
COMMENT ON COLUMN pgdispatch.handler_job.time_limit IS
'After how long the node that runs it is to interrupt it; NULL: as the handler says.';
COMMENT ON COLUMN pgdispatch.handler_job.wants_result IS
'Whether what the method returns is to be kept.';

-- Few jobs are in it at any time: to look for them must not be to look at all.
CREATE INDEX handler_job_trouble ON pgdispatch.handler_job (role, handler) WHERE crashes IS NOT NULL OR cancelled;
COMMENT ON INDEX pgdispatch.handler_job_trouble IS
'The jobs with which nodes were lost, and those that were cancelled while they ran.';

ALTER TABLE pgdispatch.handler_job ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.handler_job
    USING (role::oid = pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.handler_job IS 'A role sees, adds and removes its own jobs only.';


CREATE TABLE pgdispatch.managed_job (
    role            regrole     NOT NULL,
    id              bigint      NOT NULL,
    handler         text        COLLATE "C",
    due_at          timestamptz NOT NULL,
    place           timestamptz NOT NULL,
    rank            timestamptz NOT NULL,
    attempts        integer     NOT NULL DEFAULT 0,
    crashes         integer     NOT NULL DEFAULT 0,
    started_at      timestamptz,
    max_attempts    integer,
    back_off        interval,
    back_off_multiplier double precision,
    max_back_off  interval,
    time_limit      interval,
    key             text        COLLATE "C",
    keep_key        interval,
    has_key         boolean     NOT NULL DEFAULT false,
    ordering_key    text        COLLATE "C",
    on_failure      text,
    in_order        boolean     NOT NULL DEFAULT false,
    queue           text        COLLATE "C",
    in_queue        boolean     NOT NULL DEFAULT false,
    slot_at         timestamptz,
    priority        integer,
    held_by         text,
    result          text,
    keep_result     interval,
    transactional   boolean,
    failed          boolean     NOT NULL DEFAULT false,
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
'What is asked of a job beyond being run once, and how far it is. A role sees its own jobs only.';
COMMENT ON COLUMN pgdispatch.managed_job.role IS 'The role that dispatched the job.';
COMMENT ON COLUMN pgdispatch.managed_job.id IS 'The id of the job.';
COMMENT ON COLUMN pgdispatch.managed_job.handler IS 'The handler that it calls; NULL if it is a command.';
COMMENT ON COLUMN pgdispatch.managed_job.due_at IS 'The job is not run before this time of the database''s clock.';
COMMENT ON COLUMN pgdispatch.managed_job.place IS 'The due_at of the job''s row in pgdispatch.job or pgdispatch.handler_job: infinity while it is held.';
COMMENT ON COLUMN pgdispatch.managed_job.rank IS 'Of jobs that are due, those of the lowest rank come first: due_at less as many seconds as the job has priority.';
COMMENT ON COLUMN pgdispatch.managed_job.attempts IS 'How often the command was begun. (Those of a handler are counted in pgdispatch.handler_job.)';
COMMENT ON COLUMN pgdispatch.managed_job.crashes IS 'How many sessions were lost while they ran the command.';
COMMENT ON COLUMN pgdispatch.managed_job.started_at IS 'When the command was begun, as long as it has not come to an end.';
COMMENT ON COLUMN pgdispatch.managed_job.max_attempts IS 'How often the job is run at the most; NULL: a command once, a handler as its application says.';
COMMENT ON COLUMN pgdispatch.managed_job.back_off IS 'How long the job waits after its first failure. NULL: a second.';
COMMENT ON COLUMN pgdispatch.managed_job.back_off_multiplier IS 'So many times as long it waits after each further failure. NULL: twice.';
COMMENT ON COLUMN pgdispatch.managed_job.max_back_off IS 'Longer it does not wait. NULL: ten minutes.';
COMMENT ON COLUMN pgdispatch.managed_job.time_limit IS 'After how long an attempt is cancelled; NULL: it is not.';
COMMENT ON COLUMN pgdispatch.managed_job.key IS 'The idempotency key with which it was dispatched.';
COMMENT ON COLUMN pgdispatch.managed_job.keep_key IS 'How long the job has the key after it is done; NULL: it lets go of it when it is begun.';
COMMENT ON COLUMN pgdispatch.managed_job.has_key IS 'Whether the key is the job''s at present.';
COMMENT ON COLUMN pgdispatch.managed_job.ordering_key IS 'The jobs with one ordering key run one after the other.';
COMMENT ON COLUMN pgdispatch.managed_job.on_failure IS 'hold: if the job fails, those behind it in its order wait until it has been run again with success, or was deleted. pass: they do not.';
COMMENT ON COLUMN pgdispatch.managed_job.in_order IS 'Whether it is the one of its ordering key that may run.';
COMMENT ON COLUMN pgdispatch.managed_job.queue IS 'The queue whose limits it obeys.';
COMMENT ON COLUMN pgdispatch.managed_job.in_queue IS 'Whether it is one of those of its queue that may run.';
COMMENT ON COLUMN pgdispatch.managed_job.slot_at IS 'The time that it was given by the rate of its queue.';
COMMENT ON COLUMN pgdispatch.managed_job.priority IS 'How many seconds its place is before the one that it would have by its due time.';
COMMENT ON COLUMN pgdispatch.managed_job.held_by IS 'What the job waits for while it is held: order, queue, or outside: a driver that runs it outside of a transaction.';
COMMENT ON COLUMN pgdispatch.managed_job.result IS 'What is kept of a run: rows or count of a command, value of a handler; NULL: nothing.';
COMMENT ON COLUMN pgdispatch.managed_job.keep_result IS 'How long it is kept.';
COMMENT ON COLUMN pgdispatch.managed_job.transactional IS 'false: the command runs outside of a transaction; NULL: in one.';
COMMENT ON COLUMN pgdispatch.managed_job.failed IS 'Whether the job is a dead letter for which its order waits.';

-- No two jobs of one ordering key may run, whatever else goes wrong.
CREATE UNIQUE INDEX managed_job_in_order ON pgdispatch.managed_job (role, ordering_key) WHERE in_order;
COMMENT ON INDEX pgdispatch.managed_job_in_order IS 'The one job of each ordering key that may run.';

CREATE INDEX managed_job_order ON pgdispatch.managed_job (role, ordering_key, id) WHERE ordering_key IS NOT NULL;
COMMENT ON INDEX pgdispatch.managed_job_order IS 'The jobs of an ordering key, in order.';

CREATE INDEX managed_job_in_queue ON pgdispatch.managed_job (role, queue) WHERE in_queue;
COMMENT ON INDEX pgdispatch.managed_job_in_queue IS 'The jobs of a queue that may run.';

CREATE INDEX managed_job_held_by_queue ON pgdispatch.managed_job (role, queue, rank, id) WHERE held_by = 'queue';
COMMENT ON INDEX pgdispatch.managed_job_held_by_queue IS 'The jobs that a queue holds, in their order.';

CREATE INDEX managed_job_started ON pgdispatch.managed_job (role) WHERE started_at IS NOT NULL;
COMMENT ON INDEX pgdispatch.managed_job_started IS 'The commands that run.';

CREATE INDEX managed_job_snoozed ON pgdispatch.managed_job (role, due_at) WHERE priority IS NOT NULL AND place > rank AND held_by IS NULL;
COMMENT ON INDEX pgdispatch.managed_job_snoozed IS 'The jobs with a priority that get their place when they fall due.';

CREATE INDEX managed_job_non_transactional ON pgdispatch.managed_job (role) WHERE held_by = 'non_transactional';
COMMENT ON INDEX pgdispatch.managed_job_non_transactional IS 'The commands that a driver is to run outside of a transaction, or runs.';

ALTER TABLE pgdispatch.managed_job ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.managed_job
    USING (role::oid = pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.managed_job IS 'A role sees, adds and removes its own jobs only.';


CREATE TABLE pgdispatch.job_key (
    role       regrole     NOT NULL,
    key        text        NOT NULL COLLATE "C",
    id         bigint      NOT NULL,
    expires_at timestamptz,
    PRIMARY KEY (role, key)
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0);

COMMENT ON TABLE pgdispatch.job_key IS
'The idempotency keys of jobs: while one is here, nothing more is dispatched with it. A role sees its own only.';
COMMENT ON COLUMN pgdispatch.job_key.role IS 'The role that dispatched the job.';
COMMENT ON COLUMN pgdispatch.job_key.key IS 'The key.';
COMMENT ON COLUMN pgdispatch.job_key.id IS 'The job that has it, or had it.';
COMMENT ON COLUMN pgdispatch.job_key.expires_at IS 'How long it is kept, of a job that is done; NULL of one that is not.';

CREATE INDEX job_key_expires_at ON pgdispatch.job_key (role, expires_at) WHERE expires_at IS NOT NULL;
COMMENT ON INDEX pgdispatch.job_key_expires_at IS 'The keys of jobs that are done.';

ALTER TABLE pgdispatch.job_key ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.job_key
    USING (role::oid = pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.job_key IS 'A role sees, adds and removes its own keys only.';


CREATE TABLE pgdispatch.queue (
    role        regrole  NOT NULL,
    name        text     NOT NULL COLLATE "C",
    concurrency integer  CHECK (concurrency > 0),
    rate        integer  CHECK (rate > 0),
    per         interval NOT NULL DEFAULT '1 second' CHECK (per > '0'::interval),
    paused      boolean  NOT NULL DEFAULT false,
    next_at     timestamptz NOT NULL DEFAULT '-infinity',
    PRIMARY KEY (role, name)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

COMMENT ON TABLE pgdispatch.queue IS
'Limits that hold for all jobs that were dispatched to a queue, on all nodes and in the database together. Written by pgdispatch.set_queue. A role sees its own only.';
COMMENT ON COLUMN pgdispatch.queue.role IS 'The role whose queue it is.';
COMMENT ON COLUMN pgdispatch.queue.name IS 'The name by which jobs are dispatched to it.';
COMMENT ON COLUMN pgdispatch.queue.concurrency IS 'How many of its jobs run at once at the most; NULL: any number.';
COMMENT ON COLUMN pgdispatch.queue.rate IS 'How many of its jobs are begun in each period, evenly spaced; NULL: any number.';
COMMENT ON COLUMN pgdispatch.queue.per IS 'The period of the rate.';
COMMENT ON COLUMN pgdispatch.queue.paused IS 'Whether none of its jobs is begun at present.';
COMMENT ON COLUMN pgdispatch.queue.next_at IS 'Before this time its rate allows no other job to be begun.';

ALTER TABLE pgdispatch.queue ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.queue
    USING (role::oid = pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.queue IS 'A role sees, adds and removes its own queues only.';


CREATE TABLE pgdispatch.pause (
    role    regrole     NOT NULL,
    handler text        NOT NULL DEFAULT '' COLLATE "C",
    since   timestamptz NOT NULL DEFAULT pg_catalog.now(),
    PRIMARY KEY (role, handler)
);

COMMENT ON TABLE pgdispatch.pause IS
'What is paused, besides queues. Written by pgdispatch.pause. A role sees its own only.';
COMMENT ON COLUMN pgdispatch.pause.role IS 'The role whose jobs are not begun.';
COMMENT ON COLUMN pgdispatch.pause.handler IS 'The handler whose jobs are not begun; empty: all jobs.';
COMMENT ON COLUMN pgdispatch.pause.since IS 'When it was paused.';

ALTER TABLE pgdispatch.pause ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.pause
    USING (role::oid = pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.pause IS 'A role pauses its own jobs only.';


CREATE TABLE pgdispatch.result (
    role        regrole     NOT NULL,
    id          bigint      NOT NULL,
    state       text        NOT NULL CHECK (state IN ('done', 'failed', 'cancelled')),
    value       json,
    row_count   bigint,
    sqlstate    text,
    message     text,
    finished_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    expires_at  timestamptz NOT NULL,
    PRIMARY KEY (role, id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

COMMENT ON TABLE pgdispatch.result IS
'What has become of jobs of which that was to be kept. A role sees its own only.';
COMMENT ON COLUMN pgdispatch.result.role IS 'The role that dispatched the job.';
COMMENT ON COLUMN pgdispatch.result.id IS 'The id that the job had.';
COMMENT ON COLUMN pgdispatch.result.state IS 'done, failed (see pgdispatch.dead_letter) or cancelled.';
COMMENT ON COLUMN pgdispatch.result.value IS 'The rows of a command as a JSON array of objects, or what a handler has returned.';
COMMENT ON COLUMN pgdispatch.result.row_count IS 'How many rows the command, or the last of its statements, has returned or changed.';
COMMENT ON COLUMN pgdispatch.result.sqlstate IS 'The error''s SQLSTATE.';
COMMENT ON COLUMN pgdispatch.result.message IS 'The error''s message.';
COMMENT ON COLUMN pgdispatch.result.finished_at IS 'When the job had come to its end.';
COMMENT ON COLUMN pgdispatch.result.expires_at IS 'How long this is kept.';

CREATE INDEX result_expires_at ON pgdispatch.result (role, expires_at);
COMMENT ON INDEX pgdispatch.result_expires_at IS 'The results, in the order in which they expire.';

ALTER TABLE pgdispatch.result ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.result
    USING (role::oid = pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.result IS 'A role sees, adds and removes the results of its own jobs only.';


CREATE TABLE pgdispatch.dead_letter (
    role      regrole     NOT NULL,
    id        bigint      NOT NULL,
    command   text,
    dispatched_at  timestamptz NOT NULL,
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
    PRIMARY KEY (role, id, failed_at)
);

COMMENT ON TABLE pgdispatch.dead_letter IS
'The jobs that failed, with their error. A role sees its own only. They are kept as long as pgdispatch.setting says, unless they are deleted or pgdispatch.retry runs them again.';
COMMENT ON COLUMN pgdispatch.dead_letter.role IS 'The role that dispatched the job.';
COMMENT ON COLUMN pgdispatch.dead_letter.id IS 'The id that the job had.';
COMMENT ON COLUMN pgdispatch.dead_letter.command IS 'What failed; NULL if that was a handler. To try it again: SELECT pgdispatch.retry(id).';
COMMENT ON COLUMN pgdispatch.dead_letter.dispatched_at IS 'Start of the transaction that dispatched the job.';
COMMENT ON COLUMN pgdispatch.dead_letter.due_at IS 'When the job was due.';
COMMENT ON COLUMN pgdispatch.dead_letter.failed_at IS 'When the job failed.';
COMMENT ON COLUMN pgdispatch.dead_letter.crashes IS 'How many sessions were known to have been lost while they ran the job.';
COMMENT ON COLUMN pgdispatch.dead_letter.sqlstate IS
'The error''s SQLSTATE; 58000 where the job took its session or its node down, PD001 where it exceeded its time limit, PD002 where its result was too large; NULL if what failed was not SQL.';
COMMENT ON COLUMN pgdispatch.dead_letter.message IS 'The error''s primary message; of a handler, its exception.';
COMMENT ON COLUMN pgdispatch.dead_letter.detail IS 'The error''s detail, if it had one.';
COMMENT ON COLUMN pgdispatch.dead_letter.hint IS 'The error''s hint, if it had one.';
COMMENT ON COLUMN pgdispatch.dead_letter.context IS
'Where the error came from: the call stack, innermost first; of a handler, the stack trace.';
COMMENT ON COLUMN pgdispatch.dead_letter.handler IS 'The handler that failed; NULL if that was a command. To try it again: SELECT pgdispatch.retry(id).';
COMMENT ON COLUMN pgdispatch.dead_letter.arguments IS 'The arguments with which the handler was called.';
COMMENT ON COLUMN pgdispatch.dead_letter.headers IS 'The headers that the job had.';
COMMENT ON COLUMN pgdispatch.dead_letter.attempts IS 'How often the job was run.';
COMMENT ON COLUMN pgdispatch.dead_letter.options IS 'What was asked of the job, as in pgdispatch.managed_job; NULL of a plain one.';

CREATE INDEX dead_letter_failed_at ON pgdispatch.dead_letter (role, failed_at);
COMMENT ON INDEX pgdispatch.dead_letter_failed_at IS 'The dead letters, in the order in which they are deleted.';

ALTER TABLE pgdispatch.dead_letter ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.dead_letter
    USING (role::oid = pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.dead_letter IS 'A role sees, adds and removes its own dead letters only.';


CREATE TABLE pgdispatch.node (
    role       regrole     NOT NULL,
    id         uuid        NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (role, id)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);

COMMENT ON TABLE pgdispatch.node IS
'The nodes that have claimed jobs at present. A role sees its own only.';
COMMENT ON COLUMN pgdispatch.node.role IS 'The role as which the node logs in.';
COMMENT ON COLUMN pgdispatch.node.id IS 'Identifies the node; another one each time that it starts.';
COMMENT ON COLUMN pgdispatch.node.expires_at IS
'End of the node''s lease by the database''s clock, unless it is renewed: then others may take over its jobs.';

ALTER TABLE pgdispatch.node ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.node
    USING (role::oid = pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.node IS 'A role sees, adds and removes its own nodes only.';


CREATE TABLE pgdispatch.setting (
    role                  regrole  NOT NULL DEFAULT 0::oid::regrole PRIMARY KEY,
    dead_letter_retention interval CHECK (dead_letter_retention >= '0'::interval),
    result_limit          integer  CHECK (result_limit > 0),
    cron_workers          smallint CHECK (cron_workers BETWEEN 0 AND 1000),
    cron_linger           interval CHECK (cron_linger >= '0'::interval AND cron_linger <= '1 hour'::interval)
);

COMMENT ON TABLE pgdispatch.setting IS
'What differs from the defaults, for one role or, in the row of no role (-), for all roles. pgdispatch.configure writes it, and pgdispatch.settings tells what holds. Only the owner of the schema may change it.';
COMMENT ON COLUMN pgdispatch.setting.role IS 'The role whose jobs the row is about; - for all roles.';
COMMENT ON COLUMN pgdispatch.setting.dead_letter_retention IS 'How long dead letters are kept; NULL: not set here.';
COMMENT ON COLUMN pgdispatch.setting.result_limit IS 'Maximum size, in bytes of JSON, of the rows that are kept as a result; NULL: not set here.';
COMMENT ON COLUMN pgdispatch.setting.cron_workers IS
'Maximum number of pg_cron jobs that run the role''s jobs at once; NULL: not set here. Two more may wait while jobs are snoozed. 0: pg_cron runs none of them. Keep the sum over all roles below cron.max_running_jobs: beyond it, pg_cron makes jobs wait.';
COMMENT ON COLUMN pgdispatch.setting.cron_linger IS
'How long a worker of pg_cron waits for more jobs after its last one, so that the next job starts within milliseconds; NULL: not set here. 0: it leaves at once.';

ALTER TABLE pgdispatch.setting ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.setting FOR SELECT
    USING (role::oid IN (0::oid, pg_catalog.quote_ident(CURRENT_USER)::regrole::oid));
COMMENT ON POLICY own ON pgdispatch.setting IS 'A role sees its own settings and those of all roles.';


CREATE TABLE pgdispatch.cron_worker (
    role          regrole     NOT NULL,
    id            bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    purpose       text        NOT NULL DEFAULT 'work' CHECK (purpose IN ('work', 'alarm', 'reboot', 'permanent', 'guard', 'non_transactional')),
    promise       smallint,
    promised_in   timestamptz NOT NULL DEFAULT pg_catalog.date_trunc('minute', pg_catalog.clock_timestamp()),
    scheduled_at  timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    wakes_at      timestamptz,
    database_id          text        NOT NULL DEFAULT pgdispatch.database_id(),
    after_run     bigint      NOT NULL DEFAULT 0,
    runs          integer     NOT NULL DEFAULT 0,
    pid           integer,
    backend_start timestamptz,
    job_id        bigint,
    PRIMARY KEY (role, id),
    UNIQUE (role, database_id, promise, promised_in)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);

COMMENT ON TABLE pgdispatch.cron_worker IS
'The rows of cron.job that belong to pg-dispatch. Each is written and deleted together with its counterpart; a role sees its own only.';
COMMENT ON COLUMN pgdispatch.cron_worker.role IS 'The role whose jobs the worker runs.';
COMMENT ON COLUMN pgdispatch.cron_worker.id IS 'Identifies the worker: its counterpart in cron.job is named ''pgdispatch worker '' and this.';
COMMENT ON COLUMN pgdispatch.cron_worker.purpose IS
'work: to come at once. alarm: to come when the next snoozed job falls due. reboot: to come after a restart, if an alarm was missed. permanent: an administrator''s. guard: to cancel jobs that take longer than their time limit, and to have commands run outside of a transaction. outside: such a command.';
COMMENT ON COLUMN pgdispatch.cron_worker.promise IS
'Not NULL as long as dispatches may rely on it that this worker will look at the queue soon.';
COMMENT ON COLUMN pgdispatch.cron_worker.promised_in IS
'The minute of the promise: should an administrator take the worker away from pg_cron, those who cannot see that promise anew in the next.';
COMMENT ON COLUMN pgdispatch.cron_worker.scheduled_at IS 'When it was scheduled; of a permanent worker, when it was last seen.';
COMMENT ON COLUMN pgdispatch.cron_worker.wakes_at IS 'When an alarm is to come.';
COMMENT ON COLUMN pgdispatch.cron_worker.database_id IS 'The database for which it was scheduled. In one that was restored from its dump it does nothing, and nobody relies on it.';
COMMENT ON COLUMN pgdispatch.cron_worker.after_run IS 'Its runs come after this one in cron.job_run_details.';
COMMENT ON COLUMN pgdispatch.cron_worker.runs IS 'How often pg_cron has started it.';
COMMENT ON COLUMN pgdispatch.cron_worker.pid IS 'The session that it is or was; of a session that ended well, nothing is left.';
COMMENT ON COLUMN pgdispatch.cron_worker.backend_start IS 'When that session began, as process ids are used again.';
COMMENT ON COLUMN pgdispatch.cron_worker.job_id IS 'The job whose command pg_cron runs outside of a transaction.';

CREATE INDEX cron_worker_job ON pgdispatch.cron_worker (role, job_id) WHERE job_id IS NOT NULL;
COMMENT ON INDEX pgdispatch.cron_worker_job IS 'The commands that pg_cron runs outside of a transaction.';

ALTER TABLE pgdispatch.cron_worker ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON pgdispatch.cron_worker
    USING (role::oid = pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.cron_worker IS 'A role sees, adds and removes its own workers only.';
