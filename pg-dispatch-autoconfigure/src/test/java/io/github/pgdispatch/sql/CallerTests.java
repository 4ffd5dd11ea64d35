package io.github.pgdispatch.sql;

import java.sql.SQLException;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.util.ServerErrorMessage;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Who may dispatch, and in what kind of transaction.
 */
class CallerTests extends AbstractQueueTests {

	private String nologin;

	CallerTests(TestDatabase database) {
		super(database);
	}

	@BeforeEach
	void createRole() throws SQLException {
		this.nologin = this.queue.createRole("NOLOGIN");
		this.queue.grantTo(this.nologin);
	}

	@Test
	void roleThatCannotLogInIsRefusedUnderSetRole() throws SQLException {
		this.queue.run("GRANT " + this.nologin + " TO app");
		this.app.run("SET ROLE " + this.nologin);
		assertThatNobodyCouldRunIts(this.app);
	}

	@Test
	void roleThatCannotLogInIsRefusedUnderSetSessionAuthorization() throws SQLException {
		try (Session admin = this.queue.admin()) {
			admin.run("SET SESSION AUTHORIZATION " + this.nologin);
			assertThatNobodyCouldRunIts(admin);
		}
	}

	private void assertThatNobodyCouldRunIts(Session session) throws SQLException {
		ServerErrorMessage error = session.error("SELECT pgdispatch.fire('SELECT 1')");
		assertThat(error.getSQLState()).isEqualTo("28000");
		assertThat(error.getMessage())
			.isEqualTo("pgdispatch: role " + this.nologin + " cannot log in, so nothing can run its jobs");
		assertThat(error.getHint()).isEqualTo("Dispatch from a SECURITY DEFINER function of a role that can log in, "
				+ "or ALTER ROLE " + this.nologin + " LOGIN.");
		assertThat(this.queue.jobs()).isZero();
	}

	@Test
	void securityDefinerTriggerFiresAsItsOwnerForACallerWhoCannotLogIn() throws SQLException {
		try (Session admin = this.queue.admin()) {
			this.app.run("CREATE TABLE public.audited (id int)", "GRANT INSERT ON public.audited TO " + this.nologin,
					"""
							CREATE FUNCTION public.audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
							BEGIN
								PERFORM pgdispatch.fire('INSERT INTO public.effect SELECT current_user || session_user');
								RETURN NULL;
							END $$""",
					"CREATE TRIGGER audit AFTER INSERT ON public.audited FOR EACH ROW EXECUTE FUNCTION public.audit()");
			admin.run("SET ROLE " + this.nologin, "INSERT INTO public.audited VALUES (1)");
			this.app.work();
		}
		assertThat(this.queue.effects()).containsExactly("appapp");
	}

	@Test
	void readOnlyTransactionIsRefused() throws SQLException {
		this.app.run("BEGIN READ ONLY");
		ServerErrorMessage error = this.app.error("SELECT pgdispatch.fire('SELECT 1')");
		assertThat(error.getSQLState()).isEqualTo("25006");
		assertThat(error.getMessage()).isEqualTo("pgdispatch: a job cannot be dispatched in a read-only transaction");
		assertThat(error.getDetail()).isEqualTo("A dispatch writes a row.");
		assertThat(error.getHint()).isEqualTo("Dispatch in a read-write transaction.");
	}

	@Test
	void sessionThatIsReadOnlyByDefaultCanWork() throws SQLException {
		String role = this.queue.createRole("LOGIN");
		this.queue.grantTo(role);
		this.queue.run("ALTER ROLE " + role + " SET default_transaction_read_only = on",
				"ALTER ROLE " + role + " SET default_transaction_isolation = 'serializable'",
				"GRANT INSERT ON public.effect TO " + role);
		try (Session session = this.queue.session(role)) {
			session.run("BEGIN READ WRITE", "SELECT pgdispatch.fire($$INSERT INTO public.effect "
					+ "SELECT current_setting('transaction_isolation')$$)", "COMMIT");
			session.work();
		}
		assertThat(this.queue.effects()).containsExactly("read committed");
	}

}
