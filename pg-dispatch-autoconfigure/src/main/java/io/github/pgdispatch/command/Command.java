package io.github.pgdispatch.command;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.springframework.util.StringUtils;

/**
 * SQL with {@code :named} parameters. The values of the parameters are written into the
 * SQL as literals. The resulting text has the same meaning in every session, independent
 * of its settings, and a value is never run as SQL.
 *
 * <p>
 * A parameter is a colon and a Java identifier, or several identifiers with dots for a
 * property of a value, as in {@code :user.id}. Strings, quoted identifiers, comments,
 * dollar quotes, {@code ::} casts and {@code :=} do not contain parameters.
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
	 * Parses an SQL text.
	 * @param sql one or more statements
	 * @return a new command
	 * @throws IllegalArgumentException if the SQL is blank, if it has a string, quoted
	 * identifier, comment or dollar quote without an end, if it has parameters whose
	 * place depends on {@code standard_conforming_strings}, or if it contains a character
	 * that PostgreSQL cannot store
	 */
	public static Command parse(String sql) {
		if (!StringUtils.hasText(sql)) {
			throw new IllegalArgumentException("The SQL is blank. Pass the statement that runs after the commit.");
		}
		UnstorableCharacter unstorable = UnstorableCharacter.firstIn(sql);
		if (unstorable != null) {
			throw new IllegalArgumentException(
					"The SQL contains " + unstorable + ", which PostgreSQL cannot store. Remove it.");
		}
		return new Command(sql, new CommandParser(sql).parse());
	}

	/**
	 * Returns the full paths of the parameters, such as {@code user.id}, without the
	 * colon.
	 * @return the unmodifiable paths in the order of their first occurrence
	 */
	public Set<String> parameters() {
		return this.parameters;
	}

	/**
	 * Replaces the parameters with literals. Each value is read once.
	 * @param values the values of at least the {@link #parameters()}
	 * @return the SQL, in which everything except the parameters is unchanged
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
