package io.github.pgdispatch;

import java.time.Duration;
import java.util.Map;

import io.github.pgdispatch.gateway.DispatchOptions;
import io.github.pgdispatch.gateway.Option;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link DispatchDefaults}: what is asked of SQL that does not say.
 */
class DispatchDefaultsTests {

	private static final Duration SECOND = Duration.ofSeconds(1);

	private static final BackOff STEADY = new BackOff(SECOND, 1, SECOND);

	private final Dispatch dispatch = Dispatch.sql("SELECT 1");

	@Test
	void backOffThatTheDatabaseHasByItselfIsLeftOut() {
		DispatchDefaults defaults = new DispatchDefaults(10, BackOff.DEFAULT, null);
		assertThat(options(defaults, this.dispatch)).isEqualTo(Map.of(Option.MAX_ATTEMPTS, 10));
		assertThat(options(defaults, this.dispatch.backOff(BackOff.DEFAULT)))
			.isEqualTo(Map.of(Option.MAX_ATTEMPTS, 10));
		assertThat(options(new DispatchDefaults(10, STEADY, null), this.dispatch.backOff(BackOff.DEFAULT)))
			.isEqualTo(Map.of(Option.MAX_ATTEMPTS, 10));
	}

	@Test
	void backOffOfNoRetryIsLeftOut() {
		DispatchDefaults defaults = new DispatchDefaults(10, STEADY, null);
		assertThat(options(defaults, this.dispatch.maxAttempts(1))).isEqualTo(Map.of(Option.MAX_ATTEMPTS, 1));
	}

	@Test
	void otherBackOffAndTimeLimitAreAskedFor() {
		DispatchDefaults defaults = new DispatchDefaults(10, STEADY, SECOND);
		assertThat(options(defaults, this.dispatch)).isEqualTo(Map.of(Option.MAX_ATTEMPTS, 10, Option.BACK_OFF, SECOND,
				Option.BACK_OFF_MULTIPLIER, 1.0, Option.MAX_BACK_OFF, SECOND, Option.TIME_LIMIT, SECOND));
	}

	@Test
	void whatIsAskedForGoesBefore() {
		DispatchDefaults defaults = new DispatchDefaults(10, STEADY, SECOND);
		Duration minute = Duration.ofMinutes(1);
		BackOff backOff = new BackOff(minute, 3, minute);
		assertThat(options(defaults, this.dispatch.maxAttempts(2).backOff(backOff).timeLimit(minute)))
			.isEqualTo(Map.of(Option.MAX_ATTEMPTS, 2, Option.BACK_OFF, minute, Option.BACK_OFF_MULTIPLIER, 3.0,
					Option.MAX_BACK_OFF, minute, Option.TIME_LIMIT, minute));
	}

	@Test
	void haveLimits() {
		assertThatIllegalArgumentException().isThrownBy(() -> new DispatchDefaults(0, BackOff.DEFAULT, null))
			.withMessageContaining("must be positive, but is 0");
		assertThatIllegalArgumentException().isThrownBy(() -> new DispatchDefaults(1, BackOff.DEFAULT, Duration.ZERO))
			.withMessageContaining("The time limit must be at least one millisecond, but is PT0S");
	}

	private static Map<Option, Object> options(DispatchDefaults defaults, Dispatch dispatch) {
		DispatchOptions options = defaults.complete(dispatch.options());
		return options.values();
	}

}
