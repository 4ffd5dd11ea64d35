package io.github.pgdispatch.samples.benchmark.contender;

import java.util.function.LongConsumer;

import com.zaxxer.hikari.HikariDataSource;

import org.springframework.transaction.PlatformTransactionManager;

/**
 * Somebody of whose jobs only a few run at once, as a node of it has no more threads.
 *
 * @param other who runs the jobs
 * @param number of threads
 */
public record FewThreads(Contender other, int number) implements Contender {

	@Override
	public Application create(HikariDataSource dataSource, PlatformTransactionManager transactionManager, int threads,
			LongConsumer body) {
		return this.other.create(dataSource, transactionManager, this.number, body);
	}

	@Override
	public String toString() {
		return this.other + ", " + this.number + " threads";
	}

}
