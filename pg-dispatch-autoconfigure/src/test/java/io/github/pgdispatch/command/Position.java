package io.github.pgdispatch.command;

import java.util.function.Function;
import java.util.function.Predicate;

/**
 * A place in SQL and a Java type in which a string may arrive. The SQL selects the string
 * that was passed.
 *
 * @param sql with parameters
 * @param parameters made from the string
 * @param takes which strings can be passed here
 */
record Position(String sql, Function<String, Object> parameters, Predicate<String> takes) {

	static Position of(String sql, Function<String, Object> parameters) {
		return new Position(sql, parameters, (string) -> true);
	}

	String command(String string) {
		return Command.parse(this.sql).render(ParameterValues.of(this.parameters.apply(string)));
	}

}
