package io.github.pgdispatch.samples.benchmark.scenario;

import java.sql.Timestamp;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.function.ToLongFunction;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * What became of the events of a node that was killed.
 *
 * @param seconds from the kill until the last event had been sent
 * @param published how many there were, with their transactions
 * @param left how many of them were sent after the kill for the first time
 * @param lost how many of them were not sent
 * @param again how often an event was sent once more
 */
record AfterKill(double seconds, long published, long left, long lost, long again) {

	/**
	 * Reads the table of the broker.
	 * @param kill when the node was killed
	 */
	static AfterKill read(JdbcTemplate app, Instant kill) {
		AfterKill result = app.queryForObject(
				"""
						SELECT coalesce(extract(epoch FROM max(first) - kill), 0), count(*), count(*) FILTER (WHERE first > kill),
						       count(*) FILTER (WHERE first IS NULL), coalesce(sum(times - 1), 0)
						  FROM business
						  LEFT JOIN (SELECT number, min(at) AS first, count(*) AS times FROM sent GROUP BY number) AS s USING (number)
						  JOIN (SELECT ?::timestamptz AS kill) AS k ON true
						 GROUP BY kill""",
				(row, index) -> new AfterKill(row.getDouble(1), row.getLong(2), row.getLong(3), row.getLong(4),
						row.getLong(5)),
				Timestamp.from(kill));
		return Objects.requireNonNull(result);
	}

	/**
	 * Tells of several.
	 * @param results of which the first one does not count
	 */
	static String sum(List<AfterKill> results) {
		return "of %,d events %,d were left, %,d were lost, and %,d were sent twice".formatted(
				sum(results, AfterKill::published), sum(results, AfterKill::left), sum(results, AfterKill::lost),
				sum(results, AfterKill::again));
	}

	private static long sum(List<AfterKill> results, ToLongFunction<AfterKill> part) {
		return results.stream().skip(1).mapToLong(part).sum();
	}

}
