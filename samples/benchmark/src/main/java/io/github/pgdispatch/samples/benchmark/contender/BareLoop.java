package io.github.pgdispatch.samples.benchmark.contender;

import java.util.function.LongConsumer;

import com.zaxxer.hikari.HikariDataSource;
import io.github.pgdispatch.samples.benchmark.database.BareProcedure;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * One session that runs SQL by a bare loop.
 */
public final class BareLoop implements Contender {

	@Override
	public Application create(HikariDataSource dataSource, PlatformTransactionManager transactionManager, int threads,
			LongConsumer body) {
		JdbcTemplate jdbc = new JdbcTemplate(dataSource);
		BareProcedure.statements().forEach(jdbc::execute);
		return new BareApplication(dataSource, 1, (number) -> jdbc.update("INSERT INTO bare (command) VALUES (?)",
				"INSERT INTO effect (number) VALUES (" + number + ")"), () -> {
					jdbc.execute("CALL bare_work()");
					return false;
				});
	}

	@Override
	public String toString() {
		return "bare loop";
	}

}
