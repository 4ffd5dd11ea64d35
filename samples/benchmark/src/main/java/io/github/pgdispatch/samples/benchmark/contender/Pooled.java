package io.github.pgdispatch.samples.benchmark.contender;

import java.util.function.LongConsumer;

import com.zaxxer.hikari.HikariDataSource;
import io.github.pgdispatch.test.PgBouncer;
import io.github.pgdispatch.test.TestDatabase;

import org.springframework.transaction.PlatformTransactionManager;

/**
 * Somebody all of whose connections pass through PgBouncer.
 *
 * @param other who runs the jobs
 * @param pooler that pools transactions
 */
public record Pooled(Contender other, PgBouncer pooler) implements Contender {

	@Override
	public String url(TestDatabase database) {
		return this.pooler.database(database.name()).url();
	}

	@Override
	public Application create(HikariDataSource dataSource, PlatformTransactionManager transactionManager, int threads,
			LongConsumer body) {
		return this.other.create(dataSource, transactionManager, threads, body);
	}

	@Override
	public String toString() {
		return this.other + ", through PgBouncer";
	}

}
