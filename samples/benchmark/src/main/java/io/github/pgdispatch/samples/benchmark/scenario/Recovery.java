package io.github.pgdispatch.samples.benchmark.scenario;

import io.github.pgdispatch.samples.benchmark.contender.Contender;
import io.github.pgdispatch.samples.benchmark.contender.EventOutbox;
import io.github.pgdispatch.samples.benchmark.peer.EventRegistry;

/**
 * Who sends the events that a killed node has left.
 */
enum Recovery {

	/**
	 * Another node, which was there before.
	 */
	OUTBOX(EventOutbox.UNORDERED, true, "with another node"),

	/**
	 * The same, in order.
	 */
	OUTBOX_IN_ORDER(EventOutbox.IN_ORDER, true, "with another node"),

	/**
	 * A node that is started after the kill, and sends all that is incomplete, as with
	 * {@code republish-outstanding-events-on-restart}. With another node beside it, it
	 * would send what that one is about to send.
	 */
	RESTARTED_REGISTRY(EventRegistry.UNMONITORED, false, "restarted at once"),

	/**
	 * Another node, which was there before, with the monitor.
	 */
	MONITORED_REGISTRY(EventRegistry.MONITORED, true, "with another node");

	private final Contender contender;

	private final boolean beside;

	private final String how;

	Recovery(Contender contender, boolean beside, String how) {
		this.contender = contender;
		this.beside = beside;
		this.how = how;
	}

	Contender contender() {
		return this.contender;
	}

	/**
	 * Whether the other node is there before the kill.
	 */
	boolean isBeside() {
		return this.beside;
	}

	@Override
	public String toString() {
		return this.contender + ", " + this.how;
	}

}
