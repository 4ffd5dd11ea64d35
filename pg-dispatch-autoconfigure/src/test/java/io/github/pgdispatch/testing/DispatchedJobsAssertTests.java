package io.github.pgdispatch.testing;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

import io.github.pgdispatch.handler.LosslessMapper;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link DispatchedJobsAssert}.
 */
class DispatchedJobsAssertTests {

	private static final Instant NOW = Instant.parse("2026-11-25T12:00:00Z");

	private final DispatchedJobsAssert none = assertThat();

	private final DispatchedJobsAssert some = assertThat(
			new DispatchedJob(1, "SELECT greet(('42'::bigint), ('Ada'::pg_catalog.text))", null, null, NOW, NOW),
			new DispatchedJob(2, "SELECT remind(42)", null, null, NOW, NOW.plusSeconds(90)),
			new DispatchedJob(3, null, "effects.welcome", "{\"id\":42,\"names\":[\"Ada\"],\"rate\":1.50}", NOW, NOW),
			new DispatchedJob(4, null, "effects.welcome", "{\"id\":43,\"names\":[],\"rate\":null}", NOW,
					NOW.plusSeconds(60)));

	private static DispatchedJobsAssert assertThat(DispatchedJob... jobs) {
		return new DispatchedJobsAssert(List.of(jobs), LosslessMapper.of(new JsonMapper())::hasProperty);
	}

	@Test
	void findsCommandsAsTheyAreAndAsTheyAreWritten() {
		this.some.containsCommand("SELECT greet(('42'::bigint), ('Ada'::pg_catalog.text))")
			.hasSize(1)
			.containsCommand("SELECT greet(42, 'Ada')")
			.hasSize(1)
			.containsCommand("SELECT remind(42)")
			.dueAfter(Duration.ofSeconds(90));
	}

	@Test
	void findsHandlersByTheirArguments() {
		this.some.containsHandler("effects.welcome").hasSize(2).withArgument("id", 43L).hasSize(1);
		this.some.containsHandler("effects.welcome").withArgument("id", 42).withArgument("names", List.of("Ada"));
		this.some.containsHandler("effects.welcome").withArgument("rate", 1.5).dueAfter(Duration.ZERO);
		this.some.containsHandler("effects.welcome").withArgument("rate", null).dueAfter(Duration.ofMinutes(1));
	}

	@Test
	void isAListOfAssertJ() {
		this.some.hasSize(4).extracting(DispatchedJob::handler).doesNotContain("effects.farewell");
		this.some.first().extracting(DispatchedJob::id).isEqualTo(1L);
		this.some.filteredOn((job) -> job.command() == null).hasSize(2).containsHandler("effects.welcome");
		this.none.isEmpty();
	}

	@Test
	void tellsWhichCommandsThereAre() {
		assertFails(() -> this.some.containsCommand("SELECT remind(43)"), """
				Expecting a dispatched job with the command
				  SELECT remind(43)
				but there are only
				  SELECT greet(42, 'Ada')
				  SELECT remind(42), after 1m30s
				  effects.welcome {"id":42,"names":["Ada"],"rate":1.50}
				  effects.welcome {"id":43,"names":[],"rate":null}, after 1m""");
	}

	@Test
	void tellsWhatWasAskedFor() {
		assertFails(() -> this.some.as("Ada's 100% welcome")
			.containsHandler("effects.welcome")
			.withArgument("id", 43)
			.dueAfter(Duration.ZERO), """
					[Ada's 100% welcome]\s
					Expecting a dispatched job with the handler
					  effects.welcome
					and the argument
					  id: 43
					and the delay
					  0s
					but there are only
					""");
	}

	@Test
	void tellsThatThereIsNone() {
		assertFails(() -> this.none.containsHandler("effects.welcome"), """
				Expecting a dispatched job with the handler
				  effects.welcome
				but there is none""");
	}

	@Test
	void tellsWhatThereIsWhereThereShouldBeNone() {
		assertFails(this.some::isEmpty, "SELECT remind(42), after 1m30s");
	}

	@Test
	void argumentsAreNotTakenForOneAnother() {
		for (Object value : List.of("42", 42.5, List.of(42), Map.of())) {
			assertFails(() -> this.some.containsHandler("effects.welcome").withArgument("id", value),
					"and the argument");
		}
		assertFails(() -> this.some.containsHandler("effects.welcome").withArgument("missing", null), "missing: null");
		assertFails(() -> this.some.containsCommand("SELECT remind(42)").withArgument("id", 42), "id: 42");
	}

	private static void assertFails(ThrowingCallable assertion, String message) {
		assertThatExceptionOfType(AssertionError.class).isThrownBy(assertion).withMessageContaining(message);
	}

}
