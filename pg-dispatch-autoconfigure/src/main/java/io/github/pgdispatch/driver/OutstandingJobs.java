package io.github.pgdispatch.driver;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

import io.github.pgdispatch.gateway.Claim;

/**
 * The claimed jobs whose outcome the database does not know yet. Belongs to the thread of
 * the claim loop.
 */
final class OutstandingJobs {

	private final Set<Long> ids = new HashSet<>();

	private final Map<String, Integer> perHandler = new HashMap<>();

	void add(Claim claim) {
		this.ids.add(claim.id());
		this.perHandler.merge(claim.handler(), 1, Integer::sum);
	}

	void remove(Claim claim) {
		this.ids.remove(claim.id());
		this.perHandler.merge(claim.handler(), -1, Integer::sum);
	}

	int size() {
		return this.ids.size();
	}

	Set<Long> ids() {
		return Set.copyOf(this.ids);
	}

	Map<String, Integer> perHandler() {
		return Map.copyOf(this.perHandler);
	}

}
