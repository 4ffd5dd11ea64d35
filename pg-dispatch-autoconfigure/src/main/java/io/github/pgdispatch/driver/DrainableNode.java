package io.github.pgdispatch.driver;

import java.util.Collection;
import java.util.function.Supplier;

import io.github.pgdispatch.PgDispatchNode;
import io.github.pgdispatch.log.OneLineLog;

/**
 * A node with its drivers. Thread-safe.
 */
public final class DrainableNode implements PgDispatchNode {

	private static final OneLineLog logger = OneLineLog.of(DrainableNode.class);

	private final Supplier<? extends Collection<Drainable>> drivers;

	/**
	 * Creates a node.
	 * @param drivers of the node, which are asked for at each call
	 */
	public DrainableNode(Supplier<? extends Collection<Drainable>> drivers) {
		this.drivers = drivers;
	}

	@Override
	public synchronized void drain() {
		boolean before = isDraining();
		this.drivers.get().forEach(Drainable::drain);
		if (!before && isDraining()) {
			logger.info("This node is drained: it begins no more jobs. Those that run go on");
		}
	}

	@Override
	public synchronized void resume() {
		boolean before = isDraining();
		this.drivers.get().forEach(Drainable::resume);
		if (before) {
			logger.info("This node is no longer drained");
		}
	}

	@Override
	public boolean isDraining() {
		return this.drivers.get().stream().anyMatch(Drainable::isDraining);
	}

}
