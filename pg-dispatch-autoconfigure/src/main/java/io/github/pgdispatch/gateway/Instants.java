package io.github.pgdispatch.gateway;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

/**
 * Converts between instants and what statements take and return for them.
 */
final class Instants {

	private Instants() {
	}

	/**
	 * Reads a column that is not null.
	 */
	static Instant read(ResultSet row, String column) throws SQLException {
		return Objects.requireNonNull(readIfPresent(row, column), column);
	}

	/**
	 * Reads a column.
	 * @return the instant, or {@code null} if the column is null
	 */
	static @Nullable Instant readIfPresent(ResultSet row, String column) throws SQLException {
		OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
		return (time != null) ? time.toInstant() : null;
	}

	/**
	 * Returns an instant as the argument of a statement.
	 */
	static @Nullable OffsetDateTime argument(@Nullable Instant instant) {
		return (instant != null) ? instant.atOffset(ZoneOffset.UTC) : null;
	}

}
