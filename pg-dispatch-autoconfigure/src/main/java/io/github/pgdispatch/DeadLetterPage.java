package io.github.pgdispatch;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * A page of a list of dead letters.
 *
 * @param deadLetters the dead letters, of which the latest is the first; immutable
 * @param next what {@link PgDispatchOperations#latestDeadLetters} takes for the next
 * page; {@code null} if this is the last one
 */
public record DeadLetterPage(List<DeadLetter> deadLetters, @Nullable String next) {

	public DeadLetterPage {
		deadLetters = List.copyOf(deadLetters);
	}

	static DeadLetterPage of(List<DeadLetter> deadLetters, int limit) {
		DeadLetter last = (deadLetters.size() == limit) ? deadLetters.get(limit - 1) : null;
		return new DeadLetterPage(deadLetters,
				(last != null) ? new PagePosition(last.failedAt().toString(), last.id()).text() : null);
	}

}
