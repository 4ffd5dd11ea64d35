package io.github.pgdispatch.driver;

import java.time.Duration;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link ChunkDelay}.
 */
class ChunkDelayTests {

	private final ChunkDelay chunkDelay = new ChunkDelay();

	@Test
	void isOverAtFirst() {
		assertThat(this.chunkDelay.left()).isNotPositive();
	}

	@ParameterizedTest
	@ValueSource(longs = { 0, 1 })
	void doesNotBeginAfterASingleJob(long jobs) {
		this.chunkDelay.begin(100);
		this.chunkDelay.begin(jobs);
		assertThat(this.chunkDelay.left()).isNotPositive();
	}

	@ParameterizedTest
	@CsvSource({ "2, 1", "5, 4", "6, 5", "7, 5", "100000000000, 5" })
	void isTheLongerTheMoreJobsThereWereUpToAMaximum(long jobs, long millis) {
		this.chunkDelay.begin(jobs);
		assertThat(this.chunkDelay.left()).isLessThanOrEqualTo(Duration.ofMillis(millis).toNanos());
		await().until(() -> this.chunkDelay.left() <= 0);
	}

}
