package io.github.pgdispatch.gateway;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * The outcome of an attempt of a non-transactional command.
 *
 * @param kind {@code done}, {@code retried}, {@code dead} or {@code cancelled};
 * {@code null} if others have run the command meanwhile
 * @param failure of the attempt; {@code null} if it has not failed
 * @param breakers what the outcome has done to circuit breakers
 */
public record CommandOutcome(@Nullable String kind, @Nullable FailedCommand failure, List<BreakerChange> breakers) {

	public CommandOutcome {
		breakers = List.copyOf(breakers);
	}

	/**
	 * Returns whether the command is now a dead letter.
	 * @return whether it is one
	 */
	public boolean isDead() {
		return "dead".equals(this.kind);
	}

}
