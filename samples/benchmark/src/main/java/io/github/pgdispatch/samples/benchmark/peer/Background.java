package io.github.pgdispatch.samples.benchmark.peer;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;

import javax.sql.DataSource;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * What several peers need.
 */
final class Background {

	private Background() {
	}

	static void await(ExecutorService executor) {
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
	 * @param table the table, with a condition if need be
	 */
	static long count(DataSource dataSource, String table) {
		Long count = new JdbcTemplate(dataSource).queryForObject("SELECT count(*) FROM " + table, Long.class);
		return (count != null) ? count : 0;
	}

}
