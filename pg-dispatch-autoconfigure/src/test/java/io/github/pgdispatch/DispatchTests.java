package io.github.pgdispatch;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

import io.github.pgdispatch.AfterCommitDispatch.OnDuplicate;
import io.github.pgdispatch.AfterCommitDispatch.OnFailure;
import io.github.pgdispatch.gateway.Option;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link Dispatch}: what can be asked of a job, and what cannot.
 */
class DispatchTests {

	private static final Duration SECOND = Duration.ofSeconds(1);

	private final Dispatch sql = Dispatch.sql("SELECT 1");

	private final Dispatch handler = Dispatch.handler("mailer.send", "{}");

	@Test
	void isImmutable() {
		Map<String, Object> parameters = new HashMap<>(Map.of("id", 1));
		Dispatch dispatch = Dispatch.sql("SELECT :id", parameters);
		parameters.put("id", 2);
		dispatch.key("a").delay(SECOND).maxAttempts(3);
		assertThat(dispatch.content()).isEqualTo("SELECT ('1'::integer)");
		assertThat(dispatch).isEqualTo(Dispatch.sql("SELECT :id", Map.of("id", 1)));
		assertThat(dispatch.options().values()).isEmpty();
	}

	@Test
	void equalsWhatAsksForTheSame() {
		Dispatch one = this.sql.key("a").maxAttempts(3).delay(SECOND);
		assertThat(one).isEqualTo(this.sql.delay(SECOND).maxAttempts(3).key("a"))
			.hasSameHashCodeAs(this.sql.delay(SECOND).maxAttempts(3).key("a"))
			.isNotEqualTo(one.maxAttempts(4))
			.isNotEqualTo(one.delay(Duration.ZERO))
			.isNotEqualTo(Dispatch.sql("SELECT 2").key("a").maxAttempts(3).delay(SECOND));
		assertThat(this.handler).isNotEqualTo(Dispatch.handler("mailer.send", "{\"id\":1}"))
			.isNotEqualTo(Dispatch.handler("mailer.fetch", "{}"));
	}

	@Test
	void tellsNoSecrets() {
		assertThat(Dispatch.sql("SELECT 'secret'").key("secret").orderingKey("secret").toString())
			.contains("SQL", "KEY", "ORDERING_KEY")
			.doesNotContain("secret");
		assertThat(Dispatch.handler("mailer.send", "{\"to\":\"secret\"}").toString()).contains("mailer.send")
			.doesNotContain("secret");
	}

	@Test
	void sqlAndHandlerHaveToBeThere() {
		assertRefused(() -> Dispatch.sql(" "), "blank");
		assertRefused(() -> Dispatch.sql("SELECT :id"), "id");
		assertRefused(() -> Dispatch.handler(" ", "{}"), "The name of the handler must not be blank");
		assertRefused(() -> Dispatch.handler("mailer.send", ""), "The JSON of the arguments must not be blank");
	}

	@Test
	void sqlHasALabelAndAHandlerHasAName() {
		assertThat(this.sql.label("a").options().get(Option.LABEL)).isEqualTo("a");
		assertRefused(() -> this.sql.label(" "), "The label must not be blank");
		assertRefused(() -> this.handler.label("a"), "Only SQL has a label");
	}

	@Test
	void numbersHaveLimits() {
		assertRefused(() -> this.sql.maxAttempts(0), "The maximum number of attempts must be positive, but is 0");
		assertRefused(() -> this.sql.maxAttempts(32_768), "at most 32767, but is 32768");
		assertRefused(() -> this.sql.priority(-1), "between 0 and 86400 seconds, but is -1");
		assertRefused(() -> this.sql.priority(86_401), "between 0 and 86400 seconds, but is 86401");
	}

	@Test
	void durationsHaveLimits() {
		assertRefused(() -> this.sql.delay(SECOND.negated()), "The delay must not be negative, but is PT-1S");
		assertRefused(() -> this.sql.timeLimit(Duration.ofNanos(999_999)),
				"The time limit must be at least one millisecond");
		assertRefused(() -> this.sql.keepResult(Duration.ZERO),
				"The time to keep the result must be at least one millisecond");
		assertRefused(() -> this.handler.keepResult(Duration.ZERO), "The time to keep the result");
		assertRefused(() -> this.sql.key("a").keepKey(SECOND.negated()), "The time to keep the key");
		assertThat(this.sql.key("a").keepKey(Duration.ZERO).options().get(Option.KEEP_KEY)).isEqualTo(Duration.ZERO);
		Duration tooLong = Duration.ofDays(3_652).plusNanos(1);
		assertRefused(() -> this.sql.delay(tooLong), "The delay must be at most 3652 days");
		assertRefused(() -> this.sql.timeLimit(tooLong), "The time limit must be at most 3652 days");
		assertRefused(() -> this.sql.key("a").keepKey(tooLong), "The time to keep the key must be at most 3652 days");
		assertRefused(() -> this.sql.keepResult(tooLong), "The time to keep the result must be at most 3652 days");
		assertRefused(() -> this.sql.keepRowCount(tooLong), "The time to keep the result must be at most 3652 days");
		assertRefused(() -> new BackOff(SECOND, 2, tooLong), "The maximum back-off must be at most 3652 days");
		for (double multiplier : new double[] { 0.9, 1_001, Double.NaN, Double.POSITIVE_INFINITY }) {
			assertRefused(() -> new BackOff(SECOND, multiplier, SECOND),
					"The back-off multiplier must be from 1 to 1000, but is " + multiplier);
		}
		assertRefused(() -> QueueLimits.none().rate(1, tooLong), "The period must be at most 3652 days");
	}

	@Test
	void keysHaveLimits() {
		String longest = "\uD83D\uDC18".repeat(250);
		assertThat(this.sql.key(longest).options().get(Option.KEY)).isEqualTo(longest);
		assertRefused(() -> this.sql.key(longest + "a"), "The key must have at most 1000 bytes in UTF-8");
		assertRefused(() -> this.sql.orderingKey("\u8a9e".repeat(334)),
				"The ordering key must have at most 1000 bytes in UTF-8");
		assertRefused(() -> this.sql.queue("\u8a9e".repeat(334)),
				"The name of the queue must have at most 1000 bytes in UTF-8");
		assertRefused(() -> Dispatch.handler("\u8a9e".repeat(334), "{}"),
				"The name of the handler must have at most 1000 bytes in UTF-8");
		assertRefused(() -> this.sql.key("\t"), "The key must not be blank");
		assertRefused(() -> this.sql.orderingKey(""), "The ordering key must not be blank");
		assertRefused(() -> this.sql.fairKey(""), "The fair key must not be blank");
		assertRefused(() -> this.sql.fairKey("a"), "A fair key requires a queue");
		assertRefused(() -> this.sql.orderingKey("a\0"), "The ordering key must not contain a NUL character");
		assertRefused(() -> this.sql.queue(" "), "The name of the queue must not be blank");
		assertRefused(() -> this.sql.queue("a\u0085"), "The name of the queue must not contain control characters");
		assertRefused(() -> Dispatch.handler("a\nERROR forged", "{}"),
				"The name of the handler must not contain control characters");
	}

	@Test
	void whatIsAboutAKeyTakesOne() {
		assertRefused(() -> this.sql.onDuplicate(OnDuplicate.REPLACE), "Replacing a waiting job requires a key");
		assertRefused(() -> this.sql.keepKey(SECOND), "Keeping a key requires a key");
		assertRefused(() -> this.sql.onFailure(OnFailure.PASS), "requires an ordering key");
	}

	@Test
	void someThingsExcludeEachOther() {
		assertRefused(() -> this.sql.key("a").onDuplicate(OnDuplicate.REPLACE).keepKey(SECOND), "cannot both");
		assertRefused(() -> this.sql.key("a").keepKey(SECOND).onDuplicate(OnDuplicate.REPLACE), "cannot both");
		assertRefused(() -> this.sql.keepResult(SECOND).nonTransactional(), "no result to keep");
		assertRefused(() -> this.sql.nonTransactional().keepRowCount(SECOND), "no result to keep");
	}

	@Test
	void someThingsAreForSqlOnly() {
		assertRefused(() -> this.handler.keepRowCount(SECOND), "Only SQL");
		assertRefused(this.handler::nonTransactional, "Only SQL");
	}

	private static void assertRefused(ThrowingCallable wither, String reason) {
		assertThatIllegalArgumentException().isThrownBy(wither).withMessageContaining(reason);
	}

}
