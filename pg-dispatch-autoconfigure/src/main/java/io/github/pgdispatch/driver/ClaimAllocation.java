package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

import io.github.pgdispatch.gateway.Claim;
import io.github.pgdispatch.gateway.ClaimRequest;
import io.github.pgdispatch.handler.Handler;
import io.github.pgdispatch.handler.Handlers;

/**
 * Allocates the room of this node to its handlers. Each handler has its own concurrency.
 * If there is not room for all handlers, they take turns. Not thread-safe.
 */
final class ClaimAllocation {

	/**
	 * Time for which claims continue behind the last claimed job. Jobs that were
	 * committed late or given back may come before it, and are found afterwards.
	 */
	private static final Duration CONTINUATION = Duration.ofSeconds(1);

	private final Handlers handlers;

	private final ClaimedJobs jobs;

	private final int concurrency;

	private final Map<String, Long> lastTurns = new HashMap<>();

	private final Map<String, Claim> lastClaims = new HashMap<>();

	private long turn;

	private long continuesSince = System.nanoTime();

	/**
	 * Creates an allocation.
	 * @param handlers of this node
	 * @param jobs of this node
	 * @param concurrency maximum number of jobs that the node runs at once
	 */
	ClaimAllocation(Handlers handlers, ClaimedJobs jobs, int concurrency) {
		this.handlers = handlers;
		this.jobs = jobs;
		this.concurrency = concurrency;
	}

	/**
	 * Returns what to claim. The handlers with the fewest jobs on this node come first,
	 * and among these the handlers whose last turn was longest ago.
	 * @param room number of jobs of any handler that the node may claim
	 */
	List<ClaimRequest> requests(int room) {
		if (System.nanoTime() - this.continuesSince > CONTINUATION.toNanos()) {
			this.lastClaims.clear();
			this.continuesSince = System.nanoTime();
		}
		Map<String, Integer> outstanding = this.jobs.outstanding().perHandler();
		return this.handlers.all()
			.stream()
			.filter((handler) -> room(handler, outstanding) > 0)
			.sorted(Comparator.comparingInt((Handler handler) -> outstanding.getOrDefault(handler.name(), 0))
				.thenComparingLong((handler) -> this.lastTurns.getOrDefault(handler.name(), 0L)))
			.map((handler) -> new ClaimRequest(handler.name(), Math.min(room(handler, outstanding), room),
					this.lastClaims.get(handler.name())))
			.toList();
	}

	/**
	 * Of a handler with a circuit breaker no jobs are claimed ahead, which would spend
	 * their attempts after the breaker has tripped.
	 */
	private int room(Handler handler, Map<String, Integer> outstanding) {
		int most = (handler.breaker() != null) ? Math.min(handler.concurrency(), this.concurrency)
				: handler.concurrency();
		return most - outstanding.getOrDefault(handler.name(), 0);
	}

	/**
	 * Notes what was claimed.
	 * @return whether more jobs of this node's handlers may be due
	 */
	boolean claimed(List<ClaimRequest> requests, List<Claim> claims) {
		Map<String, Integer> counts = new HashMap<>();
		this.turn++;
		for (Claim claim : claims) {
			counts.merge(claim.handler(), 1, Integer::sum);
			this.lastTurns.put(claim.handler(), this.turn);
			this.lastClaims.put(claim.handler(), claim);
		}
		Predicate<ClaimRequest> fulfilled = (request) -> counts.getOrDefault(request.handler(), 0) >= request.maxJobs();
		// Either there were no more jobs, or those of a full queue that have to wait came
		// first. A job that is given a place meanwhile comes before all of these.
		requests.stream().filter(fulfilled.negate()).map(ClaimRequest::handler).forEach(this.lastClaims::remove);
		return requests.size() < this.handlers.all().size() || requests.stream().anyMatch(fulfilled);
	}

	/**
	 * Returns the names of the handlers that may have no more jobs on this node.
	 */
	Collection<String> full() {
		Map<String, Integer> outstanding = this.jobs.outstanding().perHandler();
		return this.handlers.all()
			.stream()
			.filter((handler) -> room(handler, outstanding) <= 0)
			.map(Handler::name)
			.toList();
	}

}
