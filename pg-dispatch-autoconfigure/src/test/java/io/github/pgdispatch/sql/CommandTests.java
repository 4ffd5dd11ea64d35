package io.github.pgdispatch.sql;

import java.sql.SQLException;

import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Any SQL can be a command, and is run as it was dispatched.
 */
class CommandTests extends AbstractQueueTests {

	CommandTests(TestDatabase database) {
		super(database);
	}

	@Test
	void severalStatementsRunInOrderAndAsOne() throws SQLException {
		this.app.fire(Queue.effect("one") + "; " + Queue.effect("two") + ";");
		this.app.fire(Queue.effect("three") + "; SELECT 1/0");
		this.app.work();
		assertThat(this.queue.effects()).containsExactly("one", "two");
		assertThat(this.queue.deadLetters()).isOne();
	}

	@Test
	void dollarQuotesMayBeNested() throws SQLException {
		this.app.run("""
				SELECT pgdispatch.fire($job$
					DO $do$ BEGIN INSERT INTO public.effect VALUES ($$it's$$); END $do$
				$job$)""");
		this.app.work();
		assertThat(this.queue.effects()).containsExactly("it's");
	}

	@ParameterizedTest
	@ValueSource(strings = { "back\\slash \\n \\", "Grüße, 世界 \uD83D\uDC18", "%s %L :name ? $1", "two\nlines -- ;" })
	void textArrivesAsItWas(String text) throws SQLException {
		this.app.fire(Queue.effect(text));
		this.app.work();
		assertThat(this.queue.effects()).containsExactly(text);
	}

	@Test
	void commandMayHoldAMegabyte() throws SQLException {
		String text = "0123456789abcdef".repeat(1 << 16);
		this.app.fire(Queue.effect(text));
		this.app.work();
		assertThat(this.queue.effects()).containsExactly(text);
	}

	@ParameterizedTest
	@ValueSource(strings = { ";", "-- nothing", "SELECT 1", "SELECT * FROM generate_series(1, 10000)",
			"DO $$ BEGIN RAISE NOTICE 'heard by nobody'; END $$", "SET TRANSACTION READ ONLY" })
	void commandNeedNotDoAnything(String command) throws SQLException {
		this.app.fire(command);
		this.app.fire(command);
		assertThat(this.app.work("prefetch => 50").completed()).isEqualTo(2);
		this.app.fire(command);
		assertThat(this.app.work().completed()).isOne();
		assertThat(this.queue.deadLetters()).isZero();
	}

	@Test
	void jobsRunInTheOrderInWhichTheyFellDueAndWereFired() throws SQLException {
		this.app.run("BEGIN");
		for (int i = 0; i < 30; i++) {
			this.app.fire(Queue.effect("job " + i));
		}
		this.app.run("COMMIT");
		this.app.fire(Queue.effect("last"));
		this.app.work();
		assertThat(this.queue.effects()).hasSize(31)
			.startsWith("job 0", "job 1", "job 2")
			.endsWith("job 28", "job 29", "last");
	}

	@Test
	void jobMayFireAnother() throws SQLException {
		this.app.fire("SELECT pgdispatch.fire($$" + Queue.effect("grandchild") + "$$)");
		assertThat(this.app.work().completed()).isEqualTo(2);
		assertThat(this.queue.effects()).containsExactly("grandchild");
	}

}
