package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link TimeLimit}, whose alarm may come at any moment.
 */
class MethodTimeLimitTests {

	private final HeldScheduler scheduler = new HeldScheduler();

	private final TimeLimit limit = new TimeLimit(Duration.ofMillis(1500), this.scheduler);

	@AfterEach
	void stop() {
		Thread.interrupted();
		this.scheduler.shutdownNow();
	}

	@Test
	void alarmIsSetForTheTimeLimit() {
		assertThat(this.scheduler.delay).isEqualTo(1500);
	}

	@Test
	void attemptIsInterruptedOnce() {
		this.scheduler.alarm.run();
		assertThat(Thread.currentThread().isInterrupted()).isTrue();
		assertThat(this.limit.end()).isTrue();
		assertThat(Thread.currentThread().isInterrupted()).isFalse();
		assertThat(this.limit.end()).isTrue();
	}

	/**
	 * It may wait for its turn while the attempt ends, so that it cannot be cancelled any
	 * more.
	 */
	@Test
	void alarmThatComesAfterTheEndHitsNobody() {
		assertThat(this.limit.end()).isFalse();
		this.scheduler.alarm.run();
		assertThat(Thread.currentThread().isInterrupted()).isFalse();
		assertThat(this.limit.end()).isFalse();
	}

	@Test
	void interruptionOfSomebodyElseStays() {
		Thread.currentThread().interrupt();
		assertThat(this.limit.end()).isFalse();
		assertThat(Thread.currentThread().isInterrupted()).isTrue();
	}

	@Test
	void alarmIsCancelledAtTheEnd() {
		assertThat(this.scheduler.getQueue()).hasSize(1);
		this.limit.end();
		assertThat(this.scheduler.getQueue()).isEmpty();
	}

	/**
	 * Leaves it to the test when the alarm comes.
	 */
	private static final class HeldScheduler extends ScheduledThreadPoolExecutor {

		private Runnable alarm;

		private long delay;

		HeldScheduler() {
			super(1);
			setRemoveOnCancelPolicy(true);
		}

		@Override
		public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
			this.alarm = command;
			this.delay = unit.toMillis(delay);
			return super.schedule(() -> {
			}, 1, TimeUnit.HOURS);
		}

	}

}
