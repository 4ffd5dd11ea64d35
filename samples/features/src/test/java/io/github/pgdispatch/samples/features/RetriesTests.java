package io.github.pgdispatch.samples.features;

import io.github.pgdispatch.Cancellation;
import io.github.pgdispatch.DeadLetter;
import io.github.pgdispatch.DeadLetterFilter;
import io.github.pgdispatch.JobInfo;
import io.github.pgdispatch.JobState;
import io.github.pgdispatch.PgDispatchOperations;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests the examples of docs/retries-and-dead-letters.md.
 */
@FeatureTest
class RetriesTests {

	@Autowired
	private Feature feature;

	@Autowired
	private PgDispatchOperations operations;

	@Test
	void failedAttemptIsFollowedByAnotherOne(@Autowired RetryExample example) {
		this.feature.inTransaction(() -> {
			example.send("Annie", null);
			example.sendWhenAskedTo("Annie", null);
			example.refuse("Annie");
		});
		this.feature.awaitMails("Annie", "Attempt 2", "Attempt 2");
		assertThatIsDeadLetter("retryExample.refuse", 1, "There is no such address");
	}

	@Test
	void attemptThatTakesTooLongIsEnded(@Autowired TimeLimitExample example) {
		this.feature.inTransaction(() -> {
			example.computeForAMinute();
			example.callForAMinute();
		});
		this.feature
			.await(() -> assertThat(this.operations.deadLetters(DeadLetterFilter.all().sqlState("PD001"))).hasSize(2));
	}

	@Test
	void deadLettersAreRetriedAndDeleted(@Autowired DeadLetterExample example,
			@Autowired DeadLetterExample.SideEffects sideEffects) {
		this.feature.inTransaction(() -> sideEffects.invite("Joan"));
		this.feature.await(() -> assertThat(example.failures()).singleElement()
			.asString()
			.contains("The mail server does not answer"));
		sideEffects.repairMailServer();
		assertThat(example.retryAll()).isOne();
		this.feature.awaitMails("Joan", "You are invited");
		assertThat(example.giveUp()).isZero();
	}

	@Test
	void jobIsFoundAndCancelled(@Autowired CancelExample example) {
		long job = example.remindTomorrow("Mary");
		assertThat(example.find(job)).get().extracting(JobInfo::state).isEqualTo(JobState.SNOOZED);
		assertThat(example.doNotRemind(job)).isEqualTo(Cancellation.CANCELLED);
		assertThat(example.doNotRemind(job)).isEqualTo(Cancellation.NOT_FOUND);
	}

	private void assertThatIsDeadLetter(String handler, int attempts, String message) {
		this.feature.await(() -> {
			DeadLetter letter = this.operations.deadLetters(DeadLetterFilter.all().handler(handler)).get(0);
			assertThat(letter.attempts()).isEqualTo(attempts);
			assertThat(letter.message()).contains(message);
		});
	}

}
