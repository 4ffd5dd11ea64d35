package io.github.pgdispatch.samples.benchmark.contender;

import java.util.List;
import java.util.function.LongConsumer;

import com.zaxxer.hikari.HikariDataSource;
import io.github.pgdispatch.test.PgBouncer;
import io.github.pgdispatch.test.TestDatabase;

import org.springframework.transaction.PlatformTransactionManager;

/**
 * pg-dispatch in an application that reaches its database through PgBouncer, and whose
 * workers have a connection of their own.
 *
 * @param ours the job
 * @param pooler that pools transactions
 * @param server a database of the same server
 */
public record PooledPgDispatch(PgDispatch ours, PgBouncer pooler, TestDatabase server) implements Contender {

	@Override
	public String url(TestDatabase database) {
		return this.pooler.database(database.name()).url();
	}

	@Override
	public Application create(HikariDataSource dataSource, PlatformTransactionManager transactionManager, int threads,
			LongConsumer body) {
		String pooled = dataSource.getJdbcUrl();
		TestDatabase direct = new TestDatabase(this.server.port(), pooled.substring(pooled.lastIndexOf('/') + 1));
		return this.ours.create(dataSource, transactionManager, threads, body,
				new NodeSettings(List.of(), List.of("pgdispatch.worker.datasource.url=" + direct.url())));
	}

	@Override
	public String toString() {
		return this.ours + ", through PgBouncer";
	}

}
