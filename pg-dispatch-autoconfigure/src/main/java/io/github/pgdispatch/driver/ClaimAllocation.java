package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import io.github.pgdispatch.gateway.Claim;
import io.github.pgdispatch.gateway.ClaimRequest;
import io.github.pgdispatch.handler.Handler;
import io.github.pgdispatch.handler.Handlers;

/**
 * What each handler may have of this node: its own limit, and its turn when there is not
 * room for all. Not thread-safe.
 */
final class ClaimAllocation {

	/**
	 * How long claims go on from where the last one was. What was committed late, or
	 * given back, may come before that.
	 */
	private static final Duration GO_ON = Duration.ofSeconds(1);

	private final Handlers handlers;

	private final ClaimedJobs calls;

	private final Map<String, Long> turns = new HashMap<>();

	private final Map<String, Claim> last = new HashMap<>();

	private long turn;

	private long beganAt = System.nanoTime();

	ClaimAllocation(Handlers handlers, ClaimedJobs calls) {
		this.handlers = handlers;
		this.calls = calls;
	}

	/**
	 * Returns what this node wants, those handlers first of which it has the fewest jobs,
	 * and then those whose turn was longest ago.
	 * @param room for jobs of any handler
	 */
	List<ClaimRequest> wanted(int room) {
		if (System.nanoTime() - this.beganAt > GO_ON.toNanos()) {
			this.last.clear();
			this.beganAt = System.nanoTime();
		}
		Map<String, Integer> outstanding = this.calls.outstandingPerHandler();
		return this.handlers.all()
			.stream()
			.filter((handler) -> room(handler, outstanding) > 0)
			.sorted(Comparator.comparingInt((Handler handler) -> outstanding.getOrDefault(handler.name(), 0))
				.thenComparingLong((handler) -> this.turns.getOrDefault(handler.name(), 0L)))
			.map((handler) -> new ClaimRequest(handler.name(), Math.min(room(handler, outstanding), room),
					this.last.get(handler.name())))
			.toList();
	}

	private static int room(Handler handler, Map<String, Integer> outstanding) {
		return handler.concurrency() - outstanding.getOrDefault(handler.name(), 0);
	}

	/**
	 * Takes note of what was claimed.
	 * @return whether there may be more of what this node knows
	 */
	boolean claimed(List<ClaimRequest> wanted, List<Claim> claims) {
		Map<String, Integer> counts = new HashMap<>();
		this.turn++;
		for (Claim claim : claims) {
			counts.merge(claim.handler(), 1, Integer::sum);
			this.turns.put(claim.handler(), this.turn);
			this.last.put(claim.handler(), claim);
		}
		return wanted.size() < this.handlers.all().size()
				|| wanted.stream().anyMatch((one) -> counts.getOrDefault(one.handler(), 0) >= one.maxJobs());
	}

	/**
	 * Returns the handlers of which this node can run no more.
	 */
	Collection<String> full() {
		Map<String, Integer> outstanding = this.calls.outstandingPerHandler();
		return this.handlers.all()
			.stream()
			.filter((handler) -> room(handler, outstanding) <= 0)
			.map(Handler::name)
			.toList();
	}

}
