package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What one job leaves in its session never reaches the next, neither in its chunk nor
 * after it.
 */
class LeftoverTests extends AbstractQueueTests {

	LeftoverTests(TestDatabase database) {
		super(database);
	}

	static Stream<Leftover> leftovers() {
		return Stream.of(new Leftover("SET work_mem = '123kB'", "current_setting('work_mem')"),
				new Leftover("SET LOCAL work_mem = '123kB'", "current_setting('work_mem')"),
				new Leftover("SELECT set_config('app.tenant', 'acme', false)",
						"coalesce(current_setting('app.tenant', true), '')"),
				new Leftover("SELECT set_config('search_path', 'pg_catalog', false)", "current_setting('search_path')"),
				new Leftover("SET LOCAL search_path = pgdispatch", "current_setting('search_path')"),
				new Leftover("SET ROLE pg_monitor", "current_user"),
				new Leftover("SET LOCAL ROLE pg_monitor", "current_user"),
				new Leftover("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
						"current_setting('default_transaction_read_only')"),
				new Leftover("CREATE TEMP TABLE leftover ()", "to_regclass('pg_temp.leftover')"),
				new Leftover("CREATE TEMP VIEW leftover AS SELECT 1", "to_regclass('pg_temp.leftover')"),
				new Leftover("SELECT pg_advisory_lock(4711)",
						"(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711)"),
				new Leftover("PREPARE leftover AS SELECT 1",
						"(SELECT count(*) FROM pg_prepared_statements WHERE name = 'leftover')"),
				new Leftover("PREPARE \"We\"\"ird; --\" AS SELECT 1",
						"(SELECT count(*) FROM pg_prepared_statements WHERE name ~ 'We')"),
				new Leftover("DECLARE leftover CURSOR FOR SELECT 1",
						"(SELECT count(*) FROM pg_cursors WHERE name = 'leftover')"),
				new Leftover("DECLARE leftover CURSOR WITH HOLD FOR SELECT 1",
						"(SELECT count(*) FROM pg_cursors WHERE name = 'leftover')"),
				new Leftover("LISTEN leftover", "(SELECT count(*) FROM pg_listening_channels())"),
				new Leftover("SELECT nextval('public.numbers')", "public.last_number()"));
	}

	@BeforeEach
	void prepare() throws SQLException {
		this.queue.run("GRANT pg_monitor TO app", "GRANT INSERT ON public.effect TO pg_monitor");
		this.app.run("CREATE SEQUENCE IF NOT EXISTS public.numbers", """
				CREATE OR REPLACE FUNCTION public.last_number() RETURNS text LANGUAGE plpgsql AS $$
				BEGIN
					RETURN lastval();
				EXCEPTION WHEN object_not_in_prerequisite_state THEN
					RETURN 'none';
				END $$""");
	}

	@ParameterizedTest
	@MethodSource("leftovers")
	void leftoverIsGoneInTheSameChunk(Leftover leftover) throws SQLException {
		leftover.dispatch(this.app);
		this.app.workInChunk();
		assertGone(leftover);
	}

	@ParameterizedTest
	@MethodSource("leftovers")
	void leftoverIsGoneInALargeChunk(Leftover leftover) throws SQLException {
		leftover.dispatch(this.app);
		this.app.work("prefetch => 100");
		assertGone(leftover);
	}

	@ParameterizedTest
	@MethodSource("leftovers")
	void leftoverIsGoneInTheNextTransaction(Leftover leftover) throws SQLException {
		leftover.dispatch(this.app);
		this.app.workAlone();
		assertGone(leftover);
	}

	@ParameterizedTest
	@MethodSource("leftovers")
	void leftoverOfAFailedJobIsGone(Leftover leftover) throws SQLException {
		this.app.fire(leftover.command + "; SELECT 1/0");
		leftover.dispatch(this.app);
		this.app.fire(leftover.command + "; SELECT 1/0");
		this.app.workInChunk();
		assertThat(this.queue.deadLetters()).isEqualTo(2);
		this.queue.run("TRUNCATE pgdispatch.dead_letter");
		assertGone(leftover);
	}

	@ParameterizedTest
	@MethodSource("leftovers")
	void leftoverOfADeferredTriggerIsGone(Leftover leftover) throws SQLException {
		this.app.run("DROP TABLE IF EXISTS public.deferred", "CREATE TABLE public.deferred (id int)", """
				CREATE OR REPLACE FUNCTION public.leave() RETURNS trigger LANGUAGE plpgsql AS $leave$
				BEGIN
					EXECUTE $$%s$$;
					RETURN NULL;
				END $leave$""".formatted(leftover.command), """
				CREATE CONSTRAINT TRIGGER deferred AFTER INSERT ON public.deferred DEFERRABLE INITIALLY DEFERRED
					FOR EACH ROW EXECUTE FUNCTION public.leave()""");
		for (String prefetch : List.of("prefetch => 2", "prefetch => 2", "prefetch => 100")) {
			this.app.fire("INSERT INTO public.deferred VALUES (1)");
			leftover.dispatch(this.app);
			this.app.work(prefetch);
			assertGone(leftover);
		}
	}

	private void assertGone(Leftover leftover) throws SQLException {
		try (Session fresh = this.queue.app()) {
			String clean = fresh.value("SELECT (" + leftover.probe + ")::text");
			assertThat(this.app.value("SELECT (" + leftover.probe + ")::text")).isEqualTo(clean);
			assertThat(this.queue.effects()).isNotEmpty().containsOnly(clean);
			assertThat(this.queue.deadLetters()).isZero();
			assertThat(leftover.leftIn(fresh)).isNotEqualTo(clean);
		}
		this.queue.clear();
	}

	@Test
	void constraintsAreNotDeferredForTheNextJob() throws SQLException {
		createConstraint("INITIALLY IMMEDIATE");
		for (String prefetch : List.of("prefetch => 50", "prefetch => 100", "prefetch => 1")) {
			this.app.fire("SET CONSTRAINTS ALL DEFERRED; " + Queue.effect("done"));
			this.app.fire("INSERT INTO public.constrained VALUES (1)");
			assertThat(this.app.work(prefetch).failed()).isOne();
		}
		assertThat(this.queue.effects()).hasSize(3);
	}

	@Test
	void constraintsAreNotImmediateForTheNextJob() throws SQLException {
		createConstraint("INITIALLY DEFERRED");
		for (String prefetch : List.of("prefetch => 50", "prefetch => 100", "prefetch => 1")) {
			this.app.fire("SET CONSTRAINTS ALL IMMEDIATE; " + Queue.effect("done"));
			this.app.fire("INSERT INTO public.constrained VALUES (1); DELETE FROM public.constrained "
					+ "WHERE ctid = (SELECT max(ctid) FROM public.constrained)");
			assertThat(this.app.work(prefetch).completed()).isEqualTo(2);
		}
	}

	private void createConstraint(String initially) throws SQLException {
		this.app.run("DROP TABLE IF EXISTS public.constrained",
				"CREATE TABLE public.constrained (id int UNIQUE DEFERRABLE " + initially + ")",
				"INSERT INTO public.constrained VALUES (1)");
	}

	@Test
	void deferredTriggerFindsTheSameSettingsInAChunkAsAlone() throws SQLException {
		this.app.run("DROP TABLE IF EXISTS public.deferred", "CREATE TABLE public.deferred (id int)", """
				CREATE OR REPLACE FUNCTION public.leave() RETURNS trigger LANGUAGE plpgsql AS $$
				BEGIN
					INSERT INTO public.effect VALUES (concat(current_setting('app.tenant', true), current_user));
					RETURN NULL;
				END $$""", """
				CREATE CONSTRAINT TRIGGER deferred AFTER INSERT ON public.deferred DEFERRABLE INITIALLY DEFERRED
					FOR EACH ROW EXECUTE FUNCTION public.leave()""");
		String command = "SET app.tenant = 'acme'; INSERT INTO public.deferred VALUES (1)";
		this.app.fire(command);
		this.app.fire(command);
		this.app.workInChunk();
		this.app.fire(command);
		this.app.workAlone();
		assertThat(this.queue.effects()).containsExactly("app", "app", "app");
	}

	/**
	 * What a job leaves.
	 *
	 * @param command of the job
	 * @param probe an expression whose value tells whether the command was run before
	 */
	record Leftover(String command, String probe) {

		void dispatch(Session session) throws SQLException {
			String probe = "INSERT INTO public.effect SELECT (" + this.probe + ")::text";
			session.fire(this.command);
			session.fire(probe);
			session.fire(this.command);
			session.fire(probe);
		}

		String leftIn(Session session) throws SQLException {
			if (!this.command.startsWith("LISTEN")) {
				session.run("BEGIN");
			}
			session.run(this.command);
			return session.value("SELECT (" + this.probe + ")::text");
		}

		@Override
		public String toString() {
			return this.command;
		}

	}

}
