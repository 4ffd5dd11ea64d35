package io.github.pgdispatch.endpoint;

import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;

import io.github.pgdispatch.PgDispatchNode;
import io.github.pgdispatch.driver.DriverState;
import io.github.pgdispatch.driver.ObservedDriver;

/**
 * The node that answers. Thread-safe.
 *
 * @param node tells whether it is drained
 * @param drivers of the node, which are asked for at each call
 * @param handlers the names of the handlers that the node has
 * @param attempts counts the attempts of the node
 */
public record ThisNode(PgDispatchNode node, Supplier<? extends Collection<ObservedDriver>> drivers,
		Supplier<? extends Collection<String>> handlers, AttemptCounter attempts) {

	State state() {
		return new State(this.node.isDraining(), this.attempts.attempts(),
				this.drivers.get().stream().map(ObservedDriver::state).toList());
	}

	/**
	 * The state of a node in an answer.
	 *
	 * @param draining whether it is drained
	 * @param attempts the number of attempts that have ended there since it was started
	 * @param drivers the states of its drivers
	 */
	record State(boolean draining, long attempts, List<DriverState> drivers) {

	}

}
