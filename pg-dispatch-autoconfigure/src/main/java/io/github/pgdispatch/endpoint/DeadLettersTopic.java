package io.github.pgdispatch.endpoint;

import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Set;

import io.github.pgdispatch.DeadLetterFilter;
import io.github.pgdispatch.DeadLetterPage;
import io.github.pgdispatch.PgDispatchOperations;

import org.springframework.util.Assert;

/**
 * The dead letters.
 */
final class DeadLettersTopic implements Topic {

	static final Set<String> CONDITIONS = Set.of("handler", "label", "sqlState", "message", "since", "until");

	private static final int MAX_LISTED = 1_000;

	private final PgDispatchOperations operations;

	DeadLettersTopic(PgDispatchOperations operations) {
		this.operations = operations;
	}

	@Override
	public Map<String, Object> list(Parameters parameters, Values values) {
		DeadLetterFilter filter = filter(parameters.only(Selections.with(CONDITIONS, "after", "limit")));
		Assert.isTrue(Objects.requireNonNullElse(filter.limit(), 1) <= MAX_LISTED,
				() -> "The parameter limit must be from 1 to " + MAX_LISTED + ", but is " + filter.limit());
		DeadLetterPage page = this.operations.latestDeadLetters(filter, parameters.text("after"));
		return Topic.answer("deadLetters", page.deadLetters().stream().map(values::of).toList(), "next", page.next());
	}

	@Override
	public Map<String, Object> get(String id, Values values) {
		return Topic.answer("deadLetter",
				this.operations.deadLetter(Parameters.id(id))
					.map(values::of)
					.orElseThrow(() -> new NoSuchElementException(
							"There is no dead letter " + id + ". It may have been retried or deleted")));
	}

	@Override
	public Change change(String action, Parameters parameters) {
		boolean retry = "retry".equals(action);
		if (!retry && !"delete".equals(action)) {
			throw Topic.unknown(action, "retry or delete");
		}
		if (Selections.isOfIds(parameters, CONDITIONS)) {
			return Change.ofIds("dead letter", parameters.ids(), (id) -> this.operations.deadLetter(id).isPresent(),
					retry ? this.operations::retry : this.operations::delete);
		}
		DeadLetterFilter filter = filter(parameters);
		return new Change(() -> this.operations.count(filter),
				() -> retry ? this.operations.retry(filter) : this.operations.delete(filter));
	}

	static DeadLetterFilter filter(Parameters parameters) {
		return new DeadLetterFilter(parameters.text("handler"), parameters.text("label"), parameters.text("sqlState"),
				parameters.time("since"), parameters.time("until"), parameters.text("message"),
				parameters.number("limit"));
	}

}
