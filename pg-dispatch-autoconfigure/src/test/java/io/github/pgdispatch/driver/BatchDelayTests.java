package io.github.pgdispatch.driver;

import java.time.Duration;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link BatchDelay}.
 */
class BatchDelayTests {

	private final BatchDelay gathering = new BatchDelay();

	@Test
	void isOverAtFirst() {
		assertThat(this.gathering.left()).isNotPositive();
	}

	@ParameterizedTest
	@ValueSource(longs = { 0, 1 })
	void doesNotBeginAfterOneThatCameAlone(long jobs) {
		this.gathering.begin(100);
		this.gathering.begin(jobs);
		assertThat(this.gathering.left()).isNotPositive();
	}

	@ParameterizedTest
	@CsvSource({ "2, 1", "5, 4", "6, 5", "7, 5", "100000000000, 5" })
	void lastsTheLongerTheMoreThereWereButNotForLong(long jobs, long millis) {
		this.gathering.begin(jobs);
		assertThat(this.gathering.left()).isLessThanOrEqualTo(Duration.ofMillis(millis).toNanos());
		await().until(() -> this.gathering.left() <= 0);
	}

}
