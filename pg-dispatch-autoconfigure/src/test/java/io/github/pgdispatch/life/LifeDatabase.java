package io.github.pgdispatch.life;

import java.sql.SQLException;
import java.util.List;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;

/**
 * A database with the schema, and with tables in which jobs say that they ran and
 * triggers what became of them.
 */
final class LifeDatabase implements AutoCloseable {

	static final List<String> TABLES = List.of("job", "handler_job", "managed_job", "job_key", "dead_letter");

	private static final String SET_UP = """
			CREATE TABLE public.transaction (id integer PRIMARY KEY);
			CREATE TABLE public.keyed (transaction integer, key text);
			CREATE INDEX ON public.keyed (key);
			CREATE TABLE public.scheduled (name text);
			CREATE TABLE public.healed (tag integer PRIMARY KEY);
			CREATE TABLE public.run (tag integer, key text, started timestamptz, finished timestamptz, seen integer[], early boolean, pid integer DEFAULT pg_backend_pid());
			CREATE TABLE public.trace (at timestamptz DEFAULT clock_timestamp(), pid integer DEFAULT pg_backend_pid(),
				source text, what text, id bigint, line jsonb);
			CREATE FUNCTION public.run(tag integer, transaction integer, key text, fails integer, millis integer, OUT ran integer)
			LANGUAGE plpgsql AS $$
			DECLARE
				started timestamptz := clock_timestamp();
				healed  boolean := EXISTS (SELECT FROM public.healed AS h WHERE h.tag = run.tag);
				seen    integer[] := ARRAY(SELECT k.transaction FROM public.keyed AS k WHERE k.key = run.key);
			BEGIN
				IF fails BETWEEN 1 AND 999999 THEN
					fails := CASE WHEN nextval('public.begun_' || tag) <= fails THEN fails ELSE 0 END;
				END IF;
				IF NOT healed THEN
					PERFORM pg_sleep(millis / 1000.0);
					IF fails > 0 THEN
						RAISE EXCEPTION 'not this time';
					END IF;
				END IF;
				INSERT INTO public.run
				VALUES (tag, key, started, clock_timestamp(), seen,
					NOT EXISTS (SELECT FROM public.transaction AS t WHERE t.id = run.transaction));
				ran := tag;
			END $$;
			CREATE FUNCTION public.trace() RETURNS trigger LANGUAGE plpgsql AS $$
			BEGIN
				INSERT INTO public.trace (source, what, id, line)
				SELECT TG_TABLE_NAME, TG_OP, (l.line ->> 'id')::bigint, jsonb_strip_nulls(l.line)
				  FROM (SELECT CASE TG_OP WHEN 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END AS line) AS l;
				RETURN NULL;
			END $$;
			DO $$ BEGIN
				FOR i IN 1 .. %d LOOP
					EXECUTE 'CREATE SEQUENCE public.begun_' || i;
				END LOOP;
			END $$"""
		.formatted(RandomJobs.SEQUENCES);

	private final TestDatabase database;

	private final Session superuser;

	private final Session app;

	LifeDatabase(TestDatabase database) throws SQLException {
		this.database = database;
		this.superuser = new Session(database, "postgres");
		this.app = new Session(database, "app");
	}

	void install() throws SQLException {
		this.database.install("postgres");
		this.superuser.run("CALL pgdispatch.grant_to('app')");
		this.app.run(SET_UP);
		for (String table : TABLES) {
			this.superuser.run("CREATE TRIGGER trace AFTER INSERT OR UPDATE OR DELETE ON pgdispatch." + table
					+ " FOR EACH ROW EXECUTE FUNCTION public.trace()");
		}
	}

	void clear() throws SQLException {
		this.superuser.run(
				"TRUNCATE public.transaction, public.keyed, public.healed, public.run, public.trace, pgdispatch.queue, pgdispatch.result, pgdispatch.step, pgdispatch.node, pgdispatch.pause, pgdispatch.schedule, pgdispatch.breaker, public.scheduled, pgdispatch.fair_turn, pgdispatch.fair_rate, pgdispatch.batch, pgdispatch.batch_part, "
						+ String.join(", ", TABLES.stream().map((table) -> "pgdispatch." + table).toList()),
				"DO $$ BEGIN FOR i IN 1 .. %d LOOP PERFORM setval('public.begun_' || i, 1, false); END LOOP; END $$"
					.formatted(RandomJobs.SEQUENCES));
		Queues.set(this.app);
	}

	Session app() {
		return this.app;
	}

	List<String> values(String sql) throws SQLException {
		return this.superuser.values(sql);
	}

	/**
	 * Returns the process ids of sessions.
	 * @param condition on {@code pg_stat_activity}
	 * @return them, in order
	 */
	List<Integer> sessions(String condition) throws SQLException {
		return values("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND " + condition
				+ " ORDER BY pid")
			.stream()
			.map(Integer::valueOf)
			.toList();
	}

	/**
	 * Returns what may keep jobs from being run: sessions, locks, pauses, breakers and
	 * queues.
	 */
	List<String> state() throws SQLException {
		return values(
				"""
						SELECT concat_ws(' ', a.pid, a.application_name, a.state, a.wait_event, now() - a.xact_start, left(a.query, 200))
						  FROM pg_stat_activity AS a WHERE a.datname = current_database()
						UNION ALL
						SELECT concat_ws(' ', l.pid, l.locktype, l.relation::regclass, l.classid, l.objid, l.mode, l.granted)
						  FROM pg_locks AS l
						 WHERE l.locktype <> 'virtualxid'
						   AND l.pid IN (SELECT a.pid FROM pg_stat_activity AS a WHERE a.datname = current_database() AND a.pid <> pg_backend_pid())
						UNION ALL SELECT 'pause ' || p FROM pgdispatch.pause AS p
						UNION ALL SELECT 'breaker ' || b FROM pgdispatch.breaker AS b
						UNION ALL SELECT 'queue ' || q FROM pgdispatch.queue AS q
						UNION ALL SELECT 'node ' || n FROM pgdispatch.node AS n""");
	}

	/**
	 * Returns what is left of jobs, keys that are kept aside.
	 */
	List<String> leftovers() throws SQLException {
		return values(
				"""
						SELECT 'job ' || j.id || ' due ' || j.due_at FROM pgdispatch.job AS j
						UNION ALL SELECT 'handler_job ' || j FROM pgdispatch.handler_job AS j
						UNION ALL SELECT 'managed_job ' || m FROM pgdispatch.managed_job AS m
						UNION ALL SELECT 'step ' || s FROM pgdispatch.step AS s
						UNION ALL SELECT 'batch_part ' || p FROM pgdispatch.batch_part AS p
						UNION ALL SELECT 'dead_letter ' || d.id || ' ' || d.sqlstate FROM pgdispatch.dead_letter AS d
						UNION ALL SELECT 'job_key ' || k FROM pgdispatch.job_key AS k WHERE k.expires_at > clock_timestamp() IS NOT FALSE""");
	}

	List<String> locks() throws SQLException {
		return values(
				"""
						SELECT l::text FROM pg_locks AS l
						 WHERE l.locktype = 'advisory' AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())""");
	}

	@Override
	public void close() throws SQLException {
		this.superuser.close();
		this.app.close();
	}

}
