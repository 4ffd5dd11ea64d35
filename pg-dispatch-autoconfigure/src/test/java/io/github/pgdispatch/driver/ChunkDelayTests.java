package io.github.pgdispatch.driver;

import java.time.Duration;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ChunkDelay}.
 */
class ChunkDelayTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(1);

	/**
	 * Near the end, as a clock of nanoseconds may begin anywhere.
	 */
	private long now = Long.MAX_VALUE - 1;

	private final ChunkDelay chunkDelay = new ChunkDelay(() -> this.now);

	@Test
	void isOverAtFirst() {
		assertThat(this.chunkDelay.left()).isNotPositive();
		assertThat(this.chunkDelay.within(TIMEOUT)).isEqualTo(TIMEOUT);
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
		assertThat(this.chunkDelay.left()).isEqualTo(Duration.ofMillis(millis).toNanos());
		this.now += Duration.ofMillis(millis).toNanos() - 1;
		assertThat(this.chunkDelay.left()).isOne();
		this.now++;
		assertThat(this.chunkDelay.left()).isNotPositive();
	}

	@Test
	void shortensALongerTimeout() {
		this.chunkDelay.begin(5);
		assertThat(this.chunkDelay.within(TIMEOUT)).isEqualTo(Duration.ofMillis(4));
		assertThat(this.chunkDelay.within(Duration.ofMillis(3))).isEqualTo(Duration.ofMillis(3));
		this.now += Duration.ofMillis(4).toNanos();
		assertThat(this.chunkDelay.within(TIMEOUT)).isEqualTo(TIMEOUT);
	}

}
