package io.github.pgdispatch.gateway;

import org.jspecify.annotations.Nullable;

/**
 * The outcome of an attempt of a non-transactional command.
 *
 * @param kind {@code done}, {@code retried}, {@code dead} or {@code cancelled};
 * {@code null} if others have run the command meanwhile
 * @param failure of the attempt; {@code null} if it has not failed
 */
public record CommandOutcome(@Nullable String kind, @Nullable FailedCommand failure) {

	/**
	 * Returns whether the command is now a dead letter.
	 * @return whether it is one
	 */
	public boolean isDead() {
		return "dead".equals(this.kind);
	}

}
