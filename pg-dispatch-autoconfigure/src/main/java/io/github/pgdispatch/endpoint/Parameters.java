package io.github.pgdispatch.endpoint;

import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.convert.DurationStyle;
import org.springframework.util.Assert;

/**
 * The parameters of a request. Each is read as a text, so that what cannot be understood
 * is answered with its name and the way out. Immutable.
 */
final class Parameters {

	static final int MAX_IDS = 1_000;

	private final Map<String, String> values = new LinkedHashMap<>();

	/**
	 * Creates parameters.
	 * @param namesAndValues names, each with its value, which is {@code null} if the
	 * parameter was not given
	 * @throws IllegalArgumentException if a value is blank, which is no way to leave a
	 * condition out: it may be there because of a mistake
	 */
	Parameters(@Nullable String... namesAndValues) {
		for (int i = 0; i < namesAndValues.length; i += 2) {
			String name = String.valueOf(namesAndValues[i]);
			String value = namesAndValues[i + 1];
			if (value != null) {
				Assert.isTrue(!value.isBlank(),
						() -> "The parameter " + name + " is blank. Leave it out, or give it a value");
				this.values.put(name, value.strip());
			}
		}
	}

	/**
	 * Refuses parameters that would be ignored.
	 */
	Parameters only(Set<String> allowed) {
		for (String name : this.values.keySet()) {
			Assert.isTrue(allowed.contains(name), () -> "The parameter " + name
					+ " does not apply here. Leave it out, or use one of " + String.join(", ", sorted(allowed)));
		}
		return this;
	}

	private static List<String> sorted(Set<String> names) {
		return names.stream().sorted().toList();
	}

	boolean has(String name) {
		return this.values.containsKey(name);
	}

	boolean hasAnyOf(Set<String> names) {
		return names.stream().anyMatch(this::has);
	}

	@Nullable String text(String name) {
		return this.values.get(name);
	}

	String required(String name) {
		String value = text(name);
		Assert.isTrue(value != null, () -> "The parameter " + name + " is missing");
		return value;
	}

	boolean flag(String name) {
		return Boolean.TRUE.equals(read(name, "true or false", (value) -> switch (value.toLowerCase(Locale.ROOT)) {
			case "true" -> true;
			case "false" -> false;
			default -> throw new IllegalArgumentException(value);
		}));
	}

	@Nullable Integer number(String name) {
		return read(name, "a number", Integer::valueOf);
	}

	@Nullable Instant time(String name) {
		return read(name, "a time such as 2026-12-31T23:59:59Z", Instant::parse);
	}

	@Nullable Duration duration(String name) {
		return read(name, "a duration such as 10s or PT10S", DurationStyle::detectAndParse);
	}

	<E extends Enum<E>> @Nullable E constant(String name, Class<E> type) {
		String expected = Stream.of(type.getEnumConstants())
			.map((constant) -> constant.name().toLowerCase(Locale.ROOT))
			.collect(Collectors.joining(", ", "one of ", ""));
		return read(name, expected, (value) -> Enum.valueOf(type, value.toUpperCase(Locale.ROOT)));
	}

	/**
	 * Reads an id that is a part of the path.
	 */
	static long id(String text) {
		return Objects.requireNonNull(new Parameters("id", text).read("id", "a number", Long::valueOf));
	}

	List<Long> ids() {
		List<Long> ids = read("ids", "ids that are separated by commas, such as 1,2,3",
				(value) -> Arrays.stream(value.split(",")).map(String::strip).map(Long::valueOf).distinct().toList());
		Assert.isTrue(ids != null && ids.size() <= MAX_IDS, "The parameter ids has more than " + MAX_IDS
				+ " ids. Send several requests, or use the conditions of a filter");
		return ids;
	}

	private <T> @Nullable T read(String name, String expected, Function<String, T> reader) {
		String value = text(name);
		try {
			return (value != null) ? reader.apply(value) : null;
		}
		catch (IllegalArgumentException | DateTimeParseException ex) {
			throw new IllegalArgumentException(
					"The parameter " + name + " must be " + expected + ", but is '" + value + "'", ex);
		}
	}

	/**
	 * Returns what a change is about, for the record.
	 */
	Map<String, String> target(String what) {
		Map<String, String> target = new LinkedHashMap<>();
		target.put("what", what);
		target.putAll(this.values);
		target.keySet().removeAll(Set.of("action", "countOnly"));
		return target;
	}

}
