package io.github.pgdispatch.driver;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

import io.github.pgdispatch.gateway.Claim;

/**
 * The claimed jobs whose outcome the database does not know yet. Thread-safe.
 */
final class OutstandingJobs {

	private final Set<Long> ids = new HashSet<>();

	private final Set<Long> setAside = new HashSet<>();

	private final Map<String, Integer> perHandler = new HashMap<>();

	synchronized void add(Claim claim) {
		this.ids.add(claim.id());
		this.perHandler.merge(claim.handler(), 1, Integer::sum);
	}

	synchronized void remove(Claim claim) {
		this.setAside.remove(claim.id());
		if (this.ids.remove(claim.id())) {
			this.perHandler.merge(claim.handler(), -1, Integer::sum);
		}
	}

	/**
	 * Has a job hold no place any more. The node still has the claim on it.
	 */
	synchronized void setAside(Claim claim) {
		remove(claim);
		this.setAside.add(claim.id());
	}

	/**
	 * Returns the number of jobs that hold a place on this node.
	 */
	synchronized int size() {
		return this.ids.size();
	}

	/**
	 * Returns the ids of all jobs on which the node has the claim.
	 */
	synchronized Set<Long> ids() {
		Set<Long> all = new HashSet<>(this.ids);
		all.addAll(this.setAside);
		return all;
	}

	synchronized Map<String, Integer> perHandler() {
		return Map.copyOf(this.perHandler);
	}

}
