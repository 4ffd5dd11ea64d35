package io.github.pgdispatch.samples.benchmark.contender;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;

import javax.sql.DataSource;

import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * What several contenders need.
 */
public final class Background {

	private Background() {
	}

	/**
	 * Waits for the end of threads that were told to end.
	 * @param executor that was shut down
	 */
	public static void await(ExecutorService executor) {
		try {
			if (!executor.awaitTermination(1, TimeUnit.MINUTES)) {
				throw new IllegalStateException("Still running after a minute");
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * Counts rows.
	 * @param dataSource of the database
	 * @param table the table, with a condition if need be
	 * @return how many there are
	 */
	public static long count(DataSource dataSource, String table) {
		return count(new JdbcTemplate(dataSource), table);
	}

	/**
	 * Counts rows.
	 * @param jdbc statements of the database
	 * @param table the table, with a condition if need be
	 * @return how many there are
	 */
	public static long count(JdbcOperations jdbc, String table) {
		Long count = jdbc.queryForObject("SELECT count(*) FROM " + table, Long.class);
		return (count != null) ? count : 0;
	}

}
