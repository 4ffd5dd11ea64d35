package io.github.pgdispatch.testing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.SleepSignal;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests {@link TestDispatchContext}.
 */
class TestDispatchContextTests {

	private final List<String> effects = new ArrayList<>();

	private void process(DispatchContext context) {
		String receipt = context.step("charge", String.class, () -> {
			this.effects.add("charge");
			return "receipt";
		});
		context.sleep("wait", Duration.ofDays(1));
		context.transactionalStep("reserve", () -> {
			this.effects.add("reserve");
		});
		if (context.attempt() == 1) {
			throw new IllegalStateException("no mail");
		}
		this.effects.add(receipt);
	}

	@Test
	void attemptsGoOnBehindTheStepsThatAreDone() {
		TestDispatchContext first = new TestDispatchContext();
		assertThatExceptionOfType(SleepSignal.class).isThrownBy(() -> process(first));
		assertThat(first.sleeps()).isEqualTo(Duration.ofDays(1));
		assertThat(first.steps()).containsExactly("charge");

		TestDispatchContext afterSleep = first.nextAttempt();
		assertThat(afterSleep.attempt()).isEqualTo(1);
		assertThatIllegalStateException().isThrownBy(() -> process(afterSleep)).withMessage("no mail");
		assertThat(afterSleep.sleeps()).isNull();

		TestDispatchContext second = afterSleep.nextAttempt();
		assertThat(second.attempt()).isEqualTo(2);
		process(second);
		assertThat(this.effects).containsExactly("charge", "reserve", "receipt");
		assertThat(second.steps()).containsExactly("charge", "wait", "reserve");
	}

	@Test
	void idempotencyKeysAreStableAndUnique() {
		TestDispatchContext context = new TestDispatchContext();
		String key = context.idempotencyKey("charge");
		assertThat(context.nextAttempt().idempotencyKey("charge")).isEqualTo(key);
		assertThat(context.idempotencyKey("refund")).isNotEqualTo(key);
		assertThat(new TestDispatchContext(2, Map.of(), new JsonMapper()).idempotencyKey("charge")).isNotEqualTo(key);
	}

	@Test
	void mistakesAreRefusedAsInAJob() {
		TestDispatchContext context = new TestDispatchContext();
		assertThatIllegalArgumentException().isThrownBy(() -> context.step(" ", () -> {
		}));
		assertThatIllegalArgumentException().isThrownBy(() -> context.sleep("nap", Duration.ofSeconds(-1)));
		assertThatIllegalArgumentException().isThrownBy(() -> context.step("object", Object.class, () -> List.of(1L)))
			.withMessageContaining("step 'object'");
		context.step("one", () -> {
		});
		assertThatIllegalStateException().isThrownBy(() -> context.step("one", () -> {
		}));
		context.nextAttempt();
		assertThatIllegalStateException().isThrownBy(() -> context.step("two", () -> {
		})).withMessageContaining("has ended");
	}

}
