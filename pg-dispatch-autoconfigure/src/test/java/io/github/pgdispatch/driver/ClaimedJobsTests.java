package io.github.pgdispatch.driver;

import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;

import io.github.pgdispatch.gateway.Claim;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ClaimedJobs}: what becomes of claimed jobs when the node is drained.
 */
class ClaimedJobsTests {

	private final Queue<Runnable> threads = new ArrayDeque<>();

	private final List<Claim> run = new ArrayList<>();

	private final ClaimedJobs jobs = new ClaimedJobs(this.threads::add, 2, (claim) -> {
		this.run.add(claim);
		return Outcome.done(claim, null);
	});

	@Test
	void jobsThatHaveNotBegunAreGivenBackAndNoneBegins() {
		this.jobs.start(List.of(claim(1), claim(2), claim(3)));
		this.jobs.drain();
		assertThat(this.jobs.takeOutcomes()).containsExactly(released(1), released(2), released(3));
		this.threads.forEach(Runnable::run);
		assertThat(this.run).isEmpty();
	}

	@Test
	void jobsThatWereJustClaimedAreGivenBack() {
		this.jobs.drain();
		this.jobs.start(List.of(claim(1)));
		assertThat(this.jobs.takeOutcomes()).containsExactly(released(1));
		assertThat(this.threads).isEmpty();
		this.jobs.resume();
		this.jobs.start(List.of(claim(2)));
		this.threads.forEach(Runnable::run);
		assertThat(this.run).containsExactly(claim(2));
	}

	private static Outcome released(long id) {
		return Outcome.released(claim(id), Duration.ZERO);
	}

	private static Claim claim(long id) {
		return new Claim("handler", OffsetDateTime.MIN, id, 1, OffsetDateTime.MIN, "{}", null, null, null, false,
				false);
	}

}
