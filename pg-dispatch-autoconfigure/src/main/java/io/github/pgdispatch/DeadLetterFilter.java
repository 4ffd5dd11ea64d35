package io.github.pgdispatch;

import java.time.Instant;

import io.github.pgdispatch.gateway.DeadLetterSelection;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * Which dead letters: those for which all of it holds that is not {@code null}.
 *
 * <pre class="code">
 * DeadLetterFilter.all().handler("signUpSideEffects.welcome").text("connection refused").limit(100)
 * </pre>
 *
 * @param handler the name of the handler that failed
 * @param sqlState the SQLSTATE of the error, five characters
 * @param since they failed at this time or later, by the database's clock
 * @param until they failed before this time
 * @param text that the error's message contains, whether in upper or lower case
 * @param limit so many at the most, those that failed first; positive
 */
public record DeadLetterFilter(@Nullable String handler, @Nullable String sqlState, @Nullable Instant since,
		@Nullable Instant until, @Nullable String text, @Nullable Integer limit) {

	private static final DeadLetterFilter ALL = new DeadLetterFilter(null, null, null, null, null, null);

	public DeadLetterFilter {
		Assert.isTrue(handler == null || !handler.isBlank(), "The handler must not be blank");
		Assert.isTrue(sqlState == null || sqlState.length() == 5,
				() -> "A SQLSTATE has five characters, other than '" + sqlState + "'");
		Assert.isTrue(text == null || !text.isEmpty(), "The text must not be empty");
		Assert.isTrue(limit == null || limit > 0, () -> "The limit must be positive, but is " + limit);
	}

	/**
	 * All dead letters.
	 * @return a filter that lets all pass
	 */
	public static DeadLetterFilter all() {
		return ALL;
	}

	/**
	 * Those of a handler.
	 * @param handler its name
	 * @return another filter
	 */
	public DeadLetterFilter handler(String handler) {
		return new DeadLetterFilter(handler, this.sqlState, this.since, this.until, this.text, this.limit);
	}

	/**
	 * Those with an error.
	 * @param sqlState its SQLSTATE
	 * @return another filter
	 */
	public DeadLetterFilter sqlState(String sqlState) {
		return new DeadLetterFilter(this.handler, sqlState, this.since, this.until, this.text, this.limit);
	}

	/**
	 * Those that failed at a time or later.
	 * @param since the time
	 * @return another filter
	 */
	public DeadLetterFilter since(Instant since) {
		return new DeadLetterFilter(this.handler, this.sqlState, since, this.until, this.text, this.limit);
	}

	/**
	 * Those that failed before a time.
	 * @param until the time
	 * @return another filter
	 */
	public DeadLetterFilter until(Instant until) {
		return new DeadLetterFilter(this.handler, this.sqlState, this.since, until, this.text, this.limit);
	}

	/**
	 * Those whose error's message contains a text, whether in upper or lower case.
	 * @param text the text
	 * @return another filter
	 */
	public DeadLetterFilter text(String text) {
		return new DeadLetterFilter(this.handler, this.sqlState, this.since, this.until, text, this.limit);
	}

	/**
	 * Not more than so many, those that failed first.
	 * @param limit the number, which is positive
	 * @return another filter
	 */
	public DeadLetterFilter limit(int limit) {
		return new DeadLetterFilter(this.handler, this.sqlState, this.since, this.until, this.text, limit);
	}

	DeadLetterSelection choice() {
		return new DeadLetterSelection(null, this.handler, this.sqlState, this.since, this.until, this.text,
				this.limit);
	}

}
