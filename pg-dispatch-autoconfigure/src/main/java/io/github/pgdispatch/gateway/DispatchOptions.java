package io.github.pgdispatch.gateway;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

/**
 * The options of a job that is dispatched. Immutable and thread-safe.
 *
 * @param values of the options that are set
 */
public record DispatchOptions(Map<Option, Object> values) {

	/**
	 * No options.
	 */
	public static final DispatchOptions NONE = new DispatchOptions(new EnumMap<>(Option.class));

	public DispatchOptions {
		EnumMap<Option, Object> copy = new EnumMap<>(Option.class);
		copy.putAll(values);
		values = Collections.unmodifiableMap(copy);
	}

	/**
	 * Sets an option.
	 * @param option to set
	 * @param value of the type that the option documents
	 * @return new options with this value
	 */
	public DispatchOptions with(Option option, Object value) {
		EnumMap<Option, Object> copy = new EnumMap<>(Option.class);
		copy.putAll(this.values);
		copy.put(option, value);
		return new DispatchOptions(copy);
	}

	/**
	 * Removes options.
	 * @param options to remove
	 * @return options without these
	 */
	public DispatchOptions without(Option... options) {
		if (Collections.disjoint(this.values.keySet(), List.of(options))) {
			return this;
		}
		EnumMap<Option, Object> copy = new EnumMap<>(Option.class);
		copy.putAll(this.values);
		copy.keySet().removeAll(List.of(options));
		return new DispatchOptions(copy);
	}

	/**
	 * Returns whether an option is set.
	 * @param option to look for
	 * @return whether it is set
	 */
	public boolean has(Option option) {
		return this.values.containsKey(option);
	}

	/**
	 * Returns the value of an option.
	 * @param option to look for
	 * @return the value, or {@code null} if the option is not set
	 */
	public @Nullable Object get(Option option) {
		return this.values.get(option);
	}

	/**
	 * Whether the job is not a managed job: no option beyond the maximum number of
	 * attempts and the label is set.
	 */
	boolean isPlain() {
		return this.values.size() == (has(Option.MAX_ATTEMPTS) ? 1 : 0) + (has(Option.LABEL) ? 1 : 0);
	}

	/**
	 * Returns the maximum number of attempts, which is 1 if the option is not set.
	 */
	int maxAttempts() {
		return (get(Option.MAX_ATTEMPTS) instanceof Integer attempts) ? attempts : 1;
	}

	/**
	 * Returns the options as named arguments of an SQL function, each after a comma.
	 */
	String sql() {
		StringBuilder sql = new StringBuilder();
		this.values.forEach((option, value) -> sql.append(", ").append(option.sql(value)));
		return sql.toString();
	}

	/**
	 * Returns the options as arguments of {@code jsonb_build_object}.
	 */
	String json() {
		return this.values.entrySet()
			.stream()
			.map((option) -> option.getKey().json(option.getValue()))
			.collect(Collectors.joining(", "));
	}

	List<Object> arguments() {
		List<Object> arguments = new ArrayList<>();
		this.values.values()
			.forEach((value) -> arguments
				.add((value instanceof Duration duration) ? Durations.seconds(duration) : value));
		return arguments;
	}

}
