package io.github.pgdispatch.command;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.springframework.util.StringUtils;

/**
 * SQL with {@code :named} parameters, which becomes one text by rendering their values as
 * literals. That text means the same in every session, whatever its settings, and a value
 * stays data whatever it holds.
 *
 * <p>
 * A parameter is a colon and a Java identifier, or several joined by dots for a property
 * of a value, as in {@code :user.id}. What only looks like one is left as it is: in a
 * string, a quoted identifier, a comment or a dollar quote, after a {@code ::} cast and
 * in {@code :=}.
 *
 * <p>
 * Immutable and thread-safe.
 */
public final class Command {

	private static final Literals LITERALS = new Literals();

	private final String sql;

	private final List<Placeholder> placeholders;

	private final Set<String> parameters;

	private Command(String sql, List<Placeholder> placeholders) {
		this.sql = sql;
		this.placeholders = placeholders;
		Set<String> parameters = new LinkedHashSet<>();
		placeholders.forEach((placeholder) -> parameters.add(placeholder.path()));
		this.parameters = Collections.unmodifiableSet(parameters);
	}

	/**
	 * Finds the parameters in an SQL text.
	 * @param sql one or more statements
	 * @return the command
	 * @throws IllegalArgumentException if the SQL is blank, has a string, quoted
	 * identifier, comment or dollar quote without an end, has parameters whose place
	 * depends on {@code standard_conforming_strings}, or holds a character that
	 * PostgreSQL cannot store
	 */
	public static Command parse(String sql) {
		if (!StringUtils.hasText(sql)) {
			throw new IllegalArgumentException("The SQL is blank. Pass the statement that is to run after the commit.");
		}
		UnstorableCharacter unstorable = UnstorableCharacter.firstIn(sql);
		if (unstorable != null) {
			throw new IllegalArgumentException(
					"The SQL contains " + unstorable + ", which PostgreSQL cannot store. Remove it.");
		}
		return new Command(sql, new CommandParser(sql).parse());
	}

	/**
	 * The full paths of the parameters, such as {@code user.id}, without the colon.
	 * @return the paths in the order of their first occurrence; unmodifiable
	 */
	public Set<String> parameters() {
		return this.parameters;
	}

	/**
	 * Puts literals in the place of the parameters. Each value is asked for once.
	 * @param values of at least the {@link #parameters()}
	 * @return the SQL, in which everything but the parameters is as it was
	 * @throws IllegalArgumentException if a value is missing, or cannot be written as SQL
	 * without loss
	 */
	public String render(ParameterValues values) {
		Map<String, String> literals = new LinkedHashMap<>();
		for (String parameter : this.parameters) {
			literals.put(parameter, LITERALS.render(parameter, values.value(parameter)));
		}
		StringBuilder rendered = new StringBuilder();
		int end = 0;
		for (Placeholder placeholder : this.placeholders) {
			rendered.append(this.sql, end, placeholder.start()).append(literals.get(placeholder.path()));
			end = placeholder.end();
		}
		return rendered.append(this.sql, end, this.sql.length()).toString();
	}

}
