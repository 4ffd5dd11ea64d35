package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.annotation.Transactional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * I6: the text of an exception or of a result always fits the database, whatever the
 * database's encoding is.
 */
@ExtendWith(OutputCaptureExtension.class)
@PostgresTest
class EncodingTests {

	@ParameterizedTest
	@ValueSource(strings = { "LATIN1", "WIN1252", "UTF8" })
	void textFitsTheEncodingOfTheDatabase(String encoding, TestDatabase server, CapturedOutput output) {
		TestDatabase database = database(server, encoding);
		JdbcClient jdbc = database.jdbc("app");
		boolean takesAll = encoding.equals("UTF8");
		try (HandlerNode node = HandlerNode.start(database, Methods.class)) {
			dispatch(jdbc, "'accents'");
			dispatch(jdbc, "'foreign'");
			dispatch(jdbc, "'unstorable'");
			long result = dispatch(jdbc, "'returnsForeign', keep_result => '1 hour'");
			long transactional = dispatch(jdbc, "'returnsForeignInATransaction', keep_result => '1 hour'");
			soon().until(() -> jdbc.sql("SELECT count(*) FROM pgdispatch.handler_job").query(Integer.class).single(),
					(jobs) -> jobs == 0);
			assertThat(message(jdbc, "accents")).endsWith("IllegalStateException: déjà vu");
			assertThat(message(jdbc, "foreign"))
				.endsWith("IllegalStateException: " + (takesAll ? "日本" : "\\u65e5\\u672c"));
			assertThat(message(jdbc, "unstorable")).endsWith("IllegalStateException: onetwothree");
			for (long id : new long[] { result, transactional }) {
				assertThat(jdbc.sql("SELECT state || ' ' || value FROM pgdispatch.result(?)")
					.param(id)
					.query(String.class)
					.single()).isEqualTo("done " + (takesAll ? "\"日本\"" : "\"\\u65e5\\u672c\""));
			}
		}
		assertThat(output.getOut()).doesNotContain("Lost the database").doesNotContain("The outcome of");
	}

	@Test
	void textOfAnExceptionHasASize(TestDatabase database) {
		JdbcClient jdbc = database.install("app").jdbc("app");
		try (HandlerNode node = HandlerNode.start(database, Methods.class)) {
			dispatch(jdbc, "'long'");
			soon().until(() -> jdbc.sql("SELECT count(*) FROM pgdispatch.dead_letter").query(Integer.class).single(),
					(letters) -> letters == 1);
		}
		assertThat(message(jdbc, "long")).hasSizeBetween(10_000, 10_100)
			.contains("[... 9990")
			.startsWith("java.lang.IllegalStateException: x")
			.endsWith("xEnd");
		assertThat(jdbc.sql("SELECT context FROM pgdispatch.dead_letter").query(String.class).single())
			.hasSizeBetween(50_000, 50_100)
			.contains("Caused by: java.lang.IllegalArgumentException: the first cause");
	}

	private static TestDatabase database(TestDatabase server, String encoding) {
		String name = "test_" + UUID.randomUUID().toString().replace("-", "");
		server.jdbc("postgres")
			.sql("CREATE DATABASE " + name + " OWNER app ENCODING '" + encoding
					+ "' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
			.update();
		return new TestDatabase(server.port(), name).install("app");
	}

	private static long dispatch(JdbcClient jdbc, String arguments) {
		return jdbc.sql("SELECT pgdispatch.dispatch_handler(" + arguments + ")").query(Long.class).single();
	}

	private static String message(JdbcClient jdbc, String handler) {
		return jdbc.sql("SELECT message FROM pgdispatch.dead_letter WHERE handler = ?")
			.param(handler)
			.query(String.class)
			.single();
	}

	private static ConditionFactory soon() {
		return await().pollInterval(Duration.ofMillis(20));
	}

	static class Methods {

		@AfterCommitDispatch(name = "accents")
		void accents() {
			throw new IllegalStateException("déjà vu");
		}

		@AfterCommitDispatch(name = "foreign")
		void foreign() {
			throw new IllegalStateException("日本");
		}

		@AfterCommitDispatch(name = "unstorable")
		void unstorable() {
			throw new IllegalStateException("one\0two\ud800three");
		}

		@AfterCommitDispatch(name = "long")
		void tooLong() {
			throw new IllegalStateException("x".repeat(10_000_000) + "End",
					new IllegalArgumentException("the first cause"));
		}

		@AfterCommitDispatch(name = "returnsForeign")
		CompletableFuture<String> returnsForeign() {
			return CompletableFuture.completedFuture("日本");
		}

		@Transactional
		@AfterCommitDispatch(name = "returnsForeignInATransaction")
		CompletableFuture<String> returnsForeignInATransaction() {
			return CompletableFuture.completedFuture("日本");
		}

	}

}
