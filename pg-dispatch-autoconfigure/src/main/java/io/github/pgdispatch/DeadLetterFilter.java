package io.github.pgdispatch;

import java.time.Instant;

import io.github.pgdispatch.gateway.DeadLetterSelection;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * Selects dead letters. A dead letter is selected if it meets all conditions that are not
 * {@code null}.
 *
 * <pre class="code">
 * DeadLetterFilter.all().handler("signUpSideEffects.welcome").text("connection refused").limit(100)
 * </pre>
 *
 * @param handler the name of the handler
 * @param label the label of the SQL
 * @param sqlState the SQLSTATE of the error, which has five characters
 * @param since the earliest time of the failure, by the clock of the database
 * @param until the time before which the job failed, by the clock of the database
 * @param text a text that the message of the error contains, in any case
 * @param limit the maximum number of dead letters, those that failed first; positive
 */
public record DeadLetterFilter(@Nullable String handler, @Nullable String label, @Nullable String sqlState,
		@Nullable Instant since, @Nullable Instant until, @Nullable String text, @Nullable Integer limit) {

	private static final DeadLetterFilter ALL = new DeadLetterFilter(null, null, null, null, null, null, null);

	public DeadLetterFilter {
		Assert.isTrue(handler == null || !handler.isBlank(), "The handler must not be blank");
		Assert.isTrue(label == null || !label.isBlank(), "The label must not be blank");
		Assert.isTrue(sqlState == null || sqlState.length() == 5,
				() -> "The SQLSTATE must have five characters, but is '" + sqlState + "'");
		Assert.isTrue(text == null || !text.isEmpty(), "The text must not be empty");
		Assert.isTrue(limit == null || limit > 0, () -> "The limit must be positive, but is " + limit);
	}

	/**
	 * Returns a filter that selects all dead letters.
	 * @return a filter without conditions
	 */
	public static DeadLetterFilter all() {
		return ALL;
	}

	/**
	 * Selects the dead letters of a handler.
	 * @param handler the name of the handler
	 * @return a new filter with this condition
	 */
	public DeadLetterFilter handler(String handler) {
		return new DeadLetterFilter(handler, this.label, this.sqlState, this.since, this.until, this.text, this.limit);
	}

	/**
	 * Selects the dead letters of SQL with a label.
	 * @param label the label, see {@link Dispatch#label(String)}
	 * @return a new filter with this condition
	 */
	public DeadLetterFilter label(String label) {
		return new DeadLetterFilter(this.handler, label, this.sqlState, this.since, this.until, this.text, this.limit);
	}

	/**
	 * Selects the dead letters with an error.
	 * @param sqlState the SQLSTATE of the error
	 * @return a new filter with this condition
	 */
	public DeadLetterFilter sqlState(String sqlState) {
		return new DeadLetterFilter(this.handler, this.label, sqlState, this.since, this.until, this.text, this.limit);
	}

	/**
	 * Selects the dead letters that failed at a time or later.
	 * @param since the time
	 * @return a new filter with this condition
	 */
	public DeadLetterFilter since(Instant since) {
		return new DeadLetterFilter(this.handler, this.label, this.sqlState, since, this.until, this.text, this.limit);
	}

	/**
	 * Selects the dead letters that failed before a time.
	 * @param until the time
	 * @return a new filter with this condition
	 */
	public DeadLetterFilter until(Instant until) {
		return new DeadLetterFilter(this.handler, this.label, this.sqlState, this.since, until, this.text, this.limit);
	}

	/**
	 * Selects the dead letters whose error message contains a text, in any case.
	 * @param text the text
	 * @return a new filter with this condition
	 */
	public DeadLetterFilter text(String text) {
		return new DeadLetterFilter(this.handler, this.label, this.sqlState, this.since, this.until, text, this.limit);
	}

	/**
	 * Limits the number of dead letters to those that failed first.
	 * @param limit the maximum number, which is positive
	 * @return a new filter with this limit
	 */
	public DeadLetterFilter limit(int limit) {
		return new DeadLetterFilter(this.handler, this.label, this.sqlState, this.since, this.until, this.text, limit);
	}

	DeadLetterSelection selection() {
		return new DeadLetterSelection(null, this.handler, this.label, this.sqlState, this.since, this.until, this.text,
				this.limit);
	}

}
