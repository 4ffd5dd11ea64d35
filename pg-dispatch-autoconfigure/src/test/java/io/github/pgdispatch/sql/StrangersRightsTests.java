package io.github.pgdispatch.sql;

import java.sql.SQLException;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.ServerErrorMessage;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A job never runs with any other role's rights than those of the one that dispatched it.
 */
class StrangersRightsTests extends AbstractQueueTests {

	/**
	 * Leaves the role that the effect came from.
	 */
	private static final String WHO = "INSERT INTO public.effect VALUES (current_user || ' as ' || session_user)";

	private String other;

	StrangersRightsTests(TestDatabase database) {
		super(database);
	}

	@BeforeEach
	void createRole() throws SQLException {
		this.other = this.queue.createRole("LOGIN");
		this.queue.grantTo(this.other);
		this.queue.run("GRANT SELECT, INSERT ON public.effect TO " + this.other);
	}

	@Test
	void roleSeesAndRunsItsOwnJobsOnly() throws SQLException {
		this.app.fire(WHO);
		try (Session stranger = this.queue.session(this.other)) {
			stranger.fire(WHO);
			assertThat(stranger.values("SELECT role FROM pgdispatch.job")).containsExactly(this.other);
			stranger.run("DELETE FROM pgdispatch.job WHERE role = 'app'::regrole");
			assertThat(stranger.work().completed()).isOne();
		}
		assertThat(this.queue.effects()).containsExactly(this.other + " as " + this.other);
		assertThat(this.app.work().completed()).isOne();
		assertThat(this.queue.effects()).last().isEqualTo("app as app");
	}

	@Test
	void roleSeesItsOwnDeadLettersOnly() throws SQLException {
		this.app.fire("SELECT 1/0");
		this.app.work();
		try (Session stranger = this.queue.session(this.other)) {
			stranger.run("DELETE FROM pgdispatch.dead_letter");
			assertThat(stranger.values("SELECT message FROM pgdispatch.dead_letter")).isEmpty();
		}
		assertThat(this.app.values("SELECT message FROM pgdispatch.dead_letter")).containsExactly("division by zero");
	}

	@Test
	void rolesWithTheRightsOfTheOwnerAndOfASuperuserRunTheirOwnJobsOnly() throws SQLException {
		this.app.fire(WHO);
		try (Session owner = this.queue.admin()) {
			assertThat(owner.work().completed()).isZero();
			assertThat(owner.value("SELECT due FROM pgdispatch.poll_queue(10, false)")).isEqualTo("0");
			owner.fire(WHO);
			owner.fire(WHO);
			owner.fire(WHO);
			assertThat(owner.work().completed()).isEqualTo(3);
		}
		assertThat(this.queue.effects()).containsOnly("postgres as postgres");
		assertThat(this.queue.jobs()).isOne();
	}

	@Test
	void jobCannotBeAddedForAnotherRole() {
		ServerErrorMessage error = this.app
			.error("INSERT INTO pgdispatch.job (role, command) VALUES ('" + this.other + "', 'SELECT 1')");
		assertThat(error.getSQLState()).isEqualTo("42501");
		assertThat(error.getMessage()).contains("row-level security");
	}

	@ParameterizedTest
	@ValueSource(strings = { "job", "dead_letter" })
	void rowCannotBeGivenToAnotherRole(String table) throws SQLException {
		this.app.fire("SELECT 1/0");
		this.app.work();
		this.app.fire("SELECT 1");
		ServerErrorMessage error = this.app.error("UPDATE pgdispatch." + table + " SET role = '" + this.other + "'");
		assertThat(error.getSQLState()).isEqualTo("42501");
		assertThat(error.getMessage()).contains("row-level security");
	}

	@ParameterizedTest
	@ValueSource(strings = { "SET ROLE %s", "SET SESSION AUTHORIZATION %s" })
	void sessionThatDidNotLogInAsTheRoleIsRefused(String takeOn) throws SQLException {
		try (Session stranger = this.queue.session(this.other); Session admin = this.queue.admin()) {
			stranger.fire(WHO);
			admin.run(takeOn.formatted(this.other));
			ServerErrorMessage error = admin.error("CALL pgdispatch.work()");
			assertThat(error.getSQLState()).isEqualTo("42501");
			assertThat(error.getMessage()).isEqualTo("pgdispatch: this session did not log in as " + this.other);
			assertThat(error.getHint()).isEqualTo("Log in as " + this.other + " and CALL pgdispatch.work() there.");
			assertThat(admin.value("SELECT CURRENT_USER")).isEqualTo(this.other);
		}
		assertThat(this.queue.effects()).isEmpty();
	}

	@Test
	void sessionThatTookOnItsOwnRoleInAnothersNameIsRefused() throws SQLException {
		try (Session admin = this.queue.admin()) {
			this.queue.run("GRANT postgres TO " + this.other);
			admin.run("SET SESSION AUTHORIZATION " + this.other, "SET ROLE postgres");
			assertThat(admin.error("CALL pgdispatch.work()").getSQLState()).isEqualTo("42501");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "RESET ROLE", "SET ROLE NONE", "RESET SESSION AUTHORIZATION",
			"SET SESSION AUTHORIZATION DEFAULT" })
	void jobIsNobodyElseWhateverItResets(String reset) throws SQLException {
		this.app.fire(reset + ";" + WHO);
		this.app.fire(reset + ";" + WHO);
		this.app.work("prefetch => 50");
		this.app.fire(reset + ";" + WHO);
		this.app.work();
		assertThat(this.queue.effects()).containsExactly("app as app", "app as app", "app as app");
	}

	@Test
	void jobCannotTakeOnARoleThatItIsNoMemberOf() throws SQLException {
		this.app.fire("SET ROLE " + this.other);
		this.app.fire("SET SESSION AUTHORIZATION " + this.other);
		assertThat(this.app.work().failed()).isEqualTo(2);
		assertThat(this.queue.values("SELECT DISTINCT sqlstate FROM pgdispatch.dead_letter")).containsExactly("42501");
	}

	@Test
	void deferredTriggerRunsAsTheRoleToo() throws SQLException {
		createDeferredTrigger("RESET ROLE");
		this.app.fire("INSERT INTO public.deferred VALUES (1)");
		this.app.fire("INSERT INTO public.deferred VALUES (2)");
		this.app.work("prefetch => 50");
		this.app.fire("INSERT INTO public.deferred VALUES (3)");
		this.app.work();
		assertThat(this.queue.effects()).containsExactly("app as app", "app as app", "app as app");
	}

	@Test
	void roleThatADeferredTriggerTakesOnDoesNotKeepTheJobFromBeingRemoved() throws SQLException {
		this.queue.run("GRANT " + this.other + " TO app");
		createDeferredTrigger("SET ROLE " + this.other);
		this.app.fire("INSERT INTO public.deferred VALUES (1)");
		this.app.fire("INSERT INTO public.deferred VALUES (2)");
		this.app.work("prefetch => 50");
		assertThat(this.queue.effects()).containsExactly(this.other + " as app", this.other + " as app");
		assertThat(this.queue.jobs()).isZero();
		assertThat(this.app.value("SELECT current_user")).isEqualTo("app");
	}

	private void createDeferredTrigger(String statement) throws SQLException {
		this.app.run("DROP TABLE IF EXISTS public.deferred", "CREATE TABLE public.deferred (id int)", """
				CREATE OR REPLACE FUNCTION public.run_deferred() RETURNS trigger LANGUAGE plpgsql AS $$
				BEGIN
					%s;
					%s;
					RETURN NULL;
				END $$""".formatted(statement, WHO), """
				CREATE CONSTRAINT TRIGGER deferred AFTER INSERT ON public.deferred DEFERRABLE INITIALLY DEFERRED
					FOR EACH ROW EXECUTE FUNCTION public.run_deferred()""");
	}

	@Test
	void cursorThatWouldOutliveTheCommitDoesNot() throws SQLException {
		this.app.run("""
				CREATE OR REPLACE FUNCTION public.escape() RETURNS int LANGUAGE plpgsql AS $$
				BEGIN INSERT INTO public.effect VALUES ('escaped'); RETURN 1; END $$""");
		String command = "DECLARE escaping CURSOR WITH HOLD FOR SELECT public.escape()";
		this.app.fire(command);
		this.app.fire(command);
		this.app.work("prefetch => 50");
		this.app.fire(command);
		this.app.work();
		assertThat(this.queue.effects()).isEmpty();
		assertThat(this.queue.deadLetters()).isZero();
	}

	@Test
	void roleThatAJobTakesOnNeedsNoRightsHere() throws SQLException {
		String stranger = this.queue.createRole("NOLOGIN");
		this.queue.run("GRANT " + stranger + " TO app");
		this.app.fire("SET ROLE " + stranger);
		this.app.fire("SET LOCAL ROLE " + stranger);
		this.app.fire(WHO);
		assertThat(this.app.work("prefetch => 50").completed()).isEqualTo(3);
		this.app.fire("SET ROLE " + stranger);
		assertThat(this.app.work().completed()).isOne();
		assertThat(this.queue.effects()).containsExactly("app as app");
	}

	@Test
	void operatorOfAStrangerIsNotUsed() throws SQLException {
		this.queue.run("CREATE SCHEMA trap", "GRANT USAGE ON SCHEMA trap TO app");
		for (String operands : new String[] { "int, double precision, double precision, *",
				"interval, int, interval, /", "oid, oid, text, ||", "oid, regrole, boolean, =",
				"regrole, regrole, boolean, =" }) {
			String[] types = operands.split(", ");
			this.queue.run(
					"""
							CREATE FUNCTION trap.spring(%s, %s) RETURNS %s LANGUAGE plpgsql AS $$
							BEGIN INSERT INTO public.effect VALUES ('sprung'); RETURN NULL; END $$"""
						.formatted(types[0], types[1], types[2]),
					"CREATE OPERATOR trap.%s (FUNCTION = trap.spring, LEFTARG = %s, RIGHTARG = %s)".formatted(types[3],
							types[0], types[1]));
		}
		try (Session careless = this.queue.app()) {
			careless.run("SET search_path = trap");
			for (int i = 0; i < 4; i++) {
				careless.fire(WHO);
			}
			careless.run("SELECT pgdispatch.poll_queue(10, true)", "SELECT pgdispatch.driver_channel('app')",
					"SELECT pgdispatch.stop_idling()");
			this.queue.run("ALTER ROLE app SET search_path = trap");
			try (Session worker = this.queue.app()) {
				worker.work("prefetch => 50");
				worker.work();
			}
		}
		finally {
			this.queue.run("ALTER ROLE app RESET search_path", "DROP SCHEMA trap CASCADE");
		}
		assertThat(this.queue.effects()).hasSize(4).containsOnly("app as app");
	}

}
