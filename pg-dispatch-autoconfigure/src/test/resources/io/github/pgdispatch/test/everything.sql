-- Calls what a role may call, so that every function of the schema runs at least once, except for those that need pg_cron. The
-- statements themselves name no operator or function without a schema. Several of them fail: see their comments.

-- The history of everything that follows
SELECT pgdispatch.dispatch_handler('i');
SELECT pgdispatch.complete_handler_jobs(c.claimed_by, ARRAY[c.handler], ARRAY[c.due_at], ARRAY[c.id], ARRAY[c.attempts]) FROM pgdispatch.claim_handler_jobs('00000000-0000-0000-0000-000000000001', '1 hour', '{i}', '{1}', 1) AS c;
SELECT pgdispatch.keep_history('1 day'), pgdispatch.keep_history('0', 'q'), pgdispatch.keep_history(NULL, 'q');

-- Dispatches of commands
SELECT pgdispatch.fire('INSERT INTO public.effect VALUES (''fired'')');
SELECT pgdispatch.snooze('SELECT 1', '1 hour');
SELECT pgdispatch.dispatch('SELECT 1', '20 s', max_attempts => 3, headers => '{"a": "b"}');
SELECT pgdispatch.dispatch('SELECT 1', notify => false, label => 'one');
SELECT pgdispatch.dispatch('SELECT 1', label => ' ');
SELECT pgdispatch.fire_all('{SELECT 1,SELECT 2}', max_attempts => 2);
SET pgdispatch.can_log_in = '';
INSERT INTO pgdispatch.job (role, due_at, command) VALUES (pgdispatch.wake_drivers_if_idle(true, true), 'now', pgdispatch.valid_command('SELECT 1'));
SELECT pgdispatch.set_queue('q', 1, 1000);
SELECT pgdispatch.set_queue('q', 1, 1000, '1 minute');
SELECT pgdispatch.dispatch('SELECT 1', key => 'k', queue => 'q', priority => 5);
SELECT pgdispatch.dispatch('SELECT 2', key => 'k');
SELECT pgdispatch.dispatch('SELECT 3', '1 hour', key => 'k', on_duplicate => 'replace', ordering_key => 'o');
SELECT pgdispatch.dispatch('SELECT 4', key => 'kept', keep_key => '1 hour', keep_result => '1 hour');
SELECT pgdispatch.dispatch('SELECT 1 AS one', ordering_key => 'o', result => 'rows', priority => 1);
SELECT pgdispatch.dispatch('SELECT 1', '1 hour', ordering_key => 'o', notify => false);
SELECT pgdispatch.dispatch('SELECT 1', '1 hour', priority => 5);
SELECT pgdispatch.dispatch('DO $x$ BEGIN RAISE SQLSTATE ''22000''; END $x$', ordering_key => 'held', on_failure => 'hold', key => 'failing');
SELECT pgdispatch.dispatch('SELECT 1', ordering_key => 'held', result => 'count');
SELECT pgdispatch.dispatch('SELECT 1', queue => 'q');
SELECT pgdispatch.dispatch('SELECT 1', queue => 'q', time_limit => '1 hour');
SELECT pgdispatch.dispatch('VACUUM public.effect', transactional => false, max_attempts => 2);
SELECT pgdispatch.dispatch('VACUUM public.effect', transactional => false, queue => 'q');

-- Dispatches that are refused
SELECT pgdispatch.fire(NULL);
SELECT pgdispatch.fire(' ');
SELECT pgdispatch.snooze('SELECT 1', '-1 s');
BEGIN READ ONLY;
SELECT pgdispatch.fire('SELECT 1');
ROLLBACK;
SELECT pgdispatch.dispatch('SELECT 1', max_attempts => 0);
SELECT pgdispatch.dispatch(NULL, queue => 'q');
SELECT pgdispatch.dispatch('SELECT 1', queue => 'none');
SELECT pgdispatch.fire_all('{SELECT 1,""}');
INSERT INTO pgdispatch.job (role, due_at, command) VALUES (pgdispatch.wake_drivers_if_idle(true, true), 'now', pgdispatch.valid_command(' '));
SELECT pgdispatch.set_queue('q', 0);
SELECT pgdispatch.dispatch_handler(NULL);
SELECT pgdispatch.dispatch_handler('h', '[]');
INSERT INTO pgdispatch.handler_job (role, handler, due_at, arguments) VALUES (pgdispatch.wake_nodes_if_idle(true), 'h', 'now', pgdispatch.valid_arguments('h', '[]'));

-- The executor, in all its ways: alone, in chunks with and without savepoints, with jobs that fail, repeat or take on a role
CALL pgdispatch.work();
SELECT pgdispatch.fire_all(ARRAY['SELECT 1', 'SET ROLE app', 'CREATE TEMP TABLE t ()', 'DO $x$ BEGIN RAISE SQLSTATE ''22000''; END $x$', 'PREPARE p AS SELECT 1', 'LISTEN l']);
SELECT pgdispatch.fire('DO $x$ BEGIN RAISE SQLSTATE ''40001''; END $x$');
SELECT pgdispatch.dispatch('DO $x$ BEGIN RAISE SQLSTATE ''22000''; END $x$', key => 'again', max_attempts => 2, back_off => '0');
CALL pgdispatch.work(prefetch => 500);
SELECT pgdispatch.fire_all(ARRAY['SELECT 1', 'SELECT 2', 'SELECT 3', 'SET ROLE app']);
CALL pgdispatch.work(prefetch => 500);
SELECT pgdispatch.set_queue('chunk', 2);
SELECT pgdispatch.dispatch('SELECT 1 AS one', ordering_key => 'chunk', queue => 'chunk', result => 'rows'), pgdispatch.dispatch('SELECT 2', key => pg_catalog.format('chunk %s', n), queue => 'chunk', result => 'count') FROM pg_catalog.generate_series(1, 3) AS n;
SELECT pgdispatch.dispatch('DO $x$ BEGIN RAISE SQLSTATE ''22000''; END $x$', key => 'chunk 4'), pgdispatch.dispatch('SELECT 3', key => 'chunk 5');
CALL pgdispatch.work(prefetch => 500);
SELECT pgdispatch.fire_all(ARRAY['SELECT 1', 'SELECT 2', 'DO $x$ BEGIN RAISE SQLSTATE ''22000''; END $x$', 'SELECT 3']);
CALL pgdispatch.work('1 second', prefetch => 50);
SELECT pgdispatch.fire_all(ARRAY['SELECT 1', 'SELECT 2', 'SELECT 3']);
CALL pgdispatch.work('0', prefetch => 1);
CALL pgdispatch.work('1 second', prefetch => -1);
CALL pgdispatch.work();
SELECT pgdispatch.dispatch('DO $x$ BEGIN RAISE SQLSTATE ''22000''; END $x$', max_attempts => 2);
CALL pgdispatch.work();
SELECT pgdispatch.fire('SELECT 1');
UPDATE pgdispatch.job SET crashes = 6;
CALL pgdispatch.work();

-- Non-transactional commands
BEGIN;
SELECT pgdispatch.end_non_transactional(b.id, b.attempt, '22000', 'failed') FROM pgdispatch.begin_non_transactional() AS b;
COMMIT;
SELECT pgdispatch.end_non_transactional(b.id, b.attempt, '40001', 'conflict') FROM pgdispatch.begin_non_transactional() AS b;
CALL pgdispatch.work();
SELECT pgdispatch.end_non_transactional(b.id, b.attempt) FROM pgdispatch.begin_non_transactional() AS b;
SELECT pgdispatch.end_non_transactional(b.id, b.attempt, '22000', 'failed') FROM pgdispatch.begin_non_transactional() AS b;

-- Circuit breakers
SELECT pgdispatch.set_queue('none', break_after => 1);
SELECT pgdispatch.set_queue('broken', 1, break_after => 1, break_for => '1 second');
SELECT pgdispatch.dispatch('DO $x$ BEGIN RAISE SQLSTATE ''22000''; END $x$', queue => 'broken'), pgdispatch.dispatch('SELECT 1', queue => 'broken');
CALL pgdispatch.work();
UPDATE pgdispatch.breaker SET probe_at = 'now';
SELECT pgdispatch.release_held_jobs(NULL, 'broken');
CALL pgdispatch.work();
SELECT pgdispatch.dispatch_handler('b') FROM pg_catalog.generate_series(1, 3) AS n;
SELECT pgdispatch.fail_handler_job(c.claimed_by, c.handler, c.due_at, c.id, c.attempts, '22000', 'failed', NULL, break_after => 1, break_for => '1 hour') FROM pgdispatch.claim_handler_jobs('00000000-0000-0000-0000-000000000001', '1 hour', '{b}', '{1}', 1) AS c;
SELECT p.* FROM pgdispatch.poll_handlers('00000000-0000-0000-0000-000000000001', '{b}', false) AS p;
UPDATE pgdispatch.breaker SET probe_at = 'now';
SELECT pgdispatch.complete_handler_job(c.claimed_by, c.handler, c.due_at, c.id, c.attempts, has_breaker => true) FROM pgdispatch.claim_handler_jobs('00000000-0000-0000-0000-000000000001', '1 hour', '{b}', '{1}', 1) AS c;
SELECT pgdispatch.resume('b');

-- Fair queues
SELECT pgdispatch.set_queue('none', per_key => 1);
SELECT pgdispatch.set_queue('fair', 1, per_key => 1);
SELECT pgdispatch.dispatch_handler('f', queue => 'fair', fair_key => pg_catalog.format('key %s', n)), pgdispatch.dispatch_handler('f', queue => 'fair') FROM pg_catalog.generate_series(1, 3) AS n;
SELECT pgdispatch.complete_handler_job(c.claimed_by, c.handler, c.due_at, c.id, c.attempts) FROM pgdispatch.claim_handler_jobs('00000000-0000-0000-0000-000000000001', '1 hour', '{f}', '{3}', 3) AS c;
SELECT pgdispatch.complete_handler_job(c.claimed_by, c.handler, c.due_at, c.id, c.attempts) FROM pgdispatch.claim_handler_jobs('00000000-0000-0000-0000-000000000001', '1 hour', '{f}', '{3}', 3) AS c;
SELECT pgdispatch.pause('f');
SELECT pgdispatch.set_queue('fair', 2, per_key => 1);
CALL pgdispatch.work();
SELECT pgdispatch.resume('f');
SELECT pgdispatch.set_queue('fair', 2, per_key => 1, rate_per_key => 100);
CALL pgdispatch.work();
SELECT pgdispatch.dispatch_handler('f', queue => 'fair', fair_key => pg_catalog.format('key %s', n OPERATOR(pg_catalog.%) 2)) FROM pg_catalog.generate_series(1, 6) AS n;
SELECT pgdispatch.complete_handler_job(c.claimed_by, c.handler, c.due_at, c.id, c.attempts) FROM pgdispatch.claim_handler_jobs('00000000-0000-0000-0000-000000000001', '1 hour', '{f}', '{3}', 3) AS c;
SELECT pg_catalog.pg_sleep(0.03);
CALL pgdispatch.work();
SELECT pgdispatch.complete_handler_job(c.claimed_by, c.handler, c.due_at, c.id, c.attempts) FROM pgdispatch.claim_handler_jobs('00000000-0000-0000-0000-000000000001', '1 hour', '{f}', '{3}', 3) AS c;
SELECT pgdispatch.purge_fair_rates();
SELECT pgdispatch.drop_queue('fair');
SELECT pgdispatch.set_queue('none', 1, per_key => 1, rate_per_key => 0);

-- Lists and numbers of jobs
SELECT j.* FROM pgdispatch.jobs() AS j;
SELECT pgdispatch.move_jobs('of o'), pgdispatch.move_jobs(NULL, queue => 'of o');
SELECT j.* FROM pgdispatch.jobs('sql', 'one', 'q', 'waiting', '-infinity', 0, 2) AS j;
SELECT j.* FROM pgdispatch.jobs(state => 'none') AS j;
SELECT pgdispatch.cancel_jobs(state => 'running');
SELECT pgdispatch.cancel_jobs(name => 'one');
SELECT s.* FROM pgdispatch.status() AS s;
SELECT pgdispatch.run_now(j.id) FROM pgdispatch.job AS j;

-- Control of jobs
SELECT f.* FROM pgdispatch.managed_job AS m, LATERAL pgdispatch.find(m.id) AS f;
SELECT f.* FROM pgdispatch.dead_letter AS d, LATERAL pgdispatch.find(d.id) AS f;
SELECT f.* FROM pgdispatch.result AS d, LATERAL pgdispatch.find(d.id) AS f;
SELECT f.* FROM pgdispatch.job AS j, LATERAL pgdispatch.find(j.id) AS f;
SELECT f.* FROM pgdispatch.managed_job AS m, LATERAL pgdispatch.result(m.id) AS f;
SELECT f.* FROM pgdispatch.dead_letter AS d, LATERAL pgdispatch.result(d.id) AS f;
SELECT f.* FROM pgdispatch.result AS d, LATERAL pgdispatch.result(d.id) AS f;
SELECT pgdispatch.dispatch('SELECT 1', '1 hour', key => 'failing');
SELECT pgdispatch.retry(d.id) FROM pgdispatch.dead_letter AS d;
DELETE FROM pgdispatch.dead_letter;
SELECT pgdispatch.cancel(m.id) FROM pgdispatch.managed_job AS m;
SELECT pgdispatch.cancel(j.id) FROM pgdispatch.job AS j;
SELECT pgdispatch.cancel(1, '-1 s');
SELECT pgdispatch.pause(), pgdispatch.pause('h'), pgdispatch.pause(queue => 'q');
SELECT pgdispatch.pause(' ');
SELECT pgdispatch.pause(queue => 'none');
SELECT pgdispatch.fire('SELECT 1');
CALL pgdispatch.work();
SELECT pgdispatch.resume(), pgdispatch.resume(queue => 'q');
SELECT * FROM pgdispatch.settings('app');
SELECT pgdispatch.cron_problem();

-- Jobs of handlers: plain and managed, completed, failed, released and cancelled
SELECT pgdispatch.poll_handlers('00000000-0000-0000-0000-000000000001', '{h,g}', true);
SELECT pgdispatch.resume('h');
SET pgdispatch.can_log_in = '';
SELECT pgdispatch.dispatch_handler('h', '{"a": 1}', '1 hour');
SET pgdispatch.can_log_in = '';
INSERT INTO pgdispatch.handler_job (role, handler, due_at, arguments) VALUES (pgdispatch.wake_nodes_if_idle(true), 'h', 'now', pgdispatch.valid_arguments('h', '{}'));
SELECT pgdispatch.dispatch_handler('h', '{"a": 1}') FROM pg_catalog.generate_series(1, 4);
SELECT pgdispatch.dispatch_handler('g', key => 'g', ordering_key => 'g', queue => 'q', priority => 2, keep_result => '1 hour', max_attempts => 2);
SELECT pgdispatch.dispatch_handler('g', ordering_key => 'g', max_attempts => 2);
SELECT pgdispatch.dispatch_handler('g', ordering_key => 'p', on_failure => 'pass', queue => 'q');
SELECT pgdispatch.dispatch_handler('g', priority => 2);
SELECT pgdispatch.poll_handlers('00000000-0000-0000-0000-000000000001', '{h,g}', false);
SELECT pgdispatch.poll_handlers('00000000-0000-0000-0000-000000000001', '{f}', false);
SELECT pgdispatch.stop_idling_node();
SELECT pgdispatch.notify_overflow('{h,g}');
SELECT pgdispatch.complete_handler_job(c.claimed_by, c.handler, c.due_at, c.id, c.attempts) FROM pgdispatch.claim_handler_jobs('00000000-0000-0000-0000-000000000001', '1 hour', '{h}', '{1}', 1) AS c;
SELECT pgdispatch.complete_handler_jobs(c.claimed_by, ARRAY[c.handler], ARRAY[c.due_at], ARRAY[c.id], ARRAY[c.attempts], ARRAY['{"a": 2}'::pg_catalog.json]) FROM pgdispatch.claim_handler_jobs('00000000-0000-0000-0000-000000000001', '1 hour', '{g}', '{1}', 1) AS c;
SELECT pgdispatch.release_handler_job(c.claimed_by, c.handler, c.due_at, c.id, c.attempts, '1 hour') FROM pgdispatch.claim_handler_jobs('00000000-0000-0000-0000-000000000001', '1 hour', '{h,g}', '{1,1}', 2) AS c;
SELECT pgdispatch.fail_handler_job(c.claimed_by, c.handler, c.due_at, c.id, c.attempts, '08006', 'failed', NULL, true, max_attempts => 2, outage => true) FROM pgdispatch.claim_handler_jobs('00000000-0000-0000-0000-000000000001', '1 hour', '{h,g}', '{1,2}', 3) AS c;
SELECT pgdispatch.release_handler_job(c.claimed_by, c.handler, c.due_at, c.id, c.attempts) FROM pgdispatch.claim_handler_jobs_singly('00000000-0000-0000-0000-000000000001', '1 hour', '{h,g}', 3) AS c;
SELECT pgdispatch.fail_handler_job(c.claimed_by, c.handler, c.due_at, c.id, c.attempts, '22000', 'failed', NULL) FROM pgdispatch.claim_handler_jobs('00000000-0000-0000-0000-000000000001', '1 hour', '{h,g}', '{1,2}', 3) AS c;
SELECT pgdispatch.dispatch_handler('s');
SELECT pgdispatch.end_step(c.claimed_by, c.handler, c.due_at, c.id, c.attempts, 'one', '{"a": 1}') FROM pgdispatch.claim_handler_jobs('00000000-0000-0000-0000-000000000001', '1 hour', '{s}', '{1}', 1) AS c;
SELECT pgdispatch.end_step(j.claimed_by, j.handler, j.due_at, j.id, j.attempts, ' ') FROM pgdispatch.handler_job AS j WHERE j.handler OPERATOR(pg_catalog.=) 's';
SELECT s.name FROM pgdispatch.handler_job AS j, LATERAL pgdispatch.steps(j.id) AS s;
SELECT pgdispatch.sleep_handler_job(j.claimed_by, j.handler, j.due_at, j.id, j.attempts, 'nap', '0') FROM pgdispatch.handler_job AS j WHERE j.handler OPERATOR(pg_catalog.=) 's';
SELECT pgdispatch.fail_handler_job(c.claimed_by, c.handler, c.due_at, c.id, c.attempts, '22000', 'failed', NULL) FROM pgdispatch.claim_handler_jobs('00000000-0000-0000-0000-000000000001', '1 hour', '{s}', '{1}', 1) AS c;
DELETE FROM pgdispatch.dead_letter AS d WHERE d.handler OPERATOR(pg_catalog.=) 's';
SELECT pgdispatch.complete_handler_job('00000000-0000-0000-0000-000000000001', 'h', 'now', 1, 1, required => true);
SELECT pgdispatch.dispatch_handler('l', keep_result => '1 hour');
SELECT pgdispatch.complete_handler_job(c.claimed_by, c.handler, c.due_at, c.id, c.attempts, '"longer than the limit"') FROM pgdispatch.claim_handler_jobs('00000000-0000-0000-0000-000000000001', '1 hour', '{l}', '{1}', 1) AS c;
SELECT pgdispatch.set_queue('of o', 1);
SELECT pgdispatch.dispatch_handler('o', ordering_key => 'x', queue => 'of o'), pgdispatch.dispatch_handler('o', ordering_key => 'x'), pgdispatch.dispatch_handler('o', queue => 'of o');
SELECT c.id FROM pgdispatch.claim_handler_jobs('00000000-0000-0000-0000-000000000001', '1 hour', '{o}', '{9}', 9) AS c;
SELECT pgdispatch.complete_handler_job(j.claimed_by, j.handler, j.due_at, j.id, j.attempts) FROM pgdispatch.handler_job AS j WHERE j.claimed_by IS NOT NULL;
SELECT c.id FROM pgdispatch.claim_handler_jobs('00000000-0000-0000-0000-000000000001', '1 hour', '{h}', '{1}', 1) AS c;
SELECT s.* FROM pgdispatch.status() AS s;
SELECT j.* FROM pgdispatch.jobs() AS j;
SELECT pgdispatch.run_now(j.id) FROM pgdispatch.handler_job AS j;
SELECT pgdispatch.run_jobs_now();
SELECT pgdispatch.cancel(j.id, '0') FROM pgdispatch.handler_job AS j;
SELECT pgdispatch.heartbeat('00000000-0000-0000-0000-000000000001', '1 hour', '{1}');
SELECT pgdispatch.cancel_handler_job(j.claimed_by, j.handler, j.due_at, j.id, j.attempts) FROM pgdispatch.handler_job AS j;
SELECT pgdispatch.retry(d.id) FROM pgdispatch.dead_letter AS d;
SELECT pgdispatch.release_unknown_handler_jobs('00000000-0000-0000-0000-000000000001', '{h,g}', '{}');
SELECT pgdispatch.held_handler_jobs('00000000-0000-0000-0000-000000000001', ARRAY[j.handler], ARRAY[j.due_at], ARRAY[j.id], ARRAY[j.attempts]) FROM pgdispatch.handler_job AS j;
SELECT pgdispatch.end_lease('00000000-0000-0000-0000-000000000001');

-- Batches
SELECT pgdispatch.create_batch('b'), pgdispatch.create_batch(' '), pgdispatch.create_batch('b', keep => '-1');
SELECT pgdispatch.create_batch('b');
SELECT pgdispatch.fire_all(ARRAY['SELECT 1', 'SELECT 2', 'DO $x$ BEGIN RAISE SQLSTATE ''22000''; END $x$'], batch => pg_catalog.max(b.id)) FROM pgdispatch.batch AS b;
SELECT pgdispatch.dispatch_like(pgdispatch.dispatch_handler('h', batch => pg_catalog.max(b.id)), ARRAY['{}', '{}']) FROM pgdispatch.batch AS b;
SELECT pgdispatch.dispatch_like(0, ARRAY['{}']);
SELECT pgdispatch.dispatch('SELECT 1', batch => pg_catalog.max(b.id), continuation => 'then') FROM pgdispatch.batch AS b;
SELECT pgdispatch.dispatch_handler('h', batch => pg_catalog.max(b.id), continuation => 'on_failure') FROM pgdispatch.batch AS b;
SELECT pgdispatch.dispatch('SELECT 1', batch => 0), pgdispatch.dispatch('SELECT 1', continuation => 'then');
SELECT pgdispatch.dispatch('SELECT 1', continuation => 'then');
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT pgdispatch.close_batch(pg_catalog.max(b.id)) FROM pgdispatch.batch AS b;
COMMIT;
CALL pgdispatch.work(prefetch => 500);
SELECT pgdispatch.complete_handler_jobs(c.claimed_by, ARRAY[c.handler], ARRAY[c.due_at], ARRAY[c.id], ARRAY[c.attempts]) FROM pgdispatch.claim_handler_jobs('00000000-0000-0000-0000-000000000001', '1 hour', '{h}', '{9}', 9) AS c;
CALL pgdispatch.work(prefetch => 500);
SELECT pgdispatch.create_batch('inner', parent => pgdispatch.create_batch('outer'));
SELECT pgdispatch.dispatch('SELECT 1', batch => b.id), pgdispatch.dispatch_handler('h', batch => b.id) FROM pgdispatch.batches(unended => true) AS b;
SELECT pgdispatch.wait_for_batch_part(p.role, p.id) FROM pgdispatch.batch_part AS p;
SELECT pgdispatch.cancel_batch(pg_catalog.min(b.id)) FROM pgdispatch.batches(unended => true) AS b;
SELECT pgdispatch.cancel_batch(0), pgdispatch.cancel_batch(1, '-1 second');
CALL pgdispatch.work(prefetch => 500);
SELECT f.* FROM pgdispatch.batches() AS b, pgdispatch.find_batch(b.id) AS f;

-- Handlers that take nodes down, and jobs whose node is dead
SELECT pgdispatch.set_queue('of p', 1);
SELECT pgdispatch.dispatch_handler('p'), pgdispatch.dispatch_handler('p', queue => 'of p', key => 'p'), pgdispatch.dispatch_handler('p');
SELECT c.id FROM pgdispatch.claim_handler_jobs('00000000-0000-0000-0000-000000000002', '1 hour', '{p}', '{2}', 2) AS c;
SELECT pgdispatch.end_lease('00000000-0000-0000-0000-000000000002');
SELECT pgdispatch.free_places_of_dead_nodes();
UPDATE pgdispatch.handler_job SET crashes = 2, claimed_by = NULL;
SELECT pgdispatch.poll_handlers('00000000-0000-0000-0000-000000000003', '{p}', false);
SELECT p.id FROM pgdispatch.claim_poison_job('00000000-0000-0000-0000-000000000003', '1 hour', '{p}') AS p;
SELECT pgdispatch.end_lease('00000000-0000-0000-0000-000000000003');
UPDATE pgdispatch.handler_job SET crashes = 5, claimed_by = '00000000-0000-0000-0000-000000000003';
SELECT p.id FROM pgdispatch.claim_poison_job('00000000-0000-0000-0000-000000000004', '1 hour', '{p}') AS p;
SELECT p.id FROM pgdispatch.claim_poison_job('00000000-0000-0000-0000-000000000004', '1 hour', '{p}') AS p;

-- Drivers
SELECT pgdispatch.poll_queue(10, true);
SELECT pgdispatch.fire('SELECT 1');
SELECT pgdispatch.dispatch('SELECT 1', max_attempts => 2, queue => 'q');
SELECT pgdispatch.dispatch_handler('h');
SELECT pgdispatch.stop_idling();
SELECT pgdispatch.announce_application();
SELECT pgdispatch.driver_channel('app'), pgdispatch.node_channel('app'), pgdispatch.result_channel('app');
SELECT pgdispatch.end_polling();
SELECT pgdispatch.drop_queue('q');
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT pgdispatch.dispatch('SELECT 1', key => 'repeatable');
SELECT pgdispatch.poll_queue(10, true);
SELECT pgdispatch.dispatch_handler('g', ordering_key => 'r', queue => 'q');
COMMIT;
CALL pgdispatch.work();
SELECT h.* FROM pgdispatch.history() AS h;
SELECT f.state FROM pgdispatch.history() AS h, pgdispatch.find(h.id) AS f;
SELECT a.* FROM pgdispatch.history() AS h, pgdispatch.attempts(h.id) AS a;

-- Schedules
SELECT pgdispatch.schedule('s', '1 hour', 'SELECT 1', starts_at => '2026-01-01', max_attempts => 3);
SELECT pgdispatch.schedule('s', '2 hours', 'SELECT 1', starts_at => '2026-01-01', missed => 'once');
SELECT pgdispatch.schedule_handler('t', '1 hour', 'other');
SELECT pgdispatch.put_schedule('c', NULL, '0 0 6 * * *', 'UTC', NULL, 'SELECT 1', NULL, NULL, '{}', 'skip', false, true);
SELECT pgdispatch.advance_schedule(s.name, s.tick, '{2026-01-01}', 1, '2035-01-01') FROM pgdispatch.schedule AS s WHERE s.cron IS NOT NULL;
UPDATE pgdispatch.schedule SET next_at = '2026-01-01' WHERE every IS NOT NULL;
SELECT pgdispatch.tick(s.name, s.tick) FROM pgdispatch.schedule AS s WHERE s.every IS NOT NULL;
SELECT pgdispatch.run_schedule('s');
SELECT pgdispatch.pause_schedule('s');
SELECT pgdispatch.resume_schedule('s');
UPDATE pgdispatch.schedule SET tick = NULL;
SELECT pgdispatch.repair_schedules();
SELECT s.name FROM pgdispatch.schedules() AS s;
SELECT pgdispatch.unschedule(s.name) FROM pgdispatch.schedule AS s;
