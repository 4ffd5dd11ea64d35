package io.github.pgdispatch.samples.benchmark.contender;

import java.util.List;
import java.util.function.LongConsumer;

import com.zaxxer.hikari.HikariDataSource;

import org.springframework.transaction.PlatformTransactionManager;

/**
 * pg-dispatch whose threads are virtual, as far as the virtual machine has them.
 *
 * @param ours the job
 */
public record VirtualPgDispatch(PgDispatch ours) implements Contender {

	@Override
	public Application create(HikariDataSource dataSource, PlatformTransactionManager transactionManager, int threads,
			LongConsumer body) {
		return this.ours.create(dataSource, transactionManager, threads, body,
				new NodeSettings(List.of(), List.of("spring.threads.virtual.enabled=true")));
	}

	@Override
	public String toString() {
		return this.ours + ", on virtual threads";
	}

}
