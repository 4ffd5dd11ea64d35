package io.github.pgdispatch.life;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

/**
 * A job to be dispatched, which says in the table of runs that it ran.
 *
 * @param tag tells it from all others, also from those of the same idempotency key
 * @param transaction that dispatches it
 * @param handler that it calls; {@code null} if it is a command
 * @param fails how often it fails before it succeeds
 * @param millis how long it takes
 * @param delay in whole seconds
 * @param options what is asked of it, as literals by the name of the argument
 */
record Job(int tag, int transaction, @Nullable String handler, int fails, int millis, int delay,
		Map<String, String> options) {

	/**
	 * So often a job fails that succeeds only once it was healed.
	 */
	static final int DOOMED = 1_000_000;

	static final int TOO_LONG = 20_000;

	String command() {
		if (isMalformed()) {
			return "SELECT public.no_such_function(" + this.tag + ")";
		}
		return "SELECT * FROM public.run(%d, %d, %s, %d, %d)".formatted(this.tag, this.transaction,
				this.options.getOrDefault("key", "NULL"), this.fails, this.millis);
	}

	String dispatch() {
		String named = this.options.entrySet()
			.stream()
			.map((option) -> ", " + option.getKey() + " => " + option.getValue())
			.collect(Collectors.joining());
		String delay = ", delay => '" + this.delay + " seconds'";
		if (this.handler == null) {
			return "SELECT pgdispatch.dispatch($job$" + command() + "$job$" + delay + named + ")";
		}
		return "SELECT pgdispatch.dispatch_handler('" + this.handler + "', json_build_object('command', $job$"
				+ command() + "$job$, 'tag', " + this.tag + ")" + delay + named + ")";
	}

	boolean isMalformed() {
		return this.fails < 0;
	}

	boolean isDoomed() {
		return this.fails == DOOMED || isMalformed() || this.millis == TOO_LONG;
	}

	/**
	 * Whether it runs outside of a transaction: then it may run again if its session was
	 * lost.
	 */
	boolean isNonTransactional() {
		return asks("transactional", "false");
	}

	boolean isHealable() {
		return !isMalformed();
	}

	/**
	 * Returns a job of which one thing more is asked.
	 */
	Job with(String option, String literal) {
		Map<String, String> all = new LinkedHashMap<>(this.options);
		all.put(option, literal);
		return new Job(this.tag, this.transaction, this.handler, this.fails, this.millis, this.delay, all);
	}

	/**
	 * Returns what is asked of it.
	 * @param option the name of the argument
	 * @return its value; {@code null} if it is not asked for
	 */
	@Nullable String asks(String option) {
		String literal = this.options.get(option);
		return (literal != null) ? literal.replace("'", "") : null;
	}

	boolean asks(String option, String value) {
		return value.equals(asks(option));
	}

}
