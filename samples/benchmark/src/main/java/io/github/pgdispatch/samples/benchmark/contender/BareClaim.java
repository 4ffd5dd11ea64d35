package io.github.pgdispatch.samples.benchmark.contender;

import java.util.List;
import java.util.function.LongConsumer;

import com.zaxxer.hikari.HikariDataSource;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What is left if nothing is promised but the transaction: a row is claimed by its
 * deletion, and the job is run before the commit.
 */
public final class BareClaim implements Contender {

	private static final String CLAIM = """
			DELETE FROM bare
			 WHERE id = (SELECT id FROM bare ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
			RETURNING number""";

	@Override
	public Application create(HikariDataSource dataSource, PlatformTransactionManager transactionManager, int threads,
			LongConsumer body) {
		JdbcTemplate jdbc = new JdbcTemplate(dataSource);
		TransactionTemplate transaction = new TransactionTemplate(transactionManager);
		jdbc.execute("CREATE TABLE bare (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, number bigint NOT NULL)");
		return new BareApplication(dataSource, threads,
				(number) -> jdbc.update("INSERT INTO bare (number) VALUES (?)", number),
				() -> Boolean.TRUE.equals(transaction.execute((status) -> runOne(jdbc, body))));
	}

	private static boolean runOne(JdbcTemplate jdbc, LongConsumer body) {
		List<Long> claimed = jdbc.queryForList(CLAIM, Long.class);
		claimed.forEach(body::accept);
		return !claimed.isEmpty();
	}

	@Override
	public String toString() {
		return "bare JDBC claim";
	}

}
