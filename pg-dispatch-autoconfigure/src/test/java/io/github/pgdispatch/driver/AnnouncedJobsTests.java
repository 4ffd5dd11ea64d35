package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link AnnouncedJobs}.
 */
class AnnouncedJobsTests {

	private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 1);

	private final AnnouncedJobs jobs = new AnnouncedJobs(this.clock::get);

	private void pass(long millis) {
		this.clock.addAndGet(Duration.ofMillis(millis).toNanos());
	}

	@Test
	void nothingIsAnnouncedAtFirst() {
		assertThat(this.jobs.hasUnseen()).isFalse();
		assertThat(this.jobs.quickJobs()).isZero();
		assertThat(this.jobs.untilNextLook()).isNotPositive();
		assertThat(this.jobs.untilEndOfChunkDelay()).isNotPositive();
	}

	@ParameterizedTest
	@CsvSource({ "0, 0", "3, 3", "5, 5", "8, 5" })
	void lookHasSeenWhatItRanOfTheJobsAnnouncedBeforeIt(long ran, long seen) {
		this.jobs.announce(5);
		long announcedBefore = this.jobs.announced();
		this.jobs.announce(2);
		this.jobs.lookEnded(announcedBefore, ran, true);
		assertThat(this.jobs.seen()).isEqualTo(seen);
		assertThat(this.jobs.hasUnseen()).isTrue();
	}

	@Test
	void endOfADrainHasSeenAllThatWasAnnouncedBeforeItsLastLook() {
		this.jobs.announce(5);
		long announcedBefore = this.jobs.announced();
		this.jobs.announce(1);
		this.jobs.drainEnded(announcedBefore, 0);
		assertThat(this.jobs.seen()).isEqualTo(5);
		this.jobs.drainEnded(this.jobs.announced(), 0);
		assertThat(this.jobs.hasUnseen()).isFalse();
	}

	@Test
	void slowWorkerDoesNotUndoWhatAQuickOneHasSeen() {
		this.jobs.announce(5);
		this.jobs.drainEnded(5, 0);
		this.jobs.lookEnded(1, 1, false);
		this.jobs.drainEnded(2, 0);
		assertThat(this.jobs.seen()).isEqualTo(5);
	}

	@Test
	void nextLookIsLaterInChunks() {
		this.jobs.lookBegins(false);
		assertThat(this.jobs.untilNextLook()).isEqualTo(Duration.ofMillis(5).toNanos());
		this.jobs.lookBegins(true);
		assertThat(this.jobs.untilNextLook()).isEqualTo(Duration.ofMillis(40).toNanos());
		pass(40);
		assertThat(this.jobs.untilNextLook()).isNotPositive();
	}

	@ParameterizedTest
	@CsvSource({ "0, 5", "1, 5", "2, 40" })
	void workerStartsWithChunksIfTheLastDrainFoundSeveralQuickJobs(long quickJobs, long millis) {
		this.jobs.drainEnded(0, quickJobs);
		this.jobs.workerStarts();
		assertThat(this.jobs.untilNextLook()).isEqualTo(Duration.ofMillis(millis).toNanos());
	}

	@Test
	void chunkDelayFollowsADrainOfSeveralQuickJobs() {
		this.jobs.drainEnded(0, 1_000);
		assertThat(this.jobs.quickJobs()).isEqualTo(1_000);
		this.jobs.drainEnded(0, 0);
		assertThat(this.jobs.quickJobs()).isZero();
		assertThat(this.jobs.untilEndOfChunkDelay()).isNotPositive();
	}

	@ParameterizedTest
	@CsvSource({ "20, true", "21, false" })
	void keepsUpWithTwiceWhatTheLastLookRanInChunks(int unseen, boolean keepsUp) {
		this.jobs.announce(10);
		this.jobs.lookEnded(10, 10, true);
		this.jobs.lookBegins(true);
		this.jobs.announce(unseen);
		assertThat(this.jobs.keepsUp()).isEqualTo(keepsUp);
	}

	@Test
	void doesNotKeepUpOnceALookIsLate() {
		this.jobs.lookEnded(0, 10, true);
		this.jobs.lookBegins(true);
		this.jobs.announce(1);
		assertThat(this.jobs.keepsUp()).isTrue();
		pass(40);
		assertThat(this.jobs.keepsUp()).isFalse();
	}

	@Test
	void doesNotKeepUpOneJobAtATime() {
		this.jobs.lookEnded(0, 10, false);
		this.jobs.lookBegins(false);
		this.jobs.announce(1);
		assertThat(this.jobs.keepsUp()).isFalse();
	}

}
