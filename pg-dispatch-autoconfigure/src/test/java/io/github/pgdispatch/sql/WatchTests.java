package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.time.Duration;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The handshake of drivers that go to rest with transactions that dispatch.
 */
class WatchTests extends AbstractQueueTests {

	private static final String NOBODY = "(0,,f,f)";

	private Session driver;

	private String channel;

	WatchTests(TestDatabase database) {
		super(database);
	}

	@BeforeEach
	void listen() throws SQLException {
		this.driver = this.queue.app();
		this.channel = this.driver.value("SELECT pgdispatch.driver_channel('app')");
		this.driver.run("LISTEN " + this.channel);
	}

	@AfterEach
	void end() throws SQLException {
		this.driver.close();
	}

	private static String watch(Session session, boolean rest) throws SQLException {
		return session.value("SELECT pgdispatch.poll_queue(100, " + rest + ")");
	}

	@Test
	void fireNotifiesADriverThatRests() throws SQLException {
		assertThat(watch(this.driver, true)).isEqualTo("(0,,t,t)");
		this.app.fire("SELECT 1");
		assertThat(this.driver.notifications(Duration.ofMinutes(1))).containsExactly(this.channel);
	}

	@ParameterizedTest
	@ValueSource(strings = { "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE" })
	void notificationComesWithTheCommit(String isolation) throws SQLException {
		this.app.run("BEGIN ISOLATION LEVEL " + isolation, "SELECT 1");
		watch(this.driver, true);
		this.app.fire("SELECT 1");
		this.driver.run("SELECT 1");
		assertThat(this.driver.notifications(Duration.ofMillis(1))).isEmpty();
		this.app.run("COMMIT");
		assertThat(this.driver.notifications(Duration.ofMinutes(1))).containsExactly(this.channel);
	}

	@Test
	void fireNotifiesNobodyWhileNoDriverRests() throws SQLException {
		this.app.fire("SELECT 1");
		assertThat(watch(this.driver, true)).isEqualTo("(1,,t,t)");
		this.driver.run("SELECT pgdispatch.stop_idling()");
		this.app.fire("SELECT 1");
		assertThat(watch(this.driver, false)).isEqualTo("(2,,f,f)");
		assertNotNotified();
	}

	@Test
	void dispatchThatShallNotNotifyDoesNot() throws SQLException {
		watch(this.driver, true);
		this.app.run("SELECT pgdispatch.dispatch('SELECT 1', notify => false)");
		assertNotNotified();
	}

	@Test
	void otherRolesAreNotNotified() throws SQLException {
		watch(this.driver, true);
		try (Session admin = this.queue.admin()) {
			admin.fire("SELECT 1");
		}
		assertNotNotified();
	}

	private void assertNotNotified() throws SQLException {
		// A notification that there was would come before this one.
		this.app.run("NOTIFY " + this.channel + ", 'last'", "LISTEN " + this.channel);
		assertThat(this.driver.notifications(Duration.ofMinutes(1))).hasSize(1);
	}

	@Test
	void driverCannotRestWhileATransactionThatFiredIsOpen() throws SQLException {
		this.app.run("BEGIN");
		this.app.fire("SELECT 1");
		assertThat(watch(this.driver, true)).isEqualTo(NOBODY);
		this.app.run("COMMIT");
		assertThat(watch(this.driver, true)).isEqualTo("(1,,t,t)");
	}

	@Test
	void driverCanRestAfterTheSavepointThatFiredWasRolledBack() throws SQLException {
		this.app.run("BEGIN", "SAVEPOINT before");
		this.app.fire("SELECT 1");
		this.app.run("ROLLBACK TO before");
		assertThat(watch(this.driver, true)).isEqualTo("(0,,t,t)");
		this.app.run("COMMIT");
	}

	@Test
	void oneDriverRestsAndTheOthersAreNotifiedWithIt() throws SQLException {
		watch(this.driver, true);
		assertThat(watch(this.app, true)).isEqualTo("(0,,f,t)");
	}

	@Test
	void driverThatDiesRestsNoMore() throws SQLException {
		watch(this.driver, true);
		this.queue.kill(this.driver);
		assertThat(watch(this.app, true)).isEqualTo("(0,,t,t)");
	}

	@Test
	void driverThatWatchesNoMoreRestsNoMore() throws SQLException {
		watch(this.driver, true);
		watch(this.driver, true);
		this.driver.run("SELECT pgdispatch.end_polling()");
		assertThat(watch(this.app, true)).isEqualTo("(0,,t,t)");
	}

	@Test
	void driversOfOtherRolesRestBesides() throws SQLException {
		watch(this.driver, true);
		try (Session admin = this.queue.admin()) {
			assertThat(watch(admin, true)).isEqualTo("(0,,t,t)");
		}
	}

	@Test
	void watchCountsWhatIsDueAndTellsWhenTheNextIs() throws SQLException {
		for (int i = 0; i < 5; i++) {
			this.app.fire("SELECT 1");
		}
		this.app.snooze("SELECT 1", Duration.ofHours(2));
		this.app.snooze("SELECT 1", Duration.ofHours(3));
		assertThat(this.driver.value("SELECT due FROM pgdispatch.poll_queue(100, false)")).isEqualTo("5");
		assertThat(this.driver.value("SELECT due FROM pgdispatch.poll_queue(3, false)")).isEqualTo("3");
		assertThat(this.driver
			.value("SELECT next_due_in BETWEEN '1:50' AND '2:00' FROM pgdispatch.poll_queue(100, false)"))
			.isEqualTo("t");
	}

	@Test
	void workTellsWhenTheNextIsDue() throws SQLException {
		assertThat(this.app.work().nextDueIn()).isNull();
		this.app.snooze("SELECT 1", Duration.ofHours(2));
		assertThat(this.app.work().nextDueIn()).startsWith("01:59:");
	}

	@ParameterizedTest
	@ValueSource(strings = { "repeatable read", "serializable" })
	void driverThatSeesThePastOnlyLooksAgain(String isolation) throws SQLException {
		this.driver.run("SET default_transaction_isolation = '" + isolation + "'", "BEGIN");
		assertThat(this.driver.value("SELECT count(*) FROM pgdispatch.job")).isEqualTo("0");
		this.app.fire("SELECT 1");
		assertThat(watch(this.driver, true)).isEqualTo("(0,00:00:00,t,t)");
		this.driver.run("COMMIT");
		assertThat(watch(this.driver, false)).isEqualTo("(1,,f,f)");
	}

}
