package io.github.pgdispatch.annotation;

import java.io.IOException;
import java.time.Duration;
import java.util.function.Consumer;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.AfterCommitDispatch.OnDuplicate;
import io.github.pgdispatch.AfterCommitDispatch.OnFailure;
import io.github.pgdispatch.BackOff;
import io.github.pgdispatch.CircuitBreaker;
import io.github.pgdispatch.handler.Handler;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link AfterCommitDispatch}: what it asks of jobs, beyond a delay, and where
 * that is known.
 */
@PostgresTest
class AskingMethodTests {

	private HandlerNodes nodes;

	private ApplicationContextRunner application;

	@BeforeEach
	void application(TestDatabase database) {
		this.nodes = new HandlerNodes(database);
		this.application = this.nodes.node()
			.withPropertyValues("pgdispatch.retry.max-attempts=10")
			.withPropertyValues("pgdispatch.worker.enabled=false", "limit=7s", "prefix=invoice", "nothing=")
			.withBean("effects", Effects.class);
	}

	@Test
	void sqlThatAsksForNothingIsAPlainJob() {
		calls(Effects::plain);
		assertJob("max_attempts = 10 AND managed IS NULL");
	}

	@Test
	void attemptsOfSqlAloneMakeNoManagedJob() {
		calls(Effects::attempts);
		assertJob("max_attempts = 3 AND managed IS NULL");
	}

	@Test
	void sqlAsksForEverything() {
		calls((effects) -> effects.everything(42, Duration.ofHours(3)));
		assertManaged(
				"""
						max_attempts = 3 AND back_off = '5 s' AND back_off_multiplier = 1.5 AND max_back_off = '10 min'
						    AND time_limit = '7 s' AND key = 'invoice 42' AND keep_key = '3 hours' AND ordering_key = 'all of them'
						    AND on_failure = 'pass' AND queue = 'slow' AND fair_key = 'tenant 42' AND priority = 60 AND result = 'rows'
						    AND keep_result = '1 day' AND transactional IS NULL""");
	}

	@Test
	void sqlRunsOutsideOfATransaction() {
		calls(Effects::outside);
		assertManaged("NOT transactional AND max_attempts = 10");
	}

	@Test
	void callReplacesTheWaitingJob() {
		calls((effects) -> {
			effects.replace(1);
			effects.replace(2);
		});
		assertJob("command = 'SELECT (''2''::bigint)'");
	}

	@Test
	void keysOfOtherValuesAreOthers() {
		calls((effects) -> {
			effects.everything(1, Duration.ZERO);
			effects.everything(2, Duration.ZERO);
		});
		assertThat(this.nodes.is("count(*) = 2 FROM pgdispatch.managed_job")).isTrue();
	}

	@Test
	void keyThatIsNullIsRefused() {
		calls((effects) -> assertThatIllegalArgumentException().isThrownBy(() -> effects.nullable(null))
			.withMessageContaining("The key order #{#id} of")
			.withMessageContaining("is null"));
	}

	@Test
	void durationThatIsNegativeOrTooShortIsRefused() {
		calls((effects) -> {
			assertThatIllegalArgumentException().isThrownBy(() -> effects.everything(1, Duration.ofSeconds(-1)))
				.withMessageContaining("The time to keep the key must not be negative");
			assertThatIllegalArgumentException().isThrownBy(() -> effects.limited(Duration.ZERO))
				.withMessageContaining("The time limit must be at least one millisecond");
		});
	}

	@Test
	void bodyThatAsksForWhatItsNodeKnowsIsAPlainJob() {
		calls(Effects::retried);
		assertHandlerJob("managed IS NULL AND time_limit IS NULL");
		handler("effects.retried", (handler) -> {
			assertThat(handler.retry().maxAttempts()).isEqualTo(5);
			assertThat(handler.retry().backOff())
				.isEqualTo(new BackOff(Duration.ofSeconds(1), 3, Duration.ofMinutes(1)));
			assertThat(handler.retry().isRetryable(new IllegalStateException())).isTrue();
			assertThat(handler.retry().isRetryable(new UnsupportedOperationException())).isFalse();
			assertThat(handler.retry().isRetryable(new IOException())).isFalse();
			assertThat(handler.timeLimit()).isEqualTo(Duration.ofSeconds(7));
			assertThat(handler.breaker()).isEqualTo(new CircuitBreaker(3, Duration.ofSeconds(7)));
		});
	}

	@Test
	void bodyThatAsksForNothingIsRetriedAsTheApplicationSays() {
		handler("effects.body", (handler) -> {
			assertThat(handler.retry().maxAttempts()).isEqualTo(10);
			assertThat(handler.retry().backOff()).isEqualTo(BackOff.DEFAULT);
			assertThat(handler.retry().isRetryable(new IOException())).isTrue();
			assertThat(handler.timeLimit()).isNull();
			assertThat(handler.breaker()).isNull();
		});
		this.application = this.application.withPropertyValues("pgdispatch.retry.max-attempts=4",
				"pgdispatch.retry.back-off=2s", "pgdispatch.retry.back-off-multiplier=1",
				"pgdispatch.retry.max-back-off=2s", "pgdispatch.time-limit=1m");
		handler("effects.body", (handler) -> {
			assertThat(handler.retry().maxAttempts()).isEqualTo(4);
			assertThat(handler.retry().backOff())
				.isEqualTo(new BackOff(Duration.ofSeconds(2), 1, Duration.ofSeconds(2)));
			assertThat(handler.timeLimit()).isEqualTo(Duration.ofMinutes(1));
		});
	}

	@Test
	void bodyAsksForWhatTheDatabaseHasToKnow() {
		calls((effects) -> effects.ordered(42));
		assertHandlerJob("managed AND wants_result AND time_limit IS NULL");
		assertManaged(
				"""
						key = 'ordered 42' AND ordering_key = '42' AND on_failure IS NULL AND queue = 'slow' AND fair_key = 'acme' AND priority = 5
						    AND result = 'value' AND keep_result = '1 hour' AND num_nulls(max_attempts, back_off) = 2""");
	}

	@Test
	void timeLimitOfTheCallGoesWithTheJob() {
		calls((effects) -> effects.limited(Duration.ofMillis(1500)));
		assertHandlerJob("managed AND time_limit = '1.5 s'");
		handler("effects.limited", (handler) -> assertThat(handler.timeLimit()).isNull());
	}

	private void calls(Consumer<Effects> call) {
		this.application.run((context) -> {
			assertThat(context).hasNotFailed();
			this.nodes.jdbc().sql("SELECT pgdispatch.set_queue('slow', concurrency => 1)").query().singleRow();
			call.accept(context.getBean(Effects.class));
		});
	}

	private void handler(String name, Consumer<Handler> assertions) {
		this.application.run((context) -> {
			assertThat(context).hasNotFailed();
			Handler handler = context.getBean(HandlerMethods.class).handlers().get(name);
			assertThat(handler).isNotNull();
			assertions.accept(handler);
		});
	}

	private void assertJob(String condition) {
		assertThat(this.nodes.is("count(*) = 1 AND bool_and(" + condition + ") FROM pgdispatch.job")).isTrue();
	}

	private void assertHandlerJob(String condition) {
		assertThat(this.nodes.is("count(*) = 1 AND bool_and(" + condition + ") FROM pgdispatch.handler_job")).isTrue();
	}

	private void assertManaged(String condition) {
		assertThat(this.nodes.is("count(*) = 1 AND bool_and(" + condition + ") FROM pgdispatch.managed_job")).isTrue();
	}

	static class Effects {

		@AfterCommitDispatch("SELECT 1")
		void plain() {
		}

		@AfterCommitDispatch(command = "SELECT 1", maxAttempts = 3, timeLimit = "${nothing}")
		void attempts() {
		}

		@AfterCommitDispatch(command = "SELECT :id", maxAttempts = 3, backOff = "5s", backOffMultiplier = "1.5",
				timeLimit = "${limit}", key = "${prefix} #{#id}", keepKey = "#{#keep}", orderingKey = "all of them",
				onFailure = OnFailure.PASS, queue = "slow", fairKey = "tenant #{#id}", priority = 60, keepResult = "1d")
		void everything(long id, Duration keep) {
		}

		@AfterCommitDispatch(command = "VACUUM", transactional = false)
		void outside() {
		}

		@AfterCommitDispatch(command = "SELECT :id", key = "one", onDuplicate = OnDuplicate.REPLACE)
		void replace(long id) {
		}

		@AfterCommitDispatch(command = "SELECT 1", key = "order #{#id}")
		void nullable(@Nullable Long id) {
		}

		@AfterCommitDispatch
		void body() {
		}

		@AfterCommitDispatch(maxAttempts = 5, retryOn = RuntimeException.class,
				noRetryOn = UnsupportedOperationException.class, backOffMultiplier = "3", maxBackOff = "1m",
				timeLimit = "${limit}", breakAfter = 3, breakFor = "${limit}")
		void retried() {
		}

		@AfterCommitDispatch(key = "ordered #{#id}", orderingKey = "#{#id}", queue = "slow", fairKey = "acme",
				priority = 5, keepResult = "1h")
		void ordered(long id) {
		}

		@AfterCommitDispatch(timeLimit = "#{#limit}")
		void limited(Duration limit) {
		}

	}

}
