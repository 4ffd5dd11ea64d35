package io.github.pgdispatch.gateway;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * What is asked of a job beyond being run. Immutable and thread-safe.
 *
 * @param values of the options that are asked for
 */
public record DispatchOptions(Map<Option, Object> values) {

	/**
	 * Nothing.
	 */
	public static final DispatchOptions NONE = new DispatchOptions(new EnumMap<>(Option.class));

	public DispatchOptions {
		EnumMap<Option, Object> copy = new EnumMap<>(Option.class);
		copy.putAll(values);
		values = Collections.unmodifiableMap(copy);
	}

	/**
	 * Asks for one thing more.
	 * @param option that is asked for
	 * @param value of the type that the option says
	 * @return other options
	 */
	public DispatchOptions with(Option option, Object value) {
		EnumMap<Option, Object> copy = new EnumMap<>(Option.class);
		copy.putAll(this.values);
		copy.put(option, value);
		return new DispatchOptions(copy);
	}

	/**
	 * Asks for less.
	 * @param options that are not asked for any more
	 * @return other options
	 */
	public DispatchOptions without(Option... options) {
		EnumMap<Option, Object> copy = new EnumMap<>(Option.class);
		copy.putAll(this.values);
		copy.keySet().removeAll(List.of(options));
		return new DispatchOptions(copy);
	}

	/**
	 * Whether an option is asked for.
	 * @param option to look for
	 * @return whether it is
	 */
	public boolean has(Option option) {
		return this.values.containsKey(option);
	}

	/**
	 * Returns what is asked for.
	 * @param option to look for
	 * @return its value, or {@code null}
	 */
	public @Nullable Object get(Option option) {
		return this.values.get(option);
	}

	/**
	 * Whether nothing but a number of attempts is asked for, which costs next to nothing.
	 */
	boolean isPlain() {
		return this.values.size() == (has(Option.MAX_ATTEMPTS) ? 1 : 0);
	}

	/**
	 * The number of attempts, of which one is the same as none that is asked for.
	 */
	int maxAttempts() {
		return (get(Option.MAX_ATTEMPTS) instanceof Integer attempts) ? attempts : 1;
	}

	/**
	 * Further arguments of an SQL function, each after a comma.
	 */
	String sql() {
		StringBuilder sql = new StringBuilder();
		this.values.forEach((option, value) -> sql.append(", ").append(option.sql(value)));
		return sql.toString();
	}

	List<Object> arguments() {
		List<Object> arguments = new ArrayList<>();
		this.values.values()
			.forEach((value) -> arguments.add((value instanceof Duration duration) ? seconds(duration) : value));
		return arguments;
	}

	private static double seconds(Duration duration) {
		return duration.getSeconds() + duration.getNano() / 1e9;
	}

}
